/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session file as a source, for source_edf*.c only: one opens it, the other reads it. */
#ifndef BACKPOP_SOURCE_EDF_H
#define BACKPOP_SOURCE_EDF_H

#include "edf/edf.h"
#include "source/source.h"

#define EDF_PATH_SHOWN	100	/* of a long path, in messages: its end says most */
#define EDF_MAX_HOLES	32	/* in one record */

enum { AXIS_X, AXIS_Y, AXIS_Z, FILM, N_CHANNELS };

struct channel {
	int signal;		/* index in the file, -1 = not there */
	float scale, offset;	/* count -> g or mV */
	int32_t low, high;	/* digital limits: a sample there is clipped */
	int16_t *counts;	/* of the record at hand */
};

/* Channels of one rate, walking through the record at hand. */
struct track {
	uint32_t has;
	uint32_t per_record;
	uint32_t next;		/* sample; per_record = done */
	int64_t t_ns;		/* of sample next */
	int64_t step_ns;	/* record duration / per_record: whole part... */
	uint32_t step_rest;	/* ...and remainder, in 1 / per_record ns */
	uint32_t rest;
	unsigned int n_holes;
	struct {
		uint32_t from, to;	/* samples of the record that were filled in */
	} holes[EDF_MAX_HOLES];
};

struct edf_source {
	struct source source;
	char path[EDF_PATH_SHOWN + 1];
	struct edf_reader *reader;
	struct channel channels[N_CHANNELS];
	struct track tracks[2];
	unsigned int n_tracks;
	int16_t **targets;	/* per signal of the file: where its counts go */
	bool gaps_allowed;
	uint64_t record;
	int64_t record_ns;	/* duration */
	int64_t start_ns;	/* EDF+D: file time of the first sample */
	int64_t expected_ns;	/* EDF+D: where the next record starts without a gap */
	int end;		/* 0 = going on, else what read() returns from now on */
	struct source_counters counters;
};

/* What messages and the source's name call the file. */
void edf_source_set_names(struct edf_source *s, const char *path);
/* Find the channels of the open file, check them, lay out the tracks.  0, or a negative errno
 * with @err (SOURCE_ERROR_SIZE bytes) filled but for -ENOMEM. */
int edf_source_set_up(struct edf_source *s, char *err);

#endif
