// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "core/classify.h"
#include "core/maths.h"

/* Before recurrence has spoken, a sharp event under load is most often a cavitation. */
#define FIRST_LOADED	0.93f
#define FIRST_PLAIN	0.88f
#define SAID_FIRST	0.8f	/* of what is said first of these so many stay cavitations */
#define WEAK_PLAIN	0.1f
#define WEAK_ODDS	1.6f	/* log-odds with which a weak one is held for a joint's at last */
#define WEAK_JOINT	0.8f	/* of these so many are */
#define CRACKLE_RATIO	50.0f	/* power over noise, 17 dB: a likeness to a tendon's is chance */
#define CRACKLE_G	0.040f	/* crackles: median 12 mg, 2 % beyond this (3.5) */
#define CRACKLE_ALONE	0.5f
#define SERIES		0.95f
#define EARLY		0.8f	/* of the silence: joints differ by this (17 to 25 min, 3.2) */

static float since_s(const struct bp_site *site, const struct bp_event *ev)
{
	return site ? (float)(ev->onset_ns - site->last_ns) * 1e-9f : NAN;
}

/*
 * The same site again, too early for its joint.  In the last part of the silence it
 * depends on the site: one that is known to snap does so again; of another it is more
 * likely that its joint is a quick one.
 */
static bool repeats(const struct bp_site *site, const struct bp_event *ev)
{
	float silent = bp_memory_silent_s(site), since = since_s(site, ev);

	return site && (since < EARLY * silent || (site->snaps && since < silent));
}

/*
 * An accelerometer hears but the loudest crackles of crepitus; what is so faint while
 * the trunk moves is one of these more often than a joint's.
 */
static bool crackles(const struct bp_candidate *c)
{
	const struct bp_shape *m = &c->shape[BP_MOTION];

	return bp_candidate_main(c) == BP_MOTION && m->ratio < CRACKLE_RATIO &&
	       m->peak < CRACKLE_G && bp_candidate_moves(c);
}

/* The class that a site, or its absence, makes of a sharp event. */
static void name(struct bp_event *ev, const struct bp_candidate *c, const struct bp_site *site,
		 float like, float joint)
{
	ev->site = site ? site->number : 0;
	ev->since_s = since_s(site, ev);
	if (repeats(site, ev)) {
		ev->class_ = BP_CLASS_SNAP;
		ev->confidence = like * joint;
		ev->silent_s = NAN;
		return;
	}
	ev->class_ = BP_CLASS_CAVITATION;
	ev->confidence = (bp_candidate_loaded(c) ? FIRST_LOADED : FIRST_PLAIN) * joint;
	ev->silent_s = bp_memory_silent_s(site);
}

void bp_classify(struct bp_event *ev, const struct bp_candidate *c, struct bp_memory *mem,
		 const struct bp_stream *s)
{
	float like;
	const struct bp_site *site = bp_memory_find(mem, c, s, &like);

	if (!bp_candidate_weak(c)) {
		name(ev, c, site, like, bp_logistic(c->odds));
		if (ev->class_ == BP_CLASS_CAVITATION)
			ev->confidence *= SAID_FIRST;
		return;
	}
	ev->class_ = BP_CLASS_UNCLASSIFIED;
	ev->confidence = WEAK_PLAIN;
}

/* What was heard last at a site was a snap, too. */
static void to_snap(struct bp_book *book, struct bp_site *site, float confidence, int64_t now_ns)
{
	struct bp_event *former = bp_book_find(book, site->last_event);

	if (!former ||
	    (former->class_ != BP_CLASS_CAVITATION && former->class_ != BP_CLASS_UNCLASSIFIED))
		return;
	former->class_ = BP_CLASS_SNAP;
	former->confidence = confidence;
	former->silent_s = NAN;
	site->snaps = true;
	bp_book_revise(book, former, now_ns);
}

void bp_classify_settle(struct bp_event *ev, const struct bp_candidate *c, struct bp_memory *mem,
			const struct bp_stream *s, struct bp_book *book, int64_t now_ns)
{
	struct bp_event said = *ev;
	struct bp_site *site, *other;
	uint32_t i = 0;
	bool weak = bp_candidate_weak(c), rests = bp_candidate_rests(c);
	float like, joint = bp_logistic(c->odds);

	if (weak)
		joint *= WEAK_JOINT;
	site = bp_memory_find(mem, c, s, &like);
	name(ev, c, site, like, joint);
	if (crackles(c) && ev->class_ != BP_CLASS_SNAP) {
		ev->class_ = BP_CLASS_CREPITUS;
		ev->confidence = CRACKLE_ALONE;
		ev->site = 0;
		ev->silent_s = NAN;
		bp_book_revise(book, ev, now_ns);
		return;
	}
	if (ev->class_ == BP_CLASS_CAVITATION && !rests && bp_memory_series(mem, site, c, true, &i)) {
		ev->class_ = BP_CLASS_SNAP;
		ev->confidence = SERIES * joint;
		ev->silent_s = NAN;
		site = NULL;
	} else if (ev->class_ == BP_CLASS_SNAP) {
		to_snap(book, site, ev->confidence, now_ns);
		for (i = 0; !rests && (other = bp_memory_series(mem, site, c, false, &i)) != NULL;)
			to_snap(book, other, SERIES * joint, now_ns);
	}
	/* Of a weak one that nothing else tells it takes more to be told from a lung's crackle. */
	if (weak && ev->class_ == BP_CLASS_CAVITATION && c->odds < WEAK_ODDS) {
		ev->class_ = BP_CLASS_UNCLASSIFIED;
		ev->confidence = WEAK_PLAIN;
		ev->silent_s = NAN;
	}
	site = bp_memory_learn(mem, site, c, s, ev);
	ev->site = site->number;
	if (ev->class_ == BP_CLASS_CAVITATION)
		ev->silent_s = bp_memory_silent_s(site);
	if (ev->class_ != said.class_ || ev->site != said.site ||
	    fabsf(ev->confidence - said.confidence) > BP_SURER ||
	    (ev->class_ == BP_CLASS_CAVITATION && ev->silent_s != said.silent_s))
		bp_book_revise(book, ev, now_ns);
}
