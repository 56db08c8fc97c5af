// SPDX-License-Identifier: GPL-2.0-or-later
/* A sensor's recorder: on the bus, and looked after by the event loop. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "log.h"
#include "sensor/sensor.h"

#define STATUS_US	1000000u	/* counters on the bus are this old at most */

static int start(void *userdata, const struct recorder_person *who)
{
	struct sensor *s = userdata;

	return recorder_start(s->recorder, who);
}

static int stop(void *userdata)
{
	struct sensor *s = userdata;

	return recorder_stop(s->recorder);
}

static void update(struct sensor *s)
{
	struct recorder_status st;

	recorder_status(s->recorder, &st);
	bus_recorder_update(&s->bus_recorder, &st);
}

static int on_news(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	(void)src;
	(void)fd;
	(void)revents;
	update(userdata);
	return 0;
}

void sensor_record_progress(struct sensor *s)
{
	if (s->last_ns - s->recorded_ns < STATUS_US * 1000LL)
		return;
	s->recorded_ns = s->last_ns;
	if (strcmp(s->bus_recorder.state, recorder_state_name(RECORDER_OFF)))
		update(s);
}

int sensor_record_init(struct sensor *s, const char *id, bool patient)
{
	int r;

	s->recorder = recorder_new(id, &s->env->cfg->recorder, patient);
	if (!s->recorder)
		return -errno;
	s->bus_recorder.start = start;
	s->bus_recorder.stop = stop;
	s->bus_recorder.userdata = s;
	bus_sensor_path(s->bus.path, id);
	r = bus_recorder_add(&s->bus_recorder, s->env->bus, s->bus.path);
	if (r >= 0)
		r = sd_event_add_io(s->env->event, &s->recorder_io, recorder_fd(s->recorder), EPOLLIN,
				    on_news, s);
	return r < 0 ? r : 0;
}

void sensor_record_finish(struct sensor *s)
{
	s->recorder_io = sd_event_source_disable_unref(s->recorder_io);
	recorder_free(s->recorder);
	s->recorder = NULL;
}
