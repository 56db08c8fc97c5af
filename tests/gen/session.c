// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Renders a plan second by second: items and body at GEN_RATE, decimated by a
 * zero-phase FIR to the channels' rates, noise, converter, EDF+.  What a
 * detector should find (events) and all the rest are summed apart, so that the
 * truth can say how far each event stands above the rest around it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edf/edf.h"
#include "level.h"
#include "sensor.h"

#define HALF		256			/* samples a decimator looks ahead and back */
#define SPAN		(GEN_RATE + 2 * HALF)
#define MAX_ACTIVE	64
#define START_TIME	1767225600		/* 2026-01-01: sessions of one seed are equal */

enum layer { LAYER_EVENTS, LAYER_REST, LAYER_COUNT };

struct active {
	struct gen_item *item;
	struct gen_wave wave;
};

struct layer_buffer {
	float acc[3][SPAN];
	float film[SPAN];			/* mV at the chip */
	struct film filter;
};

struct channel_noise {
	struct noise noise;
	struct biquad band;			/* of the rest, for the noise record */
};

struct synth {
	const struct gen_options *opt;
	const struct sensor_mode *mode;
	struct gen_subject subject;
	struct gen_plan plan;
	struct rng rng;
	struct layer_buffer layer[LAYER_COUNT];
	struct active active[MAX_ACTIVE];
	size_t n_active, next_item;
	int64_t rendered;			/* samples at GEN_RATE so far, from -HALF */
	float accel_fir[2 * HALF + 1], film_fir[2 * HALF + 1];
	size_t accel_taps, film_taps;
	struct channel_noise accel[3], film;
	struct noise_record accel_record, film_record;
	struct edf_writer *edf;
	int16_t counts[4][3200];
};

/* ---- items --------------------------------------------------------------- */

static int make_wave(struct synth *s, struct gen_item *it, struct gen_wave *w)
{
	struct rng r;

	rng_seed(&r, it->seed);
	memset(w, 0, sizeof(*w));
	switch (it->kind) {
	case KIND_POP:
		return gen_pop_wave(w, it, &s->subject.joints[it->who], &r);
	case KIND_SNAP:
		return gen_snap_wave(w, it, &s->subject.sites[it->who], &r);
	case KIND_CREPITUS:
		return gen_crepitus_wave(w, it, &s->subject.sites[it->who], &r);
	case KIND_LUNG_CRACKLE:
		return gen_lung_wave(w, it, &s->subject, &r);
	default:
		return gen_artefact_wave(w, it, &s->subject, &r);
	}
}

/* --snr, and the demo's wish to be heard: change the size of a pop or snap. */
static void adjust_size(const struct synth *s, struct gen_wave *w, struct gen_item *it)
{
	double now = level_db(it, &s->subject, s->mode), want = now;

	if (!isnan(s->opt->snr_db))
		want = s->opt->snr_db;
	else if (!isnan(s->plan.min_snr_db))
		want = fmax(now, s->plan.min_snr_db);
	if (want == now)
		return;
	for (size_t i = 0; i < w->n; i++)
		w->acc[i] *= (float)pow(10.0, (want - now) / 20.0);
	level_measure(w, it, &s->subject, s->mode);
}

static int start_items(struct synth *s, int64_t span_end)
{
	while (s->next_item < s->plan.n_items) {
		struct gen_item *it = &s->plan.items[s->next_item];
		struct active *a = &s->active[s->n_active];
		int ret;

		if ((int64_t)floor(it->begin_s * GEN_RATE) >= span_end)
			break;
		if (s->n_active == MAX_ACTIVE)
			return -E2BIG;
		ret = make_wave(s, it, &a->wave);
		if (ret)
			return ret;
		a->item = it;
		level_measure(&a->wave, it, &s->subject, s->mode);
		if (it->kind == KIND_POP || it->kind == KIND_SNAP)
			adjust_size(s, &a->wave, it);
		s->n_active++;
		s->next_item++;
	}
	return 0;
}

static void end_items(struct synth *s, int64_t span_end)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n_active; i++) {
		if (s->active[i].wave.start + (int64_t)s->active[i].wave.n > span_end)
			s->active[kept++] = s->active[i];
		else
			gen_wave_free(&s->active[i].wave);
	}
	s->n_active = kept;
}

