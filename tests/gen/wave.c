// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "gen.h"

int gen_wave_alloc(struct gen_wave *w, double begin_s, double length_s, bool film)
{
	w->start = (int64_t)floor(begin_s * GEN_RATE);
	w->n = (size_t)ceil(length_s * GEN_RATE) + 1;
	w->acc = calloc(w->n, sizeof(*w->acc));
	w->film = film ? calloc(w->n, sizeof(*w->film)) : NULL;
	if (!w->acc || (film && !w->film)) {
		gen_wave_free(w);
		return -ENOMEM;
	}
	return 0;
}

void gen_wave_free(struct gen_wave *w)
{
	free(w->acc);
	free(w->film);
	w->acc = NULL;
	w->film = NULL;
}

void gen_direction(double dir[3], double spread, struct rng *r)
{
	double norm;

	dir[0] = rng_normal(r, 0.0, spread);
	dir[1] = rng_normal(r, 0.0, spread);
	dir[2] = 1.0;
	norm = sqrt(dir[0] * dir[0] + dir[1] * dir[1] + 1.0);
	for (int i = 0; i < 3; i++)
		dir[i] /= norm;
}

static double peak_of(const float *x, size_t n)
{
	float peak = 0.0f;

	for (size_t i = 0; i < n; i++)
		if (fabsf(x[i]) > peak)
			peak = fabsf(x[i]);
	return (double)peak;
}

void gen_scale_to(float *x, size_t n, double peak)
{
	double now = peak_of(x, n);
	float scale = now > 0.0 ? (float)(peak / now) : 0.0f;

	for (size_t i = 0; i < n; i++)
		x[i] *= scale;
}

double gen_wave_length(const float *x, size_t n, double share)
{
	double limit = share * peak_of(x, n);

	while (n > 0 && fabs((double)x[n - 1]) < limit)
		n--;
	return (double)n / GEN_RATE;
}
