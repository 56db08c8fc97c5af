// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is the file whole?  SQLite's own check holds one state of the file, and the log grows
 * meanwhile; before 3.41 nothing can break it off.  Ten gigabytes of a slow card are many
 * minutes: so the file is looked through in portions.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "journal/db_state.h"

#define PORTION		500	/* rows: some milliseconds, if the disk need not be waited for */
#define NEWEST		"100"

/* Corrupt for a reason that SQLite has no words for. */
static int refuse(struct db *db, const char *what, int64_t key)
{
	snprintf(db->message, sizeof(db->message), "%s %lld", what, (long long)key);
	return -EUCLEAN;
}

/* ---- before the first write ------------------------------------------------ */

/* SQLite's check of a table that stays small. */
static int check_table(struct db *db, const char *check)
{
	sqlite3_stmt *stmt;
	const char *answer;
	int ret = db_result(db, sqlite3_prepare_v2(db->sql, check, -1, &stmt, NULL));

	if (ret)
		return ret;
	ret = db_result(db, sqlite3_step(stmt));
	answer = ret ? NULL : (const char *)sqlite3_column_text(stmt, 0);
	if (!ret && (!answer || strcmp(answer, "ok"))) {
		snprintf(db->message, sizeof(db->message), "%s",
			 answer ? answer : "it cannot be checked");
		ret = -EUCLEAN;
	}
	sqlite3_finalize(stmt);
	return ret;
}

/* Read all that a query tells. */
static int read_through(struct db *db, const char *query)
{
	sqlite3_stmt *stmt;
	int rc = SQLITE_DONE, ret;

	ret = db_result(db, sqlite3_prepare_v2(db->sql, query, -1, &stmt, NULL));
	while (!ret && (rc = sqlite3_step(stmt)) != SQLITE_DONE)
		ret = db_result(db, rc);
	sqlite3_finalize(stmt);
	return ret;
}

int db_check_first(struct db *db, char *err)
{
	static const char *const small[] = {
		"PRAGMA quick_check(journal)", "PRAGMA quick_check(run)",
		"PRAGMA quick_check(session)", "PRAGMA quick_check(sensor)",
	};
	/* Where rows are added: the ends of the tables, and of their indexes. */
	static const char *const ends[] = {
		"SELECT * FROM revision NOT INDEXED ORDER BY sequence DESC LIMIT " NEWEST,
		"SELECT wall_ns FROM revision INDEXED BY revision_at ORDER BY wall_ns DESC LIMIT " NEWEST,
		"SELECT (SELECT max(number) FROM revision INDEXED BY revision_of WHERE sensor = name)"
		" FROM sensor",
		"SELECT * FROM annotation ORDER BY number DESC LIMIT " NEWEST,
		"SELECT * FROM sqlite_sequence",
	};
	int ret = 0;

	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]) && !ret; i++)
		ret = check_table(db, small[i]);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && !ret; i++)
		ret = read_through(db, ends[i]);
	if (ret)
		snprintf(err, DB_ERROR_SIZE, "%s", db->message);
	db->check.due = true;
	return ret;
}

/* ---- beside the events ----------------------------------------------------- */

/* The last column: is the row found by the table's indexes? */
static const char *const tables[] = {
	"SELECT sequence, *, EXISTS (SELECT 1 FROM revision AS i INDEXED BY revision_of WHERE"
	" i.sensor = r.sensor AND i.number = r.number AND i.revision = r.revision AND"
	" i.sequence = r.sequence) AND EXISTS (SELECT 1 FROM revision AS i INDEXED BY revision_at"
	" WHERE i.wall_ns = r.wall_ns AND i.sequence = r.sequence)"
	" FROM revision AS r NOT INDEXED WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
	"SELECT number, *, 1 FROM annotation WHERE number > ?1 ORDER BY number LIMIT ?2",
};

bool db_check_due(const struct db *db)
{
	return db->check.due;
}

int db_check_some(struct db *db)
{
	unsigned int table = db->check.table;
	int64_t after = db->check.after;
	sqlite3_stmt *stmt;
	int rows = 0, rc, ret;

	ret = db_result(db, sqlite3_prepare_v2(db->sql, tables[table], -1, &stmt, NULL));
	if (ret)
		return ret;
	sqlite3_bind_int64(stmt, 1, after);
	sqlite3_bind_int(stmt, 2, PORTION);
	while (!ret && (rc = sqlite3_step(stmt)) != SQLITE_DONE) {
		int64_t key;

		ret = db_result(db, rc);
		if (ret)
			break;
		key = sqlite3_column_int64(stmt, 0);
		if (key <= after)
			ret = refuse(db, "rows are out of order at", key);
		else if (!sqlite3_column_int(stmt, sqlite3_column_count(stmt) - 1))
			ret = refuse(db, "an index lacks row", key);
		after = key;
		rows++;
	}
	sqlite3_finalize(stmt);
	if (ret)
		return ret;
	db->check.after = after;
	if (rows < PORTION) {
		db->check.after = 0;
		db->check.table++;
		db->check.due = db->check.table < sizeof(tables) / sizeof(tables[0]);
	}
	return 0;
}
