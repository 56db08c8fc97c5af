/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interface org.backpop1.Session of the root object: a stretch of time with a subject. */
#ifndef BACKPOP_BUS_SESSION_H
#define BACKPOP_BUS_SESSION_H

#include <systemd/sd-bus.h>

#include "journal/journal.h"

#define BUS_SESSION	"org.backpop1.Session"

/**
 * struct bus_session
 * @changed:	a session has started or stopped: journal_session() tells which runs;
 *		may be NULL
 * @busy:	a change is on its way to the disk
 */
struct bus_session {
	sd_bus *bus;
	sd_bus_slot *slot;
	struct journal *journal;
	void (*changed)(void *userdata);
	void *userdata;
	bool busy;
};

/* Put the interface on the root object.  Return: 0 or negative errno. */
int bus_session_add(struct bus_session *s, sd_bus *bus, struct journal *journal);
void bus_session_remove(struct bus_session *s);

#endif
