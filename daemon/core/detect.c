// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "core/classify.h"
#include "core/detect.h"
#include "core/reject.h"

#define MS		1000000		/* ns */
#define FIND_NS		(9 * MS)	/* after the trigger: the peak has passed */
#define FIRST_NS	(16 * MS)	/* after the onset; revision 0 within 30 ms (p95) */
#define DOUBT_NS	(22 * MS)	/* half a syllable later: what goes on shows */
#define MIDDLE_NS	(110 * MS)
#define HOLD_NS		(40 * MS)	/* the noise floor does not learn an event */
#define DOUBT_RATIO	2000.0f	/* film: lungs reach 33 dB where it is quiet */
#define TOUCH_NS	(1000 * MS)	/* no crepitus is told so soon after a touch of the film */
#define WIDE_HZ		2000.0f	/* rate above which the spectrum tells cloth from flesh */
#define ODDS_TRUSTED	3.5f	/* log-odds for a joint from which no lung takes it over */
#define TRAIN_PARTS	2u	/* of an open train: what arrives in a ring may be its, too */
#define NEVER		INT64_MAX

/*
 * Log-odds that it takes to be said and to stand, of a plain one, of a weak one, and of
 * what the sensor's noise makes all day long.  What is said too much is taken back
 * before anybody counts it.  What stands has two to one for it.
 */
enum { PLAIN, WEAK, NOISE_LIKE, STRENGTHS };

static const float least_odds[BP_STAGES][STRENGTHS] = {
	[BP_STAGE_SAY] = { -5.0f, -3.0f, -2.0f },
	[BP_STAGE_SETTLE] = { 0.9f, 1.0f, 1.0f },
};
/* For a plain one that the accelerometer hears best: what it takes for a tap costs more than taps do. */
#define ODDS_FELT	0.4f
/* The same beside a film, which would have heard a tap better: whatever is more likely than not. */
#define ODDS_FELT_OF_TWO	0.0f
/* For a weak one to stand where nothing loads a joint: keys, knocks, lungs are many there. */
#define ODDS_IDLE	1.5f
/*
 * In the sessions that the weights learn from joints sound under load alone; a body at rest is
 * not believed to be silent that firmly, so that plain ones take that much less there.
 */
#define ODDS_REST	0.8f

void bp_detect_init(struct bp_detect *d)
{
	memset(d, 0, sizeof(*d));
	bp_trigger_init(&d->trigger);
	bp_train_init(&d->train);
	bp_lung_init(&d->lung);
	d->next_due_ns = NEVER;
	bp_associate_init(&d->associate);
	d->touched_ns = d->said_ns = INT64_MIN / 2;
}

void bp_detect_begin(struct bp_detect *d, const struct bp_hop *h)
{
	d->quiet_ns = h->t_ns + HOLD_NS;
	for (uint32_t i = 0; i < BP_CANDIDATES; i++) {
		struct bp_candidate *c = &d->c[i];

		if (c->next != BP_LOOK_FREE)
			continue;
		memset(c, 0, sizeof(*c));
		c->next = BP_LOOK_FIND;
		c->trigger_ns = h->t_ns;
		c->due_ns = h->t_ns + FIND_NS;
		if (c->due_ns < d->next_due_ns)
			d->next_due_ns = c->due_ns;
		d->n_open++;
		return;
	}
}

static void trace(const struct bp_detect *d, const struct bp_candidate *c,
		  const struct bp_ruling *r, int64_t now_ns)
{
	struct bp_trace tr;

	if (!d->trace)
		return;
	bp_candidate_trace(&tr, c, r, now_ns);
	d->trace(d->trace_arg, &tr);
}

/* A ruling of this file's own, told to whoever listens. */
static void tell(const struct bp_detect *d, const struct bp_candidate *c, enum bp_outcome outcome,
		 enum bp_rule rule, float value, float limit, int64_t now_ns)
{
	struct bp_ruling r = { outcome, rule, BP_REASON_NONE, value, limit };

	trace(d, c, &r, now_ns);
}

static void drop(struct bp_detect *d, struct bp_candidate *c)
{
	c->next = BP_LOOK_FREE;
	d->n_open--;
}

