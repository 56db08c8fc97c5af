// SPDX-License-Identifier: GPL-2.0-or-later
/* The score as a table for people and as one JSON object. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>

#include "score.h"

/* ---- table -------------------------------------------------------------------- */

static void print_share(FILE *f, const char *name, double v)
{
	if (isnan(v))
		fprintf(f, "%-22s %8s\n", name, "-");
	else
		fprintf(f, "%-22s %8.3f\n", name, v);
}

static void print_times(FILE *f, const char *name, struct samples *x)
{
	if (x->n)
		fprintf(f, "%-22s %8.1f %8.1f %8.1f %8.1f   (%zu)\n", name,
			1e3 * score_percentile(x, 0), 1e3 * score_percentile(x, 50),
			1e3 * score_percentile(x, 95), 1e3 * score_percentile(x, 100), x->n);
}

static void print_classes(FILE *f, const struct score *s)
{
	fprintf(f, "\n%-14s %6s %6s |%12s", "true class", "true", "hits", "called:");
	for (int k = 0; k < CLASS_ARTEFACT; k++)
		fprintf(f, " %12s", score_class_name((enum score_class)k));
	fputc('\n', f);
	for (int c = 0; c < CLASS_TRUE_COUNT; c++) {
		if (!s->by_class_truths[c])
			continue;
		fprintf(f, "%-14s %6" PRIu64 " %6" PRIu64 " |%12s",
			score_class_name((enum score_class)c), s->by_class_truths[c],
			s->by_class_hits[c], "");
		for (int k = 0; k < CLASS_ARTEFACT; k++)
			fprintf(f, " %12" PRIu64, s->confusion[c][k]);
		fputc('\n', f);
	}
}

static void print_interval(FILE *f, const char *name, double v, struct score_interval i)
{
	if (isnan(i.lo))
		print_share(f, name, v);
	else
		fprintf(f, "%-22s %8.3f   (95 %%: %.3f to %.3f)\n", name, v, i.lo, i.hi);
}

static void print_activities(FILE *f, const struct score *s)
{
	fprintf(f, "\n%-14s %8s %13s %8s %10s\n", "during", "hours", "false alarms", "per hour",
		"withdrawn");
	for (int a = 0; a < SCORE_ACTIVITIES; a++)
		if (s->activity_hours[a] > 0.0)
			fprintf(f, "%-14s %8.3f %13" PRIu64 " %8.1f %10" PRIu64 "\n",
				score_activity_name((enum score_activity)a), s->activity_hours[a],
				s->activity_alarms[a],
				(double)s->activity_alarms[a] / s->activity_hours[a],
				s->activity_withdrawn[a]);
}

static void print_reliability(FILE *f, const char *of, const struct score_reliability *r)
{
	fprintf(f, "\n%-14s %8s %8s %8s   (calibration error %.3f)\n", of, "events", "stated",
		"right", score_calibration_error(r));
	for (int i = 0; i < SCORE_BINS; i++)
		if (r->events[i])
			fprintf(f, "%.1f to %.1f     %8" PRIu64 " %8.3f %8.3f\n",
				(double)i / SCORE_BINS, (double)(i + 1) / SCORE_BINS, r->events[i],
				r->confidence[i] / (double)r->events[i],
				(double)r->right[i] / (double)r->events[i]);
}

