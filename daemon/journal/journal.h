/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal as the daemon uses it: a thread of its own does what takes the disk, so
 * that the loop never waits for it; the loop is told when it is done.
 *
 * What is announced on the bus is announced by a job's done(): so it is on the disk
 * before anybody hears of it.  While the disk refuses (full, failing), jobs that must
 * be kept are held back in memory and tried again every second, others fail.
 *
 * All functions are for the loop's thread.
 */
#ifndef BACKPOP_JOURNAL_H
#define BACKPOP_JOURNAL_H

#include <systemd/sd-event.h>

#include "journal/db.h"
#include "journal/record.h"

#define JOURNAL_HELD_MAX	4096	/* jobs to be kept that wait for the disk */
#define JOURNAL_ASKED_MAX	64	/* other jobs */

/**
 * struct journal_settings - from the configuration
 * @max_age_days:	entries older than this are deleted; 0 = never
 * @max_size_mib:	the oldest events are deleted beyond this; 0 = never
 */
struct journal_settings {
	unsigned int max_age_days;
	unsigned int max_size_mib;
};

enum journal_state {
	JOURNAL_OK,
	JOURNAL_VOLATILE,	/* in memory: there is no state directory */
	JOURNAL_FULL,		/* the disk is: held back */
	JOURNAL_FAILED,		/* another fault of the disk or the file: held back */
};

const char *journal_state_name(enum journal_state state);

/* What is known of the file that was there at the start. */
enum journal_check {
	JOURNAL_CHECK_NONE,	/* it was closed in order, or there was none */
	JOURNAL_CHECK_RUNNING,	/* it was not, and is looked through beside the events */
	JOURNAL_CHECK_OK,	/* that has ended well */
	JOURNAL_CHECK_FAILED,	/* it cannot be read to its end */
	JOURNAL_CHECK_CORRUPT,	/* it was moved aside: see the log */
};

const char *journal_check_name(enum journal_check check);

/**
 * struct journal_job - something to do with the data base; part of the caller's own
 * @run:	on the journal's thread, within a transaction; NULL = nothing, only in
 *		order.  May run again after a rollback.  Its result goes to @done unless
 *		the data base fails.
 * @done:	on the loop, after the commit, in the order of submission of the jobs of
 *		one kind (@keep or not); @error is 0, what @run returned, or why the data
 *		base failed.  Frees the job.
 * @keep:	holds out until it is written
 * @reads:	only looks: goes after all that is to be written, in any order, and is
 *		broken off and run again when something comes meanwhile
 * @written_ns:	CLOCK_MONOTONIC when the disk had it, for @done
 *
 * When the journal is closed while the disk refuses, kept jobs get its errno, too.
 */
struct journal_job {
	struct journal_job *next;
	int (*run)(struct db *db, struct journal_job *job);
	void (*done)(struct journal_job *job, int error);
	bool keep, reads;
	int result;
	int64_t written_ns;
};

struct journal;

/**
 * journal_open() - open the file, start the thread
 * @directory:	that holds it; NULL = in memory
 * @changed:	the state has changed
 * @err:	DB_ERROR_SIZE + PATH_MAX bytes: what is wrong
 *
 * A corrupt file is moved aside, which is logged, and a new one begun: now, or when the
 * thread finds out, which looks through what was not closed in order.  Return: 0 or a negative
 * errno: no such directory, not writable, made by a newer backpopd.
 */
int journal_open(struct journal **j, sd_event *event, const char *directory,
		 const struct journal_settings *settings, void (*changed)(void *userdata),
		 void *userdata, char *err);
/* Finish what waits, at most for some seconds, run its done(), stop the thread. */
void journal_close(struct journal *j);
/* Other settings, in force at once. */
void journal_set_settings(struct journal *j, const struct journal_settings *settings);

/* Do it.  Return: 0, or -ENOBUFS: too many wait; then the job is the caller's again. */
int journal_submit(struct journal *j, struct journal_job *job);
/* Wait until all that was submitted is done or held back, at most @usec. */
void journal_sync(struct journal *j, uint64_t usec);

/* As last told by changed(). */
enum journal_state journal_state(const struct journal *j);
const char *journal_state_reason(const struct journal *j);
enum journal_check journal_check(const struct journal *j);
/* Jobs held back or on their way. */
unsigned int journal_pending(const struct journal *j);
/* Jobs that found no room. */
uint64_t journal_dropped(const struct journal *j);
const char *journal_path(const struct journal *j);	/* "" = in memory */
const char *journal_id(const struct journal *j);
const char *journal_boot_id(const struct journal *j);
/* Slowest commit so far. */
uint64_t journal_slowest_us(const struct journal *j);

/*
 * The highest event number that a sensor ever had, and a new one.  Known without a look at
 * the disk, as is whether a sensor was ever there: journal_meet() tells, and it is kept.
 */
void journal_meet(struct journal *j, const char *sensor);
bool journal_knows(const struct journal *j, const char *sensor);
uint64_t journal_last_number(struct journal *j, const char *sensor);
void journal_note_number(struct journal *j, const char *sensor, uint64_t number);

/* Sequence of the last event, and number of the last annotation, that are written and done. */
struct journal_last {
	uint64_t sequence;
	uint64_t annotation;
};
struct journal_last *journal_last(struct journal *j);

/*
 * The session that entries belong to; number 0 = none.  Set by who starts and stops it; when
 * the file is begun anew, it goes on in the new one.
 */
const struct record_session *journal_session(const struct journal *j);
void journal_set_session(struct journal *j, const struct record_session *session);

#endif
