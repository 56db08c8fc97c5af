// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl monitor: events and markers as they arrive from the daemon. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "core/core.h"
#include "ctl/ctl.h"
#include "ctl/ctl_catchup.h"
#include "ctl/ctl_journal.h"

#define API_VERSION	1
#define RECONNECT_US	500000u

struct monitor {
	sd_bus *bus;
	sd_event *loop;
	const char *sensor;	/* object path, NULL = all */
	bool session;
	bool until_ended;	/* stop when a replay has ended */
	sd_event_source *reconnect;
	struct catchup catchup;
	uint64_t left;		/* lines still to print */
	struct ctl_lines lines;
};

/* A line was written: pass it on at once.  Returns what a bus callback returns. */
static int line_done(struct monitor *m)
{
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		/* Whoever read us has seen enough: that is no failure. */
		if (errno == EPIPE)
			return sd_event_exit(m->loop, CTL_OK);
		return sd_event_exit(m->loop, ctl_output_failed(errno));
	}
	if (--m->left == 0)
		return sd_event_exit(m->loop, CTL_OK);
	return 0;
}

static int print_event(void *userdata, const struct record_event *rec, bool missed)
{
	struct monitor *m = userdata;

	/* After --count's last line there may be more at hand. */
	if (!m->left)
		return 1;
	m->lines.origin_known = true;
	m->lines.origin_ns = rec->stream_start_ns;
	if (m->sensor && strcmp(ctl_sensor_name(m->sensor), rec->sensor))
		return 0;
	ctl_line_event(&m->lines, rec, missed);
	return line_done(m);
}

static int print_annotation(void *userdata, const struct record_annotation *rec, bool missed)
{
	struct monitor *m = userdata;

	if (!m->left)
		return 1;
	/* The button's are told as markers already. */
	if (!missed && !strcmp(rec->source, "button"))
		return 0;
	ctl_line_annotation(&m->lines, rec, missed);
	return line_done(m);
}

static const struct catchup_ops catchup_ops = {
	.event = print_event,
	.annotation = print_annotation,
};

/* ---- signals ------------------------------------------------------------ */

static int on_event(sd_bus_message *msg, void *userdata, sd_bus_error *error)
{
	const char *path = sd_bus_message_get_path(msg);
	struct record_event rec;
	struct monitor *m = userdata;

	(void)error;
	if (ctl_event_read_record(msg, &rec) < 0) {
		ctl_complain("%s: an Event signal that is not %s's was ignored", path,
			     CTL_SENSOR_INTERFACE);
		return 0;
	}
	snprintf(rec.sensor, sizeof(rec.sensor), "%s", ctl_sensor_name(path));
	catchup_event(&m->catchup, m->bus, &rec);
	return 0;
}

static int on_marker(sd_bus_message *msg, void *userdata, sd_bus_error *error)
{
	struct monitor *m = userdata;
	uint64_t number, time_ns;
	const char *kind;

	(void)error;
	if (!m->left)
		return 0;
	if (sd_bus_message_read(msg, "tts", &number, &time_ns, &kind) < 0) {
		ctl_complain("a Marker signal that is not %s's was ignored", CTL_MANAGER_INTERFACE);
		return 0;
	}
	ctl_line_marker(&m->lines, number, time_ns, kind);
	return line_done(m);
}

/* State of a sensor: "ended" is a replay's end, and all of its events came before. */
static int on_changed(sd_bus_message *msg, void *userdata, sd_bus_error *error)
{
	const char *interface, *name, *value;
	struct monitor *m = userdata;
	int ret;

	(void)error;
	if (sd_bus_message_read(msg, "s", &interface) < 0 ||
	    strcmp(interface, CTL_SENSOR_INTERFACE))
		return 0;
	ret = sd_bus_message_enter_container(msg, 'a', "{sv}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(msg, 'e', "sv")) > 0) {
		ret = sd_bus_message_read(msg, "s", &name);
		if (ret >= 0 && strcmp(name, "State"))
			ret = sd_bus_message_skip(msg, "v");
		else if (ret >= 0 && (ret = sd_bus_message_read(msg, "v", "s", &value)) >= 0 &&
			 (!strcmp(value, "ended") || !strcmp(value, "failed")))
			return sd_event_exit(m->loop, strcmp(value, "ended") ? CTL_FAILURE : CTL_OK);
		if (ret >= 0)
			ret = sd_bus_message_exit_container(msg);
	}
	return 0;
}

static int on_annotation(sd_bus_message *msg, void *userdata, sd_bus_error *error)
{
	struct record_annotation rec;
	struct monitor *m = userdata;

	(void)error;
	if (ctl_annotation_read(msg, &rec) < 0) {
		ctl_complain("an Annotation signal that is not %s's was ignored",
			     CTL_JOURNAL_INTERFACE);
		return 0;
	}
	catchup_annotation(&m->catchup, m->bus, &rec);
	return 0;
}

