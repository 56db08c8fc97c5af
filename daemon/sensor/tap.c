// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sensor/tap.h"

_Static_assert(sizeof(struct backpop_packet) == 32 && sizeof(struct backpop_frame) == 32 &&
	       sizeof(struct backpop_header) == 176, "packets are the same on all machines");
_Static_assert(sizeof(struct backpop_packet) + BACKPOP_FRAMES_MAX * sizeof(struct backpop_frame) ==
	       BACKPOP_PACKET_MAX, "the longest packet");
_Static_assert(BACKPOP_HAS_MOTION == BP_HAS_MOTION && BACKPOP_HAS_FILM == BP_HAS_FILM &&
	       BACKPOP_CLIPPED_MOTION == BP_CLIPPED_MOTION &&
	       BACKPOP_CLIPPED_FILM == BP_CLIPPED_FILM, "flags are the core's");

void tap_init(struct tap *t, sd_event *event)
{
	*t = (struct tap) { .event = event };
	for (int i = 0; i < TAP_CLIENTS; i++)
		t->client[i].fd = -1;
}

static void hang_up(struct tap_client *c)
{
	c->hup = sd_event_source_disable_unref(c->hup);
	close(c->fd);
	c->fd = -1;
	c->tap->clients--;
}

void tap_finish(struct tap *t)
{
	for (int i = 0; i < TAP_CLIENTS; i++)
		if (t->client[i].fd >= 0)
			hang_up(&t->client[i]);
}

void tap_set_source(struct tap *t, const struct source_info *info, const char *sensor)
{
	const struct bp_config *cfg = &info->config;
	struct backpop_header h = {
		.packet = { .magic = BACKPOP_STREAM_MAGIC, .type = BACKPOP_PACKET_HEADER },
		.version = BACKPOP_STREAM_VERSION,
		.size = sizeof(h),
		.frame_size = sizeof(struct backpop_frame),
		.channels = (cfg->motion_rate_hz > 0 ? BACKPOP_HAS_MOTION : 0) |
			    (cfg->film_rate_hz > 0 ? BACKPOP_HAS_FILM : 0),
		.clock = BACKPOP_CLOCK_MONOTONIC,
		.motion_rate = cfg->motion_rate_hz,
		.film_rate = cfg->film_rate_hz,
		.motion_range = cfg->motion_range_g,
		.film_range = cfg->film_range_mv,
		.motion_unit = "g",
		.film_unit = "mV",
	};

	snprintf(h.mode, sizeof(h.mode), "%s", info->mode);
	snprintf(h.sensor, sizeof(h.sensor), "%s", sensor);
	if (!memcmp(&h, &t->header, sizeof(h)))
		return;
	t->header = h;
	for (int i = 0; i < TAP_CLIENTS; i++)
		t->client[i].greeted = false;
}

static int on_hup(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	struct tap_client *c = userdata;

	(void)src;
	(void)fd;
	(void)revents;
	hang_up(c);
	return 0;
}

int tap_add(struct tap *t, unsigned int packet_frames)
{
	struct tap_client *c = NULL;
	int fds[2], r;

	for (int i = 0; i < TAP_CLIENTS && !c; i++)
		if (t->client[i].fd < 0)
			c = &t->client[i];
	if (!c)
		return -EUSERS;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	*c = (struct tap_client) { .tap = t, .fd = fds[0], .packet_frames = packet_frames };
	/* It has nothing to tell us; of events only the hang-up, which needs no asking. */
	shutdown(fds[0], SHUT_RD);
	r = sd_event_add_io(t->event, &c->hup, fds[0], 0, on_hup, c);
	if (r < 0) {
		close(fds[0]);
		close(fds[1]);
		c->fd = -1;
		return r;
	}
	t->clients++;
	return fds[1];
}

/* Return: 0, -EAGAIN = no room, other negative errno = gone. */
static int send_packet(const struct tap_client *c, const void *packet, size_t size)
{
	return send(c->fd, packet, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int greet(struct tap_client *c)
{
	struct backpop_header h = c->tap->header;
	int r;

	h.packet.sequence = c->sequence;
	h.packet.dropped = c->dropped;
	r = send_packet(c, &h, sizeof(h));
	c->greeted = !r;
	return r;
}

static void give(struct tap_client *c, struct backpop_packet *p, size_t count)
{
	size_t size = sizeof(*p) + count * sizeof(struct backpop_frame);
	int r = c->greeted ? 0 : greet(c);

	p->count = (uint16_t)count;
	p->sequence = c->sequence;
	p->dropped = c->dropped;
	if (!r)
		r = send_packet(c, p, size);
	c->sequence += count;
	if (r == -EAGAIN || r == -ENOBUFS) {
		c->dropped += count;
		c->tap->dropped += count;
	} else if (r < 0) {
		hang_up(c);
	}
}

static void fill(struct backpop_frame *out, const struct bp_frame *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (struct backpop_frame) {
			.t_ns = in[i].t_ns,
			.motion = { in[i].accel_g[0], in[i].accel_g[1], in[i].accel_g[2] },
			.film = in[i].film_mv,
			.channels = in[i].has,
		};
}

void tap_push(struct tap *t, const struct bp_frame *frames, size_t n, uint64_t lost)
{
	struct {
		struct backpop_packet head;
		struct backpop_frame frames[BACKPOP_FRAMES_MAX];
	} packet = { .head = { .magic = BACKPOP_STREAM_MAGIC, .type = BACKPOP_PACKET_FRAMES,
			       .lost = lost } };

	for (int i = 0; i < TAP_CLIENTS && t->clients; i++) {
		struct tap_client *c = &t->client[i];

		for (size_t at = 0; at < n && c->fd >= 0; at += c->packet_frames) {
			size_t count = n - at < c->packet_frames ? n - at : c->packet_frames;

			fill(packet.frames, frames + at, count);
			give(c, &packet.head, count);
		}
	}
}
