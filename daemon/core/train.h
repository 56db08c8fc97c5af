/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trains of crackles: several transients within a second are one event, either
 * crepitus (while moving) or lung crackles (still, breathing in).
 */
#ifndef BACKPOP_CORE_TRAIN_H
#define BACKPOP_CORE_TRAIN_H

#include "core/book.h"
#include "core/candidate.h"

#define BP_CRACKLES	16u
#define BP_GROUPS	3u

struct bp_crackle {
	int64_t onset_ns;
	float peak;		/* in the unit of its main stream */
	float ratio;		/* peak power over noise */
	int stream;
};

struct bp_train {
	struct bp_crackle recent[BP_CRACKLES];	/* newest last */
	uint32_t n;
	uint32_t number;	/* event of the train that is going on, 0 = none */
	int64_t last_ns;	/* its newest crackle */
	uint32_t crackles;
	float peak;		/* running mean of its crackles' peaks */
	int stream;
	int64_t group_ns;	/* newest weak transient at rest */
	int64_t start_ns[BP_GROUPS];	/* first of each group of them, newest first */
};

void bp_train_init(struct bp_train *tr);

/* Weak, and the trunk is not known to move: a lung's, a key's, or nothing that can be told. */
bool bp_train_weak(const struct bp_candidate *c);

/*
 * A weak transient at rest: does it come as the weak ones before did, breath by
 * breath?  To be asked once for each.
 */
bool bp_train_breathes(struct bp_train *tr, const struct bp_candidate *c);

/* Does a train go on that the candidate belongs to? */
bool bp_train_absorbs(const struct bp_train *tr, const struct bp_candidate *c);

/**
 * bp_train_take() - a transient that may be a crackle
 * @c:		its candidate, whose event may be revised or withdrawn by a train's start
 * @noise:	how many transients of the last second were part of a noise
 *
 * Return: true if it belongs to a train.
 */
bool bp_train_take(struct bp_train *tr, struct bp_book *book, const struct bp_candidate *c,
		   uint32_t noise, int64_t now_ns);

/* Time goes on: close a train that has ended, or with @all any. */
void bp_train_step(struct bp_train *tr, struct bp_book *book, int64_t now_ns, bool all);

#endif
