/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trigger outputs: a pulse on a line for each event of the line's classes. */
#ifndef BACKPOP_TRIGGER_H
#define BACKPOP_TRIGGER_H

#include <systemd/sd-event.h>

#include "bus/bus.h"
#include "config.h"
#include "gpio/settle.h"

struct trigger;

/**
 * trigger_new() - take the lines that the configuration names, inactive
 * @manager:	its counter; must outlive the trigger
 *
 * As marker_new(): no line configured or not there yet is no error.
 */
int trigger_new(struct trigger **t, sd_event *event, struct bus_manager *manager,
		const struct config *cfg);
/* Leave the lines inactive and let go of them: events make no pulses from here on. */
void trigger_release(struct trigger *t);
/* As trigger_release(), and forget it; nobody may use it any more. */
void trigger_free(struct trigger *t);

/* GPIO chips have come or gone: look for lines that are missing. */
void trigger_attach(struct trigger *t);
/* The settings have changed; @old is what they were. */
void trigger_reload(struct trigger *t, const struct config *old);

/**
 * trigger_idle() - make the lines of a daemon that is gone inactive
 *
 * A daemon that was killed in a pulse has left its line active.
 * Return: 0 or the last negative errno; each fault is logged.
 */
int trigger_idle(const struct config *cfg);

/* Pulse at once, or remember in @open (one per sensor) until settled. */
void trigger_event(struct trigger *t, struct settle *open, const struct bp_event *ev);
/* Stream time has come this far: pulse for what has settled. */
void trigger_advance(struct trigger *t, struct settle *open, int64_t now_ns);

#endif
