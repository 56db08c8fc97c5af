// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edf/utf8.h"
#include "log.h"
#include "sensor/sensor.h"

#define SYNC_US		500000u
#define RATE_WINDOW_NS	2000000000LL
#define RANGE_SAME	0.05
#define STATUS_EVERY_NS	250000000LL	/* news of breathing and movement */
#define HEALTH_LOG_NS	60000000000LL	/* of a channel's health so many lines are logged */
#define HEALTH_LOG_LINES 4u

int sensor_init(struct sensor *s, const struct sensor_env *env, const char *id,
		const char *device, const char *name, const char *mode, bool patient)
{
	char path[BUS_PATH_SIZE];
	int r;

	s->env = env;
	/* A replay's are its file's name, which may be anything; the bus takes UTF-8 alone. */
	utf8_copy(s->device, sizeof(s->device), device, strlen(device));
	utf8_copy(s->name, sizeof(s->name), name, strlen(name));
	snprintf(s->mode, sizeof(s->mode), "%s", mode);
	s->core_mem = aligned_alloc(BP_CORE_ALIGN, BP_CORE_STATE_SIZE);
	if (!s->core_mem)
		return -ENOMEM;
	s->bus.journal = env->journal->journal;
	s->bus.claims = env->claims;
	s->bus.name = s->name;
	s->bus.device = s->device;
	s->bus.mode = s->mode;
	s->bus.state = "starting";
	s->bus.state_reason = s->reason;
	s->bus.breath_rate = NAN;
	s->bus.breath_phase = bp_breath_phase_name(BP_BREATH_UNKNOWN);
	s->bus.movement = bp_movement_name(BP_MOVEMENT_UNKNOWN);
	s->bus.motion_health = bp_channel_state_name(BP_CHANNEL_ABSENT);
	s->bus.film_health = bp_channel_state_name(BP_CHANNEL_ABSENT);
	bus_sensor_path(path, id);
	journal_meet(s->bus.journal, bus_sensor_name(path));
	r = sensor_share_init(&s->share, s, env->event, env->bus, path);
	if (r >= 0)
		r = sensor_record_init(s, id, patient);
	return r < 0 ? r : bus_sensor_add(&s->bus, env->bus, id);
}

void sensor_finish(struct sensor *s)
{
	if (s->bus.slot)
		sensor_flush(s);
	bus_sensor_remove(&s->bus);
	sensor_share_finish(&s->share);
	bus_recorder_remove(&s->bus_recorder);
	sensor_record_finish(s);
	free(s->core_mem);
	s->core = NULL;
	s->core_mem = NULL;
}

int sensor_set_source(struct sensor *s, const struct source_info *info)
{
	static const char *const news[] = { "Mode", "SampleRate", NULL };
	const struct bp_config *cfg = &info->config;
	const struct bp_config *old = &s->core_config;

	/*
	 * A core that fits lives on: it knows sites, and which joints are refractory.  Full
	 * scales are rounded by data sheets, and before a device was seen by the settings.
	 */
	if (!s->core || cfg->motion_rate_hz != old->motion_rate_hz ||
	    cfg->film_rate_hz != old->film_rate_hz ||
	    fabs(cfg->motion_range_g - old->motion_range_g) > RANGE_SAME * old->motion_range_g ||
	    fabs(cfg->film_range_mv - old->film_range_mv) > RANGE_SAME * old->film_range_mv) {
		s->core = bp_core_init(s->core_mem, BP_CORE_STATE_SIZE, cfg);
		if (!s->core)
			return -EINVAL;
		s->core_config = *cfg;
		s->number_base = journal_last_number(s->bus.journal, bus_sensor_name(s->bus.path));
	}
	snprintf(s->mode, sizeof(s->mode), "%s", info->mode);
	s->bus.sample_rate = fmax(cfg->motion_rate_hz, cfg->film_rate_hz);
	s->bus.measured_rate = 0;
	s->rate_from_ns = 0;
	tap_set_source(&s->share.tap, info, s->device);
	bus_sensor_changed(&s->bus, news);
	return recorder_set_source(s->recorder, info);
}

void sensor_set_state(struct sensor *s, const char *state, const char *reason)
{
	static const char *const news[] = { "State", "StateReason", NULL };
	char clean[sizeof(s->reason)];

	utf8_copy(clean, sizeof(clean), reason, strlen(reason));
	if (!strcmp(s->bus.state, state) && !strcmp(s->reason, clean))
		return;
	s->bus.state = state;
	strcpy(s->reason, clean);
	bus_sensor_changed(&s->bus, news);
}

static void publish_events(struct sensor *s)
{
	struct bp_event ev;

	while (bp_core_next_event(s->core, &ev)) {
		uint64_t number = s->number_base + ev.number;
		struct bp_event told;
		int r;

		/* The pulse first: it is the one that somebody may time. */
		trigger_event(s->env->trigger, &s->settle, &ev);
		told = ev;
		told.number = (uint32_t)number;
		recorder_event(s->recorder, &told);
		if (!ev.revision)
			s->bus.events++;
		s->bus.last_event = number > s->bus.last_event ? number : s->bus.last_event;
		journal_note_number(s->bus.journal, bus_sensor_name(s->bus.path), number);
		r = bus_journal_event(s->env->journal, s->bus.path, number,
				      (int64_t)s->bus.stream_start, &ev);
		if (r < 0)
			s->suppressed++;
		if (r < 0 && s->suppressed == 1)
			log_error("%s: event %llu.%u is not told: %s", s->device,
				  (unsigned long long)number, ev.revision, strerror(-r));
	}
}

