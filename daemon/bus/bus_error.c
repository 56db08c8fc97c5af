// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus_error.h"
#include "edf/utf8.h"
#include "journal/journal.h"

int bus_refuse(sd_bus_error *error, const char *format, ...)
{
	char text[512], clean[sizeof(text)];
	va_list ap;
	int r;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	/* A caller's word may have been cut in the middle of a character: no bus takes that. */
	utf8_copy(clean, sizeof(clean), text, strlen(text));
	r = sd_bus_error_set(error, BUS_ERROR_INVALID, clean);
	return r < 0 ? r : -EINVAL;
}

int bus_journal_error(sd_bus_error *error, const struct journal *j, int r)
{
	const char *reason = journal_state_reason(j);

	if (r == -ENOSPC)
		sd_bus_error_setf(error, BUS_ERROR_JOURNAL_FULL,
				  "the disk is full: nothing was kept");
	else if (r == -ENOBUFS)
		sd_bus_error_setf(error, BUS_ERROR_BUSY, "too many calls at once: try again");
	else
		sd_bus_error_setf(error, BUS_ERROR_JOURNAL_FAILED, "the journal: %s",
				  *reason ? reason : "the disk fails");
	return r;
}
