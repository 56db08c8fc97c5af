// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * EDF and EDF+ reader: opens, reads records and annotations.  Tolerant of what is
 * not ours, because clinics add signals and annotations of their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edf_open_file.h"

#define PATH_SHOWN		100	/* of a long path, in messages */

/* The end of a long path says more than its start. */
static const char *shown(const struct edf_reader *r)
{
	size_t n = strlen(r->path);

	return n > PATH_SHOWN ? r->path + n - PATH_SHOWN : r->path;
}

int edf_fail(struct edf_reader *r, int err, const char *fmt, ...)
{
	int n = snprintf(r->error, sizeof(r->error), "%s: ", shown(r));
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->error + n, sizeof(r->error) - (size_t)n, fmt, ap);
	va_end(ap);
	return -err;
}

void edf_warn(struct edf_reader *r, const char *fmt, ...)
{
	size_t used = strlen(r->error);
	va_list ap;

	if (used)
		snprintf(r->error + used, sizeof(r->error) - used, "; ");
	else
		snprintf(r->error, sizeof(r->error), "%s: ", shown(r));
	used = strlen(r->error);
	va_start(ap, fmt);
	vsnprintf(r->error + used, sizeof(r->error) - used, fmt, ap);
	va_end(ap);
}

static int open_file(struct edf_reader *r)
{
	struct stat st;

	/* O_NONBLOCK: a FIFO must be refused, not waited for. */
	r->fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (r->fd < 0)
		return edf_fail(r, errno, "cannot open: %s", strerror(errno));
	if (fstat(r->fd, &st))
		return edf_fail(r, errno, "cannot stat: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return edf_fail(r, EISDIR, "is a directory");
	if (!S_ISREG(st.st_mode))
		return edf_fail(r, EINVAL, "is not a regular file");
	return edf_parse_header(r, (uint64_t)st.st_size);
}

struct edf_reader *edf_open(const char *path, char *err)
{
	struct edf_reader *r = calloc(1, sizeof(*r));
	int ret;

	err[0] = '\0';
	if (r)
		r->path = strdup(path);
	if (!r || !r->path) {
		snprintf(err, EDF_ERROR_SIZE, "out of memory");
		free(r);
		errno = ENOMEM;
		return NULL;
	}
	r->fd = -1;
	r->last_onset_s = -INFINITY;
	ret = open_file(r);
	memcpy(err, r->error, EDF_ERROR_SIZE);
	if (ret) {
		edf_close(r);
		errno = -ret;
		return NULL;
	}
	r->error[0] = '\0';
	return r;
}

void edf_close(struct edf_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	edf_tal_queue_free(&r->annotations);
	free(r->record);
	free(r->path);
	free(r);
}

size_t edf_n_signals(const struct edf_reader *r)
{
	return r->n;
}

const struct edf_signal *edf_signal(const struct edf_reader *r, size_t i)
{
	return i < r->n ? &r->signals[i] : NULL;
}

double edf_rate_hz(const struct edf_reader *r, size_t i)
{
	return i < r->n ? r->signals[i].samples_per_record / r->duration_s : 0.0;
}

int edf_find(const struct edf_reader *r, const char *label)
{
	size_t n;

	while (*label == ' ')
		label++;
	n = strlen(label);
	while (n > 0 && label[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < r->n; i++)
		if (strlen(r->signals[i].label) == n && !strncasecmp(r->signals[i].label, label, n))
			return (int)i;
	return -1;
}

uint64_t edf_n_records(const struct edf_reader *r)
{
	return r->n_records;
}

double edf_record_duration_s(const struct edf_reader *r)
{
	return r->duration_s;
}

bool edf_is_discontinuous(const struct edf_reader *r)
{
	return r->discontinuous;
}

int64_t edf_start_time(const struct edf_reader *r)
{
	return r->start_time;
}

/* Annotations of the record in memory; its own time too, if it says so. */
static int take_annotations(struct edf_reader *r, double *onset_s)
{
	bool has_time = false;
	size_t bad = 0;

	for (size_t i = 0; i < r->n_tal; i++) {
		int ret = edf_tal_parse(&r->annotations, r->record + r->tal[i].offset,
					r->tal[i].bytes, i == 0 ? onset_s : NULL, &bad);

		if (ret < 0)
			return edf_fail(r, -ret, "out of memory");
		has_time |= ret > 0;
	}
	if (bad) {
		r->error[0] = '\0';
		edf_warn(r, "record %llu: %zu malformed annotations are left out",
		     (unsigned long long)r->next_record, bad);
	}
	if (r->discontinuous && !has_time)
		return edf_fail(r, EINVAL, "record %llu of an EDF+D file has no time-keeping annotation",
			    (unsigned long long)r->next_record);
	return 0;
}

int edf_read_record(struct edf_reader *r, double *onset_s, int16_t *const *counts)
{
	double onset = r->next_onset_s;
	off_t at;
	ssize_t n;
	int ret;

	if (r->next_record >= r->n_records)
		return 0;
	at = (off_t)(r->header_bytes + r->next_record * r->record_bytes);
	n = pread(r->fd, r->record, r->record_bytes, at);
	if (n < 0)
		return edf_fail(r, errno, "cannot read record %llu: %s",
			    (unsigned long long)r->next_record, strerror(errno));
	if ((size_t)n != r->record_bytes)
		return edf_fail(r, EIO, "record %llu is cut off: the file shrank while it was read",
			    (unsigned long long)r->next_record);

	ret = take_annotations(r, &onset);
	if (ret)
		return ret;
	if (onset <= r->last_onset_s && r->n > 0)
		return edf_fail(r, EINVAL, "record %llu starts at or before the one before it",
			    (unsigned long long)r->next_record);
	r->last_onset_s = onset;
	r->next_onset_s = onset + r->duration_s;
	r->next_record++;
	*onset_s = onset;

	for (size_t i = 0; counts && i < r->n; i++) {
		const unsigned char *p = r->record + r->offset[i];

		if (!counts[i])
			continue;
		for (size_t k = 0; k < r->signals[i].samples_per_record; k++)
			counts[i][k] = (int16_t)(p[2 * k] | p[2 * k + 1] << 8);
	}
	return 1;
}

bool edf_next_annotation(struct edf_reader *r, struct edf_annotation *a)
{
	return edf_tal_queue_pop(&r->annotations, a);
}

const char *edf_reader_error(const struct edf_reader *r)
{
	return r->error;
}
