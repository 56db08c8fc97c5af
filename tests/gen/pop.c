// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cavitation pop (signal-model 3.2).  What the skin sees in the near field is
 * V''(t) / (4 pi d^2) of a gas volume V(t), through three resonances of joint and
 * tissue.  Which mechanism sounds is disputed, so there are two sources:
 *
 *	inception	a cavity opens, V(t) = dV/2 (1 + tanh x), x = (t - t0) / tau
 *	bubble		one that the suction of the parting surfaces holds open falls
 *			together when the suction ends: Rayleigh-Plesset
 */
#include <errno.h>
#include <stdlib.h>

#include "dsp.h"
#include "gen.h"

#define STANDARD_G	9.80665
#define LEAD_S		2e-3	/* drawn from before the onset: 3 tau and more */
#define TAIL_S		0.12	/* the slowest mode has decayed by 80 dB */
#define DIRECT_GAIN	0.03	/* share that passes beside the resonances */
/*
 * The onset is 3 tau before the middle of the opening: the source has then 2.5 %
 * of its largest acceleration.
 */
#define ONSET_TAUS	3.0
#define END_SHARE	0.1	/* -20 dB */

/* The free bubble: 3.2 (a). */
#define FLUID_KG_M3	1030.0
#define AMBIENT_PA	101.3e3
#define BUBBLE_SAMPLES	(GEN_RATE / 50)	/* simulated this long */
#define BUBBLE_STEP_S	1e-6
#define BUBBLE_MEDIAN_M	1.2e-3	/* radius: peaks at the skin as large as the other source's */
#define BUBBLE_BEGIN	0.025	/* share of the largest acceleration at the onset */

