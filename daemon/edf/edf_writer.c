// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * EDF+ writer.  A record goes out in one write(): after a crash the file holds
 * whole records and at most one cut one, under a header that says "-1 records" or,
 * after an edf_sync(), a number of them that are there.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "edf.h"
#include "edf_field.h"
#include "edf_tal.h"

/* Room for the record's time and one annotation of any length. */
#define TAL_BYTES	256u
#define MAX_RECORD_BYTES (16u << 20)
#define MAX_RECORDS	99999999	/* eight digits, three years */
/* Rounding a scale to 8 characters may move no value by more of a count than this. */
#define MAX_SCALE_ERROR	0.1

struct edf_writer {
	int fd;
	bool discontinuous;
	bool gaps_may_come;
	size_t n;
	uint32_t samples[EDF_MAX_SIGNALS];
	size_t header_bytes;
	size_t record_bytes;		/* annotations included: the last tal_bytes */
	size_t tal_bytes;
	unsigned char *record;
	uint64_t n_records;
	double record_s;
	double first_onset_s;
	double last_onset_s;
	struct edf_tal_queue annotations;
	int error;			/* first failure: the file is left as it is */
};

__attribute__((format(printf, 4, 5)))
static int fail(char *err, const char *path, int code, const char *fmt, ...)
{
	int n = snprintf(err, EDF_ERROR_SIZE, "%.100s: ", path);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err + n, EDF_ERROR_SIZE - (size_t)n, fmt, ap);
	va_end(ap);
	return -code;
}

/* Text into a field that was filled with blanks; false: too long or not printable ASCII. */
static bool put(char *field, size_t size, const char *text)
{
	size_t n = strlen(text);

	if (n > size)
		return false;
	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	memcpy(field, text, n);
	return true;
}

static bool put_long(char *field, size_t size, long value)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", value);
	return put(field, size, text);
}

static bool put_number(char *field, double value)
{
	char text[EDF_NUMBER_SIZE + 1];

	return edf_format_number(text, EDF_NUMBER_SIZE, value) &&
	       put(field, EDF_NUMBER_SIZE, text);
}

/* "Startdate 02-MAR-2026 ..." is EDF+; month names must not follow the locale. */
static bool put_recording(char *field, const struct tm *tm, const char *recording)
{
	static const char months[12][4] = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN",
					    "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" };
	char text[EDF_ID_SIZE + 64];
	int n;

	n = snprintf(text, sizeof(text), "Startdate %02d-%s-%04d %s", tm->tm_mday,
		     months[tm->tm_mon], tm->tm_year + 1900, recording ? recording : "X X X");
	return n > 0 && (size_t)n < sizeof(text) && put(field, EDF_ID_SIZE, text);
}

