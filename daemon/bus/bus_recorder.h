/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.backpop1.Recorder, an interface of each sensor object. */
#ifndef BACKPOP_BUS_RECORDER_H
#define BACKPOP_BUS_RECORDER_H

#include <systemd/sd-bus.h>

#include "recorder/recorder.h"

#define BUS_RECORDER		"org.backpop1.Recorder"

/**
 * struct bus_recorder - the interface's values
 * @path:	of the sensor; must stay valid
 * @start, @stop: what the methods do; 0 or negative errno as recorder_start()
 *
 * The owner writes @status, by bus_recorder_update().
 */
struct bus_recorder {
	sd_bus *bus;
	sd_bus_slot *slot;
	const char *path;
	int (*start)(void *userdata, const struct recorder_person *who);
	int (*stop)(void *userdata);
	void *userdata;
	const char *state;
	struct recorder_status status;
};

/* Add the interface to the object at @path, which announces it.  0 or negative errno. */
int bus_recorder_add(struct bus_recorder *r, sd_bus *bus, const char *path);
void bus_recorder_remove(struct bus_recorder *r);
/* Take a new status and tell what changed. */
void bus_recorder_update(struct bus_recorder *r, const struct recorder_status *st);

#endif
