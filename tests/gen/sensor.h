/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what is at the skin to the chip's counts (signal-model 3.9). */
#ifndef GEN_SENSOR_H
#define GEN_SENSOR_H

#include "dsp.h"
#include "gen.h"

#define SENSOR_ACCEL_MG_PER_COUNT_2G	0.061		/* doubles with each range */
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

/* Rates (0 = channel absent), converter bits and accelerometer range of a session. */
struct sensor_mode {
	int accel_rate, film_rate;
	unsigned int accel_bits, film_bits;
	unsigned int fs_code;		/* of the chip: 0 = 2 g .. 3 = 16 g */
};

struct sensor_mode sensor_mode(const struct gen_options *opt);
double sensor_accel_noise_g(const struct gen_subject *s, double rate);	/* rms per axis */
double sensor_film_noise_mv(const struct gen_subject *s, double rate);
/* Upper edge of the vibration band at this rate. */
double sensor_band_hi(double rate);

double sensor_accel_mg_per_count(const struct sensor_mode *m);
/* One step of the converter. */
double sensor_accel_step_g(const struct sensor_mode *m);
double sensor_film_step_mv(const struct sensor_mode *m);

int16_t sensor_accel_count(const struct sensor_mode *m, double g);
int16_t sensor_film_count(const struct sensor_mode *m, double mv);
double sensor_accel_g(const struct sensor_mode *m, int16_t count);
double sensor_film_mv(int16_t count);

#endif
