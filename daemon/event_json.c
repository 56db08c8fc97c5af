// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Event revisions as JSON lines (json-c) and as lines for people.
 *
 * json-c formats doubles with printf() and repairs at most a decimal comma, so
 * whole lines are made in the C locale, whatever the program has set.
 */
#include "event_json.h"

#include <errno.h>
#include <json-c/json.h>
#include <locale.h>
#include <math.h>
#include <stdbool.h>

#include "journal/record.h"

#define NS_PER_S	1000000000.0

/* Digits: 1 us in time; beyond what any sensor resolves in the others. */
#define FORMAT_TIME	"%.6f"
#define FORMAT_3	"%.3f"
#define FORMAT_5	"%.5f"

static locale_t enter_c_locale(void)
{
	/* glibc hands out its static C locale here: no allocation, nothing to free. */
	return uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0));
}

static double seconds(int64_t t_ns, int64_t origin_ns)
{
	return (double)(t_ns - origin_ns) / NS_PER_S;
}

static bool add(struct json_object *o, const char *key, struct json_object *value)
{
	if (value && json_object_object_add_ex(o, key, value, JSON_C_OBJECT_ADD_CONSTANT_KEY) == 0)
		return true;
	json_object_put(value);
	return false;
}

static bool add_string(struct json_object *o, const char *key, const char *s)
{
	return add(o, key, json_object_new_string(s));
}

static bool add_int(struct json_object *o, const char *key, int64_t v)
{
	return add(o, key, json_object_new_int64(v));
}

/* Unknown values (NaN, Inf: JSON has neither) are left out; that is no failure. */
static bool add_double(struct json_object *o, const char *key, double v, const char *format)
{
	struct json_object *value;

	if (!isfinite(v))
		return true;
	value = json_object_new_double(v);
	/* The serializer's user data is not const, but only read. */
	if (value)
		json_object_set_serializer(value, json_object_double_to_json_string,
					   (void *)(uintptr_t)format, NULL);
	return add(o, key, value);
}

static bool add_event(struct json_object *o, const struct bp_event *ev, int64_t origin_ns)
{
	return add_int(o, "event", ev->number) &&
	       add_int(o, "revision", ev->revision) &&
	       add_double(o, "onset_s", seconds(ev->onset_ns, origin_ns), FORMAT_TIME) &&
	       add_double(o, "end_s", seconds(ev->end_ns, origin_ns), FORMAT_TIME) &&
	       add_double(o, "emitted_s", seconds(ev->emitted_ns, origin_ns), FORMAT_TIME) &&
	       add_string(o, "class", bp_class_name(ev->class_)) &&
	       add_double(o, "confidence", ev->confidence, FORMAT_3) &&
	       (ev->reason == BP_REASON_NONE ||
		add_string(o, "reason", bp_reason_name(ev->reason))) &&
	       (ev->site == 0 || add_int(o, "site", ev->site)) &&
	       (ev->manoeuvre == 0 || add_int(o, "manoeuvre", ev->manoeuvre)) &&
	       add_double(o, "peak_mg", ev->peak_mg, FORMAT_3) &&
	       add_double(o, "peak_mv", ev->peak_mv, FORMAT_5) &&
	       add_string(o, "breath_phase", bp_breath_phase_name(ev->breath_phase)) &&
	       add_double(o, "breath_depth", ev->breath_depth, FORMAT_3) &&
	       add_double(o, "breath_rate_bpm", ev->breath_rate_bpm, FORMAT_3) &&
	       add_double(o, "silent_s", ev->silent_s, FORMAT_3) &&
	       add_double(o, "since_s", ev->since_s, FORMAT_3) &&
	       add_string(o, "movement", bp_movement_name(ev->movement));
}

static int stream_result(FILE *f, int result)
{
	if (result >= 0 && !ferror(f))
		return 0;
	return errno ? -errno : -EIO;
}

