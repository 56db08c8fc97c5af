/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where pops come from: sites, known again by wave form, direction, pitch and
 * posture.  The same site again within its refractory time cannot be a
 * cavitation, it is a snap (signal-model.md 4.3).
 */
#ifndef BACKPOP_CORE_MEMORY_H
#define BACKPOP_CORE_MEMORY_H

#include "core/candidate.h"

#define BP_SITES		48u
#define BP_REFRACTORY_NS	(20LL * 60 * 1000000000)	/* signal-model.md 1.1 */

struct bp_site {
	uint32_t number;		/* 0 = free */
	uint32_t last_event;		/* number of its newest event */
	int64_t last_ns;
	bool snaps;			/* it has repeated within the refractory time */
	bool oriented;			/* direction is known */
	int stream;			/* the template's */
	uint32_t wave_n;
	float wave[BP_WAVE][3];
	float direction[3];
	float freq_hz;
	float peak;			/* unit of the stream */
	float length_s;
	bp_v4 gravity;
};

struct bp_memory {
	struct bp_site site[BP_SITES];
	uint32_t numbered;
};

/**
 * bp_memory_find() - the known site that a candidate looks like
 * @likeness:	out: 0..1
 *
 * Return: the site, or NULL.
 */
struct bp_site *bp_memory_find(struct bp_memory *mem, const struct bp_candidate *c,
			       const struct bp_stream *s, float *likeness);

/* Learn a settled event: at @site, or at a new one (NULL), for which the oldest makes room. */
struct bp_site *bp_memory_learn(struct bp_memory *mem, struct bp_site *site,
				const struct bp_candidate *c, const struct bp_stream *s,
				const struct bp_event *ev);

#endif
