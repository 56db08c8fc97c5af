// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sd-bus makes introspection XML only in answer to a call: make the call over
 * a socket pair to ourselves, so that documents can be checked against the
 * compiled interfaces where no bus runs.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/bus.h"
#include "bus/bus_journal.h"
#include "bus/bus_log.h"
#include "bus/bus_recorder.h"
#include "bus/bus_sensor.h"
#include "bus/bus_session.h"
#include "bus/bus_stream.h"

#define MAX_TURNS	1000

static int open_end(sd_bus **bus, int fd, bool server)
{
	sd_id128_t id;
	int r = sd_id128_randomize(&id);

	if (r >= 0)
		r = sd_bus_new(bus);
	if (r >= 0)
		r = sd_bus_set_fd(*bus, fd, fd);
	if (r < 0) {
		close(fd);
		return r;
	}
	if (server)
		r = sd_bus_set_server(*bus, true, id);
	return r < 0 ? r : sd_bus_start(*bus);
}

static int keep_xml(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	char **xml = userdata;
	const char *text;

	(void)error;
	if (!sd_bus_message_is_method_error(reply, NULL) &&
	    sd_bus_message_read(reply, "s", &text) > 0)
		*xml = strdup(text);
	return 1;
}

int bus_introspect(const char *path, char **xml)
{
	struct bus_manager manager = { 0 };
	struct bus_sensor sensor = { 0 };
	struct bus_stream stream = { 0 };
	struct bus_recorder recorder = { 0 };
	struct bus_journal journal = { 0 };
	struct bus_session session = { 0 };
	sd_bus_slot *log_slot = NULL;
	sd_bus *server = NULL, *client = NULL;
	int fds[2], r, again = 1;

	*xml = NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds))
		return -errno;
	r = open_end(&server, fds[0], true);
	if (r < 0)
		close(fds[1]);
	else
		r = open_end(&client, fds[1], false);
	if (r >= 0)
		r = bus_manager_add(&manager, server);
	if (r >= 0)
		r = bus_journal_add(&journal, server, NULL);
	if (r >= 0)
		r = bus_session_add(&session, server, NULL);
	if (r >= 0)
		r = bus_log_add(server, &log_slot);
	if (r >= 0)
		r = bus_sensor_add(&sensor, server, "iio:device0");
	if (r >= 0)
		r = bus_stream_add(&stream, server, sensor.path);
	if (r >= 0)
		r = bus_recorder_add(&recorder, server, sensor.path);
	if (r >= 0)
		r = sd_bus_call_method_async(client, NULL, NULL, path,
					     "org.freedesktop.DBus.Introspectable", "Introspect",
					     keep_xml, xml, "");
	for (int turn = 0; r >= 0 && again && turn < MAX_TURNS && !*xml; turn++) {
		r = sd_bus_process(server, NULL);
		again = r;
		if (r >= 0)
			r = sd_bus_process(client, NULL);
		again += r;
	}
	bus_recorder_remove(&recorder);
	bus_stream_remove(&stream);
	sensor.slot = sd_bus_slot_unref(sensor.slot);
	sd_bus_slot_unref(log_slot);
	bus_session_remove(&session);
	bus_journal_remove(&journal);
	bus_manager_remove(&manager);
	sd_bus_close_unref(client);
	sd_bus_close_unref(server);
	if (r < 0)
		return r;
	/* sd-bus answers with an empty node for paths where nothing lives. */
	return *xml && strstr(*xml, BUS_NAME) ? 0 : -ENOENT;
}
