// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "bus/bus.h"

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
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
	r = sd_bus_add_object_manager(bus, &m->manager_slot, BUS_ROOT);
	if (r < 0)
		return r;
	return sd_bus_add_object_vtable(bus, &m->slot, BUS_ROOT, BUS_MANAGER, manager_vtable, m);
}

void bus_manager_remove(struct bus_manager *m)
{
	m->slot = sd_bus_slot_unref(m->slot);
	m->manager_slot = sd_bus_slot_unref(m->manager_slot);
}

int bus_take_name(sd_bus *bus)
{
	int r = sd_bus_request_name(bus, BUS_NAME, 0);

	return r < 0 ? r : 0;
}

int bus_manager_marker(struct bus_manager *m, uint64_t number, uint64_t time_ns, const char *kind)
{
	return sd_bus_emit_signal(m->bus, BUS_ROOT, BUS_MANAGER, "Marker", "tts", number, time_ns,
				  kind);
}

int bus_manager_changed(struct bus_manager *m, const char *property)
{
	return sd_bus_emit_properties_changed(m->bus, BUS_ROOT, BUS_MANAGER, property, NULL);
}
