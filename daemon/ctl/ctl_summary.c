// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "ctl/ctl.h"
#include "ctl/ctl_summary.h"
#include "journal/record.h"
#include "list.h"

#define NS_PER_S	1000000000LL
/* Pain that is marked so long after an event belongs to it, if to any. */
#define PAIN_NS		(10 * NS_PER_S)

/* What sounds alike; all of a class that knows no sites. */
struct voice {
	char sensor[RECORD_SENSOR_SIZE];
	uint64_t run;
	uint32_t site;			/* 0 = none */
	enum bp_class class_;
	size_t times, pains;
	int64_t last_ns;
	double *gaps_s;			/* times - 1 of them */
	size_t phases[BP_BREATH_COUNT], movements[BP_MOVEMENT_COUNT];
	size_t depths;
	double depth_sum;
};

struct heard {
	int64_t time_ns;
	size_t voice;
};

struct ctl_summary {
	struct voice *voices;
	size_t n_voices;
	struct heard *heard;
	size_t n_heard;
	size_t withdrawn, pains, pains_alone;
};

struct ctl_summary *ctl_summary_new(void)
{
	return calloc(1, sizeof(struct ctl_summary));
}

void ctl_summary_free(struct ctl_summary *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_voices; i++)
		free(s->voices[i].gaps_s);
	free(s->voices);
	free(s->heard);
	free(s);
}

static struct voice *find(struct ctl_summary *s, const char *sensor, uint64_t run,
			  const struct bp_event *ev)
{
	struct voice *v;
	void *list;

	for (v = s->voices; v < s->voices + s->n_voices; v++)
		if (v->class_ == ev->class_ && v->site == ev->site &&
		    (!ev->site || v->run == run) && !strcmp(v->sensor, sensor))
			return v;
	list = list_grow(s->voices, s->n_voices, sizeof(*s->voices));
	if (!list)
		return NULL;
	s->voices = list;
	v = &s->voices[s->n_voices++];
	*v = (struct voice){ .run = ev->site ? run : 0, .site = ev->site, .class_ = ev->class_ };
	snprintf(v->sensor, sizeof(v->sensor), "%s", sensor);
	return v;
}

int ctl_summary_event(struct ctl_summary *s, const char *sensor, uint64_t run,
		      const struct bp_event *ev, int64_t time_ns)
{
	struct voice *v;
	void *list;

	if (ev->class_ == BP_CLASS_ARTEFACT) {
		s->withdrawn++;
		return 0;
	}
	v = find(s, sensor, run, ev);
	list = v ? list_grow(s->heard, s->n_heard, sizeof(*s->heard)) : NULL;
	if (!list)
		return -ENOMEM;
	s->heard = list;
	if (v->times) {
		list = list_grow(v->gaps_s, v->times - 1, sizeof(*v->gaps_s));
		if (!list)
			return -ENOMEM;
		v->gaps_s = list;
		/* Between two runs the wall clock may have been set back. */
		v->gaps_s[v->times - 1] = fmax((double)(time_ns - v->last_ns) / NS_PER_S, 0);
	}
	s->heard[s->n_heard++] = (struct heard){ time_ns, (size_t)(v - s->voices) };
	v->times++;
	v->last_ns = time_ns;
	v->phases[ev->breath_phase]++;
	v->movements[ev->movement]++;
	if (isfinite(ev->breath_depth)) {
		v->depths++;
		v->depth_sum += (double)ev->breath_depth;
	}
	return 0;
}

void ctl_summary_pain(struct ctl_summary *s, int64_t time_ns)
{
	size_t i = s->n_heard;

	s->pains++;
	while (i > 0 && s->heard[i - 1].time_ns > time_ns)
		i--;
	if (i > 0 && time_ns - s->heard[i - 1].time_ns <= PAIN_NS)
		s->voices[s->heard[i - 1].voice].pains++;
	else
		s->pains_alone++;
}

