// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/breath.h"
#include "core/maths.h"

/* Breaths last 1.5 to 25 s (paced recordings: 2 to 20 s, signal-model.md 1.4). */
#define BREATH_LOW_HZ	0.015	/* a third of the slowest: turns its phase by 25 degrees */
#define BREATH_HIGH_HZ	1.2	/* each tenth lower would delay the phase by 20 ms */
/*
 * The film drifts with its warmth, all below 0.1 Hz and many times as far as breaths
 * move it (1.5: 8 V per degree), so that slow breaths cannot be told from it.
 */
#define FLOW_LOW_HZ	0.11f
#define FLOW_HIGH_HZ	0.8f
#define FLOW_RC_RAD	0.15f		/* what the film's high-pass lacks of a quarter turn */
#define FLOW_LEAK_HZ	0.06f
#define PERIOD_MIN_S	1.4f
#define PERIOD_MAX_S	26.0f
#define AXIS_TAU_S	25.0f		/* a few breaths */
/*
 * How strong breaths are is a quantile, not a mean: a movement of some seconds must not
 * deafen for a minute.  Its logarithm climbs and falls at these paces, so that a sine's
 * square is above it for RISE / (RISE + FALL) of the time.
 */
#define RISE_TAU_S	4.0f		/* at most; or a breath, if that is longer */
#define FALL_TAU_S	6.0f
#define FAR_G		0.2f		/* no breath tips the back so far (12 degrees; 1.4: 0.19 forced) */
#define OUTLIER		4.0f		/* times the power: no usual breath, counts as this */
#define NO_BREATH	64.0f		/* times the power: a movement; sighs reach half of it */
/*
 * Which way is in?  Inhaling is quicker than exhaling (duration ratio 0.55 to 0.8, 3.3),
 * its flow therefore stronger; and a sigh is one large breath upwards.
 */
#define LEAN_BREATHS	12u		/* breaths that the mean goes back */
#define LEAN_MOST	1.0f		/* what one breath can say, in ln of the ratio */
#define LEAN_SIGH	3u		/* a sigh says as much as so many breaths */
#define SIGH		1.6f		/* times the median swing; 2 to 4 (3.3) */
#define LEAN_SURE	0.08f		/* less, and nothing is said about in and out */
#define LEAN_LEAST	3u
/* Lungs crackle late in inhalation: that outweighs it once it has been heard so often. */
#define HINTS		2u
#define HINTS_MOST	6u
/* Breathing tips the back about one axis; a twist pushes it across (10 to 80 mg, 3.7). */
#define OFF_TAU_S	0.5f
#define OFF_SHARE	2.0f		/* of the power: another movement */
#define UNEASY_OFF	0.25f		/* the same while the trunk seems to bend or twist */
#define UNEASY_AXIS	0.1f		/* how much is then learned of the axis */
#define OFF_AFTER_S	1.5f		/* until the filters have forgotten it */
#define TURN_SHARE	0.85f		/* of its root: a reversal this large ends a half-breath */
#define STILL_SHARE	0.12f		/* of its root, per second: no breathing */
#define STILL_FLOW	0.25f		/* the same of the film's */
#define STILL_S		2.0f		/* quiet pauses are shorter, holds are longer */
#define WARM_S		8.0f
#define CALM_S		1.5f		/* after a movement, until what is left of it has gone */
#define LEAST_G		0.0004f		/* quiet back: 3 mg p-p (3.3) is 1 mg rms */
#define LEAST_MV	0.05f
#define STALE_PERIODS	2.5f
#define UNEVEN		2.0f		/* breaths vary by 5 to 10 % (3.3); this is none, or not seen */
#define SLOPE_RATE	0.5f
#define PI		3.14159265f

#define RATE(tau)	((float)(1.0 / (BP_SLOW_HZ * (tau))))

void bp_breath_init(struct bp_breath *br, bool film)
{
	memset(br, 0, sizeof(*br));
	br->film = film;
	br->least = film ? LEAST_MV : LEAST_G;
	if (film) {
		bp_highpass(&br->hp, FLOW_LOW_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH4_A);
		bp_highpass(&br->hp2, FLOW_LOW_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH4_B);
		bp_lowpass(&br->lp, FLOW_HIGH_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH2);
		br->axis[0] = 1;
		return;
	}
	bp_highpass(&br->hp, BREATH_LOW_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH2);
	bp_lowpass(&br->lp, BREATH_HIGH_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH2);
	br->axis[0] = 0.6f;
	br->axis[2] = 0.8f;
}

