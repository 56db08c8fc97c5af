// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Power: the chip is on while it is used and a little longer, by the sheet's rules,
 * and streams outlive the sleep of the system.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define STATUS		"../power/runtime_status"
#define ACCEL_RAW	"in_accel_x_raw"
#define FILM_RAW	"in_voltage0-voltage1_raw"
#define MODULE		"st1vafe3bx"

#define PM_TEST		"/sys/power/pm_test"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"
#define PM_STATE	"/sys/power/state"

#define CTRL1		0x10
#define  SW_RESET	0x20
#define CTRL5		0x14
#define  ODR		0xf0
#define  ODR_400	0xa0

#define G		9.80665
#define MS		1000000LL
#define SEC		1000000000LL
#define PATIENCE_MS	5000
#define LOG_MAX		256

FIXTURE(power)
{
	struct capture c;
	struct truth_wave wave;
	struct sim_write log[LOG_MAX];
	int feed;
};

FIXTURE_SETUP(power)
{
	self->feed = -1;
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	self->wave = (struct truth_wave){ .accel_mg = 700, .film_mv = 30, .seconds = 60 };
	self->feed = truth_feed(0, &self->wave);
	ASSERT_GE(self->feed, 0);
	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 800));
}

FIXTURE_TEARDOWN(power)
{
	capture_stop(&self->c);
	if (self->feed >= 0)
		close(self->feed);
	EXPECT_EQ(0, rig_down());
}

static bool is_suspended(void *arg)
{
	char text[32];

	return capture_get(arg, STATUS, text, sizeof(text)) > 0 && !strcmp(text, "suspended");
}

/* Was the chip switched off, last of all, from 800 Hz by way of 400 Hz for 3 ms? */
static bool stepped_down(const struct sim_write *log, int n)
{
	int i, off = -1, before = -1;

	for (i = 0; i < n; i++) {
		if (log[i].reg != CTRL5)
			continue;
		before = off;
		off = i;
	}
	return before >= 0 && !(log[off].value & ODR) && (log[before].value & ODR) == ODR_400 &&
	       log[off].t_ns - log[before].t_ns >= 3 * MS;
}

#define EXPECT_TRUE_READ(self, attr, want)					\
	do {									\
		double raw = 0;							\
		EXPECT_EQ(0, capture_get_double(&(self)->c, attr, &raw));	\
		EXPECT_LE(fabs(raw - (want)), 8.5)				\
			TH_LOG("%s: got %g, expected %g", attr, raw, (want));	\
	} while (0)

#define ACCEL_WANT(self)	((self)->wave.accel_mg * 1e-3 * G / (self)->c.accel_scale)
#define FILM_WANT(self)		((self)->wave.film_mv / (self)->c.film_scale)

/* The first read pays for the start, those after it do not. */
TEST_F(power, stays_on_between_reads)
{
	int64_t start, first, second;
	int n;

	ASSERT_TRUE(rig_wait(is_suspended, &self->c));
	start = rig_now_ns();
	EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
	first = rig_now_ns() - start;
	ASSERT_EQ(0, sim_log_clear(0));
	start = rig_now_ns();
	EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
	second = rig_now_ns() - start;
	EXPECT_TRUE_READ(self, "in_accel_y_raw", -0.5 * ACCEL_WANT(self));
	EXPECT_EQ(0, sim_log(0, self->log, LOG_MAX));
	printf("# direct read: first %lld us, second %lld us\n", (long long)first / 1000,
	       (long long)second / 1000);
	if (rig_simulated_time())
		EXPECT_LE(second, 3 * MS);

	ASSERT_TRUE(rig_wait(is_suspended, &self->c));
	n = sim_log(0, self->log, LOG_MAX);
	EXPECT_TRUE(stepped_down(self->log, n));
	EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
}

TEST_F(power, changes_over_between_channels)
{
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
		EXPECT_TRUE_READ(self, FILM_RAW, FILM_WANT(self));
	}
}

/* A chip that is on has the old settings. */
TEST_F(power, takes_new_settings)
{
	EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
	ASSERT_EQ(0, capture_set(&self->c, "in_accel_scale", "0.004785645"));
	EXPECT_TRUE_READ(self, ACCEL_RAW, self->wave.accel_mg * 1e-3 * G / 0.004785645);
	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 3200));
	EXPECT_TRUE_READ(self, FILM_RAW, FILM_WANT(self));
	ASSERT_EQ(0, capture_set(&self->c, "in_voltage0-voltage1_scale", "0.001526718"));
	EXPECT_TRUE_READ(self, FILM_RAW, self->wave.film_mv / 0.001526718);
	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 50));
	EXPECT_TRUE_READ(self, ACCEL_RAW, self->wave.accel_mg * 1e-3 * G / 0.004785645);
}

