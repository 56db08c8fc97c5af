// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads truth and event lines into memory. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "score.h"

static const char *const class_names[CLASS_COUNT] = {
	"cavitation", "snap", "crepitus", "lung_crackle", "unclassified", "artefact"
};
static const char *const cause_names[CAUSE_COUNT] = {
	"tap", "step", "cough", "speech", "rub", "knock", "mains", "tug", "typing", "laughter",
	"creak", "touch", "train", "event", "nothing"
};
static const char *const phase_names[] = { "inhale", "exhale", "hold", "unknown" };

const char *score_class_name(enum score_class c)
{
	return class_names[c];
}

const char *score_cause_name(enum score_cause c)
{
	return cause_names[c];
}

const char *score_activity_name(enum score_activity a)
{
	static const char *const names[] = { "walk", "move", "rest" };

	return a < ACTIVITY_CAUSES ? cause_names[a] : names[a - ACTIVITY_CAUSES];
}

/* Where reading is, for messages. */
struct place {
	const char *path;
	size_t line;
	char *err;
};

__attribute__((format(printf, 2, 3)))
static int bad(const struct place *p, const char *fmt, ...)
{
	int n = snprintf(p->err, SCORE_ERROR_SIZE, "%s:%zu: ", p->path, p->line);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && n < SCORE_ERROR_SIZE)
		vsnprintf(p->err + n, SCORE_ERROR_SIZE - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int get_number(const struct place *p, struct json_object *o, const char *key, double *v)
{
	struct json_object *x;

	if (!json_object_object_get_ex(o, key, &x) ||
	    (!json_object_is_type(x, json_type_double) && !json_object_is_type(x, json_type_int)))
		return bad(p, "no number \"%s\"", key);
	*v = json_object_get_double(x);
	return 0;
}

static bool has_number(struct json_object *o, const char *key, double *v)
{
	struct place nowhere = { "", 0, (char[SCORE_ERROR_SIZE]){ 0 } };

	return !get_number(&nowhere, o, key, v);
}

static int get_count(const struct place *p, struct json_object *o, const char *key, uint64_t *v)
{
	struct json_object *x;

	if (!json_object_object_get_ex(o, key, &x) || !json_object_is_type(x, json_type_int) ||
	    json_object_get_int64(x) < 0)
		return bad(p, "no integer \"%s\"", key);
	*v = (uint64_t)json_object_get_int64(x);
	return 0;
}

static int get_name(const struct place *p, struct json_object *o, const char *key,
		    const char *const *names, int n)
{
	struct json_object *x;
	const char *text;

	if (!json_object_object_get_ex(o, key, &x) || !json_object_is_type(x, json_type_string))
		return bad(p, "no text \"%s\"", key);
	text = json_object_get_string(x);
	for (int i = 0; i < n; i++)
		if (!strcmp(text, names[i]))
			return i;
	return bad(p, "unknown %s \"%s\"", key, text);
}

static void *grow(void *array, size_t n, size_t size)
{
	if (n & (n - 1))
		return array;
	return realloc(array, (n ? 2 * n : 1) * size);	/* full at each power of two */
}

/* ---- truth --------------------------------------------------------------- */

static int take_breath(struct score_session *s, const struct place *p, struct json_object *o)
{
	struct true_breath b;
	int ret = get_number(p, o, "start_s", &b.start_s);

	if (!ret)
		ret = get_number(p, o, "peak_s", &b.peak_s);
	if (!ret)
		ret = get_number(p, o, "exhale_s", &b.exhale_s);
	if (!ret)
		ret = get_number(p, o, "end_s", &b.end_s);
	if (ret)
		return ret;
	s->breaths = grow(s->breaths, s->n_breaths, sizeof(*s->breaths));
	if (!s->breaths)
		return -ENOMEM;
	s->breaths[s->n_breaths++] = b;
	return 0;
}

static int take_move(struct score_session *s, const struct place *p, struct json_object *o)
{
	static const char *const names[] = { "none", "twist", "bend", "other", "walk" };
	struct true_move m;
	int ret = get_number(p, o, "from_s", &m.from_s), which;

	if (!ret)
		ret = get_number(p, o, "to_s", &m.to_s);
	if (ret)
		return ret;
	which = get_name(p, o, "movement", names, 5);
	if (which < 0)
		return which;
	m.walk = which == 4;
	s->moves = grow(s->moves, s->n_moves, sizeof(*s->moves));
	if (!s->moves)
		return -ENOMEM;
	s->moves[s->n_moves++] = m;
	return 0;
}

static int take_truth(struct score_session *s, const struct score_options *opt,
		      const struct place *p, struct json_object *o)
{
	struct truth t = { .match = -1, .snr_db = INFINITY };
	struct json_object *x;
	int c, ret;

	if (json_object_object_get_ex(o, "session", &x)) {
		ret = get_number(p, x, "duration_s", &s->duration_s);
		/* what goes through a session step by step must come to an end */
		if (!ret && !(s->duration_s > 0.0 && s->duration_s <= SCORE_SESSION_MAX_S))
			ret = bad(p, "\"duration_s\" is not above 0 and up to %.0f",
				  SCORE_SESSION_MAX_S);
		return ret;
	}
	if (json_object_object_get_ex(o, "breath", &x) && json_object_is_type(x, json_type_object))
		return take_breath(s, p, x);
	if (json_object_object_get_ex(o, "activity", &x) && json_object_is_type(x, json_type_object))
		return take_move(s, p, x);
	ret = get_number(p, o, "t_onset", &t.onset_s);
	if (!ret)
		ret = get_number(p, o, "t_end", &t.end_s);
	if (ret)
		return ret;
	if (json_object_object_get_ex(o, "class", &x) &&
	    json_object_is_type(x, json_type_string) &&
	    !strcmp(json_object_get_string(x), "none")) {
		t.class_ = CLASS_ARTEFACT;
		c = get_name(p, o, "artefact", cause_names, CAUSE_ARTEFACTS);
		t.cause = c < 0 ? CAUSE_NOTHING : (enum score_cause)c;
	} else {
		c = get_name(p, o, "class", class_names, CLASS_TRUE_COUNT);
		t.class_ = c < 0 ? CLASS_ARTEFACT : (enum score_class)c;
	}
	if (c < 0)
		return c;
	has_number(o, "snr_db", &t.snr_db);
	t.quiet = t.snr_db < opt->min_snr_db ||
		  (opt->sharp_only && (t.class_ == CLASS_CREPITUS || t.class_ == CLASS_LUNG_CRACKLE));
	if (json_object_object_get_ex(o, "burst_id", &x)) {
		ret = get_count(p, o, "burst_id", &t.burst);
		if (ret)
			return ret;
	}

	s->truth = grow(s->truth, s->n_truth, sizeof(*s->truth));
	if (!s->truth)
		return -ENOMEM;
	s->truth[s->n_truth++] = t;
	return 0;
}

/* ---- events ---------------------------------------------------------------- */

/*
 * The line's times.  A live line's seconds count from the start of its stream; its
 * onset_ns says where on the common clock that was.
 */
static int get_times(const struct place *p, const struct score_options *opt,
		     struct json_object *o, struct found *line, double *emitted)
{
	double shift;
	uint64_t ns;
	int ret;

	ret = get_number(p, o, "onset_s", &line->onset_s);
	if (!ret)
		ret = get_number(p, o, "end_s", &line->end_s);
	if (!ret)
		ret = get_number(p, o, "emitted_s", emitted);
	if (ret || !opt->live)
		return ret;
	ret = get_count(p, o, "onset_ns", &ns);
	if (ret)
		return ret;
	shift = (double)((int64_t)ns - opt->origin_ns) * 1e-9 - line->onset_s;
	line->onset_s += shift;
	line->end_s += shift;
	*emitted += shift;
	return 0;
}

static struct found *find_number(struct score_session *s, uint64_t number)
{
	/* Revisions come soon after their event: look from the end. */
	for (size_t i = s->n_found; i-- > 0;)
		if (s->found[i].number == number)
			return &s->found[i];
	s->found = grow(s->found, s->n_found, sizeof(*s->found));
	if (!s->found)
		return NULL;
	s->found[s->n_found] = (struct found){
		.number = number, .first_emitted_s = NAN, .arrival_s = NAN, .match = -1,
		.revision = UINT64_MAX, .class_since_s = NAN, .confidence = NAN,
		.first_confidence = NAN, .breath_rate_bpm = NAN, .breath_phase = SCORE_UNKNOWN,
	};
	return &s->found[s->n_found++];
}

static int take_event(struct score_session *s, const struct score_options *opt,
		      const struct place *p, struct json_object *o)
{
	struct json_object *x;
	struct found *f, line = { 0 };
	double emitted, arrival = NAN;
	uint64_t ns;
	int c, ret;

	/* A live listener prints other lines too (markers, sensors that come and go). */
	if (!json_object_object_get_ex(o, "event", &x))
		return 0;
	ret = get_count(p, o, "event", &line.number);
	if (!ret)
		ret = get_count(p, o, "revision", &line.revision);
	if (!ret)
		ret = get_times(p, opt, o, &line, &emitted);
	if (ret)
		return ret;
	c = get_name(p, o, "class", class_names, CLASS_COUNT);
	if (c < 0)
		return c;
	if (json_object_object_get_ex(o, "arrival_ns", &x)) {
		ret = get_count(p, o, "arrival_ns", &ns);
		if (ret)
			return ret;
		arrival = (double)((int64_t)ns - opt->origin_ns) * 1e-9;
	}

	f = find_number(s, line.number);
	if (!f)
		return -ENOMEM;
	if (line.revision == 0) {
		f->first_emitted_s = emitted;
		f->arrival_s = arrival;
		f->first_class = (enum score_class)c;
		has_number(o, "confidence", &f->first_confidence);
		has_number(o, "breath_rate_bpm", &f->breath_rate_bpm);
		if (json_object_object_get_ex(o, "breath_phase", &x)) {
			int phase = get_name(p, o, "breath_phase", phase_names, 4);

			if (phase < 0)
				return phase;
			f->breath_phase = (enum score_phase)phase;
		}
	}
	if (f->revision == UINT64_MAX || line.revision >= f->revision) {
		if (f->revision == UINT64_MAX || f->class_ != (enum score_class)c)
			f->class_since_s = emitted;
		f->revision = line.revision;
		f->confidence = NAN;
		has_number(o, "confidence", &f->confidence);
		f->site = 0;
		if (json_object_object_get_ex(o, "site", &x)) {
			ret = get_count(p, o, "site", &f->site);
			if (ret)
				return ret;
		}
		f->onset_s = line.onset_s;
		f->end_s = line.end_s;
		f->last_emitted_s = emitted;
		f->class_ = (enum score_class)c;
	}
	return 0;
}

static int by_onset(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	if (a->onset_s != b->onset_s)
		return a->onset_s < b->onset_s ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static int by_truth_onset(const void *pa, const void *pb)
{
	const struct truth *a = pa, *b = pb;

	return a->onset_s < b->onset_s ? -1 : a->onset_s > b->onset_s;
}

/* ---- files ------------------------------------------------------------------ */

typedef int (*take_fn)(struct score_session *s, const struct score_options *opt,
		       const struct place *p, struct json_object *o);

static int take_line(struct score_session *s, const struct score_options *opt,
		     const struct place *p, const char *text, take_fn take)
{
	struct json_object *o;
	int ret;

	if (text[strspn(text, " \t\r\n")] == '\0')
		return 0;
	o = json_tokener_parse(text);
	if (!o || !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		return bad(p, "not a JSON object: \"%.40s\"", text);
	}
	ret = take(s, opt, p, o);
	if (ret == -ENOMEM)
		bad(p, "out of memory");
	json_object_put(o);
	return ret;
}

static int read_lines(struct score_session *s, const struct score_options *opt, const char *path,
		      take_fn take, char *err)
{
	struct place p = { .path = path, .err = err };
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *text = NULL;
	size_t room = 0;
	int ret = 0;

	if (!f) {
		ret = -errno;
		snprintf(err, SCORE_ERROR_SIZE, "%s: %s", path, strerror(errno));
		return ret;
	}
	errno = 0;
	while (!ret && getline(&text, &room, f) >= 0) {
		text[strcspn(text, "\n")] = '\0';
		p.line++;
		ret = take_line(s, opt, &p, text, take);
		errno = 0;
	}
	if (!ret && ferror(f)) {
		ret = errno ? -errno : -EIO;
		snprintf(err, SCORE_ERROR_SIZE, "%s: %s", path, strerror(-ret));
	}
	free(text);
	if (f != stdin)
		fclose(f);
	return ret;
}

/* Lines "t_ns level". */
static int read_edges(struct score_session *s, const struct score_options *opt, char *err)
{
	struct place p = { .path = opt->ttl_path, .err = err };
	FILE *f = fopen(opt->ttl_path, "re");
	char text[128];
	int ret = 0;

	if (!f) {
		ret = -errno;
		snprintf(err, SCORE_ERROR_SIZE, "%s: %s", opt->ttl_path, strerror(errno));
		return ret;
	}
	while (!ret && fgets(text, sizeof(text), f)) {
		int64_t t;
		int level;

		p.line++;
		text[strcspn(text, "\n")] = '\0';
		if (sscanf(text, "%" SCNd64 " %d", &t, &level) != 2) {
			ret = bad(&p, "not \"t_ns level\": \"%.40s\"", text);
			break;
		}
		if (level != 1)
			continue;
		s->edges_s = grow(s->edges_s, s->n_edges, sizeof(*s->edges_s));
		if (!s->edges_s)
			ret = -ENOMEM;
		else
			s->edges_s[s->n_edges++] = (double)(t - opt->origin_ns) * 1e-9;
	}
	fclose(f);
	return ret;
}

int score_load(struct score_session *s, const struct score_options *opt, const char *truth_path,
	       const char *events_path, char *err)
{
	int ret;

	memset(s, 0, sizeof(*s));
	ret = read_lines(s, opt, truth_path, take_truth, err);
	if (!ret && !(s->duration_s > 0.0)) {
		snprintf(err, SCORE_ERROR_SIZE, "%s: no line {\"session\":{\"duration_s\":...}}",
			 truth_path);
		ret = -EINVAL;
	}
	if (!ret)
		ret = read_lines(s, opt, events_path, take_event, err);
	if (!ret && opt->ttl_path)
		ret = read_edges(s, opt, err);
	if (ret) {
		score_unload(s);
		return ret;
	}
	if (s->n_found)
		qsort(s->found, s->n_found, sizeof(*s->found), by_onset);
	if (s->n_truth)
		qsort(s->truth, s->n_truth, sizeof(*s->truth), by_truth_onset);
	return 0;
}

void score_unload(struct score_session *s)
{
	free(s->breaths);
	free(s->moves);
	free(s->truth);
	free(s->found);
	free(s->edges_s);
	memset(s, 0, sizeof(*s));
}
