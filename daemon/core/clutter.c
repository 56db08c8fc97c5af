// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/book.h"
#include "core/clutter.h"

#define BEFORE_NS	700000000	/* strokes come 3 a second, creaks 5 to 30 */
#define BEFORE_FAINT_NS	2000000000	/* keys are 0.35 s apart on the mean */
#define AFTER_NS	300000000
#define NEAR_NS		BP_MANOEUVRE_NS	/* closer ones may be pops of one manoeuvre */
#define LIKE		0.1f		/* of the peak: a neighbour this loud counts */
#define ALIKE		0.25f		/* and this loud it may be of the same kind */
#define COMPANY_LEAST	0.2f	/* of the peak, */
#define COMPANY_MOST	6.0f	/* a louder one may be a thing of its own */
#define COMPANY_NS	500000000
#define MANY_REFUSED	2u		/* parts of a noise around it: part of it */
#define MANY_ALIKE	3u		/* alike: fingers or furniture, not joints */
#define FAINT		1000.0f		/* film's power over its noise: for those, one is enough */
#define CROWD_NS	3000000000
#define CROWD_MOST	5u
#define QUIET_NS	900000000	/* nothing like a weak one so shortly before it: snaps are 1 s apart */
#define WEAK_LEAST	0.4f		/* of the peak: from this */
#define WEAK_MOST	2.5f		/* to this it may be of the same kind */
#define RESTLESS_NS	8000000000	/* keys, lungs and voices go on for so long */
#define QUICK_NS	800000000	/* and are closer than this, snaps are 1 s apart or more */
#define QUICK_MANY	2u
#define FAINT_MOST	4.0f		/* of a faint one's peak: what is louder is a thing of its own */
#define DENSE_S		0.2f		/* mean gap; crackles come faster than keys (3.5, 3.8) */

static struct bp_noticed *find(struct bp_clutter *cl, const struct bp_candidate *c)
{
	for (uint32_t i = 0; i < BP_CLUTTER && i < cl->n; i++)
		if (cl->seen[i].onset_ns == c->onset_ns)
			return &cl->seen[i];
	return NULL;
}

void bp_clutter_note(struct bp_clutter *cl, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);

	cl->seen[cl->n % BP_CLUTTER] = (struct bp_noticed){
		.onset_ns = c->onset_ns,
		.peak = c->shape[k].peak,
		.stream = k,
	};
	/* Full circle and back to full, so that the count never wraps to "empty". */
	if (++cl->n == 2 * BP_CLUTTER)
		cl->n = BP_CLUTTER;
}

void bp_clutter_refused(struct bp_clutter *cl, const struct bp_candidate *c)
{
	struct bp_noticed *n = find(cl, c);

	if (n)
		n->refused = true;
}

void bp_clutter_forget(struct bp_clutter *cl, const struct bp_candidate *c)
{
	struct bp_noticed *n = find(cl, c);

	if (n)
		n->peak = 0;
}

struct bp_ruling bp_clutter_judge(const struct bp_clutter *cl, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);
	float peak = c->shape[k].peak;
	uint32_t refused = 0, alike = 0;
	int64_t first = c->onset_ns;
	bool still = c->context.movement == BP_MOVEMENT_NONE, faint = bp_candidate_faint(c, FAINT);
	int64_t before = faint ? BEFORE_FAINT_NS : BEFORE_NS;
	uint32_t many = faint ? 1 : MANY_ALIKE;

	for (uint32_t i = 0; i < BP_CLUTTER && i < cl->n; i++) {
		const struct bp_noticed *n = &cl->seen[i];
		int64_t apart = c->onset_ns - n->onset_ns;

		if (n->stream != k || n->peak < LIKE * peak || !n->peak || apart > before ||
		    apart < -AFTER_NS || !apart)
			continue;
		refused += n->refused && apart < BEFORE_NS;
		if ((apart < NEAR_NS && apart > -NEAR_NS) || n->peak < ALIKE * peak)
			continue;
		if (faint && n->peak > FAINT_MOST * peak)
			continue;
		alike++;
		if (n->onset_ns < first)
			first = n->onset_ns;
	}
	if (refused >= MANY_REFUSED)
		return (struct bp_ruling){ BP_REFUSED, BP_RULE_NOISE, BP_REASON_RUB,
					   (float)refused, MANY_REFUSED };
	/* While moving, a dense train may be crepitus: that is for train.c to say. */
	if (alike >= many &&
	    (still || (float)(c->onset_ns - first) * 1e-9f > DENSE_S * (float)alike))
		return (struct bp_ruling){ BP_REFUSED, BP_RULE_MANY, BP_REASON_KNOCK,
					   (float)alike, (float)many };
	return (struct bp_ruling){ .outcome = BP_KEPT };
}

float bp_clutter_company(const struct bp_clutter *cl, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);
	float peak = c->shape[k].peak;

	for (uint32_t i = 0; i < BP_CLUTTER && i < cl->n; i++) {
		const struct bp_noticed *n = &cl->seen[i];
		int64_t apart = c->onset_ns - n->onset_ns;

		if (n->stream != k || n->peak < COMPANY_LEAST * peak || n->peak > COMPANY_MOST * peak ||
		    !n->peak)
			continue;
		if ((apart > NEAR_NS && apart < COMPANY_NS) || (apart < -NEAR_NS && apart > -COMPANY_NS))
			return (float)apart * 1e-9f;
	}
	return 0;
}

uint32_t bp_clutter_crowd(const struct bp_clutter *cl, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);
	uint32_t n = 0;

	for (uint32_t i = 0; i < BP_CLUTTER && i < cl->n; i++) {
		int64_t apart = c->onset_ns - cl->seen[i].onset_ns;

		n += cl->seen[i].stream == k && cl->seen[i].peak > LIKE * c->shape[k].peak &&
		     apart > NEAR_NS && apart < CROWD_NS;
	}
	return n < CROWD_MOST ? n : CROWD_MOST;
}

bool bp_clutter_quiet(const struct bp_clutter *cl, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);
	float peak = c->shape[k].peak;
	uint32_t n = cl->n < BP_CLUTTER ? cl->n : BP_CLUTTER, quick = 0;
	int64_t later = 0;

	/* From the newest on. */
	for (uint32_t i = 1; i <= n; i++) {
		const struct bp_noticed *s = &cl->seen[(cl->n - i) % BP_CLUTTER];
		int64_t apart = c->onset_ns - s->onset_ns, gap = later - s->onset_ns;

		if (s->stream != k || s->peak <= 0 || s->peak > WEAK_MOST * peak ||
		    s->peak < WEAK_LEAST * peak || apart > RESTLESS_NS || apart <= NEAR_NS)
			continue;
		if (apart < QUIET_NS)
			return false;
		quick += later && gap > NEAR_NS && gap < QUICK_NS;
		later = s->onset_ns;
	}
	return quick < QUICK_MANY;
}