/* One power-iteration step towards the main axis of the running covariance. */
static void follow_axis(struct bp_breath *br, bp_v4 x, float share)
{
	float *c = br->cov, *v = br->axis, u[3], norm, sign;
	const float in[6] = { x[0] * x[0], x[1] * x[1], x[2] * x[2],
			      x[0] * x[1], x[0] * x[2], x[1] * x[2] };

	if (br->n_periods >= 3 && in[0] + in[1] + in[2] > OUTLIER * br->power)
		share *= OUTLIER * br->power / (in[0] + in[1] + in[2]);
	for (int i = 0; i < 6; i++)
		c[i] += RATE(AXIS_TAU_S) * (share * in[i] - c[i]);
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
	int64_t t = br->trough_ns;

	br->flipped = !br->flipped;
	br->leaning = -br->leaning;
	br->b = -br->b;
	br->slope = -br->slope;
	br->sum = -br->sum;
	for (uint32_t i = 0; i < BP_BREATH_LAG; i++)
		br->flow[i] = -br->flow[i];
	br->turn = -br->turn;
	br->last_turn = -br->last_turn;
	br->rising = !br->rising;
	br->trough_ns = br->peak_ns;
	br->peak_ns = t;
}

/* One more breath says which way is in: @says > 0, as it is. */
static void lean(struct bp_breath *br, float says, uint32_t weight)
{
	if (says > LEAN_MOST)
		says = LEAN_MOST;
	if (says < -LEAN_MOST)
		says = -LEAN_MOST;
	for (; weight; weight--) {
		br->leanings += br->leanings < LEAN_BREATHS;
		br->leaning += (says - br->leaning) / (float)br->leanings;
	}
	if (br->hints < HINTS && br->leanings >= LEAN_LEAST && br->leaning < -LEAN_SURE)
		flip(br);
}

