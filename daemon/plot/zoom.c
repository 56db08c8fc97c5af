// SPDX-License-Identifier: GPL-2.0-or-later
/* One event: each channel raw and in the vibration band, onset, noise floor, reasons. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"

#define BEFORE_NS	100000000	/* drawn before the onset */
#define AFTER_NS	200000000	/* and after, at least */
#define LONGEST_NS	5000000000	/* of a train */
#define SETTLE_NS	2000000000	/* filters start this long before */
#define FLOOR_NS	1000000000	/* the noise floor is taken over this, up to the drawing */
#define TOP		76.0
#define FACTS_H		150.0
#define GAP		16.0
#define MAD_TO_RMS	1.4826

static void *array(struct plot_samples *s, size_t n, size_t size)
{
	void *p = calloc(n, size);

	s->failed |= !p;
	return p;
}

void plot_samples_init(struct plot_samples *s, const struct plot *p, const struct bp_event *ev)
{
	int64_t length = ev->end_ns - ev->onset_ns;
	double seconds;

	*s = (struct plot_samples){ .from_ns = ev->onset_ns - BEFORE_NS };
	length = length < AFTER_NS ? AFTER_NS : length > LONGEST_NS ? LONGEST_NS : length;
	s->to_ns = ev->onset_ns + length + AFTER_NS / 4;
	seconds = 1e-9 * (double)(s->to_ns - s->from_ns + FLOOR_NS) + 0.1;
	if (p->config.motion_rate_hz > 0.0) {
		size_t n = (size_t)(1.1 * seconds * p->config.motion_rate_hz);

		s->motion_t = array(s, n, sizeof(*s->motion_t));
		s->motion = array(s, n, sizeof(*s->motion));
		s->motion_band = array(s, n, sizeof(*s->motion_band));
		plot_band_init(&s->motion_filter, p->config.motion_rate_hz);
	}
	if (p->config.film_rate_hz > 0.0) {
		size_t n = (size_t)(1.1 * seconds * p->config.film_rate_hz);

		s->film_t = array(s, n, sizeof(*s->film_t));
		s->film = array(s, n, sizeof(*s->film));
		s->film_band = array(s, n, sizeof(*s->film_band));
		plot_band_init(&s->film_filter, p->config.film_rate_hz);
	}
}

void plot_samples_free(struct plot_samples *s)
{
	free(s->motion_t);
	free(s->motion);
	free(s->motion_band);
	free(s->film_t);
	free(s->film);
	free(s->film_band);
}

void plot_samples_frame(struct plot_samples *s, const struct bp_frame *f)
{
	bool keep = f->t_ns >= s->from_ns - FLOOR_NS && f->t_ns <= s->to_ns;

	if (s->failed || f->t_ns < s->from_ns - FLOOR_NS - SETTLE_NS || f->t_ns > s->to_ns)
		return;
	if (f->has & BP_HAS_MOTION) {
		bp_v4 mg = { 1e3f * f->accel_g[0], 1e3f * f->accel_g[1], 1e3f * f->accel_g[2], 0 };
		bp_v4 band = plot_band_step(&s->motion_filter, mg);

		for (int c = 0; c < 3 && keep; c++) {
			s->motion[s->n_motion][c] = mg[c];
			s->motion_band[s->n_motion][c] = band[c];
		}
		if (keep)
			s->motion_t[s->n_motion++] = f->t_ns;
	}
	if (f->has & BP_HAS_FILM) {
		bp_v4 band = plot_band_step(&s->film_filter, (bp_v4){ f->film_mv, 0, 0, 0 });

		if (!keep)
			return;
		s->film[s->n_film] = f->film_mv;
		s->film_band[s->n_film] = band[0];
		s->film_t[s->n_film++] = f->t_ns;
	}
}

