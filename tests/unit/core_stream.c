// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The quick way of a sample is the plain way: bp_stream_block() leaves the same
 * samples and hops behind as bp_stream_sample(), to the last bit.
 */
#include "core_test.h"

#include "core/stream.h"

#define RATE	800u
#define FRAMES	(5 * RATE)	/* all hops and samples behind several turns of both rings */
#define FREEZE	(FRAMES / 2)	/* for a while the floor is held */

static struct bp_frame frames[FRAMES];
static struct bp_stream plain_m, plain_f, quick_m, quick_f;

/* Holes, steps back, flags, single channels and values out of all reason among noise. */
static void fill(void)
{
	uint64_t seed = 20011;
	int64_t t_ns = 0;

	for (uint32_t i = 0; i < FRAMES; i++) {
		struct bp_frame *f = &frames[i];
		float z = i % 801 < 10 ? 0.2f : 0;

		t_ns += 1000000000 / RATE;
		*f = (struct bp_frame){
			.t_ns = t_ns,
			.accel_g = { 0.1f + 0.002f * test_noise(&seed), 0.002f * test_noise(&seed),
				     1 + z + 0.002f * test_noise(&seed) },
			.film_mv = 90 * z + 0.06f * test_noise(&seed),
			.has = BP_HAS_MOTION | BP_HAS_FILM,
		};
		if (i % 97 == 5)
			f->has |= BP_CLIPPED;
		if (i % 211 == 100)
			f->accel_g[i % 3] = 700;
		if (i % 331 == 200)
			f->film_mv = 9e5f;
		/* Full scale, of each by itself. */
		if (i % 157 == 20)
			f->accel_g[i % 3] = 4.5f;
		if (i % 173 == 20)
			f->film_mv = -210;
		if (i % 401 == 300)
			t_ns += (int64_t)(i % 7) * 1000000000 / RATE;
		/* Out of step for a while, then in step with the film eight hops ahead. */
		if (i % 613 == 540 || i % 613 >= 581)
			f->has = BP_HAS_FILM;
		if (i % 613 == 580)
			f->has = BP_HAS_MOTION;
	}
}

static bool freeze(const struct bp_frame *f)
{
	return f->t_ns > frames[FREEZE].t_ns && f->t_ns < frames[FREEZE + 100].t_ns;
}

/* One by one, as core.c gives them. */
static void single(struct bp_stream *m, struct bp_stream *s, const struct bp_frame *f)
{
	bp_v4 a = { f->accel_g[0], f->accel_g[1], f->accel_g[2], 0 }, v = { f->film_mv, 0, 0, 0 };

	if (m && f->has & BP_HAS_MOTION)
		bp_stream_sample(m, f->t_ns, a, f->has & BP_CLIPPED, freeze(f));
	if (s && f->has & BP_HAS_FILM)
		bp_stream_sample(s, f->t_ns, v, f->has & BP_CLIPPED, freeze(f));
}

static void end_hop(struct bp_stream *m, struct bp_stream *s, const struct bp_frame *last)
{
	if (!bp_stream_hop_full(m ? m : s))
		return;
	if (m && s) {
		if (bp_stream_steady(m) && bp_stream_steady(s)) {
			bp_stream_end_hops(m, s, freeze(last));
			return;
		}
		bp_stream_share(m, s);
	}
	if (m)
		bp_stream_end_hop(m, freeze(last));
	if (s)
		bp_stream_end_hop(s, freeze(last));
}

/* In blocks wherever they are taken, given @cut frames at a time; returns how many were. */
static size_t quick(struct bp_stream *m, struct bp_stream *s, size_t cut)
{
	size_t i = 0, taken = 0;

	while (i < FRAMES) {
		size_t left = cut - i % cut, n = 0;

		if (left > FRAMES - i)
			left = FRAMES - i;
		if (m && s ? s->joined || bp_stream_join(m, s) : (m ? m : s)->started)
			n = bp_stream_block(m, s, &frames[i], left);
		if (n) {
			end_hop(m, s, &frames[i + n - 1]);
			taken += n;
			i += n;
		} else {
			if (m && s)
				bp_stream_part(m, s);
			single(m, s, &frames[i++]);
		}
	}
	return taken;
}

/* The accelerometer's spare lane means nothing. */
static bool same(bp_v4 a, bp_v4 b)
{
	return !memcmp(&a, &b, 3 * sizeof(float));
}

