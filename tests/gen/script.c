// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who does what when.  The demo is told move by move, so that a human can follow
 * it; the others are drawn, with the densities of their table row.
 */
#include <errno.h>
#include <stdlib.h>

#include "script.h"

#define DEG	(M_PI / 180.0)

/**
 * struct density - one drawn script
 * @walk, @snaps, @crepitus, @strain: share of the activities; the rest is sitting
 *	with a deep breath (@strain: one bend or twist to the end of the range)
 * @sit_s, @walk_s: shortest and longest
 * @artefact_gap_s: mean between artefacts beside steps; 0 = as dense as can be,
 *	NaN = none
 * @events:	pops, snaps and crepitus happen
 * @rested:	every joint is ready at the start
 * @clear_s:	artefacts keep away this much from everything else; drawn once a session
 * @cover:	share of them that keep away from other artefacts only
 * @idle:	share of the pops while sitting that no breath calls forth
 * @mix:	how many of a kind among the artefacts, of the sum; all 0 = usual_mix
 */
struct density {
	double walk, snaps, crepitus, strain;
	double sit_s[2], walk_s[2];
	double artefact_gap_s;
	bool events, rested;
	double clear_s[2], cover;
	double idle;
	int mix[KIND_COUNT];
};

/* What covers an event completely has no true answer. */
#define CLEAR	.clear_s = { 0.4, 0.4 }

/* Hours without events, one activity each; every other artefact sits among breaths. */
static const struct density activities[ACTIVITY_ARTEFACT] = {
	[ACTIVITY_ANY] = { 0.20, 0.0, 0.0, 0.20, { 8, 20 }, { 15, 40 }, 6.0, false, false, CLEAR },
	[ACTIVITY_REST] = { 0.0, 0.0, 0.0, 0.0, { 20, 60 }, { 0, 0 }, NAN, false, false, CLEAR },
	[ACTIVITY_MOVE] = { 0.0, 0.0, 0.0, 0.85, { 4, 8 }, { 0, 0 }, NAN, false, false, CLEAR },
	[ACTIVITY_WALK] = { 0.95, 0.0, 0.0, 0.0, { 4, 8 }, { 40, 120 }, NAN, false, false, CLEAR },
};
static const struct density one_artefact = {
	0.0, 0.0, 0.0, 0.05, { 8, 30 }, { 0, 0 }, 3.0, false, false, CLEAR
};

static const struct density densities[SCRIPT_COUNT] = {
	[SCRIPT_REST] = { 0.0, 0.04, 0.04, 0.12, { 20, 60 }, { 0, 0 }, 300.0, true, false, CLEAR },
	[SCRIPT_DAY] = { 0.15, 0.08, 0.06, 0.12, { 20, 90 }, { 15, 60 }, 60.0, true, false, CLEAR },
	[SCRIPT_DENSE] = { 0.08, 0.12, 0.10, 0.20, { 8, 15 }, { 6, 12 }, 0.0, true, true, CLEAR },
	/*
	 * What is beside an event says little of it: coughs end where a tendon snaps, two sources
	 * sound in one swing.
	 */
	[SCRIPT_CROWDED] = { 0.06, 0.22, 0.10, 0.30, { 4, 10 }, { 5, 10 }, 0.0, true, true, .clear_s = { 0.05, 0.3 }, .cover = 0.12 },
	/* At every other movement, for who learns what a train is. */
	[SCRIPT_CREPITUS] = { 0.04, 0.06, 0.50, 0.15, { 5, 9 }, { 6, 10 }, 0.0, true, true, CLEAR },
	[SCRIPT_WALK] = { 0.70, 0.03, 0.03, 0.06, { 8, 20 }, { 40, 90 }, 60.0, true, false, CLEAR },
};

/*
 * The default session of two minutes: deep breaths with pops, a manoeuvre of
 * four, a snap series while bending, crepitus and a pop while twisting, steps,
 * taps, coughs, speech and a rub, and a last deep breath.
 */
static void tell_demo(struct builder *b)
{
	static const struct {
		double peak_s;
		int pops;
	} breaths[] = { { 11.0, 1 }, { 22.0, 1 }, { 34.0, 4 } };
	const double last = 114.0;
	double t;

	for (size_t i = 0; i < sizeof(breaths) / sizeof(breaths[0]); i++) {
		build_deep_breath(b, breaths[i].peak_s, rng_uniform(b->rng, 2.5, 4.0));
		build_pops(b, breaths[i].peak_s - rng_uniform(b->rng, 0.05, 0.4), LOAD_BREATH, 1.0,
			   breaths[i].pops);
	}
	b->subject->sites[0].movement = MOVE_BEND;
	t = build_snaps(b, 41.0, 4, 0);
	t = build_crepitus(b, t + 2.0, 1, MOVE_TWIST);
	build_move(b, MOVE_TWIST, t + 2.0, 1.2, 0.6, 1.2, 50.0 * DEG);
	build_pops(b, t + 3.3, LOAD_TWIST, 1.0, 2);
	build_walk(b, 76.0, 86.0);
	for (int i = 0; i < 3; i++)
		build_artefact(b, KIND_TAP, 89.0 + 1.2 * i + rng_uniform(b->rng, 0.0, 0.2));
	build_artefact(b, KIND_COUGH, 95.0);
	build_artefact(b, KIND_COUGH, 95.9);
	build_artefact_of(b, KIND_SPEECH, 99.0, 4.0);
	build_artefact_of(b, KIND_RUB, 105.0, 2.0);
	build_deep_breath(b, last, 3.0);
	build_pops(b, last - 0.3, LOAD_BREATH, 1.0, 1);
}

