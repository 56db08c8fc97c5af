// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal's thread: what takes the disk. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/journal_state.h"
#include "log.h"

#define BATCH		256		/* jobs a transaction */
#define RETRY_NS	NS_PER_S
#define RETAIN_S	3600
#define RETAIN_JOBS	10000
#define TIDY_NS		NS_PER_S	/* nothing was written for so long: a good moment */
#define LOG_PAGES_MAX	(8 * DB_LOG_PAGES) /* no longer waiting for a good moment */
#define BREAK_OFF_MAX	3		/* times that a question is put off */
#define VOLATILE_MIB	2u
#define CHECK_REST	3		/* times as long as it took, after a portion of the check */

/* ---- the file ------------------------------------------------------------- */

/* How the check of the file stands, for the loop; the lock is not held. */
static void note_check(struct journal *j, enum journal_check check)
{
	pthread_mutex_lock(&j->lock);
	/* What was moved aside is somebody's to look after, whatever comes later. */
	if (j->check != JOURNAL_CHECK_CORRUPT)
		j->check = check;
	pthread_mutex_unlock(&j->lock);
}

/* In a file that was begun anew: what runs goes on in it. */
static int keep_session(struct journal *j)
{
	struct record_session session;

	pthread_mutex_lock(&j->lock);
	session = j->session;
	pthread_mutex_unlock(&j->lock);
	return session.number ? db_keep_session(j->db, &session) : 0;
}

/* A run begins: what a former boot left open ends. */
static int begin_run(struct journal *j)
{
	struct record_session session;
	int64_t time_ns, wall_ns;
	uint64_t run;
	int ret;

	ret = db_begin(j->db);
	if (!ret && j->path[0])
		db_make_room(j->db);
	if (!ret)
		ret = db_running_session(j->db, &session);
	if (!ret && session.number && strcmp(session.boot_id, j->boot_id)) {
		ret = db_last_time(j->db, &session, &time_ns, &wall_ns);
		if (!ret)
			ret = db_stop_session(j->db, session.number, time_ns, wall_ns, "reboot");
		if (!ret)
			log_notice("journal: session %llu ended with the machine's last run",
				   (unsigned long long)session.number);
	}
	if (!ret)
		ret = db_add_run(j->db, j->boot_id, clock_ns(CLOCK_MONOTONIC),
				 clock_ns(CLOCK_REALTIME), &run);
	if (!ret)
		ret = keep_session(j);
	if (!ret)
		ret = db_commit(j->db);
	if (ret)
		db_rollback(j->db);
	j->run_begun = !ret;
	return ret;
}

/* Of a disk that refuses for now, SQLite's words tell little when nothing can be opened. */
static int see_read_only(const struct journal *j, int error, char *err)
{
	char directory[PATH_MAX];

	if (!error || !j->path[0])
		return error;
	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(j->path, '/') - j->path),
		 j->path);
	if (!access(directory, W_OK) || errno != EROFS)
		return error;
	snprintf(err, DB_ERROR_SIZE, "the file system is read-only");
	return -EROFS;
}

/* The file is corrupt: keep it under another name.  Return: may a new one be begun? */
static bool set_aside(struct journal *j, const char *why)
{
	char kept[PATH_MAX];
	int ret;

	db_close(j->db);
	j->db = NULL;
	j->run_begun = false;
	ret = j->path[0] ? db_move_aside(j->path, kept) : -ENOENT;
	if (ret)
		log_error("journal: %s is corrupt (%s), and cannot be moved aside: %s",
			  j->path[0] ? j->path : "what is in memory", why, strerror(-ret));
	else
		log_error("journal: %s is corrupt (%s): kept as %s, a new one is begun", j->path, why,
			  kept);
	return !ret;
}

