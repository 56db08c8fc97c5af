// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
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
	bool watchdog;
	bool warned;
	char line[256];
};

static void tell(struct notify *n)
{
	char line[sizeof(n->line)];

	n->ops->status(n->userdata, line, sizeof(line));
	if (strcmp(line, n->line)) {
		strcpy(n->line, line);
		sd_notifyf(0, "STATUS=%s", line);
	}
	if (!n->watchdog)
		return;
	if (n->ops->progress(n->userdata)) {
		n->warned = false;
		sd_notify(0, "WATCHDOG=1");
	} else if (!n->warned) {
		n->warned = true;
		log_error("no progress with a device present: the watchdog is not fed");
	}
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct notify *n = userdata;
	int r;

	(void)usec;
	tell(n);
	r = sd_event_source_set_time_relative(src, n->period_us);
	return r < 0 ? r : sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
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
		n->watchdog = true;
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
