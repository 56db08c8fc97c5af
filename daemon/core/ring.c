// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/maths.h"
#include "core/ring.h"
#include "core/weigh.h"

#define MS		1000000LL	/* ns */
#define LEAST_HZ	700.0f	/* below this a pop is two samples */
#define FINE_HZ		2000.0f	/* from here on onsets are good to a millisecond */
#define START_NS	(4 * MS)	/* after its onset a pop's energy falls */
#define DEAD_NS		(7 * MS)	/* pops are 8 ms apart at the least, 3.2 */
#define LISTEN_NS	(62 * MS)	/* and 60 ms at most */
#define RISE_NS		(3 * MS)	/* from its beginning to its peak */
#define BEFORE_NS	(11 * MS)	/* from a ring before to the peak, */
#define BEFORE_TIMES	12.0f	/* that has so much more power */
#define FIRST_NS	(16 * MS)	/* after the onset it is described */
#define OWN_NS		(6 * MS)	/* what triggers so close to it is the same */
#define SMOOTH_S	0.00125f	/* half the shortest pop's first wave */
#define RISE_LEAST	5.0f	/* energy over the least since the arrival before */
#define NOISE_TIMES	1.5f	/* the floor's, below which nothing is measured */
#define HIGH_NOISE	20.0f	/* power of the third difference of white noise: 1 + 9 + 9 + 1 */
#define MOST		5u	/* behind the first, six pops are a manoeuvre: what goes on is a voice */
#define ODDS_LEAST	2.0f	/* log-odds that it takes, */
#define ODDS_FELT	2.5f	/* where the accelerometer hears best, with few rings to learn from */
#define ODDS_RINGS	-2.0f	/* log-odds of what is listened to: of less hardly anything stands */
#define UNSURE		0.1f

static float lanes(bp_v4 v)
{
	return bp_lanes_sum(bp_v4_abs(v));
}

static bp_v4 at(const struct bp_stream *s, uint64_t i)
{
	return s->x[i % BP_RING];
}

/* The two energies of the @n samples before @i: Teager's and Kaiser's, and of the third difference. */
static void energies(const struct bp_stream *s, uint64_t i, uint32_t n, float e[BP_RISES])
{
	e[0] = e[1] = 0;
	for (uint64_t k = i - n; k < i; k++) {
		bp_v4 a = at(s, k - 2), b = at(s, k - 1), c = at(s, k), d = at(s, k + 1);
		bp_v4 third = d - c - c - c + b + b + b - a;

		e[0] += lanes(c * c - b * d);
		e[1] += lanes(third * third);
	}
	e[0] /= (float)n;
	e[1] /= (float)n;
}

static void again(struct bp_ring *r, int64_t onset_ns)
{
	r->from_ns = onset_ns;
	r->least[0] = r->least[1] = INFINITY;
	r->rise_ns = 0;
}

/*
 * Its peak.  A strong one rings before, too, in filters without phase; where that was taken for
 * the onset, its own peak is still to come, and no second one.
 */
static int64_t peak(const struct bp_candidate *c, const struct bp_stream *s, int k)
{
	int64_t i = c->shape[k].peak_i, to = bp_stream_find(s, c->onset_ns + BEFORE_NS);
	float most = BEFORE_TIMES * bp_stream_power(s, i);

	for (int64_t j = i + 1; j <= to; j++)
		if (bp_stream_power(s, j) > most) {
			most = bp_stream_power(s, j);
			i = j;
		}
	return i;
}

void bp_ring_begin(struct bp_ring *r, const struct bp_candidate *c, uint32_t number, enum bp_ear ear,
		   const struct bp_stream *streams)
{
	int k = bp_candidate_main(c);
	int64_t from_ns = c->onset_ns, i;

	/* At slow rates it begins at its peak. */
	if (streams[k].rate_hz < FINE_HZ && c->shape[k].peak_i >= bp_stream_oldest(&streams[k])) {
		int64_t peak_ns = streams[k].t[(uint64_t)peak(c, &streams[k], k) % BP_RING];

		if (peak_ns - RISE_NS > from_ns)
			from_ns = peak_ns - RISE_NS;
	}
	i = bp_stream_find(&streams[k], from_ns);
	r->parent = 0;
	/* Three samples before what is looked at are needed, too. */
	if (c->odds < ODDS_RINGS || streams[k].rate_hz < LEAST_HZ || i < bp_stream_oldest(&streams[k]))
		return;
	r->parent = number;
	r->n = 0;
	r->stream = k;
	r->ear = ear;
	r->freq_hz = c->shape[k].freq_hz;
	r->peak = c->shape[k].peak;
	r->odds = c->odds;
	r->next = (uint64_t)i + (uint64_t)((float)START_NS * 1e-9f * streams[k].rate_hz);
	again(r, from_ns);
}

