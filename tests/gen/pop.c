// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cavitation pop (signal-model 3.2): a gas cavity opens, V(t) = dV/2 (1 + tanh x)
 * with x = (t - t0) / tau; what the skin sees in the near field is
 * V''(t) / (4 pi d^2), through three resonances of joint and tissue.
 */
#include "dsp.h"
#include "gen.h"

#define STANDARD_G	9.80665
#define TAIL_S		0.12	/* the slowest mode has decayed by 80 dB */
#define DIRECT_GAIN	0.03	/* share that passes beside the resonances */
/*
 * The onset is 3 tau before the middle of the opening: the source has then 2.5 %
 * of its largest acceleration. It is drawn from 6 tau on.
 */
#define ONSET_TAUS	3.0
#define BEGIN_TAUS	6.0
#define END_SHARE	0.1	/* -20 dB */

static double clip(double x, double lo, double hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

void gen_joint_draw(struct gen_joint *j, struct rng *r)
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
	j->refractory_s = 60.0 * rng_uniform(r, 17.0, 25.0);
	j->ready_s = 0.0;
}

int gen_pop_wave(struct gen_wave *w, struct gen_item *it, const struct gen_joint *j, struct rng *r)
{
	double volume = rng_lognormal(r, 10e-9, 0.7);		/* m^3 */
	double tau = rng_uniform(r, 0.15e-3, 0.6e-3);
	double t0 = it->onset_s + ONSET_TAUS * tau;
	double scale = volume / (tau * tau) / (4.0 * M_PI * j->depth_m * j->depth_m) / STANDARD_G;
	struct biquad mode[3];
	int ret;

	ret = gen_wave_alloc(w, t0 - BEGIN_TAUS * tau, TAIL_S, false);
	if (ret)
		return ret;
	for (int m = 0; m < 3; m++)
		mode[m] = biquad_resonator(j->mode_hz[m], j->mode_zeta[m], GEN_RATE);
	for (size_t i = 0; i < w->n; i++) {
		double x = ((double)(w->start + (int64_t)i) / GEN_RATE - t0) / tau;
		double sech = 1.0 / cosh(x);
		double source = -scale * tanh(x) * sech * sech;
		double sum = DIRECT_GAIN * source;

		for (int m = 0; m < 3; m++)
			sum += j->mode_gain[m] * biquad_step(&mode[m], source);
		w->acc[i] = (float)sum;
	}
	for (int i = 0; i < 3; i++)
		w->dir[i] = j->dir[i];
	it->end_s = (double)w->start / GEN_RATE + gen_wave_length(w->acc, w->n, END_SHARE);
	return 0;
}
