// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/maths.h"
#include "core/texture.h"
#include "core/train.h"

#define DECIDE_NS	900000000	/* after the third part: said within 1 s (system.md 6) */
#define PAUSE_NS	600000000	/* silence that ends what is open or refused */
#define MOTION_PAUSE_NS	900000000	/* the accelerometer hears but the loudest crackles */
#define SAID_PAUSE_NS	1000000000	/* and what was said: slow movement crackles rarely */
#define ODDS_LEAST	1.5f	/* log-odds for crepitus with which it is said */
#define ODDS_TAKE	0.8f	/* and with which what was said of its parts is put right */
/*
 * A manoeuvre's pops and something a while before or after them lie in two places; crepitus that
 * is heard in so few of its length has the band for it.
 */
#define PLACES		3u
#define ODDS_FEW	2.7f
#define STROKES_MOST	0.5f		/* share of them: a strap creaks */
#define SPAN_S		0.2f		/* longer than a manoeuvre, which has 150 ms (3.2) */
#define SAID		16u		/* newest events that can have been said of it */
#define TEXTURE_NS	50000000	/* the last part and what is left of it */
#define GOES_ON		0.5f	/* share of the time since that the band is raised */
#define LEAD_NS		1000000000	/* its first crackles may not have been told as such */
#define LEAD_FAR_NS	1500000000	/* the same of one that is hardly louder than the train */
#define FAR_LOUD	1.5f		/* times its usual peak */
#define PEAK_OWN	5.0f		/* louder than the train by this: an event of its own */
#define SPREAD_OWN	2.5f		/* the same in standard deviations of its parts' */
#define BOTH_RATIO	30.0f		/* power over noise with which a coupling can be told */

void bp_train_init(struct bp_train *tr)
{
	memset(tr, 0, sizeof(*tr));
}

static void begin(struct bp_train *tr, const struct bp_candidate *c, enum bp_ear ear)
{
	memset(tr, 0, sizeof(*tr));
	tr->state = BP_TRAIN_OPEN;
	tr->lead_ns = c->onset_ns;
	tr->ear = ear;
	tr->stream = bp_candidate_main(c);
	bp_candidate_describe(&tr->draft, c);
}

/* Refused, but it goes on: what follows counts anew. */
static void again(struct bp_train *tr)
{
	struct bp_train old = *tr;

	memset(tr, 0, sizeof(*tr));
	tr->state = BP_TRAIN_OPEN;
	tr->lead_ns = old.first_ns;
	tr->last_ns = old.last_ns;
	tr->ear = old.ear;
	tr->stream = old.stream;
	tr->draft = old.draft;
}

/* The train's loudest part is the event's peak. */
static void louder(struct bp_event *ev, float peak_mg, float peak_mv)
{
	ev->peak_mg = fmaxf(ev->peak_mg, peak_mg);
	ev->peak_mv = fmaxf(ev->peak_mv, peak_mv);
}

static void add(struct bp_train *tr, const struct bp_candidate *c, bool crackly)
{
	const struct bp_shape *m = &c->shape[BP_MOTION], *f = &c->shape[BP_FILM];
	const struct bp_shape *s = &c->shape[bp_candidate_main(c)];
	float gap = (float)(c->onset_ns - tr->last_ns) * 1e-9f;
	float pitch = bp_ln(s->freq_hz > 1 ? s->freq_hz : 1);
	float peak = bp_ln(s->peak > 1e-9f ? s->peak : 1e-9f);
	enum bp_movement mv = c->context.movement;

	if (tr->n) {
		tr->gap_s += gap;
		tr->gap2 += gap * gap;
	} else {
		tr->first_ns = c->onset_ns;
	}
	if (++tr->n == 3)
		tr->third_ns = c->onset_ns;
	if (!tr->places || c->onset_ns - tr->place_ns > BP_MANOEUVRE_NS) {
		tr->places++;
		tr->place_ns = c->onset_ns;
	}
	tr->last_ns = c->onset_ns;
	tr->crackly += crackly;
	tr->strokes += c->stroke;
	tr->still += mv == BP_MOVEMENT_NONE;
	tr->moving += mv != BP_MOVEMENT_NONE && mv != BP_MOVEMENT_UNKNOWN;
	tr->freq_hz += s->freq_hz;
	tr->cycles += s->cycles;
	tr->late += s->late;
	tr->log_ratio += bp_ln(s->ratio);
	tr->log_freq += pitch;
	tr->log_freq2 += pitch * pitch;
	tr->log_peak += peak;
	tr->log_peak2 += peak * peak;
	louder(&tr->draft, m->seen ? m->peak * 1000 : NAN, f->seen ? f->peak : NAN);
	if (m->seen && f->seen && m->ratio > BOTH_RATIO && f->ratio > BOTH_RATIO && m->peak > 0) {
		tr->both++;
		tr->log_coupling += bp_ln(f->peak / m->peak);
	}
}

