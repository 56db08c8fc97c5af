// SPDX-License-Identifier: GPL-2.0-or-later
/* Object paths, and the compiled D-Bus interface against the documented one. */
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"
#include "bus/bus_sensor.h"
#include "unit/ktap.h"

static void any_device_name_makes_a_valid_path(void)
{
	static const struct {
		const char *device;
		const char *path;
	} cases[] = {
		{ "iio:device0", BUS_ROOT "/sensor/iio_device0" },
		{ "iio:device12", BUS_ROOT "/sensor/iio_device12" },
		{ "replay", BUS_ROOT "/sensor/replay" },
		{ "a/b.c-d \xc3\xa4", BUS_ROOT "/sensor/a_b_c_d___" },
	};
	char path[BUS_PATH_SIZE], name[300];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bus_sensor_path(path, cases[i].device);
		ktap_check(!strcmp(path, cases[i].path), "%s: got %s, expected %s",
			   cases[i].device, path, cases[i].path);
		ktap_check(sd_bus_object_path_is_valid(path) > 0, "%s is no object path", path);
	}
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	bus_sensor_path(path, name);
	ktap_check(strlen(path) == BUS_PATH_SIZE - 1, "length %zu", strlen(path));
}

static void check_members(const char *path, const char *const *members)
{
	char *xml;
	int r = bus_introspect(path, &xml);

	if (!ktap_check(!r, "%s: got %d, expected 0", path, r))
		return;
	for (; *members; members++)
		ktap_check(strstr(xml, *members), "%s: no %s in:\n%s", path, *members, xml);
	free(xml);
}

static void interfaces_are_as_documented(void)
{
	static const char *const manager[] = {
		"interface name=\"org.backpop1.Manager\"",
		"interface name=\"org.freedesktop.DBus.ObjectManager\"",
		"property name=\"Version\" type=\"s\"", "property name=\"ApiVersion\" type=\"u\"",
		"property name=\"Clock\" type=\"s\"", "property name=\"MarkerLine\" type=\"s\"",
		"property name=\"Markers\" type=\"t\"", "property name=\"TriggerLine\" type=\"s\"",
		"property name=\"Triggers\" type=\"t\"", "signal name=\"Marker\"", NULL
	};
	static const char *const sensor[] = {
		"interface name=\"org.backpop1.Sensor\"",
		"property name=\"Name\" type=\"s\"", "property name=\"Device\" type=\"s\"",
		"property name=\"Mode\" type=\"s\"", "property name=\"State\" type=\"s\"",
		"property name=\"StateReason\" type=\"s\"",
		"property name=\"SampleRate\" type=\"d\"",
		"property name=\"MeasuredRate\" type=\"d\"",
		"property name=\"SamplesRead\" type=\"t\"",
		"property name=\"SamplesLost\" type=\"t\"",
		"property name=\"Restarts\" type=\"t\"", "property name=\"Events\" type=\"t\"",
		"property name=\"EventsSuppressed\" type=\"t\"",
		"property name=\"BreathRate\" type=\"d\"",
		"property name=\"BreathPhase\" type=\"s\"",
		"property name=\"Movement\" type=\"s\"",
		"property name=\"StreamStart\" type=\"t\"", "signal name=\"Event\"",
		"arg type=\"a{sv}\" name=\"details\"",
		"interface name=\"org.backpop1.Recorder\"", "method name=\"Start\"",
		"method name=\"Stop\"", "property name=\"File\" type=\"s\"",
		"property name=\"RecordsDropped\" type=\"t\"", NULL
	};
	char *xml = NULL;

	check_members(BUS_ROOT, manager);
	check_members(BUS_ROOT "/sensor/iio_device0", sensor);
	ktap_check(bus_introspect("/nowhere", &xml) < 0, "a path that is not there was found");
	free(xml);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "any_device_name_makes_a_valid_path", any_device_name_makes_a_valid_path },
		{ "interfaces_are_as_documented", interfaces_are_as_documented },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
