// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/maths.h"
#include "core/shape.h"
#include "core/sort.h"

#define MS		1000000		/* ns */

#define PEAK_AFTER	(7 * MS)	/* half a cycle of the lowest pop (86 Hz) */
#define ONSET_BACK_S	0.015f		/* the slowest rise that is still sharp */
#define ONSET_POWER	0.02f		/* of the peak's power: 14 % of its magnitude */
#define ONSET_NOISE	12.0f		/* of the floor (sum of lanes): 3.5 sigma of one lane */
#define ONSET_FLANK	8.0f		/* of the floor: where the flank leaves the noise */
#define ONSET_HOLE_S	0.0025f		/* quiet that ends the back-search: half a cycle at 200 Hz */
#define LENGTH_POWER	0.01f		/* -20 dB, as durations are quoted */
#define LENGTH_NOISE	3.0f		/* of the floor's mean power, for power smoothed: */
#define LENGTH_SMOOTH_S	0.004f
#define LENGTH_AGAIN	3.0f		/* power over the least since the peak: a new arrival */
#define BEFORE_FROM	(80 * MS)
#define BEFORE_TO	(4 * MS)
#define AFTER_FROM	(18 * MS)	/* longer than 99 % of pops (signal-model.md 3.2) */
#define AFTER_TO	(250 * MS)
/* Six pops of a manoeuvre fill less than two thirds of 230 ms; noise fills all of it. */
#define BASE_SHARE	0.33f
#define LATE_POWER	0.0144f
#define LATE_NOISE	3.0f	/* of the floor: a hop of noise alone reaches it rarely */
#define OVERTAKE	(14 * MS)
#define BODY		(10 * MS)	/* window of spectrum and direction */
#define LOW_FROM	(60 * MS)
#define LOW_TO		(100 * MS)
#define LOW_BEFORE_TO	(20 * MS)
#define LOW_WINDOW	(160 * MS)	/* as long as LOW_FROM and LOW_TO together */
#define LOW_WINDOWS	5		/* 0.8 s: a heart beat is in one of them */
#define LOW_DELAY	(9 * MS)	/* group delay of the 25 Hz low-pass */
#define JOLT_FROM	(18 * MS)
#define JOLT_TO		(48 * MS)
#define DRIFT_FROM	(10 * MS)
#define DRIFT_TO	(150 * MS)
#define RINGING_S	0.060f
#define RINGING_MEAN_S	0.005f		/* half a wave at 100 Hz */
#define VOICE_LOW_HZ	80.0f		/* signal-model.md 4.1 */
#define VOICE_HIGH_HZ	260.0f
#define VOICE_FROM	(15 * MS)
#define VOICE_LEN	(60 * MS)
#define SORT_MAX	128u		/* 250 ms of 2.5 ms hops, and some */

/* The level that the given share of the values is below: sorts in place. */
static float quantile(float *v, uint32_t n, float share)
{
	if (!n)
		return 0;
	bp_sort(v, n);
	return v[(uint32_t)(share * (float)(n - 1))];
}

static float normalised(const struct bp_stream *s, int64_t i, bp_v4 weight)
{
	bp_v4 x = s->x[(uint64_t)i % BP_RING];

	return bp_lanes_sum(x * x * weight);
}

static bp_v4 weights(bp_v4 floor)
{
	bp_v4 w = { 0 };

	for (int i = 0; i < 3; i++)
		w[i] = floor[i] > 0 ? 1 / floor[i] : 0;
	return w;
}

/* The largest peak from @from_ns to @to_ns, over the noise floor. */
static void find_peak(struct bp_shape *sh, const struct bp_stream *s, int64_t from_ns, int64_t to_ns)
{
	int64_t a, b;
	bp_v4 w;

	memset(sh, 0, sizeof(*sh));
	if (!s->present || !s->n_hops)
		return;
	a = bp_stream_find(s, from_ns);
	b = bp_stream_find(s, to_ns);
	if (a < 0 || b <= a)
		return;
	w = weights(bp_stream_hop(s, 0)->floor);
	for (int64_t i = a; i <= b; i++) {
		float p = normalised(s, i, w);

		if (p > sh->ratio) {
			sh->ratio = p;
			sh->peak_i = i;
		}
	}
	sh->seen = sh->ratio > 0;
}

void bp_shape_find_at(struct bp_shape *sh, const struct bp_stream *s, int64_t onset_ns)
{
	find_peak(sh, s, onset_ns, onset_ns + PEAK_AFTER);
	sh->onset_ns = onset_ns;
}

