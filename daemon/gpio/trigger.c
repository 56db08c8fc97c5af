// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gpio/line.h"
#include "gpio/trigger.h"
#include "log.h"

struct trigger {
	sd_event *event;
	struct bus_manager *manager;
	const struct config *cfg;
	struct gpiod_line_request *request;
	unsigned int offset;
	sd_event_source *end_of_pulse;
};

static void detach(struct trigger *t)
{
	if (t->request)
		gpiod_line_request_release(t->request);
	t->request = NULL;
	t->manager->trigger_line = "";
}

static int set_line(struct trigger *t, enum gpiod_line_value value)
{
	if (!gpiod_line_request_set_value(t->request, t->offset, value))
		return 0;
	log_error("trigger line %s: %s", t->cfg->trigger_line, strerror(errno));
	detach(t);
	bus_manager_changed(t->manager, "TriggerLine");
	return -1;
}

static int on_end_of_pulse(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct trigger *t = userdata;

	(void)src;
	(void)usec;
	if (t->request)
		set_line(t, GPIOD_LINE_VALUE_INACTIVE);
	return 0;
}

/* An event during a pulse lengthens it: an edge per pulse, never a glitch. */
static void pulse(struct trigger *t)
{
	int on = 0, r;

	if (!t->request)
		return;
	sd_event_source_get_enabled(t->end_of_pulse, &on);
	if (!on) {
		if (set_line(t, GPIOD_LINE_VALUE_ACTIVE))
			return;
		t->manager->triggers++;
	}
	r = sd_event_source_set_time_relative(t->end_of_pulse, t->cfg->trigger_width_us);
	if (r >= 0)
		r = sd_event_source_set_enabled(t->end_of_pulse, SD_EVENT_ONESHOT);
	if (r < 0) {
		log_error("trigger line %s: no timer: %s", t->cfg->trigger_line, strerror(-r));
		set_line(t, GPIOD_LINE_VALUE_INACTIVE);
	}
}

static bool wanted(const struct trigger *t, enum bp_class c)
{
	return t->cfg->trigger_classes & (1u << c);
}

void trigger_event(struct trigger *t, struct settle *open, const struct bp_event *ev)
{
	if (!t->cfg->trigger_line[0])
		return;
	if (!t->cfg->trigger_settled) {
		if (!ev->revision && wanted(t, ev->class_))
			pulse(t);
	} else if (!settle_update(open, ev)) {
		log_warning("trigger: event %u left out, more than %d are open", ev->number,
			    SETTLE_MAX);
	}
}

void trigger_advance(struct trigger *t, struct settle *open, int64_t now_ns)
{
	enum bp_class c;

	while (settle_next(open, now_ns, &c))
		if (wanted(t, c))
			pulse(t);
}

void trigger_attach(struct trigger *t)
{
	struct gpiod_line_settings *s;
	char err[LINE_ERROR_SIZE];

	if (!t->cfg->trigger_line[0] || t->request)
		return;
	s = gpiod_line_settings_new();
	if (!s) {
		log_error("trigger line: out of memory");
		return;
	}
	gpiod_line_settings_set_direction(s, GPIOD_LINE_DIRECTION_OUTPUT);
	gpiod_line_settings_set_active_low(s, t->cfg->trigger_active_low);
	gpiod_line_settings_set_output_value(s, GPIOD_LINE_VALUE_INACTIVE);
	t->request = line_request(t->cfg->trigger_line, s, &t->offset, err);
	gpiod_line_settings_free(s);
	if (!t->request) {
		log_warning("trigger: %s; waiting for it", err);
		return;
	}
	t->manager->trigger_line = t->cfg->trigger_line;
	bus_manager_changed(t->manager, "TriggerLine");
	log_info("trigger output on line %s", t->cfg->trigger_line);
}

int trigger_new(struct trigger **ret, sd_event *event, struct bus_manager *manager,
		const struct config *cfg)
{
	struct trigger *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	t->event = event;
	t->manager = manager;
	t->cfg = cfg;
	r = sd_event_add_time_relative(event, &t->end_of_pulse, CLOCK_MONOTONIC, 0, 1,
				       on_end_of_pulse, t);
	if (r >= 0)
		r = sd_event_source_set_enabled(t->end_of_pulse, SD_EVENT_OFF);
	if (r < 0) {
		free(t);
		return r;
	}
	/* The edge of the next pulse must not wait for the end of work at hand. */
	sd_event_source_set_priority(t->end_of_pulse, SD_EVENT_PRIORITY_IMPORTANT);
	*ret = t;
	trigger_attach(t);
	return 0;
}

void trigger_release(struct trigger *t)
{
	if (t->request)
		set_line(t, GPIOD_LINE_VALUE_INACTIVE);
	detach(t);
}

void trigger_free(struct trigger *t)
{
	if (!t)
		return;
	trigger_release(t);
	sd_event_source_disable_unref(t->end_of_pulse);
	free(t);
}
