// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Session file -> feed records.
 *
 * The chip interpolates linearly between records, so they come at 4 times the
 * highest rate of the file, made by a band-limited resampler (libsamplerate).
 * Its filter reaches some samples to either side: at both ends of the session,
 * and in gaps, it is given the last real value instead of zeros, so that
 * nothing rings, and what it makes of the lead-in is dropped again, so that
 * session time t stays feed time t.
 */
#include "sim/feed_session.h"

#include <errno.h>
#include <math.h>
#include <samplerate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/source.h"

#define RATE_MAX_HZ	51200.0
#define OVERSAMPLING	4.0
#define CHUNK		512	/* frames read from the source, samples resampled at a time */
#define MAX_CHANNELS	3

/* Channels of one rate: accelerometer or film. */
struct track {
	uint32_t has;		/* BP_HAS_*, 0 = the session has no such signal */
	bool started;
	int channels;
	double rate_hz;
	double ratio;		/* feed rate / rate_hz */
	SRC_STATE *src;
	float in[CHUNK * MAX_CHANNELS];
	size_t n_in;
	uint64_t taken;		/* input samples since the start, gaps filled */
	uint64_t pass_start;	/* @taken at the start of this pass through the file */
	float hold[MAX_CHANNELS];	/* last input sample */
	float *out;		/* ring of resampled ones */
	size_t out_size, out_head, n_out;
	uint64_t lead;		/* resampled ones still to be dropped */
	float last[MAX_CHANNELS];	/* the last of them */
};

struct feed_session {
	struct source *source;
	char *path;
	bool loop;
	double rate_hz;
	struct track tracks[2];	/* motion, film */
	struct bp_frame frames[CHUNK];
	size_t n_frames, next_frame;
	uint64_t total;		/* records in the session, known at its end */
	uint64_t given;
	bool ended;
	char error[FEED_ERROR_SIZE];
};

static int fail(struct feed_session *s, int err, const char *why)
{
	snprintf(s->error, sizeof(s->error), "%s", why);
	return -err;
}

/* ---- resampling ------------------------------------------------------------ */

static int grow(struct track *t, size_t room)
{
	size_t size = t->out_size ? t->out_size : 4096;
	float *out;

	while (size < t->n_out + room)
		size *= 2;
	if (size == t->out_size)
		return 0;
	out = malloc(size * (size_t)t->channels * sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < t->n_out; i++)
		memcpy(out + i * (size_t)t->channels,
		       t->out + (t->out_head + i) % t->out_size * (size_t)t->channels,
		       (size_t)t->channels * sizeof(*out));
	free(t->out);
	t->out = out;
	t->out_size = size;
	t->out_head = 0;
	return 0;
}

static int store(struct feed_session *s, struct track *t, const float *data, size_t n)
{
	size_t dropped = n < t->lead ? n : (size_t)t->lead;

	t->lead -= dropped;
	data += dropped * (size_t)t->channels;
	n -= dropped;
	if (grow(t, n))
		return fail(s, ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++, t->n_out++)
		memcpy(t->out + (t->out_head + t->n_out) % t->out_size * (size_t)t->channels,
		       data + i * (size_t)t->channels, (size_t)t->channels * sizeof(*data));
	return 0;
}

/* Put what has gathered in @t->in through the resampler. */
static int resample(struct feed_session *s, struct track *t, bool end)
{
	float out[CHUNK * MAX_CHANNELS];
	SRC_DATA d = {
		.data_in = t->in, .input_frames = (long)t->n_in, .src_ratio = t->ratio,
		.data_out = out, .output_frames = CHUNK, .end_of_input = end,
	};
	int ret;

	do {
		ret = src_process(t->src, &d);
		if (ret)
			return fail(s, EIO, src_strerror(ret));
		ret = store(s, t, out, (size_t)d.output_frames_gen);
		if (ret)
			return ret;
		d.data_in += d.input_frames_used * t->channels;
		d.input_frames -= d.input_frames_used;
	} while (d.input_frames || d.output_frames_gen);
	t->n_in = 0;
	return 0;
}

static int take(struct feed_session *s, struct track *t, const float *v)
{
	memcpy(t->in + t->n_in++ * (size_t)t->channels, v, (size_t)t->channels * sizeof(*v));
	return t->n_in == CHUNK ? resample(s, t, false) : 0;
}

static int repeat(struct feed_session *s, struct track *t, const float *v, uint64_t n)
{
	int ret = 0;

	while (n-- && !ret)
		ret = take(s, t, v);
	return ret;
}

/* One second: more than the resampler's filter reaches at any rate we take. */
static uint64_t margin(const struct track *t)
{
	return (uint64_t)llround(t->rate_hz);
}

