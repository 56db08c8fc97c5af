// SPDX-License-Identifier: GPL-2.0-or-later
/* Pops are found where and when they are, in every configuration; the obvious artefacts are not. */
#include "core_test.h"

#define POPS	6

static const double pop_s[POPS] = { 12.0013, 19.5007, 26.2001, 33.3331, 40.1017, 47.0003 };

/* Different sources, so that none is taken for a repeat. */
static float pops(double t)
{
	static const double hz[POPS] = { 215, 160, 290, 120, 250, 185 };
	float sum = 0;

	for (int i = 0; i < POPS; i++)
		sum += test_pop(t, pop_s[i], hz[i], 0.003 + 0.0004 * i, 0.05 + 0.01 * i);
	return sum;
}

static void check_pops(const char *mode, double motion_hz, double film_hz)
{
	struct test_signal sig = test_sensor(motion_hz, film_hz, pops, NULL);
	double rate = film_hz > motion_hz ? film_hz : motion_hz;
	double worst_onset = 0, worst_latency = 0;
	static struct test_run run;
	int found = 0;
	char name[96];

	test_hear(&run, &sig, 52);
	for (int i = 0; i < POPS; i++) {
		const struct bp_event *ev = test_find(&run, pop_s[i], 0.010);
		double err, latency;

		if (!ev || test_last(&run, ev->number)->class_ == BP_CLASS_ARTEFACT)
			continue;
		found++;
		err = fabs((double)ev->onset_ns * 1e-9 - pop_s[i]) * rate;
		latency = (double)ev->emitted_ns * 1e-9 - pop_s[i];
		if (err > worst_onset)
			worst_onset = err;
		if (latency > worst_latency)
			worst_latency = latency;
	}
	snprintf(name, sizeof(name), "%s: every pop found, nothing else", mode);
	ktap(found == POPS && test_standing(&run) == POPS, name,
	     "expected %d pops and %d standing events, got %d and %zu: see trigger.c, reject.c",
	     POPS, POPS, found, test_standing(&run));
	snprintf(name, sizeof(name), "%s: onsets within two samples", mode);
	ktap(found && worst_onset <= 2.0, name,
	     "expected at most 2 samples of %.0f Hz, got %.2f: see bp_shape_find()", rate,
	     worst_onset);
	snprintf(name, sizeof(name), "%s: revision 0 within 30 ms", mode);
	ktap(found && worst_latency <= 0.030, name,
	     "expected at most 30 ms of stream time, got %.1f ms: see detect.c",
	     worst_latency * 1e3);
}

/* A finger on the sensor: 2 g of ring, and 100 ms of pressure on skin and film. */
static float press(double t)
{
	return t > 15 && t < 15.1 ? (float)sin(M_PI * (t - 15) / 0.1) : 0;
}

static float tap(double t)
{
	return test_pop(t, 15, 300, 0.004, 2.0) + 0.1f * press(t);
}

static float tap_film(double t)
{
	return test_pop(t, 15, 300, 0.004, 120) + 50 * press(t);
}

/* A footfall: 15 Hz swing with a 60 Hz part of 15 %. */
static float step(double t)
{
	float sum = 0;

	for (int i = 0; i < 12; i++)
		sum += test_pop(t, 12 + 0.55 * i, 15, 0.030, 0.4) +
		       test_pop(t, 12 + 0.55 * i, 62, 0.012, 0.06);
	return sum;
}

/* Cloth over the sensor: strokes of noise, three a second. */
static float rub(double t)
{
	static uint64_t seed = 7;
	double stroke = sin(2 * M_PI * 1.5 * (t - 12));

	if (t < 12 || t > 18)
		return 0;
	return (float)(0.02 * stroke * stroke) * test_noise(&seed);
}

/* A strap that sticks and slips, twice or three times in 0.3 s, again and again. */
static float creak(double t)
{
	static const double at[] = { 12, 12.105, 12.235, 15, 15.135, 15.29, 18, 18.118, 18.23, 18.35 };
	float sum = 0;

	for (int i = 0; i < (int)(sizeof(at) / sizeof(*at)); i++)
		sum += test_pop(t, at[i], 230 + 12 * (i % 3), 0.003, 0.04 + 0.01 * (i % 2));
	return sum;
}

/* Two joints of much the same sound in one pull. */
static float two(double t)
{
	return test_pop(t, 15, 230, 0.003, 0.05) + test_pop(t, 15.045, 242, 0.003, 0.05);
}

/* Somebody types for a minute, 2 to 4 keys a second; then a joint pops, and types on. */
#define TYPED_S		74.0

static float typed(double t)
{
	uint64_t seed = 99;
	float sum = test_pop(t, TYPED_S, 190, 0.0035, 0.06);

	for (double at = 10; at < 84 && at < t;) {
		float u = 0.5f + 0.15f * test_noise(&seed), size = test_noise(&seed);

		at += 0.3 * (u > 0.2f ? (double)u : 0.2) * 2;
		if (t - at < 0.2 && (at < TYPED_S - 0.5 || at > TYPED_S + 0.5))
			sum += test_pop(t, at, 110 + 60 * (double)u, 0.008,
					0.003 + 0.001 * (size > -2 ? (double)size : -2));
	}
	return sum;
}

