// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/reject.h"

/* A finger on the sensor gives 1 to 4 g and clips the film (3.8); pops reach 0.32 g (3.2, p95). */
#define TAP_G		0.9f
/* It presses for some 100 ms: strain of 0.4 of its ring, 50 to 300 mg (3.8); no pop does. */
#define PRESS_FILM	0.3f
#define PRESS_MOTION	0.06f
#define PRESS_G		0.03f
#define PRESS_SURE_G	0.06f
#define PRESS_NEW	3.0f	/* times the swing that was there before */
#define STRAIN_NEW	2.0f
#define PRESS_RATIO	3e3f	/* a finger gives a film 1 to 10 V, 50 dB and more: power over noise */
#define PRESS_HZ	170.0f	/* a low snap reaches below 25 Hz by itself; taps ring at 300 to 900 */
/* Steps and heaves: swing below 25 Hz in the same 160 ms (3.7, 3.8: 0.2 to 0.6 g). */
#define HEAVE_G		0.10f
#define HEAVE_SHARE	0.5f	/* its vibration is 5 to 20 % of the swing */
#define STRAIN_MOST	4.5f	/* and in one below this: */
#define STRAIN_HZ	250.0f
#define STRAIN_SURE	7.0f
#define STRAIN_MUCH	3.0f	/* times the vibration, in a weak one, or where it was so before */
/* Times the most of it in the second before: less is what this body's heart does all the time. */
#define SWING_NEW	1.5f
#define STEP_HZ		140.0f	/* strikes have 45 to 80 Hz, as the mean frequency sees it */
/* Voices and struck furniture are periodic for 60 ms, flesh is not. */
#define PERIODIC	0.91f
/* But a loud ring is periodic down to its last trace: only one that goes on counts. */
#define TAIL		0.2f	/* share of the later hops near the peak's level */
#define TAIL_CYCLES	5.5f
#define VOICED_SHARE	0.4f	/* of the later hops near the peak's level: a voice goes on */
/* A noise is going on when its power is this far above the wearer at rest. */
#define NOISY		3.0f
/* A pop stands out of what goes on before and after it by this much power: */
#define OUTSTANDING	12.0f	/* at rest: 11 dB */
#define OUT_OF_NOISE	400.0f	/* of a noise made by the wearer, which has peaks of its own */
#define LASTING		0.35f	/* share of later hops near the peak's level */
/* Crackles are separate, irregular, and below most of the rubbing's band. */
#define CRACKLE_LATE	0.75f
#define CRACKLE_PERIOD	0.6f
#define CRACKLE_HZ	560.0f
#define LOW_HZ		70.0f	/* mean frequency at the very edge of the band: a bump */
/* Flesh is damped (zeta 0.12 and more: 1 to 3 cycles to -20 dB), furniture rings (4.6 to 11). */
#define RING_CYCLES	6.0f	/* short pops ring on in the converter's filter, too */
#define RING_MIN_S	0.024f
/* A deep one has 0.37 / zeta cycles to -20 dB: flesh up to 3 and some for its rise, wood and steel 3.5 to 11. */
#define DEEP_CYCLES	5.25f
#define DEEP_HZ		190.0f
/* Six pops of a manoeuvre sound for a quarter of the 235 ms that are looked at. */
#define LATE		0.45f
/*
 * Noise turns more often than it: 98 % of the generator's pops have 5
 * pairs or fewer, creaks and cloth 5 to 20, where the band is wide enough to show.
 */
#define BUSY_CYCLES	6.5f
#define BUSY_RATE_HZ	2000.0f
/* Of a loud one the film's own resonance is heard, too, before it has fallen by 20 dB. */
#define LOUD_RATIO	1e4f
#define LOUD_CYCLES	8.5f

static struct bp_ruling refuse(enum bp_rule rule, enum bp_reason reason, float value, float limit)
{
	return (struct bp_ruling){ BP_REFUSED, rule, reason, value, limit };
}

static bool pressed(const struct bp_shape *s, float share)
{
	return s->seen && s->freq_hz > PRESS_HZ && s->low_swing > share * s->peak &&
	       s->low_swing > PRESS_NEW * s->low_before;
}

/* Fingers come twice: the press before does not excuse this one, walking does. */
static bool pushed(const struct bp_shape *m, const struct bp_context *ctx)
{
	return m->low_swing > PRESS_G && (pressed(m, PRESS_MOTION) ||
		(m->seen && m->freq_hz > PRESS_HZ && m->low_swing > PRESS_SURE_G &&
		 ctx->movement != BP_MOVEMENT_WALK));
}

/*
 * More strain than vibration: a footfall or a heave as the film alone feels it.
 * The heart strains it too, beat by beat: what is higher than a footfall and no
 * more than usual below is none.  Neither is what is low and weak, unless the
 * strain is much more: a footfall's is 7 to 12 times its vibration, a heartbeat's
 * 4 or more, a tendon that the film hardly hears has the heart's below it, 1 to 3.
 * A strong heart, or a film that feels much of it, is below a loud one as well.
 */
static bool strained(const struct bp_shape *f)
{
	bool weak = f->seen && f->ratio > BP_SURE_RATIO && f->ratio < BP_WEAK_RATIO && f->freq_hz > LOW_HZ;
	float much = weak || f->low_swing < SWING_NEW * f->low_before ? STRAIN_MUCH : 1;

	if (weak && f->freq_hz < STRAIN_HZ && f->low_swing > STRAIN_MOST * f->peak)
		return true;
	return f->seen && f->low_swing > f->peak &&
	       ((f->freq_hz < PRESS_HZ && f->low_swing > much * f->peak) ||
		f->low_swing > STRAIN_NEW * f->low_before);
}

