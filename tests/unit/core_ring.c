// SPDX-License-Identifier: GPL-2.0-or-later
/* What arrives in the ring of a pop is heard; the ring alone, or a voice behind it, is not. */
#include "core_test.h"

#define AT_S	15.0003

static double gap_s;

static float one(double t)
{
	return test_pop(t, AT_S, 190, 0.004, 0.08) + test_pop(t, AT_S, 800, 0.001, 0.02);
}

/* The second one, a little smaller, with the crack that flesh lets through (signal-model.md 3.2, mode 3). */
static float close_two(double t)
{
	return one(t) + test_pop(t, AT_S + gap_s, 300, 0.003, 0.07) +
	       test_pop(t, AT_S + gap_s, 900, 0.001, 0.03);
}

/* A strong one that rises slowly, with what a filter without phase rings before it. */
static float rung_before(double t)
{
	double u = t - AT_S - 0.008;

	return test_pop(t, AT_S, 290, 0.0015, 0.0538) +
	       (float)(u < 0 ? 0 : 0.2 * (1 - exp(-u / 0.002)) * exp(-u / 0.005) * sin(2 * M_PI * 260 * u));
}

/* One that the film shows @lag_s later than the accelerometer, or sooner. */
static double lag_s;

static float lagging(double t)
{
	return test_pop(t, AT_S, 390, 0.006, 0.1) + test_pop(t, AT_S, 1170, 0.001, 0.025);
}

static float lagging_film(double t)
{
	return 60 * lagging(t - lag_s);
}

static void check_lag(double s)
{
	struct test_signal sig = test_sensor(800, 800, lagging, lagging_film);
	static struct test_run run;
	char name[120];

	lag_s = s;
	sig.film_mv_per_g = 0;
	test_hear(&run, &sig, 20);
	snprintf(name, sizeof(name), "what a film shows %.1f ms later is the same", s * 1e3);
	ktap(test_standing(&run) == 1, name, "expected 1 standing event, got %zu: see bp_associate_again()",
	     test_standing(&run));
}

/* Pulses of a voice of 120 Hz, as loud. */
static float voiced(double t)
{
	float sum = one(t);

	for (int i = 1; i < 40; i++)
		sum += test_pop(t, AT_S + i / 120.0, 480, 0.002, 0.02);
	return sum;
}

static const struct test_run *play(float (*z)(double), double motion_hz, double film_hz)
{
	struct test_signal sig = test_sensor(motion_hz, film_hz, z, NULL);
	static struct test_run run;

	test_hear(&run, &sig, 20);
	return &run;
}

static void check(const char *what, float (*z)(double), double motion_hz, double film_hz,
		  size_t least, size_t most)
{
	const struct test_run *run = play(z, motion_hz, film_hz);
	size_t got = test_standing(run);
	double late = 0;
	char name[120];

	for (size_t i = 0; i < run->n; i++)
		if (run->ev[i].class_ == BP_CLASS_ARTEFACT &&
		    (double)(run->ev[i].emitted_ns - run->ev[i].onset_ns) * 1e-9 > late)
			late = (double)(run->ev[i].emitted_ns - run->ev[i].onset_ns) * 1e-9;
	snprintf(name, sizeof(name), "%s, %.0f/%.0f Hz", what, motion_hz, film_hz);
	ktap(got >= least && got <= most && late < 0.3, name,
	     "expected %zu to %zu standing events and none withdrawn later than 0.3 s, got %zu of %u, "
	     "%.3f s: see ring.c", least, most, got, (unsigned int)run->status.events, late);
}

/* Samples are lost before the second one, or as it comes: what is said was measured. */
static void check_hole(double motion_hz, double film_hz, double lost_s)
{
	struct test_signal sig = {
		.motion_hz = motion_hz, .film_hz = film_hz, .noise_g = 0.001f,
		.noise_mv = 0.08f, .film_mv_per_g = 60, .z = close_two,
		.motion_range_g = 4, .film_range_mv = 200,
	};
	static struct test_run run;
	size_t events = 0, empty = 0, n;
	char name[120];

	for (double at = AT_S + gap_s - lost_s - 0.003; at < AT_S + gap_s; at += 0.0003) {
		struct bp_frame *f = test_frames(&sig, 20, &n);
		size_t kept = 0;

		for (size_t i = 0; i < n; i++) {
			double t = (double)f[i].t_ns * 1e-9;

			if (t < at || t > at + lost_s)
				f[kept++] = f[i];
		}
		test_play(&run, &sig, f, kept, 64);
		free(f);
		events += run.n;
		for (size_t i = 0; i < run.n; i++)
			empty += isnan(run.ev[i].peak_mg) && isnan(run.ev[i].peak_mv);
	}
	snprintf(name, sizeof(name), "a hole behind an arrival, %.0f/%.0f Hz, %.0f ms", motion_hz,
		 film_hz, lost_s * 1000);
	ktap(events && !empty, name, "%zu of %zu revisions have a value on no channel", empty, events);
}

int main(void)
{
	static const double rates[3][2] = { { 0, 3200 }, { 800, 3200 }, { 800, 800 } };

	ktap_plan(3 + 2 * 3 + 3 + 2 + 1 + 3);
	for (int i = 0; i < 3; i++)
		check("one pop is one", one, rates[i][0], rates[i][1], 1, 1);
	for (int i = 0; i < 2; i++) {
		gap_s = 0.011;
		check("two pops 11 ms apart are two", close_two, rates[i][0], rates[i][1], 2, 2);
		gap_s = 0.020;
		check("two pops 20 ms apart are two", close_two, rates[i][0], rates[i][1], 2, 2);
		gap_s = 0.040;
		check("two pops 40 ms apart are two", close_two, rates[i][0], rates[i][1], 2, 2);
	}
	for (int i = 0; i < 3; i++)
		check("a voice behind a pop is no manoeuvre", voiced, rates[i][0], rates[i][1], 0, 1);
	check("what rings before a stronger one is none", rung_before, 800, 800, 1, 1);
	check_lag(-0.005);
	check_lag(0.004);
	check_lag(0.005);
	gap_s = 0.0275;
	check_hole(800, 0, 0.012);
	check_hole(0, 3200, 0.012);
	return ktap_exit();
}
