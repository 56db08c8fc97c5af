// SPDX-License-Identifier: GPL-2.0-or-later
#include "truth.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backpop_sim_uapi.h"
#include "rig.h"

#define G		9.80665
#define BATCH		512
#define TELL_MAX	5	/* wrong samples told one by one */

static double axis_share(int axis)
{
	static const double share[3] = { 1, -0.5, 0.25 };

	return share[axis];
}

int truth_feed(unsigned int chip, const struct truth_wave *w)
{
	unsigned int step_ms = w->half_ms ? w->half_ms : 1000;
	unsigned int n = w->seconds * 1000 / step_ms + 2, i;
	size_t size = sizeof(struct bsim_feed_header) + n * sizeof(struct bsim_feed_sample);
	struct bsim_feed_header *header = calloc(1, size);
	struct bsim_feed_sample *s;
	char path[32];
	int fd, axis;

	if (!header)
		return -ENOMEM;
	if (n > BSIM_QUEUE) {
		rig_diag("%u s are too long for the feed's queue", w->seconds);
		free(header);
		return -EINVAL;
	}
	*header = (struct bsim_feed_header){ .magic = BSIM_MAGIC, .rate_mhz = 1000000 / step_ms };
	s = (struct bsim_feed_sample *)(header + 1);
	for (i = 0; i < n; i++) {
		double sign = w->half_ms && i % 2 == 0 ? -1 : 1;

		for (axis = 0; axis < 3; axis++)
			s[i].accel_ug[axis] = lrint(sign * axis_share(axis) * w->accel_mg * 1e3);
		s[i].film_nv = lrint(sign * w->film_mv * 1e6);
	}
	snprintf(path, sizeof(path), "/dev/backpop_sim%u", chip);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || write(fd, header, size) != (ssize_t)size || ioctl(fd, BSIM_IOC_END)) {
		int err = errno ? errno : EIO;

		rig_diag("cannot feed %s: %s", path, strerror(err));
		if (fd >= 0)
			close(fd);
		fd = -err;
	}
	free(header);
	return fd;
}

int truth_rest(unsigned int chip)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/backpop_sim%u", chip);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : close(fd);
}

/* What the wave is at @t_ns, as a share of its peak. */
static double wave_at(const struct truth *t, double t_ns)
{
	double halves, frac;

	if (!t->wave.half_ms)
		return 1;
	frac = modf((t_ns - t->t0_ns) / (t->wave.half_ms * 1e6), &halves);
	return fmod(halves, 2) == 0 ? 2 * frac - 1 : 1 - 2 * frac;
}

int truth_look(struct truth *t)
{
	long long start;
	int ret = sim_stat(t->c->chip, "stream_start_ns", &start);

	if (ret || !start || (t->n_starts && t->starts[t->n_starts - 1] == start))
		return ret;
	if (t->n_starts == TRUTH_STARTS) {
		rig_diag("the chip was started more than %d times", TRUTH_STARTS);
		return -EOVERFLOW;
	}
	t->starts[t->n_starts++] = start;
	return 0;
}

struct first_sample {
	struct truth *t;
	int ret;
};

static bool has_begun(void *arg)
{
	struct first_sample *f = arg;

	f->ret = truth_look(f->t);
	return f->ret || f->t->n_starts;
}

int truth_begin(struct truth *t, struct capture *c, const struct truth_wave *w, int ppm)
{
	struct first_sample f = { .t = t };
	long long t0;
	int ret;

	memset(t, 0, sizeof(*t));
	t->c = c;
	t->wave = *w;
	t->period_ns = 1e9 / (c->rate_hz * (1 + ppm * 1e-6));
	t->settle_ns = 10e9;
	t->accel_step = c->mode == CAPTURE_COMBINED ? 16 : 1;
	/* 12 bits, but 14 for the film alone at 800 Hz */
	t->film_step = c->mode == CAPTURE_FILM && c->rate_hz == 800 ? 4 : 16;
	t->epoch = -1;
	t->first_k = -1;
	if (!rig_wait(has_begun, &f)) {
		rig_diag("chip %u takes no samples", c->chip);
		return -ETIMEDOUT;
	}
	if (f.ret)
		return f.ret;
	ret = sim_stat(c->chip, "t0_ns", &t0);
	t->t0_ns = t0;
	return ret;
}

/* The chip rounds to its step; half a step, and as much for the arithmetic around it. */
static bool value_right(int got, double want, int step)
{
	return fabs(got - want) <= 0.5 * step + 0.75;
}

