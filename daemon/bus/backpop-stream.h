/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of the sample stream that Acquire() of org.backpop1.Stream gives: for C clients,
 * installed as <backpop-stream.h>; described in org.backpop1.Stream(5).
 *
 * The descriptor is a SOCK_SEQPACKET socket: each recv() gives one packet.  Integers and
 * floats are in the machine's own byte order.
 */
#ifndef BACKPOP_STREAM_PACKETS_H
#define BACKPOP_STREAM_PACKETS_H

#include <stdint.h>

#define BACKPOP_STREAM_MAGIC	0x53505042u	/* "BPPS" on a little-endian machine */
#define BACKPOP_STREAM_VERSION	1
#define BACKPOP_PACKET_MAX	8224		/* bytes: no packet is longer */
#define BACKPOP_FRAMES_MAX	256		/* frames a packet */

/* Types of packets; leave out those that you do not know. */
#define BACKPOP_PACKET_HEADER	1	/* struct backpop_header: first, and after a change */
#define BACKPOP_PACKET_FRAMES	2	/* struct backpop_packet and count frames */

#define BACKPOP_HAS_MOTION	1u
#define BACKPOP_HAS_FILM	2u
#define BACKPOP_CLIPPED_MOTION	4u	/* a value is at the sensor's full scale */
#define BACKPOP_CLIPPED_FILM	8u

#define BACKPOP_CLOCK_MONOTONIC	1u	/* CLOCK_MONOTONIC of this machine */

/**
 * struct backpop_packet - begins every packet
 * @magic:	BACKPOP_STREAM_MAGIC
 * @type:	BACKPOP_PACKET_*
 * @count:	frames in this packet
 * @sequence:	number of its first frame: the sensor's frames since Acquire() from 0,
 *		dropped ones included
 * @dropped:	frames so far that found this client's queue full
 * @lost:	samples so far that were lost on the way to the daemon (SamplesLost)
 */
struct backpop_packet {
	uint32_t magic;
	uint16_t type;
	uint16_t count;
	uint64_t sequence;
	uint64_t dropped;
	uint64_t lost;
};

/**
 * struct backpop_header - what the frames that follow are
 * @version:	BACKPOP_STREAM_VERSION; another one: do not go on
 * @size:	of this packet; it may grow
 * @frame_size:	bytes from one frame to the next; it may grow
 * @channels:	BACKPOP_HAS_* that can come
 * @clock:	of the time stamps, BACKPOP_CLOCK_MONOTONIC
 * @motion_rate, @film_rate: Hz, nominal; 0 = absent.  Where they differ, a frame has
 *		one of the two.
 * @motion_range, @film_range: full scale, in the unit; 0 = not known
 * @motion_unit, @film_unit: "g", "mV"
 * @mode, @sensor: as the properties Mode and Device of org.backpop1.Sensor
 */
struct backpop_header {
	struct backpop_packet packet;
	uint16_t version;
	uint16_t size;
	uint16_t frame_size;
	uint16_t reserved;
	uint32_t channels;
	uint32_t clock;
	double motion_rate;
	double film_rate;
	double motion_range;
	double film_range;
	char motion_unit[8];
	char film_unit[8];
	char mode[16];
	char sensor[64];
};

/**
 * struct backpop_frame - the values of one instant
 * @t_ns:	time of the sample
 * @motion:	x head-ward, y left, z outward, gravity included
 * @channels:	BACKPOP_HAS_* of the values that are valid, BACKPOP_CLIPPED_*
 */
struct backpop_frame {
	int64_t t_ns;
	float motion[3];
	float film;
	uint32_t channels;
	uint32_t reserved;
};

#endif
