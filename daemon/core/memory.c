// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/memory.h"

#define WAVE_S		0.014f	/* known at the first look; holds 95 % of pops' 20 dB length */
#define LAG_S		0.003f	/* onsets of one source are found this far apart, slow ones above all */
#define WIDE_HZ		2000.0f	/* a film above it shows the whole wave */
#define ANGLE_RATIO	60.0f	/* power over noise: its direction stands out */
/* What is farther apart than this is no less alike. */
#define PITCH_MOST	1.0f	/* of ln f */
#define PEAK_MOST	1.5f	/* of ln peak */
#define ANGLE_MOST	1.0f	/* radians */
/* One of some 20 sites is alike by chance more often than one of one. */
#define ODDS_LEAST	1.8f	/* log-odds for one source with which a site is known again */
#define LIKENESS_LOST	0.07f	/* with the least odds */
#define HEARD_MOST	8u	/* a site's looks follow slowly what changes */
#define SERIES_NS	8000000000LL	/* two gaps of a series (1 to 6 s, 3.4) */
#define SERIES_FREQ	0.25f	/* of ln f */
#define SERIES_PEAK	0.9f	/* of ln peak */
#define SOON_NS		9000000000LL	/* a series may miss one: 1 to 6 s (3.4) */

static uint32_t wave_length(const struct bp_stream *s)
{
	uint32_t n = (uint32_t)(WAVE_S * s->rate_hz);

	return n < BP_WAVE ? n : BP_WAVE;
}

/* Best normalised correlation over small lags, 0..1; direction counts, sign does. */
static float correlation(float (*a)[3], float (*b)[3], uint32_t n, uint32_t lags)
{
	float aa = 0, bb = 0, best = 0;

	for (uint32_t i = 0; i < n; i++)
		for (int r = 0; r < 3; r++) {
			aa += a[i][r] * a[i][r];
			bb += b[i][r] * b[i][r];
		}
	if (!(aa > 0 && bb > 0))
		return 0;
	for (int lag = -(int)lags; lag <= (int)lags; lag++) {
		float ab = 0;

		for (uint32_t i = 0; i < n; i++) {
			int j = (int)i + lag;

			if (j < 0 || j >= (int)n)
				continue;
			for (int r = 0; r < 3; r++)
				ab += a[i][r] * b[j][r];
		}
		if (ab > best)
			best = ab;
	}
	return best / sqrtf(aa * bb);
}

/* ln(a/b) to first order, good to 10 % up to a factor of 2.5. */
static float log_ratio(float a, float b)
{
	float d = a - b;

	return a + b > 0 ? 2 * d / (a + b) : 0;
}

static float squared(float x)
{
	return x * x;
}

/* What tells one source from another, differences without their sign. */
enum look {
	UNLIKE,			/* what lacks in the correlation of the waves, 0 to 1 */
	UNLIKE2,		/* its square */
	PITCH, PITCH2,		/* of ln f */
	PEAK, PEAK2,		/* of ln peak */
	ANGLE, ANGLE2,		/* of the directions, radians */
	ANGLED,			/* 1 = they are known */
	SOON,			/* 1 = a series may go on */
	SNAPS,			/* 1 = the site is known to snap */
	MOVES,			/* 1 = in the same movement */
	LOOKS
};

/*
 * Weights of the log-odds, by ear: logistic regression of pairs of an event and a site, a snap at
 * its own tendon's against pops at any (each half of the weight) and snaps at another's (a fifth of
 * theirs), in the tuning sessions `dense` (seeds 601 to 694) and `mixed` (601 to 636). tests/learn/weights
 * does not find them anew: the trace does not tell such pairs yet.  Length says what the pitch says;
 * another chair changes the posture, which helped little in some sessions and hurt in others.
 */
