/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backpopctl: reading the daemon's journal over D-Bus, page by page. */
#ifndef BACKPOP_CTL_JOURNAL_H
#define BACKPOP_CTL_JOURNAL_H

#include <systemd/sd-bus.h>

#include "journal/db.h"

/*
 * Both begin at @f->from and call @take for each, in ascending order; it ends early by
 * returning other than 0.  Return: 0, what @take returned, or a negative errno with @error
 * set as far as the bus told.
 */
int ctl_journal_events(sd_bus *bus, const struct db_filter *f, db_take_event take, void *userdata,
		       sd_bus_error *error);
/* Of the filter, @from is looked at only. */
int ctl_journal_annotations(sd_bus *bus, const struct db_filter *f, db_take_annotation take,
			    void *userdata, sd_bus_error *error);

/* Is or was there a session of that number?  1, 0, or a negative errno. */
int ctl_journal_has_session(sd_bus *bus, uint64_t number, sd_bus_error *error);

/* Read "ttssa{sv}".  >= 0 or a negative errno. */
int ctl_annotation_read(sd_bus_message *m, struct record_annotation *rec);

#endif
