// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A joint is silent for its refractory time: what sounds like it sooner is a snap,
 * later it is itself, and how long it kept silent is learned.  The minutes in
 * between are left out of the stream: to the core they are a hole.
 */
#include "core_test.h"
#include "core/memory.h"
#include "core/trace.h"

#define SEGMENT_S	20
#define POP_S		15.003

static const struct test_signal film = {
	.film_hz = 3200, .noise_mv = 0.08f, .film_range_mv = 200,
};

static struct test_run run;

static float pop(double t)
{
	return test_pop(t, POP_S, 210, 0.004, 12) + test_pop(t, POP_S, 520, 0.003, 5);
}

/* One tendon at each turn of a movement, 21 dB over the noise: weak (candidate.h). */
static float weak_series(double t)
{
	float sum = 0;

	for (int i = 0; i < 5; i++)
		sum += test_pop(t, 12.003 + 2.7 * i, 210, 0.004, 1.3);
	return sum;
}

static void play_weak(void)
{
	struct test_signal sig = film;

	sig.film = weak_series;
	test_hear(&run, &sig, 28);
}

/* The same pop @n times, @gap_s from each to the next. */
static void play(const double *gap_s, size_t n)
{
	struct test_signal sig = film;
	struct bp_core *core = test_core(&sig);
	double start = 0;

	memset(&run, 0, sizeof(run));
	sig.film = pop;
	for (size_t k = 0; k <= n; k++) {
		size_t count;
		struct bp_frame *f = test_frames(&sig, SEGMENT_S, &count);

		for (size_t i = 0; i < count; i++)
			f[i].t_ns += (int64_t)(start * 1e9);
		bp_core_push(core, f, count);
		test_fetch(core, &run);
		free(f);
		start += k < n ? gap_s[k] : 0;
	}
	bp_core_flush(core);
	test_fetch(core, &run);
	bp_core_status(core, &run.status);
}

static const struct bp_event *nth(uint32_t k)
{
	static const struct bp_event none;
	const struct bp_event *ev = test_last(&run, k);

	return ev ? ev : &none;
}

static bool near(float got, double want)
{
	return fabs((double)got - want) < 0.1;
}

/* Is what sounds at @hz known again, 100 s after a site was heard at each of @heard? */
static bool known_again(enum bp_movement then, enum bp_movement now, const float *heard, int n, float hz)
{
	static struct bp_stream s;
	static struct bp_memory mem;
	struct bp_candidate c = {
		.onset_ns = 1000000000, .context = { .movement = then },
		.shape[BP_FILM] = { .seen = true, .ratio = 1e4f, .peak = 5, .length_s = 0.006f },
	};
	struct bp_event ev = {
		.number = 1, .onset_ns = c.onset_ns - 100000000000, .class_ = BP_CLASS_CAVITATION,
		.movement = then,
	};
	struct bp_site *site = NULL;
	float like;

	memset(&s, 0, sizeof(s));
	memset(&mem, 0, sizeof(mem));
	bp_stream_init(&s, 3200, 200, 0.005f);
	for (int i = 0; i < 3400; i++) {
		bp_v4 x = { test_pop(i / 3200.0, 1, 250, 0.003, 5) };

		bp_stream_sample(&s, (int64_t)(i / 3200.0 * 1e9), x, false, false);
	}
	for (int i = 0; i < n; i++) {
		c.shape[BP_FILM].freq_hz = heard[i];
		site = bp_memory_learn(&mem, site, &c, &s, &ev);
	}
	c.context.movement = now;
	c.shape[BP_FILM].freq_hz = hz;
	return bp_memory_find(&mem, &c, &s, &like);
}

