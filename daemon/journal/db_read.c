// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "event_names.h"
#include "journal/db_state.h"

static void copy_text(sqlite3_stmt *stmt, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	snprintf(out, size, "%s", text ? text : "");
}

static const char *text_or(sqlite3_stmt *stmt, int column, const char *otherwise)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	return text ? text : otherwise;
}

static float real(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_type(stmt, column) == SQLITE_NULL ?
	       NAN : (float)sqlite3_column_double(stmt, column);
}

static uint64_t number(sqlite3_stmt *stmt, int column)
{
	return (uint64_t)sqlite3_column_int64(stmt, column);
}

/* Parameters that a filter may have; those that a query does not name are left. */
static void bind_filter(sqlite3_stmt *stmt, const struct db_filter *f)
{
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{ ":from", (int64_t)f->from }, { ":from_number", (int64_t)f->from_number },
		{ ":session", (int64_t)f->session }, { ":since", f->since_ns },
		{ ":until", f->until_ns }, { ":limit", (int64_t)f->limit },
	};
	const struct {
		const char *name, *value;
	} texts[] = {
		{ ":sensor", f->sensor }, { ":class", f->class_ }, { ":kind", f->kind },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int n = sqlite3_bind_parameter_index(stmt, numbers[i].name);

		if (n)
			sqlite3_bind_int64(stmt, n, numbers[i].value);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int n = sqlite3_bind_parameter_index(stmt, texts[i].name);

		if (n)
			sqlite3_bind_text(stmt, n, texts[i].value, -1, SQLITE_STATIC);
	}
}

#define LATEST	" AND NOT EXISTS (SELECT 1 FROM revision AS h WHERE h.sensor = r.sensor AND" \
		" h.number = r.number AND h.revision > r.revision)"

static int prepare_events(struct db *db, const struct db_filter *f, sqlite3_stmt **stmt)
{
	char text[1536];

	snprintf(text, sizeof(text),
		 "SELECT sequence, run, session, number, wall_ns, stream_start_ns, sensor, boot_id,"
		 " revision, onset_ns, end_ns, emitted_ns, class, confidence, reason, site,"
		 " manoeuvre, peak_mg, peak_mv, breath_phase, breath_depth, breath_rate_bpm, movement,"
		 " silent_s, since_s FROM revision AS r LEFT JOIN (SELECT number AS run_number, boot_id FROM run)"
		 " ON run = run_number WHERE sequence >= :from AND wall_ns >= :since AND"
		 " wall_ns < :until%s%s%s%s%s ORDER BY %s LIMIT :limit",
		 f->from_number ? " AND number >= :from_number" : "",
		 f->session ? " AND session = :session" : "",
		 f->sensor ? " AND sensor = :sensor" : "", f->class_ ? " AND class = :class" : "",
		 f->latest ? LATEST : "", f->by_number ? "number, revision" : "sequence");
	return db_result(db, sqlite3_prepare_v2(db->sql, text, -1, stmt, NULL));
}

static void read_event(sqlite3_stmt *stmt, struct record_event *rec)
{
	struct bp_event *ev = &rec->ev;
	const char *reason;

	*rec = (struct record_event) {
		.sequence = number(stmt, 0),
		.run = number(stmt, 1),
		.session = number(stmt, 2),
		.number = number(stmt, 3),
		.wall_ns = sqlite3_column_int64(stmt, 4),
		.stream_start_ns = sqlite3_column_int64(stmt, 5),
	};
	copy_text(stmt, 6, rec->sensor, sizeof(rec->sensor));
	copy_text(stmt, 7, rec->boot_id, sizeof(rec->boot_id));
	ev->revision = (uint32_t)number(stmt, 8);
	ev->onset_ns = sqlite3_column_int64(stmt, 9);
	ev->end_ns = sqlite3_column_int64(stmt, 10);
	ev->emitted_ns = sqlite3_column_int64(stmt, 11);
	ev->class_ = event_class_of(text_or(stmt, 12, ""));
	ev->confidence = real(stmt, 13);
	reason = text_or(stmt, 14, NULL);
	ev->reason = reason ? event_reason_of(reason) : BP_REASON_NONE;
	ev->site = (uint32_t)number(stmt, 15);
	ev->manoeuvre = (uint32_t)number(stmt, 16);
	ev->peak_mg = real(stmt, 17);
	ev->peak_mv = real(stmt, 18);
	ev->breath_phase = event_phase_of(text_or(stmt, 19, ""));
	ev->breath_depth = real(stmt, 20);
	ev->breath_rate_bpm = real(stmt, 21);
	ev->movement = event_movement_of(text_or(stmt, 22, ""));
	ev->silent_s = real(stmt, 23);
	ev->since_s = real(stmt, 24);
	ev->number = (uint32_t)rec->number;
}