/* Is it known which way is in? */
static bool sign_known(const struct bp_breath *br)
{
	return br->hints >= HINTS || (br->leanings >= LEAN_LEAST && br->leaning > LEAN_SURE);
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

static void sort_into(float *v, const float *list, uint32_t n)
{
	memcpy(v, list, n * sizeof(*v));
	for (uint32_t i = 1; i < n; i++) {
		float x = v[i];
		uint32_t j = i;

		for (; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static float median_of(const float *list, uint32_t n)
{
	float v[2 * BP_BREATHS];

	sort_into(v, list, n);
	return n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Upper over lower quartile of the periods. */
static float unevenness(const struct bp_breath *br)
{
	float v[2 * BP_BREATHS];

	sort_into(v, br->period_s, br->n_periods);
	return v[br->n_periods - 1 - br->n_periods / 4] / v[br->n_periods / 4];
}

/*
 * Skew of the flow since the last trough; as the film tells it: the filters that free
 * it from drift turn its harmonics by different angles, and with them its shape.  Here
 * the drift is the line from trough to trough.
 */
static float flow_skew(const struct bp_breath *br)
{
	float n = (float)br->n_mv, trend, mean = 0, var = 0, cube = 0;

	if (n < PERIOD_MIN_S * (float)BP_SLOW_HZ || br->n_mv == BP_BREATH_LONGEST)
		return 0;
	trend = (br->mv[br->n_mv - 1] - br->mv[0]) / (n - 1);
	for (uint32_t i = 0; i < br->n_mv; i++)
		mean += (br->mv[i] - trend * (float)i) / n;
	for (uint32_t i = 0; i < br->n_mv; i++) {
		float d = br->mv[i] - trend * (float)i - mean;

		var += d * d / n;
		cube += d * d * d / n;
	}
	return var > 0 ? cube / (var * sqrtf(var)) : 0;
}

/* A half-breath has ended in a peak or a trough; what do it and the one before it say? */
static void weigh_halves(struct bp_breath *br, bool peak, float half_s, float swing)
{
	float usual = median_of(br->depth, br->n_depths);

	if (br->film) {
		if (!peak)
			lean(br, br->flipped ? -flow_skew(br) : flow_skew(br), 1);
	} else if (br->n_depths >= 3 && br->swing > SIGH * usual && swing > SIGH * usual) {
		/* Both sides of the turning point between them are large: it was the sigh's. */
		lean(br, peak ? -LEAN_MOST : LEAN_MOST, LEAN_SIGH);
	} else if (!peak) {
		/* A rise, and the fall that has just ended. */
		lean(br, bp_ln(half_s / br->half_s), 1);
	}
}

static void turned(struct bp_breath *br, bool peak)
{
	int64_t *same = peak ? &br->peak_ns : &br->trough_ns;
	int64_t *other = peak ? &br->trough_ns : &br->peak_ns;
	float swing = br->turn > br->last_turn ? br->turn - br->last_turn : br->last_turn - br->turn;
	float half_s = (float)(br->turn_ns - *other) * 1e-9f;
	bool flipped = br->flipped;

	if (*same) {
		float s = (float)(br->turn_ns - *same) * 1e-9f;

		if (s > PERIOD_MIN_S && s < PERIOD_MAX_S) {
			note(br->period_s, &br->n_periods, 2 * BP_BREATHS, s);
			br->usual_s = median_of(br->period_s, br->n_periods);
		}
	}
	if (*other) {
		note(br->depth, &br->n_depths, BP_BREATHS, swing);
		if (br->half_s > 0)
			weigh_halves(br, peak, half_s, swing);
		br->half_s = half_s;
		br->swing = swing;
	}
	if (!peak)
		br->n_mv = 0;
	/* Turned upside down by it: the peak was a trough. */
	if (br->flipped != flipped)
		same = other;
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

/* Begin anew behind a movement, with what is known of the breaths before it. */
static void interrupted(struct bp_breath *br, bp_v4 low)
{
	bp_biquad_prime(&br->hp, &br->hp_s, low);
	br->hp2_s = br->lp_s = (struct bp_biquad_state){ 0 };
	br->steps = 0;
	br->sum = 0;
	br->half_s = 0;
	br->n_mv = 0;
	br->trough_ns = br->peak_ns = 0;
	br->still_since_ns = 0;
}

/* At first all is unknown; behind a movement only what the filters hold of it. */
static bool warm(const struct bp_breath *br)
{
	return (float)br->steps >= (br->n_periods < 3 ? WARM_S : 2 * CALM_S) * (float)BP_SLOW_HZ;
}

/*
 * The filters turn the flow ahead, the more the slower the breath: what they show now
 * happened so many steps ago.  Phase of a fourth-order Butterworth high-pass: 2.61 x +
 * 0.4 x^3 radians at x = corner / f, good to 0.1 up to the corner; of the low-pass behind
 * it, sqrt(2) f / corner.
 */
static float flow_then(const struct bp_breath *br)
{
	float period = br->usual_s, x = FLOW_LOW_HZ * period, rad;
	uint32_t lag;

	if (!(period > 0))
		return br->b;
	rad = 2.61f * x + 0.4f * x * x * x - 1.41f / (period * FLOW_HIGH_HZ) - FLOW_RC_RAD;
	rad = rad > 0 ? rad : 0;
	lag = (uint32_t)(rad / (2 * PI) * period * (float)BP_SLOW_HZ);
	if (lag > BP_BREATH_LAG - 1)
		lag = BP_BREATH_LAG - 1;
	return br->flow[(br->flow_n - 1 - lag) % BP_BREATH_LAG];
}

static void follow_power(struct bp_breath *br, float square)
{
	float slower = br->usual_s / RISE_TAU_S;

	if (!(slower > 1))
		slower = 1;
	if (!(br->power > 0))
		br->power = square > br->least * br->least ? square : br->least * br->least;
	br->power *= square > br->power ? 1 + RATE(RISE_TAU_S) / slower : 1 - RATE(FALL_TAU_S) / slower;
}

void bp_breath_step(struct bp_breath *br, int64_t t_ns, bp_v4 low, bool moved, bool uneasy)
{
	float b, slope, still, square;
	bp_v4 x;

	br->now_ns = t_ns;
	if (!br->started) {
		br->started = true;
		bp_biquad_prime(&br->hp, &br->hp_s, low);
	}
	if (moved) {
		interrupted(br, low);
		return;
	}
	x = bp_biquad_step(&br->hp, &br->hp_s, low);
	if (br->film)
		x = bp_biquad_step(&br->hp2, &br->hp2_s, x);
	x = bp_biquad_step(&br->lp, &br->lp_s, x);
	bp_biquad_flush(&br->hp_s);
	bp_biquad_flush(&br->hp2_s);
	bp_biquad_flush(&br->lp_s);
	if ((float)br->steps < CALM_S * (float)BP_SLOW_HZ) {
		br->steps++;
		return;
	}
	if (!br->film)
		follow_axis(br, x, uneasy ? UNEASY_AXIS : 1);
	b = x[0] * br->axis[0] + x[1] * br->axis[1] + x[2] * br->axis[2];
	if (br->flipped)
		b = -b;
	slope = b - br->b;
	if (br->steps++ == (uint32_t)(CALM_S * (float)BP_SLOW_HZ) + 1) {
		slope = 0;
		br->turn = br->last_turn = b;
		br->turn_ns = t_ns;
	}
	br->b = b;
	br->flow[br->flow_n++ % BP_BREATH_LAG] = b;
	br->sum += (b - br->sum * (2 * PI * FLOW_LEAK_HZ)) / (float)BP_SLOW_HZ;
	br->slope += SLOPE_RATE * (slope - br->slope);
	square = b * b;
	if ((br->n_periods >= 3 && square > NO_BREATH * br->power) ||
	    (!br->film && square > FAR_G * FAR_G)) {
		interrupted(br, low);
		return;
	}
	if (!br->film) {
		bp_v4 xx = x * x;

		br->off += RATE(OFF_TAU_S) * (xx[0] + xx[1] + xx[2] - square - br->off);
		if (br->off > (uneasy ? UNEASY_OFF : OFF_SHARE) * br->power ||
		    (uneasy && square > OUTLIER * br->power))
			br->disturbed_ns = t_ns;
	}
	follow_power(br, square);
	if (!warm(br))
		return;
	follow_turns(br, t_ns);
	if (br->film && br->n_mv < BP_BREATH_LONGEST)
		br->mv[br->n_mv++] = low[0];

	slope = br->film ? flow_then(br) : br->slope;
	still = sqrtf(br->power) * (br->film ? STILL_FLOW : STILL_SHARE / (float)BP_SLOW_HZ);
	if (slope > still || slope < -still)
		br->still_since_ns = 0;
	else if (!br->still_since_ns)
		br->still_since_ns = t_ns;
}

static bool known(const struct bp_breath *br)
{
	return br->n_periods >= 3 && br->power > br->least * br->least / 2 && warm(br);
}

static bool disturbed(const struct bp_breath *br)
{
	return br->disturbed_ns && (float)(br->now_ns - br->disturbed_ns) * 1e-9f < OFF_AFTER_S;
}

float bp_breath_rate(const struct bp_breath *br)
{
	float period;
	int64_t last = br->trough_ns > br->peak_ns ? br->trough_ns : br->peak_ns;

	if (!known(br))
		return NAN;
	period = br->usual_s;
	if (!last || (float)(br->now_ns - last) * 1e-9f > STALE_PERIODS * period ||
	    unevenness(br) > UNEVEN)
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
	if (!known(br) || disturbed(br))
		return BP_BREATH_UNKNOWN;
	if (br->still_since_ns && (float)(br->now_ns - br->still_since_ns) * 1e-9f > STILL_S)
		return BP_BREATH_HOLD;
	if (!sign_known(br))
		return BP_BREATH_UNKNOWN;
	return (br->film ? flow_then(br) : br->slope) >= 0 ? BP_BREATH_INHALE : BP_BREATH_EXHALE;
}

float bp_breath_volume(const struct bp_breath *br)
{
	float usual;

	if (!known(br) || br->n_depths < 3)
		return NAN;
	usual = median_of(br->depth, br->n_depths);
	if (!(usual > 0))
		return NAN;
	/* Of a sine: flow of this swing moves so much volume. */
	if (br->film)
		return br->sum / (usual * br->usual_s / (2 * PI)) + 0.5f;
	return br->b / usual + 0.5f;
}
