/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How loud this wearer's joints usually are.  A film's millivolts depend on its wiring and
 * on who wears it; what a finger gives it is 5 to 50 times what a pop does (signal-model.md
 * 3.8), what a key or a chair gives it far less.
 */
#ifndef BACKPOP_CORE_USUAL_H
#define BACKPOP_CORE_USUAL_H

#include "core/candidate.h"

#define BP_USUALS	16u

struct bp_usual {
	float peak[BP_STREAMS][BP_USUALS];	/* of those that settled, unit of the stream, ring */
	uint32_t n[BP_STREAMS];
};

/*
 * One that stands, or would but for how loud it is: else a wearer whose first ones were
 * faint would never be heard again.
 */
void bp_usual_learn(struct bp_usual *u, const struct bp_candidate *c);

/* The median in the stream that shows the candidate best; 0 = not known yet. */
float bp_usual_peak(const struct bp_usual *u, const struct bp_candidate *c);

#endif
