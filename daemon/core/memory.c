// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/memory.h"

#define WAVE_S		0.014f	/* known at the first look; holds 95 % of pops' 20 dB length */
#define LAG_S		0.0012f	/* onsets of one source agree within this */
/*
 * Scales at which two events of one source differ (generator's tuning sessions,
 * seeds 1 to 4: 68 % of the pairs of one snap site are closer; 3.4 says 15 %
 * redrawn, 10 degrees, CV 25 %).
 */
#define FREQ_SCALE	0.10f	/* of ln f */
#define PEAK_SCALE	0.25f	/* of ln peak */
#define LENGTH_SCALE	0.15f	/* of ln (length + 3 ms) */
#define LENGTH_SOFT_S	0.003f
#define WAVE_SCALE	0.06f	/* of 1 - correlation */
#define WAVE_SLOW_SCALE	0.12f	/* the same below 2 kHz, where onsets fall between samples */
#define WAVE_SLOW_HZ	2000.0f
#define ANGLE_SCALE	0.13f	/* radians, of directions that stand out of the noise: */
#define ANGLE_RATIO	60.0f
#define POSTURE_SCALE	0.12f	/* g, difference of the gravity vectors: 17 degrees */
/*
 * How far apart (in squared scales, per kind of evidence) two events may be and
 * still be one source.  A tendon snaps each time it passes the same angle, every
 * 1 to 6 s (3.4): soon afterwards less likeness will do than minutes later, when
 * a joint that only sounds alike is as likely.
 */
#define NOISE_SPREAD	60.0f	/* power over noise at which the squared scales double */
#define FAR_SOON	1.4f
#define FAR_SOON_SLOW	2.2f	/* below 2 kHz less of a wave is seen to be alike */
#define FAR_SNAP	1.3f	/* a site that is known to snap */
#define FAR_LATE	0.4f
#define FAR_ELSEWHERE	0.2f	/* at another movement, or at rest */
#define LIKENESS_LOST	0.07f	/* at the allowed distance */
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

/* Mean squared distance of a candidate from a site, in scales. */
static float distance(const struct bp_site *site, const struct bp_candidate *c,
		      float (*wave)[3], uint32_t n, const struct bp_stream *s)
{
	const struct bp_shape *sh = &c->shape[site->stream], *m = &c->shape[BP_MOTION];
	uint32_t lags = (uint32_t)(LAG_S * s->rate_hz) + 1, kinds = 4;
	float scale = s->rate_hz < WAVE_SLOW_HZ ? WAVE_SLOW_SCALE : WAVE_SCALE;
	float corr = correlation((float (*)[3])site->wave, wave, n, lags), far;

	far = squared((1 - corr) / scale) +
	      squared(log_ratio(site->freq_hz, sh->freq_hz) / FREQ_SCALE) +
	      squared(log_ratio(site->peak, sh->peak) / PEAK_SCALE) +
	      squared(log_ratio(site->length_s + LENGTH_SOFT_S, sh->length_s + LENGTH_SOFT_S) /
		      LENGTH_SCALE);
	if (site->oriented && m->seen && m->ratio > ANGLE_RATIO) {
		float dot = 0;

		for (int r = 0; r < 3; r++)
			dot += site->direction[r] * m->direction[r];
		/* 2 (1 - cos) is the angle squared */
		far += 2 * (1 - (dot < 1 ? dot : 1)) / squared(ANGLE_SCALE);
		kinds++;
	}
	if (m->seen) {
		bp_v4 g = site->gravity - c->context.gravity;

		far += bp_lanes_sum(g * g) / squared(POSTURE_SCALE);
		kinds++;
	}
	/* Noise spreads what is measured of a faint one. */
	return far / (float)kinds / (1 + NOISE_SPREAD / sh->ratio);
}

/* A tendon snaps at one movement, not at rest (3.4). */
static bool same_movement(const struct bp_site *site, const struct bp_candidate *c)
{
	enum bp_movement mv = c->context.movement;

	return mv == BP_MOVEMENT_UNKNOWN || site->movement == BP_MOVEMENT_UNKNOWN ||
	       (mv == site->movement && mv != BP_MOVEMENT_NONE);
}

static float allowed(const struct bp_site *site, const struct bp_candidate *c, float rate_hz)
{
	if (c->onset_ns - site->last_ns < SOON_NS)
		return rate_hz < WAVE_SLOW_HZ ? FAR_SOON_SLOW : FAR_SOON;
	if (site->snaps)
		return FAR_SNAP;
	return same_movement(site, c) ? FAR_LATE : FAR_ELSEWHERE;
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
	float wave[BP_WAVE][3], best_far = 1;
	struct bp_site *best = NULL;

	*likeness = 0;
	if (!bp_shape_wave(s, c->onset_ns, wave, n))
		return NULL;
	for (uint32_t i = 0; i < BP_SITES; i++) {
		struct bp_site *site = &mem->site[i];
		int64_t gap = c->onset_ns - site->last_ns;
		float far;

		/* Two joints in one pull sound alike too often to be one. */
		if (!site->number || site->stream != k || site->wave_n != n ||
		    gap < BP_MANOEUVRE_NS)
			continue;
		far = distance(site, c, wave, n, s) / allowed(site, c, s->rate_hz);
		if (far < best_far) {
			best_far = far;
			best = site;
		}
	}
	*likeness = 1 - best_far * LIKENESS_LOST;
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
		site->length_s = c->shape[k].length_s;
		site->gravity = c->context.gravity;
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
