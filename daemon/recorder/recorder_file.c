// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The thread that writes.  One producer, one consumer, a ring of jobs: the producer
 * never takes a lock that the thread holds while it waits for the disk.
 *
 * Each record is written as a whole, then the record count in the header; every sync_s
 * records fdatasync() comes between, so that a header on the disk promises what is there.  The file before the present one stays open until the
 * next close, because what an event in its last second was held for is known later.
 */
#include "recorder/recorder_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define STACK_BYTES	(256u * 1024u)
#define JOIN_S		10
#define OLD_RECORDS	5	/* after so many records of the new file the old one is closed */

struct recorder_file {
	char id[64];
	int news_fd;
	pthread_t thread;
	sem_t todo;
	sem_t ended;		/* the thread is about to return */
	atomic_uint head, tail;		/* jobs pushed, jobs done */
	atomic_bool quit;
	struct file_job jobs[RECORDER_QUEUE];
	int16_t (*counts)[SOURCE_CHANNELS][FILE_COUNTS];

	/* The thread's own. */
	struct recorder_settings settings;	/* of the file at hand */
	struct edf_writer *now, *old;
	char path[RECORDER_PATH_SIZE];
	unsigned int since_sync;
	uint64_t old_for;

	/* Said by the thread, read by anybody. */
	pthread_mutex_t lock;		/* held for a copy, never over a system call */
	struct recorder_status said;
	atomic_ullong dropped;
	atomic_bool failed;
};

static void tell(struct recorder_file *f)
{
	const uint64_t one = 1;

	/* EAGAIN: the counter is full, so the other side has not looked yet. */
	if (write(f->news_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error("recorder: eventfd: %s", strerror(errno));
}

static void say_file(struct recorder_file *f, bool begun)
{
	pthread_mutex_lock(&f->lock);
	snprintf(f->said.file, sizeof(f->said.file), "%s", f->now ? f->path : "");
	f->said.records = 0;
	f->said.bytes = f->now ? edf_file_bytes(f->now) : 0;
	if (begun) {
		f->said.files++;
		f->said.reason[0] = '\0';
	}
	pthread_mutex_unlock(&f->lock);
	tell(f);
}

/* Close one of the files; a complaint does not end anything, the file is as good as it is. */
static void finish(struct recorder_file *f, struct edf_writer **w)
{
	int ret;

	if (!*w)
		return;
	/* A header without data is no use to anybody, and some programs refuse it. */
	if (w == &f->now && !f->said.records)
		unlink(f->path);
	if (w == &f->now)
		recorder_dir_release(f->path);
	ret = edf_finish(*w);
	*w = NULL;
	if (ret)
		log_warning("recorder: closing %s: %s", f->path, strerror(-ret));
}

static void failure(struct recorder_file *f, const char *what, int error)
{
	finish(f, &f->old);
	finish(f, &f->now);
	pthread_mutex_lock(&f->lock);
	snprintf(f->said.reason, sizeof(f->said.reason), "%.150s: %s", what,
		 error == -ENOSPC || error == -EDQUOT ? "the disk is full" : strerror(-error));
	pthread_mutex_unlock(&f->lock);
	say_file(f, false);
	atomic_store(&f->failed, true);
	tell(f);
}

/* Is there more room than must be left to others? */
static int check_room(struct recorder_file *f)
{
	struct statvfs st;

	if (statvfs(f->settings.directory, &st))
		return -errno;
	return (uint64_t)st.f_bavail * st.f_frsize < f->settings.min_free_bytes ? -ENOSPC : 0;
}

/* A name that no file has yet: start in local time, sensor. */
static int choose_path(struct recorder_file *f, const struct file_plan *plan)
{
	time_t when = (time_t)plan->start_time;
	long minutes = plan->utc_offset_s / 60;
	char stamp[32];
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &tm);
	for (int i = 0; i < 1000; i++) {
		int n = snprintf(f->path, sizeof(f->path), "%s/%s%c%02ld%02ld-%s",
				 f->settings.directory, stamp, minutes < 0 ? '-' : '+',
				 labs(minutes) / 60, labs(minutes) % 60, f->id);

		snprintf(f->path + n, sizeof(f->path) - (size_t)n, i ? "-%d.edf" : ".edf", i + 1);
		if (access(f->path, F_OK))
			return errno == ENOENT ? 0 : -errno;
	}
	return -EEXIST;
}

/* The file's name must survive a power cut too. */
static int sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = fd < 0 || (fsync(fd) && errno != EINVAL) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return ret;
}