/* Is the site of an event still known once that is held for @class_? */
static bool remembered(enum bp_class class_, int times)
{
	static struct bp_stream s;
	static struct bp_memory mem;
	static struct bp_book book;
	struct bp_candidate c = {
		.onset_ns = 1000000000, .shape[BP_FILM] = { .seen = true, .ratio = 1e4f },
	};
	struct bp_site *site = NULL;

	memset(&s, 0, sizeof(s));
	memset(&mem, 0, sizeof(mem));
	memset(&book, 0, sizeof(book));
	bp_stream_init(&s, 3200, 200, 0.005f);
	for (int i = 0; i < times; i++) {
		struct bp_event ev = { .onset_ns = c.onset_ns, .class_ = BP_CLASS_CAVITATION };

		ev.number = bp_book_open(&book, &ev, ev.onset_ns);
		site = bp_memory_learn(&mem, site, &c, &s, &ev);
	}
	bp_book_find(&book, site->last_event)->class_ = class_;
	bp_memory_forget(&mem, &book);
	return site->number;
}

static void crackles(void)
{
	ktap(!remembered(BP_CLASS_CREPITUS, 1), "a crackle's site is forgotten",
	     "expected none, got one: see bp_memory_forget()");
	ktap(remembered(BP_CLASS_CREPITUS, 2) && remembered(BP_CLASS_CAVITATION, 1),
	     "a pop's, and one heard before, are not",
	     "expected both, got none or one: see bp_memory_forget()");
}

/* At 12 % more than the site's pitch it depends on the movement. */
static void movements(void)
{
	static const float hz[] = { 250, 290, 290 };

	ktap(known_again(BP_MOVEMENT_BEND, BP_MOVEMENT_BEND, hz, 1, 280),
	     "a tendon is known again at its movement", "expected the site, got none: see BP_SITE_MOVES in weigh.c");
	ktap(!known_again(BP_MOVEMENT_BEND, BP_MOVEMENT_TWIST, hz, 1, 280) &&
	     !known_again(BP_MOVEMENT_NONE, BP_MOVEMENT_NONE, hz, 1, 280),
	     "at another, or at rest, it takes more likeness",
	     "expected no site, got one: see same_movement() in memory.c");
	ktap(known_again(BP_MOVEMENT_UNKNOWN, BP_MOVEMENT_UNKNOWN, hz, 1, 280),
	     "a film alone sees no movement",
	     "expected the site, got none: see same_movement() in memory.c");
	ktap(!known_again(BP_MOVEMENT_BEND, BP_MOVEMENT_BEND, hz, 1, 310) &&
	     known_again(BP_MOVEMENT_BEND, BP_MOVEMENT_BEND, hz, 3, 310),
	     "one that varies is known by its mean",
	     "expected the site after 250, 290, 290 Hz and none after 250 Hz: see drift() in memory.c");
}

/* One source, another, the first again. */
static float two_sources(double t)
{
	return test_pop(t, 10.003, 210, 0.004, 12) + test_pop(t, 14.007, 480, 0.003, 12) +
	       test_pop(t, 18.011, 210, 0.004, 12);
}

static struct bp_trace told[8];
static size_t n_told;

static void note(void *arg, const struct bp_trace *tr)
{
	(void)arg;
	if (tr->look == BP_LOOK_SITE && n_told < sizeof(told) / sizeof(*told))
		told[n_told++] = *tr;
}

