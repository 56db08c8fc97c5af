// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/breath.h"
#include "core/maths.h"
#include "core/sort.h"

/* Breaths last 1.5 to 25 s (paced recordings: 2 to 20 s, signal-model.md 1.4). */
#define BREATH_LOW_HZ	0.015	/* a third of the slowest: turns its phase by 25 degrees */
#define BREATH_HIGH_HZ	1.2	/* each tenth lower would delay the phase by 20 ms */
/*
 * The film drifts with its warmth, all below 0.1 Hz and many times as far as breaths
 * move it (1.5: 8 V per degree), so that slow breaths cannot be told from it.
 */
#define FLOW_LOW_HZ	0.14f
#define FLOW_HIGH_HZ	0.6f
#define FLOW_RC_HZ	1.4f		/* the film's own high-pass: 0.7 to 3 Hz (3.9) */
#define FLOW_LEAK_HZ	0.06f
#define TILT_LEAK_HZ	0.003f		/* holds are shorter than 20 s (3.3) */
/* Periods of the rhythm: 1.7 to 21.6 s of tilt, to 9.6 s of the film. */
#define SHORTEST_S	1.7f
#define TIMES_TILT	1.26f
#define TIMES_FILM	1.17f
/*
 * Probability with which a phase is said, of now and of an event.  Joints sound while the trunk moves
 * and where a breath turns, where less is sure than elsewhere: of what 0.6 says there half is wrong.
 */
#define SURE		0.6f
#define SURE_TILT	0.7f
#define SURE_FILM	0.65f
#define DELAY_S		0.05f		/* of the low band and of the mean over a slow step */
/*
 * So long after it seems to have begun an exhalation may still be the end of an inhalation: what
 * is known is up to half a second old, and deep breaths last longer than the pace of before.
 * The film's high-pass shows them to turn up to a second too soon, for their flow is
 * slow and they are alone.
 */
#define TURN_TILT_S	0.15f
#define TURN_DEEP_S	1.0f	/* a deep one that does not flow out yet may be held as well */
#define TURN_FILM_S	0.8f
/* Times the usual size, within JOLT_STEPS: no lungs begin so suddenly, a movement does. */
#define JOLT		2.5f
#define JOLT_STEPS	3u
#define JOLT_S		0.8f		/* until it is known what it was */
/*
 * Breaths are all of one size, sighs are rare.  Where the film's mean flow is so many
 * times the usual one, it is the trunk that moves, or hands and cloth do.
 */
#define HZ_TAU_S	15.0f
#define EVEN		1.3f		/* breaths vary by 5 to 10 % (3.3): these are breaths */
#define AGREE		1.3f		/* times: the rates of turning points and rhythm are one */
/* A strong heart, or forced breath, seems to twist the trunk all the time: that blinds nobody. */
#define UNEASY_AXIS	0.1f		/* how much is learned of the axis meanwhile */
#define UNEASY_TAU_S	20.0f
#define UNEASY_USUAL	0.7f
#define UNREST_TAU_S	15.0f
#define UNREST_MOST	10.0f		/* times the usual size, that one step can say */
#define UNREST		1.4f
#define FIT_LEAST	0.2f		/* nats: of breaths 0.2 to 0.4, of bends and drift 0 to 0.2 */
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
#define TURN_SHARE	0.85f		/* of its root: a reversal this large ends a half-breath */
#define STILL_SHARE	0.12f		/* of its root, per second: no breathing */
#define STILL_FLOW	0.25f		/* the same of the film's */
#define WARM_S		8.0f
#define CALM_S		1.5f		/* after a movement, until what is left of it has gone */
#define LEAST_G		0.0004f		/* quiet back: 3 mg p-p (3.3) is 1 mg rms */
#define LEAST_MV	0.05f
#define STALE_PERIODS	2.5f
#define UNEVEN		2.0f		/* breaths vary by 5 to 10 % (3.3); this is none, or not seen */
#define PI		3.14159265f

#define RATE(tau)	((float)(1.0 / (BP_SLOW_HZ * (tau))))


/* What the sensor and the filters here make of a breath: what a shape is learned by. */
struct model {
	struct bp_breath *br;
	bool film;
	float rc;			/* the film's high-pass: what it has forgotten */
	bool started;
};

