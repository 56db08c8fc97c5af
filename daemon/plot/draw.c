// SPDX-License-Identifier: GPL-2.0-or-later
#include "draw.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "edf/utf8.h"

const struct colour draw_black = { 0.1, 0.1, 0.1 }, draw_grey = { 0.45, 0.45, 0.45 };
const struct colour draw_pale = { 0.88, 0.88, 0.88 };
/* Okabe & Ito's palette: told apart by colour-blind people too. */
const struct colour draw_axes[3] = { { 0.84, 0.37, 0.0 }, { 0.0, 0.62, 0.45 }, { 0.0, 0.45, 0.70 } };
const struct colour draw_film = { 0.35, 0.2, 0.55 };

double draw_x(const struct panel *p, double t)
{
	return p->x + p->w * (t - p->t0) / (p->t1 - p->t0);
}

double draw_y(const struct panel *p, double v)
{
	double u = p->log ? log(fmax(v, p->lo) / p->lo) / log(p->hi / p->lo) :
			    (v - p->lo) / (p->hi - p->lo);

	return p->y + p->h * (1.0 - fmin(1.0, fmax(0.0, u)));
}

void draw_colour(cairo_t *cr, struct colour c)
{
	cairo_set_source_rgb(cr, c.r, c.g, c.b);
}

void draw_text(cairo_t *cr, double x, double y, double size, double align, const char *format, ...)
{
	cairo_text_extents_t e;
	char text[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, size);
	cairo_text_extents(cr, text, &e);
	cairo_move_to(cr, x - align * e.x_advance, y);
	cairo_show_text(cr, text);
}

double draw_text_width(cairo_t *cr, double size, const char *text)
{
	cairo_text_extents_t e;

	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, size);
	cairo_text_extents(cr, text, &e);
	return e.x_advance;
}

void draw_foreign(cairo_t *cr, double x, double y, double size, double width, const char *text)
{
	char shown[160];
	size_t n;

	utf8_copy(shown, sizeof(shown) - 3, text, strlen(text));
	n = strlen(shown);
	if (draw_text_width(cr, size, shown) > width) {
		do {
			while (n && ((unsigned char)shown[n - 1] & 0xc0) == 0x80)
				n--;
			if (!n)
				return;
			strcpy(shown + --n, "...");
		} while (draw_text_width(cr, size, shown) > width);
		if (!n)
			return;
	}
	draw_text(cr, x, y, size, 0.0, "%s", shown);
}

void draw_duration(char out[DRAW_TIME_SIZE], double seconds)
{
	long s = lround(seconds);

	if (s < 300)
		snprintf(out, DRAW_TIME_SIZE, "%ld s", s);
	else if (s < 7200)
		snprintf(out, DRAW_TIME_SIZE, "%ld min %ld s", s / 60, s % 60);
	else
		snprintf(out, DRAW_TIME_SIZE, "%ld h %ld min", s / 3600, s % 3600 / 60);
}

void draw_clock(char out[DRAW_TIME_SIZE], double clock_s, bool date)
{
	time_t when = (time_t)floor(clock_s);
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&when, &tm))
		strftime(out, DRAW_TIME_SIZE, date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm);
}

/* Round numbers around values: at most @most steps. */
static double draw_step(double range, int most)
{
	double step = pow(10.0, floor(log10(range / most)));

	if (range / step > most)
		step *= 2.0;
	if (range / step > most)
		step *= 2.5;
	if (range / step > most)
		step *= 2.0;
	return step;
}

static void line(cairo_t *cr, double x0, double y0, double x1, double y1)
{
	cairo_move_to(cr, x0, y0);
	cairo_line_to(cr, x1, y1);
	cairo_stroke(cr);
}

static void y_tick(cairo_t *cr, const struct panel *p, double v)
{
	double y = draw_y(p, v);

	draw_colour(cr, draw_pale);
	line(cr, p->x, y, p->x + p->w, y);
	draw_colour(cr, draw_grey);
	draw_text(cr, p->x - 6.0, y + 4.0, 11.0, 1.0, "%g", v);
}

void draw_panel(cairo_t *cr, const struct panel *p, const char *name, const char *unit)
{
	cairo_set_line_width(cr, 1.0);
	if (p->log) {
		for (double v = pow(10.0, ceil(log10(p->lo) - 1e-9)); v <= p->hi * 1.001; v *= 10.0)
			y_tick(cr, p, v);
	} else if (p->hi > p->lo) {
		double step = draw_step(p->hi - p->lo, 4);

		for (double v = step * ceil(p->lo / step - 1e-9); v <= p->hi + 1e-9 * step; v += step)
			y_tick(cr, p, fabs(v) < 1e-9 * step ? 0.0 : v);
	}
	draw_colour(cr, draw_grey);
	cairo_rectangle(cr, p->x, p->y, p->w, p->h);
	cairo_stroke(cr);
	draw_colour(cr, draw_black);
	draw_text(cr, 12.0, p->y + 14.0, 13.0, 0.0, "%s", name);
	draw_colour(cr, draw_grey);
	draw_text(cr, 12.0, p->y + 30.0, 11.0, 0.0, "%s", unit);
}

