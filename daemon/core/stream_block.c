// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The quick way of many samples: those of a hop at once, and two streams of one rate in
 * one vector, the film in the lane that the accelerometer leaves free.
 */
#include <stddef.h>
#include <string.h>

#include "core/stream_step.h"

/* Any sensor's values are within these, and these within what core.c takes for sane. */
#define PLAIN_G		500.0f
#define PLAIN_MV	500e3f
/* Bits of bp_v4_bits(). */
#define ALL_LANES	15
#define FILM_LANE	8

static const bp_v4i own = { -1, -1, -1, 0 }, first = { -1, 0, 0, 0 };

static inline bp_v4 film_lane(bp_v4 both)
{
	return __builtin_shufflevector(both, (bp_v4){ 0 }, 3, 4, 4, 4);
}

static inline bp_v4 join(bp_v4 m, bp_v4 f)
{
	bp_v4 moved = __builtin_shufflevector(f, (bp_v4){ 0 }, 4, 4, 4, 0);

	return (bp_v4)(((bp_v4i)m & own) | (bp_v4i)moved);
}

/* A film's other lanes are those of @f. */
static inline bp_v4 film_of(bp_v4 both, bp_v4 f)
{
	return (bp_v4)((bp_v4i)film_lane(both) | ((bp_v4i)f & ~first));
}

/* What every sample changes is vectors and nothing else. */
#define LANES	(sizeof(struct bp_lanes) / sizeof(bp_v4))

bool bp_stream_join(struct bp_stream *m, struct bp_stream *f)
{
	bp_v4 *to = (bp_v4 *)&m->lanes;
	const bp_v4 *from = (const bp_v4 *)&f->lanes;

	if (!m->started || !f->started || m->last_t_ns != f->last_t_ns || m->in_hop != f->in_hop ||
	    (m->n_hops - f->n_hops) % FLUSH_HOPS)
		return false;
	for (size_t i = 0; i < LANES; i++)
		to[i] = join(to[i], from[i]);
	m->low_s.s1 = join(m->low_s.s1, f->low_s.s1);
	m->low_s.s2 = join(m->low_s.s2, f->low_s.s2);
	m->floor_min = join(m->floor_min, f->floor_min);
	m->clip_level = join(m->clip_level, f->clip_level);
	f->joined = true;
	return true;
}

void bp_stream_share(const struct bp_stream *m, struct bp_stream *f)
{
	const bp_v4 *from = (const bp_v4 *)&m->lanes;
	bp_v4 *to = (bp_v4 *)&f->lanes;

	for (size_t i = 0; i < LANES; i++)
		to[i] = film_lane(from[i]);
	f->low_s.s1 = film_lane(m->low_s.s1);
	f->low_s.s2 = film_lane(m->low_s.s2);
	f->last_raw = film_lane(m->last_raw);
}

/* All four values of a frame: they lie side by side in it. */
static inline bp_v4 values(const struct bp_frame *f)
{
	bp_v4 v;

	_Static_assert(offsetof(struct bp_frame, film_mv) ==
		       offsetof(struct bp_frame, accel_g) + sizeof(f->accel_g), "lanes lie apart");
	memcpy(&v, (const char *)f + offsetof(struct bp_frame, accel_g), sizeof(v));
	return v;
}

/* Account for @n samples, the newest at @t_ns.  A hop's last one is seen when the hop is. */
static inline void taken(struct bp_stream *s, uint32_t n, int64_t t_ns)
{
	s->in_hop += n;
	s->n += s->in_hop < s->hop_n ? n : n - 1;
	s->last_t_ns = t_ns;
	s->settle_left -= s->settle_left < n ? s->settle_left : n;
}

/* How many of @n samples go into the ring before it begins anew. */
static inline size_t straight(const struct bp_stream *s, size_t n)
{
	size_t most = BP_RING - s->n % BP_RING;

	return n < most ? n : most;
}