static int by_value(const void *pa, const void *pb)
{
	const float *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

/* From the median of the magnitudes: single clicks before the event do not count. */
static double floor_of(float *magnitude, size_t n)
{
	if (!n)
		return NAN;
	qsort(magnitude, n, sizeof(*magnitude), by_value);
	return MAD_TO_RMS * (double)magnitude[n / 2];
}

void plot_samples_end(struct plot_samples *s, const struct bp_event *ev)
{
	size_t most = 3 * s->n_motion + s->n_film + 1, n = 0;
	float *magnitude = array(s, most, sizeof(*magnitude));

	if (s->failed) {
		free(magnitude);
		return;
	}
	for (size_t i = 0; i < s->n_motion && s->motion_t[i] < ev->onset_ns - BEFORE_NS / 5; i++)
		for (int c = 0; c < 3; c++)
			magnitude[n++] = fabsf(s->motion_band[i][c]);
	s->motion_floor = floor_of(magnitude, n);
	n = 0;
	for (size_t i = 0; i < s->n_film && s->film_t[i] < ev->onset_ns - BEFORE_NS / 5; i++)
		magnitude[n++] = fabsf(s->film_band[i]);
	s->film_floor = floor_of(magnitude, n);
	free(magnitude);
}

/* ---- drawing ---------------------------------------------------------------- */

/* One trace of a panel. */
struct trace {
	const int64_t *t;
	const float *v;
	size_t n, stride;
	struct colour colour;
};

static void add_range(const struct trace *tr, const struct plot_samples *s, double *lo, double *hi)
{
	for (size_t i = 0; i < tr->n; i++) {
		if (tr->t[i] < s->from_ns || tr->t[i] > s->to_ns || !isfinite(tr->v[i * tr->stride]))
			continue;
		*lo = fmin(*lo, (double)tr->v[i * tr->stride]);
		*hi = fmax(*hi, (double)tr->v[i * tr->stride]);
	}
}

static void draw_trace(cairo_t *cr, const struct panel *panel, const struct trace *tr,
		       const struct plot_samples *s, int64_t zero_ns)
{
	bool drawing = false;

	draw_colour(cr, tr->colour);
	cairo_set_line_width(cr, 1.2);
	for (size_t i = 0; i < tr->n; i++) {
		float v = tr->v[i * tr->stride];

		if (tr->t[i] < s->from_ns || tr->t[i] > s->to_ns || !isfinite(v))
			continue;
		(drawing ? cairo_line_to : cairo_move_to)(cr, draw_x(panel, 1e-9 * (double)(tr->t[i] - zero_ns)),
							  draw_y(panel, (double)v));
		drawing = true;
	}
	cairo_stroke(cr);
}

static void mark_line(cairo_t *cr, const struct panel *panel, double t, struct colour c, bool dashed)
{
	static const double dashes[] = { 5.0, 4.0 };
	double x = draw_x(panel, t);

	if (t < panel->t0 || t > panel->t1)
		return;
	draw_colour(cr, c);
	cairo_set_line_width(cr, 1.4);
	cairo_set_dash(cr, dashes, dashed ? 2 : 0, 0.0);
	cairo_move_to(cr, x, panel->y);
	cairo_line_to(cr, x, panel->y + panel->h);
	cairo_stroke(cr);
	cairo_set_dash(cr, NULL, 0, 0.0);
}

struct view {
	const struct plot *p;
	const struct plot_samples *s;
	const struct bp_event *ev;
};

/* Traces with the noise floor (NaN = none) shaded, and the events' onsets. */
static void draw_traces(cairo_t *cr, struct panel *panel, const struct view *v, const struct trace *tr,
			size_t n, double floor_rms, const char *name, const char *unit)
{
	double lo = INFINITY, hi = -INFINITY;

	for (size_t i = 0; i < n; i++)
		add_range(&tr[i], v->s, &lo, &hi);
	if (lo > hi) {
		lo = -1.0;
		hi = 1.0;
	}
	panel->lo = lo - 0.06 * fmax(hi - lo, 1e-3);
	panel->hi = hi + 0.06 * fmax(hi - lo, 1e-3);
	if (!isnan(floor_rms)) {
		double top = draw_y(panel, floor_rms);

		cairo_set_source_rgb(cr, 1.0, 0.95, 0.75);
		cairo_rectangle(cr, panel->x, top, panel->w,
				fmax(draw_y(panel, -floor_rms) - top, 1.0));
		cairo_fill(cr);
	}
	draw_panel(cr, panel, name, unit);
	if (!isnan(floor_rms)) {
		draw_colour(cr, draw_grey);
		draw_text(cr, 12.0, panel->y + 46.0, 11.0, 0.0, "noise %.3g rms", floor_rms);
	}
	for (size_t i = 0; i < n; i++)
		draw_trace(cr, panel, &tr[i], v->s, v->ev->onset_ns);
	for (size_t i = 0; i < v->p->n_events; i++) {
		const struct bp_event *e = &v->p->events[i];

		mark_line(cr, panel, 1e-9 * (double)(e->onset_ns - v->ev->onset_ns),
			  draw_class_colour(e->class_), e != v->ev);
	}
	mark_line(cr, panel, 1e-9 * (double)(v->ev->end_ns - v->ev->onset_ns), draw_grey, true);
	panel->y += panel->h + GAP;
}

static void draw_motion(cairo_t *cr, struct panel *panel, const struct view *v)
{
	const struct plot_samples *s = v->s;
	struct trace raw[3], band[3];
	float (*level)[3] = calloc(s->n_motion + 1, sizeof(*level));
	double mean[3] = { 0.0 };
	size_t n = 0;

	if (!level)
		return;
	/* Of what is drawn: posture may have changed in the second before. */
	for (size_t i = 0; i < s->n_motion; i++) {
		if (s->motion_t[i] < s->from_ns)
			continue;
		n++;
		for (int c = 0; c < 3; c++)
			mean[c] += ((double)s->motion[i][c] - mean[c]) / (double)n;
	}
	for (size_t i = 0; i < s->n_motion; i++)
		for (int c = 0; c < 3; c++)
			level[i][c] = s->motion[i][c] - (float)mean[c];
	for (int c = 0; c < 3; c++) {
		raw[c] = (struct trace){ s->motion_t, &level[0][c], s->n_motion, 3, draw_axes[c] };
		band[c] = (struct trace){ s->motion_t, &s->motion_band[0][c], s->n_motion, 3,
					  draw_axes[c] };
	}
	draw_traces(cr, panel, v, raw, 3, NAN, "Acceleration", "mg, less its mean");
	for (int c = 0; c < 3; c++) {
		static const char *const names[3] = { "x head-ward", "y left", "z outward" };

		draw_colour(cr, draw_axes[c]);
		draw_text(cr, 12.0, panel->y - panel->h - GAP + 50.0 + 15.0 * c, 11.0, 0.0, "%s",
			  names[c]);
	}
	draw_traces(cr, panel, v, band, 3, s->motion_floor, "Vibration", "mg, above 60 Hz");
	free(level);
}

static void draw_film_panels(cairo_t *cr, struct panel *panel, const struct view *v)
{
	const struct plot_samples *s = v->s;
	struct trace raw = { s->film_t, s->film, s->n_film, 1, draw_film };
	struct trace band = { s->film_t, s->film_band, s->n_film, 1, draw_film };

	draw_traces(cr, panel, v, &raw, 1, NAN, "Film", "mV");
	draw_traces(cr, panel, v, &band, 1, s->film_floor, "Film vibration", "mV, above 60 Hz");
}

/* What was said of it in the end, and how it came to that. */
static void draw_facts(cairo_t *cr, const struct view *v, double y)
{
	const struct bp_event *ev = v->ev;
	double x = 12.0;
	char mg[32] = "", mv[32] = "", depth[48] = "", rate[32] = "", site[96] = "";

	if (isfinite(ev->peak_mg))
		snprintf(mg, sizeof(mg), ", %.1f mg", (double)ev->peak_mg);
	if (isfinite(ev->peak_mv))
		snprintf(mv, sizeof(mv), ", %.2f mV", (double)ev->peak_mv);
	if (isfinite(ev->breath_depth))
		snprintf(depth, sizeof(depth), ", %.1f times the usual depth", (double)ev->breath_depth);
	if (isfinite(ev->breath_rate_bpm))
		snprintf(rate, sizeof(rate), ", %.1f breaths/min", (double)ev->breath_rate_bpm);
	/* 0: belongs to none. */
	if (ev->site)
		snprintf(site, sizeof(site), ", site %u", ev->site);
	if (isfinite(ev->since_s))
		snprintf(site + strlen(site), sizeof(site) - strlen(site),
			 " (last heard %.0f s before)", (double)ev->since_s);
	if (isfinite(ev->silent_s))
		snprintf(site + strlen(site), sizeof(site) - strlen(site),
			 ", joint now silent for %.0f min or more", (double)ev->silent_s / 60.0);
	draw_colour(cr, draw_black);
	draw_text(cr, x, y, 13.0, 0.0, "confidence %.2f, length %.1f ms%s%s%s%s",
		  (double)ev->confidence, 1e-6 * (double)(ev->end_ns - ev->onset_ns),
		  mg[0] || mv[0] ? ", peak" : "", mg[0] ? mg + 1 : "",
		  mg[0] || !mv[0] ? mv : mv + 1, site);
	draw_text(cr, x, y + 18.0, 13.0, 0.0, "breath: %s%s%s; movement: %s",
		  bp_breath_phase_name(ev->breath_phase), depth, rate, bp_movement_name(ev->movement));
	draw_colour(cr, draw_grey);
	for (size_t i = 0; i < v->p->n_looks && i < 5; i++) {
		const struct bp_trace *tr = &v->p->looks[i];

		char rule[80] = ", nothing speaks against it";

		if (tr->rule != BP_RULE_NONE)
			snprintf(rule, sizeof(rule), ", rule %s (%.3g against %.3g)",
				 bp_rule_name(tr->rule), (double)tr->value, (double)tr->limit);
		draw_text(cr, x, y + 40.0 + 16.0 * (double)i, 12.0, 0.0, "%s look, after %.0f ms: %s%s",
			  bp_look_name(tr->look), 1e-6 * (double)(tr->now_ns - tr->onset_ns),
			  bp_outcome_name(tr->outcome), rule);
	}
	x = PLOT_WIDTH - DRAW_RIGHT;
	draw_text(cr, x, y, 12.0, 1.0, "full line: onset of this event; dashed, coloured: of others; "
		  "dashed, grey: its end");
	draw_text(cr, x, y + 18.0, 12.0, 1.0, "shaded: noise floor, +-1 rms of the second before");
}

void plot_draw_event(cairo_t *cr, const struct plot *p, const struct plot_samples *s,
		     const struct bp_event *ev, const char *name)
{
	bool motion = p->config.motion_rate_hz > 0.0, film = p->config.film_rate_hz > 0.0;
	struct view v = { p, s, ev };
	struct panel panel = {
		.x = DRAW_LEFT, .y = TOP + FACTS_H, .w = PLOT_WIDTH - DRAW_LEFT - DRAW_RIGHT,
		.t0 = 1e-9 * (double)(s->from_ns - ev->onset_ns),
		.t1 = 1e-9 * (double)(s->to_ns - ev->onset_ns),
	};
	int n = 2 * (motion + film);
	char clock[DRAW_TIME_SIZE] = "";

	if (isfinite(p->clock_s))
		draw_clock(clock, p->clock_s + 1e-9 * (double)ev->onset_ns, true);
	cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
	cairo_paint(cr);
	draw_mark(cr, ev->class_, 22.0, 24.0, 9.0);
	draw_colour(cr, draw_black);
	draw_text(cr, 42.0, 31.0, 20.0, 0.0, "event %u: %s%s%s, at %.4f s%s%s%s", ev->number,
		  draw_class_label(ev->class_), ev->reason ? ": " : "",
		  ev->reason ? bp_reason_name(ev->reason) : "", 1e-9 * (double)ev->onset_ns,
		  *clock ? " (" : "", clock, *clock ? ")" : "");
	draw_colour(cr, draw_grey);
	draw_foreign(cr, 12.0, 54.0, 13.0, PLOT_WIDTH - 200.0, name);
	draw_text(cr, PLOT_WIDTH - DRAW_RIGHT, 30.0, 12.0, 1.0, "backpop " BACKPOP_VERSION);
	draw_facts(cr, &v, TOP + 6.0);

	panel.h = (PLOT_HEIGHT - TOP - FACTS_H - 50.0) / n - GAP;
	if (motion)
		draw_motion(cr, &panel, &v);
	if (film)
		draw_film_panels(cr, &panel, &v);
	panel.y -= panel.h + GAP;
	draw_time_axis(cr, &panel, draw_time_unit(panel.t1 - panel.t0), NAN);
}
