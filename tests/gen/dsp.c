// SPDX-License-Identifier: GPL-2.0-or-later
#include "dsp.h"

#include <math.h>

#include "gmath.h"

/* (b2 s^2 + b1 w s + b0 w^2) / (s^2 + 2 zeta w s + w^2) */
static struct biquad analog_section(double b2, double b1, double b0, double f, double zeta,
				    double rate)
{
	double k = gm_tan(M_PI * f / rate);
	double norm = 1.0 / (1.0 + 2.0 * zeta * k + k * k);

	return (struct biquad){
		.b0 = (b2 + b1 * k + b0 * k * k) * norm,
		.b1 = 2.0 * (b0 * k * k - b2) * norm,
		.b2 = (b2 - b1 * k + b0 * k * k) * norm,
		.a1 = 2.0 * (k * k - 1.0) * norm,
		.a2 = (1.0 - 2.0 * zeta * k + k * k) * norm,
	};
}

struct biquad biquad_resonator(double f, double zeta, double rate)
{
	return analog_section(0.0, 2.0 * zeta, 0.0, f, zeta, rate);
}

struct biquad biquad_lowpass(double f, double zeta, double rate)
{
	return analog_section(0.0, 0.0, 1.0, f, zeta, rate);
}

struct biquad biquad_highpass(double f, double zeta, double rate)
{
	return analog_section(1.0, 0.0, 0.0, f, zeta, rate);
}

struct biquad biquad_highpass1(double f, double rate)
{
	double k = gm_tan(M_PI * f / rate);

	return (struct biquad){
		.b0 = 1.0 / (1.0 + k), .b1 = -1.0 / (1.0 + k), .a1 = (k - 1.0) / (k + 1.0),
	};
}

double biquad_step(struct biquad *q, double x)
{
	double y = q->b0 * x + q->z1;

	q->z1 = q->b1 * x - q->a1 * y + q->z2;
	q->z2 = q->b2 * x - q->a2 * y;
	return y;
}

void fir_lowpass(float *taps, size_t n, double fc)
{
	double half = (double)(n - 1) / 2.0, sum = 0.0;

	for (int pass = 0; pass < 2; pass++) {
		double scale = pass ? 1.0 / sum : 0.0;

		for (size_t i = 0; i < n; i++) {
			double x = (double)i - half, u = 2.0 * M_PI * (double)i / (double)(n - 1);
			double sinc = x == 0.0 ? 2.0 * fc : gm_sin(2.0 * M_PI * fc * x) / (M_PI * x);
			double tap = sinc * (0.42 - 0.5 * gm_cos(u) + 0.08 * gm_cos(2.0 * u));

			sum += pass ? 0.0 : tap;
			taps[i] = (float)(tap * scale);
		}
	}
}

float fir_at(const float *taps, size_t n, const float *centre)
{
	const float *x = centre - (n - 1) / 2;
	float part[8] = { 0.0f }, sum = 0.0f;
	size_t i = 0;

	/* Eight sums, in an order that is the same with and without vector units. */
	for (; i + 8 <= n; i += 8)
		for (size_t k = 0; k < 8; k++)
			part[k] += taps[i + k] * x[i + k];
	for (; i < n; i++)
		sum += taps[i] * x[i];
	for (size_t k = 0; k < 8; k++)
		sum += part[k];
	return sum;
}

double peak_frequency(const float *x, size_t n, double rate, double lo, double hi)
{
	const double step = 4.0;
	double best = -1.0, at = lo;

	for (double f = lo; f <= hi; f += step) {
		double c = 2.0 * gm_cos(2.0 * M_PI * f / rate), s1 = 0.0, s2 = 0.0, power;

		/* Goertzel */
		for (size_t i = 0; i < n; i++) {
			double s = x[i] + c * s1 - s2;

			s2 = s1;
			s1 = s;
		}
		power = s1 * s1 + s2 * s2 - c * s1 * s2;
		if (power > best) {
			best = power;
			at = f;
		}
	}
	return at;
}
