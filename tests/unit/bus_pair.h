/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bus without a bus: two ends of a socket, one of them the server. */
#ifndef TESTS_UNIT_BUS_PAIR_H
#define TESTS_UNIT_BUS_PAIR_H

#include <stdbool.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>

static inline sd_bus *bus_pair_end(int fd, bool is_server, bool is_bus)
{
	sd_id128_t id;
	sd_bus *bus;

	sd_id128_randomize(&id);
	sd_bus_new(&bus);
	sd_bus_set_fd(bus, fd, fd);
	sd_bus_negotiate_fds(bus, true);
	sd_bus_set_bus_client(bus, is_bus && !is_server);
	if (is_server)
		sd_bus_set_server(bus, true, id);
	sd_bus_start(bus);
	return bus;
}

/* @is_bus: the server is asked for a name first, as the message bus is. */
static inline void bus_pair(sd_bus **server, sd_bus **client, bool is_bus)
{
	int fds[2];

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
	*server = bus_pair_end(fds[0], true, is_bus);
	*client = bus_pair_end(fds[1], false, is_bus);
}

#endif
