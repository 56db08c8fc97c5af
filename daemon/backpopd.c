// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backpopd: runs the sensors that are there, and tells what they hear on D-Bus
 * and a trigger line.  This file is the program: start, reload and end.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <systemd/sd-event.h>

#include "bus/bus.h"
#include "bus/bus_journal.h"
#include "bus/bus_log.h"
#include "bus/bus_session.h"
#include "clockwatch.h"
#include "config.h"
#include "gpio/marker.h"
#include "gpio/trigger.h"
#include "hotplug.h"
#include "log.h"
#include "notify.h"
#include "options.h"
#include "sensor/sensor.h"
#include "sensor/sensor_set.h"
#include "session_person.h"

#define CLEAN_US	(3600 * 1000000ULL)
#define CLEAN_SLACK_US	(300 * 1000000ULL)	/* with whatever wakes us anyway */

struct app {
	const struct options *opt;
	struct config cfg;
	sd_event *event;
	sd_bus *bus;
	struct bus_manager manager;
	struct journal *journal;
	struct bus_journal bus_journal;
	struct bus_session bus_session;
	struct marker *marker;
	struct trigger *trigger;
	struct sensor_env env;
	struct sensor_set sensors;
	struct hotplug *hotplug;
	struct clockwatch *clockwatch;
	sd_event_source *clean;		/* NULL in a replay */
	struct notify *notify;
	bool hopeless;			/* trying again mends nothing */
};

/* ---- what happens around us ------------------------------------------------ */

static void on_iio_added(void *userdata, const struct hotplug_iio *dev)
{
	struct app *app = userdata;

	sensor_set_add(&app->sensors, dev);
	notify_wake(app->notify);
}

static void on_iio_removed(void *userdata, const char *device)
{
	struct app *app = userdata;

	sensor_set_remove(&app->sensors, device);
	notify_wake(app->notify);
}

static void on_gpio_changed(void *userdata)
{
	struct app *app = userdata;

	marker_attach(app->marker);
	trigger_attach(app->trigger);
}

static const struct hotplug_ops hotplug_ops = {
	.iio_added = on_iio_added,
	.iio_removed = on_iio_removed,
	.gpio_changed = on_gpio_changed,
};

/*
 * Now and by the hour: who wants nothing older than a month wants it also when nothing is
 * recorded.  Who keeps all is not woken for it.
 */
static int clean_recordings(struct app *app)
{
	const struct recorder_settings *s = &app->cfg.recorder;
	bool keeps_all = !s->keep_s && !s->keep_bytes;
	int r;

	recorder_clean(s);
	r = sd_event_source_set_time_relative(app->clean, CLEAN_US);
	return r < 0 ? r : sd_event_source_set_enabled(app->clean, keeps_all ? SD_EVENT_OFF :
						       SD_EVENT_ONESHOT);
}

static int on_clean(sd_event_source *src, uint64_t usec, void *userdata)
{
	(void)src;
	(void)usec;
	return clean_recordings(userdata);
}

/* Time stamps stand still while the machine sleeps: the stream is not one any more. */
static void on_slept(void *userdata, int64_t ns)
{
	struct app *app = userdata;

	log_notice("the machine slept for %.1f s: streams are started anew", (double)ns / 1e9);
	sensor_set_restart(&app->sensors);
}

static void on_stepped(void *userdata, int64_t ns)
{
	(void)userdata;
	log_notice("the wall clock was set by %+.3f s; time stamps are not concerned",
		   (double)ns / 1e9);
}

/* It changes the order of what people do, and what a recording's start tells. */
static void on_set(void *userdata, int64_t ns)
{
	struct app *app = userdata;
	int r = bus_journal_clock_set(&app->bus_journal, ns);

	if (r < 0)
		log_error("this is not noted in the journal: %s", strerror(-r));
	recorder_clock_set();
}

static const struct clockwatch_ops clockwatch_ops = {
	.slept = on_slept,
	.stepped = on_stepped,
	.set = on_set,
};

/* ---- the service manager -------------------------------------------------- */

static bool is_idle(void *userdata)
{
	struct app *app = userdata;

	return sensor_set_idle(&app->sensors);
}

static bool has_progress(void *userdata)
{
	struct app *app = userdata;

	return sensor_set_progress(&app->sensors);
}

static void describe(void *userdata, char *line, size_t size)
{
	struct app *app = userdata;

	sensor_set_describe(&app->sensors, line, size);
}

static const struct notify_ops notify_ops = {
	.idle = is_idle,
	.progress = has_progress,
	.status = describe,
};

/* Claims or settings have changed: to whom do we have to listen? */
static void update_paused(struct app *app)
{
	app->env.paused = app->cfg.on_demand;
	sensor_set_pause(&app->sensors);
	notify_wake(app->notify);
}

