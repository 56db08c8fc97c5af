// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl: what people have noted in a session file. */
#include <math.h>
#include <string.h>

#include "core/core.h"
#include "ctl/ctl.h"
#include "edf/edf.h"

#define ANONYMOUS	473385600	/* 1 January 1985: no date, by EDF+'s rules */

/*
 * Is it what the recorder writes of events and of the file itself?  Of the events the
 * detector has just given its own opinion.
 */
static bool is_recorders(const char *text)
{
	if (!strncmp(text, EDF_TEXT_ENDS, strlen(EDF_TEXT_ENDS)))
		return true;
	for (int c = 0; c < BP_CLASS_COUNT; c++) {
		const char *name = bp_class_name((enum bp_class)c);
		size_t n = strlen(name);

		if (!strncmp(text, name, n) && !strncmp(text + n, " #", 2))
			return true;
	}
	return false;
}

int ctl_notes_read(const char *edf, ctl_take_note take, void *userdata, double *clock_s)
{
	struct edf_annotation a;
	char err[EDF_ERROR_SIZE];
	struct edf_reader *r = edf_open(edf, err);
	double onset_s, first_s = 0;
	bool first = true;
	int ret;

	if (!r) {
		ctl_complain("%s", err);
		return -1;
	}
	while ((ret = edf_read_record(r, &onset_s, NULL)) > 0) {
		if (first)
			first_s = onset_s;
		first = false;
		while (edf_next_annotation(r, &a))
			if (!is_recorders(a.text) && fabs(a.onset_s - first_s) < 9e9)
				take(userdata, llround((a.onset_s - first_s) * 1e9), a.text);
	}
	if (ret < 0)
		ctl_complain("%s", edf_reader_error(r));
	else if (clock_s && edf_start_time(r) && edf_start_time(r) != ANONYMOUS)
		*clock_s = (double)edf_start_time(r) + first_s;
	edf_close(r);
	return ret;
}