static const struct {
	float bias, weight[LOOKS];
} models[BP_EARS] = {
	[BP_EAR_MOTION] = { 0.73f, { -7.20f, 1.08f, -3.72f, -5.61f, -1.52f, -0.72f,
		-9.46f, -5.98f, 2.90f, 2.08f, 2.11f, 1.36f } },
	[BP_EAR_FILM] = { -0.45f, { -8.36f, 4.56f, 0.58f, -10.15f, -2.46f, -0.91f,
		-9.49f, -9.62f, 4.87f, 2.43f, 2.46f, 1.42f } },
	[BP_EAR_WIDE_FILM] = { 0.98f, { -18.35f, 17.07f, 0.04f, -4.40f, -1.08f, -2.15f,
		-6.76f, -0.35f, 3.35f, 1.84f, 2.14f, 1.25f } },
};

static float capped(float x, float most)
{
	return x < most ? x : most;
}

/* A tendon snaps at one movement, not at rest (3.4). */
static bool same_movement(const struct bp_site *site, const struct bp_candidate *c)
{
	enum bp_movement mv = c->context.movement;

	return mv == site->movement && mv != BP_MOVEMENT_NONE;
}

static float angle(const struct bp_site *site, const struct bp_shape *m)
{
	float dot = 0, length2 = 0;

	for (int r = 0; r < 3; r++) {
		dot += site->direction[r] * m->direction[r];
		length2 += squared(site->direction[r]);
	}
	dot = length2 > 0 ? dot / sqrtf(length2) : 0;
	return sqrtf(2 * (1 - capped(dot, 1)));
}

/* Log-odds that a candidate comes from a site. */
static float odds(const struct bp_site *site, const struct bp_candidate *c,
		  float (*wave)[3], uint32_t n, const struct bp_stream *s)
{
	const struct bp_shape *sh = &c->shape[site->stream], *m = &c->shape[BP_MOTION];
	uint32_t lags = (uint32_t)(LAG_S * s->rate_hz) + 1;
	enum bp_ear ear = site->stream == BP_MOTION ? BP_EAR_MOTION :
			  s->rate_hz > WIDE_HZ ? BP_EAR_WIDE_FILM : BP_EAR_FILM;
	float x[LOOKS] = { 0 }, z = models[ear].bias;

	x[UNLIKE] = 1 - correlation((float (*)[3])site->wave, wave, n, lags);
	x[PITCH] = capped(fabsf(log_ratio(site->freq_hz, sh->freq_hz)), PITCH_MOST);
	x[PEAK] = capped(fabsf(log_ratio(site->peak, sh->peak)), PEAK_MOST);
	if (site->oriented && m->seen && m->ratio > ANGLE_RATIO) {
		x[ANGLED] = 1;
		x[ANGLE] = capped(angle(site, m), ANGLE_MOST);
	}
	x[UNLIKE2] = squared(x[UNLIKE]);
	x[PITCH2] = squared(x[PITCH]);
	x[PEAK2] = squared(x[PEAK]);
	x[ANGLE2] = squared(x[ANGLE]);
	x[SOON] = c->onset_ns - site->last_ns < SOON_NS;
	x[SNAPS] = site->snaps;
	x[MOVES] = same_movement(site, c);
	for (int i = 0; i < LOOKS; i++)
		z += models[ear].weight[i] * x[i];
	return z;
}

struct bp_site *bp_memory_series(struct bp_memory *mem, const struct bp_site *site,
				 const struct bp_candidate *c, bool snaps, uint32_t *i)
{
	int k = bp_candidate_main(c);
	const struct bp_shape *sh = &c->shape[k];

	while (*i < BP_SITES) {
		struct bp_site *s = &mem->site[(*i)++];
		int64_t gap = c->onset_ns - s->last_ns;

		if (s != site && s->number && s->snaps == snaps && s->stream == k &&
		    gap > BP_MANOEUVRE_NS && gap < SERIES_NS &&
		    squared(log_ratio(s->freq_hz, sh->freq_hz)) < squared(SERIES_FREQ) &&
		    squared(log_ratio(s->peak, sh->peak)) < squared(SERIES_PEAK))
			return s;
	}
	return NULL;
}