/* Geometric mean of the parts' peaks. */
static float usual_peak(const struct bp_train *tr)
{
	return bp_exp(tr->log_peak / (float)tr->n);
}

/*
 * So far there were pops, or a snap, much louder than what comes now: they are events of
 * their own, and what comes now begins another train.
 */
static bool was_other(const struct bp_train *tr, const struct bp_candidate *c)
{
	return tr->n && tr->last_ns - tr->first_ns < BP_MANOEUVRE_NS &&
	       c->shape[tr->stream].peak * PEAK_OWN < usual_peak(tr);
}

bool bp_train_absorbs(const struct bp_train *tr, const struct bp_candidate *c)
{
	int k = bp_candidate_main(c);

	return tr->state == BP_TRAIN_SAID && k == tr->stream &&
	       c->onset_ns - tr->last_ns < SAID_PAUSE_NS && c->shape[k].peak < PEAK_OWN * usual_peak(tr);
}

bool bp_train_take(struct bp_train *tr, const struct bp_candidate *c, bool crackly, enum bp_ear ear)
{
	if (tr->state != BP_TRAIN_NONE && bp_candidate_main(c) != tr->stream)
		return false;
	if (tr->state == BP_TRAIN_SAID && !bp_train_absorbs(tr, c))
		return false;
	if (tr->state == BP_TRAIN_NONE || (tr->state == BP_TRAIN_OPEN && was_other(tr, c)))
		begin(tr, c, ear);
	if (c->onset_ns < tr->last_ns ||
	    (tr->n > 1 && c->shape[tr->stream].peak > PEAK_OWN * usual_peak(tr)))
		return false;
	add(tr, c, crackly);
	return tr->state == BP_TRAIN_SAID;
}

/* Standard deviation from sums of @n values and of their squares. */
static float spread(float sum, float sum2, float n)
{
	float var = sum2 / n - (sum / n) * (sum / n);

	return var > 0 ? sqrtf(var) : 0;
}

static void describe(const struct bp_train *tr, float usual, struct bp_train_looks *l)
{
	float n = (float)tr->n, gaps = n - 1, mean = tr->gap_s / gaps;

	*l = (struct bp_train_looks){
		.parts = tr->n,
		.crackly = (float)tr->crackly / n,
		.strokes = (float)tr->strokes / n,
		.span_s = tr->gap_s,
		.gap_cv = mean > 0 ? spread(tr->gap_s, tr->gap2, gaps) / mean : 0,
		.freq_hz = tr->freq_hz / n,
		.cycles = tr->cycles / n,
		.late = tr->late / n,
		.pitch_spread = spread(tr->log_freq, tr->log_freq2, n),
		.peak_spread = spread(tr->log_peak, tr->log_peak2, n),
		.ratio_db = 4.342945f * tr->log_ratio / n,
		.moving = tr->moving + tr->still ? (float)tr->moving / (float)(tr->moving + tr->still) :
			  NAN,
		.coupling = tr->both && usual > 0 ?
			    bp_exp(tr->log_coupling / (float)tr->both) / usual : NAN,
	};
}

