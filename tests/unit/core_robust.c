// SPDX-License-Identifier: GPL-2.0-or-later
/* What a sensor may do to the core: any cut of the stream, holes, rubbish, silence. */
#include "core_test.h"

static float pops(double t)
{
	float sum = 0;

	for (int i = 0; i < 8; i++)
		sum += test_pop(t, 11.003 + 3.7 * i, 140 + 35 * i, 0.0035, 0.08);
	/* a cough, so that something is withdrawn as well */
	if (t > 5 && t < 5.3)
		sum += (float)(0.2 * sin(M_PI * (t - 5) / 0.3) +
			       0.04 * sin(2 * M_PI * 137 * t) * sin(2 * M_PI * 91.7 * t));
	return sum;
}

static const struct test_signal pair = {
	.motion_hz = 800, .film_hz = 3200, .noise_g = 0.003f, .noise_mv = 0.08f,
	.film_mv_per_g = 60, .z = pops, .motion_range_g = 4, .film_range_mv = 200,
};

static const struct test_signal both = {
	.motion_hz = 800, .film_hz = 800, .noise_g = 0.003f, .noise_mv = 0.08f,
	.film_mv_per_g = 60, .z = pops, .motion_range_g = 4, .film_range_mv = 200,
};

/* NaN does not equal itself, so revisions are compared as bytes of named members. */
static bool same_float(float a, float b)
{
	return !memcmp(&a, &b, sizeof(a));
}

static bool same(const struct bp_event *a, const struct bp_event *b)
{
	return a->number == b->number && a->revision == b->revision &&
	       a->onset_ns == b->onset_ns && a->end_ns == b->end_ns &&
	       a->emitted_ns == b->emitted_ns && a->class_ == b->class_ &&
	       a->reason == b->reason && a->breath_phase == b->breath_phase &&
	       a->movement == b->movement && a->site == b->site &&
	       a->manoeuvre == b->manoeuvre && same_float(a->confidence, b->confidence) &&
	       same_float(a->peak_mg, b->peak_mg) && same_float(a->peak_mv, b->peak_mv) &&
	       same_float(a->breath_depth, b->breath_depth) &&
	       same_float(a->breath_rate_bpm, b->breath_rate_bpm) &&
	       same_float(a->silent_s, b->silent_s) && same_float(a->since_s, b->since_s);
}

/* Index of the first revision that differs, or -1. */
static long difference(const struct test_run *a, const struct test_run *b)
{
	size_t n = a->n < b->n ? a->n : b->n;

	for (size_t i = 0; i < n; i++)
		if (!same(&a->ev[i], &b->ev[i]))
			return (long)i;
	return a->n == b->n ? -1 : (long)n;
}

static struct test_run run, other;

static void blocks(void)
{
	static const size_t cut[] = { 1, 7, 64, 1000, 1000000 };
	size_t n;
	struct bp_frame *f = test_frames(&pair, 42, &n);

	test_play(&run, &pair, f, n, 1);
	ktap(run.n >= 8, "the session has events to compare",
	     "expected 8 revisions or more, got %zu", run.n);
	for (size_t i = 1; i < sizeof(cut) / sizeof(*cut); i++) {
		char name[80];
		long d;

		test_play(&other, &pair, f, n, cut[i]);
		d = difference(&run, &other);
		snprintf(name, sizeof(name), "blocks of %zu: bit-equal to single frames", cut[i]);
		ktap(d < 0, name, "expected %zu equal revisions, first difference at %ld of %zu",
		     run.n, d, other.n);
	}
	test_play(&other, &pair, f, n, 1);
	ktap(difference(&run, &other) < 0, "init over used memory gives the same results",
	     "expected equal runs, first difference at %ld: see bp_core_init()",
	     difference(&run, &other));
	free(f);
}

static bool sound(const struct test_run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct bp_event *ev = &r->ev[i];

		if (!(ev->confidence >= 0 && ev->confidence <= 1) || isinf(ev->peak_mg) ||
		    isinf(ev->peak_mv) || ev->end_ns < ev->onset_ns ||
		    ev->emitted_ns < ev->onset_ns || (unsigned int)ev->class_ >= BP_CLASS_COUNT)
			return false;
	}
	return true;
}

