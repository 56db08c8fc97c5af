/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors of our own: what a client can tell apart and act upon. */
#ifndef BACKPOP_BUS_ERROR_H
#define BACKPOP_BUS_ERROR_H

#include <systemd/sd-bus.h>

#define BUS_ERROR_INVALID	"org.backpop1.Error.InvalidArgument"
#define BUS_ERROR_BUSY		"org.backpop1.Error.Busy"
#define BUS_ERROR_JOURNAL_FULL	"org.backpop1.Error.JournalFull"
#define BUS_ERROR_JOURNAL_FAILED "org.backpop1.Error.JournalFailed"
#define BUS_ERROR_SESSION_RUNNING "org.backpop1.Error.SessionRunning"
#define BUS_ERROR_NO_SESSION	"org.backpop1.Error.NoSession"

struct journal;

/* Refuse a call: fills @error, returns what a method handler returns. */
__attribute__((format(printf, 2, 3)))
int bus_refuse(sd_bus_error *error, const char *format, ...);

/* What the journal's errno @r means to a caller. */
int bus_journal_error(sd_bus_error *error, const struct journal *j, int r);

#endif
