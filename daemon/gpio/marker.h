/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pain-marker button: an input line whose edges go on the bus as "press" and
 * "release", and a press that lasts as "long" in between, with the time of its beginning.
 */
#ifndef BACKPOP_MARKER_H
#define BACKPOP_MARKER_H

#include <systemd/sd-event.h>

#include "bus/bus.h"
#include "config.h"

struct marker;

/**
 * marker_new() - watch the line that the configuration names
 * @manager:	its counter and signal; must outlive the marker
 *
 * Without a configured line this does nothing for ever; a line that does not
 * exist yet is said once and taken by a later marker_attach().
 *
 * Return: 0 or a negative errno (out of memory).
 */
int marker_new(struct marker **m, sd_event *event, struct bus_manager *manager,
	       const struct config *cfg);
void marker_free(struct marker *m);

/* GPIO chips have come or gone: look for the line again if it is missing. */
void marker_attach(struct marker *m);
/* Its settings have changed. */
void marker_reload(struct marker *m);

#endif
