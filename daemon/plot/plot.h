/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture of a session, or of one event in it, for people (backpopctl detect
 * --plot).  collect.c keeps what will be drawn while the detector runs, in memory
 * that does not grow with the session; session.c and zoom.c draw it with cairo;
 * draw.c is what both need; write.c turns the drawing into a file.
 */
#ifndef BACKPOP_PLOT_H
#define BACKPOP_PLOT_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/core.h"
#include "core/filter.h"
#include "core/trace.h"

#define PLOT_BUCKETS	2048	/* the session's width; a power of two */
#define PLOT_ERROR_SIZE	512

enum plot_series {
	PLOT_X, PLOT_Y, PLOT_Z,		/* mg, gravity included */
	PLOT_MOTION,			/* mg, magnitude in the vibration band */
	PLOT_FILM,			/* mV */
	PLOT_FILM_BAND,			/* mV, magnitude in the vibration band */
	PLOT_SERIES
};

/* Smallest and largest value of each stretch of time; lo > hi: nothing there. */
struct plot_envelope {
	float lo[PLOT_BUCKETS], hi[PLOT_BUCKETS];
};

struct plot_state {
	float rate_bpm;			/* NaN = unknown */
	unsigned char phase, movement;	/* enum bp_breath_phase, bp_movement */
	bool asked;			/* false: as in the bucket before */
};

/* The vibration band of one stream: 60 Hz to min(1400 Hz, 0.42 of its rate). */
struct plot_band {
	struct bp_biquad hp_a, hp_b, lp;
	struct bp_biquad_state hp_a_s, hp_b_s, lp_s;
	bool primed;
};

/* A candidate that never became an event. */
struct plot_refused {
	int64_t onset_ns;
	enum bp_reason reason;
};

/* What somebody has noted in the session, or a press of the button. */
struct plot_note {
	int64_t t_ns;
	char text[128];			/* UTF-8 */
};

struct plot {
	struct bp_config config;
	int64_t start_ns, end_ns;	/* of the frames so far; INT64_MIN: none, do not draw */
	int64_t bucket_ns;
	struct plot_envelope series[PLOT_SERIES];
	struct plot_state state[PLOT_BUCKETS];
	struct plot_band motion_band, film_band;
	struct bp_event *events;	/* highest revision of each, by number */
	size_t n_events;
	struct plot_refused *refused;
	size_t n_refused;
	struct plot_note *notes;	/* in the order of their times */
	size_t n_notes;
	double clock_s;			/* time of day and date at 0 s, as edf_start_time(); NAN */
	uint32_t watched;		/* event whose looks are kept; 0 = none */
	struct bp_trace *looks;
	size_t n_looks;
	bool failed;			/* out of memory */
};

/* ---- collect.c ------------------------------------------------------------ */

/* @watched: the event that will be zoomed, or 0.  NULL: out of memory. */
struct plot *plot_new(const struct bp_config *config, uint32_t watched);
void plot_free(struct plot *p);
void plot_frames(struct plot *p, const struct bp_frame *frames, size_t n,
		 const struct bp_status *status);
void plot_event(struct plot *p, const struct bp_event *ev);
void plot_trace(struct plot *p, const struct bp_trace *tr);
void plot_note(struct plot *p, int64_t t_ns, const char *text);

/* The vibration band of a stream of @rate_hz: values in, what is left of them out. */
void plot_band_init(struct plot_band *b, double rate_hz);
bp_v4 plot_band_step(struct plot_band *b, bp_v4 x);

/* ---- pictures --------------------------------------------------------------- */

/**
 * struct plot_samples - the frames around one event
 * @motion, @film: raw (mg, mV) and in the vibration band; @t in ns
 */
struct plot_samples {
	int64_t from_ns, to_ns;		/* what is drawn */
	size_t n_motion, n_film;
	int64_t *motion_t, *film_t;
	float (*motion)[3], (*motion_band)[3];
	float *film, *film_band;
	struct plot_band motion_filter, film_filter;
	double motion_floor, film_floor;	/* rms before the event, mg and mV */
	bool failed;
};

/* The event with this number, or NULL. */
const struct bp_event *plot_find_event(const struct plot *p, uint32_t number);

/* Start, feed all frames from some seconds before the event on, and end. */
void plot_samples_init(struct plot_samples *s, const struct plot *p, const struct bp_event *ev);
void plot_samples_frame(struct plot_samples *s, const struct bp_frame *f);
void plot_samples_end(struct plot_samples *s, const struct bp_event *ev);
void plot_samples_free(struct plot_samples *s);

/* One page: all of the session, or event @ev of it; @name: of the file, for the title. */
void plot_draw_session(cairo_t *cr, const struct plot *p, const char *name);
void plot_draw_event(cairo_t *cr, const struct plot *p, const struct plot_samples *s,
		     const struct bp_event *ev, const char *name);

#define PLOT_WIDTH	1600
#define PLOT_HEIGHT	1000

/* ---- write.c ----------------------------------------------------------------- */

typedef void (*plot_draw_fn)(cairo_t *cr, void *arg);

/* Does the name end in .svg or .png? */
bool plot_path_is_good(const char *path);
/* Draw into @path, whole or not at all; 0 or -1 with @err (PLOT_ERROR_SIZE). */
int plot_write(const char *path, plot_draw_fn draw, void *arg, char *err);

#endif