int score_print_table(FILE *f, struct score *s)
{
	struct score_interval f1, alarms, macro;

	score_intervals(s, &f1, &alarms, &macro);
	fprintf(f, "%-22s %8.3f h\n", "session time", s->hours);
	fprintf(f, "%-22s %8" PRIu64 "   (too quiet to count: %" PRIu64 ")\n", "true events",
		s->truths, s->quiet);
	fprintf(f, "%-22s %8" PRIu64 "\n", "hits", s->hits);
	fprintf(f, "%-22s %8" PRIu64 "\n", "misses", s->truths - s->hits);
	fprintf(f, "%-22s %8" PRIu64 "   (%.1f an hour", "false alarms", s->false_alarms,
		score_alarms_per_hour(s));
	if (isnan(alarms.lo))
		fputs(")\n", f);
	else
		fprintf(f, ", 95 %%: %.1f to %.1f)\n", alarms.lo, alarms.hi);
	for (int c = 0; c < CAUSE_COUNT; c++)
		if (s->by_cause[c])
			fprintf(f, "   during %-12s %8" PRIu64 "\n",
				score_cause_name((enum score_cause)c), s->by_cause[c]);
	fprintf(f, "%-22s %8" PRIu64 "   (of true events: %" PRIu64 ", after %.0f ms: %" PRIu64 ")\n",
		"withdrawn", s->withdrawn, s->withdrawn_true, 1e3 * SCORE_SETTLE_S,
		s->withdrawn_late);
	if (s->fragments)
		fprintf(f, "%-22s %8" PRIu64 "\n", "fragments of trains", s->fragments);
	print_share(f, "precision", score_precision(s));
	print_share(f, "recall", score_recall(s));
	print_interval(f, "F1", score_f1(s), f1);
	print_share(f, "F1, collar 10 ms", score_strict_f1(s));
	print_interval(f, "class macro-F1", score_macro_f1(s), macro);
	if (s->by_class_truths[CLASS_LUNG_CRACKLE])
		print_share(f, "lung called cavitation", score_lung_share(s));
	if (s->manoeuvres)
		fprintf(f, "%-22s %8" PRIu64 "   (of %" PRIu64 "; with every pop: %" PRIu64 ")\n",
			"manoeuvres found", s->manoeuvres_found, s->manoeuvres,
			s->manoeuvres_exact);
	fprintf(f, "%-22s %8" PRIu64 "   (one site's within %.0f min)\n", "cavitations too soon",
		s->too_soon, SCORE_REFRACTORY_S / 60.0);
	if (s->phase_known + s->phase_unknown)
		fprintf(f, "%-22s %8" PRIu64 "   (of %" PRIu64 "; unknown: %" PRIu64 ")\n",
			"breath phase right", s->phase_right, s->phase_known, s->phase_unknown);
	if (s->breath_error_bpm.n)
		fprintf(f, "%-22s %8.2f   (breaths/min, median; 95 %%: %.2f; %zu)\n",
			"breathing rate error", score_percentile(&s->breath_error_bpm, 50),
			score_percentile(&s->breath_error_bpm, 95), s->breath_error_bpm.n);
	print_classes(f, s);
	fprintf(f, "\n%-22s %8s %8s %8s %8s\n", "ms", "min", "p50", "p95", "max");
	print_times(f, "onset error", &s->onset_error_s);
	print_times(f, "latency (stream)", &s->latency_s);
	print_times(f, "latency (D-Bus)", &s->arrival_s);
	print_times(f, "latency (TTL)", &s->ttl_s);
	print_times(f, "class settled after", &s->settle_s);
	print_times(f, "withdrawn after", &s->withdrawal_s);
	print_activities(f, s);
	print_reliability(f, "confidence", &s->settled);
	print_reliability(f, "at first", &s->first);
	return fflush(f) ? -errno : 0;
}

/* ---- JSON --------------------------------------------------------------------- */

/* Six decimals from integers: printf's '.' is a comma in some locales. */
static void add_number(struct json_object *o, const char *key, double v)
{
	int64_t micro = llround(v * 1e6);
	uint64_t magnitude = micro < 0 ? -(uint64_t)micro : (uint64_t)micro;
	char text[48];

	if (isnan(v))
		return;
	snprintf(text, sizeof(text), "%s%" PRIu64 ".%06" PRIu64, micro < 0 ? "-" : "",
		 magnitude / 1000000, magnitude % 1000000);
	json_object_object_add(o, key, json_object_new_double_s(v, text));
}

