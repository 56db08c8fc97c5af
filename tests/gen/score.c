// SPDX-License-Identifier: GPL-2.0-or-later
/* Adds up what was found and what was missed. */
#include "score.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_S		0.3	/* a false alarm this close to an event: found twice */
#define ARTEFACT_S	0.1	/* still the artefact's doing this long around it */
#define TTL_WAIT_S	0.5
#define ACTIVITY_STEP_S	0.1
#define BREATH_BACK_S	40.0	/* the true rate is that of the whole breaths in this time before */

static void add_sample(struct score *score, struct samples *x, double v)
{
	if ((x->n & (x->n - 1)) == 0) {
		double *grown = realloc(x->v, (x->n ? 2 * x->n : 1) * sizeof(*grown));

		if (!grown) {
			score->failed = true;
			return;
		}
		x->v = grown;
	}
	x->v[x->n++] = v;
}

/* @cause: what cause_of() said of the same instant. */
static enum score_activity activity_of(const struct score_session *s, double t,
				       enum score_cause cause)
{
	enum score_activity a = SCORE_REST;

	if (cause < CAUSE_ARTEFACTS)
		return (enum score_activity)cause;
	for (size_t i = 0; i < s->n_moves; i++) {
		if (t < s->moves[i].from_s || t > s->moves[i].to_s)
			continue;
		if (s->moves[i].walk)
			return SCORE_WALK;
		a = SCORE_MOVE;
	}
	return a;
}

static enum score_cause cause_of(const struct score_session *s, double onset_s)
{
	enum score_cause cause = CAUSE_NOTHING;

	for (size_t i = 0; i < s->n_truth; i++) {
		const struct truth *t = &s->truth[i];
		double from = t->onset_s - ARTEFACT_S, to = t->end_s + ARTEFACT_S;

		/* in the order of their onsets: none of the others is near */
		if (onset_s < from && onset_s < t->onset_s - NEAR_S)
			break;
		if (t->class_ == CLASS_ARTEFACT && onset_s >= from && onset_s <= to)
			return t->cause;
		if (score_is_train(t->class_) && onset_s >= from && onset_s <= to)
			cause = CAUSE_TRAIN;
		else if (score_is_sharp(t->class_) && fabs(onset_s - t->onset_s) <= NEAR_S &&
			 cause == CAUSE_NOTHING)
			cause = CAUSE_EVENT;
	}
	return cause;
}

static void add_hit(struct score *score, const struct score_session *s, const struct truth *t,
		    const struct found *f)
{
	score->hits++;
	score->by_class_hits[t->class_]++;
	score->confusion[t->class_][f->class_]++;
	if (!score_is_sharp(t->class_))
		return;
	add_sample(score, &score->onset_error_s, f->onset_s - t->onset_s);
	if (!isnan(f->class_since_s))
		add_sample(score, &score->settle_s, f->class_since_s - t->onset_s);
	/* What is held for crackles has a second (system.md 6); that it was none, the classes say. */
	if (!isnan(f->first_emitted_s) && !score_is_train(f->class_))
		add_sample(score, &score->latency_s, f->first_emitted_s - t->onset_s);
	if (!isnan(f->arrival_s))
		add_sample(score, &score->arrival_s, f->arrival_s - t->onset_s);
	for (size_t i = 0; i < s->n_edges; i++) {
		double after = s->edges_s[i] - t->onset_s;

		if (after >= 0.0 && after <= TTL_WAIT_S) {
			add_sample(score, &score->ttl_s, after);
			break;
		}
	}
}

static void add_truths(struct score *score, const struct score_session *s)
{
	for (size_t i = 0; i < s->n_truth; i++) {
		const struct truth *t = &s->truth[i];

		if (t->class_ == CLASS_ARTEFACT)
			continue;
		if (t->quiet) {
			score->quiet++;
			continue;
		}
		score->truths++;
		score->by_class_truths[t->class_]++;
		if (t->match >= 0)
			add_hit(score, s, t, &s->found[t->match]);
	}
}

/* A true event stood there, and it was taken back. */
static bool lies_on_event(const struct score_session *s, double onset_s, double collar)
{
	for (size_t i = 0; i < s->n_truth; i++) {
		const struct truth *t = &s->truth[i];

		if (score_is_sharp(t->class_) && !t->quiet && t->match < 0 &&
		    fabs(onset_s - t->onset_s) <= collar)
			return true;
	}
	return false;
}

