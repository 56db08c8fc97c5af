// SPDX-License-Identifier: GPL-2.0-or-later
/* The whole session on one page: channels, breathing, movement; the lanes are in lanes.c. */
#include <math.h>
#include <stdio.h>

#include "draw.h"

#define TOP		76.0
#define GAP		14.0
#define STRIP_H		16.0
#define GAP_NS		2000000000	/* states come more often: each 256 frames */
#define PHASE_MAX_S	600.0	/* breaths of longer sessions are thinner than a pixel */

static const struct colour movement_colours[BP_MOVEMENT_COUNT] = {
	[BP_MOVEMENT_UNKNOWN] = { 1.0, 1.0, 1.0 }, [BP_MOVEMENT_NONE] = { 0.93, 0.93, 0.93 },
	[BP_MOVEMENT_TWIST] = { 0.95, 0.77, 0.45 }, [BP_MOVEMENT_BEND] = { 0.60, 0.80, 0.95 },
	[BP_MOVEMENT_WALK] = { 0.60, 0.85, 0.70 }, [BP_MOVEMENT_OTHER] = { 0.85, 0.75, 0.90 },
};
static const struct colour phase_colours[BP_BREATH_COUNT] = {
	[BP_BREATH_UNKNOWN] = { 1.0, 1.0, 1.0 }, [BP_BREATH_INHALE] = { 0.55, 0.75, 0.95 },
	[BP_BREATH_EXHALE] = { 0.85, 0.92, 0.98 }, [BP_BREATH_HOLD] = { 0.80, 0.80, 0.80 },
};

static double bucket_s(const struct plot *p, size_t i)
{
	return 1e-9 * ((double)p->start_ns + (double)i * (double)p->bucket_ns);
}

static size_t n_buckets(const struct plot *p)
{
	return (size_t)((p->end_ns - p->start_ns) / p->bucket_ns) + 1;
}

static void range_of(const struct plot *p, enum plot_series s, double *lo, double *hi)
{
	for (size_t i = 0; i < n_buckets(p); i++) {
		if (p->series[s].lo[i] > p->series[s].hi[i])
			continue;
		*lo = fmin(*lo, (double)p->series[s].lo[i]);
		*hi = fmax(*hi, (double)p->series[s].hi[i]);
	}
}

/* A column a bucket, from its smallest to its largest value. */
static void draw_envelope(cairo_t *cr, const struct panel *panel, const struct plot *p,
			  enum plot_series s, struct colour c)
{
	double width = panel->w * 1e-9 * (double)p->bucket_ns / (panel->t1 - panel->t0);

	draw_colour(cr, c);
	for (size_t i = 0; i < n_buckets(p); i++) {
		double lo = (double)p->series[s].lo[i], hi = (double)p->series[s].hi[i], y;

		if (lo > hi)
			continue;
		if (panel->log)
			lo = panel->lo;
		y = draw_y(panel, hi);
		cairo_rectangle(cr, draw_x(panel, bucket_s(p, i)), y, fmax(width, 0.8),
				fmax(draw_y(panel, lo) - y, 1.0));
	}
	cairo_fill(cr);
}

/* Room above and below, so that a flat line is not an edge. */
static void set_range(struct panel *panel, double lo, double hi)
{
	double room = fmax(0.05 * (hi - lo), 1e-3);

	panel->lo = lo - room;
	panel->hi = hi + room;
}

/* A magnitude in the vibration band, from @least on, a decade at least. */
static void band_panel(cairo_t *cr, struct panel *panel, const struct plot *p, enum plot_series s,
		       struct colour c, double least, const char *name, const char *unit)
{
	double lo = INFINITY, hi = 10.0 * least;

	range_of(p, s, &lo, &hi);
	panel->log = true;
	panel->lo = least;
	panel->hi = 1.1 * hi;
	draw_panel(cr, panel, name, unit);
	draw_envelope(cr, panel, p, s, c);
	panel->log = false;
	panel->y += panel->h + GAP;
}

static void motion_panels(cairo_t *cr, struct panel *panel, const struct plot *p)
{
	double lo = INFINITY, hi = -INFINITY;

	for (int c = 0; c < 3; c++)
		range_of(p, (enum plot_series)(PLOT_X + c), &lo, &hi);
	set_range(panel, lo, hi);
	draw_panel(cr, panel, "Acceleration", "mg, with gravity");
	for (int c = 0; c < 3; c++)
		draw_envelope(cr, panel, p, (enum plot_series)(PLOT_X + c), draw_axes[c]);
	for (int c = 0; c < 3; c++) {
		static const char *const names[3] = { "x head-ward", "y left", "z outward" };

		draw_colour(cr, draw_axes[c]);
		draw_text(cr, 12.0, panel->y + 48.0 + 15.0 * c, 11.0, 0.0, "%s", names[c]);
	}
	panel->y += panel->h + GAP;

	band_panel(cr, panel, p, PLOT_MOTION, draw_axes[2], 1.0, "Vibration", "mg, above 60 Hz");
}

