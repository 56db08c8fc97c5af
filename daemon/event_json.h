/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event revisions as JSON lines, keys as in system.md section 5. */
#ifndef BACKPOP_EVENT_JSON_H
#define BACKPOP_EVENT_JSON_H

#include <stdio.h>

#include "core/core.h"
#include "core/trace.h"

/**
 * event_json_line() - one revision as one line of JSON, newline included
 * @origin_ns:	the frames' time of second 0 of the record
 *
 * Keys whose value is unknown (NaN) are left out.  Numbers use '.' in every
 * locale.  Return: 0, or a negative errno of the stream.
 */
int event_json_line(FILE *f, const struct bp_event *ev, int64_t origin_ns);

/**
 * struct event_arrival - what is known only of an event received from the bus
 * @sensor:	name of the sensor that saw it
 * @known_ns, @written_ns: when the daemon's core had said it, and its disk had it; 0 = not
 *		known
 * @arrival_ns:	when it was received
 * @missed:	its signal was lost: it comes from the daemon's journal
 *
 * Times on CLOCK_MONOTONIC.
 */
struct event_arrival {
	const char *sensor;
	int64_t known_ns, written_ns, arrival_ns;
	bool missed;
};

/*
 * As event_json_line(), with "sensor" first and "onset_ns" (ev->onset_ns, here
 * CLOCK_MONOTONIC) and the times of the arrival last.
 */
int event_json_live_line(FILE *f, const struct bp_event *ev, int64_t origin_ns,
			 const struct event_arrival *arrival);

struct record_event;

/*
 * An event of the journal: as event_json_line(), with "sensor" first and "time"
 * (text), "wall_ns", "onset_ns", "boot_id", "session" and "sequence" last.
 */
int event_json_record_line(FILE *f, const struct record_event *rec, const char *time);

/* The same revision as one readable line for a terminal. */
int event_text_line(FILE *f, const struct bp_event *ev, int64_t origin_ns);

/*
 * One look at a candidate (backpopctl detect --explain): as JSON with the key
 * "look", which no event has, and all that was measured; as a line for people,
 * indented below the events, with the rule and its numbers.
 */
int event_json_trace_line(FILE *f, const struct bp_trace *tr, int64_t origin_ns);
int event_text_trace_line(FILE *f, const struct bp_trace *tr, int64_t origin_ns);

#endif
