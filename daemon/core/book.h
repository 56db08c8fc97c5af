/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The book of events: numbers, manoeuvres, revisions, and the queue to the reader. */
#ifndef BACKPOP_CORE_BOOK_H
#define BACKPOP_CORE_BOOK_H

#include "core/core.h"

#define BP_MANOEUVRE_NS	150000000	/* system.md section 5 */
#define BP_SETTLE_NS	284000000	/* after the onset: an event is taken back by then (p95), or stays */
#define BP_WITHDRAW_NS	300000000	/* section 6: later than that nothing is withdrawn */
#define BP_SURER	0.05f		/* a difference in confidence that is worth a revision */
#define BP_LIVE		128u		/* newest events that can still be revised */

struct bp_book {
	struct bp_event queue[BP_EVENT_QUEUE];
	struct bp_event live[BP_LIVE];	/* event n at n % BP_LIVE, as last said */
	uint32_t head, count;
	uint32_t events;
	uint32_t manoeuvres;
	int64_t newest_onset_ns;
	uint64_t suppressed;
};

/* Number @ev, assign its manoeuvre and say it as revision 0.  Returns its number. */
uint32_t bp_book_open(struct bp_book *b, const struct bp_event *ev, int64_t now_ns);

/* The event as last said, or NULL if it is too old: change it, then bp_book_revise(). */
struct bp_event *bp_book_find(struct bp_book *b, uint32_t number);

/* Say a found and changed event again, one revision later. */
void bp_book_revise(struct bp_book *b, struct bp_event *ev, int64_t now_ns);

/*
 * Say a found event again as an artefact.  Later than BP_WITHDRAW_NS after its onset, as when
 * the only channel stood still in between, it stays, unclassified and hardly believed.
 */
void bp_book_withdraw(struct bp_book *b, struct bp_event *ev, enum bp_reason reason,
		      int64_t now_ns);

bool bp_book_next(struct bp_book *b, struct bp_event *ev);

#endif
