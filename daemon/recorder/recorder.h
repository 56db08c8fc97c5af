/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recording of one sensor's stream into EDF+ files while it runs.
 *
 * The caller's side (recorder.c, recorder_cut.c, recorder_grid.c) cuts frames into data
 * records in memory; a thread of its own (recorder_file.c) writes them.  Between them is a
 * ring of RECORDER_QUEUE records: a slow disk never holds the caller up; when the ring
 * is full, records are dropped, counted, and the file says where.
 *
 * Time in a file runs by the sensor's samples: the length of a record says the true
 * rate, so that a second in the file is a second.  Where it would be off by more than
 * RECORDER_DRIFT_S, a new file begins.
 */
#ifndef BACKPOP_RECORDER_H
#define BACKPOP_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/core.h"
#include "edf/edf.h"
#include "source/source.h"

#define RECORDER_QUEUE		16	/* records, of about a second */
#define RECORDER_DRIFT_S	0.02
#define RECORDER_PATH_SIZE	512
#define RECORDER_REASON_SIZE	256
#define RECORDER_RETRY_S	30	/* after a failure */

enum recorder_when { RECORDER_NEVER, RECORDER_SESSION, RECORDER_ALWAYS };

/**
 * struct recorder_settings - from the configuration
 * @when:	NEVER: starting is refused; SESSION: while a session runs, or between
 *		recorder_start() and recorder_stop(); ALWAYS: from the first sample on
 * @directory:	made if it is not there (its parent must be)
 * @max_file_s, @max_file_bytes: a new file begins beyond these, nothing is lost between
 * @keep_s, @keep_bytes: older recordings are deleted beyond these; 0 = never
 * @min_free_bytes: recording stops when the disk has less left
 * @sync_s:	records between fdatasync()s, 1..60: what a power cut may cost
 */
struct recorder_settings {
	enum recorder_when when;
	char directory[RECORDER_PATH_SIZE - 128];
	uint64_t max_file_s;
	uint64_t max_file_bytes;
	uint64_t keep_s;
	uint64_t keep_bytes;
	uint64_t min_free_bytes;
	unsigned int sync_s;
};

/* What backpopd.conf(5) calls the default. */
void recorder_default_settings(struct recorder_settings *s);

/**
 * struct recorder_person - EDF+ identification, any of them may be ""
 * @code:	of the patient in the clinic's files
 * @sex:	"M" or "F"
 * @birthdate:	"YYYY-MM-DD"
 * @name, @investigation, @technician: blanks become '_', what is not ASCII '?'
 */
#define RECORDER_CODE_MAX	31	/* characters of the header's subfields */
#define RECORDER_NAME_MAX	34
#define RECORDER_STAFF_MAX	17
struct recorder_person {
	char code[RECORDER_CODE_MAX + 1];
	char sex[2];
	char birthdate[11];
	char name[64];
	char investigation[24];
	char technician[24];
};

#define RECORDER_WHY_SIZE	128

/*
 * Take @text for the field @name of EDF+ (patient or subject, sex, birthdate, name,
 * investigation, technician; of other names nothing is taken).  false: the header could not
 * say it, and @why says what is wrong.
 */
bool recorder_person_set(struct recorder_person *who, const char *name, const char *text,
			 char why[RECORDER_WHY_SIZE]);
/* Is it a day of the calendar, "YYYY-MM-DD"? */
bool recorder_date(const char *text, unsigned int *year, unsigned int *month, unsigned int *day);

enum recorder_state {
	RECORDER_OFF,
	RECORDER_WAITING,	/* for samples, or until their rate is known */
	RECORDER_RECORDING,
	RECORDER_FAILED,	/* the reason says why; tried again by itself */
};

/**
 * struct recorder_status - what goes on
 * @reason:	with RECORDER_FAILED; else ""
 * @file:	being written, "" = none
 * @records, @bytes: of that file
 * @files:	begun so far
 * @dropped:	records that could not be kept, disk too slow or failed
 * @longest_write_us: slowest write and sync of one record
 */
struct recorder_status {
	enum recorder_state state;
	char reason[RECORDER_REASON_SIZE];
	char file[RECORDER_PATH_SIZE];
	uint64_t records;
	uint64_t bytes;
	uint64_t files;
	uint64_t dropped;
	uint64_t longest_write_us;
};

const char *recorder_state_name(enum recorder_state state);

struct recorder;

/**
 * recorder_new() - make one, not recording
 * @id:		part of the file names
 * @s:		copied
 * @patient_caller: the caller would rather wait than have records dropped (a replay at
 *		full speed)
 *
 * Return: NULL with errno set if there is no memory or thread.
 */
struct recorder *recorder_new(const char *id, const struct recorder_settings *s,
			      bool patient_caller);
/* Other settings from now on: in force with the next file, which begins soon. */
void recorder_set_settings(struct recorder *r, const struct recorder_settings *s);
/*
 * Finish the file and free.  Waits for the disk, at most 10 s.  One who was recording
 * goes on when recorder_new() is asked for the same @id: a sensor was unplugged.
 */
void recorder_free(struct recorder *r);

/* Readable when the status may have changed; recorder_status() resets it. */
int recorder_fd(const struct recorder *r);
void recorder_status(struct recorder *r, struct recorder_status *st);

/* A source has opened: an open file is finished if it cannot hold what comes. */
int recorder_set_source(struct recorder *r, const struct source_info *info);

/* Begin and end; @who may be NULL.  -EPERM: never by configuration; -EALREADY. */
int recorder_start(struct recorder *r, const struct recorder_person *who);
int recorder_stop(struct recorder *r);

/* Frames as the core gets them.  Returns at once. */
void recorder_feed(struct recorder *r, const struct bp_frame *frames, size_t n);
/*
 * An event's revision: what it is held for RECORDER_SETTLE_S later becomes an annotation
 * of its onset and length, an artefact none.  A revision that comes after that becomes
 * one more, with "revised".
 */
void recorder_event(struct recorder *r, const struct bp_event *ev);
/* An annotation of ours: marker, note.  @t_ns CLOCK_MONOTONIC; @duration_s NaN = none. */
void recorder_annotate(struct recorder *r, int64_t t_ns, double duration_s, const char *text);
void recorder_set_settings_all(const struct recorder_settings *s);
/*
 * A session runs (@who is recorded; NULL: no session any more): all recorders, also those
 * to come, begin, each in a file of its own, and end with it.
 */
void recorder_set_session(const struct recorder_person *who);
/* The wall clock was set: a recording's start would be wrong from here on, a new file begins. */
void recorder_clock_set(void);
/*
 * Delete recordings that are too old or too many, also when none is made; returns at once.
 * Where a file begins it is done anyway.
 */
void recorder_clean(const struct recorder_settings *s);
/* The same in every recorder that there is.  One thread makes, feeds and frees them all. */
void recorder_annotate_all(int64_t t_ns, double duration_s, const char *text);
#define RECORDER_SETTLE_S	0.5

#endif