static bool values_right(const struct truth *t, const struct capture_sample *s, double due_ns,
			 char *text, size_t size)
{
	double share = wave_at(t, due_ns);
	double accel = share * t->wave.accel_mg * 1e-3 * G / t->c->accel_scale;
	double film = share * t->wave.film_mv / t->c->film_scale;
	bool right = true;
	int axis;

	if (t->c->mode != CAPTURE_FILM)
		for (axis = 0; axis < 3; axis++)
			right &= value_right(s->accel[axis], accel * axis_share(axis),
					     t->accel_step);
	if (t->c->mode != CAPTURE_MOTION)
		right &= value_right(s->film, film, t->film_step);
	snprintf(text, size, "got %d %d %d film %d, expected %.1f %.1f %.1f film %.1f",
		 s->accel[0], s->accel[1], s->accel[2], s->film, accel, accel * axis_share(1),
		 accel * axis_share(2), film);
	return right;
}

static void count_place(struct truth *t, int epoch, long long k)
{
	if (epoch != t->epoch) {
		t->restarts += t->epoch >= 0;
	} else if (k <= t->last_k) {
		t->repeated++;
	} else if (k > t->last_k + 1) {
		t->gaps++;
		t->lost += k - t->last_k - 1;
	}
	t->epoch = epoch;
	t->last_k = k;
}

void truth_check(struct truth *t, const struct capture_sample *samples, int n)
{
	char text[160];
	int i;

	for (i = 0; i < n; i++) {
		const struct capture_sample *s = &samples[i];
		int epoch = t->n_starts - 1;
		double start, due, error;
		long long k;

		while (epoch > 0 && s->t_ns < t->starts[epoch] - t->period_ns / 2)
			epoch--;
		start = t->starts[epoch];
		k = llrint((s->t_ns - start) / t->period_ns);
		due = start + k * t->period_ns;
		error = s->t_ns - due;
		if (t->first_k < 0)
			t->first_k = k;
		if (t->samples && s->t_ns <= t->last_t)
			t->backward++;
		count_place(t, epoch, k);
		if (!values_right(t, s, due, text, sizeof(text)) && t->wrong++ < TELL_MAX)
			rig_diag("sample %lld (tick %lld, %.1f us off): %s", t->samples, k,
				 error / 1e3, text);
		if (s->t_ns - start >= t->settle_ns) {
			t->timed++;
			t->sum += error;
			t->sum_squares += error * error;
			t->max_ns = fmax(t->max_ns, fabs(error));
		}
		t->last_t = s->t_ns;
		t->samples++;
	}
}

/* Read and check one batch. */
static int run_batch(struct truth *t, int patience_ms, bool look, int64_t *first)
{
	static struct capture_sample batch[BATCH];
	int n, ret;

	n = capture_read(t->c, batch, t->batch ? t->batch : BATCH, patience_ms);
	if (n <= 0)
		return n ? n : -ETIMEDOUT;
	ret = look ? truth_look(t) : 0;
	if (ret)
		return ret;
	*first = batch[0].t_ns;
	truth_check(t, batch, n);
	return 0;
}

int truth_run_to(struct truth *t, int64_t until_ns, int patience_ms, bool look)
{
	int64_t first;
	int ret = 0;

	while (!ret && t->last_t < until_ns)
		ret = run_batch(t, patience_ms, look, &first);
	return ret;
}

int truth_run(struct truth *t, double seconds, int patience_ms, bool look)
{
	int64_t first;
	int ret = run_batch(t, patience_ms, look, &first);

	return ret ? ret : truth_run_to(t, first + llrint(seconds * 1e9), patience_ms, look);
}

double truth_rms_ns(const struct truth *t)
{
	return t->timed ? sqrt(t->sum_squares / t->timed) : 0;
}

void truth_tell(const struct truth *t, const char *what)
{
	rig_diag("%s: %lld samples, %lld lost in %lld gaps, %lld restarts, first is tick %lld",
		 what, t->samples, t->lost, t->gaps, t->restarts, t->first_k);
	rig_diag("%s: %lld wrong, %lld repeated, %lld time stamps not increasing", what, t->wrong,
		 t->repeated, t->backward);
	if (t->timed)
		rig_diag("%s: time stamp error rms %.2f us, max %.2f us over %lld samples", what,
			 truth_rms_ns(t) / 1e3, t->max_ns / 1e3, t->timed);
}
