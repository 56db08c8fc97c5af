// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A D-Bus service that looks like backpopd and does what it is told on standard
 * input, one command a line, each answered by a line on standard output:
 *
 *	own, release		take, give back the name org.backpop1 (session bus)
 *	event N R CLASS		signal from sensor iio_device0, all details known
 *	bare N R CLASS		the same from iio_device1, no details but onset_s
 *	odd			signals whose arguments are not what they should be
 *	marker N KIND
 *	quit
 *
 * Acquire gives a stream of iio_device0's samples that has none.
 *
 * Compiled by the script that uses it.
 */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "../../daemon/bus/backpop-stream.h"

#define ROOT		"/org/backpop1"
#define SENSOR		"org.backpop1.Sensor"
#define MANAGER		"org.backpop1.Manager"
#define STREAM_START	5000000000ull

struct sensor {
	const char *name, *device, *mode, *state, *reason, *phase, *movement;
	double rate, measured, breath_rate;
	uint64_t read, lost, restarts, events, suppressed, start;
};

struct manager {
	const char *version, *clock, *marker_line, *trigger_line;
	uint32_t api_version;
	uint64_t markers, triggers;
};

static struct sensor sensors[] = {
	{ "st1vafe3bx", "iio:device0", "motion+film", "streaming", "", "inhale", "none", 800, 801.234,
	  14.5, 123456, 0, 1, 7, 0, STREAM_START },
	{ "st1vafe3bx", "iio:device1", "film", "failed", "no sample for 2 s", "unknown", "unknown",
	  3200, NAN, NAN, 10, 3, 2, 0, 4, STREAM_START },
};

static struct manager manager = {
	"0.1.0", "monotonic", "BACKPOP_MARKER", "", 1, 3, 0
};

#define P(type, name, of, field) \
	SD_BUS_PROPERTY(name, type, NULL, offsetof(struct of, field), 0)

static const sd_bus_vtable sensor_vtable[] = {
	SD_BUS_VTABLE_START(0),
	P("s", "Name", sensor, name), P("s", "Device", sensor, device), P("s", "Mode", sensor, mode),
	P("s", "State", sensor, state), P("s", "StateReason", sensor, reason),
	P("d", "SampleRate", sensor, rate), P("d", "MeasuredRate", sensor, measured),
	P("t", "SamplesRead", sensor, read), P("t", "SamplesLost", sensor, lost),
	P("t", "Restarts", sensor, restarts), P("t", "Events", sensor, events),
	P("t", "EventsSuppressed", sensor, suppressed), P("d", "BreathRate", sensor, breath_rate),
	P("s", "BreathPhase", sensor, phase), P("s", "Movement", sensor, movement),
	P("t", "StreamStart", sensor, start),
	SD_BUS_SIGNAL("Event", "tutsda{sv}", 0),
	SD_BUS_VTABLE_END
};

/* The header alone; the stream stays open. */
static int method_acquire(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct backpop_header h = {
		.packet = { .magic = BACKPOP_STREAM_MAGIC, .type = BACKPOP_PACKET_HEADER },
		.version = BACKPOP_STREAM_VERSION, .size = sizeof(h),
		.frame_size = sizeof(struct backpop_frame),
		.channels = BACKPOP_HAS_MOTION | BACKPOP_HAS_FILM, .clock = BACKPOP_CLOCK_MONOTONIC,
		.motion_rate = 800, .film_rate = 800, .motion_unit = "g", .film_unit = "mV",
		.mode = "motion+film", .sensor = "iio:device0",
	};
	int fds[2];

	(void)userdata;
	(void)error;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) ||
	    send(fds[0], &h, sizeof(h), 0) != sizeof(h))
		return -1;
	return sd_bus_reply_method_return(call, "h", fds[1]);
}

static const sd_bus_vtable stream_vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Acquire", "a{sv}", "h", method_acquire, 0),
	SD_BUS_VTABLE_END
};

static const sd_bus_vtable manager_vtable[] = {
	SD_BUS_VTABLE_START(0),
	P("s", "Version", manager, version), P("u", "ApiVersion", manager, api_version),
	P("s", "Clock", manager, clock), P("s", "MarkerLine", manager, marker_line),
	P("t", "Markers", manager, markers), P("s", "TriggerLine", manager, trigger_line),
	P("t", "Triggers", manager, triggers),
	SD_BUS_SIGNAL("Marker", "tts", 0),
	SD_BUS_VTABLE_END
};

static void must(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "fake_backpopd: %s: %s\n", what, strerror(-ret));
	exit(1);
}