int journal_open_db(struct journal *j, char *err)
{
	const char *path = j->path[0] ? j->path : NULL;
	char text[DB_ERROR_SIZE];
	int ret = 0;

	for (int attempt = 0; attempt < 2; attempt++) {
		ret = db_open(&j->db, path, false, text);
		if (!ret) {
			ret = begin_run(j);
			if (!ret)
				break;
			snprintf(text, sizeof(text), "%s", db_message(j->db));
		}
		snprintf(err, DB_ERROR_SIZE, "%s", text);
		if (ret != -EUCLEAN || attempt || !set_aside(j, text))
			break;
		note_check(j, JOURNAL_CHECK_CORRUPT);
	}
	if (j->db && db_check_due(j->db))
		note_check(j, JOURNAL_CHECK_RUNNING);
	return see_read_only(j, ret, err);
}

/* ---- the thread ----------------------------------------------------------- */

static void wake_loop(struct journal *j)
{
	const uint64_t one = 1;

	/* Can only fail when it has been woken very often already. */
	if (write(j->fd, &one, sizeof(one)) < 0)
		return;
}

static int run_jobs(struct journal *j, struct queue *batch)
{
	int ret = db_begin(j->db);

	for (struct journal_job *job = batch->first; job && !ret; job = job->next) {
		job->result = job->run ? job->run(j->db, job) : 0;
		if (db_failed(j->db))
			ret = job->result ? job->result : -EIO;
	}
	if (!ret)
		ret = db_commit(j->db);
	return ret;
}

/*
 * A full disk heals under an open file; a corrupt file does not heal; of anything else a new
 * look is taken.
 */
static void forget_db(struct journal *j, int error, const char *why)
{
	if (error == -EUCLEAN) {
		if (set_aside(j, why))
			note_check(j, JOURNAL_CHECK_CORRUPT);
		return;
	}
	if (error == -ENOSPC || error == -EBUSY || error == -EINTR || error == -ENOMEM || !j->path[0])
		return;
	db_close(j->db);
	j->db = NULL;
	j->run_begun = false;
}

/* Somebody has moved or deleted the file: what goes into it is in nobody's hands any more. */
static void follow_file(struct journal *j)
{
	if (!j->db || !j->path[0] || !db_has_moved(j->db))
		return;
	log_error("journal: %s was moved or deleted while it was in use: a new one is begun", j->path);
	/* What was moved away lacks nothing then. */
	db_tidy(j->db);
	db_close(j->db);
	j->db = NULL;
	j->run_begun = false;
}

/* One transaction with all of them.  Fills @reason if it fails. */
static int run_batch(struct journal *j, struct queue *batch, char *reason)
{
	int64_t begin = clock_ns(CLOCK_MONOTONIC);
	uint64_t us;
	int ret;

	follow_file(j);
	ret = j->db ? 0 : journal_open_db(j, reason);
	if (ret)
		return ret;
	ret = j->run_begun ? 0 : begin_run(j);
	if (!ret)
		ret = run_jobs(j, batch);
	us = (uint64_t)(clock_ns(CLOCK_MONOTONIC) - begin) / 1000;
	pthread_mutex_lock(&j->lock);
	if (us > j->slowest_us)
		j->slowest_us = us;
	if (!ret)
		memcpy(j->id, db_id(j->db), sizeof(j->id));
	pthread_mutex_unlock(&j->lock);
	if (!ret)
		return 0;
	snprintf(reason, DB_ERROR_SIZE, "%s", db_message(j->db));
	ret = see_read_only(j, ret, reason);
	db_rollback(j->db);
	forget_db(j, ret, reason);
	return ret;
}

void journal_set_state(struct journal *j, int error, const char *reason)
{
	if (!error) {
		j->state = j->path[0] ? JOURNAL_OK : JOURNAL_VOLATILE;
		j->reason[0] = '\0';
		return;
	}
	j->state = error == -ENOSPC ? JOURNAL_FULL : JOURNAL_FAILED;
	snprintf(j->reason, sizeof(j->reason), "%s", reason);
}

/*
 * Sort what a batch has become: done, or after a fault held back; the lock is held.
 * When all is to end, nothing is held back.
 */
static void sort_batch(struct journal *j, struct queue *batch, int error)
{
	int64_t now = clock_ns(CLOCK_MONOTONIC);
	struct journal_job *job;
	struct queue held;

	queue_init(&held);
	while ((job = queue_take(batch))) {
		if (error && job->keep && !j->stop) {
			queue_add(&held, job);
			continue;
		}
		if (error)
			job->result = error;
		job->written_ns = now;
		if (!job->keep)
			j->asked_done++;
		queue_add(&j->done, job);
	}
	queue_put_back(&j->todo, &held);
}

