// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/backpop-stream.h"
#include "bus/bus_error.h"
#include "bus/bus_options.h"
#include "bus/bus_stream.h"

#define WHO_SIZE	200

static int get_clients(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct bus_stream *s = userdata;

	(void)bus; (void)path; (void)interface; (void)property; (void)error;
	return sd_bus_message_append(reply, "u", s->clients ? *s->clients : 0);
}

static int get_dropped(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct bus_stream *s = userdata;

	(void)bus; (void)path; (void)interface; (void)property; (void)error;
	return sd_bus_message_append(reply, "t", s->frames_dropped ? *s->frames_dropped : 0);
}

static int refuse(int r, sd_bus_error *error)
{
	if (r == -EUSERS)
		sd_bus_error_set(error, BUS_ERROR_BUSY,
				 "too many descriptors of this sensor are open");
	else if (r == -EOPNOTSUPP)
		sd_bus_error_set(error, BUS_ERROR_NO_DEVICE,
				 "a replayed session has no device to lend");
	return r;
}

static int on_acquire(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	uint32_t packet_frames = BACKPOP_FRAMES_MAX;
	const struct bus_option options[] = {
		{ "packet_frames", "u", &packet_frames }, { NULL, NULL, NULL }
	};
	struct bus_stream *s = userdata;
	int fd, r;

	r = bus_read_options(m, options, error);
	if (r < 0)
		return r;
	if (!packet_frames || packet_frames > BACKPOP_FRAMES_MAX)
		return bus_refuse(error, "packet_frames is %u, expected 1 to %d", packet_frames,
				  BACKPOP_FRAMES_MAX);
	fd = s->ops->acquire(s->owner, packet_frames);
	if (fd < 0)
		return refuse(fd, error);
	r = sd_bus_reply_method_return(m, "ha{sv}", fd, 3,
				       "version", "u", BACKPOP_STREAM_VERSION,
				       "packet_max", "u", BACKPOP_PACKET_MAX,
				       "packet_frames", "u", packet_frames);
	close(fd);
	return r;
}

/* "REASON (pid N)", as far as the bus tells. */
static void describe_caller(sd_bus_message *m, const char *why, char *who)
{
	sd_bus_creds *creds = NULL;
	pid_t pid;

	if (sd_bus_query_sender_creds(m, SD_BUS_CREDS_PID, &creds) >= 0 &&
	    sd_bus_creds_get_pid(creds, &pid) >= 0)
		snprintf(who, WHO_SIZE, "%.160s (process %d)", why, (int)pid);
	else
		snprintf(who, WHO_SIZE, "%.160s (%.30s)", why,
			 sd_bus_message_get_sender(m) ? sd_bus_message_get_sender(m) : "unknown");
	sd_bus_creds_unref(creds);
}

static int on_inhibit(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_stream *s = userdata;
	char who[WHO_SIZE];
	const char *why;
	int fd, r;

	r = sd_bus_message_read(m, "s", &why);
	if (r < 0)
		return r;
	if (!why[0])
		return bus_refuse(error, "say what the device is wanted for");
	describe_caller(m, why, who);
	fd = s->ops->inhibit(s->owner, who);
	if (fd < 0)
		return refuse(fd, error);
	r = sd_bus_reply_method_return(m, "h", fd);
	close(fd);
	return r;
}

/* Who may talk to us at all is the bus policy's matter: group backpop. */
static const sd_bus_vtable stream_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("Acquire", SD_BUS_ARGS("a{sv}", options),
				SD_BUS_RESULT("h", stream, "a{sv}", properties), on_acquire,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Inhibit", SD_BUS_ARGS("s", why), SD_BUS_RESULT("h", lease),
				on_inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Clients", "u", get_clients, 0, 0),
	SD_BUS_PROPERTY("FramesDropped", "t", get_dropped, 0, 0),
	SD_BUS_PROPERTY("Inhibitors", "u", NULL, offsetof(struct bus_stream, inhibitors), 0),
	SD_BUS_VTABLE_END
};

int bus_stream_add(struct bus_stream *s, sd_bus *bus, const char *path)
{
	return sd_bus_add_object_vtable(bus, &s->slot, path, BUS_STREAM, stream_vtable, s);
}

void bus_stream_remove(struct bus_stream *s)
{
	s->slot = sd_bus_slot_unref(s->slot);
}
