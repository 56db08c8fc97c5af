// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "log.h"
#include "sensor/sensor_leg.h"
#include "source/gap.h"

#define CHECK_US	500000u		/* between looks at a silent device */
#define RETRY_MIN_US	250000u
#define RETRY_MAX_US	5000000u
#define RETRY_REFUSED_US 60000000u	/* the device will hardly change its mind */
#define CALM_NS		30000000000LL	/* a stream that lasts as long has recovered */

static void rearm(struct leg *leg, uint64_t usec)
{
	int r = sd_event_source_set_time_relative(leg->timer, usec);

	if (r >= 0)
		r = sd_event_source_set_enabled(leg->timer, SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("%s: no timer: %s", leg->device, strerror(-r));
}

static void set_state(struct leg *leg, const char *state, const char *reason)
{
	leg->state = state;
	snprintf(leg->reason, sizeof(leg->reason), "%s", reason);
	leg->ops->changed(leg);
}

static void count(struct leg *leg)
{
	struct source_counters c = { 0 };

	if (leg->src)
		leg->src->ops->counters(leg->src, &c);
	leg->lost = leg->lost_before + c.lost;
}

static void close_source(struct leg *leg)
{
	leg->io = sd_event_source_disable_unref(leg->io);
	if (!leg->src)
		return;
	count(leg);
	leg->lost_before = leg->lost;
	leg->src->ops->close(leg->src);
	leg->src = NULL;
}

/*
 * Say a fault once, not at every attempt, and try again later.  A loose contact that gives a
 * few samples at each attempt has not recovered: the pauses grow all the same.
 */
static void fault(struct leg *leg, const char *state, int error, const char *why)
{
	if (leg->resumed_ns && leg->last_ns - leg->resumed_ns > CALM_NS)
		leg->retry_us = RETRY_MIN_US;
	leg->resumed_ns = 0;
	if (strcmp(leg->told, why)) {
		log_warning("%s: %s: %s", leg->device, state, why);
		snprintf(leg->told, sizeof(leg->told), "%s", why);
	}
	set_state(leg, state, why);
	rearm(leg, error == -EINVAL ? RETRY_REFUSED_US : leg->retry_us);
	leg->retry_us = leg->retry_us * 2 < RETRY_MAX_US ? leg->retry_us * 2 : RETRY_MAX_US;
}

/* Tell the owner what the source is, as soon as the source knows. */
static int introduce(struct leg *leg)
{
	const struct source_info *info = &leg->src->info;
	int r;

	if (leg->known || !info->mode[0])
		return 0;
	r = leg->ops->opened(leg, info);
	if (r < 0) {
		close_source(leg);
		fault(leg, "failed", r, strerror(-r));
		return r;
	}
	leg->known = true;
	leg->rate_hz = fmax(info->config.motion_rate_hz, info->config.film_rate_hz);
	return 0;
}

/* The first frame after a start: what was lost since the last stream counts too. */
static void resume(struct leg *leg, int64_t t_ns)
{
	leg->resumed = false;
	if (leg->last_ns) {
		leg->restarts++;
		leg->lost_before += gap_samples(t_ns - leg->last_ns, 1e9 / leg->rate_hz);
	}
	leg->resumed_ns = t_ns;
	log_info("%s: %s: streaming %s at %g Hz", leg->device, leg->src->info.name,
		 leg->src->info.mode, leg->rate_hz);
	leg->told[0] = '\0';
	set_state(leg, "streaming", "");
}

/* Take what there is. */
static void service(struct leg *leg)
{
	char why[SOURCE_ERROR_SIZE];
	size_t room;
	ssize_t n = 0;

	while ((room = leg->ops->room(leg)) > 0) {
		n = leg->src->ops->read(leg->src, leg->frames,
					room < LEG_FRAMES ? room : LEG_FRAMES);
		if (n <= 0 || introduce(leg) < 0)
			break;
		if (leg->resumed)
			resume(leg, leg->frames[0].t_ns);
		leg->last_ns = leg->frames[n - 1].t_ns;
		leg->progress = true;
		count(leg);
		leg->ops->frames(leg, leg->frames, (size_t)n);
	}
	if (!leg->src)
		return;
	/* A network may take its time to answer: it is not this program that hangs. */
	if (!leg->known)
		leg->progress = true;
	count(leg);
	if (n >= 0) {
		rearm(leg, CHECK_US);
		return;
	}
	snprintf(why, sizeof(why), "%s", leg->src->error);
	close_source(leg);
	fault(leg, n == -ETIMEDOUT || n == -EPIPE ? "stalled" : "failed", (int)n, why);
}

static int on_readable(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	(void)src;
	(void)fd;
	(void)revents;
	service(userdata);
	return 0;
}

static void open_source(struct leg *leg)
{
	struct source_iio_options opt = { 0 };
	char err[SOURCE_ERROR_SIZE];
	int r;

	leg->ops->options(leg, &opt);
	leg->known = false;
	leg->src = leg->open(leg->device, &opt, err);
	if (!leg->src) {
		fault(leg, "failed", -errno, err);
		return;
	}
	if (introduce(leg) < 0)
		return;
	r = sd_event_add_io(leg->event, &leg->io, leg->src->ops->poll_fd(leg->src), EPOLLIN,
			    on_readable, leg);
	if (r < 0) {
		close_source(leg);
		fault(leg, "failed", r, strerror(-r));
		return;
	}
	leg->resumed = true;
	leg->progress = true;
	rearm(leg, CHECK_US);
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct leg *leg = userdata;

	(void)src;
	(void)usec;
	if (leg->src)
		service(leg);
	else
		open_source(leg);
	return 0;
}

int leg_init(struct leg *leg, sd_event *event, source_opener open, const struct leg_ops *ops,
	     void *owner)
{
	int r;

	leg->event = event;
	leg->open = open;
	leg->ops = ops;
	leg->owner = owner;
	leg->state = "absent";
	leg->retry_us = RETRY_MIN_US;
	r = sd_event_add_time_relative(event, &leg->timer, CLOCK_MONOTONIC, 0, 0, on_timer, leg);
	if (r >= 0)
		r = sd_event_source_set_enabled(leg->timer, SD_EVENT_OFF);
	return r;
}

void leg_free(struct leg *leg)
{
	close_source(leg);
	leg->timer = sd_event_source_disable_unref(leg->timer);
}

void leg_start(struct leg *leg, const char *device)
{
	if (device != leg->device)
		snprintf(leg->device, sizeof(leg->device), "%s", device);
	leg->told[0] = '\0';
	leg->retry_us = RETRY_MIN_US;
	set_state(leg, "starting", "");
	open_source(leg);
}

void leg_stop(struct leg *leg)
{
	close_source(leg);
	sd_event_source_set_enabled(leg->timer, SD_EVENT_OFF);
	set_state(leg, "absent", "");
}

void leg_restart(struct leg *leg)
{
	if (!strcmp(leg->state, "absent"))
		return;
	close_source(leg);
	leg_start(leg, leg->device);
}

bool leg_progress(struct leg *leg)
{
	bool progress = leg->progress || !leg->src;

	leg->progress = false;
	return progress;
}