/* Until something comes, at most until a time on CLOCK_MONOTONIC; the lock is held. */
static void wait_until(struct journal *j, int64_t until_ns)
{
	struct timespec until = { until_ns / NS_PER_S, until_ns % NS_PER_S };

	pthread_cond_timedwait(&j->work, &j->lock, &until);
}

/* Delete what is too old or too much, some of it at a time.  Return: is there more? */
static bool retain(struct journal *j, const struct journal_settings *s)
{
	int64_t before = INT64_MIN;
	char reason[DB_ERROR_SIZE];
	uint64_t max = s->max_size_mib ? (uint64_t)s->max_size_mib << 20 : UINT64_MAX;
	bool more = false;
	int ret;

	if (!j->db)
		return false;
	if (!j->path[0] && max > VOLATILE_MIB << 20)
		max = VOLATILE_MIB << 20;
	if (s->max_age_days)
		before = clock_ns(CLOCK_REALTIME) - s->max_age_days * 86400LL * NS_PER_S;
	ret = db_begin(j->db);
	if (!ret)
		ret = db_retain(j->db, before, max, &more);
	if (!ret)
		ret = db_commit(j->db);
	if (ret) {
		snprintf(reason, sizeof(reason), "%s", db_message(j->db));
		log_warning("journal: old entries cannot be deleted: %s", reason);
		db_rollback(j->db);
		forget_db(j, ret, reason);
	}
	return more && !ret;
}

/* Write what waits; the lock is held. */
static void write_some(struct journal *j)
{
	char reason[DB_ERROR_SIZE];
	struct journal_job *job;
	struct queue batch;
	int ret;

	queue_init(&batch);
	while (batch.n < BATCH && (job = queue_take(&j->todo)))
		queue_add(&batch, job);
	j->since_retained += batch.n;
	pthread_mutex_unlock(&j->lock);
	ret = run_batch(j, &batch, reason);
	pthread_mutex_lock(&j->lock);
	sort_batch(j, &batch, ret);
	journal_set_state(j, ret, reason);
	j->retrying = ret && !j->stop;
	j->quiet_until = clock_ns(CLOCK_MONOTONIC) + (j->retrying ? RETRY_NS : TIDY_NS);
	wake_loop(j);
}

/*
 * Run one job that only looks; the lock is held.  What comes to be written breaks it off,
 * but not for ever.
 */
static void read_one(struct journal *j)
{
	struct journal_job *job = queue_take(&j->reads);
	char reason[DB_ERROR_SIZE];
	bool broken_off;
	int ret;

	j->reading = j->db && j->broken_off < BREAK_OFF_MAX;
	pthread_mutex_unlock(&j->lock);
	ret = j->db ? 0 : journal_open_db(j, reason);
	if (!ret)
		ret = db_begin_reading(j->db);
	if (!ret)
		ret = job->run(j->db, job);
	pthread_mutex_lock(&j->lock);
	broken_off = ret == -EINTR && j->reading;
	/* From here on nobody interrupts: not the rollback either. */
	j->reading = false;
	pthread_mutex_unlock(&j->lock);
	if (j->db)
		db_rollback(j->db);
	if (j->db && ret && db_failed(j->db)) {
		snprintf(reason, sizeof(reason), "%s", db_message(j->db));
		forget_db(j, ret, reason);
	}
	pthread_mutex_lock(&j->lock);
	if (broken_off) {
		j->broken_off++;
		queue_put_front(&j->reads, job);
		return;
	}
	j->broken_off = 0;
	job->result = ret;
	j->asked_done++;
	queue_add(&j->done, job);
	wake_loop(j);
}

