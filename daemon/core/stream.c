// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "core/stream.h"

/* Vibration band, signal-model.md 4.1. */
#define BAND_LOW_HZ	60.0
#define BAND_HIGH_HZ	1400.0
#define BAND_NYQUIST	0.42	/* of the rate: where anti-alias filters begin */
/* Heave, posture and breathing: below 25 Hz (signal-model.md 4.1, step and cough). */
#define LOW_HZ		25.0
#define HOP_S		0.0025	/* half a typical pop (5.7 ms, Dunning 2013) */
#define HOP_SAMPLES	4u	/* at least so many, what is done per hop costs as much as 4 samples */
#define HOP_SLOW_HZ	800.0	/* but not below this rate: then half as many */
#define SETTLE_S	0.060	/* 60 Hz fourth-order section: below 1e-3 after 3.6 periods */
/* A pop repeats after 8 ms at the earliest and walking changes in seconds. */
#define FLOOR_TAU_S	0.7
#define FLOOR_CLIP	4.0f	/* a hop counts at most this many floors: robust mean */
#define FLOOR_HOLD_S	0.06	/* longer than any pop; what lasts longer is background */
#define QUIET_TAU_S	15.0	/* a minute of rubbing does not become the wearer's rest */
/* Far below the floor for longer than a period of 60 Hz: what raised the floor is over. */
#define FALL_BELOW	0.33f
#define FALL_AFTER_S	0.03
#define FALL_TAU_S	0.08
#define FLOOR_LEARN	40u	/* first hops are taken as a plain mean */
#define FLUSH_HOPS	8
#define CLIP_SHARE	0.97	/* of full scale: 12-bit codes and offsets */
#define GAP_PERIODS	1.5	/* core.h */
/* Up to this many lost samples in a row are bridged by a line, which leaves less than a
 * reset; below 60 Hz three samples at 800 Hz are straight.
 */
#define BRIDGE_MAX	3
/* Any sensor's values are within these, and these within what core.c takes for sane. */
#define PLAIN_G		500.0f
#define PLAIN_MV	500e3f
#define BRIDGE_MUTE_S	0.008	/* nothing is triggered by the bridge itself */

void bp_stream_init(struct bp_stream *s, double rate_hz, double range, float floor_min)
{
	double high, hop_rate;
	uint32_t least;

	s->present = rate_hz > 0;
	if (!s->present)
		return;
	s->rate_hz = (float)rate_hz;
	s->period_ns = (int64_t)(1e9 / rate_hz + 0.5);
	s->gap_ns = (int64_t)(GAP_PERIODS * 1e9 / rate_hz);
	s->hop_n = (uint32_t)(rate_hz * HOP_S + 0.5);
	least = rate_hz < HOP_SLOW_HZ ? HOP_SAMPLES / 2 : HOP_SAMPLES;
	if (s->hop_n < least)
		s->hop_n = least;
	s->hop_scale = 1.0f / (float)s->hop_n;
	hop_rate = rate_hz / s->hop_n;
	s->hop_rate_hz = (float)hop_rate;
	s->settle_n = (uint32_t)(rate_hz * SETTLE_S);
	s->floor_rate = (float)(1 / (hop_rate * FLOOR_TAU_S));
	s->fall_rate = (float)(1 / (hop_rate * FALL_TAU_S));
	s->fall_after = (uint32_t)(hop_rate * FALL_AFTER_S);
	s->quiet_rise = (float)(1 + 1 / (hop_rate * QUIET_TAU_S));
	s->floor_min = floor_min * floor_min;
	s->clip_level = range > 0 ? (float)(range * CLIP_SHARE) : 3e38f;
	high = rate_hz * BAND_NYQUIST;
	if (high > BAND_HIGH_HZ)
		high = BAND_HIGH_HZ;
	bp_highpass(&s->hp_a, BAND_LOW_HZ, rate_hz, BP_Q_BUTTERWORTH4_A);
	bp_highpass(&s->hp_b, BAND_LOW_HZ, rate_hz, BP_Q_BUTTERWORTH4_B);
	bp_lowpass(&s->lp, high, rate_hz, BP_Q_BUTTERWORTH2);
	bp_lowpass(&s->low, LOW_HZ, hop_rate, BP_Q_BUTTERWORTH2);
	s->newest = BP_HOPS - 1;
}

