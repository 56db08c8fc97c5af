// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/health.h"

/* A living sensor's last bit toggles with noise, breath and heart: within a second or so. */
#define DEAD_S		2.0f
#define FULL_S		0.5f	/* a tap clips for some ms */
#define ODD_S		1.0f
#define ODD_PART	0.1f	/* clocks are 2 % off, 3.9; more is another rate */
#define MISSING_S	1.0f

static bool equal(bp_v4 a, bp_v4 b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2];
}

void bp_health_hop(struct bp_health *h, int64_t t_ns, bp_v4 sum, bool clipped, float nominal_s,
		   uint64_t gaps)
{
	float lasted = h->last_ns ? (float)(t_ns - h->last_ns) * 1e-9f : nominal_s, odd;

	h->same_s = equal(sum, h->last_sum) ? h->same_s + nominal_s : 0;
	h->full_s = clipped ? h->full_s + nominal_s : 0;
	odd = lasted / nominal_s - 1;
	h->odd_s = odd > ODD_PART || odd < -ODD_PART || gaps != h->gaps ? h->odd_s + nominal_s : 0;
	h->gaps = gaps;
	h->last_sum = sum;
	h->last_ns = t_ns;

	/* At full scale it does not change either: the range is what people can mend. */
	if (h->full_s > FULL_S)
		h->state = BP_CHANNEL_SATURATED;
	else if (h->same_s > DEAD_S)
		h->state = BP_CHANNEL_DEAD;
	else if (h->odd_s > ODD_S)
		h->state = BP_CHANNEL_OFF_RATE;
	else
		h->state = BP_CHANNEL_OK;
	h->seconds[h->state] += nominal_s;
}

void bp_health_missing(struct bp_health *h, int64_t now_ns)
{
	float since = (float)(now_ns - h->last_ns) * 1e-9f;

	if (h->state == BP_CHANNEL_MISSING || since > MISSING_S) {
		h->state = BP_CHANNEL_MISSING;
		h->seconds[BP_CHANNEL_MISSING] += since;
		h->last_ns = now_ns;
	}
}
