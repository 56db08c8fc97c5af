/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What arrives while the one before still rings: pops of one manoeuvre are 8 to 60 ms
 * apart (signal-model.md 3.2), and the trigger does not hear the second in the tail of
 * the first.  Damped flesh has an energy in the sense of Teager and Kaiser, x(t)^2 -
 * x(t-1) x(t+1), that only falls, without the gaps between half-waves that its power
 * has; where it rises again, something new has arrived.  Looked for only behind what
 * was said already, and what is found stands and falls with that.
 */
#ifndef BACKPOP_CORE_RING_H
#define BACKPOP_CORE_RING_H

#include "core/book.h"
#include "core/candidate.h"
#include "core/clutter.h"

#define BP_ARRIVALS	8u	/* six pops of a manoeuvre */
#define BP_RISES	2	/* of the energy, and of what is highest in pitch */

/* What was found: said 16 ms after its onset, settled with its parent. */
struct bp_arrival {
	int64_t onset_ns;
	uint32_t parent;	/* number of the event in whose ring it arrived, 0 = slot free */
	uint32_t number;	/* its own, 0 = not said yet */
	float odds;
	bool voice;		/* too many followed */
};

struct bp_ring {
	/* what rings */
	uint32_t parent;	/* its number, 0 = nothing is listened to */
	uint32_t n;		/* that have arrived since */
	int stream;
	enum bp_ear ear;
	float freq_hz, peak, odds;	/* its mean frequency, largest magnitude, log-odds */
	int64_t from_ns;	/* onset of the newest */
	uint64_t next;		/* sample to look at */
	float least[BP_RISES];	/* since then */
	/* what rises in it */
	int64_t rise_ns;	/* 0 = nothing does */
	float most[BP_RISES], most_power;
	struct bp_arrival arrival[BP_ARRIVALS];
	uint32_t n_arrivals;
};

/* Candidates, seen at their first look or still open. */
struct bp_heard {
	const struct bp_clutter *seen;
	const struct bp_candidate *c;
	uint32_t n;
	bool in_train;		/* a train of crackles may be under way */
};

/* Candidate @c was said as event @number: listen to its ring. */
void bp_ring_begin(struct bp_ring *r, const struct bp_candidate *c, uint32_t number, enum bp_ear ear,
		   const struct bp_stream *streams);

/* Is anything listened to, or not yet settled? */
static inline bool bp_ring_sounds(const struct bp_ring *r)
{
	return r->parent || r->n_arrivals;
}

/**
 * bp_ring_listen() - the ring up to the newest sample
 * @tr:	out, if something rose: how it was weighed
 *
 * Return: true if something rose.  To be asked again until nothing does.
 */
bool bp_ring_listen(struct bp_ring *r, const struct bp_stream *streams, int64_t now_ns,
		    struct bp_trace *tr);

/**
 * bp_ring_step() - say and settle what has arrived and is due
 * @heard:	all that triggered by itself: an arrival that did is not said twice
 * @all:	the stream has ended: everything is due
 */
void bp_ring_step(struct bp_ring *r, const struct bp_stream *streams, const struct bp_heard *heard,
		  const struct bp_context *ctx, struct bp_book *book, int64_t now_ns, bool all);

#endif