/* What the memory says when it is asked for reasons. */
static void compared(void)
{
	struct test_signal sig = film;
	const struct bp_trace *other = &told[0], *same = &told[1], *last = &told[2];
	struct bp_core *core;
	struct bp_frame *f;
	size_t n;

	sig.film = two_sources;
	core = test_core(&sig);
	f = test_frames(&sig, 21, &n);
	memset(&run, 0, sizeof(run));
	bp_core_trace(core, note, NULL);
	bp_core_push(core, f, n);
	bp_core_flush(core);
	test_fetch(core, &run);
	free(f);
	ktap(n_told == 3 && other->event == 2 && same->event == 3 && last->event == 3 &&
	     other->site == nth(1)->site && same->site == nth(1)->site && last->site == nth(2)->site,
	     "each event tells with which sites it was compared",
	     "expected event 2 with the site of 1, 3 with those of 1 and 2, got %zu lines", n_told);
	ktap(same->outcome == BP_KEPT && same->site == nth(3)->site && same->rule == BP_RULE_NONE &&
	     other->outcome == BP_REFUSED && other->rule == BP_RULE_WEIGHED && other->odds < other->limit &&
	     last->outcome == BP_REFUSED && last->value == last->odds && last->limit == same->odds,
	     "the one it was taken for is kept, the others are refused, with what they lacked",
	     "expected refused, kept, refused, log-odds below the best, got %s %.1f, %s %.1f, %s %.1f of %.1f",
	     bp_outcome_name(other->outcome), (double)other->odds, bp_outcome_name(same->outcome),
	     (double)same->odds, bp_outcome_name(last->outcome), (double)last->odds, (double)last->limit);
	ktap(same->ear == BP_EAR_WIDE_FILM && same->n_looks == BP_SITE_LOOKS &&
	     same->looks[BP_SITE_UNLIKE] < 0.1f && same->looks[BP_SITE_PITCH] < 0.1f &&
	     other->looks[BP_SITE_UNLIKE] > 0.3f && other->looks[BP_SITE_PITCH] > 0.5f &&
	     same->looks[BP_SITE_SOON] == 1 && same->looks[BP_SITE_ANGLED] == 0,
	     "and by what looks",
	     "expected unlike and pitch below 0.1 of one source, above 0.3 and 0.5 of two, got %.2f, %.2f, %.2f, %.2f",
	     (double)same->looks[BP_SITE_UNLIKE], (double)same->looks[BP_SITE_PITCH],
	     (double)other->looks[BP_SITE_UNLIKE], (double)other->looks[BP_SITE_PITCH]);
}

int main(void)
{
	static const double late[] = { 1500, 1560 }, soon[] = { 300 }, quick[] = { 1020 };
	const struct bp_event *ev;

	ktap_plan(16);
	play(late, 2);
	ev = nth(1);
	ktap(run.status.events == 3 && ev->class_ == BP_CLASS_CAVITATION && near(ev->silent_s, 1200) &&
	     isnan(ev->since_s), "a joint heard first is taken to be silent for 20 min",
	     "expected cavitation, 1200 s, got %s, %.0f s, %llu events", bp_class_name(ev->class_),
	     (double)ev->silent_s, (unsigned long long)run.status.events);
	ev = nth(2);
	ktap(ev->class_ == BP_CLASS_CAVITATION && ev->site == nth(1)->site && near(ev->since_s, 1500),
	     "after 25 min it is the same joint again", "expected cavitation after 1500 s, got %s after %.0f s",
	     bp_class_name(ev->class_), (double)ev->since_s);
	ktap(near(ev->silent_s, (1200 + 1500) / 2.0), "and its silence is learned",
	     "expected 1350 s, got %.0f: see bp_memory_silent_s()", (double)ev->silent_s);
	ev = nth(3);
	ktap(near(ev->silent_s, (1200 + 2 * 1500) / 3.0), "the shortest one that was seen, ever more",
	     "expected 1400 s, got %.0f: see bp_memory_silent_s()", (double)ev->silent_s);

	play(soon, 1);
	ktap(nth(1)->class_ == BP_CLASS_SNAP && nth(2)->class_ == BP_CLASS_SNAP && isnan(nth(2)->silent_s),
	     "5 min are too soon for a joint: both were snaps", "expected snap, snap, got %s, %s",
	     bp_class_name(nth(1)->class_), bp_class_name(nth(2)->class_));
	play(quick, 1);
	ktap(nth(1)->class_ == BP_CLASS_CAVITATION && nth(2)->class_ == BP_CLASS_CAVITATION,
	     "17 min may be a quick joint", "expected cavitation twice, got %s, %s",
	     bp_class_name(nth(1)->class_), bp_class_name(nth(2)->class_));

	play_weak();
	ev = nth(run.status.events);
	ktap(run.status.events >= 3 && ev->class_ == BP_CLASS_SNAP && ev->site,
	     "weak snaps are known by their repeats", "expected a snap with a site as the last of 3 to 5, "
	     "got %s, site %u, %u events: see bp_classify_settle()", bp_class_name(ev->class_), ev->site,
	     (unsigned int)run.status.events);
	movements();
	crackles();
	compared();
	return ktap_exit();
}
