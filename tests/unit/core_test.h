/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the core share: KTAP lines, a noise source, made-up signals. */
#ifndef TESTS_UNIT_CORE_TEST_H
#define TESTS_UNIT_CORE_TEST_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"

static int ktap_no, ktap_failed;

static inline void ktap_plan(int n)
{
	printf("TAP version 13\n1..%d\n", n);
}

/* One result; the message says what was expected, what was got and where to look. */
static inline __attribute__((format(printf, 3, 4)))
void ktap(bool ok, const char *name, const char *fmt, ...)
{
	va_list ap;

	if (!ok) {
		ktap_failed++;
		printf("# ");
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
		printf("\n");
	}
	printf("%s %d %s\n", ok ? "ok" : "not ok", ++ktap_no, name);
}

static inline int ktap_exit(void)
{
	return ktap_failed ? 1 : 0;
}

/* Gaussian enough: sum of 12 uniforms, xorshift64. */
static inline float test_noise(uint64_t *s)
{
	float sum = -6;

	for (int i = 0; i < 12; i++) {
		*s ^= *s << 13;
		*s ^= *s >> 7;
		*s ^= *s << 17;
		sum += (float)(*s >> 40) / 16777216.0f;
	}
	return sum;
}

/**
 * struct test_signal - a made-up session of one sensor
 * @motion_hz, @film_hz: rates, 0 = channel absent
 * @noise_g, @noise_mv: rms per axis
 * @film_mv_per_g:	how the film sees the z axis
 */
struct test_signal {
	double motion_hz, film_hz;
	float noise_g, noise_mv;
	float film_mv_per_g;
	float (*z)(double t);		/* what the back does along z, g */
	float (*film)(double t);	/* what reaches the film directly, mV */
	double motion_range_g, film_range_mv;
};

static inline float test_film(const struct test_signal *sig, double t, uint64_t *seed)
{
	return sig->film_mv_per_g * (sig->z ? sig->z(t) : 0) + (sig->film ? sig->film(t) : 0) +
	       sig->noise_mv * test_noise(seed);
}

/* Frames of @duration_s seconds in time order; the caller frees them. */
static inline struct bp_frame *test_frames(const struct test_signal *sig, double duration_s,
					   size_t *n)
{
	uint64_t seed = 0x9e3779b97f4a7c15ull;
	size_t max = (size_t)(duration_s * (sig->motion_hz + sig->film_hz)) + 2, k = 0;
	struct bp_frame *f = calloc(max, sizeof(*f));
	uint64_t im = 0, iff = 0;

	if (!f) {
		printf("Bail out! no memory for %zu frames\n", max);
		exit(1);
	}
	for (;;) {
		double tm = sig->motion_hz > 0 ? (double)im / sig->motion_hz : 1e30;
		double tf = sig->film_hz > 0 ? (double)iff / sig->film_hz : 1e30;
		double t = tm < tf ? tm : tf;

		if (t >= duration_s)
			break;
		f[k].t_ns = (int64_t)(t * 1e9);
		if (tm <= t) {
			f[k].has |= BP_HAS_MOTION;
			f[k].accel_g[0] = 0.1f + sig->noise_g * test_noise(&seed);
			f[k].accel_g[1] = sig->noise_g * test_noise(&seed);
			f[k].accel_g[2] = 0.99f + (sig->z ? sig->z(t) : 0) +
					  sig->noise_g * test_noise(&seed);
			im++;
		}
		if (tf <= t) {
			f[k].has |= BP_HAS_FILM;
			f[k].film_mv = test_film(sig, t, &seed);
			iff++;
		}
		k++;
	}
	*n = k;
	return f;
}

/* A damped oscillation that begins at @t0. */
static inline float test_pop(double t, double t0, double hz, double decay_s, double peak_g)
{
	double u = t - t0;

	return u < 0 ? 0 : (float)(peak_g * exp(-u / decay_s) * sin(2 * M_PI * hz * u));
}

/* 75 beats of a heart a minute, smooth, 1 high. */
static inline float test_beat(double t)
{
	double u = t - 0.8 * floor(t / 0.8) - 0.4;

	return (float)exp(-u * u / (0.03 * 0.03));
}

struct test_run {
	struct bp_event ev[4096];
	size_t n;
	struct bp_status status;
};

static inline void test_fetch(struct bp_core *core, struct test_run *run)
{
	while (run->n < sizeof(run->ev) / sizeof(*run->ev) &&
	       bp_core_next_event(core, &run->ev[run->n]))
		run->n++;
}

static inline struct bp_core *test_core(const struct test_signal *sig)
{
	static _Alignas(BP_CORE_ALIGN) unsigned char mem[BP_CORE_STATE_SIZE];
	struct bp_config cfg = {
		.motion_rate_hz = sig->motion_hz, .film_rate_hz = sig->film_hz,
		.motion_range_g = sig->motion_range_g, .film_range_mv = sig->film_range_mv,
	};

	memset(mem, 0xa5, sizeof(mem));
	return bp_core_init(mem, sizeof(mem), &cfg);
}

/* Push in blocks of @block frames, fetch after each, flush at the end. */
static inline void test_play(struct test_run *run, const struct test_signal *sig,
			     const struct bp_frame *f, size_t n, size_t block)
{
	struct bp_core *core = test_core(sig);

	memset(run, 0, sizeof(*run));
	for (size_t i = 0; i < n; i += block) {
		bp_core_push(core, f + i, n - i < block ? n - i : block);
		test_fetch(core, run);
	}
	bp_core_flush(core);
	test_fetch(core, run);
	bp_core_status(core, &run->status);
}

/* A sensor of 4 g and 200 mV on a back that does @z; @film: what reaches the film directly, or NULL. */
static inline struct test_signal test_sensor(double motion_hz, double film_hz, float (*z)(double t),
					     float (*film)(double t))
{
	return (struct test_signal){
		.motion_hz = motion_hz, .film_hz = film_hz, .noise_g = 0.001f, .noise_mv = 0.08f,
		.film_mv_per_g = 60, .z = z, .film = film, .motion_range_g = 4, .film_range_mv = 200,
	};
}

/* The core's answer to @duration_s of it. */
static inline void test_hear(struct test_run *run, const struct test_signal *sig, double duration_s)
{
	size_t n;
	struct bp_frame *f = test_frames(sig, duration_s, &n);

	test_play(run, sig, f, n, 64);
	free(f);
}

/* Revision 0 of the first event whose onset is within @collar_s of @t, or NULL. */
static inline const struct bp_event *test_find(const struct test_run *run, double t,
					       double collar_s)
{
	for (size_t i = 0; i < run->n; i++)
		if (!run->ev[i].revision &&
		    fabs((double)run->ev[i].onset_ns * 1e-9 - t) <= collar_s)
			return &run->ev[i];
	return NULL;
}

/* The highest revision of event @number. */
static inline const struct bp_event *test_last(const struct test_run *run, uint32_t number)
{
	const struct bp_event *ev = NULL;

	for (size_t i = 0; i < run->n; i++)
		if (run->ev[i].number == number)
			ev = &run->ev[i];
	return ev;
}

/* Events that were never withdrawn. */
static inline size_t test_standing(const struct test_run *run)
{
	size_t n = 0;

	for (uint32_t k = 1; k <= run->status.events; k++) {
		const struct bp_event *ev = test_last(run, k);

		n += ev && ev->class_ != BP_CLASS_ARTEFACT;
	}
	return n;
}

#endif