static void open_file(struct recorder_file *f, const struct file_plan *plan)
{
	const struct edf_writer_info info = {
		.patient = plan->patient,
		.recording = plan->recording,
		.start_time = plan->start_time,
		.gaps_may_come = true,
		.record_s = plan->record_s,
		.annotation_bytes = FILE_TAL_BYTES,
	};
	char err[EDF_ERROR_SIZE];
	int ret = 0;

	finish(f, &f->old);
	f->old = f->now;
	f->now = NULL;
	recorder_dir_release(f->path);
	f->settings = plan->settings;
	f->old_for = 0;
	/* Members of the service's group may read, whatever the umask. */
	if (!mkdir(f->settings.directory, 0750))
		ret = chmod(f->settings.directory, 0750) ? -errno : 0;
	else if (errno != EEXIST)
		ret = -errno;
	if (ret) {
		failure(f, f->settings.directory, ret);
		return;
	}
	ret = check_room(f);
	if (!ret)
		ret = choose_path(f, plan);
	if (ret) {
		failure(f, f->settings.directory, ret);
		return;
	}
	f->now = edf_create(f->path, &info, plan->signals, plan->n_signals, err);
	if (!f->now) {
		ret = -errno;
		log_error("recorder: %s", err);
		if (ret == -ENOSPC)
			unlink(f->path);	/* a header cut off is no use to anybody */
		failure(f, f->path, ret);
		return;
	}
	if (chmod(f->path, 0640) || (ret = edf_sync(f->now)) ||
	    (ret = sync_directory(f->settings.directory))) {
		failure(f, f->path, ret ? ret : -errno);
		return;
	}
	f->since_sync = 0;
	recorder_dir_hold(f->path);
	say_file(f, true);
	log_info("recording to %s", f->path);
	recorder_dir_clean(&f->settings);
}

static void annotate(struct recorder_file *f, const struct file_job *job)
{
	for (size_t i = 0; i < job->n_notes; i++) {
		struct edf_writer *w = job->note_is_old[i] ? f->old : f->now;
		int ret = w ? edf_annotate(w, &job->notes[i]) : -EBADF;

		if (ret)
			log_warning("recorder: annotation \"%s\" is left out: %s",
				    job->notes[i].text, strerror(-ret));
	}
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void write_record(struct recorder_file *f, const struct file_job *job)
{
	const int16_t *counts[SOURCE_CHANNELS];
	uint64_t begun = now_us(), took;
	int ret;

	if (!f->now) {
		atomic_fetch_add(&f->dropped, 1);
		return;
	}
	for (size_t i = 0; i < SOURCE_CHANNELS; i++)
		counts[i] = job->counts[i];
	annotate(f, job);
	ret = check_room(f);
	if (!ret && job->gap)
		ret = edf_mark_discontinuous(f->now);
	if (!ret)
		ret = edf_write_record(f->now, job->onset_s, counts);
	if (!ret && ++f->since_sync >= f->settings.sync_s) {
		f->since_sync = 0;
		ret = edf_sync(f->now);
	} else if (!ret) {
		ret = edf_count(f->now);
	}
	if (ret) {
		atomic_fetch_add(&f->dropped, 1);
		failure(f, f->path, ret);
		return;
	}
	if (f->old && ++f->old_for >= OLD_RECORDS)
		finish(f, &f->old);
	took = now_us() - begun;
	pthread_mutex_lock(&f->lock);
	f->said.records++;
	f->said.bytes = edf_file_bytes(f->now);
	if (took > f->said.longest_write_us)
		f->said.longest_write_us = took;
	pthread_mutex_unlock(&f->lock);
}

static void close_files(struct recorder_file *f)
{
	bool was_open = f->now;

	finish(f, &f->old);
	finish(f, &f->now);
	say_file(f, false);
	if (was_open)
		log_info("recorded %s", f->path);
}

static void *run(void *arg)
{
	struct recorder_file *f = arg;

	for (;;) {
		struct file_job *job;
		unsigned int tail;

		while (sem_wait(&f->todo) && errno == EINTR)
			;
		tail = atomic_load(&f->tail);
		if (tail == atomic_load(&f->head)) {
			if (atomic_load(&f->quit))
				break;
			continue;
		}
		job = &f->jobs[tail % RECORDER_QUEUE];
		switch (job->kind) {
		case FILE_OPEN:
			open_file(f, &job->plan);
			break;
		case FILE_RECORD:
			write_record(f, job);
			break;
		case FILE_CLOSE:
			annotate(f, job);
			close_files(f);
			break;
		}
		atomic_store(&f->tail, tail + 1);
	}
	close_files(f);
	sem_post(&f->ended);
	return NULL;
}

static int start_thread(struct recorder_file *f)
{
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret)
		return -ret;
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	ret = pthread_create(&f->thread, &attr, run, f);
	pthread_attr_destroy(&attr);
	return -ret;
}

