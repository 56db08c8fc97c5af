/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes on for minutes: how many transients of which size came lately that were
 * no joint's.  Somebody who has typed for a minute will type on; a joint pops once, or
 * a few times in a movement, and louder than keys.  clutter.h counts the last seconds.
 */
#ifndef BACKPOP_CORE_HABIT_H
#define BACKPOP_CORE_HABIT_H

#include "core/candidate.h"

#define BP_HABIT_SIZES	28u	/* of 3.5 dB each */

enum bp_habit_time {
	BP_HABIT_SHORT,		/* a minute */
	BP_HABIT_LONG,		/* five */
	BP_HABIT_TIMES
};

/* Counts that decay, by stream, size and time. */
struct bp_habit {
	int64_t last_ns;
	float count[BP_STREAMS][BP_HABIT_SIZES][BP_HABIT_TIMES];
};

/* One that is no joint's, known at @now_ns. */
void bp_habit_note(struct bp_habit *h, const struct bp_candidate *c, int64_t now_ns);

/* How many of the candidate's size, 0.4 to 2.5 times its peak, came lately? */
void bp_habit_alike(struct bp_habit *h, const struct bp_candidate *c, int64_t now_ns,
		    float alike[BP_HABIT_TIMES]);

#endif
