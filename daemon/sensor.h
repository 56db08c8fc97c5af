/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sensor as the daemon sees it: frames from somewhere go into a core, its
 * events to the trigger line and the bus.  sensor_live.c and sensor_replay.c
 * say where the frames come from.
 */
#ifndef BACKPOP_SENSOR_H
#define BACKPOP_SENSOR_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "bus/bus_sensor.h"
#include "config.h"
#include "core/core.h"
#include "gpio/settle.h"
#include "gpio/trigger.h"
#include "source/source.h"

#define SENSOR_FRAMES	256	/* frames handled at once */

/* What all sensors share. */
struct sensor_env {
	sd_event *event;
	sd_bus *bus;
	struct trigger *trigger;
	const struct config *cfg;
};

/**
 * struct sensor - common part
 * @bus:	the object on the bus
 * @core:	NULL until the first source opened
 * @last_ns:	newest frame
 */
struct sensor {
	const struct sensor_env *env;
	struct bus_sensor bus;
	struct settle settle;
	struct bp_core *core;
	void *core_mem;
	struct bp_config core_config;
	char device[64];
	char name[128];
	char mode[16];
	char reason[BUS_REASON_SIZE];
	int64_t last_ns;
	int64_t shown_ns;		/* stream time of the last look at the core's status */
	int64_t rate_from_ns;		/* window of MeasuredRate */
	uint64_t rate_frames;
	struct bp_frame frames[SENSOR_FRAMES];
};

/* Fill in and put on the bus under /org/backpop1/sensor/ + @id.  0 or negative errno. */
int sensor_init(struct sensor *s, const struct sensor_env *env, const char *id,
		const char *device, const char *name, const char *mode);
/* Settle what is open, tell it, take the object off the bus. */
void sensor_finish(struct sensor *s);

/* A source has opened: make or keep a core fit for it.  0 or negative errno. */
int sensor_set_source(struct sensor *s, const struct source_info *info);

/* Set State ("starting", "streaming", "stalled", "failed", "ended") and why. */
void sensor_set_state(struct sensor *s, const char *state, const char *reason);

/* Run frames (CLOCK_MONOTONIC, at least one) through the core and publish. */
void sensor_feed(struct sensor *s, const struct bp_frame *frames, size_t n);
/* No more frames will come: publish what the core still holds. */
void sensor_flush(struct sensor *s);

/* ---- an IIO device -------------------------------------------------------- */

struct sensor_live;

/**
 * sensor_live_new() - run an IIO device for as long as it is there
 * @device:	"iio:deviceN"
 * @name:	the device's name attribute
 *
 * Faults are retried for ever; they show in State.  Return: 0 or negative errno
 * (only for want of memory or a broken bus).
 */
int sensor_live_new(struct sensor_live **l, const struct sensor_env *env, const char *device,
		    const char *name);
void sensor_live_free(struct sensor_live *l);
const struct sensor *sensor_live_sensor(const struct sensor_live *l);

/**
 * sensor_live_progress() - has anything moved since the last call?
 *
 * Samples came, or none can come because the stream is down and waits for the
 * next attempt to start it: false means that this program hangs, not that the
 * hardware does.
 */
bool sensor_live_progress(struct sensor_live *l);

/* ---- a session file ------------------------------------------------------- */

struct sensor_replay;

/**
 * sensor_replay_new() - play a session file as the sensor "replay"
 * @src:	from source_open_edf(); taken over, also on failure
 * @realtime:	at the recording's pace; else as fast as possible
 *
 * The file's start becomes now on CLOCK_MONOTONIC.
 */
int sensor_replay_new(struct sensor_replay **r, const struct sensor_env *env,
		      struct source *src, bool realtime);
void sensor_replay_free(struct sensor_replay *r);
const struct sensor *sensor_replay_sensor(const struct sensor_replay *r);

#endif
