/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sensor shared with other programs: Acquire() and Inhibit() of org.backpop1.Stream. */
#ifndef BACKPOP_SENSOR_SHARE_H
#define BACKPOP_SENSOR_SHARE_H

#include <systemd/sd-event.h>

#include "bus/bus_stream.h"
#include "sensor/tap.h"

#define SHARE_LEASES	8

struct sensor;
struct sensor_share;

/* A lease of the device: @fd -1: free. */
struct share_lease {
	struct sensor_share *share;
	int fd;
	sd_event_source *hup;
};

/**
 * struct sensor_share - of one sensor
 * @tap:	clients that take the samples
 * @lend:	close the device for as long as others want it; NULL = there is none to
 *		lend.  Calls with true and false pair up.
 */
struct sensor_share {
	struct bus_stream bus;
	struct tap tap;
	void (*lend)(struct sensor *s, bool on, const char *who);
	struct sensor *sensor;
	struct share_lease lease[SHARE_LEASES];
};

/* Put the interface on the object at @path, before that is announced.  0 or negative errno. */
int sensor_share_init(struct sensor_share *sh, struct sensor *s, sd_event *event, sd_bus *bus,
		      const char *path);
/* Hang up on clients and borrowers, take the interface off the bus. */
void sensor_share_finish(struct sensor_share *sh);

#endif