/* bp_stream_block(); compiled three times, for either stream and for both. */
static inline __attribute__((always_inline)) size_t block(struct bp_stream *m, struct bp_stream *f,
							   const struct bp_frame *frames, size_t n)
{
	static const bp_v4 most = { PLAIN_G, PLAIN_G, PLAIN_G, PLAIN_MV };
	struct bp_stream *s = m ? m : f;
	const uint32_t has = (m ? BP_HAS_MOTION : 0) | (f ? BP_HAS_FILM : 0);
	const uint64_t gap = (uint64_t)s->gap_ns;
	const size_t left = s->hop_n - s->in_hop, at_m = m ? m->n % BP_RING : 0, at_f = f ? f->n % BP_RING : 0;
	struct bp_lanes l = s->lanes;
	int64_t t_ns = s->last_t_ns;
	uint32_t k;
	bp_v4 x;

	n = straight(s, n < left ? n : left);
	if (m && f)
		n = straight(f, n);
	for (k = 0; k < n; k++) {
		const struct bp_frame *fr = &frames[k];
		bp_v4 v = values(fr);

		/* What a frame holds of a channel that it has not is not to be looked at. */
		if (!f)
			v = join(v, (bp_v4){ 0 });
		if (!m)
			v = join((bp_v4){ 0 }, film_lane(v));
		/* Unsigned: a step back is as bad as a hole.  NaN is not plain, either. */
		if (fr->has != has || (uint64_t)fr->t_ns - (uint64_t)t_ns > gap ||
		    bp_v4_bits(bp_v4_abs(v) < most) != ALL_LANES)
			break;
		t_ns = fr->t_ns;
		if (!m)
			v = film_lane(v);
		x = bp_stream_step(s, &l, v);
		if (k + 1 == left) {
			k++;
			break;
		}
		if (m) {
			m->x[at_m + k] = x;
			m->t[at_m + k] = t_ns;
		}
		if (f) {
			f->x[at_f + k] = m ? film_lane(x) : x;
			f->t[at_f + k] = t_ns;
		}
	}
	if (!k)
		return 0;
	s->lanes = l;
	s->last_raw = m ? values(&frames[k - 1]) : film_lane(values(&frames[k - 1]));
	taken(s, k, t_ns);
	if (m && f)
		taken(f, k, t_ns);
	return k;
}

size_t bp_stream_block(struct bp_stream *m, struct bp_stream *f, const struct bp_frame *frames,
		       size_t n)
{
	if (m && f)
		return block(m, f, frames, n);
	return m ? block(m, NULL, frames, n) : block(NULL, f, frames, n);
}

static inline bp_v4 all_lanes(bp_v4 both)
{
	return both;
}

/* The last sample of a hop, and the hop, of the stream whose lanes @part gives. */
static inline __attribute__((always_inline)) void end(struct bp_stream *s, bp_v4 (*part)(bp_v4),
						       const struct bp_lanes *l, bp_v4 energy, bp_v4 low)
{
	uint32_t slot = s->newest + 1 < BP_HOPS ? s->newest + 1 : 0;
	struct bp_hop *h = &s->hop[slot];

	s->x[s->n % BP_RING] = part(l->last_x);
	s->t[s->n % BP_RING] = s->last_t_ns;
	s->n++;
	h->first = s->n - s->hop_n;
	h->t_ns = s->last_t_ns;
	h->peak = part(l->max_sq);
	h->energy = part(energy);
	h->low = part(low);
	h->floor = s->floor;
	h->sum = part(l->sum_raw);
	h->settling = false;
	s->in_hop = 0;
	s->newest = slot;
	s->n_hops++;
}

/* What is told of it by a single number; returns the share that the floor takes over. */
static inline float tell(struct bp_stream *s, float slope, float energy, bool full, bool freeze)
{
	struct bp_hop *h = &s->hop[s->newest];
	bool clipped = s->clipped || full;

	h->slope = slope;
	h->full = full;
	h->clipped = clipped;
	s->clipped = false;
	return clipped ? 0 : bp_floor_pace(s, energy, bp_lanes_sum(s->floor), freeze);
}

void bp_stream_end_hops(struct bp_stream *m, struct bp_stream *f, bool freeze)
{
	struct bp_lanes *l = &m->lanes;
	bp_v4 floor = join(m->floor, f->floor), energy = l->sum_sq * m->hop_scale;
	bp_v4 low = bp_biquad_step(&m->low, &m->low_s, l->sum_raw * m->hop_scale);
	int full = bp_v4_bits(l->max_raw >= m->clip_level);
	float slope_m = bp_lanes_sum(l->sum_slope) * m->hop_scale, rate_m;
	float slope_f = l->sum_slope[3] * m->hop_scale, rate_f;

	end(m, all_lanes, l, energy, low);
	end(f, film_lane, l, energy, low);
	rate_m = tell(m, slope_m, bp_lanes_sum(energy), full & OWN_LANES, freeze);
	rate_f = tell(f, slope_f, energy[3], full & FILM_LANE, freeze);
	/* Of a floor that is held nothing is taken over, to the last bit. */
	m->floor = bp_floor_next(floor, energy, (bp_v4){ rate_m, rate_m, rate_m, rate_f }, m->floor_min);
	f->floor = film_of(m->floor, f->floor);
	if (rate_m > 0)
		bp_floor_learned(m, slope_m, rate_m);
	if (rate_f > 0)
		bp_floor_learned(f, slope_f, rate_f);
	/* In the same hops as bp_stream_end_hop(). */
	if (m->n_hops % FLUSH_HOPS == 1)
		bp_stream_flush(m);
	l->sum_raw = l->sum_sq = l->sum_slope = l->max_sq = l->max_raw = (bp_v4){ 0 };
}
