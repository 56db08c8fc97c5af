// SPDX-License-Identifier: GPL-2.0-or-later
/* Event lines: whatever an event holds, its JSON line parses and says the same. */
#include <json-c/json.h>
#include <math.h>

#include "event_json.h"
#include "fuzz.h"

static void check_number(struct json_object *o, const char *key, double v, double step)
{
	struct json_object *x;
	bool there = json_object_object_get_ex(o, key, &x);

	FUZZ_CHECK(there == (bool)isfinite(v), "%s of %g", key, v);
	if (there)
		FUZZ_CHECK(fabs(json_object_get_double(x) - v) <= step + fabs(v) * 1e-12,
			   "%s of %.17g is %.17g", key, v, json_object_get_double(x));
}

static void check_json(const char *line, const struct bp_event *ev, int64_t origin)
{
	struct json_object *o = json_tokener_parse(line), *x;

	FUZZ_CHECK(o, "no JSON: %s", line);
	FUZZ_CHECK(strchr(line, '\n') == line + strlen(line) - 1, "not one line: %s", line);
	check_number(o, "onset_s", (double)(ev->onset_ns - origin) / 1e9, 1e-6);
	check_number(o, "end_s", (double)(ev->end_ns - origin) / 1e9, 1e-6);
	check_number(o, "confidence", (double)ev->confidence, 1e-3);
	check_number(o, "peak_mg", (double)ev->peak_mg, 1e-3);
	check_number(o, "peak_mv", (double)ev->peak_mv, 1e-5);
	FUZZ_CHECK(json_object_object_get_ex(o, "event", &x) &&
		   json_object_get_int64(x) == ev->number, "number");
	FUZZ_CHECK(json_object_object_get_ex(o, "class", &x) &&
		   !strcmp(json_object_get_string(x), bp_class_name(ev->class_)), "class");
	json_object_put(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct event_arrival arrival = { .sensor = "a\"\\\x01\n\xff", .arrival_ns = -1 };
	struct fuzz_input in = { data, size };
	struct bp_event ev;
	char *text = NULL;
	size_t length = 0;
	int64_t origin;
	FILE *f;
	int i;

	fuzz_take(&in, &ev, sizeof(ev));
	fuzz_take(&in, &origin, sizeof(origin));
	/* centuries: beyond that the difference of two times is none */
	ev.onset_ns >>= 1;
	ev.end_ns >>= 1;
	ev.emitted_ns >>= 1;
	origin >>= 2;
	/* the compiler may hold an enum to its values; the core does too */
	ev.class_ = (unsigned int)ev.class_ % BP_CLASS_COUNT;
	ev.reason = (unsigned int)ev.reason % BP_REASON_COUNT;
	ev.breath_phase = (unsigned int)ev.breath_phase % BP_BREATH_COUNT;
	ev.movement = (unsigned int)ev.movement % BP_MOVEMENT_COUNT;
	for (i = 0; i < 3; i++) {
		f = open_memstream(&text, &length);
		FUZZ_CHECK(f, "out of memory");
		FUZZ_CHECK(!(i == 0 ? event_json_line(f, &ev, origin) :
			     i == 1 ? event_json_live_line(f, &ev, origin, &arrival) :
			     event_text_line(f, &ev, origin)), "form %d fails", i);
		fclose(f);
		if (i < 2)
			check_json(text, &ev, origin);
		else
			FUZZ_CHECK(strchr(text, '\n') == text + length - 1, "not one line: %s", text);
		free(text);
	}
	return 0;
}
