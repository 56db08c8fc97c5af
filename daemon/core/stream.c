// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>

#include "core/stream_step.h"

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
#define QUIET_TAU_S	15.0	/* a minute of rubbing does not become the wearer's rest */
#define FALL_AFTER_S	0.03
#define FALL_TAU_S	0.08
#define CLIP_SHARE	0.97	/* of full scale: 12-bit codes and offsets */
#define GAP_PERIODS	1.5	/* core.h */
/* Up to this many lost samples in a row are bridged by a line, which leaves less than a
 * reset; below 60 Hz three samples at 800 Hz are straight.
 */
#define BRIDGE_MAX	3
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
	s->floor_min = (bp_v4){ 0 } + floor_min * floor_min;
	s->clip_level = (bp_v4){ 0 } + (range > 0 ? (float)(range * CLIP_SHARE) : 3e38f);
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

static void track_floor(struct bp_stream *s, const struct bp_hop *h, bool freeze)
{
	float rate;

	if (s->floor_age < BP_FLOOR_LEARN) {
		s->floor_age++;
		s->floor += (h->energy - s->floor) / (float)s->floor_age;
		s->floor_slope += (h->slope - s->floor_slope) / (float)s->floor_age;
		s->floor = bp_v4_max(s->floor, s->floor_min);
		s->quiet = bp_lanes_sum(s->floor);
		return;
	}
	rate = bp_floor_pace(s, bp_lanes_sum(h->energy), bp_lanes_sum(s->floor), freeze);
	if (!(rate > 0))
		return;
	s->floor = bp_floor_next(s->floor, h->energy, (bp_v4){ rate, rate, rate, rate }, s->floor_min);
	bp_floor_learned(s, h->slope, rate);
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
	bool full = bp_v4_bits(l->max_raw >= s->clip_level) & OWN_LANES, clipped = s->clipped || full;
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
	h->settling = unsettled || s->floor_age < BP_FLOOR_LEARN;

	/* Far more often than it takes to decay from there to the denormals. */
	if (s->n_hops % FLUSH_HOPS == 0)
		bp_stream_flush(s);
	l->sum_raw = l->sum_sq = l->sum_slope = l->max_sq = l->max_raw = (bp_v4){ 0 };
	s->in_hop = 0;
	s->clipped = false;
	s->newest = slot;
	s->n_hops++;
}

static bool take(struct bp_stream *s, int64_t t_ns, bp_v4 raw, bool freeze)
{
	bp_v4 x = bp_stream_step(s, &s->lanes, raw);

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
