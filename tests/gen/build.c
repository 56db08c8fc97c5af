// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pieces that scripts are put together from: each keeps the rules of section 3
 * (refractory, spacing in a manoeuvre, angle of a snap), whatever a script asks.
 */
#include <stdlib.h>
#include <string.h>

#include "script.h"

#define DEG		(M_PI / 180.0)
#define LEAD_S		0.01	/* no waveform starts earlier before its onset */
#define TAIL_S		0.5	/* a session ends no sooner after an item */
#define BURST_S		0.15

/* Append one element of @size to a growing array; NULL when out of memory. */
static void *append(struct builder *b, void *array, size_t *n, size_t size)
{
	void **p = array;

	if ((*n & (*n - 1)) == 0) {	/* full at each power of two */
		void *grown = realloc(*p, (*n ? 2 * *n : 1) * size);

		if (!grown) {
			b->failed = true;
			return NULL;
		}
		*p = grown;
	}
	return memset((char *)*p + (*n)++ * size, 0, size);
}

void build_item(struct builder *b, enum gen_kind kind, double onset_s, double length_s,
		int who, int burst, double size)
{
	uint64_t seed = rng_next(b->rng);
	struct gen_item *it;
	struct span *span;

	if (onset_s < 2.0 * LEAD_S || onset_s + length_s + TAIL_S > b->plan->duration_s)
		return;
	it = append(b, &b->plan->items, &b->plan->n_items, sizeof(*it));
	if (!it)
		return;
	*it = (struct gen_item){
		.kind = kind, .begin_s = onset_s - LEAD_S, .onset_s = onset_s,
		.end_s = onset_s + length_s, .who = who, .burst = burst,
		.length_s = length_s, .size = size, .seed = seed,
	};
	if (kind == KIND_RAMP || kind == KIND_MAINS)
		return;
	if (gen_is_event(kind))
		span = append(b, &b->events, &b->n_events, sizeof(*span));
	else
		span = append(b, &b->artefacts, &b->n_artefacts, sizeof(*span));
	if (span)
		*span = (struct span){ onset_s, onset_s + length_s };
}

static bool touches(const struct span *spans, size_t n, double from_s, double to_s)
{
	for (size_t i = n; i-- > 0;)
		if (spans[i].from < to_s && spans[i].to > from_s)
			return true;
	return false;
}

bool build_is_free(const struct builder *b, double from_s, double to_s)
{
	return !touches(b->events, b->n_events, from_s, to_s) &&
	       !touches(b->artefacts, b->n_artefacts, from_s, to_s);
}

bool build_has_no_artefact(const struct builder *b, double from_s, double to_s)
{
	return !touches(b->artefacts, b->n_artefacts, from_s, to_s);
}

void build_move(struct builder *b, enum gen_movement kind, double start_s, double rise_s,
		double hold_s, double fall_s, double range)
{
	struct gen_move *m = append(b, &b->plan->moves, &b->plan->n_moves, sizeof(*m));

	if (m)
		*m = (struct gen_move){ kind, start_s, rise_s, hold_s, fall_s, range };
}

void build_deep_breath(struct builder *b, double peak_s, double depth)
{
	struct deep *d = append(b, &b->deep, &b->n_deep, sizeof(*d));

	if (d)
		*d = (struct deep){ peak_s, depth };
}

void build_walk(struct builder *b, double start_s, double end_s)
{
	struct gen_walk *w = append(b, &b->plan->walks, &b->plan->n_walks, sizeof(*w));
	double hz = rng_uniform(b->rng, 1.6, 2.1);
	/* rms 0.1..0.35 g of both harmonics together */
	double rms = rng_uniform(b->rng, 0.1, 0.3);
	double strike = rng_uniform(b->rng, 0.2, 0.6);

	if (!w)
		return;
	*w = (struct gen_walk){
		.start_s = start_s, .end_s = end_s, .step_hz = hz,
		.amp_g = { 1.26 * rms, 0.63 * rms },
	};
	for (double t = start_s + 0.5 / hz; t < end_s; t += 1.0 / hz) {
		bool heavy = rng_uniform(b->rng, 0.0, 1.0) < 0.01;
		double size = heavy ? rng_uniform(b->rng, 1.0, 5.0) :
				      strike * rng_uniform(b->rng, 0.7, 1.3);

		build_item(b, KIND_STEP, t + rng_normal(b->rng, 0.0, 0.01), 0.1, -1, 0, size);
	}
}

int build_pops(struct builder *b, double t, enum gen_load load, double level, int n)
{
	int done = 0, first = rng_below(b->rng, GEN_JOINTS);
	double last = 0.0;

	for (int k = 0; k < GEN_JOINTS && done < n; k++) {
		int who = (first + k) % GEN_JOINTS;
		struct gen_joint *j = &b->subject->joints[who];
		double at = done ? last + rng_uniform(b->rng, 0.008, 0.06) : t;

		if (j->load != load || j->threshold > level || j->ready_s > at)
			continue;
		if (done && at - t > BURST_S)
			break;
		if (!done)
			b->bursts++;
		build_item(b, KIND_POP, at, 0.01, who, b->bursts, 1.0);
		j->ready_s = at + j->refractory_s;
		last = at;
		done++;
	}
	return done;
}

