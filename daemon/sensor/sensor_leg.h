/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One device of a sensor: opened, watched, and after any fault opened anew, for as long as
 * it is wanted.  A sensor has one leg, a pair two.
 */
#ifndef BACKPOP_SENSOR_LEG_H
#define BACKPOP_SENSOR_LEG_H

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "source/source.h"

#define LEG_FRAMES	256	/* frames handled at once */

struct leg;

/**
 * struct leg_ops - what the owner does
 * @options:	how to open the source; asked at each attempt
 * @opened:	a source has opened and tells what it is; negative errno: it is no use
 * @frames:	take frames, at least one and at most @room
 * @room:	how many can be taken now; 0 = the leg is served again by itself
 * @changed:	state, reason or counters have changed
 */
struct leg_ops {
	void (*options)(struct leg *leg, struct source_iio_options *opt);
	int (*opened)(struct leg *leg, const struct source_info *info);
	void (*frames)(struct leg *leg, const struct bp_frame *frames, size_t n);
	size_t (*room)(struct leg *leg);
	void (*changed)(struct leg *leg);
};

/**
 * struct leg - read its members, change none
 * @device:	"iio:deviceN"
 * @open:	source_open_iio(), or a test's
 * @state:	"absent" (closed), "starting", "streaming", "stalled", "failed"
 * @reason:	why, for people
 * @lost:	samples, between streams too
 * @restarts:	times the stream was started anew after samples had come
 * @last_ns:	newest frame
 */
struct leg {
	const struct leg_ops *ops;
	void *owner;
	source_opener open;
	sd_event *event;
	sd_event_source *io;
	sd_event_source *timer;		/* streaming: look; otherwise: try again */
	struct source *src;
	char device[64];
	const char *state;
	char reason[SOURCE_ERROR_SIZE];
	char told[SOURCE_ERROR_SIZE];	/* the fault last logged */
	uint64_t retry_us;
	uint64_t lost_before;
	uint64_t lost;
	uint64_t restarts;
	int64_t last_ns;
	int64_t resumed_ns;		/* first frame of this stream; 0 = none yet */
	double rate_hz;
	bool known;			/* the owner was told what the source is */
	bool resumed;			/* the next frame is the first of a stream */
	bool progress;
	struct bp_frame frames[LEG_FRAMES];
};

/* Get ready; nothing is opened yet.  Return: 0 or negative errno. */
int leg_init(struct leg *leg, sd_event *event, source_opener open, const struct leg_ops *ops,
	     void *owner);
void leg_free(struct leg *leg);

/* Open the device (may be @leg->device), now and after every fault. */
void leg_start(struct leg *leg, const char *device);
/* Close it and leave it alone. */
void leg_stop(struct leg *leg);
/* Close it and open it anew at once: settings have changed, or the machine slept. */
void leg_restart(struct leg *leg);

/**
 * leg_progress() - has anything moved since the last call?
 *
 * Samples came, or none can come because the stream is down and waits for the next attempt:
 * false means that this program hangs, not that the hardware does.
 */
bool leg_progress(struct leg *leg);

#endif
