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

#define HALF		1152	/* samples a decimator looks ahead and back, and the film may lag */
#define SLACK		512	/* a second of a clock that is 2 % slow, rounding */
#define SPAN		(GEN_RATE + SLACK + 2 * HALF)
#define MAX_RATE	6400
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
	struct sensor_mode mode;
	struct gen_subject subject;
	struct gen_plan plan;
	struct rng rng;
	struct layer_buffer layer[LAYER_COUNT];
	struct active active[MAX_ACTIVE];
	size_t n_active, next_item;
	int64_t rendered;			/* samples at GEN_RATE so far, from -HALF */
	int64_t base;				/* index of the buffers' first sample */
	double stretch;				/* body seconds in one second of the file */
	struct biquad mount[LAYER_COUNT][3];
	float accel_fir[2 * HALF + 1], film_fir[2 * HALF + 1];
	size_t accel_taps, film_taps;
	struct channel_noise accel[3], film;
	struct noise_record accel_record, film_record;
	struct edf_writer *edf;
	struct rng drops;
	int16_t counts[4][MAX_RATE], last[4];
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
	double now = level_db(it, &s->subject, &s->mode), want = now;

	if (!isnan(s->opt->snr_db))
		want = s->opt->snr_db;
	else if (!isnan(s->plan.min_snr_db))
		want = fmax(now, s->plan.min_snr_db);
	if (want == now)
		return;
	for (size_t i = 0; i < w->n; i++)
		w->acc[i] *= (float)gm_pow(10.0, (want - now) / 20.0);
	level_measure(w, it, &s->subject, &s->mode);
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
		level_measure(&a->wave, it, &s->subject, &s->mode);
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
	int64_t grid = INT64_MIN;

	for (size_t i = 0; i < n; i++) {
		/* Slow signals on a grid of their own, whatever pieces are rendered. */
		int64_t now = s->rendered + (int64_t)i;
		int64_t cell = (now + HALF) / step;
		double u = (double)((now + HALF) % step) / step, z, v;

		if (cell != grid) {
			double t = (double)(cell * step - HALF) / GEN_RATE;

			if (cell == grid + 1 && grid != INT64_MIN)
				from = to;
			else
				gen_body_at(&s->plan, &s->subject, t, &from);
			gen_body_at(&s->plan, &s->subject, t + 1.0 / GEN_BODY_RATE, &to);
			grid = cell;
		}
		z = from.acc[2] + u * (to.acc[2] - from.acc[2]);
		v = from.film_v + u * (to.film_v - from.film_v);
		ev->film[at + i] = (float)film_step(&ev->filter, ev->acc[2][at + i], 0.0);
		rest->film[at + i] = (float)film_step(&rest->filter, z + rest->acc[2][at + i],
						      v + direct[i]);
	}
}

/* The accelerometer on a loose mount: the film, which sticks to the skin, does not care. */
static void add_mount(struct synth *s, size_t at, size_t n)
{
	for (int l = 0; l < LAYER_COUNT; l++)
		for (int c = 0; c < 3; c++)
			for (size_t i = at; i < at + n; i++)
				s->layer[l].acc[c][i] = (float)biquad_step(&s->mount[l][c],
									   s->layer[l].acc[c][i]);
}