int db_events(struct db *db, const struct db_filter *f, db_take_event take, void *userdata)
{
	struct record_event rec;
	sqlite3_stmt *stmt;
	int rc, ret = prepare_events(db, f, &stmt);

	if (ret)
		return ret;
	bind_filter(stmt, f);
	while (!ret && (rc = sqlite3_step(stmt)) != SQLITE_DONE) {
		ret = db_result(db, rc);
		if (ret)
			break;
		read_event(stmt, &rec);
		ret = take(userdata, &rec);
	}
	sqlite3_finalize(stmt);
	return ret;
}

int db_annotations(struct db *db, const struct db_filter *f, db_take_annotation take,
		   void *userdata)
{
	struct record_annotation rec;
	sqlite3_stmt *stmt;
	char text[1024];
	int rc, ret;

	snprintf(text, sizeof(text),
		 "SELECT number, run, session, event, time_ns, wall_ns, sensor, boot_id, kind,"
		 " source, text FROM annotation LEFT JOIN (SELECT number AS run_number, boot_id"
		 " FROM run) ON run = run_number WHERE number >= :from AND wall_ns >= :since AND"
		 " wall_ns < :until%s%s%s ORDER BY number LIMIT :limit",
		 f->session ? " AND session = :session" : "",
		 f->sensor ? " AND sensor = :sensor" : "", f->kind ? " AND kind = :kind" : "");
	ret = db_result(db, sqlite3_prepare_v2(db->sql, text, -1, &stmt, NULL));
	if (ret)
		return ret;
	bind_filter(stmt, f);
	while (!ret && (rc = sqlite3_step(stmt)) != SQLITE_DONE) {
		ret = db_result(db, rc);
		if (ret)
			break;
		rec = (struct record_annotation) {
			.number = number(stmt, 0),
			.run = number(stmt, 1),
			.session = number(stmt, 2),
			.event = number(stmt, 3),
			.time_ns = sqlite3_column_int64(stmt, 4),
			.wall_ns = sqlite3_column_int64(stmt, 5),
		};
		copy_text(stmt, 6, rec.sensor, sizeof(rec.sensor));
		copy_text(stmt, 7, rec.boot_id, sizeof(rec.boot_id));
		copy_text(stmt, 8, rec.kind, sizeof(rec.kind));
		copy_text(stmt, 9, rec.source, sizeof(rec.source));
		copy_text(stmt, 10, rec.text, sizeof(rec.text));
		ret = take(userdata, &rec);
	}
	sqlite3_finalize(stmt);
	return ret;
}

int db_sessions(struct db *db, const struct db_filter *f, db_take_session take, void *userdata)
{
	struct record_session rec;
	sqlite3_stmt *stmt;
	int rc, ret;

	ret = db_result(db, sqlite3_prepare_v2(db->sql,
		"SELECT number, run, started_ns, started_wall_ns, stopped_ns, stopped_wall_ns,"
		" boot_id, ended_by, metadata FROM session LEFT JOIN (SELECT number AS run_number,"
		" boot_id FROM run) ON run = run_number WHERE number >= :from AND"
		" started_wall_ns >= :since AND started_wall_ns < :until ORDER BY number LIMIT :limit",
		-1, &stmt, NULL));
	if (ret)
		return ret;
	bind_filter(stmt, f);
	while (!ret && (rc = sqlite3_step(stmt)) != SQLITE_DONE) {
		ret = db_result(db, rc);
		if (ret)
			break;
		rec.number = number(stmt, 0);
		rec.run = number(stmt, 1);
		rec.started_ns = sqlite3_column_int64(stmt, 2);
		rec.started_wall_ns = sqlite3_column_int64(stmt, 3);
		rec.stopped_ns = sqlite3_column_int64(stmt, 4);
		rec.stopped_wall_ns = sqlite3_column_int64(stmt, 5);
		copy_text(stmt, 6, rec.boot_id, sizeof(rec.boot_id));
		copy_text(stmt, 7, rec.ended_by, sizeof(rec.ended_by));
		copy_text(stmt, 8, rec.metadata, sizeof(rec.metadata));
		ret = take(userdata, &rec);
	}
	sqlite3_finalize(stmt);
	return ret;
}

