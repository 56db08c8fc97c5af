/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what is at the skin to the chip's counts (signal-model 3.9). */
#ifndef GEN_SENSOR_H
#define GEN_SENSOR_H

#include "dsp.h"
#include "gen.h"

#define SENSOR_ACCEL_MG_PER_COUNT	0.122		/* +-4 g */
#define SENSOR_FILM_COUNTS_PER_MV	164.0		/* gain 2: +-200 mV */

/* Film at GEN_RATE: acceleration through the film's resonance, then its RC. */
struct film {
	struct biquad resonance, rc;
	double v_per_g, mv_per_v;
};

struct film film_init(const struct gen_subject *s);
/* @acc_z in g, @direct in V of the open film; mV at the chip. */
double film_step(struct film *f, double acc_z, double direct);

/* White noise and a slow wander below 1 Hz, at one output's rate. */
struct noise {
	double rms, wander, wander_step;
};

struct noise noise_init(double rms, double rate);
double noise_step(struct noise *n, struct rng *r);

/* Rates (0 = channel absent) and converter bits of a mode. */
struct sensor_mode {
	int accel_rate, film_rate;
	unsigned int accel_bits, film_bits;
};

const struct sensor_mode *sensor_mode(enum gen_mode m);
double sensor_accel_noise_g(const struct gen_subject *s, double rate);	/* rms per axis */
double sensor_film_noise_mv(const struct gen_subject *s, double rate);
/* Upper edge of the vibration band at this rate. */
double sensor_band_hi(double rate);

/* One step of the converter. */
double sensor_accel_step_g(unsigned int bits);
double sensor_film_step_mv(unsigned int bits);

int16_t sensor_accel_count(double g, unsigned int bits);
int16_t sensor_film_count(double mv, unsigned int bits);
double sensor_accel_g(int16_t count);
double sensor_film_mv(int16_t count);

#endif
