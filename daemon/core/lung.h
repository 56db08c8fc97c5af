/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crackling lungs: faint crackles of one sound, in groups of a second at most,
 * breath after breath (signal-model.md 1.4, 4.5).  One group is one event.  A
 * group alone proves little; once two alike have been heard, later ones are
 * known by their first crackle.
 */
#ifndef BACKPOP_CORE_LUNG_H
#define BACKPOP_CORE_LUNG_H

#include "core/book.h"
#include "core/candidate.h"

#define BP_DOUBTFUL	16u	/* events that may turn out to have been crackles */

struct bp_doubtful {
	uint32_t number;
	float freq_hz;
	float peak;
};

struct bp_lung {
	/* the group that goes on */
	uint32_t n;
	int64_t first_ns, third_ns, last_ns;
	float freq_hz, freq2;		/* running means of f and f^2 */
	float rate_hz;			/* of the stream that shows it */
	float peak;			/* largest */
	bool spoiled;			/* a noise was heard in it */
	bool crowded;			/* something else was, or it came without a pause, */
	int64_t since_ns;		/* of what began then */
	bool loud;			/* one crackle at least is not the sensor's noise by chance */
	uint32_t number;		/* its event, 0 = not said */
	uint32_t begun;			/* groups known by their first crackle */
	int64_t any_ns;			/* newest weak transient of any kind, */
	int64_t burst_ns;		/* and the first of those without a pause before it */
	struct bp_event draft;		/* as the first crackle was */
	/* what these lungs sound like */
	uint32_t breaths;		/* groups that were alike, 0 = none yet */
	int64_t breath_ns;		/* start of the newest of them */
	float usual_hz, usual_peak;
	int64_t noise_ns;		/* newest noise */
	struct bp_doubtful doubtful[BP_DOUBTFUL];	/* ring */
	uint32_t n_doubtful;
};

void bp_lung_init(struct bp_lung *l);

/**
 * bp_lung_take() - a weak transient that stands alone
 * @rate_hz:	of the stream that shows it
 * @sure:	loud enough not to be the sensor's noise by chance
 *
 * What a group is, is said when it is over: nobody waits for it.
 *
 * Return: true if it belongs to known lungs.
 */
bool bp_lung_take(struct bp_lung *l, struct bp_book *book, const struct bp_candidate *c,
		  float rate_hz, bool sure, int64_t now_ns);

/* Something at @t_ns was part of a noise: what is near it is no crackle. */
void bp_lung_noise(struct bp_lung *l, int64_t t_ns);

/* Does it sound like what is known of these lungs? */
bool bp_lung_like(const struct bp_lung *l, const struct bp_candidate *c);

/* An event was said for want of better knowledge: crackles, if these lungs turn out to. */
void bp_lung_doubt(struct bp_lung *l, const struct bp_event *ev, const struct bp_candidate *c);

/* All the evidence speaks for a joint: event @number is no crackle, whatever the lungs turn out to be. */
void bp_lung_trust(struct bp_lung *l, uint32_t number);

/* Time goes on: judge a group that has ended, or with @all any. */
void bp_lung_step(struct bp_lung *l, struct bp_book *book, int64_t now_ns, bool all);

#endif
