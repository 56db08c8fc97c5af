// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sensors on fake sources: a pair joined, its legs failing and coming back one by one,
 * unplugging a hundred times, lending the device, and the stream to other programs.  The
 * bus is a socket pair to ourselves; time is the real clock, waited for by the event.
 */
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bus/backpop-stream.h"
#include "bus/bus_claims.h"
#include "sensor/sensor_set.h"
#include "unit/bus_pair.h"
#include "unit/ktap.h"

#define MS	1000000LL
#define FAKES	4

/* A device that the test plays: frames put into it come out of its source. */
struct fake {
	char device[64];
	struct source src;
	int fd;			/* -1: not open */
	int opens;
	int open_error;		/* what opening gives */
	int read_error;		/* what reading gives when empty */
	double rate_hz;
	char mode[16];
	unsigned int watermark;
	uint64_t n_read;
	struct bp_frame q[65536];
	size_t head, n;
};

static struct fake fakes[FAKES];
static sd_event *event;
static sd_bus *server, *client;
static struct bus_manager manager;
static struct trigger *trigger;
static struct config cfg;
static struct bus_journal bus_journal;
static struct sensor_env env;
static struct sensor_set set;

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* ---- the fake source ------------------------------------------------------ */

static int fake_poll_fd(struct source *s)
{
	return ((struct fake *)((char *)s - offsetof(struct fake, src)))->fd;
}

static ssize_t fake_read(struct source *s, struct bp_frame *frames, size_t max)
{
	struct fake *f = (struct fake *)((char *)s - offsetof(struct fake, src));
	size_t n = f->n < max ? f->n : max;
	eventfd_t value;

	if (!n && f->read_error) {
		snprintf(s->error, sizeof(s->error), "fake: %s", strerror(-f->read_error));
		return f->read_error;
	}
	for (size_t i = 0; i < n; i++)
		frames[i] = f->q[f->head + i];
	f->head += n;
	f->n -= n;
	f->n_read += n;
	if (!f->n)
		eventfd_read(f->fd, &value);
	return (ssize_t)n;
}

static void fake_counters(struct source *s, struct source_counters *c)
{
	(void)s;
	*c = (struct source_counters) { 0 };
}

static void fake_close(struct source *s)
{
	struct fake *f = (struct fake *)((char *)s - offsetof(struct fake, src));

	close(f->fd);
	f->fd = -1;
	f->n = 0;
}

static const struct source_ops fake_ops = {
	.poll_fd = fake_poll_fd,
	.read = fake_read,
	.counters = fake_counters,
	.close = fake_close,
};

static struct source *fake_open(const char *device, const struct source_iio_options *opt, char *err)
{
	struct fake *f = NULL;

	for (int i = 0; i < FAKES && !f; i++)
		if (!strcmp(fakes[i].device, device))
			f = &fakes[i];
	if (!f || f->open_error) {
		errno = f ? -f->open_error : ENODEV;
		snprintf(err, SOURCE_ERROR_SIZE, "fake %s: %s", device, strerror(errno));
		return NULL;
	}
	f->opens++;
	f->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	f->head = f->n = 0;
	f->rate_hz = opt->rate_hz;
	f->watermark = opt->watermark;
	snprintf(f->mode, sizeof(f->mode), "%s", opt->mode);
	f->src = (struct source) { .ops = &fake_ops };
	snprintf(f->src.info.name, sizeof(f->src.info.name), "fake");
	snprintf(f->src.info.mode, sizeof(f->src.info.mode), "%s", opt->mode);
	if (strcmp(opt->mode, "film"))
		f->src.info.config.motion_rate_hz = opt->rate_hz;
	if (strcmp(opt->mode, "motion"))
		f->src.info.config.film_rate_hz = opt->rate_hz;
	f->src.info.config.motion_range_g = 3.997;
	f->src.info.config.film_range_mv = 199.8;
	return &f->src;
}

static void put(struct fake *f, int64_t from_ns, size_t n)
{
	if (!f->n)
		f->head = 0;
	for (size_t i = 0; i < n; i++)
		f->q[f->head + f->n + i] = (struct bp_frame) {
			.t_ns = from_ns + (int64_t)((double)i * 1e9 / f->rate_hz),
			.has = !strcmp(f->mode, "film") ? BP_HAS_FILM : BP_HAS_MOTION,
			.accel_g = { 1, 0, 0 },
			.film_mv = (float)i,
		};
	f->n += n;
	eventfd_write(f->fd, 1);
}

/* ---- the world around ----------------------------------------------------- */

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)m;
	(void)userdata;
	(void)error;
	return 0;
}

static void begin(void)
{
	char err[DB_ERROR_SIZE + PATH_MAX];

	memset(fakes, 0, sizeof(fakes));
	for (int i = 0; i < FAKES; i++) {
		snprintf(fakes[i].device, sizeof(fakes[i].device), "iio:device%d", i);
		fakes[i].fd = -1;
	}
	sd_event_new(&event);
	bus_pair(&server, &client, false);
	sd_bus_attach_event(server, event, 0);
	sd_bus_attach_event(client, event, 0);
	sd_bus_add_filter(client, NULL, on_signal, NULL);
	config_default(&cfg);
	memset(&manager, 0, sizeof(manager));
	bus_manager_add(&manager, server);
	trigger_new(&trigger, event, &manager, &cfg);
	journal_open(&bus_journal.journal, event, NULL, &cfg.journal, NULL, NULL, err);
	bus_journal_add(&bus_journal, server, bus_journal.journal);
	env = (struct sensor_env) { .event = event,
				    .bus = server,
				    .journal = &bus_journal,
				    .trigger = trigger,
				    .cfg = &cfg,
				    .open = fake_open };
	set = (struct sensor_set) { .env = &env };
}

