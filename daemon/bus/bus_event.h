/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal keeps, as it goes into messages. */
#ifndef BACKPOP_BUS_EVENT_H
#define BACKPOP_BUS_EVENT_H

#include <systemd/sd-bus.h>

#include "journal/record.h"

#define BUS_EVENT_TYPES		"tutsda{sv}"
#define BUS_ANNOTATION_TYPES	"ttssa{sv}"

/* Number, revision, onset_ns, class, confidence, details. */
int bus_append_event(sd_bus_message *m, const struct record_event *rec);
/* Number, time_ns, kind, text, details. */
int bus_append_annotation(sd_bus_message *m, const struct record_annotation *rec);

#endif
