// SPDX-License-Identifier: GPL-2.0-or-later
/* A channel that is not what it should be is said so, and the other goes on. */
#include "core/health.h"
#include "core_test.h"

static float pops(double t)
{
	float sum = 0;

	for (int i = 0; i < 8; i++)
		sum += test_pop(t, 11.003 + 3.7 * i, 140 + 20 * i, 0.0035, 0.08);
	return sum;
}

static const struct test_signal both = {
	.motion_hz = 800, .film_hz = 800, .noise_g = 0.003f, .noise_mv = 0.08f,
	.film_mv_per_g = 60, .z = pops, .motion_range_g = 4, .film_range_mv = 200,
};

enum trouble { NOTHING, DEAD_FILM, FULL_MOTION, FULL_FILM, SLOW, NO_FILM };

static struct test_run run;

static size_t spoil(struct bp_frame *f, size_t n, enum trouble what, double from, double to)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		double t = (double)f[i].t_ns * 1e-9;
		bool in = t >= from && t < to;

		if (in && what == DEAD_FILM)
			f[i].film_mv = 1.25f;
		if (in && what == FULL_MOTION)
			f[i].accel_g[2] = 4;
		if (in && what == FULL_FILM) {
			f[i].film_mv = 200;
			f[i].has |= BP_CLIPPED_FILM;
		}
		if (in && what == NO_FILM)
			f[i].has &= ~BP_HAS_FILM;
		if (in && what == SLOW && i & 1)
			continue;
		f[kept++] = f[i];
	}
	return kept;
}

static void trouble(const char *name, enum trouble what, bool film, enum bp_channel_state want)
{
	struct bp_frame *frames;
	const struct bp_channel_status *st;
	size_t n;

	frames = test_frames(&both, 40, &n);
	n = spoil(frames, n, what, 22, 27);
	test_play(&run, &both, frames, n, 64);
	free(frames);
	st = film ? &run.status.film : &run.status.motion;
	ktap(st->state == BP_CHANNEL_OK && (want == BP_CHANNEL_OK ? st->seconds[want] > 35 :
	     st->seconds[want] > 2 && st->seconds[want] < 6), name,
	     "expected 2 to 6 s %s and ok at the end, got %.1f s and %s: see health.c",
	     bp_channel_state_name(want), (double)st->seconds[want], bp_channel_state_name(st->state));
	ktap(test_find(&run, 11.003, 0.01) && test_find(&run, 11.003 + 3.7 * 6, 0.01),
	     "and pops before and after it are found", "expected both: see %zu revisions", run.n);
}

/* A clinic does not stop the daemon: the 30th day of 25 looks a second. */
static void a_month(void)
{
	static struct bp_health h = { .seconds[BP_CHANNEL_OK] = 29 * 86400 };
	const uint32_t looks = 86400 * 25;

	for (uint32_t i = 0; i < looks; i++)
		bp_health_hop(&h, (int64_t)i * 40000000, (bp_v4){ (float)(i & 1) }, false, 0.04f, 0);
	ktap(fabs(h.seconds[BP_CHANNEL_OK] - 30 * 86400) < 60, "a month is counted to its end",
	     "expected %d s, got %.0f", 30 * 86400, h.seconds[BP_CHANNEL_OK]);
}

int main(void)
{
	ktap_plan(14);
	trouble("a good channel is ok", NOTHING, false, BP_CHANNEL_OK);
	trouble("a film that does not change is dead", DEAD_FILM, true, BP_CHANNEL_DEAD);
	trouble("an accelerometer at full scale is saturated", FULL_MOTION, false, BP_CHANNEL_SATURATED);
	trouble("a film that stands at full scale is saturated, not dead", FULL_FILM, true,
		BP_CHANNEL_SATURATED);
	ktap(run.status.motion.seconds[BP_CHANNEL_SATURATED] == 0, "and it alone",
	     "the accelerometer was called saturated for %.1f s",
	     (double)run.status.motion.seconds[BP_CHANNEL_SATURATED]);
	trouble("half the samples are off the rate", SLOW, false, BP_CHANNEL_OFF_RATE);
	trouble("a film that does not come is missing", NO_FILM, true, BP_CHANNEL_MISSING);
	a_month();
	return ktap_exit();
}