/* ---- GEN_RATE ------------------------------------------------------------ */

static void add_wave(struct synth *s, const struct active *a, float *direct, size_t at, size_t n)
{
	struct layer_buffer *l = &s->layer[gen_is_event(a->item->kind) ? LAYER_EVENTS : LAYER_REST];
	const struct gen_wave *w = &a->wave;

	for (size_t i = 0; i < n; i++) {
		int64_t k = s->rendered + (int64_t)i - w->start;

		if (k < 0 || k >= (int64_t)w->n)
			continue;
		for (int c = 0; c < 3; c++)
			l->acc[c][at + i] += w->acc[k] * (float)w->dir[c];
		if (w->film)
			direct[i] += w->film[k];
	}
}

/* Film of both layers; the body's slow signals belong to the rest. */
static void add_film(struct synth *s, const float *direct, size_t at, size_t n)
{
	const int step = GEN_RATE / GEN_BODY_RATE;
	struct layer_buffer *ev = &s->layer[LAYER_EVENTS], *rest = &s->layer[LAYER_REST];
	struct gen_slow from = { 0 }, to = { 0 };

	gen_body_at(&s->plan, &s->subject, (double)s->rendered / GEN_RATE, &to);
	for (size_t i = 0; i < n; i++) {
		double u = (double)(i % (size_t)step) / step, z, v;

		if (i % (size_t)step == 0) {
			from = to;
			gen_body_at(&s->plan, &s->subject,
				    (double)(s->rendered + (int64_t)i + step) / GEN_RATE, &to);
		}
		z = from.acc[2] + u * (to.acc[2] - from.acc[2]);
		v = from.film_v + u * (to.film_v - from.film_v);
		ev->film[at + i] = (float)film_step(&ev->filter, ev->acc[2][at + i], 0.0);
		rest->film[at + i] = (float)film_step(&rest->filter, z + rest->acc[2][at + i],
						      v + direct[i]);
	}
}

/* The next @n samples into the buffers from @at on. */
static int render(struct synth *s, size_t at, size_t n)
{
	static float direct[GEN_RATE];
	int ret = start_items(s, s->rendered + (int64_t)n);

	if (ret)
		return ret;
	memset(direct, 0, sizeof(direct));
	for (int l = 0; l < LAYER_COUNT; l++)
		for (int c = 0; c < 3; c++)
			memset(&s->layer[l].acc[c][at], 0, n * sizeof(float));
	for (size_t i = 0; i < s->n_active; i++)
		add_wave(s, &s->active[i], direct, at, n);
	if (s->mode->film_rate)
		add_film(s, direct, at, n);
	s->rendered += (int64_t)n;
	end_items(s, s->rendered);
	return 0;
}

/* The film's RC starts charged to where the body is, not with a step. */
static void settle_film(struct synth *s)
{
	struct gen_slow slow;

	gen_body_at(&s->plan, &s->subject, (double)s->rendered / GEN_RATE, &slow);
	for (long i = 0; i < 2L * GEN_RATE; i++)
		film_step(&s->layer[LAYER_REST].filter, slow.acc[2], slow.film_v);
}

/* ---- channels ------------------------------------------------------------- */

static void accel_second(struct synth *s, uint64_t second)
{
	int rate = s->mode->accel_rate, step = rate ? GEN_RATE / rate : 0;
	const struct layer_buffer *l = s->layer;

	for (int k = 0; k < rate; k++) {
		double t = (double)second + (double)k / rate, square = 0.0;
		size_t centre = HALF + (size_t)(k * step);
		struct gen_slow slow;

		gen_body_at(&s->plan, &s->subject, t, &slow);
		for (int c = 0; c < 3; c++) {
			double event = fir_at(s->accel_fir, s->accel_taps,
					      &l[LAYER_EVENTS].acc[c][centre]);
			double rest = fir_at(s->accel_fir, s->accel_taps,
					     &l[LAYER_REST].acc[c][centre]);
			double banded;

			rest += slow.acc[c] + noise_step(&s->accel[c].noise, &s->rng);
			s->counts[c][k] = sensor_accel_count(event + rest, s->mode->accel_bits);
			/* The converter's steps are noise too. */
			rest = sensor_accel_g(s->counts[c][k]) - event;
			banded = biquad_step(&s->accel[c].band, rest);
			square += banded * banded;
		}
		noise_record_add(&s->accel_record, t, square);
	}
}

