// SPDX-License-Identifier: GPL-2.0-or-later
/* The bench, and the check that the driver is none the worse for what was done to it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"
#include "torture_inside.h"
#include "truth.h"

/*
 * A chip that was reset asks for nothing, and is missed after four watermark periods: of 102
 * samples at 25 Hz, the slowest rate here, 16.3 s.  The rest is for setting it up anew.
 */
#define RECOVERY_MS	17000
#define PATIENCE_MS	5000
#define BUFFER_READS	40	/* of 4096 bytes: the longest buffer, and some */

uint64_t torture_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* ---- the check ------------------------------------------------------------------------ */

static int clear_faults(struct torture *t)
{
	static const struct {
		const char *name;
		int value;
	} clear[] = {
		{ "nack_next", 0 }, { "nack_after", 0 }, { "fail_after", -1 }, { "corrupt_at", -1 },
		{ "pause_at", -1 }, { "pause_us", 0 }, { "freeze_irq_ms", 0 },
		{ "irq_jitter_us", 0 }, { "options/stuck_int", -1 }, { "options/who_am_i", 0x48 },
		{ "options/film_full_16bit", 0 },
	};
	unsigned int chip, i;
	int ret;

	if (!sim_loaded())
		return 0;
	for (chip = 0; chip < TORTURE_CHIPS; chip++)
		for (i = 0; i < sizeof(clear) / sizeof(clear[0]); i++) {
			ret = sim_put(chip, clear[i].name, clear[i].value);
			if (ret && ret != -ENOENT)
				return torture_wrong(t, ret, "cannot write %s", clear[i].name);
		}
	pause_ms(2);
	/* a reset that is still to come would be a fault of the check: it comes now */
	for (chip = 0; chip < TORTURE_CHIPS; chip++) {
		ret = violations(t, chip);
		if (ret)
			return ret;
		sim_put(chip, "power_cycle_ms", 1);
	}
	pause_ms(2);
	return 0;
}

static int stop_threads(struct torture *t)
{
	int ret = thread_stop(t, &t->meddler);
	unsigned int i;

	for (i = 0; i < TORTURE_CHIPS; i++)
		if (thread_stop(t, &t->reader[i]))
			ret = -ETIMEDOUT;
	return ret;
}

