// SPDX-License-Identifier: GPL-2.0-or-later
/* Below the channels: a lane for each class of events, what was refused, and notes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "draw.h"

#define LANE_H		22.0
#define MARK_R		5.5
#define CROWDED		100	/* a lane of more events has lines in place of marks */
#define NEAR		12.0	/* marks nearer than this share one text */
#define TEXT_SIZE	9.0
#define NOTE_SIZE	11.0

static const enum bp_class lanes[] = {
	BP_CLASS_CAVITATION, BP_CLASS_SNAP, BP_CLASS_CREPITUS, BP_CLASS_LUNG_CRACKLE,
	BP_CLASS_UNCLASSIFIED, BP_CLASS_ARTEFACT
};
#define N_LANES	(sizeof(lanes) / sizeof(lanes[0]))

/* Events that stand so close that their numbers are one text. */
struct group {
	uint32_t first, last;
	size_t n;
	double x;			/* of the last one */
	enum bp_reason reason;		/* if it is that of all */
};

/* Up to where a lane is written on, above and below its marks. */
struct room {
	double above, below;
};

static void draw_tick(cairo_t *cr, double x, double y, double r)
{
	cairo_move_to(cr, x, y - r);
	cairo_line_to(cr, x, y + r);
}

/* The lane's line, and its name and number in the margin. */
static void draw_lane(cairo_t *cr, const struct panel *panel, double y, const char *name, size_t n)
{
	cairo_set_line_width(cr, 1.0);
	draw_colour(cr, draw_pale);
	cairo_move_to(cr, panel->x, y);
	cairo_line_to(cr, panel->x + panel->w, y);
	cairo_stroke(cr);
	draw_colour(cr, draw_black);
	draw_text(cr, 30.0, y + 4.5, 13.0, 0.0, "%s", name);
	draw_colour(cr, draw_grey);
	draw_text(cr, panel->x - 6.0, y + 4.5, 12.0, 1.0, "%zu", n);
}

/* The numbers of a group, and why it was withdrawn, where the lane is free for it. */
static void write_group(cairo_t *cr, struct room *room, double y, const struct group *g)
{
	double x = g->x + MARK_R + 1.5, width;
	char text[64];

	if (!g->n)
		return;
	if (g->n == 1)
		snprintf(text, sizeof(text), "%u", g->first);
	else
		snprintf(text, sizeof(text), g->n == 2 ? "%u,%u" : "%u..%u", g->first, g->last);
	if (g->reason != BP_REASON_NONE)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s",
			 bp_reason_name(g->reason));
	width = draw_text_width(cr, TEXT_SIZE, text);
	x = fmin(x, PLOT_WIDTH - 2.0 - width);
	draw_colour(cr, draw_black);
	if (x > room->above) {
		draw_text(cr, x, y - 3.5, TEXT_SIZE, 0.0, "%s", text);
		room->above = x + width + 3.0;
	} else if (x > room->below) {
		draw_text(cr, x, y + 9.5, TEXT_SIZE, 0.0, "%s", text);
		room->below = x + width + 3.0;
	}
}

static void draw_event(cairo_t *cr, const struct panel *panel, const struct bp_event *ev, double y,
		       bool crowded)
{
	double x = draw_x(panel, 1e-9 * (double)ev->onset_ns);
	double end = draw_x(panel, 1e-9 * (double)ev->end_ns);

	draw_colour(cr, draw_class_colour(ev->class_));
	if (end - x > 6.0) {
		cairo_rectangle(cr, x, y - 4.0, end - x, 8.0);
		cairo_fill(cr);
	} else if (crowded) {
		cairo_set_line_width(cr, 1.2);
		draw_tick(cr, x, y, 7.0);
		cairo_stroke(cr);
	} else {
		draw_mark(cr, ev->class_, x, y, MARK_R);
	}
}

static void draw_class(cairo_t *cr, const struct panel *panel, const struct plot *p, enum bp_class c,
		       double y, size_t n)
{
	struct room room = { 0 };
	struct group g = { 0 };

	for (size_t i = 0; i < p->n_events; i++)
		if (p->events[i].class_ == c)
			draw_event(cr, panel, &p->events[i], y, n > CROWDED);
	for (size_t i = 0; i < p->n_events && n <= CROWDED; i++) {
		const struct bp_event *ev = &p->events[i];
		double x = draw_x(panel, 1e-9 * (double)ev->onset_ns);

		if (ev->class_ != c)
			continue;
		if (!g.n || fabs(x - g.x) > NEAR) {
			write_group(cr, &room, y, &g);
			g = (struct group){ .first = ev->number, .reason = ev->reason };
		}
		if (g.reason != ev->reason)
			g.reason = BP_REASON_NONE;
		g.last = ev->number;
		g.x = x;
		g.n++;
	}
	write_group(cr, &room, y, &g);
}

static void draw_refused(cairo_t *cr, const struct panel *panel, const struct plot *p, double y)
{
	draw_lane(cr, panel, y, "refused", p->n_refused);
	draw_colour(cr, draw_grey);
	cairo_set_line_width(cr, 1.0);
	for (size_t i = 0; i < p->n_refused; i++)
		draw_tick(cr, draw_x(panel, 1e-9 * (double)p->refused[i].onset_ns), y, 5.0);
	cairo_stroke(cr);
}

static void draw_notes(cairo_t *cr, const struct panel *panel, const struct plot *p, double y)
{
	draw_lane(cr, panel, y, "notes", p->n_notes);
	for (size_t i = 0; i < p->n_notes; i++) {
		double x = draw_x(panel, 1e-9 * (double)p->notes[i].t_ns);
		double end = i + 1 < p->n_notes ?
			     draw_x(panel, 1e-9 * (double)p->notes[i + 1].t_ns) - 4.0 :
			     panel->x + panel->w;

		/* A foreign file's may lie anywhere. */
		if (x < panel->x || x > panel->x + panel->w)
			continue;
		draw_colour(cr, draw_black);
		cairo_set_line_width(cr, 1.6);
		draw_tick(cr, x, y, 8.0);
		cairo_stroke(cr);
		draw_foreign(cr, x + 4.0, y + 4.0, NOTE_SIZE, end - x - 6.0, p->notes[i].text);
	}
}

bool draw_lanes(cairo_t *cr, struct panel *panel, const struct plot *p)
{
	size_t count[BP_CLASS_COUNT] = { 0 };
	double y = panel->y + 0.5 * LANE_H + 3.0;	/* room for the first lane's numbers */
	bool numbered = false;

	for (size_t i = 0; i < p->n_events; i++)
		count[p->events[i].class_]++;
	for (size_t k = 0; k < N_LANES; k++) {
		size_t n = count[lanes[k]];

		draw_lane(cr, panel, y, draw_class_label(lanes[k]), n);
		draw_mark(cr, lanes[k], 18.0, y, MARK_R);
		draw_class(cr, panel, p, lanes[k], y, n);
		numbered |= n && n <= CROWDED;
		y += LANE_H;
	}
	draw_refused(cr, panel, p, y);
	y += LANE_H;
	if (p->n_notes) {
		draw_notes(cr, panel, p, y);
		y += LANE_H;
	}
	panel->h = y - 0.5 * LANE_H - panel->y;
	draw_colour(cr, draw_grey);
	cairo_set_line_width(cr, 1.0);
	cairo_rectangle(cr, panel->x, panel->y, panel->w, panel->h);
	cairo_stroke(cr);
	return numbered;
}
