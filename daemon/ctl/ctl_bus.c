// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl: talking to the daemon over D-Bus. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "edf/utf8.h"

/* Which bus it is about, for what is said. */
static bool on_session_bus;

sd_bus *ctl_bus_open(bool session)
{
	sd_bus *bus = NULL;
	int ret = session ? sd_bus_open_user(&bus) : sd_bus_open_system(&bus);

	on_session_bus = session;
	if (ret >= 0)
		return bus;
	if (ret == -ENOMEDIUM)
		ctl_complain("there is no session bus: DBUS_SESSION_BUS_ADDRESS is not set");
	else
		ctl_complain("cannot connect to the %s bus: %s", session ? "session" : "system",
			     strerror(-ret));
	return NULL;
}

int ctl_bus_begin(sd_bus *bus, sd_bus_message **m, const char *path, const char *interface,
		  const char *method)
{
	int ret = sd_bus_message_new_method_call(bus, m, CTL_BUS_NAME, path, interface, method);

	return ret < 0 ? ret : sd_bus_message_set_auto_start(*m, 0);
}

int ctl_bus_call(sd_bus *bus, const char *path, const char *interface, const char *method,
		 sd_bus_error *error, sd_bus_message **reply, const char *types, ...)
{
	sd_bus_message *m = NULL;
	va_list ap;
	int ret;

	ret = ctl_bus_begin(bus, &m, path, interface, method);
	if (ret >= 0 && *types) {
		va_start(ap, types);
		ret = sd_bus_message_appendv(m, types, ap);
		va_end(ap);
	}
	if (ret >= 0)
		ret = sd_bus_call(bus, m, 0, error, reply);
	sd_bus_message_unref(m);
	return ret;
}

int ctl_bus_append_typed(sd_bus_message *m, const char *key, const char *text,
			 sd_bus_error *error)
{
	if (!utf8_valid(text))
		return sd_bus_error_setf(error, SD_BUS_ERROR_INVALID_ARGS, "%s: the text is not UTF-8",
					 key);
	return sd_bus_message_append(m, "{sv}", key, "s", text);
}

int ctl_bus_get_fd(sd_bus *bus, const char *path, const char *method, const char *types, ...)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL, *reply = NULL;
	va_list ap;
	int ret, fd;

	ret = ctl_bus_begin(bus, &m, path, CTL_STREAM_INTERFACE, method);
	if (ret >= 0) {
		va_start(ap, types);
		ret = sd_bus_message_appendv(m, types, ap);
		va_end(ap);
	}
	if (ret >= 0)
		ret = sd_bus_call(bus, m, 0, &error, &reply);
	if (ret >= 0)
		ret = sd_bus_message_read(reply, "h", &fd);
	if (ret >= 0) {
		/* The message's own goes with it; ours must not go to a program that we run. */
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		ret = fd < 0 ? -errno : fd;
	}
	if (ret < 0)
		ctl_bus_complain(&error, ret);
	sd_bus_message_unref(m);
	sd_bus_message_unref(reply);
	sd_bus_error_free(&error);
	return ret;
}

int ctl_bus_serve(bool session, int (*serve)(sd_bus *bus, void *userdata, sd_bus_error *error),
		  void *userdata)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = ctl_bus_open(session);
	int ret;

	if (!bus)
		return CTL_FAILURE;
	ret = serve(bus, userdata, &error);
	if (ret < 0)
		ctl_bus_complain(&error, ret);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return ret < 0 ? CTL_FAILURE : ctl_finish_output();
}

bool ctl_bus_not_running(const sd_bus_error *error)
{
	return sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
	       sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN);
}

void ctl_bus_complain(const sd_bus_error *error, int ret)
{
	if (ctl_bus_not_running(error) && on_session_bus)
		ctl_complain("backpopd is not running on the session bus");
	else if (ctl_bus_not_running(error))
		ctl_complain("backpopd is not running; udev starts it when a sensor appears, "
			     "or: systemctl start backpopd");
	else if (sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_OBJECT))
		ctl_complain("backpopd has no such sensor; `backpopctl status` lists them");
	else if (sd_bus_error_has_name(error, SD_BUS_ERROR_ACCESS_DENIED))
		ctl_complain("access denied: join the group \"backpop\" (adduser YOU backpop, "
			     "then log in anew) or be root");
	else if (sd_bus_error_is_set(error))
		ctl_complain("backpopd: %s", error->message ? error->message : error->name);
	else
		ctl_complain("backpopd: %s", strerror(-ret));
}

const char *ctl_sensor_name(const char *path)
{
	size_t n = strlen(CTL_SENSOR_PATH "/");

	return strncmp(path, CTL_SENSOR_PATH "/", n) ? path : path + n;
}

const char *ctl_sensor_path(const char *arg)
{
	static char path[256];
	int n;

	n = snprintf(path, sizeof(path), "%s%s", *arg == '/' ? "" : CTL_SENSOR_PATH "/", arg);
	if (n < 0 || (size_t)n >= sizeof(path))
		return NULL;
	for (char *p = path; *p; p++)
		if (*p == ':')
			*p = '_';
	return sd_bus_object_path_is_valid(path) ? path : NULL;
}
