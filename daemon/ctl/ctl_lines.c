// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl monitor: the lines that it prints. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <time.h>

#include "core/core.h"
#include "ctl/ctl.h"
#include "event_json.h"
#include "journal/record.h"

#define NS_PER_S	1000000000LL

static const char *colour_of(enum bp_class c)
{
	switch (c) {
	case BP_CLASS_CAVITATION:
		return "\033[1;32m";
	case BP_CLASS_SNAP:
		return "\033[1;36m";
	case BP_CLASS_CREPITUS:
		return "\033[1;33m";
	case BP_CLASS_LUNG_CRACKLE:
		return "\033[1;35m";
	case BP_CLASS_ARTEFACT:
		return "\033[2m";
	default:
		return "";
	}
}

void ctl_line_event(const struct ctl_lines *l, const struct record_event *rec, bool missed)
{
	struct event_arrival arrival = {
		.sensor = rec->sensor,
		.known_ns = rec->known_ns,
		.written_ns = rec->written_ns,
		.missed = missed,
	};
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	arrival.arrival_ns = now.tv_sec * NS_PER_S + now.tv_nsec;
	if (l->json) {
		event_json_live_line(stdout, &rec->ev, l->origin_ns, &arrival);
		return;
	}
	fputs(missed ? "+" : "", stdout);
	if (l->colour)
		fputs(colour_of(rec->ev.class_), stdout);
	event_text_line(stdout, &rec->ev, l->origin_ns);
	if (l->colour)
		fputs("\033[0m", stdout);
}

static double since_origin(const struct ctl_lines *l, uint64_t time_ns)
{
	return (double)((int64_t)time_ns - l->origin_ns) / NS_PER_S;
}

/* Where the events' lines have their onset; blank while no event has told the origin. */
static void print_time(const struct ctl_lines *l, uint64_t time_ns)
{
	if (l->origin_known)
		printf("%9.3f s ", since_origin(l, time_ns));
	else
		printf("%9s   ", "");
}

void ctl_line_marker(const struct ctl_lines *l, uint64_t number, uint64_t time_ns, const char *kind)
{
	static const char time_format[] = "%.6f";
	struct json_object *o, *s;

	if (!l->json) {
		print_time(l, time_ns);
		printf("marker %" PRIu64 ": %s\n", number, kind);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "marker", json_object_new_uint64(number));
	if (l->origin_known) {
		s = json_object_new_double(since_origin(l, time_ns));
		json_object_set_serializer(s, json_object_double_to_json_string,
					   (void *)(uintptr_t)time_format, NULL);
		json_object_object_add(o, "time_s", s);
	}
	json_object_object_add(o, "kind", json_object_new_string(kind));
	json_object_object_add(o, "time_ns", json_object_new_uint64(time_ns));
	ctl_print_json(o);
	json_object_put(o);
}

void ctl_line_annotation(const struct ctl_lines *l, const struct record_annotation *rec,
			 bool missed)
{
	struct json_object *o;

	if (!l->json) {
		fputs(missed ? "+" : "", stdout);
		print_time(l, (uint64_t)rec->time_ns);
		printf("%s%s%s\n", rec->kind, *rec->text ? ": " : "", rec->text);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "annotation", json_object_new_uint64(rec->number));
	json_object_object_add(o, "kind", json_object_new_string(rec->kind));
	json_object_object_add(o, "text", json_object_new_string(rec->text));
	json_object_object_add(o, "time_ns", json_object_new_int64(rec->time_ns));
	if (missed)
		json_object_object_add(o, "missed", json_object_new_boolean(true));
	ctl_print_json(o);
	json_object_put(o);
}
