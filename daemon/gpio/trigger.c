// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gpio/line.h"
#include "gpio/trigger.h"
#include "log.h"

/* One line with its pulse. */
struct output {
	struct trigger *trigger;
	const struct config_trigger *cfg;
	struct gpiod_line_request *request;
	unsigned int offset;
	sd_event_source *end_of_pulse;
};

struct trigger {
	struct bus_manager *manager;
	const struct config *cfg;
	struct output outputs[CONFIG_TRIGGERS];
	char lines[CONFIG_TRIGGERS * CONFIG_LINE_SIZE];	/* TriggerLine */
	bool released;
};

/* Tell which lines are in use. */
static void tell_lines(struct trigger *t)
{
	size_t n = 0;

	t->lines[0] = '\0';
	for (unsigned int i = 0; i < CONFIG_TRIGGERS; i++)
		if (t->outputs[i].request)
			n += (size_t)snprintf(t->lines + n, sizeof(t->lines) - n, "%s%s",
					      n ? "," : "", t->outputs[i].cfg->line);
	t->manager->trigger_line = t->lines;
	bus_manager_changed(t->manager, "TriggerLine");
}

static void detach(struct output *o)
{
	if (o->request)
		gpiod_line_request_release(o->request);
	o->request = NULL;
	sd_event_source_set_enabled(o->end_of_pulse, SD_EVENT_OFF);
}

static int set_line(struct output *o, enum gpiod_line_value value)
{
	if (!gpiod_line_request_set_value(o->request, o->offset, value))
		return 0;
	log_error("trigger line %s: %s", o->cfg->line, strerror(errno));
	detach(o);
	tell_lines(o->trigger);
	return -1;
}

/* Inactive, and given back. */
static void release(struct output *o)
{
	if (o->request)
		set_line(o, GPIOD_LINE_VALUE_INACTIVE);
	detach(o);
}

static int on_end_of_pulse(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct output *o = userdata;

	(void)src;
	(void)usec;
	if (o->request)
		set_line(o, GPIOD_LINE_VALUE_INACTIVE);
	return 0;
}

/* An event during a pulse lengthens it: an edge per pulse, never a glitch. */
static void pulse(struct output *o)
{
	int on = 0, r;

	if (!o->request)
		return;
	sd_event_source_get_enabled(o->end_of_pulse, &on);
	if (!on) {
		if (set_line(o, GPIOD_LINE_VALUE_ACTIVE))
			return;
		o->trigger->manager->triggers++;
	}
	r = sd_event_source_set_time_relative(o->end_of_pulse, o->cfg->width_us);
	if (r >= 0)
		r = sd_event_source_set_enabled(o->end_of_pulse, SD_EVENT_ONESHOT);
	if (r < 0) {
		log_error("trigger line %s: no timer: %s", o->cfg->line, strerror(-r));
		set_line(o, GPIOD_LINE_VALUE_INACTIVE);
	}
}

/* Pulse on the lines of this kind that want the event; returns whether there are any. */
static bool pulse_all(struct trigger *t, bool settled, enum bp_class c, float confidence, bool now)
{
	bool any = false;

	for (unsigned int i = 0; i < t->cfg->n_triggers; i++) {
		struct output *o = &t->outputs[i];

		if (!o->cfg->line[0] || o->cfg->settled != settled)
			continue;
		any = true;
		if (now && o->cfg->classes & (1u << c) && confidence >= (float)o->cfg->min_confidence)
			pulse(o);
	}
	return any;
}

void trigger_event(struct trigger *t, struct settle *open, const struct bp_event *ev)
{
	pulse_all(t, false, ev->class_, ev->confidence, !ev->revision);
	if (pulse_all(t, true, ev->class_, ev->confidence, false) && !settle_update(open, ev))
		log_warning("trigger: event %u left out, more than %d are open", ev->number,
			    SETTLE_MAX);
}

void trigger_advance(struct trigger *t, struct settle *open, int64_t now_ns)
{
	enum bp_class c;
	float confidence;

	while (settle_next(open, now_ns, &c, &confidence))
		pulse_all(t, true, c, confidence, true);
}

