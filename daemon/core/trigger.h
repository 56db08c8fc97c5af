/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where something stands out: every hop of every stream against its noise
 * floor, alone or together with the other stream.  Made to miss nothing; to
 * refuse is the work of reject.c.
 */
#ifndef BACKPOP_CORE_TRIGGER_H
#define BACKPOP_CORE_TRIGGER_H

#include "core/stream.h"

enum { BP_MOTION, BP_FILM, BP_STREAMS };

#define BP_TRIGGER_HOPS	4u	/* hops that an oscillation's gaps are bridged by */

struct bp_trigger {
	struct bp_trigger_stream {
		float ratio[BP_TRIGGER_HOPS];	/* peak power over floor, newest first */
		int64_t ratio_ns;	/* time of the newest hop */
		float valley;		/* how far it had died down since the last trigger */
	} of[BP_STREAMS];
	int64_t last_ns;		/* last trigger */
	bool faint;			/* it was too faint to stand alone */
	bool fired;			/* last_ns is valid */
};

void bp_trigger_init(struct bp_trigger *tr);

/**
 * bp_trigger_heard() - look at the newest hop of a stream
 * @s, @o:	that stream and the other, both of @tr
 *
 * Return: true if a new candidate begins in this hop.
 */
bool bp_trigger_heard(struct bp_trigger *tr, struct bp_trigger_stream *s, struct bp_trigger_stream *o,
		      const struct bp_hop *h);

/* The same of stream @k: BP_MOTION or BP_FILM. */
static inline bool bp_trigger_hop(struct bp_trigger *tr, int k, const struct bp_hop *h)
{
	return bp_trigger_heard(tr, &tr->of[k], &tr->of[1 - k], h);
}

#endif
