// SPDX-License-Identifier: GPL-2.0-or-later
/* Words in the files: who, and what was heard. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "recorder/recorder_words.h"

static const char months[12][4] = { "JAN", "FEB", "MAR", "APR", "MAY", "JUN",
				    "JUL", "AUG", "SEP", "OCT", "NOV", "DEC" };

/* A subfield: no blanks, ASCII, "X" for nothing. */
static void subfield(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == ' ')
			out[n++] = '_';
		else if (c > ' ' && c <= '~')
			out[n++] = (char)c;
		else if (c < 0x80 || c >= 0xc0)
			out[n++] = '?';	/* one for a sequence, not for each of its bytes */
	}
	if (!n)
		out[n++] = 'X';
	out[n] = '\0';
}

/* "1980-03-02" -> "02-MAR-1980"; anything else is no date. */
static void edf_date(char out[12], const char *iso)
{
	unsigned int y, m, d;

	strcpy(out, "X");
	if (recorder_date(iso, &y, &m, &d))
		snprintf(out, 12, "%02u-%s-%04u", d % 100, months[m - 1], y % 10000);
}

void recorder_words_patient(char out[81], const struct recorder_person *who)
{
	char code[RECORDER_CODE_MAX + 1], name[RECORDER_NAME_MAX + 1], birth[12];

	subfield(code, sizeof(code), who->code);
	subfield(name, sizeof(name), who->name);
	edf_date(birth, who->birthdate);
	snprintf(out, 81, "%s %s %s %s", code, who->sex[0] == 'M' || who->sex[0] == 'F' ?
		 who->sex : "X", birth, name);
}

void recorder_words_recording(char out[81], const struct recorder_person *who,
			      const char *equipment)
{
	char investigation[RECORDER_STAFF_MAX + 1], technician[RECORDER_STAFF_MAX + 1];
	char device[14];

	subfield(investigation, sizeof(investigation), who->investigation);
	subfield(technician, sizeof(technician), who->technician);
	subfield(device, sizeof(device), equipment);
	/* 58 characters: the start date stands before them. */
	snprintf(out, 81, "%s %s backpop_%s", investigation, technician, device);
}

void recorder_words_event(struct edf_annotation *a, const struct bp_event *ev, bool revised)
{
	size_t n;

	a->duration_s = fmax((double)(ev->end_ns - ev->onset_ns) / 1e9, 0);
	n = (size_t)snprintf(a->text, sizeof(a->text), "%s #%u %d%%", bp_class_name(ev->class_),
			     ev->number, (int)lroundf(100 * ev->confidence));
	if (ev->class_ == BP_CLASS_ARTEFACT)
		n += (size_t)snprintf(a->text + n, sizeof(a->text) - n, " %s",
				      bp_reason_name(ev->reason));
	if (ev->site)
		n += (size_t)snprintf(a->text + n, sizeof(a->text) - n, " site %u", ev->site);
	if (ev->breath_phase != BP_BREATH_UNKNOWN)
		n += (size_t)snprintf(a->text + n, sizeof(a->text) - n, " %s",
				      bp_breath_phase_name(ev->breath_phase));
	if (revised)
		snprintf(a->text + n, sizeof(a->text) - n, " revised");
}
