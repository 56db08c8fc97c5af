// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/filter.h"

#define PI		3.14159265358979323846
#define TAYLOR_TERMS	14	/* exact to the last bit of a double below pi/2 */

/*
 * tan() of 0..0.49 pi by Taylor series: the C library's is not the same to the
 * last bit on every platform, and everything after it depends on the coefficients.
 */
static double tangent(double x)
{
	double s = 0, c = 0, term = 1;

	for (int i = 0; i < 2 * TAYLOR_TERMS; i++) {
		double sign = i & 2 ? -1 : 1;

		if (i & 1)
			s += sign * term;
		else
			c += sign * term;
		term *= x / (i + 1);
	}
	return s / c;
}

static bp_v4 all_lanes(double x)
{
	float v = (float)x;

	return (bp_v4){ v, v, v, v };
}

static void design(struct bp_biquad *c, double f_hz, double rate_hz, double q, int high)
{
	double k = tangent(PI * f_hz / rate_hz);
	double norm = 1 / (1 + k / q + k * k);
	double b = high ? norm : k * k * norm;

	c->b0 = all_lanes(b);
	c->b1 = high ? -2 * c->b0 : 2 * c->b0;
	c->a1 = all_lanes(2 * (k * k - 1) * norm);
	c->a2 = all_lanes((1 - k / q + k * k) * norm);
}

void bp_highpass(struct bp_biquad *c, double f_hz, double rate_hz, double q)
{
	design(c, f_hz, rate_hz, q, 1);
}

void bp_lowpass(struct bp_biquad *c, double f_hz, double rate_hz, double q)
{
	design(c, f_hz, rate_hz, q, 0);
}

/* What the section gives for ever for a constant input of 1. */
static float dc_gain(const struct bp_biquad *c)
{
	return (c->b0[0] + c->b1[0] + c->b0[0]) / (1 + c->a1[0] + c->a2[0]);
}

void bp_biquad_prime(const struct bp_biquad *c, struct bp_biquad_state *s, bp_v4 x)
{
	bp_v4 y = dc_gain(c) * x;

	s->s1 = y - c->b0 * x;
	s->s2 = c->b0 * x - c->a2 * y;
}
