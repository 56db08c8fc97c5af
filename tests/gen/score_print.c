// SPDX-License-Identifier: GPL-2.0-or-later
/* The score as a table for people and as one JSON object. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>

#include "score.h"

static double lung_share(const struct score *s)
{
	uint64_t n = s->by_class_truths[CLASS_LUNG_CRACKLE];

	return n ? (double)s->lung_called_cavitation / (double)n : NAN;
}

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

int score_print_table(FILE *f, struct score *s)
{
	fprintf(f, "%-22s %8.3f h\n", "session time", s->hours);
	fprintf(f, "%-22s %8" PRIu64 "   (too quiet to count: %" PRIu64 ")\n", "true events",
		s->truths, s->quiet);
	fprintf(f, "%-22s %8" PRIu64 "\n", "hits", s->hits);
	fprintf(f, "%-22s %8" PRIu64 "\n", "misses", s->truths - s->hits);
	fprintf(f, "%-22s %8" PRIu64 "   (%.1f an hour)\n", "false alarms", s->false_alarms,
		score_alarms_per_hour(s));
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
	print_share(f, "F1", score_f1(s));
	print_share(f, "class macro-F1", score_macro_f1(s));
	if (s->by_class_truths[CLASS_LUNG_CRACKLE])
		print_share(f, "lung called cavitation", lung_share(s));
	print_classes(f, s);
	fprintf(f, "\n%-22s %8s %8s %8s %8s\n", "ms", "min", "p50", "p95", "max");
	print_times(f, "onset error", &s->onset_error_s);
	print_times(f, "latency (stream)", &s->latency_s);
	print_times(f, "latency (D-Bus)", &s->arrival_s);
	print_times(f, "latency (TTL)", &s->ttl_s);
	print_times(f, "withdrawn after", &s->withdrawal_s);
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

int score_print_json(FILE *f, struct score *s)
{
	struct json_object *o = json_object_new_object();
	struct json_object *causes = json_object_new_object();
	int ret;

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
	add_number(o, "macro_f1", score_macro_f1(s));
	add_number(o, "lung_called_cavitation", lung_share(s));
	json_object_object_add(o, "classes", classes_json(s));
	add_times(o, "onset_error_s", &s->onset_error_s);
	add_times(o, "latency_s", &s->latency_s);
	add_times(o, "arrival_s", &s->arrival_s);
	add_times(o, "ttl_s", &s->ttl_s);
	add_times(o, "withdrawal_s", &s->withdrawal_s);
	ret = fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
	return ret < 0 || fflush(f) ? -EIO : 0;
}
