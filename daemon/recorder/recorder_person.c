// SPDX-License-Identifier: GPL-2.0-or-later
/* What may be said of a person, so that the header of a file says the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorder/recorder.h"

#define FIRST_YEAR	1800
#define LAST_YEAR	2199

/* @max: characters that stand in the header */
static const struct {
	const char *name;
	size_t at, size, max;
} fields[] = {
#define FIELD(name, member, max) \
	{ name, offsetof(struct recorder_person, member), \
	  sizeof(((struct recorder_person *)0)->member), max }
	FIELD("patient", code, RECORDER_CODE_MAX),
	FIELD("subject", code, RECORDER_CODE_MAX),
	FIELD("sex", sex, 1),
	FIELD("birthdate", birthdate, 10),
	FIELD("name", name, RECORDER_NAME_MAX),
	FIELD("investigation", investigation, RECORDER_STAFF_MAX),
	FIELD("technician", technician, RECORDER_STAFF_MAX),
};

static size_t characters(const char *utf8)
{
	size_t n = 0;

	for (; *utf8; utf8++)
		n += ((unsigned char)*utf8 & 0xc0) != 0x80;
	return n;
}

bool recorder_date(const char *text, unsigned int *year, unsigned int *month, unsigned int *day)
{
	static const unsigned int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	static const char form[] = "dddd-dd-dd";
	unsigned int y, m, d;

	for (size_t i = 0; i < sizeof(form); i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	y = (unsigned int)strtoul(text, NULL, 10);
	m = (unsigned int)strtoul(text + 5, NULL, 10);
	d = (unsigned int)strtoul(text + 8, NULL, 10);
	if (y < FIRST_YEAR || y > LAST_YEAR || !m || m > 12 || !d ||
	    d > days[m - 1] + (m == 2 && !(y % 4) && (y % 100 || !(y % 400))))
		return false;
	*year = y;
	*month = m;
	*day = d;
	return true;
}

bool recorder_person_set(struct recorder_person *who, const char *name, const char *text,
			 char why[RECORDER_WHY_SIZE])
{
	unsigned int y, m, d;
	size_t i = 0;

	while (i < sizeof(fields) / sizeof(fields[0]) && strcmp(fields[i].name, name))
		i++;
	if (i == sizeof(fields) / sizeof(fields[0]))
		return true;
	if (!strcmp(name, "sex") && *text && strcmp(text, "M") && strcmp(text, "F") &&
	    strcmp(text, "X")) {
		snprintf(why, RECORDER_WHY_SIZE, "sex is \"%.64s\", expected M, F or X", text);
		return false;
	}
	if (!strcmp(name, "birthdate") && *text && !recorder_date(text, &y, &m, &d)) {
		snprintf(why, RECORDER_WHY_SIZE, "birthdate is \"%.64s\", expected YYYY-MM-DD", text);
		return false;
	}
	if (characters(text) > fields[i].max) {
		snprintf(why, RECORDER_WHY_SIZE, "%s has %zu characters, a file's header holds %zu",
			 name, characters(text), fields[i].max);
		return false;
	}
	if (strlen(text) >= fields[i].size) {
		snprintf(why, RECORDER_WHY_SIZE, "%s has %zu bytes, more than %zu", name,
			 strlen(text), fields[i].size - 1);
		return false;
	}
	strcpy((char *)who + fields[i].at, text);
	return true;
}
