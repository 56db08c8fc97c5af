// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "config_keys.h"
#include "core/core.h"

#define MAX_DROP_INS	64
#define INIH_SECTION_SIZE	50	/* MAX_SECTION in its ini.c */

void config_default(struct config *cfg)
{
	*cfg = (struct config) {
		.mode = "motion+film",
		.rate_hz = 800,
		.accel_range_g = 4,
		.film_range_mv = 200,
		.watermark = 32,
		.film_rate_hz = 3200,
		.marker_debounce_us = 10000,
		.marker_long_us = 1000000,
		.triggers = { config_default_trigger },
		.n_triggers = 1,
		.journal = { .max_age_days = 365, .max_size_mib = 256 },
	};
	recorder_default_settings(&cfg->recorder);
}

/* Fill the caller's error text; hands @ret through. */
__attribute__((format(printf, 3, 4)))
static int fail(char *err, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, CONFIG_ERROR_SIZE, fmt, ap);
	va_end(ap);
	return ret;
}

/* ---- one file ------------------------------------------------------------- */

/*
 * inih as packaged gives no line numbers to its handler, but it asks for one
 * line at a time: the reader counts them.
 */
struct parse {
	struct config *cfg;
	const char *path;
	FILE *f;
	unsigned int line;
	bool failed;
	char *err;
};

static void parse_fail(struct parse *p, const char *what, const char *detail)
{
	if (p->failed)
		return;
	p->failed = true;
	fail(p->err, -EINVAL, "%s:%u: %s%s", p->path, p->line, what, detail);
}

/*
 * Blanks before a line mean nothing.  inih would take such a line for more of the value
 * before, so that a key moved in by a blank becomes another key's value.
 */
static char *read_line(char *str, int num, void *stream)
{
	struct parse *p = stream;
	int c = p->failed ? EOF : getc(p->f), n = 0;
	char text[48];

	if (c == EOF)
		return NULL;
	p->line++;
	for (; c != EOF; c = getc(p->f)) {
		if (!c || n == num - 1) {
			if (c)
				snprintf(text, sizeof(text), "more than %d characters in a line",
					 num - 2);
			parse_fail(p, c ? text : "a NUL byte", "");
			return NULL;
		}
		if (n || c == '\n' || !isspace(c))
			str[n++] = (char)c;
		if (c == '\n')
			break;
	}
	str[n] = '\0';
	return str;
}

static int handle_key(void *user, const char *section, const char *key, const char *value)
{
	struct parse *p = user;
	char text[256];
	const char *want;

	if (!key || !value)
		return 1;
	if (!strcmp(section, "Sensor")) {
		want = config_set_sensor(p->cfg, key, value);
	} else if (!strcmp(section, "Marker")) {
		want = config_set_marker(p->cfg, key, value);
	} else if (!strcmp(section, "Journal")) {
		want = config_set_journal(p->cfg, key, value);
	} else if (!strncmp(section, "Trigger", 7) && (!section[7] || section[7] == ' ')) {
		struct config_trigger *t = NULL;

		/* inih cuts longer ones: two outputs could become one. */
		if (strlen(section) < INIH_SECTION_SIZE - 1)
			t = config_find_trigger(p->cfg, section[7] ? section + 8 : "");
		if (!t) {
			snprintf(text, sizeof(text),
				 "[%s]: %d outputs with short names are possible", section,
				 CONFIG_TRIGGERS);
			parse_fail(p, "no room for ", text);
			return 0;
		}
		want = config_set_trigger(t, key, value);
	} else if (!strcmp(section, "Recorder")) {
		want = config_set_recorder(&p->cfg->recorder, key, value);
	} else {
		snprintf(text, sizeof(text),
			 "[%s]: only [Sensor], [Marker], [Trigger], [Recorder] and [Journal] exist",
			 section);
		parse_fail(p, "unknown section ", text);
		return 0;
	}
	if (!want)
		return 1;
	if (want == config_unknown_key) {
		snprintf(text, sizeof(text), "'%s' in [%s]", key, section);
		parse_fail(p, "unknown key ", text);
	} else {
		snprintf(text, sizeof(text), "%s=%s: expected %s", key, value, want);
		parse_fail(p, "bad value ", text);
	}
	return 0;
}

