// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Posture, breathing, heart, movement and gait as functions of time: whoever
 * asks for an instant gets the same answer, in any order.
 */
#include "gen.h"

#define LEVER_M		0.10	/* sensor to the axis of a twist */
#define REACTION_S	0.2	/* in which a twist's tangential push rises and falls */
#define STANDARD_G	9.80665
#define BREATH_MAX_G	0.10	/* p-p of the deepest breath */
#define HEART_TAIL_S	0.6

/* Index of the last of @n spans of @size that starts at or before @t, or -1. */
static long last_before(const void *spans, size_t n, size_t size, size_t start_at, double t)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (*(const double *)((const char *)spans + mid * size + start_at) <= t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (long)lo - 1;
}

#define LAST_BEFORE(array, n, type, t) \
	last_before(array, n, sizeof(type), offsetof(type, start_s), t)

static double raised_cosine(double u)
{
	return 0.5 * (1.0 - gm_cos(M_PI * u));
}

static const struct gen_breath *breath_at(const struct gen_plan *plan, double t)
{
	long i = LAST_BEFORE(plan->breaths, plan->n_breaths, struct gen_breath, t);

	return i < 0 ? NULL : &plan->breaths[i];
}

/* Lung volume above rest, 1 = a quiet breath. */
static double volume_at(const struct gen_plan *plan, double t)
{
	const struct gen_breath *b = breath_at(plan, t);
	double x;

	if (!b)
		return 0.0;
	x = t - b->start_s;
	if (x < b->inhale_s)
		return b->depth * raised_cosine(x / b->inhale_s);
	x -= b->inhale_s;
	if (x < b->hold_s)
		return b->depth;
	x -= b->hold_s;
	if (x < b->exhale_s)
		return b->depth * (1.0 - raised_cosine(x / b->exhale_s));
	return 0.0;
}

enum gen_phase gen_phase_at(const struct gen_plan *plan, double t, double *depth, double *degrees)
{
	const struct gen_breath *b = breath_at(plan, t);
	double x = b ? t - b->start_s : 0.0;

	*depth = b ? b->depth : 0.0;
	*degrees = 0.0;
	if (!b)
		return PHASE_HOLD;
	if (x < b->inhale_s) {
		*degrees = 180.0 * x / b->inhale_s;
		return PHASE_INHALE;
	}
	x -= b->inhale_s + b->hold_s;
	*degrees = 180.0 * (1.0 + fmin(1.0, fmax(0.0, x / b->exhale_s)));
	return x >= 0.0 && x < b->exhale_s ? PHASE_EXHALE : PHASE_HOLD;
}

double gen_move_shape(const struct gen_move *m, double t, double *speed)
{
	double x = t - m->start_s;

	*speed = 0.0;
	if (x <= 0.0)
		return 0.0;
	if (x < m->rise_s) {
		*speed = 0.5 * M_PI / m->rise_s * gm_sin(M_PI * x / m->rise_s);
		return raised_cosine(x / m->rise_s);
	}
	x -= m->rise_s;
	if (x < m->hold_s)
		return 1.0;
	x -= m->hold_s;
	if (x >= m->fall_s)
		return 0.0;
	*speed = 0.5 * M_PI / m->fall_s * gm_sin(M_PI * x / m->fall_s);
	return 1.0 - raised_cosine(x / m->fall_s);
}

static const struct gen_move *move_at(const struct gen_plan *plan, double t)
{
	long i = LAST_BEFORE(plan->moves, plan->n_moves, struct gen_move, t);
	const struct gen_move *m = i < 0 ? NULL : &plan->moves[i];

	return m && t < m->start_s + m->rise_s + m->hold_s + m->fall_s ? m : NULL;
}

static const struct gen_walk *walk_at(const struct gen_plan *plan, double t)
{
	long i = LAST_BEFORE(plan->walks, plan->n_walks, struct gen_walk, t);
	const struct gen_walk *w = i < 0 ? NULL : &plan->walks[i];

	return w && t < w->end_s ? w : NULL;
}

enum gen_movement gen_movement_at(const struct gen_plan *plan, double t)
{
	const struct gen_move *m = move_at(plan, t);

	if (walk_at(plan, t))
		return MOVE_WALK;
	return m ? m->kind : MOVE_NONE;
}

