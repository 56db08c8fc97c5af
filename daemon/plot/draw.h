/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Panels, axes, text and marks that both pictures share. */
#ifndef BACKPOP_PLOT_DRAW_H
#define BACKPOP_PLOT_DRAW_H

#include "plot.h"

#define DRAW_LEFT	150.0	/* room for the names of panels */
#define DRAW_RIGHT	30.0
#define DRAW_CLOCK_S	300.0	/* sessions from this length on have the time of day below the axis */

struct colour {
	double r, g, b;
};

extern const struct colour draw_black, draw_grey, draw_pale, draw_axes[3], draw_film;

/* One panel: pixels, and the values at its edges. */
struct panel {
	double x, y, w, h;
	double t0, t1;			/* s */
	double lo, hi;			/* of the y axis */
	bool log;
};

/* Where time @t in seconds, and value @v in the panel's unit, lie on the page. */
double draw_x(const struct panel *p, double t);
double draw_y(const struct panel *p, double v);

void draw_colour(cairo_t *cr, struct colour c);
/* @align: 0 = from x on, 0.5 = around it, 1 = up to it. */
__attribute__((format(printf, 6, 7)))
void draw_text(cairo_t *cr, double x, double y, double size, double align, const char *format, ...);

double draw_text_width(cairo_t *cr, double size, const char *text);
/* From outside, of any encoding and length: cut off to @width.  Nothing if there is no room. */
void draw_foreign(cairo_t *cr, double x, double y, double size, double width, const char *text);

/* "45 s", "12 min 5 s", "10 h 2 min" */
#define DRAW_TIME_SIZE	32
void draw_duration(char out[DRAW_TIME_SIZE], double seconds);
/* Date and time of day, or without the date; @clock_s as of struct plot. */
void draw_clock(char out[DRAW_TIME_SIZE], double clock_s, bool date);

/* Frame, grid, y ticks, name and unit. */
void draw_panel(cairo_t *cr, const struct panel *p, const char *name, const char *unit);
/*
 * Time ticks below the panel. @unit_s: 1, 60 or 3600, or 0.001 for milliseconds; @clock_s:
 * time of day at 0 s, NAN = without.
 */
void draw_time_axis(cairo_t *cr, const struct panel *p, double unit_s, double clock_s);
double draw_time_unit(double seconds);

struct colour draw_class_colour(enum bp_class c);
/* A mark of its own shape for each class, as for people who do not see its colour. */
void draw_mark(cairo_t *cr, enum bp_class c, double x, double y, double r);
const char *draw_class_label(enum bp_class c);

/* ---- lanes.c ---------------------------------------------------------------- */

/*
 * Events by class, what was withdrawn and refused, and notes, a lane each, from panel->y
 * down; sets panel->h.  Are numbers beside the marks?
 */
bool draw_lanes(cairo_t *cr, struct panel *panel, const struct plot *p);

#endif
