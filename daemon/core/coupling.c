// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "core/coupling.h"

/* A film that hears, hears every pop: on the skin it is the finer of the two (3.9). */
#define BOTH_RATIO	60.0f	/* power over noise: plain in the accelerometer, or in both */
#define DEAF_RATIO	16.0f	/* not in the film */
#define HEARS		3u	/* of the last transients so many more in both than in one */
#define HEARS_MOST	10u
#define HEARS_LESS	2u	/* a film that came off must be noticed soon */
#define KNOWN		4u	/* settled events before their ratio is used */
/*
 * Times the wearer's median (tuning seeds 1 to 16): pops reach 1.6, fingers begin
 * at 1.4, cloth reaches 20, both at 800 Hz.
 */
#define TOUCH		2.2f
#define FINER		2.0f	/* times the accelerometer's rate */
#define WAVE_BACK	(4 * 1000000)	/* ns */
#define WAVE_S		0.020f
#define LAG_S		0.0063f	/* a film lags by up to 5 ms (3.9), and each stream is a sample off */

static float median(const float *list, uint32_t n)
{
	float v[BP_COUPLINGS];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t j = i;

		for (; j && v[j - 1] > list[i]; j--)
			v[j] = v[j - 1];
		v[j] = list[i];
	}
	return v[n / 2];
}

void bp_coupling_note(struct bp_coupling *cp, const struct bp_candidate *c)
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *f = &c->shape[BP_FILM];

	if (!m->seen || !f->seen || m->ratio < BOTH_RATIO)
		return;
	if (f->ratio < BOTH_RATIO)
		cp->hears -= cp->hears < HEARS_LESS ? cp->hears : HEARS_LESS;
	else if (cp->hears < HEARS_MOST)
		cp->hears++;
}

void bp_coupling_learn(struct bp_coupling *cp, const struct bp_candidate *c)
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *f = &c->shape[BP_FILM];

	if (!m->seen || !f->seen || m->ratio < BOTH_RATIO || f->ratio < BOTH_RATIO)
		return;
	cp->ratio[cp->n % BP_COUPLINGS] = f->peak / m->peak;
	/* Full circle and back to full, so that the count never wraps to "empty". */
	if (++cp->n == 2 * BP_COUPLINGS)
		cp->n = BP_COUPLINGS;
}

bool bp_coupling_unheard(const struct bp_coupling *cp, const struct bp_candidate *c,
			 struct bp_ruling *r)
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *f = &c->shape[BP_FILM];

	if (!m->seen || !f->seen || cp->hears < HEARS || f->ratio >= DEAF_RATIO ||
	    m->ratio <= f->ratio)
		return false;
	*r = (struct bp_ruling){ BP_REFUSED, BP_RULE_UNHEARD, BP_REASON_OTHER, f->ratio, DEAF_RATIO };
	return true;
}

float bp_coupling_usual(const struct bp_coupling *cp)
{
	uint32_t n = cp->n < BP_COUPLINGS ? cp->n : BP_COUPLINGS;

	return n < KNOWN ? 0 : median(cp->ratio, n);
}

bool bp_coupling_touched(const struct bp_coupling *cp, const struct bp_candidate *c,
			 struct bp_ruling *r)
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *f = &c->shape[BP_FILM];
	float usual = bp_coupling_usual(cp);

	if (!m->seen || !f->seen || !(usual > 0 && m->peak > 0))
		return false;
	if (f->peak <= TOUCH * usual * m->peak)
		return false;
	*r = (struct bp_ruling){ BP_REFUSED, BP_RULE_TOUCHED, BP_REASON_RUB,
				 f->peak / (m->peak * usual), TOUCH };
	return true;
}

bool bp_coupling_alike(const struct bp_stream *streams)
{
	return streams[BP_FILM].rate_hz < FINER * streams[BP_MOTION].rate_hz;
}

float bp_coupling_unlike(const struct bp_stream *streams, int64_t onset_ns)
{
	const struct bp_stream *m = &streams[BP_MOTION], *f = &streams[BP_FILM];
	int64_t a, b, n, most;
	float step, best = 0;

	if (!m->present || !f->present || !bp_coupling_alike(streams))
		return 0;
	step = f->rate_hz / m->rate_hz;
	n = (int64_t)(WAVE_S * m->rate_hz);
	most = (int64_t)(LAG_S * f->rate_hz);
	a = bp_stream_find(m, onset_ns - WAVE_BACK);
	b = bp_stream_find(f, onset_ns - WAVE_BACK);
	if (a < 0 || a + n > (int64_t)m->n || b - most < bp_stream_oldest(f) ||
	    b + most + (int64_t)(step * (float)n) >= (int64_t)f->n)
		return 0;
	for (int64_t lag = -most; lag <= most; lag++) {
		float xy = 0, xx = 0, yy = 0, r;

		for (int64_t i = 0; i < n; i++) {
			int64_t j = b + lag + (int64_t)(step * (float)i);
			float x = m->x[(uint64_t)(a + i) % BP_RING][2];
			float y = f->x[(uint64_t)j % BP_RING][0];

			xy += x * y;
			xx += x * x;
			yy += y * y;
		}
		r = xx > 0 && yy > 0 ? fabsf(xy) / sqrtf(xx * yy) : 0;
		if (r > best)
			best = r;
	}
	return best < 1 ? 1 - best : 0;
}
