// SPDX-License-Identifier: GPL-2.0-or-later
/* The journal's thread: what takes the disk. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "journal/journal_state.h"
#include "log.h"

#define BATCH		256		/* jobs a transaction */
#define RETRY_S		1
#define RETAIN_S	3600
#define VOLATILE_MIB	2u

static struct journal_job *queue_take(struct queue *q)
{
	struct journal_job *job = q->first;

	if (!job)
		return NULL;
	q->first = job->next;
	if (!q->first)
		q->last = &q->first;
	q->n--;
	return job;
}

/* Put all of @front before what @q holds. */
static void queue_put_back(struct queue *q, struct queue *front)
{
	if (!front->first)
		return;
	*front->last = q->first;
	if (!q->first)
		q->last = front->last;
	q->first = front->first;
	q->n += front->n;
	queue_init(front);
}

/* ---- the file ------------------------------------------------------------- */

/* A run begins: what a former boot left open ends. */
static int begin_run(struct journal *j)
{
	struct record_session session;
	int64_t time_ns, wall_ns;
	uint64_t run;
	int ret;

	ret = db_begin(j->db);
	if (!ret)
		ret = db_running_session(j->db, &session);
	if (!ret && session.number && strcmp(session.boot_id, j->boot_id)) {
		ret = db_last_time(j->db, session.run, &time_ns, &wall_ns);
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

	if (!j->path[0])
		return error;
	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(j->path, '/') - j->path),
		 j->path);
	if (!access(directory, W_OK) || errno != EROFS)
		return error;
	snprintf(err, DB_ERROR_SIZE, "the file system is read-only");
	return -EROFS;
}

int journal_open_db(struct journal *j, char *err)
{
	const char *path = j->path[0] ? j->path : NULL;
	char kept[PATH_MAX], text[DB_ERROR_SIZE];
	int ret = 0, moved;

	for (int attempt = 0; attempt < 2; attempt++) {
		ret = db_open(&j->db, path, false, text);
		if (!ret) {
			ret = begin_run(j);
			if (!ret)
				return 0;
			snprintf(text, sizeof(text), "%s", db_message(j->db));
		}
		snprintf(err, DB_ERROR_SIZE, "%s", text);
		if (ret == -EUCLEAN) {
			db_close(j->db);
			j->db = NULL;
		}
		if (ret != -EUCLEAN || !path || attempt)
			break;
		moved = db_move_aside(path, kept);
		if (moved) {
			log_error("journal: %s is corrupt (%s), and cannot be moved aside: %s", path,
				  text, strerror(-moved));
			break;
		}
		log_error("journal: %s is corrupt (%s): kept as %s, a new one is begun", path, text,
			  kept);
	}
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

/* One transaction with all of them.  Fills @reason if it fails. */
static int run_batch(struct journal *j, struct queue *batch, char *reason)
{
	int64_t begin = clock_ns(CLOCK_MONOTONIC);
	uint64_t us;
	int ret = j->db ? 0 : journal_open_db(j, reason);

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
	/* A full disk heals under an open file; of anything else a new look is taken. */
	if (ret != -ENOSPC && ret != -EBUSY && j->path[0]) {
		db_close(j->db);
		j->db = NULL;
		j->run_begun = false;
	}
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
		if (!job->keep)
			j->asked_done++;
		queue_add(&j->done, job);
	}
	queue_put_back(&j->todo, &held);
}

static void wait_for_work(struct journal *j, int seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	pthread_cond_timedwait(&j->work, &j->lock, &until);
}

/* Delete what is too old or too much, some of it at a time.  Return: is there more? */
static bool retain(struct journal *j, const struct journal_settings *s)
{
	int64_t before = INT64_MIN;
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
		log_warning("journal: old entries cannot be deleted: %s", db_message(j->db));
		db_rollback(j->db);
	}
	j->retained = clock_ns(CLOCK_MONOTONIC) / NS_PER_S;
	return more && !ret;
}

static void work(struct journal *j)
{
	struct journal_settings settings;
	char reason[DB_ERROR_SIZE];
	unsigned int since_retained = 0;
	struct journal_job *job;
	struct queue batch;
	bool more;
	int ret;

	queue_init(&batch);
	pthread_mutex_lock(&j->lock);
	while (!j->stop || j->todo.n) {
		if (j->asked_done >= JOURNAL_DONE_MAX && !j->stop) {
			wait_for_work(j, RETAIN_S);
			continue;
		}
		if (j->retain || since_retained > 10000 ||
		    clock_ns(CLOCK_MONOTONIC) / NS_PER_S - j->retained >= RETAIN_S) {
			j->retain = false;
			since_retained = 0;
			settings = j->settings;
			pthread_mutex_unlock(&j->lock);
			more = retain(j, &settings);
			pthread_mutex_lock(&j->lock);
			/* Between two portions what waits is written. */
			j->retain |= more;
		}
		if (!j->todo.n) {
			if (!j->stop && !j->retain)
				wait_for_work(j, RETAIN_S);
			continue;
		}
		while (batch.n < BATCH && (job = queue_take(&j->todo)))
			queue_add(&batch, job);
		since_retained += batch.n;
		pthread_mutex_unlock(&j->lock);
		ret = run_batch(j, &batch, reason);
		pthread_mutex_lock(&j->lock);
		sort_batch(j, &batch, ret);
		journal_set_state(j, ret, reason);
		wake_loop(j);
		if (ret && !j->stop) {
			j->retrying = true;
			wait_for_work(j, RETRY_S);
			j->retrying = false;
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
