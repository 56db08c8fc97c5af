/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One transient from its trigger until it is settled, and what is known around it. */
#ifndef BACKPOP_CORE_CANDIDATE_H
#define BACKPOP_CORE_CANDIDATE_H

#include "core/core.h"
#include "core/shape.h"
#include "core/trace.h"
#include "core/trigger.h"

/**
 * struct bp_context - what the wearer is doing
 * @volume:	how far the lungs are filled, see bp_breath_volume(); NaN = unknown
 * @gravity:	unit-free direction of gravity at the sensor, 0 without accelerometer
 */
struct bp_context {
	enum bp_breath_phase phase, settled_phase;
	enum bp_movement movement;
	float breath_depth;
	float breath_rate;
	float volume;
	bp_v4 gravity;
};

/* What one rule, or the last of several, has decided; @reason with BP_REFUSED. */
struct bp_ruling {
	enum bp_outcome outcome;
	enum bp_rule rule;
	enum bp_reason reason;
	float value, limit;
};

struct bp_candidate {
	enum bp_look next;
	int64_t due_ns;			/* time of the next look */
	int64_t trigger_ns;
	int64_t onset_ns;
	struct bp_shape shape[BP_STREAMS];
	struct bp_context context;	/* at the first look */
	float odds;			/* for a joint, weigh.h */
	uint32_t number;		/* of its event, 0 = not said */
	bool in_train;			/* one crackle of a train: no event of its own */
	bool touched;			/* the film was, see coupling.h */
	bool fellow;			/* in one manoeuvre with what was said already */
	bool stroke;			/* one of many alike, strap.h */
	bool held;			/* not said: perhaps a crackle of a train */
};

/* The stream that shows the candidate best. */
static inline int bp_candidate_main(const struct bp_candidate *c)
{
	return c->shape[BP_FILM].ratio > c->shape[BP_MOTION].ratio ? BP_FILM : BP_MOTION;
}

/*
 * As faint as lungs and keyboards are: the film, which hears them, by its ratio
 * to the noise, the accelerometer, which does not, by what they reach at most.
 */
#define BP_FAINT_G	0.006f	/* keys 5 mg, lung crackles 3 mg (signal-model.md 3.8, generator) */

static inline bool bp_candidate_faint(const struct bp_candidate *c, float film_ratio)
{
	if (bp_candidate_main(c) == BP_MOTION)
		return c->shape[BP_MOTION].peak < BP_FAINT_G;
	return c->shape[BP_FILM].ratio < film_ratio;
}

/*
 * Weak: a lung's, a key's, a voice's, or nothing that can be told.  Lung
 * crackles have 0.3 to 3 mg (3.8), a pop 11 mg or more (3.2, p5): 24 dB over the
 * film's noise lies between them.
 */
#define BP_WEAK_RATIO	250.0f

#define BP_SURE_RATIO	30.0f	/* that the noise alone hardly ever has, see trigger.c */

static inline bool bp_candidate_weak(const struct bp_candidate *c)
{
	return c->shape[bp_candidate_main(c)].ratio < BP_SURE_RATIO ||
	       bp_candidate_faint(c, BP_WEAK_RATIO);
}

#define BP_LOADED_VOLUME	1.3f	/* of the median breath: a deep one */

static inline bool bp_moves(const struct bp_context *ctx)
{
	return ctx->movement == BP_MOVEMENT_TWIST || ctx->movement == BP_MOVEMENT_BEND;
}

static inline bool bp_candidate_moves(const struct bp_candidate *c)
{
	return bp_moves(&c->context);
}

/* A movement or a deep breath, which make joints pop. */
static inline bool bp_candidate_loaded(const struct bp_candidate *c)
{
	return bp_candidate_moves(c) || c->context.volume > BP_LOADED_VOLUME;
}

/* A film alone cannot see whether the trunk does. */
static inline bool bp_candidate_rests(const struct bp_candidate *c)
{
	return !bp_candidate_moves(c) && c->context.movement != BP_MOVEMENT_UNKNOWN;
}

/* One line of the trace. */
void bp_candidate_trace(struct bp_trace *tr, const struct bp_candidate *c,
			const struct bp_ruling *r, int64_t now_ns);

/* Fill an event with what was measured; number, class and site are left 0. */
void bp_candidate_describe(struct bp_event *ev, const struct bp_candidate *c);

#endif
