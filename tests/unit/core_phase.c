// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of the breath at an event: right, or unknown. */
#include "core_test.h"

#include "core/breath.h"

#define STEP_S		(1 / BP_SLOW_HZ)
#define USUAL_S		4.0
#define SIGH_S		7.0
#define ROUND_S		(6 * USUAL_S + SIGH_S + hold_s)	/* six usual breaths and a deep one */
#define RC_S		(1 / (2 * M_PI * 1.5))	/* the film's high-pass */

struct tally {
	size_t right, wrong, unknown;
};

/* Inhale takes 0.4 of a breath, a pause at its end 0.08. */
static double volume(double u)
{
	if (u < 0.4)
		return 0.5 - 0.5 * cos(M_PI * u / 0.4);
	return u < 0.92 ? 0.5 + 0.5 * cos(M_PI * (u - 0.4) / 0.52) : 0;
}

static double hold_s;			/* for so long the deep one is held */

/* Where in its breath @t is, 0 to 1, and that breath's depth. */
static double at(double t, double *depth)
{
	double s = fmod(t, ROUND_S);

	*depth = s < 6 * USUAL_S ? 1 : 3;
	if (s < 6 * USUAL_S)
		return fmod(s, USUAL_S) / USUAL_S;
	s -= 6 * USUAL_S;
	if (s > 0.4 * SIGH_S)
		s = s < 0.4 * SIGH_S + hold_s ? 0.4 * SIGH_S : s - hold_s;
	return s / SIGH_S;
}

static double lungs(double t)
{
	double depth, u = at(t, &depth);

	return depth * volume(u);
}

static enum bp_breath_phase truth(double t)
{
	double depth, u = at(t, &depth);

	if (hold_s > 0 && depth > 1 && fabs(u - 0.4) < 1e-9)
		return BP_BREATH_HOLD;
	return u < 0.4 ? BP_BREATH_INHALE : u < 0.92 ? BP_BREATH_EXHALE : BP_BREATH_HOLD;
}

static void count(struct tally *n, enum bp_breath_phase said, enum bp_breath_phase want)
{
	n->right += said == want;
	n->unknown += said == BP_BREATH_UNKNOWN;
	n->wrong += said != want && said != BP_BREATH_UNKNOWN;
}

static struct bp_breath br;
static uint64_t seed;

static void begin(bool film)
{
	bp_breath_init(&br, film);
	seed = 0x9e3779b97f4a7c15ull;
}

/* A step of 10 mg breaths, upright, and of @aside, which is no breath's, g. */
static void tilt(double t, double aside, bool uneasy)
{
	bp_v4 low = { 0.0003f * test_noise(&seed), 0, 0.99f + (float)(0.010 * lungs(t) + aside) };

	bp_breath_step(&br, (int64_t)(t * 1e9), low, false, uneasy);
}

/* A step of a film that is strained by 10 mV a breath and @aside mV. */
static void film(double t, double aside)
{
	static double before, x;
	double strain = 10 * lungs(t) + aside, stays = exp(-STEP_S / RC_S);
	bp_v4 low;

	/* Its own high-pass, exact between the steps for a strain that changes evenly. */
	if (t < STEP_S / 2) {
		before = strain;
		x = 0;
	}
	x = x * stays + (strain - before) / STEP_S * RC_S * (1 - stays);
	before = strain;
	low = (bp_v4){ (float)x + 0.01f * test_noise(&seed) };
	bp_breath_step(&br, (int64_t)(t * 1e9), low, false, false);
}

/* The end of a deep inhalation passed for exhalation: the film's high-pass turns it too soon. */
static void check_deep(bool of_film)
{
	struct tally usual = { 0 }, end = { 0 };
	const char *what = of_film ? "film" : "tilt";
	char name[96];

	begin(of_film);
	for (double t = 0; t < 20 * ROUND_S; t += STEP_S) {
		double depth, u = at(t, &depth);

		if (of_film)
			film(t, 0);
		else
			tilt(t, 0, false);
		if (t < 2 * ROUND_S)
			continue;
		if (depth > 1 && u > 0.25 && u < 0.4)
			count(&end, bp_breath_phase_event(&br, 0), truth(t));
		else if (depth < 2 && fmod(t, ROUND_S) > 2 * USUAL_S)
			count(&usual, bp_breath_phase_event(&br, 0), truth(t));
	}
	snprintf(name, sizeof(name), "%s: the end of a deep inhalation is not said to be exhalation", what);
	ktap(end.wrong * 20 <= end.right + end.wrong + end.unknown, name,
	     "expected it of one in 20 at most, got right %zu, wrong %zu, unknown %zu: see TURN_FILM_S in breath.c",
	     end.right, end.wrong, end.unknown);
	snprintf(name, sizeof(name), "%s: usual breaths are still known", what);
	/* The pause, a twelfth of it all, is too short to be told from what is around it. */
	ktap(usual.right > 5 * usual.wrong && usual.right > usual.unknown / (of_film ? 2 : 1), name,
	     "expected five right for one wrong, and many, got right %zu, wrong %zu, unknown %zu: see breath.c",
	     usual.right, usual.wrong, usual.unknown);
}

