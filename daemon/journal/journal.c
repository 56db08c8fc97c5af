// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <time.h>
#include <unistd.h>

#include "journal/journal.h"
#include "log.h"

#define BATCH		256		/* jobs a transaction */
#define DONE_MAX	16		/* answers not yet fetched; each may hold a page of events */
#define RETRY_S		1
#define RETAIN_S	3600
#define CLOSE_US	5000000u
#define STACK_SIZE	(256u * 1024u)
#define SENSORS_MAX	64
#define VOLATILE_MIB	2u
#define NS_PER_S	1000000000LL

struct queue {
	struct journal_job *first, **last;
	unsigned int n;
};

/**
 * struct journal
 * @lock:	of what the two threads share
 * @todo:	jobs, oldest first, held ones at the front
 * @done:	for the loop
 * @news:	the loop is to look at @state and @done
 */
struct journal {
	/* the loop's */
	sd_event_source *io;
	pthread_t thread;
	int fd;
	void (*changed)(void *userdata);
	void *userdata;
	char path[PATH_MAX];
	char boot_id[RECORD_BOOT_SIZE];
	enum journal_state shown;
	char shown_reason[DB_ERROR_SIZE];
	char shown_id[DB_ID_SIZE];
	uint64_t shown_slowest_us;
	unsigned int keeping, asking;
	uint64_t dropped;
	struct {
		char name[RECORD_SENSOR_SIZE];
		uint64_t last;
	} sensors[SENSORS_MAX];
	struct record_session session;

	/* the thread's, once it runs */
	struct db *db;
	bool run_begun;
	time_t retained;

	/* shared */
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct queue todo, done;
	unsigned int asked_done;
	struct journal_settings settings;
	bool stop, retain, retrying;
	enum journal_state state;
	char reason[DB_ERROR_SIZE];
	char id[DB_ID_SIZE];
	uint64_t slowest_us;
};

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->n = 0;
}

static void queue_add(struct queue *q, struct journal_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
	q->n++;
}

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

