/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers of the generator: xoshiro256**, all from one 64-bit seed. */
#ifndef GEN_RNG_H
#define GEN_RNG_H

#include <stdint.h>

/* One call an expression: C leaves the order of two open, and compilers differ. */
struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
double rng_uniform(struct rng *r, double lo, double hi);
int rng_below(struct rng *r, int n);			/* 0 .. n-1 */
double rng_normal(struct rng *r, double mean, double sd);
double rng_lognormal(struct rng *r, double median, double sigma);
double rng_loguniform(struct rng *r, double lo, double hi);
double rng_gamma(struct rng *r, double shape, double mean);
int rng_poisson(struct rng *r, double mean);

#endif
