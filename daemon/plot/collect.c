// SPDX-License-Identifier: GPL-2.0-or-later
/* What is kept of a session for its picture: fixed size, coarser as it grows longer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "plot.h"

#define FIRST_BUCKET_NS	1000000		/* 1 ms: the whole is 2 s wide then */
#define BAND_LO_HZ	60.0
#define BAND_HI_HZ	1400.0
#define BAND_SHARE	0.42

void plot_band_init(struct plot_band *b, double rate_hz)
{
	memset(b, 0, sizeof(*b));
	bp_highpass(&b->hp_a, BAND_LO_HZ, rate_hz, BP_Q_BUTTERWORTH4_A);
	bp_highpass(&b->hp_b, BAND_LO_HZ, rate_hz, BP_Q_BUTTERWORTH4_B);
	bp_lowpass(&b->lp, fmin(BAND_HI_HZ, BAND_SHARE * rate_hz), rate_hz, BP_Q_BUTTERWORTH2);
}

bp_v4 plot_band_step(struct plot_band *b, bp_v4 x)
{
	if (!b->primed) {
		bp_biquad_prime(&b->hp_a, &b->hp_a_s, x);
		b->primed = true;
	}
	x = bp_biquad_step(&b->hp_a, &b->hp_a_s, x);
	x = bp_biquad_step(&b->hp_b, &b->hp_b_s, x);
	return bp_biquad_step(&b->lp, &b->lp_s, x);
}

static void clear(struct plot *p, size_t from)
{
	for (size_t i = from; i < PLOT_BUCKETS; i++) {
		for (int s = 0; s < PLOT_SERIES; s++) {
			p->series[s].lo[i] = INFINITY;
			p->series[s].hi[i] = -INFINITY;
		}
		p->state[i] = (struct plot_state){ .rate_bpm = NAN };
	}
}

struct plot *plot_new(const struct bp_config *config, uint32_t watched)
{
	struct plot *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->config = *config;
	p->bucket_ns = FIRST_BUCKET_NS;
	p->start_ns = INT64_MIN;
	p->watched = watched;
	p->clock_s = NAN;
	if (config->motion_rate_hz > 0.0)
		plot_band_init(&p->motion_band, config->motion_rate_hz);
	if (config->film_rate_hz > 0.0)
		plot_band_init(&p->film_band, config->film_rate_hz);
	clear(p, 0);
	return p;
}

void plot_free(struct plot *p)
{
	if (!p)
		return;
	free(p->events);
	free(p->refused);
	free(p->notes);
	free(p->looks);
	free(p);
}

/* Twice as long buckets: each is two of the old ones. */
static void coarsen(struct plot *p)
{
	struct plot_state state;

	for (size_t i = 0; i < PLOT_BUCKETS / 2; i++) {
		for (int s = 0; s < PLOT_SERIES; s++) {
			struct plot_envelope *e = &p->series[s];

			e->lo[i] = fminf(e->lo[2 * i], e->lo[2 * i + 1]);
			e->hi[i] = fmaxf(e->hi[2 * i], e->hi[2 * i + 1]);
		}
		state = p->state[p->state[2 * i + 1].asked ? 2 * i + 1 : 2 * i];
		if (isnan(state.rate_bpm))
			state.rate_bpm = p->state[2 * i].rate_bpm;
		p->state[i] = state;
	}
	clear(p, PLOT_BUCKETS / 2);
	p->bucket_ns *= 2;
}

static void take(struct plot *p, enum plot_series s, size_t bucket, float v)
{
	struct plot_envelope *e = &p->series[s];

	if (!isfinite(v))
		return;
	e->lo[bucket] = fminf(e->lo[bucket], v);
	e->hi[bucket] = fmaxf(e->hi[bucket], v);
}

static size_t bucket_of(struct plot *p, int64_t t_ns)
{
	while ((t_ns - p->start_ns) / p->bucket_ns >= PLOT_BUCKETS)
		coarsen(p);
	return (size_t)((t_ns - p->start_ns) / p->bucket_ns);
}

