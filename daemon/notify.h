/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to the service manager: ready, status, watchdog. */
#ifndef BACKPOP_NOTIFY_H
#define BACKPOP_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

/**
 * struct notify_ops - what only the owner knows
 * @progress:	is there nothing that hangs?  false lets the watchdog bite
 * @status:	one line for `systemctl status`
 */
struct notify_ops {
	bool (*progress)(void *userdata);
	void (*status)(void *userdata, char *line, size_t size);
};

struct notify;

/* Say READY=1 and keep the manager informed.  Return: 0 or a negative errno. */
int notify_new(struct notify **n, sd_event *event, const struct notify_ops *ops,
	       void *userdata);
/* Say STOPPING=1. */
void notify_free(struct notify *n);

#endif
