// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "core/lung.h"

#define MS		1000000LL	/* ns */
#define GAP_NS		(500 * MS)	/* crackles of one breath are closer */
#define GROUP_NS	(1300 * MS)	/* and lasts no longer (signal-model.md 3.3, 3.8) */
#define THIRD_NS	(900 * MS)	/* said within 1 s after the third crackle (system.md 6) */
#define NOISE_NS	(700 * MS)	/* a noise speaks for what is so close to it */
#define PAUSE_NS	(1100 * MS)	/* expiration is silent; keys come every 0.35 s (3.8) */
#define FORGET_NS	(300000 * MS)	/* a walk in between does not cure */
/* But below 2 kHz creaks sound alike by chance within minutes: breath after breath, then. */
#define FORGET_SLOW_NS	(60000 * MS)
#define SLOW_HZ		2000.0f
#define GROUP_MIN	2u		/* crackles of a group that teaches */
#define GROUP_MAX	12u		/* 1 to 10 per breath (3.8), and doubles */
#define GAP_MEAN_NS	(190 * MS)	/* keys come 0.35 s apart, syllables 0.25 s (3.8) */
#define POPS_NS		(60 * MS)	/* pops of a manoeuvre are closer */
#define PURE		0.04f		/* relative variance of the frequencies of one lung */
#define HZ_LIKE		0.22f		/* part by which a crackle may differ from the usual */
#define HZ_OTHER	0.35f		/* by which it is surely something else */
#define HZ_LEAST	290.0f	/* 350 or 650 Hz (1.4); keys and furniture are lower (3.8) */
#define HZ_STRAIN	170.0f	/* below it what strains the film more than it shakes it is low */
#define HZ_EDGE		0.315f	/* of the rate, where the band's edge takes the rest away */
#define LENGTH_S	0.0145f	/* 5 or 15 ms (1.4), which is 3 decays: 20 dB fall in 11.5 ms */
#define CYCLES		6.5f
#define HEARD_RATIO	24.0f		/* the noise alone reaches it ten times an hour */
/*
 * A beat of the heart strains the film more than a crackle shakes it, and its upper flank lifts
 * the noise: of some wearers above 24 400 to 1300 times an hour, above 40 no more than 27.  Below
 * 2 kHz little of that noise is heard, and where a heart is strong no crackle is without it.
 */
#define BEAT_RATIO	45.0f
#define PEAK_LIKE	2.0f		/* times the usual group's largest */
#define BREATHS_KNOWN	2u
#define BREATHS_SURE	4u
#define BREATHS_MAX	10u
#define LEARN		0.25f
#define SURE_FIRST	0.6f		/* confidence with the second breath, */
#define SURE_STEP	0.04f		/* each more adds, up to */
#define SURE_MOST	0.9f

void bp_lung_init(struct bp_lung *l)
{
	memset(l, 0, sizeof(*l));
	l->noise_ns = l->any_ns = INT64_MIN / 2;
}

/* Is what was heard of these lungs recent enough at @t_ns to count? */
static bool recent(const struct bp_lung *l, int64_t t_ns)
{
	bool slow = l->rate_hz < SLOW_HZ && l->breaths < BREATHS_SURE;

	return t_ns - l->breath_ns < (slow ? FORGET_SLOW_NS : FORGET_NS);
}

static bool known(const struct bp_lung *l, int64_t now_ns)
{
	return l->breaths >= BREATHS_KNOWN && recent(l, now_ns);
}

static bool alike(const struct bp_lung *l, float freq_hz, float peak)
{
	return freq_hz > l->usual_hz * (1 - HZ_LIKE) && freq_hz < l->usual_hz * (1 + HZ_LIKE) &&
	       peak < l->usual_peak * PEAK_LIKE;
}

static float confidence(const struct bp_lung *l)
{
	float c = SURE_FIRST + SURE_STEP * (float)l->breaths;

	return c < SURE_MOST ? c : SURE_MOST;
}

/* The first event that was said of one of its crackles in doubt, or NULL. */
static struct bp_event *said_already(const struct bp_lung *l, struct bp_book *book)
{
	struct bp_event *first = NULL;

	for (uint32_t i = 0; i < BP_DOUBTFUL; i++) {
		struct bp_event *ev = bp_book_find(book, l->doubtful[i].number);

		if (ev && ev->class_ != BP_CLASS_ARTEFACT && ev->class_ != BP_CLASS_CREPITUS &&
		    ev->onset_ns >= l->first_ns && ev->onset_ns <= l->last_ns &&
		    (!first || ev->onset_ns < first->onset_ns))
			first = ev;
	}
	return first;
}

