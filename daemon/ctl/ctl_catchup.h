/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing missed: signals can be lost silently (a full queue, a daemon or a bus that was
 * started anew), but entries of the journal are numbered without holes.  Where a number is
 * left out, the journal is asked.
 */
#ifndef BACKPOP_CTL_CATCHUP_H
#define BACKPOP_CTL_CATCHUP_H

#include <systemd/sd-bus.h>

#include "journal/db.h"

/**
 * struct catchup_ops - who shows them, each once
 * @missed:	its signal was not heard
 *
 * Other than 0: enough, no more of them.
 */
struct catchup_ops {
	int (*event)(void *userdata, const struct record_event *rec, bool missed);
	int (*annotation)(void *userdata, const struct record_annotation *rec, bool missed);
};

/* @expected: the next number, 0 = not known; @told: the highest that was shown. */
struct catchup_mark {
	uint64_t expected, told;
};

/**
 * struct catchup - all zero but @ops and @userdata = nothing heard yet
 * @id:		of the journal that the numbers are of, "" = none was seen
 */
struct catchup {
	const struct catchup_ops *ops;
	void *userdata;
	char id[DB_ID_SIZE];
	struct catchup_mark event, annotation;
};

/*
 * The daemon is there, for the first time or again: what was missed since it was heard
 * last is shown.  Faults are told on standard error.
 */
void catchup_begin(struct catchup *c, sd_bus *bus);
/* A signal has come: show what was missed before it, then it; all @sensor's are to be given. */
int catchup_event(struct catchup *c, sd_bus *bus, const struct record_event *rec);
int catchup_annotation(struct catchup *c, sd_bus *bus, const struct record_annotation *rec);

#endif