static void on_claimed(void *userdata)
{
	update_paused(userdata);
}

/* ---- settings ------------------------------------------------------------- */

static int load_config(const struct options *opt, struct config *cfg)
{
	char err[CONFIG_ERROR_SIZE];
	int r;

	config_default(cfg);
	r = opt->config ? config_load_file(cfg, opt->config, err) :
			  config_load(cfg, BACKPOP_SYSCONFDIR, BACKPOP_LIBDIR, err);
	if (r < 0)
		log_error("%s", err);
	else if (config_warning(cfg))
		log_warning("%s", config_warning(cfg));
	return r;
}

/* Take up the files anew; what has not changed in them goes on as if nothing were. */
static int on_reload(sd_event_source *src, const struct signalfd_siginfo *si, void *userdata)
{
	struct app *app = userdata;
	struct config old = app->cfg, new;

	(void)src;
	(void)si;
	notify_reloading();
	if (load_config(app->opt, &new) < 0) {
		log_error("the settings stay as they were");
		notify_reloaded(app->notify, "settings not reloaded: see the log");
		return 0;
	}
	app->cfg = new;
	if (config_marker_differs(&old, &new))
		marker_reload(app->marker);
	if (config_triggers_differ(&old, &new))
		trigger_reload(app->trigger, &old);
	if (config_sensor_differs(&old, &new))
		sensor_set_reload(&app->sensors, &old);
	journal_set_settings(app->journal, &app->cfg.journal);
	recorder_set_settings_all(&app->cfg.recorder);
	if (app->clean && clean_recordings(app) < 0)
		log_error("old recordings are not looked after");
	update_paused(app);
	log_info("settings reloaded");
	notify_reloaded(app->notify, NULL);
	return 0;
}

/* ---- start and end -------------------------------------------------------- */

static int complain(const char *what, int r)
{
	log_error("%s: %s", what, strerror(-r));
	return r;
}

static void on_journal_changed(void *userdata)
{
	struct app *app = userdata;

	bus_journal_changed(&app->bus_journal);
}

/* The directory that the service manager has made for us, if nothing else is said. */
static int start_journal(struct app *app, const char *directory)
{
	const char *env = getenv("STATE_DIRECTORY");
	char err[DB_ERROR_SIZE + PATH_MAX], first[PATH_MAX];
	int r;

	if (!directory && env && *env) {
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(env, ":"), env);
		directory = first;
	}
	r = journal_open(&app->journal, app->event, directory, &app->cfg.journal,
			 on_journal_changed, app, err);
	app->hopeless = r == -EPROTO;
	if (r < 0)
		log_error("%s", err);
	else if (!directory)
		log_notice("no --state and no $STATE_DIRECTORY: what is heard is kept in memory only");
	return r;
}

/* Recordings begin and end with sessions; one may run since before this start. */
static void on_session(void *userdata)
{
	struct app *app = userdata;
	const struct record_session *current = journal_session(app->journal);
	struct recorder_person who;

	if (current->number)
		session_person(current->metadata, &who);
	recorder_set_session(current->number ? &who : NULL);
}

