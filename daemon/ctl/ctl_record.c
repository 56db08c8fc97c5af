// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl record: begin and end recordings, and say how they go. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

#define N_KEYS	6

enum action { START, STOP, STATUS };

struct request {
	enum action action;
	const char *sensor;		/* NULL = all */
	const char *values[N_KEYS];	/* of the options of Start, NULL = not given */
	bool json;
};

static const char *const keys[N_KEYS] = {
	"patient", "sex", "birthdate", "name", "investigation", "technician"
};

static bool is_wanted(const struct request *q, struct json_object *sensor)
{
	return !q->sensor || !strcmp(q->sensor, ctl_text(sensor, "sensor"));
}

static int call(sd_bus *bus, const struct request *q, const char *path, sd_bus_error *error)
{
	sd_bus_message *m = NULL, *reply = NULL;
	int ret;

	if (q->action == STOP) {
		ret = ctl_bus_call(bus, path, CTL_RECORDER_INTERFACE, "Stop", error, &reply, "");
		sd_bus_message_unref(reply);
		return ret;
	}
	ret = ctl_bus_begin(bus, &m, path, CTL_RECORDER_INTERFACE, "Start");
	if (ret >= 0)
		ret = sd_bus_message_open_container(m, 'a', "{sv}");
	for (size_t i = 0; i < N_KEYS && ret >= 0; i++)
		if (q->values[i])
			ret = ctl_bus_append_typed(m, keys[i], q->values[i], error);
	if (ret >= 0)
		ret = sd_bus_message_close_container(m);
	if (ret >= 0)
		ret = sd_bus_call(bus, m, 0, error, &reply);
	sd_bus_message_unref(m);
	sd_bus_message_unref(reply);
	return ret;
}

/* Start or stop each; the first failure is told, the others are tried all the same. */
static int act(sd_bus *bus, const struct request *q, struct json_object *sensors)
{
	int status = CTL_OK;

	for (size_t i = 0; i < json_object_array_length(sensors); i++) {
		struct json_object *s = json_object_array_get_idx(sensors, i);
		sd_bus_error error = SD_BUS_ERROR_NULL;
		char path[256];
		int ret;

		if (!is_wanted(q, s))
			continue;
		snprintf(path, sizeof(path), "%s/%s", CTL_SENSOR_PATH, ctl_text(s, "sensor"));
		ret = call(bus, q, path, &error);
		if (ret < 0) {
			if (json_object_array_length(sensors) > 1)
				ctl_complain("of %s:", ctl_text(s, "sensor"));
			ctl_bus_complain(&error, ret);
			status = CTL_FAILURE;
		}
		sd_bus_error_free(&error);
	}
	return status;
}

static void print_one(struct json_object *s)
{
	const char *file = ctl_text(s, "file"), *reason = ctl_text(s, "state_reason");

	printf("%s: %s%s%s\n", ctl_text(s, "sensor"), ctl_text(s, "state"), *reason ? ": " : "",
	       reason);
	if (*file)
		printf("  %-9s %s, %llu records, %.1f MB\n", "file", file, ctl_count(s, "records"),
		       (double)ctl_count(s, "bytes") / 1e6);
	if (ctl_count(s, "files"))
		printf("  %-9s %llu, %llu records dropped, slowest write %.1f ms\n", "files",
		       ctl_count(s, "files"), ctl_count(s, "records_dropped"),
		       (double)ctl_count(s, "longest_write") / 1e3);
}

static int print(const struct request *q, struct json_object *sensors)
{
	struct json_object *wanted = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(sensors); i++) {
		struct json_object *s = json_object_array_get_idx(sensors, i);

		if (is_wanted(q, s) && q->json)
			json_object_array_add(wanted, json_object_get(s));
		else if (is_wanted(q, s))
			print_one(s);
	}
	if (q->json)
		ctl_print_json(wanted);
	json_object_put(wanted);
	return ctl_finish_output();
}

static int serve(const struct request *q, bool session)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct json_object *sensors;
	sd_bus *bus = ctl_bus_open(session);
	size_t found = 0;
	int ret, status = CTL_FAILURE;

	if (!bus)
		return CTL_FAILURE;
	sensors = json_object_new_array();
	ret = ctl_fetch_sensors(bus, CTL_RECORDER_INTERFACE, sensors, &error);
	for (size_t i = 0; ret >= 0 && i < json_object_array_length(sensors); i++)
		found += is_wanted(q, json_object_array_get_idx(sensors, i));
	if (ret < 0)
		ctl_bus_complain(&error, ret);
	else if (!found && q->sensor)
		ctl_complain("no sensor \"%s\"; `backpopctl status` lists them", q->sensor);
	else if (!found && q->action != STATUS)
		ctl_complain("there is no sensor to record");
	else
		status = q->action == STATUS ? print(q, sensors) : act(bus, q, sensors);
	json_object_put(sensors);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return status;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	static const char *const actions[] = { "start", "stop", "status" };
	struct request q = { .action = STATUS };
	bool session = false, described = false;
	const char *sensor = NULL;
	const struct ctl_option options[] = {
		CTL_OPTION_SENSOR(&sensor, "this sensor only (iio:device0)"),
		{ .name = keys[0], .argument = "CODE", .value = &q.values[0],
		  .help = "start: who it is, for the file's header" },
		{ .name = keys[1], .argument = "M|F|X", .value = &q.values[1],
		  .help = "start: the patient's sex" },
		{ .name = keys[2], .argument = "YYYY-MM-DD", .value = &q.values[2],
		  .help = "start: day of birth" },
		{ .name = keys[3], .argument = "NAME", .value = &q.values[3],
		  .help = "start: the patient's name" },
		{ .name = keys[4], .argument = "CODE", .value = &q.values[4],
		  .help = "start: the investigation's code" },
		{ .name = keys[5], .argument = "CODE", .value = &q.values[5],
		  .help = "start: who records" },
		{ .name = "json", .value = &q.json, .help = "status: a JSON array" },
		CTL_OPTION_USER(&session),
		{ 0 }
	};
	int c, ret = ctl_parse(cmd, options, argc, argv);

	if (ret != CTL_GO_ON)
		return ret;
	q.sensor = sensor ? ctl_sensor_name(sensor) : NULL;
	for (size_t i = 0; i < N_KEYS; i++)
		described = described || q.values[i];
	if (optind == argc)
		return ctl_usage_error(cmd, "start, stop or status?");
	for (c = 0; c < 3 && strcmp(argv[optind], actions[c]); c++)
		;
	if (c == 3 || optind + 1 < argc)
		return ctl_usage_error(cmd, "unexpected \"%s\"", argv[c == 3 ? optind : optind + 1]);
	q.action = (enum action)c;
	if (described && q.action != START)
		return ctl_usage_error(cmd, "who is recorded is said with start");
	if (q.json && q.action != STATUS)
		return ctl_usage_error(cmd, "--json goes with status");
	return serve(&q, session);
}

const struct ctl_command ctl_record = {
	.name = "record",
	.arguments = "start|stop|status [OPTION]...",
	.operands = CTL_OPERANDS,
	.summary = "record to EDF+ files, and how that goes",
	.help =
	"Begin or end a recording of all sensors, or show what is being recorded.\n"
	"Files go to the directory that backpopd.conf names.\n",
	.run = run,
};
