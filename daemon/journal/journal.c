// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "journal/journal_state.h"
#include "log.h"

#define CLOSE_US	5000000u
#define STACK_SIZE	(256u * 1024u)

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

const char *journal_check_name(enum journal_check check)
{
	static const char *const names[] = {
		[JOURNAL_CHECK_NONE] = "none",
		[JOURNAL_CHECK_RUNNING] = "running",
		[JOURNAL_CHECK_OK] = "ok",
		[JOURNAL_CHECK_FAILED] = "failed",
		[JOURNAL_CHECK_CORRUPT] = "corrupt",
	};

	return names[check];
}

/* ---- the loop ------------------------------------------------------------- */

static void show_state(struct journal *j)
{
	enum journal_state state;
	char reason[DB_ERROR_SIZE];
	bool other_file, checked;

	pthread_mutex_lock(&j->lock);
	state = j->state;
	memcpy(reason, j->reason, sizeof(reason));
	other_file = strcmp(j->shown_id, j->id);
	memcpy(j->shown_id, j->id, sizeof(j->id));
	checked = j->shown_check != j->check;
	j->shown_check = j->check;
	j->shown_slowest_us = j->slowest_us;
	pthread_mutex_unlock(&j->lock);
	if (state == j->shown && !strcmp(reason, j->shown_reason)) {
		if ((other_file || checked) && j->changed)
			j->changed(j->userdata);
		return;
	}
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
	if (j->asked_done >= JOURNAL_DONE_MAX)
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
	queue_add(job->reads ? &j->reads : &j->todo, job);
	/* What is to be told does not wait for somebody's question. */
	if (!job->reads && j->reading)
		db_interrupt(j->db);
	/* While the disk refuses, the thread comes back by itself. */
	if (job->reads || !j->retrying)
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
enum journal_check journal_check(const struct journal *j) { return j->shown_check; }
unsigned int journal_pending(const struct journal *j) { return j->keeping; }
uint64_t journal_dropped(const struct journal *j) { return j->dropped; }
const char *journal_path(const struct journal *j) { return j->path; }
const char *journal_boot_id(const struct journal *j) { return j->boot_id; }
const struct record_session *journal_session(const struct journal *j) { return &j->session; }
struct journal_last *journal_last(struct journal *j) { return &j->last; }

void journal_set_session(struct journal *j, const struct record_session *session)
{
	pthread_mutex_lock(&j->lock);
	j->session = *session;
	pthread_mutex_unlock(&j->lock);
}

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

	for (i = 0; i < JOURNAL_SENSORS_MAX - 1 && j->sensors[i].name[0]; i++)
		if (!strcmp(j->sensors[i].name, sensor))
			break;
	/* More sensors than that: they share the last place, and numbers only ever rise. */
	if (!j->sensors[i].name[0])
		snprintf(j->sensors[i].name, RECORD_SENSOR_SIZE, "%s", sensor);
	return &j->sensors[i].last;
}

bool journal_knows(const struct journal *j, const char *sensor)
{
	for (size_t i = 0; i < JOURNAL_SENSORS_MAX && j->sensors[i].name[0]; i++)
		if (!strcmp(j->sensors[i].name, sensor))
			return true;
	/* Those that share the last place go by no name. */
	return j->sensors[JOURNAL_SENSORS_MAX - 1].name[0];
}

struct meeting {
	struct journal_job job;
	char sensor[RECORD_SENSOR_SIZE];
};

static int run_meeting(struct db *db, struct journal_job *job)
{
	return db_add_sensor(db, ((struct meeting *)job)->sensor);
}

static void end_meeting(struct journal_job *job, int error)
{
	/* The next start will not know it, unless it has events by then. */
	if (error)
		log_warning("journal: sensor %s is not noted: %s", ((struct meeting *)job)->sensor,
			    strerror(-error));
	free(job);
}

void journal_meet(struct journal *j, const char *sensor)
{
	struct meeting *m = journal_knows(j, sensor) ? NULL : calloc(1, sizeof(*m));

	journal_note_number(j, sensor, 0);
	if (!m)
		return;
	m->job.run = run_meeting;
	m->job.done = end_meeting;
	m->job.keep = true;
	snprintf(m->sensor, sizeof(m->sensor), "%s", sensor);
	if (journal_submit(j, &m->job))
		free(m);
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
	ret = pthread_create(&j->thread, &attr, journal_thread, j);
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
	if (j->directory >= 0)
		close(j->directory);
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
	if (!ret)
		ret = db_last_numbers(db, &j->last.sequence, &j->last.annotation);
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
	int begun = journal_open_db(j, err), ret;

	ret = j->db ? take_known(j, j->db, err) : look_only(j, begun, err);
	if (ret)
		return ret;
	journal_set_state(j, begun, err);
	j->shown = j->state;
	j->shown_check = j->check;
	memcpy(j->shown_reason, j->reason, sizeof(j->reason));
	if (begun)
		log_error("journal: %s: events are held back until it can be written", err);
	return 0;
}

/*
 * Two daemons, on two buses say, would give the same numbers to different events.  The lock
 * goes with the process; what cannot be locked at all (a network's file system) is not.
 */
static int lock_directory(struct journal *j, const char *path, char *err)
{
	j->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->directory < 0 || !flock(j->directory, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return 0;
	snprintf(err, DB_ERROR_SIZE, "another backpopd keeps its journal there");
	return -EBUSY;
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
	queue_init(&j->reads);
	queue_init(&j->done);
	j->settings = *settings;
	j->retain = true;
	j->changed = changed;
	j->userdata = userdata;
	j->directory = -1;
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
	if (!ret && directory)
		ret = lock_directory(j, directory, text);
	if (!ret)
		ret = open_first(j, text);
	if (!ret)
		ret = sd_event_add_io(event, &j->io, j->fd, EPOLLIN, on_news, j);
	/* An event that is written is told before more samples are looked at. */
	if (ret >= 0)
		ret = sd_event_source_set_priority(j->io, SD_EVENT_PRIORITY_NORMAL - 10);
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
