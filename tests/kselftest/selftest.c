// SPDX-License-Identifier: GPL-2.0-or-later
/* The accelerometer's self-test: verdict, procedure, and that nothing is left of it. */
#include <errno.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define CTRL3		0x12
#define CTRL5		0x14
#define  ODR		0xf0
#define FIFO_CTRL	0x15
#define WAKE_UP_DUR	0x1d
#define AH_BIO_CFG3	0x32
#define  ST		0x30

#define MS		1000000LL
#define PATIENCE_MS	3000
#define LOG_MAX		256

FIXTURE(selftest)
{
	struct capture c;
	struct sim_write log[LOG_MAX];
	int feed;
};

FIXTURE_SETUP(selftest)
{
	self->feed = -1;
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
}

FIXTURE_TEARDOWN(selftest)
{
	capture_stop(&self->c);
	if (self->feed >= 0)
		close(self->feed);
	EXPECT_EQ(0, rig_down());
}

/* The model's axes give by so much: x 75, y 80, z 150 mg one way, four times that in all. */
static const int model_mg[3] = { 300, 320, 600 };

#define EXPECT_PASS(v, axis)						\
	do {								\
		EXPECT_STREQ("pass", (v).word[axis]);			\
		EXPECT_GE((v).mg[axis], model_mg[axis] - 1);		\
		EXPECT_LE((v).mg[axis], model_mg[axis] + 1);		\
	} while (0)

TEST_F(selftest, passes)
{
	struct capture_verdict v;
	int axis;

	ASSERT_EQ(0, capture_self_test(&self->c, &v));
	for (axis = 0; axis < 3; axis++)
		EXPECT_PASS(v, axis);
}

/* Gravity does not matter. */
TEST_F(selftest, passes_in_any_position)
{
	const struct truth_wave w = { .accel_mg = -1000, .seconds = 60 };
	struct capture_verdict v;
	int axis;

	self->feed = truth_feed(0, &w);
	ASSERT_GE(self->feed, 0);
	ASSERT_EQ(0, capture_self_test(&self->c, &v));
	for (axis = 0; axis < 3; axis++)
		EXPECT_PASS(v, axis);
}

/* An axis that does not move: here because its range is exceeded. */
TEST_F(selftest, fails_axes_that_are_stuck)
{
	const struct truth_wave w = { .accel_mg = 30000, .seconds = 60 };
	struct capture_verdict v;

	self->feed = truth_feed(0, &w);
	ASSERT_GE(self->feed, 0);
	ASSERT_EQ(0, capture_self_test(&self->c, &v));
	EXPECT_STREQ("fail", v.word[0]);
	EXPECT_EQ(0, v.mg[0]);
	EXPECT_STREQ("fail", v.word[1]);
	EXPECT_EQ(0, v.mg[1]);
	EXPECT_PASS(v, 2);
}

/* Index of the next write of @value to @reg from entry @from on, or -1. */
static int next_write(const struct sim_write *log, int n, int from, uint8_t reg, uint8_t value)
{
	int i;

	for (i = from < 0 ? n : from; i < n; i++)
		if (log[i].reg == reg && log[i].value == value)
			return i;
	return -1;
}

TEST_F(selftest, follows_the_procedure)
{
	static const uint8_t phases[] = { 0x20, 0x10 };
	int n, at = 0, on, fill, off = -1;
	struct capture_verdict v;
	unsigned int i;

	ASSERT_EQ(0, sim_log_clear(0));
	ASSERT_EQ(0, capture_self_test(&self->c, &v));
	n = sim_log(0, self->log, LOG_MAX);
	for (i = 0; i < ARRAY_SIZE(phases); i++) {
		EXPECT_GE(next_write(self->log, n, at, CTRL3, 0x03), 0);
		EXPECT_GE(next_write(self->log, n, at, WAKE_UP_DUR, 0x00), 0);
		EXPECT_GE(next_write(self->log, n, at, FIFO_CTRL, 0x00), 0);
		at = next_write(self->log, n, at, AH_BIO_CFG3, phases[i]);
		ASSERT_GE(at, 0) TH_LOG("phase %u", i + 1);
		/* 200 Hz, half of it, +-8 g */
		on = next_write(self->log, n, at, CTRL5, 0x92);
		ASSERT_GE(on, 0);
		if (off >= 0)
			EXPECT_GE(self->log[on].t_ns - self->log[off].t_ns, 25 * MS);
		fill = next_write(self->log, n, on, FIFO_CTRL, 0x01);
		ASSERT_GE(fill, 0);
		EXPECT_GE(self->log[fill].t_ns - self->log[on].t_ns, 50 * MS);
		off = next_write(self->log, n, fill, CTRL5, 0x00);
		ASSERT_GE(off, 0);
		EXPECT_GE(self->log[off].t_ns - self->log[fill].t_ns, 24 * MS);
		at = off;
	}
	EXPECT_GE(next_write(self->log, n, at, AH_BIO_CFG3, 0x00), 0);
	EXPECT_GE(next_write(self->log, n, at, CTRL3, 0x00), 0);
}

TEST_F(selftest, is_busy_while_streaming)
{
	struct capture_verdict v;

	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_MOTION, 800, 32));
	EXPECT_EQ(-EBUSY, capture_self_test(&self->c, &v));
	capture_stop(&self->c);
	EXPECT_EQ(0, capture_self_test(&self->c, &v));
}

/* What was set before counts afterwards, and nothing pulls any more. */
TEST_F(selftest, leaves_no_trace)
{
	const struct truth_wave w = TRUTH_WAVE(60);
	static const enum capture_mode modes[] = { CAPTURE_MOTION, CAPTURE_COMBINED, CAPTURE_FILM };
	struct truth t;
	struct capture_verdict v;
	unsigned int i;
	char text[32];

	self->feed = truth_feed(0, &w);
	ASSERT_GE(self->feed, 0);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		/* from a chip that a direct read has left on, too */
		ASSERT_LT(0, capture_get(&self->c, "in_accel_x_raw", text, sizeof(text)));
		ASSERT_EQ(0, capture_self_test(&self->c, &v));
		ASSERT_EQ(0, capture_start(&self->c, modes[i], 800, 32));
		ASSERT_EQ(0, truth_begin(&t, &self->c, &w, 0));
		ASSERT_EQ(0, truth_run(&t, 1, PATIENCE_MS, false));
		EXPECT_EQ(0, t.wrong);
		EXPECT_EQ(0, t.lost);
		capture_stop(&self->c);
	}
}

TEST_F(selftest, tells_a_dead_bus)
{
	struct capture_verdict v;

	ASSERT_EQ(0, sim_set(0, "nack_next", 1000));
	EXPECT_GT(0, capture_self_test(&self->c, &v));
	ASSERT_EQ(0, sim_set(0, "nack_next", 0));
	EXPECT_EQ(0, capture_self_test(&self->c, &v));
	/* and in the middle of it: the bursts of FIFO words */
	ASSERT_EQ(0, sim_set(0, "fail_after", 7));
	EXPECT_GT(0, capture_self_test(&self->c, &v));
	ASSERT_EQ(0, capture_self_test(&self->c, &v));
	EXPECT_STREQ("pass", v.word[0]);
}

TEST_HARNESS_MAIN
