/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Talking to the service manager: ready, status, reloading, watchdog. */
#ifndef BACKPOP_NOTIFY_H
#define BACKPOP_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

/**
 * struct notify_ops - what only the owner knows
 * @idle:	there is nothing to watch over: the watchdog sleeps, and so do we
 * @progress:	is there nothing that hangs?  false lets the watchdog bite
 * @status:	one line for `systemctl status`
 */
struct notify_ops {
	bool (*idle)(void *userdata);
	bool (*progress)(void *userdata);
	void (*status)(void *userdata, char *line, size_t size);
};

struct notify;

/* Say READY=1 and keep the manager informed.  Return: 0 or a negative errno. */
int notify_new(struct notify **n, sd_event *event, const struct notify_ops *ops,
	       void *userdata);
/* Say STOPPING=1. */
void notify_free(struct notify *n);

/* Something has come or gone: look again.  @n may be NULL (not begun yet). */
void notify_wake(struct notify *n);

/* Settings are being reloaded. */
void notify_reloading(void);
/* That is done; @complaint, if it was in vain: a constant of less than 100 characters, shown until it is not. */
void notify_reloaded(struct notify *n, const char *complaint);

#endif