static void film_second(struct synth *s, uint64_t second)
{
	int rate = s->mode->film_rate, step = rate ? GEN_RATE / rate : 0;
	int16_t *counts = s->counts[s->mode->accel_rate ? 3 : 0];

	for (int k = 0; k < rate; k++) {
		size_t centre = HALF + (size_t)(k * step);
		double event = fir_at(s->film_fir, s->film_taps, &s->layer[LAYER_EVENTS].film[centre]);
		double rest = fir_at(s->film_fir, s->film_taps, &s->layer[LAYER_REST].film[centre]);
		double banded;

		rest += noise_step(&s->film.noise, &s->rng);
		counts[k] = sensor_film_count(event + rest, s->mode->film_bits);
		banded = biquad_step(&s->film.band, sensor_film_mv(counts[k]) - event);
		noise_record_add(&s->film_record, (double)second + (double)k / rate,
				 banded * banded);
	}
}

/* ---- the whole ------------------------------------------------------------- */

static size_t describe_signals(const struct sensor_mode *m, struct edf_signal *sig)
{
	static const char *const labels[3] = {
		EDF_LABEL_ACCEL_X, EDF_LABEL_ACCEL_Y, EDF_LABEL_ACCEL_Z
	};
	size_t n = 0;

	for (int c = 0; c < 3 && m->accel_rate; c++) {
		struct edf_signal *e = &sig[n++];

		snprintf(e->label, sizeof(e->label), "%s", labels[c]);
		snprintf(e->dimension, sizeof(e->dimension), "mg");
		snprintf(e->transducer, sizeof(e->transducer), "ST1VAFE3BX accelerometer, simulated");
		e->phys_min = edf_header_value(-32768 * SENSOR_ACCEL_MG_PER_COUNT);
		e->phys_max = edf_header_value(32767 * SENSOR_ACCEL_MG_PER_COUNT);
		e->samples_per_record = (uint32_t)m->accel_rate;
	}
	if (m->film_rate) {
		struct edf_signal *e = &sig[n++];

		snprintf(e->label, sizeof(e->label), EDF_LABEL_FILM);
		snprintf(e->dimension, sizeof(e->dimension), "mV");
		snprintf(e->transducer, sizeof(e->transducer), "PVDF film on ST1VAFE3BX, simulated");
		e->phys_min = edf_header_value(-32768 / SENSOR_FILM_COUNTS_PER_MV);
		e->phys_max = edf_header_value(32767 / SENSOR_FILM_COUNTS_PER_MV);
		e->samples_per_record = (uint32_t)m->film_rate;
	}
	for (size_t i = 0; i < n; i++) {
		sig[i].dig_min = INT16_MIN;
		sig[i].dig_max = INT16_MAX;
	}
	return n;
}

static struct biquad rest_band(double rate)
{
	return biquad_highpass(GEN_BAND_LO_HZ, 0.707, rate);
}

static int synth_init(struct synth *s, const struct gen_options *opt)
{
	const double accel_rate = sensor_mode(opt->mode)->accel_rate;
	const double film_rate = sensor_mode(opt->mode)->film_rate;
	struct rng plan_rng;
	int ret;

	s->opt = opt;
	s->mode = sensor_mode(opt->mode);
	/* Plan and noise have streams of their own: one mode's session is another's. */
	rng_seed(&plan_rng, opt->seed);
	rng_seed(&s->rng, opt->seed ^ 0x6e6f697365u);
	gen_subject_draw(&s->subject, &plan_rng);
	ret = gen_plan_make(&s->plan, opt, &s->subject, &plan_rng);
	if (ret)
		return ret;
	ret = noise_record_init(&s->accel_record, opt->duration_s, accel_rate);
	if (!ret)
		ret = noise_record_init(&s->film_record, opt->duration_s, film_rate);
	if (ret)
		return ret;

	/* 32 output periods long: down 60 dB where aliases would begin. */
	if (accel_rate > 0.0) {
		s->accel_taps = 32 * GEN_RATE / (size_t)accel_rate + 1;
		fir_lowpass(s->accel_fir, s->accel_taps, GEN_BAND_SHARE * accel_rate / GEN_RATE);
		for (int c = 0; c < 3; c++) {
			s->accel[c].noise = noise_init(sensor_accel_noise_g(&s->subject, accel_rate),
						       accel_rate);
			s->accel[c].band = rest_band(accel_rate);
		}
	}
	if (film_rate > 0.0) {
		s->film_taps = 32 * GEN_RATE / (size_t)film_rate + 1;
		fir_lowpass(s->film_fir, s->film_taps, GEN_BAND_SHARE * film_rate / GEN_RATE);
		s->film.noise = noise_init(sensor_film_noise_mv(&s->subject, film_rate), film_rate);
		s->film.band = rest_band(film_rate);
	}
	for (int l = 0; l < LAYER_COUNT; l++)
		s->layer[l].filter = film_init(&s->subject);
	s->rendered = -HALF;
	settle_film(s);
	return 0;
}

