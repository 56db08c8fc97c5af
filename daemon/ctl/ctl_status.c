// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl status: what the daemon and its sensors are doing. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

/* An interface of the root object under a name of its own; an older daemon lacks it. */
static int fetch_part(sd_bus *bus, struct json_object *status, const char *name,
		      const char *interface)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	struct json_object *part;
	int ret;

	ret = ctl_bus_call(bus, CTL_ROOT_PATH, "org.freedesktop.DBus.Properties", "GetAll", &error,
			   &reply, "s", interface);
	if (ret >= 0) {
		part = json_object_new_object();
		json_object_object_add(status, name, part);
		ret = ctl_read_properties(reply, part);
	} else if (!ctl_bus_not_running(&error)) {
		ret = 0;
	}
	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	return ret;
}

int ctl_fetch_status(sd_bus *bus, struct json_object *status, sd_bus_error *error)
{
	struct json_object *sensors = json_object_new_array();
	sd_bus_message *reply = NULL;
	int ret;

	ret = ctl_bus_call(bus, CTL_ROOT_PATH, "org.freedesktop.DBus.Properties", "GetAll", error,
			   &reply, "s", CTL_MANAGER_INTERFACE);
	if (ret >= 0)
		ret = ctl_read_properties(reply, status);
	sd_bus_message_unref(reply);
	if (ret >= 0)
		ret = fetch_part(bus, status, "journal", CTL_JOURNAL_INTERFACE);
	if (ret >= 0)
		ret = fetch_part(bus, status, "session", CTL_SESSION_INTERFACE);
	json_object_object_add(status, "sensors", sensors);
	return ret < 0 ? ret : ctl_fetch_sensors(bus, CTL_SENSOR_INTERFACE, sensors, error);
}

/* How each sensor's recording goes, as "recorder" in it; an older daemon has none. */
static int fetch_recorders(sd_bus *bus, struct json_object *status, sd_bus_error *error)
{
	struct json_object *sensors = json_object_object_get(status, "sensors");
	struct json_object *recorders = json_object_new_array();
	int ret = ctl_fetch_sensors(bus, CTL_RECORDER_INTERFACE, recorders, error);

	for (size_t i = 0; ret >= 0 && i < json_object_array_length(recorders); i++) {
		struct json_object *r = json_object_array_get_idx(recorders, i);

		for (size_t k = 0; k < json_object_array_length(sensors); k++) {
			struct json_object *s = json_object_array_get_idx(sensors, k);

			if (strcmp(ctl_text(s, "sensor"), ctl_text(r, "sensor")))
				continue;
			json_object_object_add(s, "recorder", json_object_get(r));
		}
		json_object_object_del(r, "sensor");
	}
	json_object_put(recorders);
	return ret;
}

/* ---- for people -------------------------------------------------------- */

static void print_number(struct json_object *o, const char *key, const char *before, int digits,
			 const char *after)
{
	struct json_object *v;

	if (json_object_object_get_ex(o, key, &v))
		printf("%s%.*f%s", before, digits, json_object_get_double(v), after);
}

static void print_line(struct json_object *status, const char *what, const char *name_key,
		       const char *count_key, const char *unit)
{
	const char *name = ctl_text(status, name_key);

	if (*name)
		printf("  %-9s %s, %llu %s\n", what, name, ctl_count(status, count_key), unit);
	else
		printf("  %-9s none\n", what);
}

/* A channel that is as it should be needs no words. */
static void print_health(struct json_object *s, const char *channel, const char *key)
{
	const char *health = ctl_text(s, key);

	if (*health && strcmp(health, "ok") && strcmp(health, "absent"))
		printf("  %-9s %s\n", channel, health);
}

