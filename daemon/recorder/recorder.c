// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The caller's side of a recorder: its states, from start, source and frames to the end.
 * Allocates when a recording starts, never per sample.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "recorder/recorder_state.h"
#include "recorder/recorder_words.h"

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

void recorder_set_state(struct recorder *r, enum recorder_state state)
{
	if (r->state == state)
		return;
	r->state = state;
	tell(r);
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
	recorder_cut_forget(r);
	r->retry_ns = r->newest_ns + RECORDER_RETRY_S * RECORDER_NS_PER_S;
	recorder_set_state(r, RECORDER_FAILED);
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
	r->grid.emit = recorder_cut_emit;
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
	recorder_all_add(r);
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
	recorder_all_remove(r);
	if (r->state == RECORDER_WAITING || r->state == RECORDER_RECORDING)
		recorder_cut_finish(r);
	recorder_cut_forget(r);
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
		    a[i].dig_max != b[i].dig_max || strcmp(a[i].prefilter, b[i].prefilter))
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
		recorder_cut_finish(r);
	grid_set_source(&r->grid, info, r->signals);
	snprintf(r->equipment, sizeof(r->equipment), "%.31s", info->name);
	r->has_source = true;
	recorder_words_recording(r->recording, &r->who, r->equipment);
	if (!runs) {
		const struct recorder_person *session = recorder_all_session();
		struct recorder_person who = r->who;
		bool go_on = r->wanted;

		r->wanted = false;
		if (r->state != RECORDER_OFF || r->settings.when == RECORDER_NEVER ||
		    (!go_on && !session && r->settings.when != RECORDER_ALWAYS))
			return 0;
		return recorder_start(r, session ? session : go_on ? &who : NULL);
	}
	recorder_set_state(r, RECORDER_WAITING);
	return recorder_cut_prepare(r);
}

int recorder_start(struct recorder *r, const struct recorder_person *who)
{
	static const struct recorder_person nobody = { .code = "" };
	int ret;

	if (r->settings.when == RECORDER_NEVER)
		return -EPERM;
	if (r->state != RECORDER_OFF)
		return -EALREADY;
	ret = recorder_cut_prepare(r);
	if (ret)
		return ret;
	r->who = who ? *who : nobody;
	recorder_words_patient(r->patient, &r->who);
	recorder_words_recording(r->recording, &r->who, r->equipment);
	recorder_file_failed(r->file);	/* of the recording before */
	recorder_set_state(r, RECORDER_WAITING);
	return 0;
}

int recorder_stop(struct recorder *r)
{
	if (r->state == RECORDER_OFF)
		return -EALREADY;
	if (r->state != RECORDER_FAILED)
		recorder_cut_finish(r);
	recorder_set_state(r, RECORDER_OFF);
	return 0;
}

void recorder_feed(struct recorder *r, const struct bp_frame *frames, size_t n)
{
	check_failure(r);
	for (size_t i = 0; i < n; i++) {
		grid_measure(&r->grid, &frames[i]);
		r->newest_ns = frames[i].t_ns;
		if (r->state == RECORDER_RECORDING) {
			recorder_cut_frame(r, &frames[i]);
		} else if (r->state == RECORDER_WAITING) {
			if (r->n_early < r->room_early)
				r->early[r->n_early++] = frames[i];
			if (grid_rates_known(&r->grid) || r->n_early == r->room_early)
				recorder_cut_begin(r);
		} else if (r->state == RECORDER_FAILED && r->newest_ns >= r->retry_ns) {
			if (!recorder_cut_prepare(r))
				recorder_set_state(r, RECORDER_WAITING);
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
