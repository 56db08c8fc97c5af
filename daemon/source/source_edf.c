// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Session file as a source: EDF+ records -> frames in g and mV.
 *
 * Accelerometer and film become "tracks".  With one rate they are one track and
 * share frames; with two rates each frame carries one of them, merged in time
 * order.  Times are nominal and made of integers only: a sample's place in its
 * record, plus the record's start, so nothing drifts over a day.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/source_edf.h"

#define NS_PER_S	1000000000LL
#define ONSET_MAX_S	1e9
/* Record starts are decimal text, often to a millisecond only. */
#define ONSET_ROUNDING_NS	2000000LL

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
		if (!(t->has & only) || (t->has & ~only) || t->n_holes == EDF_MAX_HOLES)
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
static inline bool clipped(int32_t count, int32_t low, int32_t high)
{
	return (uint32_t)(count - low - 1) >= (uint32_t)(high - low - 1);
}

static void put_film(const struct channel *ch, uint32_t first, struct bp_frame *restrict frames,
		     size_t n)
{
	const int16_t *restrict counts = ch->counts + first;
	const float scale = ch->scale, offset = ch->offset;
	const int32_t low = ch->low, high = ch->high;

	for (size_t k = 0; k < n; k++) {
		frames[k].film_mv = (float)counts[k] * scale + offset;
		frames[k].has |= clipped(counts[k], low, high) ? BP_CLIPPED_FILM : 0;
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
		frames[k].has |= clipped(counts[k], low, high) ? BP_CLIPPED_MOTION : 0;
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
	edf_source_set_names(s, path);
	ret = edf_source_set_up(s, err);
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
