// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/weigh.h"

#define WAVE_S		0.014f	/* known at the first look; holds 95 % of pops' 20 dB length */
#define LAG_S		0.003f	/* onsets of one source are found this far apart, slow ones above all */
#define WIDE_HZ		2000.0f	/* a film above it shows the whole wave */
#define ANGLE_RATIO	60.0f	/* power over noise: its direction stands out */
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
	return dot < 1 ? sqrtf(2 * (1 - dot)) : 0;
}

static enum bp_ear ear(const struct bp_site *site, const struct bp_stream *s)
{
	if (site->stream == BP_MOTION)
		return BP_EAR_MOTION;
	return s->rate_hz > WIDE_HZ ? BP_EAR_WIDE_FILM : BP_EAR_FILM;
}

/* Log-odds that a candidate comes from a site. */
static float odds(const struct bp_site *site, const struct bp_candidate *c, float (*wave)[3],
		  const struct bp_stream *s, float looks[BP_SITE_LOOKS])
{
	const struct bp_shape *sh = &c->shape[site->stream], *m = &c->shape[BP_MOTION];
	uint32_t lags = (uint32_t)(LAG_S * s->rate_hz) + 1;
	struct bp_site_looks l = {
		.unlike = 1 - correlation((float (*)[3])site->wave, wave, site->wave_n, lags),
		.pitch = fabsf(log_ratio(site->freq_hz, sh->freq_hz)),
		.peak = fabsf(log_ratio(site->peak, sh->peak)),
		.angle = site->oriented && m->seen && m->ratio > ANGLE_RATIO ? angle(site, m) : NAN,
		.soon = c->onset_ns - site->last_ns < SOON_NS,
		.snaps = site->snaps,
		.moves = same_movement(site, c),
	};

	return bp_weigh_site(&l, ear(site, s), looks);
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

/* Two joints in one pull sound alike too often to be one. */
static bool comparable(const struct bp_site *site, const struct bp_candidate *c,
		       const struct bp_stream *s)
{
	return site->number && site->stream == bp_candidate_main(c) &&
	       site->wave_n == wave_length(s) && c->onset_ns - site->last_ns >= BP_MANOEUVRE_NS;
}

struct bp_site *bp_memory_find(struct bp_memory *mem, const struct bp_candidate *c,
			       const struct bp_stream *s, float *likeness)
{
	float wave[BP_WAVE][3], looks[BP_SITE_LOOKS], most = ODDS_LEAST;
	struct bp_site *best = NULL;

	*likeness = 0;
	if (!bp_shape_wave(s, c->onset_ns, wave, wave_length(s)))
		return NULL;
	for (uint32_t i = 0; i < BP_SITES; i++) {
		struct bp_site *site = &mem->site[i];
		float z = comparable(site, c, s) ? odds(site, c, wave, s, looks) : most;

		if (z > most) {
			most = z;
			best = site;
		}
	}
	*likeness = 1 - LIKENESS_LOST * ODDS_LEAST / most;
	return best;
}

void bp_memory_tell(struct bp_memory *mem, const struct bp_candidate *c, const struct bp_stream *s,
		    int64_t now_ns, bp_trace_fn fn, void *arg)
{
	float wave[BP_WAVE][3], likeness, limit = ODDS_LEAST;
	const struct bp_site *best = bp_memory_find(mem, c, s, &likeness);
	struct bp_trace tr = {
		.look = BP_LOOK_SITE, .onset_ns = c->onset_ns, .now_ns = now_ns, .event = c->number,
		.n_looks = BP_SITE_LOOKS, .volume = NAN,
	};

	if (!bp_shape_wave(s, c->onset_ns, wave, wave_length(s)))
		return;
	if (best)
		limit = odds(best, c, wave, s, tr.looks);
	for (uint32_t i = 0; i < BP_SITES; i++) {
		const struct bp_site *site = &mem->site[i];

		if (!comparable(site, c, s))
			continue;
		tr.site = site->number;
		tr.ear = ear(site, s);
		tr.odds = odds(site, c, wave, s, tr.looks);
		tr.outcome = site == best ? BP_KEPT : BP_REFUSED;
		tr.rule = site == best ? BP_RULE_NONE : BP_RULE_WEIGHED;
		tr.value = site == best ? 0 : tr.odds;
		tr.limit = site == best ? 0 : limit;
		fn(arg, &tr);
	}
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