/*
 * The band as a whole.  What the accelerometer does not show of it is less than half its
 * noise: what the film shows is then at least so much more than the wearer's joints give.
 */
static void texture(const struct bp_train *tr, const struct bp_stream *streams, float usual,
		    int64_t now_ns, struct bp_train_looks *l)
{
	const struct bp_stream *m = &streams[BP_MOTION];
	int64_t from = tr->first_ns, to = tr->last_ns + TEXTURE_NS;
	struct bp_texture tx, motion;

	/* What stands out of nothing any more may still go on. */
	bp_texture_measure(&tx, &streams[tr->stream], to, now_ns);
	if (tx.raised > GOES_ON)
		to = now_ns;
	bp_texture_measure(&tx, &streams[tr->stream], from, to);
	l->raised = tx.raised;
	l->level_db = tx.level_db;
	l->rough = tx.spread;
	l->hue_hz = tx.freq_hz;
	l->hue_spread = tx.pitch_spread;
	l->bumps = tx.bumps;
	l->elsewhere = tx.elsewhere;
	l->touch = NAN;
	if (tr->stream != BP_FILM || !m->present || !(usual > 0) || !(m->quiet > 0))
		return;
	bp_texture_measure(&motion, m, from, to);
	if (motion.power < m->quiet / 2)
		motion.power = m->quiet / 2;
	l->touch = sqrtf(tx.power / motion.power) / usual;
}

/* How loud it is in the train's stream, g or mV. */
static float peak_of(const struct bp_train *tr, const struct bp_event *ev)
{
	return tr->stream == BP_FILM ? ev->peak_mv : ev->peak_mg / 1000;
}

/* So much louder than the train, and than it varies, that it is an event of its own. */
static bool own(const struct bp_train *tr, const struct bp_event *ev)
{
	float varies = bp_exp(SPREAD_OWN * spread(tr->log_peak, tr->log_peak2, (float)tr->n));

	return peak_of(tr, ev) > (varies > PEAK_OWN ? varies : PEAK_OWN) * usual_peak(tr);
}

/* Long before the train: one of its crackles only if it is no louder than they are. */
static bool far(const struct bp_train *tr, const struct bp_event *ev)
{
	int64_t before = tr->lead_ns - ev->onset_ns;

	return before > LEAD_FAR_NS || (before > LEAD_NS && !(peak_of(tr, ev) < FAR_LOUD * usual_peak(tr)));
}

/* A tendon's that was heard before the train began: its next snap is no crackle. */
static bool known(const struct bp_train *tr, const struct bp_event *ev)
{
	return ev->class_ == BP_CLASS_SNAP && ev->since_s > 0 &&
	       ev->onset_ns - (int64_t)(ev->since_s * 1e9f) < tr->lead_ns - LEAD_NS;
}

/* Event @n, if it was said of one of the train's parts and still stands as something else. */
static struct bp_event *part(const struct bp_train *tr, struct bp_book *book, uint32_t n)
{
	struct bp_event *ev = bp_book_find(book, n);

	if (!ev || ev->class_ == BP_CLASS_ARTEFACT || ev->class_ == BP_CLASS_LUNG_CRACKLE ||
	    ev->class_ == BP_CLASS_CREPITUS || far(tr, ev) || own(tr, ev) || known(tr, ev))
		return NULL;
	return ev;
}

static uint32_t oldest(const struct bp_book *book)
{
	return book->events > SAID ? book->events - SAID : 1;
}

static bool any_part(const struct bp_train *tr, struct bp_book *book)
{
	for (uint32_t n = oldest(book); n <= book->events; n++)
		if (part(tr, book, n))
			return true;
	return false;
}

/* Log-odds that it takes to be crepitus. */
static float least(const struct bp_train *tr, struct bp_book *book)
{
	if (!any_part(tr, book))
		return ODDS_LEAST;
	return tr->places < PLACES ? ODDS_FEW : ODDS_TAKE;
}

