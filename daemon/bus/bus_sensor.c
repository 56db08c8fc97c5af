// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <math.h>
#include <stdio.h>

#include "bus/bus.h"
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

static const sd_bus_vtable sensor_vtable[] = {
	SD_BUS_VTABLE_START(0),
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
	POLLED("EventsSuppressed", "t", events_suppressed),
	CHANGING("BreathRate", "d", breath_rate),
	CHANGING("BreathPhase", "s", breath_phase),
	CHANGING("Movement", "s", movement),
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

/* sd-bus keeps going after an error and reports it when the message is sent. */
static int add_double(sd_bus_message *m, const char *key, double value)
{
	return isnan(value) ? 0 : sd_bus_message_append(m, "{sv}", key, "d", value);
}

static int add_name(sd_bus_message *m, const char *key, const char *value)
{
	return sd_bus_message_append(m, "{sv}", key, "s", value);
}

static int add_details(sd_bus_message *m, const struct bus_sensor *s, const struct bp_event *ev)
{
	int64_t start = (int64_t)s->stream_start;
	int r;

	r = sd_bus_message_open_container(m, 'a', "{sv}");
	if (r >= 0)
		r = add_double(m, "onset_s", (double)(ev->onset_ns - start) / 1e9);
	if (r >= 0)
		r = add_double(m, "end_s", (double)(ev->end_ns - start) / 1e9);
	if (r >= 0)
		r = add_double(m, "emitted_s", (double)(ev->emitted_ns - start) / 1e9);
	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}{sv}", "end_ns", "t", (uint64_t)ev->end_ns,
					  "emitted_ns", "t", (uint64_t)ev->emitted_ns);
	if (r >= 0 && ev->class_ == BP_CLASS_ARTEFACT)
		r = add_name(m, "reason", bp_reason_name(ev->reason));
	if (r >= 0 && ev->site)
		r = sd_bus_message_append(m, "{sv}", "site", "u", ev->site);
	if (r >= 0 && ev->manoeuvre)
		r = sd_bus_message_append(m, "{sv}", "manoeuvre", "u", ev->manoeuvre);
	if (r >= 0)
		r = add_double(m, "peak_mg", ev->peak_mg);
	if (r >= 0)
		r = add_double(m, "peak_mv", ev->peak_mv);
	if (r >= 0)
		r = add_name(m, "breath_phase", bp_breath_phase_name(ev->breath_phase));
	if (r >= 0)
		r = add_double(m, "breath_depth", ev->breath_depth);
	if (r >= 0)
		r = add_double(m, "breath_rate_bpm", ev->breath_rate_bpm);
	if (r >= 0)
		r = add_name(m, "movement", bp_movement_name(ev->movement));
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_sensor_event(struct bus_sensor *s, const struct bp_event *ev)
{
	sd_bus_message *m = NULL;
	int r;

	r = sd_bus_message_new_signal(s->bus, &m, s->path, BUS_SENSOR, "Event");
	if (r >= 0)
		r = sd_bus_message_append(m, "tutsd", (uint64_t)ev->number, ev->revision,
					  (uint64_t)ev->onset_ns, bp_class_name(ev->class_),
					  (double)ev->confidence);
	if (r >= 0)
		r = add_details(m, s, ev);
	if (r >= 0)
		r = sd_bus_send(s->bus, m, NULL);
	sd_bus_message_unref(m);
	return r < 0 ? r : 0;
}
