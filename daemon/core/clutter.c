// SPDX-License-Identifier: GPL-2.0-or-later
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

/* Strokes come 3 a second, keys 0.05 to 1 s apart, snaps 1 s and more (3.4, 3.8). */
static const int64_t like_ns[4] = { 500 * MS, 900 * MS, 3000 * MS, 8000 * MS };
static const int64_t any_ns[2] = { 1000 * MS, 3000 * MS };

void bp_clutter_note(struct bp_clutter *cl, const struct bp_candidate *c)
{
	struct bp_noticed *n = &cl->seen[cl->n % BP_CLUTTER];

	*n = (struct bp_noticed){ .onset_ns = c->onset_ns };
	for (int k = 0; k < BP_STREAMS; k++)
		n->peak[k] = c->shape[k].seen ? c->shape[k].peak : 0;
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
		if (s->as == BP_NOTICED_NAMED) {
			if (apart < AROUND_NS)
				more(&co->named);
			continue;
		}
		if (s->as == BP_NOTICED_NOISE && apart < AROUND_NS)
			more(&co->noise);
		if (s->peak[k] < ANY * peak)
			continue;
		if (apart < NEAR_NS && apart > -NEAR_NS)
			more(apart > 0 ? &co->near_before : &co->near_after);
		else
			count(co, apart, s->peak[k] / peak);
	}
}
