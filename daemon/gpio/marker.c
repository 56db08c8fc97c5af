// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <gpiod.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "edf/edf.h"
#include "gpio/line.h"
#include "gpio/marker.h"
#include "log.h"
#include "recorder/recorder.h"

#define EDGES	16

struct marker {
	sd_event *event;
	struct bus_manager *manager;
	const struct config *cfg;
	struct gpiod_line_request *request;
	unsigned int offset;
	struct gpiod_edge_event_buffer *edges;
	sd_event_source *io;
	sd_event_source *long_timer;
	unsigned long seqno;
	bool down;		/* pressed, and not yet told to be long */
	uint64_t press_ns;
};

static void send(struct marker *m, uint64_t t_ns, const char *kind)
{
	int r = bus_manager_marker(m->manager, m->manager->markers, t_ns, kind);

	if (r < 0)
		log_error("cannot send Marker: %s", strerror(-r));
	if (strcmp(kind, "release"))
		recorder_annotate_all((int64_t)t_ns, NAN,
				      !strcmp(kind, "long") ? EDF_TEXT_MARKER " (long press)" :
							      EDF_TEXT_MARKER);
}

/* The press has lasted: it is of the second kind, since its beginning. */
static void tell_long(struct marker *m)
{
	m->down = false;
	send(m, m->press_ns, "long");
}

static int on_long(sd_event_source *src, uint64_t usec, void *userdata)
{
	struct marker *m = userdata;

	(void)src;
	(void)usec;
	if (m->down)
		tell_long(m);
	return 0;
}

static void detach(struct marker *m)
{
	m->io = sd_event_source_disable_unref(m->io);
	sd_event_source_set_enabled(m->long_timer, SD_EVENT_OFF);
	m->down = false;
	if (m->request)
		gpiod_line_request_release(m->request);
	m->request = NULL;
}

static void lose(struct marker *m)
{
	detach(m);
	m->manager->marker_line = "";
	bus_manager_changed(m->manager, "MarkerLine");
}

static void pressed(struct marker *m, uint64_t t_ns)
{
	m->manager->markers++;
	send(m, t_ns, "press");
	m->press_ns = t_ns;
	m->down = m->cfg->marker_long_us > 0;
	/* CLOCK_MONOTONIC in us is what the timer counts in as well. */
	if (m->down &&
	    (sd_event_source_set_time(m->long_timer, t_ns / 1000 + m->cfg->marker_long_us) < 0 ||
	     sd_event_source_set_enabled(m->long_timer, SD_EVENT_ONESHOT) < 0))
		log_error("marker line %s: no timer", m->cfg->marker_line);
}

static void released(struct marker *m, uint64_t t_ns)
{
	/* By the edges' own times: this program may have been late for the timer, or for them. */
	if (m->down && t_ns - m->press_ns >= m->cfg->marker_long_us * 1000ULL)
		tell_long(m);
	m->down = false;
	sd_event_source_set_enabled(m->long_timer, SD_EVENT_OFF);
	send(m, t_ns, "release");
}

static void handle_edge(struct marker *m, struct gpiod_edge_event *edge)
{
	uint64_t t_ns = gpiod_edge_event_get_timestamp_ns(edge);
	unsigned long seqno = gpiod_edge_event_get_line_seqno(edge);

	if (seqno != m->seqno + 1) {
		m->manager->marker_edges_lost += seqno - m->seqno - 1;
		log_warning("marker %s: %lu edges lost", m->cfg->marker_line, seqno - m->seqno - 1);
	}
	m->seqno = seqno;
	/* The kernel reports an edge when it has been stable for the debounce time. */
	t_ns -= m->cfg->marker_debounce_us * 1000ULL;
	if (gpiod_edge_event_get_event_type(edge) == GPIOD_EDGE_EVENT_RISING_EDGE)
		pressed(m, t_ns);
	else
		released(m, t_ns);
}