/* Portion by portion, so that what waits is written in between; the lock is held. */
static void retain_some(struct journal *j)
{
	struct journal_settings settings = j->settings;
	bool more;

	j->retain = false;
	j->since_retained = 0;
	j->retained = clock_ns(CLOCK_MONOTONIC) / NS_PER_S;
	pthread_mutex_unlock(&j->lock);
	more = retain(j, &settings);
	pthread_mutex_lock(&j->lock);
	j->retain |= more;
}

/* The log into the file, while nobody waits for the disk; the lock is held. */
static void tidy(struct journal *j)
{
	pthread_mutex_unlock(&j->lock);
	/* A full disk shows when there is something to be written. */
	db_tidy(j->db);
	pthread_mutex_lock(&j->lock);
}

static bool is_check_due(const struct journal *j)
{
	return j->db && db_check_due(j->db) && !j->check_given_up;
}

/* Look through a portion of the file, for as long as nothing comes; the lock is held. */
static void check_some(struct journal *j)
{
	int64_t begin = clock_ns(CLOCK_MONOTONIC), end;
	char reason[DB_ERROR_SIZE];
	int ret;

	j->reading = true;
	pthread_mutex_unlock(&j->lock);
	ret = db_begin_reading(j->db);
	if (!ret)
		ret = db_check_some(j->db);
	pthread_mutex_lock(&j->lock);
	j->reading = false;
	pthread_mutex_unlock(&j->lock);
	snprintf(reason, sizeof(reason), "%s", db_message(j->db));
	db_rollback(j->db);
	if (!ret && !db_check_due(j->db)) {
		log_info("journal: %s was not closed in order: looked through, it is whole", j->path);
		note_check(j, JOURNAL_CHECK_OK);
	} else if (ret == -EUCLEAN) {
		/* A new one at once: whoever asks meanwhile is to be told of it. */
		forget_db(j, ret, reason);
		journal_open_db(j, reason);
	} else if (ret && ret != -EINTR && ret != -EBUSY && ret != -ENOMEM) {
		log_warning("journal: %s cannot be looked through: %s", j->path, reason);
		note_check(j, JOURNAL_CHECK_FAILED);
		j->check_given_up = true;
	}
	pthread_mutex_lock(&j->lock);
	if (j->db)
		memcpy(j->id, db_id(j->db), sizeof(j->id));
	end = clock_ns(CLOCK_MONOTONIC);
	j->check_at = end + CHECK_REST * (end - begin);
	if (!is_check_due(j))
		wake_loop(j);
}

/* When there is something to do that nobody tells of; the lock is held. */
static int64_t next_look(const struct journal *j, int64_t now, unsigned int log)
{
	int64_t next = now + RETAIN_S * NS_PER_S;

	if (j->todo.n || log >= DB_LOG_PAGES)
		next = j->quiet_until;
	if (is_check_due(j) && j->check_at < next)
		next = j->check_at;
	return next;
}

static void work(struct journal *j)
{
	bool retained = false;

	pthread_mutex_lock(&j->lock);
	while (!j->stop || j->todo.n || j->reads.n) {
		int64_t now = clock_ns(CLOCK_MONOTONIC);
		bool retain_due = j->retain || j->since_retained > RETAIN_JOBS ||
				  now / NS_PER_S - j->retained >= RETAIN_S;
		unsigned int log = j->db ? db_log_pages(j->db) : 0;

		if (log > LOG_PAGES_MAX) {
			tidy(j);
		} else if (retain_due && !(retained && j->todo.n)) {
			retain_some(j);
			retained = true;
		} else if (j->todo.n && (!j->retrying || j->stop || now >= j->quiet_until)) {
			write_some(j);
			retained = false;
		} else if (j->reads.n && (j->asked_done < JOURNAL_DONE_MAX || j->stop)) {
			read_one(j);
		} else if (!j->todo.n && log >= DB_LOG_PAGES && now >= j->quiet_until) {
			tidy(j);
		} else if (!j->stop && is_check_due(j) && now >= j->check_at) {
			check_some(j);
		} else {
			wait_until(j, next_look(j, now, log));
		}
	}
	pthread_mutex_unlock(&j->lock);
	db_close(j->db);
	j->db = NULL;
}

void *journal_thread(void *journal)
{
	work(journal);
	return NULL;
}
