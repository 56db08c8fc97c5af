/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the breath held?  It is when the flow stays small for longer than a pause. */
#ifndef BACKPOP_CORE_HOLD_H
#define BACKPOP_CORE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

struct bp_hold {
	float slope;			/* the flow, smoothed */
	float calm;			/* slow minimum of its usual size, 0 = none yet */
	int64_t since_ns;		/* 0 = breathing */
};

/**
 * bp_hold_step() - a slow step
 * @flow:	in any unit
 * @limit:	what is less is no breath, the same unit
 * @usual:	usual size of the flow; 0 = @limit is good behind movements, too
 */
void bp_hold_step(struct bp_hold *h, int64_t t_ns, float flow, float limit, float usual);

/* Begin anew behind a movement. */
void bp_hold_break(struct bp_hold *h);

bool bp_hold_now(const struct bp_hold *h, int64_t now_ns);

#endif
