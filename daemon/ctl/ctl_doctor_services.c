// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-device.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "ctl/ctl_doctor.h"

#define DAEMON	BACKPOP_LIBEXECDIR "/backpopd"

/* ---- settings --------------------------------------------------------------- */

static void check_settings(struct doctor *d)
{
	char line[400] = "";
	int status;
	FILE *f;

	if (access(DAEMON, X_OK)) {
		doctor_report(d, "settings", DOCTOR_UNKNOWN, "install backpop, or `make install`",
			      DAEMON ": %s", strerror(errno));
		return;
	}
	f = popen(DAEMON " --check-config 2>&1 >/dev/null", "re");
	if (!f) {
		doctor_report(d, "settings", DOCTOR_UNKNOWN, "", DAEMON ": %s", strerror(errno));
		return;
	}
	if (fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = '\0';
	status = pclose(f);
	if (!status)
		doctor_report(d, "settings", DOCTOR_OK, "", "the configuration is sound");
	else
		doctor_report(d, "settings", DOCTOR_FAILED, "man backpopd.conf", "%s",
			      line[0] ? line : "the configuration cannot be read");
}

/* ---- systemd ---------------------------------------------------------------- */

/* A property of a unit as text, "" = not to be had. */
static void unit_property(sd_bus *bus, const char *unit, const char *interface,
			  const char *property, char *value, size_t size)
{
	char *path = NULL, *text = NULL;

	value[0] = '\0';
	if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) >= 0 &&
	    sd_bus_get_property_string(bus, "org.freedesktop.systemd1", path, interface, property,
				       NULL, &text) >= 0)
		snprintf(value, size, "%s", text);
	free(text);
	free(path);
}

static int unit_pid(sd_bus *bus, const char *unit)
{
	char *path = NULL;
	uint32_t pid = 0;

	if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) >= 0)
		sd_bus_get_property_trivial(bus, "org.freedesktop.systemd1", path,
					    "org.freedesktop.systemd1.Service", "MainPID", NULL,
					    'u', &pid);
	free(path);
	return (int)pid;
}

static void check_service(struct doctor *d, sd_bus *bus)
{
	char load[32], active[32], result[32];

	unit_property(bus, "backpopd.service", "org.freedesktop.systemd1.Unit", "LoadState", load,
		      sizeof(load));
	unit_property(bus, "backpopd.service", "org.freedesktop.systemd1.Unit", "ActiveState",
		      active, sizeof(active));
	unit_property(bus, "backpopd.service", "org.freedesktop.systemd1.Service", "Result", result,
		      sizeof(result));
	d->daemon_pid = unit_pid(bus, "backpopd.service");
	if (!load[0])
		doctor_report(d, "service", DOCTOR_UNKNOWN, "", "systemd cannot be asked");
	else if (!strcmp(load, "not-found"))
		doctor_report(d, "service", DOCTOR_FAILED,
			      "install backpop, or `make install`, then systemctl daemon-reload",
			      "there is no backpopd.service");
	else if (!strcmp(load, "masked"))
		doctor_report(d, "service", DOCTOR_FAILED, "systemctl unmask backpopd.service",
			      "backpopd.service is masked");
	else if (!strcmp(active, "active") || !strcmp(active, "reloading"))
		doctor_report(d, "service", DOCTOR_OK, "", "backpopd.service is active, process %d",
			      d->daemon_pid);
	else if (!strcmp(active, "inactive"))
		doctor_report(
			d, "service", d->n_devices ? DOCTOR_FAILED : DOCTOR_WARNING,
			"udev starts it with the sensor; by hand: systemctl start backpopd.service",
			"backpopd.service does not run");
	else
		doctor_report(d, "service", DOCTOR_FAILED, "journalctl -u backpopd.service -n 20",
			      "backpopd.service is %s, result %s", active, result);
}

/* Would the desktop's sensor daemon take our accelerometer for a laptop's? */
static void check_sensor_proxy(struct doctor *d, sd_bus *bus)
{
	char active[32];

	for (unsigned int i = 0; i < d->n_devices; i++) {
		sd_device *dev = NULL;
		const char *type;

		if (sd_device_new_from_subsystem_sysname(&dev, "iio", d->devices[i]) >= 0 &&
		    sd_device_get_property_value(dev, "IIO_SENSOR_PROXY_TYPE", &type) >= 0 &&
		    *type) {
			doctor_report(d, "sensor-proxy", DOCTOR_FAILED,
				      "our rules must come after 80-iio-sensor-proxy.rules: "
				      "udevadm control --reload && udevadm trigger -c add -s iio",
				      "iio-sensor-proxy is told to take %s", d->devices[i]);
			sd_device_unref(dev);
			return;
		}
		sd_device_unref(dev);
	}
	unit_property(bus, "iio-sensor-proxy.service", "org.freedesktop.systemd1.Unit",
		      "ActiveState", active, sizeof(active));
	doctor_report(d, "sensor-proxy", DOCTOR_OK, "", "iio-sensor-proxy %s",
		      strcmp(active, "active") ? "does not run" :
						 "runs, and leaves the sensor alone");
}

/* ---- the daemon itself -------------------------------------------------------- */

static void check_channel(struct doctor *d, struct json_object *s, const char *channel,
			  const char *key)
{
	static const struct {
		const char *health, *remedy;
	} remedies[] = {
		{ "dead", "is it plugged in, and the wire whole?" },
		{ "saturated", "a larger AccelRange= or FilmRange= in backpopd.conf; is the sensor "
			       "on the skin?" },
		{ "off_rate", "dmesg; journalctl -u backpopd.service" },
		{ "missing", "dmesg; is that chip of the pair there?" },
	};
	const char *health = ctl_text(s, key), *remedy = "";

	if (!*health || !strcmp(health, "ok") || !strcmp(health, "absent"))
		return;
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (!strcmp(health, remedies[i].health))
			remedy = remedies[i].remedy;
	doctor_report(d, "channel", DOCTOR_WARNING, remedy,
		      "%s: the %s is %s: what it would hear is not heard", ctl_text(s, "sensor"),
		      channel, health);
}

