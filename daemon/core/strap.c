// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/strap.h"

#define MS		1000000LL	/* ns */
#define LEAST_NS	(92 * MS)	/* pops are 60 ms apart at most, or one between them was missed */
#define MOST_NS		(400 * MS)	/* the slowest creak, slowing down */
#define PITCH_LIKE	1.2f		/* strokes differ by 10 % either way */
#define PEAK_LIKE	2.2f		/* and by half of the peak */
#define BETWEEN		0.15f		/* of the peak: this is not silence */

void bp_strap_note(struct bp_strap *st, const struct bp_candidate *c)
{
	struct bp_stroke *s = &st->seen[st->n % BP_STROKES];

	*s = (struct bp_stroke){ .onset_ns = c->onset_ns };
	for (int k = 0; k < BP_STREAMS; k++)
		if (c->shape[k].seen) {
			s->peak[k] = c->shape[k].peak;
			s->freq_hz[k] = c->shape[k].freq_hz;
		}
	/* Full circle and back to full, so that the count never wraps to "empty". */
	if (++st->n == 2 * BP_STROKES)
		st->n = BP_STROKES;
}

static bool within(float a, float b, float times)
{
	return a < b * times && b < a * times;
}

static bool alike(const struct bp_stroke *s, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);

	return within(s->freq_hz[k], c->shape[k].freq_hz, PITCH_LIKE) &&
	       within(s->peak[k], c->shape[k].peak, PEAK_LIKE);
}

/* Nothing between the candidate and what came @apart before it (or after, if negative)? */
static bool silent(const struct bp_strap *st, const struct bp_candidate *c, int64_t apart)
{
	int k = bp_candidate_main(c);

	for (uint32_t i = 0; i < BP_STROKES && i < st->n; i++) {
		const struct bp_stroke *s = &st->seen[i];
		int64_t at = c->onset_ns - s->onset_ns;

		if (s->peak[k] > BETWEEN * c->shape[k].peak &&
		    (apart > 0 ? at > 0 && at < apart : at < 0 && at > apart))
			return false;
	}
	return true;
}

float bp_strap_stroke(const struct bp_strap *st, const struct bp_candidate *c)
{
	for (uint32_t i = 0; i < BP_STROKES && i < st->n; i++) {
		int64_t apart = c->onset_ns - st->seen[i].onset_ns;
		int64_t far = apart < 0 ? -apart : apart;

		if (far > LEAST_NS && far < MOST_NS && alike(&st->seen[i], c) && silent(st, c, apart))
			return (float)apart * 1e-9f;
	}
	return 0;
}