/*
 * Nothing but bends and twists, each with two pops of any two joints @gap_s apart, or
 * with one: how close may they come, and does one sound like two?  Joints are not
 * silent after it, there would be too few of them.
 */
static void tell_pairs(struct builder *b, double gap_s)
{
	double t = 12.0;

	while (t + 5.0 < b->plan->duration_s && !b->failed) {
		enum gen_movement kind = rng_below(b->rng, 2) ? MOVE_BEND : MOVE_TWIST;
		int first = rng_below(b->rng, GEN_JOINTS), step = 1 + rng_below(b->rng, GEN_JOINTS - 1);
		double at = t + rng_uniform(b->rng, 1.0, 1.5);

		build_move(b, kind, t, 1.0, 0.5, 1.0, rng_uniform(b->rng, 40.0, 60.0) * DEG);
		b->bursts++;
		build_item(b, KIND_POP, at, 0.01, first, b->bursts, 1.0);
		if (gap_s > 0.0)
			build_item(b, KIND_POP, at + gap_s, 0.01, (first + step) % GEN_JOINTS,
				   b->bursts, 1.0);
		t += rng_uniform(b->rng, 3.0, 5.0);
	}
}

/* The number of pops of one manoeuvre: 3.2. */
static int manoeuvre_size(struct rng *r)
{
	int n = 1 + rng_poisson(r, 1.5);

	return n > 6 ? 6 : n;
}

/* Sitting, with a deep breath in the second half, perhaps with pops at its end. */
static double sit(struct builder *b, const struct density *d, double t)
{
	double length = rng_uniform(b->rng, d->sit_s[0], d->sit_s[1]);
	double peak = t + rng_uniform(b->rng, 0.5, 0.9) * length;
	double depth = rng_uniform(b->rng, 2.0, 4.0), when = rng_uniform(b->rng, -0.6, 0.6);

	build_deep_breath(b, peak, depth);
	if (d->events && d->idle > 0.0 && rng_uniform(b->rng, 0.0, 1.0) < d->idle)
		build_pops(b, t + rng_uniform(b->rng, 0.0, 1.0) * length, (enum gen_load)rng_below(b->rng, 3), 1.0,
			   manoeuvre_size(b->rng));
	else if (d->events)
		build_pops(b, peak + when, LOAD_BREATH, depth / 4.0 + 0.2, manoeuvre_size(b->rng));
	return t + length;
}

/* One bend or twist to the end of the range; sometimes something gives. */
static double strain(struct builder *b, const struct density *d, double t)
{
	bool bend = rng_below(b->rng, 2) == 0, stand = rng_below(b->rng, 6) == 0;
	double rise = rng_uniform(b->rng, 0.8, 3.0), hold = rng_uniform(b->rng, 0.3, 1.5);
	double fall = rng_uniform(b->rng, 0.8, 3.0), level = rng_uniform(b->rng, 0.5, 1.0);
	double when = t + rise + rng_uniform(b->rng, -0.3, 0.6) * fmin(1.0, hold);

	if (stand) {	/* sit down, stand up */
		build_move(b, MOVE_OTHER, t, fmin(1.0, rise), 0.0, fmin(1.0, fall),
			   rng_uniform(b->rng, 0.2, 0.5));
		return t + 2.0;
	}
	build_move(b, bend ? MOVE_BEND : MOVE_TWIST, t, rise, hold, fall,
		   level * (bend ? 80.0 : 60.0) * DEG);
	if (d->events)
		build_pops(b, when, bend ? LOAD_BEND : LOAD_TWIST, level, manoeuvre_size(b->rng));
	return t + rise + hold + fall;
}

static double walk(struct builder *b, const struct density *d, double t)
{
	double length = rng_uniform(b->rng, d->walk_s[0], d->walk_s[1]);

	build_move(b, MOVE_OTHER, t, 0.8, 0.0, 0.8, rng_uniform(b->rng, 0.2, 0.5));
	build_walk(b, t + 2.0, t + 2.0 + length);
	return t + 2.0 + length + 1.0;
}

