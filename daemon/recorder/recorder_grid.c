// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/recorder_grid.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "source/gap.h"

/* Records may be this much longer or shorter than 1 s to fit two clocks. */
#define RECORD_SLACK	0.1
#define PPM		1e-6
/* A track that is so much of a record behind the other is not waited for. */
#define LAG		0.5

/* ---- what comes ----------------------------------------------------------- */

/* A scale for a source that has none: the range in 16 bit. */
static struct source_scale default_scale(double range)
{
	return (struct source_scale) {
		.scale = range / 32767, .low = INT16_MIN, .high = INT16_MAX,
	};
}

static void add_track(struct grid *g, uint32_t has, size_t n, double hz)
{
	struct grid_track *t = &g->tracks[g->n_tracks++];

	*t = (struct grid_track) { .has = has, .first = g->n_signals, .n = n, .nominal_hz = hz };
	t->per_record = (uint32_t)lround(hz);
	t->meter.period_ns = 1e9 / hz;
	g->n_signals += n;
}

static void describe(struct edf_signal *e, const struct source_scale *s, const char *label,
		     const char *dimension, double factor)
{
	*e = (struct edf_signal) {
		.dig_min = s->low,
		.dig_max = s->high,
		.phys_min = (s->low * s->scale + s->offset) * factor,
		.phys_max = (s->high * s->scale + s->offset) * factor,
	};
	strcpy(e->label, label);
	strcpy(e->dimension, dimension);
}

void grid_set_source(struct grid *g, const struct source_info *info, struct edf_signal *signals)
{
	static const char *const labels[] = {
		EDF_LABEL_ACCEL_X, EDF_LABEL_ACCEL_Y, EDF_LABEL_ACCEL_Z, EDF_LABEL_FILM
	};
	const struct bp_config *cfg = &info->config;
	double lowpass_hz;

	g->running = false;
	g->n_tracks = 0;
	g->n_signals = 0;
	if (cfg->motion_rate_hz > 0)
		add_track(g, BP_HAS_MOTION, 3, cfg->motion_rate_hz);
	if (cfg->film_rate_hz > 0)
		add_track(g, BP_HAS_FILM, 1, cfg->film_rate_hz);
	for (size_t i = 0; i < g->n_signals; i++) {
		size_t c = g->n_signals == 1 ? SOURCE_FILM : i;
		bool film = c == SOURCE_FILM;

		g->scales[i] = info->scales[c];
		if (g->scales[i].scale == 0)
			g->scales[i] = default_scale(film ? fmax(cfg->film_range_mv, 1) :
						     fmax(cfg->motion_range_g, 1));
		describe(&signals[i], &g->scales[i], labels[c], film ? "mV" : "mg", film ? 1 : 1e3);
		snprintf(signals[i].transducer, sizeof(signals[i].transducer), "%s",
			 film ? "piezo film" : "accelerometer");
		lowpass_hz = film ? info->film_lowpass_hz : info->motion_lowpass_hz;
		if (lowpass_hz > 0)
			snprintf(signals[i].prefilter, sizeof(signals[i].prefilter), "LP:%gHz",
				 lowpass_hz);
	}
}

/* ---- rates ---------------------------------------------------------------- */

void grid_measure(struct grid *g, const struct bp_frame *f)
{
	for (size_t i = 0; i < g->n_tracks; i++) {
		struct grid_meter *m = &g->tracks[i].meter;
		int64_t dt = f->t_ns - m->last_ns;

		if (!(f->has & g->tracks[i].has))
			continue;
		if (m->last_ns && dt > 0 && !gap_samples(dt, m->period_ns)) {
			m->period_ns += ((double)dt - m->period_ns) / 1024;
			m->sum_ns += (double)dt;
			m->n++;
		}
		m->last_ns = f->t_ns;
	}
}

static bool measured(const struct grid_meter *m)
{
	return m->sum_ns >= GRID_RATE_S * 1e9;
}

bool grid_rates_known(const struct grid *g)
{
	for (size_t i = 0; i < g->n_tracks; i++)
		if (!measured(&g->tracks[i].meter) && g->tracks[i].meter.known_hz == 0)
			return false;
	return g->n_tracks > 0;
}

