// SPDX-License-Identifier: GPL-2.0-or-later
#include "session_person.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

/* A value's beginning, whole characters of it. */
static void take(struct json_object *o, const char *key, char *out, size_t size)
{
	struct json_object *v;
	size_t n;

	out[0] = '\0';
	if (!json_object_object_get_ex(o, key, &v))
		return;
	n = (size_t)snprintf(out, size, "%s", json_object_get_string(v));
	if (n < size)
		return;
	n = size - 1;
	while (n && ((unsigned char)out[n - 1] & 0xc0) == 0x80)
		n--;
	if (n && (unsigned char)out[n - 1] >= 0xc0)
		n--;
	out[n] = '\0';
}

void session_person(const char *metadata, struct recorder_person *who)
{
	struct json_object *o = json_tokener_parse(metadata);

	*who = (struct recorder_person) { .code = "" };
	if (json_object_is_type(o, json_type_object)) {
		take(o, json_object_object_get_ex(o, "patient", NULL) ? "patient" : "subject",
		     who->code, sizeof(who->code));
		take(o, "sex", who->sex, sizeof(who->sex));
		take(o, "birthdate", who->birthdate, sizeof(who->birthdate));
		take(o, "name", who->name, sizeof(who->name));
		take(o, "investigation", who->investigation, sizeof(who->investigation));
		take(o, "technician", who->technician, sizeof(who->technician));
	}
	json_object_put(o);
}

bool session_person_fits(const char *metadata, char *why, size_t size)
{
	struct json_object *o = json_tokener_parse(metadata);
	struct recorder_person who = { .code = "" };
	char text[RECORDER_WHY_SIZE];
	bool fits = true;

	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, key, value) {
			fits = recorder_person_set(&who, key, json_object_get_string(value), text);
			if (!fits)
				break;
		}
	}
	if (!fits)
		snprintf(why, size, "%s", text);
	json_object_put(o);
	return fits;
}
