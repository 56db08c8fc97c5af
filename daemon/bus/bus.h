/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The connection, the name org.backpop1, and the object /org/backpop1. */
#ifndef BACKPOP_BUS_H
#define BACKPOP_BUS_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "bus/bus_claims.h"
#include "bus/bus_journal.h"

#define BUS_NAME		"org.backpop1"
#define BUS_ROOT		"/org/backpop1"
#define BUS_MANAGER		"org.backpop1.Manager"
#define BUS_SENSOR		"org.backpop1.Sensor"
#define BUS_API_VERSION		1

/**
 * struct bus_manager - values of the properties of org.backpop1.Manager
 * @marker_line, @trigger_line: GPIO line (lines: with commas) in use, "" = none
 * @markers:	presses of the marker button
 * @marker_edges_lost: edges that the kernel had no room for
 * @triggers:	pulses begun
 * @journal:	where marker presses go first
 * @claims:	clients that want samples to come
 * @claimed:	what is claimed may be another now; may be NULL
 *
 * The owner writes the values; sd-bus reads them when asked.
 */
struct bus_manager {
	sd_bus *bus;
	sd_bus_slot *slot;
	sd_bus_slot *manager_slot;
	const char *version;
	uint32_t api_version;
	const char *clock;
	const char *marker_line;
	uint64_t markers;
	uint64_t marker_edges_lost;
	const char *trigger_line;
	uint64_t triggers;
	struct bus_journal *journal;
	struct bus_claims claims;
	void (*claimed)(void *userdata);
	void *userdata;
};

/* Connect to the system bus or the user's session bus.  Return: 0 or negative errno. */
int bus_connect(sd_bus **bus, bool session);

/* Put the root object with its ObjectManager on the bus.  Return: 0 or negative errno. */
int bus_manager_add(struct bus_manager *m, sd_bus *bus);
void bus_manager_remove(struct bus_manager *m);

/* Take the name, after all objects are there.  Return: 0 or negative errno. */
int bus_take_name(sd_bus *bus);

/* Keep the press in the journal, then send Marker.  @number counts presses; @kind is "press", "long" or "release". */
int bus_manager_marker(struct bus_manager *m, uint64_t number, uint64_t time_ns,
		       const char *kind);
/* Tell that one property (a name that must stay valid) has a new value. */
int bus_manager_changed(struct bus_manager *m, const char *property);

/**
 * bus_introspect() - the introspection XML of a path, made from the vtables
 * @path:	BUS_ROOT or a path below BUS_ROOT "/sensor/"
 * @xml:	to be freed
 *
 * Needs no bus daemon.  Return: 0 or a negative errno (-ENOENT: no such path).
 */
int bus_introspect(const char *path, char **xml);

#endif
