// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder/recorder_notes.h"

#include <math.h>
#include <string.h>

#include "log.h"
#include "recorder/recorder_words.h"

static void add_note(struct notes *n, int64_t t_ns, const struct edf_annotation *a)
{
	if (n->n == NOTES_MAX) {
		log_warning("recorder: annotation \"%s\" is left out: too many at once", a->text);
		return;
	}
	n->list[n->n].t_ns = t_ns;
	n->list[n->n++].a = *a;
}

static void say_event(struct notes *n, const struct bp_event *ev, bool revised)
{
	struct edf_annotation a = { 0 };

	recorder_words_event(&a, ev, revised);
	add_note(n, ev->onset_ns, &a);
	n->said[n->next_said % NOTES_OPEN_MAX].number = ev->number;
	n->said[n->next_said % NOTES_OPEN_MAX].class_ = ev->class_;
	n->next_said++;
}

void notes_settle(struct notes *n, int64_t now_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->n_events; i++) {
		struct open_event *o = &n->events[i];

		if (o->due_ns > now_ns)
			n->events[kept++] = *o;
		else if (o->ev.class_ != BP_CLASS_ARTEFACT)
			say_event(n, &o->ev, false);
	}
	n->n_events = kept;
}

static bool was_said(const struct notes *n, uint32_t number, enum bp_class *class_)
{
	for (size_t i = 0; i < NOTES_OPEN_MAX && i < n->next_said; i++) {
		size_t at = (n->next_said - 1 - i) % NOTES_OPEN_MAX;

		if (n->said[at].number == number) {
			*class_ = n->said[at].class_;
			return true;
		}
	}
	return false;
}

void notes_event(struct notes *n, const struct bp_event *ev)
{
	enum bp_class before;

	for (size_t i = 0; i < n->n_events; i++) {
		if (n->events[i].ev.number == ev->number) {
			n->events[i].ev = *ev;
			return;
		}
	}
	if (ev->revision > 0) {
		/* Settled long ago, or withdrawn: only another judgement is worth a line. */
		if (was_said(n, ev->number, &before) ? before != ev->class_ :
		    ev->class_ != BP_CLASS_ARTEFACT)
			say_event(n, ev, true);
		return;
	}
	if (n->n_events == NOTES_OPEN_MAX)
		notes_settle(n, INT64_MAX);
	n->events[n->n_events++] = (struct open_event) {
		.ev = *ev,
		.due_ns = ev->emitted_ns + (int64_t)(RECORDER_SETTLE_S * 1e9),
	};
}

void notes_text(struct notes *n, int64_t t_ns, double duration_s, const char *text)
{
	struct edf_annotation a = { .duration_s = duration_s };
	size_t len = 0;

	/* TALs end their parts with control characters; UTF-8 may pass, but whole. */
	for (; *text && len + 1 < sizeof(a.text); text++)
		a.text[len++] = (unsigned char)*text < ' ' ? ' ' : *text;
	if (*text) {
		/* Cut off: not in the middle of a character. */
		while (len && ((unsigned char)a.text[len - 1] & 0xc0) == 0x80)
			len--;
		if (len && (unsigned char)a.text[len - 1] >= 0xc0)
			len--;
	}
	a.text[len] = '\0';
	if (len)
		add_note(n, t_ns, &a);
}

void notes_take(struct notes *n, int64_t newest_ns, const struct grid *grid, int64_t begun_ns,
		double old_shift_s, struct file_job *job)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->n; i++) {
		struct note *note = &n->list[i];
		bool old = note->t_ns < begun_ns && !isnan(old_shift_s);

		if (job->n_notes == FILE_NOTES || note->t_ns > newest_ns) {
			n->list[kept++] = *note;
			continue;
		}
		note->a.onset_s = grid_place(grid, note->t_ns) + (old ? old_shift_s : 0);
		job->note_is_old[job->n_notes] = old;
		job->notes[job->n_notes++] = note->a;
	}
	n->n = kept;
}
