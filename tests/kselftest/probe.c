// SPDX-License-Identifier: GPL-2.0-or-later
/* Probe and set-up: waking, identity, reset. */
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define CTRL1		0x10
#define  SW_RESET	0x20
#define LOG_MAX		256

/* Index of the last write to @reg before entry @end, or -1. */
static int last_write(const struct sim_write *log, int end, uint8_t reg)
{
	int i;

	for (i = end - 1; i >= 0; i--)
		if (log[i].reg == reg && !log[i].bank)
			return i;
	return -1;
}

FIXTURE(probe)
{
	struct capture c;
	struct sim_write log[LOG_MAX];
};

FIXTURE_SETUP(probe)
{
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_load(1, 400000));
}

FIXTURE_TEARDOWN(probe)
{
	EXPECT_EQ(0, rig_down());
}

/* A chip out of deep power-down does not acknowledge the access that wakes it. */
TEST_F(probe, wakes_a_chip_that_nacks)
{
	long long nacks;

	ASSERT_EQ(0, sim_set(0, "options/wake", 0));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_EQ(0, capture_find(&self->c, 0));
	ASSERT_EQ(0, sim_stat(0, "i2c_nacks", &nacks));
	EXPECT_EQ(1, nacks);
}

TEST_F(probe, wakes_a_chip_that_answers_garbage)
{
	long long nacks;

	ASSERT_EQ(0, sim_set(0, "options/wake", 1));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_EQ(0, capture_find(&self->c, 0));
	ASSERT_EQ(0, sim_stat(0, "i2c_nacks", &nacks));
	EXPECT_EQ(0, nacks);
}

/* Fallback compatibles need it: a sibling's identity is worth a message, not a refusal. */
TEST_F(probe, takes_a_sibling)
{
	ASSERT_EQ(0, sim_set(0, "options/who_am_i", 0x47));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_EQ(0, capture_find(&self->c, 0));
}

TEST_F(probe, refuses_an_empty_bus)
{
	ASSERT_EQ(0, sim_set(0, "options/who_am_i", 0xff));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_FALSE(rig_bound(0));
	EXPECT_TRUE(capture_gone(0));
	ASSERT_EQ(0, sim_set(0, "options/who_am_i", 0x00));
	EXPECT_NE(0, rig_bind(0, true));
	EXPECT_TRUE(capture_gone(0));
}

/* A chip that dies during the probe leaves nothing behind, and comes up when it is well. */
TEST_F(probe, survives_a_dead_chip)
{
	ASSERT_EQ(0, sim_set(0, "nack_next", 1000));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_FALSE(rig_bound(0));
	EXPECT_TRUE(capture_gone(0));
	ASSERT_EQ(0, sim_set(0, "nack_next", 0));
	EXPECT_EQ(0, rig_bind(0, true));
	EXPECT_EQ(0, capture_find(&self->c, 0));
}

TEST_F(probe, resets_first)
{
	int n, i, reset = -1, base = -1;

	ASSERT_EQ(0, rig_attach(0));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	n = sim_log(0, self->log, LOG_MAX);
	ASSERT_GT(n, 0);
	for (i = 0; i < n && reset < 0; i++)
		if (self->log[i].reg == CTRL1 && (self->log[i].value & SW_RESET))
			reset = i;
	ASSERT_GE(reset, 0);
	/* before it only the bank may have been chosen */
	for (i = 0; i < reset; i++)
		EXPECT_EQ(0x3f, self->log[i].reg);
	base = last_write(self->log, n, CTRL1);
	ASSERT_GT(base, reset);
	EXPECT_EQ(0x50, self->log[base].value);
	EXPECT_GE(self->log[reset + 1].t_ns - self->log[reset].t_ns, 50000);
}

TEST_F(probe, unbinds_and_binds_again)
{
	int i;

	ASSERT_EQ(0, rig_attach(0));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, rig_bind(0, false));
		EXPECT_TRUE(capture_gone(0));
		ASSERT_EQ(0, rig_bind(0, true));
		EXPECT_EQ(0, capture_find(&self->c, 0));
	}
}

/* By hand there is no interrupt and no property, and it streams all the same. */
TEST_F(probe, is_made_by_hand)
{
	const struct truth_wave w = TRUTH_WAVE(60);
	struct stream_rig rig;
	int i;

	stream_rig_init(&rig);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, rig_new_device(0, true));
		ASSERT_EQ(0, capture_find(&rig.c, 0));
		ASSERT_EQ(0, stream_rig_start(&rig, &w, CAPTURE_COMBINED, 800, 32, 0));
		ASSERT_EQ(0, truth_run(&rig.t, 1, 3000, false));
		EXPECT_TRUE_SAMPLES(&rig.t, "made by hand");
		if (rig_simulated_time())
			EXPECT_EQ(0, rig.t.lost);
		stream_rig_stop(&rig);
		ASSERT_EQ(0, rig_new_device(0, false));
		EXPECT_TRUE(capture_gone(0));
	}
}

TEST_F(probe, reloads)
{
	int i;

	ASSERT_EQ(0, rig_attach(0));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, rig_module_unload("st1vafe3bx"));
		EXPECT_TRUE(capture_gone(0));
		ASSERT_EQ(0, rig_module_load("st1vafe3bx", ""));
		EXPECT_EQ(0, capture_find(&self->c, 0));
	}
}

TEST_HARNESS_MAIN
