// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A sensor on IIO devices: one, or a pair whose streams are joined on the common clock.
 * Each device is a leg that comes, fails and recovers by itself.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/bus_claims.h"
#include "log.h"
#include "sensor/sensor.h"
#include "sensor/sensor_leg.h"
#include "source/merge.h"

/* A pair's frame waits for the other leg at most one watermark period and this long. */
#define PAIR_WAIT_NS	100000000LL
#define PAIR_NAME_SIZE	128

enum { PAIR_MOTION, PAIR_FILM };

/**
 * struct sensor_live - a sensor with one leg, or a pair with two
 * @present:	the leg's device is there
 * @info:	of the leg's source, last seen; mode "" = never
 * @merge:	of a pair
 * @due:	when frames of a pair have waited long enough
 * @was_paused:	as last seen by sensor_live_pause()
 * @lent:	how many hold the sensor by Inhibit()
 */
struct sensor_live {
	struct sensor base;
	struct leg legs[MERGE_LEGS];
	unsigned int n_legs;
	bool present[MERGE_LEGS];
	struct source_info info[MERGE_LEGS];
	struct merge merge;
	sd_event_source *due;
	bool was_paused;
	unsigned int lent;
	char lent_to[BUS_REASON_SIZE];
};

static unsigned int index_of(const struct leg *leg)
{
	const struct sensor_live *l = leg->owner;

	return (unsigned int)(leg - l->legs);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Nobody wants its samples. */
static bool is_paused(const struct sensor_live *l)
{
	const struct sensor_env *env = l->base.env;

	return env->paused && !(env->claims &&
				bus_claims_count_of(env->claims, bus_sensor_name(l->base.bus.path)));
}

/* ---- state ---------------------------------------------------------------- */

static bool is_streaming(const struct sensor_live *l, unsigned int i)
{
	return !strcmp(l->legs[i].state, "streaming") && !(l->n_legs > 1 && l->merge.leg[i].lags);
}

static void describe_fault(const struct sensor_live *l, unsigned int i, char *text)
{
	static const char *const what[] = { "motion", "film" };
	const struct leg *leg = &l->legs[i];

	if (!l->present[i])
		snprintf(text, BUS_REASON_SIZE, "the %s device is not there", what[i]);
	else if (!strcmp(leg->state, "streaming"))
		snprintf(text, BUS_REASON_SIZE, "%s (%s) is silent or late", leg->device, what[i]);
	else
		snprintf(text, BUS_REASON_SIZE, "%.32s (%s) %s%s%.150s", leg->device, what[i],
			 leg->state, leg->reason[0] ? ": " : "", leg->reason);
}

static void update_state(struct sensor_live *l)
{
	char why[BUS_REASON_SIZE];
	unsigned int streaming = 0, worst = 0;

	if (l->lent) {
		sensor_set_state(&l->base, "inhibited", l->lent_to);
		return;
	}
	if (is_paused(l)) {
		sensor_set_state(&l->base, "idle", "no client claims it (Listen=on-demand)");
		return;
	}
	for (unsigned int i = 0; i < l->n_legs; i++) {
		if (is_streaming(l, i))
			streaming++;
		else
			worst = i;
	}
	if (streaming == l->n_legs) {
		sensor_set_state(&l->base, "streaming", "");
	} else if (l->n_legs == 1) {
		sensor_set_state(&l->base, l->legs[0].state, l->legs[0].reason);
	} else if (streaming) {
		describe_fault(l, worst, why);
		/* A start is no fault; if it becomes one, the leg says so. */
		if (strcmp(l->base.bus.state, "degraded"))
			log_msg(!strcmp(l->legs[worst].state, "starting") ? LOG_INFO : LOG_WARNING,
				"%s: degraded: %s", l->base.device, why);
		sensor_set_state(&l->base, "degraded", why);
	} else {
		/* Neither: the first that is there speaks for both. */
		unsigned int i = l->present[0] ? 0 : 1;

		describe_fault(l, i, why);
		sensor_set_state(&l->base,
				 strcmp(l->legs[i].state, "streaming") ? l->legs[i].state :
									 "stalled",
				 strcmp(l->legs[i].state, "starting") ? why : "");
	}
}

static void update_counters(struct sensor_live *l)
{
	struct bus_sensor *b = &l->base.bus;

	b->samples_lost = 0;
	b->restarts = 0;
	for (unsigned int i = 0; i < l->n_legs; i++) {
		b->samples_lost += l->legs[i].lost;
		b->restarts += l->legs[i].restarts;
		if (l->n_legs > 1)
			b->samples_lost += l->merge.leg[i].late;
	}
}

/* ---- frames --------------------------------------------------------------- */

static void rearm_due(struct sensor_live *l)
{
	int64_t due = merge_due_ns(&l->merge);
	int r = 0;

	if (due != INT64_MAX)
		r = sd_event_source_set_time(l->due, (uint64_t)(due / 1000 + 1));
	if (r >= 0)
		r = sd_event_source_set_enabled(l->due, due == INT64_MAX ? SD_EVENT_OFF :
						SD_EVENT_ONESHOT);
	if (r < 0)
		log_error("%s: no timer: %s", l->base.device, strerror(-r));
}

/* Hand out what the pair has in order. */
static void pull(struct sensor_live *l)
{
	bool lagged[MERGE_LEGS] = { l->merge.leg[0].lags, l->merge.leg[1].lags };
	struct sensor *s = &l->base;
	int64_t now = now_ns();
	size_t n;

	while ((n = merge_pull(&l->merge, s->frames, SENSOR_FRAMES, now)) > 0)
		sensor_feed(s, s->frames, n);
	rearm_due(l);
	if (lagged[0] != l->merge.leg[0].lags || lagged[1] != l->merge.leg[1].lags)
		update_state(l);
}

static int on_due(sd_event_source *src, uint64_t usec, void *userdata)
{
	(void)src;
	(void)usec;
	pull(userdata);
	return 0;
}

static size_t leg_room(struct leg *leg)
{
	struct sensor_live *l = leg->owner;

	return l->n_legs == 1 ? LEG_FRAMES : merge_room(&l->merge, index_of(leg));
}

static void leg_frames(struct leg *leg, const struct bp_frame *frames, size_t n)
{
	struct sensor_live *l = leg->owner;
	bool lagged;

	update_counters(l);
	if (l->n_legs == 1) {
		sensor_feed(&l->base, frames, n);
	} else {
		lagged = l->merge.leg[index_of(leg)].lags;
		merge_push(&l->merge, index_of(leg), frames, n);
		if (lagged != l->merge.leg[index_of(leg)].lags)
			update_state(l);
		pull(l);
	}
}

static void leg_changed(struct leg *leg)
{
	struct sensor_live *l = leg->owner;

	/* A leg that starts is waited for as well: the pair begins together. */
	if (l->n_legs > 1) {
		merge_set_flows(&l->merge, index_of(leg), !strcmp(leg->state, "streaming") ||
				!strcmp(leg->state, "starting"));
		pull(l);
	}
	update_counters(l);
	update_state(l);
}

/* ---- sources -------------------------------------------------------------- */

static void leg_options(struct leg *leg, struct source_iio_options *opt)
{
	struct sensor_live *l = leg->owner;
	const struct config *cfg = l->base.env->cfg;

	*opt = (struct source_iio_options) {
		.uri = cfg->uri,
		.mode = cfg->mode,
		.rate_hz = cfg->rate_hz,
		.accel_range_g = cfg->accel_range_g,
		.film_range_mv = cfg->film_range_mv,
		.watermark = cfg->watermark,
	};
	if (l->n_legs == 1)
		return;
	if (index_of(leg) == PAIR_FILM) {
		opt->mode = "film";
		opt->rate_hz = cfg->film_rate_hz;
	} else {
		/* As long as the film's, in time: the slower would hold up the faster. */
		opt->mode = "motion";
		opt->watermark =
			(unsigned int)ceil(cfg->watermark * cfg->rate_hz / cfg->film_rate_hz);
	}
}

/* What the pair is: of a leg that was never seen, what the settings ask for. */
static void join_info(const struct sensor_live *l, struct source_info *info)
{
	const struct config *cfg = l->base.env->cfg;
	const struct source_info *motion = &l->info[PAIR_MOTION], *film = &l->info[PAIR_FILM];

	*info = motion->mode[0] ? *motion : (struct source_info) {
		.config = { .motion_rate_hz = cfg->rate_hz, .motion_range_g = cfg->accel_range_g },
	};
	snprintf(info->name, sizeof(info->name), "%s", l->base.name);
	strcpy(info->mode, "pair");
	info->config.film_rate_hz = film->mode[0] ? film->config.film_rate_hz : cfg->film_rate_hz;
	info->config.film_range_mv =
		film->mode[0] ? film->config.film_range_mv : cfg->film_range_mv;
	info->scales[SOURCE_FILM] = film->scales[SOURCE_FILM];
	info->film_lowpass_hz = film->film_lowpass_hz;
}

static int leg_opened(struct leg *leg, const struct source_info *info)
{
	struct sensor_live *l = leg->owner;
	struct source_info joined;

	if (l->n_legs == 1)
		return sensor_set_source(&l->base, info);
	l->info[index_of(leg)] = *info;
	join_info(l, &joined);
	return sensor_set_source(&l->base, &joined);
}

static const struct leg_ops leg_ops = {
	.options = leg_options,
	.opened = leg_opened,
	.frames = leg_frames,
	.room = leg_room,
	.changed = leg_changed,
};

/* ---- lending -------------------------------------------------------------- */

static void start_legs(struct sensor_live *l)
{
	for (unsigned int i = 0; i < l->n_legs; i++)
		if (l->present[i])
			leg_start(&l->legs[i], l->legs[i].device);
}

static void stop_legs(struct sensor_live *l)
{
	for (unsigned int i = 0; i < l->n_legs; i++)
		if (l->present[i])
			leg_stop(&l->legs[i]);
}

/* Somebody has the device, or nobody wants it. */
static bool is_off(const struct sensor_live *l)
{
	return l->lent || is_paused(l);
}

void sensor_live_pause(struct sensor_live *l)
{
	if (l->was_paused == is_paused(l))
		return;
	l->was_paused = is_paused(l);
	log_info(l->was_paused ? "%s: nobody claims it: it is left alone" : "%s: is claimed",
		 l->base.device);
	if (!l->lent && l->was_paused)
		stop_legs(l);
	else if (!l->lent)
		start_legs(l);
	update_state(l);
}

static void lend(struct sensor *s, bool on, const char *who)
{
	struct sensor_live *l = (struct sensor_live *)s;

	if (on)
		snprintf(l->lent_to, sizeof(l->lent_to), "%s", who);
	if (on && !l->lent++) {
		if (!is_paused(l))
			stop_legs(l);
		log_info("%s: lent to %s", s->device, who);
	} else if (!on && !--l->lent) {
		log_info("%s: is back", s->device);
		if (!is_off(l))
			start_legs(l);
	}
	update_state(l);
}

/* ---- coming and going ----------------------------------------------------- */

static int64_t pair_wait_ns(const struct config *cfg)
{
	double period_s = cfg->watermark ? cfg->watermark / cfg->film_rate_hz : 0.04;

	return (int64_t)(period_s * 1e9) + PAIR_WAIT_NS;
}

int sensor_live_new(struct sensor_live **ret, const struct sensor_env *env, const char *id,
		    const char *name, bool pair)
{
	struct sensor_live *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->n_legs = pair ? 2 : 1;
	r = pair ? merge_init(&l->merge, pair_wait_ns(env->cfg)) : 0;
	for (unsigned int i = 0; i < l->n_legs && r >= 0; i++)
		r = leg_init(&l->legs[i], env->event, env->open, &leg_ops, l);
	if (r >= 0 && pair)
		r = sd_event_add_time(env->event, &l->due, CLOCK_MONOTONIC, UINT64_MAX, 1000,
				      on_due, l);
	if (r >= 0)
		r = sensor_init(&l->base, env, id, id, name, pair ? "pair" : env->cfg->mode,
				false);
	if (r < 0) {
		sensor_live_free(l);
		return r;
	}
	l->base.share.lend = lend;
	l->was_paused = is_paused(l);
	*ret = l;
	return 0;
}

void sensor_live_free(struct sensor_live *l)
{
	for (unsigned int i = 0; i < l->n_legs; i++)
		leg_free(&l->legs[i]);
	sd_event_source_disable_unref(l->due);
	if (l->n_legs > 1)
		merge_free(&l->merge);
	sensor_finish(&l->base);
	free(l);
}

const struct sensor *sensor_live_sensor(const struct sensor_live *l)
{
	return &l->base;
}

void sensor_live_attach(struct sensor_live *l, unsigned int leg, const char *device)
{
	l->present[leg] = true;
	if (is_off(l))
		snprintf(l->legs[leg].device, sizeof(l->legs[leg].device), "%s", device);
	else
		leg_start(&l->legs[leg], device);
	if (is_paused(l))
		update_state(l);
}

bool sensor_live_detach(struct sensor_live *l, const char *device)
{
	bool left = false;

	for (unsigned int i = 0; i < l->n_legs; i++) {
		if (l->present[i] && !strcmp(l->legs[i].device, device)) {
			l->present[i] = false;
			leg_stop(&l->legs[i]);
		}
		left = left || l->present[i];
	}
	return left;
}

const char *sensor_live_leg(const struct sensor_live *l, unsigned int leg)
{
	return l->present[leg] ? l->legs[leg].device : NULL;
}

bool sensor_live_has(const struct sensor_live *l, const char *device)
{
	for (unsigned int i = 0; i < l->n_legs; i++)
		if (l->present[i] && !strcmp(l->legs[i].device, device))
			return true;
	return false;
}

void sensor_live_restart(struct sensor_live *l)
{
	if (l->n_legs > 1)
		l->merge.wait_ns = pair_wait_ns(l->base.env->cfg);
	for (unsigned int i = 0; i < l->n_legs; i++)
		leg_restart(&l->legs[i]);
}

bool sensor_live_progress(struct sensor_live *l)
{
	bool all = true;

	for (unsigned int i = 0; i < l->n_legs; i++)
		all = leg_progress(&l->legs[i]) && all;
	return all;
}