static int print_line(FILE *f, struct json_object *o)
{
	const char *line = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOZERO |
							  JSON_C_TO_STRING_NOSLASHESCAPE);

	errno = 0;
	return line ? stream_result(f, fprintf(f, "%s\n", line)) : -ENOMEM;
}

static int write_json(FILE *f, const struct bp_event *ev, int64_t origin_ns,
		      const struct event_arrival *arrival)
{
	locale_t before = enter_c_locale();
	struct json_object *o = json_object_new_object();
	int ret = -ENOMEM;

	if (o && (!arrival || add_string(o, "sensor", arrival->sensor)) &&
	    add_event(o, ev, origin_ns) &&
	    (!arrival || (add_int(o, "onset_ns", ev->onset_ns) &&
			  (!arrival->known_ns || add_int(o, "known_ns", arrival->known_ns)) &&
			  (!arrival->written_ns || add_int(o, "written_ns", arrival->written_ns)) &&
			  add_int(o, "arrival_ns", arrival->arrival_ns) &&
			  (!arrival->missed || add(o, "missed", json_object_new_boolean(true))))))
		ret = print_line(f, o);
	json_object_put(o);
	uselocale(before);
	return ret;
}

int event_json_record_line(FILE *f, const struct record_event *rec, const char *time)
{
	locale_t before = enter_c_locale();
	struct json_object *o = json_object_new_object();
	int ret = -ENOMEM;

	if (o && add_string(o, "sensor", rec->sensor) &&
	    add_event(o, &rec->ev, rec->stream_start_ns) &&
	    /* Numbers of the journal go on for longer than a core's. */
	    add_int(o, "event", (int64_t)rec->number) && add_string(o, "time", time) &&
	    add_int(o, "wall_ns", rec->wall_ns) && add_int(o, "onset_ns", rec->ev.onset_ns) &&
	    add_string(o, "boot_id", rec->boot_id) &&
	    (!rec->session || add_int(o, "session", (int64_t)rec->session)) &&
	    add_int(o, "sequence", (int64_t)rec->sequence))
		ret = print_line(f, o);
	json_object_put(o);
	uselocale(before);
	return ret;
}

int event_json_line(FILE *f, const struct bp_event *ev, int64_t origin_ns)
{
	return write_json(f, ev, origin_ns, NULL);
}

int event_json_live_line(FILE *f, const struct bp_event *ev, int64_t origin_ns,
			 const struct event_arrival *arrival)
{
	return write_json(f, ev, origin_ns, arrival);
}

static bool add_trace_shape(struct json_object *o, const char *key, const struct bp_trace_shape *s,
			    double to_milli)
{
	struct json_object *in;

	if (!s->seen)
		return true;
	in = json_object_new_object();
	return in && add(o, key, in) &&
	       add_double(in, "peak", s->peak * to_milli, FORMAT_5) &&
	       add_double(in, "ratio", s->ratio, FORMAT_3) &&
	       add_double(in, "length_s", s->length_s, FORMAT_5) &&
	       add_double(in, "freq_hz", s->freq_hz, FORMAT_3) &&
	       add_double(in, "cycles", s->cycles, FORMAT_3) &&
	       add_double(in, "before", sqrt(s->before) * to_milli, FORMAT_5) &&
	       add_double(in, "after", sqrt(s->after) * to_milli, FORMAT_5) &&
	       add_double(in, "late", s->late, FORMAT_3) &&
	       add_double(in, "low_swing", s->low_swing * to_milli, FORMAT_5) &&
	       add_double(in, "low_before", s->low_before * to_milli, FORMAT_5) &&
	       add_double(in, "period", s->period, FORMAT_3);
}

