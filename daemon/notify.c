// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "log.h"
#include "notify.h"

#define STATUS_US	3000000u	/* longer than a silent stream is borne */

struct notify {
	const struct notify_ops *ops;
	void *userdata;
	sd_event_source *timer;
	uint64_t period_us;
	uint64_t watchdog_us;		/* 0 = the manager wants none */
	bool idle;
	bool warned;
	const char *complaint;		/* shown until a reload goes well */
	char line[256];
};

/*
 * The watchdog watches samples come; where none can, it is told to rest, so that an idle
 * daemon never wakes up.
 */
static void set_idle(struct notify *n, bool idle)
{
	if (n->watchdog_us && idle != n->idle)
		sd_notifyf(0, "WATCHDOG_USEC=%" PRIu64, idle ? 0 : n->watchdog_us);
	n->idle = idle;
}

static void tell(struct notify *n)
{
	char line[sizeof(n->line)];
	size_t used = 0;

	set_idle(n, n->ops->idle(n->userdata));
	if (n->complaint)
		used = (size_t)snprintf(line, sizeof(line), "%s; ", n->complaint);
	n->ops->status(n->userdata, line + used, sizeof(line) - used);
	if (strcmp(line, n->line)) {
		strcpy(n->line, line);
		sd_notifyf(0, "STATUS=%s", line);
	}
	if (!n->watchdog_us || n->idle)
		return;
	if (n->ops->progress(n->userdata)) {
		n->warned = false;
		sd_notify(0, "WATCHDOG=1");
	} else if (!n->warned) {
		n->warned = true;
		log_error("no progress with a device present: the watchdog is not fed");
	}
}

static int rearm(struct notify *n)
{
	int r = sd_event_source_set_time_relative(n->timer, n->period_us);

	return r < 0 ? r : sd_event_source_set_enabled(n->timer, n->idle ? SD_EVENT_OFF :
						       SD_EVENT_ONESHOT);
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct notify *n = userdata;

	(void)src;
	(void)usec;
	tell(n);
	return rearm(n);
}

int notify_new(struct notify **ret, sd_event *event, const struct notify_ops *ops,
	       void *userdata)
{
	struct notify *n = calloc(1, sizeof(*n));
	uint64_t usec;
	int r;

	if (!n)
		return -ENOMEM;
	n->ops = ops;
	n->userdata = userdata;
	n->period_us = STATUS_US;
	r = sd_watchdog_enabled(0, &usec);
	if (r > 0) {
		n->watchdog_us = usec;
		if (usec / 3 < n->period_us)
			n->period_us = usec / 3;
	}
	if (r >= 0)
		r = sd_event_add_time_relative(event, &n->timer, CLOCK_MONOTONIC, n->period_us, 0,
					       on_timer, n);
	if (r < 0) {
		free(n);
		return r;
	}
	sd_notify(0, "READY=1");
	tell(n);
	rearm(n);
	*ret = n;
	return 0;
}

void notify_free(struct notify *n)
{
	if (!n)
		return;
	sd_notify(0, "STOPPING=1");
	sd_event_source_disable_unref(n->timer);
	free(n);
}

void notify_wake(struct notify *n)
{
	if (!n)
		return;
	tell(n);
	rearm(n);
}

void notify_reloading(void)
{
	struct timespec ts;

	/* The manager of Type=notify-reload wants to know that it is this reload that began. */
	clock_gettime(CLOCK_MONOTONIC, &ts);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		   (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000);
}

void notify_reloaded(struct notify *n, const char *complaint)
{
	sd_notify(0, "READY=1");
	n->complaint = complaint;
	notify_wake(n);
}