const char *journal_state_name(enum journal_state state)
{
	static const char *const names[] = {
		[JOURNAL_OK] = "ok",
		[JOURNAL_VOLATILE] = "volatile",
		[JOURNAL_FULL] = "full",
		[JOURNAL_FAILED] = "failed",
	};

	return names[state];
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

/*
 * Open; a corrupt file is kept under another name and a new one begun.  With a full
 * disk the file may be open and the run not begun.
 */
static int open_db(struct journal *j, char *err)
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
	int ret = j->db ? 0 : open_db(j, reason);

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

/* Tell the loop how it stands; the lock is held. */
static void set_state(struct journal *j, int error, const char *reason)
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
		if (j->asked_done >= DONE_MAX && !j->stop) {
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
		set_state(j, ret, reason);
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

static void *thread_main(void *userdata)
{
	work(userdata);
	return NULL;
}

/* ---- the loop ------------------------------------------------------------- */

static void show_state(struct journal *j)
{
	enum journal_state state;
	char reason[DB_ERROR_SIZE];

	pthread_mutex_lock(&j->lock);
	state = j->state;
	memcpy(reason, j->reason, sizeof(reason));
	memcpy(j->shown_id, j->id, sizeof(j->id));
	j->shown_slowest_us = j->slowest_us;
	pthread_mutex_unlock(&j->lock);
	if (state == j->shown && !strcmp(reason, j->shown_reason))
		return;
	if (state == JOURNAL_FULL || state == JOURNAL_FAILED)
		log_error("journal: %s: events are held back until it can be written", reason);
	else
		log_notice("journal: can be written again");
	j->shown = state;
	memcpy(j->shown_reason, reason, sizeof(reason));
	if (j->changed)
		j->changed(j->userdata);
}

/* Hand out what is done. */
static void deliver(struct journal *j)
{
	struct journal_job *job, *next;
	struct queue done;
	uint64_t n;

	if (read(j->fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		log_error("journal: %s", strerror(errno));
	pthread_mutex_lock(&j->lock);
	done = j->done;
	queue_init(&j->done);
	if (j->asked_done >= DONE_MAX)
		pthread_cond_signal(&j->work);
	j->asked_done = 0;
	pthread_mutex_unlock(&j->lock);
	show_state(j);
	for (job = done.first; job; job = next) {
		next = job->next;
		if (job->keep)
			j->keeping--;
		else
			j->asking--;
		job->done(job, job->result);
	}
}

static int on_news(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	(void)src;
	(void)fd;
	(void)revents;
	deliver(userdata);
	return 0;
}

int journal_submit(struct journal *j, struct journal_job *job)
{
	unsigned int *n = job->keep ? &j->keeping : &j->asking;

	if (*n >= (job->keep ? JOURNAL_HELD_MAX : JOURNAL_ASKED_MAX)) {
		if (job->keep && !j->dropped++)
			log_error("journal: %u entries are held back: there is no room for more",
				  j->keeping);
		return -ENOBUFS;
	}
	(*n)++;
	pthread_mutex_lock(&j->lock);
	queue_add(&j->todo, job);
	/* While the disk refuses, the thread comes back by itself. */
	if (!j->retrying)
		pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
	return 0;
}

void journal_sync(struct journal *j, uint64_t usec)
{
	int64_t until = clock_ns(CLOCK_MONOTONIC) + (int64_t)usec * 1000;
	struct pollfd pfd = { .fd = j->fd, .events = POLLIN };

	while (j->keeping + j->asking && j->shown <= JOURNAL_VOLATILE) {
		int64_t left = until - clock_ns(CLOCK_MONOTONIC);

		if (left <= 0 || poll(&pfd, 1, (int)(left / 1000000) + 1) < 0)
			return;
		deliver(j);
	}
}

/* ---- what is known -------------------------------------------------------- */

enum journal_state journal_state(const struct journal *j) { return j->shown; }
const char *journal_state_reason(const struct journal *j) { return j->shown_reason; }
unsigned int journal_pending(const struct journal *j) { return j->keeping; }
uint64_t journal_dropped(const struct journal *j) { return j->dropped; }
const char *journal_path(const struct journal *j) { return j->path; }
const char *journal_boot_id(const struct journal *j) { return j->boot_id; }
struct record_session *journal_session(struct journal *j) { return &j->session; }

const char *journal_id(const struct journal *j)
{
	return j->shown_id;
}

uint64_t journal_slowest_us(const struct journal *j)
{
	return j->shown_slowest_us;
}

static uint64_t *sensor_number(struct journal *j, const char *sensor)
{
	size_t i;

	for (i = 0; i < SENSORS_MAX - 1 && j->sensors[i].name[0]; i++)
		if (!strcmp(j->sensors[i].name, sensor))
			break;
	/* More sensors than that: they share the last place, and numbers only ever rise. */
	if (!j->sensors[i].name[0])
		snprintf(j->sensors[i].name, RECORD_SENSOR_SIZE, "%s", sensor);
	return &j->sensors[i].last;
}

uint64_t journal_last_number(struct journal *j, const char *sensor)
{
	return *sensor_number(j, sensor);
}

void journal_note_number(struct journal *j, const char *sensor, uint64_t number)
{
	uint64_t *last = sensor_number(j, sensor);

	if (number > *last)
		*last = number;
}

static void take_sensor(void *userdata, const char *sensor, uint64_t last)
{
	journal_note_number(userdata, sensor, last);
}

/* ---- opening and closing -------------------------------------------------- */

static int start_thread(struct journal *j)
{
	pthread_attr_t attr;
	sigset_t all, before;
	int ret;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	/* Signals are the loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&j->thread, &attr, thread_main, j);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -ret;
}

/* In the service's sandbox the kernel's file is out of sight: the unit hands it over. */
static int get_boot_id(char *text)
{
	const char *env = getenv("BACKPOP_BOOT_ID");
	sd_id128_t id;
	int ret;

	ret = env && *env ? sd_id128_from_string(env, &id) : sd_id128_get_boot(&id);
	if (ret >= 0)
		sd_id128_to_string(id, text);
	return ret < 0 ? ret : 0;
}

static void free_journal(struct journal *j)
{
	db_close(j->db);
	sd_event_source_disable_unref(j->io);
	if (j->fd >= 0)
		close(j->fd);
	pthread_cond_destroy(&j->work);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

/* What the loop must know of the file before anything happens. */
static int take_known(struct journal *j, struct db *db, char *err)
{
	int ret = db_sensors(db, take_sensor, j);

	if (!ret)
		ret = db_running_session(db, &j->session);
	if (ret) {
		snprintf(err, DB_ERROR_SIZE, "%s", db_message(db));
		return ret;
	}
	if (strcmp(j->session.boot_id, j->boot_id))
		j->session = (struct record_session){ 0 };
	memcpy(j->id, db_id(db), sizeof(j->id));
	memcpy(j->shown_id, j->id, sizeof(j->id));
	return 0;
}

/*
 * The disk is full or read-only, and the file cannot be opened for writing: the thread
 * will try again.  Numbers must not be given twice: the file is read, or there is none.
 */
static int look_only(struct journal *j, int error, char *err)
{
	char text[DB_ERROR_SIZE];
	struct stat st;
	struct db *db;
	int ret;

	if (error != -ENOSPC && error != -EROFS)
		return error;
	if (stat(j->path, &st) ? errno == ENOENT : !st.st_size)
		return 0;
	if (db_open(&db, j->path, true, text))
		return error;
	ret = take_known(j, db, err);
	db_close(db);
	return ret;
}

/* The file is there and can be read, or nothing goes; that it cannot be written heals. */
static int open_first(struct journal *j, char *err)
{
	int begun = open_db(j, err), ret;

	ret = j->db ? take_known(j, j->db, err) : look_only(j, begun, err);
	if (ret)
		return ret;
	set_state(j, begun, err);
	j->shown = j->state;
	memcpy(j->shown_reason, j->reason, sizeof(j->reason));
	if (begun)
		log_error("journal: %s: events are held back until it can be written", err);
	return 0;
}

int journal_open(struct journal **out, sd_event *event, const char *directory,
		 const struct journal_settings *settings, void (*changed)(void *userdata),
		 void *userdata, char *err)
{
	struct journal *j = calloc(1, sizeof(*j));
	char text[DB_ERROR_SIZE] = "";
	pthread_condattr_t attr;
	int ret = 0;

	if (!j) {
		strcpy(err, "out of memory");
		return -ENOMEM;
	}
	pthread_mutex_init(&j->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&j->work, &attr);
	pthread_condattr_destroy(&attr);
	queue_init(&j->todo);
	queue_init(&j->done);
	j->settings = *settings;
	j->retain = true;
	j->changed = changed;
	j->userdata = userdata;
	j->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (j->fd < 0)
		ret = -errno;
	if (directory && snprintf(j->path, sizeof(j->path), "%s/" DB_FILE_NAME, directory) >=
	    (int)sizeof(j->path) - 64)
		ret = -ENAMETOOLONG;
	if (!ret) {
		ret = get_boot_id(j->boot_id);
		if (ret)
			snprintf(text, sizeof(text), "the boot's id is not known: %s", strerror(-ret));
	}
	if (!ret)
		ret = open_first(j, text);
	if (!ret)
		ret = sd_event_add_io(event, &j->io, j->fd, EPOLLIN, on_news, j);
	if (ret >= 0)
		ret = start_thread(j);
	if (ret < 0) {
		snprintf(err, DB_ERROR_SIZE + PATH_MAX, "journal %s: %s", j->path[0] ? j->path :
			 "in memory", text[0] ? text : strerror(-ret));
		free_journal(j);
		return ret;
	}
	*out = j;
	return 0;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	journal_sync(j, CLOSE_US);
	pthread_mutex_lock(&j->lock);
	j->stop = true;
	pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
	pthread_join(j->thread, NULL);
	deliver(j);
	free_journal(j);
}

void journal_set_settings(struct journal *j, const struct journal_settings *settings)
{
	pthread_mutex_lock(&j->lock);
	j->settings = *settings;
	j->retain = true;
	pthread_cond_signal(&j->work);
	pthread_mutex_unlock(&j->lock);
}