static int on_edge(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	struct marker *m = userdata;
	int n = -1;

	(void)src;
	(void)fd;
	if (revents & EPOLLIN)
		n = gpiod_line_request_read_edge_events(m->request, m->edges, EDGES);
	else
		errno = ENODEV;
	if (n < 0) {
		log_error("marker line %s: %s", m->cfg->marker_line, strerror(errno));
		lose(m);
		return 0;
	}
	for (int i = 0; i < n; i++)
		handle_edge(m, gpiod_edge_event_buffer_get_event(m->edges, (unsigned long)i));
	return 0;
}

static struct gpiod_line_settings *line_settings(const struct config *cfg)
{
	static const enum gpiod_line_bias bias[] = {
		[CONFIG_BIAS_AS_IS] = GPIOD_LINE_BIAS_AS_IS,
		[CONFIG_BIAS_DISABLED] = GPIOD_LINE_BIAS_DISABLED,
		[CONFIG_BIAS_PULL_UP] = GPIOD_LINE_BIAS_PULL_UP,
		[CONFIG_BIAS_PULL_DOWN] = GPIOD_LINE_BIAS_PULL_DOWN,
	};
	struct gpiod_line_settings *s = gpiod_line_settings_new();

	if (!s)
		return NULL;
	gpiod_line_settings_set_direction(s, GPIOD_LINE_DIRECTION_INPUT);
	gpiod_line_settings_set_edge_detection(s, GPIOD_LINE_EDGE_BOTH);
	gpiod_line_settings_set_bias(s, bias[cfg->marker_bias]);
	gpiod_line_settings_set_active_low(s, cfg->marker_active_low);
	gpiod_line_settings_set_debounce_period_us(s, cfg->marker_debounce_us);
	gpiod_line_settings_set_event_clock(s, GPIOD_LINE_CLOCK_MONOTONIC);
	return s;
}

void marker_attach(struct marker *m)
{
	struct gpiod_line_settings *settings;
	char err[LINE_ERROR_SIZE];
	int r;

	/* Before Linux 6.6 poll() does not tell that the chip has gone. */
	if (m->request && line_has_gone(m->request, m->offset))
		lose(m);
	if (!m->cfg->marker_line[0] || m->request)
		return;
	settings = line_settings(m->cfg);
	if (!settings) {
		log_error("marker line: out of memory");
		return;
	}
	m->request = line_request(m->cfg->marker_line, settings, &m->offset, err);
	gpiod_line_settings_free(settings);
	if (!m->request) {
		log_warning("marker: %s; waiting for it", err);
		return;
	}
	m->seqno = 0;
	r = sd_event_add_io(m->event, &m->io, gpiod_line_request_get_fd(m->request), EPOLLIN,
			    on_edge, m);
	if (r < 0) {
		log_error("marker line %s: %s", m->cfg->marker_line, strerror(-r));
		detach(m);
		return;
	}
	m->manager->marker_line = m->cfg->marker_line;
	bus_manager_changed(m->manager, "MarkerLine");
	log_info("marker button on line %s", m->cfg->marker_line);
}

int marker_new(struct marker **ret, sd_event *event, struct bus_manager *manager,
	       const struct config *cfg)
{
	struct marker *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->edges = gpiod_edge_event_buffer_new(EDGES);
	r = m->edges ?
		    sd_event_add_time(event, &m->long_timer, CLOCK_MONOTONIC, 0, 1000, on_long, m) :
		    -ENOMEM;
	if (r >= 0)
		r = sd_event_source_set_enabled(m->long_timer, SD_EVENT_OFF);
	if (r < 0) {
		marker_free(m);
		return r;
	}
	m->event = event;
	m->manager = manager;
	m->cfg = cfg;
	*ret = m;
	marker_attach(m);
	return 0;
}

void marker_reload(struct marker *m)
{
	lose(m);
	marker_attach(m);
}

void marker_free(struct marker *m)
{
	if (!m)
		return;
	detach(m);
	sd_event_source_disable_unref(m->long_timer);
	gpiod_edge_event_buffer_free(m->edges);
	free(m);
}
