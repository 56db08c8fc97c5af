/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames onto EDF's grid: records of a fixed number of counts for each signal.
 * Pure computation; not for other rooms.
 *
 * Motion and film are a track each, also where one device gives both: in a pair they
 * have clocks of their own.  A track's samples are counted, not placed by their stamps;
 * stamps say what is missing.  A hole inside a record is filled with the last count,
 * so that what follows is where it belongs, and reported; a hole of all tracks that
 * reaches beyond the record ends it, and the next one starts where the samples do.
 */
#ifndef BACKPOP_RECORDER_GRID_H
#define BACKPOP_RECORDER_GRID_H

#include "recorder/recorder_file.h"

#define GRID_TRACKS	2
#define GRID_HOLES	12	/* reported in one record; more are joined to the last */
#define GRID_RATE_S	4.0	/* what a rate is measured over at least */
#define GRID_NOMINAL_PPM 5	/* what cannot be told from the nominal rate in that time */

/**
 * struct grid_meter - a track's true rate, by its time stamps without holes
 */
struct grid_meter {
	int64_t last_ns;
	double period_ns;	/* followed closely, for counting holes */
	double sum_ns;
	uint64_t n;
	double known_hz;	/* of an earlier measurement, 0 = none */
};

/**
 * struct grid_hole - counts that were filled in
 * @tracks:	bit for each
 */
struct grid_hole {
	unsigned int tracks;
	double onset_s, duration_s;
};

/**
 * struct grid_track
 * @has:	flag of the frames that belong to it
 * @first, @n:	its signals
 * @last_slot, @next_slot: of the newest sample, of what comes next; in samples since
 *		the segment began, what was filled in included; before it: negative
 */
struct grid_track {
	uint32_t has;
	size_t first, n;
	double nominal_hz;
	uint32_t per_record;
	struct grid_meter meter;
	bool begun;
	int64_t last_slot, next_slot;
	int64_t last_ns;
};

/**
 * struct grid_record - a whole record, valid during the call
 * @discontinuous: counts were filled in that should have come
 * @last:	of the recording: its holes are what had not come yet
 */
struct grid_record {
	double onset_s;
	bool discontinuous;
	bool last;
	size_t n_holes;
	struct grid_hole holes[GRID_HOLES];
};

/**
 * struct grid - all zero, then grid_set_source()
 * @emit:	takes a record; the counts are [signal][...]
 * @record_s, @t0_ns, @onset_s, @records: of the segment without whole holes: its first
 *		sample's stamp and place in the file, records that are out
 */
struct grid {
	void (*emit)(void *userdata, const struct grid_record *rec,
		     const int16_t (*counts)[2 * FILE_COUNTS]);
	void *userdata;
	size_t n_tracks, n_signals;
	struct grid_track tracks[GRID_TRACKS];
	struct source_scale scales[SOURCE_CHANNELS];
	double record_s;
	bool running, fresh, ending;
	int64_t t0_ns;
	double onset_s;
	uint64_t records;
	bool discontinuous;
	size_t n_holes;
	struct grid_hole holes[GRID_HOLES];
	uint64_t lost;		/* counts filled in or left out */
	int16_t counts[SOURCE_CHANNELS][2 * FILE_COUNTS];
};

/* What comes from now on, and EDF's words for it (@signals but their counts a record). */
void grid_set_source(struct grid *g, const struct source_info *info, struct edf_signal *signals);

/* Look at stamps only: measures rates.  For every frame, recording or not. */
void grid_measure(struct grid *g, const struct bp_frame *f);
/* Is every track's rate known? */
bool grid_rates_known(const struct grid *g);
/*
 * Fix record_s and each track's per_record to the rates measured, or nominal where none
 * is, as near to 1 s and to whole ratios as they allow; measuring begins anew.
 */
void grid_plan(struct grid *g);

/* The next frame begins a file, at @onset_s of its time. */
void grid_begin(struct grid *g, double onset_s);
/* At a record's end: what follows is at @onset_s of a new file, by a new plan. */
void grid_continue(struct grid *g, double onset_s);
void grid_take(struct grid *g, const struct bp_frame *f);
/* Fill up and emit what there is of a record; nothing runs after that. */
void grid_end(struct grid *g);

/* Where in the file a moment near the newest sample is, s. */
double grid_place(const struct grid *g, int64_t t_ns);
/* True time minus file time of the track that is off most, s. */
double grid_drift(const struct grid *g);

#endif
