// SPDX-License-Identifier: GPL-2.0-or-later
/* What a session file holds: which signals are channels, and whether they can be used. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "source/source_edf.h"

#define NS_PER_S	1000000000LL
/* Beyond these a full scale is a broken header, not a sensor. */
#define ACCEL_MAX_G	1000.0
#define FILM_MAX_MV	1e6
#define SIGNALS_SHOWN	4

static const char *const labels[N_CHANNELS] = {
	EDF_LABEL_ACCEL_X, EDF_LABEL_ACCEL_Y, EDF_LABEL_ACCEL_Z, EDF_LABEL_FILM,
};

struct unit {
	const char *dimension;
	double factor;		/* to g or mV */
};

static const struct unit accel_units[] = {
	{ "mg", 1e-3 }, { "g", 1.0 }, { "m/s2", 1 / 9.80665 }, { "m/s^2", 1 / 9.80665 }, { NULL, 0 }
};
static const struct unit film_units[] = {
	{ "mV", 1.0 }, { "uV", 1e-3 }, { "V", 1e3 }, { NULL, 0 }
};

__attribute__((format(printf, 3, 4)))
static int refuse(const struct edf_source *s, char *err, const char *format, ...)
{
	int n = snprintf(err, SOURCE_ERROR_SIZE, "%s: ", s->path);
	va_list ap;

	va_start(ap, format);
	vsnprintf(err + n, SOURCE_ERROR_SIZE - (size_t)n, format, ap);
	va_end(ap);
	return -EINVAL;
}

static const struct unit *find_unit(const struct unit *units, const char *dimension)
{
	for (; units->dimension; units++)
		if (!strcmp(units->dimension, dimension))
			return units;
	return NULL;
}

static int check_rate(struct edf_source *s, int signal, char *err)
{
	const struct edf_signal *sig = edf_signal(s->reader, signal);
	double rate = edf_rate_hz(s->reader, signal);

	if (rate >= BP_RATE_MIN_HZ && rate <= BP_RATE_MAX_HZ)
		return 0;
	return refuse(s, err, "signal \"%s\" has %" PRIu32 " samples in records of %g s, "
		      "which is %g Hz: not within %g..%g Hz", sig->label,
		      sig->samples_per_record, edf_record_duration_s(s->reader), rate,
		      BP_RATE_MIN_HZ, BP_RATE_MAX_HZ);
}

/* Check and take over the scaling; @full_scale grows to this channel's. */
static int set_scale(const struct edf_source *s, struct channel *ch, const struct edf_signal *sig,
		     bool film, char *err, double *full_scale, struct source_scale *counts)
{
	const struct unit *unit = find_unit(film ? film_units : accel_units, sig->dimension);
	double max = film ? FILM_MAX_MV : ACCEL_MAX_G;
	double low, high, scale, range;

	if (!unit)
		return refuse(s, err, "signal \"%s\" has the dimension \"%s\": expected %s", sig->label,
			      sig->dimension, film ? "mV, uV or V" : "mg, g or m/s2");
	if (sig->dig_min >= sig->dig_max || sig->dig_min < INT16_MIN || sig->dig_max > INT16_MAX)
		return refuse(s, err, "signal \"%s\" has the impossible digital range "
			      "%" PRId32 "..%" PRId32,
			      sig->label, sig->dig_min, sig->dig_max);

	low = sig->phys_min * unit->factor;
	high = sig->phys_max * unit->factor;
	scale = (high - low) / (sig->dig_max - sig->dig_min);
	range = fmax(fabs(low), fabs(high));
	/* NaN fails these too. */
	if (!(fabs(scale) > 0) || !(range <= max))
		return refuse(s, err, "signal \"%s\" has the impossible physical range %g..%g %s",
			      sig->label, sig->phys_min, sig->phys_max, sig->dimension);

	ch->scale = (float)scale;
	ch->offset = (float)(low - scale * sig->dig_min);
	ch->low = sig->dig_min;
	ch->high = sig->dig_max;
	*full_scale = fmax(*full_scale, range);
	*counts = (struct source_scale) {
		.scale = scale,
		.offset = low - scale * sig->dig_min,
		.low = sig->dig_min,
		.high = sig->dig_max,
	};
	return 0;
}

static int check_single(struct edf_source *s, const char *label, int first, char *err)
{
	for (size_t i = (size_t)first + 1; i < edf_n_signals(s->reader); i++)
		if (!strcasecmp(edf_signal(s->reader, i)->label, label))
			return refuse(s, err, "two signals are called \"%s\"", label);
	return 0;
}

