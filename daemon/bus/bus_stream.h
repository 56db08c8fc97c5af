/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interface org.backpop1.Stream of a sensor object: its samples to other programs by file
 * descriptor, and the device lent to them.
 */
#ifndef BACKPOP_BUS_STREAM_H
#define BACKPOP_BUS_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#define BUS_STREAM	"org.backpop1.Stream"

struct bus_stream_loan;

/**
 * struct bus_stream_ops - what the owner does
 * @acquire:	a new client's end of the stream, or negative errno (-EUSERS: too many)
 * @inhibit:	lend the device to @who until the descriptor it returns is closed; negative
 *		errno (-EOPNOTSUPP: there is no device, -EUSERS)
 */
struct bus_stream_ops {
	int (*acquire)(void *owner, unsigned int packet_frames);
	int (*inhibit)(void *owner, const char *who);
};

/**
 * struct bus_stream - values of the properties
 * @clients, @frames_dropped: of the stream, now and so far
 * @inhibitors:	descriptors of Inhibit() that are open
 * @loans:	calls of Inhibit() on their way
 *
 * The owner writes the values; sd-bus reads them when asked.
 */
struct bus_stream {
	sd_bus_slot *slot;
	const struct bus_stream_ops *ops;
	void *owner;
	const uint32_t *clients;
	const uint64_t *frames_dropped;
	uint32_t inhibitors;
	struct bus_stream_loan *loans;
};

/* Put the interface on the object at @path; before that is announced.  0 or negative errno. */
int bus_stream_add(struct bus_stream *s, sd_bus *bus, const char *path);
void bus_stream_remove(struct bus_stream *s);

#endif