static int on_owner_changed(sd_bus_message *msg, void *userdata, sd_bus_error *error)
{
	const char *name, *old_owner, *new_owner;
	struct monitor *m = userdata;

	(void)error;
	if (sd_bus_message_read(msg, "sss", &name, &old_owner, &new_owner) < 0)
		return 0;
	m->lines.origin_known = false;
	if (*new_owner) {
		ctl_complain("backpopd has come: listening");
		catchup_begin(&m->catchup, m->bus);
	} else {
		ctl_complain("backpopd has gone: waiting for it");
	}
	return 0;
}

/* A session's bus ends with the session; the system's is started anew, and so is backpopd. */
static int on_disconnected(sd_bus_message *msg, void *userdata, sd_bus_error *error)
{
	struct monitor *m = userdata;
	int ret;

	(void)msg;
	(void)error;
	if (m->session) {
		ctl_complain("the bus has closed the connection");
		return sd_event_exit(m->loop, CTL_FAILURE);
	}
	ctl_complain("the bus has closed the connection: waiting for it");
	ret = sd_event_source_set_time_relative(m->reconnect, RECONNECT_US);
	return ret < 0 ? ret : sd_event_source_set_enabled(m->reconnect, SD_EVENT_ONESHOT);
}

static int on_output_closed(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct monitor *m = userdata;

	(void)source;
	(void)fd;
	(void)revents;
	return sd_event_exit(m->loop, CTL_OK);
}

/* ---- setting up ---------------------------------------------------------- */

static int add_matches(struct monitor *m)
{
	int ret;

	ret = sd_bus_match_signal(m->bus, NULL, CTL_BUS_NAME, NULL, CTL_SENSOR_INTERFACE, "Event",
				  on_event, m);
	if (ret >= 0)
		ret = sd_bus_match_signal(m->bus, NULL, CTL_BUS_NAME, CTL_ROOT_PATH,
					  CTL_MANAGER_INTERFACE, "Marker", on_marker, m);
	if (ret >= 0 && m->until_ended)
		ret = sd_bus_match_signal(m->bus, NULL, CTL_BUS_NAME, NULL,
					  "org.freedesktop.DBus.Properties", "PropertiesChanged",
					  on_changed, m);
	if (ret >= 0)
		ret = sd_bus_match_signal(m->bus, NULL, CTL_BUS_NAME, CTL_ROOT_PATH,
					  CTL_JOURNAL_INTERFACE, "Annotation", on_annotation, m);
	if (ret >= 0)
		ret = sd_bus_add_match(m->bus, NULL,
				       "type='signal',sender='org.freedesktop.DBus',"
				       "path='/org/freedesktop/DBus',"
				       "interface='org.freedesktop.DBus',member='NameOwnerChanged',"
				       "arg0='" CTL_BUS_NAME "'", on_owner_changed, m);
	if (ret >= 0)
		ret = sd_bus_match_signal(m->bus, NULL, "org.freedesktop.DBus.Local",
					  "/org/freedesktop/DBus/Local",
					  "org.freedesktop.DBus.Local", "Disconnected",
					  on_disconnected, m);
	return ret;
}

static int set_up_loop(struct monitor *m)
{
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* A closed pipe is met as EPIPE. */
	signal(SIGPIPE, SIG_IGN);

	ret = sd_event_new(&m->loop);
	if (ret >= 0)
		ret = sd_event_add_signal(m->loop, NULL, SIGINT, NULL, NULL);
	if (ret >= 0)
		ret = sd_event_add_signal(m->loop, NULL, SIGTERM, NULL, NULL);
	if (ret < 0)
		return ret;
	/* No events asked for: hang-up and error are always told, even when nothing is written. */
	ret = sd_event_add_io(m->loop, NULL, STDOUT_FILENO, 0, on_output_closed, m);
	if (ret < 0 && ret != -EPERM)	/* a regular file cannot be watched, nor hang up */
		return ret;
	return 0;
}

/* Who waits for a sensor that is not there, or for any, is told so. */
static void tell_listening(const struct monitor *m)
{
	struct json_object *sensors = json_object_new_array();
	const char *name = m->sensor ? ctl_sensor_name(m->sensor) : NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	bool there = ctl_fetch_sensors(m->bus, CTL_SENSOR_INTERFACE, sensors, &error) < 0;

	for (size_t i = 0; i < json_object_array_length(sensors); i++)
		there |= !name || !strcmp(name, ctl_text(json_object_array_get_idx(sensors, i), "sensor"));
	if (there)
		ctl_complain("listening to backpopd");
	else
		ctl_complain("listening to backpopd, which has no sensor%s%s now", name ? " " : "",
			     name ? name : "");
	sd_bus_error_free(&error);
	json_object_put(sensors);
}

/*
 * The bus hands signals only to those whom its policy lets listen, and says
 * nothing to the others: ask the daemon something, which is refused aloud.
 * Returns 0 when listening makes sense.
 */