static void end(void)
{
	sensor_set_free(&set);
	trigger_free(trigger);
	journal_close(bus_journal.journal);
	bus_journal_remove(&bus_journal);
	bus_manager_remove(&manager);
	sd_bus_detach_event(server);
	sd_bus_detach_event(client);
	sd_bus_close_unref(client);
	sd_bus_close_unref(server);
	event = sd_event_unref(event);
}

/* Run what is ready. */
static void settle(void)
{
	while (sd_event_run(event, 0) > 0)
		;
}

/* Run the loop until @done says so; false: not in ten seconds. */
static bool run_until(bool (*done)(void))
{
	int64_t deadline = now_ns() + 10000 * MS;

	while (!done()) {
		if (now_ns() > deadline)
			return false;
		sd_event_run(event, 20000);
	}
	return true;
}

static void plug(int i, int address)
{
	struct hotplug_iio dev = { .name = HOTPLUG_IIO_NAME, .address = address };

	snprintf(dev.device, sizeof(dev.device), "iio:device%d", i);
	if (i == 3)
		strcpy(dev.label, "spine");
	sensor_set_add(&set, &dev);
}

static const struct sensor *the_sensor(void)
{
	for (int i = 0; i < SENSOR_SET_MAX; i++)
		if (set.live[i])
			return sensor_live_sensor(set.live[i]);
	return NULL;
}

static const char *state(void)
{
	return the_sensor() ? the_sensor()->bus.state : "none";
}

static bool streams(void)
{
	return !strcmp(state(), "streaming");
}

static bool degraded(void)
{
	return !strcmp(state(), "degraded");
}

/*
 * A pair's frames wait for each other by the clock: stamps ahead of it give a busy machine
 * that much between two lines of a test.
 */
static int64_t soon(void)
{
	return now_ns() + 1000 * MS;
}

static void make_pair(void)
{
	strcpy(cfg.pair[0], "0x20");
	strcpy(cfg.pair[1], "0x21");
}

/* ---- the pair ------------------------------------------------------------- */

static void devices_are_matched_by_address_label_and_name(void)
{
	struct hotplug_iio dev = { .device = "iio:device1", .label = "spine", .address = 0x21 };
	struct hotplug_iio bare = { .device = "iio:device1", .address = -1 };

	ktap_check(sensor_set_names("0x21", &dev) && sensor_set_names("spine", &dev) &&
		   sensor_set_names("iio:device1", &dev), "not matched");
	ktap_check(!sensor_set_names("0x20", &dev) && !sensor_set_names("0x", &dev) &&
		   !sensor_set_names("21", &dev) && !sensor_set_names("", &dev), "matched");
	ktap_check(!sensor_set_names("0x21", &bare) && !sensor_set_names("", &bare) &&
		   !sensor_set_names("0xffffffffffffffff", &bare), "bare device matched");
}

static void two_devices_are_one_sensor(void)
{
	int64_t t;

	begin();
	make_pair();
	plug(0, 0x20);
	ktap_check(!strcmp(fakes[0].mode, "motion") && fakes[0].rate_hz == 800, "leg 0: %s at %g",
		   fakes[0].mode, fakes[0].rate_hz);
	plug(1, 0x21);
	ktap_check(!strcmp(fakes[1].mode, "film") && fakes[1].rate_hz == 3200, "leg 1: %s at %g",
		   fakes[1].mode, fakes[1].rate_hz);
	ktap_check(fakes[0].watermark == 8 && fakes[1].watermark == 32, "watermarks %u and %u",
		   fakes[0].watermark, fakes[1].watermark);
	ktap_check(!strcmp(state(), "starting"), "state %s", state());
	t = soon();
	put(&fakes[0], t, 80);
	put(&fakes[1], t, 320);
	settle();
	ktap_check(streams(), "state %s: %s", state(), the_sensor()->reason);
	ktap_check(!strcmp(the_sensor()->mode, "pair"), "mode %s", the_sensor()->mode);
	ktap_check(the_sensor()->core_config.motion_rate_hz == 800 &&
		   the_sensor()->core_config.film_rate_hz == 3200, "rates");
	ktap_check(the_sensor()->bus.samples_read >= 396 && !the_sensor()->bus.samples_lost,
		   "%llu read, %llu lost", (unsigned long long)the_sensor()->bus.samples_read,
		   (unsigned long long)the_sensor()->bus.samples_lost);
	ktap_check(set.live[1] == NULL, "there is a second sensor");
	end();
}

static bool film_reopened(void)
{
	return fakes[1].opens == 2;
}

