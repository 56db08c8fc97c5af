// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is weighed when an event settles: jolt, drift, likeness, ringing, level and row of a pop by
 * itself and of what is none.
 */
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

static void play_film(double film_hz, float (*z)(double t), float (*mv)(double t), double duration_s)
{
	struct test_signal sig = {
		.motion_hz = 800, .film_hz = film_hz, .noise_g = 0.001f, .noise_mv = 0.08f,
		.z = z, .film = mv, .motion_range_g = 4, .film_range_mv = 200,
	};
	size_t n;
	struct bp_frame *f = test_frames(&sig, duration_s, &n);
	struct bp_core *core = test_core(&sig);

	n_seen = 0;
	bp_core_trace(core, note, NULL);
	bp_core_push(core, f, n);
	bp_core_flush(core);
	free(f);
}

static void play(double film_hz)
{
	play_film(film_hz, back, film, 28);
}

/* A look of the candidate there; NaN = it was not weighed. */
static float look(double t, enum bp_sharp_look l)
{
	for (size_t i = 0; i < n_seen; i++)
		if (fabs((double)seen[i].onset_ns * 1e-9 - t) < 0.006)
			return seen[i].looks[l];
	return NAN;
}

/*
 * Nine pops; a chair is struck and rings on; a pop six times as loud as those before, and one of a
 * sixth; the strokes of a strap, each with a pitch and a size of its own.
 */
#define USUAL	9

static const double first_s = 8.003, struck_s = 35.101, loud_s = 38.303, faint_s = 41.507, creaks_s = 45.002;

static float sounds(double t)
{
	static const double pitch[] = { 230, 285, 240, 300, 225, 290 }, size[] = { 1, 0.7, 1.2, 0.8, 1.1, 0.6 };
	float sum = test_pop(t, struck_s, 75, 0.016, 0.1) + test_pop(t, loud_s, 210, 0.0035, 0.4) +
		    test_pop(t, faint_s, 210, 0.0035, 0.011);

	for (int i = 0; i < USUAL; i++)
		sum += test_pop(t, first_s + 2.9 * i, 170 + 13 * i, 0.0035, 0.05 + 0.004 * i);
	for (int i = 0; i < 6; i++)
		sum += test_pop(t, creaks_s + 0.052 * i, pitch[i], 0.003, 0.05 * size[i]);
	return sum;
}

static float sounds_film(double t)
{
	return 60 * sounds(t);
}

static void check_usual(double film_hz)
{
	float a, b, c;
	char name[96];

	play_film(film_hz, sounds, sounds_film, 50);
	a = look(first_s + 2.9 * (USUAL - 1), BP_SHARP_RINGING);
	b = look(struck_s, BP_SHARP_RINGING);
	snprintf(name, sizeof(name), "film %.0f Hz: what is struck rings on, a pop falls", film_hz);
	ktap(a < -2 && b > a + 0.8f, name,
	     "expected a pop to fall by 20 dB (below -2), the chair less by 8, got %g and %g: bp_shape_ringing()",
	     (double)a, (double)b);
	a = look(first_s + 2.9 * (USUAL - 1), BP_SHARP_LOUDER) + look(first_s + 2.9 * (USUAL - 1), BP_SHARP_FAINTER);
	b = look(loud_s, BP_SHARP_LOUDER);
	c = look(faint_s, BP_SHARP_FAINTER);
	snprintf(name, sizeof(name), "film %.0f Hz: louder and fainter than the usual shows", film_hz);
	ktap(a == 0 && b > 0.5f && c > 0.5f, name,
	     "expected 0 for a usual one, ln 6 less 1 (0.8, 0.5 at least) for the others, got %g, %g and %g: usual.c",
	     (double)a, (double)b, (double)c);
	a = 0;
	for (int i = 0; i < 6; i++)
		a = fmaxf(a, look(creaks_s + 0.052 * i, BP_SHARP_EVEN));
	b = look(first_s + 2.9 * (USUAL - 1), BP_SHARP_EVEN);
	snprintf(name, sizeof(name), "film %.0f Hz: a strap's strokes stand in a row", film_hz);
	ktap(a > 3 && b == 0, name,
	     "expected five even gaps (more than 3), none around a pop by itself, got %g and %g: bp_clutter_row()",
	     (double)a, (double)b);
}

int main(void)
{
	float a, b;

	ktap_plan(12);
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
	check_usual(800);
	check_usual(3200);
	return ktap_exit();
}
