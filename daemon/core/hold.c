// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "core/breath.h"
#include "core/hold.h"

#define SLOPE_RATE	0.5f
#define HOLD_S		2.0f	/* quiet pauses are shorter, holds are longer */
/* Movements raise @limit for a while, and breaths behind them would seem held. */
#define CALM_SHARE	0.35f	/* of the usual size where it was smallest lately: the most for a limit */
#define CALM_TAU_S	60.0f

static float lower(struct bp_hold *h, float limit, float usual)
{
	if (!(usual > 0))
		return limit;
	if (!h->since_ns) {
		h->calm *= 1 + (float)(1.0 / (BP_SLOW_HZ * CALM_TAU_S));
		if (!(h->calm > 0 && h->calm < usual))
			h->calm = usual;
	}
	return limit > CALM_SHARE * h->calm ? CALM_SHARE * h->calm : limit;
}

void bp_hold_step(struct bp_hold *h, int64_t t_ns, float flow, float limit, float usual)
{
	h->slope += SLOPE_RATE * (flow - h->slope);
	if (fabsf(h->slope) > lower(h, limit, usual))
		h->since_ns = 0;
	else if (!h->since_ns)
		h->since_ns = t_ns;
}

void bp_hold_break(struct bp_hold *h)
{
	h->since_ns = 0;
}

bool bp_hold_now(const struct bp_hold *h, int64_t now_ns)
{
	return h->since_ns && (float)(now_ns - h->since_ns) * 1e-9f > HOLD_S;
}
