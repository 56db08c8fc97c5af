// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Session file as a source: EDF+ records -> frames in g and mV.
 *
 * Accelerometer and film become "tracks".  With one rate they are one track and
 * share frames; with two rates each frame carries one of them, merged in time
 * order.  Times are nominal and made of integers only: a sample's place in its
 * record, plus the record's start, so nothing drifts over a day.
 */
#include "source/source.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "edf/edf.h"

#define NS_PER_S	1000000000LL
/* Beyond these a full scale is a broken header, not a sensor. */
#define ACCEL_MAX_G	1000.0
#define FILM_MAX_MV	1e6
#define ONSET_MAX_S	1e9
#define PATH_SHOWN	100	/* of a long path, in messages: its end says most */
#define MAX_HOLES	32	/* in one record */
/* Record starts are decimal text, often to a millisecond only. */
#define ONSET_ROUNDING_NS	2000000LL

enum { AXIS_X, AXIS_Y, AXIS_Z, FILM, N_CHANNELS };

static const char *const labels[N_CHANNELS] = {
	EDF_LABEL_ACCEL_X, EDF_LABEL_ACCEL_Y, EDF_LABEL_ACCEL_Z, EDF_LABEL_FILM,
};

struct unit {
	const char *dimension;
	double factor;		/* to g or mV */
};

static const struct unit accel_units[] = { { "mg", 1e-3 }, { "g", 1.0 }, { NULL, 0 } };
static const struct unit film_units[] = {
	{ "mV", 1.0 }, { "uV", 1e-3 }, { "V", 1e3 }, { NULL, 0 }
};

struct channel {
	int signal;		/* index in the file, -1 = not there */
	float scale, offset;	/* count -> g or mV */
	int32_t low, high;	/* digital limits: a sample there is clipped */
	int16_t *counts;	/* of the record at hand */
};

/* Channels of one rate, walking through the record at hand. */
struct track {
	uint32_t has;
	uint32_t per_record;
	uint32_t next;		/* sample; per_record = done */
	int64_t t_ns;		/* of sample next */
	int64_t step_ns;	/* record duration / per_record: whole part... */
	uint32_t step_rest;	/* ...and remainder, in 1 / per_record ns */
	uint32_t rest;
	unsigned int n_holes;
	struct {
		uint32_t from, to;	/* samples of the record that were filled in */
	} holes[MAX_HOLES];
};

struct edf_source {
	struct source source;
	char path[PATH_SHOWN + 1];
	struct edf_reader *reader;
	struct channel channels[N_CHANNELS];
	struct track tracks[2];
	unsigned int n_tracks;
	int16_t **targets;	/* per signal of the file: where its counts go */
	bool gaps_allowed;
	uint64_t record;
	int64_t record_ns;	/* duration */
	int64_t start_ns;	/* EDF+D: file time of the first sample */
	int64_t expected_ns;	/* EDF+D: where the next record starts without a gap */
	int end;		/* 0 = going on, else what read() returns from now on */
	struct source_counters counters;
};

/* ---- opening ---------------------------------------------------------- */

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
			      sig->dimension, film ? "mV, uV or V" : "mg or g");
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

static void set_names(struct edf_source *s, const char *path)
{
	const char *base = strrchr(path, '/');
	size_t n = strlen(path);

	snprintf(s->path, sizeof(s->path), "%s", n > PATH_SHOWN ? path + n - PATH_SHOWN : path);
	snprintf(s->source.info.name, sizeof(s->source.info.name), "%s", base ? base + 1 : path);
}

static int set_up(struct edf_source *s, char *err)
{
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
	if (!found)
		return refuse(s, err, "no signal of ours: none is called \"Accel X\", \"Accel Y\", "
			      "\"Accel Z\" or \"Film\"");
	set_tracks(s);
	return 0;
}

/* ---- reading ---------------------------------------------------------- */

static int fail(struct edf_source *s, const char *why)
{
	snprintf(s->source.error, sizeof(s->source.error), "%s: record %" PRIu64 " %s", s->path,
		 s->record, why);
	return -EINVAL;
}

/*
 * Where this record starts on the frames' clock.  EDF+C: at its number times the
 * duration, by definition.  EDF+D: where it says, which must not lie before the
 * end of the record before.
 */
static int place_record(struct edf_source *s, double onset_s, int64_t *start_ns)
{
	int64_t t, gap;

	if (!s->gaps_allowed) {
		*start_ns = (int64_t)s->record * s->record_ns;
		return 0;
	}
	if (!(fabs(onset_s) <= ONSET_MAX_S))
		return fail(s, "starts out of all time");
	t = llround(onset_s * NS_PER_S);
	if (s->record == 0)
		s->start_ns = t;
	t -= s->start_ns;
	gap = s->record ? t - s->expected_ns : 0;
	if (gap < -ONSET_ROUNDING_NS)
		return fail(s, "starts before the one before it ends");
	if (gap < 0) {
		t = s->expected_ns;
		gap = 0;
	}
	for (unsigned int i = 0; i < s->n_tracks; i++)
		s->counters.lost += (uint64_t)(((double)gap * s->tracks[i].per_record) /
					       (double)s->record_ns + 0.5);
	s->expected_ns = t + s->record_ns;
	*start_ns = t;
	return 0;
}