static int emit_event(sd_bus *bus, uint64_t n, uint32_t revision, const char *class)
{
	return sd_bus_emit_signal(bus, ROOT "/sensor/iio_device0", SENSOR, "Event", "tutsda{sv}", n,
				  revision, STREAM_START + 12345678900ull, class, 0.91, 16,
				  "onset_s", "d", 12.3456789, "end_s", "d", 12.351,
				  "emitted_s", "d", 12.36,
				  "end_ns", "t", STREAM_START + 12351000000ull,
				  "emitted_ns", "t", STREAM_START + 12360000000ull,
				  "reason", "s", "cough", "site", "u", 3, "manoeuvre", "u", 4,
				  "peak_mg", "d", 58.0, "peak_mv", "d", 9.125,
				  "breath_phase", "s", "inhale", "breath_depth", "d", 1.75,
				  "breath_rate_bpm", "d", 14.5, "movement", "s", "twist",
				  "of_the_future", "as", 2, "a", "b", "later", "s", "x");
}

static int emit_odd(sd_bus *bus)
{
	int ret;

	ret = sd_bus_emit_signal(bus, ROOT "/sensor/iio_device0", SENSOR, "Event", "s", "what");
	if (ret >= 0)
		ret = sd_bus_emit_signal(bus, ROOT "/sensor/iio_device0", SENSOR, "Event", "tutsda{sv}",
					 1, 0, 0, "snap", 0.5, 2, "onset_s", "s", "soon", "site", "d",
					 INFINITY);
	if (ret >= 0)
		ret = sd_bus_emit_signal(bus, ROOT, MANAGER, "Marker", "u", 1);
	return ret;
}

static int obey(sd_bus *bus, char *line)
{
	unsigned long long n = 0;
	unsigned int revision = 0;
	char word[32] = "";

	if (!strcmp(line, "own"))
		return sd_bus_request_name(bus, "org.backpop1", 0);
	if (!strcmp(line, "release"))
		return sd_bus_release_name(bus, "org.backpop1");
	if (!strcmp(line, "odd"))
		return emit_odd(bus);
	if (!strcmp(line, "quit"))
		exit(0);
	if (sscanf(line, "event %llu %u %31s", &n, &revision, word) == 3)
		return emit_event(bus, n, revision, word);
	if (sscanf(line, "bare %llu %u %31s", &n, &revision, word) == 3)
		return sd_bus_emit_signal(bus, ROOT "/sensor/iio_device1", SENSOR, "Event", "tutsda{sv}",
					  (uint64_t)n, revision, STREAM_START + 1500000000ull, word, 0.5,
					  1, "onset_s", "d", 1.5);
	if (sscanf(line, "marker %llu %31s", &n, word) == 2)
		return sd_bus_emit_signal(bus, ROOT, MANAGER, "Marker", "tts", (uint64_t)n,
					  STREAM_START + 2500000000ull, word);
	fprintf(stderr, "fake_backpopd: what is \"%s\"?\n", line);
	exit(2);
}

static int on_input(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	static char line[256];
	static size_t n;
	char c;

	(void)source;
	(void)revents;
	if (read(fd, &c, 1) != 1)
		exit(0);
	if (c != '\n') {
		if (n + 1 < sizeof(line))
			line[n++] = c;
		return 0;
	}
	line[n] = '\0';
	n = 0;
	must(obey(userdata, line), line);
	must(sd_bus_flush(userdata), "flush");
	printf("done %s\n", line);
	fflush(stdout);
	return 0;
}

int main(void)
{
	sd_event *loop = NULL;
	sd_bus *bus = NULL;

	must(sd_event_new(&loop), "event loop");
	must(sd_bus_open_user(&bus), "session bus");
	/* Before attaching: then the loop ends with the bus. */
	must(sd_bus_set_exit_on_disconnect(bus, 1), "exit on disconnect");
	must(sd_bus_add_object_manager(bus, NULL, ROOT), "object manager");
	must(sd_bus_add_object_vtable(bus, NULL, ROOT, MANAGER, manager_vtable, &manager), MANAGER);
	must(sd_bus_add_object_vtable(bus, NULL, ROOT "/sensor/iio_device0", SENSOR, sensor_vtable,
				      &sensors[0]), SENSOR);
	must(sd_bus_add_object_vtable(bus, NULL, ROOT "/sensor/iio_device1", SENSOR, sensor_vtable,
				      &sensors[1]), SENSOR);
	must(sd_bus_add_object_vtable(bus, NULL, ROOT "/sensor/iio_device0", "org.backpop1.Stream",
				      stream_vtable, NULL), "stream");
	must(sd_bus_attach_event(bus, loop, 0), "attach");
	must(sd_event_add_io(loop, NULL, 0, EPOLLIN, on_input, bus), "stdin");
	return sd_event_loop(loop) < 0;
}
