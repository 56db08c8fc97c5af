/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few functions that the C library computes differently from platform to
 * platform, made of operations that IEEE 754 fixes to the last bit.
 */
#ifndef BACKPOP_CORE_MATHS_H
#define BACKPOP_CORE_MATHS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define BP_LN2	0.69314718f
#define BP_PI	3.14159265f

/* Natural logarithm, relative error below 1e-6; of 0 and less: that of 1e-30. */
static inline float bp_ln(float x)
{
	uint32_t u;
	int e;
	float s, s2;

	if (!(x > 1e-30f))
		x = 1e-30f;
	memcpy(&u, &x, sizeof(u));
	e = (int)(u >> 23) - 127;
	u = (u & 0x7fffff) | 0x3f800000;
	memcpy(&x, &u, sizeof(x));
	if (x > 1.41421356f) {
		x /= 2;
		e++;
	}
	s = (x - 1) / (x + 1);
	s2 = s * s;
	return (float)e * BP_LN2 +
	       2 * s * (1 + s2 * (1.0f / 3 + s2 * (1.0f / 5 + s2 * (1.0f / 7 + s2 / 9))));
}

/* 10 log10(power) */
static inline float bp_decibel(float power)
{
	return 4.34294482f * bp_ln(power);
}

/* e^x for -80..80, relative error below 1e-6. */
static inline float bp_exp(float x)
{
	float k, y = 1;
	uint32_t u;
	int n;

	if (x > 80)
		x = 80;
	if (!(x > -80))
		x = -80;
	k = x / BP_LN2;
	n = (int)(k < 0 ? k - 0.5f : k + 0.5f);
	x -= (float)n * BP_LN2;
	for (int i = 7; i; i--)
		y = 1 + y * x / (float)i;
	u = (uint32_t)(n + 127) << 23;
	memcpy(&k, &u, sizeof(k));
	return y * k;
}

/* asin(x) for 0..1 to 7e-5 (Abramowitz & Stegun 4.4.45). */
static inline float bp_arc_sine(float x)
{
	float p = 1.5707288f + x * (-0.2121144f + x * (0.0742610f - x * 0.0187293f));

	return BP_PI / 2 - sqrtf(1 - x) * p;
}

/* Probability of log-odds @z. */
static inline float bp_logistic(float z)
{
	return 1 / (1 + bp_exp(-z));
}

#endif
