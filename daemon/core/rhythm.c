// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/breath.h"
#include "core/maths.h"
#include "core/rhythm.h"

#define IN_SHARE	0.37f	/* of a cycle: inhale over exhale is 0.55 to 0.8 (3.3) */
#define REST_SHARE	0.09f
#define SPREAD_CYCLE	0.10f	/* by which a cycle's length varies (5 to 10 %, 3.3), and some */
#define OTHER_PERIOD	0.03f	/* a second: share that goes to each neighbouring period */
#define OTHER_SIGN	0.0003f	/* a second: a sensor put on anew */
#define SPREAD		1.15f	/* of the flow around its shape */
#define FLOW_MOST	3.0f	/* times its usual size: a sigh's, or more of the same */
#define NO_FLOW		6.0f	/* a movement's */
/*
 * What is forgotten of the phase in a step: by a movement, which looked like a breath when it
 * began; and while nothing is seen, for breaths beside movements are less even than others.
 */
#define FORGET_MOVED	0.4f
#define FORGET_BLIND	0.05f
#define AGAIN		0.7f	/* weight of the flow since the newest step, which is much the same flow */
#define FIT_TAU_S	15.0f
/*
 * Deep breaths (3.3: 2 to 4 times as deep) take longer than usual ones, by less than they are
 * deeper.  Those of DEEP times the usual flow are taken to wait for some of the time.
 */
#define DEEP		2.0f
#define DEEP_S		1.5f	/* from there to their end, or to the next such flow */
#define DEEP_WAIT	0.3f
#define UP_TAU_S	6.0f	/* paces of the usual size: a quantile's, as in breath.c */
#define DOWN_TAU_S	6.0f
#define SIZE_RMS	1.15f	/* rms of a breath's flow over that */
#define LATE_FROM	0.2f	/* of a cycle */
#define LATE_TIMES	4.0f
#define CYCLES		5u	/* until a filter has settled */
#define FOURS		(BP_RHYTHM_PHASES / 4)
#define LEAST		1e-10f	/* nothing is impossible */

/* Lung volume of a usual breath at @x of its cycle (0..1), 0 = empty, 1 = full. */
static float usual_volume(float x)
{
	if (x < IN_SHARE)
		x /= IN_SHARE;
	else if (x < 1 - REST_SHARE)
		x = (1 - REST_SHARE - x) / (1 - REST_SHARE - IN_SHARE);
	else
		x = 0;
	/* Within 0.01 of the raised cosine. */
	return x * x * (3 - 2 * x);
}

static float centre(uint32_t i)
{
	return ((float)i + 0.5f) / BP_RHYTHM_PHASES;
}

static enum bp_rhythm_part part_at(uint32_t i)
{
	float x = centre(i);

	return x < IN_SHARE ? BP_RHYTHM_IN : x < 1 - REST_SHARE ? BP_RHYTHM_OUT : BP_RHYTHM_REST;
}

/* Let it see some breaths of one length; what it makes of the last is the shape. */
static void look(struct bp_rhythm *r, uint32_t k, float (*seen)(void *arg, float volume), void *arg)
{
	float shape[BP_RHYTHM_PHASES] = { 0 }, n[BP_RHYTHM_PHASES] = { 0 }, sum = 0;
	uint32_t steps = (uint32_t)(r->period_s[k] * (float)BP_SLOW_HZ * CYCLES);

	for (uint32_t i = 0; i < steps; i++) {
		float cycle = (float)i / ((float)BP_SLOW_HZ * r->period_s[k]), v;
		uint32_t at;

		cycle -= (float)(uint32_t)cycle;
		v = seen(arg, usual_volume(cycle));
		at = (uint32_t)(cycle * BP_RHYTHM_PHASES) % BP_RHYTHM_PHASES;
		if ((float)i < (float)steps * (CYCLES - 2) / CYCLES)
			continue;
		shape[at] += v;
		n[at]++;
	}
	for (uint32_t i = 0; i < BP_RHYTHM_PHASES; i++) {
		shape[i] = n[i] > 0 ? shape[i] / n[i] : shape[(i + BP_RHYTHM_PHASES - 1) % BP_RHYTHM_PHASES];
		sum += shape[i] * shape[i] / BP_RHYTHM_PHASES;
	}
	for (uint32_t i = 0; i < BP_RHYTHM_PHASES; i++)
		shape[i] /= sqrtf(sum);
	memcpy(r->shape[k], shape, sizeof(shape));
}

