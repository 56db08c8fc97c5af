/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generator of test sessions with known truth.  The way of a session:
 *
 *	subject.c	who: joints, snap sites, sensor, breathing, from the seed
 *	script.c	what happens when: breaths, movements, a list of items;
 *			build.c the pieces it is put together from
 *	body.c		slow signals as functions of time; background.c a real body's
 *	pop.c crackle.c artefact.c	waveform of one item at GEN_RATE
 *	sensor.c	film, noise, converter; level.c how loud things are
 *	session.c	sums, decimates, writes EDF+; truth.c writes what was true
 *	gmath.c rng.c	the same numbers on every machine
 *
 * Axes: x head-ward, y left, z outward.  Accelerations in g as a sensor at rest
 * reports them (+1 g upward); film in volts of the open film unless said
 * otherwise.
 */
#ifndef GEN_GEN_H
#define GEN_GEN_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gmath.h"
#include "rng.h"

/* All transients are made at this rate and decimated: 4 x 3200, 16 x 800 Hz. */
#define GEN_RATE	12800
#define GEN_BODY_RATE	800	/* slow signals are evaluated at this rate */
#define GEN_BAND_LO_HZ	60.0	/* vibration band, in which peaks and noise are told */
#define GEN_BAND_HI_HZ	1400.0
#define GEN_BAND_SHARE	0.42	/* of the sample rate: what the decimation leaves */
#define GEN_PATH_SIZE	4096
#define GEN_ERROR_SIZE	512

enum gen_mode {
	MODE_MOTION_FILM,	/* 800 Hz, 12 bit */
	MODE_FILM,		/* 3200 Hz, 12 bit */
	MODE_FILM800,		/* 800 Hz, 14 bit */
	MODE_MOTION,		/* 800 Hz, 16 bit */
	MODE_PAIR,		/* accelerometer 800 Hz 16 bit, film of a second chip 3200 Hz */
	MODE_COUNT
};

enum gen_script {
	SCRIPT_DEMO,
	SCRIPT_REST,
	SCRIPT_DAY,
	SCRIPT_DENSE,
	SCRIPT_WALK,
	SCRIPT_NEGATIVES,
	SCRIPT_CROWDED,
	SCRIPT_MIXED,
	SCRIPT_CREPITUS,
	SCRIPT_PAIRS,
	SCRIPT_COUNT
};

/* One activity of an hour without events. */
enum gen_activity {
	ACTIVITY_ANY,
	ACTIVITY_REST,			/* breathing and heart alone, with sighs and holds */
	ACTIVITY_MOVE,			/* bend, twist, sit down and stand up */
	ACTIVITY_WALK,
	ACTIVITY_ARTEFACT,		/* + kind - KIND_TAP: this artefact alone */
	ACTIVITY_COUNT = ACTIVITY_ARTEFACT + 12
};

/* What one item is. The order up to KIND_LUNG_CRACKLE is that of the classes. */
enum gen_kind {
	KIND_POP,
	KIND_SNAP,
	KIND_CREPITUS,
	KIND_LUNG_CRACKLE,
	KIND_TAP,
	KIND_STEP,
	KIND_COUGH,
	KIND_SPEECH,
	KIND_RUB,
	KIND_KNOCK,
	KIND_MAINS,
	KIND_TUG,		/* a pull at the cable */
	KIND_TYPING,
	KIND_LAUGHTER,
	KIND_CREAK,		/* of the strap: sticks and slips */
	KIND_TOUCH,		/* or warmth: a step of the film alone */
	KIND_RAMP,		/* slow displacement before a snap: no truth line of its own */
	KIND_COUNT
};

enum gen_load { LOAD_BREATH, LOAD_TWIST, LOAD_BEND };
enum gen_movement { MOVE_NONE, MOVE_TWIST, MOVE_BEND, MOVE_WALK, MOVE_OTHER };
enum gen_phase { PHASE_INHALE, PHASE_EXHALE, PHASE_HOLD };

const char *gen_activity_name(enum gen_activity a);
const char *gen_mode_name(enum gen_mode m);
const char *gen_script_name(enum gen_script s);
const char *gen_movement_name(enum gen_movement m);
const char *gen_phase_name(enum gen_phase p);
bool gen_is_event(enum gen_kind k);		/* pop .. lung crackle */
const char *gen_class_name(enum gen_kind k);	/* "cavitation".. or "none" */
const char *gen_artefact_name(enum gen_kind k);	/* "tap".., NULL for events */