/* It has risen as far as it will: what speaks for a joint? */
static void weigh(struct bp_ring *r, const struct bp_stream *s, int64_t now_ns, struct bp_trace *tr)
{
	float noise = bp_lanes_sum(s->floor), limit = r->ear == BP_EAR_MOTION ? ODDS_FELT : ODDS_LEAST;
	struct bp_ring_looks l = {
		.rise = r->most[0], .high = r->most[1],
		.since_s = (float)(r->rise_ns - r->from_ns) * 1e-9f,
		.level = r->most_power / (r->peak * r->peak),
		.ratio = noise > 0 ? r->most_power / noise : 1,
		.freq_hz = r->freq_hz, .odds = r->odds,
	};

	*tr = (struct bp_trace){
		.look = BP_LOOK_RING, .onset_ns = r->rise_ns, .now_ns = now_ns, .event = r->parent,
		.ear = r->ear, .n_looks = BP_RING_LOOKS, .volume = NAN,
	};
	tr->odds = bp_weigh_ring(&l, r->ear, tr->looks);
	tr->outcome = tr->odds < limit ? BP_REFUSED : BP_KEPT;
	if (tr->outcome == BP_REFUSED) {
		tr->rule = BP_RULE_WEIGHED;
		tr->value = tr->odds;
		tr->limit = limit;
	}
}

static void keep(struct bp_ring *r, float odds)
{
	/* So many behind one: none of them is a joint's. */
	if (++r->n > MOST) {
		for (uint32_t i = 0; i < BP_ARRIVALS; i++)
			r->arrival[i].voice |= r->arrival[i].parent == r->parent;
		return;
	}
	for (uint32_t i = 0; i < BP_ARRIVALS; i++)
		if (!r->arrival[i].parent) {
			r->arrival[i] = (struct bp_arrival){
				.onset_ns = r->rise_ns, .parent = r->parent, .odds = odds,
			};
			r->n_arrivals++;
			return;
		}
}

bool bp_ring_listen(struct bp_ring *r, const struct bp_stream *streams, int64_t now_ns,
		    struct bp_trace *tr)
{
	const struct bp_stream *s = &streams[r->stream];
	uint32_t n = (uint32_t)(SMOOTH_S * s->rate_hz + 0.5f);
	float noise = NOISE_TIMES * bp_lanes_sum(s->floor), e[BP_RISES], p;

	n = n < 2 ? 2 : n;
	for (; r->parent && r->next + 1 < s->n; r->next++) {
		uint64_t i = r->next;
		int64_t t = s->t[i % BP_RING];

		if (r->rise_ns && t >= r->rise_ns + RISE_NS) {
			weigh(r, s, now_ns, tr);
			if (tr->outcome == BP_KEPT) {
				keep(r, tr->odds);
				/* From here on it is this one that rings. */
				r->peak = sqrtf(r->most_power);
				again(r, r->rise_ns);
			} else {
				r->rise_ns = 0;
			}
			return true;
		}
		if (!r->rise_ns && t > r->from_ns + LISTEN_NS) {
			r->parent = 0;
			return false;
		}
		if (t < r->from_ns + START_NS)
			continue;
		energies(s, i + 1, n, e);
		p = bp_stream_power(s, (int64_t)i);
		for (int j = 0; j < BP_RISES; j++) {
			float least = r->least[j], floor = j ? HIGH_NOISE * noise : noise;
			float times = e[j] / (least > floor ? least : floor);

			if (r->rise_ns) {
				r->most[j] = times > r->most[j] ? times : r->most[j];
			} else if (!j && isfinite(least) && times > RISE_LEAST &&
				   s->t[(i + 1 - n) % BP_RING] >= r->from_ns + DEAD_NS) {
				r->rise_ns = s->t[(i + 1 - n) % BP_RING];
				r->most[0] = times;
				r->most[1] = r->most_power = 0;
			} else if (e[j] < least) {
				r->least[j] = e[j];
			}
		}
		if (r->rise_ns && p > r->most_power)
			r->most_power = p;
	}
	return false;
}

static bool near(int64_t a, int64_t b)
{
	return a - b < OWN_NS && b - a < OWN_NS;
}

