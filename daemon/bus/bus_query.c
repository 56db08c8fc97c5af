// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus_error.h"
#include "bus/bus_event.h"
#include "bus/bus_options.h"
#include "bus/bus_query.h"
#include "event_names.h"
#include "list.h"
#include "log.h"

/**
 * struct query - one call on its way through the journal's thread
 * @row_size:	of what @rows holds @n of
 * @f:		its strings live in @call
 */
struct query {
	struct journal_job job;
	struct journal *j;
	sd_bus_message *call;
	struct db_filter f;
	bool of_sensor;
	void *rows;
	size_t n, row_size;
	int (*reply)(struct query *q, sd_bus_message *m);
};

static void free_query(struct query *q)
{
	sd_bus_message_unref(q->call);
	free(q->rows);
	free(q);
}

static struct query *of(struct journal_job *job)
{
	return (struct query *)job;
}

/* On the journal's thread; rows come one by one, for most pages are not full. */
static int take_row(void *userdata, const void *row)
{
	struct query *q = userdata;

	void *rows = list_grow(q->rows, q->n, q->row_size);

	if (!rows)
		return -ENOMEM;
	q->rows = rows;
	memcpy((char *)q->rows + q->n++ * q->row_size, row, q->row_size);
	return 0;
}

static int take_event(void *userdata, const struct record_event *rec)
{
	return take_row(userdata, rec);
}

static int take_annotation(void *userdata, const struct record_annotation *rec)
{
	return take_row(userdata, rec);
}

static int take_session(void *userdata, const struct record_session *rec)
{
	return take_row(userdata, rec);
}

static int run_events(struct db *db, struct journal_job *job)
{
	of(job)->n = 0;
	return db_events(db, &of(job)->f, take_event, job);
}

static int run_annotations(struct db *db, struct journal_job *job)
{
	of(job)->n = 0;
	return db_annotations(db, &of(job)->f, take_annotation, job);
}

static int run_sessions(struct db *db, struct journal_job *job)
{
	of(job)->n = 0;
	return db_sessions(db, &of(job)->f, take_session, job);
}

/* ---- answers -------------------------------------------------------------- */

static int reply_events(struct query *q, sd_bus_message *m)
{
	const struct record_event *rec = q->rows;
	uint64_t next = q->of_sensor ? q->f.from_number : q->f.from;
	const char *row = q->of_sensor ? BUS_EVENT_TYPES : "s" BUS_EVENT_TYPES;
	char type[32];
	int r;

	snprintf(type, sizeof(type), "(%s)", row);
	r = sd_bus_message_open_container(m, 'a', type);
	for (size_t i = 0; i < q->n && r >= 0; i++, rec++) {
		next = (q->of_sensor ? rec->number : rec->sequence) + 1;
		r = sd_bus_message_open_container(m, 'r', row);
		if (r >= 0 && !q->of_sensor)
			r = sd_bus_message_append(m, "s", rec->sensor);
		if (r >= 0)
			r = bus_append_event(m, rec);
		if (r >= 0)
			r = sd_bus_message_close_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_append(m, "t", next);
}

static int reply_annotations(struct query *q, sd_bus_message *m)
{
	const struct record_annotation *rec = q->rows;
	uint64_t next = q->f.from;
	int r;

	r = sd_bus_message_open_container(m, 'a', "(" BUS_ANNOTATION_TYPES ")");
	for (size_t i = 0; i < q->n && r >= 0; i++, rec++) {
		next = rec->number + 1;
		r = sd_bus_message_open_container(m, 'r', BUS_ANNOTATION_TYPES);
		if (r >= 0)
			r = bus_append_annotation(m, rec);
		if (r >= 0)
			r = sd_bus_message_close_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_append(m, "t", next);
}

static int append_session(sd_bus_message *m, const struct record_session *rec)
{
	int r;

	r = sd_bus_message_append(m, "t", rec->number);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "{sv}");
	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}{sv}{sv}", "started_ns", "t",
					  (uint64_t)rec->started_ns, "started_wall_ns", "x",
					  rec->started_wall_ns, "boot_id", "s", rec->boot_id);
	if (r >= 0 && rec->ended_by[0])
		r = sd_bus_message_append(m, "{sv}{sv}{sv}", "stopped_ns", "t",
					  (uint64_t)rec->stopped_ns, "stopped_wall_ns", "x",
					  rec->stopped_wall_ns, "ended_by", "s", rec->ended_by);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'e', "sv");
	if (r >= 0)
		r = sd_bus_message_append(m, "s", "metadata");
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'v', "a{sv}");
	if (r >= 0)
		r = bus_append_metadata(m, rec->metadata);
	for (int i = 0; i < 3 && r >= 0; i++)
		r = sd_bus_message_close_container(m);
	return r;
}

static int reply_sessions(struct query *q, sd_bus_message *m)
{
	const struct record_session *rec = q->rows;
	uint64_t next = q->f.from;
	int r;

	r = sd_bus_message_open_container(m, 'a', "(ta{sv})");
	for (size_t i = 0; i < q->n && r >= 0; i++, rec++) {
		next = rec->number + 1;
		r = sd_bus_message_open_container(m, 'r', "ta{sv}");
		if (r >= 0)
			r = append_session(m, rec);
		if (r >= 0)
			r = sd_bus_message_close_container(m);
	}
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	return r < 0 ? r : sd_bus_message_append(m, "t", next);
}

