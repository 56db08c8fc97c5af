// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>

#include "bus/bus_event.h"

/* sd-bus keeps going after an error and reports it when the message is sent. */
static int add_double(sd_bus_message *m, const char *key, double value)
{
	return isnan(value) ? 0 : sd_bus_message_append(m, "{sv}", key, "d", value);
}

static int add_name(sd_bus_message *m, const char *key, const char *value)
{
	return *value ? sd_bus_message_append(m, "{sv}", key, "s", value) : 0;
}

static int add_number(sd_bus_message *m, const char *key, uint64_t value)
{
	return value ? sd_bus_message_append(m, "{sv}", key, "t", value) : 0;
}

static int add_details(sd_bus_message *m, const struct record_event *rec)
{
	const struct bp_event *ev = &rec->ev;
	int64_t start = rec->stream_start_ns;
	int r;

	r = sd_bus_message_open_container(m, 'a', "{sv}");
	if (r >= 0)
		r = add_double(m, "onset_s", (double)(ev->onset_ns - start) / 1e9);
	if (r >= 0)
		r = add_double(m, "end_s", (double)(ev->end_ns - start) / 1e9);
	if (r >= 0)
		r = add_double(m, "emitted_s", (double)(ev->emitted_ns - start) / 1e9);
	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}{sv}", "end_ns", "t", (uint64_t)ev->end_ns,
					  "emitted_ns", "t", (uint64_t)ev->emitted_ns);
	if (r >= 0 && ev->class_ == BP_CLASS_ARTEFACT)
		r = add_name(m, "reason", bp_reason_name(ev->reason));
	if (r >= 0 && ev->site)
		r = sd_bus_message_append(m, "{sv}", "site", "u", ev->site);
	if (r >= 0 && ev->manoeuvre)
		r = sd_bus_message_append(m, "{sv}", "manoeuvre", "u", ev->manoeuvre);
	if (r >= 0)
		r = add_double(m, "peak_mg", (double)ev->peak_mg);
	if (r >= 0)
		r = add_double(m, "peak_mv", (double)ev->peak_mv);
	if (r >= 0)
		r = add_name(m, "breath_phase", bp_breath_phase_name(ev->breath_phase));
	if (r >= 0)
		r = add_double(m, "breath_depth", (double)ev->breath_depth);
	if (r >= 0)
		r = add_double(m, "breath_rate_bpm", (double)ev->breath_rate_bpm);
	if (r >= 0)
		r = add_double(m, "silent_s", (double)ev->silent_s);
	if (r >= 0)
		r = add_double(m, "since_s", (double)ev->since_s);
	if (r >= 0)
		r = add_name(m, "movement", bp_movement_name(ev->movement));
	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}{sv}", "sequence", "t", rec->sequence,
					  "wall_ns", "x", rec->wall_ns);
	if (r >= 0)
		r = add_number(m, "session", rec->session);
	if (r >= 0)
		r = add_number(m, "run", rec->run);
	if (r >= 0)
		r = add_name(m, "boot_id", rec->boot_id);
	if (r >= 0)
		r = add_number(m, "known_ns", (uint64_t)rec->known_ns);
	if (r >= 0)
		r = add_number(m, "written_ns", (uint64_t)rec->written_ns);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_append_event(sd_bus_message *m, const struct record_event *rec)
{
	int r = sd_bus_message_append(m, "tutsd", rec->number, rec->ev.revision,
				      (uint64_t)rec->ev.onset_ns, bp_class_name(rec->ev.class_),
				      (double)rec->ev.confidence);

	return r < 0 ? r : add_details(m, rec);
}

int bus_append_annotation(sd_bus_message *m, const struct record_annotation *rec)
{
	int r;

	r = sd_bus_message_append(m, "ttss", rec->number, (uint64_t)rec->time_ns, rec->kind,
				  rec->text);
	if (r >= 0)
		r = sd_bus_message_open_container(m, 'a', "{sv}");
	if (r >= 0)
		r = sd_bus_message_append(m, "{sv}", "wall_ns", "x", rec->wall_ns);
	if (r >= 0)
		r = add_name(m, "source", rec->source);
	if (r >= 0)
		r = add_name(m, "sensor", rec->sensor);
	if (r >= 0)
		r = add_number(m, "event", rec->event);
	if (r >= 0)
		r = add_number(m, "session", rec->session);
	if (r >= 0)
		r = add_number(m, "run", rec->run);
	if (r >= 0)
		r = add_name(m, "boot_id", rec->boot_id);
	return r < 0 ? r : sd_bus_message_close_container(m);
}