static int start_track(struct feed_session *s, struct track *t, const float *v)
{
	t->started = true;
	t->lead = (uint64_t)llround((double)margin(t) * t->ratio);
	memcpy(t->hold, v, (size_t)t->channels * sizeof(*v));
	return repeat(s, t, v, margin(t));
}

static int take_sample(struct feed_session *s, struct track *t, const float *v)
{
	t->taken++;
	memcpy(t->hold, v, (size_t)t->channels * sizeof(*v));
	return take(s, t, v);
}

/*
 * The file says that samples are missing before @f: their time passes all the
 * same, with the last value held.  A step at a time and all tracks together,
 * because a gap can be long.  Return: 1 = more to fill, 0 = none, negative errno.
 */
static int fill_gap(struct feed_session *s, const struct bp_frame *f)
{
	int ret = 0, more = 0;

	for (int i = 0; i < 2 && !ret; i++) {
		struct track *t = &s->tracks[i];
		/* Tracks of other rates have samples of their own close by. */
		uint64_t slack = f->has & t->has ? 0 : 2, due, n;

		if (!t->started)
			continue;
		due = t->pass_start + (uint64_t)llround((double)f->t_ns * 1e-9 * t->rate_hz);
		if (due <= t->taken + slack)
			continue;
		n = due - t->taken - slack;
		n = n < CHUNK ? n : CHUNK;
		t->taken += n;
		ret = repeat(s, t, t->hold, n);
		more = 1;
	}
	return ret ? ret : more;
}

static int take_frame(struct feed_session *s, const struct bp_frame *f)
{
	const float motion[MAX_CHANNELS] = { f->accel_g[0], f->accel_g[1], f->accel_g[2] };
	const float film[MAX_CHANNELS] = { f->film_mv };
	int ret = 0;

	for (int i = 0; i < 2 && !ret; i++) {
		struct track *t = &s->tracks[i];
		const float *v = t->has & BP_HAS_FILM ? film : motion;

		if (!(f->has & t->has))
			continue;
		if (!t->started)
			ret = start_track(s, t, v);
		if (!ret)
			ret = take_sample(s, t, v);
	}
	return ret;
}

/* Where on the feed's clock a track's input so far ends. */
static uint64_t end_of(const struct track *t)
{
	return (uint64_t)ceil((double)t->taken * t->ratio - 1e-6);
}

static int finish(struct feed_session *s)
{
	int ret = 0;

	for (int i = 0; i < 2 && !ret; i++) {
		struct track *t = &s->tracks[i];

		if (!t->started)
			continue;
		if (end_of(t) > s->total)
			s->total = end_of(t);
		ret = repeat(s, t, t->hold, margin(t));
		if (!ret)
			ret = resample(s, t, true);
	}
	s->ended = true;
	return ret;
}

/* All tracks go on from where the longest one stands. */
static int next_pass(struct feed_session *s)
{
	char err[SOURCE_ERROR_SIZE];
	double end_s = 0;

	for (int i = 0; i < 2; i++)
		if (s->tracks[i].has)
			end_s = fmax(end_s, (double)s->tracks[i].taken / s->tracks[i].rate_hz);
	for (int i = 0; i < 2; i++)
		s->tracks[i].pass_start = (uint64_t)llround(end_s * s->tracks[i].rate_hz);
	s->source->ops->close(s->source);
	s->source = source_open_edf(s->path, err);
	return s->source ? 0 : fail(s, errno, err);
}

static int read_frames(struct feed_session *s)
{
	ssize_t n = s->source->ops->read(s->source, s->frames, CHUNK);

	s->next_frame = 0;
	s->n_frames = n > 0 ? (size_t)n : 0;
	if (n > 0)
		return 0;
	if (n != -ENODATA)
		return fail(s, (int)-n, s->source->error[0] ? s->source->error : strerror((int)-n));
	if (!s->tracks[0].started && !s->tracks[1].started)
		return fail(s, EINVAL, "the session holds no data");
	return s->loop ? next_pass(s) : finish(s);
}

