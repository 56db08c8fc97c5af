// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Marker button and trigger lines against a libgpiod that this file plays: which line is
 * taken, presses short and long with their times, pulses per line, and what a reload, a
 * fault and the end leave behind.
 */
#include <dirent.h>
#include <errno.h>
#include <gpiod.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "bus/bus_journal.h"
#include "gpio/line.h"
#include "gpio/marker.h"
#include "gpio/trigger.h"
#include "unit/bus_pair.h"
#include "unit/ktap.h"

#define MS	1000000LL
#define LINES	4

/* ---- libgpiod, played --------------------------------------------------------- */

struct gpiod_chip { int n; };
struct gpiod_chip_info { int n; };
struct gpiod_line_settings {
	enum gpiod_line_value value;
	bool active_low;
	unsigned long debounce;
};
struct gpiod_line_config { unsigned int offset; const struct gpiod_line_settings *settings; };
struct gpiod_request_config { int dummy; };
struct gpiod_edge_event { bool rising; uint64_t t_ns; unsigned long seqno; };
struct gpiod_edge_event_buffer { struct gpiod_edge_event ev[16]; };
struct gpiod_line_request { struct line *line; };

static struct line {
	int chip;
	unsigned int offset;
	const char *name;
	bool taken;
	bool active_low;
	enum gpiod_line_value value;
	unsigned int edges;		/* to active */
	unsigned int requests;
	bool broken;
	int fd;
	unsigned long debounce;
	struct gpiod_edge_event ev[16];
	size_t n_ev;
	unsigned long seqno;
	struct gpiod_line_request request;
} lines[LINES] = {
	{ .chip = 0, .offset = 17, .name = "OTHER", .fd = -1 },
	{ .chip = 1, .offset = 17, .name = "GPIO17", .fd = -1 },
	{ .chip = 1, .offset = 22, .name = "GPIO22", .fd = -1 },
	{ .chip = 1, .offset = 27, .name = "GPIO27", .fd = -1 },
};
static const char *const labels[] = { "gpio-brcmstb", "pinctrl-rp1" };
static int chips = 2;
static struct gpiod_chip_info infos[2] = { { 0 }, { 1 } };

int scandir(const char *dir, struct dirent ***list, int (*filter)(const struct dirent *),
	    int (*compare)(const struct dirent **, const struct dirent **))
{
	(void)dir;
	(void)filter;
	(void)compare;
	*list = calloc(2, sizeof(**list));
	for (int i = 0; i < chips; i++) {
		(*list)[i] = calloc(1, sizeof(struct dirent));
		snprintf((*list)[i]->d_name, sizeof((*list)[i]->d_name), "gpiochip%d", i);
	}
	return chips;
}

struct gpiod_chip *gpiod_chip_open(const char *path)
{
	struct gpiod_chip *c = calloc(1, sizeof(*c));

	c->n = atoi(path + strlen("/dev/gpiochip"));
	return c;
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
	free(chip);
}

int gpiod_chip_get_line_offset_from_name(struct gpiod_chip *chip, const char *name)
{
	for (int i = 0; i < LINES; i++)
		if (lines[i].chip == chip->n && !strcmp(lines[i].name, name))
			return (int)lines[i].offset;
	errno = ENOENT;
	return -1;
}

struct gpiod_chip_info *gpiod_chip_get_info(struct gpiod_chip *chip)
{
	return &infos[chip->n];
}

void gpiod_chip_info_free(struct gpiod_chip_info *info)
{
	(void)info;
}

const char *gpiod_chip_info_get_name(struct gpiod_chip_info *info)
{
	return info->n ? "gpiochip1" : "gpiochip0";
}

const char *gpiod_chip_info_get_label(struct gpiod_chip_info *info)
{
	return labels[info->n];
}

size_t gpiod_chip_info_get_num_lines(struct gpiod_chip_info *info)
{
	(void)info;
	return 54;
}

