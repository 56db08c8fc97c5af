// SPDX-License-Identifier: GPL-2.0-or-later
#include "sensor.h"

#include "sim/chip_model.h"

#define FILM_GAIN_2	0
#define WANDER_HZ	1.0	/* 1/f corner */

struct film film_init(const struct gen_subject *s)
{
	return (struct film){
		.resonance = biquad_lowpass(s->film_res_hz, s->film_res_zeta, GEN_RATE),
		.rc = biquad_highpass1(s->film_rc_hz, GEN_RATE),
		.v_per_g = s->film_v_per_g,
		.mv_per_v = 1e3 * s->film_shunt,
	};
}

double film_step(struct film *f, double acc_z, double direct)
{
	double open = f->v_per_g * biquad_step(&f->resonance, acc_z) + direct;

	return f->mv_per_v * biquad_step(&f->rc, open);
}

struct noise noise_init(double rms, double rate)
{
	return (struct noise){ .rms = rms, .wander_step = 2.0 * M_PI * WANDER_HZ / rate };
}

double noise_step(struct noise *n, struct rng *r)
{
	/* Below the corner it has twice the white noise's density. */
	n->wander += n->wander_step * (2.0 * n->rms * rng_normal(r, 0.0, 1.0) - n->wander);
	return n->rms * rng_normal(r, 0.0, 1.0) + n->wander;
}

struct sensor_mode sensor_mode(const struct gen_options *opt)
{
	static const struct sensor_mode modes[MODE_COUNT] = {
		[MODE_MOTION_FILM] = { 800, 800, 12, 12, 1 },
		[MODE_FILM] = { 0, 3200, 0, 12, 1 },
		[MODE_FILM800] = { 0, 800, 0, 14, 1 },
		[MODE_MOTION] = { 800, 0, 16, 0, 1 },
		[MODE_PAIR] = { 800, 3200, 16, 12, 1 },
	};
	struct sensor_mode m = modes[opt->mode];

	if (m.accel_rate && opt->accel_rate)
		m.accel_rate = opt->accel_rate;
	if (m.film_rate && opt->film_rate)
		m.film_rate = opt->film_rate;
	for (int g = 2; opt->full_scale_g && g <= 16; g *= 2)
		if (opt->full_scale_g == g)
			m.fs_code = g == 2 ? 0 : g == 4 ? 1 : g == 8 ? 2 : 3;
	return m;
}

double sensor_accel_noise_g(const struct gen_subject *s, double rate)
{
	return s->accel_density_g * sqrt(rate / 2.0);
}

double sensor_film_noise_mv(const struct gen_subject *s, double rate)
{
	return s->film_noise_mv * sqrt(rate / 3200.0);
}

double sensor_band_hi(double rate)
{
	return fmin(GEN_BAND_HI_HZ, GEN_BAND_SHARE * rate);
}

double sensor_accel_mg_per_count(const struct sensor_mode *m)
{
	return SENSOR_ACCEL_MG_PER_COUNT_2G * (1 << m->fs_code);
}

/* The chip model saturates at its full scale; beyond 30 g an int32 of ug would not. */
int16_t sensor_accel_count(const struct sensor_mode *m, double g)
{
	double ug = 1e6 * fmax(-30.0, fmin(30.0, g));

	return chip_quantise_accel((int32_t)lround(ug), (u8)m->fs_code, (u8)m->accel_bits);
}

int16_t sensor_film_count(const struct sensor_mode *m, double mv)
{
	double nv = 1e6 * fmax(-2000.0, fmin(2000.0, mv));

	return chip_quantise_film((int32_t)lround(nv), FILM_GAIN_2, (u8)m->film_bits);
}

double sensor_accel_g(const struct sensor_mode *m, int16_t count)
{
	return count * sensor_accel_mg_per_count(m) * 1e-3;
}

double sensor_film_mv(int16_t count)
{
	return count / SENSOR_FILM_COUNTS_PER_MV;
}

double sensor_accel_step_g(const struct sensor_mode *m)
{
	return sensor_accel_g(m, (int16_t)(1 << (16 - m->accel_bits)));
}

double sensor_film_step_mv(const struct sensor_mode *m)
{
	return sensor_film_mv((int16_t)(1 << (16 - m->film_bits)));
}
