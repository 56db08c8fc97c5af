// SPDX-License-Identifier: GPL-2.0-or-later
/* Matches found events with true ones and adds up. */
#include "score.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_S		0.3	/* a false alarm this close to an event: found twice */
#define ARTEFACT_S	0.1	/* still the artefact's doing this long around it */
#define TTL_WAIT_S	0.5
#define TRAIN_OVERLAP	0.5

static bool is_sharp(enum score_class c)
{
	return c == CLASS_CAVITATION || c == CLASS_SNAP;
}

static bool is_train(enum score_class c)
{
	return c == CLASS_CREPITUS || c == CLASS_LUNG_CRACKLE;
}

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
			if (is_sharp(s->truth[i].class_) && s->truth[i].quiet == quiet)
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

static bool overlaps(const struct truth *t, const struct found *f, double collar)
{
	double common = fmin(t->end_s, f->end_s) - fmax(t->onset_s, f->onset_s);
	double shorter = fmin(t->end_s - t->onset_s, f->end_s - f->onset_s);

	if (!is_train(f->class_))
		return f->onset_s >= t->onset_s - collar && f->onset_s <= t->end_s + collar;
	return common >= TRAIN_OVERLAP * shorter && common >= 0.0;
}

/* The first event of @as_train kind that overlaps becomes the train's match. */
static void match_trains(struct score_session *s, double collar, bool as_train)
{
	for (size_t i = 0; i < s->n_truth; i++) {
		struct truth *t = &s->truth[i];

		if (!is_train(t->class_))
			continue;
		for (size_t k = 0; k < s->n_found; k++) {
			struct found *f = &s->found[k];

			if (f->class_ == CLASS_ARTEFACT || f->match >= 0 || f->ignored ||
			    is_train(f->class_) != as_train || !overlaps(t, f, collar))
				continue;
			if (t->match < 0)
				pair_up(s, i, k);
			else if (as_train)
				f->ignored = true;	/* a fragment */
		}
	}
}

/* ---- sums --------------------------------------------------------------------- */

static void add_sample(struct score *score, struct samples *x, double v)
{
	if ((x->n & (x->n - 1)) == 0) {
		double *grown = realloc(x->v, (x->n ? 2 * x->n : 1) * sizeof(*grown));

		if (!grown) {
			score->failed = true;
			return;
		}
		x->v = grown;
	}
	x->v[x->n++] = v;
}

static enum score_cause cause_of(const struct score_session *s, double onset_s)
{
	enum score_cause cause = CAUSE_NOTHING;

	for (size_t i = 0; i < s->n_truth; i++) {
		const struct truth *t = &s->truth[i];
		double from = t->onset_s - ARTEFACT_S, to = t->end_s + ARTEFACT_S;

		if (t->class_ == CLASS_ARTEFACT && onset_s >= from && onset_s <= to)
			return t->cause;
		if (is_train(t->class_) && onset_s >= from && onset_s <= to)
			cause = CAUSE_TRAIN;
		else if (is_sharp(t->class_) && fabs(onset_s - t->onset_s) <= NEAR_S &&
			 cause == CAUSE_NOTHING)
			cause = CAUSE_EVENT;
	}
	return cause;
}

static void add_hit(struct score *score, const struct score_session *s, const struct truth *t,
		    const struct found *f)
{
	score->hits++;
	score->by_class_hits[t->class_]++;
	score->confusion[t->class_][f->class_]++;
	if (!is_sharp(t->class_))
		return;
	add_sample(score, &score->onset_error_s, f->onset_s - t->onset_s);
	if (!isnan(f->first_emitted_s))
		add_sample(score, &score->latency_s, f->first_emitted_s - t->onset_s);
	if (!isnan(f->arrival_s))
		add_sample(score, &score->arrival_s, f->arrival_s - t->onset_s);
	for (size_t i = 0; i < s->n_edges; i++) {
		double after = s->edges_s[i] - t->onset_s;

		if (after >= 0.0 && after <= TTL_WAIT_S) {
			add_sample(score, &score->ttl_s, after);
			break;
		}
	}
}

static void add_truths(struct score *score, const struct score_session *s)
{
	for (size_t i = 0; i < s->n_truth; i++) {
		const struct truth *t = &s->truth[i];

		if (t->class_ == CLASS_ARTEFACT)
			continue;
		if (t->quiet) {
			score->quiet++;
			continue;
		}
		score->truths++;
		score->by_class_truths[t->class_]++;
		if (t->match >= 0)
			add_hit(score, s, t, &s->found[t->match]);
	}
}

