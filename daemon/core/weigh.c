// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/maths.h"
#include "core/reject.h"
#include "core/ring_weights.h"
#include "core/site_weights.h"
#include "core/weigh.h"
#include "core/weights.h"

/* What each look is scaled by, so that weights can be compared; nothing depends on them. */
#define HZ		250.0f
#define LENGTH_S	0.012f
#define GAP_S		0.1f
#define LENGTH_SOFT_S	0.003f	/* a sample or two at 800 Hz */
#define SWING_G		0.010f
#define SOFT_G		0.005f	/* noise of the low band */
#define JOLT_G		0.005f	/* what a usual one gives: nothing is said where none is felt */
#define JOLT_LEAST_G	0.0002f
#define SOFT_NOISE	6.0f	/* the same of a film, times its own noise: mV depend on its wiring */
#define LEVEL_G		0.050f
#define CAP_DB		45.0f	/* what stands out so far stands out */
#define CAP_LN		2.0f
#define CAP_CYCLES	8.0f
#define CAP_ODDS	6.0f
#define RING_S		0.010f

#define DEEP_MOST	1.5f
#define LEVEL_USUAL	1.0f	/* ln: pops differ so far (3.2: 0.7, snaps 0.5) */
#define CAP_LEVEL	2.0f
/* Of two sources: what is farther apart than this is no less alike. */
#define CAP_PITCH	1.0f	/* ln */
#define CAP_PEAK	1.5f
#define CAP_ANGLE	1.0f	/* radians */
#define PLAIN_RATIO	60.0f	/* its direction stands out of the noise */

static float capped(float x, float most)
{
	return x < most ? x : most;
}

static float at_least(float x, float least)
{
	return x > least ? x : least;
}

static float over_db(float peak, float power)
{
	return capped(bp_decibel(peak * peak / at_least(power, 1e-12f * peak * peak)), CAP_DB) / 10;
}

static void shape_looks(const struct bp_candidate *c, float usual, float *x)
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *f = &c->shape[BP_FILM];
	const struct bp_shape *s = &c->shape[bp_candidate_main(c)];
	float level, coupling, soft;

	x[BP_SHARP_RATIO] = capped(bp_decibel(s->ratio), CAP_DB) / 10;
	x[BP_SHARP_RATIO2] = x[BP_SHARP_RATIO] * x[BP_SHARP_RATIO];
	x[BP_SHARP_BODY] = capped(bp_decibel(s->body), CAP_DB) / 10;
	x[BP_SHARP_PITCH] = bp_ln(at_least(s->freq_hz, 50) / HZ);
	x[BP_SHARP_PITCH2] = x[BP_SHARP_PITCH] * x[BP_SHARP_PITCH];
	x[BP_SHARP_LENGTH] = bp_ln((s->length_s + LENGTH_SOFT_S) / LENGTH_S);
	x[BP_SHARP_CYCLES] = capped(s->cycles, CAP_CYCLES);
	x[BP_SHARP_CYCLES2] = x[BP_SHARP_CYCLES] * x[BP_SHARP_CYCLES];
	x[BP_SHARP_LATE] = s->late;
	x[BP_SHARP_BEFORE] = over_db(s->peak, s->before);
	x[BP_SHARP_AFTER] = over_db(s->peak, s->after);
	x[BP_SHARP_PITCH_AFTER] = x[BP_SHARP_PITCH] * x[BP_SHARP_AFTER];
	x[BP_SHARP_PERIOD] = s->period;
	x[BP_SHARP_PRESSED] = bp_pressed(c);
	x[BP_SHARP_STRAINED] = bp_strained(c);
	x[BP_SHARP_LENGTH2] = x[BP_SHARP_LENGTH] * x[BP_SHARP_LENGTH];
	x[BP_SHARP_PITCH_LENGTH] = x[BP_SHARP_PITCH] * x[BP_SHARP_LENGTH];
	if (m->seen) {
		x[BP_SHARP_SWING] = bp_ln(at_least(m->low_swing, 1e-3f) / SWING_G);
		x[BP_SHARP_SWING_SHARE] = bp_ln(at_least(m->low_swing, 1e-3f) / at_least(m->peak, 1e-3f));
		x[BP_SHARP_SWING_NEW] = bp_ln((m->low_swing + SOFT_G) / (m->low_before + SOFT_G));
		level = bp_ln(at_least(m->peak, 1e-3f) / LEVEL_G);
		x[BP_SHARP_LEVEL] = level;
		x[BP_SHARP_LEVEL2] = level * level;
		x[BP_SHARP_PITCH_LEVEL] = x[BP_SHARP_PITCH] * level;
		if (m->ratio > PLAIN_RATIO)
			x[BP_SHARP_ASIDE] = 1 - m->direction[2];
		x[BP_SHARP_WALK] = c->context.movement == BP_MOVEMENT_WALK;
	}
	if (f->seen) {
		soft = at_least(SOFT_NOISE * f->noise, 1e-6f);
		x[BP_SHARP_STRAIN_SHARE] = bp_ln(at_least(f->low_swing, f->noise) /
						 at_least(f->peak, soft / SOFT_NOISE));
		x[BP_SHARP_STRAIN_NEW] = bp_ln((f->low_swing + soft) / (f->low_before + soft));
	}
	if (m->seen && f->seen) {
		x[BP_SHARP_BOTH] = capped(at_least(bp_decibel(m->ratio), 0), CAP_DB) / 10;
		if (usual > 0 && m->peak > 0) {
			coupling = bp_ln(at_least(f->peak, 1e-6f) / m->peak / usual);
			x[BP_SHARP_COUPLING] = capped(at_least(coupling, 0), CAP_LN);
			x[BP_SHARP_UNCOUPLED] = capped(at_least(-coupling, 0), CAP_LN);
		}
	}
}