struct gpiod_line_settings *gpiod_line_settings_new(void)
{
	return calloc(1, sizeof(struct gpiod_line_settings));
}

void gpiod_line_settings_free(struct gpiod_line_settings *s)
{
	free(s);
}

int gpiod_line_settings_set_direction(struct gpiod_line_settings *s, enum gpiod_line_direction d)
{
	(void)s;
	(void)d;
	return 0;
}

int gpiod_line_settings_set_edge_detection(struct gpiod_line_settings *s, enum gpiod_line_edge e)
{
	(void)s;
	(void)e;
	return 0;
}

int gpiod_line_settings_set_bias(struct gpiod_line_settings *s, enum gpiod_line_bias b)
{
	(void)s;
	(void)b;
	return 0;
}

void gpiod_line_settings_set_active_low(struct gpiod_line_settings *s, bool low)
{
	s->active_low = low;
}

void gpiod_line_settings_set_debounce_period_us(struct gpiod_line_settings *s, unsigned long us)
{
	s->debounce = us;
}

int gpiod_line_settings_set_event_clock(struct gpiod_line_settings *s, enum gpiod_line_clock c)
{
	(void)s;
	return ktap_check(c == GPIOD_LINE_CLOCK_MONOTONIC, "clock %d", c) ? 0 : -1;
}

int gpiod_line_settings_set_output_value(struct gpiod_line_settings *s, enum gpiod_line_value v)
{
	s->value = v;
	return 0;
}

struct gpiod_line_config *gpiod_line_config_new(void)
{
	return calloc(1, sizeof(struct gpiod_line_config));
}

void gpiod_line_config_free(struct gpiod_line_config *c)
{
	free(c);
}

int gpiod_line_config_add_line_settings(struct gpiod_line_config *c, const unsigned int *offsets,
					size_t n, struct gpiod_line_settings *s)
{
	(void)n;
	c->offset = offsets[0];
	c->settings = s;
	return 0;
}

struct gpiod_request_config *gpiod_request_config_new(void)
{
	return calloc(1, sizeof(struct gpiod_request_config));
}

void gpiod_request_config_free(struct gpiod_request_config *c)
{
	free(c);
}

void gpiod_request_config_set_consumer(struct gpiod_request_config *c, const char *consumer)
{
	(void)c;
	(void)consumer;
}

struct gpiod_line_request *gpiod_chip_request_lines(struct gpiod_chip *chip,
						    struct gpiod_request_config *req,
						    struct gpiod_line_config *cfg)
{
	(void)req;
	for (int i = 0; i < LINES; i++) {
		struct line *l = &lines[i];

		if (l->chip != chip->n || l->offset != cfg->offset)
			continue;
		if (l->taken) {
			errno = EBUSY;
			return NULL;
		}
		l->taken = true;
		l->requests++;
		l->broken = false;
		l->value = cfg->settings->value;
		l->active_low = cfg->settings->active_low;
		l->debounce = cfg->settings->debounce;
		l->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		l->seqno = 0;
		l->request.line = l;
		return &l->request;
	}
	errno = EINVAL;
	return NULL;
}

void gpiod_line_request_release(struct gpiod_line_request *r)
{
	r->line->taken = false;
	close(r->line->fd);
}

int gpiod_line_request_get_fd(struct gpiod_line_request *r)
{
	return r->line->fd;
}

int gpiod_line_request_set_value(struct gpiod_line_request *r, unsigned int offset,
				 enum gpiod_line_value value)
{
	(void)offset;
	if (r->line->broken) {
		errno = ENODEV;
		return -1;
	}
	if (value && !r->line->value)
		r->line->edges++;
	r->line->value = value;
	return 0;
}

enum gpiod_line_value gpiod_line_request_get_value(struct gpiod_line_request *r,
						   unsigned int offset)
{
	(void)offset;
	if (r->line->broken) {
		errno = ENODEV;
		return GPIOD_LINE_VALUE_ERROR;
	}
	return r->line->value;
}

