// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "journal/db_state.h"

#define RETAIN_ROWS	2000	/* deleted at once */

/* "" and 0 are kept as NULL where they mean that there is none. */
static void bind_text(sqlite3_stmt *stmt, int column, const char *text)
{
	if (*text)
		sqlite3_bind_text(stmt, column, text, -1, SQLITE_STATIC);
}

static void bind_number(sqlite3_stmt *stmt, int column, uint64_t number)
{
	if (number)
		sqlite3_bind_int64(stmt, column, (sqlite3_int64)number);
}

static void bind_real(sqlite3_stmt *stmt, int column, float value)
{
	if (isfinite(value))
		sqlite3_bind_double(stmt, column, (double)value);
}

/* Run an INSERT; its rowid out. */
static int insert(struct db *db, sqlite3_stmt *stmt, uint64_t *number)
{
	int ret = db_run(db, stmt);

	if (!ret)
		*number = (uint64_t)sqlite3_last_insert_rowid(db->sql);
	return ret;
}

int db_add_run(struct db *db, const char *boot_id, int64_t now_ns, int64_t wall_ns,
	       uint64_t *number)
{
	static const char text[] = "INSERT INTO run(boot_id, version, started_ns, started_wall_ns)"
				   " VALUES(?, '" BACKPOP_VERSION "', ?, ?)";
	sqlite3_stmt *stmt;
	int ret;

	stmt = db_statement(db, text, &ret);
	if (!stmt)
		return ret;
	sqlite3_bind_text(stmt, 1, boot_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, now_ns);
	sqlite3_bind_int64(stmt, 3, wall_ns);
	ret = insert(db, stmt, &db->run);
	*number = db->run;
	return ret;
}

/* The number stays taken when retention has deleted the event. */
static int note_number(struct db *db, const char *sensor, uint64_t number)
{
	static const char text[] =
		"INSERT INTO sensor VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET"
		" last_number = max(last_number, ?2)";
	sqlite3_stmt *stmt;
	int ret;

	stmt = db_statement(db, text, &ret);
	if (!stmt)
		return ret;
	sqlite3_bind_text(stmt, 1, sensor, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, 2, (sqlite3_int64)number);
	return db_run(db, stmt);
}

int db_add_event(struct db *db, struct record_event *rec)
{
	static const char text[] =
		"INSERT INTO revision(run, session, sensor, number, revision, onset_ns, end_ns,"
		" emitted_ns, stream_start_ns, wall_ns, class, confidence, reason, site, manoeuvre,"
		" peak_mg, peak_mv, breath_phase, breath_depth, breath_rate_bpm, movement,"
		" silent_s, since_s)"
		" VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
	const struct bp_event *ev = &rec->ev;
	sqlite3_stmt *stmt;
	int ret, n = 0;

	stmt = db_statement(db, text, &ret);
	if (!stmt)
		return ret;
	rec->run = db->run;
	sqlite3_bind_int64(stmt, ++n, (sqlite3_int64)db->run);
	bind_number(stmt, ++n, rec->session);
	sqlite3_bind_text(stmt, ++n, rec->sensor, -1, SQLITE_STATIC);
	sqlite3_bind_int64(stmt, ++n, (sqlite3_int64)rec->number);
	sqlite3_bind_int64(stmt, ++n, ev->revision);
	sqlite3_bind_int64(stmt, ++n, ev->onset_ns);
	sqlite3_bind_int64(stmt, ++n, ev->end_ns);
	sqlite3_bind_int64(stmt, ++n, ev->emitted_ns);
	sqlite3_bind_int64(stmt, ++n, rec->stream_start_ns);
	sqlite3_bind_int64(stmt, ++n, rec->wall_ns);
	sqlite3_bind_text(stmt, ++n, bp_class_name(ev->class_), -1, SQLITE_STATIC);
	sqlite3_bind_double(stmt, ++n, (double)ev->confidence);
	n++;
	if (ev->reason != BP_REASON_NONE)
		sqlite3_bind_text(stmt, n, bp_reason_name(ev->reason), -1, SQLITE_STATIC);
	bind_number(stmt, ++n, ev->site);
	bind_number(stmt, ++n, ev->manoeuvre);
	bind_real(stmt, ++n, ev->peak_mg);
	bind_real(stmt, ++n, ev->peak_mv);
	bind_text(stmt, ++n, bp_breath_phase_name(ev->breath_phase));
	bind_real(stmt, ++n, ev->breath_depth);
	bind_real(stmt, ++n, ev->breath_rate_bpm);
	bind_text(stmt, ++n, bp_movement_name(ev->movement));
	bind_real(stmt, ++n, ev->silent_s);
	bind_real(stmt, ++n, ev->since_s);
	ret = insert(db, stmt, &rec->sequence);
	return ret ? ret : note_number(db, rec->sensor, rec->number);
}