static void find(struct bp_detect *d, struct bp_candidate *c, const struct bp_stream *streams,
		 int64_t now_ns)
{
	for (int k = 0; k < BP_STREAMS; k++)
		bp_shape_find(&c->shape[k], &streams[k], c->trigger_ns);
	c->onset_ns = bp_associate_onset(c, streams);
	if (!(c->shape[BP_MOTION].seen || c->shape[BP_FILM].seen) || bp_associate_same(&d->associate, c)) {
		tell(d, c, BP_REFUSED, BP_RULE_SAME,
		     (float)(c->onset_ns - d->associate.onset_ns) * 1e-9f, BP_SAME_NS * 1e-9f, now_ns);
		drop(d, c);
		return;
	}
	bp_associate_note(&d->associate, c);
	c->next = BP_LOOK_FIRST;
	c->due_ns = c->onset_ns + FIRST_NS;
}

static void measure(struct bp_candidate *c, const struct bp_stream *streams)
{
	for (int k = 0; k < BP_STREAMS; k++)
		bp_shape_measure(&c->shape[k], &streams[k], c->onset_ns,
				 c->next == BP_LOOK_MIDDLE);
}

static enum bp_ear ear(const struct bp_candidate *c, const struct bp_stream *streams)
{
	if (bp_candidate_main(c) == BP_MOTION)
		return BP_EAR_MOTION;
	return streams[BP_FILM].rate_hz > WIDE_HZ ? BP_EAR_WIDE_FILM : BP_EAR_FILM;
}

/* The same of what is weighed by itself. */
static enum bp_ear sharp_ear(const struct bp_candidate *c, const struct bp_stream *streams)
{
	enum bp_ear by = ear(c, streams);

	return by == BP_EAR_MOTION && streams[BP_FILM].present ? BP_EAR_MOTION_OF_TWO : by;
}

static void report(struct bp_detect *d, struct bp_candidate *c,
		   const struct bp_stream *streams, struct bp_book *book, int64_t now_ns)
{
	struct bp_event ev;

	bp_candidate_describe(&ev, c);
	bp_classify(&ev, c, &d->memory, &streams[bp_candidate_main(c)]);
	ev.number = c->number = bp_book_open(book, &ev, now_ns);
	bp_ring_begin(&d->ring, c, c->number, ear(c, streams), streams);
	/* The company of a weak one excuses nothing: lungs crackle several times. */
	if (!bp_candidate_weak(c))
		d->said_ns = c->onset_ns;
	if (bp_candidate_faint(c, DOUBT_RATIO))
		bp_lung_doubt(&d->lung, &ev, c);
}

/* Its event, if it was said and nothing has taken it over or back, or NULL. */
static struct bp_event *sharp_event(const struct bp_candidate *c, struct bp_book *book)
{
	struct bp_event *ev = bp_book_find(book, c->number);

	if (!ev || ev->class_ == BP_CLASS_CREPITUS || ev->class_ == BP_CLASS_LUNG_CRACKLE ||
	    ev->class_ == BP_CLASS_ARTEFACT)
		return NULL;
	return ev;
}

static void withdraw(struct bp_candidate *c, struct bp_book *book, enum bp_reason reason,
		     int64_t now_ns)
{
	struct bp_event *ev = sharp_event(c, book);

	if (!ev)
		return;
	bp_book_withdraw(book, ev, reason, now_ns);
}

static void settle(struct bp_detect *d, struct bp_candidate *c, const struct bp_stream *streams,
		   const struct bp_context *ctx, struct bp_book *book, int64_t now_ns)
{
	struct bp_event *ev = sharp_event(c, book);
	enum bp_breath_phase phase;
	int k = bp_candidate_main(c);
	uint32_t revision;

	if (!ev)
		return;
	bp_coupling_learn(&d->coupling, c);
	if (c->odds > ODDS_TRUSTED)
		bp_lung_trust(&d->lung, c->number);
	/* By now it is better known what the onset's was. */
	phase = ev->breath_phase;
	ev->breath_phase = ctx->settled_phase;
	revision = ev->revision;
	if (d->trace)
		bp_memory_tell(&d->memory, c, &streams[k], now_ns, d->trace, d->trace_arg);
	bp_classify_settle(ev, c, &d->memory, &streams[k], book, now_ns);
	if (ev->breath_phase != phase && ev->revision == revision)
		bp_book_revise(book, ev, now_ns);
}