double gen_angle_at(const struct gen_plan *plan, double t)
{
	const struct gen_move *m = move_at(plan, t);
	double speed;

	return m && m->kind != MOVE_OTHER ? m->range * gen_move_shape(m, t, &speed) : 0.0;
}

static void add_walk(const struct gen_walk *w, double t, double acc[3])
{
	double x = t - w->start_s, p = 2.0 * M_PI * w->step_hz * x;
	double fade = fmin(1.0, fmin(x, w->end_s - t) / 0.5);

	acc[0] += fade * (w->amp_g[0] * gm_sin(p) + w->amp_g[1] * gm_sin(2.0 * p + 0.7));
	acc[1] += fade * 0.5 * w->amp_g[0] * gm_sin(0.5 * p);
	acc[2] += fade * 0.6 * w->amp_g[0] * gm_sin(p + 1.1);
}

/* Two damped sounds a beat. */
static double heart_at(const struct gen_plan *plan, const struct gen_subject *s, double t)
{
	long i = last_before(plan->beats, plan->n_beats, sizeof(double), 0, t);
	double sum = 0.0;

	for (; i >= 0 && t - plan->beats[i] < 2.0 * HEART_TAIL_S; i--) {
		double x = t - plan->beats[i], y = x - 0.30;
		double f1 = 18.0 + 7.0 * (s->heart_rr_s - 0.75) / 0.2, f2 = f1 + 6.0;

		sum += gm_exp(-x / 0.035) * gm_sin(2.0 * M_PI * f1 * x);
		if (y >= 0.0)
			sum += 0.6 * gm_exp(-y / 0.030) * gm_sin(2.0 * M_PI * f2 * y);
	}
	return sum;
}

/* Of the film's warmth: no period of its own, rms 1, all below 0.1 Hz. */
static double drift_at(double t)
{
	return 0.8 * (gm_sin(2.0 * M_PI * 0.011 * t) + gm_sin(2.0 * M_PI * 0.037 * t + 1.0) +
		      gm_sin(2.0 * M_PI * 0.071 * t + 2.0));
}

void gen_body_at(const struct gen_plan *plan, const struct gen_subject *s, double t,
		 struct gen_slow *out)
{
	const struct gen_move *m = move_at(plan, t);
	const struct gen_walk *w = walk_at(plan, t);
	double volume = volume_at(plan, t), heart = heart_at(plan, s, t);
	/* A full breath of depth 1 turns the back by breath_g as sine of the angle. */
	double pitch = s->pitch + fmin(s->breath_g * volume, BREATH_MAX_G);
	double speed, shape, rate;

	if (plan->background) {
		/* A real body: what is made up here would only cover it. */
		double mv = 0.0;

		*out = (struct gen_slow){ .acc = { 0.0, 0.0, 1.0 } };
		gen_background_at(plan->background, t, out->acc, &mv);
		out->film_v = 1e-3 * mv / s->film_shunt;
		return;
	}
	out->acc[0] = out->acc[1] = out->acc[2] = 0.0;
	out->film_v = s->breath_strain_v * fmin(volume, 4.0) + s->heart_v * heart +
		      s->drift_v * drift_at(t);
	if (m) {
		shape = gen_move_shape(m, t, &speed);
		rate = m->range * speed;
		switch (m->kind) {
		case MOVE_BEND:
			pitch += m->range * shape;
			out->film_v += s->move_strain_v * m->range * shape;
			break;
		case MOVE_TWIST:
			/* Little turns to gravity: what shows is the turning itself. */
			out->acc[2] -= rate * rate * LEVER_M / STANDARD_G;
			out->acc[1] += rate / REACTION_S * LEVER_M / STANDARD_G;
			pitch += 0.05 * m->range * shape;
			out->film_v += s->move_strain_v * m->range * shape;
			break;
		default:
			out->acc[0] += m->range * speed * m->rise_s / (0.5 * M_PI);
			break;
		}
	}
	if (w)
		add_walk(w, t, out->acc);
	out->acc[0] += gm_cos(pitch) * gm_cos(s->roll);
	out->acc[1] -= gm_sin(s->roll) * gm_cos(pitch);
	out->acc[2] += gm_sin(pitch) + s->heart_g * heart;
}
