// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "bus/bus_error.h"
#include "bus/bus_options.h"
#include "bus/bus_recorder.h"

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
		    sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return bus_append_text(reply, userdata);
}

static int read_person(sd_bus_message *m, struct recorder_person *who, sd_bus_error *error)
{
	const char *given[6] = { "", "", "", "", "", "" };
	const struct bus_option options[] = {
		{ "patient", "s", &given[0] }, { "sex", "s", &given[1] },
		{ "birthdate", "s", &given[2] }, { "name", "s", &given[3] },
		{ "investigation", "s", &given[4] }, { "technician", "s", &given[5] },
		{ NULL, NULL, NULL }
	};
	char why[RECORDER_WHY_SIZE];
	int r = bus_read_options(m, options, error);

	if (r < 0)
		return r;
	for (size_t i = 0; options[i].name; i++)
		if (!recorder_person_set(who, options[i].name, given[i], why))
			return bus_refuse(error, "%s", why);
	return 0;
}

static int method_start(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_recorder *r = userdata;
	struct recorder_person who = { .code = "" };
	int ret = read_person(m, &who, error);

	if (ret < 0)
		return ret;
	ret = r->start(r->userdata, &who);
	if (ret == -EPERM)
		return sd_bus_error_set(error, BUS_ERROR_RECORDING_OFF,
					"the configuration says Record=off");
	if (ret == -EALREADY)
		return sd_bus_error_set(error, BUS_ERROR_RECORDING,
					"it is recording already");
	return ret < 0 ? ret : sd_bus_reply_method_return(m, "");
}

static int method_stop(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_recorder *r = userdata;
	int ret = r->stop(r->userdata);

	if (ret == -EALREADY)
		return sd_bus_error_set(error, BUS_ERROR_NOT_RECORDING,
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