int config_load_file(struct config *cfg, const char *path, char *err)
{
	struct parse p = { .cfg = cfg, .path = path, .err = err };
	int ret, line;

	err[0] = '\0';
	p.f = fopen(path, "re");
	if (!p.f)
		return fail(err, -errno, "%s: %s", path, strerror(errno));
	errno = 0;
	line = ini_parse_stream(read_line, &p, handle_key, &p);
	ret = ferror(p.f) ? -(errno ? errno : EIO) : 0;
	if (ret) {
		fail(err, ret, "%s: %s", path, strerror(-ret));
	} else if (line > 0 && (!p.failed || (unsigned int)line < p.line)) {
		/* inih goes on after a line it cannot read: what came of that is not the point. */
		ret = fail(err, -EINVAL, "%s:%d: neither [Section] nor Key=value nor a comment",
			   path, line);
	} else if (p.failed) {
		ret = -EINVAL;
	} else if (line) {
		ret = fail(err, -ENOMEM, "%s: out of memory", path);
	}
	fclose(p.f);
	return ret;
}

/* ---- the set of files ----------------------------------------------------- */

struct drop_in {
	char name[NAME_MAX + 1];
	const char *dir;
};

static int compare_drop_ins(const void *a, const void *b)
{
	return strcmp(((const struct drop_in *)a)->name, ((const struct drop_in *)b)->name);
}

/* Add the *.conf of DIR/backpopd.conf.d that are not in @list yet. */
static int list_drop_ins(const char *dir, struct drop_in *list, size_t *n, char *err)
{
	char path[PATH_MAX];
	struct dirent *de;
	DIR *d;

	snprintf(path, sizeof(path), "%s/backpopd.conf.d", dir);
	d = opendir(path);
	if (!d) {
		if (errno == ENOENT)
			return 0;
		return fail(err, -errno, "%s: %s", path, strerror(errno));
	}
	while ((de = readdir(d))) {
		size_t len = strlen(de->d_name), i;

		if (de->d_name[0] == '.' || len < 6 || strcmp(de->d_name + len - 5, ".conf"))
			continue;
		for (i = 0; i < *n && strcmp(list[i].name, de->d_name); i++)
			;
		if (i < *n)
			continue;
		if (*n == MAX_DROP_INS) {
			closedir(d);
			return fail(err, -E2BIG, "%s: more than %d files", path, MAX_DROP_INS);
		}
		strcpy(list[*n].name, de->d_name);
		list[(*n)++].dir = dir;
	}
	closedir(d);
	return 0;
}

int config_load(struct config *cfg, const char *etc, const char *vendor, char *err)
{
	const char *const dirs[] = { etc, vendor };
	struct drop_in *list;
	char path[PATH_MAX];
	size_t n = 0;
	int ret = 0;

	config_default(cfg);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/backpopd.conf", dirs[i]);
		ret = config_load_file(cfg, path, err);
		if (ret != -ENOENT)
			break;
	}
	if (ret && ret != -ENOENT)
		return ret;

	list = calloc(MAX_DROP_INS, sizeof(*list));
	if (!list)
		return fail(err, -ENOMEM, "out of memory");
	ret = list_drop_ins(etc, list, &n, err);
	if (!ret)
		ret = list_drop_ins(vendor, list, &n, err);
	qsort(list, n, sizeof(*list), compare_drop_ins);
	for (size_t i = 0; i < n && !ret; i++) {
		snprintf(path, sizeof(path), "%s/backpopd.conf.d/%s", list[i].dir, list[i].name);
		ret = config_load_file(cfg, path, err);
	}
	free(list);
	return ret;
}

const char *config_warning(const struct config *cfg)
{
	if (cfg->pair[0][0] && cfg->mode_given && strcmp(cfg->mode, "motion"))
		return "Mode= does not count with Pair=: the first device gives motion alone, for the "
		       "film is the second one's, at FilmRate=";
	return NULL;
}

bool config_sensor_differs(const struct config *a, const struct config *b)
{
	return strcmp(a->mode, b->mode) || a->rate_hz != b->rate_hz ||
	       a->accel_range_g != b->accel_range_g || a->film_range_mv != b->film_range_mv ||
	       a->watermark != b->watermark || strcmp(a->pair[0], b->pair[0]) ||
	       strcmp(a->pair[1], b->pair[1]) || a->film_rate_hz != b->film_rate_hz ||
	       strcmp(a->uri, b->uri);
}

