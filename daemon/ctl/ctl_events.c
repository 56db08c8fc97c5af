// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl events: what the journal has kept, from the daemon or from its file. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/ctl_journal.h"
#include "ctl/ctl_order.h"
#include "ctl/ctl_summary.h"
#include "event_json.h"
#include "event_names.h"
#include "journal/db.h"
#include "list.h"

enum format { TEXT, JSON, CSV };

/* Of a run of the daemon, whose CLOCK_MONOTONIC goes on where the wall clock is set. */
struct moment {
	uint64_t run;
	int64_t time_ns, wall_ns;
};

/**
 * struct events - what is shown, and what has been
 * @summary:	NULL = lines
 * @runs:	the first event of each run, for the summary
 */
struct events {
	struct db_filter filter;
	enum format format;
	bool summarise, begun;
	struct ctl_order *order;
	struct ctl_summary *summary;
	struct moment *runs;
	size_t n_runs;
	struct moment *pains;
	size_t n_pains;
};

static int take_annotation(void *userdata, const struct record_annotation *rec)
{
	struct events *e = userdata;
	const struct db_filter *f = &e->filter;
	void *list;

	if (strcmp(rec->kind, "pain") || (f->session && f->session != rec->session) ||
	    rec->wall_ns < f->since_ns || rec->wall_ns >= f->until_ns ||
	    (f->sensor && rec->sensor[0] && strcmp(f->sensor, rec->sensor)))
		return 0;
	list = list_grow(e->pains, e->n_pains, sizeof(*e->pains));
	if (!list)
		return -ENOMEM;
	e->pains = list;
	e->pains[e->n_pains++] = (struct moment){ rec->run, rec->time_ns, rec->wall_ns };
	return 0;
}

/* ---- where from ----------------------------------------------------------- */

/* What was never there is not the same as what was silent. */
static int no_session(const struct events *e)
{
	ctl_complain("there is no session %" PRIu64 "; `backpopctl session list` shows all",
		     e->filter.session);
	return -ENOENT;
}

static int from_daemon(struct events *e, bool user)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = ctl_bus_open(user);
	const struct db_filter all = DB_FILTER_ALL;
	int ret = 0;

	if (!bus)
		return -ENOTCONN;
	if (e->filter.session) {
		ret = ctl_journal_has_session(bus, e->filter.session, &error);
		if (!ret) {
			sd_bus_flush_close_unref(bus);
			return no_session(e);
		}
	}
	if (ret >= 0)
		ret = ctl_journal_events(bus, &e->filter, ctl_order_event, e->order, &error);
	if (ret >= 0 && e->summarise)
		ret = ctl_journal_annotations(bus, &all, take_annotation, e, &error);
	if (ret < 0)
		ctl_bus_complain(&error, ret);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return ret;
}

static int take_number(void *userdata, const struct record_session *rec)
{
	*(uint64_t *)userdata = rec->number;
	return 0;
}

static int from_file(struct events *e, const char *path)
{
	const struct db_filter all = DB_FILTER_ALL;
	struct db_filter session = DB_FILTER_ALL;
	char err[DB_ERROR_SIZE];
	uint64_t first = 0;
	struct db *db;
	int ret;

	ret = db_open(&db, path, true, err);
	if (ret < 0) {
		ctl_complain("%s: %s", path, err);
		return ret;
	}
	session.from = e->filter.session;
	session.limit = 1;
	ret = e->filter.session ? db_sessions(db, &session, take_number, &first) : 0;
	if (ret >= 0 && first != e->filter.session) {
		db_close(db);
		return no_session(e);
	}
	if (ret >= 0)
		ret = db_events(db, &e->filter, ctl_order_event, e->order);
	if (ret >= 0 && e->summarise)
		ret = db_annotations(db, &all, take_annotation, e);
	if (ret < 0)
		ctl_complain("%s: %s", path, ret == -ENOMEM ? "out of memory" : db_message(db));
	db_close(db);
	return ret;
}

/* ---- lines ---------------------------------------------------------------- */

static void csv_line(const struct record_event *rec, const char *time)
{
	const struct bp_event *ev = &rec->ev;

	/* No value here can hold a comma or a quote. */
	printf("%s,%s,%" PRIu64 ",%u,", time, rec->sensor, rec->number, ev->revision);
	ctl_csv_event(stdout, ev);
	putchar(',');
	if (rec->session)
		printf("%" PRIu64, rec->session);
	printf(",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRIu64 "\n", rec->wall_ns, ev->onset_ns,
	       ev->end_ns, rec->sequence);
}

static void print_line(const struct record_event *rec, enum format format)
{
	char time[CTL_TIME_SIZE];

	ctl_time_print(time, rec->wall_ns, format != TEXT);
	switch (format) {
	case JSON:
		event_json_record_line(stdout, rec, time);
		return;
	case CSV:
		csv_line(rec, time);
		return;
	default:
		printf("%s  %-12s", time, rec->sensor);
		event_text_line(stdout, &rec->ev, rec->stream_start_ns);
	}
}

static void begin_lines(struct events *e)
{
	if (e->format == CSV && !e->begun)
		puts("time,sensor,event,revision," CTL_CSV_EVENT
		     ",session,wall_ns,onset_ns,end_ns,sequence");
	e->begun = true;
}

static int take_line(void *userdata, const struct record_event *rec)
{
	struct events *e = userdata;

	begin_lines(e);
	print_line(rec, e->format);
	return ferror(stdout) ? 1 : 0;
}

/* ---- summary -------------------------------------------------------------- */