static enum gen_movement bend_or_twist(struct rng *r)
{
	return rng_below(r, 2) ? MOVE_BEND : MOVE_TWIST;
}

static double next_activity(struct builder *b, const struct density *d, double t)
{
	double u = rng_uniform(b->rng, 0.0, 1.0);
	int site = rng_below(b->rng, GEN_SITES), n = 3 + rng_below(b->rng, 6);

	if ((u -= d->walk) < 0.0)
		return walk(b, d, t);
	if ((u -= d->snaps) < 0.0)
		return build_snaps(b, t, n, site);
	if ((u -= d->crepitus) < 0.0)
		return build_crepitus(b, t, site, bend_or_twist(b->rng));
	if (u < d->strain)
		return strain(b, d, t);
	return sit(b, d, t);
}

static const int usual_mix[KIND_COUNT] = {
	[KIND_TAP] = 18, [KIND_COUGH] = 14, [KIND_SPEECH] = 16, [KIND_LAUGHTER] = 4, [KIND_RUB] = 13,
	[KIND_CREAK] = 5, [KIND_KNOCK] = 12, [KIND_MAINS] = 3, [KIND_TUG] = 4, [KIND_TOUCH] = 3, [KIND_TYPING] = 8,
};

/* In the order that a seed's draw has always meant. */
static const enum gen_kind mixed_kinds[] = {
	KIND_TAP, KIND_COUGH, KIND_SPEECH, KIND_LAUGHTER, KIND_RUB, KIND_CREAK, KIND_KNOCK, KIND_MAINS,
	KIND_TUG, KIND_TOUCH, KIND_TYPING,
};

#define MIXED_KINDS	(sizeof(mixed_kinds) / sizeof(mixed_kinds[0]))

static enum gen_kind draw_artefact(const struct density *d, struct rng *r)
{
	const int *mix = d->mix[KIND_TAP] ? d->mix : usual_mix;
	int sum = 0, u;
	size_t i = 0;

	for (size_t k = 0; k < MIXED_KINDS; k++)
		sum += mix[mixed_kinds[k]];
	u = rng_below(r, sum);
	while (u >= mix[mixed_kinds[i]])
		u -= mix[mixed_kinds[i++]];
	return mixed_kinds[i];
}

/* How many follow each other: coughs and taps come in groups. */
static int draw_group(enum gen_kind kind, struct rng *r)
{
	return kind == KIND_COUGH ? 1 + rng_below(r, 5) : kind == KIND_TAP ? 1 + rng_below(r, 4) : 1;
}

/*
 * Artefacts keep clear of everything else by what the script asks for.  Those that only
 * lie under it - talk, typing, hum - need not, nor a share of the others.
 * @only: this kind alone, or KIND_COUNT.
 */
static void fill_artefacts(struct builder *b, const struct density *d, enum gen_kind only)
{
	double clear = d->clear_s[0], t = 2.0;

	if (d->clear_s[1] > clear)
		clear = rng_uniform(b->rng, clear, d->clear_s[1]);
	while (t < b->plan->duration_s) {
		enum gen_kind kind = only == KIND_COUNT ? draw_artefact(d, b->rng) : only;
		int group = draw_group(kind, b->rng);
		bool may_cover = (kind == KIND_SPEECH || kind == KIND_TYPING || kind == KIND_MAINS) &&
				 rng_below(b->rng, 4) == 0;

		if (d->cover > 0.0 && rng_uniform(b->rng, 0.0, 1.0) < d->cover)
			may_cover = true;
		for (int i = 0; i < group; i++) {
			double length = artefact_length(kind, b->rng);

			if (may_cover ? build_has_no_artefact(b, t - clear, t + length + clear) :
					build_is_free(b, t - clear, t + length + clear))
				build_artefact_of(b, kind, t, length);
			t += fmax(length + 0.1, rng_uniform(b->rng, 0.6, 1.2));
		}
		t += d->artefact_gap_s > 0.0 ? rng_gamma(b->rng, 1.0, d->artefact_gap_s) :
					       rng_uniform(b->rng, 0.5, 1.0);
	}
}

static void draw_script(struct builder *b, const struct density *d, enum gen_kind only)
{
	double t = 5.0;

	b->sighs = true;

	for (int i = 0; i < GEN_JOINTS && !d->rested; i++) {
		struct gen_joint *j = &b->subject->joints[i];

		j->ready_s = fmax(0.0, rng_uniform(b->rng, -0.5, 0.9) * j->refractory_s);
	}
	while (t < b->plan->duration_s && !b->failed)
		t = next_activity(b, d, t) + rng_uniform(b->rng, 0.5, 3.0);
	if (!isnan(d->artefact_gap_s))
		fill_artefacts(b, d, only);
}

