/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a channel what it should be?  Told from its hops, for people: nothing is decided by it. */
#ifndef BACKPOP_CORE_HEALTH_H
#define BACKPOP_CORE_HEALTH_H

#include "core/core.h"
#include "core/filter.h"

struct bp_health {
	enum bp_channel_state state;
	double seconds[BP_CHANNEL_STATES];	/* in each state so far; a float stands still after a week */
	float same_s, full_s, odd_s;		/* how long it has been going on */
	bp_v4 last_sum;
	int64_t last_ns;			/* end of the newest hop */
	uint64_t gaps;				/* until then */
};

/**
 * bp_health_hop() - a hop of the channel is complete
 * @sum:	of its raw samples, per lane
 * @clipped:	it touched full scale
 * @nominal_s:	what a hop should last
 * @gaps:	holes of the channel so far: bridged ones hide a wrong rate
 */
void bp_health_hop(struct bp_health *h, int64_t t_ns, bp_v4 sum, bool clipped, float nominal_s,
		   uint64_t gaps);

/* The other channel goes on at @now_ns: is this one missing? */
void bp_health_missing(struct bp_health *h, int64_t now_ns);

#endif