/* Was it as sure as it was right? */
static void add_confidence(struct score_reliability *r, double confidence, bool right)
{
	int bin;

	if (isnan(confidence))
		return;
	bin = (int)fmin(fmax(confidence * SCORE_BINS, 0), SCORE_BINS - 1);
	r->events[bin]++;
	r->confidence[bin] += confidence;
	r->right[bin] += right;
}

static bool is_of_class(const struct score_session *s, const struct found *f, enum score_class c)
{
	return f->match >= 0 && s->truth[f->match].class_ == c;
}

static void add_found(struct score *score, const struct score_session *s)
{
	for (size_t i = 0; i < s->n_found; i++) {
		const struct found *f = &s->found[i];
		enum score_cause cause = cause_of(s, f->onset_s);
		enum score_activity activity = activity_of(s, f->onset_s, cause);

		if (!f->ignored)
			add_confidence(&score->first, f->first_confidence,
				       is_of_class(s, f, f->first_class));
		if (!f->ignored && f->class_ != CLASS_ARTEFACT)
			add_confidence(&score->settled, f->confidence, is_of_class(s, f, f->class_));
		score->activity_withdrawn[activity] += f->class_ == CLASS_ARTEFACT;
		if (f->class_ == CLASS_ARTEFACT) {
			double after = f->last_emitted_s - f->onset_s;

			score->withdrawn++;
			score->withdrawn_late += after > SCORE_SETTLE_S;
			score->withdrawn_true += lies_on_event(s, f->onset_s, score->opt.collar_s);
			add_sample(score, &score->withdrawal_s, after);
		} else if (f->ignored) {
			score->fragments++;
		} else if (f->match < 0) {
			score->false_alarms++;
			score->by_cause[cause]++;
			score->activity_alarms[activity]++;
		}
	}
}

/* Breaths in which the lungs crackled and something there is held for a cavitation. */
static uint64_t count_lung_cavitations(const struct score_session *s, double collar)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->n_truth; i++) {
		const struct truth *t = &s->truth[i];

		if (t->class_ != CLASS_LUNG_CRACKLE || t->quiet)
			continue;
		for (size_t k = 0; k < s->n_found; k++) {
			const struct found *f = &s->found[k];
			bool own = f->match < 0 || f->match == (long)i;

			if (own && f->class_ == CLASS_CAVITATION && score_overlaps(t, f, collar)) {
				n++;
				break;
			}
		}
	}
	return n;
}

/* Manoeuvres of several pops, quiet ones left out. */
static void add_manoeuvres(struct score *score, const struct score_session *s)
{
	uint64_t counted = 0;		/* manoeuvres are numbered in time order */

	for (size_t i = 0; i < s->n_truth; i++) {
		size_t n = 0, found = 0;

		if (s->truth[i].burst <= counted)
			continue;
		counted = s->truth[i].burst;
		for (size_t k = i; k < s->n_truth && s->truth[k].onset_s < s->truth[i].onset_s + 1.0; k++) {
			if (s->truth[k].burst != counted || s->truth[k].quiet)
				continue;
			n++;
			found += s->truth[k].match >= 0;
		}
		if (n >= 2) {
			score->manoeuvres++;
			score->manoeuvres_found += found > 0;
			score->manoeuvres_exact += found == n;
		}
	}
}

static void add_activities(struct score *score, const struct score_session *s)
{
	for (double t = 0.5 * ACTIVITY_STEP_S; t < s->duration_s; t += ACTIVITY_STEP_S)
		score->activity_hours[activity_of(s, t, cause_of(s, t))] += ACTIVITY_STEP_S / 3600.0;
}

/* Cavitations of one site must leave it its refractory time. */
static void add_too_soon(struct score *score, const struct score_session *s)
{
	for (size_t i = 0; i < s->n_found; i++) {
		const struct found *f = &s->found[i];

		for (size_t k = i; f->class_ == CLASS_CAVITATION && f->site && k-- > 0;) {
			const struct found *before = &s->found[k];

			if (f->onset_s - before->onset_s > SCORE_REFRACTORY_S)
				break;
			if (before->class_ == CLASS_CAVITATION && before->site == f->site) {
				score->too_soon++;
				break;
			}
		}
	}
}

static enum score_phase true_phase(const struct true_breath *b, double t)
{
	if (t < b->peak_s)
		return SCORE_INHALE;
	return t >= b->exhale_s && t < b->end_s ? SCORE_EXHALE : SCORE_HOLD;
}

