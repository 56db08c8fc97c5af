// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl wait: for scripts, until a sensor is there and in a state. */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/ctl.h"

struct waiting {
	sd_bus *bus;
	sd_event *loop;
	const char *sensor;	/* object path, NULL = any */
	const char *state;
	char last[256];		/* what is there in its place, for the complaint */
};

/* Is it so?  @w->last says what is, if not. */
static bool found(struct waiting *w, struct json_object *status)
{
	struct json_object *sensors = json_object_object_get(status, "sensors");
	size_t n = json_object_array_length(sensors);

	snprintf(w->last, sizeof(w->last), "backpopd has no sensor%s%s", w->sensor ? " " : "",
		 w->sensor ? ctl_sensor_name(w->sensor) : "");
	for (size_t i = 0; i < n; i++) {
		struct json_object *s = json_object_array_get_idx(sensors, i);
		const char *reason = ctl_text(s, "state_reason");

		if (w->sensor && strcmp(ctl_sensor_name(w->sensor), ctl_text(s, "sensor")))
			continue;
		if (!strcmp(ctl_text(s, "state"), w->state))
			return true;
		snprintf(w->last, sizeof(w->last), "%s is %s%s%s", ctl_text(s, "sensor"),
			 ctl_text(s, "state"), *reason ? ": " : "", reason);
	}
	return false;
}

/* Return: 1 = it is so, 0 = not yet, negative = it cannot be known. */
static int look(struct waiting *w)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct json_object *status = json_object_new_object();
	int ret = ctl_fetch_status(w->bus, status, &error);

	if (ret >= 0) {
		ret = found(w, status);
	} else if (ctl_bus_not_running(&error)) {
		snprintf(w->last, sizeof(w->last), "backpopd is not running");
		ret = 0;
	} else {
		ctl_bus_complain(&error, ret);
	}
	json_object_put(status);
	sd_bus_error_free(&error);
	return ret;
}

static int on_news(sd_bus_message *msg, void *userdata, sd_bus_error *error)
{
	struct waiting *w = userdata;
	int ret = look(w);

	(void)msg;
	(void)error;
	return ret ? sd_event_exit(w->loop, ret > 0 ? CTL_OK : CTL_FAILURE) : 0;
}

static int on_timeout(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct waiting *w = userdata;

	(void)src;
	(void)usec;
	ctl_complain("timed out: %s", w->last);
	return sd_event_exit(w->loop, CTL_FAILURE);
}

static int listen_for_news(struct waiting *w)
{
	int ret;

	ret = sd_bus_match_signal(w->bus, NULL, CTL_BUS_NAME, NULL,
				  "org.freedesktop.DBus.Properties", "PropertiesChanged", on_news,
				  w);
	if (ret >= 0)
		ret = sd_bus_match_signal(w->bus, NULL, CTL_BUS_NAME, NULL,
					  "org.freedesktop.DBus.ObjectManager", NULL, on_news, w);
	if (ret >= 0)
		ret = sd_bus_add_match(w->bus, NULL,
				       "type='signal',sender='org.freedesktop.DBus',"
				       "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
				       "arg0='" CTL_BUS_NAME "'", on_news, w);
	return ret;
}

static int wait_for(struct waiting *w, double timeout_s)
{
	int ret = listen_for_news(w);

	if (ret < 0)
		goto broken;
	/* After the subscription: what is true now, or news of it will come. */
	ret = look(w);
	if (ret)
		return ret > 0 ? CTL_OK : CTL_FAILURE;
	ret = sd_event_new(&w->loop);
	if (ret >= 0)
		ret = sd_bus_attach_event(w->bus, w->loop, SD_EVENT_PRIORITY_NORMAL);
	if (ret >= 0 && timeout_s >= 0)
		ret = sd_event_add_time_relative(w->loop, NULL, CLOCK_MONOTONIC,
						 (uint64_t)(timeout_s * 1e6), 1000, on_timeout, w);
	if (ret >= 0)
		return sd_event_loop(w->loop);
broken:
	ctl_complain("cannot listen: %s", strerror(-ret));
	return CTL_FAILURE;
}

static bool take_state(const char *argument, void *value)
{
	static const char *const states[] = { "starting", "streaming", "degraded", "stalled",
					      "failed", "inhibited", "idle", "ended" };

	*(const char **)value = argument;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (!strcmp(argument, states[i]))
			return true;
	return false;
}

static bool take_seconds(const char *argument, void *value)
{
	char *end;
	double s = strtod(argument, &end);

	*(double *)value = s;
	return end != argument && !*end && s >= 0 && s <= 1e9;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	struct waiting w = { .state = "streaming" };
	bool session = false;
	double timeout_s = -1;
	const struct ctl_option options[] = {
		{ .name = "state", .argument = "STATE", .value = &w.state, .take = take_state,
		  .wanted = "a state of a sensor",
		  .help = "streaming (default), starting, degraded, stalled, failed,\n"
			  "inhibited, idle or ended" },
		CTL_OPTION_SENSOR(&w.sensor, "this sensor (iio:device0, pair) or object path;\n"
					     "default: any"),
		{ .name = "timeout", .argument = "SECONDS", .value = &timeout_s,
		  .take = take_seconds, .wanted = "a number of seconds",
		  .help = "how long; default: for ever" },
		CTL_OPTION_USER(&session),
		{ 0 }
	};
	int ret = ctl_parse(cmd, options, argc, argv);

	if (ret != CTL_GO_ON)
		return ret;
	w.bus = ctl_bus_open(session);
	if (!w.bus)
		return CTL_FAILURE;
	ret = wait_for(&w, timeout_s);
	sd_bus_flush_close_unref(w.bus);
	sd_event_unref(w.loop);
	return ret;
}

const struct ctl_command ctl_wait = {
	.name = "wait",
	.arguments = "[OPTION]...",
	.summary = "wait until a sensor streams",
	.help =
	"Wait until a sensor is there and streams, or is in another state; also for the\n"
	"daemon.  Exit status 0: it is; 1: not within the time, and standard error says\n"
	"what is instead.\n",
	.run = run,
};
