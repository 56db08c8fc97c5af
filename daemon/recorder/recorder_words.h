/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words in the files: who, and what was heard; not for other rooms. */
#ifndef BACKPOP_RECORDER_WORDS_H
#define BACKPOP_RECORDER_WORDS_H

#include "recorder/recorder.h"

/* EDF+ local patient and recording identification (this without its start date). */
void recorder_words_patient(char out[81], const struct recorder_person *who);
void recorder_words_recording(char out[81], const struct recorder_person *who,
			      const char *equipment);
/* Length and text, "cavitation #12 85% site 3 inhale"; the onset is the caller's. */
void recorder_words_event(struct edf_annotation *a, const struct bp_event *ev, bool revised);

#endif