TEST_F(power, streams_from_a_chip_that_is_on)
{
	int n, i, reset = -1;

	EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
	ASSERT_EQ(0, sim_log_clear(0));
	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_FILM, 3200, 32));
	n = sim_log(0, self->log, LOG_MAX);
	for (i = 0; i < n && reset < 0; i++)
		if (self->log[i].reg == CTRL1 && (self->log[i].value & SW_RESET))
			reset = i;
	ASSERT_GE(reset, 0);
	EXPECT_TRUE(stepped_down(self->log, reset));
	capture_stop(&self->c);
	EXPECT_TRUE(rig_wait(is_suspended, &self->c));
}

TEST_F(power, stays_awake_while_streaming)
{
	static struct capture_sample batch[512];
	int64_t end = rig_now_ns() + (rig_simulated_time() ? 10 : 3) * SEC;
	char text[32];

	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_MOTION, 800, 32));
	while (rig_now_ns() < end)
		ASSERT_LT(0, capture_read(&self->c, batch, 512, PATIENCE_MS));
	ASSERT_LT(0, capture_get(&self->c, STATUS, text, sizeof(text)));
	EXPECT_STREQ("active", text);
}

TEST_F(power, leaves_a_chip_at_rest)
{
	int n;

	EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
	ASSERT_EQ(0, sim_log_clear(0));
	ASSERT_EQ(0, rig_module_unload(MODULE));
	n = sim_log(0, self->log, LOG_MAX);
	EXPECT_TRUE(stepped_down(self->log, n));
}

/* Whether the access that wakes it is refused or answered with anything. */
TEST_F(power, reads_after_a_power_cycle)
{
	int wake;

	for (wake = 0; wake < 2; wake++) {
		ASSERT_EQ(0, sim_set(0, "options/wake", wake));
		EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
		EXPECT_EQ(0, sim_violations(0));
		ASSERT_EQ(0, sim_set(0, "power_cycle", 1));
		EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
		EXPECT_EQ(0, sim_violations(0));
	}
}

/* A rehearsal is a busy loop: in real time one second of it will do. */
static int set_rehearsal(void)
{
	return rig_simulated_time() ? 0 : rig_write(PM_DELAY, "1");
}

/* A chip that is on comes to rest before the system sleeps. */
TEST_F(power, rests_while_the_system_sleeps)
{
	int n;

	if (access(PM_TEST, W_OK))
		SKIP(return, "no " PM_TEST ": kernel without CONFIG_PM_SLEEP_DEBUG");
	EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
	ASSERT_EQ(0, sim_log_clear(0));
	ASSERT_EQ(0, set_rehearsal());
	ASSERT_EQ(0, rig_write(PM_TEST, "devices"));
	ASSERT_EQ(0, rig_write(PM_STATE, "freeze"));
	n = sim_log(0, self->log, LOG_MAX);
	EXPECT_TRUE(stepped_down(self->log, n));
	EXPECT_TRUE_READ(self, ACCEL_RAW, ACCEL_WANT(self));
}

FIXTURE(asleep)
{
	struct capture c;
	struct truth t;
	double delay_s;
	int64_t last_t;
	int64_t gap;
	int feed;
};

FIXTURE_VARIANT(asleep)
{
	enum capture_mode mode;
	unsigned int rate_hz;
};

FIXTURE_VARIANT_ADD(asleep, combined_800) { .mode = CAPTURE_COMBINED, .rate_hz = 800 };
FIXTURE_VARIANT_ADD(asleep, motion_50) { .mode = CAPTURE_MOTION, .rate_hz = 50 };
FIXTURE_VARIANT_ADD(asleep, film_3200) { .mode = CAPTURE_FILM, .rate_hz = 3200 };

static const struct truth_wave steep = TRUTH_WAVE(120);