static bool heaved(const struct bp_shape *m)
{
	return m->seen && m->low_swing > HEAVE_G && m->peak < HEAVE_SHARE * m->low_swing;
}

/* How far the peak stands out of what is around it, be it rest or noise; 1 = enough. */
static float above(const struct bp_shape *s, float base, float quiet)
{
	float need = (base > NOISY * quiet ? OUT_OF_NOISE : OUTSTANDING) * base;

	return need > 0 ? s->peak * s->peak / need : 1e9f;
}

static float outstanding(const struct bp_shape *s, float quiet, bool both_sides)
{
	float before = above(s, s->before, quiet), after;

	if (!both_sides)
		return before;
	after = above(s, s->after, quiet);
	return before < after ? before : after;
}

static bool rings(const struct bp_shape *s)
{
	return s->length_s > RING_MIN_S && s->cycles > RING_CYCLES;
}

bool bp_pressed(const struct bp_candidate *c)
{
	return pressed(&c->shape[BP_FILM], PRESS_FILM) ||
	       pushed(&c->shape[BP_MOTION], &c->context);
}

bool bp_strained(const struct bp_candidate *c)
{
	return strained(&c->shape[BP_FILM]);
}

bool bp_crackly(const struct bp_candidate *c)
{
	const struct bp_shape *s = &c->shape[bp_candidate_main(c)];

	return s->late < CRACKLE_LATE && s->period < CRACKLE_PERIOD && s->freq_hz < CRACKLE_HZ &&
	       s->freq_hz > LOW_HZ;
}

struct bp_ruling bp_reject(const struct bp_candidate *c, enum bp_look look,
			   const float quiet[BP_STREAMS], const float rate_hz[BP_STREAMS])
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *f = &c->shape[BP_FILM];
	int k = bp_candidate_main(c);
	const struct bp_shape *s = &c->shape[k];
	bool later = look >= BP_LOOK_MIDDLE, heave = heaved(m);
	float out = outstanding(s, quiet[k], later), busy = s->ratio > LOUD_RATIO ? LOUD_CYCLES : BUSY_CYCLES;

	if (s->overtaken > BP_FLANK)
		return refuse(BP_RULE_FLANK, BP_REASON_OTHER, s->overtaken, BP_FLANK);
	if ((m->seen && m->clipped) || (f->seen && f->clipped))
		return refuse(BP_RULE_FULL_SCALE, BP_REASON_TAP, 1, 1);
	if (m->seen && m->peak > TAP_G)
		return refuse(BP_RULE_TOO_STRONG, BP_REASON_TAP, m->peak, TAP_G);
	if (later && s->period > PERIODIC && (s->late > TAIL || s->cycles > TAIL_CYCLES))
		return refuse(BP_RULE_PERIODIC,
			      s->late > VOICED_SHARE ? BP_REASON_SPEECH : BP_REASON_KNOCK,
			      s->period, PERIODIC);
	if (heave && later && out < 1)
		return refuse(BP_RULE_HEAVE, BP_REASON_COUGH, m->low_swing, HEAVE_G);
	if (heave && s->freq_hz < STEP_HZ)
		return refuse(BP_RULE_HEAVE, BP_REASON_STEP, m->low_swing, HEAVE_G);
	/* Of a faint one the rest is weighed, too. */
	if (strained(f) && (f->ratio > BP_WEAK_RATIO || f->low_swing > STRAIN_SURE * f->peak))
		return refuse(BP_RULE_STRAIN, BP_REASON_STEP, f->low_swing, f->peak);
	if (f->seen && f->ratio > PRESS_RATIO && pressed(f, PRESS_FILM))
		return refuse(BP_RULE_PRESS, BP_REASON_TAP, f->low_swing / f->peak, PRESS_FILM);
	if ((!f->seen || f->ratio > PRESS_RATIO) && pushed(m, &c->context))
		return refuse(BP_RULE_PRESS, BP_REASON_TAP, m->low_swing / m->peak, PRESS_MOTION);
	if (out < 1)
		return refuse(BP_RULE_MASKED, BP_REASON_RUB, out, 1);
	if (s->freq_hz < LOW_HZ)
		return refuse(BP_RULE_LOW, BP_REASON_KNOCK, s->freq_hz, LOW_HZ);
	if (rings(s))
		return refuse(BP_RULE_RINGS, BP_REASON_KNOCK, s->cycles, RING_CYCLES);
	if (s->cycles > DEEP_CYCLES && s->freq_hz < DEEP_HZ)
		return refuse(BP_RULE_RINGS, BP_REASON_KNOCK, s->cycles, DEEP_CYCLES);
	if (look == BP_LOOK_LAST && s->late > LATE)
		return refuse(BP_RULE_LASTS, BP_REASON_RUB, s->late, LATE);
	if (s->cycles > busy && rate_hz[k] > BUSY_RATE_HZ)
		return refuse(BP_RULE_BUSY, BP_REASON_RUB, s->cycles, busy);
	return (struct bp_ruling){
		.outcome = look == BP_LOOK_FIRST && s->late > LASTING ? BP_DOUBTED : BP_KEPT,
	};
}