/* What differs first, or NULL. */
static const char *difference(const struct bp_stream *a, const struct bp_stream *b)
{
	if (a->n != b->n || a->n_hops != b->n_hops || a->gaps != b->gaps)
		return "the number of samples, hops or gaps";
	for (uint32_t i = 0; i < BP_RING; i++)
		if (a->t[i] != b->t[i] || !same(a->x[i], b->x[i]))
			return "a sample of the vibration band or its time";
	for (uint32_t i = 0; i < bp_stream_hops(a); i++) {
		const struct bp_hop *g = bp_stream_hop(a, i), *h = bp_stream_hop(b, i);

		if (g->first != h->first || g->t_ns != h->t_ns)
			return "a hop's place";
		if (!same(g->peak, h->peak) || !same(g->energy, h->energy) || !same(g->low, h->low) ||
		    !same(g->sum, h->sum) || memcmp(&g->slope, &h->slope, sizeof(g->slope)))
			return "a hop's sums";
		if (!same(g->floor, h->floor) || g->full != h->full || g->clipped != h->clipped ||
		    g->settling != h->settling)
			return "a hop's floor or flags";
	}
	if (memcmp(&a->quiet, &b->quiet, sizeof(a->quiet)) ||
	    memcmp(&a->floor_slope, &b->floor_slope, sizeof(a->floor_slope)) || !same(a->floor, b->floor))
		return "the floor";
	return NULL;
}

static void start(struct bp_stream *m, struct bp_stream *f)
{
	memset(m, 0, sizeof(*m));
	memset(f, 0, sizeof(*f));
	bp_stream_init(m, RATE, 4, 1e-4f);
	bp_stream_init(f, RATE, 200, 5e-3f);
}

static void compare(bool motion, bool film, size_t cut, size_t least)
{
	char name[100];
	const char *dm, *df;
	size_t taken;

	for (uint32_t i = 0; i < FRAMES; i++)
		if (!(motion && film))
			frames[i].has = (frames[i].has & BP_CLIPPED) | (motion ? BP_HAS_MOTION : BP_HAS_FILM);
	start(&plain_m, &plain_f);
	start(&quick_m, &quick_f);
	for (uint32_t i = 0; i < FRAMES; i++)
		single(motion ? &plain_m : NULL, film ? &plain_f : NULL, &frames[i]);
	taken = quick(motion ? &quick_m : NULL, film ? &quick_f : NULL, cut);
	dm = difference(&plain_m, &quick_m);
	df = difference(&plain_f, &quick_f);
	snprintf(name, sizeof(name), "%s%s in blocks of %zu: as sample by sample",
		 motion ? "accelerometer" : "film", motion && film ? " and film" : "", cut);
	ktap(!dm && !df && taken >= least, name,
	     "expected equal streams and %zu or more of %u frames taken in blocks, got %zu; "
	     "accelerometer differs in: %s; film: %s; see bp_stream_block()",
	     least, FRAMES, taken, dm ? dm : "nothing", df ? df : "nothing");
}

/* A finger holds the film at full scale for two seconds: what rest is, is known afterwards. */
static void full_scale(void)
{
	uint64_t seed = 17;
	float before = 0;

	start(&plain_m, &plain_f);
	for (uint32_t i = 0; i < 14 * RATE; i++) {
		bool held = i >= 10 * RATE && i < 12 * RATE;
		bp_v4 raw = { held ? 200 : 0.1f * test_noise(&seed) };

		if (i == 10 * RATE)
			before = plain_f.quiet;
		bp_stream_sample(&plain_f, (int64_t)i * (int64_t)(1e9 / RATE), raw, false, false);
	}
	ktap(before > 0 && plain_f.quiet > before / 2 && plain_f.floor[0] < 4 * before,
	     "after full scale rest is what it was",
	     "expected a quiet level above %g and a floor below %g, got %g and %g: see track_floor()",
	     (double)before / 2, 4 * (double)before, (double)plain_f.quiet, (double)plain_f.floor[0]);
}

int main(void)
{
	static const size_t cut[] = { 1, 3, 256 };

	ktap_plan(10);
	for (size_t i = 0; i < 3; i++) {
		fill();
		compare(true, true, cut[i], FRAMES / 4);
	}
	for (size_t i = 0; i < 3; i++) {
		fill();
		compare(true, false, cut[i], FRAMES * 9 / 10);
		fill();
		compare(false, true, cut[i], FRAMES * 9 / 10);
	}
	full_scale();
	return ktap_exit();
}
