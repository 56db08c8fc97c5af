// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "core/book.h"
#include "core/clutter.h"

#define MS		1000000LL	/* ns */
#define NEAR_NS		BP_MANOEUVRE_NS
#define BUSY_NS		(20000 * MS)
#define AROUND_NS	(1000 * MS)
#define ANY		0.1f	/* of the peak */
#define LIKE_LEAST	0.4f
#define LIKE_MOST	2.5f
#define MOST		5.0f	/* more of them say no more */
#define TWIN_PITCH	1.3f	/* strokes and keys differ by 20 %, measured by some more */
#define TWIN_PEAK	2.5f
#define STROKES_NS	(500 * MS)
#define ROW_NS		(400 * MS)	/* the slowest creak, slowing down */
#define ROW_LEAST_NS	(12 * MS)	/* closer ones may be one, found twice */
#define ROW_PEAK	3.3f
#define ROW_SIDE	6
#define UNEVEN		0.5f	/* coefficient of variation */

/* Strokes come 3 a second, keys 0.05 to 1 s apart, snaps 1 s and more (3.4, 3.8). */
static const int64_t like_ns[4] = { 500 * MS, 900 * MS, 3000 * MS, 8000 * MS };
static const int64_t any_ns[2] = { 1000 * MS, 3000 * MS };

void bp_clutter_note(struct bp_clutter *cl, const struct bp_candidate *c)
{
	struct bp_noticed *n = &cl->seen[cl->n % BP_CLUTTER];

	*n = (struct bp_noticed){ .onset_ns = c->onset_ns };
	for (int k = 0; k < BP_STREAMS; k++)
		if (c->shape[k].seen) {
			n->peak[k] = c->shape[k].peak;
			n->freq_hz[k] = (uint16_t)(c->shape[k].freq_hz + 0.5f);
		}
	/* Full circle and back to full, so that the count never wraps to "empty". */
	if (++cl->n == 2 * BP_CLUTTER)
		cl->n = BP_CLUTTER;
}

void bp_clutter_name(struct bp_clutter *cl, const struct bp_candidate *c, enum bp_noticed_as as)
{
	for (uint32_t i = 0; i < BP_CLUTTER && i < cl->n; i++)
		if (cl->seen[i].onset_ns == c->onset_ns)
			cl->seen[i].as = as;
}

static void more(float *count)
{
	if (*count < MOST)
		(*count)++;
}

static bool within(float a, float b, float times)
{
	return a < b * times && b < a * times;
}

static void twin(struct bp_company *co, int64_t apart)
{
	if (apart > -NEAR_NS && apart < NEAR_NS)
		more(&co->twins_near);
	else if (apart < 0)
		more(&co->twins_after);
	else if (apart < like_ns[0])
		more(&co->twins_half);
	else if (apart < like_ns[1])
		more(&co->twins_one);
}

/* One that is not near. */
static void count(struct bp_company *co, int64_t apart, float share)
{
	bool like = share > LIKE_LEAST && share < LIKE_MOST;
	int i = 0;

	if (apart < 0) {
		more(&co->any_after);
		if (like)
			more(&co->like_after);
		return;
	}
	if (share > LIKE_MOST && apart < AROUND_NS)
		more(&co->loud);
	while (i < 2 && apart >= any_ns[i])
		i++;
	if (i < 2)
		more(&co->any[i]);
	for (i = 0; i < 4 && apart >= like_ns[i];)
		i++;
	if (like && i < 4)
		more(&co->like[i]);
}

void bp_clutter_company(const struct bp_clutter *cl, const struct bp_candidate *c,
			struct bp_company *co)
{
	int k = bp_candidate_main(c);
	float peak = c->shape[k].peak;
	uint32_t n = cl->n < BP_CLUTTER ? cl->n : BP_CLUTTER;

	*co = (struct bp_company){ 0 };
	/* From the newest on. */
	for (uint32_t i = 1; i <= n; i++) {
		const struct bp_noticed *s = &cl->seen[(cl->n - i) % BP_CLUTTER];
		int64_t apart = c->onset_ns - s->onset_ns;

		if (apart > BUSY_NS)
			break;
		if (!apart || s->as == BP_NOTICED_CRACKLE)
			continue;
		co->busy++;
		if (s->as == BP_NOTICED_STROKE && apart < STROKES_NS)
			more(&co->strokes);
		if (s->as == BP_NOTICED_NAMED) {
			if (apart < AROUND_NS)
				more(&co->named);
			continue;
		}
		if (within(s->freq_hz[k], c->shape[k].freq_hz, TWIN_PITCH) &&
		    within(s->peak[k], peak, TWIN_PEAK))
			twin(co, apart);
		if ((s->as == BP_NOTICED_NOISE || s->as == BP_NOTICED_STROKE) && apart < AROUND_NS)
			more(&co->noise);
		if (s->peak[k] < ANY * peak)
			continue;
		if (apart < NEAR_NS && apart > -NEAR_NS)
			more(apart > 0 ? &co->near_before : &co->near_after);
		else
			count(co, apart, s->peak[k] / peak);
	}
}

/* One side of it: from place @i on, the newest being 1. */
static void side(const struct bp_clutter *cl, const struct bp_candidate *c, uint32_t i, int step,
		 float sum[3])
{
	uint32_t n = cl->n < BP_CLUTTER ? cl->n : BP_CLUTTER;
	int k = bp_candidate_main(c), found = 0;
	int64_t t = c->onset_ns;

	for (; i && i <= n && found < ROW_SIDE; i = step < 0 ? i + 1 : i - 1) {
		const struct bp_noticed *s = &cl->seen[(cl->n - i) % BP_CLUTTER];
		int64_t far = (s->onset_ns - t) * step;
		float gap = (float)far * 1e-9f;

		if (far >= ROW_NS)
			return;
		if (far < ROW_LEAST_NS || !within(s->peak[k], c->shape[k].peak, ROW_PEAK))
			continue;
		sum[0]++;
		sum[1] += gap;
		sum[2] += gap * gap;
		t = s->onset_ns;
		found++;
	}
}

void bp_clutter_row(const struct bp_clutter *cl, const struct bp_candidate *c, struct bp_row *row)
{
	uint32_t n = cl->n < BP_CLUTTER ? cl->n : BP_CLUTTER, i = 1;
	float sum[3] = { 0 }, mean, var, cv;

	*row = (struct bp_row){ 0 };
	while (i <= n && cl->seen[(cl->n - i) % BP_CLUTTER].onset_ns > c->onset_ns)
		i++;
	side(cl, c, i, -1, sum);
	side(cl, c, i - 1, 1, sum);
	row->gaps = sum[0];
	if (sum[0] < 3)
		return;
	mean = sum[1] / sum[0];
	var = sum[2] / sum[0] - mean * mean;
	cv = var > 0 ? sqrtf(var) / mean : 0;
	if (cv < UNEVEN)
		row->even = (sum[0] - 1) * (1 - cv / UNEVEN);
	if (row->even > MOST)
		row->even = MOST;
}
