// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "bus/bus_claims.h"
#include "bus/bus_event.h"
#include "bus/bus_options.h"
#include "bus/bus_query.h"
#include "bus/bus_sensor.h"

#define CONSTANT(name, type, field) \
	SD_BUS_PROPERTY(name, type, NULL, offsetof(struct bus_sensor, field), \
			SD_BUS_VTABLE_PROPERTY_CONST)
#define CHANGING(name, type, field) \
	SD_BUS_PROPERTY(name, type, NULL, offsetof(struct bus_sensor, field), \
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
/* Counters change with every batch of samples: to be polled, never announced. */
#define POLLED(name, type, field) \
	SD_BUS_PROPERTY(name, type, NULL, offsetof(struct bus_sensor, field), 0)

static int method_get_events(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_sensor *s = userdata;

	return bus_query_events(call, s->journal, bus_sensor_name(s->path), error);
}

static int method_claim(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	static const struct bus_option none[] = { { NULL, NULL, NULL } };
	struct bus_sensor *s = userdata;
	int r;

	r = bus_read_options(call, none, error);
	if (r >= 0 && s->claims)
		r = bus_claims_add(s->claims, call, bus_sensor_name(s->path), error);
	return r < 0 ? r : sd_bus_reply_method_return(call, "");
}

static int method_release(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_sensor *s = userdata;

	(void)error;
	if (s->claims)
		bus_claims_remove(s->claims, call, bus_sensor_name(s->path));
	return sd_bus_reply_method_return(call, "");
}

static int get_claims(sd_bus *bus, const char *path, const char *interface, const char *property,
		      sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_sensor *s = userdata;
	uint32_t n = s->claims ? bus_claims_count_of(s->claims, bus_sensor_name(s->path)) : 0;

	(void)bus; (void)path; (void)interface; (void)property; (void)error;
	return sd_bus_message_append(reply, "u", n);
}

static const sd_bus_vtable sensor_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("GetEvents", SD_BUS_ARGS("t", from, "a{sv}", options),
				SD_BUS_RESULT("a(" BUS_EVENT_TYPES ")", events, "t", next),
				method_get_events, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Claim", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT,
				method_claim, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_release,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Claims", "u", get_claims, 0, 0),
	CONSTANT("Name", "s", name),
	CONSTANT("Device", "s", device),
	CHANGING("Mode", "s", mode),
	CHANGING("State", "s", state),
	CHANGING("StateReason", "s", state_reason),
	CHANGING("SampleRate", "d", sample_rate),
	POLLED("MeasuredRate", "d", measured_rate),
	POLLED("SamplesRead", "t", samples_read),
	POLLED("SamplesLost", "t", samples_lost),
	POLLED("Restarts", "t", restarts),
	POLLED("Events", "t", events),
	POLLED("LastEvent", "t", last_event),
	POLLED("EventsSuppressed", "t", events_suppressed),
	CHANGING("BreathRate", "d", breath_rate),
	CHANGING("BreathPhase", "s", breath_phase),
	CHANGING("Movement", "s", movement),
	CHANGING("MotionHealth", "s", motion_health),
	CHANGING("FilmHealth", "s", film_health),
	CHANGING("StreamStart", "t", stream_start),
	SD_BUS_SIGNAL_WITH_ARGS("Event",
				SD_BUS_ARGS("t", number, "u", revision, "t", onset_ns, "s", class,
					    "d", confidence, "a{sv}", details), 0),
	SD_BUS_VTABLE_END
};

void bus_sensor_path(char path[BUS_PATH_SIZE], const char *device)
{
	size_t n = (size_t)snprintf(path, BUS_PATH_SIZE, "%s/sensor/", BUS_ROOT);

	for (; *device && n < BUS_PATH_SIZE - 1; device++)
		path[n++] = (isascii((unsigned char)*device) && isalnum((unsigned char)*device)) ?
			    *device : '_';
	path[n] = '\0';
}

const char *bus_sensor_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

int bus_sensor_add(struct bus_sensor *s, sd_bus *bus, const char *device)
{
	int r;

	s->bus = bus;
	bus_sensor_path(s->path, device);
	r = sd_bus_add_object_vtable(bus, &s->slot, s->path, BUS_SENSOR, sensor_vtable, s);
	if (r < 0)
		return r;
	return sd_bus_emit_object_added(bus, s->path);
}

void bus_sensor_remove(struct bus_sensor *s)
{
	if (!s->slot)
		return;
	/* Lists the interfaces that are still there: before the vtable goes. */
	sd_bus_emit_object_removed(s->bus, s->path);
	s->slot = sd_bus_slot_unref(s->slot);
}

int bus_sensor_changed(struct bus_sensor *s, const char *const *properties)
{
	return sd_bus_emit_properties_changed_strv(s->bus, s->path, BUS_SENSOR,
						   (char **)properties);
}
