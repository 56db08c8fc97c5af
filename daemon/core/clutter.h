/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The company a transient keeps: what else was heard in the seconds around it.
 * Cloth, voices and keyboards make many peaks; each alone may look like a pop.
 * This file counts, weigh.c judges.
 */
#ifndef BACKPOP_CORE_CLUTTER_H
#define BACKPOP_CORE_CLUTTER_H

#include "core/candidate.h"

#define BP_CLUTTER	64u

enum bp_noticed_as {
	BP_NOTICED,		/* a transient */
	BP_NOTICED_NOISE,	/* refused as part of a noise */
	BP_NOTICED_NAMED,	/* told for what it is by itself: a tap, a step, a cough */
	BP_NOTICED_STROKE,	/* one of many alike, strap.h */
	BP_NOTICED_CRACKLE,	/* a lung's */
};

struct bp_noticed {
	int64_t onset_ns;
	float peak[BP_STREAMS];		/* unit of its stream, 0 = not seen there */
	uint16_t freq_hz[BP_STREAMS];
	enum bp_noticed_as as;
};

struct bp_clutter {
	struct bp_noticed seen[BP_CLUTTER];	/* ring */
	uint32_t n;
};

/**
 * struct bp_company - how many transients were heard around one, capped
 * "Like" it: 0.4 to 2.5 times its peak.  Any: a tenth of it or more.  Those within
 * the length of a manoeuvre (150 ms) count as near, and nowhere else.
 * @near_before, @near_after:	any
 * @like:	up to 0.5, 0.9, 3 and 8 s before
 * @like_after, @any_after: what has followed until now
 * @any:	up to 1 and 3 s before
 * @loud:	more than 2.5 times its peak, up to 1 s before
 * @noise, @named: from 1 s before on
 * @busy:	all of the last 20 s
 * "Twins" of it are alike in size and in pitch, too, and were not named:
 * @twins_near: within the length of a manoeuvre
 * @twins_half, @twins_one, @twins_after: up to 0.5 and 0.9 s before; after it
 * @strokes:	a strap's, from 0.5 s before on
 */
struct bp_company {
	float near_before, near_after;
	float like[4];
	float like_after;
	float any[2];
	float any_after;
	float loud, noise, named;
	float busy;
	float twins_near, twins_half, twins_one, twins_after, strokes;
};

/**
 * struct bp_row - those of like size that follow each other around one, 0.4 s apart at most
 * @gaps:	number, 6 on either side at most
 * @even:	that number less one where all gaps are the same, less the more they differ,
 *		0 from a coefficient of variation of 0.5 on: straps 0.1, keys and pops 0.5,
 *		crackles 0.9
 */
struct bp_row {
	float gaps, even;
};

/* Remember a candidate at its first look. */
void bp_clutter_note(struct bp_clutter *cl, const struct bp_candidate *c);

/* It turned out to be something. */
void bp_clutter_name(struct bp_clutter *cl, const struct bp_candidate *c, enum bp_noticed_as as);

/* What row does it stand in, as far as is known now? */
void bp_clutter_row(const struct bp_clutter *cl, const struct bp_candidate *c, struct bp_row *row);

/* Who is around the candidate, as far as is known now? */
void bp_clutter_company(const struct bp_clutter *cl, const struct bp_candidate *c,
			struct bp_company *co);

#endif
