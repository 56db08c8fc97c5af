/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EDF+ session files (Kemp & Olivan 2003, "European data format 'plus'"),
 * reader and writer.  EDF+C (continuous) and EDF+D (with gaps), data records
 * of any length.
 *
 * Nothing here prints: every failing call leaves one English sentence in the
 * handle's or the caller's error text.  One handle may not be used by two
 * threads at once.
 */
#ifndef BACKPOP_EDF_H
#define BACKPOP_EDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDF_MAX_SIGNALS		64	/* refused beyond; ours use 5 */
#define EDF_ERROR_SIZE		256

/* Labels of our signals (system.md section 4). */
#define EDF_LABEL_ACCEL_X	"Accel X"
#define EDF_LABEL_ACCEL_Y	"Accel Y"
#define EDF_LABEL_ACCEL_Z	"Accel Z"
#define EDF_LABEL_FILM		"Film"
#define EDF_LABEL_ANNOTATIONS	"EDF Annotations"

/*
 * Annotations with a duration inside a record: these counts were filled in, because
 * samples were lost or the recording ended.  One of the last two may follow.
 */
#define EDF_TEXT_LOST		"Samples lost"
#define EDF_TEXT_ENDS		"Recording ends"
#define EDF_TEXT_ONLY_ACCEL	" (accel)"
#define EDF_TEXT_ONLY_FILM	" (film)"
/* A press of the button, by which pain is marked. */
#define EDF_TEXT_MARKER		"marker"

/**
 * struct edf_signal - one signal of a file
 * @label, @dimension, @transducer, @prefilter: ASCII, trimmed
 * @phys_min, @phys_max, @dig_min, @dig_max: value = (count - dig_min) *
 *	(phys_max - phys_min) / (dig_max - dig_min) + phys_min
 * @samples_per_record: > 0
 */
struct edf_signal {
	char label[17];
	char dimension[9];
	char transducer[81];
	char prefilter[81];
	double phys_min, phys_max;
	int32_t dig_min, dig_max;
	uint32_t samples_per_record;
};

/**
 * struct edf_annotation - one time-stamped annotation
 * @onset_s:	seconds from the file's start time
 * @duration_s:	seconds, NaN = none given
 * @text:	UTF-8
 */
struct edf_annotation {
	double onset_s;
	double duration_s;
	char text[128];
};

/* ---- reading ---------------------------------------------------------- */

struct edf_reader;

/**
 * edf_open() - open a file and check its whole header
 * @path:	regular file
 * @err:	EDF_ERROR_SIZE bytes: on failure why, on success "" or a warning
 *		(file cut off in its data, record count -1, trailing bytes)
 *
 * Return: the reader, or NULL with errno set (EINVAL for a bad file).
 */
struct edf_reader *edf_open(const char *path, char *err);
void edf_close(struct edf_reader *r);

/* Of the header, as far as it could be believed; @i below edf_n_signals(), annotations left out. */
size_t edf_n_signals(const struct edf_reader *r);
const struct edf_signal *edf_signal(const struct edf_reader *r, size_t i);
double edf_rate_hz(const struct edf_reader *r, size_t i);
/* Index of the signal with this label (case and outer blanks ignored) or -1. */
int edf_find(const struct edf_reader *r, const char *label);
uint64_t edf_n_records(const struct edf_reader *r);	/* whole records present */
double edf_record_duration_s(const struct edf_reader *r);
bool edf_is_discontinuous(const struct edf_reader *r);	/* EDF+D */
/* Start date and time as in the header, UTC, seconds since the epoch; 0 if unreadable. */
int64_t edf_start_time(const struct edf_reader *r);
/* Value of a count; NaN for a foreign signal whose scale makes no sense. */
double edf_to_phys(const struct edf_signal *s, int16_t count);

/**
 * edf_read_record() - read the next data record
 * @onset_s:	out: start of the record, seconds from the file's start (from its
 *		time-keeping annotation; record number x duration without one)
 * @counts:	for each signal i room for samples_per_record counts, or NULL to
 *		skip that signal
 *
 * Return: 1 = read, 0 = end of the data, negative errno = failed.
 */
int edf_read_record(struct edf_reader *r, double *onset_s, int16_t *const *counts);

/* Fetch the annotations of the records read so far, oldest first; false = none left. */
bool edf_next_annotation(struct edf_reader *r, struct edf_annotation *a);
const char *edf_reader_error(const struct edf_reader *r);

/* ---- writing ---------------------------------------------------------- */

/**
 * struct edf_writer_info - header fields of a new file
 * @patient, @recording: EDF+ local identification, NULL = anonymous defaults; the
 *	start date is put before @recording (58 characters)
 * @start_time:	UTC, seconds since the epoch
 * @discontinuous: EDF+D: records may have gaps between them
 * @gaps_may_come: EDF+C until the first gap or edf_mark_discontinuous(), then EDF+D
 * @record_s:	duration of a data record, s; 0 = 1.  Rounded to the header's 8
 *		characters: edf_header_value() of it is what the file says
 * @annotation_bytes: room for annotations in each record, even; 0 = 256
 */
struct edf_writer_info {
	const char *patient;
	const char *recording;
	int64_t start_time;
	bool discontinuous;
	bool gaps_may_come;
	double record_s;
	size_t annotation_bytes;
};

struct edf_writer;

/**
 * edf_create() - start a file
 *
 * The file is valid (record count -1, EDF+'s "not yet known") from the first
 * byte and after each record; edf_sync() and edf_finish() write the true count.  Physical
 * ranges are rounded to the header's 8 characters and refused if that moves a
 * value by more than a tenth of a count (see edf_header_value()).
 *
 * Return: the writer, or NULL with errno set and @err filled.
 */
struct edf_writer *edf_create(const char *path, const struct edf_writer_info *info,
			      const struct edf_signal *signals, size_t n, char *err);
/* Queue an annotation: it goes into the next record that has room for it. */
int edf_annotate(struct edf_writer *w, const struct edf_annotation *a);
/**
 * edf_write_record() - append one record
 * @onset_s:	start of the record.  The first one's may be 0 to 1: the fraction of the
 *		start time.  Without gaps the others' is the end of the one before
 * @counts:	samples_per_record counts for each signal
 *
 * Return: 0 or a negative errno (the file stays valid up to the record before).
 */
int edf_write_record(struct edf_writer *w, double onset_s, const int16_t *const *counts);
/* Say EDF+D, before the record that needs it.  0 or a negative errno. */
int edf_mark_discontinuous(struct edf_writer *w);
/**
 * edf_sync() - bring the records written so far to the disk, then their number
 *
 * In this order a power cut leaves a header that never says more records than
 * there are.  Return: 0 or a negative errno.
 */
int edf_sync(struct edf_writer *w);
/* Say the number of records so far in the header, without waiting for the disk. */
int edf_count(struct edf_writer *w);
/* Bytes of the file so far. */
uint64_t edf_file_bytes(const struct edf_writer *w);
/* Write left-over annotations and the record count, sync, close. */
int edf_finish(struct edf_writer *w);
int16_t edf_from_phys(const struct edf_signal *s, double value);	/* saturates */
/* The value nearest to @value that 8 characters of header can say; NaN = none. */
double edf_header_value(double value);

#endif