static void film_panels(cairo_t *cr, struct panel *panel, const struct plot *p)
{
	double lo = INFINITY, hi = -INFINITY;

	range_of(p, PLOT_FILM, &lo, &hi);
	set_range(panel, lo, hi);
	draw_panel(cr, panel, "Film", "mV");
	draw_envelope(cr, panel, p, PLOT_FILM, draw_film);
	panel->y += panel->h + GAP;

	band_panel(cr, panel, p, PLOT_FILM_BAND, draw_film, 0.1, "Film vibration",
		   "mV, above 60 Hz");
}

/* Were there no samples between two buckets that know the state, or none for long? */
static bool is_gap(const struct plot *p, size_t from, size_t to)
{
	return to - from > 1 && (int64_t)(to - from) * p->bucket_ns > GAP_NS;
}

static void fill_strip(cairo_t *cr, const struct panel *panel, struct colour c, double from,
		       double to)
{
	double x = draw_x(panel, from);

	draw_colour(cr, c);
	cairo_rectangle(cr, x, panel->y, draw_x(panel, to) - x, panel->h);
	cairo_fill(cr);
}

static void draw_strip(cairo_t *cr, const struct panel *panel, const struct plot *p, bool movement)
{
	const struct colour *colours = movement ? movement_colours : phase_colours;
	size_t last = 0;
	double from = 0.0;
	int shown = -1;

	for (size_t i = 0; i < n_buckets(p); i++) {
		int value = movement ? p->state[i].movement : p->state[i].phase;
		bool gap = is_gap(p, last, i);

		if (!p->state[i].asked)
			continue;
		if (shown >= 0 && (gap || value != shown)) {
			fill_strip(cr, panel, colours[shown], from, bucket_s(p, gap ? last + 1 : i));
			shown = -1;
		}
		if (shown < 0)
			from = bucket_s(p, i);
		shown = value;
		last = i;
	}
	if (shown >= 0)
		fill_strip(cr, panel, colours[shown], from, panel->t1);
	cairo_set_line_width(cr, 1.0);
	draw_colour(cr, draw_grey);
	cairo_rectangle(cr, panel->x, panel->y, panel->w, panel->h);
	cairo_stroke(cr);
}

/* Squares of the strip's colours with their names, right-aligned above it. */
static double strip_key(cairo_t *cr, double x, double y, struct colour c, const char *name)
{
	draw_colour(cr, c);
	cairo_rectangle(cr, x, y - 9.0, 10.0, 10.0);
	cairo_fill_preserve(cr);
	draw_colour(cr, draw_grey);
	cairo_set_line_width(cr, 0.5);
	cairo_stroke(cr);
	draw_text(cr, x + 14.0, y, 11.0, 0.0, "%s", name);
	return x + 112.0;
}

static void breathing_panels(cairo_t *cr, struct panel *panel, const struct plot *p)
{
	double usual = panel->h, x;
	bool drawing = false, found = false;
	size_t last = 0;

	panel->h = 70.0;
	panel->lo = 0.0;
	panel->hi = 40.0;
	draw_panel(cr, panel, "Breathing rate", "breaths/min");
	draw_colour(cr, draw_axes[2]);
	cairo_set_line_width(cr, 1.5);
	for (size_t i = 0; i < n_buckets(p); i++) {
		if (!p->state[i].asked)
			continue;
		drawing = drawing && !is_gap(p, last, i) && !isnan(p->state[i].rate_bpm);
		last = i;
		if (isnan(p->state[i].rate_bpm))
			continue;
		found = true;
		x = draw_x(panel, bucket_s(p, i));
		(drawing ? cairo_line_to : cairo_move_to)(cr, x, draw_y(panel,
								(double)p->state[i].rate_bpm));
		drawing = true;
	}
	cairo_stroke(cr);
	if (!found) {
		draw_colour(cr, draw_grey);
		draw_text(cr, panel->x + 0.5 * panel->w, panel->y + 40.0, 12.0, 0.5, "not found");
	}
	panel->y += panel->h + GAP;

	panel->h = STRIP_H;
	if (panel->t1 - panel->t0 <= PHASE_MAX_S) {
		draw_colour(cr, draw_black);
		draw_text(cr, 12.0, panel->y + 13.0, 13.0, 0.0, "Breath phase");
		draw_strip(cr, panel, p, false);
		panel->y += panel->h + 8.0;
	}
	draw_colour(cr, draw_black);
	draw_text(cr, 12.0, panel->y + 13.0, 13.0, 0.0, "Movement");
	draw_strip(cr, panel, p, true);
	panel->y += panel->h + 18.0;
	x = panel->x;
	if (panel->t1 - panel->t0 <= PHASE_MAX_S)
		for (int i = BP_BREATH_UNKNOWN + 1; i < BP_BREATH_COUNT; i++)
			x = strip_key(cr, x, panel->y, phase_colours[i],
				      bp_breath_phase_name((enum bp_breath_phase)i));
	x += 40.0;
	for (int i = BP_MOVEMENT_UNKNOWN + 1; i < BP_MOVEMENT_COUNT; i++)
		x = strip_key(cr, x, panel->y, movement_colours[i],
			      i == BP_MOVEMENT_NONE ? "no movement" :
			      bp_movement_name((enum bp_movement)i));
	panel->y += 14.0;
	panel->h = usual;
}