static double rate_of(struct grid_track *t)
{
	struct grid_meter *m = &t->meter;

	if (measured(m)) {
		m->known_hz = (double)m->n * 1e9 / m->sum_ns;
		m->n = 0;
		m->sum_ns = 0;
	}
	if (m->known_hz == 0 ||
	    fabs(m->known_hz / t->nominal_hz - 1) < GRID_NOMINAL_PPM * PPM)
		return t->nominal_hz;
	return m->known_hz;
}

void grid_plan(struct grid *g)
{
	double rate[GRID_TRACKS] = { 0 }, best = INFINITY;
	struct grid_track *a = &g->tracks[0], *b = &g->tracks[1];
	uint32_t low, high;

	for (size_t i = 0; i < g->n_tracks; i++) {
		rate[i] = rate_of(&g->tracks[i]);
		g->tracks[i].per_record = (uint32_t)lround(g->tracks[i].nominal_hz);
	}
	/* One clock may measure as two by a few ppm. */
	if (g->n_tracks == 2 && fabs(rate[1] * a->nominal_hz / (rate[0] * b->nominal_hz) - 1) >=
				2 * GRID_NOMINAL_PPM * PPM) {
		low = (uint32_t)(a->nominal_hz * (1 - RECORD_SLACK));
		high = (uint32_t)(a->nominal_hz * (1 + RECORD_SLACK));
		for (uint32_t n = low; n <= high; n++) {
			double exact = n * rate[1] / rate[0];
			double off = fabs(round(exact) / exact - 1);

			if (off < best && exact < FILE_COUNTS) {
				best = off;
				a->per_record = n;
				b->per_record = (uint32_t)lround(exact);
			}
		}
	}
	g->record_s = edf_header_value(a->per_record / rate[0]);
}

/* ---- records -------------------------------------------------------------- */

static double record_onset(const struct grid *g)
{
	return g->onset_s + (double)g->records * g->record_s;
}

static int64_t record_slot(const struct grid *g, const struct grid_track *t)
{
	return (int64_t)(g->records * t->per_record);
}

static double slot_s(const struct grid *g, const struct grid_track *t)
{
	return g->record_s / t->per_record;
}

static void report(struct grid *g, const struct grid_track *t, int64_t from, int64_t to)
{
	unsigned int bit = 1u << (t - g->tracks);
	double onset = g->onset_s + (double)from * slot_s(g, t);
	double end = g->onset_s + (double)to * slot_s(g, t);
	struct grid_hole *h;

	if (!g->ending) {
		g->lost += (uint64_t)(to - from);
		g->discontinuous = true;
	}
	for (size_t i = 0; i < g->n_holes; i++) {
		h = &g->holes[i];
		if (!(h->tracks & bit) && fabs(h->onset_s - onset) < 1e-9 &&
		    fabs(h->onset_s + h->duration_s - end) < 1e-9) {
			h->tracks |= bit;
			return;
		}
	}
	if (g->n_holes == GRID_HOLES) {
		h = &g->holes[GRID_HOLES - 1];
		h->tracks |= bit;
		h->onset_s = fmin(h->onset_s, onset);
		h->duration_s = fmax(h->duration_s, end - h->onset_s);
		return;
	}
	g->holes[g->n_holes++] = (struct grid_hole) { bit, onset, end - onset };
}

/* The record is whole for every track: out with it. */
static void emit(struct grid *g)
{
	struct grid_record rec = {
		.onset_s = record_onset(g),
		.discontinuous = g->discontinuous,
		.last = g->ending,
	};
	double end = rec.onset_s + g->record_s;
	size_t kept = 0;

	/* Holes of a track that is ahead may belong to the next record. */
	for (size_t i = 0; i < g->n_holes; i++) {
		if (g->holes[i].onset_s < end - 1e-9)
			rec.holes[rec.n_holes++] = g->holes[i];
		else
			g->holes[kept++] = g->holes[i];
	}
	g->n_holes = kept;
	g->emit(g->userdata, &rec, (const int16_t (*)[2 * FILE_COUNTS])g->counts);
	g->discontinuous = kept > 0;
	for (size_t i = 0; i < g->n_tracks; i++) {
		const struct grid_track *t = &g->tracks[i];
		size_t ahead = (size_t)(t->next_slot - record_slot(g, t) - t->per_record);

		for (size_t k = t->first; k < t->first + t->n; k++)
			memmove(g->counts[k], g->counts[k] + t->per_record,
				ahead * sizeof(g->counts[k][0]));
	}
	g->records++;
}