static void restart(struct bp_stream *s, bp_v4 raw)
{
	static const struct bp_biquad_state zero;

	bp_biquad_prime(&s->hp_a, &s->lanes.hp_a, raw);
	s->lanes.hp_b = zero;
	s->lanes.lp = zero;
	bp_biquad_prime(&s->low, &s->low_s, raw);
	s->lanes.last_x = (bp_v4){ 0 };
	s->settle_left = s->settle_n;
}

/* Robust running mean square: events are held out, whatever lasts is let in. */
static void track_floor(struct bp_stream *s, const struct bp_hop *h, bool freeze)
{
	float rate = s->floor_rate;
	bp_v4 least = { s->floor_min, s->floor_min, s->floor_min, s->floor_min };
	bp_v4 e;
	float level, slope;

	if (s->floor_age < FLOOR_LEARN) {
		s->floor_age++;
		s->floor += (h->energy - s->floor) / (float)s->floor_age;
		s->floor_slope += (h->slope - s->floor_slope) / (float)s->floor_age;
		s->floor = bp_v4_max(s->floor, least);
		s->quiet = bp_lanes_sum(s->floor);
		return;
	}
	if (freeze && (float)s->frozen_for < FLOOR_HOLD_S * s->hop_rate_hz) {
		s->frozen_for++;
		return;
	}
	if (!freeze)
		s->frozen_for = 0;
	if (bp_lanes_sum(h->energy) >= FALL_BELOW * bp_lanes_sum(s->floor))
		s->below_for = 0;
	else if (++s->below_for > s->fall_after)
		rate = s->fall_rate;
	/* min(e, clip) without a branch per lane */
	e = -bp_v4_max(-h->energy, -FLOOR_CLIP * s->floor);
	s->floor = bp_v4_max(s->floor + rate * (e - s->floor), least);
	slope = FLOOR_CLIP * s->floor_slope;
	s->floor_slope += rate * ((h->slope < slope ? h->slope : slope) - s->floor_slope);
	level = bp_lanes_sum(s->floor);
	s->quiet *= s->quiet_rise;
	if (level < s->quiet)
		s->quiet = level;
}

static inline void put(struct bp_stream *s, uint64_t i, bp_v4 x, int64_t t_ns)
{
	s->x[i % BP_RING] = x;
	s->t[i % BP_RING] = t_ns;
}

void bp_stream_end_hop(struct bp_stream *s, bool freeze)
{
	uint32_t slot = s->newest + 1 < BP_HOPS ? s->newest + 1 : 0;
	struct bp_hop *h = &s->hop[slot];
	struct bp_lanes *l = &s->lanes;
	bp_v4i over = l->max_raw >= s->clip_level;
	bool full = (over[0] | over[1] | over[2]) != 0, clipped = s->clipped || full;
	bool unsettled = s->settle_left > 0;

	put(s, s->n++, l->last_x, s->last_t_ns);
	h->first = s->n - s->hop_n;
	h->t_ns = s->last_t_ns;
	h->peak = l->max_sq;
	h->energy = l->sum_sq * s->hop_scale;
	h->slope = bp_lanes_sum(l->sum_slope) * s->hop_scale;
	h->sum = l->sum_raw;
	h->low = bp_biquad_step(&s->low, &s->low_s, l->sum_raw * s->hop_scale);
	h->floor = s->floor;
	h->full = full;
	h->clipped = clipped;
	/*
	 * The floor learns from settled filters only, and not from full scale, which is silent
	 * in this band, but no rest.  Not read back from the hop: two bytes just stored are slow
	 * to be loaded as one word.  Without a floor nothing is trusted yet.
	 */
	if (!unsettled && !clipped)
		track_floor(s, h, freeze);
	h->settling = unsettled || s->floor_age < FLOOR_LEARN;

	/* Far more often than it takes to decay from there to the denormals. */
	if (s->n_hops % FLUSH_HOPS == 0) {
		bp_biquad_flush(&l->hp_a);
		bp_biquad_flush(&l->hp_b);
		bp_biquad_flush(&l->lp);
		bp_biquad_flush(&s->low_s);
	}
	l->sum_raw = l->sum_sq = l->sum_slope = l->max_sq = l->max_raw = (bp_v4){ 0 };
	s->in_hop = 0;
	s->clipped = false;
	s->newest = slot;
	s->n_hops++;
}