/* What the candidate by itself says against it. */
static struct bp_ruling judge(const struct bp_detect *d, struct bp_candidate *c,
			      const struct bp_stream *streams)
{
	float quiet[BP_STREAMS], rate_hz[BP_STREAMS], apart;
	struct bp_ruling r;

	for (int k = 0; k < BP_STREAMS; k++) {
		quiet[k] = streams[k].quiet;
		rate_hz[k] = streams[k].rate_hz;
	}
	if (bp_coupling_unheard(&d->coupling, c, &r))
		return r;
	r = bp_reject(c, c->next, quiet, rate_hz);
	if (r.outcome == BP_REFUSED)
		return r;
	/* A weak one that is not said yet may be a lung's, which crackles so, too. */
	apart = c->next == BP_LOOK_MIDDLE || (bp_candidate_weak(c) && !c->number) ? 0 :
		bp_strap_stroke(&d->strap, c);
	if (apart != 0)
		return (struct bp_ruling){ BP_REFUSED, BP_RULE_STROKE, BP_REASON_RUB, apart, 0 };
	c->touched = bp_coupling_alike(streams) && bp_coupling_touched(&d->coupling, c, &r);
	return r;
}

/* Not said, but looked at once more: it may be a crackle of a train. */
static void hold(struct bp_candidate *c)
{
	c->held = true;
	c->next = BP_LOOK_MIDDLE;
	c->due_ns = c->onset_ns + MIDDLE_NS;
}

/* Half a syllable after its end it is known what it was: a part of a train, perhaps. */
static void crackle(struct bp_detect *d, struct bp_candidate *c, const struct bp_stream *streams)
{
	if (c->next != BP_LOOK_MIDDLE || c->in_train)
		return;
	c->stroke = bp_strap_goes_on(&d->strap, c);
	c->in_train = bp_train_take(&d->train, c,
				    bp_crackly(c) && c->onset_ns - d->touched_ns > TOUCH_NS,
				    ear(c, streams));
}

static void step_train(struct bp_detect *d, const struct bp_stream *streams, struct bp_book *book,
		       int64_t now_ns, bool all)
{
	struct bp_trace tr;

	if (!bp_train_step(&d->train, book, streams, &d->coupling, now_ns, all, &tr))
		return;
	if (tr.train.said)
		bp_memory_forget(&d->memory, book);
	if (!d->trace)
		return;
	tr.outcome = tr.train.said ? BP_KEPT : BP_REFUSED;
	tr.event = d->train.number;
	d->trace(d->trace_arg, &tr);
}

/* Refused: taken back if it was said.  As part of a noise it may still be a crackle. */
static void refuse(struct bp_detect *d, struct bp_candidate *c, const struct bp_stream *streams,
		   struct bp_book *book, enum bp_reason reason, int64_t now_ns)
{
	/* A weak one that was said may be a lung's for all that; it makes no noise of its group. */
	bool noise = !bp_lung_like(&d->lung, c) && !(c->number && bp_candidate_weak(c));

	if ((reason == BP_REASON_RUB || (reason == BP_REASON_KNOCK && bp_crackly(c))) &&
	    c->next < BP_LOOK_MIDDLE && !c->touched) {
		if (noise)
			bp_lung_noise(&d->lung, c->onset_ns);
		hold(c);
		return;
	}
	withdraw(c, book, reason, now_ns);
	if (c->touched || reason == BP_REASON_TAP || reason == BP_REASON_STEP ||
	    reason == BP_REASON_COUGH)
		bp_clutter_name(&d->clutter, c, BP_NOTICED_NAMED);
	else if (noise)
		bp_lung_noise(&d->lung, c->onset_ns);
	if (reason == BP_REASON_SPEECH ||
	    (reason == BP_REASON_RUB && !c->touched && !bp_crackly(c)))
		bp_clutter_name(&d->clutter, c, BP_NOTICED_NOISE);
	if ((reason == BP_REASON_RUB && !c->touched) || reason == BP_REASON_KNOCK)
		crackle(d, c, streams);
	drop(d, c);
}

static float least(const struct bp_candidate *c, enum bp_stage stage, enum bp_ear by)
{
	bool rests = bp_candidate_rests(c);

	if (bp_candidate_weak(c)) {
		bool sure = c->shape[bp_candidate_main(c)].ratio > BP_SURE_RATIO;

		if (stage == BP_STAGE_SETTLE && rests && !bp_candidate_loaded(c))
			return ODDS_IDLE;
		return least_odds[stage][sure ? WEAK : NOISE_LIKE];
	}
	if (stage == BP_STAGE_SETTLE && bp_candidate_main(c) == BP_MOTION)
		return by == BP_EAR_MOTION ? ODDS_FELT : ODDS_FELT_OF_TWO;
	return least_odds[stage][PLAIN] - (rests && bp_candidate_main(c) == BP_FILM ? ODDS_REST : 0);
}