static void check_sensor(struct doctor *d, struct json_object *s)
{
	const char *state = ctl_text(s, "state"), *reason = ctl_text(s, "state_reason");
	bool streams = !strcmp(state, "streaming");

	d->streaming = d->streaming || streams;
	if (!streams)
		doctor_report(d, "sensor",
			      !strcmp(state, "failed") || !strcmp(state, "stalled") ?
				      DOCTOR_FAILED :
				      DOCTOR_WARNING,
			      "", "%s is %s%s%s", ctl_text(s, "sensor"), state, *reason ? ": " : "",
			      reason);
	else if (ctl_count(s, "samples_lost"))
		doctor_report(d, "sensor", DOCTOR_WARNING,
			      "journalctl -u backpopd.service; is the bus at 400 kHz?",
			      "%s streams, but lost %llu of %llu samples, %llu restarts",
			      ctl_text(s, "sensor"), ctl_count(s, "samples_lost"),
			      ctl_count(s, "samples_read"), ctl_count(s, "restarts"));
	else
		doctor_report(d, "sensor", DOCTOR_OK, "", "%s streams: %llu samples, none lost",
			      ctl_text(s, "sensor"), ctl_count(s, "samples_read"));
	check_channel(d, s, "accelerometer", "motion_health");
	check_channel(d, s, "film", "film_health");
}

/* What is heard must be kept before it is told. */
static void check_journal(struct doctor *d, struct json_object *status)
{
	struct json_object *journal;
	const char *state, *reason, *check;

	if (!json_object_object_get_ex(status, "journal", &journal))
		return;
	state = ctl_text(journal, "state");
	reason = ctl_text(journal, "state_reason");
	check = ctl_text(journal, "check");
	if (!strcmp(check, "corrupt"))
		doctor_report(d, "journal", DOCTOR_WARNING,
			      "ls /var/lib/backpop/journal.db.corrupt-*; sqlite3 FILE .recover",
			      "the file was corrupt and is kept under another name");
	else if (!strcmp(check, "failed"))
		doctor_report(d, "journal", DOCTOR_WARNING, "dmesg; journalctl -u backpopd.service",
			      "the file cannot be read to its end");
	if (!strcmp(state, "ok"))
		doctor_report(d, "journal", DOCTOR_OK, "", "events are kept in %s%s",
			      ctl_text(journal, "file"), !strcmp(check, "running") ?
			      ", which was not closed in order and is being looked through" : "");
	else if (!strcmp(state, "volatile"))
		doctor_report(d, "journal", DOCTOR_WARNING, "backpopd --state, or run it as the service",
			      "events are kept in memory only");
	else
		doctor_report(d, "journal", DOCTOR_FAILED,
			      "room and permissions of /var/lib/backpop; journalctl -u backpopd.service",
			      "events cannot be kept, and so are not told: %s%s%s", state,
			      *reason ? ", " : "", reason);
}

static void check_daemon(struct doctor *d, sd_bus *bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct json_object *status = json_object_new_object(), *sensors;
	int ret = ctl_fetch_status(bus, status, &error);

	if (ret >= 0) {
		sensors = json_object_object_get(status, "sensors");
		doctor_report(d, "daemon", DOCTOR_OK, "", "backpopd %s answers",
			      ctl_text(status, "version"));
		check_journal(d, status);
		if (!json_object_array_length(sensors))
			doctor_report(d, "sensor", d->n_devices ? DOCTOR_FAILED : DOCTOR_WARNING,
				      d->n_devices ? "journalctl -u backpopd.service" : "see above",
				      "the daemon has no sensor");
		for (size_t i = 0; i < json_object_array_length(sensors); i++)
			check_sensor(d, json_object_array_get_idx(sensors, i));
	} else if (ctl_bus_not_running(&error)) {
		doctor_report(d, "daemon", DOCTOR_FAILED, "see service above",
			      "nobody has the name " CTL_BUS_NAME " on the bus");
	} else if (sd_bus_error_has_name(&error, SD_BUS_ERROR_ACCESS_DENIED)) {
		doctor_report(d, "daemon", DOCTOR_FAILED,
			      "adduser YOU backpop, then log in anew; or be root",
			      "you may not talk to it");
	} else {
		doctor_report(d, "daemon", DOCTOR_FAILED, "journalctl -u backpopd.service",
			      "it does not answer: %s",
			      error.message ? error.message : strerror(-ret));
	}
	json_object_put(status);
	sd_bus_error_free(&error);
}

void doctor_check_services(struct doctor *d)
{
	sd_bus *system = NULL, *bus = NULL;
	int ret = sd_bus_open_system(&system);

	check_settings(d);
	if (ret < 0) {
		doctor_report(d, "service", DOCTOR_UNKNOWN, "systemctl status dbus",
			      "no system bus: %s", strerror(-ret));
	} else {
		check_service(d, system);
		check_sensor_proxy(d, system);
	}
	if (d->session && sd_bus_open_user(&bus) < 0)
		doctor_report(d, "daemon", DOCTOR_FAILED, "", "there is no session bus");
	else if (bus || system)
		check_daemon(d, bus ? bus : system);
	sd_bus_flush_close_unref(bus);
	sd_bus_flush_close_unref(system);
}