static int start_bus(struct app *app, bool user)
{
	int r = bus_connect(&app->bus, user);

	if (r < 0)
		return complain(user ? "cannot connect to the session bus" :
					  "cannot connect to the system bus", r);
	r = sd_bus_attach_event(app->bus, app->event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = bus_manager_add(&app->manager, app->bus);
	if (r >= 0)
		r = bus_journal_add(&app->bus_journal, app->bus, app->journal);
	if (r >= 0)
		r = bus_session_add(&app->bus_session, app->bus, app->journal);
	if (r >= 0)
		r = bus_log_add(app->bus, NULL);
	app->manager.journal = &app->bus_journal;
	app->manager.claimed = on_claimed;
	app->manager.userdata = app;
	app->bus_session.changed = on_session;
	app->bus_session.userdata = app;
	on_session(app);
	return r < 0 ? complain("cannot set up D-Bus", r) : 0;
}

static int start_gpio(struct app *app)
{
	int r = trigger_new(&app->trigger, app->event, &app->manager, &app->cfg);

	if (r >= 0)
		r = marker_new(&app->marker, app->event, &app->manager, &app->cfg);
	return r < 0 ? complain("cannot set up GPIO", r) : 0;
}

/* @src is taken over. */
static int start_sensors(struct app *app, struct source *src, bool realtime)
{
	int r;

	app->env = (struct sensor_env) {
		.event = app->event,
		.bus = app->bus,
		.journal = &app->bus_journal,
		.trigger = app->trigger,
		.cfg = &app->cfg,
		.open = source_open_iio,
		.paused = app->cfg.on_demand,
		.claims = &app->manager.claims,
	};
	app->sensors.env = &app->env;
	if (src) {
		r = sensor_replay_new(&app->sensors.replay, &app->env, src, realtime);
		return r < 0 ? complain("cannot start the replay", r) : 0;
	}
	r = sd_event_add_time_relative(app->event, &app->clean, CLOCK_MONOTONIC, CLEAN_US,
				       CLEAN_SLACK_US, on_clean, app);
	if (r >= 0)
		r = clean_recordings(app);
	if (r < 0)
		return complain("cannot look after old recordings", r);
	r = clockwatch_new(&app->clockwatch, app->event, &clockwatch_ops, app);
	if (r < 0)
		return complain("cannot watch the clock", r);
	sensor_set_add_remote(&app->sensors);
	r = hotplug_new(&app->hotplug, app->event, &hotplug_ops, app);
	return r < 0 ? complain("cannot listen to udev", r) : 0;
}

static int start_event_loop(struct app *app)
{
	sigset_t set;
	int r;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	/* A file-size limit is met as a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	r = sd_event_default(&app->event);
	if (r >= 0)
		r = sd_event_add_signal(app->event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(app->event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(app->event, NULL, SIGHUP, on_reload, app);
	return r < 0 ? complain("cannot set up the event loop", r) : 0;
}

static void stop(struct app *app)
{
	notify_free(app->notify);
	hotplug_free(app->hotplug);
	if (app->trigger)
		trigger_release(app->trigger);
	sensor_set_free(&app->sensors);
	clockwatch_free(app->clockwatch);
	sd_event_source_disable_unref(app->clean);
	marker_free(app->marker);
	trigger_free(app->trigger);
	/* Tells what was on its way to the disk: the bus must still be there. */
	journal_close(app->journal);
	bus_session_remove(&app->bus_session);
	bus_journal_remove(&app->bus_journal);
	bus_manager_remove(&app->manager);
	sd_bus_flush_close_unref(app->bus);
	sd_event_unref(app->event);
}

static int run(const struct options *opt, struct app *app)
{
	struct source *src = NULL;
	char err[SOURCE_ERROR_SIZE];
	int r;

	if (opt->replay) {
		src = source_open_edf(opt->replay, err);
		if (!src) {
			log_error("%s", err);
			return -errno;
		}
		if (err[0])
			log_warning("%s", err);
	}
	r = start_event_loop(app);
	if (r >= 0)
		r = start_journal(app, opt->state);
	if (r >= 0)
		r = start_bus(app, opt->user);
	if (r >= 0)
		r = start_gpio(app);
	if (r < 0) {
		if (src)
			src->ops->close(src);
		return r;
	}
	r = start_sensors(app, src, opt->realtime);
	if (r < 0)
		return r;
	/* The name comes last: who sees it finds everything in place. */
	r = bus_take_name(app->bus);
	if (r == -EEXIST)
		log_error("another backpopd has the D-Bus name " BUS_NAME);
	else if (r < 0)
		complain("cannot take the D-Bus name " BUS_NAME, r);
	if (r < 0)
		return r;
	r = notify_new(&app->notify, app->event, &notify_ops, app);
	if (r < 0)
		return complain("cannot talk to the service manager", r);
	return sd_event_loop(app->event);
}

/* ---- the program ---------------------------------------------------------- */

/* What was printed is there, or somebody must be told. */
static int finish_output(void)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_SUCCESS;
	log_error("standard output: %s", errno ? strerror(errno) : "cannot be written");
	return EXIT_FAILURE;
}

static int print_introspection(const char *path)
{
	char *xml;
	int r = bus_introspect(path, &xml);

	if (!r)
		fputs(xml, stdout);
	else
		log_error("no object '%s'; there are %s and %s/sensor/iio_device0", path, BUS_ROOT,
			  BUS_ROOT);
	free(xml);
	return r ? EXIT_FAILURE : finish_output();
}

int main(int argc, char **argv)
{
	struct options opt = { 0 };
	struct app app = { 0 };
	int r;

	/* What is heard is somebody's health. */
	umask(0077);
	r = options_parse(argc, argv, &opt);
	if (r >= 0)
		return r ? r : finish_output();
	if (opt.introspect)
		return print_introspection(opt.introspect);

	/* Trying again mends no file: the unit does not. */
	if (load_config(&opt, &app.cfg) < 0)
		return EX_CONFIG;
	if (opt.check_config) {
		if (!opt.quiet)
			config_print(stdout, &app.cfg);
		return finish_output();
	}
	if (opt.idle_lines)
		return trigger_idle(&app.cfg) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	app.opt = &opt;
	r = log_take_stderr();
	if (r < 0)
		log_warning("what libraries print stays on stderr: %s", strerror(-r));
	r = run(&opt, &app);
	stop(&app);
	if (app.hopeless)
		return EX_CONFIG;
	/* Above 0: the bus has gone, and the service manager is to start us anew. */
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