/* What a step does to the rows of one period: they turn, and spread by what cycles vary. */
static struct bp_rhythm_turn turn_of(float period_s)
{
	float by = BP_RHYTHM_STEP_S / period_s * BP_RHYTHM_PHASES;
	float spread = SPREAD_CYCLE * SPREAD_CYCLE * BP_RHYTHM_PHASES * by;
	struct bp_rhythm_turn t = { .whole = (uint32_t)by };

	/* Taps at none, one and two more than @whole: their mean is @by, their variance @spread. */
	by -= (float)t.whole;
	t.tap[2] = (spread + by * by - by) / 2;
	if (t.tap[2] < 0)
		t.tap[2] = 0;
	t.tap[1] = by - 2 * t.tap[2];
	if (t.tap[1] < 0)
		t.tap[1] = 0;
	t.tap[0] = 1 - t.tap[1] - t.tap[2];
	return t;
}

void bp_rhythm_init(struct bp_rhythm *r, float shortest_s, float times,
		    float (*seen)(void *arg, float volume), void *arg)
{
	memset(r, 0, sizeof(*r));
	for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++, shortest_s *= times) {
		r->period_s[k] = shortest_s;
		r->turn[k] = turn_of(shortest_s);
		look(r, k, seen, arg);
	}
	for (int s = 0; s < 2; s++)
		for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++)
			for (uint32_t i = 0; i < FOURS; i++)
				r->p[s][k][i] = (bp_v4){ 0 } +
						1.0f / (2 * BP_RHYTHM_PERIODS * BP_RHYTHM_PHASES);
}

/* @old is the row twice; of which the share @waits stays where it is. */
static void turn(bp_v4 *row, const float *old, const struct bp_rhythm_turn *t, float waits)
{
	const float tap[3] = { (1 - waits) * t->tap[0], (1 - waits) * t->tap[1],
			       (1 - waits) * t->tap[2] };
	const float *from = old + BP_RHYTHM_PHASES - t->whole;

#pragma GCC unroll 6
	for (uint32_t i = 0; i < FOURS; i++, from += 4) {
		bp_v4 x0, x1, x2;

		memcpy(&x0, from, sizeof(x0));
		memcpy(&x1, from - 1, sizeof(x1));
		memcpy(&x2, from - 2, sizeof(x2));
		row[i] = waits * row[i] + tap[0] * x0 + tap[1] * x1 + tap[2] * x2;
	}
}

/* @share of what @a has more than @b goes over. */
static inline void level(bp_v4 *a, bp_v4 *b, float share)
{
#pragma GCC unroll 6
	for (uint32_t i = 0; i < FOURS; i++) {
		bp_v4 d = share * (a[i] - b[i]);

		a[i] -= d;
		b[i] += d;
	}
}

