// SPDX-License-Identifier: GPL-2.0-or-later
/* Breathing and movement from made-up posture signals. */
#include "core_test.h"

static double breath_s, breath_g;
static int polarity;

/* Inhale takes 0.4 of the period, exhale the rest, both raised cosines. */
static double volume(double t)
{
	double u = fmod(t, breath_s) / breath_s;

	return u < 0.4 ? 0.5 - 0.5 * cos(M_PI * u / 0.4) : 0.5 + 0.5 * cos(M_PI * (u - 0.4) / 0.6);
}

static bool inhaling(double t)
{
	return fmod(t, breath_s) / breath_s < 0.4;
}

static float breathe(double t)
{
	return (float)(polarity * breath_g * volume(t));
}

/*
 * What the film's high-pass at 1 Hz leaves of a breath's strain of 10 mV, and of its warmth,
 * which wanders ten times as far in half a minute: about their rates of change / 2 pi.
 */
static float flow(double t)
{
	double h = 1e-3, strain = 10 * polarity * (volume(t + h) - volume(t)) / h;
	double warmth = 100 * 2 * M_PI / 30 * cos(2 * M_PI * t / 30);

	return (float)((strain + warmth) / (2 * M_PI));
}

/* @swing_g 0: from the film alone. */
static void check_breath(double rate_hz, double period, double swing_g, int sign)
{
	struct test_signal motion = { .motion_hz = rate_hz, .noise_g = 0.003f, .z = breathe };
	struct test_signal film = { .film_hz = rate_hz, .noise_mv = 0.1f, .film = flow };
	struct test_signal sig = swing_g > 0 ? motion : film;
	struct bp_core *core;
	struct bp_status st;
	size_t n, right = 0, all = 0;
	struct bp_frame *f;
	char what[64], name[128];
	double bpm = 60 / period;

	breath_s = period;
	breath_g = swing_g;
	polarity = sign;
	f = test_frames(&sig, 40 + 12 * period, &n);
	core = test_core(&sig);
	for (size_t i = 0; i < n; i += 80) {
		double t = (double)f[i].t_ns * 1e-9;

		bp_core_push(core, f + i, n - i < 80 ? n - i : 80);
		if (t < 30 + 7 * period)
			continue;
		bp_core_status(core, &st);
		all++;
		right += st.breath_phase == (inhaling(t) ? BP_BREATH_INHALE : BP_BREATH_EXHALE);
	}
	bp_core_status(core, &st);
	if (swing_g > 0)
		snprintf(what, sizeof(what), "breaths of %.1f s, %.0f mg, %s", period,
			 swing_g * 1e3, sign > 0 ? "upright" : "inverted");
	else
		snprintf(what, sizeof(what), "breaths of %.1f s, film, %s", period,
			 sign > 0 ? "upright" : "inverted");
	snprintf(name, sizeof(name), "%s: rate within 0.5/min", what);
	ktap(fabs(st.breath_rate_bpm - bpm) <= 0.5, name,
	     "expected %.2f breaths/min, got %.2f: see breath.c", bpm, st.breath_rate_bpm);
	snprintf(name, sizeof(name), "%s: phase right 3/4 of the time", what);
	ktap(right * 4 >= all * 3, name, "expected %zu of %zu or more, got %zu: see rhythm.c",
	     all * 3 / 4, all, right);
	free(f);
}

/* Breaths of 8 s, a little shorter and longer in turns, while the wearer still settles down. */
static float settle(double t)
{
	breath_s = 8;
	return (float)(0.075 * volume(t + 1.2 + 0.5 * sin(2 * M_PI * t / 16)) + 0.12 * exp(-t / 5));
}

/* Every rate that is said, from the first on. */
static void check_first_rates(void)
{
	struct test_signal sig = { .motion_hz = 800, .noise_g = 0.002f, .z = settle };
	struct bp_core *core = test_core(&sig);
	struct bp_status st;
	float worst = 60 / 8.0f, last = 0;
	size_t n, said = 0;
	struct bp_frame *f = test_frames(&sig, 90, &n);

	for (size_t i = 0; i < n; i += 800) {
		bp_core_push(core, f + i, n - i < 800 ? n - i : 800);
		bp_core_status(core, &st);
		if (isnan(st.breath_rate_bpm))
			continue;
		said++;
		last = st.breath_rate_bpm;
		if (fabsf(st.breath_rate_bpm - 60 / 8.0f) > fabsf(worst - 60 / 8.0f))
			worst = st.breath_rate_bpm;
	}
	ktap(said > 45 && fabsf(worst - 60 / 8.0f) < 0.5f, "the first rates are right, too",
	     "expected more than 45 seconds of 7.5 breaths/min within 0.5, got %zu, the worst %.2f, the last "
	     "%.2f: see turned() and bp_breath_rate() in breath.c", said, (double)worst, (double)last);
	free(f);
}