static bp_v4 filtered(struct bp_breath *br, bp_v4 low)
{
	bp_v4 x = bp_biquad_step(&br->hp, &br->hp_s, low);

	if (br->film)
		x = bp_biquad_step(&br->hp2, &br->hp2_s, x);
	x = bp_biquad_step(&br->lp, &br->lp_s, x);
	bp_biquad_flush(&br->hp_s);
	bp_biquad_flush(&br->hp2_s);
	bp_biquad_flush(&br->lp_s);
	return x;
}

static float model_step(void *arg, float volume)
{
	const float share = 2 * PI * FLOW_RC_HZ / (float)BP_SLOW_HZ;
	struct model *m = arg;
	bp_v4 x = { volume }, before = m->br->x;

	if (m->film) {
		m->rc += share / (1 + share) * (volume - m->rc);
		x[0] -= m->rc;
	}
	m->br->x = filtered(m->br, x);
	return m->film ? m->br->x[0] : m->br->x[0] - before[0];
}

void bp_breath_init(struct bp_breath *br, bool film)
{
	struct model m = { .br = br, .film = film };

	memset(br, 0, sizeof(*br));
	br->film = film;
	br->least = film ? LEAST_MV : LEAST_G;
	if (film) {
		bp_highpass(&br->hp, FLOW_LOW_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH4_A);
		bp_highpass(&br->hp2, FLOW_LOW_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH4_B);
		bp_lowpass(&br->lp, FLOW_HIGH_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH2);
	} else {
		bp_highpass(&br->hp, BREATH_LOW_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH2);
		bp_lowpass(&br->lp, BREATH_HIGH_HZ, BP_SLOW_HZ, BP_Q_BUTTERWORTH2);
	}
	bp_rhythm_init(&br->rhythm, SHORTEST_S, film ? TIMES_FILM : TIMES_TILT, model_step, &m);
	br->hp_s = br->hp2_s = br->lp_s = (struct bp_biquad_state){ 0 };
	br->x = (bp_v4){ 0 };
	br->axis[0] = film ? 1 : 0.6f;
	br->axis[2] = film ? 0 : 0.8f;
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

void bp_breath_hint(struct bp_breath *br)
{
	bp_rhythm_late(&br->rhythm);
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
	bp_sort(v, n);
}

static float median_of(const float *list, uint32_t n)
{
	float v[2 * BP_BREATHS];

	sort_into(v, list, n);
	return n & 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Mean of those between the quartiles. */
static float middle_of(const float *list, uint32_t n)
{
	float v[2 * BP_BREATHS], sum = 0;

	sort_into(v, list, n);
	for (uint32_t i = n / 4; i < n - n / 4; i++)
		sum += v[i];
	return sum / (float)(n - n / 4 * 2);
}

/* Upper over lower quartile of the periods. */
static float unevenness(const struct bp_breath *br)
{
	float v[2 * BP_BREATHS];

	sort_into(v, br->period_s, br->n_periods);
	return v[br->n_periods - 1 - br->n_periods / 4] / v[br->n_periods / 4];
}

static void turned(struct bp_breath *br, bool peak)
{
	int64_t *same = peak ? &br->peak_ns : &br->trough_ns;
	int64_t *other = peak ? &br->trough_ns : &br->peak_ns;
	float swing = br->turn > br->last_turn ? br->turn - br->last_turn : br->last_turn - br->turn;

	if (*same) {
		float s = (float)(br->turn_ns - *same) * 1e-9f;

		/* The first holds what the filters began with. */
		if (!br->first_over) {
			br->first_over = true;
		} else if (s > PERIOD_MIN_S && s < PERIOD_MAX_S) {
			note(br->period_s, &br->n_periods, 2 * BP_BREATHS, s);
			br->usual_s = middle_of(br->period_s, br->n_periods);
		}
	}
	if (*other)
		note(br->depth, &br->n_depths, BP_BREATHS, swing);
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
	br->trough_ns = br->peak_ns = 0;
	bp_hold_break(&br->hold);
}

/* At first all is unknown; behind a movement only what the filters hold of it. */
static bool warm(const struct bp_breath *br)
{
	return (float)br->steps >= (br->n_periods < 3 ? WARM_S : 2 * CALM_S) * (float)BP_SLOW_HZ;
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

/* The rhythm goes on whether it is told something or not; it is told every fourth step. */
static void follow_rhythm(struct bp_breath *br, float flow, bool blind)
{
	const uint32_t every = (uint32_t)(BP_RHYTHM_STEP_S * (float)BP_SLOW_HZ + 0.5f);
	float size = fabsf(flow), most = UNREST_MOST * br->rhythm.size;

	br->flow = blind ? NAN : flow;
	if (br->since % JOLT_STEPS == 0) {
		if (fabsf(br->flow - br->flow_before) > JOLT * br->rhythm.size)
			br->jolt_ns = br->now_ns;
		br->flow_before = br->flow;
	}
	if (!blind) {
		bp_rhythm_size(&br->rhythm, flow);
		if (!(size < most))
			size = most;
		br->unrest += RATE(UNREST_TAU_S) *
			      ((br->rhythm.size > 0 ? size / br->rhythm.size : 0) - br->unrest);
	}
	br->since = (br->since + 1) % every;
	if (br->since)
		return;
	bp_rhythm_step(&br->rhythm, flow, blind);
	br->hz += BP_RHYTHM_STEP_S / HZ_TAU_S * (bp_rhythm_hz(&br->rhythm) - br->hz);
}

static void follow_hold(struct bp_breath *br, int64_t t_ns, float flow)
{
	const float w = 2 * PI * (float)BREATH_LOW_HZ, step_s = (float)(1 / BP_SLOW_HZ);
	float strong = sqrtf(br->power);

	if (br->film) {
		bp_hold_step(&br->hold, t_ns, flow, STILL_FLOW * strong, 0);
		return;
	}
	/* Full lungs that are held sink through the high-pass: that is undone. */
	flow += (w / (float)BP_Q_BUTTERWORTH2 * br->b + w * w * br->sum) * step_s;
	bp_hold_step(&br->hold, t_ns, flow, STILL_SHARE * strong * step_s, br->rhythm.size);
}

void bp_breath_step(struct bp_breath *br, int64_t t_ns, bp_v4 low, bool moved, bool uneasy)
{
	bp_v4 x, d;
	float b, flow, square;
	bool blind;

	br->now_ns = t_ns;
	br->all_steps += br->all_steps < UINT32_MAX;
	br->doubtful = false;
	if (!br->started) {
		br->started = true;
		bp_biquad_prime(&br->hp, &br->hp_s, low);
	}
	if (moved) {
		interrupted(br, low);
		follow_rhythm(br, 0, true);
		return;
	}
	x = filtered(br, low);
	d = x - br->x;
	br->x = x;
	if ((float)br->steps < CALM_S * (float)BP_SLOW_HZ) {
		br->steps++;
		follow_rhythm(br, 0, true);
		return;
	}
	br->uneasy += RATE(UNEASY_TAU_S) * ((uneasy ? 1 : 0) - br->uneasy);
	blind = uneasy && br->uneasy < UNEASY_USUAL;
	br->doubtful = uneasy && !blind;
	if (!br->film)
		follow_axis(br, x, blind ? UNEASY_AXIS : 1);
	b = x[0] * br->axis[0] + x[1] * br->axis[1] + x[2] * br->axis[2];
	flow = br->film ? b : d[0] * br->axis[0] + d[1] * br->axis[1] + d[2] * br->axis[2];
	follow_rhythm(br, flow, blind);
	if (br->steps++ == (uint32_t)(CALM_S * (float)BP_SLOW_HZ)) {
		br->turn = br->last_turn = b;
		br->turn_ns = t_ns;
	}
	br->b = b;
	br->sum += (b - br->sum * (2 * PI * (br->film ? FLOW_LEAK_HZ : TILT_LEAK_HZ))) / (float)BP_SLOW_HZ;
	square = b * b;
	if ((br->n_periods >= 3 && square > NO_BREATH * br->power) ||
	    (!br->film && square > FAR_G * FAR_G)) {
		interrupted(br, low);
		return;
	}
	follow_power(br, square);
	if (!warm(br))
		return;
	follow_turns(br, t_ns);
	follow_hold(br, t_ns, flow);
}

static bool known(const struct bp_breath *br)
{
	return br->n_periods >= 3 && br->power > br->least * br->least / 2 && warm(br);
}

/* Mean of the middle of those periods that the rhythm bears out, s; 0 = of fewer than two. */
static float borne_out(const struct bp_breath *br)
{
	float v[2 * BP_BREATHS];
	uint32_t n = 0;

	for (uint32_t i = 0; i < br->n_periods; i++) {
		float cycles = br->period_s[i] * br->hz;

		if (cycles < AGREE && cycles * AGREE > 1)
			v[n++] = br->period_s[i];
	}
	return n < 2 ? 0 : middle_of(v, n);
}

/*
 * Turning points tell the rate best where each breath is seen.  Where they are uneven,
 * movements were taken for breaths, or hid some: those count that the rhythm bears out.
 */
float bp_breath_rate(const struct bp_breath *br)
{
	int64_t last = br->trough_ns > br->peak_ns ? br->trough_ns : br->peak_ns;
	float hz;

	if (!known(br) || !last)
		return NAN;
	hz = 1 / br->usual_s;
	if ((float)(br->now_ns - last) * 1e-9f > STALE_PERIODS * br->usual_s ||
	    unevenness(br) > UNEVEN)
		return NAN;
	if (unevenness(br) > EVEN) {
		float s = borne_out(br), now = bp_rhythm_hz(&br->rhythm);

		/* Nor is a rhythm that is still being found one. */
		if (now > AGREE * br->hz || br->hz > AGREE * now)
			return NAN;
		hz = s > 0 ? 1 / s : br->hz;
	}
	return 60 * hz;
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

/* Is what is seen these lungs' breath, for all that is known? */
static bool trusted(const struct bp_breath *br)
{
	if (!(br->rhythm.size > 0) || (float)br->all_steps < WARM_S * (float)BP_SLOW_HZ ||
	    br->power < br->least * br->least / 2 || br->doubtful)
		return false;
	if (br->jolt_ns && (float)(br->now_ns - br->jolt_ns) * 1e-9f < JOLT_S)
		return false;
	return !br->film || (br->unrest < UNREST && br->rhythm.fit > FIT_LEAST);
}

static enum bp_breath_phase phase(const struct bp_breath *br, float ago_s, float turn_s, float sure)
{
	static const enum bp_breath_phase phases[BP_RHYTHM_PARTS] = {
		[BP_RHYTHM_IN] = BP_BREATH_INHALE,
		[BP_RHYTHM_OUT] = BP_BREATH_EXHALE,
		[BP_RHYTHM_REST] = BP_BREATH_HOLD,
		[BP_RHYTHM_TURN] = BP_BREATH_UNKNOWN,
	};
	float part[BP_RHYTHM_PARTS];
	int best = 0;

	if (!trusted(br))
		return BP_BREATH_UNKNOWN;
	if (bp_hold_now(&br->hold, br->now_ns))
		return BP_BREATH_HOLD;
	bp_rhythm_parts(&br->rhythm, (float)br->since / (float)BP_SLOW_HZ, br->flow, DELAY_S - ago_s,
			turn_s, part);
	for (int i = 1; i < BP_RHYTHM_PARTS; i++)
		if (part[i] > part[best])
			best = i;
	return part[best] > sure ? phases[best] : BP_BREATH_UNKNOWN;
}

enum bp_breath_phase bp_breath_phase_now(const struct bp_breath *br)
{
	return phase(br, 0, 0, SURE);
}

enum bp_breath_phase bp_breath_phase_event(const struct bp_breath *br, float ago_s)
{
	float turn_s = TURN_TILT_S;

	if (br->film)
		return phase(br, ago_s, TURN_FILM_S, SURE_FILM);
	if (br->rhythm.deep_s > 0 && fabsf(br->flow) < br->rhythm.size)
		turn_s = TURN_DEEP_S;
	return phase(br, ago_s, turn_s, SURE_TILT);
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
	usual = br->film ? br->sum / (usual * br->usual_s / (2 * PI)) : br->b / usual;
	return 0.5f + (bp_rhythm_upright(&br->rhythm) < 0.5f ? -usual : usual);
}
