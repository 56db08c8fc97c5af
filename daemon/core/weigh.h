/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where no single rule decides, all the evidence is weighed: a sum of named
 * looks, each with a weight, and small trees of them (trees.h), all of which
 * tests/learn/weights found on generated tuning sessions.  The sum is the
 * log-odds; each term can be read and traced.
 */
#ifndef BACKPOP_CORE_WEIGH_H
#define BACKPOP_CORE_WEIGH_H

#include "core/clutter.h"

/* What is known around a candidate. */
struct bp_around {
	struct bp_company company;
	float usual;		/* this wearer's film over accelerometer, mV/g, 0 = unknown */
	bool fellow;		/* within a manoeuvre of what was said already */
	bool lung;		/* sounds like what is known of these lungs */
	bool moves;		/* the trunk bends or twists */
	/* When it settles, see shape.h and coupling.h: */
	float jolt, drift;	/* g */
	float ringing;		/* dB */
	float usual_peak;	/* this wearer's, unit of the stream that shows it best; 0 = unknown */
	struct bp_row row;
	float unlike;		/* how far the film's wave is not the accelerometer's */
};

/**
 * bp_weigh_sharp() - is a candidate a joint's?
 * @stage:	what may be known by now; each has weights of its own
 * @looks:	out, for the trace: BP_SHARP_LOOKS values
 *
 * Return: log-odds for it.
 */
float bp_weigh_sharp(const struct bp_candidate *c, enum bp_stage stage, enum bp_ear ear,
		     const struct bp_around *around, float looks[BP_SHARP_LOOKS]);

/* What its log-odds owe to how loud it is. */
float bp_weigh_level(const struct bp_candidate *c, enum bp_stage stage, enum bp_ear ear,
		     const float looks[BP_SHARP_LOOKS]);

/* The look that speaks most against it, named as what makes it so. */
enum bp_reason bp_weigh_against(const struct bp_candidate *c, enum bp_stage stage, enum bp_ear ear,
				const float looks[BP_SHARP_LOOKS]);

/**
 * struct bp_ring_looks - what rises in a ring
 * @rise, @high:	energies over the least since the arrival before
 * @since_s:	time since then
 * @level:	its power over the peak of that one
 * @ratio:	over the noise
 * @freq_hz, @odds: of what rings
 */
struct bp_ring_looks {
	float rise, high, since_s, level, ratio, freq_hz, odds;
};

/* Is what rises in a ring another joint's?  As bp_weigh_sharp(). */
float bp_weigh_ring(const struct bp_ring_looks *l, enum bp_ear ear, float looks[BP_RING_LOOKS]);

/**
 * struct bp_site_looks - how far a candidate is from a known site, memory.h
 * @unlike:	what lacks in the correlation of the waves, 0 to 1
 * @pitch, @peak: of their logarithms
 * @angle:	of the directions, radians; NaN = unknown
 * @soon:	the site was heard seconds ago
 * @snaps:	it is known to snap
 * @moves:	it was heard in this movement
 */
struct bp_site_looks {
	float unlike, pitch, peak, angle;
	bool soon, snaps, moves;
};

/* Is it that site again?  As bp_weigh_sharp(). */
float bp_weigh_site(const struct bp_site_looks *l, enum bp_ear ear, float looks[BP_SITE_LOOKS]);

/* Is a train crepitus?  As bp_weigh_sharp(). */
float bp_weigh_train(const struct bp_train_looks *l, enum bp_ear ear,
		     float looks[BP_TRAIN_LOOKS]);

#endif
