// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl detect: the core on a session file, without daemon, bus or root. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/core.h"
#include "ctl/ctl.h"
#include "ctl/ctl_summary.h"
#include "edf/edf.h"
#include "event_json.h"
#include "list.h"
#include "plot/plot.h"
#include "source/source.h"

/*
 * Frames per push.  Few enough that their revisions fit the core's queue and
 * that they stay in the first-level cache, enough that the calls cost nothing.
 */
#define CHUNK	256

/*
 * How lines are written; @trace: NULL without --explain.  @latest: in place of every
 * revision, at the end the highest one of each event; they are kept in @events.
 * @summary: these counted in place of lines.
 */
struct writer {
	int (*event)(FILE *f, const struct bp_event *ev, int64_t origin_ns);
	int (*trace)(FILE *f, const struct bp_trace *tr, int64_t origin_ns);
	FILE *out;
	int error;			/* of a trace line, negative errno */
	bool latest, summary, json;
	struct bp_event *events;
	size_t n_events;
	struct plot *plot;		/* or NULL */
	const char *plot_path;		/* or NULL */
	uint32_t plot_event;		/* number, 0 = the whole session */
};

static void write_trace(void *arg, const struct bp_trace *tr)
{
	struct writer *w = arg;

	if (w->plot)
		plot_trace(w->plot, tr);
	if (w->trace && !w->error)
		w->error = w->trace(w->out, tr, 0);
}

static int keep_event(struct writer *w, const struct bp_event *ev)
{
	struct bp_event *events;

	/* Numbers come in order; most revisions are of one of the last. */
	for (size_t i = w->n_events; i-- > 0 && w->events[i].number >= ev->number;) {
		if (w->events[i].number == ev->number) {
			w->events[i] = *ev;
			return 0;
		}
	}
	events = list_grow(w->events, w->n_events, sizeof(*events));
	if (!events)
		return -ENOMEM;
	w->events = events;
	w->events[w->n_events++] = *ev;
	return 0;
}

static int by_onset(const void *pa, const void *pb)
{
	const struct bp_event *a = pa, *b = pb;

	if (a->onset_ns != b->onset_ns)
		return a->onset_ns < b->onset_ns ? -1 : 1;
	return a->number < b->number ? -1 : a->number > b->number;
}

static int write_kept(struct writer *w)
{
	int ret = 0;

	if (w->n_events)
		qsort(w->events, w->n_events, sizeof(*w->events), by_onset);
	for (size_t i = 0; i < w->n_events && !ret && !w->summary; i++)
		ret = w->event(w->out, &w->events[i], 0);
	return ret;
}

static int write_events(struct bp_core *core, struct writer *w)
{
	struct bp_event ev;

	while (bp_core_next_event(core, &ev)) {
		if (w->plot)
			plot_event(w->plot, &ev);
		/* Sources of this kind start at 0. */
		int ret = w->latest ? keep_event(w, &ev) : w->event(w->out, &ev, 0);

		if (ret)
			return ret;
	}
	return w->error;
}

/* What a channel was other than well, which explains what was not found. */
static void warn_channel(const char *path, const char *channel, const struct bp_channel_status *st)
{
	static const char *const what[BP_CHANNEL_STATES] = {
		[BP_CHANNEL_DEAD] = "did not change",
		[BP_CHANNEL_SATURATED] = "was at full scale",
		[BP_CHANNEL_OFF_RATE] = "was not at its rate",
		[BP_CHANNEL_MISSING] = "was missing",
	};

	for (int i = 0; i < BP_CHANNEL_STATES; i++)
		if (what[i] && st->seconds[i] >= 0.1f)
			ctl_complain("%s: warning: the %s %s for %.1f s", path, channel, what[i],
				     (double)st->seconds[i]);
}

/* Run the whole file; lines go to @w.  Complains itself; returns 0 or -1. */
static int run_core(struct source *source, const char *path, struct writer *w)
{
	static _Alignas(BP_CORE_ALIGN) unsigned char memory[BP_CORE_STATE_SIZE];
	static struct bp_frame frames[CHUNK];
	const char *why = bp_config_error(&source->info.config);
	struct bp_status status;
	struct bp_core *core;
	ssize_t n;
	int ret = 0;

	core = why ? NULL : bp_core_init(memory, sizeof(memory), &source->info.config);
	if (!core) {
		ctl_complain("%s: %s", path, why ? why : "the detector refuses it");
		return -1;
	}
	if (w->plot_path) {
		w->plot = plot_new(&source->info.config, w->plot_event);
		if (!w->plot) {
			ctl_complain("out of memory");
			return -1;
		}
	}
	if (w->trace || w->plot)
		bp_core_trace(core, write_trace, w);
	while (!ret && (n = source->ops->read(source, frames, CHUNK)) > 0) {
		bp_core_push(core, frames, (size_t)n);
		if (w->plot) {
			bp_core_status(core, &status);
			plot_frames(w->plot, frames, (size_t)n, &status);
		}
		ret = write_events(core, w);
	}
	if (!ret && n != -ENODATA) {
		ctl_complain("%s", source->error);
		return -1;
	}
	if (!ret) {
		bp_core_flush(core);
		ret = write_events(core, w);
	}
	if (!ret)
		ret = write_kept(w);
	if (ret) {
		ctl_complain("%s: cannot keep its events: %s", path, strerror(-ret));
		return -1;
	}
	bp_core_status(core, &status);
	warn_channel(path, "accelerometer", &status.motion);
	warn_channel(path, "film", &status.film);
	if (status.suppressed)
		ctl_complain("%s: warning: %llu event revisions did not fit and were dropped", path,
			     (unsigned long long)status.suppressed);
	return 0;
}