/* Has something with this onset triggered by itself? */
static bool triggered(const struct bp_heard *heard, int64_t onset_ns)
{
	const struct bp_clutter *cl = heard->seen;

	for (uint32_t i = 0; i < BP_CLUTTER && i < cl->n; i++)
		if (near(cl->seen[i].onset_ns, onset_ns))
			return true;
	for (uint32_t i = 0; i < heard->n; i++)
		if (heard->c[i].next > BP_LOOK_FIND && near(heard->c[i].onset_ns, onset_ns))
			return true;
	return false;
}

/* Return: false if there is nothing to measure, for a hole follows. */
static bool say(struct bp_arrival *a, const struct bp_event *parent, const struct bp_stream *streams,
		const struct bp_context *ctx, struct bp_book *book, int64_t now_ns)
{
	struct bp_candidate c = { .onset_ns = a->onset_ns, .context = *ctx };
	struct bp_event ev;

	for (int k = 0; k < BP_STREAMS; k++) {
		bp_shape_find_at(&c.shape[k], &streams[k], a->onset_ns);
		bp_shape_measure(&c.shape[k], &streams[k], a->onset_ns, false);
	}
	if (!c.shape[BP_MOTION].seen && !c.shape[BP_FILM].seen)
		return false;
	bp_candidate_describe(&ev, &c);
	ev.class_ = parent->class_ == BP_CLASS_SNAP ? BP_CLASS_CAVITATION : parent->class_;
	ev.confidence = parent->confidence * bp_logistic(a->odds);
	a->number = bp_book_open(book, &ev, now_ns);
	return true;
}

/* What its parent turned out to be, it is, too; but a tendon makes one sound at a time. */
static void settle(const struct bp_arrival *a, const struct bp_event *parent, struct bp_book *book,
		   int64_t now_ns)
{
	struct bp_event *ev = bp_book_find(book, a->number);
	enum bp_class was;
	float said;

	if (!ev || ev->class_ == BP_CLASS_CREPITUS || ev->class_ == BP_CLASS_ARTEFACT)
		return;
	if (!parent || parent->class_ == BP_CLASS_SNAP || parent->class_ == BP_CLASS_LUNG_CRACKLE) {
		bp_book_withdraw(book, ev, BP_REASON_OTHER, now_ns);
		return;
	}
	was = ev->class_;
	said = ev->confidence;
	ev->class_ = parent->class_;
	ev->confidence = parent->class_ == BP_CLASS_CAVITATION ?
			 parent->confidence * bp_logistic(a->odds) : UNSURE;
	if (ev->class_ != was || fabsf(ev->confidence - said) > BP_SURER)
		bp_book_revise(book, ev, now_ns);
}

/* Returns true when there is nothing more to be done about it. */
static bool step(struct bp_arrival *a, const struct bp_stream *streams, const struct bp_heard *heard,
		 const struct bp_context *ctx, struct bp_book *book, int64_t now_ns, bool all)
{
	const struct bp_event *parent = bp_book_find(book, a->parent);
	struct bp_event *ev = bp_book_find(book, a->number);

	if (a->voice || (parent && parent->class_ == BP_CLASS_ARTEFACT)) {
		if (ev && ev->class_ != BP_CLASS_ARTEFACT && ev->class_ != BP_CLASS_CREPITUS)
			bp_book_withdraw(book, ev, a->voice ? BP_REASON_SPEECH : parent->reason, now_ns);
		return true;
	}
	if (!a->number && (all || now_ns >= a->onset_ns + FIRST_NS)) {
		if (!parent || parent->class_ == BP_CLASS_CREPITUS ||
		    parent->class_ == BP_CLASS_LUNG_CRACKLE || heard->in_train || triggered(heard, a->onset_ns))
			return true;
		if (!say(a, parent, streams, ctx, book, now_ns))
			return true;
	}
	if (!all && now_ns < a->onset_ns + BP_SETTLE_NS)
		return false;
	settle(a, parent, book, now_ns);
	return true;
}

void bp_ring_step(struct bp_ring *r, const struct bp_stream *streams, const struct bp_heard *heard,
		  const struct bp_context *ctx, struct bp_book *book, int64_t now_ns, bool all)
{
	for (uint32_t i = 0; i < BP_ARRIVALS && r->n_arrivals; i++) {
		struct bp_arrival *a = &r->arrival[i];

		if (a->parent && step(a, streams, heard, ctx, book, now_ns, all)) {
			a->parent = 0;
			r->n_arrivals--;
		}
	}
}
