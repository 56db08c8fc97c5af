// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything that is a short force pulse into soft tissue: tendon snaps (3.4),
 * crepitus trains (3.5), lung crackles (1.4, 3.8).
 */
#include <errno.h>

#include "dsp.h"
#include "gen.h"

#define END_SHARE	0.1
#define SNAP_SAMPLES	(GEN_RATE / 10)
#define CRACKLE_SAMPLES	(GEN_RATE / 25)
#define ONSET_SIGMAS	2.5	/* a Gaussian pulse has 4 % of its peak there */

/* Add one pulse of @sigma at @t into modes of @f and 2.6 f, its peak made @peak. */
static void add_pulse(struct gen_wave *w, double t, double sigma, double f, double zeta,
		      double second, double peak, float *scratch, size_t n_scratch)
{
	int64_t first = (int64_t)floor((t - 4.0 * sigma) * GEN_RATE);
	struct biquad a = biquad_resonator(f, zeta, GEN_RATE);
	struct biquad b = biquad_resonator(fmin(2.6 * f, 5000.0), zeta, GEN_RATE);

	for (size_t i = 0; i < n_scratch; i++) {
		double x = ((double)(first + (int64_t)i) / GEN_RATE - t) / sigma;
		double force = gm_exp(-0.5 * x * x);

		scratch[i] = (float)(biquad_step(&a, force) + second * biquad_step(&b, force));
	}
	gen_scale_to(scratch, n_scratch, peak);
	for (size_t i = 0; i < n_scratch; i++) {
		int64_t at = first - w->start + (int64_t)i;

		if (at >= 0 && at < (int64_t)w->n)
			w->acc[at] += scratch[i];
	}
}

int gen_snap_wave(struct gen_wave *w, struct gen_item *it, const struct gen_site *site,
		  struct rng *r)
{
	float scratch[SNAP_SAMPLES];
	double f = site->mode_hz * rng_uniform(r, 0.85, 1.15);
	double zeta = site->mode_zeta * rng_uniform(r, 0.85, 1.15);
	double sigma = site->width_s * rng_uniform(r, 0.85, 1.15) / 2.355;	/* from full width */
	double peak = site->peak_g * fmax(0.3, rng_normal(r, 1.0, site->peak_cv));
	double turn[3], norm = 0.0;
	int ret;

	ret = gen_wave_alloc(w, it->begin_s, it->onset_s - it->begin_s + 0.1, false);
	if (ret)
		return ret;
	add_pulse(w, it->onset_s + ONSET_SIGMAS * sigma, sigma, f, zeta, 0.3, peak, scratch,
		  SNAP_SAMPLES);
	/* The site's direction, turned by about 5 degrees. */
	for (int i = 0; i < 3; i++) {
		turn[i] = site->dir[i] + rng_normal(r, 0.0, 0.06);
		norm += turn[i] * turn[i];
	}
	for (int i = 0; i < 3; i++)
		w->dir[i] = turn[i] / sqrt(norm);
	it->end_s = (double)w->start / GEN_RATE + gen_wave_length(w->acc, w->n, END_SHARE);
	return 0;
}

/* Crackles follow each other like a renewal process, denser in mid-movement. */
int gen_crepitus_wave(struct gen_wave *w, struct gen_item *it, const struct gen_site *site,
		      struct rng *r)
{
	float scratch[CRACKLE_SAMPLES];
	double mean_gap = it->size, noise_g = rng_uniform(r, 1e-3, 4e-3);
	double t = it->onset_s, last = t;
	struct biquad hp = biquad_highpass(50.0, 0.707, GEN_RATE);
	struct biquad lp = biquad_lowpass(450.0, 0.707, GEN_RATE);
	int ret;

	ret = gen_wave_alloc(w, it->begin_s, it->onset_s - it->begin_s + it->length_s + 0.05, false);
	if (ret)
		return ret;
	for (size_t i = 0; i < w->n; i++) {
		double u = ((double)(w->start + (int64_t)i) / GEN_RATE - it->onset_s) / it->length_s;
		double x = biquad_step(&lp, biquad_step(&hp, rng_normal(r, 0.0, 1.0)));

		/* white noise of 1 has sqrt(400 / 6400) left in 50..450 Hz */
		if (u >= 0.0 && u <= 1.0)
			w->acc[i] = (float)(4.0 * noise_g * x * gm_sin(M_PI * u));
	}
	while (t < it->onset_s + it->length_s) {
		double u = (t - it->onset_s) / it->length_s;
		double speed = fmax(0.3, gm_sin(M_PI * u));
		double sigma = rng_uniform(r, 0.2e-3, 1e-3) / 2.355;
		double f = rng_lognormal(r, 280.0, 0.5), zeta = rng_uniform(r, 0.15, 0.4);
		double peak = rng_lognormal(r, 12e-3, 0.6);

		last = t;
		add_pulse(w, t + ONSET_SIGMAS * sigma, sigma, f, zeta, 0.0, peak, scratch,
			  CRACKLE_SAMPLES);
		t += fmax(2e-3, rng_gamma(r, 0.8, mean_gap) / speed);
	}
	for (int i = 0; i < 3; i++)
		w->dir[i] = site->dir[i];
	it->end_s = last + 0.01;
	return 0;
}

/* A damped oscillation of the lung's own frequency and length, one to ten a breath. */
int gen_lung_wave(struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
		  struct rng *r)
{
	double t = it->onset_s, last = t;
	double decay = s->lung_length_s / 3.0;
	int n = (int)it->size;
	int ret;

	ret = gen_wave_alloc(w, it->begin_s, it->onset_s - it->begin_s + it->length_s + 0.1, false);
	if (ret)
		return ret;
	for (int k = 0; k < n; k++) {
		double f = s->lung_hz * rng_uniform(r, 0.85, 1.15);
		double peak = rng_uniform(r, 0.3e-3, 3e-3);

		last = t;
		for (size_t i = 0; i < w->n; i++) {
			double x = (double)(w->start + (int64_t)i) / GEN_RATE - t;

			if (x >= 0.0 && x < 8.0 * decay)
				w->acc[i] += (float)(peak * 1.3 * gm_exp(-x / decay) *
						     gm_sin(2.0 * M_PI * f * x));
		}
		t += it->length_s / n * rng_uniform(r, 0.6, 1.4);
		if (t > it->onset_s + it->length_s)
			break;
	}
	gen_direction(w->dir, 0.35, r);
	it->end_s = last + s->lung_length_s;
	return 0;
}
