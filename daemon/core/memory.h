/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where pops come from: sites, known again by wave form, direction, pitch and
 * level.  The same site again within its refractory time cannot be a
 * cavitation, it is a snap (signal-model.md 4.3).
 */
#ifndef BACKPOP_CORE_MEMORY_H
#define BACKPOP_CORE_MEMORY_H

#include "core/book.h"
#include "core/candidate.h"

#define BP_SITES		48u
/*
 * How long a joint is silent (signal-model.md 1.1): fingers and articles about 20 min,
 * the lumbar spine 40 to 95, set 5 to 100.
 */
#define BP_SILENT_S		1200.0f
#define BP_SILENT_LEAST_S	300.0f
#define BP_SILENT_MOST_S	6000.0f

struct bp_site {
	uint32_t number;		/* 0 = free */
	uint32_t last_event;		/* number of its newest event */
	int64_t last_ns;
	bool snaps;			/* it has repeated too soon for a joint */
	bool once;			/* it was heard once only */
	bool oriented;			/* direction is known */
	enum bp_movement movement : 8;	/* when it was heard last */
	uint32_t silences;		/* times it was heard again late enough for a joint */
	float silence_s;		/* the shortest of these */
	int stream;			/* the template's */
	uint32_t wave_n;
	float wave[BP_WAVE][3];
	uint32_t heard;			/* so often, at most 8: what follows are means */
	float direction[3];
	float freq_hz;
	float peak;			/* unit of the stream */
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

/* How each site compared for it, to @fn: BP_LOOK_SITE, trace.h. */
void bp_memory_tell(struct bp_memory *mem, const struct bp_candidate *c, const struct bp_stream *s,
		    int64_t now_ns, bp_trace_fn fn, void *arg);

/**
 * bp_memory_silent_s() - how long the site's joint is silent at least
 *
 * The shortest silence it was seen to keep, drawn towards 20 min as long as few
 * were seen; 5 to 100 min.
 */
float bp_memory_silent_s(const struct bp_site *site);

/**
 * bp_memory_series() - sites heard within seconds of each other that are roughly alike
 * @i:		in: where to go on searching, 0 first; out: behind the one found
 * @snaps:	search those that snap, or those that have not
 *
 * A tendon that snaps at each turn of a movement does not sound the same each time.
 *
 * Return: a site other than @site, or NULL.
 */
struct bp_site *bp_memory_series(struct bp_memory *mem, const struct bp_site *site,
				 const struct bp_candidate *c, bool snaps, uint32_t *i);

/* Sites whose only event has turned out to be a crackle's are none. */
void bp_memory_forget(struct bp_memory *mem, struct bp_book *book);

/* Learn a settled event: at @site, or at a new one (NULL), for which the oldest makes room. */
struct bp_site *bp_memory_learn(struct bp_memory *mem, struct bp_site *site,
				const struct bp_candidate *c, const struct bp_stream *s,
				const struct bp_event *ev);

#endif