static void company_looks(const struct bp_company *co, float *x)
{
	x[BP_SHARP_NEAR_BEFORE] = co->near_before;
	x[BP_SHARP_NEAR_AFTER] = co->near_after;
	x[BP_SHARP_LIKE_HALF] = co->like[0];
	x[BP_SHARP_LIKE_ONE] = co->like[1];
	x[BP_SHARP_LIKE_THREE] = co->like[2];
	x[BP_SHARP_LIKE_EIGHT] = co->like[3];
	x[BP_SHARP_LIKE_AFTER] = co->like_after;
	x[BP_SHARP_ANY_ONE] = co->any[0];
	x[BP_SHARP_ANY_THREE] = co->any[1];
	x[BP_SHARP_ANY_AFTER] = co->any_after;
	x[BP_SHARP_LOUD] = co->loud;
	x[BP_SHARP_NOISE] = co->noise;
	x[BP_SHARP_NAMED] = co->named;
	x[BP_SHARP_BUSY] = bp_ln(1 + co->busy);
	x[BP_SHARP_TWINS_NEAR] = co->twins_near;
	x[BP_SHARP_TWINS_HALF] = co->twins_half;
	x[BP_SHARP_TWINS_ONE] = co->twins_one;
	x[BP_SHARP_TWINS_AFTER] = co->twins_after;
	x[BP_SHARP_STROKES] = co->strokes;
}

static void load_looks(const struct bp_candidate *c, const struct bp_around *around, float *x)
{
	float deep = c->context.volume - 1;

	x[BP_SHARP_MOVES] = around->moves;
	x[BP_SHARP_DEEP] = isnan(deep) ? 0 : capped(at_least(deep, 0), DEEP_MOST);
}

/* What is known when it settles. */
static void late_looks(const struct bp_candidate *c, const struct bp_around *around, float *x)
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *f = &c->shape[BP_FILM];
	float level;

	if (m->seen) {
		x[BP_SHARP_JOLT] = bp_ln(at_least(around->jolt, JOLT_LEAST_G) / JOLT_G);
		x[BP_SHARP_DRIFT] = bp_ln((around->drift + SOFT_G) / SWING_G);
	}
	if (m->seen && f->seen)
		x[BP_SHARP_UNLIKE] = around->unlike;
	x[BP_SHARP_RINGING] = at_least(around->ringing, -CAP_DB) / 10;
	x[BP_SHARP_RINGING_PITCH] = x[BP_SHARP_RINGING] * x[BP_SHARP_PITCH];
	x[BP_SHARP_ROW] = around->row.gaps;
	x[BP_SHARP_EVEN] = around->row.even;
	if (around->usual_peak > 0) {
		level = bp_ln(at_least(c->shape[bp_candidate_main(c)].peak, 1e-6f) / around->usual_peak);
		x[BP_SHARP_LOUDER] = capped(at_least(level - LEVEL_USUAL, 0), CAP_LEVEL);
		x[BP_SHARP_FAINTER] = capped(at_least(-level - LEVEL_USUAL, 0), CAP_LEVEL);
	}
}

