/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interface org.backpop1.Journal of the root object, and the way of an event or an
 * annotation: into the journal, then on the bus.
 */
#ifndef BACKPOP_BUS_JOURNAL_H
#define BACKPOP_BUS_JOURNAL_H

#include <systemd/sd-bus.h>

#include "journal/journal.h"

#define BUS_JOURNAL	"org.backpop1.Journal"

struct bus_journal {
	sd_bus *bus;
	sd_bus_slot *slot;
	struct journal *journal;
};

/* Put the interface on the root object.  Return: 0 or negative errno. */
int bus_journal_add(struct bus_journal *b, sd_bus *bus, struct journal *journal);
void bus_journal_remove(struct bus_journal *b);
/* The journal's state has changed: tell it. */
void bus_journal_changed(struct bus_journal *b);

/**
 * bus_journal_event() - keep one revision, then send it as the sensor's Event signal
 * @path:	of the sensor
 * @number:	of the event, never used before but for its earlier revisions
 * @stream_start_ns, @ev: times on CLOCK_MONOTONIC
 *
 * Returns before that has happened.  Return: 0 or negative errno: it is lost.
 */
int bus_journal_event(struct bus_journal *b, const char *path, uint64_t number,
		      int64_t stream_start_ns, const struct bp_event *ev);

/**
 * bus_journal_marker() - keep a press of the button as an annotation, then send the
 * manager's Marker signal and the Annotation
 * @kind:	"press" (becomes pain), "long" (a note) or "release" (not kept)
 */
int bus_journal_marker(struct bus_journal *b, uint64_t number, uint64_t time_ns,
		       const char *kind);

/**
 * bus_journal_clock_set() - keep a step of the wall clock as a note, source "clock"
 * @ns:		by so much (forward: positive)
 *
 * Events before and after it have wall times that only this explains.  Return: 0 or negative
 * errno.
 */
int bus_journal_clock_set(struct bus_journal *b, int64_t ns);

#endif