/* What standing events say of breathing, against the truth at their onsets. */
static void add_breathing(struct score *score, const struct score_session *s)
{
	size_t b = 0, from = 0;

	for (size_t i = 0; i < s->n_found && s->n_breaths; i++) {
		const struct found *f = &s->found[i];

		while (b + 1 < s->n_breaths && s->breaths[b + 1].start_s <= f->onset_s)
			b++;
		while (from < b && s->breaths[from].start_s < f->onset_s - BREATH_BACK_S)
			from++;
		if (f->class_ == CLASS_ARTEFACT || f->onset_s < BREATH_BACK_S)
			continue;
		if (f->breath_phase == SCORE_UNKNOWN) {
			score->phase_unknown++;
		} else {
			score->phase_known++;
			score->phase_right += f->breath_phase == true_phase(&s->breaths[b], f->onset_s);
		}
		if (!isnan(f->breath_rate_bpm) && b >= from + 2)
			add_sample(score, &score->breath_error_bpm,
				   fabs(f->breath_rate_bpm -
					60.0 * (double)(b - from) /
						(s->breaths[b].start_s - s->breaths[from].start_s)));
	}
}

static void add_strict(struct score *score, const struct score_session *s)
{
	for (size_t i = 0; i < s->n_truth; i++)
		score->strict_hits += s->truth[i].class_ != CLASS_ARTEFACT && !s->truth[i].quiet &&
				      s->truth[i].match >= 0;
	for (size_t i = 0; i < s->n_found; i++)
		score->strict_alarms += s->found[i].class_ != CLASS_ARTEFACT &&
					!s->found[i].ignored && s->found[i].match < 0;
}

static struct score_counts counts_of(const struct score *s)
{
	struct score_counts c = {
		.hours = s->hours, .truths = s->truths, .hits = s->hits,
		.false_alarms = s->false_alarms, .strict_hits = s->strict_hits,
		.strict_alarms = s->strict_alarms,
		.lung_truths = s->by_class_truths[CLASS_LUNG_CRACKLE],
		.lung_cavitations = s->lung_called_cavitation,
	};

	memcpy(c.confusion, s->confusion, sizeof(c.confusion));
	return c;
}

/* This session's own counts: the sums after it without those before. */
static void keep_counts(struct score *score, const struct score_counts *before)
{
	struct score_counts c = counts_of(score), *grown;

	c.hours -= before->hours;
	c.truths -= before->truths;
	c.hits -= before->hits;
	c.false_alarms -= before->false_alarms;
	c.strict_hits -= before->strict_hits;
	c.strict_alarms -= before->strict_alarms;
	c.lung_truths -= before->lung_truths;
	c.lung_cavitations -= before->lung_cavitations;
	for (int i = 0; i < CLASS_TRUE_COUNT; i++)
		for (int k = 0; k < CLASS_COUNT; k++)
			c.confusion[i][k] -= before->confusion[i][k];
	grown = realloc(score->sessions, (score->n_sessions + 1) * sizeof(*grown));
	if (!grown) {
		score->failed = true;
		return;
	}
	score->sessions = grown;
	score->sessions[score->n_sessions++] = c;
}

int score_add(struct score *score, struct score_session *s)
{
	struct score_counts before = counts_of(score);
	double collar = score->opt.collar_s;

	if (score_match(s, fmin(collar, SCORE_STRICT_S)))
		return -ENOMEM;
	add_strict(score, s);
	if (score_match(s, collar))
		return -ENOMEM;

	score->hours += s->duration_s / 3600.0;
	add_truths(score, s);
	add_found(score, s);
	add_manoeuvres(score, s);
	add_activities(score, s);
	add_too_soon(score, s);
	add_breathing(score, s);
	score->lung_called_cavitation += count_lung_cavitations(s, collar);
	keep_counts(score, &before);
	return score->failed ? -ENOMEM : 0;
}

void score_init(struct score *score, const struct score_options *opt)
{
	memset(score, 0, sizeof(*score));
	score->opt = *opt;
}

void score_free(struct score *score)
{
	free(score->onset_error_s.v);
	free(score->latency_s.v);
	free(score->arrival_s.v);
	free(score->ttl_s.v);
	free(score->withdrawal_s.v);
	free(score->settle_s.v);
	free(score->breath_error_bpm.v);
	free(score->sessions);
}
