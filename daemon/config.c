// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "core/core.h"

#define ALL_CLASSES	(((1u << BP_CLASS_COUNT) - 1) & ~(1u << BP_CLASS_ARTEFACT))
#define MAX_DROP_INS	64

static const char *const bias_names[] = {
	[CONFIG_BIAS_AS_IS] = "as-is",
	[CONFIG_BIAS_DISABLED] = "disabled",
	[CONFIG_BIAS_PULL_UP] = "pull-up",
	[CONFIG_BIAS_PULL_DOWN] = "pull-down",
};

static const struct config_trigger default_trigger = {
	.width_us = 10000,
	.classes = ALL_CLASSES,
};

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
		.triggers = { default_trigger },
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

/* ---- values: each parser says what it wanted, NULL = taken ---------------- */

static const char *parse_number(const char *value, double min, double max, double *out)
{
	char *end;
	double d = strtod(value, &end);

	if (end == value || *end || !isfinite(d) || d < min || d > max)
		return "a number in range";
	*out = d;
	return NULL;
}

static const char *parse_bool(const char *value, bool *out)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < 4; i++) {
		if (!strcasecmp(value, yes[i]) || !strcasecmp(value, no[i])) {
			*out = !strcasecmp(value, yes[i]);
			return NULL;
		}
	}
	return "yes or no";
}

static const char *parse_whole(const char *value, double max, unsigned int *out)
{
	double d;

	if (parse_number(value, 0, max, &d) || d != floor(d))
		return "a whole number in range";
	*out = (unsigned int)d;
	return NULL;
}

/* A time: a number with us, ms (also without a unit) or s. */
static const char *parse_time_us(const char *value, double min_us, double max_us,
				 unsigned int *out)
{
	char *end;
	double d = strtod(value, &end);

	while (isspace((unsigned char)*end))
		end++;
	if (!strcmp(end, "s"))
		d *= 1e6;
	else if (!*end || !strcmp(end, "ms"))
		d *= 1e3;
	else if (strcmp(end, "us"))
		return "a time such as 10ms";
	if (end == value || !(d >= min_us && d <= max_us))
		return "a time in range";
	*out = (unsigned int)lrint(d);
	return NULL;
}

/* A GPIO name and a chip label are at most 31 characters in the kernel. */
static const char *parse_line(const char *value, char *out)
{
	const char *colon = strrchr(value, ':');
	size_t len = strlen(value);

	if (colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
	    strlen(colon + 1) <= 5)
		len = (size_t)(colon - value);
	if (len > 31)
		return "a GPIO line name of at most 31 characters, or CHIPLABEL:OFFSET";
	strcpy(out, value);
	return NULL;
}

static const char *parse_text(const char *value, char *out, size_t size, const char *want)
{
	if (strlen(value) >= size)
		return want;
	strcpy(out, value);
	return NULL;
}

/* Two different devices, or nothing. */
static const char *parse_pair(const char *value, char pair[2][CONFIG_DEVICE_SIZE])
{
	static const char want[] =
		"two different devices: label, address such as 0x20, or iio:device0";
	char copy[2 * CONFIG_DEVICE_SIZE], *words[3] = { NULL }, *save;

	if (strlen(value) >= sizeof(copy))
		return want;
	strcpy(copy, value);
	words[0] = strtok_r(copy, " \t,", &save);
	for (int i = 1; i < 3 && words[i - 1]; i++)
		words[i] = strtok_r(NULL, " \t,", &save);
	pair[0][0] = pair[1][0] = '\0';
	if (!words[0])
		return NULL;
	if (!words[1] || words[2] || !strcmp(words[0], words[1]) ||
	    strlen(words[0]) >= CONFIG_DEVICE_SIZE || strlen(words[1]) >= CONFIG_DEVICE_SIZE)
		return want;
	strcpy(pair[0], words[0]);
	strcpy(pair[1], words[1]);
	return NULL;
}

static const char *parse_classes(const char *value, uint32_t *out)
{
	char copy[256], *save, *word;
	uint32_t mask = 0;

	if (strlen(value) >= sizeof(copy))
		return "a shorter list";
	strcpy(copy, value);
	for (word = strtok_r(copy, " \t,", &save); word; word = strtok_r(NULL, " \t,", &save)) {
		int c;

		if (!strcmp(word, "all")) {
			mask |= ALL_CLASSES;
			continue;
		}
		for (c = 0; c < BP_CLASS_COUNT; c++)
			if (c != BP_CLASS_ARTEFACT && !strcmp(word, bp_class_name(c)))
				break;
		if (c == BP_CLASS_COUNT)
			return "all, or a list of cavitation, snap, crepitus, lung_crackle, "
			       "unclassified";
		mask |= 1u << c;
	}
	if (!mask)
		return "at least one class";
	*out = mask;
	return NULL;
}