static void a_failed_leg_degrades_and_comes_back_alone(void)
{
	int64_t t;

	begin();
	make_pair();
	plug(0, 0x20);
	plug(1, 0x21);
	t = soon();
	put(&fakes[0], t, 80);
	put(&fakes[1], t, 320);
	settle();
	fakes[1].read_error = -ETIMEDOUT;
	eventfd_write(fakes[1].fd, 1);
	settle();
	ktap_check(degraded() && strstr(the_sensor()->reason, "iio:device1"), "state %s: %s",
		   state(), the_sensor()->reason);
	/* Nobody waits for it. */
	put(&fakes[0], t + 100 * MS, 80);
	settle();
	ktap_check(the_sensor()->bus.samples_read == 480, "read %llu of 480",
		   (unsigned long long)the_sensor()->bus.samples_read);
	fakes[1].read_error = 0;
	ktap_check(run_until(film_reopened), "not opened anew");
	ktap_check(fakes[0].opens == 1, "the good leg was disturbed");
	t = soon();
	put(&fakes[1], t, 320);
	put(&fakes[0], t, 80);
	ktap_check(run_until(streams), "state %s", state());
	ktap_check(the_sensor()->bus.restarts == 1, "restarts %llu",
		   (unsigned long long)the_sensor()->bus.restarts);
	end();
}

static void a_silent_leg_is_waited_for_and_then_told(void)
{
	int64_t t;

	begin();
	make_pair();
	plug(0, 0x20);
	plug(1, 0x21);
	t = soon();
	put(&fakes[0], t, 8);
	put(&fakes[1], t, 29);
	settle();
	ktap_check(streams(), "state %s", state());
	t += 10 * MS;
	put(&fakes[0], t, 8);
	settle();
	ktap_check(streams() && the_sensor()->bus.samples_read <= 37, "did not wait");
	ktap_check(run_until(degraded), "never told");
	ktap_check(the_sensor()->bus.samples_read == 45, "read %llu of 45",
		   (unsigned long long)the_sensor()->bus.samples_read);
	/* The bound: one watermark period of 10 ms, 100 ms, and what this machine adds. */
	ktap_check(now_ns() - t >= 100 * MS, "only %lld ms", (long long)(now_ns() - t) / 1000000);
	put(&fakes[1], soon(), 32);
	settle();
	ktap_check(streams(), "state %s: %s", state(), the_sensor()->reason);
	end();
}

static void a_pair_half_unplugged_goes_on(void)
{
	int64_t t;

	begin();
	make_pair();
	plug(0, 0x20);
	plug(1, 0x21);
	t = soon();
	put(&fakes[0], t, 80);
	put(&fakes[1], t, 320);
	settle();
	sensor_set_remove(&set, "iio:device0");
	ktap_check(degraded(), "state %s", state());
	put(&fakes[1], t + 100 * MS, 320);
	settle();
	ktap_check(the_sensor()->bus.samples_read == 720, "read %llu of 720",
		   (unsigned long long)the_sensor()->bus.samples_read);
	plug(2, 0x20);
	put(&fakes[2], t + 200 * MS, 80);
	put(&fakes[1], t + 200 * MS, 320);
	settle();
	ktap_check(streams(), "state %s: %s", state(), the_sensor()->reason);
	sensor_set_remove(&set, "iio:device1");
	sensor_set_remove(&set, "iio:device2");
	ktap_check(!the_sensor() && !set.pair, "the sensor is still there");
	end();
}

/* Two buses with a chip at the same address, or a label given twice. */
static void a_leg_is_taken_once(void)
{
	const struct sensor *other;

	begin();
	make_pair();
	plug(0, 0x20);
	plug(2, 0x20);
	plug(1, 0x21);
	ktap_check(set.live[0] == set.pair && set.live[1], "not a pair and a sensor");
	ktap_check(sensor_live_has(set.pair, "iio:device0") &&
		   sensor_live_has(set.pair, "iio:device1"), "the pair is of others");
	other = sensor_live_sensor(set.live[1]);
	ktap_check(!strcmp(other->device, "iio:device2") && !strcmp(fakes[0].mode, "motion") &&
		   !strcmp(fakes[2].mode, "motion+film"), "%s is the other, in mode %s",
		   other->device, fakes[2].mode);
	sensor_set_remove(&set, "iio:device0");
	ktap_check(fakes[0].fd < 0 && fakes[2].fd >= 0, "left open, or closed");
	end();
}

static void a_reload_joins_anew_only_if_need_be(void)
{
	struct sensor_live *before;
	struct config old;

	begin();
	plug(0, 0x20);
	plug(1, 0x21);
	ktap_check(set.live[0] && set.live[1] && !set.pair, "not two sensors");
	old = cfg;
	make_pair();
	sensor_set_reload(&set, &old);
	ktap_check(set.live[0] && !set.live[1] && set.pair == set.live[0], "not one pair");
	before = set.pair;
	old = cfg;
	cfg.film_rate_hz = 800;
	sensor_set_reload(&set, &old);
	ktap_check(set.pair == before && fakes[1].rate_hz == 800, "the pair was not kept, rate %g",
		   fakes[1].rate_hz);
	old = cfg;
	cfg.pair[0][0] = cfg.pair[1][0] = '\0';
	cfg.rate_hz = 400;
	sensor_set_reload(&set, &old);
	ktap_check(set.live[0] && set.live[1] && !set.pair, "not two sensors again");
	ktap_check(fakes[0].rate_hz == 400, "rate %g", fakes[0].rate_hz);
	before = set.live[0];
	old = cfg;
	cfg.rate_hz = 200;
	sensor_set_reload(&set, &old);
	ktap_check(set.live[0] == before && fakes[0].opens == 5 && fakes[0].rate_hz == 200,
		   "opens %d, rate %g", fakes[0].opens, fakes[0].rate_hz);
	end();
}

