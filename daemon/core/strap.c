// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/book.h"
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

/* The next transient of the candidate's size behind @t_ns (before it, if @step < 0), or NULL. */
static const struct bp_stroke *next(const struct bp_strap *st, const struct bp_candidate *c,
				    int64_t t_ns, int step)
{
	int k = bp_candidate_main(c);
	const struct bp_stroke *best = NULL;

	for (uint32_t i = 0; i < BP_STROKES && i < st->n; i++) {
		const struct bp_stroke *s = &st->seen[i];
		int64_t far = (s->onset_ns - t_ns) * step;

		if (far > 0 && far < MOST_NS && s->peak[k] > BETWEEN * c->shape[k].peak &&
		    (!best || far < (best->onset_ns - t_ns) * step))
			best = s;
	}
	return best;
}

/*
 * How far strokes like the candidate follow each other, forwards or backwards: the
 * last one's distance, the widest gap in @gap_ns; 0 = the next is another sound.
 */
static int64_t run(const struct bp_strap *st, const struct bp_candidate *c, int step, int64_t *gap_ns)
{
	int64_t t = c->onset_ns;
	const struct bp_stroke *s;

	while ((s = next(st, c, t, step)) != NULL && alike(s, c)) {
		int64_t gap = (s->onset_ns - t) * step;

		if (gap > *gap_ns)
			*gap_ns = gap;
		t = s->onset_ns;
	}
	return (t - c->onset_ns) * step;
}

bool bp_strap_goes_on(const struct bp_strap *st, const struct bp_candidate *c)
{
	int64_t gap = 0;

	return run(st, c, -1, &gap) + run(st, c, 1, &gap) > BP_MANOEUVRE_NS;
}

float bp_strap_stroke(const struct bp_strap *st, const struct bp_candidate *c)
{
	int64_t gap = 0, before = run(st, c, -1, &gap), after = run(st, c, 1, &gap);

	if (gap > LEAST_NS || before + after > BP_MANOEUVRE_NS)
		return (float)(before + after) * 1e-9f;
	return 0;
}
