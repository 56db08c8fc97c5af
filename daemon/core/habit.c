// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/habit.h"
#include "core/maths.h"

#define SIZE_LN		0.405465f	/* ln 1.5 */
#define ALIKE		2		/* sizes either way */

static const float least_peak[BP_STREAMS] = { [BP_MOTION] = 1e-4f, [BP_FILM] = 1e-2f };	/* g, mV */
static const float time_s[BP_HABIT_TIMES] = { [BP_HABIT_SHORT] = 60, [BP_HABIT_LONG] = 300 };

/* All counts as they are at @now_ns. */
static void decay(struct bp_habit *h, int64_t now_ns)
{
	float since = (float)(now_ns - h->last_ns) * 1e-9f, keep[BP_HABIT_TIMES];

	if (!(since > 0))
		return;
	h->last_ns = now_ns;
	for (int t = 0; t < BP_HABIT_TIMES; t++)
		keep[t] = since < 20 * time_s[t] ? bp_exp(-since / time_s[t]) : 0;
	for (int k = 0; k < BP_STREAMS; k++)
		for (uint32_t i = 0; i < BP_HABIT_SIZES; i++)
			for (int t = 0; t < BP_HABIT_TIMES; t++)
				h->count[k][i][t] *= keep[t];
}

static int size_of(float peak, int k)
{
	float i = bp_ln(peak / least_peak[k]) / SIZE_LN;

	return i < 0 ? 0 : i < BP_HABIT_SIZES - 1 ? (int)i : (int)BP_HABIT_SIZES - 1;
}

void bp_habit_note(struct bp_habit *h, const struct bp_candidate *c, int64_t now_ns)
{
	decay(h, now_ns);
	for (int k = 0; k < BP_STREAMS; k++) {
		if (!c->shape[k].seen)
			continue;
		for (int t = 0; t < BP_HABIT_TIMES; t++)
			h->count[k][size_of(c->shape[k].peak, k)][t]++;
	}
}

void bp_habit_alike(struct bp_habit *h, const struct bp_candidate *c, int64_t now_ns,
		    float alike[BP_HABIT_TIMES])
{
	int k = bp_candidate_main(c), size = size_of(c->shape[k].peak, k);

	decay(h, now_ns);
	for (int t = 0; t < BP_HABIT_TIMES; t++) {
		alike[t] = 0;
		for (int i = size - ALIKE; i <= size + ALIKE; i++)
			if (i >= 0 && i < (int)BP_HABIT_SIZES)
				alike[t] += h->count[k][i][t];
	}
}
