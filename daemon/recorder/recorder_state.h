/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recorder is made of, and what its three files ask of each other.  Not for other rooms. */
#ifndef BACKPOP_RECORDER_STATE_H
#define BACKPOP_RECORDER_STATE_H

#include "recorder/recorder.h"
#include "recorder/recorder_file.h"
#include "recorder/recorder_grid.h"
#include "recorder/recorder_notes.h"

#define RECORDER_NS_PER_S	1000000000LL

struct recorder {
	struct recorder *next;
	char id[64];
	bool wanted;			/* to go on when a source opens */
	struct recorder_settings settings;
	struct recorder_file *file;
	int fd;
	bool patient_caller;
	enum recorder_state state;
	char patient[81], recording[81];
	char equipment[32];
	struct recorder_person who;
	bool has_source;
	struct edf_signal signals[SOURCE_CHANNELS];
	struct grid grid;

	struct bp_frame *early;		/* while WAITING for the rates */
	size_t n_early, room_early;

	int64_t newest_ns;
	int64_t retry_ns;
	bool rotate;
	bool opened;			/* a file is with the thread */
	uint64_t in_file;		/* records handed over for it */
	uint64_t record_bytes;
	int64_t begun_ns;		/* moment of the file's first sample */
	double old_shift_s;		/* file time now -> of the file before; NaN = none */
	uint64_t dropped;
	bool dropping;

	struct notes notes;
};

/* recorder.c */
void recorder_set_state(struct recorder *r, enum recorder_state state);

/*
 * recorder_cut.c: the rates are known, or will not be: the file begins with the first
 * frame that was kept; a frame into it; and its end.
 */
int recorder_cut_prepare(struct recorder *r);	/* room for frames; -ENOMEM */
void recorder_cut_begin(struct recorder *r);
void recorder_cut_frame(struct recorder *r, const struct bp_frame *f);
void recorder_cut_finish(struct recorder *r);
void recorder_cut_forget(struct recorder *r);	/* the file has failed: nothing is finished */
void recorder_cut_emit(void *recorder, const struct grid_record *rec,
		       const int16_t (*counts)[2 * FILE_COUNTS]);

/* recorder_all.c: one more, whether it is to go on when its source opens; one fewer. */
void recorder_all_add(struct recorder *r);
void recorder_all_remove(struct recorder *r);
/* Who the session that runs is about; NULL = none runs. */
const struct recorder_person *recorder_all_session(void);

#endif