static void add_count(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static void add_times(struct json_object *o, const char *key, struct samples *x)
{
	struct json_object *t = json_object_new_object();

	if (x->n) {
		add_number(t, "min", score_percentile(x, 0));
		add_number(t, "p50", score_percentile(x, 50));
		add_number(t, "p95", score_percentile(x, 95));
		add_number(t, "max", score_percentile(x, 100));
	}
	add_count(t, "n", x->n);
	json_object_object_add(o, key, t);
}

static struct json_object *classes_json(const struct score *s)
{
	struct json_object *all = json_object_new_object();

	for (int c = 0; c < CLASS_TRUE_COUNT; c++) {
		struct json_object *o = json_object_new_object();
		struct json_object *called = json_object_new_object();

		add_count(o, "true", s->by_class_truths[c]);
		add_count(o, "hits", s->by_class_hits[c]);
		add_number(o, "f1", score_class_f1(s, (enum score_class)c));
		for (int k = 0; k < CLASS_ARTEFACT; k++)
			add_count(called, score_class_name((enum score_class)k), s->confusion[c][k]);
		json_object_object_add(o, "called", called);
		json_object_object_add(all, score_class_name((enum score_class)c), o);
	}
	return all;
}

static void add_interval(struct json_object *o, const char *key, struct score_interval i)
{
	struct json_object *a;

	if (isnan(i.lo))
		return;
	a = json_object_new_object();
	add_number(a, "lo", i.lo);
	add_number(a, "hi", i.hi);
	json_object_object_add(o, key, a);
}

static struct json_object *activities_json(const struct score *s)
{
	struct json_object *all = json_object_new_object();

	for (int a = 0; a < SCORE_ACTIVITIES; a++) {
		struct json_object *o;

		if (s->activity_hours[a] <= 0.0)
			continue;
		o = json_object_new_object();
		add_number(o, "hours", s->activity_hours[a]);
		add_count(o, "false_alarms", s->activity_alarms[a]);
		add_count(o, "withdrawn", s->activity_withdrawn[a]);
		json_object_object_add(all, score_activity_name((enum score_activity)a), o);
	}
	return all;
}

static struct json_object *reliability_json(const struct score_reliability *r)
{
	struct json_object *all = json_object_new_array();

	for (int i = 0; i < SCORE_BINS; i++) {
		struct json_object *o = json_object_new_object();

		add_number(o, "from", (double)i / SCORE_BINS);
		add_count(o, "events", r->events[i]);
		add_count(o, "right", r->right[i]);
		if (r->events[i])
			add_number(o, "stated", r->confidence[i] / (double)r->events[i]);
		json_object_array_add(all, o);
	}
	return all;
}

int score_print_json(FILE *f, struct score *s)
{
	struct score_interval f1, alarms, macro;
	struct json_object *o = json_object_new_object();
	struct json_object *causes = json_object_new_object();
	int ret;

	score_intervals(s, &f1, &alarms, &macro);
	add_count(o, "sessions", s->n_sessions);
	add_number(o, "hours", s->hours);
	add_number(o, "collar_s", s->opt.collar_s);
	if (isfinite(s->opt.min_snr_db))
		add_number(o, "min_snr_db", s->opt.min_snr_db);
	add_count(o, "truths", s->truths);
	add_count(o, "quiet", s->quiet);
	add_count(o, "hits", s->hits);
	add_count(o, "misses", s->truths - s->hits);
	add_count(o, "false_alarms", s->false_alarms);
	add_number(o, "false_alarms_per_hour", score_alarms_per_hour(s));
	for (int c = 0; c < CAUSE_COUNT; c++)
		add_count(causes, score_cause_name((enum score_cause)c), s->by_cause[c]);
	json_object_object_add(o, "false_alarms_during", causes);
	add_count(o, "withdrawn", s->withdrawn);
	add_count(o, "withdrawn_true", s->withdrawn_true);
	add_count(o, "withdrawn_late", s->withdrawn_late);
	add_count(o, "fragments", s->fragments);
	add_number(o, "precision", score_precision(s));
	add_number(o, "recall", score_recall(s));
	add_number(o, "f1", score_f1(s));
	add_interval(o, "f1_ci", f1);
	add_interval(o, "false_alarms_per_hour_ci", alarms);
	add_number(o, "f1_strict", score_strict_f1(s));
	add_number(o, "macro_f1", score_macro_f1(s));
	add_interval(o, "macro_f1_ci", macro);
	add_number(o, "lung_called_cavitation", score_lung_share(s));
	add_count(o, "manoeuvres", s->manoeuvres);
	add_count(o, "manoeuvres_found", s->manoeuvres_found);
	add_count(o, "manoeuvres_exact", s->manoeuvres_exact);
	add_count(o, "cavitations_too_soon", s->too_soon);
	add_count(o, "breath_phase_known", s->phase_known);
	add_count(o, "breath_phase_right", s->phase_right);
	add_count(o, "breath_phase_unknown", s->phase_unknown);
	add_times(o, "breath_rate_error_bpm", &s->breath_error_bpm);
	json_object_object_add(o, "activities", activities_json(s));
	json_object_object_add(o, "reliability", reliability_json(&s->settled));
	add_number(o, "calibration_error", score_calibration_error(&s->settled));
	json_object_object_add(o, "reliability_first", reliability_json(&s->first));
	add_number(o, "calibration_error_first", score_calibration_error(&s->first));
	json_object_object_add(o, "classes", classes_json(s));
	add_times(o, "onset_error_s", &s->onset_error_s);
	add_times(o, "latency_s", &s->latency_s);
	add_times(o, "arrival_s", &s->arrival_s);
	add_times(o, "ttl_s", &s->ttl_s);
	add_times(o, "settle_s", &s->settle_s);
	add_times(o, "withdrawal_s", &s->withdrawal_s);
	ret = fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return ret < 0 || fflush(f) ? -EIO : 0;
}
