// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Header of an EDF file.  Strict, because a wrong scale or rate makes every figure
 * wrong; of signals that are not ours only the length matters.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "edf_field.h"
#include "edf_open_file.h"

/* A record of 64 signals at 100 kHz is 12.8 MB; what is beyond is a broken header. */
#define MAX_RECORD_BYTES	(16u << 20)

/* Copy a text field: ASCII, trimmed on both sides. @out has @n + 1 bytes. */
static void copy_text(char *out, const char *field, size_t n)
{
	while (n > 0 && (*field == ' ' || *field == '\0')) {
		field++;
		n--;
	}
	while (n > 0 && (field[n - 1] == ' ' || field[n - 1] == '\0'))
		n--;
	for (size_t i = 0; i < n; i++)
		out[i] = field[i] >= ' ' && field[i] <= '~' ? field[i] : '?';
	out[n] = '\0';
}

static bool parse_integer(const char *field, size_t n, long *value)
{
	double v;

	if (!edf_parse_number(field, n, &v) || v != floor(v) || fabs(v) > 99999999.0)
		return false;
	*value = (long)v;
	return true;
}

static bool is_annotation_label(const char *label)
{
	return !strcmp(label, EDF_LABEL_ANNOTATIONS);
}

static bool is_our_label(const char *label)
{
	return !strcasecmp(label, EDF_LABEL_ACCEL_X) || !strcasecmp(label, EDF_LABEL_ACCEL_Y) ||
	       !strcasecmp(label, EDF_LABEL_ACCEL_Z) || !strcasecmp(label, EDF_LABEL_FILM);
}

static const char *field_of(const char *head, size_t nsignals, size_t i, enum edf_signal_field f)
{
	return head + edf_field_offset(f, nsignals, i);
}

static int bad_field(struct edf_reader *r, const char *head, size_t i, enum edf_signal_field f,
		     const char *label, const char *why)
{
	char text[EDF_NUMBER_SIZE + 1];

	copy_text(text, field_of(head, r->n_all, i, f), EDF_NUMBER_SIZE);
	return edf_fail(r, EINVAL, "signal %zu (\"%s\"): %s \"%s\" %s", i + 1, label,
		    edf_layout[f].name, text, why);
}

/* Both ends of the scale of signal @i; @s is only written if they make sense. */
static int parse_scale(struct edf_reader *r, const char *head, size_t i, struct edf_signal *s)
{
	double phys_min, phys_max;
	long dig_min, dig_max;

	if (!edf_parse_number(field_of(head, r->n_all, i, EDF_F_PHYS_MIN), EDF_NUMBER_SIZE,
			      &phys_min))
		return bad_field(r, head, i, EDF_F_PHYS_MIN, s->label, "is not a number");
	if (!edf_parse_number(field_of(head, r->n_all, i, EDF_F_PHYS_MAX), EDF_NUMBER_SIZE,
			      &phys_max))
		return bad_field(r, head, i, EDF_F_PHYS_MAX, s->label, "is not a number");
	if (phys_min == phys_max)
		return bad_field(r, head, i, EDF_F_PHYS_MAX, s->label,
				 "equals the physical minimum");
	if (!parse_integer(field_of(head, r->n_all, i, EDF_F_DIG_MIN), EDF_NUMBER_SIZE, &dig_min) ||
	    dig_min < INT16_MIN || dig_min > INT16_MAX)
		return bad_field(r, head, i, EDF_F_DIG_MIN, s->label,
				 "is not an integer from -32768 to 32767");
	if (!parse_integer(field_of(head, r->n_all, i, EDF_F_DIG_MAX), EDF_NUMBER_SIZE, &dig_max) ||
	    dig_max < INT16_MIN || dig_max > INT16_MAX)
		return bad_field(r, head, i, EDF_F_DIG_MAX, s->label,
				 "is not an integer from -32768 to 32767");
	if (dig_min >= dig_max)
		return bad_field(r, head, i, EDF_F_DIG_MAX, s->label,
				 "is not above the digital minimum");
	s->phys_min = phys_min;
	s->phys_max = phys_max;
	s->dig_min = (int32_t)dig_min;
	s->dig_max = (int32_t)dig_max;
	return 0;
}