/* Other tendons that the same swing passes, and now and then a joint at its end. */
static void sound_too(struct builder *b, double start_s, double rise_s, double range, int but)
{
	enum gen_movement kind = b->subject->sites[but].movement;

	for (int k = 0; k < GEN_SITES; k++) {
		const struct gen_site *s = &b->subject->sites[k];
		double angle = s->angle + rng_uniform(b->rng, -2.0, 2.0) * DEG;

		if (k != but && s->movement == kind && angle < 0.98 * range && rng_below(b->rng, 4) >= 4 - b->tendons)
			build_item(b, KIND_SNAP, start_s + rise_s * gm_acos(1.0 - 2.0 * angle / range) / M_PI,
				   0.01, k, 0, 1.0);
	}
	if (rng_below(b->rng, 8) < b->joints_too)
		build_pops(b, start_s + rise_s, kind == MOVE_BEND ? LOAD_BEND : LOAD_TWIST, 1.0,
			   1 + rng_below(b->rng, 2));
}

double build_snaps(struct builder *b, double start_s, int n, int site)
{
	const struct gen_site *s = &b->subject->sites[site];
	double t = start_s;

	for (int i = 0; i < n; i++) {
		/* The angle is kept to 2 degrees, however far the movement goes. */
		double angle = s->angle + rng_uniform(b->rng, -2.0, 2.0) * DEG;
		double range = s->angle + rng_uniform(b->rng, 5.0, 30.0) * DEG;
		double rise = rng_uniform(b->rng, 0.5, 1.8), fall = rng_uniform(b->rng, 0.5, 1.8);
		double at = t + rise * gm_acos(1.0 - 2.0 * angle / range) / M_PI;
		double lead = rng_uniform(b->rng, 0.03, 0.12);

		build_move(b, s->movement, t, rise, 0.1, fall, range);
		if (rng_below(b->rng, 20)) {	/* now and then it slides over */
			double hz = rng_uniform(b->rng, 1.0, 3.0);

			build_item(b, KIND_RAMP, at - lead, 1.0 / hz, -1, 0,
				   rng_uniform(b->rng, 5e-3, 30e-3));
			build_item(b, KIND_SNAP, at, 0.01, site, 0, 1.0);
		}
		if (b->tendons || b->joints_too)
			sound_too(b, t, rise, range, site);
		t += rise + 0.1 + fall + rng_loguniform(b->rng, 0.05, 2.5);
	}
	return t;
}

double build_crepitus(struct builder *b, double start_s, int site, enum gen_movement kind)
{
	double rise = rng_uniform(b->rng, 1.5, 4.0), fall = rng_uniform(b->rng, 1.0, 2.0);
	double length = fmin(4.0, 0.8 * rise);
	/* 10 to 100 crackles */
	double gap = fmin(rng_loguniform(b->rng, 0.015, 0.15), length / 12.0);

	build_move(b, kind, start_s, rise, 0.3, fall, rng_uniform(b->rng, 30.0, 60.0) * DEG);
	build_item(b, KIND_CREPITUS, start_s + 0.1 * rise, length, site, 0, gap);
	return start_s + rise + 0.3 + fall;
}

double artefact_length(enum gen_kind kind, struct rng *r)
{
	switch (kind) {
	case KIND_SPEECH:
		return rng_uniform(r, 2.0, 10.0);
	case KIND_LAUGHTER:
		return rng_uniform(r, 1.0, 3.0);
	case KIND_RUB:
		return rng_uniform(r, 0.8, 3.0);
	case KIND_CREAK:
		return rng_uniform(r, 0.4, 2.0);
	case KIND_MAINS:
		return rng_uniform(r, 5.0, 30.0);
	case KIND_TYPING:
		return rng_uniform(r, 3.0, 15.0);
	case KIND_COUGH:
		return 0.6;
	case KIND_TUG:
	case KIND_TOUCH:
		return 1.0;
	default:
		return 0.25;
	}
}

void build_artefact_of(struct builder *b, enum gen_kind kind, double onset_s, double length_s)
{
	build_item(b, kind, onset_s, length_s, -1, 0, 0.0);
}

double build_artefact(struct builder *b, enum gen_kind kind, double onset_s)
{
	double length = artefact_length(kind, b->rng);

	build_artefact_of(b, kind, onset_s, length);
	return onset_s + length;
}

static double add_breath(struct builder *b, double start_s, double length_s, double depth,
			 double hold_s)
{
	struct gen_breath *v = append(b, &b->plan->breaths, &b->plan->n_breaths, sizeof(*v));
	double ratio = b->subject->breath_ratio, moving = 0.92 * length_s;

	if (v)
		*v = (struct gen_breath){
			.start_s = start_s, .depth = depth, .hold_s = hold_s,
			.inhale_s = moving * ratio / (1.0 + ratio),
			.exhale_s = moving / (1.0 + ratio),
			.pause_s = length_s - moving,
		};
	return start_s + length_s + hold_s;
}