/* ---- coming and going ----------------------------------------------------- */

static int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void on_looked(struct journal_job *job, int error)
{
	(void)error;
	free(job);
}

/* The journal's thread has begun, and been through its first round: what it keeps it has. */
static void wait_for_journal(void)
{
	struct journal_job *job = calloc(1, sizeof(*job));

	job->done = on_looked;
	if (journal_submit(bus_journal.journal, job))
		free(job);
	journal_sync(bus_journal.journal, 10000000);
}

/* Twenty rounds first: then whatever the bus and the heap keep has been had. */
static void a_hundred_unpluggings_leave_nothing_behind(void)
{
	int fds = 0;
	size_t heap = 0;

	begin();
	wait_for_journal();
	for (int i = 0; i < 120; i++) {
		plug(0, 0x20);
		put(&fakes[0], now_ns(), 320);
		settle();
		if (!ktap_check(streams(), "round %d: state %s", i, state()))
			break;
		sensor_set_remove(&set, "iio:device0");
		settle();
		if (i == 19) {
			fds = open_fds();
			heap = mallinfo2().uordblks;
		}
	}
	ktap_check(open_fds() == fds, "descriptors: %d, expected %d", open_fds(), fds);
	ktap_check(mallinfo2().uordblks <= heap + 16384, "heap: %zu bytes, expected about %zu",
		   mallinfo2().uordblks, heap);
	end();
}

static bool opened_twice(void)
{
	return fakes[0].opens == 2;
}

static void a_device_that_does_not_open_is_tried_again(void)
{
	begin();
	fakes[0].open_error = -EBUSY;
	plug(0, 0x20);
	ktap_check(!strcmp(state(), "failed") && strstr(the_sensor()->reason, "busy"), "%s: %s",
		   state(), the_sensor()->reason);
	fakes[0].open_error = 0;
	fakes[0].opens = 1;
	ktap_check(run_until(opened_twice), "not tried again");
	end();
}

/* ---- lending and streaming ------------------------------------------------ */

struct reply {
	bool done;
	int fd;
	uint32_t version;
	char error[64];
};

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct reply *r = userdata;
	int fd;

	(void)error;
	r->done = true;
	if (sd_bus_message_is_method_error(m, NULL))
		snprintf(r->error, sizeof(r->error), "%s", sd_bus_message_get_error(m)->name);
	else if (sd_bus_message_read(m, "h", &fd) > 0)
		r->fd = dup(fd);
	return 1;
}

static struct reply call(const char *method, const char *types, const char *a, const char *b,
			 uint32_t c)
{
	const char *path = the_sensor()->bus.path;
	struct reply r = { .fd = -1 };
	int ret = -EINVAL;

	if (!strcmp(types, "s"))
		ret = sd_bus_call_method_async(client, NULL, NULL, path, BUS_STREAM, method,
					       on_reply, &r, "s", a);
	else if (!a)
		ret = sd_bus_call_method_async(client, NULL, NULL, path, BUS_STREAM, method,
					       on_reply, &r, "a{sv}", 0);
	else if (b)
		ret = sd_bus_call_method_async(client, NULL, NULL, path, BUS_STREAM, method,
					       on_reply, &r, "a{sv}", 1, a, "s", b);
	else
		ret = sd_bus_call_method_async(client, NULL, NULL, path, BUS_STREAM, method,
					       on_reply, &r, "a{sv}", 1, a, "u", c);
	for (int64_t deadline = now_ns() + 5000 * MS; ret >= 0 && !r.done && now_ns() < deadline;)
		sd_event_run(event, 10000);
	return r;
}

static void an_inhibited_device_is_free_until_the_descriptor_closes(void)
{
	struct reply a, b;

	begin();
	plug(0, 0x20);
	put(&fakes[0], now_ns(), 8);
	settle();
	a = call("Inhibit", "s", "iio_readdev", NULL, 0);
	if (!ktap_check(a.fd >= 0, "%s", a.error))
		return;
	ktap_check(fakes[0].fd < 0 && !strcmp(state(), "inhibited") &&
		   strstr(the_sensor()->reason, "iio_readdev"), "%s: %s", state(),
		   the_sensor()->reason);
	b = call("Inhibit", "s", "another", NULL, 0);
	ktap_check(b.fd >= 0 && the_sensor()->share.bus.inhibitors == 2, "inhibitors %u",
		   the_sensor()->share.bus.inhibitors);
	/* Unplugged and plugged in meanwhile: the other leg of no pair, still lent. */
	sensor_live_restart(set.live[0]);
	ktap_check(fakes[0].fd < 0, "opened while it is lent");
	close(a.fd);
	settle();
	ktap_check(fakes[0].fd < 0 && !strcmp(state(), "inhibited"), "taken back too early");
	close(b.fd);
	settle();
	ktap_check(fakes[0].fd >= 0 && fakes[0].opens == 2, "not opened again");
	put(&fakes[0], now_ns(), 8);
	settle();
	ktap_check(streams(), "state %s", state());
	a = call("Inhibit", "s", "", NULL, 0);
	ktap_check(strstr(a.error, "Error.InvalidArgument"), "no reason: %s", a.error);
	end();
}