int db_add_annotation(struct db *db, struct record_annotation *rec)
{
	static const char text[] =
		"INSERT INTO annotation(run, session, sensor, event, time_ns, wall_ns, kind, source,"
		" text) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)";
	sqlite3_stmt *stmt;
	int ret;

	stmt = db_statement(db, text, &ret);
	if (!stmt)
		return ret;
	rec->run = db->run;
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)db->run);
	bind_number(stmt, 2, rec->session);
	bind_text(stmt, 3, rec->sensor);
	bind_number(stmt, 4, rec->event);
	sqlite3_bind_int64(stmt, 5, rec->time_ns);
	sqlite3_bind_int64(stmt, 6, rec->wall_ns);
	sqlite3_bind_text(stmt, 7, rec->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 8, rec->source, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 9, rec->text, -1, SQLITE_STATIC);
	return insert(db, stmt, &rec->number);
}

int db_start_session(struct db *db, struct record_session *rec)
{
	static const char text[] =
		"INSERT INTO session(run, started_ns, started_wall_ns, metadata)"
		" VALUES(?, ?, ?, ?)";
	sqlite3_stmt *stmt;
	int ret;

	stmt = db_statement(db, text, &ret);
	if (!stmt)
		return ret;
	rec->run = db->run;
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)db->run);
	sqlite3_bind_int64(stmt, 2, rec->started_ns);
	sqlite3_bind_int64(stmt, 3, rec->started_wall_ns);
	sqlite3_bind_text(stmt, 4, rec->metadata, -1, SQLITE_STATIC);
	return insert(db, stmt, &rec->number);
}

int db_stop_session(struct db *db, uint64_t number, int64_t now_ns, int64_t wall_ns,
		    const char *ended_by)
{
	static const char text[] =
		"UPDATE session SET stopped_ns = ?2, stopped_wall_ns = ?3, ended_by = ?4"
		" WHERE number = ?1 AND ended_by IS NULL";
	sqlite3_stmt *stmt;
	int ret;

	stmt = db_statement(db, text, &ret);
	if (!stmt)
		return ret;
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)number);
	sqlite3_bind_int64(stmt, 2, now_ns);
	sqlite3_bind_int64(stmt, 3, wall_ns);
	sqlite3_bind_text(stmt, 4, ended_by, -1, SQLITE_STATIC);
	ret = db_run(db, stmt);
	return !ret && !sqlite3_changes(db->sql) ? -ENOENT : ret;
}

static int delete_rows(struct db *db, const char *text, int64_t before, bool *more)
{
	sqlite3_stmt *stmt;
	int ret;

	stmt = db_statement(db, text, &ret);
	if (!stmt)
		return ret;
	sqlite3_bind_int64(stmt, 1, before);
	sqlite3_bind_int(stmt, 2, RETAIN_ROWS);
	ret = db_run(db, stmt);
	*more |= !ret && sqlite3_changes(db->sql) == RETAIN_ROWS;
	return ret;
}

int db_retain(struct db *db, int64_t before_wall_ns, uint64_t max_bytes, bool *more)
{
	static const char *const aged[] = {
		"DELETE FROM revision WHERE sequence IN (SELECT sequence FROM revision"
		" WHERE wall_ns < ?1 LIMIT ?2)",
		"DELETE FROM annotation WHERE number IN (SELECT number FROM annotation"
		" WHERE wall_ns < ?1 LIMIT ?2)",
		"DELETE FROM session WHERE number IN (SELECT number FROM session"
		" WHERE stopped_wall_ns < ?1 LIMIT ?2)",
	};
	static const char oldest[] =
		"DELETE FROM revision WHERE sequence IN (SELECT sequence FROM revision"
		" ORDER BY sequence LIMIT ?2)";
	uint64_t before, after;
	int ret = 0;

	*more = false;
	for (size_t i = 0; i < sizeof(aged) / sizeof(aged[0]) && !ret; i++)
		ret = delete_rows(db, aged[i], before_wall_ns, more);
	if (!ret)
		ret = db_size(db, &before);
	if (!ret && before > max_bytes) {
		ret = delete_rows(db, oldest, 0, more);
		if (!ret)
			ret = db_size(db, &after);
		/* People's own words are never deleted for room: they may be all that is left. */
		*more |= !ret && after > max_bytes && after < before;
	}
	return ret ? ret : db_exec(db, "PRAGMA incremental_vacuum(1024)");
}