/* One sample through the vibration band, into the sums of its hop. */
static inline __attribute__((always_inline)) bp_v4 step(const struct bp_stream *s,
							 struct bp_lanes *l, bp_v4 raw)
{
	bp_v4 x = bp_biquad_step(&s->hp_a, &l->hp_a, raw);
	bp_v4 sq, d;

	x = bp_biquad_step(&s->hp_b, &l->hp_b, x);
	x = bp_biquad_step(&s->lp, &l->lp, x);
	sq = x * x;
	d = x - l->last_x;
	l->last_x = x;
	l->sum_raw += raw;
	l->sum_sq += sq;
	l->sum_slope += d * d;
	l->max_sq = bp_v4_max(l->max_sq, sq);
	l->max_raw = bp_v4_max(l->max_raw, bp_v4_abs(raw));
	return x;
}

static bool take(struct bp_stream *s, int64_t t_ns, bp_v4 raw, bool freeze)
{
	bp_v4 x = step(s, &s->lanes, raw);

	s->last_raw = raw;
	s->last_t_ns = t_ns;
	if (s->settle_left)
		s->settle_left--;
	if (++s->in_hop < s->hop_n) {
		put(s, s->n++, x, t_ns);
		return false;
	}
	bp_stream_end_hop(s, freeze);
	return true;
}

/* A hole: bridge it if short, else begin anew.  Returns true if a hop was completed. */
static bool gap(struct bp_stream *s, int64_t t_ns, bp_v4 raw, bool freeze)
{
	int64_t lost = (t_ns - s->last_t_ns + s->period_ns / 2) / s->period_ns - 1;
	bool hop = false;

	s->gaps++;
	if (lost > BRIDGE_MAX) {
		restart(s, raw);
		return false;
	}
	if (lost > 0) {
		bp_v4 from = s->last_raw;
		int64_t t0 = s->last_t_ns;

		for (int64_t k = 1; k <= lost; k++) {
			float w = (float)k / (float)(lost + 1);

			hop |= take(s, t0 + (t_ns - t0) * k / (lost + 1),
				    from + w * (raw - from), freeze);
		}
	}
	if (s->settle_left < (uint32_t)(BRIDGE_MUTE_S * s->rate_hz))
		s->settle_left = (uint32_t)(BRIDGE_MUTE_S * s->rate_hz);
	return hop;
}

bool bp_stream_sample(struct bp_stream *s, int64_t t_ns, bp_v4 raw, bool clipped, bool freeze)
{
	bool hop = false;

	if (__builtin_expect(!s->started, 0)) {
		s->started = true;
		restart(s, raw);
	} else if (__builtin_expect(t_ns - s->last_t_ns > s->gap_ns, 0)) {
		hop = gap(s, t_ns, raw, freeze);
	}
	s->clipped |= clipped;
	return take(s, t_ns, raw, freeze) || hop;
}

/* The film rides in the lane that the accelerometer leaves free. */
static inline bp_v4 join(bp_v4 m, bp_v4 f)
{
	return __builtin_shufflevector(m, f, 0, 1, 2, 4);
}

static inline bp_v4 film_lane(bp_v4 both)
{
	return __builtin_shufflevector(both, (bp_v4){ 0 }, 3, 4, 4, 4);
}

/* What is left in the accelerometer's spare lane is nobody's. */
static inline void part(bp_v4 both, bp_v4 *m, bp_v4 *f)
{
	*m = both;
	*f = film_lane(both);
}

static inline struct bp_biquad_state join_states(struct bp_biquad_state m, struct bp_biquad_state f)
{
	return (struct bp_biquad_state){ join(m.s1, f.s1), join(m.s2, f.s2) };
}

static inline void part_states(struct bp_biquad_state both, struct bp_biquad_state *m,
			       struct bp_biquad_state *f)
{
	part(both.s1, &m->s1, &f->s1);
	part(both.s2, &m->s2, &f->s2);
}

