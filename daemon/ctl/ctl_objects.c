// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Properties of the daemon's objects as a JSON tree, names in snake_case: what people
 * and programs are shown is made from it.  A property that a newer daemon adds shows up
 * in --json by itself.
 */
#include <ctype.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

const char *ctl_text(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : "";
}

unsigned long long ctl_count(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_uint64(v) : 0;
}

void ctl_print_json(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOZERO |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
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

static int read_dictionary(sd_bus_message *m, struct json_object *object, bool properties);

/*
 * Read one variant.  *@value stays NULL for unknown values (NaN) and types not met here.
 * Of @properties three decimals tell enough.
 */
static int read_variant(sd_bus_message *m, struct json_object **value, bool properties)
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
	if (strcmp(type, "a{sv}") && (strlen(type) != 1 || !strchr("sotuxidb", *type)))
		return sd_bus_message_skip(m, "v");
	ret = sd_bus_message_enter_container(m, 'v', type);
	if (ret < 0)
		return ret;
	switch (*type) {
	case 'a':
		*value = json_object_new_object();
		ret = read_dictionary(m, *value, false);
		break;
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
		if (ret > 0 && isfinite(d))
			*value = json_object_new_double(d);
		if (*value && properties)
			json_object_set_serializer(*value, json_object_double_to_json_string,
						   (void *)(uintptr_t)number_format, NULL);
		break;
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

/* What somebody else has put into a dictionary keeps its names. */
static int read_dictionary(sd_bus_message *m, struct json_object *object, bool properties)
{
	const char *name;
	char key[64];
	int ret;

	ret = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		struct json_object *value = NULL;

		ret = sd_bus_message_read_basic(m, 's', &name);
		if (ret >= 0)
			ret = read_variant(m, &value, properties);
		if (value) {
			snake_case(name, key, sizeof(key));
			json_object_object_add(object, properties ? key : name, value);
		}
		if (ret >= 0)
			ret = sd_bus_message_exit_container(m);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

int ctl_read_properties(sd_bus_message *m, struct json_object *object)
{
	return read_dictionary(m, object, true);
}

/* Read one object's a{sa{sv}}; a sensor with the wanted interface is added to @sensors. */
static int read_object(sd_bus_message *m, const char *path, const char *wanted,
		       struct json_object *sensors)
{
	const char *interface;
	int ret;

	ret = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		ret = sd_bus_message_read_basic(m, 's', &interface);
		if (ret < 0)
			break;
		if (!strcmp(interface, wanted)) {
			struct json_object *sensor = json_object_new_object();

			json_object_object_add(sensor, "sensor",
					       json_object_new_string(ctl_sensor_name(path)));
			json_object_array_add(sensors, sensor);
			ret = ctl_read_properties(m, sensor);
		} else {
			ret = sd_bus_message_skip(m, "a{sv}");
		}
		if (ret >= 0)
			ret = sd_bus_message_exit_container(m);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

static int read_objects(sd_bus_message *m, const char *wanted, struct json_object *sensors)
{
	const char *path;
	int ret;

	ret = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
		ret = sd_bus_message_read_basic(m, 'o', &path);
		if (ret >= 0)
			ret = read_object(m, path, wanted, sensors);
		if (ret >= 0)
			ret = sd_bus_message_exit_container(m);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

/* The bus tells objects in any order. */
static int by_name(const void *a, const void *b)
{
	struct json_object *const *x = a, *const *y = b;

	return strverscmp(ctl_text(*x, "sensor"), ctl_text(*y, "sensor"));
}

int ctl_fetch_sensors(sd_bus *bus, const char *interface, struct json_object *sensors,
		      sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	int ret = ctl_bus_call(bus, CTL_ROOT_PATH, "org.freedesktop.DBus.ObjectManager",
			       "GetManagedObjects", error, &reply, "");

	if (ret >= 0)
		ret = read_objects(reply, interface, sensors);
	if (ret >= 0)
		json_object_array_sort(sensors, by_name);
	sd_bus_message_unref(reply);
	return ret;
}
