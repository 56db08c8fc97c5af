// SPDX-License-Identifier: GPL-2.0-or-later
/* A session file in place of hardware, at its own pace or as fast as it goes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "sensor/sensor.h"

#define PENDING_MAX	64		/* events on their way into the journal */
#define PENDING_US	1000u
#define TICK_US		20000u		/* between batches at the recording's pace */

struct sensor_replay {
	struct sensor base;
	struct source *src;
	sd_event_source *timer;
	bool realtime;
	int64_t origin_ns;	/* of the file's time on CLOCK_MONOTONIC */
	size_t n, pos;		/* frames read, of these fed */
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void end(struct sensor_replay *r, int error)
{
	struct sensor *s = &r->base;

	sensor_flush(s);
	if (error == -ENODATA) {
		sensor_set_state(s, "ended", "");
		log_info("%s: ended, %llu frames, %llu events", s->name,
			 (unsigned long long)s->bus.samples_read,
			 (unsigned long long)s->bus.events);
	} else {
		sensor_set_state(s, "failed", r->src->error);
		log_error("%s", r->src->error);
	}
	r->src->ops->close(r->src);
	r->src = NULL;
}

/* Fetch the next frames of the file; false = it has ended. */
static bool fetch(struct sensor_replay *r)
{
	struct source_counters c;
	ssize_t n = r->src->ops->read(r->src, r->base.frames, SENSOR_FRAMES);

	r->src->ops->counters(r->src, &c);
	r->base.bus.samples_lost = c.lost;
	if (n < 0) {
		end(r, (int)n);
		return false;
	}
	r->n = (size_t)n;
	r->pos = 0;
	for (size_t i = 0; i < r->n; i++)
		r->base.frames[i].t_ns += r->origin_ns;
	return true;
}

/* Feed what is due; at full speed one batch, so that the bus gets its turn. */
static int on_tick(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct sensor_replay *r = userdata;
	struct sensor *s = &r->base;
	int64_t now = r->realtime ? now_ns() : INT64_MAX;
	int ret;

	(void)usec;
	/* A file is read faster than a disk can promise to keep what was found in it. */
	if (!r->realtime && journal_pending(s->bus.journal) > PENDING_MAX) {
		ret = sd_event_source_set_time_relative(src, PENDING_US);
		return ret < 0 ? ret : sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
	}
	do {
		size_t due;

		if (r->pos == r->n && !fetch(r))
			return 0;
		for (due = r->pos; due < r->n && s->frames[due].t_ns <= now; due++)
			;
		if (due > r->pos)
			sensor_feed(s, &s->frames[r->pos], due - r->pos);
		r->pos = due;
	} while (r->realtime && r->pos == r->n);

	ret = sd_event_source_set_time_relative(src, r->realtime ? TICK_US : 0);
	return ret < 0 ? ret : sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

int sensor_replay_new(struct sensor_replay **ret, const struct sensor_env *env,
		      struct source *src, bool realtime)
{
	struct sensor_replay *r = calloc(1, sizeof(*r));
	int err;

	if (!r) {
		src->ops->close(src);
		return -ENOMEM;
	}
	r->src = src;
	r->realtime = realtime;
	r->origin_ns = now_ns();
	err = sensor_init(&r->base, env, "replay", src->info.name, src->info.name,
			  src->info.mode, !realtime);
	if (err >= 0)
		err = sensor_set_source(&r->base, &src->info);
	if (err >= 0)
		err = sd_event_add_time_relative(env->event, &r->timer, CLOCK_MONOTONIC, 0, 1,
						 on_tick, r);
	if (err >= 0)
		err = sd_event_source_set_priority(r->timer, SD_EVENT_PRIORITY_IDLE);
	if (err < 0) {
		sensor_replay_free(r);
		return err;
	}
	sensor_set_state(&r->base, "streaming", "");
	*ret = r;
	return 0;
}

void sensor_replay_free(struct sensor_replay *r)
{
	sd_event_source_disable_unref(r->timer);
	if (r->src)
		r->src->ops->close(r->src);
	sensor_finish(&r->base);
	free(r);
}

const struct sensor *sensor_replay_sensor(const struct sensor_replay *r)
{
	return &r->base;
}
