// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/breath.h"
#include "core/movement.h"

#define MEAN_HZ		0.8f		/* swing is what is faster */
#define SWING_TAU_S	0.6f
#define LEVEL_HZ	4.0f		/* below it: the gait's own 1.6 to 2.1 Hz */
#define STRIKE_G	0.05f		/* hysteresis; walking has 0.11 g rms or more (1.4) */
#define STRIKE_MIN_S	0.35f		/* 1.6 to 2.1 steps/s (3.7), one or both per stride */
#define STRIKE_MAX_S	1.3f
#define WALK_STRIKES	4u
#define WALK_EVEN	0.35f		/* longest over shortest gap, less 1 */
#define WALK_G		0.06f		/* rms */
#define GRAVITY_HZ	0.7f
#define BEND_DEG_S	7.0f		/* deep breathing tilts at most 4 degrees/s (3.3) */
#define QUIET_G		0.007f		/* heart and breathing stay below (1.4) */
#define TWIST_G		0.010f		/* 10 to 80 mg (3.7) */
/*
 * A slow twist pushes sideways for a second or two (10 to 80 mg, 3.7), where breathing,
 * which tips the back forth and back, hardly shows.
 */
#define LATERAL_G	0.006f
#define LATERAL_HZ	1.5f
#define LATERAL_MEAN_S	4.0f
/*
 * Some hearts and breaths are stronger: on the chest up to 29 and 390 mg (1.4).  They go on
 * all the time, so that a twist stands out of what is usual.
 */
#define REST_TAU_S	60.0f
#define REST_MOST	0.030f
#define REST_RISE	2.2f
#define USUAL_RISE	2.2f
#define USUAL_SHARE	(float)(1 / (BP_SLOW_HZ * 20))	/* e times in 20 s at most */
#define OTHER_G		0.090f
#define HOLD_S		0.8f		/* a movement's pauses belong to it */
#define PI		3.14159265f

void bp_movement_init(struct bp_movement_state *m, float hop_rate_hz)
{
	memset(m, 0, sizeof(*m));
	m->mean_rate = 2 * PI * MEAN_HZ / hop_rate_hz;
	m->swing_rate = 1 / (SWING_TAU_S * hop_rate_hz);
	m->level_rate = 2 * PI * LEVEL_HZ / hop_rate_hz;
	m->kind = BP_MOVEMENT_UNKNOWN;
}

static void set_gravity(struct bp_movement_state *m, bp_v4 gravity)
{
	bp_v4 gg = gravity * gravity;
	float g2 = gg[0] + gg[1] + gg[2];

	m->gravity = gravity;
	m->per_g = g2 > 0.1f ? 1 / sqrtf(g2) : 0;
}

void bp_movement_hop(struct bp_movement_state *m, int64_t t_ns, bp_v4 low)
{
	bp_v4 d, dd;
	float vertical;

	m->now_ns = t_ns;
	if (!m->started) {
		m->started = true;
		m->mean = low;
		set_gravity(m, low);
		for (uint32_t i = 0; i < BP_POSTURES; i++)
			m->past[i] = low;
	}
	m->mean += m->mean_rate * (low - m->mean);
	d = low - m->mean;
	dd = d * d;
	m->swing2 += m->swing_rate * (dd[0] + dd[1] + dd[2] - m->swing2);

	dd = d * m->gravity;
	vertical = m->per_g > 0 ? (dd[0] + dd[1] + dd[2]) * m->per_g : d[0];
	m->level += m->level_rate * (vertical - m->level);
	if (m->above) {
		m->above = m->level > -STRIKE_G / 2;
		return;
	}
	if (m->level < STRIKE_G / 2)
		return;
	m->above = true;
	if (m->n_strikes &&
	    (float)(t_ns - m->strike_ns[m->n_strikes - 1]) * 1e-9f < STRIKE_MIN_S)
		return;
	if (m->n_strikes == BP_STEPS) {
		memmove(m->strike_ns, m->strike_ns + 1, (BP_STEPS - 1) * sizeof(*m->strike_ns));
		m->n_strikes--;
	}
	m->strike_ns[m->n_strikes++] = t_ns;
}

static float at_least(float x, float least)
{
	return x > least ? x : least;
}