static void advance(struct bp_rhythm *r)
{
	const float other = OTHER_PERIOD * BP_RHYTHM_STEP_S, mirror = OTHER_SIGN * BP_RHYTHM_STEP_S;
	const float waits = r->deep_s > 0 ? DEEP_WAIT : 0;
	float old[2][BP_RHYTHM_PERIODS][2][BP_RHYTHM_PHASES];

	/* All of them first: what has just been stored is slow to be read at another alignment. */
	for (int s = 0; s < 2; s++)
		for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++) {
			memcpy(old[s][k][0], r->p[s][k], sizeof(old[s][k][0]));
			memcpy(old[s][k][1], r->p[s][k], sizeof(old[s][k][1]));
		}
	for (int s = 0; s < 2; s++)
		for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++)
			turn(r->p[s][k], old[s][k][0], &r->turn[k], waits);
	for (int s = 0; s < 2; s++)
		for (uint32_t k = 0; k + 1 < BP_RHYTHM_PERIODS; k++)
			level(r->p[s][k], r->p[s][k + 1], other);
	for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++)
		level(r->p[0][k], r->p[1][k], mirror);
}

static float total(bp_v4 v)
{
	return (v[0] + v[1]) + (v[2] + v[3]);
}

/* All of one period and one sign. */
static float row_sum(const bp_v4 *row)
{
	bp_v4 sum = row[0];

	for (uint32_t i = 1; i < FOURS; i++)
		sum += row[i];
	return total(sum);
}

/* @sum: of all there is, four by four */
static void normalise(struct bp_rhythm *r, bp_v4 sum)
{
	float scale = 1 / total(sum);

	for (int s = 0; s < 2; s++)
		for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++)
#pragma GCC unroll 6
			for (uint32_t i = 0; i < FOURS; i++)
				r->p[s][k][i] = r->p[s][k][i] * scale + LEAST;
}

void bp_rhythm_size(struct bp_rhythm *r, float flow)
{
	float size = fabsf(flow);

	if (!(r->size > 0))
		r->size = size;
	r->size *= size > r->size ? 1 + (float)(1 / (BP_SLOW_HZ * UP_TAU_S)) :
				    1 - (float)(1 / (BP_SLOW_HZ * DOWN_TAU_S));
}

/* @share of what is known of the phase. */
static void forget(struct bp_rhythm *r, float share)
{
	for (int s = 0; s < 2; s++)
		for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++) {
			float even = share * row_sum(r->p[s][k]) / BP_RHYTHM_PHASES;

			for (uint32_t i = 0; i < FOURS; i++)
				r->p[s][k][i] = (1 - share) * r->p[s][k][i] + even;
		}
}

/* In the shapes' unit. */
static float scaled(const struct bp_rhythm *r, float flow)
{
	flow /= SIZE_RMS * r->size;
	if (flow > FLOW_MOST)
		return FLOW_MOST;
	return flow < -FLOW_MOST ? -FLOW_MOST : flow;
}

/* @given: how likely the flow was by what was known, @any: by chance. */
static void follow_fit(struct bp_rhythm *r, float given, float any)
{
	r->fit += BP_RHYTHM_STEP_S / FIT_TAU_S * (bp_ln(given / any) - r->fit);
}

void bp_rhythm_step(struct bp_rhythm *r, float flow, bool blind)
{
	const float narrow = 1 / (SPREAD * SPREAD);
	bp_v4 sum = { 0 }, any = { 0 };

	advance(r);
	r->deep_s -= r->deep_s > 0 ? BP_RHYTHM_STEP_S : 0;
	if (blind)
		forget(r, FORGET_BLIND);
	if (blind || !(r->size > 0))
		return;
	if (fabsf(flow) > DEEP * SIZE_RMS * r->size)
		r->deep_s = DEEP_S;
	if (fabsf(flow) > NO_FLOW * r->size) {
		forget(r, FORGET_MOVED);
		return;
	}
	flow = scaled(r, flow);
	for (int s = 0; s < 2; s++, flow = -flow)
		for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++)
			for (uint32_t i = 0; i < FOURS; i++) {
				bp_v4 off = flow - r->shape[k][i];
				bp_v4 like = 1 / (1 + narrow * off * off);

				r->p[s][k][i] *= like;
				sum += r->p[s][k][i];
				any += like;
			}
	follow_fit(r, total(sum), total(any) / (2 * BP_RHYTHM_PERIODS * BP_RHYTHM_PHASES));
	normalise(r, sum);
}