static void print_sensor(struct json_object *s)
{
	const char *reason = ctl_text(s, "state_reason");
	struct json_object *recorder;

	printf("\n%s: %s%s%s\n", ctl_text(s, "sensor"), ctl_text(s, "state"), *reason ? ": " : "", reason);
	printf("  %-9s %s (%s)\n", "device", ctl_text(s, "name"), ctl_text(s, "device"));
	printf("  %-9s %s", "mode", ctl_text(s, "mode"));
	print_number(s, "sample_rate", " at ", 0, " Hz");
	if (ctl_count(s, "measured_rate"))
		print_number(s, "measured_rate", ", measured ", 2, " Hz");
	printf("\n  %-9s %llu read, %llu lost, %llu restarts\n", "samples", ctl_count(s, "samples_read"),
	       ctl_count(s, "samples_lost"), ctl_count(s, "restarts"));
	printf("  %-9s %llu", "events", ctl_count(s, "events"));
	if (ctl_count(s, "events_suppressed"))
		printf(", %llu suppressed", ctl_count(s, "events_suppressed"));
	printf("\n  %-9s %s", "breath", ctl_text(s, "breath_phase"));
	print_number(s, "breath_rate", ", ", 1, "/min");
	printf("\n  %-9s %s\n", "movement", ctl_text(s, "movement"));
	if (json_object_object_get_ex(s, "recorder", &recorder)) {
		const char *why = ctl_text(recorder, "state_reason"), *file = ctl_text(recorder, "file");

		printf("  %-9s %s%s%s%s%s\n", "recorder", ctl_text(recorder, "state"), *why ? ": " : "",
		       why, *file ? ", " : "", file);
	}
	print_health(s, "accel", "motion_health");
	print_health(s, "film", "film_health");
}

static void print_journal(struct json_object *journal)
{
	const char *reason = ctl_text(journal, "state_reason"), *file = ctl_text(journal, "file");

	printf("  %-9s %s%s%s", "journal", ctl_text(journal, "state"), *reason ? ": " : "", reason);
	if (*file)
		printf(", %s", file);
	if (!strcmp(ctl_text(journal, "check"), "running"))
		fputs(", being looked through", stdout);
	else if (!strcmp(ctl_text(journal, "check"), "corrupt"))
		fputs(", a corrupt one was moved aside", stdout);
	if (ctl_count(journal, "pending"))
		printf(", %llu held back", ctl_count(journal, "pending"));
	if (ctl_count(journal, "dropped"))
		printf(", %llu dropped", ctl_count(journal, "dropped"));
	putchar('\n');
}

static void print_session(struct json_object *session)
{
	struct json_object *started;
	char time[CTL_TIME_SIZE];

	if (!ctl_count(session, "current") ||
	    !json_object_object_get_ex(session, "started_wall", &started)) {
		printf("  %-9s none\n", "session");
		return;
	}
	ctl_time_print(time, json_object_get_int64(started), false);
	printf("  %-9s %llu since %.19s\n", "session", ctl_count(session, "current"), time);
}

static void print_text(struct json_object *status)
{
	struct json_object *sensors = json_object_object_get(status, "sensors"), *part;
	size_t n = json_object_array_length(sensors);

	printf("backpopd %s, %zu sensor%s\n", ctl_text(status, "version"), n, n == 1 ? "" : "s");
	print_line(status, "marker", "marker_line", "markers", "presses");
	print_line(status, "trigger", "trigger_line", "triggers", "pulses");
	if (json_object_object_get_ex(status, "journal", &part))
		print_journal(part);
	if (json_object_object_get_ex(status, "session", &part))
		print_session(part);
	for (size_t i = 0; i < n; i++)
		print_sensor(json_object_array_get_idx(sensors, i));
}

static int show(sd_bus *bus, void *userdata, sd_bus_error *error)
{
	struct json_object *status = json_object_new_object();
	int ret = ctl_fetch_status(bus, status, error);

	if (ret >= 0)
		ret = fetch_recorders(bus, status, error);
	if (ret >= 0 && *(const bool *)userdata)
		ctl_print_json(status);
	else if (ret >= 0)
		print_text(status);
	json_object_put(status);
	return ret;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	bool session = false, json = false;
	const struct ctl_option options[] = {
		{ .name = "json", .value = &json, .help = "one JSON object" },
		CTL_OPTION_USER(&session),
		{ 0 }
	};
	int ret = ctl_parse(cmd, options, argc, argv);

	return ret == CTL_GO_ON ? ctl_bus_serve(session, show, &json) : ret;
}

const struct ctl_command ctl_status = {
	.name = "status",
	.arguments = "[OPTION]...",
	.summary = "show what the daemon and its sensors are doing",
	.help =
	"Show backpopd's sensors: state, rate, samples read and lost, events, breathing,\n"
	"recording.\n",
	.run = run,
};
