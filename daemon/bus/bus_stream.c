// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/backpop-stream.h"
#include "bus/bus_error.h"
#include "bus/bus_options.h"
#include "bus/bus_stream.h"
#include "edf/utf8.h"
#include "log.h"

#define WHO_SIZE	200
#define LOANS_MAX	16	/* calls of Inhibit at once */

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
				 "too many descriptors of this sensor are open, or asked for");
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

/* ---- lending --------------------------------------------------------------- */

/**
 * struct bus_stream_loan - a call of Inhibit for whose caller's process the bus is asked
 * @slot:	of the question; NULL: there was nobody to ask
 */
struct bus_stream_loan {
	struct bus_stream_loan *next;
	struct bus_stream *s;
	sd_bus_message *call;
	sd_bus_slot *slot;
	char why[WHO_SIZE - 40];
};

static void free_loan(struct bus_stream_loan *loan)
{
	struct bus_stream_loan **p = &loan->s->loans;

	while (*p && *p != loan)
		p = &(*p)->next;
	if (*p)
		*p = loan->next;
	sd_bus_slot_unref(loan->slot);
	sd_bus_message_unref(loan->call);
	free(loan);
}

static int lend(struct bus_stream *s, sd_bus_message *call, const char *who, sd_bus_error *error)
{
	int fd = s->ops->inhibit(s->owner, who), r;

	if (fd < 0)
		return refuse(fd, error);
	r = sd_bus_reply_method_return(call, "h", fd);
	close(fd);
	return r;
}

/* "REASON (process N)", as far as the bus tells. */
static int on_process(sd_bus_message *reply, void *userdata, sd_bus_error *unused)
{
	struct bus_stream_loan *loan = userdata;
	const char *sender = sd_bus_message_get_sender(loan->call);
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char who[WHO_SIZE];
	uint32_t pid;
	int r;

	(void)unused;
	if (!sd_bus_message_is_method_error(reply, NULL) &&
	    sd_bus_message_read(reply, "u", &pid) >= 0)
		snprintf(who, sizeof(who), "%s (process %u)", loan->why, pid);
	else
		snprintf(who, sizeof(who), "%s (%.30s)", loan->why,
			 sender ? sender : "unknown");
	r = lend(loan->s, loan->call, who, &error);
	if (r < 0)
		r = sd_bus_reply_method_errno(loan->call, r, &error);
	if (r < 0)
		log_warning("a call of %s cannot be answered: %s", sender, strerror(-r));
	sd_bus_error_free(&error);
	free_loan(loan);
	return 1;
}

/* The bus may take its time: samples come meanwhile, so the answer is not waited for. */
static int ask_process(struct bus_stream *s, sd_bus_message *call, const char *why)
{
	struct bus_stream_loan *loan;
	unsigned int n = 0;
	int r;

	for (loan = s->loans; loan; loan = loan->next)
		n++;
	if (n >= LOANS_MAX)
		return -EUSERS;
	loan = calloc(1, sizeof(*loan));
	if (!loan)
		return -ENOMEM;
	loan->s = s;
	loan->call = sd_bus_message_ref(call);
	/* For StateReason and the log: of whole characters, and one line. */
	utf8_copy(loan->why, sizeof(loan->why), why, strlen(why));
	loan->next = s->loans;
	s->loans = loan;
	r = sd_bus_call_method_async(sd_bus_message_get_bus(call), &loan->slot,
				     "org.freedesktop.DBus", "/org/freedesktop/DBus",
				     "org.freedesktop.DBus", "GetConnectionUnixProcessID",
				     on_process, loan, "s", sd_bus_message_get_sender(call));
	if (r < 0)
		free_loan(loan);
	return r;
}

static int on_inhibit(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_stream *s = userdata;
	const char *why;
	int r;

	r = sd_bus_message_read(m, "s", &why);
	if (r < 0)
		return r;
	if (!why[0])
		return bus_refuse(error, "say what the device is wanted for");
	r = ask_process(s, m, why);
	return r < 0 ? refuse(r, error) : 1;
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
	while (s->loans) {
		sd_bus_reply_method_errorf(s->loans->call, BUS_ERROR_NO_DEVICE,
					   "the sensor has gone meanwhile");
		free_loan(s->loans);
	}
	s->slot = sd_bus_slot_unref(s->slot);
}