bool config_marker_differs(const struct config *a, const struct config *b)
{
	return strcmp(a->marker_line, b->marker_line) ||
	       a->marker_debounce_us != b->marker_debounce_us ||
	       a->marker_long_us != b->marker_long_us ||
	       a->marker_active_low != b->marker_active_low || a->marker_bias != b->marker_bias;
}

bool config_triggers_differ(const struct config *a, const struct config *b)
{
	if (a->n_triggers != b->n_triggers)
		return true;
	for (unsigned int i = 0; i < a->n_triggers; i++) {
		const struct config_trigger *x = &a->triggers[i], *y = &b->triggers[i];

		if (strcmp(x->name, y->name) || strcmp(x->line, y->line) ||
		    x->width_us != y->width_us || x->classes != y->classes ||
		    x->min_confidence != y->min_confidence || x->settled != y->settled ||
		    x->active_low != y->active_low)
			return true;
	}
	return false;
}

/* "Key=number" with as few digits as read back the same. */
static void print_number(FILE *f, const char *key, double d)
{
	char text[32];
	int digits = 6;

	do
		snprintf(text, sizeof(text), "%.*g", digits, d);
	while (strtod(text, NULL) != d && digits++ < 17);
	fprintf(f, "%s=%s\n", key, text);
}

static void print_trigger(FILE *f, const struct config_trigger *t)
{
	fprintf(f, "\n[Trigger%s%s]\nLine=%s\nWidth=%uus\nClasses=", t->name[0] ? " " : "", t->name,
		t->line, t->width_us);
	for (int c = 0, first = 1; c < BP_CLASS_COUNT; c++) {
		if (t->classes & (1u << c)) {
			fprintf(f, "%s%s", first ? "" : " ", bp_class_name(c));
			first = 0;
		}
	}
	fputc('\n', f);
	print_number(f, "MinConfidence", t->min_confidence);
	fprintf(f, "On=%s\nActiveLow=%s\n", t->settled ? "settled" : "first",
		t->active_low ? "yes" : "no");
}

void config_print(FILE *f, const struct config *cfg)
{
	/* What nobody has set with a pair must not look as if somebody had. */
	fprintf(f, "[Sensor]\n%sMode=%s\n", cfg->pair[0][0] && !cfg->mode_given ? "#" : "",
		cfg->mode);
	print_number(f, "Rate", cfg->rate_hz);
	print_number(f, "AccelRange", cfg->accel_range_g);
	print_number(f, "FilmRange", cfg->film_range_mv);
	fprintf(f, "Watermark=%u\nListen=%s\n", cfg->watermark,
		cfg->on_demand ? "on-demand" : "always");
	/* A comma: after a blank, a label that begins with ';' would be a comment. */
	fprintf(f, "Pair=%s%s%s\n", cfg->pair[0], cfg->pair[0][0] ? "," : "", cfg->pair[1]);
	print_number(f, "FilmRate", cfg->film_rate_hz);
	fprintf(f, "Uri=%s\n", cfg->uri);
	fprintf(f, "\n[Marker]\nLine=%s\nDebounce=%uus\nLongPress=%uus\nActiveLow=%s\nBias=%s\n",
		cfg->marker_line, cfg->marker_debounce_us, cfg->marker_long_us,
		cfg->marker_active_low ? "yes" : "no", config_bias_names[cfg->marker_bias]);
	for (unsigned int i = 0; i < cfg->n_triggers; i++)
		print_trigger(f, &cfg->triggers[i]);
	fprintf(f, "\n[Recorder]\nRecord=%s\nDirectory=%s\nMaxFileTime=%" PRIu64 "s\n"
		"MaxFileSize=%" PRIu64 "\nKeepTime=%" PRIu64 "s\nKeepSize=%" PRIu64 "\n"
		"MinFree=%" PRIu64 "\nSync=%us\n",
		config_when_names[cfg->recorder.when], cfg->recorder.directory, cfg->recorder.max_file_s,
		cfg->recorder.max_file_bytes, cfg->recorder.keep_s, cfg->recorder.keep_bytes,
		cfg->recorder.min_free_bytes, cfg->recorder.sync_s);
	fprintf(f, "\n[Journal]\nMaxAge=%u\nMaxSize=%u\n", cfg->journal.max_age_days,
		cfg->journal.max_size_mib);
}