static int check_daemon(struct monitor *m)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	uint32_t version = 0;
	int ret;

	ret = ctl_bus_call(m->bus, CTL_ROOT_PATH, "org.freedesktop.DBus.Properties", "Get", &error,
			   &reply, "ss", CTL_MANAGER_INTERFACE, "ApiVersion");
	if (ret >= 0)
		ret = sd_bus_message_read(reply, "v", "u", &version);
	if (ret >= 0 && version != API_VERSION) {
		ctl_complain("backpopd speaks version %" PRIu32 " of its interface, this is for %d",
			     version, API_VERSION);
		ret = -EPROTO;
	} else if (ret >= 0) {
		tell_listening(m);
		catchup_begin(&m->catchup, m->bus);
	} else if (ctl_bus_not_running(&error)) {
		ctl_complain("backpopd is not running: waiting for it");
		ret = 0;
	} else {
		ctl_bus_complain(&error, ret);
	}
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	return ret < 0 ? ret : 0;
}

static int on_reconnect(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct monitor *m = userdata;
	sd_bus *bus = NULL;
	int ret = sd_bus_open_system(&bus);

	(void)usec;
	if (ret < 0) {
		ret = sd_event_source_set_time_relative(source, RECONNECT_US);
		return ret < 0 ? ret : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	}
	sd_bus_close_unref(m->bus);
	m->bus = bus;
	ret = add_matches(m);
	if (ret >= 0)
		ret = check_daemon(m);
	if (ret >= 0)
		ret = sd_bus_attach_event(bus, m->loop, SD_EVENT_PRIORITY_NORMAL);
	return ret < 0 ? sd_event_exit(m->loop, CTL_FAILURE) : 0;
}

static int monitor(struct monitor *m, const struct ctl_monitor_options *opt)
{
	int ret;

	m->bus = ctl_bus_open(opt->session);
	if (!m->bus)
		return CTL_FAILURE;
	ret = set_up_loop(m);
	if (ret >= 0)
		ret = sd_event_add_time_relative(m->loop, &m->reconnect, CLOCK_MONOTONIC, 0, 0,
						 on_reconnect, m);
	if (ret >= 0)
		ret = sd_event_source_set_enabled(m->reconnect, SD_EVENT_OFF);
	if (ret >= 0)
		ret = add_matches(m);
	if (ret < 0) {
		ctl_complain("cannot listen: %s", strerror(-ret));
		return CTL_FAILURE;
	}
	if (opt->listening ? opt->listening(m->loop, opt->userdata) < 0 : check_daemon(m))
		return CTL_FAILURE;
	ret = sd_bus_attach_event(m->bus, m->loop, SD_EVENT_PRIORITY_NORMAL);
	if (ret >= 0)
		ret = sd_event_loop(m->loop);
	if (ret >= 0)
		return ret;
	ctl_complain("cannot listen: %s", strerror(-ret));
	return CTL_FAILURE;
}

int ctl_monitor_run(const struct ctl_monitor_options *opt)
{
	struct monitor m = {
		.left = opt->count ? opt->count : UINT64_MAX,
		.lines = { .json = opt->json, .colour = ctl_has_colours() },
		.sensor = opt->sensor,
		.until_ended = opt->listening,
		.session = opt->session,
	};
	int ret;

	m.catchup = (struct catchup){ .ops = &catchup_ops, .userdata = &m };
	ret = monitor(&m, opt);
	sd_event_source_disable_unref(m.reconnect);
	sd_bus_flush_close_unref(m.bus);
	sd_event_unref(m.loop);
	return ret;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	struct ctl_monitor_options opt = { 0 };
	bool scope = false;
	const struct ctl_option options[] = {
		{ .name = "json", .value = &opt.json, .help = "one JSON object a line" },
		{ .name = "scope", .value = &scope,
		  .help = "draw vibration and events as they come, on a terminal;\nq ends it" },
		CTL_OPTION_SENSOR(&opt.sensor, "only this sensor (iio:device0) or object path"),
		{ .name = "count", .argument = "N", .value = &opt.count, .take = ctl_take_number,
		  .wanted = "a number of lines", .help = "end after N lines" },
		CTL_OPTION_USER(&opt.session),
		{ 0 }
	};
	int ret = ctl_parse(cmd, options, argc, argv);

	if (ret != CTL_GO_ON)
		return ret;
	if (scope && (opt.json || opt.count))
		return ctl_usage_error(cmd, "--scope goes with neither --json nor --count");
	return scope ? ctl_scope_run(opt.sensor, opt.session) : ctl_monitor_run(&opt);
}

const struct ctl_command ctl_monitor = {
	.name = "monitor",
	.arguments = "[OPTION]...",
	.summary = "show events as they arrive",
	.help =
	"Show backpopd's events, marker presses and annotations as they arrive, one line\n"
	"per event revision; the highest revision of an event counts.  Waits while\n"
	"backpopd or the system bus is away, and then shows from the journal what it has\n"
	"missed: such a line begins with \"+\", or has \"missed\".  Ends on Ctrl-C or when\n"
	"nobody reads the output any more.\n",
	.run = run,
};
