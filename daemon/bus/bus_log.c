// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "bus/bus_error.h"
#include "bus/bus_log.h"
#include "log.h"

static int get(sd_bus *bus, const char *path, const char *interface, const char *property,
	       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const char *value = "backpopd";

	(void)bus;
	(void)path;
	(void)interface;
	(void)userdata;
	(void)error;
	if (!strcmp(property, "LogLevel"))
		value = log_level_name(log_max_level());
	else if (!strcmp(property, "LogTarget"))
		value = log_to_journal() ? "journal" : "console";
	return sd_bus_message_append(reply, "s", value);
}

static int set_level(sd_bus *bus, const char *path, const char *interface, const char *property,
		     sd_bus_message *value, void *userdata, sd_bus_error *error)
{
	const char *name;
	int r, level;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)userdata;
	r = sd_bus_message_read(value, "s", &name);
	if (r < 0)
		return r;
	level = log_level_of(name);
	if (level < 0)
		return bus_refuse(error, "log level \"%.32s\": expected emerg, alert, crit, err, "
				  "warning, notice, info or debug", name);
	log_set_max_level(level);
	return 0;
}

static int set_target(sd_bus *bus, const char *path, const char *interface, const char *property,
		      sd_bus_message *value, void *userdata, sd_bus_error *error)
{
	const char *name;
	int r;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)userdata;
	r = sd_bus_message_read(value, "s", &name);
	if (r < 0)
		return r;
	/* Standard error goes where the service manager has connected it to. */
	if (strcmp(name, log_to_journal() ? "journal" : "console") && strcmp(name, "auto"))
		return bus_refuse(error, "log target \"%.32s\": it cannot be changed", name);
	return 0;
}

/* Not UNPRIVILEGED: only root, and who runs the daemon, may set them. */
static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_WRITABLE_PROPERTY("LogLevel", "s", get, set_level, 0, 0),
	SD_BUS_WRITABLE_PROPERTY("LogTarget", "s", get, set_target, 0, 0),
	SD_BUS_PROPERTY("SyslogIdentifier", "s", get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_VTABLE_END
};

int bus_log_add(sd_bus *bus, sd_bus_slot **slot)
{
	return sd_bus_add_object_vtable(bus, slot, "/org/freedesktop/LogControl1",
					"org.freedesktop.LogControl1", vtable, NULL);
}
