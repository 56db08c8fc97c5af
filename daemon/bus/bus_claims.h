/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that want samples: of all sensors, or of one by its name, which need not be there.
 * A claim is the client's connection's: it outlives the sensor, and ends with the connection.
 */
#ifndef BACKPOP_BUS_CLAIMS_H
#define BACKPOP_BUS_CLAIMS_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "journal/record.h"

#define BUS_CLAIMS_MAX	32	/* sensors that are claimed by name */

struct bus_claims;

/* @sensor: last part of its path */
struct bus_claim {
	struct bus_claims *claims;
	char sensor[RECORD_SENSOR_SIZE];
	sd_bus_track *who;
};

/**
 * struct bus_claims - all zero but @bus, @changed and @userdata = none
 * @anybody:	all clients that claim anything
 * @all:	those that claim all sensors
 * @changed:	what is claimed may be another now; may be NULL
 */
struct bus_claims {
	sd_bus *bus;
	sd_bus_track *anybody;
	struct bus_claim all;
	struct bus_claim one[BUS_CLAIMS_MAX];
	void (*changed)(void *userdata);
	void *userdata;
};

void bus_claims_free(struct bus_claims *c);

/* The caller claims @sensor, NULL = all.  Return: >= 0, or a negative errno with @error set. */
int bus_claims_add(struct bus_claims *c, sd_bus_message *call, const char *sensor,
		   sd_bus_error *error);
/* The caller's claim of @sensor ends; NULL: all of its claims do. */
void bus_claims_remove(struct bus_claims *c, sd_bus_message *call, const char *sensor);

/* Clients that claim anything; clients that claim this sensor, by name or with all. */
unsigned int bus_claims_count(const struct bus_claims *c);
unsigned int bus_claims_count_of(const struct bus_claims *c, const char *sensor);

#endif
