// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "core/book.h"

#define WITHDRAWN	0.98f	/* of what is withdrawn so many were no joint's (RESULTS.md) */
#define TOO_LATE	0.1f	/* confidence of what would have been withdrawn in time */

static void say(struct bp_book *b, struct bp_event *ev, int64_t now_ns)
{
	ev->emitted_ns = now_ns;
	/* Lengths are counted in samples: beside a gap they may reach past the newest frame. */
	if (ev->end_ns > now_ns)
		ev->end_ns = now_ns;
	if (b->count == BP_EVENT_QUEUE) {
		b->suppressed++;
		return;
	}
	b->queue[(b->head + b->count) % BP_EVENT_QUEUE] = *ev;
	b->count++;
}

uint32_t bp_book_open(struct bp_book *b, const struct bp_event *ev, int64_t now_ns)
{
	int64_t apart = ev->onset_ns - b->newest_onset_ns;
	struct bp_event *live;

	if (!b->events || apart > BP_MANOEUVRE_NS || apart < -BP_MANOEUVRE_NS)
		b->manoeuvres++;
	b->newest_onset_ns = ev->onset_ns;
	b->events++;
	live = &b->live[b->events % BP_LIVE];
	*live = *ev;
	live->number = b->events;
	live->revision = 0;
	live->manoeuvre = b->manoeuvres;
	say(b, live, now_ns);
	return live->number;
}

struct bp_event *bp_book_find(struct bp_book *b, uint32_t number)
{
	struct bp_event *ev = &b->live[number % BP_LIVE];

	return number && ev->number == number ? ev : NULL;
}

void bp_book_revise(struct bp_book *b, struct bp_event *ev, int64_t now_ns)
{
	ev->revision++;
	say(b, ev, now_ns);
}

void bp_book_withdraw(struct bp_book *b, struct bp_event *ev, enum bp_reason reason, int64_t now_ns)
{
	if (now_ns - ev->onset_ns <= BP_WITHDRAW_NS) {
		ev->class_ = BP_CLASS_ARTEFACT;
		ev->confidence = WITHDRAWN;
		ev->reason = reason;
	} else {
		ev->class_ = BP_CLASS_UNCLASSIFIED;
		ev->confidence = TOO_LATE;
		ev->site = 0;
	}
	ev->silent_s = NAN;
	bp_book_revise(b, ev, now_ns);
}

bool bp_book_next(struct bp_book *b, struct bp_event *ev)
{
	if (!b->count)
		return false;
	*ev = b->queue[b->head];
	b->head = (b->head + 1) % BP_EVENT_QUEUE;
	b->count--;
	return true;
}
