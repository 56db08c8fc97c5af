// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl wait: for scripts, until a sensor is there and in a state. */
#include <errno.h>
#include <getopt.h>
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

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "state", required_argument, NULL, 'S' },
		{ "sensor", required_argument, NULL, 'n' },
		{ "timeout", required_argument, NULL, 't' },
		{ "user", no_argument, NULL, 's' },
		{ "session", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	static const char *const states[] = { "starting", "streaming", "degraded", "stalled",
					      "failed", "inhibited", "idle", "ended" };
	struct waiting w = { .state = "streaming" };
	bool session = false, known = false;
	double timeout_s = -1;
	char *end;
	int c, ret;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'S':
			w.state = optarg;
			break;
		case 'n':
			w.sensor = ctl_sensor_path(optarg);
			if (!w.sensor)
				return ctl_usage_error(
					cmd, "--sensor: \"%s\" is not a sensor's name", optarg);
			break;
		case 't':
			timeout_s = strtod(optarg, &end);
			if (end == optarg || *end || !(timeout_s >= 0 && timeout_s <= 1e9))
				return ctl_usage_error(
					cmd, "--timeout: \"%s\" is not a number of seconds",
					optarg);
			break;
		case 's':
			session = true;
			break;
		case 'h':
			return ctl_show_help(cmd);
		default:
			return ctl_try_help(cmd);
		}
	}
	if (optind < argc)
		return ctl_usage_error(cmd, "unexpected \"%s\"", argv[optind]);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		known = known || !strcmp(w.state, states[i]);
	if (!known)
		return ctl_usage_error(cmd, "--state: no state \"%s\"", w.state);
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
	.arguments = "[--state STATE] [--sensor NAME] [--timeout SECONDS] [--session]",
	.summary = "wait until a sensor streams",
	.help =
	"Wait until a sensor is there and streams, or is in another state; also for the daemon.\n"
	"Exit status 0: it is; 1: not within the time, and standard error says what is instead.\n"
	"\n"
	"  --state STATE      streaming (default), starting, degraded, stalled, failed,\n"
	"                     inhibited, idle or ended\n"
	"  --sensor NAME      this sensor (iio:device0, pair) or object path; default: any\n"
	"  --timeout SECONDS  how long; default: for ever\n"
	"  --session          ask on the session bus instead of the system bus\n"
	"  --help             show this\n",
	.run = run,
};
