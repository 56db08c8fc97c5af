// SPDX-License-Identifier: GPL-2.0-or-later
/* What the sums say: precision, recall, F1, percentiles... */
#include <math.h>
#include <stdlib.h>

#include "score.h"

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

double score_strict_f1(const struct score *s)
{
	return ratio(2.0 * (double)s->strict_hits,
		     (double)(s->strict_hits + s->strict_alarms + s->truths));
}

double score_lung_share(const struct score *s)
{
	return ratio((double)s->lung_called_cavitation,
		     (double)s->by_class_truths[CLASS_LUNG_CRACKLE]);
}

double score_calibration_error(const struct score_reliability *r)
{
	double sum = 0.0, n = 0.0;

	for (int i = 0; i < SCORE_BINS; i++) {
		sum += fabs(r->confidence[i] - (double)r->right[i]);
		n += (double)r->events[i];
	}
	return ratio(sum, n);
}

/* NaN where the class was never true. */
static double class_f1(const uint64_t confusion[CLASS_TRUE_COUNT][CLASS_COUNT], int c)
{
	uint64_t truths = 0, called = 0;

	for (int k = 0; k < CLASS_COUNT; k++)
		truths += confusion[c][k];
	for (int k = 0; k < CLASS_TRUE_COUNT; k++)
		called += confusion[k][c];
	return truths ? ratio(2.0 * (double)confusion[c][c], (double)(truths + called)) : NAN;
}

double score_class_f1(const struct score *s, enum score_class c)
{
	return class_f1(s->confusion, (int)c);
}

double score_counts_macro_f1(const uint64_t confusion[CLASS_TRUE_COUNT][CLASS_COUNT])
{
	double sum = 0.0;
	int n = 0;

	for (int c = 0; c < CLASS_TRUE_COUNT; c++) {
		double f1 = class_f1(confusion, c);

		if (isnan(f1))
			continue;
		sum += f1;
		n++;
	}
	return ratio(sum, n);
}

double score_macro_f1(const struct score *s)
{
	return score_counts_macro_f1(s->confusion);
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
