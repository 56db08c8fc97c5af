// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl: the Event signal of org.backpop1.Sensor back into a struct bp_event. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/core.h"
#include "ctl.h"

typedef const char *(*name_function)(int value);

static const char *class_name(int v) { return bp_class_name((enum bp_class)v); }
static const char *reason_name(int v) { return bp_reason_name((enum bp_reason)v); }
static const char *phase_name(int v) { return bp_breath_phase_name((enum bp_breath_phase)v); }
static const char *movement_name(int v) { return bp_movement_name((enum bp_movement)v); }

/* The value called @name, or @unknown for one that a newer daemon may have added. */
static int value_of(const char *name, name_function name_of, int n_values, int unknown)
{
	for (int v = 0; v < n_values; v++)
		if (!strcmp(name, name_of(v)))
			return v;
	return unknown;
}

/* Seconds of the stream, until the origin is known. */
struct event_times {
	double onset_s, end_s, emitted_s;
};

static int read_string(sd_bus_message *msg, const char *key, struct bp_event *ev)
{
	const char *s;
	int ret = sd_bus_message_read(msg, "v", "s", &s);

	if (ret < 0)
		return ret;
	if (!strcmp(key, "reason"))
		ev->reason = (enum bp_reason)value_of(s, reason_name, BP_REASON_COUNT,
						      BP_REASON_OTHER);
	else if (!strcmp(key, "breath_phase"))
		ev->breath_phase = (enum bp_breath_phase)value_of(s, phase_name, BP_BREATH_COUNT,
								  BP_BREATH_UNKNOWN);
	else if (!strcmp(key, "movement"))
		ev->movement = (enum bp_movement)value_of(s, movement_name, BP_MOVEMENT_COUNT,
							  BP_MOVEMENT_UNKNOWN);
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
static int read_details(sd_bus_message *msg, struct bp_event *ev, struct event_times *times)
{
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
			ret = read_string(msg, key, ev);
		else if (!strcmp(type, "d"))
			ret = read_double(msg, key, ev, times);
		else if (!strcmp(type, "u"))
			ret = read_unsigned(msg, key, ev);
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

int ctl_event_read(sd_bus_message *msg, struct bp_event *ev, int64_t *origin_ns)
{
	struct event_times times = { NAN, NAN, NAN };
	uint64_t number, onset_ns;
	const char *class;
	double confidence;
	int ret;

	*ev = (struct bp_event){ .peak_mg = NAN, .peak_mv = NAN, .breath_depth = NAN,
				 .breath_rate_bpm = NAN };
	ret = sd_bus_message_read(msg, "tutsd", &number, &ev->revision, &onset_ns, &class,
				  &confidence);
	if (ret >= 0)
		ret = read_details(msg, ev, &times);
	if (ret < 0)
		return ret;
	if (isnan(times.onset_s))
		return -EBADMSG;

	ev->number = (uint32_t)number;
	ev->onset_ns = (int64_t)onset_ns;
	ev->class_ = (enum bp_class)value_of(class, class_name, BP_CLASS_COUNT,
					     BP_CLASS_UNCLASSIFIED);
	ev->confidence = (float)confidence;
	*origin_ns = ev->onset_ns - to_ns(times.onset_s);
	ev->end_ns = isnan(times.end_s) ? ev->onset_ns : *origin_ns + to_ns(times.end_s);
	ev->emitted_ns = isnan(times.emitted_s) ? ev->onset_ns :
			 *origin_ns + to_ns(times.emitted_s);
	return 0;
}
