// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal/db_state.h"

#define APPLICATION_ID	0x62706f70	/* "bpop", for file(1) */
#define BUSY_MS		2000		/* somebody else's sqlite3 holds a lock */
#define LOOK_STEPS	1000		/* of SQLite's machine, some 10 us, between looks at an interrupt */

/* ---- results -------------------------------------------------------------- */

static int to_errno(int rc, int system_errno)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_INTERRUPT:
		return -EINTR;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	default:
		/* SQLite tells apart few reasons why the disk refuses: the kernel knows. */
		if (system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG)
			return -ENOSPC;
		return (rc & 0xff) == SQLITE_CANTOPEN && system_errno ? -system_errno : -EIO;
	}
}

int db_result(struct db *db, int rc)
{
	int system = errno, error = 0;

	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return 0;
	/* Otherwise it is that of an earlier fault. */
	if ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN)
		error = sqlite3_system_errno(db->sql);
	/* SQLite forgets it when a write fails; db_begin() has cleared it. */
	if (!error && (rc & 0xff) == SQLITE_IOERR)
		error = system;
	snprintf(db->message, sizeof(db->message), "%s%s%s%s", sqlite3_errmsg(db->sql),
		 error ? " (" : "", error ? strerror(error) : "", error ? ")" : "");
	db->failed = true;
	return to_errno(rc, error);
}

const char *db_message(const struct db *db)
{
	return db->message;
}

const char *db_id(const struct db *db)
{
	return db->id;
}

int db_failed(const struct db *db)
{
	return db->failed;
}

/* ---- statements ----------------------------------------------------------- */

sqlite3_stmt *db_statement(struct db *db, const char *text, int *ret)
{
	size_t i;

	for (i = 0; i < DB_KEPT - 1 && db->kept[i].text && db->kept[i].text != text; i++)
		;
	if (db->kept[i].text != text) {
		sqlite3_finalize(db->kept[i].stmt);
		db->kept[i].stmt = NULL;
		db->kept[i].text = text;
		*ret = db_result(db, sqlite3_prepare_v3(db->sql, text, -1,
							SQLITE_PREPARE_PERSISTENT,
							&db->kept[i].stmt, NULL));
		if (*ret) {
			db->kept[i].text = NULL;
			return NULL;
		}
	}
	*ret = 0;
	return db->kept[i].stmt;
}

int db_run(struct db *db, sqlite3_stmt *stmt)
{
	int ret = db_result(db, sqlite3_step(stmt));

	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return ret;
}

int db_exec(struct db *db, const char *text)
{
	return db_result(db, sqlite3_exec(db->sql, text, NULL, NULL, NULL));
}

int db_number(struct db *db, const char *text, int64_t *value)
{
	sqlite3_stmt *stmt;
	int ret = db_result(db, sqlite3_prepare_v2(db->sql, text, -1, &stmt, NULL));

	*value = 0;
	if (ret)
		return ret;
	ret = db_result(db, sqlite3_step(stmt));
	if (!ret && sqlite3_column_count(stmt))
		*value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return ret;
}

/* ---- schema --------------------------------------------------------------- */

/*
 * Step n brings the schema from version n to n + 1.  What has been released is never
 * edited: a change is another step.
 */