static bool is_whole(const struct grid *g)
{
	for (size_t i = 0; i < g->n_tracks; i++)
		if (g->tracks[i].next_slot < record_slot(g, &g->tracks[i]) +
					     g->tracks[i].per_record)
			return false;
	return true;
}

/* Fill a track up to @slot, which lies in this record or the next one, with its last count. */
static void fill(struct grid *g, struct grid_track *t, int64_t slot)
{
	int64_t base = record_slot(g, t), end = base + t->per_record, from = t->next_slot;

	if (slot <= from)
		return;
	for (size_t k = t->first; k < t->first + t->n; k++) {
		int16_t last = t->begun ? g->counts[k][2 * FILE_COUNTS - 1] : 0;

		for (int64_t i = from; i < slot; i++)
			g->counts[k][i - base] = last;
	}
	if (from < end && slot > end) {
		report(g, t, from, end);
		report(g, t, end, slot);
	} else {
		report(g, t, from, slot);
	}
	t->next_slot = slot;
}

/* End the record now: what a track lacks is filled in. */
static void force(struct grid *g)
{
	for (size_t i = 0; i < g->n_tracks; i++) {
		struct grid_track *t = &g->tracks[i];

		fill(g, t, record_slot(g, t) + t->per_record);
	}
	emit(g);
}

static void start_segment(struct grid *g, int64_t t_ns, double onset_s)
{
	g->t0_ns = t_ns;
	g->onset_s = onset_s;
	g->records = 0;
	for (size_t i = 0; i < g->n_tracks; i++) {
		g->tracks[i].next_slot = 0;
		g->tracks[i].last_slot = 0;
		g->tracks[i].last_ns = 0;
	}
}

void grid_begin(struct grid *g, double onset_s)
{
	g->running = true;
	g->fresh = true;
	g->n_holes = 0;
	g->discontinuous = false;
	start_segment(g, 0, onset_s);
	for (size_t i = 0; i < g->n_tracks; i++)
		g->tracks[i].begun = false;
}

void grid_continue(struct grid *g, double onset_s)
{
	double shift = onset_s - record_onset(g);

	for (size_t i = 0; i < g->n_tracks; i++) {
		struct grid_track *t = &g->tracks[i];
		int64_t base = record_slot(g, t);

		t->last_slot -= base;
		t->next_slot -= base;
	}
	g->t0_ns += llround((double)g->records * g->record_s * 1e9);
	for (size_t i = 0; i < g->n_tracks; i++) {
		struct grid_track *t = &g->tracks[i];
		double period = t->meter.period_ns;

		if (!t->last_ns)
			continue;
		/*
		 * The first track says when this is.  The other one, if it has drifted from
		 * it, is set right by the next sample: left out, or filled up to.
		 */
		if (i == 0)
			g->t0_ns = t->last_ns - llround((double)t->last_slot * period);
		else
			t->last_slot = llround((double)(t->last_ns - g->t0_ns) / period);
	}
	grid_plan(g);
	g->onset_s = onset_s;
	g->records = 0;
	for (size_t i = 0; i < g->n_holes; i++)
		g->holes[i].onset_s += shift;
}

/* How many slots on from the newest one this sample is; 0 = not later. */
static int64_t step(const struct grid_track *t, int64_t t_ns)
{
	int64_t dt = t_ns - t->last_ns;

	return dt <= 0 ? 0 : (int64_t)gap_samples(dt, t->meter.period_ns) + 1;
}