/*
 * Quiet breaths up to @until_s: their rate wanders by 5 to 10 %, now and then one is
 * a sigh, now and then the breath is held.  The last makes up for what is left.
 */
static double quiet_breaths(struct builder *b, double t, double until_s, double *next_sigh_s)
{
	double usual = 1.0 / b->subject->breath_hz;

	while (until_s - t > 0.3 * usual) {
		double left = until_s - t, depth = rng_uniform(b->rng, 0.8, 1.2), hold = 0.0;
		double length = usual * fmax(0.75, rng_normal(b->rng, 1.0, 0.07));

		if (t >= *next_sigh_s) {
			depth = rng_uniform(b->rng, 2.0, 4.0);
			length *= 1.3;
			*next_sigh_s = t + rng_uniform(b->rng, 20.0, 120.0);
		}
		if (left > 20.0 + 3.0 * usual && rng_below(b->rng, 60) == 0)
			hold = rng_uniform(b->rng, 5.0, 20.0);
		if (left < length + 0.8 * usual) {
			/* two are left at most: one long, or two equal ones */
			length = left > 1.4 * usual ? 0.5 * left : left;
			hold = 0.0;
		}
		t = add_breath(b, t, length, depth, hold);
	}
	return t;
}

/* Breaths around the wished deep ones, whose inhalations end when they were wished. */
static void lay_out_breaths(struct builder *b)
{
	double usual = 1.0 / b->subject->breath_hz, ratio = b->subject->breath_ratio;
	double deep_length = fmax(5.0, 1.4 * usual);
	double deep_inhale = 0.92 * deep_length * ratio / (1.0 + ratio);
	double t = 0.0, next_sigh = b->sighs ? rng_uniform(b->rng, 20.0, 120.0) : INFINITY;

	for (size_t i = 0; i < b->n_deep; i++) {
		bool hold = rng_uniform(b->rng, 0.0, 1.0) < 0.1;

		if (b->deep[i].peak_s - deep_inhale < t + 0.3 * usual)
			continue;	/* wished sooner than the breath before ends */
		quiet_breaths(b, t, b->deep[i].peak_s - deep_inhale, &next_sigh);
		t = add_breath(b, b->deep[i].peak_s - deep_inhale, deep_length, b->deep[i].depth,
			       hold ? rng_uniform(b->rng, 5.0, 20.0) : 0.0);
	}
	quiet_breaths(b, t, b->plan->duration_s + usual, &next_sigh);
}

/* Late in the inhalation, at the same volume breath after breath. */
static void add_lung_crackles(struct builder *b)
{
	const struct gen_subject *s = b->subject;

	for (size_t i = 0; i < b->plan->n_breaths && s->lung_hz > 0.0; i++) {
		const struct gen_breath *v = &b->plan->breaths[i];
		double at = v->start_s + v->inhale_s * gm_acos(1.0 - 2.0 * s->lung_volume) / M_PI;
		double length = 0.8 * (v->start_s + v->inhale_s - at);

		if (length > 0.02 && build_is_free(b, at - 0.3, at + length + 0.3))
			build_item(b, KIND_LUNG_CRACKLE, at, length, -1, 0,
				   1 + rng_below(b->rng, 10));
	}
}

static void add_heart(struct builder *b)
{
	double t = rng_uniform(b->rng, 0.0, 0.5);

	while (t < b->plan->duration_s) {
		double *beat = append(b, &b->plan->beats, &b->plan->n_beats, sizeof(*beat));
		double breathing = 0.05 * gm_sin(2.0 * M_PI * b->subject->breath_hz * t);

		if (!beat)
			return;
		*beat = t;
		t += b->subject->heart_rr_s * (1.0 + breathing) *
		     fmax(0.7, rng_normal(b->rng, 1.0, 0.05));
	}
}

static int by_begin(const void *pa, const void *pb)
{
	const struct gen_item *a = pa, *b = pb;

	return a->begin_s < b->begin_s ? -1 : a->begin_s > b->begin_s;
}

static int by_start(const void *pa, const void *pb)
{
	const double *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

static int by_move_start(const void *pa, const void *pb)
{
	const struct gen_move *a = pa, *b = pb;

	return by_start(&a->start_s, &b->start_s);
}

void build_finish(struct builder *b)
{
	lay_out_breaths(b);
	add_lung_crackles(b);
	add_heart(b);
	if (b->plan->n_items)
		qsort(b->plan->items, b->plan->n_items, sizeof(*b->plan->items), by_begin);
	if (b->plan->n_moves)
		qsort(b->plan->moves, b->plan->n_moves, sizeof(*b->plan->moves), by_move_start);
	free(b->events);
	free(b->artefacts);
	free(b->deep);
}
