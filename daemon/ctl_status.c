// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl status: what the daemon and its sensors are doing. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"

/*
 * Properties become a JSON tree, names in snake_case; both outputs are made from
 * it.  A property that a newer daemon adds shows up in --json by itself.
 */

static const char *text(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : "";
}

/* "SamplesLost" -> "samples_lost" */
static void snake_case(const char *name, char *out, size_t size)
{
	size_t n = 0;

	for (const char *p = name; *p && n + 2 < size; p++) {
		if (isupper((unsigned char)*p) && p != name)
			out[n++] = '_';
		out[n++] = (char)tolower((unsigned char)*p);
	}
	out[n] = '\0';
}

/* Read one variant.  *@value stays NULL for unknown values (NaN) and types not met here. */
static int read_variant(sd_bus_message *m, struct json_object **value)
{
	static const char number_format[] = "%.3f";
	const char *type, *s;
	uint64_t t;
	int64_t x;
	uint32_t u;
	int32_t i;
	double d;
	int b, ret;

	ret = sd_bus_message_peek_type(m, NULL, &type);
	if (ret < 0)
		return ret;
	if (strlen(type) != 1 || !strchr("sotuxidb", *type))
		return sd_bus_message_skip(m, "v");
	ret = sd_bus_message_enter_container(m, 'v', type);
	if (ret < 0)
		return ret;
	switch (*type) {
	case 's':
	case 'o':
		ret = sd_bus_message_read_basic(m, *type, &s);
		if (ret > 0)
			*value = json_object_new_string(s);
		break;
	case 't':
		ret = sd_bus_message_read_basic(m, 't', &t);
		if (ret > 0)
			*value = json_object_new_uint64(t);
		break;
	case 'x':
		ret = sd_bus_message_read_basic(m, 'x', &x);
		if (ret > 0)
			*value = json_object_new_int64(x);
		break;
	case 'u':
		ret = sd_bus_message_read_basic(m, 'u', &u);
		if (ret > 0)
			*value = json_object_new_int64(u);
		break;
	case 'i':
		ret = sd_bus_message_read_basic(m, 'i', &i);
		if (ret > 0)
			*value = json_object_new_int64(i);
		break;
	case 'b':
		ret = sd_bus_message_read_basic(m, 'b', &b);
		if (ret > 0)
			*value = json_object_new_boolean(b);
		break;
	case 'd':
		ret = sd_bus_message_read_basic(m, 'd', &d);
		if (ret > 0 && isfinite(d)) {
			*value = json_object_new_double(d);
			json_object_set_serializer(*value, json_object_double_to_json_string,
						   (void *)(uintptr_t)number_format, NULL);
		}
		break;
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

/* Read a{sv} into @object. */
static int read_properties(sd_bus_message *m, struct json_object *object)
{
	const char *name;
	char key[64];
	int ret;

	ret = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		struct json_object *value = NULL;

		ret = sd_bus_message_read_basic(m, 's', &name);
		if (ret >= 0)
			ret = read_variant(m, &value);
		if (ret >= 0) {
			snake_case(name, key, sizeof(key));
			if (value)
				json_object_object_add(object, key, value);
			ret = sd_bus_message_exit_container(m);
		}
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

/* Read one object's a{sa{sv}}; a sensor is added to @sensors. */
static int read_object(sd_bus_message *m, const char *path, struct json_object *sensors)
{
	const char *interface;
	int ret;

	ret = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		ret = sd_bus_message_read_basic(m, 's', &interface);
		if (ret < 0)
			break;
		if (!strcmp(interface, CTL_SENSOR_INTERFACE)) {
			struct json_object *sensor = json_object_new_object();

			json_object_object_add(sensor, "sensor",
					       json_object_new_string(ctl_sensor_name(path)));
			json_object_array_add(sensors, sensor);
			ret = read_properties(m, sensor);
		} else {
			ret = sd_bus_message_skip(m, "a{sv}");
		}
		if (ret >= 0)
			ret = sd_bus_message_exit_container(m);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

static int read_objects(sd_bus_message *m, struct json_object *sensors)
{
	const char *path;
	int ret;

	ret = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
		ret = sd_bus_message_read_basic(m, 'o', &path);
		if (ret >= 0)
			ret = read_object(m, path, sensors);
		if (ret >= 0)
			ret = sd_bus_message_exit_container(m);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

/* The bus tells objects in any order. */
static int by_name(const void *a, const void *b)
{
	struct json_object *const *x = a, *const *y = b;

	return strverscmp(text(*x, "sensor"), text(*y, "sensor"));
}

static int fetch(sd_bus *bus, struct json_object *status, sd_bus_error *error)
{
	struct json_object *sensors;
	sd_bus_message *reply = NULL;
	int ret;

	ret = ctl_bus_call(bus, CTL_ROOT_PATH, "org.freedesktop.DBus.Properties", "GetAll", error,
			   &reply, "s", CTL_MANAGER_INTERFACE);
	if (ret >= 0)
		ret = read_properties(reply, status);
	sd_bus_message_unref(reply);
	if (ret < 0)
		return ret;

	reply = NULL;
	ret = ctl_bus_call(bus, CTL_ROOT_PATH, "org.freedesktop.DBus.ObjectManager",
			   "GetManagedObjects", error, &reply, "");
	if (ret >= 0) {
		sensors = json_object_new_array();
		json_object_object_add(status, "sensors", sensors);
		ret = read_objects(reply, sensors);
		json_object_array_sort(sensors, by_name);
	}
	sd_bus_message_unref(reply);
	return ret;
}

/* ---- for people -------------------------------------------------------- */

static unsigned long long count(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_uint64(v) : 0;
}

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
	const char *name = text(status, name_key);

	if (*name)
		printf("  %-9s %s, %llu %s\n", what, name, count(status, count_key), unit);
	else
		printf("  %-9s none\n", what);
}

static void print_sensor(struct json_object *s)
{
	const char *reason = text(s, "state_reason");

	printf("\n%s: %s%s%s\n", text(s, "sensor"), text(s, "state"), *reason ? ": " : "", reason);
	printf("  %-9s %s (%s)\n", "device", text(s, "name"), text(s, "device"));
	printf("  %-9s %s", "mode", text(s, "mode"));
	print_number(s, "sample_rate", " at ", 0, " Hz");
	print_number(s, "measured_rate", ", measured ", 2, " Hz");
	printf("\n  %-9s %llu read, %llu lost, %llu restarts\n", "samples", count(s, "samples_read"),
	       count(s, "samples_lost"), count(s, "restarts"));
	printf("  %-9s %llu", "events", count(s, "events"));
	if (count(s, "events_suppressed"))
		printf(", %llu suppressed", count(s, "events_suppressed"));
	printf("\n  %-9s %s", "breath", text(s, "breath_phase"));
	print_number(s, "breath_rate", ", ", 1, "/min");
	printf("\n  %-9s %s\n", "movement", text(s, "movement"));
}

static void print_text(struct json_object *status)
{
	struct json_object *sensors = json_object_object_get(status, "sensors");
	size_t n = json_object_array_length(sensors);

	printf("backpopd %s, %zu sensor%s\n", text(status, "version"), n, n == 1 ? "" : "s");
	print_line(status, "marker", "marker_line", "markers", "presses");
	print_line(status, "trigger", "trigger_line", "triggers", "pulses");
	for (size_t i = 0; i < n; i++)
		print_sensor(json_object_array_get_idx(sensors, i));
}

static int show(bool session, bool json)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct json_object *status;
	sd_bus *bus;
	int ret;

	bus = ctl_bus_open(session);
	if (!bus)
		return CTL_FAILURE;
	status = json_object_new_object();
	ret = fetch(bus, status, &error);
	if (ret < 0)
		ctl_bus_complain(&error, ret);
	else if (json)
		printf("%s\n", json_object_to_json_string_ext(status, JSON_C_TO_STRING_PLAIN |
							      JSON_C_TO_STRING_NOZERO |
							      JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		print_text(status);
	json_object_put(status);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return ret < 0 ? CTL_FAILURE : ctl_finish_output();
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "session", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	bool session = false, json = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
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
	return show(session, json);
}

const struct ctl_command ctl_status = {
	.name = "status",
	.arguments = "[--json] [--session]",
	.summary = "show what the daemon and its sensors are doing",
	.help =
	"Show backpopd's sensors: state, rate, samples read and lost, events, breathing.\n"
	"\n"
	"  --json     one JSON object\n"
	"  --session  ask on the session bus instead of the system bus\n"
	"  --help     show this\n",
	.run = run,
};