static float weigh(const struct bp_model *model, const float *x, int n)
{
	float z = model->bias;

	for (int i = 0; i < n; i++)
		z += model->weight[i] * x[i];
	return z + bp_trees_odds(model->tree, model->trees, x);
}

static const struct bp_model *sharp_model(const struct bp_candidate *c, enum bp_stage stage,
					  enum bp_ear ear)
{
	return &sharp_models[stage][bp_candidate_weak(c)][ear];
}

float bp_weigh_sharp(const struct bp_candidate *c, enum bp_stage stage, enum bp_ear ear,
		     const struct bp_around *around, float looks[BP_SHARP_LOOKS])
{
	for (int i = 0; i < BP_SHARP_LOOKS; i++)
		looks[i] = 0;
	shape_looks(c, around->usual, looks);
	company_looks(&around->company, looks);
	load_looks(c, around, looks);
	if (stage == BP_STAGE_SETTLE)
		late_looks(c, around, looks);
	looks[BP_SHARP_FELLOW] = around->fellow;
	looks[BP_SHARP_LUNG] = around->lung;
	return weigh(sharp_model(c, stage, ear), looks, BP_SHARP_LOOKS);
}

float bp_weigh_level(const struct bp_candidate *c, enum bp_stage stage, enum bp_ear ear,
		     const float looks[BP_SHARP_LOOKS])
{
	const struct bp_model *model = sharp_model(c, stage, ear);
	float as_usual[BP_SHARP_LOOKS];

	memcpy(as_usual, looks, sizeof(as_usual));
	as_usual[BP_SHARP_LOUDER] = as_usual[BP_SHARP_FAINTER] = 0;
	return weigh(model, looks, BP_SHARP_LOOKS) - weigh(model, as_usual, BP_SHARP_LOOKS);
}