/* Four breaths of 4 s and a deep one, three times as deep and 1.4 times as long. */
static double sighing(double t, double *of_sigh)
{
	double u = fmod(t, 4 * 4 + 5.6), v;

	breath_s = u < 16 ? 4 : 5.6;
	u = u < 16 ? fmod(u, 4) : u - 16;
	v = volume(u);
	*of_sigh = breath_s > 4 ? u / breath_s : -1;
	return breath_s > 4 ? 3 * v : v;
}

static float sigh(double t)
{
	double of_sigh;

	return (float)(0.010 * sighing(t, &of_sigh));
}

/* Joints sound late in a deep breath: the end of the pace of before must not be taken for its end. */
static void check_sighs(void)
{
	struct test_signal sig = { .motion_hz = 800, .noise_g = 0.002f, .z = sigh };
	struct bp_core *core = test_core(&sig);
	size_t n, in = 0, out = 0, all = 0;
	struct bp_frame *f = test_frames(&sig, 300, &n);
	struct bp_status st;
	double of_sigh;

	for (size_t i = 0; i < n; i += 80) {
		bp_core_push(core, f + i, n - i < 80 ? n - i : 80);
		sighing((double)f[i].t_ns * 1e-9, &of_sigh);
		if (f[i].t_ns < 60 * (int64_t)1000000000 || of_sigh < 0.24 || of_sigh > 0.38)
			continue;
		bp_core_status(core, &st);
		all++;
		in += st.breath_phase == BP_BREATH_INHALE;
		out += st.breath_phase == BP_BREATH_EXHALE;
	}
	ktap(in * 2 > all && out * 10 < all, "late in a deep breath: inhale, not exhale",
	     "expected inhale in more than half, exhale in less than a tenth of %zu, got %zu and %zu: see DEEP in "
	     "rhythm.c", all, in, out);
	free(f);
}

static float walk(double t)
{
	return t < 5 ? 0 : (float)(0.25 * sin(2 * M_PI * 1.8 * t) + 0.1 * sin(2 * M_PI * 3.6 * t));
}

static float twist(double t)
{
	return t < 5 ? 0 : (float)(0.04 * sin(2 * M_PI * 1.2 * t));
}

/* Trunk angle, rad: raised cosine of 60 degrees in 1.5 s from 10 s on. */
static double bend_angle(double t)
{
	double u = (t - 10) / 1.5;

	return u < 0 ? 0 : u > 1 ? M_PI / 3 : M_PI / 6 * (1 - cos(M_PI * u));
}

static void check_movement(const char *what, float (*z)(double), bool bend, double at_s,
			   enum bp_movement want)
{
	struct test_signal sig = { .motion_hz = 800, .noise_g = 0.003f, .z = z };
	struct bp_core *core;
	struct bp_status st;
	size_t n;
	struct bp_frame *f = test_frames(&sig, at_s, &n);
	char name[96];

	for (size_t i = 0; bend && i < n; i++) {
		double a = bend_angle((double)f[i].t_ns * 1e-9);

		f[i].accel_g[0] += (float)sin(a);
		f[i].accel_g[2] += (float)(cos(a) - 1);
	}
	core = test_core(&sig);
	bp_core_push(core, f, n);
	bp_core_status(core, &st);
	snprintf(name, sizeof(name), "movement: %s", what);
	ktap(st.movement == want, name, "expected %s, got %s: see movement.c",
	     bp_movement_name(want), bp_movement_name(st.movement));
	free(f);
}

int main(void)
{
	ktap_plan(9 * 2 + 7);
	check_breath(800, 4, 0.020, 1);
	check_breath(800, 4, 0.020, -1);
	check_breath(200, 4, 0.006, 1);
	check_breath(800, 3, 0.030, 1);
	check_breath(800, 10, 0.050, -1);
	check_breath(3200, 18, 0.080, 1);
	check_breath(3200, 4, 0, 1);
	check_breath(800, 4, 0, -1);
	check_breath(3200, 6, 0, 1);
	check_first_rates();
	check_sighs();
	check_movement("sitting still", NULL, false, 20, BP_MOVEMENT_NONE);
	check_movement("walking", walk, false, 20, BP_MOVEMENT_WALK);
	check_movement("twisting", twist, false, 20, BP_MOVEMENT_TWIST);
	check_movement("bending", NULL, true, 11.2, BP_MOVEMENT_BEND);
	check_movement("still again after a bend", NULL, true, 20, BP_MOVEMENT_NONE);
	return ktap_exit();
}