static void rubbish(void)
{
	size_t n;
	struct bp_frame *f = test_frames(&both, 42, &n);
	size_t bad = 0;

	for (size_t i = 97; i < n; i += 997, bad++) {
		switch (bad % 4) {
		case 0:
			f[i].accel_g[bad % 3] = NAN;
			break;
		case 1:
			f[i].film_mv = INFINITY;
			break;
		case 2:
			f[i].accel_g[0] = 3e38f;
			break;
		default:
			f[i].t_ns = f[i - 50].t_ns;
		}
	}
	test_play(&run, &both, f, n, 64);
	ktap(run.status.bad_values == bad, "NaN, Inf, absurd and out-of-order values are counted",
	     "expected %zu, got %llu: see usable() in core.c", bad,
	     (unsigned long long)run.status.bad_values);
	ktap(run.status.frames == n, "every frame is counted", "expected %zu, got %llu", n,
	     (unsigned long long)run.status.frames);
	ktap(sound(&run) && test_find(&run, 11.003 + 3.7 * 5, 0.01), "pops are still found beside them",
	     "expected an event at %.3f s and no impossible one, got %zu revisions", 11.003 + 3.7 * 5,
	     run.n);
	free(f);
}

static void holes(void)
{
	const double pop = 11.003 + 3.7 * 6;
	size_t n, kept = 0, inside = 0;
	struct bp_frame *f = test_frames(&both, 42, &n);

	/* 0.5 s lost around the pops 2 and 3, a single sample lost now and then */
	for (size_t i = 0; i < n; i++) {
		double t = (double)f[i].t_ns * 1e-9;

		if ((t > 18.2 && t < 18.7) || (t > 21.9 && t < 22.4) || i % 1601 == 1600)
			continue;
		f[kept++] = f[i];
	}
	test_play(&run, &both, f, kept, 64);
	for (size_t i = 0; i < run.n; i++) {
		double t = (double)run.ev[i].onset_ns * 1e-9;

		inside += (t > 18.2 && t < 18.7) || (t > 21.9 && t < 22.4);
	}
	ktap(run.status.gaps >= 2 * (2 + 18), "holes are counted",
	     "expected 40 or more (both channels), got %llu: see gap() in stream.c",
	     (unsigned long long)run.status.gaps);
	ktap(!inside, "nothing is reported from inside a hole", "expected 0 revisions, got %zu",
	     inside);
	ktap(test_find(&run, pop, 0.01) != NULL, "pops after a hole are found",
	     "expected an event at %.3f s", pop);
	ktap(test_standing(&run) <= 8, "a hole makes no event of itself",
	     "expected at most 8 standing events, got %zu: see restart() in stream.c",
	     test_standing(&run));
	free(f);
}

static void saturation(void)
{
	size_t n;
	struct bp_frame *f = test_frames(&both, 42, &n);

	for (size_t i = 0; i < n; i++) {
		double t = (double)f[i].t_ns * 1e-9;

		if (t > 25 && t < 27) {
			f[i].film_mv = (i / 40) & 1 ? 200 : -200;
			f[i].accel_g[2] = 4;
			f[i].has |= BP_CLIPPED;
		}
	}
	test_play(&run, &both, f, n, 64);
	ktap(sound(&run), "saturation: no impossible event", "see %zu revisions", run.n);
	ktap(test_find(&run, 11.003 + 3.7 * 7, 0.01) != NULL, "pops after saturation are found",
	     "expected an event at %.3f s", 11.003 + 3.7 * 7);
	free(f);
}

/*
 * Quiet, a burst of noise, then for half a second only frames of a channel that is not
 * configured: when the looks that would withdraw come, it is too late for that.
 */
static void channel_stands_still(void)
{
	static const struct test_signal film = { .film_hz = 800, .noise_mv = 0.1f };
	const size_t burst = 1025, still = burst + 20;
	size_t n, late = 0, events = 0;
	struct bp_frame *f = test_frames(&film, 1.9, &n);
	uint64_t seed = 7;

	for (size_t i = burst; i < n; i++)
		if (i < still)
			f[i].film_mv = 2 * test_noise(&seed);
		else
			f[i].has = BP_HAS_MOTION;
	test_play(&run, &film, f, n, 64);
	for (size_t i = 0; i < run.n; i++) {
		const struct bp_event *ev = &run.ev[i];

		events += !ev->revision;
		late += ev->class_ == BP_CLASS_ARTEFACT && ev->emitted_ns - ev->onset_ns > 300000000;
	}
	ktap(events && !late, "nothing is withdrawn later than 300 ms",
	     "expected an event, none withdrawn late, got %zu, %zu: see bp_book_withdraw()", events,
	     late);
	free(f);
}

