// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/associate.h"
#include "core/reject.h"

#define FINE_RATIO	100.0f		/* power over noise (20 dB): onset good to a sample */
#define LATE_NS		7500000		/* a film lags by up to 5 ms (3.9), and each stream is a sample off */
#define LATE_GAIN	2.0f		/* of power over noise */
#define LATE_SHIFT	1.2f		/* what one stream has gained of it beside the other */

void bp_associate_init(struct bp_associate *a)
{
	*a = (struct bp_associate){ .onset_ns = INT64_MIN / 2 };
}

int64_t bp_associate_onset(const struct bp_candidate *c, const struct bp_stream *streams)
{
	int k = bp_candidate_main(c), o = 1 - k;
	const struct bp_shape *other = &c->shape[o];

	if (other->seen && other->ratio > FINE_RATIO && streams[o].rate_hz > streams[k].rate_hz)
		k = o;
	return c->shape[k].onset_ns;
}

bool bp_associate_same(const struct bp_associate *a, const struct bp_candidate *c)
{
	int64_t apart = c->onset_ns - a->onset_ns;
	float ratio = c->shape[bp_candidate_main(c)].ratio;
	float before = a->ratio[a->ratio[BP_FILM] > a->ratio[BP_MOTION] ? BP_FILM : BP_MOTION];

	return apart < BP_SAME_NS && !(before < BP_SURE_RATIO && ratio > BP_SURE_RATIO) &&
	       ratio < BP_FLANK * before;
}

/*
 * Perhaps one transient that the streams show one after the other: the second has gained in
 * the stream that hears it best by now alone.  Of two transients both streams show the second.
 */
static bool came_late(const struct bp_associate *a, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c), o = 1 - k;
	float mine = c->shape[k].ratio, other = c->shape[o].ratio;

	return mine > a->ratio[k] && other < LATE_GAIN * a->ratio[o] &&
	       mine * a->ratio[o] > LATE_SHIFT * other * a->ratio[k];
}

void bp_associate_note(struct bp_associate *a, struct bp_candidate *c)
{
	c->late = c->onset_ns - a->onset_ns < LATE_NS && came_late(a, c);
	a->onset_ns = c->onset_ns;
	for (int k = 0; k < BP_STREAMS; k++)
		a->ratio[k] = c->shape[k].ratio;
}

bool bp_associate_again(const struct bp_candidate *c, struct bp_book *book)
{
	const struct bp_event *ev = bp_book_find(book, c->number - 1);

	return c->late && ev && ev->class_ != BP_CLASS_ARTEFACT && c->onset_ns - ev->onset_ns < LATE_NS;
}
