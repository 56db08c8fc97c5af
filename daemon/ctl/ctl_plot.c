// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl detect --plot: from what was collected to a picture. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "ctl/ctl.h"
#include "edf/edf.h"
#include "plot/plot.h"
#include "source/source.h"

#define CHUNK	256
#define ANONYMOUS	473385600	/* 1 January 1985: no date, by EDF+'s rules */

/* What the drawing functions get. */
struct picture {
	const struct plot *plot;
	const struct plot_samples *samples;
	const struct bp_event *event;
	const char *name;
};

static void draw_session(cairo_t *cr, void *arg)
{
	const struct picture *pic = arg;

	plot_draw_session(cr, pic->plot, pic->name);
}

static void draw_event(cairo_t *cr, void *arg)
{
	const struct picture *pic = arg;

	plot_draw_event(cr, pic->plot, pic->samples, pic->event, pic->name);
}

/* The session once more, for the samples around the event. */
static int read_samples(const char *edf, struct plot_samples *s, const struct bp_event *ev)
{
	static struct bp_frame frames[CHUNK];
	char err[SOURCE_ERROR_SIZE];
	struct source *source = source_open_edf(edf, err);
	ssize_t n;

	if (!source) {
		ctl_complain("%s", err);
		return -1;
	}
	while ((n = source->ops->read(source, frames, CHUNK)) > 0 && frames[0].t_ns <= s->to_ns)
		for (ssize_t i = 0; i < n; i++)
			plot_samples_frame(s, &frames[i]);
	if (n < 0 && n != -ENODATA)
		ctl_complain("%s", source->error);
	source->ops->close(source);
	plot_samples_end(s, ev);
	if (s->failed)
		ctl_complain("out of memory");
	return s->failed || (n < 0 && n != -ENODATA) ? -1 : 0;
}

/*
 * Is it what the recorder writes of events and of the file itself?  Of the events the
 * detector has just given its own opinion.
 */
static bool is_recorders(const char *text)
{
	if (!strncmp(text, EDF_TEXT_ENDS, strlen(EDF_TEXT_ENDS)))
		return true;
	for (int c = 0; c < BP_CLASS_COUNT; c++) {
		const char *name = bp_class_name((enum bp_class)c);
		size_t n = strlen(name);

		if (!strncmp(text, name, n) && !strncmp(text + n, " #", 2))
			return true;
	}
	return false;
}

/* The session's date and what people have noted in it.  Frames begin at 0 s. */
static int read_notes(const char *edf, struct plot *p)
{
	struct edf_annotation a;
	char err[EDF_ERROR_SIZE];
	struct edf_reader *r = edf_open(edf, err);
	double onset_s, first_s = 0;
	bool first = true;
	int ret;

	if (!r) {
		ctl_complain("%s", err);
		return -1;
	}
	while ((ret = edf_read_record(r, &onset_s, NULL)) > 0) {
		if (first)
			first_s = onset_s;
		first = false;
		while (edf_next_annotation(r, &a))
			if (!is_recorders(a.text) && fabs(a.onset_s - first_s) < 9e9)
				plot_note(p, llround((a.onset_s - first_s) * 1e9), a.text);
	}
	if (ret < 0)
		ctl_complain("%s", edf_reader_error(r));
	if (edf_start_time(r) && edf_start_time(r) != ANONYMOUS)
		p->clock_s = (double)edf_start_time(r) + first_s;
	edf_close(r);
	return ret;
}

int ctl_plot_write(struct plot *p, const char *edf, const char *out, uint32_t event)
{
	const char *slash = strrchr(edf, '/');
	struct picture pic = { .plot = p, .name = slash ? slash + 1 : edf };
	struct plot_samples samples;
	char err[PLOT_ERROR_SIZE];
	int ret = read_notes(edf, p);

	if (ret < 0)
		return CTL_FAILURE;
	if (p->failed) {
		ctl_complain("out of memory");
		return CTL_FAILURE;
	}
	if (p->start_ns == INT64_MIN) {
		ctl_complain("%s: no sample in it, nothing to draw", edf);
		return CTL_FAILURE;
	}
	if (!event) {
		ret = plot_write(out, draw_session, &pic, err);
		if (ret)
			ctl_complain("%s", err);
		return ret ? CTL_FAILURE : CTL_OK;
	}
	pic.event = plot_find_event(p, event);
	if (!pic.event) {
		ctl_complain("%s: it has no event %u: %zu were found", edf, event, p->n_events);
		return CTL_FAILURE;
	}
	plot_samples_init(&samples, p, pic.event);
	pic.samples = &samples;
	if (!samples.failed)
		ret = read_samples(edf, &samples, pic.event);
	if (!ret) {
		ret = plot_write(out, draw_event, &pic, err);
		if (ret)
			ctl_complain("%s", err);
	}
	plot_samples_free(&samples);
	return ret ? CTL_FAILURE : CTL_OK;
}
