// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/candidate.h"

void bp_candidate_describe(struct bp_event *ev, const struct bp_candidate *c)
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *f = &c->shape[BP_FILM];

	memset(ev, 0, sizeof(*ev));
	ev->onset_ns = c->onset_ns;
	ev->end_ns = c->onset_ns +
		     (int64_t)(c->shape[bp_candidate_main(c)].length_s * 1e9f);
	ev->peak_mg = m->seen ? m->peak * 1000 : NAN;
	ev->peak_mv = f->seen ? f->peak : NAN;
	ev->breath_phase = c->context.phase;
	ev->breath_depth = c->context.breath_depth;
	ev->breath_rate_bpm = c->context.breath_rate;
	ev->movement = c->context.movement;
}