static void synth_free(struct synth *s)
{
	for (size_t i = 0; i < s->n_active; i++)
		gen_wave_free(&s->active[i].wave);
	gen_plan_free(&s->plan);
	noise_record_free(&s->accel_record);
	noise_record_free(&s->film_record);
	free(s);
}

static int write_second(struct synth *s, uint64_t second)
{
	const int16_t *counts[4] = { s->counts[0], s->counts[1], s->counts[2], s->counts[3] };
	int ret = render(s, 2 * HALF, GEN_RATE);

	if (ret)
		return ret;
	accel_second(s, second);
	film_second(s, second);
	for (int l = 0; l < LAYER_COUNT; l++) {
		for (int c = 0; c < 3; c++)
			memmove(s->layer[l].acc[c], &s->layer[l].acc[c][GEN_RATE],
				2 * HALF * sizeof(float));
		memmove(s->layer[l].film, &s->layer[l].film[GEN_RATE], 2 * HALF * sizeof(float));
	}
	return edf_write_record(s->edf, (double)second, counts);
}

static int write_edf(struct synth *s)
{
	const struct edf_annotation start = {
		.onset_s = 0.0, .duration_s = NAN, .text = "session start",
	};
	int ret = edf_annotate(s->edf, &start), end;

	if (!ret)
		ret = render(s, 0, 2 * HALF);
	for (uint64_t second = 0; !ret && second < (uint64_t)s->opt->duration_s; second++)
		ret = write_second(s, second);
	end = edf_finish(s->edf);
	return ret ? ret : end;
}

static int write_truth(struct synth *s)
{
	FILE *f = fopen(s->opt->truth, "we");
	int ret;

	if (!f)
		return -errno;
	ret = gen_truth_write(f, s->opt, &s->plan, &s->subject);
	if (fclose(f) && !ret)
		ret = -errno;
	return ret;
}

int gen_session(const struct gen_options *opt, char *err)
{
	struct edf_writer_info info = { .recording = "X backpop-gen simulated", .start_time = START_TIME };
	struct edf_signal signals[4] = { 0 };
	char edf_err[EDF_ERROR_SIZE];
	struct synth *s = calloc(1, sizeof(*s));
	int ret = s ? synth_init(s, opt) : -ENOMEM;

	if (ret) {
		snprintf(err, GEN_ERROR_SIZE, "out of memory");
	} else {
		size_t n = describe_signals(s->mode, signals);

		s->edf = edf_create(opt->out, &info, signals, n, edf_err);
		if (!s->edf) {
			ret = -errno;
			snprintf(err, GEN_ERROR_SIZE, "%s", edf_err);
		}
	}
	if (!ret) {
		ret = write_edf(s);
		if (ret) {
			snprintf(err, GEN_ERROR_SIZE, "%s: %s", opt->out, strerror(-ret));
			unlink(opt->out);
		}
	}
	if (!ret) {
		for (size_t i = 0; i < s->plan.n_items; i++)
			level_find_snr(&s->plan.items[i], &s->accel_record, &s->film_record);
		ret = write_truth(s);
		if (ret) {
			snprintf(err, GEN_ERROR_SIZE, "%s: %s", opt->truth, strerror(-ret));
			unlink(opt->out);
			unlink(opt->truth);
		}
	}
	if (s)
		synth_free(s);
	return ret;
}