static const char *parse_mode(const char *value, char *out)
{
	if (strcmp(value, "motion+film") && strcmp(value, "motion") && strcmp(value, "film"))
		return "motion+film, motion or film";
	strcpy(out, value);
	return NULL;
}

static const char *parse_on(const char *value, bool *settled)
{
	if (strcmp(value, "first") && strcmp(value, "settled"))
		return "first or settled";
	*settled = !strcmp(value, "settled");
	return NULL;
}

static const char *parse_listen(const char *value, bool *on_demand)
{
	if (strcmp(value, "always") && strcmp(value, "on-demand"))
		return "always or on-demand";
	*on_demand = !strcmp(value, "on-demand");
	return NULL;
}

static const char *parse_bias(const char *value, enum config_bias *out)
{
	for (size_t i = 0; i < sizeof(bias_names) / sizeof(bias_names[0]); i++) {
		if (!strcmp(value, bias_names[i])) {
			*out = i;
			return NULL;
		}
	}
	return "as-is, disabled, pull-up or pull-down";
}

/* A number with one of the units, a factor each; without a unit @units[0]. */
struct unit {
	const char *name;
	double factor;
};

static const struct unit size_units[] = {
	{ "", 1 }, { "K", 1e3 }, { "M", 1e6 }, { "G", 1e9 }, { "T", 1e12 }, { NULL, 0 }
};
static const struct unit span_units[] = {
	{ "s", 1 }, { "min", 60 }, { "h", 3600 }, { "d", 86400 }, { NULL, 0 }
};

static const char *parse_units(const char *value, const struct unit *units, double min, double max,
			       uint64_t *out)
{
	const struct unit *u = units;
	char *end;
	double d = strtod(value, &end);

	if (end == value)
		return "a number";
	while (isspace((unsigned char)*end))
		end++;
	while (*end && u->name && strcmp(end, u->name))
		u++;
	if (!u->name)
		return "a unit";
	d *= u->factor;
	if (!(d >= min && d <= max))
		return "a number in range";
	*out = (uint64_t)llrint(d);
	return NULL;
}

static const char *const when_names[] = {
	[RECORDER_NEVER] = "off",
	[RECORDER_SESSION] = "session",
	[RECORDER_ALWAYS] = "always",
};

static const char *parse_when(const char *value, enum recorder_when *out)
{
	for (int i = 0; i < 3; i++) {
		if (!strcmp(value, when_names[i])) {
			*out = (enum recorder_when)i;
			return NULL;
		}
	}
	return "always, session or off";
}

static const char *parse_directory(const char *value, char *out, size_t size)
{
	if (value[0] != '/' || strlen(value) >= size)
		return "an absolute path of at most 383 characters";
	strcpy(out, value);
	return NULL;
}

/* ---- one key -------------------------------------------------------------- */

static const char unknown_key[] = "";

static const char *set_sensor(struct config *cfg, const char *key, const char *value)
{
	if (!strcmp(key, "Mode")) {
		cfg->mode_given = true;
		return parse_mode(value, cfg->mode);
	}
	if (!strcmp(key, "Rate"))
		return parse_number(value, BP_RATE_MIN_HZ, BP_RATE_MAX_HZ, &cfg->rate_hz) ?
		       "a rate of 200 to 6400 Hz" : NULL;
	if (!strcmp(key, "AccelRange"))
		return parse_number(value, 0.1, 1000, &cfg->accel_range_g) ?
		       "a full scale of 0.1 to 1000 g" : NULL;
	if (!strcmp(key, "FilmRange"))
		return parse_number(value, 0.1, 1e6, &cfg->film_range_mv) ?
		       "a full scale of 0.1 to 1000000 mV" : NULL;
	if (!strcmp(key, "Listen"))
		return parse_listen(value, &cfg->on_demand);
	if (!strcmp(key, "Pair"))
		return parse_pair(value, cfg->pair);
	if (!strcmp(key, "FilmRate"))
		return parse_number(value, BP_RATE_MIN_HZ, BP_RATE_MAX_HZ, &cfg->film_rate_hz) ?
		       "a rate of 200 to 6400 Hz" : NULL;
	if (!strcmp(key, "Uri"))
		return parse_text(value, cfg->uri, sizeof(cfg->uri),
				  "a libiio URI of at most 127 characters, such as ip:host");
	if (!strcmp(key, "Watermark"))
		return parse_whole(value, 4096, &cfg->watermark) ?
		       "a whole number of scans, 0 to 4096" : NULL;
	return unknown_key;
}

