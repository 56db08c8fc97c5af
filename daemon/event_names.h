/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names as on the bus, in JSON and in the journal, back into the core's values. */
#ifndef BACKPOP_EVENT_NAMES_H
#define BACKPOP_EVENT_NAMES_H

#include "core/core.h"

/*
 * The value called @name.  A name that a newer program may have added becomes
 * unclassified, other, unknown.
 */
enum bp_class event_class_of(const char *name);
enum bp_reason event_reason_of(const char *name);
enum bp_breath_phase event_phase_of(const char *name);
enum bp_movement event_movement_of(const char *name);

/* Is there such a class? */
bool event_class_known(const char *name);

#endif
