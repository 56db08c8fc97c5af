/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breathing from slow tilt (accelerometer) or slow strain (film): rate, phase
 * and depth.  Works at BP_SLOW_HZ, whatever the sensor's rate.
 */
#ifndef BACKPOP_CORE_BREATH_H
#define BACKPOP_CORE_BREATH_H

#include "core/core.h"
#include "core/filter.h"

#define BP_SLOW_HZ	12.5		/* rate of the slow stages */
#define BP_BREATHS	9u		/* breaths that medians are taken of */
#define BP_BREATH_LONGEST 326u		/* slow steps of the longest breath, 26 s */
#define BP_BREATH_LAG	40u		/* slow steps by which the film's phase can be put right */

/*
 * The film's own high-pass (0.7 to 10 Hz) turns the strain of a breath into its
 * rate of change: what is followed there is flow, not volume.
 */
struct bp_breath {
	bool film;			/* flow from the film, not volume from tilt */
	float least;			/* smallest believable swing, g or mV rms */
	struct bp_biquad hp, hp2, lp;
	struct bp_biquad_state hp_s, hp2_s, lp_s;
	bool started;
	uint32_t steps;			/* since start or the last disturbance */
	float cov[6];			/* running covariance: xx yy zz xy xz yz */
	float axis[3];			/* main axis of the breathing tilt */
	float b;			/* breathing signal, inhalation upwards */
	float slope;			/* per step, smoothed */
	float power;			/* running quantile of b squared */
	float off;			/* smoothed power across the axis: other movement */
	int64_t disturbed_ns;		/* newest step at which it was too much, 0 = never */
	float flow[BP_BREATH_LAG];	/* film: the last steps of b, ring */
	uint32_t flow_n;
	float sum;			/* film: leaky integral of b, mV s */
	float mv[BP_BREATH_LONGEST];	/* film: what came since the last trough */
	uint32_t n_mv;
	bool flipped;
	float leaning;			/* mean of what breaths say of the sign, > 0 = as it is */
	uint32_t leanings;		/* breaths in it */
	uint32_t hints;			/* that inhalation is upwards, less those against it */
	bool rising;			/* looking for a peak, not a trough */
	float turn;			/* value at the candidate turning point */
	int64_t turn_ns;
	float last_turn;		/* value at the last confirmed turning point */
	float half_s, swing;		/* of the last half-breath; 0 = none yet */
	int64_t trough_ns, peak_ns;	/* last confirmed, 0 = none */
	float period_s[2 * BP_BREATHS];	/* trough to trough and peak to peak, newest last */
	uint32_t n_periods;
	float usual_s;			/* their median, 0 = none yet */
	float depth[BP_BREATHS];
	uint32_t n_depths;
	int64_t still_since_ns;		/* 0 = breathing */
	int64_t now_ns;
};

void bp_breath_init(struct bp_breath *br, bool film);

/**
 * bp_breath_step() - one slow sample
 * @low:	mean of the low band over 1 / BP_SLOW_HZ, g or mV
 * @moved:	the trunk moves in another way: nothing is learned
 * @uneasy:	it seems to bend or twist; deep breaths do, too
 */
void bp_breath_step(struct bp_breath *br, int64_t t_ns, bp_v4 low, bool moved, bool uneasy);

/* The lungs are surely rather full now: tells which way is in. */
void bp_breath_hint(struct bp_breath *br);

float bp_breath_rate(const struct bp_breath *br);		/* breaths/min, NaN = unknown */
float bp_breath_depth(const struct bp_breath *br);		/* of the current breath, NaN */
enum bp_breath_phase bp_breath_phase(const struct bp_breath *br);
/* How far the lungs are filled within the median breath: 0 trough, 1 peak, NaN = unknown. */
float bp_breath_volume(const struct bp_breath *br);

#endif
