// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl: the Event signal of org.backpop1.Sensor back into a struct bp_event. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/core.h"
#include "ctl/ctl.h"
#include "event_names.h"
#include "journal/record.h"

/* Seconds of the stream, until the origin is known. */
struct event_times {
	double onset_s, end_s, emitted_s;
};

static int read_string(sd_bus_message *msg, const char *key, struct record_event *rec)
{
	struct bp_event *ev = &rec->ev;
	const char *s;
	int ret = sd_bus_message_read(msg, "v", "s", &s);

	if (ret < 0)
		return ret;
	if (!strcmp(key, "reason"))
		ev->reason = event_reason_of(s);
	else if (!strcmp(key, "breath_phase"))
		ev->breath_phase = event_phase_of(s);
	else if (!strcmp(key, "movement"))
		ev->movement = event_movement_of(s);
	else if (!strcmp(key, "boot_id"))
		snprintf(rec->boot_id, sizeof(rec->boot_id), "%s", s);
	return 0;
}

static int read_double(sd_bus_message *msg, const char *key, struct bp_event *ev,
		       struct event_times *times)
{
	double d;
	int ret = sd_bus_message_read(msg, "v", "d", &d);

	if (ret < 0)
		return ret;
	if (!strcmp(key, "onset_s"))
		times->onset_s = d;
	else if (!strcmp(key, "end_s"))
		times->end_s = d;
	else if (!strcmp(key, "emitted_s"))
		times->emitted_s = d;
	else if (!strcmp(key, "peak_mg"))
		ev->peak_mg = (float)d;
	else if (!strcmp(key, "peak_mv"))
		ev->peak_mv = (float)d;
	else if (!strcmp(key, "breath_depth"))
		ev->breath_depth = (float)d;
	else if (!strcmp(key, "breath_rate_bpm"))
		ev->breath_rate_bpm = (float)d;
	else if (!strcmp(key, "silent_s"))
		ev->silent_s = (float)d;
	else if (!strcmp(key, "since_s"))
		ev->since_s = (float)d;
	return 0;
}

static int read_journal_number(sd_bus_message *msg, const char *key, char type,
			       struct record_event *rec)
{
	const char types[] = { type, '\0' };
	uint64_t t;
	int ret = sd_bus_message_read(msg, "v", types, &t);

	if (ret < 0)
		return ret;
	if (!strcmp(key, "sequence"))
		rec->sequence = t;
	else if (!strcmp(key, "session"))
		rec->session = t;
	else if (!strcmp(key, "run"))
		rec->run = t;
	else if (!strcmp(key, "wall_ns"))
		rec->wall_ns = (int64_t)t;
	else if (!strcmp(key, "known_ns"))
		rec->known_ns = (int64_t)t;
	else if (!strcmp(key, "written_ns"))
		rec->written_ns = (int64_t)t;
	return 0;
}

static int read_unsigned(sd_bus_message *msg, const char *key, struct bp_event *ev)
{
	uint32_t u;
	int ret = sd_bus_message_read(msg, "v", "u", &u);

	if (ret < 0)
		return ret;
	if (!strcmp(key, "site"))
		ev->site = u;
	else if (!strcmp(key, "manoeuvre"))
		ev->manoeuvre = u;
	return 0;
}

/* Read a{sv}; keys that are not known here are passed over. */
static int read_details(sd_bus_message *msg, struct record_event *rec, struct event_times *times)
{
	struct bp_event *ev = &rec->ev;
	const char *key, *type;
	int ret;

	ret = sd_bus_message_enter_container(msg, 'a', "{sv}");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(msg, 'e', "sv")) > 0) {
		ret = sd_bus_message_read_basic(msg, 's', &key);
		if (ret >= 0)
			ret = sd_bus_message_peek_type(msg, NULL, &type);
		if (ret < 0)
			break;
		if (!strcmp(type, "s"))
			ret = read_string(msg, key, rec);
		else if (!strcmp(type, "d"))
			ret = read_double(msg, key, ev, times);
		else if (!strcmp(type, "u"))
			ret = read_unsigned(msg, key, ev);
		else if (!strcmp(type, "t") || !strcmp(type, "x"))
			ret = read_journal_number(msg, key, *type, rec);
		else
			ret = sd_bus_message_skip(msg, "v");
		if (ret >= 0)
			ret = sd_bus_message_exit_container(msg);
	}
	return ret < 0 ? ret : sd_bus_message_exit_container(msg);
}

static int64_t to_ns(double s)
{
	return fabs(s) < 9e9 ? llround(s * 1e9) : 0;
}

int ctl_event_read_record(sd_bus_message *msg, struct record_event *rec)
{
	struct event_times times = { NAN, NAN, NAN };
	struct bp_event *ev = &rec->ev;
	uint64_t onset_ns;
	const char *class;
	double confidence;
	int ret;

	*rec = (struct record_event){ .ev = { .peak_mg = NAN, .peak_mv = NAN, .breath_depth = NAN,
					      .breath_rate_bpm = NAN, .silent_s = NAN,
					      .since_s = NAN } };
	ret = sd_bus_message_read(msg, "tutsd", &rec->number, &ev->revision, &onset_ns, &class,
				  &confidence);
	if (ret >= 0)
		ret = read_details(msg, rec, &times);
	if (ret < 0)
		return ret;
	if (isnan(times.onset_s))
		return -EBADMSG;

	ev->number = (uint32_t)rec->number;
	ev->onset_ns = (int64_t)onset_ns;
	ev->class_ = event_class_of(class);
	ev->confidence = (float)confidence;
	rec->stream_start_ns = ev->onset_ns - to_ns(times.onset_s);
	ev->end_ns = isnan(times.end_s) ? ev->onset_ns : rec->stream_start_ns + to_ns(times.end_s);
	ev->emitted_ns = isnan(times.emitted_s) ? ev->onset_ns :
			 rec->stream_start_ns + to_ns(times.emitted_s);
	return 0;
}

int ctl_event_read(sd_bus_message *msg, struct bp_event *ev, int64_t *origin_ns)
{
	struct record_event rec;
	int ret = ctl_event_read_record(msg, &rec);

	if (ret >= 0) {
		*ev = rec.ev;
		*origin_ns = rec.stream_start_ns;
	}
	return ret;
}