/* "accelerometer 800 Hz, film 3200 Hz" */
static const char *channels(const struct plot *p, char rates[64])
{
	double motion = p->config.motion_rate_hz, film = p->config.film_rate_hz;
	int n = 0;

	if (motion > 0.0)
		n = snprintf(rates, 64, "accelerometer %g Hz%s", motion, film > 0.0 ? ", " : "");
	if (film > 0.0)
		snprintf(rates + n, 64 - (size_t)n, "film %g Hz", film);
	return rates;
}

void plot_draw_session(cairo_t *cr, const struct plot *p, const char *name)
{
	bool motion = p->config.motion_rate_hz > 0.0, film = p->config.film_rate_hz > 0.0;
	double seconds = 1e-9 * (double)(p->end_ns - p->start_ns);
	struct panel panel = {
		.x = DRAW_LEFT, .y = TOP, .w = PLOT_WIDTH - DRAW_LEFT - DRAW_RIGHT,
		.t0 = 1e-9 * (double)p->start_ns, .t1 = 1e-9 * (double)p->start_ns + fmax(seconds, 1e-3),
	};
	char length[DRAW_TIME_SIZE], rates[64], clock[DRAW_TIME_SIZE] = "";
	size_t standing = 0;
	bool numbered;

	for (size_t i = 0; i < p->n_events; i++)
		standing += p->events[i].class_ != BP_CLASS_ARTEFACT;
	cairo_set_source_rgb(cr, 1.0, 1.0, 1.0);
	cairo_paint(cr);
	draw_colour(cr, draw_black);
	draw_foreign(cr, 12.0, 30.0, 20.0, PLOT_WIDTH - 200.0, name);
	draw_colour(cr, draw_grey);
	draw_duration(length, seconds);
	if (isfinite(p->clock_s))
		draw_clock(clock, p->clock_s, true);
	draw_text(cr, 12.0, 52.0, 13.0, 0.0,
		  "%s%s%s, %s: %zu events, %zu withdrawn, %zu candidates refused", length,
		  *clock ? " from " : "", clock, channels(p, rates), standing,
		  p->n_events - standing, p->n_refused);
	draw_text(cr, PLOT_WIDTH - DRAW_RIGHT, 30.0, 12.0, 1.0, "backpop " BACKPOP_VERSION);
	draw_text(cr, PLOT_WIDTH - DRAW_RIGHT, 52.0, 12.0, 1.0,
		  "Marks are a detector's opinion, not a diagnosis.");

	panel.h = motion && film ? 118.0 : 220.0;
	if (motion)
		motion_panels(cr, &panel, p);
	if (film)
		film_panels(cr, &panel, p);
	breathing_panels(cr, &panel, p);
	numbered = draw_lanes(cr, &panel, p);
	draw_time_axis(cr, &panel, draw_time_unit(fmax(seconds, 2.0)),
		       seconds < DRAW_CLOCK_S ? NAN : p->clock_s);
	draw_colour(cr, draw_grey);
	draw_text(cr, 12.0, panel.y + panel.h + 46.0, 11.0, 0.0,
		  "%sBars: trains, from their first to their last crackle. "
		  "Refused: candidates that were never reported.",
		  numbered ? "Numbers beside marks: for --event. " : "");
}
