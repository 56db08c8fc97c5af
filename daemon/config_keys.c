// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_keys.h"
#include "core/core.h"

#define ALL_CLASSES	(((1u << BP_CLASS_COUNT) - 1) & ~(1u << BP_CLASS_ARTEFACT))

const char *const config_bias_names[] = {
	[CONFIG_BIAS_AS_IS] = "as-is",
	[CONFIG_BIAS_DISABLED] = "disabled",
	[CONFIG_BIAS_PULL_UP] = "pull-up",
	[CONFIG_BIAS_PULL_DOWN] = "pull-down",
};

const struct config_trigger config_default_trigger = {
	.width_us = 10000,
	.classes = ALL_CLASSES,
};

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
	for (size_t i = 0; i < sizeof(config_bias_names) / sizeof(config_bias_names[0]); i++) {
		if (!strcmp(value, config_bias_names[i])) {
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

const char *const config_when_names[] = {
	[RECORDER_NEVER] = "off",
	[RECORDER_SESSION] = "session",
	[RECORDER_ALWAYS] = "always",
};

static const char *parse_when(const char *value, enum recorder_when *out)
{
	for (int i = 0; i < 3; i++) {
		if (!strcmp(value, config_when_names[i])) {
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

const char config_unknown_key[] = "";

const char *config_set_sensor(struct config *cfg, const char *key, const char *value)
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
	return config_unknown_key;
}

const char *config_set_journal(struct config *cfg, const char *key, const char *value)
{
	if (!strcmp(key, "MaxAge"))
		return parse_whole(value, 36500, &cfg->journal.max_age_days) ?
		       "whole days, 0 (for ever) to 36500" : NULL;
	if (!strcmp(key, "MaxSize"))
		return parse_whole(value, 1048576, &cfg->journal.max_size_mib) ?
		       "whole MiB, 0 (no limit) to 1048576" : NULL;
	return config_unknown_key;
}

const char *config_set_marker(struct config *cfg, const char *key, const char *value)
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
	return config_unknown_key;
}

const char *config_set_trigger(struct config_trigger *t, const char *key, const char *value)
{
	if (!strcmp(key, "Line"))
		return parse_line(value, t->line);
	if (!strcmp(key, "Width"))
		return parse_time_us(value, 10, 10e6, &t->width_us) ?
		       "a time of 10 us to 10 s, such as 10ms" : NULL;
	if (!strcmp(key, "Classes"))
		return parse_classes(value, &t->classes);
	if (!strcmp(key, "MinConfidence"))
		return parse_number(value, 0, 1, &t->min_confidence) ?
		       "a number from 0 (the default, any) to 1" : NULL;
	if (!strcmp(key, "On"))
		return parse_on(value, &t->settled);
	if (!strcmp(key, "ActiveLow"))
		return parse_bool(value, &t->active_low);
	return config_unknown_key;
}

const char *config_set_recorder(struct recorder_settings *s, const char *key, const char *value)
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
		return config_unknown_key;
	if (parse_units(value, span_units, 1, 60, &v))
		return "a time of 1s to 60s";
	s->sync_s = (unsigned int)v;
	return NULL;
}

struct config_trigger *config_find_trigger(struct config *cfg, const char *name)
{
	unsigned int i;

	for (i = 0; i < cfg->n_triggers; i++)
		if (!strcmp(cfg->triggers[i].name, name))
			return &cfg->triggers[i];
	if (i == CONFIG_TRIGGERS || strlen(name) >= sizeof(cfg->triggers[i].name))
		return NULL;
	cfg->triggers[i] = config_default_trigger;
	strcpy(cfg->triggers[i].name, name);
	cfg->n_triggers++;
	return &cfg->triggers[i];
}
