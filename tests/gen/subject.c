// SPDX-License-Identifier: GPL-2.0-or-later
/* Who wears the sensor, and how well: drawn once per seed. */
#include "gen.h"

static void draw_site(struct gen_site *site, struct rng *r)
{
	site->mode_hz = rng_uniform(r, 60.0, 220.0);
	site->mode_zeta = rng_uniform(r, 0.12, 0.35);
	site->width_s = rng_uniform(r, 1e-3, 4e-3);
	site->peak_g = rng_lognormal(r, 0.10, 0.5);
	site->peak_cv = rng_uniform(r, 0.10, 0.25);
	gen_direction(site->dir, 0.35, r);
	site->movement = rng_below(r, 2) ? MOVE_BEND : MOVE_TWIST;
	site->angle = rng_uniform(r, 12.0, 40.0) * M_PI / 180.0;
}

/*
 * The chip takes +-200 mV, a film gives volts: a shunt capacitor of 10 nF beside
 * the film's 0.8 to 1.4 nF divides every open-circuit voltage of section 3 by 8 to
 * 13.5, and a bleed resistor of some 10 Mohm across both sets the RC corner.  A
 * pop then has 1 to 20 mV at 3200 Hz, and a tap clips.
 */
static void draw_sensor(struct gen_subject *s, struct rng *r)
{
	const double shunt_nf = 10.0;
	double film_nf = rng_uniform(r, 0.8, 1.4);

	s->film_shunt = film_nf / (film_nf + shunt_nf);
	s->film_v_per_g = rng_loguniform(r, 0.3, 4.0);
	if (rng_below(r, 2))
		s->film_v_per_g = -s->film_v_per_g;
	s->film_rc_hz = rng_uniform(r, 0.7, 3.0);
	s->film_res_hz = rng_loguniform(r, 300.0, 2000.0);
	s->film_res_zeta = rng_uniform(r, 0.1, 0.3);
	s->film_noise_mv = rng_loguniform(r, 0.03, 0.15);
	/* The chip's own is some 220 ug per root Hz; other sensors have less. */
	s->accel_density_g = rng_uniform(r, 0.0, 1.0) < 0.7 ? rng_uniform(r, 150e-6, 300e-6) :
							rng_loguniform(r, 25e-6, 150e-6);
	s->mains_hz = rng_below(r, 2) ? 50.0 : 60.0;
	s->drift_v = rng_loguniform(r, 0.02, 0.5);
	s->move_strain_v = rng_loguniform(r, 0.02, 0.5);
	s->film_lag_s = rng_uniform(r, 0.0, 1.0) < 0.3 ? rng_uniform(r, -5e-3, 5e-3) : 0.0;
	s->mount_hz = rng_uniform(r, 150.0, 400.0);
	s->mount_zeta = rng_uniform(r, 0.2, 0.5);
	if (rng_below(r, 8))
		s->mount_hz = 0.0;
	s->odr_error = rng_uniform(r, -0.02, 0.02);
	s->drop_share = rng_uniform(r, 0.0, 1.0) < 0.3 ? rng_loguniform(r, 1e-5, 1e-3) : 0.0;
}

/* One back in three crackles: fine (650 Hz, 5 ms) or coarse (350 Hz, 15 ms). */
static void draw_lungs(struct gen_subject *s, struct rng *r)
{
	bool fine = rng_below(r, 2) == 0;

	s->lung_hz = rng_below(r, 3) ? 0.0 : fine ? 650.0 : 350.0;
	s->lung_length_s = fine ? 5e-3 : 15e-3;
	s->lung_volume = rng_uniform(r, 0.6, 0.9);
}

void gen_subject_draw(struct gen_subject *s, struct rng *r)
{
	draw_lungs(s, r);
	s->lumbar = rng_below(r, 6) == 0 ? 1.0 : 0.0;
	for (int i = 0; i < GEN_JOINTS; i++)
		gen_joint_draw(&s->joints[i], s->lumbar, r);
	for (int i = 0; i < GEN_SITES; i++)
		draw_site(&s->sites[i], r);
	draw_sensor(s, r);

	s->pitch = rng_uniform(r, -5.0, 15.0) * M_PI / 180.0;
	s->roll = rng_uniform(r, -4.0, 4.0) * M_PI / 180.0;
	s->breath_g = rng_loguniform(r, 5e-3, 30e-3);
	s->breath_hz = rng_uniform(r, 0.15, 0.35);
	s->breath_ratio = rng_uniform(r, 0.55, 0.8);
	s->breath_strain_v = rng_loguniform(r, 5e-3, 50e-3);
	s->heart_g = rng_loguniform(r, 1e-3, 8e-3);
	s->heart_v = rng_uniform(r, 2e-3, 10e-3);
	s->heart_rr_s = rng_uniform(r, 0.75, 0.95);
	s->speech_f0_hz = rng_loguniform(r, 85.0, 255.0);
}
