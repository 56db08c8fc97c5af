// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backpopctl stream: a sensor's samples as text; and taking the stream of
 * org.backpop1.Stream(5), for monitor --scope too.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bus/backpop-stream.h"
#include "ctl/ctl.h"

#define SILENT_S	3	/* then who waits is told so */

const char *ctl_choose_sensor(sd_bus *bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct json_object *status = json_object_new_object(), *sensors, *chosen = NULL;
	const char *path = NULL;
	int ret = ctl_fetch_status(bus, status, &error);

	if (ret < 0) {
		ctl_bus_complain(&error, ret);
	} else {
		sensors = json_object_object_get(status, "sensors");
		for (size_t i = 0; i < json_object_array_length(sensors); i++) {
			struct json_object *s = json_object_array_get_idx(sensors, i);

			if (!chosen || (strcmp(ctl_text(chosen, "state"), "streaming") &&
					!strcmp(ctl_text(s, "state"), "streaming")))
				chosen = s;
		}
		if (chosen)
			path = ctl_sensor_path(ctl_text(chosen, "sensor"));
		else
			ctl_complain("there is no sensor; `backpopctl doctor` finds out why");
	}
	json_object_put(status);
	sd_bus_error_free(&error);
	return path;
}

/* ---- the command ------------------------------------------------------------- */

union packet {
	struct backpop_packet p;
	struct backpop_header h;
	char bytes[BACKPOP_PACKET_MAX];
};

/* Values that a frame does not have stay empty. */
static void print_frame_csv(const struct backpop_frame *f)
{
	printf("%" PRId64, f->t_ns);
	for (int i = 0; i < 3; i++)
		if (f->channels & BACKPOP_HAS_MOTION)
			printf(",%.6g", (double)f->motion[i]);
		else
			putchar(',');
	if (f->channels & BACKPOP_HAS_FILM)
		printf(",%.6g\n", (double)f->film);
	else
		puts(",");
}

/* Values that a frame does not have are left out. */
static void print_frame_json(const struct backpop_frame *f)
{
	static const char *const names[] = { "x_g", "y_g", "z_g" };

	printf("{\"t_ns\":%" PRId64, f->t_ns);
	for (int i = 0; i < 3 && f->channels & BACKPOP_HAS_MOTION; i++)
		printf(",\"%s\":%.6g", names[i], (double)f->motion[i]);
	if (f->channels & BACKPOP_HAS_FILM)
		printf(",\"film_mv\":%.6g", (double)f->film);
	puts("}");
}

/* Print the frames of a packet, at most *@left.  Returns false when it is no packet of ours. */
static bool print_packet(const union packet *u, ssize_t n, size_t *frame_size, uint64_t *left,
			 void (*print)(const struct backpop_frame *f))
{
	struct backpop_frame f;

	if (n < (ssize_t)sizeof(u->p) || u->p.magic != BACKPOP_STREAM_MAGIC)
		return false;
	if (u->p.type == BACKPOP_PACKET_HEADER && n >= (ssize_t)sizeof(u->h)) {
		*frame_size = u->h.frame_size;
		return u->h.version == BACKPOP_STREAM_VERSION && *frame_size >= sizeof(f);
	}
	if (u->p.type != BACKPOP_PACKET_FRAMES)
		return true;
	if (!*frame_size || sizeof(u->p) + u->p.count * *frame_size > (size_t)n)
		return false;
	for (size_t i = 0; i < u->p.count && *left; i++, (*left)--) {
		memcpy(&f, u->bytes + sizeof(u->p) + i * *frame_size, sizeof(f));
		print(&f);
	}
	return true;
}

static int print_stream(int fd, uint64_t left, bool json)
{
	uint64_t dropped = 0;
	size_t frame_size = 0;
	union packet u;
	ssize_t n;

	if (!json)
		puts("t_ns,x_g,y_g,z_g,film_mv");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_sec = SILENT_S },
		   sizeof(struct timeval));
	while (left && (n = recv(fd, &u, sizeof(u), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			ctl_complain("waiting: nothing has come for %d s; `backpopctl status` tells more",
				     SILENT_S);
			setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 0 },
				   sizeof(struct timeval));
			continue;
		}
		if (n < 0) {
			ctl_complain("the stream is broken: %s", strerror(errno));
			return CTL_FAILURE;
		}
		if (!print_packet(&u, n, &frame_size, &left,
				  json ? print_frame_json : print_frame_csv)) {
			ctl_complain("the stream has another format than this program knows");
			return CTL_FAILURE;
		}
		if (u.p.dropped != dropped)
			ctl_complain("too slow: %" PRIu64 " samples dropped", u.p.dropped - dropped);
		dropped = u.p.dropped;
		errno = 0;
		if (fflush(stdout) || ferror(stdout))
			return errno == EPIPE ? CTL_OK : ctl_output_failed(errno);
	}
	if (left)
		ctl_complain("the sensor has gone");
	return ctl_finish_output();
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	const char *path = NULL;
	uint64_t count = UINT64_MAX;
	bool session = false, json = false;
	const struct ctl_option options[] = {
		CTL_OPTION_SENSOR(&path, "this sensor (iio:device0, pair) or object path;\n"
					 "default: the first that streams"),
		{ .name = "count", .argument = "N", .value = &count, .take = ctl_take_number,
		  .wanted = "a number of samples", .help = "end after N samples" },
		{ .name = "json", .value = &json, .help = "one JSON object a line" },
		CTL_OPTION_USER(&session),
		{ 0 }
	};
	int fd, ret = ctl_parse(cmd, options, argc, argv);
	sd_bus *bus;

	if (ret != CTL_GO_ON)
		return ret;
	bus = ctl_bus_open(session);
	if (!bus)
		return CTL_FAILURE;
	path = path ? path : ctl_choose_sensor(bus);
	fd = path ? ctl_bus_get_fd(bus, path, "Acquire", "a{sv}", 0) : -ENOENT;
	ret = fd < 0 ? CTL_FAILURE : print_stream(fd, count, json);
	if (fd >= 0)
		close(fd);
	sd_bus_flush_close_unref(bus);
	return ret;
}

const struct ctl_command ctl_stream = {
	.name = "stream",
	.arguments = "[OPTION]...",
	.summary = "print samples as they come",
	.help =
	"Print a sensor's samples as comma-separated values: time (CLOCK_MONOTONIC, ns),\n"
	"acceleration (g; x head-ward, y left, z outward) and film (mV).  Of a pair each\n"
	"line has one of the two.\n",
	.run = run,
};
