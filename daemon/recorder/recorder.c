// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The caller's side of a recorder: when a file begins and ends, which annotation goes
 * where.  Allocates when a recording starts, never per sample.
 */
#include "recorder/recorder.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "recorder/recorder_file.h"
#include "recorder/recorder_grid.h"
#include "recorder/recorder_notes.h"
#include "recorder/recorder_words.h"

#define PATIENT_SYNC_S	60
#define MAX_UNPLUGGED	16
#define MIN_DRIFT_RECORDS 30	/* however bad a clock is, no shower of files */
#define EARLY_S		(GRID_RATE_S + 2)	/* of frames kept until the rates are known */
#define NS_PER_S	1000000000LL
#define SHORTEST_NS	NS_PER_S	/* a file begins with a record's worth of samples */

struct recorder {
	struct recorder *next;
	char id[64];
	bool wanted;			/* to go on when a source opens */
	struct recorder_settings settings;
	struct recorder_file *file;
	int fd;
	bool patient_caller;
	enum recorder_state state;
	char patient[81], recording[81];
	char equipment[32];
	struct recorder_person who;
	bool has_source;
	struct edf_signal signals[SOURCE_CHANNELS];
	struct grid grid;

	struct bp_frame *early;		/* while WAITING for the rates */
	size_t n_early, room_early;

	int64_t newest_ns;
	int64_t retry_ns;
	bool rotate;
	bool opened;			/* a file is with the thread */
	uint64_t in_file;		/* records handed over for it */
	uint64_t record_bytes;
	int64_t begun_ns;		/* moment of the file's first sample */
	double old_shift_s;		/* file time now -> of the file before; NaN = none */
	uint64_t dropped;
	bool dropping;

	struct notes notes;
};

/* All there are, and those whose sensor was unplugged while they ran. */
static struct recorder *all;
static struct {
	char id[64];
	struct recorder_person who;
} unplugged[MAX_UNPLUGGED];
static bool session_runs;
static struct recorder_person session_person;

static void remember(const struct recorder *r)
{
	for (size_t i = 0; i < MAX_UNPLUGGED; i++) {
		if (unplugged[i].id[0])
			continue;
		strcpy(unplugged[i].id, r->id);
		unplugged[i].who = r->who;
		return;
	}
}

static bool recall(struct recorder *r)
{
	for (size_t i = 0; i < MAX_UNPLUGGED; i++) {
		if (strcmp(unplugged[i].id, r->id))
			continue;
		r->who = unplugged[i].who;
		unplugged[i].id[0] = '\0';
		return true;
	}
	return false;
}

void recorder_default_settings(struct recorder_settings *s)
{
	*s = (struct recorder_settings) {
		.when = RECORDER_SESSION,
		.directory = "/var/lib/backpop/recordings",
		.max_file_s = 3600,
		.max_file_bytes = 100000000,
		.min_free_bytes = 100000000,
		.sync_s = 1,
	};
}

const char *recorder_state_name(enum recorder_state state)
{
	static const char *const names[] = {
		[RECORDER_OFF] = "off",
		[RECORDER_WAITING] = "waiting",
		[RECORDER_RECORDING] = "recording",
		[RECORDER_FAILED] = "failed",
	};

	return names[state];
}

