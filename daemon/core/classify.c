// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/classify.h"

/* Before recurrence has spoken, a sharp event under load is most often a cavitation. */
#define FIRST_LOADED	0.65f
#define FIRST_PLAIN	0.6f
#define WEAK_PLAIN	0.3f
#define LOADED_VOLUME	1.3f	/* of the median breath: a deep one */

static bool loaded(const struct bp_context *ctx)
{
	return ctx->movement == BP_MOVEMENT_TWIST || ctx->movement == BP_MOVEMENT_BEND ||
	       (ctx->volume > LOADED_VOLUME);
}

/* The same site again, too early for a joint. */
static bool repeats(const struct bp_site *site, const struct bp_event *ev)
{
	return site && ev->onset_ns - site->last_ns < BP_REFRACTORY_NS;
}

void bp_classify(struct bp_event *ev, const struct bp_candidate *c, struct bp_memory *mem,
		 const struct bp_stream *s)
{
	float like;
	const struct bp_site *site = bp_memory_find(mem, c, s, &like);

	ev->site = site ? site->number : 0;
	ev->class_ = BP_CLASS_CAVITATION;
	ev->confidence = loaded(&c->context) ? FIRST_LOADED : FIRST_PLAIN;
	if (bp_candidate_weak(c)) {
		ev->class_ = BP_CLASS_UNCLASSIFIED;
		ev->confidence = WEAK_PLAIN;
		ev->site = 0;
	} else if (repeats(site, ev)) {
		ev->class_ = BP_CLASS_SNAP;
		ev->confidence = like;
	}
}

void bp_classify_settle(struct bp_event *ev, const struct bp_candidate *c, struct bp_memory *mem,
			const struct bp_stream *s, struct bp_book *book, int64_t now_ns)
{
	struct bp_event said = *ev;
	struct bp_site *site;
	float like;

	/* Too weak to be known again, or to be told from a lung's crackle. */
	if (bp_candidate_weak(c))
		return;
	site = bp_memory_find(mem, c, s, &like);

	ev->class_ = BP_CLASS_CAVITATION;
	ev->confidence = loaded(&c->context) ? FIRST_LOADED : FIRST_PLAIN;
	if (repeats(site, ev)) {
		struct bp_event *former = bp_book_find(book, site->last_event);

		ev->class_ = BP_CLASS_SNAP;
		ev->confidence = like;
		if (former && former->class_ == BP_CLASS_CAVITATION) {
			former->class_ = BP_CLASS_SNAP;
			former->confidence = like;
			bp_book_revise(book, former, now_ns);
		}
	}
	site = bp_memory_learn(mem, site, c, s, ev);
	ev->site = site->number;
	if (ev->class_ != said.class_ || ev->site != said.site)
		bp_book_revise(book, ev, now_ns);
}