struct gpiod_edge_event_buffer *gpiod_edge_event_buffer_new(size_t n)
{
	(void)n;
	return calloc(1, sizeof(struct gpiod_edge_event_buffer));
}

void gpiod_edge_event_buffer_free(struct gpiod_edge_event_buffer *b)
{
	free(b);
}

int gpiod_line_request_read_edge_events(struct gpiod_line_request *r,
					struct gpiod_edge_event_buffer *b, size_t max)
{
	size_t n = r->line->n_ev < max ? r->line->n_ev : max;
	eventfd_t value;

	eventfd_read(r->line->fd, &value);
	memcpy(b->ev, r->line->ev, n * sizeof(b->ev[0]));
	r->line->n_ev = 0;
	return (int)n;
}

struct gpiod_edge_event *gpiod_edge_event_buffer_get_event(struct gpiod_edge_event_buffer *b,
							    unsigned long i)
{
	return &b->ev[i];
}

enum gpiod_edge_event_type gpiod_edge_event_get_event_type(struct gpiod_edge_event *ev)
{
	return ev->rising ? GPIOD_EDGE_EVENT_RISING_EDGE : GPIOD_EDGE_EVENT_FALLING_EDGE;
}

uint64_t gpiod_edge_event_get_timestamp_ns(struct gpiod_edge_event *ev)
{
	return ev->t_ns;
}

unsigned long gpiod_edge_event_get_line_seqno(struct gpiod_edge_event *ev)
{
	return ev->seqno;
}

static void edge(struct line *l, bool rising, uint64_t t_ns, unsigned long skip)
{
	l->seqno += 1 + skip;
	l->ev[l->n_ev++] = (struct gpiod_edge_event) { rising, t_ns, l->seqno };
	eventfd_write(l->fd, 1);
}

/* ---- the world around ------------------------------------------------------- */

static sd_event *event;
static sd_bus *server, *client;
static struct bus_manager manager;
static struct bus_journal bus_journal;
static struct config cfg;
static struct {
	char kind[16];
	uint64_t number, t_ns;
} heard[16];
static size_t n_heard;

static int on_marker(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *kind;

	(void)userdata;
	(void)error;
	if (!sd_bus_message_is_signal(m, BUS_MANAGER, "Marker") || n_heard == 16)
		return 0;
	if (sd_bus_message_read(m, "tts", &heard[n_heard].number, &heard[n_heard].t_ns, &kind) > 0)
		snprintf(heard[n_heard++].kind, sizeof(heard[0].kind), "%s", kind);
	return 0;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void begin(void)
{
	char err[DB_ERROR_SIZE + PATH_MAX];

	sd_event_new(&event);
	bus_pair(&server, &client, false);
	sd_bus_attach_event(server, event, 0);
	sd_bus_attach_event(client, event, 0);
	sd_bus_add_filter(client, NULL, on_marker, NULL);
	memset(&manager, 0, sizeof(manager));
	bus_manager_add(&manager, server);
	config_default(&cfg);
	journal_open(&bus_journal.journal, event, NULL, &cfg.journal, NULL, NULL, err);
	bus_journal_add(&bus_journal, server, bus_journal.journal);
	manager.journal = &bus_journal;
	n_heard = 0;
	chips = 2;
	for (int i = 0; i < LINES; i++) {
		lines[i].edges = 0;
		lines[i].requests = 0;
		lines[i].broken = false;
		lines[i].n_ev = 0;
	}
}

static void end(void)
{
	journal_close(bus_journal.journal);
	bus_journal_remove(&bus_journal);
	bus_manager_remove(&manager);
	sd_bus_detach_event(server);
	sd_bus_detach_event(client);
	sd_bus_close_unref(client);
	sd_bus_close_unref(server);
	event = sd_event_unref(event);
	for (int i = 0; i < LINES; i++)
		ktap_check(!lines[i].taken, "%s was not given back", lines[i].name);
}

static void settle(void)
{
	while (sd_event_run(event, 0) > 0)
		;
}

/* Run the loop until the marker was heard so often; false: not in ten seconds. */
static bool hear(size_t n)
{
	for (int64_t deadline = now_ns() + 10000 * MS; n_heard < n && now_ns() < deadline;)
		sd_event_run(event, 20000);
	return n_heard >= n;
}

static struct bp_event sharp(uint32_t number, enum bp_class class_)
{
	return (struct bp_event) { .number = number, .onset_ns = number * MS, .class_ = class_ };
}

/* ---- which line --------------------------------------------------------------- */

static void lines_are_found_by_name_label_and_chip(void)
{
	static const struct {
		const char *name;
		int line;
	} cases[] = {
		{ "GPIO17", 1 }, { "pinctrl-rp1:17", 1 }, { "gpiochip1:22", 2 },
		{ "gpio-brcmstb:17", 0 }, { "OTHER", 0 },
		{ "pinctrl-rp1:99", -1 }, { "pinctrl-rp1:", -1 }, { "pinctrl:17", -1 },
		{ "pinctrl-rp1:17x", -1 }, { ":17", -1 }, { "17", -1 }, { "GPIO1", -1 },
	};
	struct gpiod_line_settings s = { 0 };

	chips = 2;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char err[LINE_ERROR_SIZE] = "";
		unsigned int offset;
		struct gpiod_line_request *r = line_request(cases[i].name, &s, &offset, err);

		ktap_check((r ? r->line - lines : -1) == cases[i].line,
			   "%s: got line %td, expected %d: %s", cases[i].name,
			   r ? r->line - lines : -1, cases[i].line, err);
		ktap_check(r || strstr(err, cases[i].name), "the complaint names no line: %s", err);
		if (r)
			gpiod_line_request_release(r);
	}
}

