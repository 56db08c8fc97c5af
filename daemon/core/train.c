// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "core/train.h"

#define WINDOW_NS	1000000000	/* signal-model.md 4.2 */
#define CRACKLES	4u		/* signal-model.md 4.2 */
#define SPAN_NS		220000000	/* longer than a manoeuvre, which has 150 ms (3.2) */
#define MANY		7u		/* more than a manoeuvre has pops (3.2: 6) */
#define SAID		8u		/* events that can have been said since a train began */
#define LEAD_NS		400000000	/* its first crackles may not have been told as such */
#define NOISE_SHARE	1u		/* one part of a noise spoils so many crackles */
#define PAUSE_NS	1000000000	/* a train ends when a second is silent */
#define PEAK_OWN	5.0f		/* louder than the train by this: an event of its own */
#define WITHDRAW_NS	290000000	/* system.md section 6 */
#define CONFIDENCE	0.7f
/* Lung crackles have 0.3 to 3 mg (3.8), a pop 11 mg or more (3.2, p5): 27 dB over the noise. */
#define WEAK_RATIO	500.0f
#define LUNG_RATIO	200.0f	/* the mean of a train: crepitus has 12 mg (3.5) */
#define LUNG_CRACKLES	3u		/* system.md section 6 */
#define LUNG_GAP_NS	200000000	/* mean; keys are 0.35 s apart (3.8, generator) */
#define GROUP_NS	1300000000	/* late inhalation lasts no longer */
#define BREATH_MIN_S	1.8f
#define BREATH_MAX_S	9.0f
#define BREATH_EVEN	0.35f

void bp_train_init(struct bp_train *tr)
{
	memset(tr, 0, sizeof(*tr));
}

static void remember(struct bp_train *tr, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);

	if (tr->n == BP_CRACKLES) {
		memmove(tr->recent, tr->recent + 1, (BP_CRACKLES - 1) * sizeof(*tr->recent));
		tr->n--;
	}
	tr->recent[tr->n++] = (struct bp_crackle){
		.onset_ns = c->onset_ns,
		.peak = c->shape[k].peak,
		.ratio = c->shape[k].ratio,
		.stream = k,
	};
}

bool bp_train_weak(const struct bp_candidate *c)
{
	return bp_candidate_faint(c, WEAK_RATIO) &&
	       (c->context.movement == BP_MOVEMENT_NONE ||
		c->context.movement == BP_MOVEMENT_UNKNOWN);
}

bool bp_train_breathes(struct bp_train *tr, const struct bp_candidate *c)
{
	int64_t *start = tr->start_ns;
	float now, before;

	if (!bp_train_weak(c))
		return false;
	if (c->onset_ns - tr->group_ns > GROUP_NS) {
		memmove(start + 1, start, (BP_GROUPS - 1) * sizeof(*start));
		start[0] = c->onset_ns;
	}
	tr->group_ns = c->onset_ns;
	now = (float)(start[0] - start[1]) * 1e-9f;
	before = (float)(start[1] - start[2]) * 1e-9f;
	return now > BREATH_MIN_S && now < BREATH_MAX_S && before > now * (1 - BREATH_EVEN) &&
	       before < now * (1 + BREATH_EVEN);
}

/*
 * Crepitus needs movement; lungs crackle weakly, at rest, and not while
 * breathing out.  Without an accelerometer only the strength can tell.
 */
static enum bp_class kind(const struct bp_train *tr, uint32_t first, const struct bp_context *ctx)
{
	bool rest = ctx->movement == BP_MOVEMENT_NONE || ctx->movement == BP_MOVEMENT_UNKNOWN;
	float ratio = 0;

	for (uint32_t i = first; i < tr->n; i++)
		ratio += tr->recent[i].ratio / (float)(tr->n - first);
	if (rest && tr->recent[tr->n - 1].stream == BP_FILM && ratio < LUNG_RATIO)
		return BP_CLASS_LUNG_CRACKLE;
	return ctx->movement == BP_MOVEMENT_NONE ? BP_CLASS_ARTEFACT : BP_CLASS_CREPITUS;
}