static void on_done(struct journal_job *job, int error)
{
	sd_bus_error bus_error = SD_BUS_ERROR_NULL;
	struct query *q = of(job);
	sd_bus_message *m = NULL;
	int r = 0;

	if (error) {
		bus_journal_error(&bus_error, q->j, error);
		sd_bus_reply_method_error(q->call, &bus_error);
		sd_bus_error_free(&bus_error);
	} else {
		r = sd_bus_message_new_method_return(q->call, &m);
		if (r >= 0)
			r = q->reply(q, m);
		if (r >= 0)
			r = sd_bus_send(NULL, m, NULL);
		if (r < 0)
			r = sd_bus_reply_method_errno(q->call, r, NULL);
	}
	if (r < 0)
		log_warning("a call of %s cannot be answered: %s",
			    sd_bus_message_get_sender(q->call), strerror(-r));
	sd_bus_message_unref(m);
	free_query(q);
}

/* ---- questions ------------------------------------------------------------ */

/* Check what all filters share, hand the job over.  Consumes nothing if it fails. */
static int submit(sd_bus_message *call, struct journal *j, const struct query *question,
		  sd_bus_error *error)
{
	const struct db_filter *f = &question->f;
	struct query *q;
	int r;

	if (f->from > INT64_MAX || f->from_number > INT64_MAX || f->session > INT64_MAX)
		return bus_refuse(error, "a number is beyond 2^63");
	if (!f->limit || f->limit > BUS_PAGE_MAX)
		return bus_refuse(error, "limit is %u, expected 1 to %d", f->limit, BUS_PAGE_MAX);
	if (f->sensor && !bus_sensor_name_valid(f->sensor))
		return bus_refuse(error, "\"%.64s\" is not a sensor's name", f->sensor);
	if (f->class_ && !event_class_known(f->class_))
		return bus_refuse(error, "\"%.64s\" is not a class of events", f->class_);
	q = malloc(sizeof(*q));
	if (!q)
		return -ENOMEM;
	*q = *question;
	q->j = j;
	q->call = sd_bus_message_ref(call);
	q->job.done = on_done;
	q->job.reads = true;
	r = journal_submit(j, &q->job);
	if (r < 0) {
		free_query(q);
		return bus_journal_error(error, j, r);
	}
	return 1;
}

int bus_query_events(sd_bus_message *call, struct journal *j, const char *sensor,
		     sd_bus_error *error)
{
	struct query q = {
		.job.run = run_events,
		.reply = reply_events,
		.row_size = sizeof(struct record_event),
		.of_sensor = sensor,
		.f = DB_FILTER_ALL,
	};
	int latest = 0;
	const struct bus_option options[] = {
		{ "limit", "u", &q.f.limit }, { "since", "x", &q.f.since_ns },
		{ "until", "x", &q.f.until_ns }, { "class", "s", &q.f.class_ },
		{ "session", "t", &q.f.session }, { "sensor", "s", &q.f.sensor },
		{ "latest", "b", &latest }, { NULL, NULL, NULL }
	}, sensor_options[] = {
		options[0], options[1], options[2], options[3], options[4], { NULL, NULL, NULL }
	};
	uint64_t from;
	int r;

	q.f.limit = BUS_PAGE_MAX;
	r = sd_bus_message_read(call, "t", &from);
	if (r >= 0)
		r = bus_read_options(call, sensor ? sensor_options : options, error);
	if (r < 0)
		return r;
	q.f.latest = latest || sensor;
	if (sensor) {
		q.f.sensor = sensor;
		q.f.from_number = from;
		q.f.by_number = true;
	} else {
		q.f.from = from;
	}
	return submit(call, j, &q, error);
}

int bus_query_annotations(sd_bus_message *call, struct journal *j, sd_bus_error *error)
{
	struct query q = {
		.job.run = run_annotations,
		.reply = reply_annotations,
		.row_size = sizeof(struct record_annotation),
		.f = DB_FILTER_ALL,
	};
	const struct bus_option options[] = {
		{ "limit", "u", &q.f.limit }, { "since", "x", &q.f.since_ns },
		{ "until", "x", &q.f.until_ns }, { "kind", "s", &q.f.kind },
		{ "session", "t", &q.f.session }, { "sensor", "s", &q.f.sensor },
		{ NULL, NULL, NULL }
	};
	int r;

	q.f.limit = BUS_PAGE_MAX;
	r = sd_bus_message_read(call, "t", &q.f.from);
	if (r >= 0)
		r = bus_read_options(call, options, error);
	return r < 0 ? r : submit(call, j, &q, error);
}

int bus_query_sessions(sd_bus_message *call, struct journal *j, sd_bus_error *error)
{
	struct query q = {
		.job.run = run_sessions,
		.reply = reply_sessions,
		.row_size = sizeof(struct record_session),
		.f = DB_FILTER_ALL,
	};
	const struct bus_option options[] = {
		{ "limit", "u", &q.f.limit }, { "since", "x", &q.f.since_ns },
		{ "until", "x", &q.f.until_ns }, { NULL, NULL, NULL }
	};
	int r;

	q.f.limit = 64;
	r = sd_bus_message_read(call, "t", &q.f.from);
	if (r >= 0)
		r = bus_read_options(call, options, error);
	return r < 0 ? r : submit(call, j, &q, error);
}
