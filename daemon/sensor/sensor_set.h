/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sensors of the daemon: which device belongs to which. */
#ifndef BACKPOP_SENSOR_SET_H
#define BACKPOP_SENSOR_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "hotplug.h"
#include "sensor/sensor.h"

#define SENSOR_SET_MAX	8

/**
 * struct sensor_set - all zero but @env = empty
 * @live:	on devices
 * @pair:	one of @live, or NULL
 * @replay:	in place of devices
 * @devices:	those that are here, also such as no sensor uses
 */
struct sensor_set {
	const struct sensor_env *env;
	struct sensor_live *live[SENSOR_SET_MAX];
	struct sensor_live *pair;
	struct sensor_replay *replay;
	struct hotplug_iio devices[SENSOR_SET_MAX];
	size_t n_devices;
};

/* Does the word of Pair= mean this device? */
bool sensor_set_names(const char *word, const struct hotplug_iio *dev);

/* A device has come, or is announced again; one has gone. */
void sensor_set_add(struct sensor_set *set, const struct hotplug_iio *dev);
void sensor_set_remove(struct sensor_set *set, const char *device);

/* Run the sensor of another machine, as the settings say. */
void sensor_set_add_remote(struct sensor_set *set);

/*
 * The sensors' settings have changed, @old is what they were: streams are started anew, and
 * where other devices belong together now, sensors.
 */
void sensor_set_reload(struct sensor_set *set, const struct config *old);
/* The machine has slept: open all devices anew. */
void sensor_set_restart(struct sensor_set *set);

/* The environment's @paused or @claims have changed: stop or start devices. */
void sensor_set_pause(struct sensor_set *set);

/* Is there anything that could hang? */
bool sensor_set_idle(const struct sensor_set *set);
/* Does nothing hang? See leg_progress(). */
bool sensor_set_progress(struct sensor_set *set);
/* One line for the service manager. */
void sensor_set_describe(const struct sensor_set *set, char *line, size_t size);

void sensor_set_free(struct sensor_set *set);

#endif
