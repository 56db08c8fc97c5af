// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus_recorder.h"

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
		    sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return sd_bus_message_append(reply, "s", (const char *)userdata);
}

/* What an option of Start may hold; false: not that. */
static bool is_date(const char *s)
{
	unsigned int y, m, d;
	int used = 0;

	return strlen(s) == 10 && sscanf(s, "%4u-%2u-%2u%n", &y, &m, &d, &used) == 3 &&
	       used == 10 && y >= 1800 && m >= 1 && m <= 12 && d >= 1 && d <= 31;
}

static int set_option(struct recorder_person *who, const char *key, const char *value,
		      sd_bus_error *error)
{
	const struct {
		const char *key;
		char *to;
		size_t size;
	} options[] = {
		{ "patient", who->code, sizeof(who->code) },
		{ "sex", who->sex, sizeof(who->sex) },
		{ "birthdate", who->birthdate, sizeof(who->birthdate) },
		{ "name", who->name, sizeof(who->name) },
		{ "investigation", who->investigation, sizeof(who->investigation) },
		{ "technician", who->technician, sizeof(who->technician) },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(key, options[i].key))
			continue;
		if (strlen(value) >= options[i].size)
			return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
						 "%s: at most %zu bytes", key, options[i].size - 1);
		if (!strcmp(key, "sex") && value[0] && !strchr("MFX", value[0]))
			return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "sex: M, F or X");
		if (!strcmp(key, "birthdate") && value[0] && !is_date(value))
			return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
						 "birthdate: YYYY-MM-DD");
		strcpy(options[i].to, value);
		return 0;
	}
	return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
				 "no option \"%s\": there are patient, sex, birthdate, name, "
				 "investigation, technician", key);
}

static int read_options(sd_bus_message *m, struct recorder_person *who, sd_bus_error *error)
{
	const char *key, *value, *type;
	char kind;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &key);
		if (r >= 0)
			r = sd_bus_message_peek_type(m, &kind, &type);
		if (r >= 0 && strcmp(type, "s"))
			return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS,
						 "%s: a string, not '%s'", key, type);
		if (r >= 0)
			r = sd_bus_message_read(m, "v", "s", &value);
		if (r >= 0)
			r = set_option(who, key, value, error);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int method_start(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_recorder *r = userdata;
	struct recorder_person who = { .code = "" };
	int ret = read_options(m, &who, error);

	if (ret < 0)
		return ret;
	ret = r->start(r->userdata, &who);
	if (ret == -EPERM)
		return sd_bus_error_set(error, "org.backpop1.Error.RecordingOff",
					"the configuration says Record=off");
	if (ret == -EALREADY)
		return sd_bus_error_set(error, "org.backpop1.Error.AlreadyRecording",
					"it is recording already");
	return ret < 0 ? ret : sd_bus_reply_method_return(m, "");
}

static int method_stop(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_recorder *r = userdata;
	int ret = r->stop(r->userdata);

	if (ret == -EALREADY)
		return sd_bus_error_set(error, "org.backpop1.Error.NotRecording",
					"it is not recording");
	return ret < 0 ? ret : sd_bus_reply_method_return(m, "");
}

#define VALUE(name, type, field, flags) \
	SD_BUS_PROPERTY(name, type, NULL, offsetof(struct bus_recorder, field), flags)
#define TEXT(name, field) \
	SD_BUS_PROPERTY(name, "s", get_text, offsetof(struct bus_recorder, field), \
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)

static const sd_bus_vtable recorder_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("Start", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT, method_start,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Stop", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_stop,
				SD_BUS_VTABLE_UNPRIVILEGED),
	VALUE("State", "s", state, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	TEXT("StateReason", status.reason),
	TEXT("File", status.file),
	VALUE("Records", "t", status.records, 0),
	VALUE("Bytes", "t", status.bytes, 0),
	VALUE("Files", "t", status.files, 0),
	VALUE("RecordsDropped", "t", status.dropped, 0),
	VALUE("LongestWrite", "t", status.longest_write_us, 0),
	SD_BUS_VTABLE_END
};

int bus_recorder_add(struct bus_recorder *r, sd_bus *bus, const char *path)
{
	r->bus = bus;
	r->path = path;
	r->state = recorder_state_name(RECORDER_OFF);
	return sd_bus_add_object_vtable(bus, &r->slot, path, BUS_RECORDER, recorder_vtable, r);
}

void bus_recorder_remove(struct bus_recorder *r)
{
	r->slot = sd_bus_slot_unref(r->slot);
}

void bus_recorder_update(struct bus_recorder *r, const struct recorder_status *st)
{
	const char *news[4];
	size_t n = 0;

	if (strcmp(r->state, recorder_state_name(st->state)))
		news[n++] = "State";
	if (strcmp(r->status.reason, st->reason))
		news[n++] = "StateReason";
	if (strcmp(r->status.file, st->file))
		news[n++] = "File";
	news[n] = NULL;
	r->state = recorder_state_name(st->state);
	r->status = *st;
	if (n)
		sd_bus_emit_properties_changed_strv(r->bus, r->path, BUS_RECORDER, (char **)news);
}
