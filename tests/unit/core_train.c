// SPDX-License-Identifier: GPL-2.0-or-later
/* Trains: crackles that mask each other are crepitus with what came first; what is louder is not. */
#include "core_test.h"
#include "core/texture.h"
#include "core/train.h"

#define CRACKLES	400
#define BEGIN_S		10.0
#define SOUND_S		0.05

static const struct test_signal film = {
	.film_hz = 800, .noise_mv = 0.05f, .film_range_mv = 200,
};

static struct test_run run;

static struct {
	double t, hz, peak;
} crackle[CRACKLES];
static int crackles;

static float crackling(double t)
{
	float sum = 0;

	for (int i = 0; i < crackles; i++)
		if (t >= crackle[i].t && t < crackle[i].t + SOUND_S)
			sum += test_pop(t, crackle[i].t, crackle[i].hz, 0.0025, crackle[i].peak);
	return sum;
}

static void add(double t, double hz, double peak)
{
	crackle[crackles].t = t;
	crackle[crackles].hz = hz;
	crackle[crackles++].peak = peak;
}

/* As signal-model.md 3.5 has them: irregular, of many pitches and sizes. */
static void crackle_on(double from, double to, double gap_s, double peak, uint64_t seed)
{
	double t = from;

	while (t < to && crackles < CRACKLES) {
		float size = test_noise(&seed), pitch = test_noise(&seed), a = test_noise(&seed),
		      b = test_noise(&seed);

		add(t, 280 * exp(0.4 * pitch), peak * exp(0.6 * size));
		/* The squares of two are twice an exponential: a gap of any length. */
		t += gap_s * (a * a + b * b) / 2 + 0.002;
	}
}

static void play(double length_s)
{
	struct test_signal sig = film;

	sig.film = crackling;
	test_hear(&run, &sig, length_s);
	crackles = 0;
}

/* Standing events of a class that begin in a time window; @ends: so late at least. */
static int standing(double from, double to, enum bp_class class_, double ends)
{
	int n = 0;

	for (uint32_t k = 1; k <= run.status.events; k++) {
		const struct bp_event *ev = test_last(&run, k);

		n += ev && ev->class_ == class_ && (double)ev->onset_ns * 1e-9 >= from &&
		     (double)ev->onset_ns * 1e-9 < to && (double)ev->end_ns * 1e-9 >= ends;
	}
	return n;
}

static void masked(void)
{
	const struct bp_event *first;
	int crepitus, other;

	add(BEGIN_S, 250, 5);
	add(BEGIN_S + 0.085, 230, 4);
	crackle_on(BEGIN_S + 0.25, BEGIN_S + 2.4, 0.012, 1.5, 1);
	play(15);
	first = test_find(&run, BEGIN_S, 0.01);
	ktap(first && first->class_ == BP_CLASS_CAVITATION, "a first crackle is said as a pop",
	     "expected a cavitation at %.3f s, got %s: see detect.c", BEGIN_S,
	     first ? bp_class_name(first->class_) : "nothing");
	crepitus = standing(BEGIN_S - 0.02, BEGIN_S + 0.1, BP_CLASS_CREPITUS, BEGIN_S + 2);
	ktap(crepitus == 1, "crackles that mask each other make it crepitus, to their end",
	     "expected it from %.1f to %.1f s once, got it %d times: see texture.c", BEGIN_S, BEGIN_S + 2,
	     crepitus);
	other = standing(0, 15, BP_CLASS_CAVITATION, 0) + standing(0, 15, BP_CLASS_SNAP, 0);
	ktap(!other, "and leave no pop in it", "expected no cavitation or snap, got %d: see part() in train.c",
	     other);
}

/* A tendon snaps, then something crackles that is much fainter. */
static void beside(void)
{
	add(BEGIN_S, 150, 60);
	crackle_on(BEGIN_S + 0.35, BEGIN_S + 2.4, 0.012, 1.5, 1);
	play(15);
	ktap(standing(BEGIN_S - 0.01, BEGIN_S + 0.01, BP_CLASS_CAVITATION, 0) == 1,
	     "a pop far louder than the crackles after it stays one",
	     "expected a standing cavitation at %.3f s: see own() and was_other() in train.c", BEGIN_S);
	ktap(standing(BEGIN_S + 0.2, 15, BP_CLASS_CREPITUS, 0) >= 1, "and the crackles are crepitus",
	     "expected crepitus after %.3f s: see train.c", BEGIN_S + 0.3);
}

/* One 1.2 s before the train: a crackle of it if it is as faint as they are. */
static void long_before(float peak, enum bp_class class_, const char *what)
{
	add(BEGIN_S - 1.2, 260, peak);
	crackle_on(BEGIN_S, BEGIN_S + 2.4, 0.012, 1.5, 1);
	play(15);
	ktap(standing(BEGIN_S - 1.21, BEGIN_S - 1.19, class_, 0) == 1, what,
	     "expected a standing %s at %.3f s: see far() in train.c", bp_class_name(class_), BEGIN_S - 1.2);
}

