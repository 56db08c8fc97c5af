/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One object /org/backpop1/sensor/NAME; its Event signal comes from bus_journal.c. */
#ifndef BACKPOP_BUS_SENSOR_H
#define BACKPOP_BUS_SENSOR_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct bus_claims;
struct journal;

#define BUS_PATH_SIZE		128
#define BUS_REASON_SIZE		256

/**
 * struct bus_sensor - values of the properties of org.backpop1.Sensor
 *
 * The owner writes them; sd-bus reads them when asked.  Names and units as in
 * org.backpop1(5).  The strings behind the pointers must outlive the object.
 */
struct bus_sensor {
	sd_bus *bus;
	sd_bus_slot *slot;
	struct journal *journal;
	struct bus_claims *claims;
	char path[BUS_PATH_SIZE];
	const char *name;
	const char *device;
	const char *mode;
	const char *state;
	const char *state_reason;
	double sample_rate;
	double measured_rate;
	uint64_t samples_read;
	uint64_t samples_lost;
	uint64_t restarts;
	uint64_t events;
	uint64_t last_event;
	uint64_t events_suppressed;
	double breath_rate;
	const char *breath_phase;
	const char *movement;
	const char *motion_health;
	const char *film_health;
	uint64_t stream_start;
};

/* Object path of a device: whatever a path may not hold becomes '_'. */
void bus_sensor_path(char path[BUS_PATH_SIZE], const char *device);

/* The last part of a sensor's path: what it is called in the journal and by people. */
const char *bus_sensor_name(const char *path);

/* Put the object on the bus, all values set, and announce it.  0 or negative errno. */
int bus_sensor_add(struct bus_sensor *s, sd_bus *bus, const char *device);
void bus_sensor_remove(struct bus_sensor *s);

/* Send PropertiesChanged for these properties (NULL-terminated). */
int bus_sensor_changed(struct bus_sensor *s, const char *const *properties);

#endif
