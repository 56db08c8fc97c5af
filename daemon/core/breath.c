// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/breath.h"

/* Breaths last 1.5 to 25 s (paced recordings: 2 to 20 s, signal-model.md 1.4). */
#define BREATH_LOW_HZ	0.015	/* a third of the slowest: turns its phase by 25 degrees */
#define BREATH_HIGH_HZ	1.2	/* each tenth lower would delay the phase by 20 ms */
#define PERIOD_MIN_S	1.4f
#define PERIOD_MAX_S	26.0f
#define AXIS_TAU_S	25.0f		/* a few breaths */
#define POWER_TAU_S	15.0f
#define SKEW_TAU_S	40.0f
/* Inhaling is quicker than exhaling (ratio 0.55 to 0.8, 3.3): the slope's skew is its sign. */
#define SKEW_FLIP	0.15f
#define SKEW_SURE	0.15f		/* less, and nothing is said about in and out */
/* Lungs crackle late in inhalation: that outweighs the skew once it has been heard so often. */
#define HINTS		2u
#define HINTS_MOST	6u
#define TURN_SHARE	0.95f		/* of the rms: a reversal this large ends a half-breath */
#define STILL_SHARE	0.12f		/* of the rms, per second: no breathing */
#define STILL_S		2.0f		/* quiet pauses are shorter, holds are longer */
#define WARM_S		8.0f
#define LEAST_G		0.0004f		/* quiet back: 3 mg p-p (3.3) is 1 mg rms */
#define LEAST_MV	0.3f
#define FILM_LEAK_HZ	0.06f		/* undoes the film's RC high-pass (0.7 to 10 Hz) */
#define STALE_PERIODS	2.5f
#define SLOPE_RATE	0.5f

#define RATE(tau)	((float)(1.0 / (BP_SLOW_HZ * (tau))))

void bp_breath_init(struct bp_breath *br, bool film)
{
	memset(br, 0, sizeof(*br));
	br->film = film;
	br->least = film ? LEAST_MV : LEAST_G;
	bp_highpass(&br->hp, BREATH_LOW_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH2);
	bp_lowpass(&br->lp, BREATH_HIGH_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH2);
	br->axis[0] = film ? 1 : 0.6f;
	br->axis[2] = film ? 0 : 0.8f;
}

/* One power-iteration step towards the main axis of the running covariance. */
static void follow_axis(struct bp_breath *br, bp_v4 x)
{
	float *c = br->cov, *v = br->axis, u[3], norm, sign;
	const float in[6] = { x[0] * x[0], x[1] * x[1], x[2] * x[2],
			      x[0] * x[1], x[0] * x[2], x[1] * x[2] };

	for (int i = 0; i < 6; i++)
		c[i] += RATE(AXIS_TAU_S) * (in[i] - c[i]);
	u[0] = c[0] * v[0] + c[3] * v[1] + c[4] * v[2];
	u[1] = c[3] * v[0] + c[1] * v[1] + c[5] * v[2];
	u[2] = c[4] * v[0] + c[5] * v[1] + c[2] * v[2];
	norm = sqrtf(u[0] * u[0] + u[1] * u[1] + u[2] * u[2]);
	if (!(norm > 0))
		return;
	/* An axis has no sign: stay on the side where it was. */
	sign = u[0] * v[0] + u[1] * v[1] + u[2] * v[2] < 0 ? -1 : 1;
	for (int i = 0; i < 3; i++)
		v[i] = sign * u[i] / norm;
}

/* It ran upside down: mirror everything that has a direction. */
static void flip(struct bp_breath *br)
{
	br->flipped = !br->flipped;
	br->slope3 = -br->slope3;
	br->b = -br->b;
	br->slope = -br->slope;
	br->turn = -br->turn;
	br->last_turn = -br->last_turn;
	br->rising = !br->rising;
	{
		int64_t t = br->trough_ns;

		br->trough_ns = br->peak_ns;
		br->peak_ns = t;
	}
}

/* Skew of the slope that is asked for, in the slope's own scale. */
static float skew(const struct bp_breath *br, float share)
{
	return share * br->slope2 * sqrtf(br->slope2);
}

static void follow_sign(struct bp_breath *br, float slope)
{
	br->slope2 += RATE(SKEW_TAU_S) * (slope * slope - br->slope2);
	br->slope3 += RATE(SKEW_TAU_S) * (slope * slope * slope - br->slope3);
	if (br->hints < HINTS && br->slope3 < -skew(br, SKEW_FLIP))
		flip(br);
}

/* Is it known which way is in? */
static bool sign_known(const struct bp_breath *br)
{
	return br->hints >= HINTS || br->slope3 > skew(br, SKEW_SURE);
}

void bp_breath_hint(struct bp_breath *br)
{
	if (br->b >= 0) {
		br->hints += br->hints < HINTS_MOST;
	} else if (br->hints) {
		br->hints--;
	} else {
		flip(br);
		br->hints = 1;
	}
}

static void note(float *list, uint32_t *n, uint32_t max, float v)
{
	if (*n == max) {
		memmove(list, list + 1, (max - 1) * sizeof(*list));
		--*n;
	}
	list[(*n)++] = v;
}