static void say(struct bp_lung *l, struct bp_book *book, int64_t now_ns)
{
	struct bp_event *said = said_already(l, book), ev = said ? *said : l->draft;

	ev.class_ = BP_CLASS_LUNG_CRACKLE;
	ev.confidence = confidence(l);
	if (l->last_ns > ev.end_ns)
		ev.end_ns = l->last_ns;
	if (said) {
		*said = ev;
		l->number = said->number;
		bp_book_revise(book, said, now_ns);
		return;
	}
	ev.onset_ns = l->first_ns;
	l->number = bp_book_open(book, &ev, now_ns);
}

/* Now that the lungs are known: what was said of them in doubt is put right. */
static void clear_doubts(struct bp_lung *l, struct bp_book *book, int64_t now_ns)
{
	for (uint32_t i = 0; i < BP_DOUBTFUL; i++) {
		struct bp_doubtful *d = &l->doubtful[i];
		struct bp_event *ev = bp_book_find(book, d->number);

		if (!ev || (ev->class_ != BP_CLASS_UNCLASSIFIED && ev->class_ != BP_CLASS_SNAP &&
			    ev->class_ != BP_CLASS_CAVITATION) || !alike(l, d->freq_hz, d->peak))
			continue;
		d->number = 0;
		ev->class_ = BP_CLASS_LUNG_CRACKLE;
		ev->confidence = confidence(l);
		bp_book_revise(book, ev, now_ns);
	}
}

/* Perhaps no crackle, but the noise upon a beat of the heart. */
static bool on_a_beat(const struct bp_candidate *c, float rate_hz)
{
	const struct bp_shape *s = &c->shape[BP_FILM];

	return rate_hz >= SLOW_HZ && bp_candidate_main(c) == BP_FILM && s->low_swing > s->peak &&
	       s->ratio < BEAT_RATIO;
}

/* Crackles of one sound, not too many, with no noise about: as lungs do it. */
static bool teaches(const struct bp_lung *l)
{
	float least = HZ_EDGE * l->rate_hz < HZ_LEAST ? HZ_EDGE * l->rate_hz : HZ_LEAST;
	float var = l->freq2 - l->freq_hz * l->freq_hz;

	return !l->spoiled && !l->crowded && l->n >= GROUP_MIN && l->n <= GROUP_MAX &&
	       l->freq_hz > least && var < PURE * l->freq_hz * l->freq_hz &&
	       l->last_ns - l->first_ns < GROUP_NS &&
	       l->last_ns - l->first_ns < (int64_t)(l->n - 1) * GAP_MEAN_NS;
}

/* It may be a manoeuvre's weak pops, 8 to 60 ms apart (3.2): that confirms, but does not begin. */
static bool like_pops(const struct bp_lung *l)
{
	int64_t span = l->last_ns - l->first_ns;

	return span < BP_MANOEUVRE_NS && span < (int64_t)(l->n - 1) * POPS_NS;
}

/*
 * One breath's crackles of lungs that are known: few, of their sound, with silence around.  Of
 * lungs that are well known several need less: now and then one of a breath's sounds unlike
 * the others, for noise is in it.  Below 2 kHz, where keys and creaks sound like lungs, one alone is not
 * enough for lungs that were heard but twice.
 */
static bool fits(const struct bp_lung *l)
{
	if (l->spoiled || !l->loud || l->n > GROUP_MAX || !alike(l, l->freq_hz, l->peak))
		return false;
	if (l->n >= GROUP_MIN && l->breaths >= BREATHS_SURE)
		return l->last_ns - l->since_ns < GROUP_NS && !(l->crowded && like_pops(l));
	return !l->crowded &&
	       (l->n >= GROUP_MIN || l->breaths > BREATHS_KNOWN || l->rate_hz >= SLOW_HZ) &&
	       (l->n < 3 || l->last_ns - l->first_ns <= (int64_t)(l->n - 1) * GAP_MEAN_NS);
}

/* The group is over: what does it teach of these lungs? */
static void close_group(struct bp_lung *l, struct bp_book *book, int64_t now_ns)
{
	bool like = l->breaths && recent(l, l->first_ns);

	if (teaches(l)) {
		if (like && alike(l, l->freq_hz, l->peak)) {
			if (l->breaths < BREATHS_MAX)
				l->breaths++;
			l->usual_hz += LEARN * (l->freq_hz - l->usual_hz);
			l->usual_peak += LEARN * (l->peak - l->usual_peak);
			l->breath_ns = l->first_ns;
			if (!l->number)
				say(l, book, now_ns);
			clear_doubts(l, book, now_ns);
		} else if (!known(l, now_ns) && !like_pops(l)) {
			l->breaths = 1;
			l->breath_ns = l->first_ns;
			l->usual_hz = l->freq_hz;
			l->usual_peak = l->peak;
		}
	}
	if (!l->number && known(l, now_ns) && fits(l)) {
		l->breath_ns = l->first_ns;
		say(l, book, now_ns);
	}
	l->n = 0;
	l->number = 0;
}

