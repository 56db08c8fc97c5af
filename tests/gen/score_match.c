// SPDX-License-Identifier: GPL-2.0-or-later
/* Matches found events with true ones. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "score.h"

#define TRAIN_OVERLAP	0.5

static void pair_up(struct score_session *s, size_t t, size_t f)
{
	s->truth[t].match = (long)f;
	s->found[f].match = (long)t;
}

/* ---- sharp events: most pairs, then closest pairs ------------------------- */

/* Indices that take part in one round of matching, in time order. */
struct round {
	size_t *truth, *found;
	size_t n_truth, n_found;
};

struct cell {
	long pairs;
	double error;
	char from;	/* 'd' = pair, 't' = leave the truth, 'f' = leave the event */
};

static bool better(long pairs, double error, const struct cell *than)
{
	return pairs > than->pairs || (pairs == than->pairs && error < than->error);
}

/*
 * Best order-keeping alignment of a cluster; on a line the best matching never
 * needs to cross. truth[0..nt), found[0..nf) are indices into the session.
 */
static int align(struct score_session *s, double collar, const size_t *truth, size_t nt,
		 const size_t *found, size_t nf)
{
	size_t w = nf + 1;
	struct cell *cells = calloc((nt + 1) * w, sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	for (size_t i = 0; i <= nt; i++) {
		for (size_t j = 0; j <= nf; j++) {
			struct cell *c = &cells[i * w + j];
			const struct cell *d;
			double e;

			if (i == 0 || j == 0) {
				c->from = i ? 't' : 'f';
				continue;
			}
			*c = c[-1];
			c->from = 'f';
			if (better(c[-(long)w].pairs, c[-(long)w].error, c)) {
				*c = c[-(long)w];
				c->from = 't';
			}
			d = c - w - 1;
			e = fabs(s->found[found[j - 1]].onset_s - s->truth[truth[i - 1]].onset_s);
			if (e <= collar && better(d->pairs + 1, d->error + e, c))
				*c = (struct cell){ d->pairs + 1, d->error + e, 'd' };
		}
	}
	for (size_t i = nt, j = nf; i > 0 && j > 0;) {
		char from = cells[i * w + j].from;

		if (from == 'd')
			pair_up(s, truth[i - 1], found[j - 1]);
		i -= from != 'f';
		j -= from != 't';
	}
	free(cells);
	return 0;
}

/* Cut into clusters further apart than the collar, so that the tables stay small. */
static int match_round(struct score_session *s, double collar, const struct round *r)
{
	size_t t = 0, f = 0;

	while (t < r->n_truth && f < r->n_found) {
		size_t t0 = t, f0 = f;
		double end = -INFINITY;

		for (;;) {
			double next_t = t < r->n_truth ? s->truth[r->truth[t]].onset_s : INFINITY;
			double next_f = f < r->n_found ? s->found[r->found[f]].onset_s : INFINITY;
			double next = fmin(next_t, next_f);

			if (isinf(next) || (end > -INFINITY && next > end + collar))
				break;
			end = next;
			if (next_t <= next_f)
				t++;
			else
				f++;
		}
		if (t > t0 && f > f0 &&
		    align(s, collar, r->truth + t0, t - t0, r->found + f0, f - f0))
			return -ENOMEM;
	}
	return 0;
}

/* One round: truths that count, or those too quiet to count, with what is left. */
static int match_sharp(struct score_session *s, double collar, bool quiet)
{
	struct round r = {
		.truth = calloc(s->n_truth + 1, sizeof(size_t)),
		.found = calloc(s->n_found + 1, sizeof(size_t)),
	};
	int ret = -ENOMEM;

	if (r.truth && r.found) {
		for (size_t i = 0; i < s->n_truth; i++)
			if (score_is_sharp(s->truth[i].class_) && s->truth[i].quiet == quiet)
				r.truth[r.n_truth++] = i;
		for (size_t i = 0; i < s->n_found; i++)
			if (s->found[i].class_ != CLASS_ARTEFACT && s->found[i].match < 0)
				r.found[r.n_found++] = i;
		ret = match_round(s, collar, &r);
	}
	free(r.truth);
	free(r.found);
	return ret;
}

/* ---- trains ----------------------------------------------------------------- */

bool score_overlaps(const struct truth *t, const struct found *f, double collar)
{
	double common = fmin(t->end_s, f->end_s) - fmax(t->onset_s, f->onset_s);
	double shorter = fmin(t->end_s - t->onset_s, f->end_s - f->onset_s);

	/* One crackle heard of several, or all there is: 3 ms long, and a film lags by up to 5. */
	if (!score_is_train(f->class_) || f->end_s - f->onset_s < collar)
		return f->onset_s >= t->onset_s - collar && f->onset_s <= t->end_s + collar;
	return common >= TRAIN_OVERLAP * shorter && common >= 0.0;
}

/* The first event of @as_train kind that overlaps becomes the train's match. */
static void match_trains(struct score_session *s, double collar, bool as_train)
{
	for (size_t i = 0; i < s->n_truth; i++) {
		struct truth *t = &s->truth[i];

		if (!score_is_train(t->class_))
			continue;
		for (size_t k = 0; k < s->n_found; k++) {
			struct found *f = &s->found[k];

			if (f->class_ == CLASS_ARTEFACT || f->match >= 0 || f->ignored ||
			    score_is_train(f->class_) != as_train || !score_overlaps(t, f, collar))
				continue;
			if (t->match < 0)
				pair_up(s, i, k);
			else if (as_train || t->quiet)
				f->ignored = true;	/* a fragment, or not asked for */
		}
	}
}

/* ---- all ------------------------------------------------------------------------ */

int score_match(struct score_session *s, double collar)
{
	for (size_t i = 0; i < s->n_truth; i++)
		s->truth[i].match = -1;
	for (size_t i = 0; i < s->n_found; i++) {
		s->found[i].match = -1;
		s->found[i].ignored = false;
	}
	if (match_sharp(s, collar, false))
		return -ENOMEM;
	match_trains(s, collar, true);
	match_trains(s, collar, false);
	return match_sharp(s, collar, true);
}