/* A stream that was on goes on: what it has is read away, and then more comes. */
static int check_recovery(struct torture *t, unsigned int chip)
{
	struct capture *c = &t->c[chip];
	char path[160], text[16] = "";
	unsigned char scans[4096];
	int64_t end = rig_now_ns() + RECOVERY_MS * MS;
	ssize_t n;
	int i;

	if (!c->sysfs[0])
		return 0;
	attr_path(c, "buffer/enable", path, sizeof(path));
	if (get_text(path, text, sizeof(text)) <= 0 || text[0] != '1')
		return 0;
	t->fd[chip] = open(c->node, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (t->fd[chip] < 0)
		return torture_wrong(t, -errno, "cannot open %s", c->node);
	/* each read fetches what has come meanwhile, so that it would never end */
	for (i = 0; i < BUFFER_READS; i++)
		if (read(t->fd[chip], scans, sizeof(scans)) <= 0)
			break;
	n = 0;
	while (n == 0 || (n < 0 && errno == EAGAIN)) {
		if (rig_now_ns() > end)
			return torture_wrong(t, -ETIMEDOUT,
					     "chip %u: its stream has not come back within %d ms",
					     chip, RECOVERY_MS);
		pause_ms(20);
		n = read(t->fd[chip], scans, sizeof(scans));
	}
	if (n < 0)
		return torture_wrong(t, -errno, "chip %u: reading its stream fails with errno %d",
				     chip, errno);
	close_device(t, chip);
	n = attr_put(c, "buffer/enable", "0");
	if (n)
		return torture_wrong(t, n, "chip %u: disabling the buffer fails with errno %d",
				     chip, (int)-n);
	return 0;
}

/* Everything is there, and bound. */
static int restore(struct torture *t)
{
	unsigned int chip;
	int ret = 0;

	if (!sim_loaded())
		ret = rig_module_load(SIM, t->bench.params);
	if (!ret && !driver_loaded())
		ret = rig_module_load(DRIVER, "");
	if (ret)
		return torture_wrong(t, ret, "cannot load a module");
	for (chip = 0; chip < TORTURE_CHIPS; chip++) {
		sim_put(chip, "options/wake", t->bench.garbage);
		ret = plug_chip(t, chip, true);
		if (ret && !(chip && (ret == -EBUSY || ret == -EINVAL)))
			return torture_wrong(t, ret, "chip %u cannot be plugged in: errno %d", chip,
					     -ret);
		if (!rig_bound(chip))
			ret = bind_chip(chip, true, 0);
		if (!rig_bound(chip))
			return torture_wrong(t, ret, "chip %u cannot be bound: errno %d", chip,
					     -ret);
	}
	torture_look(t);
	return 0;
}

static int check_stream(struct torture *t, unsigned int chip, uint64_t r)
{
	static const struct {
		enum capture_mode mode;
		unsigned int rate_hz;
	} modes[] = {
		{ CAPTURE_COMBINED, 800 }, { CAPTURE_FILM, 800 }, { CAPTURE_MOTION, 800 },
		{ CAPTURE_FILM, 3200 }, { CAPTURE_COMBINED, 200 }, { CAPTURE_MOTION, 50 },
	};
	const struct truth_wave wave = TRUTH_WAVE(12);
	unsigned int i = r % (sizeof(modes) / sizeof(modes[0]));
	struct capture c;
	struct truth truth;
	int feed, ret;

	if (capture_find_device(&c, chip))
		return torture_wrong(t, -ENODEV, "chip %u has no IIO device", chip);
	ret = attr_put(&c, "in_accel_scale", "0.001196411");
	if (!ret)
		ret = attr_put(&c, "in_voltage0-voltage1_scale", "0.006097561");
	if (!ret)
		ret = attr_put(&c, "../power/control", "auto");
	if (!ret)
		ret = attr_put(&c, "../power/autosuspend_delay_ms", "2000");
	if (ret || capture_find(&c, chip))
		return torture_wrong(t, ret, "chip %u cannot be set up", chip);
	feed = truth_feed(chip, &wave);
	if (feed < 0)
		return torture_wrong(t, feed, "chip %u cannot be fed", chip);
	ret = capture_start(&c, modes[i].mode, modes[i].rate_hz, 1 + (r >> 8) % 32);
	if (ret) {
		close(feed);
		return torture_wrong(t, ret, "chip %u does not stream: errno %d", chip, -ret);
	}
	ret = truth_begin(&truth, &c, &wave, 0);
	truth.settle_ns = 0;
	if (!ret)
		ret = truth_run(&truth, 200.0 / modes[i].rate_hz, PATIENCE_MS, false);
	capture_stop(&c);
	close(feed);
	if (ret || truth.wrong || truth.repeated || truth.backward || truth.lost ||
	    truth.restarts || truth.max_ns > 0.2 * truth.period_ns + 100e3) {
		truth_tell(&truth, "afterwards");
		return torture_wrong(t, ret,
				     "chip %u does not stream right in mode %d at %u Hz: errno %d",
				     chip, modes[i].mode, modes[i].rate_hz, -ret);
	}
	return 0;
}

/* New lines of the kernel log, as tests/uml/check-log.sh judges them. */
static int check_log(struct torture *t)
{
	static const char *const bad[] = {
		"WARNING:", "BUG:", "Oops", "Call Trace:", "general protection fault",
		"INFO: possible", "INFO: task", "INFO: trying", "INFO: rcu", "INFO: suspicious",
		"suspicious RCU usage", "sleeping function called", "scheduling while atomic",
		"nobody cared", "is turned off", "KASAN:", "UBSAN:", "ODEBUG:", "unbalanced",
		"corruption", "refcount_t:", "protocol violation",
	};
	char line[1024];
	unsigned int i;
	ssize_t n;

	while ((n = read(t->kmsg, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;	/* it has overtaken us */
		line[n] = '\0';
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (strstr(line, bad[i]) && !t->wrong[0])
				torture_wrong(t, 0, "kernel log: %.200s", line);
	}
	return t->wrong[0] ? -EPROTO : 0;
}

int torture_check(struct torture *t, uint64_t *state)
{
	uint64_t r = torture_random(state);
	unsigned int i;
	int ret;

	ret = stop_threads(t);
	for (i = 0; i < TORTURE_CHIPS; i++)
		close_device(t, i);
	if (!ret)
		ret = clear_faults(t);
	t->line_odd = false;
	torture_look(t);
	for (i = 0; !ret && i < TORTURE_CHIPS; i++)
		ret = check_recovery(t, i);
	if (!ret)
		ret = restore(t);
	for (i = 0; !ret && i < TORTURE_CHIPS; i++)
		ret = check_stream(t, i, r >> 16 * i);
	for (i = 0; !ret && i < TORTURE_CHIPS; i++)
		ret = violations(t, i);
	return ret ? ret : check_log(t);
}

/* ---- the bench --------------------------------------------------------------------------- */

/* Each of the clocks carries each of the rates: for one that does not there is slow.c. */
struct torture_bench torture_draw_bench(uint64_t seed)
{
	static const unsigned int types[] = { 4, 4, 8, 1, 2 };
	static const unsigned int clocks[] = { 400000, 400000, 1000000 };
	uint64_t r = torture_random(&seed);
	struct torture_bench bench = { .garbage = r >> 32 & 1, .by_hand = r >> 33 & 1 };

	snprintf(bench.params, sizeof(bench.params),
		 "chips=%d int_type=%u scl_hz=%u max_read=%u shared_int=%d instantiate=0",
		 TORTURE_CHIPS, PICK(types, r & 0xffff), PICK(clocks, r >> 16 & 0xffff),
		 r >> 34 & 3 ? 0 : 64, !bench.by_hand && (r >> 36 & 1));
	return bench;
}

int torture_init(struct torture *t)
{
	unsigned int i;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < TORTURE_CHIPS; i++)
		t->fd[i] = -1;
	thread_init();
	t->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (t->kmsg < 0)
		return torture_wrong(t, -errno, "cannot open /dev/kmsg");
	lseek(t->kmsg, 0, SEEK_END);
	t->sleeps = access(PM_TEST, W_OK) == 0 && put_text(PM_DELAY, "1") == 0;
	/* allocations that may wait are those that drivers do; a report is for who asks */
	put_text(FAILSLAB "/ignore-gfp-wait", "N");
	put_text(FAILSLAB "/verbose", "0");
	return 0;
}

int torture_setup(struct torture *t, struct torture_bench bench)
{
	int ret;

	t->wrong[0] = '\0';
	torture_exit(t);
	if (t->wrong[0])
		return -ETIMEDOUT;
	t->bench = bench;
	ret = rig_load_params(bench.params);
	if (ret)
		return torture_wrong(t, ret, "cannot load driver and simulator");
	return restore(t);
}

void torture_exit(struct torture *t)
{
	unsigned int i;

	stop_threads(t);
	for (i = 0; i < TORTURE_CHIPS; i++)
		close_device(t, i);
}
