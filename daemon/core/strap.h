/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A strap that creaks: it sticks and slips, 5 to 30 times a second, each stroke of
 * nearly the pitch and size of the one before (signal-model.md 3.8).  Two strokes look
 * like two pops; how far apart they are and how much alike tells them.
 */
#ifndef BACKPOP_CORE_STRAP_H
#define BACKPOP_CORE_STRAP_H

#include "core/candidate.h"

#define BP_STROKES	24u	/* newest transients: half a second of the fastest creak */

struct bp_stroke {
	int64_t onset_ns;
	float peak[BP_STREAMS];		/* 0 = not seen there */
	float freq_hz[BP_STREAMS];
};

struct bp_strap {
	struct bp_stroke seen[BP_STROKES];	/* ring */
	uint32_t n;
};

/* Remember a candidate at its first look, also one too faint to be said. */
void bp_strap_note(struct bp_strap *st, const struct bp_candidate *c);

/**
 * bp_strap_stroke() - did the same thing happen again and again, or too late for a manoeuvre?
 *
 * Pops of one manoeuvre are 8 to 60 ms apart and come from joints that sound
 * different, all within 150 ms (3.2); a tendon snaps again after a second at the earliest
 * (3.4).
 *
 * Return: how long the strokes go on, s; 0 = it is none.
 */
float bp_strap_stroke(const struct bp_strap *st, const struct bp_candidate *c);

/* Do strokes alike go on for longer than a manoeuvre?  Crackles of a joint are not alike (3.5). */
bool bp_strap_goes_on(const struct bp_strap *st, const struct bp_candidate *c);

#endif