bool bp_lung_like(const struct bp_lung *l, const struct bp_candidate *c)
{
	const struct bp_shape *s = &c->shape[bp_candidate_main(c)];

	return known(l, c->onset_ns) && alike(l, s->freq_hz, s->peak);
}

bool bp_lung_take(struct bp_lung *l, struct bp_book *book, const struct bp_candidate *c,
		  float rate_hz, bool sure, int64_t now_ns)
{
	const struct bp_shape *s = &c->shape[bp_candidate_main(c)];
	int64_t any_ns = l->any_ns;
	float w;

	/* The heart's, or a tendon's above it: lungs do not strain the film. */
	if (bp_candidate_main(c) == BP_FILM && s->freq_hz < HZ_STRAIN && s->low_swing > s->peak)
		return false;
	if (s->ratio > HEARD_RATIO) {
		if (c->onset_ns - any_ns >= PAUSE_NS)
			l->burst_ns = c->onset_ns;
		l->any_ns = c->onset_ns;
	}
	if (l->n && (c->onset_ns - l->last_ns > GAP_NS || c->onset_ns - l->first_ns > GROUP_NS))
		close_group(l, book, now_ns);
	if (s->length_s > LENGTH_S || s->cycles > CYCLES)
		return false;
	if (known(l, now_ns) && !alike(l, s->freq_hz, s->peak)) {
		/* Something else crackles, too: what is in between proves nothing. */
		l->crowded |= l->n && sure && (s->freq_hz < l->usual_hz * (1 - HZ_OTHER) ||
					       s->freq_hz > l->usual_hz * (1 + HZ_OTHER));
		return false;
	}
	if (!l->n) {
		bp_candidate_describe(&l->draft, c);
		l->first_ns = c->onset_ns;
		l->rate_hz = rate_hz;
		l->freq_hz = l->freq2 = l->peak = 0;
		l->loud = false;
		l->spoiled = c->onset_ns - l->noise_ns < NOISE_NS;
		l->crowded = c->onset_ns - any_ns < PAUSE_NS;
		l->since_ns = l->crowded ? l->burst_ns : c->onset_ns;
	}
	l->last_ns = c->onset_ns;
	if (++l->n == 3)
		l->third_ns = c->onset_ns;
	w = 1 / (float)l->n;
	l->freq_hz += w * (s->freq_hz - l->freq_hz);
	l->freq2 += w * (s->freq_hz * s->freq_hz - l->freq2);
	if (s->peak > l->peak)
		l->peak = s->peak;
	l->loud |= l->n >= GROUP_MIN ||
		   (!on_a_beat(c, rate_hz) && (sure || (known(l, now_ns) && s->ratio > HEARD_RATIO)));
	if (!known(l, now_ns))
		return false;
	l->begun += l->n == 1 && !l->spoiled && !l->crowded;
	return true;
}

void bp_lung_noise(struct bp_lung *l, int64_t t_ns)
{
	if (t_ns > l->noise_ns)
		l->noise_ns = t_ns;
	if (l->n && t_ns - l->last_ns < NOISE_NS && l->first_ns - t_ns < NOISE_NS)
		l->spoiled = true;
}

void bp_lung_doubt(struct bp_lung *l, const struct bp_event *ev, const struct bp_candidate *c)
{
	const struct bp_shape *s = &c->shape[bp_candidate_main(c)];

	l->doubtful[l->n_doubtful] = (struct bp_doubtful){ ev->number, s->freq_hz, s->peak };
	l->n_doubtful = (l->n_doubtful + 1) % BP_DOUBTFUL;
}

void bp_lung_trust(struct bp_lung *l, uint32_t number)
{
	for (uint32_t i = 0; i < BP_DOUBTFUL; i++)
		if (l->doubtful[i].number == number)
			l->doubtful[i].number = 0;
}

void bp_lung_step(struct bp_lung *l, struct bp_book *book, int64_t now_ns, bool all)
{
	if (l->n && (all || now_ns - l->last_ns > GAP_NS ||
		     (l->n >= 3 && !l->number && now_ns - l->third_ns > THIRD_NS)))
		close_group(l, book, now_ns);
}
