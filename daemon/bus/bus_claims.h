/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients that want samples: of all sensors, or of one by its name, which need not be there.
 * A claim is the client's connection's: it outlives the sensor, and ends with the connection.
 */
#ifndef BACKPOP_BUS_CLAIMS_H
#define BACKPOP_BUS_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "journal/record.h"

#define BUS_CLAIMS_MAX	32	/* sensors that are claimed by name */
#define BUS_CLAIMS_ALL	((uint64_t)1 << BUS_CLAIMS_MAX)
/* The system bus takes 512 matches of one connection, and each of these is one. */
#define BUS_CLAIMERS_MAX 256

struct bus_claims;

/**
 * struct bus_claimer - a client's connection
 * @what:	BUS_CLAIMS_ALL, and a bit for each place in bus_claims.sensor
 * @name:	":1.42"
 */
struct bus_claimer {
	struct bus_claims *claims;
	struct bus_claimer *next;
	uint64_t what;
	sd_bus_slot *gone, *there;
	char name[];
};

/**
 * struct bus_claims - all zero but @bus, @changed and @userdata = none
 * @sensor:	last part of its path; a place that nobody claims is free
 * @changed:	what is claimed may be another now; may be NULL
 */
struct bus_claims {
	sd_bus *bus;
	struct bus_claimer *who;
	char sensor[BUS_CLAIMS_MAX][RECORD_SENSOR_SIZE];
	void (*changed)(void *userdata);
	void *userdata;
};

void bus_claims_free(struct bus_claims *c);

/*
 * The caller claims @sensor, NULL = all.  Does not wait for the bus.
 * Return: 0, or a negative errno with @error set.
 */
int bus_claims_add(struct bus_claims *c, sd_bus_message *call, const char *sensor,
		   sd_bus_error *error);
/* The caller's claim of @sensor ends; NULL: all of its claims do. */
void bus_claims_remove(struct bus_claims *c, sd_bus_message *call, const char *sensor);

/* Clients that claim anything; clients that claim this sensor, by name or with all. */
unsigned int bus_claims_count(const struct bus_claims *c);
unsigned int bus_claims_count_of(const struct bus_claims *c, const char *sensor);

#endif