void bp_shape_find(struct bp_shape *sh, const struct bp_stream *s, int64_t t_ns)
{
	int64_t first, hole, last, hop_ns = s->present ? (int64_t)(1e9f / s->hop_rate_hz) : 0;
	float best, limit;
	bp_v4 w;

	find_peak(sh, s, t_ns - 2 * hop_ns, t_ns + PEAK_AFTER);
	if (!sh->seen)
		return;
	best = sh->ratio;
	w = weights(bp_stream_hop(s, 0)->floor);

	limit = ONSET_POWER * best;
	if (limit < ONSET_NOISE)
		limit = ONSET_NOISE < best / 2 ? ONSET_NOISE : best / 2;
	first = sh->peak_i - (int64_t)(ONSET_BACK_S * s->rate_hz);
	if (first < bp_stream_oldest(s))
		first = bp_stream_oldest(s);
	hole = (int64_t)(ONSET_HOLE_S * s->rate_hz) + 1;
	last = sh->peak_i;
	for (int64_t i = sh->peak_i - 1; i >= first && last - i <= hole; i--)
		if (normalised(s, i, w) > limit)
			last = i;
	/* The first flank begins lower than that: down to the noise, without a hole. */
	while (last > first && normalised(s, last - 1, w) > ONSET_FLANK &&
	       normalised(s, last - 1, w) < normalised(s, last, w))
		last--;
	sh->onset_ns = s->t[(uint64_t)last % BP_RING];
}

/* Mean squares of the hops in a time window, oldest first; returns how many. */
static uint32_t hop_levels(const struct bp_stream *s, int64_t from, int64_t to, float *v)
{
	uint32_t have = bp_stream_hops(s), n = 0;

	for (uint32_t back = 0; back < have && n < SORT_MAX; back++) {
		const struct bp_hop *h = bp_stream_hop(s, back);

		if (h->t_ns <= from)
			break;
		if (h->t_ns <= to)
			v[n++] = bp_lanes_sum(h->energy);
	}
	return n;
}

static void surroundings(struct bp_shape *sh, const struct bp_stream *s, int64_t onset)
{
	float v[SORT_MAX];
	float late = LATE_POWER * sh->peak * sh->peak, noise = LATE_NOISE * bp_lanes_sum(s->floor);
	uint32_t n, above = 0;

	if (late < noise)
		late = noise;

	n = hop_levels(s, onset - BEFORE_FROM, onset - BEFORE_TO, v);
	sh->before = quantile(v, n, BASE_SHARE);
	n = hop_levels(s, onset + AFTER_FROM, onset + AFTER_TO, v);
	for (uint32_t i = 0; i < n; i++)
		above += v[i] > late;
	sh->late = n ? (float)above / (float)n : 0;
	sh->after = n ? quantile(v, n, BASE_SHARE) : sh->before;
}

