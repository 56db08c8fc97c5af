/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Second-order filter sections over four lanes (x, y, z and one spare), the
 * only arithmetic that runs on every sample.
 *
 * Lanes are one GCC vector, so x86-64 and arm64 compute the same operations in
 * the same order; with contraction off the results are bit-equal.
 */
#ifndef BACKPOP_CORE_FILTER_H
#define BACKPOP_CORE_FILTER_H

#ifdef __SSE__
#include <xmmintrin.h>
#endif

typedef float bp_v4 __attribute__((vector_size(16)));
typedef int bp_v4i __attribute__((vector_size(16)));
typedef long long bp_v2l __attribute__((vector_size(16)));

/*
 * Transposed direct form II: two states, short dependency chain.  Coefficients are
 * the same in all lanes; b2 of these high-passes and low-passes is b0.
 */
struct bp_biquad {
	bp_v4 b0, b1, a1, a2;
};

struct bp_biquad_state {
	bp_v4 s1, s2;
};

/* Quality factors of the two sections of a fourth-order Butterworth filter. */
#define BP_Q_BUTTERWORTH4_A	0.54119610
#define BP_Q_BUTTERWORTH4_B	1.30656296
#define BP_Q_BUTTERWORTH2	0.70710678

/**
 * bp_highpass() - design a second-order high-pass section (bilinear)
 * @f_hz:	corner, 0 < @f_hz < 0.49 @rate_hz
 * @q:		quality factor
 */
void bp_highpass(struct bp_biquad *c, double f_hz, double rate_hz, double q);
void bp_lowpass(struct bp_biquad *c, double f_hz, double rate_hz, double q);

/* Set the state as if @x had been the input for ever: no start-up transient. */
void bp_biquad_prime(const struct bp_biquad *c, struct bp_biquad_state *s, bp_v4 x);

static inline bp_v4 bp_biquad_step(const struct bp_biquad *c, struct bp_biquad_state *s, bp_v4 x)
{
	bp_v4 bx = c->b0 * x, y = bx + s->s1;

	s->s1 = c->b1 * x - c->a1 * y + s->s2;
	s->s2 = bx - c->a2 * y;
	return y;
}

/* @a where it is greater, else @b, for NaN and zeros of either sign, too: what SSE does in one. */
static inline bp_v4 bp_v4_max(bp_v4 a, bp_v4 b)
{
#ifdef __SSE__
	return _mm_max_ps(a, b);
#else
	bp_v4i m = a > b;

	return (bp_v4)(((bp_v4i)a & m) | ((bp_v4i)b & ~m));
#endif
}

/* The same the other way. */
static inline bp_v4 bp_v4_min(bp_v4 a, bp_v4 b)
{
#ifdef __SSE__
	return _mm_min_ps(a, b);
#else
	bp_v4i m = a < b;

	return (bp_v4)(((bp_v4i)a & m) | ((bp_v4i)b & ~m));
#endif
}

/* One bit per lane, lane 0 lowest, of what a comparison gave. */
static inline int bp_v4_bits(bp_v4i m)
{
#ifdef __SSE__
	return _mm_movemask_ps((__m128)m);
#else
	m &= (bp_v4i){ 1, 2, 4, 8 };
	return m[0] | m[1] | m[2] | m[3];
#endif
}

static inline bp_v4 bp_v4_abs(bp_v4 a)
{
	bp_v4i m = { 0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff };

	return (bp_v4)((bp_v4i)a & m);
}

#define BP_FLUSH_LEVEL	1e-15f	/* g or mV; any sensor's noise is 1e9 times more */

/* Replace states too small to matter by 0, so that silence never gets denormal and slow. */
static inline void bp_biquad_flush(struct bp_biquad_state *s)
{
	s->s1 = (bp_v4)((bp_v4i)s->s1 & (bp_v4_abs(s->s1) > BP_FLUSH_LEVEL));
	s->s2 = (bp_v4)((bp_v4i)s->s2 & (bp_v4_abs(s->s2) > BP_FLUSH_LEVEL));
}

#endif
