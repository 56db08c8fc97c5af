// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A sensor on an IIO device: opened, watched, and after any fault opened anew,
 * until the device is taken away.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "log.h"
#include "sensor.h"
#include "source/gap.h"

#define CHECK_US	500000u		/* between looks at a silent device */
#define RETRY_MIN_US	250000u
#define RETRY_MAX_US	5000000u
#define RETRY_REFUSED_US 60000000u	/* the device will hardly change its mind */

struct sensor_live {
	struct sensor base;
	struct source *src;
	sd_event_source *io;
	sd_event_source *timer;		/* streaming: look; otherwise: try again */
	uint64_t retry_us;
	uint64_t lost_before;		/* in earlier streams and between them */
	bool resumed;			/* the next frame is the first of a stream */
	bool progress;
	char last_error[SOURCE_ERROR_SIZE];
};

static void rearm(struct sensor_live *l, uint64_t usec)
{
	int r = sd_event_source_set_time_relative(l->timer, usec);

	if (r >= 0)
		r = sd_event_source_set_enabled(l->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("%s: no timer: %s", l->base.device, strerror(-r));
}

static void close_source(struct sensor_live *l)
{
	struct source_counters c;

	l->io = sd_event_source_disable_unref(l->io);
	if (!l->src)
		return;
	l->src->ops->counters(l->src, &c);
	l->lost_before += c.lost;
	l->src->ops->close(l->src);
	l->src = NULL;
}

/* Say a fault once, not at every attempt, and try again later. */
static void fault(struct sensor_live *l, const char *state, int error, const char *why)
{
	if (strcmp(l->last_error, why)) {
		log_warning("%s: %s: %s", l->base.device, state, why);
		snprintf(l->last_error, sizeof(l->last_error), "%s", why);
	}
	sensor_set_state(&l->base, state, why);
	rearm(l, error == -EINVAL ? RETRY_REFUSED_US : l->retry_us);
	l->retry_us = l->retry_us * 2 < RETRY_MAX_US ? l->retry_us * 2 : RETRY_MAX_US;
}

/* The first frame after a restart: what was lost in between counts too. */
static void resume(struct sensor_live *l, int64_t t_ns)
{
	struct sensor *s = &l->base;

	l->resumed = false;
	if (s->last_ns)
		l->lost_before += gap_samples(t_ns - s->last_ns, 1e9 / s->bus.sample_rate);
	log_info("%s: %s: streaming %s at %g Hz", s->device, s->name, s->mode,
		 s->bus.sample_rate);
	l->last_error[0] = '\0';
	l->retry_us = RETRY_MIN_US;
	sensor_set_state(s, "streaming", "");
}

/* Take what there is. */
static void service(struct sensor_live *l)
{
	struct sensor *s = &l->base;
	struct source_counters c;
	char why[SOURCE_ERROR_SIZE];
	ssize_t n;

	while ((n = l->src->ops->read(l->src, s->frames, SENSOR_FRAMES)) > 0) {
		if (l->resumed)
			resume(l, s->frames[0].t_ns);
		l->progress = true;
		sensor_feed(s, s->frames, (size_t)n);
	}
	l->src->ops->counters(l->src, &c);
	s->bus.samples_lost = l->lost_before + c.lost;
	if (!n) {
		rearm(l, CHECK_US);
		return;
	}
	strcpy(why, l->src->error);
	close_source(l);
	fault(l, n == -ETIMEDOUT || n == -EPIPE ? "stalled" : "failed", (int)n, why);
}

static int on_readable(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	(void)src;
	(void)fd;
	(void)revents;
	service(userdata);
	return 0;
}

static void open_source(struct sensor_live *l)
{
	const struct config *cfg = l->base.env->cfg;
	const struct source_iio_options opt = {
		.mode = cfg->mode,
		.rate_hz = cfg->rate_hz,
		.accel_range_g = cfg->accel_range_g,
		.film_range_mv = cfg->film_range_mv,
		.watermark = cfg->watermark,
	};
	char err[SOURCE_ERROR_SIZE];
	int r;

	l->src = source_open_iio(l->base.device, &opt, err);
	if (!l->src) {
		fault(l, "failed", -errno, err);
		return;
	}
	r = sensor_set_source(&l->base, &l->src->info);
	if (r >= 0)
		r = sd_event_add_io(l->base.env->event, &l->io, l->src->ops->poll_fd(l->src),
				    EPOLLIN, on_readable, l);
	if (r < 0) {
		close_source(l);
		fault(l, "failed", r, strerror(-r));
		return;
	}
	if (l->base.last_ns)
		l->base.bus.restarts++;
	l->resumed = true;
	l->progress = true;
	rearm(l, CHECK_US);
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct sensor_live *l = userdata;

	(void)src;
	(void)usec;
	if (l->src)
		service(l);
	else
		open_source(l);
	return 0;
}

int sensor_live_new(struct sensor_live **ret, const struct sensor_env *env, const char *device,
		    const char *name)
{
	struct sensor_live *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->retry_us = RETRY_MIN_US;
	r = sensor_init(&l->base, env, device, device, name, env->cfg->mode);
	if (r >= 0)
		r = sd_event_add_time_relative(env->event, &l->timer, CLOCK_MONOTONIC, 0, 0,
					       on_timer, l);
	if (r < 0) {
		sensor_live_free(l);
		return r;
	}
	open_source(l);
	*ret = l;
	return 0;
}

void sensor_live_free(struct sensor_live *l)
{
	close_source(l);
	sd_event_source_disable_unref(l->timer);
	sensor_finish(&l->base);
	free(l);
}

const struct sensor *sensor_live_sensor(const struct sensor_live *l)
{
	return &l->base;
}

bool sensor_live_progress(struct sensor_live *l)
{
	bool progress = l->progress || !l->src;

	l->progress = false;
	return progress;
}