/*
 * Our recorder fills up records and says where (edf.h): those counts are no samples.
 * Whether they count as lost, hangs on why they are not there.
 */
static void note_hole(struct edf_source *s, const struct edf_annotation *a, double onset_s)
{
	bool lost = !strncmp(a->text, EDF_TEXT_LOST, strlen(EDF_TEXT_LOST));
	const char *rest = a->text + strlen(lost ? EDF_TEXT_LOST : EDF_TEXT_ENDS);
	uint32_t only = BP_HAS_MOTION | BP_HAS_FILM;

	if (!lost && strncmp(a->text, EDF_TEXT_ENDS, strlen(EDF_TEXT_ENDS)))
		return;
	if (!strcmp(rest, EDF_TEXT_ONLY_ACCEL))
		only = BP_HAS_MOTION;
	else if (!strcmp(rest, EDF_TEXT_ONLY_FILM))
		only = BP_HAS_FILM;
	else if (*rest)
		return;
	for (unsigned int i = 0; i < s->n_tracks; i++) {
		struct track *t = &s->tracks[i];
		double per_s = t->per_record * (double)NS_PER_S / (double)s->record_ns;
		double from = round((a->onset_s - onset_s) * per_s);
		double to = round((a->onset_s + a->duration_s - onset_s) * per_s);

		/* A film and motion in one track are lost together. */
		if (!(t->has & only) || (t->has & ~only) || t->n_holes == MAX_HOLES)
			continue;
		from = fmax(from, 0);
		to = fmin(to, t->per_record);
		if (!(from < to))	/* also without a duration */
			continue;
		t->holes[t->n_holes].from = (uint32_t)from;
		t->holes[t->n_holes++].to = (uint32_t)to;
		if (lost)
			s->counters.lost += (uint64_t)(to - from);
	}
}

static int next_record(struct edf_source *s)
{
	struct edf_annotation annotation;
	double onset_s = 0;
	int64_t start_ns;
	int ret;

	ret = edf_read_record(s->reader, &onset_s, s->targets);
	if (ret == 0)
		return -ENODATA;
	if (ret < 0) {
		snprintf(s->source.error, sizeof(s->source.error), "%s",
			 edf_reader_error(s->reader));
		return ret;
	}
	for (unsigned int i = 0; i < s->n_tracks; i++)
		s->tracks[i].n_holes = 0;
	while (edf_next_annotation(s->reader, &annotation))
		note_hole(s, &annotation, onset_s);
	ret = place_record(s, onset_s, &start_ns);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < s->n_tracks; i++) {
		s->tracks[i].next = 0;
		s->tracks[i].t_ns = start_ns;
		s->tracks[i].rest = 0;
	}
	s->record++;
	return 0;
}

/*
 * The track's next samples: times of at most @max of them, none after @until_ns.
 * Returns how many.
 */
static size_t put_times(struct track *t, struct bp_frame *frames, size_t max, int64_t until_ns)
{
	const uint32_t per_record = t->per_record, step_rest = t->step_rest, has = t->has;
	const int64_t step_ns = t->step_ns;
	int64_t t_ns = t->t_ns;
	uint32_t rest = t->rest;
	size_t n = 0;

	if (max > per_record - t->next)
		max = per_record - t->next;
	for (; n < max && t_ns <= until_ns; n++) {
		frames[n] = (struct bp_frame){ .t_ns = t_ns, .has = has };
		t_ns += step_ns;
		rest += step_rest;
		if (rest >= per_record) {
			rest -= per_record;
			t_ns++;
		}
	}
	t->t_ns = t_ns;
	t->rest = rest;
	return n;
}

/* Is the count at or beyond a digital limit?  One comparison for both. */
static inline uint32_t clipped(int32_t count, int32_t low, int32_t high)
{
	return (uint32_t)(count - low - 1) >= (uint32_t)(high - low - 1) ? BP_CLIPPED : 0;
}

static void put_film(const struct channel *ch, uint32_t first, struct bp_frame *restrict frames,
		     size_t n)
{
	const int16_t *restrict counts = ch->counts + first;
	const float scale = ch->scale, offset = ch->offset;
	const int32_t low = ch->low, high = ch->high;

	for (size_t k = 0; k < n; k++) {
		frames[k].film_mv = (float)counts[k] * scale + offset;
		frames[k].has |= clipped(counts[k], low, high);
	}
}

