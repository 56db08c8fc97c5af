/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two streams on one clock made into one, in the order of their time stamps, as
 * the core wants them.
 *
 * A frame is handed out when no older one can come from the other leg any more: that has
 * given a newer one, or is known to be down.  For a leg that flows but is silent or late it
 * waits up to a bound, once: then the leg lags and is waited for again when it has caught
 * up.  What it brings that is older than what was handed out is left out and counted.
 * No I/O, no clock: the caller tells the time.
 */
#ifndef BACKPOP_MERGE_H
#define BACKPOP_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/core.h"

#define MERGE_LEGS	2
#define MERGE_HELD	2048u	/* frames of a leg that can be held: 0.6 s at 3200 Hz */

/*
 * What is added to the bound until a leg has given its first frame: the caller's own thread is
 * held up while it opens the second device, and the pair is to begin whole.
 */
#define MERGE_START_NS	400000000LL

/**
 * struct merge_leg - one of the streams
 * @held:	ring of MERGE_HELD frames
 * @flows:	up: worth waiting for
 * @lags:	waited for in vain, and not caught up since
 * @newest_ns:	stamp of the newest frame pushed
 * @late:	frames left out
 */
struct merge_leg {
	struct bp_frame *held;
	unsigned int head, n;
	bool flows;
	bool lags;
	int64_t newest_ns;
	uint64_t late;
};

/**
 * struct merge - see above; read its members, change none
 * @wait_ns:	the bound
 * @last_ns:	stamp of the newest frame handed out
 */
struct merge {
	struct merge_leg leg[MERGE_LEGS];
	int64_t wait_ns;
	int64_t last_ns;
};

/* Return: 0 or -ENOMEM.  All legs are down. */
int merge_init(struct merge *m, int64_t wait_ns);
void merge_free(struct merge *m);

/* A leg has come up, or is down: what it gave is still handed out. */
void merge_set_flows(struct merge *m, unsigned int leg, bool flows);

/* Frames that merge_push() will take of this leg now; pull to make room. */
size_t merge_room(const struct merge *m, unsigned int leg);

/* Take frames of one leg, at most merge_room(). */
void merge_push(struct merge *m, unsigned int leg, const struct bp_frame *frames, size_t n);

/**
 * merge_pull() - hand out what is in order, oldest first
 * @now_ns:	on the clock of the stamps
 *
 * Return: number of frames in @out; call again until 0.
 */
size_t merge_pull(struct merge *m, struct bp_frame *out, size_t max, int64_t now_ns);

/* When the oldest held frame will have waited long enough; INT64_MAX: nothing waits. */
int64_t merge_due_ns(const struct merge *m);

#endif
