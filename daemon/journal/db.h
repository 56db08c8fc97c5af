/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal's file: an SQLite data base.  No thread of its own; one thread at a time
 * may use a struct db.
 *
 * Functions return 0 or a negative errno.  -ENOSPC, -EIO, -EROFS...: of the disk;
 * -EUCLEAN: the file is corrupt.  db_message() tells the last one in words.
 */
#ifndef BACKPOP_JOURNAL_DB_H
#define BACKPOP_JOURNAL_DB_H

#include <limits.h>
#include <stddef.h>

#include "journal/record.h"

#define DB_SCHEMA_VERSION	1
#define DB_ERROR_SIZE		256
#define DB_FILE_NAME		"journal.db"
#define DB_ID_SIZE		33
#define DB_LOG_PAGES		256	/* that a write-ahead log may hold before db_tidy() is due */

struct db;

/**
 * db_open() - open or make the file, bring its schema up to date
 * @path:	NULL = in memory
 * @read_only:	look only; the file must be there, and is not migrated
 * @err:	DB_ERROR_SIZE bytes
 *
 * Of a file that was not closed by db_close() after its last use the ends are looked at, and
 * db_check_due() tells that the rest is to be.
 * Return: also -EUCLEAN: corrupt, or no data base at all; -EPROTO: made by a newer
 * backpopd, or not ours.
 */
int db_open(struct db **db, const char *path, bool read_only, char *err);
void db_close(struct db *db);
const char *db_message(const struct db *db);

/**
 * db_check_some() - look through a portion of a file that was not closed in order
 *
 * Between db_begin_reading() and db_rollback(), until db_check_due() is false; if it never
 * comes to that, the next opening begins again.  Every row is read, and found by its indexes.
 * Return: also -EUCLEAN, and db_message() tells what is wrong; -EINTR: the portion counts not.
 */
int db_check_some(struct db *db);
bool db_check_due(const struct db *db);

/* Of the file: another one, whose numbers begin anew, has another.  32 hex digits. */
const char *db_id(const struct db *db);

/*
 * db_move_aside() - rename a corrupt file and what belongs to it
 * @kept:	PATH_MAX bytes: its new name
 */
int db_move_aside(const char *path, char *kept);

/* Was the file moved or deleted since it was opened?  What is written is written to nobody. */
bool db_has_moved(struct db *db);

/* ---- writing; between db_begin() and db_commit() ------------------------- */

/*
 * After a failure of one of these, db_rollback() undoes all since db_begin().
 * db_commit() returns when the disk has it.
 */
int db_begin(struct db *db);
int db_commit(struct db *db);
void db_rollback(struct db *db);
/*
 * db_begin_reading() - see one state of the file until db_rollback(); writes nothing
 *
 * db_interrupt(), of another thread, makes what reads end with -EINTR; to be called between
 * the two only.
 */
int db_begin_reading(struct db *db);
void db_interrupt(struct db *db);
/*
 * Commits go to the log, and nothing else happens then: db_log_pages() tells how long it has
 * become, db_tidy() brings it into the file itself, which takes the disk for longer than a
 * commit.  Not between db_begin() and db_commit().
 */
unsigned int db_log_pages(const struct db *db);
int db_tidy(struct db *db);
/*
 * db_make_room() - give the log the size that it will have, between db_begin() and db_commit()
 *
 * A commit into a log that grows must wait for the file system's own bookkeeping, too.
 * Where there is no room it stays as it is: no fault.
 */
void db_make_room(struct db *db);
/* Did the data base itself fail since db_begin()?  Not: the caller asked for nonsense. */
int db_failed(const struct db *db);

/* A run of the daemon begins; @number out.  Ends when closed. */
int db_add_run(struct db *db, const char *boot_id, int64_t now_ns, int64_t wall_ns,
	       uint64_t *number);
/* Fills the record's run and its own number (sequence) in. */
int db_add_event(struct db *db, struct record_event *rec);
/* A sensor is there: known from now on, whether it has events or not. */
int db_add_sensor(struct db *db, const char *sensor);
int db_add_annotation(struct db *db, struct record_annotation *rec);
int db_start_session(struct db *db, struct record_session *rec);
/* One that began in another file, under its number; nothing if it is in this one. */
int db_keep_session(struct db *db, const struct record_session *rec);
/* Closes the session if it is running: fills in its end.  -ENOENT: it is not. */
int db_stop_session(struct db *db, uint64_t number, int64_t now_ns, int64_t wall_ns,
		    const char *ended_by);

/**
 * db_retain() - delete the oldest events and annotations, at most some thousands a call
 * @before_wall_ns: older ones; INT64_MIN = none
 * @max_bytes:	and more until the content fits
 * @more:	out: call again
 */
int db_retain(struct db *db, int64_t before_wall_ns, uint64_t max_bytes, bool *more);

/* ---- reading ------------------------------------------------------------- */

/**
 * struct db_filter - which entries; zero or NULL = any
 * @from:	lowest sequence (events), or number (annotations, sessions)
 * @from_number: lowest event number
 * @since_ns, @until_ns: wall clock, first included, last not; INT64_MIN/MAX = any
 * @latest:	only the highest revision of each event
 * @by_number:	ordered by event number, not by sequence
 */
struct db_filter {
	uint64_t from;
	uint64_t from_number;
	uint64_t session;
	int64_t since_ns;
	int64_t until_ns;
	const char *sensor;
	const char *class_;
	const char *kind;
	bool latest;
	bool by_number;
	unsigned int limit;
};
#define DB_FILTER_ALL	{ .since_ns = INT64_MIN, .until_ns = INT64_MAX, .limit = UINT_MAX }

/* Call @take for each, in ascending order; it stops early by returning other than 0. */
typedef int (*db_take_event)(void *userdata, const struct record_event *rec);
typedef int (*db_take_annotation)(void *userdata, const struct record_annotation *rec);
typedef int (*db_take_session)(void *userdata, const struct record_session *rec);
int db_events(struct db *db, const struct db_filter *f, db_take_event take, void *userdata);
int db_annotations(struct db *db, const struct db_filter *f, db_take_annotation take,
		   void *userdata);
int db_sessions(struct db *db, const struct db_filter *f, db_take_session take, void *userdata);
/* The running session, number 0 if there is none. */
int db_running_session(struct db *db, struct record_session *rec);
/* Each sensor's highest event number ever given. */
int db_sensors(struct db *db, void (*take)(void *userdata, const char *sensor, uint64_t last),
	       void *userdata);
/* The highest sequence and annotation number ever given; they are never used again. */
int db_last_numbers(struct db *db, uint64_t *sequence, uint64_t *annotation);
/* When the last was heard of a session's boot, on both clocks: at least its own start. */
int db_last_time(struct db *db, const struct record_session *session, int64_t *time_ns,
		 int64_t *wall_ns);
/* Bytes in use, of those that the file has. */
int db_size(struct db *db, uint64_t *bytes);

#endif