/* A true event stood there, and it was taken back. */
static bool lies_on_event(const struct score_session *s, double onset_s, double collar)
{
	for (size_t i = 0; i < s->n_truth; i++) {
		const struct truth *t = &s->truth[i];

		if (is_sharp(t->class_) && !t->quiet && t->match < 0 &&
		    fabs(onset_s - t->onset_s) <= collar)
			return true;
	}
	return false;
}

static void add_found(struct score *score, const struct score_session *s)
{
	for (size_t i = 0; i < s->n_found; i++) {
		const struct found *f = &s->found[i];

		if (f->class_ == CLASS_ARTEFACT) {
			double after = f->last_emitted_s - f->onset_s;

			score->withdrawn++;
			score->withdrawn_late += after > SCORE_SETTLE_S;
			score->withdrawn_true += lies_on_event(s, f->onset_s, score->opt.collar_s);
			add_sample(score, &score->withdrawal_s, after);
		} else if (f->ignored) {
			score->fragments++;
		} else if (f->match < 0) {
			score->false_alarms++;
			score->by_cause[cause_of(s, f->onset_s)]++;
		}
	}
}

/* Breaths in which the lungs crackled and something there is held for a cavitation. */
static uint64_t count_lung_cavitations(const struct score_session *s, double collar)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n_truth; i++) {
		const struct truth *t = &s->truth[i];

		if (t->class_ != CLASS_LUNG_CRACKLE || t->quiet)
			continue;
		for (size_t k = 0; k < s->n_found; k++) {
			const struct found *f = &s->found[k];
			bool own = f->match < 0 || f->match == (long)i;

			if (own && f->class_ == CLASS_CAVITATION && overlaps(t, f, collar)) {
				n++;
				break;
			}
		}
	}
	return n;
}

int score_add(struct score *score, struct score_session *s)
{
	double collar = score->opt.collar_s;

	if (match_sharp(s, collar, false))
		return -ENOMEM;
	match_trains(s, collar, true);
	match_trains(s, collar, false);
	if (match_sharp(s, collar, true))
		return -ENOMEM;

	score->hours += s->duration_s / 3600.0;
	add_truths(score, s);
	add_found(score, s);
	score->lung_called_cavitation += count_lung_cavitations(s, collar);
	return score->failed ? -ENOMEM : 0;
}

void score_init(struct score *score, const struct score_options *opt)
{
	memset(score, 0, sizeof(*score));
	score->opt = *opt;
}

void score_free(struct score *score)
{
	free(score->onset_error_s.v);
	free(score->latency_s.v);
	free(score->arrival_s.v);
	free(score->ttl_s.v);
	free(score->withdrawal_s.v);
}

/* ---- figures ------------------------------------------------------------------ */

static double ratio(double a, double b)
{
	return b > 0.0 ? a / b : NAN;
}

double score_precision(const struct score *s)
{
	return ratio((double)s->hits, (double)(s->hits + s->false_alarms));
}

double score_recall(const struct score *s)
{
	return ratio((double)s->hits, (double)s->truths);
}

double score_f1(const struct score *s)
{
	return ratio(2.0 * (double)s->hits, (double)(s->hits + s->false_alarms + s->truths));
}

double score_class_f1(const struct score *s, enum score_class c)
{
	uint64_t truths = 0, called = 0;

	for (int k = 0; k < CLASS_COUNT; k++)
		truths += s->confusion[c][k];
	for (int k = 0; k < CLASS_TRUE_COUNT; k++)
		called += s->confusion[k][c];
	return ratio(2.0 * (double)s->confusion[c][c], (double)(truths + called));
}

double score_macro_f1(const struct score *s)
{
	double sum = 0.0;
	int n = 0;

	for (int c = 0; c < CLASS_TRUE_COUNT; c++) {
		if (s->by_class_hits[c] == 0)
			continue;
		sum += score_class_f1(s, (enum score_class)c);
		n++;
	}
	return ratio(sum, n);
}

double score_alarms_per_hour(const struct score *s)
{
	return ratio((double)s->false_alarms, s->hours);
}

static int by_value(const void *pa, const void *pb)
{
	const double *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

double score_percentile(struct samples *x, double p)
{
	size_t rank;

	if (x->n == 0)
		return NAN;
	qsort(x->v, x->n, sizeof(*x->v), by_value);
	rank = (size_t)ceil(p / 100.0 * (double)x->n);
	return x->v[rank ? rank - 1 : 0];
}
