/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writing side of a recorder: ring, thread, files.  Not for other rooms. */
#ifndef BACKPOP_RECORDER_FILE_H
#define BACKPOP_RECORDER_FILE_H

#include "recorder/recorder.h"

#define FILE_NOTES	16	/* annotations that come with one record */
#define FILE_TAL_BYTES	512	/* room for them in the file, each record */
/* Counts of a channel in one record at most: the highest rate, 1.1 s. */
#define FILE_COUNTS	7168u

enum file_job_kind { FILE_OPEN, FILE_RECORD, FILE_CLOSE };

/**
 * struct file_plan - a file to be made
 * @settings:	for this file
 * @start_time:	local time, as seconds since the epoch
 * @utc_offset_s: of that local time
 */
struct file_plan {
	struct recorder_settings settings;
	char patient[81];
	char recording[81];
	int64_t start_time;
	long utc_offset_s;
	double record_s;
	size_t n_signals;
	struct edf_signal signals[SOURCE_CHANNELS];
};

/**
 * struct file_job - one thing to do, in order
 * @onset_s, @gap, @counts: of a record; @gap: the file must say EDF+D
 * @notes:	annotations, for the file before this one where @note_is_old
 */
struct file_job {
	enum file_job_kind kind;
	struct file_plan plan;
	double onset_s;
	bool gap;
	size_t n_notes;
	bool note_is_old[FILE_NOTES];
	struct edf_annotation notes[FILE_NOTES];
	int16_t (*counts)[FILE_COUNTS];	/* [signal] */
};

struct recorder_file;

/* @fd: an eventfd that is written when the status changed. */
struct recorder_file *recorder_file_new(const char *id, int fd);
void recorder_file_free(struct recorder_file *f);

/* The next free job, NULL = the ring is full; recorder_file_push() hands it over. */
struct file_job *recorder_file_job(struct recorder_file *f);
void recorder_file_push(struct recorder_file *f);

/* True once after each failure; what failed goes to recorder_file_status(). */
bool recorder_file_failed(struct recorder_file *f);
/* file, records, bytes, files, longest_write_us; and the last reason. */
void recorder_file_status(struct recorder_file *f, struct recorder_status *st);
/* Records that were thrown away because there was no file to take them. */
uint64_t recorder_file_dropped(struct recorder_file *f);

/*
 * recorder_dir.c: delete old recordings, but none that is held because it is being written;
 * log what went.  From any thread.
 */
void recorder_dir_clean(const struct recorder_settings *s);
void recorder_dir_hold(const char *path);
void recorder_dir_release(const char *path);

#endif