/*
 * One channel's health; what is wrong with it is for the log, too, but a loose wire comes and
 * goes: that is a line or two a minute.  Return: is it news?
 */
static bool note_health(struct sensor *s, enum sensor_channel which, const char **shown,
			enum bp_channel_state state)
{
	static const char *const names[] = { "the accelerometer", "the film" };
	struct sensor_health_log *minute = &s->health_log[which];
	const char *before = *shown, *channel = names[which];

	*shown = bp_channel_state_name(state);
	if (!strcmp(before, *shown))
		return false;
	if (s->last_ns - minute->from_ns >= HEALTH_LOG_NS) {
		if (minute->lines > HEALTH_LOG_LINES)
			log_notice("%s: %s came and went: %u changes were left out here", s->device,
				   channel, minute->lines - HEALTH_LOG_LINES);
		*minute = (struct sensor_health_log){ .from_ns = s->last_ns };
	}
	if (minute->lines++ >= HEALTH_LOG_LINES)
		return true;
	if (state != BP_CHANNEL_OK && state != BP_CHANNEL_ABSENT)
		log_warning("%s: %s is %s: what it would hear is not heard", s->device, channel,
			    *shown);
	else if (strcmp(before, bp_channel_state_name(BP_CHANNEL_ABSENT)))
		log_notice("%s: %s is %s again", s->device, channel, *shown);
	return true;
}

/* Breathing, movement and channels, told when they change, and not too often. */
static void publish_status(struct sensor *s)
{
	const char *news[6];
	size_t n = 0;
	struct bp_status st;

	bp_core_status(s->core, &st);
	s->bus.events_suppressed = st.suppressed + s->suppressed;
	if (s->last_ns - s->shown_ns < STATUS_EVERY_NS)
		return;
	s->shown_ns = s->last_ns;
	if (strcmp(s->bus.breath_phase, bp_breath_phase_name(st.breath_phase)))
		news[n++] = "BreathPhase";
	if (strcmp(s->bus.movement, bp_movement_name(st.movement)))
		news[n++] = "Movement";
	if (isnan(s->bus.breath_rate) != isnan(st.breath_rate_bpm) ||
	    fabs(s->bus.breath_rate - (double)st.breath_rate_bpm) >= 0.1) {
		s->bus.breath_rate = (double)st.breath_rate_bpm;
		news[n++] = "BreathRate";
	}
	s->bus.breath_phase = bp_breath_phase_name(st.breath_phase);
	s->bus.movement = bp_movement_name(st.movement);
	if (note_health(s, SENSOR_MOTION, &s->bus.motion_health, st.motion.state))
		news[n++] = "MotionHealth";
	if (note_health(s, SENSOR_FILM, &s->bus.film_health, st.film.state))
		news[n++] = "FilmHealth";
	news[n] = NULL;
	if (n)
		bus_sensor_changed(&s->bus, news);
}

/* The rate of the fastest channel by the time stamps, over windows of two seconds. */
static void measure_rate(struct sensor *s, const struct bp_frame *frames, size_t n)
{
	uint32_t counted = s->core_config.film_rate_hz >= s->core_config.motion_rate_hz ?
			   BP_HAS_FILM : BP_HAS_MOTION;

	for (size_t i = 0; i < n; i++) {
		int64_t span = frames[i].t_ns - s->rate_from_ns;

		if (!(frames[i].has & counted))
			continue;
		if (s->rate_from_ns) {
			s->rate_frames++;
			if (span < RATE_WINDOW_NS)
				continue;
			s->bus.measured_rate = (double)s->rate_frames * 1e9 / (double)span;
		}
		s->rate_from_ns = frames[i].t_ns;
		s->rate_frames = 0;
	}
}

void sensor_feed(struct sensor *s, const struct bp_frame *frames, size_t n)
{
	static const char *const news[] = { "StreamStart", NULL };

	if (!s->bus.stream_start) {
		s->bus.stream_start = (uint64_t)frames[0].t_ns;
		bus_sensor_changed(&s->bus, news);
	}
	bp_core_push(s->core, frames, n);
	s->last_ns = frames[n - 1].t_ns;
	/* Before the frames: what the recorder holds for settled must not lack a revision. */
	publish_events(s);
	recorder_feed(s->recorder, frames, n);
	trigger_advance(s->env->trigger, &s->settle, s->last_ns);
	tap_push(&s->share.tap, frames, n, s->bus.samples_lost);
	s->bus.samples_read += n;
	measure_rate(s, frames, n);
	publish_status(s);
	sensor_record_progress(s);
}

void sensor_flush(struct sensor *s)
{
	if (!s->core)
		return;
	bp_core_flush(s->core);
	publish_events(s);
	/* The core has settled everything: nothing is left to wait for. */
	trigger_advance(s->env->trigger, &s->settle, INT64_MAX);
	s->core = NULL;
	/* The last events are told before the end is, unless the disk is slow. */
	journal_sync(s->bus.journal, SYNC_US);
}