static const char *const steps[DB_SCHEMA_VERSION] = {
	"CREATE TABLE journal(id TEXT NOT NULL);"
	"INSERT INTO journal VALUES(lower(hex(randomblob(16))));"
	"CREATE TABLE run("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, boot_id TEXT NOT NULL,"
	" version TEXT NOT NULL, started_ns INTEGER NOT NULL, started_wall_ns INTEGER NOT NULL,"
	" clean INTEGER NOT NULL DEFAULT 0);"
	"CREATE TABLE session("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL,"
	" started_ns INTEGER NOT NULL, started_wall_ns INTEGER NOT NULL,"
	" stopped_ns INTEGER, stopped_wall_ns INTEGER, ended_by TEXT, metadata TEXT NOT NULL);"
	"CREATE TABLE sensor(name TEXT PRIMARY KEY, last_number INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE revision("
	" sequence INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, session INTEGER,"
	" sensor TEXT NOT NULL, number INTEGER NOT NULL, revision INTEGER NOT NULL,"
	" onset_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL, emitted_ns INTEGER NOT NULL,"
	" stream_start_ns INTEGER NOT NULL, wall_ns INTEGER NOT NULL,"
	" class TEXT NOT NULL, confidence REAL NOT NULL, reason TEXT, site INTEGER,"
	" manoeuvre INTEGER, peak_mg REAL, peak_mv REAL, breath_phase TEXT, breath_depth REAL,"
	" breath_rate_bpm REAL, movement TEXT, silent_s REAL, since_s REAL);"
	"CREATE UNIQUE INDEX revision_of ON revision(sensor, number, revision);"
	"CREATE INDEX revision_at ON revision(wall_ns);"
	"CREATE VIEW event AS SELECT * FROM revision AS r WHERE NOT EXISTS (SELECT 1 FROM"
	" revision AS h WHERE h.sensor = r.sensor AND h.number = r.number AND"
	" h.revision > r.revision);"
	"CREATE TABLE annotation("
	" number INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, session INTEGER,"
	" sensor TEXT, event INTEGER, time_ns INTEGER NOT NULL, wall_ns INTEGER NOT NULL,"
	" kind TEXT NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL);",
};

static int migrate(struct db *db, int64_t version)
{
	char text[64];
	int ret = 0;

	for (; version < DB_SCHEMA_VERSION && !ret; version++) {
		ret = db_exec(db, "BEGIN IMMEDIATE");
		if (!ret)
			ret = db_exec(db, steps[version]);
		snprintf(text, sizeof(text), "PRAGMA user_version = %d", (int)version + 1);
		if (!ret)
			ret = db_exec(db, text);
		if (!ret)
			ret = db_exec(db, "COMMIT");
		if (ret)
			sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
	}
	return ret;
}

/* An empty data base becomes ours, an older one is brought up to date. */
static int take_schema(struct db *db, bool read_only, char *err)
{
	int64_t version, id, tables;
	char text[64];
	int ret;

	ret = db_number(db, "PRAGMA user_version", &version);
	if (!ret)
		ret = db_number(db, "PRAGMA application_id", &id);
	if (!ret)
		ret = db_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (ret)
		return ret;
	if (version > DB_SCHEMA_VERSION) {
		snprintf(err, DB_ERROR_SIZE, "its schema is version %lld, this program knows %d: "
			 "a newer backpopd made it", (long long)version, DB_SCHEMA_VERSION);
		return -EPROTO;
	}
	if (id != APPLICATION_ID && (tables || read_only)) {
		snprintf(err, DB_ERROR_SIZE, "a data base, but not a journal of backpopd");
		return -EPROTO;
	}
	if (read_only && version < DB_SCHEMA_VERSION) {
		snprintf(err, DB_ERROR_SIZE, "its schema is version %lld: let backpopd bring it "
			 "to %d first", (long long)version, DB_SCHEMA_VERSION);
		return -EPROTO;
	}
	if (!tables) {
		snprintf(text, sizeof(text), "PRAGMA application_id = %d", APPLICATION_ID);
		ret = db_exec(db, text);
	}
	return ret ? ret : migrate(db, version);
}

static int read_id(struct db *db)
{
	sqlite3_stmt *stmt;
	int ret = db_result(db, sqlite3_prepare_v2(db->sql, "SELECT id FROM journal", -1, &stmt,
						   NULL));

	if (ret)
		return ret;
	ret = db_result(db, sqlite3_step(stmt));
	if (!ret && sqlite3_column_type(stmt, 0) == SQLITE_TEXT)
		snprintf(db->id, sizeof(db->id), "%s", sqlite3_column_text(stmt, 0));
	else if (!ret)
		ret = -EUCLEAN;
	sqlite3_finalize(stmt);
	return ret;
}

/* ---- opening -------------------------------------------------------------- */