/* How far back the newest hop is whose low band is at @t_ns or before; as many as there are: none. */
static uint32_t low_back(const struct bp_stream *s, int64_t t_ns)
{
	uint32_t lo = 0, hi = bp_stream_hops(s);

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (bp_stream_hop(s, mid)->t_ns - LOW_DELAY <= t_ns)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/*
 * Peak-to-peak of the low band around the straight line between the window's
 * ends, largest lane: bending and breathing are straight for so short a time.
 */
static float swing(const struct bp_stream *s, int64_t from, int64_t to)
{
	uint32_t first = low_back(s, to), n = low_back(s, from) - first;
	bp_v4 start, step, lo = { 0 }, hi = { 0 }, d;
	float best = 0;

	if (n < 3)
		return 0;
	start = bp_stream_hop(s, first)->low;
	step = (bp_stream_hop(s, first + n - 1)->low - start) / (float)(n - 1);
	for (uint32_t i = 1; i < n - 1; i++) {
		d = bp_stream_hop(s, first + i)->low - start - step * (float)i;
		hi = bp_v4_max(hi, d);
		lo = bp_v4_max(lo, -d);
	}
	d = hi + lo;
	for (int i = 0; i < 3; i++)
		if (d[i] > best)
			best = d[i];
	return best;
}

static void low_band(struct bp_shape *sh, const struct bp_stream *s, int64_t onset)
{
	sh->low_swing = swing(s, onset - LOW_FROM, onset + LOW_TO);
	sh->low_before = 0;
	for (int i = 0; i < LOW_WINDOWS; i++) {
		int64_t to = onset - LOW_BEFORE_TO - i * (int64_t)LOW_WINDOW;
		float w = swing(s, to - LOW_WINDOW, to);

		if (w > sh->low_before)
			sh->low_before = w;
	}
}

float bp_shape_jolt(const struct bp_stream *s, int64_t onset_ns)
{
	return s->present ? swing(s, onset_ns - JOLT_FROM, onset_ns + JOLT_TO) : 0;
}

/* The hop that shows the low band at @t_ns, or NULL. */
static const struct bp_hop *low_at(const struct bp_stream *s, int64_t t_ns)
{
	uint32_t have = bp_stream_hops(s);

	for (uint32_t back = 0; back < have; back++) {
		const struct bp_hop *h = bp_stream_hop(s, back);

		if (h->t_ns - LOW_DELAY <= t_ns)
			return h;
	}
	return NULL;
}

float bp_shape_drift(const struct bp_stream *s, int64_t onset_ns)
{
	const struct bp_hop *a, *b;
	bp_v4 d;

	if (!s->present)
		return 0;
	a = low_at(s, onset_ns - DRIFT_FROM);
	b = low_at(s, onset_ns + DRIFT_TO);
	if (!a || !b)
		return 0;
	d = b->low - a->low;
	return sqrtf(bp_lanes_sum(d * d));
}

/* Main axis of the motion in the body of the event, by power iteration. */
static void main_axis(struct bp_shape *sh, const struct bp_stream *s, int64_t a, int64_t b)
{
	float c[3][3] = { { 0 } }, v[3] = { 0.4f, 0.4f, 0.8f }, trace, norm = 0;

	for (int64_t i = a; i <= b; i++) {
		bp_v4 x = s->x[(uint64_t)i % BP_RING];

		for (int r = 0; r < 3; r++)
			for (int q = 0; q < 3; q++)
				c[r][q] += x[r] * x[q];
	}
	trace = c[0][0] + c[1][1] + c[2][2];
	if (!(trace > 0))
		return;
	for (int k = 0; k < 12; k++) {
		float u[3];

		norm = 0;
		for (int r = 0; r < 3; r++) {
			u[r] = (c[r][0] * v[0] + c[r][1] * v[1] + c[r][2] * v[2]) / trace;
			norm += u[r] * u[r];
		}
		norm = sqrtf(norm);
		if (!(norm > 0))
			return;
		for (int r = 0; r < 3; r++)
			v[r] = u[r] / norm;
	}
	for (int r = 0; r < 3; r++)
		sh->direction[r] = v[2] < 0 ? -v[r] : v[r];
}

/*
 * Time from sample @a until the smoothed power falls 20 dB below the peak for
 * good, s.  It ends as well where it rises again: that is the next one.
 */
static float length(const struct bp_stream *s, int64_t a, int64_t peak_i, float peak)
{
	int64_t now = (int64_t)s->n - 1, n = (int64_t)(LENGTH_SMOOTH_S * s->rate_hz) + 1, last = a;
	float limit = LENGTH_POWER / 2 * peak, sum = 0, least = peak * (float)n;
	float noise = LENGTH_NOISE * bp_lanes_sum(s->floor);

	if (limit < noise)
		limit = noise;
	for (int64_t i = a; i <= now && i - last <= n + n / 2; i++) {
		sum += bp_stream_power(s, i);
		if (i - a >= n)
			sum -= bp_stream_power(s, i - n);
		if (i > peak_i + n && sum < least)
			least = sum;
		if (sum > LENGTH_AGAIN * least)
			break;
		if (sum > limit * (float)n)
			last = i;
	}
	last -= last - a > n / 2 ? n / 2 : last - a;
	return (float)(last - a) / s->rate_hz;
}

static float cycles(const struct bp_shape *sh, const struct bp_stream *s, int64_t a)
{
	int64_t n = (int64_t)(sh->length_s * s->rate_hz);
	bp_v4 axis = { sh->direction[0], sh->direction[1], sh->direction[2] };
	uint32_t changes = 0;
	bool positive = false;

	for (int64_t i = a; i <= a + n && i < (int64_t)s->n; i++) {
		bool now = bp_lanes_sum(s->x[(uint64_t)i % BP_RING] * axis) > 0;

		changes += i > a && now != positive;
		positive = now;
	}
	return (float)changes / 2;
}

static float less(float x, float noise)
{
	return x - noise > x / 4 ? x - noise : x / 4;
}

static void body(struct bp_shape *sh, const struct bp_stream *s, int64_t onset)
{
	int64_t a = bp_stream_find(s, onset), b = bp_stream_find(s, onset + BODY);
	float power = 0, slope = 0, peak = 0, noise, x;
	bp_v4 before;

	if (a < 1 || a - 1 < bp_stream_oldest(s))
		return;
	before = s->x[(uint64_t)(a - 1) % BP_RING];
	for (int64_t i = a; i <= b; i++) {
		bp_v4 v = s->x[(uint64_t)i % BP_RING], d = v - before;
		float p = bp_lanes_sum(v * v);

		power += p;
		slope += bp_lanes_sum(d * d);
		before = v;
		if (p > peak)
			peak = p;
	}
	sh->peak = sqrtf(peak);
	noise = bp_lanes_sum(s->floor);
	sh->noise = sqrtf(noise);
	noise *= (float)(b - a + 1);
	sh->body = noise > 0 ? power / noise : 0;
	/* What the noise adds to both is known on average; a quarter of a faint one is kept. */
	power = less(power, noise);
	slope = less(slope, (float)(b - a + 1) * s->floor_slope);
	x = power > 0 ? sqrtf(slope / power) / 2 : 0;
	sh->freq_hz = s->rate_hz / BP_PI * bp_arc_sine(x < 1 ? x : 1);

	sh->length_s = length(s, a, sh->peak_i, peak);
	main_axis(sh, s, a, b);
	sh->cycles = cycles(sh, s, a);
}

/* A filter without phase rings before a strong event, too: is this only that? */
static void overtaken(struct bp_shape *sh, const struct bp_stream *s)
{
	int64_t to = bp_stream_find(s, s->t[(uint64_t)sh->peak_i % BP_RING] + OVERTAKE);
	bp_v4 w = weights(s->floor);
	float best = 0;

	for (int64_t i = sh->peak_i + 1; i <= to; i++) {
		float p = normalised(s, i, w);

		if (p > best)
			best = p;
	}
	sh->overtaken = best / sh->ratio;
}

static void clipping(struct bp_shape *sh, const struct bp_stream *s, int64_t onset)
{
	uint32_t have = bp_stream_hops(s);

	for (uint32_t back = 0; back < have; back++) {
		const struct bp_hop *h = bp_stream_hop(s, back);

		if (h->t_ns < onset - BEFORE_TO)
			break;
		if (h->clipped)
			sh->clipped = true;
	}
}

/* Voices are periodic: the best normalised autocorrelation at 80 to 260 Hz. */
static void periodicity(struct bp_shape *sh, const struct bp_stream *s, int64_t onset)
{
	int64_t a = bp_stream_find(s, onset + VOICE_FROM);
	int64_t b = bp_stream_find(s, onset + VOICE_FROM + VOICE_LEN);
	int64_t lo = (int64_t)(s->rate_hz / VOICE_HIGH_HZ), hi = (int64_t)(s->rate_hz / VOICE_LOW_HZ);

	sh->period = 0;
	if (a < 0 || a - hi < bp_stream_oldest(s) || b - a < hi)
		return;
	for (int64_t lag = lo; lag <= hi; lag++) {
		bp_v4 xy = { 0 }, xx = { 0 }, yy = { 0 };
		float den, r;

		for (int64_t i = a; i <= b; i++) {
			bp_v4 x = s->x[(uint64_t)i % BP_RING], y = s->x[(uint64_t)(i - lag) % BP_RING];

			xy += x * y;
			xx += x * x;
			yy += y * y;
		}
		den = sqrtf(bp_lanes_sum(xx) * bp_lanes_sum(yy));
		r = den > 0 ? bp_lanes_sum(xy) / den : 0;
		if (r > sh->period)
			sh->period = r;
	}
}

void bp_shape_measure(struct bp_shape *sh, const struct bp_stream *s, int64_t onset_ns, bool tonal)
{
	if (!sh->seen)
		return;
	/* Once is enough: the ring may have moved on later. */
	if (!sh->overtaken)
		overtaken(sh, s);
	body(sh, s, onset_ns);
	surroundings(sh, s, onset_ns);
	low_band(sh, s, onset_ns);
	clipping(sh, s, onset_ns);
	if (tonal)
		periodicity(sh, s, onset_ns);
}

float bp_shape_ringing(const struct bp_shape *sh, const struct bp_stream *s)
{
	int64_t n = (int64_t)(RINGING_MEAN_S * s->rate_hz) + 1, from = sh->peak_i - n / 2;
	int64_t to = sh->peak_i + (int64_t)(RINGING_S * s->rate_hz);
	float top = 0, sum, least;

	if (!sh->seen || from < bp_stream_oldest(s) || to > (int64_t)s->n)
		return 0;
	for (int64_t i = from; i < from + n; i++)
		top += bp_stream_power(s, i);
	sum = least = top;
	for (int64_t i = from + n; i < to; i++) {
		sum += bp_stream_power(s, i) - bp_stream_power(s, i - n);
		if (sum < least)
			least = sum;
	}
	least = less(least, (float)n * bp_lanes_sum(s->floor));
	return top > 0 && least > 0 ? bp_decibel(least / top) : 0;
}

bool bp_shape_wave(const struct bp_stream *s, int64_t onset_ns, float (*wave)[3], uint32_t n)
{
	int64_t a = bp_stream_find(s, onset_ns - MS);

	if (a < 0 || a + n > (int64_t)s->n)
		return false;
	for (int64_t i = 0; i < n; i++)
		for (int r = 0; r < 3; r++)
			wave[i][r] = s->x[(uint64_t)(a + i) % BP_RING][r];
	return true;
}