static const char *set_journal(struct config *cfg, const char *key, const char *value)
{
	if (!strcmp(key, "MaxAge"))
		return parse_whole(value, 36500, &cfg->journal.max_age_days) ?
		       "whole days, 0 (for ever) to 36500" : NULL;
	if (!strcmp(key, "MaxSize"))
		return parse_whole(value, 1048576, &cfg->journal.max_size_mib) ?
		       "whole MiB, 0 (no limit) to 1048576" : NULL;
	return unknown_key;
}

static const char *set_marker(struct config *cfg, const char *key, const char *value)
{
	if (!strcmp(key, "Line"))
		return parse_line(value, cfg->marker_line);
	if (!strcmp(key, "Debounce"))
		return parse_time_us(value, 0, 1e6, &cfg->marker_debounce_us) ?
		       "a time of 0 to 1 s, such as 10ms" : NULL;
	if (!strcmp(key, "LongPress"))
		return parse_time_us(value, 0, 60e6, &cfg->marker_long_us) ?
		       "a time of 0 (no long presses) to 60 s, such as 1s" : NULL;
	if (!strcmp(key, "ActiveLow"))
		return parse_bool(value, &cfg->marker_active_low);
	if (!strcmp(key, "Bias"))
		return parse_bias(value, &cfg->marker_bias);
	return unknown_key;
}

static const char *set_trigger(struct config_trigger *t, const char *key, const char *value)
{
	if (!strcmp(key, "Line"))
		return parse_line(value, t->line);
	if (!strcmp(key, "Width"))
		return parse_time_us(value, 10, 10e6, &t->width_us) ?
		       "a time of 10 us to 10 s, such as 10ms" : NULL;
	if (!strcmp(key, "Classes"))
		return parse_classes(value, &t->classes);
	if (!strcmp(key, "On"))
		return parse_on(value, &t->settled);
	if (!strcmp(key, "ActiveLow"))
		return parse_bool(value, &t->active_low);
	return unknown_key;
}

static const char *set_recorder(struct recorder_settings *s, const char *key, const char *value)
{
	uint64_t v;

	if (!strcmp(key, "Record"))
		return parse_when(value, &s->when);
	if (!strcmp(key, "Directory"))
		return parse_directory(value, s->directory, sizeof(s->directory));
	if (!strcmp(key, "MaxFileTime"))
		return parse_units(value, span_units, 10, 10 * 86400, &s->max_file_s) ?
		       "a time of 10s to 10d, such as 1h" : NULL;
	if (!strcmp(key, "MaxFileSize"))
		return parse_units(value, size_units, 1e6, 1e12, &s->max_file_bytes) ?
		       "a size of 1M to 1T, such as 100M" : NULL;
	if (!strcmp(key, "KeepTime"))
		return parse_units(value, span_units, 0, 36500 * 86400.0, &s->keep_s) ?
		       "a time of 0 (for ever) to 36500d, such as 30d" : NULL;
	if (!strcmp(key, "KeepSize"))
		return parse_units(value, size_units, 0, 1e15, &s->keep_bytes) ?
		       "a size of 0 (no limit) to 1000T, such as 20G" : NULL;
	if (!strcmp(key, "MinFree"))
		return parse_units(value, size_units, 0, 1e15, &s->min_free_bytes) ?
		       "a size of 0 to 1000T, such as 100M" : NULL;
	if (strcmp(key, "Sync"))
		return unknown_key;
	if (parse_units(value, span_units, 1, 60, &v))
		return "a time of 1s to 60s";
	s->sync_s = (unsigned int)v;
	return NULL;
}

/* The output of [Trigger NAME], new if need be; NULL = no room or no name. */
static struct config_trigger *find_trigger(struct config *cfg, const char *name)
{
	unsigned int i;