/* The event that takes over may have begun after the last part. */
static int64_t end_of(const struct bp_train *tr, const struct bp_event *ev)
{
	return tr->last_ns > ev->onset_ns ? tr->last_ns : ev->onset_ns;
}

/* One event takes over; the others that were said already are taken back. */
static void say(struct bp_train *tr, struct bp_book *book, float odds, int64_t now_ns)
{
	float confidence = bp_logistic(odds);

	tr->number = 0;
	for (uint32_t n = oldest(book); n <= book->events; n++) {
		struct bp_event *ev = part(tr, book, n);

		if (!ev)
			continue;
		if (tr->number && now_ns - ev->onset_ns < BP_WITHDRAW_NS) {
			bp_book_withdraw(book, ev, BP_REASON_OTHER, now_ns);
			continue;
		}
		ev->class_ = BP_CLASS_CREPITUS;
		ev->confidence = confidence;
		ev->site = 0;
		ev->silent_s = NAN;
		if (!tr->number) {
			tr->number = ev->number;
			ev->end_ns = end_of(tr, ev);
			louder(ev, tr->draft.peak_mg, tr->draft.peak_mv);
		}
		bp_book_revise(book, ev, now_ns);
	}
	if (!tr->number) {
		struct bp_event ev = tr->draft;

		ev.class_ = BP_CLASS_CREPITUS;
		ev.end_ns = tr->last_ns;
		ev.confidence = confidence;
		tr->number = bp_book_open(book, &ev, now_ns);
	}
}

static void close(struct bp_train *tr, struct bp_book *book, int64_t now_ns)
{
	struct bp_event *ev = bp_book_find(book, tr->number);

	if (tr->state == BP_TRAIN_SAID && ev && ev->class_ == BP_CLASS_CREPITUS &&
	    ev->end_ns != end_of(tr, ev)) {
		ev->end_ns = end_of(tr, ev);
		louder(ev, tr->draft.peak_mg, tr->draft.peak_mv);
		bp_book_revise(book, ev, now_ns);
	}
	tr->state = BP_TRAIN_NONE;
}

static int64_t pause(const struct bp_train *tr)
{
	if (tr->state == BP_TRAIN_SAID)
		return SAID_PAUSE_NS;
	return tr->ear == BP_EAR_MOTION ? MOTION_PAUSE_NS : PAUSE_NS;
}

bool bp_train_step(struct bp_train *tr, struct bp_book *book, const struct bp_stream *streams,
		   const struct bp_coupling *coupling, int64_t now_ns, bool all, struct bp_trace *line)
{
	bool ended, decided = false;
	float usual;

	if (tr->state == BP_TRAIN_NONE)
		return false;
	ended = all || now_ns - tr->last_ns > pause(tr);
	if (tr->state == BP_TRAIN_OPEN && tr->n >= 3 &&
	    (ended || now_ns - tr->third_ns > DECIDE_NS)) {
		*line = (struct bp_trace){ .look = BP_LOOK_TRAIN, .now_ns = now_ns };
		usual = bp_coupling_usual(coupling);
		describe(tr, usual, &line->train);
		texture(tr, streams, usual, now_ns, &line->train);
		line->onset_ns = tr->first_ns;
		line->ear = tr->ear;
		line->n_looks = BP_TRAIN_LOOKS;
		line->odds = bp_weigh_train(&line->train, tr->ear, line->looks);
		line->train.said = tr->gap_s > SPAN_S &&
				   line->train.strokes < STROKES_MOST &&
				   line->odds > least(tr, book);
		decided = true;
		if (line->train.said) {
			tr->state = BP_TRAIN_SAID;
			say(tr, book, line->odds, now_ns);
			ended = all || now_ns - tr->last_ns > pause(tr);
		} else if (!ended) {
			again(tr);
		}
	}
	if (ended)
		close(tr, book, now_ns);
	return decided;
}