static double clip(double x, double lo, double hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

void gen_joint_draw(struct gen_joint *j, double lumbar, struct rng *r)
{
	double f1 = clip(rng_lognormal(r, 165.0, 0.6), 86.0, 1500.0);

	j->mode_hz[0] = f1;
	j->mode_zeta[0] = rng_uniform(r, 0.15, 0.35);
	j->mode_gain[0] = 1.0;
	j->mode_hz[1] = f1 * rng_uniform(r, 1.8, 2.8);
	j->mode_zeta[1] = rng_uniform(r, 0.12, 0.30);
	j->mode_gain[1] = rng_uniform(r, 0.15, 0.55);
	j->mode_hz[2] = rng_uniform(r, 700.0, 1800.0);
	j->mode_zeta[2] = rng_uniform(r, 0.1, 0.3);
	j->mode_gain[2] = rng_uniform(r, 0.03, 0.3);
	j->depth_m = rng_uniform(r, 0.025, 0.055);
	gen_direction(j->dir, 0.35, r);
	j->load = (enum gen_load)rng_below(r, 3);
	j->threshold = rng_uniform(r, 0.6, 0.95);
	j->refractory_s = 60.0 * (rng_uniform(r, 0.0, 1.0) < lumbar ? rng_uniform(r, 40.0, 95.0) :
							      rng_uniform(r, 17.0, 25.0));
	j->ready_s = 0.0;
	j->bubble = rng_uniform(r, 0.0, 1.0) < 0.35;
}

/* Volume acceleration of the opening cavity at GEN_RATE. */
static void inception(double *source, size_t n, double begin_s, double onset_s, struct rng *r)
{
	double volume = rng_lognormal(r, 10e-9, 0.7);		/* m^3 */
	double tau = rng_uniform(r, 0.15e-3, 0.6e-3);
	double t0 = onset_s + ONSET_TAUS * tau;

	for (size_t i = 0; i < n; i++) {
		double x = (begin_s + (double)i / GEN_RATE - t0) / tau;
		double sech = 1.0 / gm_cosh(x);

		source[i] = -volume / (tau * tau) * gm_tanh(x) * sech * sech;
	}
}

struct bubble {
	double rest_m, gas_pa, kappa, sigma, mu;
	double suction_pa, release_s;
};

/* Rayleigh-Plesset: R'' of radius @x and speed @v at @t. */
static double bubble_acceleration(const struct bubble *b, double x, double v, double t)
{
	double left = gm_exp(-t / b->release_s);
	double gas = b->gas_pa * gm_exp(3.0 * b->kappa * gm_log(b->rest_m / x));
	double pressure = gas - AMBIENT_PA + b->suction_pa * left - 2.0 * b->sigma / x -
			  4.0 * b->mu * v / x;

	return (pressure / FLUID_KG_M3 - 1.5 * v * v) / x;
}

/*
 * The same of a collapsing bubble.  Its own ringing lies far above the band; a mean
 * over each output sample, taken exactly as a difference of the volume's speed,
 * keeps it from folding back, and tissue lets little of it pass (3.2, "Check").
 */
static void bubble(double *source, size_t n, double begin_s, double onset_s, struct rng *r)
{
	static const double share[4] = { 0.0, 0.5, 0.5, 1.0 };
	double largest = rng_lognormal(r, BUBBLE_MEDIAN_M, 0.24);
	struct biquad tissue = biquad_lowpass(rng_loguniform(r, 300.0, 1500.0), 0.7, GEN_RATE);
	struct bubble b;
	double x = fmin(3e-3, fmax(0.3e-3, largest)), v = 0.0, t = 0.0, peak = 0.0;
	double flow[BUBBLE_SAMPLES] = { 0.0 };
	size_t n_flow = BUBBLE_SAMPLES, k = 1, first;

	b.kappa = rng_uniform(r, 1.0, 1.4);
	b.sigma = rng_uniform(r, 0.05, 0.07);
	b.mu = rng_loguniform(r, 0.01, 1.0);
	b.release_s = rng_loguniform(r, 0.3e-3, 3e-3);
	b.rest_m = x * rng_uniform(r, 0.3, 0.6);
	b.gas_pa = AMBIENT_PA + 2.0 * b.sigma / b.rest_m;
	/* The suction just holds it open: R'' = 0 at the start. */
	b.suction_pa = 0.0;
	b.suction_pa = -FLUID_KG_M3 * x * bubble_acceleration(&b, x, 0.0, 0.0);
	while (k < n_flow) {
		/* No step moves the wall by more than 1 % of the radius. */
		double a = bubble_acceleration(&b, x, v, t), dx[4], dv[4];
		double h = fmin(BUBBLE_STEP_S, fmin(0.01 * x / (fabs(v) + 1e-3),
						    sqrt(0.02 * x / (fabs(a) + 1.0))));

		h = fmin(h, (double)k / GEN_RATE - t + 1e-12);
		for (int i = 0; i < 4; i++) {	/* Runge-Kutta */
			double xi = x + (i ? share[i] * h * dx[i - 1] : 0.0);
			double vi = v + (i ? share[i] * h * dv[i - 1] : 0.0);

			dx[i] = vi;
			dv[i] = bubble_acceleration(&b, xi, vi, t + share[i] * h);
		}
		x += h / 6.0 * (dx[0] + 2.0 * dx[1] + 2.0 * dx[2] + dx[3]);
		v += h / 6.0 * (dv[0] + 2.0 * dv[1] + 2.0 * dv[2] + dv[3]);
		t += h;
		if (t >= (double)k / GEN_RATE)
			flow[k++] = 4.0 * M_PI * x * x * v;
	}
	for (k = 1; k < n_flow; k++)
		peak = fmax(peak, fabs(flow[k] - flow[k - 1]));
	for (first = 1; first < n_flow; first++)
		if (fabs(flow[first] - flow[first - 1]) >= BUBBLE_BEGIN * peak)
			break;
	/* Fades out, where the bubble would go on ringing above the band. */
	for (size_t i = 0; i < n; i++) {
		long at = (long)i - (long)((onset_s - begin_s) * GEN_RATE) + (long)first;
		double fade = 1.0 - (double)at / (double)n_flow;

		source[i] = biquad_step(&tissue, at < 1 || at >= (long)n_flow ? 0.0 :
					(flow[at] - flow[at - 1]) * GEN_RATE * fade);
	}
}

int gen_pop_wave(struct gen_wave *w, struct gen_item *it, const struct gen_joint *j, struct rng *r)
{
	double begin_s = it->onset_s - LEAD_S;
	double scale = 1.0 / (4.0 * M_PI * j->depth_m * j->depth_m) / STANDARD_G;
	struct biquad mode[3];
	double *source;
	int ret;

	ret = gen_wave_alloc(w, begin_s, LEAD_S + TAIL_S, false);
	if (ret)
		return ret;
	source = calloc(w->n, sizeof(*source));
	if (!source) {
		gen_wave_free(w);
		return -ENOMEM;
	}
	(j->bubble ? bubble : inception)(source, w->n, (double)w->start / GEN_RATE, it->onset_s, r);
	for (int m = 0; m < 3; m++)
		mode[m] = biquad_resonator(j->mode_hz[m], j->mode_zeta[m], GEN_RATE);
	for (size_t i = 0; i < w->n; i++) {
		double sum = DIRECT_GAIN * scale * source[i];

		for (int m = 0; m < 3; m++)
			sum += j->mode_gain[m] * biquad_step(&mode[m], scale * source[i]);
		w->acc[i] = (float)sum;
	}
	free(source);
	for (int i = 0; i < 3; i++)
		w->dir[i] = j->dir[i];
	it->end_s = (double)w->start / GEN_RATE + gen_wave_length(w->acc, w->n, END_SHARE);
	return 0;
}
