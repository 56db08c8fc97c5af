/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples for other programs: each client has a SEQPACKET socket whose send buffer is its
 * queue.  A packet that does not fit is dropped and counted: a slow client loses samples,
 * and holds up nobody.
 */
#ifndef BACKPOP_TAP_H
#define BACKPOP_TAP_H

#include <systemd/sd-event.h>

#include "bus/backpop-stream.h"
#include "source/source.h"

#define TAP_CLIENTS	16

struct tap;

/**
 * struct tap_client - one of them; @fd -1: free
 * @packet_frames: most frames it wants in a packet
 * @sequence:	of the next frame
 * @greeted:	it knows the header in force
 */
struct tap_client {
	struct tap *tap;
	int fd;
	sd_event_source *hup;
	unsigned int packet_frames;
	uint64_t sequence;
	uint64_t dropped;
	bool greeted;
};

/**
 * struct tap - of one sensor
 * @clients:	how many there are
 * @dropped:	frames dropped for want of room, over all clients
 */
struct tap {
	sd_event *event;
	struct backpop_header header;
	struct tap_client client[TAP_CLIENTS];
	uint32_t clients;
	uint64_t dropped;
};

void tap_init(struct tap *t, sd_event *event);
/* Hang up on all clients. */
void tap_finish(struct tap *t);

/* The frames from now on are these: clients get a new header. */
void tap_set_source(struct tap *t, const struct source_info *info, const char *sensor);

/**
 * tap_add() - a new client
 * @packet_frames: 1..BACKPOP_FRAMES_MAX
 *
 * Return: the client's end of the socket, to be closed, or a negative errno (-EUSERS:
 * TAP_CLIENTS are there).
 */
int tap_add(struct tap *t, unsigned int packet_frames);

/* Give frames to all clients; @lost: samples lost so far. */
void tap_push(struct tap *t, const struct bp_frame *frames, size_t n, uint64_t lost);

#endif
