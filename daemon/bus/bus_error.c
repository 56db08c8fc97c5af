// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>

#include "bus/bus_error.h"
#include "journal/journal.h"

int bus_refuse(sd_bus_error *error, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = sd_bus_error_setfv(error, BUS_ERROR_INVALID, format, ap);
	va_end(ap);
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