enum bp_reason bp_weigh_against(const struct bp_candidate *c, enum bp_stage stage, enum bp_ear ear,
				const float looks[BP_SHARP_LOOKS])
{
	static const enum bp_reason reasons[BP_SHARP_LOOKS] = {
		[BP_SHARP_CYCLES] = BP_REASON_KNOCK,
		[BP_SHARP_CYCLES2] = BP_REASON_KNOCK,
		[BP_SHARP_LATE] = BP_REASON_RUB,
		[BP_SHARP_PERIOD] = BP_REASON_KNOCK,
		[BP_SHARP_SWING] = BP_REASON_COUGH,
		[BP_SHARP_SWING_SHARE] = BP_REASON_COUGH,
		[BP_SHARP_SWING_NEW] = BP_REASON_COUGH,
		[BP_SHARP_LEVEL2] = BP_REASON_TAP,
		[BP_SHARP_WALK] = BP_REASON_STEP,
		[BP_SHARP_STRAIN_SHARE] = BP_REASON_TAP,
		[BP_SHARP_STRAIN_NEW] = BP_REASON_TAP,
		[BP_SHARP_PRESSED] = BP_REASON_TAP,
		[BP_SHARP_STRAINED] = BP_REASON_STEP,
		[BP_SHARP_COUPLING] = BP_REASON_RUB,
		[BP_SHARP_NEAR_BEFORE] = BP_REASON_RUB,
		[BP_SHARP_NEAR_AFTER] = BP_REASON_RUB,
		[BP_SHARP_LIKE_HALF] = BP_REASON_KNOCK,
		[BP_SHARP_LIKE_ONE] = BP_REASON_KNOCK,
		[BP_SHARP_LIKE_THREE] = BP_REASON_KNOCK,
		[BP_SHARP_LIKE_AFTER] = BP_REASON_KNOCK,
		[BP_SHARP_ANY_ONE] = BP_REASON_RUB,
		[BP_SHARP_ANY_THREE] = BP_REASON_RUB,
		[BP_SHARP_ANY_AFTER] = BP_REASON_RUB,
		[BP_SHARP_NOISE] = BP_REASON_RUB,
		[BP_SHARP_PITCH_LEVEL] = BP_REASON_TAP,
		[BP_SHARP_JOLT] = BP_REASON_KNOCK,
		[BP_SHARP_DRIFT] = BP_REASON_KNOCK,
		[BP_SHARP_UNLIKE] = BP_REASON_RUB,
		[BP_SHARP_RINGING] = BP_REASON_KNOCK,
		[BP_SHARP_LOUDER] = BP_REASON_TAP,
		[BP_SHARP_FAINTER] = BP_REASON_KNOCK,
		[BP_SHARP_TWINS_NEAR] = BP_REASON_RUB,
		[BP_SHARP_TWINS_HALF] = BP_REASON_KNOCK,
		[BP_SHARP_TWINS_ONE] = BP_REASON_KNOCK,
		[BP_SHARP_TWINS_AFTER] = BP_REASON_KNOCK,
		[BP_SHARP_STROKES] = BP_REASON_RUB,
		[BP_SHARP_ROW] = BP_REASON_RUB,
		[BP_SHARP_EVEN] = BP_REASON_RUB,
	};
	const struct bp_model *model = sharp_model(c, stage, ear);
	enum bp_reason reason = BP_REASON_OTHER;
	float z[BP_SHARP_LOOKS], worst = 0;

	/* Against what is usual for joints. */
	for (int i = 0; i < BP_SHARP_LOOKS; i++)
		z[i] = model->weight[i] * (looks[i] - model->usual[i]);
	bp_trees_terms(model->tree, model->trees, looks, 1, z);
	bp_trees_terms(model->tree, model->trees, model->usual, -1, z);
	for (int i = 0; i < BP_SHARP_LOOKS; i++)
		if (z[i] < worst && reasons[i] != BP_REASON_NONE) {
			worst = z[i];
			reason = reasons[i];
		}
	return reason;
}

float bp_weigh_train(const struct bp_train_looks *l, enum bp_ear ear, float x[BP_TRAIN_LOOKS])
{
	float pitch = bp_ln(at_least(l->freq_hz, 50) / HZ);
	float hue = bp_ln(at_least(l->hue_hz, 50) / HZ);
	float gap = bp_ln(at_least(l->span_s / (float)(l->parts - 1), 1e-3f) / GAP_S);

	x[BP_TRAIN_PARTS] = bp_ln((float)l->parts);
	x[BP_TRAIN_CRACKLY] = l->crackly;
	x[BP_TRAIN_SPAN] = l->span_s;
	x[BP_TRAIN_GAPS] = capped(l->gap_cv, 1);
	x[BP_TRAIN_PITCH] = pitch;
	x[BP_TRAIN_PITCH2] = pitch * pitch;
	x[BP_TRAIN_CYCLES] = l->cycles;
	x[BP_TRAIN_LATE] = l->late;
	x[BP_TRAIN_RATIO] = l->ratio_db / 10;
	x[BP_TRAIN_MOVING] = isnan(l->moving) ? 0 : l->moving - 0.5f;
	x[BP_TRAIN_COUPLING] = isnan(l->coupling) ? 0 :
			       capped(at_least(bp_ln(l->coupling), 0), CAP_LN);
	x[BP_TRAIN_LATE2] = x[BP_TRAIN_LATE] * x[BP_TRAIN_LATE];
	x[BP_TRAIN_MOVING2] = x[BP_TRAIN_MOVING] * x[BP_TRAIN_MOVING];
	x[BP_TRAIN_PARTS2] = x[BP_TRAIN_PARTS] * x[BP_TRAIN_PARTS];
	x[BP_TRAIN_RATIO2] = x[BP_TRAIN_RATIO] * x[BP_TRAIN_RATIO];
	x[BP_TRAIN_LATE_RATIO] = x[BP_TRAIN_LATE] * x[BP_TRAIN_RATIO];
	x[BP_TRAIN_PARTS_PITCH] = x[BP_TRAIN_PARTS] * pitch;
	x[BP_TRAIN_PARTS_LATE] = x[BP_TRAIN_PARTS] * x[BP_TRAIN_LATE];
	x[BP_TRAIN_PITCH_SPREAD] = capped(l->pitch_spread, 1);
	x[BP_TRAIN_PEAK_SPREAD] = capped(l->peak_spread, 1.5f);
	x[BP_TRAIN_GAP] = gap;
	x[BP_TRAIN_GAP2] = gap * gap;
	x[BP_TRAIN_RAISED] = l->raised;
	x[BP_TRAIN_LEVEL] = l->level_db / 10;
	x[BP_TRAIN_ROUGH] = l->rough;
	x[BP_TRAIN_HUE] = hue;
	x[BP_TRAIN_HUE2] = hue * hue;
	x[BP_TRAIN_HUE_SPREAD] = l->hue_spread;
	x[BP_TRAIN_BUMPS] = l->bumps / 10;
	x[BP_TRAIN_ELSEWHERE] = l->elsewhere;
	x[BP_TRAIN_TOUCH] = isnan(l->touch) ? 0 : capped(at_least(bp_ln(l->touch), 0), CAP_LN);
	x[BP_TRAIN_RAISED_MOVING] = l->raised * x[BP_TRAIN_MOVING];
	return weigh(&train_models[ear], x, BP_TRAIN_LOOKS);
}

