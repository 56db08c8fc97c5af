/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holding events back until they can no longer be withdrawn. */
#ifndef BACKPOP_SETTLE_H
#define BACKPOP_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/core.h"

#define SETTLE_MAX	32
/* An event is withdrawn within this time of its onset or not at all (system.md 5, 6). */
#define SETTLE_NS	300000000LL

/**
 * struct settle - open events of one sensor, oldest first; all zero = empty
 * @n:	how many of @open are used
 */
struct settle {
	struct {
		uint32_t number;
		enum bp_class class_;
		float confidence;
		int64_t due_ns;
	} open[SETTLE_MAX];
	unsigned int n;
};

/**
 * settle_update() - take a revision
 *
 * Revisions of events that have been handed out or were never taken are
 * ignored.  Return: false = full, the event is not followed.
 */
bool settle_update(struct settle *s, const struct bp_event *ev);

/**
 * settle_next() - hand out the oldest event that is due
 * @now_ns:	stream time
 * @class_:	out: what it is held for now; may be BP_CLASS_ARTEFACT
 * @confidence:	out: how surely, 0 to 1
 */
bool settle_next(struct settle *s, int64_t now_ns, enum bp_class *class_, float *confidence);

#endif
