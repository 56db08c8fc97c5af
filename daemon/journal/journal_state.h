/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct journal, for journal*.c only: journal.c is the loop's side, journal_thread.c the thread's. */
#ifndef BACKPOP_JOURNAL_STATE_H
#define BACKPOP_JOURNAL_STATE_H

#include <pthread.h>
#include <time.h>

#include "journal/journal.h"

#define JOURNAL_DONE_MAX	16	/* answers not yet fetched; each may hold a page of events */
#define JOURNAL_SENSORS_MAX	64
#define NS_PER_S		1000000000LL

struct queue {
	struct journal_job *first, **last;
	unsigned int n;
};

/**
 * struct journal
 * @lock:	of what the two threads share
 * @todo:	jobs that write, oldest first, held ones at the front
 * @reads:	jobs that only look
 * @reading:	the thread runs one of those, and it may be broken off
 * @done:	for the loop
 * @news:	the loop is to look at @state and @done
 */
struct journal {
	/* the loop's */
	sd_event_source *io;
	pthread_t thread;
	int fd;
	int directory;		/* locked: nobody else gives numbers there; -1: in memory */
	void (*changed)(void *userdata);
	void *userdata;
	char path[PATH_MAX];
	char boot_id[RECORD_BOOT_SIZE];
	enum journal_state shown;
	char shown_reason[DB_ERROR_SIZE];
	char shown_id[DB_ID_SIZE];
	enum journal_check shown_check;
	uint64_t shown_slowest_us;
	unsigned int keeping, asking;
	uint64_t dropped;
	struct {
		char name[RECORD_SENSOR_SIZE];
		uint64_t last;
	} sensors[JOURNAL_SENSORS_MAX];
	struct record_session session;	/* set under the lock: the thread looks at it */
	struct journal_last last;

	/* the thread's, once it runs */
	struct db *db;
	bool run_begun;
	time_t retained;
	int64_t quiet_until;	/* while the disk refuses: when it is tried again */
	int64_t check_at;	/* when the next portion of the file is looked through */
	bool check_given_up;
	unsigned int since_retained, broken_off;

	/* shared */
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct queue todo, reads, done;
	unsigned int asked_done;
	struct journal_settings settings;
	bool stop, retain, retrying, reading;
	enum journal_state state;
	enum journal_check check;
	char reason[DB_ERROR_SIZE];
	char id[DB_ID_SIZE];
	uint64_t slowest_us;
};

static inline int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static inline void queue_init(struct queue *q)
{
	q->first = NULL;
	q->last = &q->first;
	q->n = 0;
}

static inline void queue_add(struct queue *q, struct journal_job *job)
{
	job->next = NULL;
	*q->last = job;
	q->last = &job->next;
	q->n++;
}

static inline struct journal_job *queue_take(struct queue *q)
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

static inline void queue_put_front(struct queue *q, struct journal_job *job)
{
	job->next = q->first;
	if (!q->first)
		q->last = &job->next;
	q->first = job;
	q->n++;
}

/* Put all of @front before what @q holds. */
static inline void queue_put_back(struct queue *q, struct queue *front)
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

/*
 * Open the file and begin a run in it.  A corrupt file is kept under another name and a
 * new one begun.  With a full disk the file may be open and the run not begun.  @err:
 * DB_ERROR_SIZE bytes.
 */
int journal_open_db(struct journal *j, char *err);
/* How it stands, for the loop; the lock is held, or there is no thread yet. */
void journal_set_state(struct journal *j, int error, const char *reason);
/* What the thread does until it is to stop. */
void *journal_thread(void *journal);

#endif
