// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "journal/db_state.h"

#define RETAIN_ROWS	2000	/* deleted at once */

/* What a statement's parameters are bound to, in their order. */
struct value {
	enum { INTEGER, REAL, TEXT } type;
	bool optional;		/* 0 and "" mean that there is none: NULL */
	int64_t integer;
	double real;		/* not finite: NULL */
	const char *text;	/* NULL: NULL */
};
#define INT(v)		{ .type = INTEGER, .integer = (int64_t)(v) }
#define NUMBER(v)	{ .type = INTEGER, .integer = (int64_t)(v), .optional = true }
#define FLOAT(v)	{ .type = REAL, .real = (double)(v) }
#define WORD(v)		{ .type = TEXT, .text = (v) }
#define WORD_IF(v)	{ .type = TEXT, .text = (v), .optional = true }
#define RUN(db, text, values) \
	run(db, text, values, sizeof(values) / sizeof((values)[0]))

static void bind(sqlite3_stmt *stmt, int column, const struct value *v)
{
	switch (v->type) {
	case INTEGER:
		if (v->integer || !v->optional)
			sqlite3_bind_int64(stmt, column, v->integer);
		break;
	case REAL:
		if (isfinite(v->real))
			sqlite3_bind_double(stmt, column, v->real);
		break;
	case TEXT:
		if (v->text && (*v->text || !v->optional))
			sqlite3_bind_text(stmt, column, v->text, -1, SQLITE_STATIC);
		break;
	}
}

/* Run a statement (a string constant) that returns no rows. */
static int run(struct db *db, const char *text, const struct value *values, size_t n)
{
	sqlite3_stmt *stmt;
	int ret;

	stmt = db_statement(db, text, &ret);
	if (!stmt)
		return ret;
	for (size_t i = 0; i < n; i++)
		bind(stmt, (int)i + 1, &values[i]);
	return db_run(db, stmt);
}

/* The row of the INSERT just run. */
static uint64_t inserted(const struct db *db)
{
	return (uint64_t)sqlite3_last_insert_rowid(db->sql);
}

int db_add_run(struct db *db, const char *boot_id, int64_t now_ns, int64_t wall_ns,
	       uint64_t *number)
{
	static const char text[] = "INSERT INTO run(boot_id, version, started_ns, started_wall_ns)"
				   " VALUES(?, '" BACKPOP_VERSION "', ?, ?)";
	const struct value values[] = { WORD(boot_id), INT(now_ns), INT(wall_ns) };
	int ret = RUN(db, text, values);

	if (!ret)
		*number = db->run = inserted(db);
	return ret;
}

/* The number stays taken when retention has deleted the event. */
static int note_number(struct db *db, const char *sensor, uint64_t number)
{
	static const char text[] =
		"INSERT INTO sensor VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET"
		" last_number = max(last_number, ?2)";
	const struct value values[] = { WORD(sensor), INT(number) };

	return RUN(db, text, values);
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
	const struct value values[] = {
		INT(db->run), NUMBER(rec->session), WORD(rec->sensor), INT(rec->number),
		INT(ev->revision), INT(ev->onset_ns), INT(ev->end_ns), INT(ev->emitted_ns),
		INT(rec->stream_start_ns), INT(rec->wall_ns), WORD(bp_class_name(ev->class_)),
		FLOAT(ev->confidence),
		WORD(ev->reason != BP_REASON_NONE ? bp_reason_name(ev->reason) : NULL),
		NUMBER(ev->site), NUMBER(ev->manoeuvre), FLOAT(ev->peak_mg), FLOAT(ev->peak_mv),
		WORD_IF(bp_breath_phase_name(ev->breath_phase)), FLOAT(ev->breath_depth),
		FLOAT(ev->breath_rate_bpm), WORD_IF(bp_movement_name(ev->movement)),
		FLOAT(ev->silent_s), FLOAT(ev->since_s),
	};
	int ret;

	rec->run = db->run;
	ret = RUN(db, text, values);
	if (ret)
		return ret;
	rec->sequence = inserted(db);
	return note_number(db, rec->sensor, rec->number);
}

int db_add_sensor(struct db *db, const char *sensor)
{
	return note_number(db, sensor, 0);
}

int db_add_annotation(struct db *db, struct record_annotation *rec)
{
	static const char text[] =
		"INSERT INTO annotation(run, session, sensor, event, time_ns, wall_ns, kind, source,"
		" text) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)";
	const struct value values[] = {
		INT(db->run), NUMBER(rec->session), WORD_IF(rec->sensor), NUMBER(rec->event),
		INT(rec->time_ns), INT(rec->wall_ns), WORD(rec->kind), WORD(rec->source),
		WORD(rec->text),
	};
	int ret = RUN(db, text, values);

	rec->run = db->run;
	if (!ret)
		rec->number = inserted(db);
	return ret;
}

int db_start_session(struct db *db, struct record_session *rec)
{
	static const char text[] =
		"INSERT INTO session(run, started_ns, started_wall_ns, metadata)"
		" VALUES(?, ?, ?, ?)";
	const struct value values[] = {
		INT(db->run), INT(rec->started_ns), INT(rec->started_wall_ns), WORD(rec->metadata),
	};
	int ret = RUN(db, text, values);

	rec->run = db->run;
	if (!ret)
		rec->number = inserted(db);
	return ret;
}

int db_keep_session(struct db *db, const struct record_session *rec)
{
	static const char text[] =
		"INSERT OR IGNORE INTO session(number, run, started_ns, started_wall_ns, metadata)"
		" VALUES(?, ?, ?, ?, ?)";
	const struct value values[] = {
		INT(rec->number), INT(db->run), INT(rec->started_ns), INT(rec->started_wall_ns),
		WORD(rec->metadata),
	};

	return RUN(db, text, values);
}

int db_stop_session(struct db *db, uint64_t number, int64_t now_ns, int64_t wall_ns,
		    const char *ended_by)
{
	static const char text[] =
		"UPDATE session SET stopped_ns = ?2, stopped_wall_ns = ?3, ended_by = ?4"
		" WHERE number = ?1 AND ended_by IS NULL";
	const struct value values[] = { INT(number), INT(now_ns), INT(wall_ns), WORD(ended_by) };
	int ret = RUN(db, text, values);

	return !ret && !sqlite3_changes(db->sql) ? -ENOENT : ret;
}

static int delete_rows(struct db *db, const char *text, int64_t before, bool *more)
{
	const struct value values[] = { INT(before), INT(RETAIN_ROWS) };
	int ret = RUN(db, text, values);

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