void plot_frames(struct plot *p, const struct bp_frame *frames, size_t n,
		 const struct bp_status *status)
{
	size_t bucket = 0;

	for (size_t i = 0; i < n; i++) {
		const struct bp_frame *f = &frames[i];

		if (p->start_ns == INT64_MIN)
			p->start_ns = f->t_ns;
		if (f->t_ns < p->start_ns)
			continue;
		bucket = bucket_of(p, f->t_ns);
		p->end_ns = f->t_ns;
		if (f->has & BP_HAS_MOTION) {
			bp_v4 mg = { 1e3f * f->accel_g[0], 1e3f * f->accel_g[1], 1e3f * f->accel_g[2], 0 };
			bp_v4 band = plot_band_step(&p->motion_band, mg);

			for (int c = 0; c < 3; c++)
				take(p, (enum plot_series)(PLOT_X + c), bucket, mg[c]);
			take(p, PLOT_MOTION, bucket,
			     sqrtf(band[0] * band[0] + band[1] * band[1] + band[2] * band[2]));
		}
		if (f->has & BP_HAS_FILM) {
			bp_v4 band = plot_band_step(&p->film_band, (bp_v4){ f->film_mv, 0, 0, 0 });

			take(p, PLOT_FILM, bucket, f->film_mv);
			take(p, PLOT_FILM_BAND, bucket, fabsf(band[0]));
		}
	}
	if (n)
		p->state[bucket] = (struct plot_state){
			.rate_bpm = status->breath_rate_bpm,
			.phase = (unsigned char)status->breath_phase,
			.movement = (unsigned char)status->movement,
			.asked = true,
		};
}

/* Room for one more, or NULL, and the plot has failed. */
static void *room(struct plot *p, void *list, size_t n, size_t size)
{
	void *grown = list_grow(list, n, size);

	p->failed |= !grown;
	return grown;
}

void plot_event(struct plot *p, const struct bp_event *ev)
{
	struct bp_event *events;

	/* Numbers come in order; a revision is of one of the last. */
	for (size_t i = p->n_events; i-- > 0 && p->events[i].number >= ev->number;) {
		if (p->events[i].number == ev->number) {
			p->events[i] = *ev;
			return;
		}
	}
	events = room(p, p->events, p->n_events, sizeof(*events));
	if (!events)
		return;
	p->events = events;
	events[p->n_events++] = *ev;
}

static void refuse(struct plot *p, const struct bp_trace *tr)
{
	struct plot_refused *refused;

	if (p->n_refused && p->refused[p->n_refused - 1].onset_ns == tr->onset_ns)
		return;
	refused = room(p, p->refused, p->n_refused, sizeof(*refused));
	if (!refused)
		return;
	p->refused = refused;
	refused[p->n_refused++] = (struct plot_refused){ tr->onset_ns, tr->reason };
}

void plot_trace(struct plot *p, const struct bp_trace *tr)
{
	struct bp_trace *looks;

	if (tr->event == 0 && tr->outcome == BP_REFUSED && tr->look != BP_LOOK_TRAIN)
		refuse(p, tr);
	/* Which site it was is told with the event. */
	if (!p->watched || tr->event != p->watched || tr->look == BP_LOOK_SITE)
		return;
	looks = room(p, p->looks, p->n_looks, sizeof(*looks));
	if (!looks)
		return;
	p->looks = looks;
	looks[p->n_looks++] = *tr;
}

void plot_note(struct plot *p, int64_t t_ns, const char *text)
{
	struct plot_note *notes = room(p, p->notes, p->n_notes, sizeof(*notes));
	size_t i;

	if (!notes)
		return;
	p->notes = notes;
	/* Files are nearly in order: this moves little. */
	for (i = p->n_notes++; i > 0 && p->notes[i - 1].t_ns > t_ns; i--)
		p->notes[i] = p->notes[i - 1];
	p->notes[i].t_ns = t_ns;
	snprintf(p->notes[i].text, sizeof(p->notes[i].text), "%s", text);
}

const struct bp_event *plot_find_event(const struct plot *p, uint32_t number)
{
	for (size_t i = 0; i < p->n_events; i++)
		if (p->events[i].number == number)
			return &p->events[i];
	return NULL;
}
