/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crepitus: several transients within a second, while moving, are one event.
 */
#ifndef BACKPOP_CORE_TRAIN_H
#define BACKPOP_CORE_TRAIN_H

#include "core/book.h"
#include "core/candidate.h"

#define BP_CRACKLES	24u

struct bp_crackle {
	int64_t onset_ns;
	float peak;		/* in the unit of its main stream */
	float ratio;		/* peak power over noise */
	float freq_hz, cycles;
	int stream;
	bool crackly;		/* it may be a crackle */
};

struct bp_train {
	struct bp_crackle recent[BP_CRACKLES];	/* newest last */
	uint32_t n;
	uint32_t number;	/* event of the train that is going on, 0 = none */
	int64_t last_ns;	/* its newest crackle */
	uint32_t crackles;
	float peak;		/* running mean of its crackles' peaks */
	int stream;
};

void bp_train_init(struct bp_train *tr);

/* Does a train go on that the candidate belongs to? */
bool bp_train_absorbs(const struct bp_train *tr, const struct bp_candidate *c);

/**
 * bp_train_take() - a transient that may be a crackle
 * @c:		its candidate, whose event may be revised or withdrawn by a train's start
 * @crackly:	it may be one, bp_crackly(); else it only tells what goes on
 * @wide:	its stream shows frequencies of 800 Hz and more
 * @noise:	how many transients of the last second were part of a noise
 *
 * Return: true if it belongs to a train.
 */
bool bp_train_take(struct bp_train *tr, struct bp_book *book, const struct bp_candidate *c,
		   bool crackly, bool wide, uint32_t noise, int64_t now_ns);

/* Time goes on: close a train that has ended, or with @all any. */
void bp_train_step(struct bp_train *tr, struct bp_book *book, int64_t now_ns, bool all);

#endif
