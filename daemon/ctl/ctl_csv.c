// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl: an event's judgement as comma-separated values. */
#include <math.h>
#include <stdio.h>

#include "core/core.h"
#include "ctl/ctl.h"

/* Always with a point, empty if unknown. */
static void number(FILE *f, double value, int digits)
{
	char text[64];

	fputc(',', f);
	if (!isfinite(value))
		return;
	snprintf(text, sizeof(text), "%.*f", digits, value);
	for (char *p = text; *p; p++)
		if (*p == ',')
			*p = '.';
	fputs(text, f);
}

void ctl_csv_event(FILE *f, const struct bp_event *ev)
{
	/* No word here can hold a comma or a quote. */
	fputs(bp_class_name(ev->class_), f);
	number(f, (double)ev->confidence, 3);
	fprintf(f, ",%s", ev->reason == BP_REASON_NONE ? "" : bp_reason_name(ev->reason));
	fprintf(f, ev->site ? ",%u" : ",", ev->site);
	fprintf(f, ev->manoeuvre ? ",%u" : ",", ev->manoeuvre);
	number(f, (double)ev->peak_mg, 3);
	number(f, (double)ev->peak_mv, 5);
	fprintf(f, ",%s", bp_breath_phase_name(ev->breath_phase));
	number(f, (double)ev->breath_depth, 3);
	number(f, (double)ev->breath_rate_bpm, 3);
	fprintf(f, ",%s", bp_movement_name(ev->movement));
	number(f, (double)ev->silent_s, 3);
	number(f, (double)ev->since_s, 3);
}

int ctl_csv_line(FILE *f, const struct bp_event *ev, int64_t origin_ns)
{
	fprintf(f, "%u,%u", ev->number, ev->revision);
	number(f, 1e-9 * (double)(ev->onset_ns - origin_ns), 6);
	number(f, 1e-9 * (double)(ev->end_ns - origin_ns), 6);
	number(f, 1e-9 * (double)(ev->emitted_ns - origin_ns), 6);
	fputc(',', f);
	ctl_csv_event(f, ev);
	fputc('\n', f);
	return 0;
}