static void put_axis(const struct channel *ch, int axis, uint32_t first,
		     struct bp_frame *restrict frames, size_t n)
{
	const int16_t *restrict counts = ch->counts + first;
	const float scale = ch->scale, offset = ch->offset;
	const int32_t low = ch->low, high = ch->high;

	for (size_t k = 0; k < n; k++) {
		frames[k].accel_g[axis] = (float)counts[k] * scale + offset;
		frames[k].has |= clipped(counts[k], low, high);
	}
}

/*
 * Pass over a hole that begins at the track's next sample; else cut @max down to what
 * lies before the next one.  Holes may overlap.
 */
static size_t pass_holes(struct track *t, size_t max)
{
	for (unsigned int i = 0; i < t->n_holes; i++) {
		uint32_t from = t->holes[i].from, to = t->holes[i].to;

		if (from > t->next && from - t->next < max)
			max = from - t->next;
		if (from <= t->next && to > t->next) {
			uint32_t n = to - t->next;
			uint64_t rest = t->rest + (uint64_t)t->step_rest * n;

			t->t_ns += t->step_ns * n + (int64_t)(rest / t->per_record);
			t->rest = (uint32_t)(rest % t->per_record);
			t->next = to;
			return 0;
		}
	}
	return max;
}

static size_t put(const struct edf_source *s, struct track *t, struct bp_frame *frames, size_t max,
		  int64_t until_ns)
{
	size_t n;

	if (t->n_holes)
		max = pass_holes(t, max);
	n = put_times(t, frames, max, until_ns);

	for (int c = AXIS_X; c <= AXIS_Z; c++)
		if (t->has & BP_HAS_MOTION && s->channels[c].counts)
			put_axis(&s->channels[c], c, t->next, frames, n);
	if (t->has & BP_HAS_FILM)
		put_film(&s->channels[FILM], t->next, frames, n);
	t->next += (uint32_t)n;
	return n;
}

static bool done(const struct track *t)
{
	return t->next == t->per_record;
}

/*
 * The track whose next sample is the earliest, and until when it stays so.  At one
 * time the accelerometer (the first track) goes first.  NULL = the record is done.
 */
static struct track *earliest(struct edf_source *s, int64_t *until_ns)
{
	struct track *a = &s->tracks[0], *b = &s->tracks[1];

	*until_ns = INT64_MAX;
	if (s->n_tracks == 1 || done(b))
		return done(a) ? NULL : a;
	if (done(a))
		return b;
	if (a->t_ns <= b->t_ns) {
		*until_ns = b->t_ns;
		return a;
	}
	*until_ns = a->t_ns - 1;
	return b;
}

static ssize_t edf_source_read(struct source *source, struct bp_frame *frames, size_t max)
{
	struct edf_source *s = (struct edf_source *)source;
	size_t n = 0;

	while (n < max && !s->end) {
		int64_t until_ns;
		struct track *t = earliest(s, &until_ns);

		if (t)
			n += put(s, t, frames + n, max - n, until_ns);
		else
			s->end = next_record(s);
	}
	s->counters.frames += n;
	/* What was read before the end or a fault is delivered first. */
	return n || !max ? (ssize_t)n : s->end;
}

static int edf_source_poll_fd(struct source *source)
{
	(void)source;
	return -1;
}

static void edf_source_counters(struct source *source, struct source_counters *c)
{
	*c = ((struct edf_source *)source)->counters;
}

static void edf_source_close(struct source *source)
{
	struct edf_source *s = (struct edf_source *)source;

	for (int c = 0; c < N_CHANNELS; c++)
		free(s->channels[c].counts);
	free(s->targets);
	edf_close(s->reader);
	free(s);
}

static const struct source_ops edf_source_ops = {
	.poll_fd = edf_source_poll_fd,
	.read = edf_source_read,
	.counters = edf_source_counters,
	.close = edf_source_close,
};

struct source *source_open_edf(const char *path, char *err)
{
	char edf_error[EDF_ERROR_SIZE] = "";
	struct edf_source *s = calloc(1, sizeof(*s));
	int ret;

	err[0] = '\0';
	if (!s) {
		snprintf(err, SOURCE_ERROR_SIZE, "out of memory");
		errno = ENOMEM;
		return NULL;
	}
	s->source.ops = &edf_source_ops;
	s->reader = edf_open(path, edf_error);
	if (!s->reader) {
		ret = errno;
		snprintf(err, SOURCE_ERROR_SIZE, "%s", edf_error);
		free(s);
		errno = ret;
		return NULL;
	}
	set_names(s, path);
	ret = set_up(s, err);
	if (ret) {
		if (ret == -ENOMEM)
			snprintf(err, SOURCE_ERROR_SIZE, "out of memory");
		edf_source_close(&s->source);
		errno = -ret;
		return NULL;
	}
	/* The file can be used; what was odd about it is the caller's to say. */
	snprintf(err, SOURCE_ERROR_SIZE, "%s", edf_error);
	return &s->source;
}
