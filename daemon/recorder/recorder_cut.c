// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames become jobs for the file's thread here: records and what they are annotated
 * with, where a file begins, where it gives way to the next, and its end.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "recorder/recorder_state.h"

#define PATIENT_SYNC_S	60
#define MIN_DRIFT_RECORDS 30	/* however bad a clock is, no shower of files */
#define EARLY_S		(GRID_RATE_S + 2)	/* of frames kept until the rates are known */
#define NS_PER_S	RECORDER_NS_PER_S
#define SHORTEST_NS	NS_PER_S	/* a file begins with a record's worth of samples */

/* ---- handing over --------------------------------------------------------- */

static void move_notes(struct recorder *r, struct file_job *job)
{
	notes_take(&r->notes, r->newest_ns, &r->grid, r->begun_ns, r->old_shift_s, job);
}

/* A free job; one who is patient gets one in every case. */
static struct file_job *next_job(struct recorder *r)
{
	const struct timespec pause = { .tv_nsec = 200000 };
	struct file_job *job;

	while (!(job = recorder_file_job(r->file)) && r->patient_caller)
		nanosleep(&pause, NULL);
	return job;
}

static void hole_note(struct file_job *job, const struct recorder *r, const struct grid_hole *h,
		      bool last)
{
	struct edf_annotation *a = &job->notes[job->n_notes];
	bool both = h->tracks == (1u << r->grid.n_tracks) - 1;
	bool film = r->grid.tracks[h->tracks & 1 ? 0 : 1].has == BP_HAS_FILM;

	*a = (struct edf_annotation) { .onset_s = h->onset_s, .duration_s = h->duration_s };
	snprintf(a->text, sizeof(a->text), "%s%s", last ? EDF_TEXT_ENDS : EDF_TEXT_LOST,
		 both ? "" : film ? EDF_TEXT_ONLY_FILM : EDF_TEXT_ONLY_ACCEL);
	job->note_is_old[job->n_notes++] = false;
}

void recorder_cut_emit(void *userdata, const struct grid_record *rec,
		       const int16_t (*counts)[2 * FILE_COUNTS])
{
	struct recorder *r = userdata;
	struct file_job *job = next_job(r);

	if (!job) {
		/* What follows stands behind a hole in the file's time: EDF+D. */
		if (!r->dropping)
			log_warning("recorder: the disk is too slow, records are dropped");
		r->dropping = true;
		r->dropped++;
		return;
	}
	if (r->dropping)
		log_notice("recorder: going on, %llu records dropped so far",
			   (unsigned long long)r->dropped);
	r->dropping = false;
	job->kind = FILE_RECORD;
	job->onset_s = rec->onset_s;
	job->gap = rec->discontinuous;
	for (size_t i = 0; i < rec->n_holes; i++)
		hole_note(job, r, &rec->holes[i], rec->last);
	move_notes(r, job);
	for (size_t i = 0; i < r->grid.n_tracks; i++) {
		const struct grid_track *t = &r->grid.tracks[i];

		for (size_t k = t->first; k < t->first + t->n; k++)
			memcpy(job->counts[k], counts[k], t->per_record * sizeof(counts[k][0]));
	}
	recorder_file_push(r->file);
	r->in_file++;
}

/* Local wall-clock time of a moment; the fraction of its second too. */
static int64_t local_time(int64_t t_ns, double *fraction, long *utc_offset_s)
{
	struct timespec mono, real;
	int64_t ns;
	time_t when;
	struct tm tm;

	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	ns = (real.tv_sec - mono.tv_sec) * NS_PER_S + real.tv_nsec - mono.tv_nsec + t_ns;
	when = (time_t)(ns / NS_PER_S);
	*fraction = (double)(ns % NS_PER_S) / 1e9;
	/* It alone does not notice that the machine was given another time zone. */
	tzset();
	localtime_r(&when, &tm);
	*utc_offset_s = tm.tm_gmtoff;
	return (int64_t)when + tm.tm_gmtoff;
}