/* ---- the button --------------------------------------------------------------- */

static void a_press_has_its_time_and_number(void)
{
	struct line *l = &lines[1];
	struct marker *m;
	uint64_t t = (uint64_t)now_ns();

	begin();
	strcpy(cfg.marker_line, "pinctrl-rp1:17");
	marker_new(&m, event, &manager, &cfg);
	ktap_check(l->taken && l->debounce == 10000, "debounce %lu us", l->debounce);
	ktap_check(!strcmp(manager.marker_line, "pinctrl-rp1:17"), "MarkerLine %s",
		   manager.marker_line);
	edge(l, true, t, 0);
	edge(l, false, t + 50 * MS, 0);
	edge(l, true, t + 100 * MS, 0);
	edge(l, false, t + 150 * MS, 0);
	ktap_check(hear(4), "heard %zu", n_heard);
	ktap_check(manager.markers == 2, "heard %zu, %llu presses", n_heard,
		   (unsigned long long)manager.markers);
	ktap_check(!strcmp(heard[0].kind, "press") && heard[0].number == 1 &&
		   heard[0].t_ns == t - 10 * MS, "first: %s %llu", heard[0].kind,
		   (unsigned long long)heard[0].number);
	ktap_check(!strcmp(heard[3].kind, "release") && heard[3].number == 2, "last: %s",
		   heard[3].kind);
	marker_free(m);
	end();
}

static void a_long_press_is_told_while_it_lasts(void)
{
	struct line *l = &lines[1];
	struct marker *m;
	uint64_t t = (uint64_t)now_ns();

	begin();
	strcpy(cfg.marker_line, "GPIO17");
	cfg.marker_long_us = 50000;
	marker_new(&m, event, &manager, &cfg);
	edge(l, true, t, 0);
	ktap_check(hear(2) && !strcmp(heard[1].kind, "long"), "no long press");
	ktap_check(heard[1].t_ns == heard[0].t_ns && heard[1].number == 1,
		   "not with the press's time");
	edge(l, false, t + 60 * MS, 0);
	ktap_check(hear(3) && !strcmp(heard[2].kind, "release"), "no release");
	settle();
	ktap_check(n_heard == 3, "told %zu times", n_heard);
	marker_free(m);
	end();
}