static int note_log(void *userdata, sqlite3 *sql, const char *name, int pages)
{
	struct db *db = userdata;

	(void)sql;
	(void)name;
	db->log_pages = (unsigned int)pages;
	return SQLITE_OK;
}

static int settings(struct db *db, bool read_only)
{
	int64_t pages;
	int ret;

	sqlite3_extended_result_codes(db->sql, 1);
	sqlite3_busy_timeout(db->sql, BUSY_MS);
	/* 256 KiB of cache is plenty for appending. */
	ret = db_exec(db, "PRAGMA cache_size = -256; PRAGMA temp_store = MEMORY;"
		      "PRAGMA trusted_schema = OFF");
	if (ret || read_only)
		return ret;
	ret = db_number(db, "PRAGMA page_count", &pages);
	/* Only for a new file: it is written again, even if nothing changes. */
	if (!ret && !pages)
		ret = db_exec(db, "PRAGMA auto_vacuum = INCREMENTAL");
	if (ret)
		return ret;
	/*
	 * FULL: the log is synced at each commit, so what is committed outlives a power cut.
	 * Deleted rows are somebody's health: they are overwritten.
	 */
	ret = db_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		      "PRAGMA journal_size_limit = 2097152; PRAGMA secure_delete = ON");
	/* In place of SQLite's own checkpoints, which would make the commit wait: db_tidy(). */
	sqlite3_wal_hook(db->sql, note_log, db);
	return ret;
}

/*
 * A file that nobody writes, and that was closed in order, can be read where nothing can
 * be written, and nothing is left beside it.
 */
static bool is_at_rest(const char *path)
{
	char wal[PATH_MAX];

	snprintf(wal, sizeof(wal), "%s-wal", path);
	return access(wal, F_OK) && errno == ENOENT;
}

/* "file:PATH?immutable=1", with what means something in a URI escaped. */
static void make_uri(const char *path, char *uri, size_t size)
{
	size_t n = (size_t)snprintf(uri, size, "file:");

	for (; *path && n + 16 < size; path++)
		n += (size_t)snprintf(uri + n, size - n, strchr("%?#", *path) ? "%%%02X" : "%c",
				      (unsigned char)*path);
	snprintf(uri + n, size - n, "?immutable=1");
}

static int open_file(struct db *db, const char *path, bool read_only, char *err)
{
	int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	char uri[PATH_MAX];
	int64_t unclean = 0;
	int ret;

	if (read_only && path && is_at_rest(path)) {
		make_uri(path, uri, sizeof(uri));
		path = uri;
		flags |= SQLITE_OPEN_URI;
	}
	ret = db_result(db, sqlite3_open_v2(path ? path : ":memory:", &db->sql,
					    flags | SQLITE_OPEN_NOMUTEX, NULL));
	if (!ret)
		ret = settings(db, read_only);
	if (!ret)
		ret = take_schema(db, read_only, err);
	if (!ret && !read_only)
		ret = db_number(db, "SELECT NOT clean FROM run ORDER BY number DESC LIMIT 1",
				&unclean);
	if (!ret && unclean)
		ret = db_check_first(db, err);
	return ret ? ret : read_id(db);
}

int db_open(struct db **out, const char *path, bool read_only, char *err)
{
	struct db *db = calloc(1, sizeof(*db));
	int ret;

	if (!db) {
		snprintf(err, DB_ERROR_SIZE, "out of memory");
		return -ENOMEM;
	}
	err[0] = '\0';
	ret = open_file(db, path, read_only, err);
	if (ret) {
		if (!err[0])
			snprintf(err, DB_ERROR_SIZE, "%s", db->message);
		db_close(db);
		return ret;
	}
	db->failed = false;
	*out = db;
	return 0;
}

void db_close(struct db *db)
{
	char text[64];

	if (!db)
		return;
	if (db->run && !db->failed && !db->check.due) {
		snprintf(text, sizeof(text), "UPDATE run SET clean = 1 WHERE number = %lld",
			 (long long)db->run);
		/* If it does not go in, the next opening takes a closer look. */
		sqlite3_exec(db->sql, text, NULL, NULL, NULL);
	}
	for (size_t i = 0; i < DB_KEPT; i++)
		sqlite3_finalize(db->kept[i].stmt);
	sqlite3_close(db->sql);
	free(db);
}