static int put_fixed(char *head, const struct edf_writer_info *info, size_t n, const char *path,
		     char *err)
{
	time_t when = (time_t)info->start_time;
	struct tm tm;
	char text[64];

	if (!gmtime_r(&when, &tm) || tm.tm_year < 85 || tm.tm_year > 184)
		return fail(err, path, EINVAL, "start time %lld is not in the years 1985 to 2084",
			    (long long)info->start_time);
	put(head + EDF_AT_VERSION, EDF_NUMBER_SIZE, "0");
	if (!put(head + EDF_AT_PATIENT, EDF_ID_SIZE, info->patient ? info->patient : "X X X X"))
		return fail(err, path, EINVAL, "patient field \"%.60s\" is not ASCII of 80 characters",
			    info->patient);
	if (!put_recording(head + EDF_AT_RECORDING, &tm, info->recording))
		return fail(err, path, EINVAL,
			    "recording field \"%.60s\" is not ASCII of 58 characters",
			    info->recording);
	snprintf(text, sizeof(text), "%02d.%02d.%02d", tm.tm_mday, tm.tm_mon + 1, tm.tm_year % 100);
	put(head + EDF_AT_DATE, EDF_NUMBER_SIZE, text);
	snprintf(text, sizeof(text), "%02d.%02d.%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	put(head + EDF_AT_TIME, EDF_NUMBER_SIZE, text);
	put_long(head + EDF_AT_HEADER_BYTES, EDF_NUMBER_SIZE, (long)(EDF_HEAD_SIZE * (n + 2)));
	put(head + EDF_AT_RESERVED, EDF_RESERVED_SIZE, info->discontinuous ? "EDF+D" : "EDF+C");
	put_long(head + EDF_AT_RECORDS, EDF_NUMBER_SIZE, -1);
	if (info->record_s < 0.001 || info->record_s > 3600 ||
	    !put_number(head + EDF_AT_DURATION, info->record_s))
		return fail(err, path, EINVAL, "data records of %g s", info->record_s);
	put_long(head + EDF_AT_SIGNALS, EDF_SIGNALS_SIZE, (long)(n + 1));
	return 0;
}

/* Is the scale that the header can hold the signal's scale, for every count? */
static bool scale_survives(const struct edf_signal *s)
{
	struct edf_signal h = *s;
	double lsb = fabs(s->phys_max - s->phys_min) / ((double)s->dig_max - s->dig_min);

	h.phys_min = edf_header_value(s->phys_min);
	h.phys_max = edf_header_value(s->phys_max);
	return fabs(h.phys_min - s->phys_min) <= MAX_SCALE_ERROR * lsb &&
	       fabs(h.phys_max - s->phys_max) <= MAX_SCALE_ERROR * lsb;
}

static int put_signal(char *head, size_t total, size_t i, const struct edf_signal *s,
		      const char *path, char *err)
{
	char *at[EDF_F_COUNT];

	for (int f = 0; f < EDF_F_COUNT; f++)
		at[f] = head + edf_field_offset((enum edf_signal_field)f, total, i);
	if (!put(at[EDF_F_LABEL], edf_layout[EDF_F_LABEL].size, s->label) ||
	    !put(at[EDF_F_TRANSDUCER], edf_layout[EDF_F_TRANSDUCER].size, s->transducer) ||
	    !put(at[EDF_F_DIMENSION], edf_layout[EDF_F_DIMENSION].size, s->dimension) ||
	    !put(at[EDF_F_PREFILTER], edf_layout[EDF_F_PREFILTER].size, s->prefilter))
		return fail(err, path, EINVAL, "signal %zu (\"%s\"): a text field is not ASCII",
			    i + 1, s->label);
	if (s->dig_min >= s->dig_max || s->dig_min < INT16_MIN || s->dig_max > INT16_MAX)
		return fail(err, path, EINVAL, "signal %zu (\"%s\"): digital range %d to %d",
			    i + 1, s->label, (int)s->dig_min, (int)s->dig_max);
	if (!isfinite(s->phys_min) || !isfinite(s->phys_max) || s->phys_min == s->phys_max ||
	    !scale_survives(s) || !put_number(at[EDF_F_PHYS_MIN], s->phys_min) ||
	    !put_number(at[EDF_F_PHYS_MAX], s->phys_max))
		return fail(err, path, EINVAL, "signal %zu (\"%s\"): physical range cannot be said in"
			    " 8 characters", i + 1, s->label);
	put_long(at[EDF_F_DIG_MIN], EDF_NUMBER_SIZE, s->dig_min);
	put_long(at[EDF_F_DIG_MAX], EDF_NUMBER_SIZE, s->dig_max);
	if (s->samples_per_record == 0 ||
	    !put_long(at[EDF_F_SAMPLES], EDF_NUMBER_SIZE, (long)s->samples_per_record))
		return fail(err, path, EINVAL, "signal %zu (\"%s\"): %u samples per record", i + 1,
			    s->label, (unsigned int)s->samples_per_record);
	return 0;
}

static int write_all(int fd, const void *data, size_t n, off_t at)
{
	const char *p = data;

	while (n > 0) {
		ssize_t done = pwrite(fd, p, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		p += done;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

static int start_file(struct edf_writer *w, const char *path, const struct edf_writer_info *info,
		      const struct edf_signal *signals, char *err)
{
	const struct edf_signal tal = {
		.label = EDF_LABEL_ANNOTATIONS, .phys_min = -1, .phys_max = 1,
		.dig_min = INT16_MIN, .dig_max = INT16_MAX,
		.samples_per_record = (uint32_t)(w->tal_bytes / 2),
	};
	char *head;
	int ret;

	w->header_bytes = EDF_HEAD_SIZE * (w->n + 2);
	head = malloc(w->header_bytes);
	if (!head)
		return fail(err, path, ENOMEM, "out of memory");
	memset(head, ' ', w->header_bytes);
	ret = put_fixed(head, info, w->n, path, err);
	for (size_t i = 0; !ret && i <= w->n; i++)
		ret = put_signal(head, w->n + 1, i, i < w->n ? &signals[i] : &tal, path, err);
	for (size_t i = 0; !ret && i < w->n; i++) {
		w->samples[i] = signals[i].samples_per_record;
		w->record_bytes += 2 * (size_t)w->samples[i];
		if (w->record_bytes > MAX_RECORD_BYTES - w->tal_bytes)
			ret = fail(err, path, EINVAL, "a data record of more than 16 MiB");
	}
	w->record_bytes += w->tal_bytes;
	if (!ret) {
		w->record = malloc(w->record_bytes);
		if (!w->record)
			ret = fail(err, path, ENOMEM, "out of memory");
	}
	if (!ret) {
		w->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (w->fd < 0)
			ret = fail(err, path, errno, "cannot create: %s", strerror(errno));
	}
	if (!ret) {
		ret = write_all(w->fd, head, w->header_bytes, 0);
		if (ret)
			fail(err, path, -ret, "cannot write: %s", strerror(-ret));
	}
	free(head);
	return ret;
}

static void free_writer(struct edf_writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	edf_tal_queue_free(&w->annotations);
	free(w->record);
	free(w);
}

struct edf_writer *edf_create(const char *path, const struct edf_writer_info *info,
			      const struct edf_signal *signals, size_t n, char *err)
{
	struct edf_writer_info whole = *info;
	struct edf_writer *w = NULL;
	int ret;

	err[0] = '\0';
	if (whole.record_s == 0)
		whole.record_s = 1;
	if (whole.annotation_bytes == 0)
		whole.annotation_bytes = TAL_BYTES;
	if (n < 1 || n >= EDF_MAX_SIGNALS) {
		ret = fail(err, path, EINVAL, "%zu signals, not 1 to %d", n, EDF_MAX_SIGNALS - 1);
	} else if (whole.annotation_bytes < TAL_BYTES || whole.annotation_bytes % 2 ||
		   whole.annotation_bytes > MAX_RECORD_BYTES / 2) {
		ret = fail(err, path, EINVAL, "%zu bytes of annotations a record",
			   whole.annotation_bytes);
	} else {
		w = calloc(1, sizeof(*w));
		ret = w ? 0 : fail(err, path, ENOMEM, "out of memory");
	}
	if (!ret) {
		w->fd = -1;
		w->n = n;
		w->discontinuous = info->discontinuous;
		w->gaps_may_come = info->gaps_may_come;
		w->tal_bytes = whole.annotation_bytes;
		w->record_s = edf_header_value(whole.record_s);
		w->last_onset_s = -INFINITY;
		ret = start_file(w, path, &whole, signals, err);
	}
	if (ret) {
		if (w)
			free_writer(w);
		errno = -ret;
		return NULL;
	}
	return w;
}

int edf_annotate(struct edf_writer *w, const struct edf_annotation *a)
{
	if (!isfinite(a->onset_s) || fabs(a->onset_s) >= 9e9 || isinf(a->duration_s) ||
	    a->duration_s < 0.0 || a->duration_s >= 9e9 || a->text[0] == '\0' ||
	    strnlen(a->text, sizeof(a->text)) == sizeof(a->text) ||
	    strpbrk(a->text, "\x14\x15"))
		return -EINVAL;
	return edf_tal_queue_push(&w->annotations, a);
}

/* Move queued annotations into what is left of a record's TAL bytes, from @used on. */
static void fill_tals(struct edf_writer *w, char *tals, size_t used)
{
	const struct edf_annotation *a;
	struct edf_annotation done;
	char text[EDF_TAL_MAX];

	while (used < w->tal_bytes && (a = edf_tal_queue_peek(&w->annotations))) {
		size_t n = edf_tal_format(text, a);

		if (n > w->tal_bytes - used)
			break;
		memcpy(tals + used, text, n);
		used += n;
		edf_tal_queue_pop(&w->annotations, &done);
	}
}

/* May the next record start there?  Makes the file EDF+D if it may have gaps and this is one. */
static int check_onset(struct edf_writer *w, double onset_s)
{
	double expected = w->first_onset_s + (double)w->n_records * w->record_s;

	if (!isfinite(onset_s) || fabs(onset_s) >= 9e9 || onset_s <= w->last_onset_s)
		return -EINVAL;
	if (w->discontinuous)
		return 0;
	if (w->n_records == 0)
		return onset_s >= 0 && onset_s < 1 ? 0 : -EINVAL;
	if (fabs(onset_s - expected) < 1e-9 * (1 + fabs(onset_s)))
		return 0;
	return w->gaps_may_come ? edf_mark_discontinuous(w) : -EINVAL;
}

int edf_mark_discontinuous(struct edf_writer *w)
{
	int ret;

	if (w->error || w->discontinuous)
		return w->error;
	ret = write_all(w->fd, "EDF+D", 5, EDF_AT_RESERVED);
	if (ret) {
		w->error = ret;
		return ret;
	}
	w->discontinuous = true;
	return 0;
}

int edf_write_record(struct edf_writer *w, double onset_s, const int16_t *const *counts)
{
	struct edf_annotation time = { .onset_s = onset_s, .duration_s = NAN };
	off_t at = (off_t)(w->header_bytes + w->n_records * w->record_bytes);
	unsigned char *p = w->record;
	char *tals = (char *)w->record + w->record_bytes - w->tal_bytes;
	int ret;

	if (w->error)
		return w->error;
	ret = check_onset(w, onset_s);
	if (ret)
		return ret;
	if (w->n_records >= MAX_RECORDS)
		return -EFBIG;
	for (size_t i = 0; i < w->n; i++) {
		for (size_t k = 0; k < w->samples[i]; k++) {
			uint16_t v = (uint16_t)counts[i][k];

			*p++ = (unsigned char)v;
			*p++ = (unsigned char)(v >> 8);
		}
	}
	memset(tals, 0, w->tal_bytes);
	fill_tals(w, tals, edf_tal_format(tals, &time));

	ret = write_all(w->fd, w->record, w->record_bytes, at);
	if (ret) {
		/* What was written of this record is a cut record to a reader: take it back. */
		w->error = ret;
		at = ftruncate(w->fd, at);
		return ret;
	}
	if (w->n_records == 0)
		w->first_onset_s = onset_s;
	w->n_records++;
	w->last_onset_s = onset_s;
	return 0;
}

static int write_count(struct edf_writer *w)
{
	char count[EDF_NUMBER_SIZE];

	memset(count, ' ', sizeof(count));
	put_long(count, sizeof(count), (long)w->n_records);
	return write_all(w->fd, count, sizeof(count), EDF_AT_RECORDS);
}

int edf_count(struct edf_writer *w)
{
	if (!w->error)
		w->error = write_count(w);
	return w->error;
}

int edf_sync(struct edf_writer *w)
{
	int ret = w->error;

	/* EINVAL: /dev/null and the like have nothing to sync */
	if (!ret && fdatasync(w->fd) && errno != EINVAL)
		ret = -errno;
	w->error = ret;
	return edf_count(w);
}

uint64_t edf_file_bytes(const struct edf_writer *w)
{
	return w->header_bytes + w->n_records * w->record_bytes;
}

/* What did not fit goes where earlier records have room, latest record first. */
static int write_leftovers(struct edf_writer *w)
{
	char *tals = (char *)w->record;

	for (uint64_t i = w->n_records; i > 0 && edf_tal_queue_peek(&w->annotations); i--) {
		off_t at = (off_t)(w->header_bytes + i * w->record_bytes - w->tal_bytes);
		size_t used = w->tal_bytes;
		int ret;

		if (pread(w->fd, tals, w->tal_bytes, at) != (ssize_t)w->tal_bytes)
			return -EIO;
		while (used > 0 && tals[used - 1] == '\0')
			used--;
		fill_tals(w, tals, used + 1);
		ret = write_all(w->fd, tals, w->tal_bytes, at);
		if (ret)
			return ret;
	}
	return edf_tal_queue_peek(&w->annotations) ? -ENOSPC : 0;
}

int edf_finish(struct edf_writer *w)
{
	int ret = w->error, left = 0;

	if (!ret)
		left = write_leftovers(w);
	/* Also after a failed record: those before it are good, and overwriting needs no room. */
	if (write_count(w) && !ret)
		ret = -EIO;
	if (!ret)
		ret = left;
	if (fsync(w->fd) && errno != EINVAL && !ret)
		ret = -errno;	/* EINVAL: /dev/null and the like have nothing to sync */
	if (close(w->fd) && !ret)
		ret = -errno;
	w->fd = -1;
	free_writer(w);
	return ret;
}
