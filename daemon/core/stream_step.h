/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the plain way and the quick way of a sample have in common: stream.c, stream_block.c. */
#ifndef BACKPOP_CORE_STREAM_STEP_H
#define BACKPOP_CORE_STREAM_STEP_H

#include "core/stream.h"

#define FLOOR_CLIP	4.0f	/* a hop counts at most this many floors: robust mean */
#define FLOOR_HOLD_S	0.06	/* longer than any pop; what lasts longer is background */
/* Far below the floor for longer than a period of 60 Hz: what raised the floor is over. */
#define FALL_BELOW	0.33f
#define FLUSH_HOPS	8	/* between looks for filter states about to get denormal */
#define OWN_LANES	7	/* bits of bp_v4_bits(): the accelerometer's fourth lane is spare */

static inline void bp_stream_flush(struct bp_stream *s)
{
	bp_biquad_flush(&s->lanes.hp_a);
	bp_biquad_flush(&s->lanes.hp_b);
	bp_biquad_flush(&s->lanes.lp);
	bp_biquad_flush(&s->low_s);
}

/* One sample through the vibration band, into the sums of its hop. */
static inline __attribute__((always_inline)) bp_v4 bp_stream_step(const struct bp_stream *s,
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

/*
 * The noise floor is a robust running mean square: events are held out, whatever lasts is
 * let in.  Returns the share of a floor of this @level that a hop of this @energy takes
 * over; 0 = it is held.
 */
static inline float bp_floor_pace(struct bp_stream *s, float energy, float level, bool freeze)
{
	if (freeze && (float)s->frozen_for < FLOOR_HOLD_S * s->hop_rate_hz) {
		s->frozen_for++;
		return 0;
	}
	if (!freeze)
		s->frozen_for = 0;
	/* Without a branch: of a single channel's noise one hop in six is, at random. */
	s->below_for = (s->below_for + 1) & -(uint32_t)(energy < FALL_BELOW * level);
	return s->below_for > s->fall_after ? s->fall_rate : s->floor_rate;
}

static inline bp_v4 bp_floor_next(bp_v4 floor, bp_v4 energy, bp_v4 rate, bp_v4 least)
{
	bp_v4 e = bp_v4_min(energy, FLOOR_CLIP * floor);

	return bp_v4_max(floor + rate * (e - floor), least);
}

/* What goes with the floor, once that has learned at @rate. */
static inline void bp_floor_learned(struct bp_stream *s, float slope, float rate)
{
	float most = FLOOR_CLIP * s->floor_slope, level = bp_lanes_sum(s->floor);

	s->floor_slope += rate * ((slope < most ? slope : most) - s->floor_slope);
	s->quiet *= s->quiet_rise;
	if (level < s->quiet)
		s->quiet = level;
}

#endif
