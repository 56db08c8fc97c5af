// SPDX-License-Identifier: GPL-2.0-or-later
/* Argument reduction after Cody & Waite, then plain series. */
#include "gmath.h"

#include <math.h>

/* ln 2 and pi/2 in parts: the first ones have so few digits that k times them is exact. */
#define LN2_HI		6.93147180369123816490e-01
#define LN2_LO		1.90821492927058770002e-10
#define PIO2_1		1.57079632673412561417e+00
#define PIO2_2		6.07710050630396597660e-11
#define PIO2_3		2.02226624871116645580e-21

/* 1/n for exp(), 1/(n (n - 1)) for the sines: a product is cheaper than a quotient. */
#define EXP_TERMS	14
#define SINE_TERMS	20
static const double inverse[EXP_TERMS + 1] = {
	0.0, 1.0, 1.0 / 2, 1.0 / 3, 1.0 / 4, 1.0 / 5, 1.0 / 6, 1.0 / 7, 1.0 / 8, 1.0 / 9, 1.0 / 10,
	1.0 / 11, 1.0 / 12, 1.0 / 13, 1.0 / 14
};
static const double pair_inverse[SINE_TERMS] = {
	0.0, 0.0, 1.0 / 2, 1.0 / 6, 1.0 / 12, 1.0 / 20, 1.0 / 30, 1.0 / 42, 1.0 / 56, 1.0 / 72,
	1.0 / 90, 1.0 / 110, 1.0 / 132, 1.0 / 156, 1.0 / 182, 1.0 / 210, 1.0 / 240, 1.0 / 272,
	1.0 / 306, 1.0 / 342
};

double gm_exp(double x)
{
	double k, r, sum = 1.0;

	if (x < -700.0)
		return 0.0;
	if (x > 700.0)
		x = 700.0;
	k = floor(x / (LN2_HI + LN2_LO) + 0.5);
	r = (x - k * LN2_HI) - k * LN2_LO;
	for (int n = EXP_TERMS; n > 0; n--)
		sum = 1.0 + sum * r * inverse[n];
	return ldexp(sum, (int)k);
}

double gm_log(double x)
{
	int e;
	double m = frexp(x, &e), s, z, sum = 0.0;

	if (m < 0.70710678118654752440) {
		m *= 2.0;
		e--;
	}
	s = (m - 1.0) / (m + 1.0);
	z = s * s;
	for (int n = 23; n > 0; n -= 2)
		sum = sum * z + 1.0 / n;
	return 2.0 * s * sum + e * LN2_LO + e * LN2_HI;
}

double gm_log10(double x)
{
	return gm_log(x) * 0.43429448190325182765;
}

double gm_pow(double x, double y)
{
	return x > 0.0 ? gm_exp(y * gm_log(x)) : 0.0;
}

/* sin(x + quarters * pi/2) */
static double sine(double x, long quarters)
{
	double k = floor(x / (PIO2_1 + PIO2_2) + 0.5);
	double r = ((x - k * PIO2_1) - k * PIO2_2) - k * PIO2_3;
	double z = r * r, sum = 1.0;
	long turn = ((long)k + quarters) & 3;

	if (turn & 1) {
		for (int n = 18; n > 0; n -= 2)
			sum = 1.0 - sum * z * pair_inverse[n];
	} else {
		for (int n = 19; n > 1; n -= 2)
			sum = 1.0 - sum * z * pair_inverse[n];
		sum *= r;
	}
	return turn & 2 ? -sum : sum;
}

double gm_sin(double x)
{
	return sine(x, 0);
}

double gm_cos(double x)
{
	return sine(x, 1);
}

double gm_tan(double x)
{
	return gm_sin(x) / gm_cos(x);
}

double gm_acos(double x)
{
	double lo = 0.0, hi = M_PI;

	/* cos() falls from 1 to -1: halve until the ends meet. */
	for (int i = 0; i < 54; i++) {
		double mid = 0.5 * (lo + hi);

		if (gm_cos(mid) > x)
			lo = mid;
		else
			hi = mid;
	}
	return 0.5 * (lo + hi);
}

double gm_tanh(double x)
{
	return 1.0 - 2.0 / (gm_exp(2.0 * x) + 1.0);
}

double gm_cosh(double x)
{
	double e = gm_exp(x);

	return 0.5 * (e + 1.0 / e);
}

double gm_hypot(double x, double y)
{
	return sqrt(x * x + y * y);
}