/* Have a file begun whose first sample is at @t_ns.  False: no room for the job now. */
static bool open_file(struct recorder *r, int64_t t_ns, double *onset_s)
{
	struct file_job *job = next_job(r);
	struct file_plan *plan;

	if (!job)
		return false;
	job->kind = FILE_OPEN;
	plan = &job->plan;
	plan->settings = r->settings;
	/* At full speed a sync for each second would be the measure of all speed. */
	if (r->patient_caller)
		plan->settings.sync_s = PATIENT_SYNC_S;
	strcpy(plan->patient, r->patient);
	strcpy(plan->recording, r->recording);
	plan->start_time = local_time(t_ns, onset_s, &plan->utc_offset_s);
	plan->record_s = r->grid.record_s;
	plan->n_signals = r->grid.n_signals;
	memcpy(plan->signals, r->signals, sizeof(plan->signals));
	r->record_bytes = FILE_TAL_BYTES;
	for (size_t i = 0; i < r->grid.n_tracks; i++) {
		const struct grid_track *t = &r->grid.tracks[i];

		for (size_t k = t->first; k < t->first + t->n; k++) {
			plan->signals[k].samples_per_record = t->per_record;
			r->record_bytes += 2 * (uint64_t)t->per_record;
		}
	}
	recorder_file_push(r->file);
	r->opened = true;
	r->in_file = 0;
	r->begun_ns = t_ns;
	return true;
}

/* ---- begin, go on, end ---------------------------------------------------- */

static void drop_early(struct recorder *r)
{
	free(r->early);
	r->early = NULL;
	r->n_early = 0;
	r->room_early = 0;
}

static void rotate_file(struct recorder *r)
{
	double begin_before = r->grid.onset_s + (double)r->grid.records * r->grid.record_s;
	int64_t t_ns;
	double onset = 0;

	/* The boundary's moment: where the newest sample is, less what lies between. */
	t_ns = r->newest_ns - llround((grid_place(&r->grid, r->newest_ns) - begin_before) * 1e9);
	if (!next_job(r))
		return;		/* at the next record then */
	grid_continue(&r->grid, 0);
	open_file(r, t_ns, &onset);
	r->grid.onset_s = onset;
	for (size_t i = 0; i < r->grid.n_holes; i++)
		r->grid.holes[i].onset_s += onset;
	r->old_shift_s = begin_before - onset;
	r->rotate = false;
}

static void check_rotation(struct recorder *r)
{
	const struct recorder_settings *s = &r->settings;
	double drift = grid_drift(&r->grid);

	if (r->in_file >= s->max_file_s ||
	    (r->in_file + 1) * r->record_bytes > s->max_file_bytes)
		r->rotate = true;
	if (fabs(drift) > RECORDER_DRIFT_S && r->in_file >= MIN_DRIFT_RECORDS && !r->rotate) {
		log_info("recorder: the sensor's clock is %.0f ms off the file's: a new file begins",
			 drift * 1e3);
		r->rotate = true;
	}
	if (r->rotate)
		rotate_file(r);
}

void recorder_cut_frame(struct recorder *r, const struct bp_frame *f)
{
	uint64_t before = r->in_file + r->dropped;

	r->newest_ns = f->t_ns;
	grid_take(&r->grid, f);
	if (r->in_file + r->dropped != before)
		check_rotation(r);
}

void recorder_cut_begin(struct recorder *r)
{
	double onset;

	grid_plan(&r->grid);
	if (!open_file(r, r->early[0].t_ns, &onset))
		return;
	r->old_shift_s = NAN;
	grid_begin(&r->grid, onset);
	recorder_set_state(r, RECORDER_RECORDING);
	for (size_t i = 0; i < r->n_early; i++)
		recorder_cut_frame(r, &r->early[i]);
	drop_early(r);
}

int recorder_cut_prepare(struct recorder *r)
{
	double rate = 0;

	drop_early(r);
	for (size_t i = 0; i < r->grid.n_tracks; i++)
		rate += r->grid.tracks[i].nominal_hz;
	r->room_early = (size_t)(rate * EARLY_S) + 1024;
	r->early = calloc(r->room_early, sizeof(*r->early));
	if (r->early)
		return 0;
	r->room_early = 0;
	return -ENOMEM;
}

void recorder_cut_finish(struct recorder *r)
{
	struct file_job *job;

	/* What there is of the waiting time is worth a file too, from a second on. */
	if (r->state == RECORDER_WAITING && r->n_early) {
		if (r->early[r->n_early - 1].t_ns - r->early[0].t_ns >= SHORTEST_NS)
			recorder_cut_begin(r);
		else
			log_info("%s: not even a second was heard: no recording is kept", r->id);
	}
	notes_settle(&r->notes, INT64_MAX);
	grid_end(&r->grid);
	if (r->opened) {
		job = next_job(r);
		if (job) {
			job->kind = FILE_CLOSE;
			r->newest_ns = INT64_MAX;
			move_notes(r, job);
			recorder_file_push(r->file);
		}
	}
	r->opened = false;
	r->notes.n = 0;
	r->rotate = false;
	drop_early(r);
}

void recorder_cut_forget(struct recorder *r)
{
	r->grid.running = false;
	r->opened = false;
	r->notes.n = 0;
	drop_early(r);
}
