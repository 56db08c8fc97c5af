/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The company a transient keeps: what else was heard in the seconds around it.
 * Cloth, voices and keyboards make many peaks; each alone may look like a pop.
 */
#ifndef BACKPOP_CORE_CLUTTER_H
#define BACKPOP_CORE_CLUTTER_H

#include "core/candidate.h"

#define BP_CLUTTER	48u

struct bp_noticed {
	int64_t onset_ns;
	float peak;			/* unit of its stream */
	int stream;
	bool refused;			/* as part of a noise */
};

struct bp_clutter {
	struct bp_noticed seen[BP_CLUTTER];	/* ring */
	uint32_t n;
};

/* Remember a candidate at its first look. */
void bp_clutter_note(struct bp_clutter *cl, const struct bp_candidate *c);

/* It was refused as part of a noise: it speaks against its neighbours. */
void bp_clutter_refused(struct bp_clutter *cl, const struct bp_candidate *c);

/* Forget one that was told for what it is by itself (a tap, a step): it says nothing of others. */
void bp_clutter_forget(struct bp_clutter *cl, const struct bp_candidate *c);

/* Is the candidate one of many?  BP_KEPT, or BP_REFUSED with what the many are. */
struct bp_ruling bp_clutter_judge(const struct bp_clutter *cl, const struct bp_candidate *c);

/**
 * bp_clutter_company() - is there one like it near, but not near enough for a manoeuvre?
 *
 * Pops of one manoeuvre lie within 150 ms, snaps 1 s apart or more: whatever
 * makes two alike at 150 to 500 ms is neither.
 *
 * Return: how far it is, s, negative = after the candidate; 0 = there is none.
 */
float bp_clutter_company(const struct bp_clutter *cl, const struct bp_candidate *c);

/* How many of its kind came in the seconds before, other than in the same manoeuvre; at most 5. */
uint32_t bp_clutter_crowd(const struct bp_clutter *cl, const struct bp_candidate *c);

/*
 * Does a weak one stand alone?  Nothing of its size came in the second before, other
 * than in the same manoeuvre, and no quick series of such in the last seconds.
 */
bool bp_clutter_quiet(const struct bp_clutter *cl, const struct bp_candidate *c);

#endif
