// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl: times of the wall clock, read and printed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/ctl.h"

#define NS_PER_S	1000000000LL

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* A count of seconds as a time, if it can be one. */
static bool seconds(double s, int64_t *wall_ns)
{
	if (!(s > -9e9 && s < 9e9))
		return false;
	*wall_ns = (int64_t)(s * 1e9);
	return true;
}

/* "-30m", "-2h" */
static bool parse_ago(const char *text, int64_t *wall_ns)
{
	static const struct {
		const char *unit;
		double s;
	} units[] = { { "s", 1 }, { "m", 60 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 } };
	char *end;
	double n = strtod(text + 1, &end);
	int64_t ago;

	if (end == text + 1 || n < 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) || !seconds(n * units[i].s, &ago))
			continue;
		*wall_ns = now_ns() - ago;
		return true;
	}
	return false;
}

/* Midnight @days before today. */
static bool midnight(int days, int64_t *wall_ns)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday -= days;
	tm.tm_isdst = -1;
	*wall_ns = mktime(&tm) * NS_PER_S;
	return true;
}

/*
 * What may stand behind a time, as we print it: ".608" behind seconds; "Z" or "+01:00" if
 * it is not local.
 */
static bool parse_rest(const char *p, bool seconds_told, int64_t *fraction_ns, bool *local,
		       long *east_s)
{
	int64_t unit = NS_PER_S;
	unsigned int h, m;
	int used = 0;

	if (seconds_told && p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
		for (p++; *p >= '0' && *p <= '9'; p++) {
			unit /= 10;
			*fraction_ns += unit * (*p - '0');
		}
	}
	*local = !*p;
	if (*local || !strcmp(p, "Z"))
		return true;
	if ((*p != '+' && *p != '-') || sscanf(p + 1, "%2u:%2u%n", &h, &m, &used) != 2 ||
	    p[1 + used] || h > 14 || m > 59)
		return false;
	*east_s = (long)(h * 3600 + m * 60) * (*p == '-' ? -1 : 1);
	return true;
}

static bool parse_calendar(const char *text, int64_t *wall_ns)
{
	static const char *const formats[] = {
		"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S",
		"%Y-%m-%dT%H:%M:%S", "%H:%M", "%H:%M:%S",
	};
	time_t now = time(NULL), t;
	struct tm today, tm;
	const char *end;
	int day;

	localtime_r(&now, &today);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		int64_t fraction_ns = 0;
		long east_s = 0;
		bool local;

		tm = (struct tm){ .tm_year = today.tm_year, .tm_mon = today.tm_mon,
				  .tm_mday = today.tm_mday, .tm_isdst = -1 };
		end = strptime(text, formats[i], &tm);
		if (!end || !parse_rest(end, strstr(formats[i], "%S"), &fraction_ns, &local, &east_s))
			continue;
		day = tm.tm_mday;
		t = local ? mktime(&tm) : timegm(&tm);
		/* 31 February has become a day of March. */
		if (t == (time_t)-1 || tm.tm_mday != day)
			return false;
		*wall_ns = (t - east_s) * NS_PER_S + fraction_ns;
		return true;
	}
	return false;
}

bool ctl_time_parse(const char *text, int64_t *wall_ns)
{
	char *end;
	double s;

	if (!strcmp(text, "now")) {
		*wall_ns = now_ns();
		return true;
	}
	if (!strcmp(text, "today"))
		return midnight(0, wall_ns);
	if (!strcmp(text, "yesterday"))
		return midnight(1, wall_ns);
	if (*text == '-')
		return parse_ago(text, wall_ns);
	if (*text == '@') {
		s = strtod(text + 1, &end);
		return end != text + 1 && !*end && seconds(s, wall_ns);
	}
	return parse_calendar(text, wall_ns);
}

void ctl_time_print(char out[CTL_TIME_SIZE], int64_t wall_ns, bool iso)
{
	time_t s = (time_t)(wall_ns / NS_PER_S);
	int64_t ns = wall_ns % NS_PER_S;
	char date[24], zone[8];
	struct tm tm;

	if (ns < 0) {
		ns += NS_PER_S;
		s--;
	}
	if (!localtime_r(&s, &tm) || tm.tm_year > 8099 || tm.tm_year < -900) {
		strcpy(out, "-");
		return;
	}
	strftime(date, sizeof(date), iso ? "%Y-%m-%dT%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	if (iso)
		snprintf(out, CTL_TIME_SIZE, "%s.%06d%.3s:%s", date, (int)(ns / 1000), zone, zone + 3);
	else
		snprintf(out, CTL_TIME_SIZE, "%s.%03d", date, (int)(ns / 1000000));
}
