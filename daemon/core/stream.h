/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sampled group of channels (the accelerometer's three, or the film's one)
 * on its way from samples to hops of about 2.5 ms: vibration band, low band,
 * noise floor, holes in time.  What works on every sample is here and nowhere
 * else; all later stages look at hops, and at the sample ring when a hop stands
 * out.
 */
#ifndef BACKPOP_CORE_STREAM_H
#define BACKPOP_CORE_STREAM_H

#include "core/core.h"
#include "core/filter.h"

#define BP_RING		2048u	/* samples kept; 320 ms at 6400 Hz */
#define BP_HOPS		384u	/* hops kept; 0.96 s, more below 400 Hz */
#define BP_FLOOR_LEARN	40u	/* first hops, of which the noise floor is a plain mean */

/**
 * struct bp_hop - a few samples in a row, summed up
 * @first:	number of its first sample (from 0, since init)
 * @t_ns:	time of its last sample
 * @peak:	largest square of the vibration band, per lane
 * @energy:	mean square of the vibration band, per lane
 * @low:	raw signal below 25 Hz, gravity or offset included, per lane
 * @floor:	noise floor before this hop (mean square), per lane
 * @slope:	mean square of the difference of neighbouring samples, all lanes
 * @sum:	of the raw samples, per lane
 * @full:	its own full scale was touched
 * @clipped:	that, or the source says so of the frame
 * @settling:	filters are not yet to be trusted
 */
struct bp_hop {
	uint64_t first;
	int64_t t_ns;
	bp_v4 peak;
	bp_v4 energy;
	bp_v4 low;
	bp_v4 floor;
	bp_v4 sum;
	float slope;
	bool full;
	bool clipped;
	bool settling;
};

/* What every sample changes: kept in registers while a block of samples is worked on. */
struct bp_lanes {
	struct bp_biquad_state hp_a, hp_b, lp;
	bp_v4 last_x;
	bp_v4 sum_raw, sum_sq, sum_slope, max_sq, max_raw;	/* of this hop so far */
};

/* Fixed by the configuration, then the running state; the film's other lanes stay 0. */
struct bp_stream {
	bool present;
	float rate_hz;
	float hop_rate_hz;
	int64_t period_ns;
	int64_t gap_ns;		/* a longer step between samples is a gap */
	uint32_t hop_n;		/* samples per hop */
	float hop_scale;	/* 1 / hop_n */
	uint32_t settle_n;	/* samples until filters are trusted after a reset */
	float floor_rate;	/* share of a hop that the noise floor takes over */
	float fall_rate;	/* the same when it falls fast */
	uint32_t fall_after;	/* hops in a row far below the floor, then it does */
	float quiet_rise;	/* factor per hop by which the quiet floor may rise */
	bp_v4 floor_min;	/* mean square, all lanes; no channel is quieter than its last bit */
	bp_v4 clip_level;	/* raw magnitude held for full scale, all lanes */
	struct bp_biquad hp_a, hp_b, lp, low;

	struct bp_lanes lanes;
	struct bp_biquad_state low_s;
	bp_v4 last_raw;
	int64_t last_t_ns;
	bool started;
	bool joined;		/* the film's: its lanes stand in the accelerometer's, bp_stream_join() */
	bool clipped;		/* flagged by the source in this hop */
	uint32_t settle_left;
	uint32_t in_hop;
	bp_v4 floor;
	float floor_slope;	/* of the floor as hop.slope is: what noise adds to a spectrum */
	float quiet;		/* lower envelope of the floor, all lanes: the wearer at rest */
	uint32_t frozen_for;	/* hops in a row that the floor was held */
	uint32_t below_for;	/* hops in a row far below the floor */
	uint32_t floor_age;	/* hops the floor has learned from, saturating */
	uint64_t n;		/* samples taken */
	uint64_t n_hops;
	uint32_t newest;	/* slot of the newest hop */
	uint64_t gaps;
	bp_v4 x[BP_RING];	/* vibration band */
	int64_t t[BP_RING];
	struct bp_hop hop[BP_HOPS];
};

