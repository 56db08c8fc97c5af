// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Things that go wrong while streaming.  Each ends clean and recovers, what comes
 * out meanwhile is right or absent, and no register is touched out of turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	5000
#define MODULE		"st1vafe3bx"

static const struct truth_wave wave = TRUTH_WAVE(120);

FIXTURE(faults)
{
	struct stream_rig rig;
};

FIXTURE_VARIANT(faults)
{
	enum capture_mode mode;
	unsigned int rate_hz;
};

FIXTURE_VARIANT_ADD(faults, combined_800) { .mode = CAPTURE_COMBINED, .rate_hz = 800 };
FIXTURE_VARIANT_ADD(faults, film_3200) { .mode = CAPTURE_FILM, .rate_hz = 3200 };

FIXTURE_SETUP(faults)
{
	stream_rig_init(&self->rig);
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, stream_rig_up(&self->rig, "chips=1"));
	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, variant->mode, variant->rate_hz, 32, 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, true));
}

FIXTURE_TEARDOWN(faults)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
}

/* The device as it is now streams without a flaw. */
#define EXPECT_STREAMS(rig)						\
	do {								\
		ASSERT_EQ(0, capture_find(&(rig)->c, 0));		\
		ASSERT_EQ(0, stream_rig_start(rig, &wave, variant->mode,	\
					      variant->rate_hz, 32, 0)); \
		ASSERT_EQ(0, truth_run(&(rig)->t, 1, PATIENCE_MS, false)); \
		EXPECT_TRUE_SAMPLES(&(rig)->t, "afterwards");		\
		EXPECT_EQ(0, (rig)->t.lost);				\
	} while (0)

TEST_F(faults, one_nack)
{
	long long lost;

	ASSERT_EQ(0, sim_set(0, "nack_next", 1));
	ASSERT_EQ(0, truth_run(&self->rig.t, 2, PATIENCE_MS, true));
	ASSERT_EQ(0, sim_stat(0, "samples_lost", &lost));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "one NACK");
	EXPECT_EQ(0, self->rig.t.restarts);
	EXPECT_EQ(lost, self->rig.t.lost);
}

/* As of a loose contact: it is away for a while and then there again, unharmed. */
TEST_F(faults, many_nacks)
{
	ASSERT_EQ(0, sim_set(0, "nack_next", 40));
	ASSERT_EQ(0, truth_run(&self->rig.t, 4, PATIENCE_MS, true));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "40 NACKs");
}

static bool has_failed(void *arg)
{
	long long now;

	return sim_stat(0, "i2c_nacks", &now) == 0 && now >= *(long long *)arg;
}

TEST_F_TIMEOUT(faults, dead_for_long, 120)
{
	long long nacks;
	int i;

	ASSERT_EQ(0, sim_stat(0, "i2c_nacks", &nacks));
	ASSERT_EQ(0, sim_set(0, "nack_next", 1000000));
	/* it keeps trying ... */
	for (i = 0; i < 5; i++) {
		nacks += 10;
		EXPECT_TRUE(rig_wait(has_failed, &nacks));
	}
	/* ... and finds the chip again */
	ASSERT_EQ(0, sim_set(0, "nack_next", 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, 4, PATIENCE_MS, true));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "dead for long");
}

/* The words that the failed burst took out of the FIFO are gone: that is a gap. */
TEST_F(faults, error_in_a_burst)
{
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, sim_set(0, "fail_after", 100 + i));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.5, PATIENCE_MS, true));
	}
	EXPECT_TRUE_SAMPLES(&self->rig.t, "error in a burst");
	EXPECT_EQ(0, self->rig.t.restarts);
	EXPECT_EQ(10, self->rig.t.gaps);
	/* 14 words each at least, one of them perhaps a time stamp */
	EXPECT_GE(self->rig.t.lost, 10 * 13);
	EXPECT_LE(self->rig.t.lost, 10 * 80);
}

TEST_F(faults, power_cycle)
{
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, sim_violations(0));
		ASSERT_EQ(0, sim_set(0, "power_cycle", 1));
		ASSERT_EQ(0, truth_run(&self->rig.t, 3, PATIENCE_MS, true));
	}
	EXPECT_TRUE_SAMPLES(&self->rig.t, "power cycles");
	EXPECT_EQ(3, self->rig.t.restarts);
}

/* An interrupt line that never asks: the stream goes on, if with gaps. */
TEST_F(faults, int_stuck_inactive)
{
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, 4, PATIENCE_MS, true));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", -1));
	ASSERT_EQ(0, truth_run(&self->rig.t, 4, PATIENCE_MS, true));
	EXPECT_EQ(0, self->rig.t.restarts);
	EXPECT_KNOWN_LOSS(&self->rig.t, "INT stuck inactive");
}

/* A line that always asks neither hangs the machine nor costs samples. */
TEST_F(faults, int_stuck_active)
{
	long long lost;

	ASSERT_EQ(0, sim_set(0, "options/stuck_int", 1));
	ASSERT_EQ(0, truth_run(&self->rig.t, 4, PATIENCE_MS, true));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", -1));
	ASSERT_EQ(0, truth_run(&self->rig.t, 4, PATIENCE_MS, true));
	ASSERT_EQ(0, sim_stat(0, "samples_lost", &lost));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "INT stuck active");
	EXPECT_EQ(0, self->rig.t.restarts);
	EXPECT_EQ(lost, self->rig.t.lost);
}

/* Read until reading fails; what it failed with. */
static int drain(struct capture *c)
{
	static struct capture_sample batch[512];
	int n;

	do {
		n = capture_read(c, batch, 512, PATIENCE_MS);
	} while (n > 0);
	return n;
}

TEST_F(faults, unbind)
{
	ASSERT_EQ(0, rig_bind(0, false));
	EXPECT_EQ(-ENODEV, drain(&self->rig.c));
	capture_stop(&self->rig.c);
	ASSERT_EQ(0, rig_bind(0, true));
	EXPECT_STREAMS(&self->rig);
}

TEST_F(faults, module_in_use)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, MODULE, O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "rmmod refused");
	EXPECT_EQ(0, self->rig.t.lost);
}

/* The buffer stays enabled when its reader goes; then the module can go too. */
TEST_F(faults, reload)
{
	close(self->rig.c.fd);
	self->rig.c.fd = -1;
	ASSERT_EQ(0, rig_module_unload(MODULE));
	EXPECT_TRUE(capture_gone(0));
	ASSERT_EQ(0, rig_module_load(MODULE, ""));
	EXPECT_STREAMS(&self->rig);
}

/* The adapter leaves, and takes with it all that hangs on it. */
TEST_F(faults, adapter_leaves)
{
	int i;

	for (i = 0; i < 3; i++) {
		/* its feeder holds it */
		close(self->rig.feed);
		self->rig.feed = -1;
		ASSERT_EQ(0, rig_module_unload("backpop_sim"));
		EXPECT_EQ(-ENODEV, drain(&self->rig.c));
		capture_stop(&self->rig.c);
		ASSERT_EQ(0, rig_up(1));
		EXPECT_STREAMS(&self->rig);
	}
}

TEST_F(faults, unplug)
{
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, sim_violations(0));
		ASSERT_EQ(0, sim_set(0, "present", 0));
		EXPECT_EQ(-ENODEV, drain(&self->rig.c));
		EXPECT_TRUE(capture_gone(0));
		capture_stop(&self->rig.c);
		ASSERT_EQ(0, sim_set(0, "present", 1));
		EXPECT_STREAMS(&self->rig);
	}
}

TEST_HARNESS_MAIN
