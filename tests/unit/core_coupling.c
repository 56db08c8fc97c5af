// SPDX-License-Identifier: GPL-2.0-or-later
/* Film and accelerometer together: what only one of them feels is no pop. */
#include "core_test.h"

#define POPS	5

static const double shake_s = 33.03, touch_s = 35.5;
static struct test_run run;

static float skin(double t)
{
	float sum = 0;

	for (int i = 0; i < POPS; i++)
		sum += test_pop(t, 10.001 + 4.3 * i, 150 + 30 * i, 0.004, 0.10 + 0.02 * i);
	return sum;
}

static float touched(double t)
{
	return skin(t) + test_pop(t, touch_s, 220, 0.004, 0.04);
}

static float touch(double t)
{
	return test_pop(t, touch_s, 220, 0.004, 12);
}

static float shaken(double t)
{
	return skin(t) + test_pop(t, shake_s, 190, 0.004, 0.12);
}

/* What the film would hear of it is taken off again: only the trunk is shaken. */
static float deaf_to_shake(double t)
{
	return -60 * test_pop(t, shake_s, 190, 0.004, 0.12);
}

static void play(float (*z)(double t), float (*film)(double t), float film_mv_per_g)
{
	struct test_signal sig = {
		.motion_hz = 800, .film_hz = 800, .noise_g = 0.003f, .noise_mv = 0.08f,
		.film_mv_per_g = film_mv_per_g, .z = z, .film = film, .motion_range_g = 4,
		.film_range_mv = 200,
	};

	test_hear(&run, &sig, 38);
}

static bool stands(double t)
{
	const struct bp_event *ev = test_find(&run, t, 0.05);

	return ev && test_last(&run, ev->number)->class_ != BP_CLASS_ARTEFACT;
}

int main(void)
{
	ktap_plan(3);
	play(shaken, deaf_to_shake, 60);
	ktap(test_standing(&run) == POPS && !stands(shake_s),
	     "what a film that hears does not hear is no pop",
	     "expected %d pops and nothing at %.2f s, got %zu: see bp_coupling_unheard()", POPS,
	     shake_s, test_standing(&run));
	play(skin, NULL, 0);
	ktap(test_standing(&run) == POPS, "a film that came off silences nobody",
	     "expected %d pops, got %zu: see bp_coupling_unheard()", POPS, test_standing(&run));
	play(touched, touch, 60);
	ktap(test_standing(&run) == POPS && !stands(touch_s),
	     "far more film than the wearer's pops have is a touch",
	     "expected %d pops and nothing at %.2f s, got %zu: see bp_coupling_touched()", POPS,
	     touch_s, test_standing(&run));
	return ktap_exit();
}
