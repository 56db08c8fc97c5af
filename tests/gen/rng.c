// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xoshiro256** (Blackman & Vigna 2018), seeded through splitmix64 as its
 * authors advise, and the distributions that the signal model draws from.
 */
#include "rng.h"

#include <math.h>

#include "gmath.h"

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = (seed += 0x9e3779b97f4a7c15u);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		r->s[i] = z ^ (z >> 31);
	}
}

uint64_t rng_next(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

double rng_uniform(struct rng *r, double lo, double hi)
{
	return lo + (hi - lo) * ((double)(rng_next(r) >> 11) * 0x1p-53);
}

int rng_below(struct rng *r, int n)
{
	return (int)rng_uniform(r, 0.0, n);
}

double rng_normal(struct rng *r, double mean, double sd)
{
	/* Box-Muller; 1 - u is never 0. */
	double u = 1.0 - rng_uniform(r, 0.0, 1.0);

	return mean + sd * sqrt(-2.0 * gm_log(u)) * gm_cos(2.0 * M_PI * rng_uniform(r, 0.0, 1.0));
}

double rng_lognormal(struct rng *r, double median, double sigma)
{
	return median * gm_exp(rng_normal(r, 0.0, sigma));
}

double rng_loguniform(struct rng *r, double lo, double hi)
{
	return lo * gm_exp(rng_uniform(r, 0.0, gm_log(hi / lo)));
}

/* Marsaglia & Tsang 2000; a shape below 1 is boosted by one. */
double rng_gamma(struct rng *r, double shape, double mean)
{
	double boost = shape < 1.0 ? gm_pow(1.0 - rng_uniform(r, 0.0, 1.0), 1.0 / shape) : 1.0;
	double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
	double c = 1.0 / sqrt(9.0 * d);

	for (;;) {
		double x = rng_normal(r, 0.0, 1.0);
		double v = 1.0 + c * x;
		double u = 1.0 - rng_uniform(r, 0.0, 1.0);

		v = v * v * v;
		if (v > 0.0 && gm_log(u) < 0.5 * x * x + d - d * v + d * gm_log(v))
			return d * v * boost * mean / shape;
	}
}

int rng_poisson(struct rng *r, double mean)
{
	double limit = gm_exp(-mean), p = 1.0;
	int n = -1;

	do {
		p *= 1.0 - rng_uniform(r, 0.0, 1.0);
		n++;
	} while (p > limit);
	return n;
}