/* The bus's own object, which takes its time. */
static sd_bus_message *question;

static int keep_question(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	sd_bus_message_unref(question);
	question = sd_bus_message_ref(m);
	return 1;
}

static bool is_asked(void)
{
	return question;
}

static void ask_to_lend(const char *why, struct reply *r)
{
	*r = (struct reply){ .fd = -1 };
	question = sd_bus_message_unref(question);
	sd_bus_call_method_async(client, NULL, NULL, the_sensor()->bus.path, BUS_STREAM, "Inhibit",
				 on_reply, r, "s", why);
	run_until(is_asked);
}

static void a_slow_bus_holds_no_samples_up(void)
{
	/* 200 bytes and 3: cut between the two bytes of a letter, were it cut anywhere. */
	char why[256] = "x\n", *p = why + 2;
	sd_bus_slot *slot;
	struct reply r;
	uint64_t read;

	while (p < why + 250)
		p = stpcpy(p, "\u00e4");
	begin();
	sd_bus_add_object(client, &slot, "/org/freedesktop/DBus", keep_question, NULL);
	plug(0, 0x20);
	put(&fakes[0], now_ns(), 8);
	settle();
	ask_to_lend(why, &r);
	read = the_sensor()->bus.samples_read;
	put(&fakes[0], now_ns(), 8);
	settle();
	ktap_check(!r.done && streams() && the_sensor()->bus.samples_read == read + 8,
		   "answered: %d, state %s, %llu samples more", r.done, state(),
		   (unsigned long long)(the_sensor()->bus.samples_read - read));
	sd_bus_reply_method_return(question, "u", 4711);
	for (int64_t deadline = now_ns() + 5000 * MS; !r.done && now_ns() < deadline;)
		sd_event_run(event, 10000);
	ktap_check(r.fd >= 0 && !strcmp(state(), "inhibited") &&
		   strstr(the_sensor()->reason, "\u00e4 (process 4711)") &&
		   !strncmp(the_sensor()->reason, "x?", 2), "%s: %s: %s", r.error, state(),
		   the_sensor()->reason);
	close(r.fd);
	settle();
	/* Unplugged before the bus has answered. */
	ask_to_lend("test", &r);
	sensor_set_remove(&set, "iio:device0");
	for (int64_t deadline = now_ns() + 5000 * MS; !r.done && now_ns() < deadline;)
		sd_event_run(event, 10000);
	ktap_check(strstr(r.error, "Error.NoDevice"), "gone: \"%s\"", r.error);
	sd_bus_reply_method_return(question, "u", 4711);
	settle();
	question = sd_bus_message_unref(question);
	sd_bus_slot_unref(slot);
	end();
}

static void nobody_claims_nobody_listens(void)
{
	begin();
	env.paused = true;
	plug(0, 0x20);
	settle();
	ktap_check(fakes[0].fd < 0 && !strcmp(state(), "idle"), "plugged in while idle: state %s",
		   state());
	env.paused = false;
	sensor_set_pause(&set);
	put(&fakes[0], now_ns(), 8);
	settle();
	ktap_check(streams() && fakes[0].opens == 1, "claimed: state %s", state());
	env.paused = true;
	sensor_set_pause(&set);
	sensor_live_restart(set.live[0]);
	settle();
	ktap_check(fakes[0].fd < 0 && !strcmp(state(), "idle"), "let go: state %s", state());
	/* Unplugged and plugged in: still nobody, until somebody claims. */
	sensor_set_remove(&set, "iio:device0");
	plug(0, 0x20);
	settle();
	ktap_check(fakes[0].fd < 0, "opened though nobody claims it");
	env.paused = false;
	sensor_set_pause(&set);
	put(&fakes[0], now_ns(), 8);
	settle();
	ktap_check(streams(), "claimed again: state %s", state());
	end();
}

/* Three seconds of frames whose accelerometer moves or stands still. */
static void feed_seconds(struct fake *f, int64_t from_ns, bool moves)
{
	for (int s = 0; s < 3; s++) {
		put(f, from_ns + s * 1000000000LL, 800);
		for (size_t i = 0; moves && i < 800; i++)
			f->q[f->head + i].accel_g[1] = 0.001f * (float)(i % 7);
		settle();
	}
}

static void a_dead_channel_is_said(void)
{
	const struct bus_sensor *b;
	int64_t from;

	begin();
	plug(0, 0x20);
	from = now_ns();
	feed_seconds(&fakes[0], from, true);
	b = &the_sensor()->bus;
	ktap_check(!strcmp(b->motion_health, "ok"), "moving: %s", b->motion_health);
	feed_seconds(&fakes[0], from + 3000000000LL, false);
	ktap_check(!strcmp(b->motion_health, "dead"), "standing still: %s", b->motion_health);
	feed_seconds(&fakes[0], from + 6000000000LL, true);
	ktap_check(!strcmp(b->motion_health, "ok"), "moving again: %s", b->motion_health);
	end();
}

enum clip { CLIP_NONE, CLIP_ONE, CLIP_ALL };