/* Its film rings at its own resonance, too: heard of a loud one before it has fallen by 20 dB. */
static float resonant(double t)
{
	return test_pop(t, 15.0003, 700, 0.0043, 40);
}

/* A strong heart: what it strains is as much as what a tendon's snap shakes, beat by beat. */
static float heart(double t)
{
	return 0.08f * test_beat(t) + test_pop(t, 15.6, 140, 0.004, 0.07f);
}

static void check_strained(void)
{
	struct test_signal sig = test_sensor(800, 800, heart, NULL);
	static struct test_run run;

	test_hear(&run, &sig, 20);
	ktap(test_standing(&run) == 1, "a snap upon a beat of a strong heart is heard",
	     "expected 1 standing event, got %zu of %u: see SWING_NEW in reject.c",
	     test_standing(&run), (unsigned int)run.status.events);
}

static void check_resonant(void)
{
	struct test_signal sig = test_sensor(0, 3200, NULL, resonant);
	static struct test_run run;

	test_hear(&run, &sig, 20);
	ktap(test_standing(&run) == 1, "a loud pop of 7 to 8 cycles is heard",
	     "expected 1 standing event, got %zu: see LOUD_CYCLES in reject.c", test_standing(&run));
}

static void check_typed(double motion_hz, double film_hz)
{
	struct test_signal sig = test_sensor(motion_hz, film_hz, typed, NULL);
	static struct test_run run;
	const struct bp_event *ev;
	char name[96];
	bool heard;

	test_hear(&run, &sig, 86);
	ev = test_find(&run, TYPED_S, 0.010);
	heard = ev && test_last(&run, ev->number)->class_ != BP_CLASS_ARTEFACT;
	snprintf(name, sizeof(name), "a pop after a minute of typing, %.0f/%.0f Hz: stays, and no key", motion_hz,
		 film_hz);
	ktap(heard && test_standing(&run) == 1, name,
	     "expected the pop alone, got %s and %zu standing of %u: see clutter.c, weigh.c",
	     heard ? "it" : "it not", test_standing(&run), (unsigned int)run.status.events);
}

static void check_two(double motion_hz, double film_hz)
{
	struct test_signal sig = test_sensor(motion_hz, film_hz, two, NULL);
	static struct test_run run;
	char name[96];

	test_hear(&run, &sig, 20);
	snprintf(name, sizeof(name), "two pops 45 ms apart, %.0f/%.0f Hz: both stay", motion_hz, film_hz);
	ktap(test_standing(&run) == 2, name, "expected 2 standing events, got %zu of %u: see strap.c",
	     test_standing(&run), (unsigned int)run.status.events);
}

static void check_artefact(const char *what, float (*z)(double), float (*film)(double),
			   double motion_hz, double film_hz)
{
	struct test_signal sig = test_sensor(motion_hz, film_hz, z, film);
	double latest = 0;
	unsigned int unsure = 0;	/* the artefact's confidence, not the pop's that it is not */
	static struct test_run run;
	char name[96];

	test_hear(&run, &sig, 25);
	for (size_t i = 0; i < run.n; i++) {
		double late = (double)(run.ev[i].emitted_ns - run.ev[i].onset_ns) * 1e-9;

		if (run.ev[i].class_ != BP_CLASS_ARTEFACT)
			continue;
		latest = late > latest ? late : latest;
		unsure += run.ev[i].confidence < 0.9f;
	}
	snprintf(name, sizeof(name), "%s, %.0f/%.0f Hz: no event stays", what, motion_hz, film_hz);
	ktap(!test_standing(&run), name,
	     "expected no standing event, got %zu of %u: see reject.c", test_standing(&run),
	     (unsigned int)run.status.events);
	snprintf(name, sizeof(name), "%s, %.0f/%.0f Hz: withdrawn within 300 ms", what, motion_hz,
		 film_hz);
	ktap(latest <= 0.300 && !unsure, name,
	     "expected at most 300 ms, got %.0f: see detect.c; stated below 0.9: %u", latest * 1e3,
	     unsure);
}

int main(void)
{
	ktap_plan(6 * 3 + 9 * 2 + 2 + 3 + 1 + 1);
	check_pops("motion+film 800", 800, 800);
	check_pops("motion 800", 800, 0);
	check_pops("film 3200", 0, 3200);
	check_pops("pair 800/3200", 800, 3200);
	check_pops("motion+film 1600", 1600, 1600);
	check_pops("motion+film 6400", 6400, 6400);
	check_artefact("tap", tap, tap_film, 800, 800);
	check_artefact("tap", tap, tap_film, 0, 3200);
	check_artefact("steps", step, NULL, 800, 800);
	check_artefact("steps", step, NULL, 800, 3200);
	check_artefact("rub", rub, NULL, 800, 800);
	check_artefact("rub", rub, NULL, 0, 3200);
	check_artefact("creak", creak, NULL, 800, 800);
	check_artefact("creak", creak, NULL, 800, 3200);
	check_artefact("creak", creak, NULL, 0, 3200);
	check_two(800, 800);
	check_two(800, 3200);
	check_typed(800, 800);
	check_typed(800, 3200);
	check_typed(0, 3200);
	check_resonant();
	check_strained();
	return ktap_exit();
}
