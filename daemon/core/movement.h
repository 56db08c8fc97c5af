/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the trunk does, from the accelerometer's low band: still, bending,
 * walking, twisting (as far as an accelerometer alone can tell) or something
 * else.  Works at hop rate for the swing and at BP_SLOW_HZ for the rest.
 */
#ifndef BACKPOP_CORE_MOVEMENT_H
#define BACKPOP_CORE_MOVEMENT_H

#include "core/core.h"
#include "core/filter.h"

#define BP_POSTURES	16u	/* slow steps of gravity kept: 1.28 s */
#define BP_STEPS	6u	/* foot strikes kept */

struct bp_movement_state {
	bool started;
	float mean_rate, swing_rate, level_rate;	/* shares of a hop, by its rate */
	bp_v4 gravity;			/* below 0.5 Hz, g */
	float per_g;			/* 1 over its magnitude, 0 = too little to tell where down is */
	bp_v4 past[BP_POSTURES];	/* gravity, ring */
	uint32_t slow_n;
	bp_v4 mean;			/* below 2 Hz: what swings around it is movement */
	float lateral;			/* y of the slow steps, and */
	float lateral_mean;		/* its mean over some seconds */
	float swing2;			/* running mean square of the swing, g^2 */
	float rest;			/* lower envelope of its root: heart and breath, g */
	float lateral_usual;		/* median deviation of y in the last minute: breath, g */
	float tilt_rate;		/* degrees per second */
	bool above;			/* vertical swing is in its upper half */
	float level;			/* smoothed vertical swing */
	int64_t strike_ns[BP_STEPS];	/* upward crossings of the vertical swing */
	uint32_t n_strikes;
	enum bp_movement kind;
	int64_t kind_ns;		/* kind was last seen then */
	int64_t now_ns;
};

void bp_movement_init(struct bp_movement_state *m, float hop_rate_hz);
/* Each hop of the accelerometer, @low in g. */
void bp_movement_hop(struct bp_movement_state *m, int64_t t_ns, bp_v4 low);
/* Each slow step, @low averaged over it. */
void bp_movement_slow(struct bp_movement_state *m, int64_t t_ns, bp_v4 low);
enum bp_movement bp_movement_now(const struct bp_movement_state *m);

#endif