static bool add_train(struct json_object *o, const struct bp_train_looks *l)
{
	return add_int(o, "parts", l->parts) &&
	       add_double(o, "crackly", l->crackly, FORMAT_3) &&
	       add_double(o, "strokes", l->strokes, FORMAT_3) &&
	       add_double(o, "span_s", l->span_s, FORMAT_3) &&
	       add_double(o, "gap_cv", l->gap_cv, FORMAT_3) &&
	       add_double(o, "freq_hz", l->freq_hz, FORMAT_3) &&
	       add_double(o, "cycles", l->cycles, FORMAT_3) &&
	       add_double(o, "late", l->late, FORMAT_3) &&
	       add_double(o, "ratio_db", l->ratio_db, FORMAT_3) &&
	       add_double(o, "pitch_spread", l->pitch_spread, FORMAT_3) &&
	       add_double(o, "peak_spread", l->peak_spread, FORMAT_3) &&
	       add_double(o, "raised", l->raised, FORMAT_3) &&
	       add_double(o, "level_db", l->level_db, FORMAT_3) &&
	       add_double(o, "rough", l->rough, FORMAT_3) &&
	       add_double(o, "hue_hz", l->hue_hz, FORMAT_3) &&
	       add_double(o, "hue_spread", l->hue_spread, FORMAT_3) &&
	       add_double(o, "bumps", l->bumps, FORMAT_3) &&
	       add_double(o, "elsewhere", l->elsewhere, FORMAT_3) &&
	       add_double(o, "touch", l->touch, FORMAT_3) &&
	       add_double(o, "moving", l->moving, FORMAT_3) &&
	       add_double(o, "coupling", l->coupling, FORMAT_3);
}

static bool add_looks(struct json_object *o, const struct bp_trace *tr)
{
	struct json_object *in;

	if (!tr->n_looks)
		return true;
	in = json_object_new_object();
	if (!in || !add(o, "weighed", in) || !add_string(o, "ear", bp_ear_name(tr->ear)) ||
	    (tr->look != BP_LOOK_TRAIN && tr->look != BP_LOOK_RING && tr->look != BP_LOOK_SITE &&
	     !add(o, "weak", json_object_new_boolean(tr->weak))) ||
	    !add_double(o, "odds", tr->odds, FORMAT_3))
		return false;
	for (uint32_t i = 0; i < tr->n_looks; i++)
		if (!add_double(in, bp_weighed_name(tr->look, i), tr->looks[i], FORMAT_5))
			return false;
	return true;
}

int event_json_trace_line(FILE *f, const struct bp_trace *tr, int64_t origin_ns)
{
	locale_t before = enter_c_locale();
	struct json_object *o = json_object_new_object();
	int ret = -ENOMEM;

	if (o && add_string(o, "look", bp_look_name(tr->look)) &&
	    add_double(o, "onset_s", seconds(tr->onset_ns, origin_ns), FORMAT_TIME) &&
	    add_double(o, "emitted_s", seconds(tr->now_ns, origin_ns), FORMAT_TIME) &&
	    (!tr->event || add_int(o, "event", tr->event)) &&
	    (!tr->site || add_int(o, "site", tr->site)) &&
	    add_string(o, "outcome", bp_outcome_name(tr->outcome)) &&
	    (tr->rule == BP_RULE_NONE ||
	     (add_string(o, "rule", bp_rule_name(tr->rule)) &&
	      add_double(o, "value", tr->value, FORMAT_5) &&
	      add_double(o, "limit", tr->limit, FORMAT_5))) &&
	    (tr->reason == BP_REASON_NONE ||
	     add_string(o, "reason", bp_reason_name(tr->reason))) &&
	    add_looks(o, tr) &&
	    (tr->look != BP_LOOK_TRAIN || add_train(o, &tr->train)) &&
	    add_trace_shape(o, "motion_mg", &tr->motion, 1e3) &&
	    add_trace_shape(o, "film_mv", &tr->film, 1) &&
	    add_string(o, "breath_phase", bp_breath_phase_name(tr->breath_phase)) &&
	    add_double(o, "breath_volume", tr->volume, FORMAT_3) &&
	    add_string(o, "movement", bp_movement_name(tr->movement)))
		ret = print_line(f, o);
	json_object_put(o);
	uselocale(before);
	return ret;
}

