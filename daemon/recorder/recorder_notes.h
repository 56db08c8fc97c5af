/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recording is annotated with, until its record comes; events until they are settled. */
#ifndef BACKPOP_RECORDER_NOTES_H
#define BACKPOP_RECORDER_NOTES_H

#include "recorder/recorder.h"
#include "recorder/recorder_file.h"
#include "recorder/recorder_grid.h"

#define NOTES_MAX	128	/* waiting for a record */
#define NOTES_OPEN_MAX	64	/* events not yet settled */

struct note {
	int64_t t_ns;
	struct edf_annotation a;
};

struct open_event {
	struct bp_event ev;
	int64_t due_ns;
};

/**
 * struct notes - all zero = none
 * @said:	numbers below have been annotated, and as what: for later revisions
 */
struct notes {
	struct note list[NOTES_MAX];
	size_t n;
	struct open_event events[NOTES_OPEN_MAX];
	size_t n_events;
	struct {
		uint32_t number;
		enum bp_class class_;
	} said[NOTES_OPEN_MAX];
	size_t next_said;
};

/* A revision of an event: what it is held for when it is settled becomes a note. */
void notes_event(struct notes *n, const struct bp_event *ev);
/* Events that are settled by @now_ns become notes. */
void notes_settle(struct notes *n, int64_t now_ns);
/* Somebody's words; @duration_s NAN = none. */
void notes_text(struct notes *n, int64_t t_ns, double duration_s, const char *text);

/**
 * notes_take() - notes of up to @newest_ns into a job, as far as it has room
 * @begun_ns:	moment of the file's first sample; what was before is the file's before
 * @old_shift_s: from this file's time to that of the file before; NaN = there is none
 *
 * Their place is known now: it is not far away.
 */
void notes_take(struct notes *n, int64_t newest_ns, const struct grid *grid, int64_t begun_ns,
		double old_shift_s, struct file_job *job);

#endif