static int take_running(void *userdata, const struct record_session *rec)
{
	if (!rec->ended_by[0])
		*(struct record_session *)userdata = *rec;
	return 0;
}

int db_running_session(struct db *db, struct record_session *rec)
{
	struct db_filter f = DB_FILTER_ALL;
	int64_t running;
	int ret;

	*rec = (struct record_session){ 0 };
	ret = db_number(db, "SELECT max(number) FROM session WHERE ended_by IS NULL", &running);
	if (ret || !running)
		return ret;
	f.from = (uint64_t)running;
	f.limit = 1;
	return db_sessions(db, &f, take_running, rec);
}

int db_sensors(struct db *db, void (*take)(void *userdata, const char *sensor, uint64_t last),
	       void *userdata)
{
	sqlite3_stmt *stmt;
	int rc, ret;

	ret = db_result(db, sqlite3_prepare_v2(db->sql, "SELECT name, last_number FROM sensor", -1,
					       &stmt, NULL));
	if (ret)
		return ret;
	while (!ret && (rc = sqlite3_step(stmt)) != SQLITE_DONE) {
		ret = db_result(db, rc);
		if (!ret)
			take(userdata, text_or(stmt, 0, ""), number(stmt, 1));
	}
	sqlite3_finalize(stmt);
	return ret;
}

int db_last_numbers(struct db *db, uint64_t *sequence, uint64_t *annotation)
{
	int64_t n;
	int ret;

	ret = db_number(db, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'revision'", &n);
	*sequence = (uint64_t)n;
	if (!ret)
		ret = db_number(db, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'annotation'",
				&n);
	*annotation = ret ? 0 : (uint64_t)n;
	return ret;
}

int db_last_time(struct db *db, const struct record_session *session, int64_t *time_ns,
		 int64_t *wall_ns)
{
	/* Of the newest rows only: there may be millions. */
	static const char text[] =
		"WITH boot AS (SELECT number FROM run WHERE boot_id = ?2) SELECT t, wall FROM ("
		" SELECT started_ns AS t, started_wall_ns AS wall FROM session WHERE number = ?1"
		" UNION ALL SELECT started_ns, started_wall_ns FROM run WHERE number IN boot"
		" UNION ALL SELECT onset_ns, wall_ns FROM (SELECT run, onset_ns, wall_ns FROM revision"
		" ORDER BY sequence DESC LIMIT 100) WHERE run IN boot"
		" UNION ALL SELECT time_ns, wall_ns FROM (SELECT run, time_ns, wall_ns FROM annotation"
		" ORDER BY number DESC LIMIT 100) WHERE run IN boot) ORDER BY t DESC LIMIT 1";
	sqlite3_stmt *stmt;
	int ret = db_result(db, sqlite3_prepare_v2(db->sql, text, -1, &stmt, NULL));

	if (ret)
		return ret;
	sqlite3_bind_int64(stmt, 1, (int64_t)session->number);
	sqlite3_bind_text(stmt, 2, session->boot_id, -1, SQLITE_STATIC);
	ret = db_result(db, sqlite3_step(stmt));
	*time_ns = sqlite3_column_int64(stmt, 0);
	*wall_ns = sqlite3_column_int64(stmt, 1);
	sqlite3_finalize(stmt);
	return ret;
}
