/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Breathing from slow tilt (accelerometer) or slow strain (film): rate, phase
 * and depth.  Works at BP_SLOW_HZ, whatever the sensor's rate.
 */
#ifndef BACKPOP_CORE_BREATH_H
#define BACKPOP_CORE_BREATH_H

#include "core/core.h"
#include "core/filter.h"
#include "core/hold.h"
#include "core/rhythm.h"

#define BP_SLOW_HZ	12.5		/* rate of the slow stages */
#define BP_BREATHS	9u		/* breaths that medians are taken of */

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
	bool first_over;		/* the first period after the start */
	uint32_t all_steps;
	uint32_t steps;			/* since start or the last disturbance */
	struct bp_rhythm rhythm;
	uint32_t since;			/* steps since the rhythm's newest */
	float uneasy;			/* share of the time in which the trunk seems to bend or twist */
	float hz;			/* breaths a second as the rhythm has them, running mean */
	float unrest;			/* mean size of the flow, times the usual */
	float flow;			/* as the rhythm is told it, NaN = it is told nothing */
	float flow_before;		/* some steps ago */
	int64_t jolt_ns;		/* when it last changed as no breath's does, 0 = never */
	bool doubtful;			/* told, but perhaps of a bend or a twist */
	bp_v4 x;			/* the filtered slow band */
	float cov[6];			/* running covariance: xx yy zz xy xz yz */
	float axis[3];			/* main axis of the breathing tilt */
	float b;			/* breathing signal, inhalation upwards */
	float power;			/* running quantile of b squared */
	float sum;			/* leaky integral of b, its unit times s */
	bool rising;			/* looking for a peak, not a trough */
	float turn;			/* value at the candidate turning point */
	int64_t turn_ns;
	float last_turn;		/* value at the last confirmed turning point */
	int64_t trough_ns, peak_ns;	/* last confirmed, 0 = none */
	float period_s[2 * BP_BREATHS];	/* trough to trough and peak to peak, newest last */
	uint32_t n_periods;
	float usual_s;			/* their median, 0 = none yet */
	float depth[BP_BREATHS];
	uint32_t n_depths;
	struct bp_hold hold;
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
/* Unknown where it is not likely enough. */
enum bp_breath_phase bp_breath_phase_now(const struct bp_breath *br);
/* What is known by now of @ago_s ago, when an event was: more must be known to say it. */
enum bp_breath_phase bp_breath_phase_event(const struct bp_breath *br, float ago_s);
/* How far the lungs are filled within the median breath: 0 trough, 1 peak, NaN = unknown. */
float bp_breath_volume(const struct bp_breath *br);

#endif
