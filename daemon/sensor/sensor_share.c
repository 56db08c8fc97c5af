// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sensor/sensor.h"
#include "sensor/sensor_share.h"

static int acquire(void *owner, unsigned int packet_frames)
{
	struct sensor_share *sh = owner;

	return tap_add(&sh->tap, packet_frames);
}

/* ---- leases --------------------------------------------------------------- */

static void give_back(struct share_lease *l)
{
	l->hup = sd_event_source_disable_unref(l->hup);
	close(l->fd);
	l->fd = -1;
	l->share->bus.inhibitors--;
}

static int on_hup(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	struct share_lease *l = userdata;
	struct sensor_share *sh = l->share;

	(void)src;
	(void)fd;
	(void)revents;
	give_back(l);
	sh->lend(sh->sensor, false, NULL);
	return 0;
}

static int inhibit(void *owner, const char *who)
{
	struct sensor_share *sh = owner;
	struct share_lease *l = NULL;
	int fds[2], r;

	if (!sh->lend)
		return -EOPNOTSUPP;
	for (int i = 0; i < SHARE_LEASES && !l; i++)
		if (sh->lease[i].fd < 0)
			l = &sh->lease[i];
	if (!l)
		return -EUSERS;
	/* A socket and no pipe: nobody can hold it open by reading from it anew in /proc. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	shutdown(fds[0], SHUT_RD);
	*l = (struct share_lease) { .share = sh, .fd = fds[0] };
	r = sd_event_add_io(sh->tap.event, &l->hup, fds[0], 0, on_hup, l);
	if (r < 0) {
		close(fds[0]);
		close(fds[1]);
		l->fd = -1;
		return r;
	}
	sh->bus.inhibitors++;
	sh->lend(sh->sensor, true, who);
	return fds[1];
}

static const struct bus_stream_ops stream_ops = {
	.acquire = acquire,
	.inhibit = inhibit,
};

/* ---- beginning and end ---------------------------------------------------- */

int sensor_share_init(struct sensor_share *sh, struct sensor *s, sd_event *event, sd_bus *bus,
		      const char *path)
{
	sh->sensor = s;
	tap_init(&sh->tap, event);
	for (int i = 0; i < SHARE_LEASES; i++)
		sh->lease[i].fd = -1;
	sh->bus.ops = &stream_ops;
	sh->bus.owner = sh;
	sh->bus.clients = &sh->tap.clients;
	sh->bus.frames_dropped = &sh->tap.dropped;
	return bus_stream_add(&sh->bus, bus, path);
}

void sensor_share_finish(struct sensor_share *sh)
{
	/* Never begun, or ended already. */
	if (!sh->sensor)
		return;
	for (int i = 0; i < SHARE_LEASES; i++)
		if (sh->lease[i].fd >= 0)
			give_back(&sh->lease[i]);
	tap_finish(&sh->tap);
	bus_stream_remove(&sh->bus);
	sh->sensor = NULL;
}
