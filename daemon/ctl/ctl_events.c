// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl events: what the journal has kept, from the daemon or from its file. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "event_json.h"
#include "event_names.h"
#include "journal/db.h"

enum format { TEXT, JSON, CSV };

struct events {
	struct db_filter filter;
	enum format format;
	struct record_event *list;
	size_t n, room;
};

static int take(void *userdata, const struct record_event *rec)
{
	struct events *e = userdata;

	if (e->n == e->room) {
		size_t room = e->room ? e->room * 2 : 256;
		void *list = realloc(e->list, room * sizeof(*rec));

		if (!list)
			return -ENOMEM;
		e->list = list;
		e->room = room;
	}
	e->list[e->n++] = *rec;
	return 0;
}

/* ---- where from ----------------------------------------------------------- */

static int ask_page(sd_bus *bus, const struct db_filter *f, uint64_t from, sd_bus_error *error,
		    sd_bus_message **reply)
{
	sd_bus_message *m = NULL;
	int ret;

	ret = sd_bus_message_new_method_call(bus, &m, CTL_BUS_NAME, CTL_ROOT_PATH,
					     CTL_JOURNAL_INTERFACE, "GetEvents");
	if (ret >= 0)
		ret = sd_bus_message_set_auto_start(m, 0);
	if (ret >= 0)
		ret = sd_bus_message_append(m, "t", from);
	if (ret >= 0)
		ret = sd_bus_message_open_container(m, 'a', "{sv}");
	if (ret >= 0)
		ret = sd_bus_message_append(m, "{sv}{sv}{sv}", "since", "x", f->since_ns, "until",
					    "x", f->until_ns, "latest", "b", f->latest);
	if (ret >= 0 && f->sensor)
		ret = sd_bus_message_append(m, "{sv}", "sensor", "s", f->sensor);
	if (ret >= 0 && f->class_)
		ret = sd_bus_message_append(m, "{sv}", "class", "s", f->class_);
	if (ret >= 0 && f->session)
		ret = sd_bus_message_append(m, "{sv}", "session", "t", f->session);
	if (ret >= 0)
		ret = sd_bus_message_close_container(m);
	if (ret >= 0)
		ret = sd_bus_call(bus, m, 0, error, reply);
	sd_bus_message_unref(m);
	return ret;
}

/* Return: rows taken, or a negative errno. */
static int take_page(sd_bus_message *reply, struct events *e, uint64_t *next)
{
	struct record_event rec;
	const char *sensor;
	int ret, rows = 0;

	ret = sd_bus_message_enter_container(reply, 'a', "(stutsda{sv})");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(reply, 'r', "stutsda{sv}")) > 0) {
		ret = sd_bus_message_read_basic(reply, 's', &sensor);
		if (ret >= 0)
			ret = ctl_event_read_record(reply, &rec);
		if (ret < 0)
			return ret;
		snprintf(rec.sensor, sizeof(rec.sensor), "%s", sensor);
		ret = take(e, &rec);
		if (ret >= 0)
			ret = sd_bus_message_exit_container(reply);
		rows++;
	}
	if (ret >= 0)
		ret = sd_bus_message_exit_container(reply);
	if (ret >= 0)
		ret = sd_bus_message_read_basic(reply, 't', next);
	return ret < 0 ? ret : rows;
}

static int from_daemon(struct events *e, bool user)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = ctl_bus_open(user);
	uint64_t from = 0;
	int ret;

	if (!bus)
		return -ENOTCONN;
	do {
		sd_bus_message *reply = NULL;

		ret = ask_page(bus, &e->filter, from, &error, &reply);
		if (ret >= 0)
			ret = take_page(reply, e, &from);
		sd_bus_message_unref(reply);
	} while (ret > 0);
	if (ret < 0)
		ctl_bus_complain(&error, ret);
	sd_bus_error_free(&error);
	sd_bus_flush_close_unref(bus);
	return ret;
}

static int from_file(struct events *e, const char *path)
{
	char err[DB_ERROR_SIZE];
	struct db *db;
	int ret;

	ret = db_open(&db, path, true, err);
	if (ret < 0) {
		ctl_complain("%s: %s", path, err);
		return ret;
	}
	ret = db_events(db, &e->filter, take, e);
	if (ret < 0)
		ctl_complain("%s: %s", path, ret == -ENOMEM ? "out of memory" : db_message(db));
	db_close(db);
	return ret;
}

/* ---- lines ---------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct record_event *x = a, *y = b;

	if (x->wall_ns != y->wall_ns)
		return x->wall_ns < y->wall_ns ? -1 : 1;
	return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

/* A number for CSV: always with a point, empty if unknown. */
static void csv_number(double value, int digits)
{
	char text[64];

	putchar(',');
	if (!isfinite(value))
		return;
	snprintf(text, sizeof(text), "%.*f", digits, value);
	for (char *p = text; *p; p++)
		if (*p == ',')
			*p = '.';
	fputs(text, stdout);
}

