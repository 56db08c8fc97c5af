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

#include "bus/bus_journal.h"
#include "bus/bus_recorder.h"
#include "bus/bus_sensor.h"
#include "config.h"
#include "core/core.h"
#include "gpio/settle.h"
#include "gpio/trigger.h"
#include "sensor/sensor_share.h"
#include "source/source.h"

#define SENSOR_FRAMES	256	/* frames handled at once */

/* What all sensors share. */
struct sensor_env {
	sd_event *event;
	sd_bus *bus;
	struct bus_journal *journal;
	struct trigger *trigger;
	const struct config *cfg;
	bool paused;		/* only claimed devices run, others are left alone */
	struct bus_claims *claims;	/* NULL = none */
	source_opener open;	/* of IIO devices: source_open_iio() or a test's */
};

enum sensor_channel { SENSOR_MOTION, SENSOR_FILM, SENSOR_CHANNELS };

/**
 * struct sensor - common part
 * @bus:	the object on the bus
 * @share:	with other programs
 * @core:	NULL until the first source opened
 * @number_base: added to the core's event numbers, which begin at 1 in each core
 * @last_ns:	newest frame
 * @recorded_ns: when the recorder's counters on the bus were last renewed
 */
struct sensor {
	const struct sensor_env *env;
	struct bus_sensor bus;
	struct sensor_share share;
	struct bus_recorder bus_recorder;
	struct recorder *recorder;
	sd_event_source *recorder_io;
	int64_t recorded_ns;
	struct settle settle;
	struct bp_core *core;
	void *core_mem;
	struct bp_config core_config;
	uint64_t number_base;
	uint64_t suppressed;		/* revisions that the journal had no room for */
	char device[64];
	char name[128];
	char mode[16];
	char reason[BUS_REASON_SIZE];
	int64_t last_ns;
	int64_t shown_ns;		/* stream time of the last look at the core's status */
	struct sensor_health_log {
		int64_t from_ns;	/* a minute of stream */
		unsigned int lines;	/* in it, those left out too */
	} health_log[SENSOR_CHANNELS];
	int64_t rate_from_ns;		/* window of MeasuredRate */
	uint64_t rate_frames;
	struct bp_frame frames[SENSOR_FRAMES];
};

/* sensor_record.c, for sensor.c. */
int sensor_record_init(struct sensor *s, const char *id, bool patient);
void sensor_record_progress(struct sensor *s);
void sensor_record_finish(struct sensor *s);

/*
 * Fill in and put on the bus under /org/backpop1/sensor/ + @id.  @patient: its frames
 * can wait for the recorder's disk.  0 or negative errno.
 */
int sensor_init(struct sensor *s, const struct sensor_env *env, const char *id,
		const char *device, const char *name, const char *mode, bool patient);
/* Settle what is open, tell it, take the object off the bus. */
void sensor_finish(struct sensor *s);

/* A source has opened: make or keep a core fit for it.  0 or negative errno. */
int sensor_set_source(struct sensor *s, const struct source_info *info);

/* Set State ("starting", "streaming", "degraded",
 * "stalled", "failed", "inhibited", "idle", "ended") and why. */
void sensor_set_state(struct sensor *s, const char *state, const char *reason);

/* Run frames (CLOCK_MONOTONIC, at least one) through the core and publish. */
void sensor_feed(struct sensor *s, const struct bp_frame *frames, size_t n);
/* No more frames will come: publish what the core still holds. */
void sensor_flush(struct sensor *s);

/* ---- IIO devices ---------------------------------------------------------- */

struct sensor_live;

/**
 * sensor_live_new() - a sensor on one IIO device, or on a pair of them
 * @id:		last part of its object path, and what it is called: "iio:deviceN", "pair"
 * @name:	the device's name attribute
 * @pair:	two devices: leg 0 gives motion, leg 1 film
 *
 * No device is opened yet.  Return: 0 or negative errno (only for want of memory or a
 * broken bus).
 */
int sensor_live_new(struct sensor_live **l, const struct sensor_env *env, const char *id,
		    const char *name, bool pair);
void sensor_live_free(struct sensor_live *l);
const struct sensor *sensor_live_sensor(const struct sensor_live *l);

/* The leg's device has come: run it.  Faults are retried for ever; they show in State. */
void sensor_live_attach(struct sensor_live *l, unsigned int leg, const char *device);
/* A device has gone.  Return: whether the sensor has one left. */
bool sensor_live_detach(struct sensor_live *l, const char *device);
/* The device that is the leg, NULL = none is there. */
const char *sensor_live_leg(const struct sensor_live *l, unsigned int leg);
/* Is this device one of the sensor's? */
bool sensor_live_has(const struct sensor_live *l, const char *device);

/* Settings have changed, or the machine has slept: open the devices anew. */
void sensor_live_restart(struct sensor_live *l);

/* The environment's @paused or @claims have changed. */
void sensor_live_pause(struct sensor_live *l);

/* As leg_progress(), of all legs. */
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