static struct gpiod_line_request *request_inactive(const struct config_trigger *cfg,
						   unsigned int *offset, char *err)
{
	struct gpiod_line_settings *s = gpiod_line_settings_new();
	struct gpiod_line_request *request;

	if (!s) {
		snprintf(err, LINE_ERROR_SIZE, "out of memory");
		errno = ENOMEM;
		return NULL;
	}
	gpiod_line_settings_set_direction(s, GPIOD_LINE_DIRECTION_OUTPUT);
	gpiod_line_settings_set_active_low(s, cfg->active_low);
	gpiod_line_settings_set_output_value(s, GPIOD_LINE_VALUE_INACTIVE);
	request = line_request(cfg->line, s, offset, err);
	gpiod_line_settings_free(s);
	return request;
}

void trigger_attach(struct trigger *t)
{
	char err[LINE_ERROR_SIZE];
	bool news = false;

	for (unsigned int i = 0; i < t->cfg->n_triggers && !t->released; i++) {
		struct output *o = &t->outputs[i];

		o->cfg = &t->cfg->triggers[i];
		/* Its chip was unplugged, and may be back: no pulse was due meanwhile. */
		if (o->request && line_has_gone(o->request, o->offset)) {
			detach(o);
			news = true;
		}
		if (!o->cfg->line[0] || o->request)
			continue;
		o->request = request_inactive(o->cfg, &o->offset, err);
		if (!o->request) {
			log_warning("trigger: %s; waiting for it", err);
			continue;
		}
		log_info("trigger output on line %s", o->cfg->line);
		news = true;
	}
	if (news)
		tell_lines(t);
}

static int add_output(struct trigger *t, struct output *o, sd_event *event)
{
	int r;

	o->trigger = t;
	r = sd_event_add_time_relative(event, &o->end_of_pulse, CLOCK_MONOTONIC, 0, 1,
				       on_end_of_pulse, o);
	if (r >= 0)
		r = sd_event_source_set_enabled(o->end_of_pulse, SD_EVENT_OFF);
	/* The end of a pulse must not wait for the end of work at hand. */
	if (r >= 0)
		r = sd_event_source_set_priority(o->end_of_pulse, SD_EVENT_PRIORITY_IMPORTANT);
	return r;
}

int trigger_new(struct trigger **ret, sd_event *event, struct bus_manager *manager,
		const struct config *cfg)
{
	struct trigger *t = calloc(1, sizeof(*t));
	int r = 0;

	if (!t)
		return -ENOMEM;
	t->manager = manager;
	t->cfg = cfg;
	for (unsigned int i = 0; i < CONFIG_TRIGGERS && r >= 0; i++)
		r = add_output(t, &t->outputs[i], event);
	if (r < 0) {
		trigger_free(t);
		return r;
	}
	*ret = t;
	trigger_attach(t);
	return 0;
}

/* Is the line of @old also one of @cfg's, to be used in the same way? */
static bool keeps(const struct config_trigger *old, const struct config *cfg, unsigned int i)
{
	return i < cfg->n_triggers && !strcmp(old->line, cfg->triggers[i].line) &&
	       old->active_low == cfg->triggers[i].active_low;
}

void trigger_reload(struct trigger *t, const struct config *old)
{
	for (unsigned int i = 0; i < old->n_triggers; i++)
		if (!keeps(&old->triggers[i], t->cfg, i))
			release(&t->outputs[i]);
	trigger_attach(t);
	tell_lines(t);
}

void trigger_release(struct trigger *t)
{
	t->released = true;
	for (unsigned int i = 0; i < CONFIG_TRIGGERS; i++)
		release(&t->outputs[i]);
	t->manager->trigger_line = "";
}

void trigger_free(struct trigger *t)
{
	if (!t)
		return;
	trigger_release(t);
	for (unsigned int i = 0; i < CONFIG_TRIGGERS; i++)
		sd_event_source_disable_unref(t->outputs[i].end_of_pulse);
	free(t);
}

int trigger_idle(const struct config *cfg)
{
	char err[LINE_ERROR_SIZE];
	int ret = 0;

	for (unsigned int i = 0; i < cfg->n_triggers; i++) {
		struct gpiod_line_request *request;
		unsigned int offset;

		if (!cfg->triggers[i].line[0])
			continue;
		request = request_inactive(&cfg->triggers[i], &offset, err);
		if (request) {
			gpiod_line_request_release(request);
			continue;
		}
		ret = -errno;
		log_warning("trigger: %s", err);
	}
	return ret;
}
