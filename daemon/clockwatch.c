// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A timer on CLOCK_REALTIME that never expires is cancelled by the kernel when that clock
 * jumps (TFD_TIMER_CANCEL_ON_SET, timerfd_create(2)), also by waking from suspend.  Which
 * it was shows in the difference to the clocks that nobody sets.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clockwatch.h"

/* Adjustments of less are NTP's, and the time between two readings. */
#define JUMP_MIN_NS	10000000LL
/* A step of less is NTP at work. */
#define SET_MIN_NS	1000000000LL
/* Who loses the processor between two readings reads again; a machine that busy all along is rare. */
#define READING_MAX_NS	(JUMP_MIN_NS / 10)
#define READINGS_MAX	20

struct clockwatch {
	const struct clockwatch_ops *ops;
	void *userdata;
	sd_event_source *io;
	int fd;
	int64_t suspended_ns;	/* CLOCK_BOOTTIME counts suspend, CLOCK_MONOTONIC does not */
	int64_t wall_ns;	/* CLOCK_REALTIME - CLOCK_BOOTTIME: moves when the wall is set */
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int arm(struct clockwatch *w)
{
	const struct itimerspec never = { .it_value.tv_sec = INT64_MAX / 1000000000LL };

	return timerfd_settime(w->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) ?
	       -errno : 0;
}

/* The clocks' differences, from the three readings that took least. */
static void look(struct clockwatch *w)
{
	int64_t start, boot, wall, took, least = INT64_MAX;

	for (int i = 0; i < READINGS_MAX && least > READING_MAX_NS; i++) {
		start = clock_ns(CLOCK_MONOTONIC);
		boot = clock_ns(CLOCK_BOOTTIME);
		wall = clock_ns(CLOCK_REALTIME);
		took = clock_ns(CLOCK_MONOTONIC) - start;
		if (took >= least)
			continue;
		least = took;
		w->suspended_ns = boot - start;
		w->wall_ns = wall - boot;
	}
}

static int on_cancel(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	struct clockwatch *w = userdata;
	int64_t suspended = w->suspended_ns, wall = w->wall_ns;
	uint64_t expirations;
	int r;

	(void)src;
	(void)revents;
	/* Fails with ECANCELED: that is the news. */
	if (read(fd, &expirations, sizeof(expirations)) < 0 && errno == EAGAIN)
		return 0;
	r = arm(w);
	look(w);
	if (w->suspended_ns - suspended > JUMP_MIN_NS)
		w->ops->slept(w->userdata, w->suspended_ns - suspended);
	if (llabs(w->wall_ns - wall) > JUMP_MIN_NS)
		w->ops->stepped(w->userdata, w->wall_ns - wall);
	if (llabs(w->wall_ns - wall) >= SET_MIN_NS)
		w->ops->set(w->userdata, w->wall_ns - wall);
	return r;
}

int clockwatch_new(struct clockwatch **ret, sd_event *event, const struct clockwatch_ops *ops,
		   void *userdata)
{
	struct clockwatch *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->ops = ops;
	w->userdata = userdata;
	w->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	r = w->fd < 0 ? -errno : arm(w);
	if (r >= 0)
		r = sd_event_add_io(event, &w->io, w->fd, EPOLLIN, on_cancel, w);
	if (r < 0) {
		clockwatch_free(w);
		return r;
	}
	look(w);
	*ret = w;
	return 0;
}

void clockwatch_free(struct clockwatch *w)
{
	if (!w)
		return;
	sd_event_source_disable_unref(w->io);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
}
