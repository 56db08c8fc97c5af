// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>

#include "bus/bus.h"
#include "bus/bus_error.h"
#include "bus/bus_options.h"

static void on_claims_changed(void *userdata)
{
	struct bus_manager *m = userdata;

	if (m->claimed)
		m->claimed(m->userdata);
	bus_manager_changed(m, "Claims");
}

static int method_claim(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_manager *m = userdata;
	const char *sensor = NULL;
	const struct bus_option options[] = {
		{ "sensor", "s", &sensor }, { NULL, NULL, NULL }
	};
	int r;

	r = bus_read_options(call, options, error);
	if (r < 0)
		return r;
	if (sensor && !bus_sensor_name_valid(sensor))
		return bus_refuse(error, "\"%.64s\" is not a sensor's name", sensor);
	r = bus_claims_add(&m->claims, call, sensor, error);
	return r < 0 ? r : sd_bus_reply_method_return(call, "");
}

static int method_release(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_manager *m = userdata;

	(void)error;
	bus_claims_remove(&m->claims, call, NULL);
	return sd_bus_reply_method_return(call, "");
}

static int get_claims(sd_bus *bus, const char *path, const char *interface, const char *property,
		      sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_manager *m = userdata;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return sd_bus_message_append(reply, "u", bus_claims_count(&m->claims));
}

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("Claim", SD_BUS_ARGS("a{sv}", options), SD_BUS_NO_RESULT,
				method_claim, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_release,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Claims", "u", get_claims, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Version", "s", NULL, offsetof(struct bus_manager, version),
			SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("ApiVersion", "u", NULL, offsetof(struct bus_manager, api_version),
			SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Clock", "s", NULL, offsetof(struct bus_manager, clock),
			SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("MarkerLine", "s", NULL, offsetof(struct bus_manager, marker_line),
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Markers", "t", NULL, offsetof(struct bus_manager, markers), 0),
	SD_BUS_PROPERTY("MarkerEdgesLost", "t", NULL, offsetof(struct bus_manager, marker_edges_lost),
			0),
	SD_BUS_PROPERTY("TriggerLine", "s", NULL, offsetof(struct bus_manager, trigger_line),
			SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Triggers", "t", NULL, offsetof(struct bus_manager, triggers), 0),
	SD_BUS_SIGNAL_WITH_ARGS("Marker", SD_BUS_ARGS("t", number, "t", time_ns, "s", kind), 0),
	SD_BUS_VTABLE_END
};

int bus_connect(sd_bus **bus, bool session)
{
	int r = session ? sd_bus_open_user(bus) : sd_bus_open_system(bus);

	if (r < 0)
		return r;
	/* What is still to be told when the loop has ended needs it. */
	r = sd_bus_set_close_on_exit(*bus, false);
	if (r < 0)
		return r;
	/* Without the bus nobody hears anything: let the service manager start us anew. */
	return sd_bus_set_exit_on_disconnect(*bus, true);
}

int bus_manager_add(struct bus_manager *m, sd_bus *bus)
{
	int r;

	m->bus = bus;
	m->version = BACKPOP_VERSION;
	m->api_version = BUS_API_VERSION;
	m->clock = "monotonic";
	m->marker_line = "";
	m->trigger_line = "";
	m->claims = (struct bus_claims){ .bus = bus, .changed = on_claims_changed, .userdata = m };
	r = sd_bus_add_object_manager(bus, &m->manager_slot, BUS_ROOT);
	if (r < 0)
		return r;
	return sd_bus_add_object_vtable(bus, &m->slot, BUS_ROOT, BUS_MANAGER, manager_vtable, m);
}

void bus_manager_remove(struct bus_manager *m)
{
	m->slot = sd_bus_slot_unref(m->slot);
	m->manager_slot = sd_bus_slot_unref(m->manager_slot);
	bus_claims_free(&m->claims);
}

int bus_take_name(sd_bus *bus)
{
	int r = sd_bus_request_name(bus, BUS_NAME, 0);

	return r < 0 ? r : 0;
}

int bus_manager_marker(struct bus_manager *m, uint64_t number, uint64_t time_ns, const char *kind)
{
	return bus_journal_marker(m->journal, number, time_ns, kind);
}

int bus_manager_changed(struct bus_manager *m, const char *property)
{
	return sd_bus_emit_properties_changed(m->bus, BUS_ROOT, BUS_MANAGER, property, NULL);
}
