// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "core/train.h"

#define WINDOW_NS	1000000000	/* signal-model.md 4.2 */
#define CRACKLES	4u		/* signal-model.md 4.2 */
#define SPAN_NS		220000000	/* longer than a manoeuvre, which has 150 ms (3.2) */
#define MANY		7u		/* more than a manoeuvre has pops (3.2: 6) */
#define SAID		8u		/* events that can have been said since a train began */
#define LEAD_NS		700000000	/* its first crackles may not have been told as such */
#define NOISE_SHARE	1u		/* one part of a noise spoils so many crackles */
#define PAUSE_NS	1000000000	/* a train ends when a second is silent */
#define PEAK_OWN	5.0f		/* louder than the train by this: an event of its own */
#define WITHDRAW_NS	290000000	/* system.md section 6 */
#define CONFIDENCE	0.7f
/*
 * Means of a train: crackles ring at 280 Hz (ln sigma 0.5, 3.5), cloth is white from
 * 80 to 1400 Hz (3.8), whose mean frequency is 830 Hz.
 */
#define CREPITUS_HZ	470.0f
#define CREPITUS_CYCLES	5.5f
#define LOUD_RATIO	200.0f	/* mean of a train's: it has 12 mg (3.5), lungs have 3 (3.8) */

void bp_train_init(struct bp_train *tr)
{
	memset(tr, 0, sizeof(*tr));
}

static void remember(struct bp_train *tr, const struct bp_candidate *c, bool crackly)
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
		.freq_hz = c->shape[k].freq_hz,
		.cycles = c->shape[k].cycles,
		.stream = k,
		.crackly = crackly,
	};
}

/*
 * It needs movement (3.5).  Where none can be seen, without an accelerometer, its
 * strength must tell it from lungs; and where the band shows it, its pitch from cloth.
 */
static bool crepitates(const struct bp_train *tr, uint32_t first, const struct bp_context *ctx,
		       bool wide)
{
	float ratio = 0, hz = 0, cycles = 0, n = (float)(tr->n - first);

	if (ctx->movement == BP_MOVEMENT_NONE)
		return false;
	for (uint32_t i = first; i < tr->n; i++) {
		ratio += tr->recent[i].ratio / n;
		hz += tr->recent[i].freq_hz / n;
		cycles += tr->recent[i].cycles / n;
	}
	if (wide && (hz > CREPITUS_HZ || cycles > CREPITUS_CYCLES))
		return false;
	return ctx->movement != BP_MOVEMENT_UNKNOWN || ratio > LOUD_RATIO;
}

/* One event takes over; the others that were said already are taken back. */
static void start(struct bp_train *tr, struct bp_book *book, uint32_t first,
		  const struct bp_candidate *c, int64_t now_ns)
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
			ev->class_ = BP_CLASS_CREPITUS;
			ev->end_ns = last->onset_ns;
			ev->confidence = CONFIDENCE;
		} else if (now_ns - ev->onset_ns < WITHDRAW_NS) {
			ev->class_ = BP_CLASS_ARTEFACT;
			ev->reason = BP_REASON_OTHER;
		} else {
			ev->class_ = BP_CLASS_CREPITUS;
			ev->confidence = CONFIDENCE;
		}
		bp_book_revise(book, ev, now_ns);
	}
	if (!tr->number) {
		struct bp_event ev;

		bp_candidate_describe(&ev, c);
		ev.class_ = BP_CLASS_CREPITUS;
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
		   bool crackly, bool wide, uint32_t noise, int64_t now_ns)
{
	uint32_t first, n = 0;
	int64_t span;

	if (crackly && bp_train_absorbs(tr, c)) {
		tr->last_ns = c->onset_ns;
		tr->crackles++;
		tr->peak += (c->shape[tr->stream].peak - tr->peak) / (float)tr->crackles;
		return true;
	}
	remember(tr, c, crackly);
	if (!crackly)
		return false;
	for (first = 0; c->onset_ns - tr->recent[first].onset_ns > WINDOW_NS; first++)
		;
	for (uint32_t i = first; i < tr->n; i++)
		n += tr->recent[i].crackly;
	span = c->onset_ns - tr->recent[first].onset_ns;
	if (n < CRACKLES || (span < SPAN_NS && n < MANY) || noise * NOISE_SHARE > n ||
	    !crepitates(tr, first, &c->context, wide))
		return false;
	start(tr, book, first, c, now_ns);
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
