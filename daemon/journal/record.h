/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the journal keeps: plain records, the same for the daemon and for backpopctl. */
#ifndef BACKPOP_JOURNAL_RECORD_H
#define BACKPOP_JOURNAL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/core.h"

#define RECORD_SENSOR_SIZE	64
#define RECORD_BOOT_SIZE	33	/* 32 hex digits */
#define RECORD_WORD_SIZE	16
#define RECORD_TEXT_SIZE	1025
#define RECORD_METADATA_SIZE	8192

/**
 * struct record_event - one revision of one event
 * @sequence:	of the entry in the journal: 1, 2... in the order of announcing, never
 *		used twice; 0 before it is written
 * @run:	of the daemon (a row of the table run), which was on boot @boot_id
 * @session:	number of the session that was running, 0 = none
 * @sensor:	last part of the sensor's object path
 * @number:	of the event: 1, 2... per sensor, never used twice, whatever restarts
 * @wall_ns:	wall clock at the onset, ns since 1970 (UTC)
 * @stream_start_ns: second 0 of the stream, CLOCK_MONOTONIC
 * @known_ns, @written_ns: CLOCK_MONOTONIC when the core had said it and when the disk had it;
 *		only while it is fresh, the journal does not keep them; 0 = not known
 * @ev:		the rest, times on CLOCK_MONOTONIC; ev.number is not used
 */
struct record_event {
	uint64_t sequence;
	uint64_t run;
	uint64_t session;
	uint64_t number;
	int64_t wall_ns;
	int64_t stream_start_ns;
	int64_t known_ns, written_ns;
	char sensor[RECORD_SENSOR_SIZE];
	char boot_id[RECORD_BOOT_SIZE];
	struct bp_event ev;
};

/**
 * struct record_annotation - what a person had to say, and when
 * @number:	1, 2... never used twice; 0 before it is written
 * @sensor:	that it is about, "" = none in particular
 * @event:	of that sensor that it is about, 0 = none
 * @time_ns, @wall_ns: CLOCK_MONOTONIC and wall clock
 * @kind:	"pain", "swelling", "numbness", "stretch" or "note"
 * @source:	"bus", "button" or "clock"
 */
struct record_annotation {
	uint64_t number;
	uint64_t run;
	uint64_t session;
	uint64_t event;
	int64_t time_ns;
	int64_t wall_ns;
	char sensor[RECORD_SENSOR_SIZE];
	char boot_id[RECORD_BOOT_SIZE];
	char kind[RECORD_WORD_SIZE];
	char source[RECORD_WORD_SIZE];
	char text[RECORD_TEXT_SIZE];
};

/**
 * struct record_session - a stretch of time with a subject
 * @number:	1, 2... never used twice
 * @stopped_ns, @stopped_wall_ns: 0 = running
 * @ended_by:	"" = running, "stop", "start" (of the next) or "reboot"
 * @metadata:	a JSON object of strings, numbers and booleans
 */
struct record_session {
	uint64_t number;
	uint64_t run;
	int64_t started_ns;
	int64_t started_wall_ns;
	int64_t stopped_ns;
	int64_t stopped_wall_ns;
	char boot_id[RECORD_BOOT_SIZE];
	char ended_by[RECORD_WORD_SIZE];
	char metadata[RECORD_METADATA_SIZE];
};

#endif