static void trace_shape_text(char *text, size_t size, const struct bp_trace_shape *s,
			     double to_milli, const char *unit)
{
	*text = 0;
	if (s->seen)
		snprintf(text, size, "  %.4g %s %.1f dB %.1f ms %.0f Hz", s->peak * to_milli, unit,
			 10 * log10(fmax(s->ratio, 1e-3)), 1e3 * (double)s->length_s,
			 (double)s->freq_hz);
}

int event_text_trace_line(FILE *f, const struct bp_trace *tr, int64_t origin_ns)
{
	char why[80] = "", mg[80], mv[80], number[16] = "";
	locale_t before = enter_c_locale();
	int ret;

	if (tr->event)
		snprintf(number, sizeof(number), "#%u", tr->event);
	if (tr->rule != BP_RULE_NONE)
		snprintf(why, sizeof(why), "%s %.4g (limit %.4g)", bp_rule_name(tr->rule),
			 (double)tr->value, (double)tr->limit);
	if (tr->look == BP_LOOK_TRAIN)
		snprintf(why, sizeof(why), "%u parts, %.0f Hz, gap CV %.2f, moving %.2f",
			 tr->train.parts, (double)tr->train.freq_hz, (double)tr->train.gap_cv,
			 (double)tr->train.moving);
	if (tr->look == BP_LOOK_SITE)
		snprintf(why, sizeof(why), "site %u, weighed %.4g", tr->site, (double)tr->odds);
	trace_shape_text(mg, sizeof(mg), &tr->motion, 1e3, "mg");
	trace_shape_text(mv, sizeof(mv), &tr->film, 1, "mV");
	errno = 0;
	ret = stream_result(f, fprintf(f, "    %9.3f s %-6s +%3.0f ms %-6s %-7s %-7s %-32s%s%s\n",
				       seconds(tr->onset_ns, origin_ns), number,
				       1e3 * seconds(tr->now_ns, tr->onset_ns),
				       bp_look_name(tr->look), bp_outcome_name(tr->outcome),
				       tr->reason == BP_REASON_NONE ? "" :
				       bp_reason_name(tr->reason), why, mg, mv));
	uselocale(before);
	return ret;
}

/* "unknown" is long for what says nothing. */
static const char *or_dash(const char *name, bool known)
{
	return known ? name : "-";
}

int event_text_line(FILE *f, const struct bp_event *ev, int64_t origin_ns)
{
	/* Each column keeps its width when its value is unknown. */
	char number[24], what[32], site[24] = "", depth[16] = "", mg[24] = "", mv[24] = "";
	locale_t before = enter_c_locale();
	int ret;

	snprintf(number, sizeof(number), "#%u.%u", ev->number, ev->revision);
	if (ev->reason == BP_REASON_NONE)
		snprintf(what, sizeof(what), "%s", bp_class_name(ev->class_));
	else
		snprintf(what, sizeof(what), "%s: %s", bp_class_name(ev->class_),
			 bp_reason_name(ev->reason));
	if (ev->site)
		snprintf(site, sizeof(site), "site %u", ev->site);
	if (isfinite(ev->breath_depth))
		snprintf(depth, sizeof(depth), "%.1fx", (double)ev->breath_depth);
	/* No accelerometer, no film: no column, as in the whole record. */
	if (isfinite(ev->peak_mg))
		snprintf(mg, sizeof(mg), " %6.1f mg", (double)ev->peak_mg);
	if (isfinite(ev->peak_mv))
		snprintf(mv, sizeof(mv), " %6.2f mV", (double)ev->peak_mv);

	errno = 0;
	ret = stream_result(f, fprintf(f, "%9.3f s %-6s %-16s %4.2f  %-7s %-6s %-4s %-5s%s%s\n",
				       seconds(ev->onset_ns, origin_ns), number, what,
				       (double)ev->confidence, site,
				       or_dash(bp_breath_phase_name(ev->breath_phase),
					       ev->breath_phase != BP_BREATH_UNKNOWN), depth,
				       or_dash(bp_movement_name(ev->movement),
					       ev->movement != BP_MOVEMENT_UNKNOWN), mg, mv));
	uselocale(before);
	return ret;
}