/* All the evidence there is at this stage against what it takes: BP_KEPT or BP_REFUSED. */
static struct bp_ruling weighed(struct bp_detect *d, struct bp_candidate *c,
				const struct bp_stream *streams, const struct bp_context *now,
				int64_t now_ns)
{
	enum bp_stage stage = c->next == BP_LOOK_LAST ? BP_STAGE_SETTLE : BP_STAGE_SAY;
	enum bp_ear by = sharp_ear(c, streams);
	float limit = least(c, stage, by), looks[BP_SHARP_LOOKS];
	struct bp_ruling r = { .outcome = BP_KEPT };
	struct bp_around around = {
		.usual = bp_coupling_usual(&d->coupling),
		.fellow = c->fellow,
		.lung = bp_lung_like(&d->lung, c),
		/* How it begins to move is seen late. */
		.moves = bp_candidate_moves(c) || bp_moves(now),
	};
	int k = bp_candidate_main(c);
	struct bp_trace tr;

	if (stage == BP_STAGE_SETTLE) {
		around.jolt = bp_shape_jolt(&streams[BP_MOTION], c->onset_ns);
		around.drift = bp_shape_drift(&streams[BP_MOTION], c->onset_ns);
		around.unlike = bp_coupling_unlike(streams, c->onset_ns);
		around.ringing = bp_shape_ringing(&c->shape[k], &streams[k]);
		around.usual_peak = bp_usual_peak(&d->usual, c);
		bp_clutter_row(&d->clutter, c, &around.row);
	}
	bp_clutter_company(&d->clutter, c, &around.company);
	c->odds = bp_weigh_sharp(c, stage, by, &around, looks);
	if (c->odds < limit && !c->in_train)
		r = (struct bp_ruling){ BP_REFUSED, BP_RULE_WEIGHED,
					bp_weigh_against(c, stage, by, looks), c->odds, limit };
	if (stage == BP_STAGE_SETTLE && !c->held && !c->in_train &&
	    c->odds - bp_weigh_level(c, stage, by, looks) >= limit)
		bp_usual_learn(&d->usual, c);
	if (d->trace) {
		bp_candidate_trace(&tr, c, &r, now_ns);
		if (r.outcome == BP_REFUSED && c->held)
			tr.outcome = BP_HELD;
		tr.ear = by;
		tr.weak = bp_candidate_weak(c);
		tr.n_looks = BP_SHARP_LOOKS;
		memcpy(tr.looks, looks, sizeof(looks));
		tr.odds = c->odds;
		d->trace(d->trace_arg, &tr);
	}
	return r;
}

/* Said at once, unless it belongs to something that goes on, or is no joint's. */
static void first(struct bp_detect *d, struct bp_candidate *c, const struct bp_stream *streams,
		  const struct bp_context *ctx, struct bp_book *book, int64_t now_ns)
{
	int k = bp_candidate_main(c);

	c->fellow = c->onset_ns - d->said_ns < BP_MANOEUVRE_NS;
	if (!c->fellow &&
	    (bp_candidate_weak(c) || bp_lung_like(&d->lung, c)))
		c->in_train = bp_lung_take(&d->lung, book, c, streams[k].rate_hz,
					   c->shape[k].ratio > BP_SURE_RATIO, now_ns);
	if (c->in_train)
		bp_clutter_name(&d->clutter, c, BP_NOTICED_CRACKLE);
	c->held = c->in_train || bp_train_absorbs(&d->train, c);
	if (c->held)
		tell(d, c, c->in_train ? BP_JOINED : BP_HELD, BP_RULE_TRAIN, 1, 1, now_ns);
	else
		c->held = weighed(d, c, streams, ctx, now_ns).outcome == BP_REFUSED;
	if (!c->held)
		report(d, c, streams, book, now_ns);
	c->next = BP_LOOK_MIDDLE;
	c->due_ns = c->onset_ns + MIDDLE_NS;
}

