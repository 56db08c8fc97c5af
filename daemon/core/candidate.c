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
	ev->silent_s = ev->since_s = NAN;
}

static void trace_shape(struct bp_trace_shape *t, const struct bp_shape *s)
{
	*t = (struct bp_trace_shape){
		.seen = s->seen, .peak = s->peak, .ratio = s->ratio, .length_s = s->length_s,
		.freq_hz = s->freq_hz, .cycles = s->cycles, .before = s->before,
		.after = s->after, .late = s->late, .low_swing = s->low_swing,
		.low_before = s->low_before, .period = s->period,
	};
}

void bp_candidate_trace(struct bp_trace *tr, const struct bp_candidate *c,
			const struct bp_ruling *r, int64_t now_ns)
{
	*tr = (struct bp_trace){
		.onset_ns = c->onset_ns, .now_ns = now_ns, .event = c->number, .look = c->next,
		.outcome = r->outcome, .rule = r->rule, .reason = r->reason, .value = r->value,
		.limit = r->limit, .movement = c->context.movement,
		.breath_phase = c->context.phase, .volume = c->context.volume,
	};
	trace_shape(&tr->motion, &c->shape[BP_MOTION]);
	trace_shape(&tr->film, &c->shape[BP_FILM]);
}