/* Three seconds of both channels; the film at full scale, or one sample of it. */
static void feed_film(struct fake *f, int64_t from_ns, enum clip clip)
{
	for (int s = 0; s < 3; s++) {
		put(f, from_ns + s * 1000000000LL, 800);
		for (size_t i = 0; i < 800; i++) {
			struct bp_frame *frame = &f->q[f->head + i];

			frame->has = BP_HAS_MOTION | BP_HAS_FILM;
			frame->accel_g[1] = 0.001f * (float)(i % 7);
			frame->film_mv = 0.1f * (float)(i % 11);
			if (clip == CLIP_ALL || (clip == CLIP_ONE && s == 1 && i == 400)) {
				frame->film_mv = 200;
				frame->has |= BP_CLIPPED_FILM;
			}
		}
		settle();
	}
}

static void a_clipped_channel_is_said(void)
{
	const struct bus_sensor *b;
	int64_t from;

	begin();
	strcpy(cfg.mode, "motion+film");
	plug(0, 0x20);
	from = now_ns();
	feed_film(&fakes[0], from, CLIP_NONE);
	b = &the_sensor()->bus;
	ktap_check(!strcmp(b->film_health, "ok"), "within its range: %s", b->film_health);
	feed_film(&fakes[0], from + 3000000000LL, CLIP_ALL);
	ktap_check(!strcmp(b->film_health, "saturated"), "at full scale: %s", b->film_health);
	ktap_check(!strcmp(b->motion_health, "ok"), "the other channel: %s", b->motion_health);
	feed_film(&fakes[0], from + 6000000000LL, CLIP_ONE);
	ktap_check(!strcmp(b->film_health, "ok"), "a knock, and within its range again: %s",
		   b->film_health);
	end();
}

/* Lines with @words that a test has logged, since log_to_file() put stderr into a file. */
static int stderr_kept = -1, log_file = -1;

static void log_to_file(void)
{
	fflush(stderr);
	stderr_kept = dup(STDERR_FILENO);
	log_file = memfd_create("log", MFD_CLOEXEC);
	dup2(log_file, STDERR_FILENO);
}

static int lines_logged(const char *words)
{
	FILE *f;
	char line[512];
	int n = 0;

	fflush(stderr);
	dup2(stderr_kept, STDERR_FILENO);
	close(stderr_kept);
	f = fdopen(log_file, "r");
	rewind(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, words) != NULL;
	fclose(f);
	return n;
}

/* A loose wire, for ten minutes: the bus hears of each change, the log a few times. */
static void what_comes_and_goes_does_not_fill_the_log(void)
{
	int64_t from;
	int n;

	begin();
	strcpy(cfg.mode, "motion+film");
	plug(0, 0x20);
	from = now_ns();
	log_to_file();
	for (int i = 0; i < 200; i++)
		feed_film(&fakes[0], from + i * 3000000000LL, i & 1 ? CLIP_ALL : CLIP_NONE);
	n = lines_logged("the film");
	ktap_check(!strcmp(the_sensor()->bus.film_health, "saturated"), "the last: %s",
		   the_sensor()->bus.film_health);
	ktap_check(n >= 10 && n <= 55, "%d lines of 200 changes, expected at most five a minute", n);
	end();
}

/* A few samples at each attempt are no recovery: pauses grow, here 250, 500, 1000 ms. */
static void a_loose_contact_is_not_tried_all_the_time(void)
{
	int64_t begun, deadline;

	begin();
	plug(0, 0x20);
	begun = now_ns();
	deadline = begun + 10000 * MS;
	for (int opens = 0; fakes[0].opens < 4 && now_ns() < deadline;) {
		if (fakes[0].opens != opens) {
			opens = fakes[0].opens;
			put(&fakes[0], now_ns(), 8);
			settle();
			ktap_check(streams(), "attempt %d: state %s", opens, state());
			fakes[0].read_error = -EIO;
			eventfd_write(fakes[0].fd, 1);
			settle();
			ktap_check(!strcmp(state(), "failed"), "after it: state %s", state());
			fakes[0].read_error = 0;
		}
		sd_event_run(event, 20000);
	}
	ktap_check(fakes[0].opens == 4, "opened %d times in ten seconds", fakes[0].opens);
	ktap_check(now_ns() - begun >= 1750 * MS, "four times in %lld ms, expected 1750 or more",
		   (long long)(now_ns() - begun) / 1000000);
	end();
}

static void a_claim_is_of_one_sensor(void)
{
	struct bus_claimer first = { .what = 1 << 3 }, second = { .what = 1 << 3, .next = &first };
	struct bus_claims claims = { .sensor[3] = "iio_device1" };

	begin();
	env.paused = true;
	env.claims = &claims;
	plug(0, 0x20);
	plug(1, 0x21);
	settle();
	ktap_check(fakes[0].fd < 0 && fakes[1].fd < 0, "opened though nobody claims them");
	claims.who = &first;
	sensor_set_pause(&set);
	/* Another client claims it, too: no reason to begin anew. */
	claims.who = &second;
	sensor_set_pause(&set);
	settle();
	ktap_check(fakes[0].fd < 0 && fakes[1].fd >= 0 && fakes[1].opens == 1,
		   "claimed the second: open %d and %d, %u times", fakes[0].fd >= 0,
		   fakes[1].fd >= 0, fakes[1].opens);
	/* Unplugged and plugged in, and after sleep: the claim is still there. */
	sensor_set_remove(&set, "iio:device1");
	plug(1, 0x21);
	settle();
	ktap_check(fakes[0].fd < 0 && fakes[1].fd >= 0, "plugged in again: open %d and %d",
		   fakes[0].fd >= 0, fakes[1].fd >= 0);
	sensor_set_restart(&set);
	settle();
	ktap_check(fakes[0].fd < 0 && fakes[1].fd >= 0, "after sleep: open %d and %d",
		   fakes[0].fd >= 0, fakes[1].fd >= 0);
	claims.who = NULL;
	sensor_set_pause(&set);
	settle();
	ktap_check(fakes[0].fd < 0 && fakes[1].fd < 0, "let go: open %d and %d", fakes[0].fd >= 0,
		   fakes[1].fd >= 0);
	env.claims = NULL;
	env.paused = false;
	end();
}