static void look(struct bp_detect *d, struct bp_candidate *c, const struct bp_stream *streams,
		 const struct bp_context *ctx, struct bp_book *book, int64_t now_ns)
{
	struct bp_ruling r;

	measure(c, streams);
	if (c->next == BP_LOOK_FIRST) {
		c->context = *ctx;
		bp_coupling_note(&d->coupling, c);
		bp_strap_note(&d->strap, c);
		bp_clutter_note(&d->clutter, c);
	}
	r = judge(d, c, streams);
	if (c->next == BP_LOOK_LAST && c->held) {
		if (r.outcome == BP_KEPT)
			weighed(d, c, streams, ctx, now_ns);
		drop(d, c);
		return;
	}
	if (c->touched)
		d->touched_ns = c->onset_ns;
	if (r.outcome == BP_REFUSED) {
		trace(d, c, &r, now_ns);
		if (r.rule == BP_RULE_STROKE)
			bp_clutter_name(&d->clutter, c, BP_NOTICED_STROKE);
		refuse(d, c, streams, book, r.reason, now_ns);
		return;
	}
	switch (c->next) {
	case BP_LOOK_FIRST:
		if (r.outcome == BP_DOUBTED && !bp_candidate_weak(c)) {
			trace(d, c, &r, now_ns);
			c->next = BP_LOOK_DOUBT;
			c->due_ns = c->onset_ns + DOUBT_NS;
			return;
		}
		/* fall through */
	case BP_LOOK_DOUBT:
		first(d, c, streams, ctx, book, now_ns);
		return;
	case BP_LOOK_MIDDLE:
		crackle(d, c, streams);
		tell(d, c, c->in_train ? BP_JOINED : c->held ? BP_HELD : BP_KEPT,
		     c->in_train ? BP_RULE_TRAIN : BP_RULE_NONE, 0, 0, now_ns);
		/* If it was a pop after all, it is too late to be said; who learns weights looks on. */
		if (c->held && !d->trace) {
			drop(d, c);
			return;
		}
		c->next = BP_LOOK_LAST;
		c->due_ns = c->onset_ns + BP_SETTLE_NS;
		return;
	default:
		r = weighed(d, c, streams, ctx, now_ns);
		if (r.outcome == BP_REFUSED)
			withdraw(c, book, r.reason, now_ns);
		else if (bp_associate_again(c, streams, book))
			withdraw(c, book, BP_REASON_OTHER, now_ns);
		else
			settle(d, c, streams, ctx, book, now_ns);
		drop(d, c);
	}
}

/* What arrives in the ring of what was said. */
static void step_ring(struct bp_detect *d, const struct bp_stream *streams,
		      const struct bp_context *ctx, struct bp_book *book, int64_t now_ns, bool all)
{
	struct bp_heard heard = {
		&d->clutter, d->c, BP_CANDIDATES,
		d->train.state != BP_TRAIN_NONE && d->train.n >= TRAIN_PARTS,
	};
	struct bp_trace tr;

	while (bp_ring_listen(&d->ring, streams, now_ns, &tr))
		if (d->trace)
			d->trace(d->trace_arg, &tr);
	bp_ring_step(&d->ring, streams, &heard, ctx, book, now_ns, all);
}

static void step_candidates(struct bp_detect *d, const struct bp_stream *streams,
			    const struct bp_context *ctx, struct bp_book *book, int64_t now_ns)
{
	d->next_due_ns = NEVER;
	for (uint32_t i = 0; i < BP_CANDIDATES; i++) {
		struct bp_candidate *c = &d->c[i];

		/* A late look may make the next one due at once. */
		if (c->next == BP_LOOK_FIND && c->due_ns <= now_ns)
			find(d, c, streams, now_ns);
		if (c->next > BP_LOOK_FIND && c->due_ns <= now_ns)
			look(d, c, streams, ctx, book, now_ns);
		if (c->next != BP_LOOK_FREE && c->due_ns < d->next_due_ns)
			d->next_due_ns = c->due_ns;
	}
}

void bp_detect_step(struct bp_detect *d, const struct bp_stream *streams,
		    const struct bp_context *ctx, struct bp_book *book, int64_t now_ns)
{
	step_train(d, streams, book, now_ns, false);
	bp_lung_step(&d->lung, book, now_ns, false);
	/* Trains, lungs and rings are looked at in every hop, candidates when they are due. */
	if (now_ns >= d->next_due_ns)
		step_candidates(d, streams, ctx, book, now_ns);
	if (bp_ring_sounds(&d->ring))
		step_ring(d, streams, ctx, book, now_ns, false);
}

void bp_detect_flush(struct bp_detect *d, const struct bp_stream *streams,
		     const struct bp_context *ctx, struct bp_book *book, int64_t now_ns)
{
	for (uint32_t i = 0; i < BP_CANDIDATES; i++) {
		struct bp_candidate *c = &d->c[i];

		if (c->next == BP_LOOK_FIND)
			find(d, c, streams, now_ns);
		while (c->next > BP_LOOK_FIND)
			look(d, c, streams, ctx, book, now_ns);
	}
	step_ring(d, streams, ctx, book, now_ns, true);
	d->next_due_ns = NEVER;
	step_train(d, streams, book, now_ns, true);
	bp_lung_step(&d->lung, book, now_ns, true);
}