static void tell(struct recorder *r)
{
	const uint64_t one = 1;

	if (write(r->fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error("recorder: eventfd: %s", strerror(errno));
}

static void set_state(struct recorder *r, enum recorder_state state)
{
	if (r->state == state)
		return;
	r->state = state;
	tell(r);
}

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

static void take_record(void *userdata, const struct grid_record *rec,
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

static void take_frame(struct recorder *r, const struct bp_frame *f)
{
	uint64_t before = r->in_file + r->dropped;

	r->newest_ns = f->t_ns;
	grid_take(&r->grid, f);
	if (r->in_file + r->dropped != before)
		check_rotation(r);
}

/* The rates are known, or will not be: begin with the first frame that was kept. */
static void begin(struct recorder *r)
{
	double onset;

	grid_plan(&r->grid);
	if (!open_file(r, r->early[0].t_ns, &onset))
		return;
	r->old_shift_s = NAN;
	grid_begin(&r->grid, onset);
	set_state(r, RECORDER_RECORDING);
	for (size_t i = 0; i < r->n_early; i++)
		take_frame(r, &r->early[i]);
	drop_early(r);
}

static int prepare_early(struct recorder *r)
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

static void finish(struct recorder *r)
{
	struct file_job *job;

	/* What there is of the waiting time is worth a file too, from a second on. */
	if (r->state == RECORDER_WAITING && r->n_early) {
		if (r->early[r->n_early - 1].t_ns - r->early[0].t_ns >= SHORTEST_NS)
			begin(r);
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

/* The thread could not go on.  Detection does; the next attempt is not far. */
static void check_failure(struct recorder *r)
{
	struct recorder_status st;

	if (!recorder_file_failed(r->file) || r->state == RECORDER_OFF)
		return;
	recorder_file_status(r->file, &st);
	log_error("recording stopped: %s; trying again every %d s, detection goes on", st.reason,
		  RECORDER_RETRY_S);
	r->grid.running = false;
	r->opened = false;
	r->notes.n = 0;
	drop_early(r);
	r->retry_ns = r->newest_ns + RECORDER_RETRY_S * NS_PER_S;
	set_state(r, RECORDER_FAILED);
}

/* ---- the public side ------------------------------------------------------ */

struct recorder *recorder_new(const char *id, const struct recorder_settings *s,
			      bool patient_caller)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->settings = *s;
	r->patient_caller = patient_caller;
	r->grid.emit = take_record;
	r->grid.userdata = r;
	r->old_shift_s = NAN;
	r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->fd >= 0)
		r->file = recorder_file_new(id, r->fd);
	if (!r->file) {
		int error = errno;

		if (r->fd >= 0)
			close(r->fd);
		free(r);
		errno = error;
		return NULL;
	}
	snprintf(r->id, sizeof(r->id), "%s", id);
	r->wanted = recall(r);
	r->next = all;
	all = r;
	return r;
}

void recorder_set_settings(struct recorder *r, const struct recorder_settings *s)
{
	if (!memcmp(&r->settings, s, sizeof(*s)))
		return;
	r->settings = *s;
	r->rotate = r->state == RECORDER_RECORDING;
	if (s->when == RECORDER_NEVER)
		recorder_stop(r);
	else if (s->when == RECORDER_ALWAYS && r->has_source)
		recorder_start(r, NULL);
}

void recorder_free(struct recorder *r)
{
	if (!r)
		return;
	for (struct recorder **p = &all; *p; p = &(*p)->next) {
		if (*p == r) {
			*p = r->next;
			break;
		}
	}
	if (r->wanted || r->state != RECORDER_OFF)
		remember(r);
	if (r->state == RECORDER_WAITING || r->state == RECORDER_RECORDING)
		finish(r);
	drop_early(r);
	recorder_file_free(r->file);
	close(r->fd);
	free(r);
}

int recorder_fd(const struct recorder *r)
{
	return r->fd;
}

void recorder_status(struct recorder *r, struct recorder_status *st)
{
	uint64_t news;

	if (read(r->fd, &news, sizeof(news)) < 0 && errno != EAGAIN)
		log_error("recorder: eventfd: %s", strerror(errno));
	check_failure(r);
	*st = (struct recorder_status) { 0 };
	recorder_file_status(r->file, st);
	st->state = r->state;
	if (st->state != RECORDER_FAILED)
		st->reason[0] = '\0';
	st->dropped = r->dropped + recorder_file_dropped(r->file);
}

static bool same_signals(const struct edf_signal *a, const struct edf_signal *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i].label, b[i].label) || a[i].phys_min != b[i].phys_min ||
		    a[i].phys_max != b[i].phys_max || a[i].dig_min != b[i].dig_min ||
		    a[i].dig_max != b[i].dig_max)
			return false;
	return true;
}

/* Does an open file still fit?  Then a restarted stream goes on in it, behind a hole. */
static bool still_fits(const struct recorder *r, const struct source_info *info)
{
	struct edf_signal signals[SOURCE_CHANNELS];
	struct grid *probe = calloc(1, sizeof(*probe));
	bool fits;

	if (!probe)
		return false;
	grid_set_source(probe, info, signals);
	fits = probe->n_tracks == r->grid.n_tracks && probe->n_signals == r->grid.n_signals &&
	       same_signals(signals, r->signals, probe->n_signals);
	for (size_t i = 0; fits && i < probe->n_tracks; i++)
		fits = probe->tracks[i].nominal_hz == r->grid.tracks[i].nominal_hz;
	free(probe);
	return fits;
}

