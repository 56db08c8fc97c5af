/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filters of the generator. */
#ifndef GEN_DSP_H
#define GEN_DSP_H

#include <stddef.h>

/* Second-order section, direct form 2 transposed. */
struct biquad {
	double b0, b1, b2, a1, a2;
	double z1, z2;
};

/*
 * Bilinear transforms with the corner pre-warped, sections at rest.  @f and
 * @rate in Hz, @zeta = damping ratio (0.707 = Butterworth).
 */
struct biquad biquad_resonator(double f, double zeta, double rate);	/* 2 zeta w s, peak 1 */
struct biquad biquad_lowpass(double f, double zeta, double rate);	/* gain 1 at 0 Hz */
struct biquad biquad_highpass(double f, double zeta, double rate);	/* gain 1 far above */
struct biquad biquad_highpass1(double f, double rate);			/* first order, RC */
double biquad_step(struct biquad *q, double x);

/* Symmetric low-pass, Blackman window, @n odd, cut-off @fc as a share of the rate. */
void fir_lowpass(float *taps, size_t n, double fc);
/* Output of a symmetric FIR centred on @centre. */
float fir_at(const float *taps, size_t n, const float *centre);

/* Frequency of the largest DFT magnitude of x[0..n) between @lo and @hi Hz. */
double peak_frequency(const float *x, size_t n, double rate, double lo, double hi);

#endif
