// SPDX-License-Identifier: GPL-2.0-or-later
/* Faint things: crackling lungs are one event a breath, keys are none, pops beside them stay. */
#include "core_test.h"

#define BREATHS		14
#define FIRST_S		8.0
#define PERIOD_S	3.4
#define CRACKLES	4
#define GAP_S		0.057
#define SINGLE_MV	1.0f
#define HEART_MV	3.0f

static const struct test_signal film = {
	.film_hz = 3200, .noise_mv = 0.08f, .film_range_mv = 200,
};

static struct test_run run;

static double breath_s(int i)
{
	/* Breaths differ a little, the fourth has a single crackle, one of the seventh's is unlike the others. */
	return FIRST_S + PERIOD_S * i + 0.13 * (i % 3);
}

static float lungs(double t)
{
	float sum = 0;

	for (int i = 0; i < BREATHS; i++) {
		if (t < breath_s(i) || t > breath_s(i) + 0.5)
			continue;
		for (int k = 0; k < (i == 3 ? 1 : CRACKLES); k++)
			sum += test_pop(t, breath_s(i) + GAP_S * k * (1 + 0.2 * (k % 2)),
					i == 6 && k == 1 ? 620 : 350 * (1 + 0.03 * (k % 3)), 0.004,
					0.9 + 0.15 * (k % 3));
	}
	return sum;
}

/* The same, but it is silent after two of them, and then come single ones. */
static float twice(double t)
{
	float sum = t < breath_s(2) - 0.1 ? lungs(t) : 0;

	for (int i = 2; i < BREATHS; i++)
		if (t >= breath_s(i) && t < breath_s(i) + 0.1)
			sum += test_pop(t, breath_s(i), 350, 0.004, 0.6f);
	return sum;
}

static const double pop_s = 40.51;

static float lungs_and_pop(double t)
{
	return lungs(t) + test_pop(t, pop_s, 260, 0.003, 6);
}

/* A heart that strains the film beat by beat; late in expiration the noise upon a beat stands out. */
static float beats(double t)
{
	float sum = lungs(t);

	for (int i = 0; i < 4 * BREATHS; i++) {
		double at = FIRST_S + PERIOD_S / 4 * (i - 4);

		if (t >= at && t < at + 0.3)
			sum += test_pop(t, at, 18, 0.035, 1.2f);
		if (i % 4 == 3 && t >= at && t < at + 0.1)
			sum += test_pop(t, at + 0.02, 350, 0.002, 0.5f);
	}
	return sum;
}

/* The same as twice(), five of them first; each single one falls upon a beat of a strong heart. */
static double single_s(int i)
{
	return 0.8 * floor(breath_s(i) / 0.8) + 0.4;
}

static float strong(double t)
{
	float sum = HEART_MV * test_beat(t);

	if (t < breath_s(5) - 1)
		return sum + lungs(t);
	for (int i = 5; i < BREATHS; i++)
		if (t >= single_s(i) && t < single_s(i) + 0.1)
			sum += test_pop(t, single_s(i), 290, 0.004, SINGLE_MV);
	return sum;
}

/* Keys through the chair: lower than lungs, some three a second, for as long as they please. */
static float keys(double t)
{
	static const double gap[] = { 0.31, 0.22, 0.45, 0.29, 0.52, 0.24, 0.37 };
	double at = 6;
	float sum = 0;

	for (int i = 0; at < 45; i++) {
		at += gap[i % 7];
		if (t >= at && t < at + 0.1)
			sum += test_pop(t, at, 110 + 20 * (i % 6), 0.005, 0.6 + 0.2 * (i % 4));
	}
	return sum;
}

/* Creaks that happen to sound as lungs would: once in one and a half minutes. */
static float seldom(double t)
{
	double at = 8 + 90 * floor((t - 8) / 90);
	float sum = 0;

	for (int k = 0; t >= 8 && t < at + 0.5 && k < CRACKLES; k++)
		sum += test_pop(t, at + GAP_S * k * (1 + 0.2 * (k % 2)), 350 * (1 + 0.03 * (k % 3)),
				0.004, 0.9 + 0.15 * (k % 3));
	return sum;
}

static void play(const struct test_signal *base, float (*f)(double t), double length_s)
{
	struct test_signal sig = *base;

	sig.film = f;
	test_hear(&run, &sig, length_s);
}

/* Standing events of one class (or any but it) that begin in a time window. */
static int standing(double from, double to, enum bp_class class_, bool other)
{
	int n = 0;

	for (uint32_t k = 1; k <= run.status.events; k++) {
		const struct bp_event *ev = test_last(&run, k);
		double t = ev ? (double)ev->onset_ns * 1e-9 : -1;

		n += ev && ev->class_ != BP_CLASS_ARTEFACT && (ev->class_ == class_) != other &&
		     t >= from && t < to;
	}
	return n;
}