int recorder_set_source(struct recorder *r, const struct source_info *info)
{
	bool runs = r->state == RECORDER_WAITING || r->state == RECORDER_RECORDING;

	if (r->has_source && still_fits(r, info))
		return 0;
	if (runs)
		finish(r);
	grid_set_source(&r->grid, info, r->signals);
	snprintf(r->equipment, sizeof(r->equipment), "%.31s", info->name);
	r->has_source = true;
	recorder_words_recording(r->recording, &r->who, r->equipment);
	if (!runs) {
		struct recorder_person who = r->who;
		bool go_on = r->wanted;

		r->wanted = false;
		if (r->state != RECORDER_OFF || r->settings.when == RECORDER_NEVER ||
		    (!go_on && !session_runs && r->settings.when != RECORDER_ALWAYS))
			return 0;
		return recorder_start(r, session_runs ? &session_person : go_on ? &who : NULL);
	}
	set_state(r, RECORDER_WAITING);
	return prepare_early(r);
}

int recorder_start(struct recorder *r, const struct recorder_person *who)
{
	static const struct recorder_person nobody = { .code = "" };
	int ret;

	if (r->settings.when == RECORDER_NEVER)
		return -EPERM;
	if (r->state != RECORDER_OFF)
		return -EALREADY;
	ret = prepare_early(r);
	if (ret)
		return ret;
	r->who = who ? *who : nobody;
	recorder_words_patient(r->patient, &r->who);
	recorder_words_recording(r->recording, &r->who, r->equipment);
	recorder_file_failed(r->file);	/* of the recording before */
	set_state(r, RECORDER_WAITING);
	return 0;
}

int recorder_stop(struct recorder *r)
{
	if (r->state == RECORDER_OFF)
		return -EALREADY;
	if (r->state != RECORDER_FAILED)
		finish(r);
	set_state(r, RECORDER_OFF);
	return 0;
}

void recorder_feed(struct recorder *r, const struct bp_frame *frames, size_t n)
{
	check_failure(r);
	for (size_t i = 0; i < n; i++) {
		grid_measure(&r->grid, &frames[i]);
		r->newest_ns = frames[i].t_ns;
		if (r->state == RECORDER_RECORDING) {
			take_frame(r, &frames[i]);
		} else if (r->state == RECORDER_WAITING) {
			if (r->n_early < r->room_early)
				r->early[r->n_early++] = frames[i];
			if (grid_rates_known(&r->grid) || r->n_early == r->room_early)
				begin(r);
		} else if (r->state == RECORDER_FAILED && r->newest_ns >= r->retry_ns) {
			if (!prepare_early(r))
				set_state(r, RECORDER_WAITING);
		}
	}
	notes_settle(&r->notes, r->newest_ns);
}

void recorder_event(struct recorder *r, const struct bp_event *ev)
{
	if (r->state == RECORDER_WAITING || r->state == RECORDER_RECORDING)
		notes_event(&r->notes, ev);
}

void recorder_annotate(struct recorder *r, int64_t t_ns, double duration_s, const char *text)
{
	if (r->state == RECORDER_WAITING || r->state == RECORDER_RECORDING)
		notes_text(&r->notes, t_ns, duration_s, text);
}

void recorder_set_settings_all(const struct recorder_settings *s)
{
	for (struct recorder *r = all; r; r = r->next)
		recorder_set_settings(r, s);
}

void recorder_set_session(const struct recorder_person *who)
{
	bool ended = session_runs && !who;

	session_runs = who;
	if (who)
		session_person = *who;
	for (struct recorder *r = all; r; r = r->next) {
		r->wanted = false;
		if (r->settings.when == RECORDER_NEVER || !r->has_source || (!who && !ended))
			continue;
		/* Two people in one file would be one too many. */
		recorder_stop(r);
		if (who || r->settings.when == RECORDER_ALWAYS)
			recorder_start(r, who);
	}
	if (ended)
		memset(unplugged, 0, sizeof(unplugged));
}

void recorder_annotate_all(int64_t t_ns, double duration_s, const char *text)
{
	for (struct recorder *r = all; r; r = r->next)
		recorder_annotate(r, t_ns, duration_s, text);
}