float bp_weigh_ring(const struct bp_ring_looks *l, enum bp_ear ear, float x[BP_RING_LOOKS])
{
	x[BP_RING_RISE] = bp_ln(at_least(l->rise, 1));
	x[BP_RING_HIGH] = bp_ln(at_least(l->high, 1));
	x[BP_RING_SINCE] = bp_ln(at_least(l->since_s, 1e-3f) / RING_S);
	x[BP_RING_LEVEL] = bp_ln(at_least(l->level, 1e-5f));
	x[BP_RING_RATIO] = capped(bp_decibel(at_least(l->ratio, 1e-2f)), CAP_DB) / 10;
	x[BP_RING_PITCH] = bp_ln(at_least(l->freq_hz, 50) / HZ);
	x[BP_RING_BEFORE] = capped(at_least(l->odds, -CAP_ODDS), CAP_ODDS);
	x[BP_RING_RISE2] = x[BP_RING_RISE] * x[BP_RING_RISE];
	x[BP_RING_LEVEL2] = x[BP_RING_LEVEL] * x[BP_RING_LEVEL];
	x[BP_RING_RISE_SINCE] = x[BP_RING_RISE] * x[BP_RING_SINCE];
	x[BP_RING_RISE_PITCH] = x[BP_RING_RISE] * x[BP_RING_PITCH];
	x[BP_RING_RISE_LEVEL] = x[BP_RING_RISE] * x[BP_RING_LEVEL];
	x[BP_RING_HIGH_PITCH] = x[BP_RING_HIGH] * x[BP_RING_PITCH];
	return weigh(&ring_models[ear], x, BP_RING_LOOKS);
}

float bp_weigh_site(const struct bp_site_looks *l, enum bp_ear ear, float x[BP_SITE_LOOKS])
{
	bool angled = !isnan(l->angle);

	x[BP_SITE_UNLIKE] = l->unlike;
	x[BP_SITE_UNLIKE2] = x[BP_SITE_UNLIKE] * x[BP_SITE_UNLIKE];
	x[BP_SITE_PITCH] = capped(l->pitch, CAP_PITCH);
	x[BP_SITE_PITCH2] = x[BP_SITE_PITCH] * x[BP_SITE_PITCH];
	x[BP_SITE_PEAK] = capped(l->peak, CAP_PEAK);
	x[BP_SITE_PEAK2] = x[BP_SITE_PEAK] * x[BP_SITE_PEAK];
	x[BP_SITE_ANGLE] = angled ? capped(l->angle, CAP_ANGLE) : 0;
	x[BP_SITE_ANGLE2] = x[BP_SITE_ANGLE] * x[BP_SITE_ANGLE];
	x[BP_SITE_ANGLED] = angled;
	x[BP_SITE_SOON] = l->soon;
	x[BP_SITE_SNAPS] = l->snaps;
	x[BP_SITE_MOVES] = l->moves;
	return weigh(&site_models[ear], x, BP_SITE_LOOKS);
}