/* Nothing of any track came for so long that the record cannot be filled by it. */
static bool is_whole_hole(const struct grid *g, int64_t t_ns)
{
	for (size_t i = 0; i < g->n_tracks; i++) {
		const struct grid_track *t = &g->tracks[i];
		int64_t end = record_slot(g, t) + t->per_record;

		if (t->last_ns ? t->last_slot + step(t, t_ns) <= end :
				 (double)(t_ns - g->t0_ns) <= (double)end * slot_s(g, t) * 1e9)
			return false;
	}
	return true;
}

static void put(struct grid *g, struct grid_track *t, const struct bp_frame *f)
{
	int64_t at = t->next_slot - record_slot(g, t);

	for (size_t k = 0; k < t->n; k++) {
		const struct source_scale *s = &g->scales[t->first + k];
		double v = t->has == BP_HAS_FILM ? (double)f->film_mv : (double)f->accel_g[k];
		double count = (v - s->offset) / s->scale;
		int16_t c;

		if (!(count > s->low))	/* also a NaN */
			c = (int16_t)s->low;
		else if (count > s->high)
			c = (int16_t)s->high;
		else
			c = (int16_t)lround(count);
		g->counts[t->first + k][at] = c;
		/* The last place is never used by a record: what fill() goes on with. */
		g->counts[t->first + k][2 * FILE_COUNTS - 1] = c;
	}
	t->begun = true;
	t->last_slot = t->next_slot++;
	t->last_ns = f->t_ns;
}

static void take(struct grid *g, struct grid_track *t, const struct bp_frame *f)
{
	int64_t slot;

	if (t->last_ns && f->t_ns <= t->last_ns)
		return;		/* the core counts those */
	slot = t->last_ns ? t->last_slot + step(t, f->t_ns) :
			    (int64_t)floor((double)(f->t_ns - g->t0_ns) / t->meter.period_ns + 0.01);
	if (slot < t->next_slot) {
		/* It comes too late: its place was filled in when the other went on. */
		g->lost++;
		t->last_slot = slot;
		t->last_ns = f->t_ns;
		return;
	}
	while (slot >= record_slot(g, t) + t->per_record + (int64_t)(LAG * t->per_record)) {
		fill(g, t, record_slot(g, t) + t->per_record);
		force(g);
	}
	fill(g, t, slot);
	put(g, t, f);
}

void grid_take(struct grid *g, const struct bp_frame *f)
{
	if (!g->running)
		return;
	if (g->fresh) {
		g->t0_ns = f->t_ns;
		g->fresh = false;
	} else if (is_whole_hole(g, f->t_ns)) {
		double onset = grid_place(g, f->t_ns);

		force(g);
		start_segment(g, f->t_ns, onset);
	}
	for (size_t i = 0; i < g->n_tracks; i++)
		if (f->has & g->tracks[i].has)
			take(g, &g->tracks[i], f);
	while (is_whole(g))
		emit(g);
}

void grid_end(struct grid *g)
{
	bool some = false;

	if (!g->running || g->fresh)
		return;
	for (size_t i = 0; i < g->n_tracks; i++)
		some |= g->tracks[i].next_slot > record_slot(g, &g->tracks[i]);
	g->ending = true;
	if (some)
		force(g);
	g->ending = false;
	g->running = false;
}

double grid_place(const struct grid *g, int64_t t_ns)
{
	const struct grid_track *newest = NULL;

	for (size_t i = 0; i < g->n_tracks; i++)
		if (g->tracks[i].last_ns && (!newest || g->tracks[i].last_ns > newest->last_ns))
			newest = &g->tracks[i];
	if (!newest)
		return g->onset_s + (double)(t_ns - g->t0_ns) / 1e9;
	return g->onset_s + (double)newest->last_slot * slot_s(g, newest) +
	       (double)(t_ns - newest->last_ns) / 1e9;
}

double grid_drift(const struct grid *g)
{
	double most = 0;

	for (size_t i = 0; i < g->n_tracks; i++) {
		const struct grid_track *t = &g->tracks[i];
		double off;

		if (!t->last_ns || g->fresh)
			continue;
		off = (double)(t->last_ns - g->t0_ns) / 1e9 - (double)t->last_slot * slot_s(g, t);
		if (fabs(off) > fabs(most))
			most = off;
	}
	return most;
}
