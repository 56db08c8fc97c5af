/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Methods that page through the journal; they answer when its thread has looked. */
#ifndef BACKPOP_BUS_QUERY_H
#define BACKPOP_BUS_QUERY_H

#include <systemd/sd-bus.h>

#include "journal/journal.h"

#define BUS_PAGE_MAX	256

/* All return what a method handler returns. */

/**
 * bus_query_events() - (t from, a{sv} options) -> (a(...) events, t next)
 * @sensor:	NULL: revisions of all sensors from a sequence number on, each with its
 *		sensor's name in front; else that sensor's events from a number on, each
 *		in its highest revision
 */
int bus_query_events(sd_bus_message *call, struct journal *j, const char *sensor,
		     sd_bus_error *error);
/* (t from, a{sv} options) -> (a(ttssa{sv}) annotations, t next) */
int bus_query_annotations(sd_bus_message *call, struct journal *j, sd_bus_error *error);
/* (t from, a{sv} options) -> (a(ta{sv}) sessions, t next) */
int bus_query_sessions(sd_bus_message *call, struct journal *j, sd_bus_error *error);

#endif