static int by_value(const void *pa, const void *pb)
{
	const double *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

/* Shortest and median time between two; false = only one was heard. */
static bool gaps(const struct voice *v, double *shortest, double *median)
{
	size_t n = v->times - 1;

	if (!n)
		return false;
	qsort(v->gaps_s, n, sizeof(*v->gaps_s), by_value);
	*shortest = v->gaps_s[0];
	*median = v->gaps_s[n / 2];
	return true;
}

/* ---- for people ------------------------------------------------------------ */

static void print_time(double s)
{
	if (s < 100)
		printf("%.1f s", s);
	else if (s < 6000)
		printf("%.0f min", s / 60);
	else
		printf("%.1f h", s / 3600);
}

/* The most frequent of what is known (all but @unknown), and how many of all it is. */
static void print_most(const size_t *counts, int n, int unknown, const char *(*name)(int),
		       const char *none, int width)
{
	size_t known = 0;
	char text[48];
	int most = -1;

	for (int i = 0; i < n; i++) {
		if (i == unknown)
			continue;
		known += counts[i];
		if (counts[i] && (most < 0 || counts[i] > counts[most]))
			most = i;
	}
	if (most < 0)
		snprintf(text, sizeof(text), "%s", none);
	else if (known == 1)
		snprintf(text, sizeof(text), "%s", name(most));
	else
		snprintf(text, sizeof(text), "%s %zu of %zu", name(most), counts[most], known);
	printf("  %-*s", width, text);
}

static const char *phase_name(int i)
{
	return bp_breath_phase_name((enum bp_breath_phase)i);
}

static const char *movement_name(int i)
{
	return i == BP_MOVEMENT_NONE ? "at rest" : bp_movement_name((enum bp_movement)i);
}

static void print_row(const struct voice *v, const char *source, bool apart)
{
	double shortest, median;

	printf("%-12s  %-12s  %5zu ", bp_class_name(v->class_), source, v->times);
	print_most(v->phases, BP_BREATH_COUNT, BP_BREATH_UNKNOWN, phase_name, "-", 16);
	print_most(v->movements, BP_MOVEMENT_COUNT, BP_MOVEMENT_UNKNOWN, movement_name, "-", 16);
	fputs("  ", stdout);
	if (apart && gaps(v, &shortest, &median)) {
		print_time(shortest);
		fputs(", ", stdout);
		print_time(median);
	} else {
		putchar('-');
	}
	if (v->pains)
		printf("  %zu x pain", v->pains);
	if (v->sensor[0])
		printf("  (%s)", v->sensor);
	putchar('\n');
}

static void print_class(const struct ctl_summary *s, enum bp_class c)
{
	struct voice once = { .class_ = c };	/* all sites heard once */
	char source[32];

	for (size_t i = 0; i < s->n_voices; i++) {
		const struct voice *v = &s->voices[i];

		if (v->class_ != c)
			continue;
		if (!v->site || v->times > 1 || v->pains) {
			snprintf(source, sizeof(source), v->site ? "site %u" : "", v->site);
			print_row(v, source, true);
			continue;
		}
		once.times++;
		for (int k = 0; k < BP_BREATH_COUNT; k++)
			once.phases[k] += v->phases[k];
		for (int k = 0; k < BP_MOVEMENT_COUNT; k++)
			once.movements[k] += v->movements[k];
	}
	if (once.times)
		print_row(&once, once.times == 1 ? "a site, once" : "sites, once", false);
}

static bool any(const struct ctl_summary *s, enum bp_class c)
{
	for (size_t i = 0; i < s->n_voices; i++)
		if (s->voices[i].class_ == c)
			return true;
	return false;
}

static void print_notes(const struct ctl_summary *s)
{
	if (any(s, BP_CLASS_CAVITATION))
		puts("cavitation    one sharp crack; the joint is silent for about 20 minutes then");
	if (any(s, BP_CLASS_SNAP))
		puts("snap          the same source again, sooner than a joint can");
	if (any(s, BP_CLASS_CREPITUS))
		puts("crepitus      a train of crackles while moving");
	if (any(s, BP_CLASS_LUNG_CRACKLE))
		puts("lung_crackle  small crackles late in a breath; if they come back breath after breath,\n"
		     "              let a doctor listen");
	if (any(s, BP_CLASS_UNCLASSIFIED))
		puts("unclassified  sharp, and not safely told");
	if (s->pains)
		printf("Pain was marked %zu time%s, %zu of them within 10 s after an event.\n", s->pains,
		       s->pains == 1 ? "" : "s", s->pains - s->pains_alone);
	puts("This is what was heard, and not a diagnosis.");
}

static void print_text(const struct ctl_summary *s)
{
	printf("%zu events stand, %zu were withdrawn.\n\n", s->n_heard, s->withdrawn);
	if (s->n_heard) {
		printf("%-12s  %-12s  %5s   %-16s  %-16s  %s\n", "class", "source", "times", "breath",
		       "movement", "apart: least, median");
		for (int c = 1; c < BP_CLASS_COUNT; c++)
			print_class(s, (enum bp_class)c);
		print_class(s, BP_CLASS_UNCLASSIFIED);
		putchar('\n');
	}
	print_notes(s);
}

/* ---- for programs ----------------------------------------------------------- */

static void add_number(struct json_object *o, const char *key, double value)
{
	struct json_object *x = json_object_new_double(value);
	static const char format[] = "%.3f";

	json_object_set_serializer(x, json_object_double_to_json_string, (void *)(uintptr_t)format,
				   NULL);
	json_object_object_add(o, key, x);
}

static void add_count(struct json_object *o, const char *key, size_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static struct json_object *voice_json(const struct voice *v)
{
	struct json_object *o = json_object_new_object();
	struct json_object *phases = json_object_new_object();
	struct json_object *movements = json_object_new_object();
	double shortest, median;

	json_object_object_add(o, "class", json_object_new_string(bp_class_name(v->class_)));
	if (v->sensor[0])
		json_object_object_add(o, "sensor", json_object_new_string(v->sensor));
	if (v->run)
		json_object_object_add(o, "run", json_object_new_uint64(v->run));
	if (v->site)
		json_object_object_add(o, "site", json_object_new_uint64(v->site));
	add_count(o, "times", v->times);
	if (gaps(v, &shortest, &median)) {
		add_number(o, "apart_least_s", shortest);
		add_number(o, "apart_median_s", median);
	}
	for (int i = 0; i < BP_BREATH_COUNT; i++)
		add_count(phases, bp_breath_phase_name((enum bp_breath_phase)i), v->phases[i]);
	for (int i = 0; i < BP_MOVEMENT_COUNT; i++)
		add_count(movements, bp_movement_name((enum bp_movement)i), v->movements[i]);
	json_object_object_add(o, "breath_phase", phases);
	json_object_object_add(o, "movement", movements);
	if (v->depths)
		add_number(o, "breath_depth", v->depth_sum / (double)v->depths);
	add_count(o, "pain", v->pains);
	return o;
}

static void print_json(const struct ctl_summary *s)
{
	struct json_object *o = json_object_new_object();
	struct json_object *sources = json_object_new_array();

	add_count(o, "standing", s->n_heard);
	add_count(o, "withdrawn", s->withdrawn);
	add_count(o, "pain", s->pains);
	add_count(o, "pain_without_event", s->pains_alone);
	for (size_t i = 0; i < s->n_voices; i++)
		json_object_array_add(sources, voice_json(&s->voices[i]));
	json_object_object_add(o, "sources", sources);
	ctl_print_json(o);
	json_object_put(o);
}

void ctl_summary_print(const struct ctl_summary *s, bool json)
{
	if (json)
		print_json(s);
	else
		print_text(s);
}