static int parse_signal(struct edf_reader *r, const char *head, size_t i)
{
	struct edf_signal s = {
		.phys_min = NAN, .phys_max = NAN, .dig_min = INT16_MIN, .dig_max = INT16_MAX,
	};
	char warnings[EDF_ERROR_SIZE];
	size_t bytes;
	long samples;
	int ret;

	copy_text(s.label, field_of(head, r->n_all, i, EDF_F_LABEL), sizeof(s.label) - 1);
	copy_text(s.transducer, field_of(head, r->n_all, i, EDF_F_TRANSDUCER),
		  sizeof(s.transducer) - 1);
	copy_text(s.dimension, field_of(head, r->n_all, i, EDF_F_DIMENSION),
		  sizeof(s.dimension) - 1);
	copy_text(s.prefilter, field_of(head, r->n_all, i, EDF_F_PREFILTER),
		  sizeof(s.prefilter) - 1);

	if (!parse_integer(field_of(head, r->n_all, i, EDF_F_SAMPLES), EDF_NUMBER_SIZE, &samples) ||
	    samples <= 0)
		return bad_field(r, head, i, EDF_F_SAMPLES, s.label, "is not a positive integer");
	bytes = (size_t)samples * 2;
	if (bytes > MAX_RECORD_BYTES - r->record_bytes)
		return bad_field(r, head, i, EDF_F_SAMPLES, s.label,
				 "makes a data record of more than 16 MiB");
	s.samples_per_record = (uint32_t)samples;

	if (is_annotation_label(s.label)) {
		r->tal[r->n_tal].offset = r->record_bytes;
		r->tal[r->n_tal++].bytes = bytes;
	} else {
		memcpy(warnings, r->error, sizeof(warnings));
		ret = parse_scale(r, head, i, &s);
		if (ret && is_our_label(s.label))
			return ret;
		if (ret) {
			/* Of a foreign signal nothing but its length matters. */
			memcpy(r->error, warnings, sizeof(warnings));
			edf_warn(r, "signal %zu (\"%s\") has no usable scale, its values are left out",
			     i + 1, s.label);
		}
		r->offset[r->n] = r->record_bytes;
		r->signals[r->n++] = s;
	}
	r->record_bytes += bytes;
	return 0;
}

/* "dd.mm.yy" and "hh.mm.ss", EDF's clip date 1985. */
static int64_t parse_start(const char *head)
{
	const char *d = head + EDF_AT_DATE, *t = head + EDF_AT_TIME;
	int v[6];
	struct tm tm = { 0 }, check;
	time_t when;

	for (int i = 0; i < 6; i++) {
		const char *p = (i < 3 ? d : t) + 3 * (i % 3);

		if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
			return 0;
		v[i] = (p[0] - '0') * 10 + (p[1] - '0');
	}
	tm.tm_mday = v[0];
	tm.tm_mon = v[1] - 1;
	tm.tm_year = v[2] >= 85 ? v[2] : v[2] + 100;
	tm.tm_hour = v[3];
	tm.tm_min = v[4];
	tm.tm_sec = v[5];
	check = tm;
	when = timegm(&check);
	/* timegm() makes 31.02. the 3rd of March: such a date is unreadable. */
	if (check.tm_mday != tm.tm_mday || check.tm_mon != tm.tm_mon || check.tm_hour != tm.tm_hour ||
	    check.tm_min != tm.tm_min || check.tm_sec != tm.tm_sec)
		return 0;
	return (int64_t)when;
}

/* The fixed 256 bytes: @n of them were there. */
static int check_identity(struct edf_reader *r, const char *head, size_t n)
{
	char text[EDF_NUMBER_SIZE + 1];

	if (n == 0)
		return edf_fail(r, EINVAL, "the file is empty");
	if ((unsigned char)head[0] == 0xff && n >= 8 && !memcmp(head + 1, "BIOSEMI", 7))
		return edf_fail(r, EINVAL,
			    "this is a BDF file (24 bit, BioSemi); only EDF and EDF+ are read");
	copy_text(text, head, n < EDF_NUMBER_SIZE ? n : EDF_NUMBER_SIZE);
	if (n < EDF_NUMBER_SIZE || memcmp(head, "0       ", EDF_NUMBER_SIZE))
		return edf_fail(r, EINVAL, "not an EDF file: version field is \"%s\", not \"0\"", text);
	if (n < EDF_HEAD_SIZE)
		return edf_fail(r, EINVAL, "the header is cut off: %zu of its first 256 bytes", n);
	return 0;
}