/* Six pops in 150 ms, and nothing more. */
static void manoeuvre(void)
{
	static const double at[] = { 0, 0.021, 0.048, 0.070, 0.111, 0.140 };

	for (int i = 0; i < 6; i++)
		add(BEGIN_S + at[i], 180 + 60 * i % 200, 3 + 2 * (i % 3));
	play(15);
	ktap(!standing(0, 15, BP_CLASS_CREPITUS, 0), "a manoeuvre's pops are no crepitus",
	     "expected none, got %d: see SPAN_S in train.c", standing(0, 15, BP_CLASS_CREPITUS, 0));
}

/* In how many places of a manoeuvre's length parts at @at_s lie. */
static unsigned int places(const double *at_s, int n)
{
	struct bp_train tr;

	bp_train_init(&tr);
	for (int i = 0; i < n; i++) {
		struct bp_candidate c = {
			.onset_ns = (int64_t)(at_s[i] * 1e9),
			.shape[BP_FILM] = { .seen = true, .ratio = 100, .peak = 1 },
		};

		bp_train_take(&tr, &c, true, BP_EAR_FILM);
	}
	return tr.places;
}

static void strays(void)
{
	static const double apart[] = { 1, 1.28, 1.48, 1.51 }, pops[] = { 1, 1.46, 1.48, 1.51, 1.60 };

	ktap(places(apart, 4) == 3 && places(pops, 5) == 2,
	     "a manoeuvre and what was heard before it lie in two places",
	     "expected 2 and of others 3, got %u and %u: see add() in train.c", places(pops, 5),
	     places(apart, 4));
}

/* A tendon snaps at each turn; after the last one something crackles. */
static void tendon(void)
{
	for (int i = 4; i >= 0; i--)
		add(BEGIN_S - 3 * i, 170, 5);
	crackle_on(BEGIN_S + 0.3, BEGIN_S + 2.4, 0.012, 1.5, 1);
	play(15);
	ktap(standing(BEGIN_S - 0.01, BEGIN_S + 0.01, BP_CLASS_SNAP, 0) == 1,
	     "a snap among crackles is the tendon's that is known",
	     "expected a standing snap at %.3f s: see known() in train.c", BEGIN_S);
	ktap(standing(BEGIN_S - 0.02, 15, BP_CLASS_CREPITUS, BEGIN_S + 2) == 1, "and they are crepitus",
	     "expected it once, got it %d times: see train.c", standing(BEGIN_S - 0.02, 15, BP_CLASS_CREPITUS, BEGIN_S + 2));
}

static struct bp_stream stream;

/* What is measured of a known sound: raised by 20 dB for 0.3 of 0.6 s, at 300 Hz, in two halves. */
static void texture(void)
{
	struct bp_texture tx;
	uint64_t seed = 9;

	bp_stream_init(&stream, 3200, 200, 0.005f);
	for (int i = 0; i < 3200 * 12; i++) {
		double t = i / 3200.0, u = t - 11.3;
		bool on = (u >= 0 && u < 0.15) || (u >= 0.3 && u < 0.45);
		bp_v4 x = { 0.05f * test_noise(&seed) + (on ? 0.7f * sinf((float)(2 * M_PI * 300 * t)) : 0) };

		bp_stream_sample(&stream, (int64_t)(t * 1e9), x, false, u >= 0);
	}
	bp_texture_measure(&tx, &stream, 11300000000, 11900000000);
	ktap(fabsf(tx.raised - 0.5f) < 0.05f && fabsf(tx.level_db - 0.5f * 20) < 2,
	     "how much of the time the band is raised, and by how much",
	     "expected 0.50 and 10.0 dB, got %.2f and %.1f dB: see texture.c", (double)tx.raised,
	     (double)tx.level_db);
	ktap(fabsf(tx.freq_hz - 300) < 15 && tx.pitch_spread < 0.1f && tx.spread < 1,
	     "at which pitch, and how steadily",
	     "expected 300 Hz, got %.0f Hz, spread %.2f, power's %.2f: see texture.c",
	     (double)tx.freq_hz, (double)tx.pitch_spread, (double)tx.spread);
	ktap(fabsf(tx.bumps * 0.6f - 2) < 0.6f, "its two maxima are counted",
	     "expected 2, got %.1f: see bumps() in texture.c", (double)(tx.bumps * 0.6f));
	ktap(fabsf(tx.elsewhere - 0.5f) < 0.07f, "what lies beyond a manoeuvre's length",
	     "expected half, got %.2f: see elsewhere() in texture.c", (double)tx.elsewhere);
	bp_texture_measure(&tx, &stream, 5000000000, 6000000000);
	ktap(tx.raised == 0 && tx.freq_hz == 0 && tx.power == 0,
	     "what the ring has forgotten is nothing", "expected zeros, got %.2f: see cut() in texture.c",
	     (double)tx.raised);
}

int main(void)
{
	ktap_plan(16);
	masked();
	beside();
	long_before(2, BP_CLASS_CREPITUS, "a first crackle long before the train is one of it");
	long_before(6, BP_CLASS_CAVITATION, "what is louder is a pop");
	manoeuvre();
	strays();
	tendon();
	texture();
	return ktap_exit();
}
