/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crepitus: a train of crackles while moving is one event (signal-model.md 3.5).
 * Cloth, straps and keyboards make trains, too; which it is, is told by the whole
 * of it, 0.9 s after its third part or when it has ended; one that is refused and goes
 * on is judged anew by what follows.
 */
#ifndef BACKPOP_CORE_TRAIN_H
#define BACKPOP_CORE_TRAIN_H

#include "core/book.h"
#include "core/candidate.h"
#include "core/coupling.h"
#include "core/weigh.h"

enum bp_train_state {
	BP_TRAIN_NONE,
	BP_TRAIN_OPEN,		/* parts come in, nothing is decided */
	BP_TRAIN_SAID,		/* it is crepitus */
};

/* Sums over the parts; means are what bp_train_looks are made of. */
struct bp_train {
	enum bp_train_state state;
	int64_t lead_ns;		/* first part of the stretch before, which was refused, too */
	int64_t first_ns, third_ns, last_ns;
	int64_t place_ns;		/* where the newest of them begins */
	uint32_t places;		/* pieces of a manoeuvre's length that parts lie in */
	uint32_t n;			/* parts */
	uint32_t crackly;		/* those that may be crackles */
	uint32_t strokes;		/* those that others alike surround: a strap's */
	uint32_t moving;		/* those while the trunk moved */
	uint32_t still;			/* those while it did not: neither if it cannot be seen */
	uint32_t both;			/* those that film and accelerometer show */
	float freq_hz, cycles, late, log_ratio, log_coupling, gap_s, gap2;
	float log_freq, log_freq2, log_peak, log_peak2;
	enum bp_ear ear;		/* what hears it */
	int stream;
	uint32_t number;		/* its event */
	struct bp_event draft;		/* as the first part was, as loud as the loudest */
};

void bp_train_init(struct bp_train *tr);

/* Does a train of crepitus go on that the candidate belongs to? */
bool bp_train_absorbs(const struct bp_train *tr, const struct bp_candidate *c);

/**
 * bp_train_take() - a transient that may be a part of a train
 * @crackly:	it may be a crackle, bp_crackly(); else it tells only what goes on
 *
 * Return: true if it belongs to a train of crepitus.
 */
bool bp_train_take(struct bp_train *tr, const struct bp_candidate *c, bool crackly, enum bp_ear ear);

/**
 * bp_train_step() - time goes on: decide on a train, or close it
 * @all:	the stream ends
 * @line:	filled when something was decided
 *
 * Return: true if something was decided.
 */
bool bp_train_step(struct bp_train *tr, struct bp_book *book, const struct bp_stream *streams,
		   const struct bp_coupling *coupling, int64_t now_ns, bool all, struct bp_trace *line);

#endif
