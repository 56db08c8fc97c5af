/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of candidates: trigger, looks, verdict, class, event. */
#ifndef BACKPOP_CORE_DETECT_H
#define BACKPOP_CORE_DETECT_H

#include "core/associate.h"
#include "core/book.h"
#include "core/candidate.h"
#include "core/clutter.h"
#include "core/coupling.h"
#include "core/lung.h"
#include "core/memory.h"
#include "core/ring.h"
#include "core/strap.h"
#include "core/train.h"
#include "core/usual.h"

/* Triggers are 6 ms apart and settled after 285 ms: never more than 48 are open. */
#define BP_CANDIDATES	64u

struct bp_detect {
	struct bp_trigger trigger;
	struct bp_candidate c[BP_CANDIDATES];
	uint32_t n_open;
	int64_t next_due_ns;		/* earliest due among the open */
	int64_t quiet_ns;		/* the noise floor is held until then */
	struct bp_associate associate;
	int64_t said_ns;		/* onset of the newest sharp event that was said */
	struct bp_coupling coupling;
	int64_t touched_ns;		/* newest touch of the film */
	struct bp_clutter clutter;
	struct bp_strap strap;
	struct bp_train train;
	struct bp_ring ring;
	struct bp_lung lung;
	struct bp_memory memory;
	struct bp_usual usual;
	bp_trace_fn trace;		/* NULL = nobody listens */
	void *trace_arg;
};

void bp_detect_init(struct bp_detect *d);

/* Something begins in this hop: a candidate, if there is room. */
void bp_detect_begin(struct bp_detect *d, const struct bp_hop *h);

/* A hop of stream @k is complete: does anything begin in it? */
static inline void bp_detect_hop(struct bp_detect *d, int k, const struct bp_hop *h)
{
	if (bp_trigger_hop(&d->trigger, k, h))
		bp_detect_begin(d, h);
}

/* Will bp_detect_step() ask what the wearer is doing?  To know it costs more than most steps. */
static inline bool bp_detect_asks(const struct bp_detect *d, int64_t now_ns)
{
	return now_ns >= d->next_due_ns || bp_ring_sounds(&d->ring);
}

/* Look at every candidate that is due at @now_ns; @ctx: may be NULL if it is not asked for. */
void bp_detect_step(struct bp_detect *d, const struct bp_stream *streams,
		    const struct bp_context *ctx, struct bp_book *book, int64_t now_ns);

/* The stream has ended: every candidate gets its last looks with what there is. */
void bp_detect_flush(struct bp_detect *d, const struct bp_stream *streams,
		     const struct bp_context *ctx, struct bp_book *book, int64_t now_ns);

/* Anything due, or a train or breath to close?  Cheap: asked at every hop. */
static inline bool bp_detect_due(const struct bp_detect *d, int64_t now_ns)
{
	return (d->n_open && now_ns >= d->next_due_ns) || d->train.state || d->lung.n ||
	       bp_ring_sounds(&d->ring);
}

#endif