/* What the trunk's swing and lateral push are when nothing moves it. */
static void learn_rest(struct bp_movement_state *m, float swing, float aside)
{
	const float share = 1 / (BP_SLOW_HZ * REST_TAU_S);

	m->rest *= 1 + share;
	if (swing < m->rest || m->slow_n == BP_POSTURES)
		m->rest = swing;
	if (m->rest > REST_MOST)
		m->rest = REST_MOST;
	/* The median: twists do not count by how far they push. */
	m->lateral_usual *= aside > m->lateral_usual ? 1 + USUAL_SHARE : 1 - USUAL_SHARE;
	m->lateral_usual = at_least(m->lateral_usual, LATERAL_G / USUAL_RISE);
}

static bool walking(const struct bp_movement_state *m)
{
	float shortest = STRIKE_MAX_S, longest = 0;

	if (m->n_strikes < WALK_STRIKES || m->swing2 < WALK_G * WALK_G)
		return false;
	if ((float)(m->now_ns - m->strike_ns[m->n_strikes - 1]) * 1e-9f > STRIKE_MAX_S)
		return false;
	for (uint32_t i = m->n_strikes - WALK_STRIKES + 1; i < m->n_strikes; i++) {
		float gap = (float)(m->strike_ns[i] - m->strike_ns[i - 1]) * 1e-9f;

		if (gap < shortest)
			shortest = gap;
		if (gap > longest)
			longest = gap;
	}
	return longest <= STRIKE_MAX_S && longest <= shortest * (1 + WALK_EVEN);
}

/* Angle between two gravity vectors, degrees; small-angle sine is enough below 40. */
static float angle_deg(bp_v4 a, bp_v4 b)
{
	float cx = a[1] * b[2] - a[2] * b[1];
	float cy = a[2] * b[0] - a[0] * b[2];
	float cz = a[0] * b[1] - a[1] * b[0];
	float aa = a[0] * a[0] + a[1] * a[1] + a[2] * a[2];
	float bb = b[0] * b[0] + b[1] * b[1] + b[2] * b[2];

	if (!(aa * bb > 0))
		return 0;
	return sqrtf((cx * cx + cy * cy + cz * cz) / (aa * bb)) * (180 / PI);
}

void bp_movement_slow(struct bp_movement_state *m, int64_t t_ns, bp_v4 low)
{
	enum bp_movement kind = BP_MOVEMENT_NONE;
	float swing, aside;

	if (!m->slow_n)
		m->lateral = m->lateral_mean = low[1];
	m->lateral += (float)(2 * PI * LATERAL_HZ / BP_SLOW_HZ) / (1 + (float)(2 * PI * LATERAL_HZ / BP_SLOW_HZ)) *
		      (low[1] - m->lateral);
	m->lateral_mean += (float)(1 / (BP_SLOW_HZ * LATERAL_MEAN_S)) * (m->lateral - m->lateral_mean);
	set_gravity(m, m->gravity + (float)(2 * PI * GRAVITY_HZ / BP_SLOW_HZ) * (low - m->gravity));
	m->tilt_rate = angle_deg(m->gravity, m->past[m->slow_n % BP_POSTURES]) *
		       (float)(BP_SLOW_HZ / BP_POSTURES);
	m->past[m->slow_n++ % BP_POSTURES] = m->gravity;
	if (m->slow_n < BP_POSTURES)
		return;

	swing = sqrtf(m->swing2);
	aside = fabsf(m->lateral - m->lateral_mean);
	learn_rest(m, swing, aside);
	if (walking(m))
		kind = BP_MOVEMENT_WALK;
	else if (m->tilt_rate > BEND_DEG_S)
		kind = BP_MOVEMENT_BEND;
	else if (swing > OTHER_G)
		kind = BP_MOVEMENT_OTHER;
	else if (swing > at_least(REST_RISE * m->rest, TWIST_G) ||
		 aside > at_least(USUAL_RISE * m->lateral_usual, LATERAL_G))
		kind = BP_MOVEMENT_TWIST;
	if (kind != BP_MOVEMENT_NONE || m->kind == BP_MOVEMENT_UNKNOWN ||
	    ((float)(t_ns - m->kind_ns) * 1e-9f > HOLD_S &&
	     swing < at_least(m->rest * QUIET_G / TWIST_G * REST_RISE, QUIET_G))) {
		m->kind = kind;
		m->kind_ns = t_ns;
	}
}

enum bp_movement bp_movement_now(const struct bp_movement_state *m)
{
	return m->kind;
}
