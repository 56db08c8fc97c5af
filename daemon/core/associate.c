// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/associate.h"
#include "core/reject.h"

#define FINE_RATIO	100.0f		/* power over noise (20 dB): onset good to a sample */
/*
 * A film lags by up to 5 ms (3.9), each stream is a sample off, and a strong one rings before in a
 * filter without phase; pops are 8 ms apart at the least (3.2).
 */
#define LATE_NS		7500000
#define LATE_FINE_NS	6500000		/* where onsets are good to a millisecond, */
#define FINE_HZ		2000.0f		/* from here on */

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

void bp_associate_note(struct bp_associate *a, const struct bp_candidate *c)
{
	a->onset_ns = c->onset_ns;
	for (int k = 0; k < BP_STREAMS; k++)
		a->ratio[k] = c->shape[k].ratio;
}

bool bp_associate_again(const struct bp_candidate *c, const struct bp_stream *streams,
			struct bp_book *book)
{
	int64_t late = streams[bp_candidate_main(c)].rate_hz > FINE_HZ ? LATE_FINE_NS : LATE_NS;
	const struct bp_event *ev = bp_book_find(book, c->number - 1);

	return ev && ev->class_ != BP_CLASS_ARTEFACT && c->onset_ns - ev->onset_ns < late;
}
