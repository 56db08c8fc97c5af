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

float bp_trigger_ratio(const struct bp_hop *h)
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

bool bp_trigger_hop(struct bp_trigger *tr, int k, const struct bp_hop *h)
{
	int o = 1 - k;
	float *ratio = tr->ratio[k];
	float r = bp_trigger_ratio(h), other = 0, valley, held;
	bool out;

	/* Half-waves of 60 Hz are 8 ms apart: what they fall to in between is no valley. */
	held = r;
	for (uint32_t i = BP_TRIGGER_HOPS - 1; i; i--) {
		ratio[i] = ratio[i - 1];
		if (ratio[i] > held)
			held = ratio[i];
	}
	ratio[0] = r;
	tr->ratio_ns[k] = h->t_ns;
	if (h->t_ns - tr->ratio_ns[o] < JOINT_NS)
		other = tr->ratio[o][0] > tr->ratio[o][1] ? tr->ratio[o][0] : tr->ratio[o][1];

	valley = tr->valley[k] * VALLEY_CREEP;
	tr->valley[k] = held < valley ? held : valley;
	if (tr->valley[k] < 1)
		tr->valley[k] = 1;

	out = r >= RATIO_FAINT ||
	      (r >= RATIO_EACH && other >= RATIO_EACH && r + other >= RATIO_JOINT);
	if (!out || r < RISE * tr->valley[k])
		return false;
	/* A faint flank must not hide the transient that it belongs to. */
	if (tr->fired && h->t_ns - tr->last_ns < DEAD_NS && (r < RATIO_ALONE || !tr->faint))
		return false;
	tr->faint = r < RATIO_ALONE;
	tr->fired = true;
	tr->last_ns = h->t_ns;
	tr->valley[k] = r;
	if (other > tr->valley[o])
		tr->valley[o] = other;
	return true;
}