static float median_of(const float *list, uint32_t n)
{
	float v[2 * BP_BREATHS];

	memcpy(v, list, n * sizeof(*v));
	for (uint32_t i = 1; i < n; i++) {
		float x = v[i];
		uint32_t j = i;

		for (; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
	return n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void turned(struct bp_breath *br, bool peak)
{
	int64_t *same = peak ? &br->peak_ns : &br->trough_ns;
	int64_t other = peak ? br->trough_ns : br->peak_ns;
	float swing = br->turn - br->last_turn;

	if (*same) {
		float s = (float)(br->turn_ns - *same) * 1e-9f;

		if (s > PERIOD_MIN_S && s < PERIOD_MAX_S)
			note(br->period_s, &br->n_periods, 2 * BP_BREATHS, s);
	}
	if (other)
		note(br->depth, &br->n_depths, BP_BREATHS, swing < 0 ? -swing : swing);
	*same = br->turn_ns;
	br->last_turn = br->turn;
}

static void follow_turns(struct bp_breath *br, int64_t t_ns)
{
	float limit = TURN_SHARE * sqrtf(br->power);

	if (limit < br->least)
		limit = br->least;
	if (br->rising ? br->b >= br->turn : br->b <= br->turn) {
		br->turn = br->b;
		br->turn_ns = t_ns;
		return;
	}
	if (br->rising ? br->turn - br->b > limit : br->b - br->turn > limit) {
		turned(br, br->rising);
		br->rising = !br->rising;
		br->turn = br->b;
		br->turn_ns = t_ns;
	}
}

void bp_breath_step(struct bp_breath *br, int64_t t_ns, bp_v4 low, bool disturbed)
{
	bp_v4 x;
	float b, slope, still;

	br->now_ns = t_ns;
	if (br->film) {
		br->sum += low / (float)BP_SLOW_HZ -
			   br->sum * (float)(2 * 3.14159265 * FILM_LEAK_HZ / BP_SLOW_HZ);
		low = br->sum;
	}
	if (!br->started) {
		br->started = true;
		bp_biquad_prime(&br->hp, &br->hp_s, low);
	}
	x = bp_biquad_step(&br->lp, &br->lp_s, bp_biquad_step(&br->hp, &br->hp_s, low));
	bp_biquad_flush(&br->hp_s);
	bp_biquad_flush(&br->lp_s);
	if (disturbed) {
		bp_biquad_prime(&br->hp, &br->hp_s, low);
		br->steps = 0;
		br->n_depths = 0;
		br->trough_ns = br->peak_ns = 0;
		br->still_since_ns = 0;
		return;
	}
	if (!br->film)
		follow_axis(br, x);
	b = x[0] * br->axis[0] + x[1] * br->axis[1] + x[2] * br->axis[2];
	if (br->flipped)
		b = -b;
	slope = b - br->b;
	if (!br->steps++) {
		slope = 0;
		br->turn = b;
		br->turn_ns = t_ns;
	}
	br->b = b;
	br->slope += SLOPE_RATE * (slope - br->slope);
	br->power += RATE(POWER_TAU_S) * (b * b - br->power);
	follow_sign(br, slope);
	if ((float)br->steps < WARM_S * (float)BP_SLOW_HZ)
		return;
	follow_turns(br, t_ns);

	still = STILL_SHARE * sqrtf(br->power) / (float)BP_SLOW_HZ;
	if (br->slope > still || br->slope < -still)
		br->still_since_ns = 0;
	else if (!br->still_since_ns)
		br->still_since_ns = t_ns;
}

static bool known(const struct bp_breath *br)
{
	return br->n_periods >= 3 && br->power > br->least * br->least / 2 &&
	       (float)br->steps >= WARM_S * (float)BP_SLOW_HZ;
}

float bp_breath_rate(const struct bp_breath *br)
{
	float period;
	int64_t last = br->trough_ns > br->peak_ns ? br->trough_ns : br->peak_ns;

	if (!known(br))
		return NAN;
	period = median_of(br->period_s, br->n_periods);
	if (!last || (float)(br->now_ns - last) * 1e-9f > STALE_PERIODS * period)
		return NAN;
	return 60 / period;
}

float bp_breath_depth(const struct bp_breath *br)
{
	float usual, now;

	if (!known(br) || br->n_depths < 3)
		return NAN;
	usual = median_of(br->depth, br->n_depths);
	now = br->turn - br->last_turn;
	if (now < 0)
		now = -now;
	return usual > 0 ? now / usual : NAN;
}

enum bp_breath_phase bp_breath_phase(const struct bp_breath *br)
{
	if (!known(br))
		return BP_BREATH_UNKNOWN;
	if (br->still_since_ns && (float)(br->now_ns - br->still_since_ns) * 1e-9f > STILL_S)
		return BP_BREATH_HOLD;
	if (!sign_known(br))
		return BP_BREATH_UNKNOWN;
	return br->slope >= 0 ? BP_BREATH_INHALE : BP_BREATH_EXHALE;
}

float bp_breath_volume(const struct bp_breath *br)
{
	float usual;

	if (!known(br) || br->n_depths < 3)
		return NAN;
	usual = median_of(br->depth, br->n_depths);
	return usual > 0 ? br->b / usual + 0.5f : NAN;
}
