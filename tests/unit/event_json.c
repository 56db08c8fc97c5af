// SPDX-License-Identifier: GPL-2.0-or-later
/* Event revisions as JSON and as text: every character, in every locale. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event_json.h"
#include "unit/comma_locale.h"
#include "unit/ktap.h"

static const struct bp_event full = {
	.number = 7, .revision = 1,
	.onset_ns = 112345678900, .end_ns = 112351000000, .emitted_ns = 112360000000,
	.class_ = BP_CLASS_CAVITATION, .breath_phase = BP_BREATH_INHALE,
	.movement = BP_MOVEMENT_TWIST, .site = 3, .manoeuvre = 4, .confidence = 0.91f,
	.peak_mg = 58.04f, .peak_mv = 9.1f, .breath_depth = 1.8f, .breath_rate_bpm = 14.25f,
	.silent_s = 1200.0f, .since_s = NAN,
};

static const struct bp_event bare = {
	.number = 4000000000u, .revision = 0, .class_ = BP_CLASS_ARTEFACT,
	.reason = BP_REASON_COUGH, .confidence = 1.0f, .peak_mg = NAN, .peak_mv = 0.00012f,
	.breath_depth = NAN, .breath_rate_bpm = INFINITY,
	.silent_s = NAN, .since_s = NAN,
};

static const struct event_arrival arrival = {
	.sensor = "iio_device0", .known_ns = 112351000001, .arrival_ns = 112362000001,
};

static int live(FILE *f, const struct bp_event *ev, int64_t origin_ns)
{
	return event_json_live_line(f, ev, origin_ns, &arrival);
}

static void check_line(int (*write_line)(FILE *, const struct bp_event *, int64_t),
		       const struct bp_event *ev, int64_t origin_ns, const char *expected)
{
	char *line = NULL;
	size_t size;
	FILE *f = open_memstream(&line, &size);
	int ret = write_line(f, ev, origin_ns);

	fclose(f);
	ktap_check(ret == 0, "returned %d", ret);
	ktap_check(!strcmp(line, expected), "\n#   expected %s#   got      %s", expected, line);
	free(line);
}

static void test_json(void)
{
	check_line(event_json_line, &full, 100000000000,
		   "{\"event\":7,\"revision\":1,\"onset_s\":12.345679,\"end_s\":12.351,"
		   "\"emitted_s\":12.36,\"class\":\"cavitation\",\"confidence\":0.91,\"site\":3,"
		   "\"manoeuvre\":4,\"peak_mg\":58.04,\"peak_mv\":9.1,\"breath_phase\":\"inhale\","
		   "\"breath_depth\":1.8,\"breath_rate_bpm\":14.25,\"silent_s\":1200.0,\"movement\":\"twist\"}\n");
}

static void test_json_unknown(void)
{
	check_line(event_json_line, &bare, 0,
		   "{\"event\":4000000000,\"revision\":0,\"onset_s\":0.0,\"end_s\":0.0,"
		   "\"emitted_s\":0.0,\"class\":\"artefact\",\"confidence\":1.0,\"reason\":\"cough\","
		   "\"peak_mv\":0.00012,\"breath_phase\":\"unknown\",\"movement\":\"unknown\"}\n");
}

static void test_json_live(void)
{
	check_line(live, &full, 100000000000,
		   "{\"sensor\":\"iio_device0\",\"event\":7,\"revision\":1,\"onset_s\":12.345679,"
		   "\"end_s\":12.351,\"emitted_s\":12.36,\"class\":\"cavitation\",\"confidence\":0.91,"
		   "\"site\":3,\"manoeuvre\":4,\"peak_mg\":58.04,\"peak_mv\":9.1,"
		   "\"breath_phase\":\"inhale\",\"breath_depth\":1.8,\"breath_rate_bpm\":14.25,\"silent_s\":1200.0,"
		   "\"movement\":\"twist\",\"onset_ns\":112345678900,\"known_ns\":112351000001,\"arrival_ns\":112362000001}\n");
}

/* A day in: still to the microsecond. */
static void test_json_late(void)
{
	struct bp_event ev = full;
	char *line = NULL;
	size_t size;
	FILE *f = open_memstream(&line, &size);

	ev.onset_ns = 86399123457000;
	event_json_line(f, &ev, 0);
	fclose(f);
	ktap_check(strstr(line, "\"onset_s\":86399.123457,"), "got %s", line);
	free(line);
}

static void test_text(void)
{
	check_line(event_text_line, &full, 100000000000,
		   "   12.346 s #7.1   cavitation       0.91  site 3  inhale 1.8x twist   58.0 mg"
		   "   9.10 mV\n");
	check_line(event_text_line, &bare, 0,
		   "    0.000 s #4000000000.0 artefact: cough  1.00          -           -    "
		   "   0.00 mV\n");
}

static void test_full_disk(void)
{
	FILE *f = fopen("/dev/full", "w");
	int ret;

	if (!ktap_check(f, "no /dev/full"))
		return;
	setvbuf(f, NULL, _IONBF, 0);
	ret = event_json_line(f, &full, 0);
	ktap_check(ret == -ENOSPC, "JSON: expected %d, got %d", -ENOSPC, ret);
	ret = event_text_line(f, &full, 0);
	ktap_check(ret == -ENOSPC, "text: expected %d, got %d", -ENOSPC, ret);
	fclose(f);
}

static void test_comma_locale(void)
{
	char number[16];

	if (!set_comma_locale()) {
		setlocale(LC_ALL, "C");
		ktap_skip("no locale with a decimal comma, nor localedef with its sources");
		return;
	}
	test_json();
	test_json_unknown();
	test_text();
	snprintf(number, sizeof(number), "%.1f", 0.5);
	ktap_check(!strcmp(number, "0,5"), "the caller's locale was not restored: %s", number);
	setlocale(LC_ALL, "C");
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "JSON line", test_json },
		{ "JSON line: unknown values are left out", test_json_unknown },
		{ "JSON line from the bus", test_json_live },
		{ "JSON line: microseconds after a day", test_json_late },
		{ "text line", test_text },
		{ "full disk is told", test_full_disk },
		{ "decimal comma", test_comma_locale },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
