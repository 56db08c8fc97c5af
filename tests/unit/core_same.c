// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same signal gives the same events: wherever the stream begins, and on every
 * platform.  With an argument it prints all events to the last bit, for
 * tests/cli/core_arm64.sh to compare.
 */
#include "core_test.h"

#define MINUTES		4
#define RATE		800u
#define SETTLED_S	30.0

/* A back made of nothing but additions and products, which every platform does alike. */
struct ring {
	double a1, a2, y1, y2;
};

static struct bp_frame frames[MINUTES * 60 * RATE];

static double step(struct ring *r, double x)
{
	double y = x + r->a1 * r->y1 - r->a2 * r->y2;

	r->y2 = r->y1;
	r->y1 = y;
	return y;
}

static void fill(void)
{
	/* 2 r cos(w), r^2 of a joint at 180 Hz and of a breath of 5 s, at 800 Hz. */
	struct ring joint = { .a1 = 0.2503, .a2 = 0.6376 }, breath = { .a1 = 1.99999843, .a2 = 0.99999997 };
	uint64_t seed = 4711;

	breath.y1 = 0.0079;
	for (uint32_t i = 0; i < MINUTES * 60 * RATE; i++) {
		uint32_t beat = i % 690, pop = i % (uint32_t)(4.7 * RATE), key = i % 2400;
		double z = step(&joint, pop == 100 ? 0.1 + 0.01 * (i / RATE % 7) : pop == 120 ? 0.05 : 0);
		double slow = step(&breath, 0) * 0.05 / 127;

		z += beat < 20 ? 0.0004 * (10 - (double)beat) : 0;
		z += key < 60 ? 0.02 * (double)test_noise(&seed) : 0;
		frames[i] = (struct bp_frame){
			.t_ns = (int64_t)i * (1000000000 / RATE),
			.accel_g = { 0.1f + 0.002f * test_noise(&seed), (float)slow + 0.002f * test_noise(&seed),
				     0.99f + (float)z + 0.002f * test_noise(&seed) },
			.film_mv = 120 * (float)z + 0.06f * test_noise(&seed),
			.has = BP_HAS_MOTION | BP_HAS_FILM,
		};
	}
}

static const struct test_signal sensor = {
	.motion_hz = RATE, .film_hz = RATE, .motion_range_g = 4, .film_range_mv = 200,
};

static struct test_run whole, late;

/* Standing events from @from on, by onset, as "class at time". */
static size_t events_from(const struct test_run *run, int64_t from_ns, int64_t *onset, bool *real)
{
	size_t n = 0;

	for (uint32_t k = 1; k <= run->status.events; k++) {
		const struct bp_event *ev = test_last(run, k);

		if (!ev || ev->onset_ns < from_ns)
			continue;
		onset[n] = ev->onset_ns;
		real[n++] = ev->class_ != BP_CLASS_ARTEFACT;
	}
	return n;
}

static void starts(void)
{
	static const double starts_s[] = { 1.0, 7.31, 22.0 };
	static int64_t a[512], b[512];
	static bool ra[512], rb[512];

	for (size_t k = 0; k < 3; k++) {
		size_t skip = (size_t)(starts_s[k] * RATE), na, nb, same = 0;
		int64_t from = frames[skip].t_ns + (int64_t)(SETTLED_S * 1e9);

		test_play(&late, &sensor, frames + skip, MINUTES * 60 * RATE - skip, 64);
		na = events_from(&whole, from, a, ra);
		nb = events_from(&late, from, b, rb);
		while (same < na && same < nb && a[same] == b[same] && ra[same] == rb[same])
			same++;
		ktap(na > 20 && na == nb && same == na, "30 s after another start the events are the same",
		     "start at %.2f s: expected %zu events, got %zu, the first %zu alike",
		     starts_s[k], na, nb, same);
	}
}

static void print_events(void)
{
	for (size_t i = 0; i < whole.n; i++) {
		const struct bp_event *ev = &whole.ev[i];

		printf("%u.%u %lld %lld %lld %d %d %d %d %u %u %a %a %a %a %a %a\n", ev->number,
		       ev->revision, (long long)ev->onset_ns, (long long)ev->end_ns,
		       (long long)ev->emitted_ns, ev->class_, ev->reason, ev->breath_phase,
		       ev->movement, ev->site, ev->manoeuvre, (double)ev->confidence,
		       (double)ev->peak_mg, (double)ev->peak_mv, (double)ev->breath_depth,
		       (double)ev->breath_rate_bpm, (double)ev->since_s);
	}
}

int main(int argc, char **argv)
{
	(void)argv;
	fill();
	test_play(&whole, &sensor, frames, MINUTES * 60 * RATE, 64);
	if (argc > 1) {
		print_events();
		return 0;
	}
	ktap_plan(3);
	starts();
	return ktap_exit();
}