	for (i = 0; i < cfg->n_triggers; i++)
		if (!strcmp(cfg->triggers[i].name, name))
			return &cfg->triggers[i];
	if (i == CONFIG_TRIGGERS || strlen(name) >= sizeof(cfg->triggers[i].name))
		return NULL;
	cfg->triggers[i] = default_trigger;
	strcpy(cfg->triggers[i].name, name);
	cfg->n_triggers++;
	return &cfg->triggers[i];
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

static char *read_line(char *str, int num, void *stream)
{
	struct parse *p = stream;
	size_t len;

	if (p->failed || !fgets(str, num, p->f))
		return NULL;
	p->line++;
	len = strlen(str);
	if (len == (size_t)num - 1 && str[len - 1] != '\n' && !feof(p->f)) {
		parse_fail(p, "line too long", "");
		return NULL;
	}
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
		want = set_sensor(p->cfg, key, value);
	} else if (!strcmp(section, "Marker")) {
		want = set_marker(p->cfg, key, value);
	} else if (!strcmp(section, "Journal")) {
		want = set_journal(p->cfg, key, value);
	} else if (!strncmp(section, "Trigger", 7) && (!section[7] || section[7] == ' ')) {
		struct config_trigger *t = find_trigger(p->cfg, section[7] ? section + 8 : "");

		if (!t) {
			snprintf(text, sizeof(text),
				 "[%s]: %d outputs with short names are possible", section,
				 CONFIG_TRIGGERS);
			parse_fail(p, "no room for ", text);
			return 0;
		}
		want = set_trigger(t, key, value);
	} else if (!strcmp(section, "Recorder")) {
		want = set_recorder(&p->cfg->recorder, key, value);
	} else {
		snprintf(text, sizeof(text),
			 "[%s]: only [Sensor], [Marker], [Trigger], [Recorder] and [Journal] exist",
			 section);
		parse_fail(p, "unknown section ", text);
		return 0;
	}
	if (!want)
		return 1;
	if (want == unknown_key) {
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
		    x->settled != y->settled || x->active_low != y->active_low)
			return true;
	}
	return false;
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
	fprintf(f, "\nOn=%s\nActiveLow=%s\n", t->settled ? "settled" : "first",
		t->active_low ? "yes" : "no");
}

void config_print(FILE *f, const struct config *cfg)
{
	/* What nobody has set with a pair must not look as if somebody had. */
	fprintf(f, "[Sensor]\n%sMode=%s\nRate=%g\nAccelRange=%g\nFilmRange=%g\nWatermark=%u\n",
		cfg->pair[0][0] && !cfg->mode_given ? "#" : "", cfg->mode, cfg->rate_hz, cfg->accel_range_g, cfg->film_range_mv, cfg->watermark);
	fprintf(f, "Listen=%s\n", cfg->on_demand ? "on-demand" : "always");
	fprintf(f, "Pair=%s%s%s\nFilmRate=%g\nUri=%s\n", cfg->pair[0], cfg->pair[0][0] ? " " : "",
		cfg->pair[1], cfg->film_rate_hz, cfg->uri);
	fprintf(f, "\n[Marker]\nLine=%s\nDebounce=%uus\nLongPress=%uus\nActiveLow=%s\nBias=%s\n",
		cfg->marker_line, cfg->marker_debounce_us, cfg->marker_long_us,
		cfg->marker_active_low ? "yes" : "no", bias_names[cfg->marker_bias]);
	for (unsigned int i = 0; i < cfg->n_triggers; i++)
		print_trigger(f, &cfg->triggers[i]);
	fprintf(f, "\n[Recorder]\nRecord=%s\nDirectory=%s\nMaxFileTime=%" PRIu64 "s\n"
		"MaxFileSize=%" PRIu64 "\nKeepTime=%" PRIu64 "s\nKeepSize=%" PRIu64 "\n"
		"MinFree=%" PRIu64 "\nSync=%us\n",
		when_names[cfg->recorder.when], cfg->recorder.directory, cfg->recorder.max_file_s,
		cfg->recorder.max_file_bytes, cfg->recorder.keep_s, cfg->recorder.keep_bytes,
		cfg->recorder.min_free_bytes, cfg->recorder.sync_s);
	fprintf(f, "\n[Journal]\nMaxAge=%u\nMaxSize=%u\n", cfg->journal.max_age_days,
		cfg->journal.max_size_mib);
}
