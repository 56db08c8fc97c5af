// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "core/sort.h"
#include "core/usual.h"

#define PLAIN_RATIO	60.0f	/* power over noise: it has a peak of its own in this stream */
#define KNOWN		8u	/* of fewer, one group of faint pops would be the measure */

void bp_usual_learn(struct bp_usual *u, const struct bp_candidate *c)
{
	if (bp_candidate_weak(c))
		return;
	for (int k = 0; k < BP_STREAMS; k++) {
		if (!c->shape[k].seen || c->shape[k].ratio < PLAIN_RATIO)
			continue;
		u->peak[k][u->n[k] % BP_USUALS] = c->shape[k].peak;
		/* Full circle and back to full, so that the count never wraps to "empty". */
		if (++u->n[k] == 2 * BP_USUALS)
			u->n[k] = BP_USUALS;
	}
}

float bp_usual_peak(const struct bp_usual *u, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);
	uint32_t n = u->n[k] < BP_USUALS ? u->n[k] : BP_USUALS;
	float v[BP_USUALS];

	if (n < KNOWN)
		return 0;
	memcpy(v, u->peak[k], n * sizeof(v[0]));
	bp_sort(v, n);
	return v[n / 2];
}