/* Both edges waited in the kernel: the timer had no chance, the times count. */
static void a_long_press_read_late_is_told_too(void)
{
	struct line *l = &lines[1];
	struct marker *m;
	uint64_t t = (uint64_t)now_ns();

	begin();
	strcpy(cfg.marker_line, "GPIO17");
	marker_new(&m, event, &manager, &cfg);
	edge(l, true, t, 0);
	edge(l, false, t + 1000 * MS, 0);
	edge(l, true, t + 2000 * MS, 0);
	edge(l, false, t + 2999 * MS, 0);
	ktap_check(hear(5), "heard %zu", n_heard);
	ktap_check(!strcmp(heard[1].kind, "long") && !strcmp(heard[2].kind, "release") &&
		   !strcmp(heard[4].kind, "release"), "%s %s %s", heard[1].kind, heard[2].kind,
		   heard[4].kind);
	marker_free(m);
	end();
}

static void lost_edges_are_counted(void)
{
	struct line *l = &lines[1];
	struct marker *m;

	begin();
	strcpy(cfg.marker_line, "GPIO17");
	marker_new(&m, event, &manager, &cfg);
	edge(l, true, (uint64_t)now_ns(), 0);
	edge(l, true, (uint64_t)now_ns(), 3);
	ktap_check(hear(2), "heard %zu", n_heard);
	ktap_check(manager.marker_edges_lost == 3, "lost %llu",
		   (unsigned long long)manager.marker_edges_lost);
	marker_free(m);
	end();
}

static void a_line_that_comes_later_is_taken(void)
{
	struct marker *m;

	begin();
	chips = 1;
	strcpy(cfg.marker_line, "GPIO17");
	marker_new(&m, event, &manager, &cfg);
	ktap_check(!manager.marker_line[0], "MarkerLine %s", manager.marker_line);
	chips = 2;
	marker_attach(m);
	ktap_check(lines[1].taken && !strcmp(manager.marker_line, "GPIO17"), "not taken");
	strcpy(cfg.marker_line, "GPIO22");
	marker_reload(m);
	ktap_check(!lines[1].taken && lines[2].taken, "not reloaded");
	marker_free(m);
	end();
}

/* Unplugged and back, and before Linux 6.6 poll() does not tell that it was gone. */
static void a_button_whose_chip_came_back_is_taken_again(void)
{
	struct marker *m;

	begin();
	strcpy(cfg.marker_line, "GPIO17");
	marker_new(&m, event, &manager, &cfg);
	marker_attach(m);
	ktap_check(lines[1].requests == 1, "taken %u times", lines[1].requests);
	lines[1].broken = true;
	marker_attach(m);
	ktap_check(lines[1].taken && !lines[1].broken && lines[1].requests == 2 &&
		   !strcmp(manager.marker_line, "GPIO17"), "not taken again");
	marker_free(m);
	end();
}

/* ---- the trigger --------------------------------------------------------------- */

static void two_outputs(void)
{
	strcpy(cfg.triggers[0].line, "GPIO22");
	cfg.triggers[0].classes = 1u << BP_CLASS_CAVITATION;
	cfg.triggers[1] = cfg.triggers[0];
	strcpy(cfg.triggers[1].name, "lamp");
	strcpy(cfg.triggers[1].line, "GPIO27");
	cfg.triggers[1].classes = 1u << BP_CLASS_SNAP;
	cfg.triggers[1].settled = true;
	cfg.triggers[1].active_low = true;
	cfg.n_triggers = 2;
}