static void take_note(void *userdata, int64_t time_ns, const char *text)
{
	/* A press is pain in the journal, too; of a long one its beginning has told already. */
	if (!strncmp(text, "pain", 4) || !strcmp(text, EDF_TEXT_MARKER))
		ctl_summary_pain(userdata, time_ns);
}

/* What was kept, counted; complains itself. */
static int summarise(const char *path, struct writer *w)
{
	struct ctl_summary *s = ctl_summary_new();
	int ret = s ? 0 : -ENOMEM;

	for (size_t i = 0; i < w->n_events && !ret; i++)
		ret = ctl_summary_event(s, "", 0, &w->events[i], w->events[i].onset_ns);
	if (ret)
		ctl_complain("%s: %s", path, strerror(-ret));
	else
		ret = ctl_notes_read(path, take_note, s, NULL);
	if (!ret)
		ctl_summary_print(s, w->json);
	ctl_summary_free(s);
	return ret;
}

/*
 * Lines are kept until the file has been read to its end: a file that turns out
 * to be broken half-way must leave nothing on stdout.
 */
static int detect(const char *path, struct writer *w)
{
	char err[SOURCE_ERROR_SIZE];
	struct source *source;
	char *lines = NULL;
	size_t size = 0;
	int ret;

	source = source_open_edf(path, err);
	if (!source) {
		ctl_complain("%s", err);
		return CTL_FAILURE;
	}
	if (err[0])
		ctl_complain("warning: %s", err);

	w->out = open_memstream(&lines, &size);
	if (!w->out) {
		ctl_complain("out of memory");
		source->ops->close(source);
		return CTL_FAILURE;
	}
	if (w->event == ctl_csv_line)
		fputs(CTL_CSV_LINE "\n", w->out);
	ret = run_core(source, path, w);
	source->ops->close(source);
	if (fclose(w->out) && !ret) {
		ctl_complain("%s: cannot keep its events: %s", path, strerror(errno));
		ret = -1;
	}
	errno = 0;
	if (ret)
		ret = CTL_FAILURE;
	else if (w->summary && summarise(path, w))
		ret = CTL_FAILURE;
	else if (w->plot && ctl_plot_write(w->plot, path, w->plot_path, w->plot_event))
		ret = CTL_FAILURE;
	else if (fwrite(lines, 1, size, stdout) != size)
		ret = ctl_output_failed(errno);
	else
		ret = ctl_finish_output();
	free(lines);
	free(w->events);
	plot_free(w->plot);
	return ret;
}

static bool take_event(const char *argument, void *value)
{
	uint64_t number;

	if (!ctl_parse_number(argument, &number) || number > UINT32_MAX)
		return false;
	*(uint32_t *)value = (uint32_t)number;
	return true;
}

static bool take_picture(const char *argument, void *value)
{
	*(const char **)value = argument;
	return plot_path_is_good(argument);
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	bool csv = false, explain = false;
	struct writer w = { 0 };
	const struct ctl_option options[] = {
		{ .name = "json", .value = &w.json, .help = "one JSON object a line" },
		{ .name = "csv", .value = &csv,
		  .help = "comma-separated values, with a line of names" },
		{ .name = "latest", .value = &w.latest,
		  .help = "each event once, as it is judged in the end, by onset" },
		{ .name = "summary", .value = &w.summary,
		  .help = "how often and how far apart each source sounded, in which\n"
			  "breath and movement, beside which pain" },
		{ .name = "explain", .value = &explain,
		  .help = "also say, for every candidate at every look, which rule kept,\n"
			  "held or refused it, the rule's measure and limit, and what it\n"
			  "looked like" },
		{ .name = "plot", .argument = "PICTURE", .value = &w.plot_path,
		  .take = take_picture, .wanted = "the name of a .svg or .png",
		  .help = "also draw the session, as .svg or .png: channels, breathing,\n"
			  "movement, events by class, what was withdrawn or refused" },
		{ .name = "event", .argument = "N", .value = &w.plot_event, .take = take_event,
		  .wanted = "a number from 1 on",
		  .help = "with --plot: draw event N alone: raw and in the vibration\n"
			  "band, with its onset, the noise floor and what decided" },
		{ 0 }
	};
	int ret = ctl_parse(cmd, options, argc, argv);

	if (ret != CTL_GO_ON)
		return ret;
	if (w.plot_event && !w.plot_path)
		return ctl_usage_error(cmd, "--event goes with --plot");
	if (argc - optind != 1)
		return ctl_usage_error(cmd, "expected one file, got %d", argc - optind);
	if (w.json && csv)
		return ctl_usage_error(cmd, "--json and --csv exclude each other");
	if (explain && (csv || w.latest))
		return ctl_usage_error(cmd, "--explain goes with neither --csv nor --latest");
	if (w.summary && (csv || explain))
		return ctl_usage_error(cmd, "--summary goes with neither --csv nor --explain");
	w.latest |= w.summary;
	w.event = w.json ? event_json_line : csv ? ctl_csv_line : event_text_line;
	if (explain)
		w.trace = w.json ? event_json_trace_line : event_text_trace_line;
	return detect(argv[optind], &w);
}

const struct ctl_command ctl_detect = {
	.name = "detect",
	.arguments = "[OPTION]... FILE.edf",
	.operands = CTL_OPERANDS,
	.summary = "find the events of a session file",
	.help =
	"Run the detector on an EDF+ session file, as fast as it can; neither the daemon\n"
	"nor root is needed.  One line per event revision, in the order in which a live\n"
	"run would say them; the highest revision of an event counts.\n",
	.run = run,
};