/* So did a deep breath that is held. */
static void check_held(void)
{
	struct tally first = { 0 }, then = { 0 };

	hold_s = 6;
	begin(false);
	for (double t = 0; t < 20 * ROUND_S; t += STEP_S) {
		double held = fmod(t, ROUND_S) - 6 * USUAL_S - 0.4 * SIGH_S;

		tilt(t, 0, false);
		if (t > 2 * ROUND_S && held > 0 && held < hold_s - 0.2)
			count(held < 1 ? &first : &then, bp_breath_phase_event(&br, 0), truth(t));
	}
	hold_s = 0;
	ktap(first.wrong * 3 <= first.right + first.wrong + first.unknown,
	     "a deep breath that is held is not said to be exhalation", "expected it of a third at most in the "
	     "first second, got right %zu, wrong %zu, unknown %zu: see TURN_DEEP_S in breath.c",
	     first.right, first.wrong, first.unknown);
	ktap(then.right > 2 * then.wrong, "but to be held, when it lasts",
	     "expected two right for one wrong, got right %zu, wrong %zu, unknown %zu: see hold.c",
	     then.right, then.wrong, then.unknown);
}

/* A movement's begin looks like a deep breath's; that of a tendon that snaps in it was so. */
static void check_jolt(void)
{
	struct tally before = { 0 }, in = { 0 };

	begin(false);
	for (double t = 0, since; t < 30 * ROUND_S; t += STEP_S) {
		/* 0.2 s into every other exhalation, 60 mg in half a second, and slowly back */
		since = fmod(t, 2 * USUAL_S + 1.1) - 1.8;
		if (t > 5 * ROUND_S && since > 0)
			tilt(t, since < 0.5 ? 0.06 * since / 0.5 : 0.06 * exp(-(since - 0.5) / 2), false);
		else
			tilt(t, 0, false);
		if (t > 2 * ROUND_S && t < 5 * ROUND_S)
			count(&before, bp_breath_phase_event(&br, 0), truth(t));
		if (t > 6 * ROUND_S && since > 0.3 && since < 0.7)
			count(&in, bp_breath_phase_event(&br, 0), truth(t));
	}
	ktap(before.right > before.unknown && in.unknown * 10 >= 9 * (in.right + in.wrong + in.unknown),
	     "nothing is said as a movement begins",
	     "expected unknown of nine in ten, got %zu right, %zu wrong, %zu unknown (before it %zu, %zu, %zu): see "
	     "JOLT in breath.c", in.right, in.wrong, in.unknown, before.right, before.wrong, before.unknown);
}

/* It goes on at the pace of before, and grows less sure. */
static void check_blind(void)
{
	struct tally soon = { 0 }, between = { 0 }, late = { 0 };

	begin(false);
	for (double t = 0; t < 20 * ROUND_S; t += STEP_S) {
		double in = fmod(t, 3 * ROUND_S) - 2 * ROUND_S - 1;

		tilt(t, in > 0 ? 0.15 * sin(2 * M_PI * in / 7) : 0, in > 0);
		if (t > 3 * ROUND_S && in > 0)
			count(in < 1.5 ? &soon : in < 8 ? &between : &late, bp_breath_phase_event(&br, 0),
			      truth(t));
	}
	ktap(soon.right > 5 * soon.wrong && soon.right * 5 > soon.unknown,
	     "in a bend the breath is known for a while", "expected five right for one wrong, and a sixth or more "
	     "said, got %zu right, %zu wrong, %zu unknown: see advance() in rhythm.c",
	     soon.right, soon.wrong, soon.unknown);
	ktap(late.wrong * 20 <= late.right + late.wrong + late.unknown,
	     "8 s into a bend nothing is said that is wrong", "expected it of one in 20 at most, got %zu right, %zu "
	     "wrong, %zu unknown: see FORGET_BLIND in rhythm.c", late.right, late.wrong, late.unknown);
}

/* Bends strain a film ten times as far as breaths, now and then. */
static void check_restless(void)
{
	struct tally n = { 0 };
	double next = 10, from = 0, height = 0;

	begin(true);
	for (double t = 0; t < 20 * ROUND_S; t += STEP_S) {
		double in = t - from;

		if (t > next) {
			from = t;
			next = t + 7 + 3 * (double)test_noise(&seed);
			if (next < t + 4)
				next = t + 4;
			height = 60;
			in = 0;
		}
		film(t, height > 0 && in < 3 ? height * (0.5 - 0.5 * cos(2 * M_PI * in / 3)) : 0);
		if (t > 2 * ROUND_S)
			count(&n, bp_breath_phase_event(&br, 0), truth(t));
	}
	ktap(n.wrong * 20 <= n.right + n.wrong + n.unknown, "film: among bends nothing is said that is wrong",
	     "expected it of one in 20 at most, got %zu right, %zu wrong, %zu unknown: see UNREST and FIT_LEAST in "
	     "breath.c", n.right, n.wrong, n.unknown);
}

int main(void)
{
	ktap_plan(2 * 2 + 2 + 1 + 2 + 1);
	check_deep(true);
	check_deep(false);
	check_held();
	check_jolt();
	check_blind();
	check_restless();
	return ktap_exit();
}