void bp_rhythm_late(struct bp_rhythm *r)
{
	bp_v4 sum = { 0 };

	for (uint32_t i = 0; i < BP_RHYTHM_PHASES; i++)
		if (part_at(i) == BP_RHYTHM_IN && (float)i > LATE_FROM * BP_RHYTHM_PHASES)
			for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++) {
				r->p[0][k][i / 4][i % 4] *= LATE_TIMES;
				r->p[1][k][i / 4][i % 4] *= LATE_TIMES;
			}
	for (int s = 0; s < 2; s++)
		for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++)
			for (uint32_t i = 0; i < FOURS; i++)
				sum += r->p[s][k][i];
	normalise(r, sum);
}

/* Whole phases in @t_s, from -1 cycle on. */
static uint32_t phases_in(float t_s, float period_s)
{
	return (uint32_t)((t_s / period_s + 1) * BP_RHYTHM_PHASES + 0.5f) % BP_RHYTHM_PHASES;
}

void bp_rhythm_parts(const struct bp_rhythm *r, float since_s, float flow, float ahead_s,
		     float turn_s, float part[BP_RHYTHM_PARTS])
{
	bool tells = since_s > 0 && r->size > 0 && fabsf(flow) < NO_FLOW * r->size;
	float narrow = tells ? AGAIN / (SPREAD * SPREAD) : 0;
	float sum[2 * BP_RHYTHM_PHASES] = { 0 }, all = 0, turning = 0;

	flow = tells ? scaled(r, flow) : 0;
	for (int s = 0; s < 2; s++, flow = -flow)
		for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++) {
			float shape[2][BP_RHYTHM_PHASES], row[BP_RHYTHM_PHASES];
			const float *now = shape[0] + phases_in(since_s, r->period_s[k]);
			uint32_t then = phases_in(since_s + ahead_s, r->period_s[k]);
			float until = IN_SHARE + turn_s / r->period_s[k];

			memcpy(shape[0], r->shape[k], sizeof(shape[0]));
			memcpy(shape[1], r->shape[k], sizeof(shape[1]));
			for (uint32_t i = 0; i < FOURS; i++) {
				bp_v4 off;

				memcpy(&off, now + 4 * i, sizeof(off));
				off = flow - off;
				off = r->p[s][k][i] / (1 + narrow * off * off);
				memcpy(row + 4 * i, &off, sizeof(off));
			}
			for (uint32_t i = 0; i < BP_RHYTHM_PHASES; i++)
				sum[then + i] += row[i];
			for (uint32_t i = 0; i < BP_RHYTHM_PHASES && centre(i) < until; i++)
				if (part_at(i) == BP_RHYTHM_OUT)
					turning += row[(i + BP_RHYTHM_PHASES - then) % BP_RHYTHM_PHASES];
		}
	memset(part, 0, BP_RHYTHM_PARTS * sizeof(*part));
	for (uint32_t i = 0; i < BP_RHYTHM_PHASES; i++) {
		part[part_at(i)] += sum[i] + sum[i + BP_RHYTHM_PHASES];
		all += sum[i] + sum[i + BP_RHYTHM_PHASES];
	}
	part[BP_RHYTHM_OUT] -= turning;
	part[BP_RHYTHM_TURN] = turning;
	for (int i = 0; i < BP_RHYTHM_PARTS; i++)
		part[i] /= all;
}

float bp_rhythm_hz(const struct bp_rhythm *r)
{
	float hz = 0;

	for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++)
		hz += (row_sum(r->p[0][k]) + row_sum(r->p[1][k])) / r->period_s[k];
	return hz;
}

float bp_rhythm_upright(const struct bp_rhythm *r)
{
	float up = 0;

	for (uint32_t k = 0; k < BP_RHYTHM_PERIODS; k++)
		up += row_sum(r->p[0][k]);
	return up;
}