struct gen_options {
	uint64_t seed;
	enum gen_mode mode;
	enum gen_script script;
	double duration_s;		/* whole seconds */
	double snr_db;			/* force sharp events to it; NaN = as they come */
	/* what SCRIPT_NEGATIVES is made of alone; ACTIVITY_ANY = of everything */
	enum gen_activity activity;
	double gap_s;			/* of SCRIPT_PAIRS; 0 = single pops */
	/* other rates than the mode's, Hz; 0 = the mode's own. Divisors of GEN_RATE. */
	int accel_rate, film_rate;
	int full_scale_g;		/* 2, 4, 8 or 16; 0 = 4 */
	double odr_error;		/* share by which the sensor's clock runs fast; NaN = drawn */
	double drop_share;		/* samples that repeat the one before; NaN = drawn */
	double lag_s;			/* film behind the accelerometer; NaN = drawn */
	bool loose_mount;		/* heavy or badly taped: 3.9; else one subject in eight */
	const char *background;		/* a real recording instead of the body, or NULL */
	const char *out, *truth;
};

#define GEN_OPTIONS_DEFAULT \
	{ .seed = 1, .snr_db = NAN, .gap_s = NAN, .odr_error = NAN, .drop_share = NAN, .lag_s = NAN }

/* ---- who -------------------------------------------------------------- */

#define GEN_JOINTS	24
#define GEN_SITES	3

/* A joint that can pop: signal-model 3.2. */
struct gen_joint {
	bool bubble;			/* source: partial collapse of a bubble; else inception */
	double mode_hz[3], mode_zeta[3], mode_gain[3];
	double depth_m;
	double dir[3];
	enum gen_load load;
	double threshold;		/* share of a deep breath or of the range */
	double refractory_s;
	double ready_s;			/* script: silent before */
};

/* A tendon that snaps: 3.4. */
struct gen_site {
	double mode_hz, mode_zeta;
	double width_s;
	double peak_g, peak_cv;
	double dir[3];
	enum gen_movement movement;	/* of which it snaps: bend or twist */
	double angle;			/* rad, in the rise */
};

struct gen_subject {
	struct gen_joint joints[GEN_JOINTS];
	struct gen_site sites[GEN_SITES];
	/* sensor */
	double accel_density_g;		/* g per sqrt(Hz) */
	double film_noise_mv;		/* rms at the chip in 1600 Hz */
	double film_v_per_g;		/* k_f, open film; negative = reversed */
	double film_shunt;		/* C_film / (C_film + C_shunt): volts open -> at the chip */
	double film_rc_hz, film_res_hz, film_res_zeta;
	double film_lag_s;		/* behind the accelerometer; may be negative */
	double mount_hz, mount_zeta;	/* low-pass of a loose mount; 0 Hz = firm */
	double odr_error, drop_share;
	/* body */
	double pitch, roll;		/* rad, at rest */
	double breath_g;		/* swing of a quiet breath, p-p */
	double breath_hz;
	double breath_ratio;		/* inhale / exhale */
	double breath_strain_v;		/* p-p, open film */
	double move_strain_v;		/* per radian of bend or twist */
	double drift_v;			/* pyroelectric, rms, slower than 0.1 Hz */
	double lumbar;			/* 1 = this back's joints rest for 40 to 95 min */
	double heart_g, heart_v, heart_rr_s;
	double lung_hz, lung_length_s, lung_volume;	/* lung_hz 0 = no crackles */
	double speech_f0_hz;
	double mains_hz;
};

void gen_subject_draw(struct gen_subject *s, struct rng *r);
/* @lumbar: probability of the long refractory time of the lumbar spine. */
void gen_joint_draw(struct gen_joint *j, double lumbar, struct rng *r);

/* ---- what happens when ------------------------------------------------- */

struct gen_breath {
	double start_s, inhale_s, hold_s, exhale_s, pause_s;
	double depth;			/* 1 = quiet */
};

/* Away from rest and back, raised cosine: bend, twist; "other" = sit/stand. */
struct gen_move {
	enum gen_movement kind;
	double start_s, rise_s, hold_s, fall_s;
	double range;			/* rad; g for MOVE_OTHER */
};

struct gen_walk {
	double start_s, end_s, step_hz;
	double amp_g[2];		/* step frequency and its double */
};

/**
 * struct gen_item - one transient thing
 * @begin_s:	no sample before it
 * @onset_s, @end_s: truth; the end is made exact when the waveform is made
 * @who:	joint or site, -1 = none
 * @length_s, @size: what the kind makes of them (duration; peak or number)
 * @seed:	of the item's own random stream
 */
