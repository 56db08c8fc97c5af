/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of our own: what a client can tell apart and act upon.  All that our methods refuse
 * has one of these; org.freedesktop.DBus.Error.* comes from the bus and its library alone.
 */
#ifndef BACKPOP_BUS_ERROR_H
#define BACKPOP_BUS_ERROR_H

#include <systemd/sd-bus.h>

#define BUS_ERROR_INVALID	"org.backpop1.Error.InvalidArgument"
#define BUS_ERROR_BUSY		"org.backpop1.Error.Busy"
#define BUS_ERROR_JOURNAL_FULL	"org.backpop1.Error.JournalFull"
#define BUS_ERROR_JOURNAL_FAILED "org.backpop1.Error.JournalFailed"
#define BUS_ERROR_SESSION_RUNNING "org.backpop1.Error.SessionRunning"
#define BUS_ERROR_NO_SESSION	"org.backpop1.Error.NoSession"
#define BUS_ERROR_NO_SUCH_SENSOR "org.backpop1.Error.NoSuchSensor"
#define BUS_ERROR_NO_SUCH_EVENT	"org.backpop1.Error.NoSuchEvent"
#define BUS_ERROR_NO_DEVICE	"org.backpop1.Error.NoDevice"
#define BUS_ERROR_RECORDING_OFF	"org.backpop1.Error.RecordingOff"
#define BUS_ERROR_RECORDING	"org.backpop1.Error.AlreadyRecording"
#define BUS_ERROR_NOT_RECORDING	"org.backpop1.Error.NotRecording"

struct journal;

/* Refuse a call: fills @error, returns what a method handler returns. */
__attribute__((format(printf, 2, 3)))
int bus_refuse(sd_bus_error *error, const char *format, ...);

/* What the journal's errno @r means to a caller. */
int bus_journal_error(sd_bus_error *error, const struct journal *j, int r);

#endif
