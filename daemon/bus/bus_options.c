// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus_error.h"
#include "bus/bus_options.h"
#include "edf/utf8.h"
#include "journal/record.h"

#define OPTIONS_MAX	32
#define METADATA_KEYS	32

bool bus_sensor_name_valid(const char *name)
{
	size_t n = strlen(name);

	return n && n < RECORD_SENSOR_SIZE &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == n;
}

int bus_append_text(sd_bus_message *m, const char *text)
{
	char clean[PATH_MAX];

	utf8_copy(clean, sizeof(clean), text, strlen(text));
	return sd_bus_message_append(m, "s", clean);
}

bool bus_text_valid(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\n' && *text != '\t') || *text == 0x7f)
			return false;
	return true;
}

static int read_option(sd_bus_message *m, const struct bus_option *options, const char *key,
		       uint32_t *seen, sd_bus_error *error)
{
	const char *type;
	size_t i;
	int r;

	for (i = 0; options[i].name && strcmp(options[i].name, key); i++)
		;
	if (!options[i].name)
		return bus_refuse(error, "no option \"%.64s\" here", key);
	if (*seen & (1u << i))
		return bus_refuse(error, "option \"%s\" comes twice", key);
	*seen |= 1u << i;
	r = sd_bus_message_peek_type(m, NULL, &type);
	if (r < 0)
		return r;
	if (strcmp(type, options[i].type))
		return bus_refuse(error, "option \"%s\" has type %.16s, expected %s", key, type,
				  options[i].type);
	return sd_bus_message_read(m, "v", type, options[i].value);
}

int bus_read_options(sd_bus_message *m, const struct bus_option *options, sd_bus_error *error)
{
	uint32_t seen = 0;
	const char *key;
	int r;

	r = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read_basic(m, 's', &key);
		if (r >= 0)
			r = read_option(m, options, key, &seen, error);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* ---- metadata ------------------------------------------------------------- */

static bool key_valid(const char *key)
{
	size_t n = strlen(key);

	return n && n <= 64 && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static int read_string_value(sd_bus_message *m, const char *key, struct json_object **value,
			     sd_bus_error *error)
{
	const char *s;
	int r = sd_bus_message_read(m, "v", "s", &s);

	if (r < 0)
		return r;
	if (!bus_text_valid(s))
		return bus_refuse(error, "\"%s\" has control characters", key);
	*value = json_object_new_string(s);
	return 0;
}

static int read_number_value(sd_bus_message *m, const char *key, char type,
			     struct json_object **value, sd_bus_error *error)
{
	union {
		uint8_t y;
		int16_t n;
		uint16_t q;
		int32_t i;
		uint32_t u;
		int64_t x;
		uint64_t t;
		double d;
		int b;
	} v = { 0 };
	const char types[] = { type, '\0' };
	int r = sd_bus_message_read(m, "v", types, &v);

	if (r < 0)
		return r;
	if (type == 'd' && !isfinite(v.d))
		return bus_refuse(error, "\"%s\" is no finite number", key);
	if (type == 't' && v.t > INT64_MAX)
		return bus_refuse(error, "\"%s\" is too large", key);
	switch (type) {
	case 'b':
		*value = json_object_new_boolean(v.b);
		break;
	case 'd':
		*value = json_object_new_double(v.d);
		break;
	case 'y':
		*value = json_object_new_int64(v.y);
		break;
	case 'n':
		*value = json_object_new_int64(v.n);
		break;
	case 'q':
		*value = json_object_new_int64(v.q);
		break;
	case 'i':
		*value = json_object_new_int64(v.i);
		break;
	case 'u':
		*value = json_object_new_int64(v.u);
		break;
	default:
		*value = json_object_new_int64(v.x);
		break;
	}
	return 0;
}

static int read_entry(sd_bus_message *m, struct json_object *o, sd_bus_error *error)
{
	struct json_object *value = NULL;
	const char *key, *type;
	int r;

	r = sd_bus_message_read_basic(m, 's', &key);
	if (r < 0)
		return r;
	if (!key_valid(key))
		return bus_refuse(error, "a key must be of a-z, 0-9 and _, at most 64 of them");
	if (json_object_object_get_ex(o, key, NULL))
		return bus_refuse(error, "key \"%s\" comes twice", key);
	if (json_object_object_length(o) == METADATA_KEYS)
		return bus_refuse(error, "more than %d keys", METADATA_KEYS);
	r = sd_bus_message_peek_type(m, NULL, &type);
	if (r < 0)
		return r;
	if (strlen(type) != 1 || !strchr("sbdynqiuxt", *type))
		return bus_refuse(error, "\"%s\" has type %.16s: expected a string, a number or a "
				  "boolean", key, type);
	r = *type == 's' ? read_string_value(m, key, &value, error) :
			   read_number_value(m, key, *type, &value, error);
	if (r < 0)
		return r;
	if (!value || json_object_object_add(o, key, value)) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

int bus_read_metadata(sd_bus_message *m, char *json, size_t size, sd_bus_error *error)
{
	struct json_object *o = json_object_new_object();
	const char *text;
	int r;

	if (!o)
		return -ENOMEM;
	r = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = read_entry(m, o, error);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_exit_container(m);
	if (r >= 0) {
		text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
		if (!text)
			r = -ENOMEM;
		else if (snprintf(json, size, "%s", text) >= (int)size)
			r = bus_refuse(error, "more than %zu bytes of metadata", size - 1);
	}
	json_object_put(o);
	return r < 0 ? r : 0;
}

static int append_value(sd_bus_message *m, const char *key, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_string:
		return sd_bus_message_append(m, "{sv}", key, "s", json_object_get_string(value));
	case json_type_boolean:
		return sd_bus_message_append(m, "{sv}", key, "b", json_object_get_boolean(value));
	case json_type_double:
		return sd_bus_message_append(m, "{sv}", key, "d", json_object_get_double(value));
	case json_type_int:
		return sd_bus_message_append(m, "{sv}", key, "x", json_object_get_int64(value));
	default:
		return 0;	/* not ours */
	}
}

int bus_append_metadata(sd_bus_message *m, const char *json)
{
	struct json_object *o = *json ? json_tokener_parse(json) : NULL;
	int r = sd_bus_message_open_container(m, 'a', "{sv}");

	if (json_object_is_type(o, json_type_object)) {
		struct json_object_iterator i = json_object_iter_begin(o);
		struct json_object_iterator end = json_object_iter_end(o);

		for (; r >= 0 && !json_object_iter_equal(&i, &end); json_object_iter_next(&i))
			r = append_value(m, json_object_iter_peek_name(&i),
					 json_object_iter_peek_value(&i));
	}
	json_object_put(o);
	return r < 0 ? r : sd_bus_message_close_container(m);
}