static void csv_line(const struct record_event *rec, const char *time)
{
	const struct bp_event *ev = &rec->ev;

	/* No value here can hold a comma or a quote. */
	printf("%s,%s,%" PRIu64 ",%u,%s", time, rec->sensor, rec->number, ev->revision,
	       bp_class_name(ev->class_));
	csv_number((double)ev->confidence, 3);
	printf(",%s", ev->reason == BP_REASON_NONE ? "" : bp_reason_name(ev->reason));
	printf(ev->site ? ",%u" : ",", ev->site);
	printf(ev->manoeuvre ? ",%u" : ",", ev->manoeuvre);
	csv_number((double)ev->peak_mg, 3);
	csv_number((double)ev->peak_mv, 5);
	printf(",%s", bp_breath_phase_name(ev->breath_phase));
	csv_number((double)ev->breath_depth, 3);
	csv_number((double)ev->breath_rate_bpm, 3);
	printf(",%s", bp_movement_name(ev->movement));
	csv_number((double)ev->silent_s, 3);
	csv_number((double)ev->since_s, 3);
	putchar(',');
	if (rec->session)
		printf("%" PRIu64, rec->session);
	printf(",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRIu64 "\n", rec->wall_ns, ev->onset_ns,
	       ev->end_ns, rec->sequence);
}

static void print_line(const struct record_event *rec, enum format format)
{
	char time[CTL_TIME_SIZE];
	struct bp_event ev = rec->ev;

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
		event_text_line(stdout, &ev, rec->stream_start_ns);
	}
}

static int show(struct events *e, const char *file, bool user)
{
	int ret = file ? from_file(e, file) : from_daemon(e, user);

	if (ret >= 0) {
		if (e->n)
			qsort(e->list, e->n, sizeof(*e->list), by_time);
		if (e->format == CSV)
			puts("time,sensor,event,revision,class,confidence,reason,site,manoeuvre,"
			     "peak_mg,peak_mv,breath_phase,breath_depth,breath_rate_bpm,movement,"
			     "silent_s,since_s,session,wall_ns,onset_ns,end_ns,sequence");
		for (size_t i = 0; i < e->n; i++)
			print_line(&e->list[i], e->format);
	}
	free(e->list);
	return ret < 0 ? CTL_FAILURE : ctl_finish_output();
}

/* ---- options -------------------------------------------------------------- */

/* "iio:device0" or its object path -> "iio_device0" */
static const char *sensor_name(const char *arg)
{
	static char name[RECORD_SENSOR_SIZE];

	snprintf(name, sizeof(name), "%s", ctl_sensor_name(arg));
	for (char *p = name; *p; p++)
		if (*p == ':')
			*p = '_';
	return name;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	enum { SINCE = 256, UNTIL, CLASS, SESSION, SENSOR, REVISIONS, FORMAT_JSON, FORMAT_CSV, FROM_FILE,
	       USER };
	static const struct option options[] = {
		{ "since", required_argument, NULL, SINCE },
		{ "until", required_argument, NULL, UNTIL },
		{ "class", required_argument, NULL, CLASS },
		{ "session", required_argument, NULL, SESSION },
		{ "sensor", required_argument, NULL, SENSOR },
		{ "revisions", no_argument, NULL, REVISIONS },
		{ "json", no_argument, NULL, FORMAT_JSON },
		{ "csv", no_argument, NULL, FORMAT_CSV },
		{ "file", required_argument, NULL, FROM_FILE },
		{ "user", no_argument, NULL, USER },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	struct events e = { .filter = DB_FILTER_ALL };
	const char *file = NULL;
	bool user = false;
	int c;

	e.filter.latest = true;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case SINCE:
		case UNTIL:
			if (!ctl_time_parse(optarg, c == SINCE ? &e.filter.since_ns : &e.filter.until_ns))
				return ctl_usage_error(cmd, "\"%s\" is not a time such as "
						       "\"2026-11-28 14:05\", today or -2h", optarg);
			break;
		case CLASS:
			if (!event_class_known(optarg))
				return ctl_usage_error(cmd, "--class: \"%s\" is not a class of events",
						       optarg);
			e.filter.class_ = optarg;
			break;
		case SESSION:
			if (!ctl_parse_number(optarg, &e.filter.session))
				return ctl_usage_error(cmd, "--session: \"%s\" is not a session's number",
						       optarg);
			break;
		case SENSOR:
			e.filter.sensor = sensor_name(optarg);
			break;
		case REVISIONS:
			e.filter.latest = false;
			break;
		case FORMAT_JSON:
			e.format = JSON;
			break;
		case FORMAT_CSV:
			e.format = CSV;
			break;
		case FROM_FILE:
			file = optarg;
			break;
		case USER:
			user = true;
			break;
		case 'h':
			return ctl_show_help(cmd);
		default:
			return ctl_try_help(cmd);
		}
	}
	if (optind < argc)
		return ctl_usage_error(cmd, "unexpected \"%s\"", argv[optind]);
	return show(&e, file, user);
}

const struct ctl_command ctl_events = {
	.name = "events",
	.arguments = "[--since TIME] [--until TIME] [--class CLASS] [--session N] [--sensor NAME]\n"
		     "       [--revisions] [--json|--csv] [--file FILE] [--user]",
	.summary = "show events of the past, from the journal",
	.help =
	"Show what backpopd has kept, oldest first: each event as it is judged now.\n"
	"\n"
	"  --since TIME   from then on: \"2026-11-28 14:05\" (local; with Z: UTC), 14:05,\n"
	"                 today, yesterday, -2h (ago: s, m, h, d), @SECONDS since 1970\n"
	"  --until TIME   before then\n"
	"  --class CLASS  cavitation, snap, crepitus, lung_crackle, unclassified, artefact\n"
	"  --session N    of that session; see backpopctl session list\n"
	"  --sensor NAME  of that sensor (iio:device0)\n"
	"  --revisions    every revision that was told, not only the last\n"
	"  --json         one JSON object a line\n"
	"  --csv          comma-separated values, with a line of names\n"
	"  --file FILE    from a journal's file, without the daemon; it is only read\n"
	"  --user         ask on the session bus instead of the system bus\n"
	"  --help         show this\n",
	.run = run,
};