float bp_memory_silent_s(const struct bp_site *site)
{
	float n = site ? (float)site->silences : 0, s;

	if (!n)
		return BP_SILENT_S;
	s = (BP_SILENT_S + n * site->silence_s) / (1 + n);
	if (s < BP_SILENT_LEAST_S)
		return BP_SILENT_LEAST_S;
	return s < BP_SILENT_MOST_S ? s : BP_SILENT_MOST_S;
}

struct bp_site *bp_memory_find(struct bp_memory *mem, const struct bp_candidate *c,
			       const struct bp_stream *s, float *likeness)
{
	int k = bp_candidate_main(c);
	uint32_t n = wave_length(s);
	float wave[BP_WAVE][3], most = ODDS_LEAST;
	struct bp_site *best = NULL;

	*likeness = 0;
	if (!bp_shape_wave(s, c->onset_ns, wave, n))
		return NULL;
	for (uint32_t i = 0; i < BP_SITES; i++) {
		struct bp_site *site = &mem->site[i];
		int64_t gap = c->onset_ns - site->last_ns;
		float z;

		/* Two joints in one pull sound alike too often to be one. */
		if (!site->number || site->stream != k || site->wave_n != n ||
		    gap < BP_MANOEUVRE_NS)
			continue;
		z = odds(site, c, wave, n, s);
		if (z > most) {
			most = z;
			best = site;
		}
	}
	*likeness = 1 - LIKENESS_LOST * ODDS_LEAST / most;
	return best;
}

void bp_memory_forget(struct bp_memory *mem, struct bp_book *book)
{
	for (uint32_t i = 0; i < BP_SITES; i++) {
		struct bp_site *site = &mem->site[i];
		const struct bp_event *ev = site->number && site->once ?
					    bp_book_find(book, site->last_event) : NULL;

		if (ev && ev->class_ == BP_CLASS_CREPITUS)
			site->number = 0;
	}
}

/* Heard again: each time a tendon sounds a little different, the mean of them is closest to the next. */
static void drift(struct bp_site *site, const struct bp_candidate *c)
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *sh = &c->shape[site->stream];
	float w;

	if (site->heard < HEARD_MOST)
		site->heard++;
	w = 1 / (float)site->heard;
	if (site->oriented && m->seen && m->ratio > ANGLE_RATIO)
		for (int r = 0; r < 3; r++)
			site->direction[r] += w * (m->direction[r] - site->direction[r]);
	site->freq_hz += w * (sh->freq_hz - site->freq_hz);
	site->peak += w * (sh->peak - site->peak);
}

struct bp_site *bp_memory_learn(struct bp_memory *mem, struct bp_site *site,
				const struct bp_candidate *c, const struct bp_stream *s,
				const struct bp_event *ev)
{
	const struct bp_shape *m = &c->shape[BP_MOTION];
	int k = bp_candidate_main(c);

	if (!site) {
		site = &mem->site[0];
		for (uint32_t i = 0; i < BP_SITES && site->number; i++)
			if (!mem->site[i].number || mem->site[i].last_ns < site->last_ns)
				site = &mem->site[i];
		memset(site, 0, sizeof(*site));
		site->number = ++mem->numbered;
		site->stream = k;
		site->wave_n = wave_length(s);
		if (!bp_shape_wave(s, c->onset_ns, site->wave, site->wave_n))
			site->wave_n = 0;
		site->oriented = m->seen && m->ratio > ANGLE_RATIO;
		memcpy(site->direction, m->direction, sizeof(site->direction));
		site->freq_hz = c->shape[k].freq_hz;
		site->peak = c->shape[k].peak;
		site->heard = 1;
	} else {
		drift(site, c);
	}
	if (site->last_event && ev->class_ == BP_CLASS_CAVITATION) {
		float gap = (float)(ev->onset_ns - site->last_ns) * 1e-9f;

		if (!site->silences++ || gap < site->silence_s)
			site->silence_s = gap;
	}
	site->once = !site->last_event;
	site->snaps = ev->class_ == BP_CLASS_SNAP;
	site->last_event = ev->number;
	site->last_ns = ev->onset_ns;
	site->movement = ev->movement;
	return site;
}