static void leases_are_limited(void)
{
	struct reply r[SHARE_LEASES + 1];

	begin();
	plug(0, 0x20);
	for (int i = 0; i <= SHARE_LEASES; i++)
		r[i] = call("Inhibit", "s", "x", NULL, 0);
	ktap_check(r[SHARE_LEASES].fd < 0 && strstr(r[SHARE_LEASES].error, "Error.Busy"), "%s",
		   r[SHARE_LEASES].error);
	for (int i = 0; i < SHARE_LEASES; i++)
		close(r[i].fd);
	settle();
	ktap_check(!strcmp(state(), "starting"), "state %s", state());
	end();
}

static ssize_t receive(int fd, void *buf)
{
	return recv(fd, buf, BACKPOP_PACKET_MAX, MSG_DONTWAIT);
}

static void the_stream_has_header_sequence_and_end(void)
{
	union {
		struct backpop_header h;
		struct backpop_packet p;
		char bytes[BACKPOP_PACKET_MAX];
	} u;
	const struct backpop_frame *f = (const void *)(u.bytes + sizeof(u.p));
	struct config old;
	struct reply r;
	int64_t t = now_ns();
	uint64_t next = 0;
	ssize_t n;

	begin();
	strcpy(cfg.mode, "motion");
	plug(0, 0x20);
	put(&fakes[0], t, 8);
	settle();
	r = call("Acquire", "a{sv}", "packet_frames", NULL, 100);
	if (!ktap_check(r.fd >= 0, "%s", r.error))
		return;
	ktap_check(the_sensor()->share.tap.clients == 1, "clients %u",
		   the_sensor()->share.tap.clients);
	put(&fakes[0], t + 10 * MS, 640);
	settle();
	n = receive(r.fd, &u);
	ktap_check(n == sizeof(u.h) && u.p.magic == BACKPOP_STREAM_MAGIC &&
		   u.p.type == BACKPOP_PACKET_HEADER && u.h.version == BACKPOP_STREAM_VERSION &&
		   u.h.size == n && u.h.frame_size == sizeof(*f), "header of %zd bytes", n);
	ktap_check(u.h.channels == BACKPOP_HAS_MOTION && u.h.motion_rate == 800 &&
			   u.h.film_rate == 0 && u.h.clock == BACKPOP_CLOCK_MONOTONIC &&
			   !strcmp(u.h.motion_unit, "g") && !strcmp(u.h.mode, "motion") &&
			   !strcmp(u.h.sensor, "iio:device0"),
		   "header");
	while ((n = receive(r.fd, &u)) > 0) {
		ktap_check(u.p.type == BACKPOP_PACKET_FRAMES && u.p.sequence == next &&
			   u.p.count <= 100 && !u.p.dropped && !u.p.lost &&
			   n == (ssize_t)(sizeof(u.p) + u.p.count * sizeof(*f)),
			   "packet of %u frames, sequence %llu, expected %llu", u.p.count,
			   (unsigned long long)u.p.sequence, (unsigned long long)next);
		ktap_check(f->t_ns == t + 10 * MS + (int64_t)next * 1250000 && f->motion[0] == 1,
			   "frame at %lld", (long long)(f->t_ns - t));
		next += u.p.count;
	}
	ktap_check(next == 640, "%llu frames of 640", (unsigned long long)next);
	/* Other settings: another header, in its place. */
	old = cfg;
	cfg.rate_hz = 400;
	sensor_set_reload(&set, &old);
	put(&fakes[0], t + 1000 * MS, 8);
	settle();
	n = receive(r.fd, &u);
	ktap_check(n == sizeof(u.h) && u.h.motion_rate == 400 && u.p.sequence == 640,
		   "no new header");
	n = receive(r.fd, &u);
	ktap_check(u.p.count == 8 && u.p.lost > 0, "%u frames, lost %llu", u.p.count,
		   (unsigned long long)u.p.lost);
	sensor_set_remove(&set, "iio:device0");
	ktap_check(receive(r.fd, &u) == 0, "no hang-up when the sensor goes");
	close(r.fd);
	end();
}