int db_move_aside(const char *path, char *kept)
{
	static const char *const tails[] = { "", "-wal", "-shm" };
	char from[PATH_MAX], to[PATH_MAX + 8], stamp[32];
	struct timespec now;
	struct tm tm;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	if (snprintf(kept, PATH_MAX, "%s.corrupt-%s", path, stamp) >= PATH_MAX - 8)
		return -ENAMETOOLONG;
	/* Two in a second: never over what was kept before. */
	for (int i = 2; !access(kept, F_OK) && i < 1000; i++)
		snprintf(kept, PATH_MAX, "%s.corrupt-%s.%d", path, stamp, i);
	for (size_t i = 0; i < 3; i++) {
		snprintf(from, sizeof(from), "%s%s", path, tails[i]);
		snprintf(to, sizeof(to), "%s%s", kept, tails[i]);
		if (rename(from, to) && errno != ENOENT)
			ret = -errno;
	}
	return ret;
}

bool db_has_moved(struct db *db)
{
	int moved = 0;

	return sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	       moved;
}

/* ---- transactions --------------------------------------------------------- */

int db_begin(struct db *db)
{
	db->failed = false;
	errno = 0;
	return db_exec(db, "BEGIN IMMEDIATE");
}

static int is_interrupted(void *userdata)
{
	return atomic_load(&((struct db *)userdata)->interrupted);
}

/* sqlite3_interrupt() is forgotten between two statements: looked after here. */
int db_begin_reading(struct db *db)
{
	sqlite3_progress_handler(db->sql, LOOK_STEPS, is_interrupted, db);
	db->failed = false;
	errno = 0;
	return db_exec(db, "BEGIN");
}

void db_interrupt(struct db *db)
{
	atomic_store(&db->interrupted, true);
}

unsigned int db_log_pages(const struct db *db)
{
	return db->log_pages;
}

int db_tidy(struct db *db)
{
	db->log_pages = 0;
	return db_result(db, sqlite3_wal_checkpoint_v2(db->sql, NULL, SQLITE_CHECKPOINT_PASSIVE,
						       NULL, NULL));
}

int db_commit(struct db *db)
{
	return db_exec(db, "COMMIT");
}

void db_rollback(struct db *db)
{
	sqlite3_progress_handler(db->sql, 0, NULL, NULL);
	atomic_store(&db->interrupted, false);
	/* SQLite may have rolled back by itself. */
	if (!sqlite3_get_autocommit(db->sql))
		sqlite3_exec(db->sql, "ROLLBACK", NULL, NULL, NULL);
}

void db_make_room(struct db *db)
{
	/* A page and its frame's header each, and what comes in before db_tidy(). */
	const sqlite3_int64 wanted = (DB_LOG_PAGES + DB_LOG_PAGES / 4) * (4096 + 24);
	static const char zeros[4096];
	sqlite3_int64 size, at;
	sqlite3_file *log = NULL;

	/* Zeros are no frames: who reads a log ends there. */
	if (sqlite3_file_control(db->sql, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK ||
	    !log || !log->pMethods || log->pMethods->xFileSize(log, &size) != SQLITE_OK)
		return;
	for (at = size; at < wanted; at += (sqlite3_int64)sizeof(zeros))
		if (log->pMethods->xWrite(log, zeros, sizeof(zeros), at) != SQLITE_OK)
			break;
	/* What little there is left of the disk is for events. */
	if (at < wanted)
		log->pMethods->xTruncate(log, size);
	else
		log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
}

int db_size(struct db *db, uint64_t *bytes)
{
	int64_t pages, unused, size;
	int ret;

	ret = db_number(db, "PRAGMA page_count", &pages);
	if (!ret)
		ret = db_number(db, "PRAGMA freelist_count", &unused);
	if (!ret)
		ret = db_number(db, "PRAGMA page_size", &size);
	*bytes = ret ? 0 : (uint64_t)((pages - unused) * size);
	return ret;
}