/**
 * bp_stream_init() - lay out a stream
 * @s:		all zero
 * @rate_hz:	0 = channel absent
 * @range:	full scale in the channel's unit, 0 = unknown
 * @floor_min:	quietest believable rms, same unit
 */
void bp_stream_init(struct bp_stream *s, double rate_hz, double range, float floor_min);

/**
 * bp_stream_sample() - take one sample
 * @freeze:	an event is going on: the noise floor must not learn it
 *
 * Return: true if it completed a hop, see bp_stream_hop(s, 0).
 */
bool bp_stream_sample(struct bp_stream *s, int64_t t_ns, bp_v4 raw, bool clipped, bool freeze);

/**
 * bp_stream_join() - filter two streams of one rate in one vector from here on
 *
 * What samples change of the film stands in the accelerometer's spare lane then, and only
 * bp_stream_block() may be given more, both streams, until bp_stream_part().
 *
 * Return: false if it cannot be: one is not started, or they are not in step.
 */
bool bp_stream_join(struct bp_stream *m, struct bp_stream *f);

/* Let the film have what stands in the other's lane: before it ends a hop for itself. */
void bp_stream_share(const struct bp_stream *m, struct bp_stream *f);

/* Each for itself again. */
static inline void bp_stream_part(const struct bp_stream *m, struct bp_stream *f)
{
	if (f->joined)
		bp_stream_share(m, f);
	f->joined = false;
}

/**
 * bp_stream_block() - take many frames at once: the quick way of bp_stream_sample()
 * @m, @f:	accelerometer and film, joined; or one of them, started, and NULL
 *
 * Takes frames up to the end of the hop at most, but only such as hold just these
 * channels, without flags, without a hole before them and with values well within
 * reason; the next one is left to bp_stream_sample().  Gives the same results as that,
 * to the last bit.
 *
 * Return: frames taken.  If bp_stream_hop_full() then, bp_stream_end_hop() must follow.
 */
size_t bp_stream_block(struct bp_stream *m, struct bp_stream *f, const struct bp_frame *frames,
		       size_t n);

static inline bool bp_stream_hop_full(const struct bp_stream *s)
{
	return s->in_hop == s->hop_n;
}

/* Let the last sample of a full hop be seen, and the hop. */
void bp_stream_end_hop(struct bp_stream *s, bool freeze);

/* Has its floor been learned, and are its filters to be trusted? */
static inline bool bp_stream_steady(const struct bp_stream *s)
{
	return s->floor_age == BP_FLOOR_LEARN && !s->settle_left;
}

/* The same for two that are joined and steady, quicker: both hops are seen at once. */
void bp_stream_end_hops(struct bp_stream *m, struct bp_stream *f, bool freeze);

/* The hop @back before the newest; @back < bp_stream_hops(). */
static inline const struct bp_hop *bp_stream_hop(const struct bp_stream *s, uint32_t back)
{
	return &s->hop[back > s->newest ? s->newest + BP_HOPS - back : s->newest - back];
}

static inline uint32_t bp_stream_hops(const struct bp_stream *s)
{
	return s->n_hops < BP_HOPS ? (uint32_t)s->n_hops : BP_HOPS;
}

/* Number of the newest sample at or before @t_ns that the ring still holds, or -1. */
int64_t bp_stream_find(const struct bp_stream *s, int64_t t_ns);

/* Oldest sample the ring still holds. */
static inline int64_t bp_stream_oldest(const struct bp_stream *s)
{
	return s->n > BP_RING ? (int64_t)(s->n - BP_RING) : 0;
}

static inline float bp_lanes_sum(bp_v4 v)
{
	return v[0] + v[1] + v[2];
}

/* Sum of the squares of the vibration band of sample @i, unit squared. */
static inline float bp_stream_power(const struct bp_stream *s, int64_t i)
{
	bp_v4 x = s->x[(uint64_t)i % BP_RING];

	return bp_lanes_sum(x * x);
}

#endif
