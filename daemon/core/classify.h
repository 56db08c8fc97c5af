/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kind of sharp event it is: shape and context first, recurrence later. */
#ifndef BACKPOP_CORE_CLASSIFY_H
#define BACKPOP_CORE_CLASSIFY_H

#include "core/book.h"
#include "core/memory.h"

/* First guess for an event about to be said: class, confidence, site. */
void bp_classify(struct bp_event *ev, const struct bp_candidate *c, struct bp_memory *mem,
		 const struct bp_stream *s);

/* The event stays: learn its site; recurrence may revise it and the one before at that site. */
void bp_classify_settle(struct bp_event *ev, const struct bp_candidate *c, struct bp_memory *mem,
			const struct bp_stream *s, struct bp_book *book, int64_t now_ns);

#endif
