// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hotplug_wait.h"
#include "log.h"

/* @looks: left; 0 = a free place */
struct waiting {
	struct hotplug_iio dev;
	char last[PATH_MAX];
	unsigned int looks;
};

struct hotplug_wait {
	sd_event_source *timer;
	uint64_t look_us;
	void (*ready)(void *userdata, const struct hotplug_iio *dev);
	void *userdata;
	struct waiting list[HOTPLUG_WAIT_MAX];
};

/* Another reason than the rights is for who opens it to tell. */
static bool is_ours(const struct waiting *d)
{
	return !eaccess(d->last, W_OK) || errno != EACCES;
}

static void rearm(struct hotplug_wait *w)
{
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < HOTPLUG_WAIT_MAX; i++)
		any = any || w->list[i].looks;
	if (any)
		r = sd_event_source_set_time_relative(w->timer, w->look_us);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->timer, any ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	if (r < 0)
		log_error("no timer for new devices: %s", strerror(-r));
}

static int on_timer(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct hotplug_wait *w = userdata;

	(void)src;
	(void)usec;
	for (size_t i = 0; i < HOTPLUG_WAIT_MAX; i++) {
		struct waiting *d = &w->list[i];

		if (!d->looks || (!is_ours(d) && --d->looks))
			continue;
		d->looks = 0;
		w->ready(w->userdata, &d->dev);
	}
	rearm(w);
	return 0;
}

int hotplug_wait_new(struct hotplug_wait **ret, sd_event *event, uint64_t look_us,
		     void (*ready)(void *userdata, const struct hotplug_iio *dev), void *userdata)
{
	struct hotplug_wait *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->look_us = look_us;
	w->ready = ready;
	w->userdata = userdata;
	r = sd_event_add_time_relative(event, &w->timer, CLOCK_MONOTONIC, 0, look_us / 10 + 1,
				       on_timer, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->timer, SD_EVENT_OFF);
	if (r < 0) {
		hotplug_wait_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void hotplug_wait_free(struct hotplug_wait *w)
{
	if (!w)
		return;
	sd_event_source_disable_unref(w->timer);
	free(w);
}

void hotplug_wait_add(struct hotplug_wait *w, const char *syspath, const struct hotplug_iio *dev)
{
	struct waiting *d = NULL;

	for (size_t i = 0; i < HOTPLUG_WAIT_MAX && !d; i++)
		if (!w->list[i].looks)
			d = &w->list[i];
	if (d) {
		d->dev = *dev;
		snprintf(d->last, sizeof(d->last), "%s/" HOTPLUG_LAST_ATTRIBUTE, syspath);
	}
	if (!d || is_ours(d)) {
		w->ready(w->userdata, dev);
		return;
	}
	log_debug("%s: udev has not finished with it: it is waited for", dev->device);
	d->looks = HOTPLUG_WAIT_LOOKS;
	rearm(w);
}

void hotplug_wait_remove(struct hotplug_wait *w, const char *device)
{
	for (size_t i = 0; i < HOTPLUG_WAIT_MAX; i++)
		if (!strcmp(w->list[i].dev.device, device))
			w->list[i].looks = 0;
	rearm(w);
}