static void dead_channel(bool film)
{
	size_t n, found = 0;
	struct bp_frame *f = test_frames(&both, 42, &n);

	for (size_t i = 0; i < n; i++) {
		if (film)
			f[i].film_mv = 0;
		else
			memset(f[i].accel_g, 0, sizeof(f[i].accel_g));
	}
	test_play(&run, &both, f, n, 64);
	for (int i = 0; i < 8; i++)
		found += test_find(&run, 11.003 + 3.7 * i, 0.01) != NULL;
	ktap(found >= 7 && sound(&run), film ? "dead film: the accelerometer goes on" :
	     "dead accelerometer: the film goes on",
	     "expected 7 of 8 pops or more, got %zu: see trigger.c", found);
	free(f);
}

/* Nobody fetches: revisions beyond the queue are dropped and counted, nothing else changes. */
static void overflow(void)
{
	struct test_signal sig = both;
	struct bp_status st;
	struct bp_core *core;
	struct bp_event ev;
	size_t n, got = 0;
	struct bp_frame *f = test_frames(&sig, 42, &n);

	core = test_core(&sig);
	for (int round = 0; round < 12; round++) {
		bp_core_push(core, f, n);
		for (size_t i = 0; i < n; i++)
			f[i].t_ns += 42000000000;
	}
	bp_core_flush(core);
	bp_core_status(core, &st);
	while (bp_core_next_event(core, &ev))
		got++;
	ktap(got == BP_EVENT_QUEUE, "the queue holds what it promises", "expected %d, got %zu",
	     BP_EVENT_QUEUE, got);
	ktap(st.suppressed > 0, "revisions that nobody fetched are counted",
	     "expected more than 0, got %llu", (unsigned long long)st.suppressed);
	free(f);
}

static void configs(void)
{
	static const struct {
		struct bp_config cfg;
		bool good;
	} t[] = {
		{ { 800, 800, 0, 0 }, true },
		{ { 0, 3200, 0, 200 }, true },
		{ { 6400, 0, 16, 0 }, true },
		{ { 200, 6400, 0, 0 }, true },
		{ { 0, 0, 0, 0 }, false },
		{ { 199, 0, 0, 0 }, false },
		{ { 800, 7000, 0, 0 }, false },
		{ { NAN, 800, 0, 0 }, false },
		{ { -800, 800, 0, 0 }, false },
		{ { INFINITY, 800, 0, 0 }, false },
		{ { 800, 800, -1, 0 }, false },
		{ { 800, 800, 0, NAN }, false },
	};
	static _Alignas(BP_CORE_ALIGN) unsigned char mem[BP_CORE_STATE_SIZE];
	int wrong = -1;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		bool said = !bp_config_error(&t[i].cfg);

		if (said != t[i].good || !!bp_core_init(mem, sizeof(mem), &t[i].cfg) != t[i].good)
			wrong = (int)i;
	}
	ktap(wrong < 0, "bad configurations are refused, good ones taken",
	     "expected line %d of the table to be judged otherwise: see bp_config_error()", wrong);
	ktap(!bp_core_init(mem, sizeof(mem) - 1, &t[0].cfg) &&
	     !bp_core_init(NULL, sizeof(mem), &t[0].cfg) &&
	     !bp_core_init(mem + 8, sizeof(mem), &t[0].cfg),
	     "small, absent and misaligned memory is refused", "see bp_core_init()");
}

int main(void)
{
	ktap_plan(6 + 3 + 4 + 2 + 1 + 2 + 2 + 2);
	blocks();
	rubbish();
	holes();
	saturation();
	channel_stands_still();
	dead_channel(true);
	dead_channel(false);
	overflow();
	configs();
	return ktap_exit();
}