static void each_output_follows_its_classes(void)
{
	struct line *a = &lines[2], *b = &lines[3];
	struct settle open = { 0 };
	struct trigger *t;
	struct bp_event ev;

	begin();
	two_outputs();
	trigger_new(&t, event, &manager, &cfg);
	ktap_check(a->taken && b->taken && !a->value && !b->value && b->active_low,
		   "not taken, or not inactive");
	ktap_check(!strcmp(manager.trigger_line, "GPIO22,GPIO27"), "TriggerLine %s",
		   manager.trigger_line);
	ev = sharp(1, BP_CLASS_CAVITATION);
	trigger_event(t, &open, &ev);
	ktap_check(a->value && !b->value, "a cavitation: %d %d", a->value, b->value);
	ev = sharp(2, BP_CLASS_SNAP);
	trigger_event(t, &open, &ev);
	ktap_check(a->edges == 1 && !b->edges, "a snap pulsed at once");
	trigger_advance(t, &open, 2 * MS + SETTLE_NS);
	ktap_check(b->value && b->edges == 1 && a->edges == 1 && manager.triggers == 2,
		   "settled: %u and %u edges", a->edges, b->edges);
	for (int64_t deadline = now_ns() + 5000 * MS;
	     (a->value || b->value) && now_ns() < deadline;)
		sd_event_run(event, 10000);
	ktap_check(!a->value && !b->value, "a pulse did not end");
	trigger_free(t);
	end();
}

/* The first line waits for nothing, the second for what the event is held for in the end. */
static void an_unsure_event_makes_no_pulse(void)
{
	struct line *a = &lines[2], *b = &lines[3];
	struct settle open = { 0 };
	struct trigger *t;
	struct bp_event ev;

	begin();
	two_outputs();
	cfg.triggers[0].min_confidence = cfg.triggers[1].min_confidence = 0.5;
	cfg.triggers[1].classes = 1u << BP_CLASS_CAVITATION;
	trigger_new(&t, event, &manager, &cfg);
	ev = sharp(1, BP_CLASS_CAVITATION);
	ev.confidence = 0.4f;
	trigger_event(t, &open, &ev);
	ev.revision = 1;
	ev.confidence = 0.9f;
	trigger_event(t, &open, &ev);
	ktap_check(!a->edges, "pulsed for an event of 0.4 at first");
	trigger_advance(t, &open, 1 * MS + SETTLE_NS);
	ktap_check(!a->edges && b->edges == 1, "of 0.9 in the end: %u and %u edges, expected 0 and 1",
		   a->edges, b->edges);
	ev = sharp(2, BP_CLASS_CAVITATION);
	ev.confidence = 0.5f;
	trigger_event(t, &open, &ev);
	ktap_check(a->edges == 1, "no pulse for an event of 0.5");
	ev.revision = 1;
	ev.confidence = 0.3f;
	trigger_event(t, &open, &ev);
	trigger_advance(t, &open, 2 * MS + SETTLE_NS);
	ktap_check(b->edges == 1, "pulsed for an event of 0.3 in the end");
	trigger_free(t);
	end();
}

static void the_end_leaves_lines_inactive(void)
{
	struct settle open = { 0 };
	struct bp_event ev = sharp(1, BP_CLASS_CAVITATION);
	struct trigger *t;

	begin();
	two_outputs();
	trigger_new(&t, event, &manager, &cfg);
	trigger_event(t, &open, &ev);
	trigger_release(t);
	ktap_check(!lines[2].value && !lines[2].taken, "active, or still taken");
	ev.number = 2;
	trigger_event(t, &open, &ev);
	ktap_check(lines[2].edges == 1, "pulsed after the release");
	trigger_free(t);
	end();
}

static void a_reload_touches_only_what_changed(void)
{
	struct settle open = { 0 };
	struct bp_event ev = sharp(1, BP_CLASS_CAVITATION);
	struct trigger *t;
	struct config old;

	begin();
	two_outputs();
	trigger_new(&t, event, &manager, &cfg);
	trigger_event(t, &open, &ev);
	old = cfg;
	cfg.n_triggers = 1;
	cfg.triggers[0].width_us = 5000000;
	trigger_reload(t, &old);
	ktap_check(lines[2].taken && lines[2].value, "the pulse was cut short");
	ktap_check(!lines[3].taken && !strcmp(manager.trigger_line, "GPIO22"), "TriggerLine %s",
		   manager.trigger_line);
	old = cfg;
	cfg.triggers[0].active_low = true;
	trigger_reload(t, &old);
	ktap_check(lines[2].taken && lines[2].active_low && !lines[2].value, "not taken anew");
	trigger_free(t);
	end();
}

