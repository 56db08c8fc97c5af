// SPDX-License-Identifier: GPL-2.0-or-later
/* What is weighed when an event settles: jolt, drift and likeness of a pop by itself and of what is none. */
#include "core_test.h"
#include "core/trace.h"

static const double still_s = 10.003, pressed_s = 14.301, moving_s = 18.607, rough_s = 22.901, after_s = 26.503;

/* A finger's pressure: half a sine of 40 ms. */
static double press(double t, double t0, double peak_g)
{
	double u = (t - t0) / 0.04;

	return u < 0 || u > 1 ? 0 : peak_g * sin(M_PI * u);
}

/* The trunk bends by 0.4 g within 2 s. */
static double bend(double t)
{
	double u = (t - 17.6) / 2;

	return u < 0 ? 0 : u > 1 ? -0.4 : -0.2 * (1 - cos(M_PI * u));
}

static float skin(double t)
{
	return test_pop(t, still_s, 180, 0.004, 0.1) + test_pop(t, pressed_s, 180, 0.004, 0.1) +
	       test_pop(t, moving_s, 180, 0.004, 0.1) + test_pop(t, rough_s, 180, 0.004, 0.1) +
	       test_pop(t, after_s, 180, 0.004, 0.1);
}

static float back(double t)
{
	return skin(t) + (float)(press(t, pressed_s, 0.025) + bend(t));
}

/* On the last but one cloth crackles, which the film hears instead of the pop. */
static float film(double t)
{
	float mv = 60 * (skin(t) - test_pop(t, rough_s, 180, 0.004, 0.1));

	for (int i = 0; i < 5; i++)
		mv += test_pop(t, rough_s + 0.0017 * i * i, 90 + 70 * i, 0.001, i & 1 ? 6 : -4);
	return mv;
}

static struct bp_trace seen[16];
static size_t n_seen;

static void note(void *arg, const struct bp_trace *tr)
{
	(void)arg;
	if (tr->look == BP_LOOK_LAST && tr->n_looks && n_seen < sizeof(seen) / sizeof(*seen))
		seen[n_seen++] = *tr;
}

static void play(double film_hz)
{
	struct test_signal sig = {
		.motion_hz = 800, .film_hz = film_hz, .noise_g = 0.001f, .noise_mv = 0.08f,
		.z = back, .film = film, .motion_range_g = 4, .film_range_mv = 200,
	};
	size_t n;
	struct bp_frame *f = test_frames(&sig, 28, &n);
	struct bp_core *core = test_core(&sig);

	n_seen = 0;
	bp_core_trace(core, note, NULL);
	bp_core_push(core, f, n);
	bp_core_flush(core);
	free(f);
}

/* A look of the candidate there; NaN = it was not weighed. */
static float look(double t, enum bp_sharp_look l)
{
	for (size_t i = 0; i < n_seen; i++)
		if (fabs((double)seen[i].onset_ns * 1e-9 - t) < 0.006)
			return seen[i].looks[l];
	return NAN;
}

int main(void)
{
	float a, b;

	ktap_plan(6);
	play(800);
	a = look(still_s, BP_SHARP_JOLT);
	b = look(pressed_s, BP_SHARP_JOLT);
	ktap(b > a + 0.7f && b > 0.7f, "what presses jolts the trunk",
	     "expected 25 mg to show: more than ln 2 above the pop's own %g, got %g: bp_shape_jolt()",
	     (double)a, (double)b);
	b = look(moving_s, BP_SHARP_JOLT);
	ktap(fabsf(b - a) < 0.7f, "a pop in a movement does not",
	     "expected as much as at rest, %g, got %g: bp_shape_jolt() takes the trend for a jolt",
	     (double)a, (double)b);
	a = look(still_s, BP_SHARP_DRIFT);
	b = look(moving_s, BP_SHARP_DRIFT);
	ktap(a < 0 && b > 1, "the trunk goes on in its movement",
	     "expected less than 10 mg at rest (below 0), more than 27 in the bend (above 1), got %g and %g",
	     (double)a, (double)b);
	a = look(still_s, BP_SHARP_UNLIKE);
	b = look(rough_s, BP_SHARP_UNLIKE);
	ktap(a < 0.1f, "a pop's wave is the same in film and accelerometer",
	     "expected less than 0.1 to lack in the correlation, got %g: bp_coupling_unlike()", (double)a);
	ktap(b > 0.3f, "a crackle's of cloth is not",
	     "expected more than 0.3 to lack in the correlation, got %g: bp_coupling_unlike()", (double)b);
	play(3200);
	a = look(still_s, BP_SHARP_UNLIKE);
	ktap(a == 0, "a much finer film is not compared", "expected 0, got %g", (double)a);
	return ktap_exit();
}
