/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How film and accelerometer go together on this wearer.  What comes through
 * the skin shows in both, in a ratio that the wearer's own pops tell; a touch of
 * the film shows more in it, a shake of the trunk less (signal-model.md 3.8, 4.1).
 */
#ifndef BACKPOP_CORE_COUPLING_H
#define BACKPOP_CORE_COUPLING_H

#include "core/candidate.h"

#define BP_COUPLINGS	8u

struct bp_coupling {
	uint32_t hears;			/* how well the film hears what the accelerometer feels */
	float ratio[BP_COUPLINGS];	/* film over accelerometer of settled events, mV/g, ring */
	uint32_t n;
};

/* A candidate at its first look: does the film hear at all? */
void bp_coupling_note(struct bp_coupling *cp, const struct bp_candidate *c);

/* A settled pop or snap: its ratio is this wearer's. */
void bp_coupling_learn(struct bp_coupling *cp, const struct bp_candidate *c);

/* This wearer's film over accelerometer, mV/g; 0 = not known yet. */
float bp_coupling_usual(const struct bp_coupling *cp);

/* Felt by the accelerometer, but not heard by a film that otherwise hears: a shake. */
bool bp_coupling_unheard(const struct bp_coupling *cp, const struct bp_candidate *c,
			 struct bp_ruling *r);

/* A film so much finer than the accelerometer hears what that filters away: no ratio can be told. */
bool bp_coupling_alike(const struct bp_stream *streams);

/* Far more film than this wearer's pops have: cloth, a finger.  Both bands must be alike. */
bool bp_coupling_touched(const struct bp_coupling *cp, const struct bp_candidate *c,
			 struct bp_ruling *r);

/*
 * How far the film's wave is not the accelerometer's along z, which is what a film on the
 * skin hears (signal-model.md 3.9): what lacks in the largest normalised correlation at lags
 * up to 6 ms, 0 to 1.  Both bands must be alike; 0 if they are not or a stream is not there.
 */
float bp_coupling_unlike(const struct bp_stream *streams, int64_t onset_ns);

#endif
