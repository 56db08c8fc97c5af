// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How far figures would move with other sessions: percentile bootstrap, whole
 * sessions drawn with replacement, from a fixed seed so that a report repeats.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"
#include "score.h"

#define SEED	20260101

static int by_value(const void *pa, const void *pb)
{
	const double *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

static struct score_interval interval(double *v, size_t n)
{
	if (n < SCORE_RESAMPLES / 2)
		return (struct score_interval){ NAN, NAN };
	qsort(v, n, sizeof(*v), by_value);
	return (struct score_interval){ v[(size_t)(0.025 * (double)n)],
					v[(size_t)(0.975 * (double)(n - 1))] };
}

/* Keep a draw's figure, if it has one. */
static void keep(double *v, size_t *n, double figure)
{
	if (!isnan(figure))
		v[(*n)++] = figure;
}

void score_intervals(const struct score *s, struct score_interval *f1,
		     struct score_interval *alarms_per_hour, struct score_interval *macro_f1)
{
	static double v[3][SCORE_RESAMPLES];
	size_t n[3] = { 0 };
	struct rng r;

	rng_seed(&r, SEED);
	for (int i = 0; i < SCORE_RESAMPLES && s->n_sessions > 1; i++) {
		uint64_t confusion[CLASS_TRUE_COUNT][CLASS_COUNT] = { { 0 } };
		double hours = 0.0, hits = 0.0, alarms = 0.0, truths = 0.0;

		for (size_t k = 0; k < s->n_sessions; k++) {
			const struct score_counts *c =
				&s->sessions[rng_below(&r, (int)s->n_sessions)];

			hours += c->hours;
			hits += (double)c->hits;
			alarms += (double)c->false_alarms;
			truths += (double)c->truths;
			for (int a = 0; a < CLASS_TRUE_COUNT; a++)
				for (int b = 0; b < CLASS_COUNT; b++)
					confusion[a][b] += c->confusion[a][b];
		}
		keep(v[0], &n[0], truths > 0.0 ? 2.0 * hits / (hits + alarms + truths) : NAN);
		keep(v[1], &n[1], hours > 0.0 ? alarms / hours : NAN);
		keep(v[2], &n[2], score_counts_macro_f1(confusion));
	}
	*f1 = interval(v[0], n[0]);
	*alarms_per_hour = interval(v[1], n[1]);
	*macro_f1 = interval(v[2], n[2]);
}
