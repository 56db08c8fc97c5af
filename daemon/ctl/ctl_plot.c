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

static void take_note(void *userdata, int64_t time_ns, const char *text)
{
	plot_note(userdata, time_ns, text);
}

int ctl_plot_write(struct plot *p, const char *edf, const char *out, uint32_t event)
{
	const char *slash = strrchr(edf, '/');
	struct picture pic = { .plot = p, .name = slash ? slash + 1 : edf };
	struct plot_samples samples;
	char err[PLOT_ERROR_SIZE];
	int ret = ctl_notes_read(edf, take_note, p, &p->clock_s);

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