struct gen_item {
	enum gen_kind kind;
	double begin_s, onset_s, end_s;
	int who, burst;
	double length_s, size;
	uint64_t seed;
	/* found while rendering */
	double peak_g, peak_mv, f_peak_hz, snr_db;
};

struct gen_plan {
	double duration_s;
	struct gen_breath *breaths;
	size_t n_breaths;
	struct gen_move *moves;
	size_t n_moves;
	struct gen_walk *walks;
	size_t n_walks;
	double *beats;
	size_t n_beats;
	struct gen_item *items;		/* by begin_s */
	size_t n_items;
	struct gen_background *background;	/* or NULL */
	double min_snr_db;		/* softer sharp events are made this loud; NaN = no limit */
};

/* Fill @plan; 0 or -ENOMEM. Joints' ready times in @s are used up. */
int gen_plan_make(struct gen_plan *plan, const struct gen_options *opt, struct gen_subject *s,
		  struct rng *r);
void gen_plan_free(struct gen_plan *plan);

/* ---- slow signals ------------------------------------------------------ */

struct gen_slow {
	double acc[3];			/* g, gravity included */
	double film_v;			/* strain and heart, open film */
};

void gen_body_at(const struct gen_plan *plan, const struct gen_subject *s, double t,
		 struct gen_slow *out);
enum gen_movement gen_movement_at(const struct gen_plan *plan, double t);
double gen_angle_at(const struct gen_plan *plan, double t);	/* rad of bend or twist */
/* @degrees: 0 = start of inhalation, 180 = its end, 360 = start of the next. */
enum gen_phase gen_phase_at(const struct gen_plan *plan, double t, double *depth,
			    double *degrees);
/* 0..1 between rest and the end of the range, and its sign-less speed per s. */
double gen_move_shape(const struct gen_move *m, double t, double *speed);

/* ---- real recordings (background.c) --------------------------------------- */

/**
 * struct gen_background - a recording, brought to one rate
 * @acc:	g, gravity included, [n][3]; NULL if it has no acceleration
 * @film:	mV at the chip, [n]; NULL if it is no film
 * @rate:	of both, Hz
 * @source_hz:	mean rate of the file
 *
 * A session longer than the recording plays it forth and back.
 */
struct gen_background {
	float (*acc)[3];
	float *film;
	size_t n;
	double rate, source_hz;
};

/* NULL with @err if the file cannot be read or understood. */
struct gen_background *gen_background_open(const char *path, double rate, char *err);
void gen_background_free(struct gen_background *b);
/* Acceleration and film at @t; what is absent is left as it is. */
void gen_background_at(const struct gen_background *b, double t, double acc[3], double *film_mv);

/* ---- waveforms ---------------------------------------------------------- */

/**
 * struct gen_wave - samples of one item at GEN_RATE
 * @start:	index of the first sample from the session's start
 * @acc:	along @dir, g
 * @film:	what reaches the film directly, V open, or NULL
 */
struct gen_wave {
	int64_t start;
	size_t n;
	float *acc;
	float *film;
	double dir[3];
};

int gen_wave_alloc(struct gen_wave *w, double begin_s, double length_s, bool film);
void gen_wave_free(struct gen_wave *w);
/* The direction of most body vibrations: outward, tilted a little. */
void gen_direction(double dir[3], double spread, struct rng *r);
/* Scale x[0..n) so that its largest magnitude is @peak. */
void gen_scale_to(float *x, size_t n, double peak);

/* Each makes the waveform of @it and its exact end; 0 or -ENOMEM. */
int gen_pop_wave(struct gen_wave *w, struct gen_item *it, const struct gen_joint *j,
		 struct rng *r);
int gen_snap_wave(struct gen_wave *w, struct gen_item *it, const struct gen_site *site,
		  struct rng *r);
int gen_crepitus_wave(struct gen_wave *w, struct gen_item *it, const struct gen_site *site,
		      struct rng *r);
int gen_lung_wave(struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
		  struct rng *r);
int gen_artefact_wave(struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
		      struct rng *r);

/* Time after the first sample at which |x| was last above @share of its peak, s. */
double gen_wave_length(const float *x, size_t n, double share);

/* ---- output -------------------------------------------------------------- */

/* Generate and write both files; on failure @err says why and neither is left. */
int gen_session(const struct gen_options *opt, char *err);

/* @scale: seconds of the file in one of the plan. */
int gen_truth_write(FILE *f, const struct gen_options *opt, const struct gen_plan *plan,
		    const struct gen_subject *s, double scale);

#endif
