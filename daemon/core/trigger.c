// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "core/trigger.h"

/*
 * Peak power over the floor's mean square.  In Gaussian noise at 3200 Hz one
 * channel passes 30 (5.5 sigma, 14.8 dB) about once in two hours; two that each
 * pass 10 within 5 ms of each other have to make 38 together to be as rare,
 * because there are so many more pairs.
 */
#define RATIO_ALONE	30.0f
#define RATIO_FAINT	18.0f	/* faint crackles of a group, once in two minutes by chance */
#define RATIO_EACH	10.0f
#define RATIO_JOINT	38.0f
#define JOINT_NS	5000000		/* film and accelerometer may lag, signal-model.md 3.9 */
#define DEAD_NS		6000000		/* pops are 8 ms apart at the least, 3.2 */
#define RISE		4.0f		/* 6 dB above where the last one had died down to */
#define VALLEY_CREEP	1.1f		/* per hop: an old valley is forgotten in 50 ms */

void bp_trigger_init(struct bp_trigger *tr)
{
	memset(tr, 0, sizeof(*tr));
}

/* Largest peak power over floor among the lanes; 0 while settling. */
static float peak_ratio(const struct bp_hop *h)
{
	static const bp_v4 least = { 1e-30f, 1e-30f, 1e-30f, 1e-30f };
	bp_v4 r;
	float best;

	if (h->settling)
		return 0;
	/* Lanes that a channel lacks have no peak. */
	r = h->peak / bp_v4_max(h->floor, least);
	best = r[0] > r[1] ? r[0] : r[1];
	return r[2] > best ? r[2] : best;
}

bool bp_trigger_heard(struct bp_trigger *tr, struct bp_trigger_stream *s, struct bp_trigger_stream *o,
		      const struct bp_hop *h)
{
	float r = peak_ratio(h), held = r, valley = s->valley * VALLEY_CREEP, other = 0;

	/* Half-waves of 60 Hz are 8 ms apart: what they fall to in between is no valley. */
#pragma GCC unroll 4
	for (uint32_t i = BP_TRIGGER_HOPS - 1; i; i--) {
		s->ratio[i] = s->ratio[i - 1];
		if (s->ratio[i] > held)
			held = s->ratio[i];
	}
	s->ratio[0] = r;
	s->ratio_ns = h->t_ns;
	valley = held < valley ? held : valley;
	s->valley = valley < 1 ? 1 : valley;
	if (r < RATIO_EACH)
		return false;

	if (h->t_ns - o->ratio_ns < JOINT_NS)
		other = o->ratio[0] > o->ratio[1] ? o->ratio[0] : o->ratio[1];
	if (r < RATIO_FAINT && !(other >= RATIO_EACH && r + other >= RATIO_JOINT))
		return false;
	if (r < RISE * s->valley)
		return false;
	/* A faint flank must not hide the transient that it belongs to. */
	if (tr->fired && h->t_ns - tr->last_ns < DEAD_NS && (r < RATIO_ALONE || !tr->faint))
		return false;
	tr->faint = r < RATIO_ALONE;
	tr->fired = true;
	tr->last_ns = h->t_ns;
	s->valley = r;
	if (other > o->valley)
		o->valley = other;
	return true;
}
