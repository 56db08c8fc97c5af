// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "gpio/line.h"
#include "gpio/marker.h"
#include "log.h"

#define EDGES	16

struct marker {
	sd_event *event;
	struct bus_manager *manager;
	const struct config *cfg;
	struct gpiod_line_request *request;
	struct gpiod_edge_event_buffer *edges;
	sd_event_source *io;
	unsigned long seqno;
};

static void detach(struct marker *m)
{
	m->io = sd_event_source_disable_unref(m->io);
	if (m->request)
		gpiod_line_request_release(m->request);
	m->request = NULL;
}

static void handle_edge(struct marker *m, struct gpiod_edge_event *edge)
{
	bool press = gpiod_edge_event_get_event_type(edge) == GPIOD_EDGE_EVENT_RISING_EDGE;
	uint64_t t_ns = gpiod_edge_event_get_timestamp_ns(edge);
	unsigned long seqno = gpiod_edge_event_get_line_seqno(edge);
	int r;

	if (seqno != m->seqno + 1)
		log_warning("marker %s: %lu edges lost", m->cfg->marker_line, seqno - m->seqno - 1);
	m->seqno = seqno;
	/* The kernel reports an edge when it has been stable for the debounce time. */
	t_ns -= m->cfg->marker_debounce_us * 1000ULL;
	if (press)
		m->manager->markers++;
	r = bus_manager_marker(m->manager, m->manager->markers, t_ns, press ? "press" : "release");
	if (r < 0)
		log_error("cannot send Marker: %s", strerror(-r));
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
		detach(m);
		m->manager->marker_line = "";
		bus_manager_changed(m->manager, "MarkerLine");
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
	unsigned int offset;
	int r;

	if (!m->cfg->marker_line[0] || m->request)
		return;
	settings = line_settings(m->cfg);
	if (!settings) {
		log_error("marker line: out of memory");
		return;
	}
	m->request = line_request(m->cfg->marker_line, settings, &offset, err);
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

	if (!m)
		return -ENOMEM;
	m->edges = gpiod_edge_event_buffer_new(EDGES);
	if (!m->edges) {
		free(m);
		return -ENOMEM;
	}
	m->event = event;
	m->manager = manager;
	m->cfg = cfg;
	*ret = m;
	marker_attach(m);
	return 0;
}

void marker_free(struct marker *m)
{
	if (!m)
		return;
	detach(m);
	gpiod_edge_event_buffer_free(m->edges);
	free(m);
}