static inline struct bp_lanes join_lanes(const struct bp_lanes *m, const struct bp_lanes *f)
{
	return (struct bp_lanes){
		.hp_a = join_states(m->hp_a, f->hp_a),
		.hp_b = join_states(m->hp_b, f->hp_b),
		.lp = join_states(m->lp, f->lp),
		.last_x = join(m->last_x, f->last_x),
		.sum_raw = join(m->sum_raw, f->sum_raw),
		.sum_sq = join(m->sum_sq, f->sum_sq),
		.sum_slope = join(m->sum_slope, f->sum_slope),
		.max_sq = join(m->max_sq, f->max_sq),
		.max_raw = join(m->max_raw, f->max_raw),
	};
}

static inline void part_lanes(const struct bp_lanes *l, struct bp_lanes *m, struct bp_lanes *f)
{
	part_states(l->hp_a, &m->hp_a, &f->hp_a);
	part_states(l->hp_b, &m->hp_b, &f->hp_b);
	part_states(l->lp, &m->lp, &f->lp);
	part(l->last_x, &m->last_x, &f->last_x);
	part(l->sum_raw, &m->sum_raw, &f->sum_raw);
	part(l->sum_sq, &m->sum_sq, &f->sum_sq);
	part(l->sum_slope, &m->sum_slope, &f->sum_slope);
	part(l->max_sq, &m->max_sq, &f->max_sq);
	part(l->max_raw, &m->max_raw, &f->max_raw);
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

/* Nothing that asks for a closer look; NaN does. */
static inline bool plain(bp_v4 v, bp_v4 most)
{
	bp_v2l in = (bp_v2l)(bp_v4_abs(v) < most);

	return (in[0] & in[1]) == -1;
}

/* Account for @n samples, the newest at @t_ns.  A hop's last one is seen when the hop is. */
static inline void taken(struct bp_stream *s, uint32_t n, int64_t t_ns)
{
	s->in_hop += n;
	s->n += s->in_hop < s->hop_n ? n : n - 1;
	s->last_t_ns = t_ns;
	s->settle_left -= s->settle_left < n ? s->settle_left : n;
}

/* bp_stream_block(); compiled three times, for either stream and for both. */
static inline __attribute__((always_inline)) size_t block(struct bp_stream *m, struct bp_stream *f,
							   const struct bp_frame *frames, size_t n)
{
	static const bp_v4 most = { PLAIN_G, PLAIN_G, PLAIN_G, PLAIN_MV };
	const bool both = m && f;
	struct bp_stream *s = m ? m : f;
	const uint32_t has = (m ? BP_HAS_MOTION : 0) | (f ? BP_HAS_FILM : 0);
	const uint64_t gap = (uint64_t)s->gap_ns;
	struct bp_lanes l = both ? join_lanes(&m->lanes, &f->lanes) : s->lanes;
	uint32_t left = s->hop_n - s->in_hop, k;
	int64_t t_ns = s->last_t_ns;
	bp_v4 raw = { 0 }, x;

	for (k = 0; k < left && k < n; k++) {
		const struct bp_frame *fr = &frames[k];
		bp_v4 v = values(fr);

		/* What a frame holds of a channel that it has not is not to be looked at. */
		if (!f)
			v = join(v, (bp_v4){ 0 });
		if (!m)
			v = join((bp_v4){ 0 }, film_lane(v));
		/* Unsigned: a step back is as bad as a hole. */
		if (fr->has != has || (uint64_t)fr->t_ns - (uint64_t)t_ns > gap || !plain(v, most))
			break;
		t_ns = fr->t_ns;
		raw = m ? v : film_lane(v);
		x = step(s, &l, raw);
		if (k + 1 < left && m)
			put(m, m->n + k, x, t_ns);
		if (k + 1 < left && f)
			put(f, f->n + k, both ? film_lane(x) : x, t_ns);
	}
	if (!k)
		return 0;
	if (both) {
		part_lanes(&l, &m->lanes, &f->lanes);
		part(raw, &m->last_raw, &f->last_raw);
	} else {
		s->lanes = l;
		s->last_raw = raw;
	}
	if (m)
		taken(m, k, t_ns);
	if (f)
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

int64_t bp_stream_find(const struct bp_stream *s, int64_t t_ns)
{
	int64_t lo = bp_stream_oldest(s), hi = (int64_t)s->n - 1;

	if (!s->n || s->t[(uint64_t)lo % BP_RING] > t_ns)
		return -1;
	while (lo < hi) {
		int64_t mid = lo + (hi - lo + 1) / 2;

		if (s->t[(uint64_t)mid % BP_RING] <= t_ns)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}
