/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One transient is one candidate and one event: two triggers, and what two streams show one
 * after the other, are associated by their onsets and by how well each stream shows them.
 */
#ifndef BACKPOP_CORE_ASSOCIATE_H
#define BACKPOP_CORE_ASSOCIATE_H

#include "core/book.h"
#include "core/candidate.h"

#define BP_SAME_NS	5000000	/* onsets closer than this are one transient */

/* The candidate that was found last. */
struct bp_associate {
	int64_t onset_ns;
	float ratio[BP_STREAMS];	/* its peak power over noise */
};

void bp_associate_init(struct bp_associate *a);

/* The onset as the stream that shows it best tells it; of two good ones, the finer. */
int64_t bp_associate_onset(const struct bp_candidate *c, const struct bp_stream *streams);

/* Is it the transient that was found last, once more? */
bool bp_associate_same(const struct bp_associate *a, const struct bp_candidate *c);

/* It is not: it is the last one from here on. */
void bp_associate_note(struct bp_associate *a, const struct bp_candidate *c);

/* One that was said: is it what the event said before it was, which stands? */
bool bp_associate_again(const struct bp_candidate *c, const struct bp_stream *streams,
			struct bp_book *book);

#endif