struct recorder_file *recorder_file_new(const char *id, int fd)
{
	struct recorder_file *f = calloc(1, sizeof(*f));
	int ret;

	if (!f)
		return NULL;
	/* Untouched pages cost nothing: at 800 Hz a tenth of this is ever used. */
	f->counts = calloc(RECORDER_QUEUE, sizeof(*f->counts));
	if (!f->counts) {
		free(f);
		return NULL;
	}
	for (unsigned int i = 0; i < RECORDER_QUEUE; i++)
		f->jobs[i].counts = f->counts[i];
	snprintf(f->id, sizeof(f->id), "%s", id);
	for (char *p = f->id; *p; p++)
		if (*p == '/' || *p == ':')
			*p = '_';
	f->news_fd = fd;
	sem_init(&f->todo, 0, 0);
	sem_init(&f->ended, 0, 0);
	pthread_mutex_init(&f->lock, NULL);
	ret = start_thread(f);
	if (!ret)
		return f;
	free(f->counts);
	free(f);
	errno = -ret;
	return NULL;
}

void recorder_file_free(struct recorder_file *f)
{
	struct timespec until;
	int ret;

	if (!f)
		return;
	atomic_store(&f->quit, true);
	sem_post(&f->todo);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += JOIN_S;
	/* Not pthread_clockjoin_np(), after which gcc 12's ThreadSanitizer sees races. */
	do {
		ret = sem_clockwait(&f->ended, CLOCK_MONOTONIC, &until);
	} while (ret && errno == EINTR);
	if (ret) {
		/* The process ends; the file is whole up to its last synced record. */
		log_error("recorder: the disk does not answer, %s is left as it is", f->path);
		return;
	}
	pthread_join(f->thread, NULL);
	sem_destroy(&f->todo);
	sem_destroy(&f->ended);
	pthread_mutex_destroy(&f->lock);
	free(f->counts);
	free(f);
}

struct file_job *recorder_file_job(struct recorder_file *f)
{
	unsigned int head = atomic_load(&f->head);
	struct file_job *job = &f->jobs[head % RECORDER_QUEUE];

	if (head - atomic_load(&f->tail) == RECORDER_QUEUE)
		return NULL;
	job->n_notes = 0;
	job->gap = false;
	return job;
}

void recorder_file_push(struct recorder_file *f)
{
	atomic_fetch_add(&f->head, 1);
	sem_post(&f->todo);
}

bool recorder_file_failed(struct recorder_file *f)
{
	return atomic_exchange(&f->failed, false);
}

void recorder_file_status(struct recorder_file *f, struct recorder_status *st)
{
	pthread_mutex_lock(&f->lock);
	memcpy(st->file, f->said.file, sizeof(st->file));
	memcpy(st->reason, f->said.reason, sizeof(st->reason));
	st->records = f->said.records;
	st->bytes = f->said.bytes;
	st->files = f->said.files;
	st->longest_write_us = f->said.longest_write_us;
	pthread_mutex_unlock(&f->lock);
}

uint64_t recorder_file_dropped(struct recorder_file *f)
{
	return atomic_load(&f->dropped);
}
