/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct db, for db*.c only. */
#ifndef BACKPOP_JOURNAL_DB_STATE_H
#define BACKPOP_JOURNAL_DB_STATE_H

#include <sqlite3.h>
#include <stdatomic.h>

#include "journal/db.h"

#define DB_KEPT		16	/* prepared statements */

/**
 * struct db
 * @check:	is the file to be looked through, and how far that has come: table, and key of
 *		the last row
 */
struct db {
	sqlite3 *sql;
	uint64_t run;
	unsigned int log_pages;
	atomic_bool interrupted;
	bool failed;
	struct {
		bool due;
		unsigned int table;
		int64_t after;
	} check;
	char id[DB_ID_SIZE];
	char message[DB_ERROR_SIZE];
	struct {
		const char *text;
		sqlite3_stmt *stmt;
	} kept[DB_KEPT];
};

/* Take down what the data base says of @rc; returns the errno for it, or 0. */
int db_result(struct db *db, int rc);
/* The statement of a string constant, prepared once; NULL after db_result(). */
sqlite3_stmt *db_statement(struct db *db, const char *text, int *ret);
/* Run to its end one that returns no rows; resets it. */
int db_run(struct db *db, sqlite3_stmt *stmt);
int db_exec(struct db *db, const char *text);
/* A query of one number. */
int db_number(struct db *db, const char *text, int64_t *value);
/*
 * The file was not closed in order: look at what is written next and at what numbers are
 * taken from, which takes no longer for a large file.  The rest is due, for db_check_some().
 * Returns also -EUCLEAN with @err filled, DB_ERROR_SIZE bytes.
 */
int db_check_first(struct db *db, char *err);

#endif
