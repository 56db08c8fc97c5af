/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a script writer has at hand (build.c), for script.c only. */
#ifndef GEN_SCRIPT_H
#define GEN_SCRIPT_H

#include "gen.h"

struct span {
	double from, to;
};

struct deep {
	double peak_s, depth;
};

/**
 * struct builder - a plan in the making
 * @events, @artefacts: times that are taken
 * @deep:	wished deep breaths, in time order; breaths are laid out around them
 * @failed:	out of memory somewhere: the plan is not usable
 */
struct builder {
	struct gen_plan *plan;
	struct gen_subject *subject;
	struct rng *rng;
	struct span *events, *artefacts;
	size_t n_events, n_artefacts;
	struct deep *deep;
	size_t n_deep;
	int bursts;
	bool sighs;		/* unwished deep breaths, and held ones */
	int tendons;		/* quarters of the others that a swing passes sound, too */
	int joints_too;		/* eighths of these swings end with pops */
	bool failed;
};

void build_item(struct builder *b, enum gen_kind kind, double onset_s, double length_s,
		int who, int burst, double size);
void build_move(struct builder *b, enum gen_movement kind, double start_s, double rise_s,
		double hold_s, double fall_s, double range);
void build_deep_breath(struct builder *b, double peak_s, double depth);
/* Steps too. */
void build_walk(struct builder *b, double start_s, double end_s);
/* Up to @n ready joints of this load pop near @t; returns how many. */
int build_pops(struct builder *b, double t, enum gen_load load, double level, int n);
/* @n movements over the site's angle, nearly all with its snap; returns the end. */
double build_snaps(struct builder *b, double start_s, int n, int site);
/* One slow movement with a crackling train; returns the end. */
double build_crepitus(struct builder *b, double start_s, int site, enum gen_movement kind);
/* An artefact of usual length; returns its end. */
double build_artefact(struct builder *b, enum gen_kind kind, double onset_s);
double artefact_length(enum gen_kind kind, struct rng *r);
void build_artefact_of(struct builder *b, enum gen_kind kind, double onset_s, double length_s);
bool build_is_free(const struct builder *b, double from_s, double to_s);
bool build_has_no_artefact(const struct builder *b, double from_s, double to_s);

/* After everything else: breaths around the wishes, lung crackles, heart, order. */
void build_finish(struct builder *b);

#endif
