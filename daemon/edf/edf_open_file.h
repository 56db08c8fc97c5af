/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The open file, shared by header parser and record reader; not for other rooms. */
#ifndef BACKPOP_EDF_OPEN_FILE_H
#define BACKPOP_EDF_OPEN_FILE_H

#include "edf.h"
#include "edf_tal.h"

struct edf_reader {
	int fd;
	char *path;
	bool plus;
	bool discontinuous;
	int64_t start_time;
	double duration_s;
	uint64_t n_records;
	uint64_t next_record;
	double next_onset_s;		/* if no annotation says otherwise */
	double last_onset_s;
	size_t header_bytes;
	size_t record_bytes;
	unsigned char *record;
	size_t n_all;			/* signals of the file, annotation signals included */
	size_t n;			/* without them */
	struct edf_signal signals[EDF_MAX_SIGNALS];
	size_t offset[EDF_MAX_SIGNALS];	/* bytes into the record, parallel to @signals */
	size_t n_tal;
	struct {
		size_t offset, bytes;
	} tal[EDF_MAX_SIGNALS];
	struct edf_tal_queue annotations;
	char error[EDF_ERROR_SIZE];
};

/* Put "FILE: text" into r->error and return -@err. */
__attribute__((format(printf, 3, 4)))
int edf_fail(struct edf_reader *r, int err, const char *fmt, ...);
/* Add to r->error: warnings of one call are joined, so that none hides another. */
__attribute__((format(printf, 2, 3)))
void edf_warn(struct edf_reader *r, const char *fmt, ...);

/* Read and check the header of r->fd, fill @r; 0 or edf_fail(). */
int edf_parse_header(struct edf_reader *r, uint64_t file_bytes);

#endif
