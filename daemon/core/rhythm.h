/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in its cycle a breath is, how long the cycle is and which way is in: all
 * three at once, as the probability of each combination (a grid filter).  It is told
 * what flows, up or down.  While it is told nothing it goes on at the pace of before
 * and grows less sure, so that a movement costs certainty, not the thread.
 */
#ifndef BACKPOP_CORE_RHYTHM_H
#define BACKPOP_CORE_RHYTHM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/filter.h"

#define BP_RHYTHM_PHASES	24u	/* of a cycle, from the start of inhalation */
#define BP_RHYTHM_PERIODS	12u
#define BP_RHYTHM_STEP_S	0.48f	/* that the grid takes at once */

enum bp_rhythm_part {
	BP_RHYTHM_IN,
	BP_RHYTHM_OUT,
	BP_RHYTHM_REST,			/* between two breaths */
	BP_RHYTHM_TURN,			/* the first of BP_RHYTHM_OUT, where that is asked for */
	BP_RHYTHM_PARTS
};

/* Rows are periods, [0] of the sign as it is told, [1] of the other. */
struct bp_rhythm {
	bp_v4 p[2][BP_RHYTHM_PERIODS][BP_RHYTHM_PHASES / 4];	/* in all 1 */
	bp_v4 shape[BP_RHYTHM_PERIODS][BP_RHYTHM_PHASES / 4];	/* the flow of a breath, rms 1 */
	float period_s[BP_RHYTHM_PERIODS];
	struct bp_rhythm_turn {
		uint32_t whole;		/* phases */
		float tap[3];		/* shares that go so far, one further, two */
	} turn[BP_RHYTHM_PERIODS];	/* in a step */
	float deep_s;			/* for so long a deep breath goes on more slowly */
	float size;			/* usual size of the flow, its unit; 0 = not known yet */
	float fit;			/* by how much it foretells the flow better than chance, nats, mean */
};

/**
 * bp_rhythm_init() - nothing is known yet
 * @shortest_s:	first period
 * @times:	each to the next
 * @seen:	what the sensor and its filters make of a usual breath's volume, 0 = empty,
 *		1 = full, step by step of BP_SLOW_HZ, in any unit; NULL = begin a new breathing
 */
void bp_rhythm_init(struct bp_rhythm *r, float shortest_s, float times,
		    float (*seen)(void *arg, float volume), void *arg);

/* The flow as it was just now; every slow step. */
void bp_rhythm_size(struct bp_rhythm *r, float flow);

/**
 * bp_rhythm_step() - BP_RHYTHM_STEP_S later
 * @flow:	in the unit of bp_rhythm_size()
 * @blind:	it tells nothing of breathing
 */
void bp_rhythm_step(struct bp_rhythm *r, float flow, bool blind);

/* The lungs are surely late in an inhalation. */
void bp_rhythm_late(struct bp_rhythm *r);

/**
 * bp_rhythm_parts() - probability of each part of a breath
 * @since_s:	from the newest step to now
 * @flow:	as it is now; NaN = it tells nothing of breathing
 * @ahead_s:	from now to the instant that is asked for; less than 0: it was before
 * @turn_s:	so much of each exhalation is BP_RHYTHM_TURN
 */
void bp_rhythm_parts(const struct bp_rhythm *r, float since_s, float flow, float ahead_s,
		     float turn_s, float part[BP_RHYTHM_PARTS]);

/* Breaths a second, and the probability that inhalation is told as a flow upwards. */
float bp_rhythm_hz(const struct bp_rhythm *r);
float bp_rhythm_upright(const struct bp_rhythm *r);

#endif