static const struct density *density_of(const struct gen_options *opt)
{
	if (opt->script != SCRIPT_NEGATIVES)
		return &densities[opt->script];
	return opt->activity < ACTIVITY_ARTEFACT ? &activities[opt->activity] : &one_artefact;
}

/* A film as 3.9 has them, not only those that suit this chip. */
static void widen_film(struct gen_subject *s, struct rng *r)
{
	s->film_v_per_g = copysign(rng_loguniform(r, 0.05, 4.0), s->film_v_per_g);
	s->film_rc_hz = rng_loguniform(r, 0.7, 10.0);
	s->film_res_hz = rng_loguniform(r, 180.0, 2000.0);
}

/* Who lies, and who sits aslant. */
static void lay_down(struct gen_subject *s, struct rng *r)
{
	s->pitch = rng_uniform(r, -15.0, 25.0) * M_PI / 180.0;
	s->roll = rng_uniform(r, -8.0, 8.0) * M_PI / 180.0;
	if (rng_below(r, 5) == 0)
		s->pitch = copysign(rng_uniform(r, 60.0, 95.0), s->pitch) * M_PI / 180.0;
}

/*
 * A script of its own for each seed, as different as section 3 allows: how much sounds, of what, how close
 * together, and beside how many artefacts of which kinds.  Who learns from it cannot learn one script's habits.
 * One seed in five is without events.
 */
static struct density draw_density(struct builder *b)
{
	struct rng *r = b->rng;
	double sit = rng_loguniform(r, 3.0, 20.0);
	struct density d = {
		.walk = rng_uniform(r, 0.0, 0.2), .snaps = rng_loguniform(r, 0.03, 0.4),
		.crepitus = rng_uniform(r, 0.0, 0.12), .strain = rng_uniform(r, 0.1, 0.4),
		.sit_s = { sit, sit * rng_uniform(r, 1.5, 4.0) }, .walk_s = { 5.0, rng_loguniform(r, 8.0, 60.0) },
		.artefact_gap_s = rng_below(r, 4) ? rng_loguniform(r, 1.0, 60.0) : 0.0,
		.events = true, .rested = rng_below(r, 2),
	};

	d.clear_s[0] = d.clear_s[1] = rng_loguniform(r, 0.02, 0.6);
	d.cover = rng_below(r, 2) ? rng_uniform(r, 0.0, 0.3) : 0.0;
	d.idle = rng_below(r, 2) ? rng_uniform(r, 0.0, 0.5) : 0.0;
	for (size_t k = 0; k < MIXED_KINDS; k++)
		d.mix[mixed_kinds[k]] = (int)ceil(10.0 * usual_mix[mixed_kinds[k]] * rng_loguniform(r, 0.2, 5.0));
	b->tendons = rng_below(r, 5);
	b->joints_too = rng_below(r, 3);
	if (rng_below(r, 5) == 0) {
		d.strain += d.snaps;
		d.snaps = d.crepitus = 0.0;
		d.events = false;
	}
	return d;
}

int gen_plan_make(struct gen_plan *plan, const struct gen_options *opt, struct gen_subject *s,
		  struct rng *r)
{
	struct builder b = { .plan = plan, .subject = s, .rng = r };

	*plan = (struct gen_plan){ .duration_s = opt->duration_s, .min_snr_db = NAN };
	if (opt->script == SCRIPT_DEMO) {
		plan->min_snr_db = 22.0;
		s->lung_hz = 0.0;
		for (int i = 0; i < GEN_JOINTS; i++)
			s->joints[i].load = i % 2 ? LOAD_TWIST : LOAD_BREATH;
		tell_demo(&b);
	} else if (opt->script == SCRIPT_PAIRS) {
		s->lung_hz = 0.0;
		tell_pairs(&b, opt->gap_s);
	} else {
		struct density d = *density_of(opt);

		if (opt->script == SCRIPT_CROWDED) {
			b.tendons = 3;
			b.joints_too = 1;
			widen_film(s, r);
		} else if (opt->script == SCRIPT_MIXED) {
			d = draw_density(&b);
			lay_down(s, r);
			if (rng_below(r, 2))
				widen_film(s, r);
		}
		if (opt->background)	/* that body walks when it will */
			d.walk = 0.0;
		draw_script(&b, &d, opt->activity >= ACTIVITY_ARTEFACT ?
				    (enum gen_kind)(KIND_TAP + opt->activity - ACTIVITY_ARTEFACT) :
				    KIND_COUNT);
		/* Crackling lungs are an event: none where there may be none. */
		if (!d.events)
			s->lung_hz = 0.0;
	}
	build_finish(&b);
	return b.failed ? -ENOMEM : 0;
}

void gen_plan_free(struct gen_plan *plan)
{
	free(plan->breaths);
	free(plan->moves);
	free(plan->walks);
	free(plan->beats);
	free(plan->items);
}