/* One event takes over; the others that were said already are taken back. */
static void start(struct bp_train *tr, struct bp_book *book, uint32_t first,
		  const struct bp_candidate *c, enum bp_class class_, int64_t now_ns)
{
	const struct bp_crackle *last = &tr->recent[tr->n - 1];

	tr->number = 0;
	tr->crackles = tr->n - first;
	tr->last_ns = last->onset_ns;
	tr->stream = last->stream;
	tr->peak = 0;
	for (uint32_t i = first; i < tr->n; i++)
		tr->peak += tr->recent[i].peak / (float)tr->crackles;
	for (uint32_t n = book->events > SAID ? book->events - SAID : 1; n <= book->events; n++) {
		struct bp_event *ev = bp_book_find(book, n);

		if (!ev || ev->class_ == BP_CLASS_ARTEFACT ||
		    ev->onset_ns < tr->recent[first].onset_ns - LEAD_NS)
			continue;
		if (!tr->number) {
			tr->number = ev->number;
			ev->class_ = class_;
			ev->end_ns = last->onset_ns;
			ev->confidence = CONFIDENCE;
		} else if (now_ns - ev->onset_ns < WITHDRAW_NS) {
			ev->class_ = BP_CLASS_ARTEFACT;
			ev->reason = BP_REASON_OTHER;
		} else {
			ev->class_ = class_;
		}
		bp_book_revise(book, ev, now_ns);
	}
	if (!tr->number) {
		struct bp_event ev;

		bp_candidate_describe(&ev, c);
		ev.class_ = class_;
		ev.onset_ns = tr->recent[first].onset_ns;
		ev.end_ns = last->onset_ns;
		ev.confidence = CONFIDENCE;
		tr->number = bp_book_open(book, &ev, now_ns);
	}
}

bool bp_train_absorbs(const struct bp_train *tr, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);

	return tr->number && k == tr->stream && c->onset_ns - tr->last_ns < PAUSE_NS &&
	       c->shape[k].peak < PEAK_OWN * tr->peak;
}

bool bp_train_take(struct bp_train *tr, struct bp_book *book, const struct bp_candidate *c,
		   uint32_t noise, int64_t now_ns)
{
	uint32_t first, n;
	enum bp_class class_;
	int64_t span;

	if (bp_train_absorbs(tr, c)) {
		tr->last_ns = c->onset_ns;
		tr->crackles++;
		tr->peak += (c->shape[tr->stream].peak - tr->peak) / (float)tr->crackles;
		return true;
	}
	remember(tr, c);
	for (first = 0; c->onset_ns - tr->recent[first].onset_ns > WINDOW_NS; first++)
		;
	n = tr->n - first;
	span = c->onset_ns - tr->recent[first].onset_ns;
	class_ = kind(tr, first, &c->context);
	if (class_ == BP_CLASS_ARTEFACT || noise * NOISE_SHARE > n)
		return false;
	if (class_ == BP_CLASS_LUNG_CRACKLE) {
		if (n < LUNG_CRACKLES || span > (int64_t)n * LUNG_GAP_NS)
			return false;
	} else if (n < CRACKLES || (span < SPAN_NS && n < MANY)) {
		return false;
	}
	start(tr, book, first, c, class_, now_ns);
	return true;
}

void bp_train_step(struct bp_train *tr, struct bp_book *book, int64_t now_ns, bool all)
{
	struct bp_event *ev;

	if (!tr->number || (!all && now_ns - tr->last_ns < PAUSE_NS))
		return;
	ev = bp_book_find(book, tr->number);
	tr->number = 0;
	tr->n = 0;
	if (!ev || ev->end_ns == tr->last_ns)
		return;
	ev->end_ns = tr->last_ns;
	bp_book_revise(book, ev, now_ns);
}