/* Take in a little more of the file. */
static int advance(struct feed_session *s)
{
	if (s->next_frame == s->n_frames)
		return read_frames(s);
	for (; s->next_frame < s->n_frames; s->next_frame++) {
		int ret = fill_gap(s, &s->frames[s->next_frame]);

		if (ret)
			return ret < 0 ? ret : 0;
		ret = take_frame(s, &s->frames[s->next_frame]);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- handing out ------------------------------------------------------------- */

static int32_t to_int(double v)
{
	return v >= INT32_MAX ? INT32_MAX : v <= INT32_MIN ? INT32_MIN : (int32_t)lrint(v);
}

static void pop(struct track *t)
{
	if (!t->n_out)
		return;		/* a track that ended first keeps its last value */
	memcpy(t->last, t->out + t->out_head * (size_t)t->channels,
	       (size_t)t->channels * sizeof(*t->last));
	t->out_head = (t->out_head + 1) % t->out_size;
	t->n_out--;
}

static bool ready(const struct feed_session *s)
{
	if (s->ended)
		return s->given < s->total;	/* the shorter track rests on its last value */
	for (int i = 0; i < 2; i++)
		if (s->tracks[i].has && !s->tracks[i].n_out)
			return false;
	return true;
}

ssize_t feed_read(struct feed_session *s, struct bsim_feed_sample *out, size_t max)
{
	struct track *motion = &s->tracks[0], *film = &s->tracks[1];
	size_t n = 0;

	while (n < max) {
		struct bsim_feed_sample *r = &out[n];

		if (!ready(s)) {
			int ret = s->ended ? 0 : advance(s);

			if (ret)
				return ret;
			if (s->ended && s->given >= s->total)
				break;
			continue;
		}
		*r = (struct bsim_feed_sample){ .accel_ug = { 0, 0, 1000000 } };
		if (motion->has) {
			pop(motion);
			for (int a = 0; a < 3; a++)
				r->accel_ug[a] = to_int((double)motion->last[a] * 1e6);
		}
		if (film->has) {
			pop(film);
			r->film_nv = to_int((double)film->last[0] * 1e6);
		}
		s->given++;
		n++;
	}
	return (ssize_t)n;
}

uint32_t feed_rate_mhz(const struct feed_session *s)
{
	return (uint32_t)llround(s->rate_hz * 1000);
}

const char *feed_error(const struct feed_session *s)
{
	return s->error;
}

/* ---- opening ------------------------------------------------------------------- */

static int open_track(struct feed_session *s, struct track *t, uint32_t has, double rate_hz)
{
	int err;

	if (!rate_hz)
		return 0;
	t->has = has;
	t->channels = has == BP_HAS_FILM ? 1 : 3;
	t->rate_hz = rate_hz;
	t->ratio = s->rate_hz / rate_hz;
	/* Flat to 0.9 of the band: events are looked for up to its edge. */
	t->src = src_new(SRC_SINC_MEDIUM_QUALITY, t->channels, &err);
	return t->src ? 0 : fail(s, ENOMEM, src_strerror(err));
}

static int set_up(struct feed_session *s, enum feed_signals signals)
{
	const struct bp_config *cfg = &s->source->info.config;
	double motion = signals == FEED_FILM ? 0 : cfg->motion_rate_hz;
	double film = signals == FEED_MOTION ? 0 : cfg->film_rate_hz;
	int ret;

	if (!motion && !film) {
		snprintf(s->error, sizeof(s->error), "%s: no %s signal in it", s->path,
			 signals == FEED_FILM ? "film" : "accelerometer");
		return -EINVAL;
	}
	s->rate_hz = fmin(OVERSAMPLING * fmax(motion, film), RATE_MAX_HZ);
	ret = open_track(s, &s->tracks[0], BP_HAS_MOTION, motion);
	return ret ? ret : open_track(s, &s->tracks[1], BP_HAS_FILM, film);
}

struct feed_session *feed_open(const char *path, enum feed_signals signals, bool loop, char *err)
{
	struct feed_session *s = calloc(1, sizeof(*s));
	char warning[SOURCE_ERROR_SIZE] = "";
	int ret;

	if (s)
		s->path = strdup(path);
	if (!s || !s->path) {
		free(s);
		snprintf(err, FEED_ERROR_SIZE, "out of memory");
		errno = ENOMEM;
		return NULL;
	}
	s->loop = loop;
	s->source = source_open_edf(path, warning);
	if (s->source) {
		ret = set_up(s, signals);
	} else {
		ret = -errno;
		snprintf(s->error, sizeof(s->error), "%s", warning);
	}
	if (ret) {
		snprintf(err, FEED_ERROR_SIZE, "%s", s->error);
		feed_close(s);
		errno = -ret;
		return NULL;
	}
	snprintf(err, FEED_ERROR_SIZE, "%s", warning);
	return s;
}

void feed_close(struct feed_session *s)
{
	for (int i = 0; i < 2; i++) {
		if (s->tracks[i].src)
			src_delete(s->tracks[i].src);
		free(s->tracks[i].out);
	}
	if (s->source)
		s->source->ops->close(s->source);
	free(s->path);
	free(s);
}