static void a_broken_line_is_told_and_taken_again(void)
{
	struct settle open = { 0 };
	struct bp_event ev = sharp(1, BP_CLASS_CAVITATION);
	struct trigger *t;

	begin();
	two_outputs();
	trigger_new(&t, event, &manager, &cfg);
	lines[2].broken = true;
	trigger_event(t, &open, &ev);
	ktap_check(!lines[2].taken && !strcmp(manager.trigger_line, "GPIO27"), "TriggerLine %s",
		   manager.trigger_line);
	lines[2].broken = false;
	trigger_attach(t);
	ktap_check(lines[2].taken, "not taken again");
	trigger_free(t);
	end();
}

/* Unplugged and back while nothing was heard: the next pulse must come out. */
static void an_output_whose_chip_came_back_is_taken_again(void)
{
	struct settle open = { 0 };
	struct bp_event ev = sharp(1, BP_CLASS_CAVITATION);
	struct trigger *t;

	begin();
	two_outputs();
	trigger_new(&t, event, &manager, &cfg);
	lines[2].broken = true;
	chips = 1;
	trigger_attach(t);
	ktap_check(!lines[2].taken && !strcmp(manager.trigger_line, "GPIO27"),
		   "unplugged, and TriggerLine is %s", manager.trigger_line);
	chips = 2;
	trigger_attach(t);
	ktap_check(lines[2].taken && lines[2].requests == 2 && lines[3].requests == 1,
		   "taken %u times, the other %u", lines[2].requests, lines[3].requests);
	trigger_event(t, &open, &ev);
	ktap_check(lines[2].edges == 1 && !strcmp(manager.trigger_line, "GPIO22,GPIO27"),
		   "%u pulses, TriggerLine %s", lines[2].edges, manager.trigger_line);
	trigger_free(t);
	end();
}

static void idle_lines_are_made_inactive(void)
{
	begin();
	two_outputs();
	lines[2].value = GPIOD_LINE_VALUE_ACTIVE;
	ktap_check(!trigger_idle(&cfg), "failed");
	ktap_check(!lines[2].value && !lines[2].taken, "active, or still taken");
	chips = 1;
	ktap_check(trigger_idle(&cfg) == -ENOENT, "no such line, and no complaint");
	end();
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "lines_are_found_by_name_label_and_chip",
		  lines_are_found_by_name_label_and_chip },
		{ "a_press_has_its_time_and_number", a_press_has_its_time_and_number },
		{ "a_long_press_is_told_while_it_lasts", a_long_press_is_told_while_it_lasts },
		{ "a_long_press_read_late_is_told_too", a_long_press_read_late_is_told_too },
		{ "lost_edges_are_counted", lost_edges_are_counted },
		{ "a_line_that_comes_later_is_taken", a_line_that_comes_later_is_taken },
		{ "a_button_whose_chip_came_back_is_taken_again",
		  a_button_whose_chip_came_back_is_taken_again },
		{ "each_output_follows_its_classes", each_output_follows_its_classes },
		{ "an_unsure_event_makes_no_pulse", an_unsure_event_makes_no_pulse },
		{ "the_end_leaves_lines_inactive", the_end_leaves_lines_inactive },
		{ "a_reload_touches_only_what_changed", a_reload_touches_only_what_changed },
		{ "a_broken_line_is_told_and_taken_again", a_broken_line_is_told_and_taken_again },
		{ "an_output_whose_chip_came_back_is_taken_again",
		  an_output_whose_chip_came_back_is_taken_again },
		{ "idle_lines_are_made_inactive", idle_lines_are_made_inactive },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