static int parse_fixed(struct edf_reader *r, const char *head, long *declared)
{
	char text[EDF_RESERVED_SIZE + 1];
	long n;

	copy_text(text, head + EDF_AT_SIGNALS, EDF_SIGNALS_SIZE);
	if (!parse_integer(head + EDF_AT_SIGNALS, EDF_SIGNALS_SIZE, &n) || n < 1 ||
	    n > EDF_MAX_SIGNALS)
		return edf_fail(r, EINVAL, "number of signals \"%s\" is not an integer from 1 to %d",
			    text, EDF_MAX_SIGNALS);
	r->n_all = (size_t)n;

	copy_text(text, head + EDF_AT_HEADER_BYTES, EDF_NUMBER_SIZE);
	if (!parse_integer(head + EDF_AT_HEADER_BYTES, EDF_NUMBER_SIZE, &n) ||
	    n != (long)(EDF_HEAD_SIZE * (r->n_all + 1)))
		return edf_fail(r, EINVAL, "header size \"%s\" does not fit %zu signals (%zu bytes)",
			    text, r->n_all, EDF_HEAD_SIZE * (r->n_all + 1));
	r->header_bytes = (size_t)n;

	copy_text(text, head + EDF_AT_DURATION, EDF_NUMBER_SIZE);
	if (!edf_parse_number(head + EDF_AT_DURATION, EDF_NUMBER_SIZE, &r->duration_s) ||
	    r->duration_s < 0.0)
		return edf_fail(r, EINVAL, "record duration \"%s\" is not a positive number of seconds",
			    text);

	copy_text(text, head + EDF_AT_RECORDS, EDF_NUMBER_SIZE);
	if (!parse_integer(head + EDF_AT_RECORDS, EDF_NUMBER_SIZE, declared) || *declared < -1)
		return edf_fail(r, EINVAL, "number of data records \"%s\" is not an integer from -1",
			    text);

	copy_text(text, head + EDF_AT_RESERVED, EDF_RESERVED_SIZE);
	r->discontinuous = !strncmp(text, "EDF+D", 5);
	r->plus = r->discontinuous || !strncmp(text, "EDF+C", 5);
	r->start_time = parse_start(head);
	return 0;
}

/* Whole records in the file against what the header says. */
static void count_records(struct edf_reader *r, uint64_t file_bytes, long declared)
{
	uint64_t data = file_bytes - r->header_bytes;
	uint64_t rest = data % r->record_bytes;

	r->n_records = data / r->record_bytes;
	if (declared == -1)
		edf_warn(r, "the recording was not finished (record count -1): read to the last of its"
		     " %llu whole records", (unsigned long long)r->n_records);
	else if ((uint64_t)declared > r->n_records)
		edf_warn(r, "cut off: the header says %ld records, the file holds %llu whole ones",
		     declared, (unsigned long long)r->n_records);
	else if ((uint64_t)declared < r->n_records)
		edf_warn(r, "the header says %ld records, the file holds %llu: all are read",
		     declared, (unsigned long long)r->n_records);
	if (rest)
		edf_warn(r, "%llu bytes after the last whole record are left out",
		     (unsigned long long)rest);
}

int edf_parse_header(struct edf_reader *r, uint64_t file_bytes)
{
	char fixed[EDF_HEAD_SIZE] = { 0 };
	long declared = 0;
	char *head;
	ssize_t n;
	int ret;

	n = pread(r->fd, fixed, sizeof(fixed), 0);
	if (n < 0)
		return edf_fail(r, errno, "cannot read: %s", strerror(errno));
	ret = check_identity(r, fixed, (size_t)n);
	if (!ret)
		ret = parse_fixed(r, fixed, &declared);
	if (ret)
		return ret;
	if (file_bytes < r->header_bytes)
		return edf_fail(r, EINVAL, "the header is cut off: %llu of %zu bytes",
			    (unsigned long long)file_bytes, r->header_bytes);

	head = malloc(r->header_bytes);
	if (!head)
		return edf_fail(r, ENOMEM, "out of memory");
	n = pread(r->fd, head, r->header_bytes, 0);
	if (n != (ssize_t)r->header_bytes)
		ret = edf_fail(r, EIO, "cannot read the header: %s", n < 0 ? strerror(errno) : "cut off");
	for (size_t i = 0; !ret && i < r->n_all; i++)
		ret = parse_signal(r, head, i);
	free(head);
	if (ret)
		return ret;

	/* EDF+ allows 0 only where there is nothing but annotations. */
	if (r->duration_s == 0.0 && r->n > 0)
		return edf_fail(r, EINVAL, "record duration is 0 s");
	if (r->discontinuous && r->n_tal == 0)
		return edf_fail(r, EINVAL,
			    "EDF+D without a signal \"" EDF_LABEL_ANNOTATIONS "\": no record has a time");
	if (!r->plus)
		edf_warn(r, "plain EDF, not EDF+: taken as continuous");
	count_records(r, file_bytes, declared);
	r->record = malloc(r->record_bytes);
	return r->record ? 0 : edf_fail(r, ENOMEM, "out of memory");
}