FIXTURE_SETUP(asleep)
{
	char text[32];

	self->feed = -1;
	self->c.fd = -1;
	SKIP_WITHOUT_RIG();
	if (access(PM_TEST, W_OK))
		SKIP(return, "no " PM_TEST ": kernel without CONFIG_PM_SLEEP_DEBUG");
	ASSERT_EQ(0, set_rehearsal());
	ASSERT_LT(0, rig_read(PM_DELAY, text, sizeof(text)));
	self->delay_s = atof(text);
	ASSERT_EQ(0, rig_write(PM_TEST, "devices"));
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	self->feed = truth_feed(0, &steep);
	ASSERT_GE(self->feed, 0);
	ASSERT_EQ(0, capture_start(&self->c, variant->mode, variant->rate_hz, 16));
	ASSERT_EQ(0, truth_begin(&self->t, &self->c, &steep, 0));
	ASSERT_EQ(0, truth_run(&self->t, 1, PATIENCE_MS, true));
	self->last_t = self->t.last_t;
}

FIXTURE_TEARDOWN(asleep)
{
	capture_stop(&self->c);
	if (self->feed >= 0)
		close(self->feed);
	EXPECT_EQ(0, rig_down());
}

/* Check samples up to a time stamp @until; the widest step between two goes to @gap. */
static int check_until(struct capture *c, struct truth *t, int64_t until, int64_t *last,
		       int64_t *gap)
{
	static struct capture_sample batch[512];
	int n, i;

	do {
		n = capture_read(c, batch, 512, PATIENCE_MS);
		if (n <= 0)
			return n ? n : -ETIMEDOUT;
		truth_look(t);
		truth_check(t, batch, n);
		for (i = 0; i < n; i++) {
			if (batch[i].t_ns - *last > *gap)
				*gap = batch[i].t_ns - *last;
			*last = batch[i].t_ns;
		}
	} while (*last < until);
	return 0;
}

#define EXPECT_GOES_ON(self)							\
	do {									\
		ASSERT_EQ(0, rig_write(PM_STATE, "freeze"));			\
		ASSERT_EQ(0, check_until(&(self)->c, &(self)->t,		\
					 rig_now_ns() + 2 * SEC, &(self)->last_t,	\
					 &(self)->gap));			\
		truth_tell(&(self)->t, "across a sleep");			\
		printf("# longest gap %.1f ms\n", (self)->gap / 1e6);		\
		EXPECT_EQ(0, (self)->t.wrong);					\
		EXPECT_EQ(0, (self)->t.repeated);				\
		EXPECT_EQ(0, (self)->t.backward);				\
		EXPECT_GE((self)->gap / 1e9, (self)->delay_s);			\
	} while (0)

/* The gap is the sleep, and not much more: what was in the FIFO is not lost. */
TEST_F(asleep, goes_on)
{
	long long lost, overruns;
	int i;

	for (i = 0; i < 3; i++) {
		self->gap = 0;
		EXPECT_GOES_ON(self);
		if (rig_simulated_time())
			EXPECT_LE(self->gap / 1e9, self->delay_s + 0.2);
	}
	EXPECT_EQ(3, self->t.restarts);
	ASSERT_EQ(0, capture_stat(&self->c, "lost", &lost));
	ASSERT_EQ(0, capture_stat(&self->c, "overruns", &overruns));
	EXPECT_EQ(0, lost);
	EXPECT_EQ(0, overruns);
}

TEST_F(asleep, finds_the_chip_reset)
{
	ASSERT_EQ(0, sim_set(0, "power_cycle_ms", self->delay_s * 500));
	EXPECT_GOES_ON(self);
	if (rig_simulated_time())
		EXPECT_LE(self->gap / 1e9, self->delay_s + 0.3);
}

/* The bus is dead when the system goes to sleep and for a while after. */
TEST_F(asleep, wakes_to_a_dead_bus)
{
	ASSERT_EQ(0, sim_set(0, "nack_next", 20));
	EXPECT_GOES_ON(self);
}

/* And then the chip rests, and streams again when it is asked to. */
TEST_F(asleep, can_be_stopped_afterwards)
{
	EXPECT_GOES_ON(self);
	capture_stop(&self->c);
	EXPECT_TRUE(rig_wait(is_suspended, &self->c));
	ASSERT_EQ(0, rig_write(PM_STATE, "freeze"));
	ASSERT_EQ(0, capture_start(&self->c, variant->mode, variant->rate_hz, 16));
	ASSERT_EQ(0, truth_begin(&self->t, &self->c, &steep, 0));
	ASSERT_EQ(0, truth_run(&self->t, 1, PATIENCE_MS, true));
	EXPECT_EQ(0, self->t.wrong);
}

TEST_HARNESS_MAIN