double draw_time_unit(double seconds)
{
	return seconds < 1.5 ? 0.001 : seconds < 300.0 ? 1.0 : seconds < 4.0 * 3600.0 ? 60.0 : 3600.0;
}

void draw_time_axis(cairo_t *cr, const struct panel *p, double unit_s, double clock_s)
{
	const char *unit = unit_s < 1.0 ? "ms" : unit_s < 60.0 ? "s" : unit_s < 3600.0 ? "min" : "h";
	double from = p->t0 / unit_s, to = p->t1 / unit_s, step = draw_step(to - from, 12);
	double y = p->y + p->h;
	char clock[DRAW_TIME_SIZE];

	cairo_set_line_width(cr, 1.0);
	draw_colour(cr, draw_grey);
	/* The last sample is one before the full second. */
	for (double v = step * ceil(from / step - 1e-9); v <= to + 1e-3 * step; v += step) {
		double x = draw_x(p, v * unit_s);

		line(cr, x, y, x, y + 5.0);
		draw_text(cr, x, y + 18.0, 12.0, 0.5, "%g", fabs(v) < 1e-9 * step ? 0.0 : v);
		if (isfinite(clock_s)) {
			draw_clock(clock, clock_s + v * unit_s, false);
			draw_text(cr, x, y + 31.0, 10.0, 0.5, "%s", clock);
		}
	}
	draw_text(cr, p->x + p->w, y + 46.0, 12.0, 1.0, isfinite(clock_s) ? "time, %s; time of day" :
		  "time, %s", unit);
}

struct colour draw_class_colour(enum bp_class c)
{
	static const struct colour colours[BP_CLASS_COUNT] = {
		[BP_CLASS_CAVITATION] = { 0.80, 0.15, 0.10 },
		[BP_CLASS_SNAP] = { 0.0, 0.35, 0.70 },
		[BP_CLASS_CREPITUS] = { 0.0, 0.55, 0.40 },
		[BP_CLASS_LUNG_CRACKLE] = { 0.75, 0.40, 0.60 },
		[BP_CLASS_UNCLASSIFIED] = { 0.85, 0.58, 0.0 },
		[BP_CLASS_ARTEFACT] = { 0.5, 0.5, 0.5 },
	};

	return colours[c];
}

const char *draw_class_label(enum bp_class c)
{
	static const char *const labels[BP_CLASS_COUNT] = {
		[BP_CLASS_CAVITATION] = "cavitation", [BP_CLASS_SNAP] = "snap",
		[BP_CLASS_CREPITUS] = "crepitus", [BP_CLASS_LUNG_CRACKLE] = "lung crackle",
		[BP_CLASS_UNCLASSIFIED] = "unclassified", [BP_CLASS_ARTEFACT] = "withdrawn",
	};

	return labels[c];
}

void draw_mark(cairo_t *cr, enum bp_class c, double x, double y, double r)
{
	draw_colour(cr, draw_class_colour(c));
	cairo_set_line_width(cr, 1.6);
	cairo_new_path(cr);
	switch (c) {
	case BP_CLASS_CAVITATION:
		cairo_arc(cr, x, y, r, 0.0, 2.0 * M_PI);
		cairo_fill(cr);
		break;
	case BP_CLASS_SNAP:
		cairo_move_to(cr, x, y - 1.1 * r);
		cairo_line_to(cr, x + r, y + 0.8 * r);
		cairo_line_to(cr, x - r, y + 0.8 * r);
		cairo_close_path(cr);
		cairo_fill(cr);
		break;
	case BP_CLASS_UNCLASSIFIED:
		cairo_move_to(cr, x, y - 1.2 * r);
		cairo_line_to(cr, x + r, y);
		cairo_line_to(cr, x, y + 1.2 * r);
		cairo_line_to(cr, x - r, y);
		cairo_close_path(cr);
		cairo_fill(cr);
		break;
	case BP_CLASS_CREPITUS:
		cairo_rectangle(cr, x - r, y - 0.5 * r, 2.0 * r, r);
		cairo_fill(cr);
		break;
	case BP_CLASS_LUNG_CRACKLE:
		cairo_rectangle(cr, x - 0.8 * r, y - 0.8 * r, 1.6 * r, 1.6 * r);
		cairo_stroke(cr);
		break;
	default:
		cairo_move_to(cr, x - 0.7 * r, y - 0.7 * r);
		cairo_line_to(cr, x + 0.7 * r, y + 0.7 * r);
		cairo_move_to(cr, x + 0.7 * r, y - 0.7 * r);
		cairo_line_to(cr, x - 0.7 * r, y + 0.7 * r);
		cairo_stroke(cr);
		break;
	}
}
