// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/ctl_journal.h"

/*
 * A page of rows of type @row: @take reads each and hands it on; what it returns other
 * than 0 ends it.  @rows: taken; @next: where the next page begins.
 */
static int take_page(sd_bus_message *reply, const char *row,
		     int (*take)(sd_bus_message *reply, const void *userdata),
		     const void *userdata, int *rows, uint64_t *next)
{
	char rows_type[32];
	int ret;

	*rows = 0;
	snprintf(rows_type, sizeof(rows_type), "(%s)", row);
	ret = sd_bus_message_enter_container(reply, 'a', rows_type);
	while (ret >= 0 && (ret = sd_bus_message_enter_container(reply, 'r', row)) > 0) {
		ret = take(reply, userdata);
		if (ret)
			return ret;
		ret = sd_bus_message_exit_container(reply);
		++*rows;
	}
	if (ret >= 0)
		ret = sd_bus_message_exit_container(reply);
	if (ret >= 0)
		ret = sd_bus_message_read_basic(reply, 't', next);
	return ret < 0 ? ret : 0;
}

/* ---- events --------------------------------------------------------------- */

static int ask_events(sd_bus *bus, const struct db_filter *f, uint64_t from, sd_bus_error *error,
		      sd_bus_message **reply)
{
	sd_bus_message *m = NULL;
	int ret;

	ret = ctl_bus_begin(bus, &m, CTL_ROOT_PATH, CTL_JOURNAL_INTERFACE, "GetEvents");
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

struct event_taker {
	db_take_event take;
	void *userdata;
};

static int take_event(sd_bus_message *reply, const void *userdata)
{
	const struct event_taker *taker = userdata;
	struct record_event rec;
	const char *sensor;
	int ret = sd_bus_message_read_basic(reply, 's', &sensor);

	if (ret >= 0)
		ret = ctl_event_read_record(reply, &rec);
	if (ret < 0)
		return ret;
	snprintf(rec.sensor, sizeof(rec.sensor), "%s", sensor);
	return taker->take(taker->userdata, &rec);
}

int ctl_journal_events(sd_bus *bus, const struct db_filter *f, db_take_event take, void *userdata,
		       sd_bus_error *error)
{
	const struct event_taker taker = { take, userdata };
	uint64_t from = f->from;
	int ret, rows = 0;

	do {
		sd_bus_message *reply = NULL;

		ret = ask_events(bus, f, from, error, &reply);
		if (ret >= 0)
			ret = take_page(reply, "stutsda{sv}", take_event, &taker, &rows, &from);
		sd_bus_message_unref(reply);
	} while (!ret && rows);
	return ret;
}

/* ---- annotations ---------------------------------------------------------- */

static int read_text(sd_bus_message *m, const char *key, struct record_annotation *rec)
{
	const char *s;
	int ret = sd_bus_message_read(m, "v", "s", &s);

	if (ret < 0)
		return ret;
	if (!strcmp(key, "source"))
		snprintf(rec->source, sizeof(rec->source), "%s", s);
	else if (!strcmp(key, "sensor"))
		snprintf(rec->sensor, sizeof(rec->sensor), "%s", s);
	else if (!strcmp(key, "boot_id"))
		snprintf(rec->boot_id, sizeof(rec->boot_id), "%s", s);
	return 0;
}

static int read_number(sd_bus_message *m, const char *key, const char *type,
		       struct record_annotation *rec)
{
	uint64_t t;
	int ret = sd_bus_message_read(m, "v", type, &t);

	if (ret < 0)
		return ret;
	if (!strcmp(key, "wall_ns"))
		rec->wall_ns = (int64_t)t;
	else if (!strcmp(key, "event"))
		rec->event = t;
	else if (!strcmp(key, "session"))
		rec->session = t;
	else if (!strcmp(key, "run"))
		rec->run = t;
	return 0;
}

int ctl_annotation_read(sd_bus_message *m, struct record_annotation *rec)
{
	const char *kind, *text, *key, *type;
	uint64_t time_ns;
	int ret;

	*rec = (struct record_annotation){ 0 };
	ret = sd_bus_message_read(m, "ttss", &rec->number, &time_ns, &kind, &text);
	if (ret < 0)
		return ret;
	rec->time_ns = (int64_t)time_ns;
	snprintf(rec->kind, sizeof(rec->kind), "%s", kind);
	snprintf(rec->text, sizeof(rec->text), "%s", text);
	ret = sd_bus_message_enter_container(m, 'a', "{sv}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		ret = sd_bus_message_read_basic(m, 's', &key);
		if (ret >= 0)
			ret = sd_bus_message_peek_type(m, NULL, &type);
		if (ret < 0)
			break;
		if (!strcmp(type, "s"))
			ret = read_text(m, key, rec);
		else if (!strcmp(type, "t") || !strcmp(type, "x"))
			ret = read_number(m, key, type, rec);
		else
			ret = sd_bus_message_skip(m, "v");
		if (ret >= 0)
			ret = sd_bus_message_exit_container(m);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(m);
}

struct annotation_taker {
	db_take_annotation take;
	void *userdata;
};

static int take_annotation(sd_bus_message *reply, const void *userdata)
{
	const struct annotation_taker *taker = userdata;
	struct record_annotation rec;
	int ret = ctl_annotation_read(reply, &rec);

	return ret < 0 ? ret : taker->take(taker->userdata, &rec);
}

int ctl_journal_annotations(sd_bus *bus, const struct db_filter *f, db_take_annotation take,
			    void *userdata, sd_bus_error *error)
{
	const struct annotation_taker taker = { take, userdata };
	uint64_t from = f->from;
	int ret, rows = 0;

	do {
		sd_bus_message *reply = NULL;

		ret = ctl_bus_call(bus, CTL_ROOT_PATH, CTL_JOURNAL_INTERFACE, "GetAnnotations", error,
				   &reply, "ta{sv}", from, 0);
		if (ret >= 0)
			ret = take_page(reply, "ttssa{sv}", take_annotation, &taker, &rows, &from);
		sd_bus_message_unref(reply);
	} while (!ret && rows);
	return ret;
}

/* ---- sessions ------------------------------------------------------------- */

int ctl_journal_has_session(sd_bus *bus, uint64_t number, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	uint64_t first = 0;
	int ret;

	ret = ctl_bus_call(bus, CTL_ROOT_PATH, CTL_SESSION_INTERFACE, "List", error, &reply, "ta{sv}",
			   number, 1, "limit", "u", 1);
	if (ret >= 0)
		ret = sd_bus_message_enter_container(reply, 'a', "(ta{sv})");
	if (ret >= 0)
		ret = sd_bus_message_enter_container(reply, 'r', "ta{sv}");
	if (ret > 0)
		ret = sd_bus_message_read_basic(reply, 't', &first);
	sd_bus_message_unref(reply);
	return ret < 0 ? ret : first == number;
}