static void breaths(void)
{
	int alone = 0, strange = 0, prompt = 0;
	const struct bp_event *ev;

	play(&film, lungs_and_pop, FIRST_S + PERIOD_S * BREATHS + 2);
	for (int i = 2; i < BREATHS; i++) {
		double t = breath_s(i);

		alone += standing(t - 0.02, t + 0.6, BP_CLASS_LUNG_CRACKLE, false) == 1;
		ev = test_find(&run, t, 0.01);
		prompt += ev && ev->class_ == BP_CLASS_LUNG_CRACKLE &&
			  (double)ev->emitted_ns * 1e-9 - t < 3 * GAP_S + 1;
	}
	strange = standing(0, 1e9, BP_CLASS_LUNG_CRACKLE, true);
	ktap(alone == BREATHS - 2, "crackles of a breath are one event, from the third breath on",
	     "expected %d breaths with one event, got %d: see lung.c", BREATHS - 2, alone);
	ktap(prompt == BREATHS - 2, "known lungs are named within a second of the third crackle",
	     "expected %d first revisions in time, got %d: see bp_lung_step()", BREATHS - 2,
	     prompt);
	ktap(strange == 1 && standing(pop_s - 0.01, pop_s + 0.01, BP_CLASS_CAVITATION, false) == 1,
	     "the pop among them is the only other event",
	     "expected 1 event that is no lung crackle, got %d: see detect.c", strange);
}

static void doubtful(void)
{
	struct test_signal slow = film;
	int lung;

	slow.film_hz = 800;
	play(&slow, twice, FIRST_S + PERIOD_S * BREATHS + 2);
	lung = standing(breath_s(1) + 1, 1e9, BP_CLASS_LUNG_CRACKLE, false);
	ktap(!lung, "at 800 Hz lungs that were heard but twice are not known by one crackle",
	     "expected no lung crackle after the second breath, got %d: see fits() in lung.c", lung);
}

static void heart(void)
{
	int all;

	play(&film, beats, FIRST_S + PERIOD_S * BREATHS + 2);
	all = standing(0, 1e9, BP_CLASS_LUNG_CRACKLE, false);
	for (int i = 0; i < BREATHS; i++)
		all -= standing(breath_s(i) - 0.02, breath_s(i) + 0.6, BP_CLASS_LUNG_CRACKLE, false);
	ktap(!all, "the noise upon a beat of the heart is no crackle of lungs that are known",
	     "expected none outside of the breaths, got %d: see on_a_beat() in lung.c", all);
}

static void beaten(void)
{
	struct test_signal slow = film;
	int lung = 0;

	slow.film_hz = 800;
	play(&slow, strong, FIRST_S + PERIOD_S * BREATHS + 2);
	for (int i = 5; i < BREATHS; i++)
		lung += standing(single_s(i) - 0.02, single_s(i) + 0.1, BP_CLASS_LUNG_CRACKLE, false);
	ktap(lung >= 6, "at 800 Hz a strong heart does not silence lungs that are known",
	     "expected 6 of 9 crackles at least, got %d: see on_a_beat() in lung.c", lung);
}

static void typing(void)
{
	int lung, all;

	play(&film, keys, 50);
	lung = standing(0, 1e9, BP_CLASS_LUNG_CRACKLE, false);
	all = (int)test_standing(&run);
	ktap(!lung, "keys are no lungs", "expected no lung crackle, got %d: see teaches() in lung.c",
	     lung);
	ktap(all <= 1, "at most the first key is taken for more",
	     "expected at most 1 standing event, got %d: see bp_clutter_quiet()", all);
}

static void rarely(void)
{
	int lung;

	struct test_signal slow = film;

	slow.film_hz = 800;
	play(&slow, seldom, 200);
	lung = standing(0, 1e9, BP_CLASS_LUNG_CRACKLE, false);
	ktap(!lung, "what a film of 800 Hz hears once in 90 s is no lung",
	     "expected no lung crackle, got %d: see FORGET_SLOW_NS in lung.c", lung);
}

/* A tendon, loud and weakly damped: its last trace is as periodic as a voice. */
static float ring(double t)
{
	return test_pop(t, 15.002, 170, 0.0075, 40) + test_pop(t, 24.3, 170, 0.0075, 34);
}

static void ringing(void)
{
	play(&film, ring, 30);
	ktap(test_standing(&run) == 2, "a loud ring that dies away is no voice",
	     "expected 2 standing events, got %zu: see TAIL in reject.c", test_standing(&run));
}

int main(void)
{
	ktap_plan(10);
	breaths();
	doubtful();
	heart();
	beaten();
	typing();
	rarely();
	ringing();
	return ktap_exit();
}