static int open_channel(struct edf_source *s, int c, char *err)
{
	struct bp_config *cfg = &s->source.info.config;
	struct channel *ch = &s->channels[c];
	const struct edf_signal *sig;
	bool film = c == FILM;
	double *rate = film ? &cfg->film_rate_hz : &cfg->motion_rate_hz;
	int ret;

	ch->signal = edf_find(s->reader, labels[c]);
	if (ch->signal < 0)
		return 0;
	sig = edf_signal(s->reader, ch->signal);
	ret = check_single(s, labels[c], ch->signal, err);
	if (!ret)
		ret = check_rate(s, ch->signal, err);
	if (!ret)
		ret = set_scale(s, ch, sig, film, err,
				film ? &cfg->film_range_mv : &cfg->motion_range_g,
				&s->source.info.scales[c]);
	if (ret)
		return ret;
	if (*rate && *rate != edf_rate_hz(s->reader, ch->signal))
		return refuse(s, err, "the accelerometer's axes differ in rate: \"%s\" has %g Hz, "
			      "another %g Hz",
			      sig->label, edf_rate_hz(s->reader, ch->signal), *rate);
	*rate = edf_rate_hz(s->reader, ch->signal);

	ch->counts = calloc(sig->samples_per_record, sizeof(*ch->counts));
	if (!ch->counts)
		return -ENOMEM;
	s->targets[ch->signal] = ch->counts;
	return 0;
}

static void add_track(struct edf_source *s, uint32_t has, int signal)
{
	struct track *t = &s->tracks[s->n_tracks++];

	t->has = has;
	t->per_record = edf_signal(s->reader, signal)->samples_per_record;
	t->next = t->per_record;
	t->step_ns = s->record_ns / t->per_record;
	t->step_rest = (uint32_t)(s->record_ns % t->per_record);
}

static void set_tracks(struct edf_source *s)
{
	struct source_info *info = &s->source.info;
	const struct bp_config *cfg = &info->config;
	int accel = -1, film = s->channels[FILM].signal;

	for (int c = AXIS_X; c <= AXIS_Z; c++)
		if (s->channels[c].signal >= 0)
			accel = s->channels[c].signal;

	if (accel >= 0 && film >= 0 && cfg->motion_rate_hz == cfg->film_rate_hz) {
		add_track(s, BP_HAS_MOTION | BP_HAS_FILM, film);
	} else {
		if (accel >= 0)
			add_track(s, BP_HAS_MOTION, accel);
		if (film >= 0)
			add_track(s, BP_HAS_FILM, film);
	}
	snprintf(info->mode, sizeof(info->mode), "%s", accel < 0 ? "film" :
		 film < 0 ? "motion" : "motion+film");
}

void edf_source_set_names(struct edf_source *s, const char *path)
{
	const char *base = strrchr(path, '/');
	size_t n = strlen(path);

	snprintf(s->path, sizeof(s->path), "%s", n > EDF_PATH_SHOWN ? path + n - EDF_PATH_SHOWN : path);
	snprintf(s->source.info.name, sizeof(s->source.info.name), "%s", base ? base + 1 : path);
}

/* The signals that there are, in quotes, as many as are of use in a message. */
static void name_signals(const struct edf_source *s, char *out, size_t size)
{
	size_t n = edf_n_signals(s->reader), used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < n && i < SIGNALS_SHOWN && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s\"%s\"", i ? ", " : "",
					 edf_signal(s->reader, i)->label);
	if (n > SIGNALS_SHOWN && used < size)
		snprintf(out + used, size - used, ", ...");
}

int edf_source_set_up(struct edf_source *s, char *err)
{
	char names[100];
	int found = 0;

	s->gaps_allowed = edf_is_discontinuous(s->reader);
	s->record_ns = llround(edf_record_duration_s(s->reader) * NS_PER_S);
	s->targets = calloc(edf_n_signals(s->reader) + 1, sizeof(*s->targets));
	if (!s->targets)
		return -ENOMEM;

	for (int c = 0; c < N_CHANNELS; c++) {
		int ret = open_channel(s, c, err);

		if (ret)
			return ret;
		found += s->channels[c].signal >= 0;
	}
	if (!found) {
		name_signals(s, names, sizeof(names));
		return refuse(s, err, "no signal of ours: none is called \"Accel X\", \"Accel Y\", "
			      "\"Accel Z\" or \"Film\" (there %s %s)",
			      edf_n_signals(s->reader) == 1 ? "is" : "are", *names ? names : "none");
	}
	set_tracks(s);
	return 0;
}