static const struct moment *find_run(const struct events *e, uint64_t run)
{
	for (size_t i = e->n_runs; i > 0; i--)
		if (e->runs[i - 1].run == run)
			return &e->runs[i - 1];
	return NULL;
}

/* By the wall clock as it stood at the first event of the run. */
static int64_t common_time(const struct moment *first, int64_t time_ns)
{
	return first->wall_ns + time_ns - first->time_ns;
}

static int take_for_summary(void *userdata, const struct record_event *rec)
{
	struct events *e = userdata;
	const struct moment *first = find_run(e, rec->run);

	if (!first) {
		void *list = list_grow(e->runs, e->n_runs, sizeof(*e->runs));

		if (!list)
			return -ENOMEM;
		e->runs = list;
		e->runs[e->n_runs] = (struct moment){ rec->run, rec->ev.onset_ns, rec->wall_ns };
		first = &e->runs[e->n_runs++];
	}
	return ctl_summary_event(e->summary, rec->sensor, rec->run, &rec->ev,
				 common_time(first, rec->ev.onset_ns));
}

static void summarise(const struct events *e)
{
	for (size_t i = 0; i < e->n_pains; i++) {
		const struct moment *m = &e->pains[i], *first = find_run(e, m->run);

		ctl_summary_pain(e->summary, first ? common_time(first, m->time_ns) : m->wall_ns);
	}
	ctl_summary_print(e->summary, e->format == JSON);
}

static int show(struct events *e, const char *file, bool user)
{
	int ret = -ENOMEM;

	e->summary = e->summarise ? ctl_summary_new() : NULL;
	e->order = ctl_order_new(e->summarise ? take_for_summary : take_line, e);
	if (!e->order || (e->summarise && !e->summary)) {
		ctl_complain("out of memory");
		goto out;
	}
	ret = file ? from_file(e, file) : from_daemon(e, user);
	if (ret < 0)
		goto out;
	if (!ret)
		ret = ctl_order_end(e->order);
	if (ret < 0)
		ctl_complain("%s", strerror(-ret));
	else if (e->summarise)
		summarise(e);
	else
		begin_lines(e);
out:
	ctl_order_free(e->order);
	ctl_summary_free(e->summary);
	free(e->runs);
	free(e->pains);
	return ret < 0 ? CTL_FAILURE : ctl_finish_output();
}

/* ---- options -------------------------------------------------------------- */

static bool take_time(const char *argument, void *value)
{
	return ctl_time_parse(argument, value);
}

static bool take_class(const char *argument, void *value)
{
	*(const char **)value = argument;
	return event_class_known(argument);
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	static const char time_wanted[] = "a time such as \"2026-11-28 14:05\", today or -2h";
	struct events e = { .filter = DB_FILTER_ALL };
	bool user = false, json = false, csv = false, revisions = false;
	const char *file = NULL, *sensor = NULL;
	const struct ctl_option options[] = {
		{ .name = "since", .argument = "TIME", .value = &e.filter.since_ns,
		  .take = take_time, .wanted = time_wanted,
		  .help = "from then on: \"2026-11-28 14:05[:30]\" (local), with Z\n"
			  "or +01:00 behind it as this command prints it,\n"
			  "14:05, today, yesterday, -2h (ago: s, m, h, d),\n"
			  "@SECONDS since 1970" },
		{ .name = "until", .argument = "TIME", .value = &e.filter.until_ns,
		  .take = take_time, .wanted = time_wanted, .help = "before then" },
		{ .name = "class", .argument = "CLASS", .value = &e.filter.class_,
		  .take = take_class, .wanted = "a class: cavitation, snap, crepitus, lung_crackle, "
				              "unclassified or artefact",
		  .help = "cavitation, snap, crepitus, lung_crackle, unclassified,\nartefact" },
		{ .name = "session", .argument = "N", .value = &e.filter.session,
		  .take = ctl_take_number, .wanted = "a session's number",
		  .help = "of that session; see backpopctl session list" },
		CTL_OPTION_SENSOR(&sensor, "of that sensor (iio:device0)"),
		{ .name = "revisions", .value = &revisions,
		  .help = "every revision that was told, not only the last" },
		{ .name = "summary", .value = &e.summarise,
		  .help = "how often and how far apart each source sounded, in which\n"
			  "breath and movement, beside which pain" },
		{ .name = "json", .value = &json, .help = "one JSON object a line" },
		{ .name = "csv", .value = &csv,
		  .help = "comma-separated values, with a line of names" },
		{ .name = "file", .argument = "FILE", .value = &file,
		  .help = "from a journal's file, without the daemon; it is only read" },
		CTL_OPTION_USER_ONLY(&user),
		{ 0 }
	};
	int ret = ctl_parse(cmd, options, argc, argv);

	if (ret != CTL_GO_ON)
		return ret;
	if (json && csv)
		return ctl_usage_error(cmd, "--json and --csv exclude each other");
	if (e.summarise && (csv || revisions))
		return ctl_usage_error(cmd, "--summary goes with neither --csv nor --revisions");
	e.filter.latest = !revisions;
	e.filter.sensor = sensor ? ctl_sensor_name(sensor) : NULL;
	e.format = json ? JSON : csv ? CSV : TEXT;
	return show(&e, file, user);
}

const struct ctl_command ctl_events = {
	.name = "events",
	.arguments = "[OPTION]...",
	.summary = "show events of the past, from the journal",
	.help =
	"Show what backpopd has kept, oldest first: each event as it is judged now.\n",
	.run = run,
};