/* The next @n samples into the buffers from @at on. */
static int render(struct synth *s, size_t at, size_t n)
{
	static float direct[SPAN];
	int ret = start_items(s, s->rendered + (int64_t)n);

	if (ret)
		return ret;
	memset(direct, 0, n * sizeof(float));
	for (int l = 0; l < LAYER_COUNT; l++)
		for (int c = 0; c < 3; c++)
			memset(&s->layer[l].acc[c][at], 0, n * sizeof(float));
	for (size_t i = 0; i < s->n_active; i++)
		add_wave(s, &s->active[i], direct, at, n);
	if (s->mode.film_rate)
		add_film(s, direct, at, n);
	if (s->subject.mount_hz > 0.0)
		add_mount(s, at, n);
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

/* A decimator's output at the buffers' position @at, which need not be whole. */
static double decimate(const float *taps, size_t n, const float *buffer, double at)
{
	size_t whole = (size_t)at;
	double part = at - (double)whole, y = fir_at(taps, n, buffer + whole);

	return part == 0.0 ? y : y + part * (fir_at(taps, n, buffer + whole + 1) - y);
}

/* Does this sample of the sensor repeat the one before? */
static bool is_dropped(struct synth *s)
{
	return s->subject.drop_share > 0.0 &&
	       rng_uniform(&s->drops, 0.0, 1.0) < s->subject.drop_share;
}

static void accel_second(struct synth *s, uint64_t second)
{
	int rate = s->mode.accel_rate;
	const struct layer_buffer *l = s->layer;

	for (int k = 0; k < rate; k++) {
		double file_t = (double)second + (double)k / rate, t = file_t * s->stretch;
		double square = 0.0, at = t * GEN_RATE - (double)s->base;
		bool dropped = is_dropped(s);
		struct gen_slow slow;

		gen_body_at(&s->plan, &s->subject, t, &slow);
		for (int c = 0; c < 3; c++) {
			double event = decimate(s->accel_fir, s->accel_taps, l[LAYER_EVENTS].acc[c], at);
			double rest = decimate(s->accel_fir, s->accel_taps, l[LAYER_REST].acc[c], at);
			double banded;

			rest += slow.acc[c] + noise_step(&s->accel[c].noise, &s->rng);
			s->counts[c][k] = sensor_accel_count(&s->mode, event + rest);
			if (dropped)
				s->counts[c][k] = s->last[c];
			s->last[c] = s->counts[c][k];
			/* The converter's steps are noise too. */
			rest = sensor_accel_g(&s->mode, s->counts[c][k]) - event;
			banded = biquad_step(&s->accel[c].band, rest);
			square += banded * banded;
		}
		noise_record_add(&s->accel_record, t, square);
	}
}

static void film_second(struct synth *s, uint64_t second)
{
	int rate = s->mode.film_rate, signal = s->mode.accel_rate ? 3 : 0;
	int16_t *counts = s->counts[signal];

	for (int k = 0; k < rate; k++) {
		double file_t = (double)second + (double)k / rate, t = file_t * s->stretch;
		double at = (t - s->subject.film_lag_s) * GEN_RATE - (double)s->base;
		double event = decimate(s->film_fir, s->film_taps, s->layer[LAYER_EVENTS].film, at);
		double rest = decimate(s->film_fir, s->film_taps, s->layer[LAYER_REST].film, at);
		double banded;

		rest += noise_step(&s->film.noise, &s->rng);
		counts[k] = sensor_film_count(&s->mode, event + rest);
		if (is_dropped(s))
			counts[k] = s->last[signal];
		s->last[signal] = counts[k];
		banded = biquad_step(&s->film.band, sensor_film_mv(counts[k]) - event);
		noise_record_add(&s->film_record, t, banded * banded);
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
		e->phys_min = edf_header_value(-32768 * sensor_accel_mg_per_count(m));
		e->phys_max = edf_header_value(32767 * sensor_accel_mg_per_count(m));
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

/* What the options say instead of what was drawn. */
static void override_subject(struct gen_subject *s, const struct gen_options *opt)
{
	if (!isnan(opt->odr_error))
		s->odr_error = opt->odr_error;
	if (!isnan(opt->drop_share))
		s->drop_share = opt->drop_share;
	if (!isnan(opt->lag_s))
		s->film_lag_s = opt->lag_s;
	else if (opt->mode == MODE_MOTION_FILM)
		s->film_lag_s *= 0.2;	/* one chip samples both: what is left is the glue */
	if (opt->loose_mount && s->mount_hz <= 0.0)
		s->mount_hz = 250.0;
}

static void init_channels(struct synth *s, double accel_rate, double film_rate)
{
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
	for (int l = 0; l < LAYER_COUNT; l++) {
		s->layer[l].filter = film_init(&s->subject);
		for (int c = 0; c < 3 && s->subject.mount_hz > 0.0; c++)
			s->mount[l][c] = biquad_lowpass(s->subject.mount_hz, s->subject.mount_zeta,
							GEN_RATE);
	}
}

static int synth_init(struct synth *s, const struct gen_options *opt, char *err)
{
	struct gen_background *background = NULL;
	struct gen_options body = *opt;
	struct rng plan_rng;
	int ret;

	s->opt = opt;
	s->mode = sensor_mode(opt);
	if (opt->background) {
		background = gen_background_open(opt->background, GEN_BODY_RATE, err);
		if (!background)
			return -EINVAL;
	}
	/* Plan and noise have streams of their own: one mode's session is another's. */
	rng_seed(&plan_rng, opt->seed);
	rng_seed(&s->rng, opt->seed ^ 0x6e6f697365u);
	rng_seed(&s->drops, opt->seed ^ 0x64726f7073u);
	gen_subject_draw(&s->subject, &plan_rng);
	override_subject(&s->subject, opt);
	s->stretch = 1.0 / (1.0 + s->subject.odr_error);
	body.duration_s *= s->stretch;
	ret = gen_plan_make(&s->plan, &body, &s->subject, &plan_rng);
	s->plan.background = background;
	if (!ret)
		ret = noise_record_init(&s->accel_record, body.duration_s, s->mode.accel_rate);
	if (!ret)
		ret = noise_record_init(&s->film_record, body.duration_s, s->mode.film_rate);
	if (ret) {
		snprintf(err, GEN_ERROR_SIZE, "out of memory");
		return ret;
	}
	init_channels(s, s->mode.accel_rate, s->mode.film_rate);
	s->rendered = s->base = -HALF;
	settle_film(s);
	return 0;
}

static void synth_free(struct synth *s)
{
	for (size_t i = 0; i < s->n_active; i++)
		gen_wave_free(&s->active[i].wave);
	gen_background_free(s->plan.background);
	gen_plan_free(&s->plan);
	noise_record_free(&s->accel_record);
	noise_record_free(&s->film_record);
	free(s);
}

static int write_second(struct synth *s, uint64_t second)
{
	const int16_t *counts[4] = { s->counts[0], s->counts[1], s->counts[2], s->counts[3] };
	/* Up to where the last sample's decimator looks, and a sample more between two. */
	int64_t end = (int64_t)ceil((double)(second + 1) * s->stretch * GEN_RATE) + HALF;
	int64_t next = (int64_t)floor((double)(second + 1) * s->stretch * GEN_RATE) - HALF;
	size_t shift = (size_t)(next - s->base), kept = (size_t)(end - next);
	int ret = render(s, (size_t)(s->rendered - s->base), (size_t)(end - s->rendered));

	if (ret)
		return ret;
	accel_second(s, second);
	film_second(s, second);
	for (int l = 0; l < LAYER_COUNT; l++) {
		for (int c = 0; c < 3; c++)
			memmove(s->layer[l].acc[c], &s->layer[l].acc[c][shift],
				kept * sizeof(float));
		memmove(s->layer[l].film, &s->layer[l].film[shift], kept * sizeof(float));
	}
	s->base = next;
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
	ret = gen_truth_write(f, s->opt, &s->plan, &s->subject, 1.0 / s->stretch);
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
	int ret = s ? synth_init(s, opt, err) : -ENOMEM;

	if (!s) {
		snprintf(err, GEN_ERROR_SIZE, "out of memory");
	} else if (!ret) {
		size_t n = describe_signals(&s->mode, signals);

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