static void a_slow_client_loses_whole_packets_and_knows_it(void)
{
	union {
		struct backpop_packet p;
		char bytes[BACKPOP_PACKET_MAX];
	} u;
	struct reply slow, quick;
	int64_t t = now_ns();
	uint64_t quick_frames = 0, slow_frames = 0, next = 0, gaps = 0;
	ssize_t n;

	begin();
	strcpy(cfg.mode, "motion");
	plug(0, 0x20);
	put(&fakes[0], t, 1);
	settle();
	slow = call("Acquire", "a{sv}", NULL, NULL, 0);
	quick = call("Acquire", "a{sv}", NULL, NULL, 0);
	for (int i = 0; i < 200; i++) {
		put(&fakes[0], t + (i * 320 + 1) * 1250000LL, 320);
		settle();
		while ((n = receive(quick.fd, &u)) > 0)
			quick_frames += u.p.count;
	}
	ktap_check(quick_frames == 64000, "the quick client got %llu of 64000",
		   (unsigned long long)quick_frames);
	/* The first packets are there; of the rest only that they are missing. */
	while ((n = receive(slow.fd, &u)) > 0) {
		if (u.p.sequence != next)
			gaps++;
		slow_frames += u.p.count;
		next = u.p.sequence + u.p.count;
	}
	ktap_check(slow_frames > 800 && slow_frames < 64000, "the slow client got %llu frames",
		   (unsigned long long)slow_frames);
	put(&fakes[0], t + 64001 * 1250000LL, 320);
	settle();
	receive(slow.fd, &u);
	ktap_check(u.p.dropped == 64000 - slow_frames, "dropped %llu, expected %llu",
		   (unsigned long long)u.p.dropped, (unsigned long long)(64000 - slow_frames));
	ktap_check(u.p.sequence == 64000, "sequence %llu", (unsigned long long)u.p.sequence);
	ktap_check(the_sensor()->share.tap.dropped == u.p.dropped, "FramesDropped %llu",
		   (unsigned long long)the_sensor()->share.tap.dropped);
	ktap_check(the_sensor()->bus.samples_read == 64321 && !the_sensor()->bus.samples_lost,
		   "the daemon itself read %llu",
		   (unsigned long long)the_sensor()->bus.samples_read);
	close(slow.fd);
	close(quick.fd);
	put(&fakes[0], t + 64321 * 1250000LL, 320);
	settle();
	ktap_check(!the_sensor()->share.tap.clients, "closed, but %u clients are left",
		   the_sensor()->share.tap.clients);
	end();
}

static void bad_options_are_refused(void)
{
	struct reply r[TAP_CLIENTS + 1], bad;

	begin();
	plug(0, 0x20);
	bad = call("Acquire", "a{sv}", "colour", "red", 0);
	ktap_check(strstr(bad.error, "Error.InvalidArgument"), "%s", bad.error);
	bad = call("Acquire", "a{sv}", "packet_frames", "ten", 0);
	ktap_check(strstr(bad.error, "Error.InvalidArgument"), "%s", bad.error);
	bad = call("Acquire", "a{sv}", "packet_frames", NULL, 0);
	ktap_check(strstr(bad.error, "Error.InvalidArgument"), "%s", bad.error);
	bad = call("Acquire", "a{sv}", "packet_frames", NULL, BACKPOP_FRAMES_MAX + 1);
	ktap_check(strstr(bad.error, "Error.InvalidArgument"), "%s", bad.error);
	for (int i = 0; i <= TAP_CLIENTS; i++)
		r[i] = call("Acquire", "a{sv}", NULL, NULL, 0);
	ktap_check(r[TAP_CLIENTS].fd < 0 && strstr(r[TAP_CLIENTS].error, "Error.Busy"), "%s",
		   r[TAP_CLIENTS].error);
	for (int i = 0; i < TAP_CLIENTS; i++)
		close(r[i].fd);
	end();
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "devices_are_matched_by_address_label_and_name",
		  devices_are_matched_by_address_label_and_name },
		{ "two_devices_are_one_sensor", two_devices_are_one_sensor },
		{ "a_failed_leg_degrades_and_comes_back_alone",
		  a_failed_leg_degrades_and_comes_back_alone },
		{ "a_silent_leg_is_waited_for_and_then_told",
		  a_silent_leg_is_waited_for_and_then_told },
		{ "a_pair_half_unplugged_goes_on", a_pair_half_unplugged_goes_on },
		{ "a_leg_is_taken_once", a_leg_is_taken_once },
		{ "a_reload_joins_anew_only_if_need_be", a_reload_joins_anew_only_if_need_be },
		{ "a_hundred_unpluggings_leave_nothing_behind",
		  a_hundred_unpluggings_leave_nothing_behind },
		{ "a_device_that_does_not_open_is_tried_again",
		  a_device_that_does_not_open_is_tried_again },
		{ "a_slow_bus_holds_no_samples_up", a_slow_bus_holds_no_samples_up },
		{ "an_inhibited_device_is_free_until_the_descriptor_closes",
		  an_inhibited_device_is_free_until_the_descriptor_closes },
		{ "nobody_claims_nobody_listens", nobody_claims_nobody_listens },
		{ "a_dead_channel_is_said", a_dead_channel_is_said },
		{ "a_clipped_channel_is_said", a_clipped_channel_is_said },
		{ "what_comes_and_goes_does_not_fill_the_log",
		  what_comes_and_goes_does_not_fill_the_log },
		{ "a_loose_contact_is_not_tried_all_the_time",
		  a_loose_contact_is_not_tried_all_the_time },
		{ "a_claim_is_of_one_sensor", a_claim_is_of_one_sensor },
		{ "leases_are_limited", leases_are_limited },
		{ "the_stream_has_header_sequence_and_end",
		  the_stream_has_header_sequence_and_end },
		{ "a_slow_client_loses_whole_packets_and_knows_it",
		  a_slow_client_loses_whole_packets_and_knows_it },
		{ "bad_options_are_refused", bad_options_are_refused },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
