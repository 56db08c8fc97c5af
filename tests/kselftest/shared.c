// SPDX-License-Identifier: GPL-2.0-or-later
/* Two chips on one interrupt line: each serves its own, and neither is in the other's way. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define CHIPS		2

FIXTURE(shared)
{
	struct capture c[CHIPS];
	struct truth t[CHIPS];
	int feed[CHIPS];
};

FIXTURE_VARIANT(shared)
{
	const char *params;
	int active;
};

FIXTURE_VARIANT_ADD(shared, level_high) {
	.params = "chips=2 shared_int=1 int_type=4", .active = 1,
};

FIXTURE_VARIANT_ADD(shared, level_low) {
	.params = "chips=2 shared_int=1 int_type=8", .active = 0,
};

static const enum capture_mode modes[CHIPS] = { CAPTURE_COMBINED, CAPTURE_FILM };
static const unsigned int rates_hz[CHIPS] = { 800, 3200 };
static const struct truth_wave wave = TRUTH_WAVE(120);

FIXTURE_SETUP(shared)
{
	int i;

	for (i = 0; i < CHIPS; i++) {
		self->feed[i] = -1;
		self->c[i].fd = -1;
	}
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_load_params(variant->params));
	for (i = 0; i < CHIPS; i++) {
		ASSERT_EQ(0, rig_attach(i));
		ASSERT_EQ(0, capture_find(&self->c[i], i));
		self->feed[i] = truth_feed(i, &wave);
		ASSERT_GE(self->feed[i], 0);
	}
}

FIXTURE_TEARDOWN(shared)
{
	int i;

	for (i = 0; i < CHIPS; i++) {
		capture_stop(&self->c[i]);
		if (self->feed[i] >= 0)
			close(self->feed[i]);
	}
	EXPECT_EQ(0, rig_down());
}

static int start(struct capture *c, struct truth *t)
{
	int ret = capture_start(c, modes[c->chip], rates_hz[c->chip], 32);

	return ret ? ret : truth_begin(t, c, &wave, 0);
}

/* Both for @secs, turn by turn: the kernel's buffers hold more than 2 s. */
static int run(struct truth *t, int secs)
{
	int ret = 0, i;

	for (; !ret && secs; secs--)
		for (i = 0; !ret && i < CHIPS; i++)
			ret = truth_run(&t[i], 1, PATIENCE_MS, false);
	return ret;
}

TEST_F_TIMEOUT(shared, both_stream, 120)
{
	int i;

	for (i = 0; i < CHIPS; i++)
		ASSERT_EQ(0, start(&self->c[i], &self->t[i]));
	ASSERT_EQ(0, run(self->t, rig_simulated_time() ? 30 : 5));
	for (i = 0; i < CHIPS; i++)
		EXPECT_NOTHING_LOST(&self->t[i], "shared line");
	EXPECT_FALSE(rig_logged("interrupt line is stuck"));
}

/* The line is still served for one when the other has done with it. */
TEST_F_TIMEOUT(shared, one_comes_and_goes, 120)
{
	int i, n;

	for (i = 0; i < CHIPS; i++) {
		ASSERT_EQ(0, start(&self->c[i], &self->t[i]));
		for (n = 0; n < 3; n++) {
			ASSERT_EQ(0, start(&self->c[!i], &self->t[!i]));
			ASSERT_EQ(0, run(self->t, 1));
			EXPECT_NOTHING_LOST(&self->t[!i], "shared line");
			capture_stop(&self->c[!i]);
			ASSERT_EQ(0, truth_run(&self->t[i], 1, PATIENCE_MS, false));
		}
		EXPECT_NOTHING_LOST(&self->t[i], "shared line");
		capture_stop(&self->c[i]);
	}
}

TEST_F(shared, one_is_unbound)
{
	ASSERT_EQ(0, start(&self->c[0], &self->t[0]));
	ASSERT_EQ(0, start(&self->c[1], &self->t[1]));
	ASSERT_EQ(0, run(self->t, 1));
	ASSERT_EQ(0, rig_bind(0, false));
	ASSERT_EQ(0, truth_run(&self->t[1], 1, PATIENCE_MS, false));
	EXPECT_NOTHING_LOST(&self->t[1], "shared line");
	capture_stop(&self->c[0]);
	ASSERT_EQ(0, rig_bind(0, true));
	ASSERT_EQ(0, capture_find(&self->c[0], 0));
	ASSERT_EQ(0, start(&self->c[0], &self->t[0]));
	ASSERT_EQ(0, run(self->t, 1));
	EXPECT_NOTHING_LOST(&self->t[0], "shared line");
	EXPECT_NOTHING_LOST(&self->t[1], "shared line");
}

/* One does not answer while the other, which is quicker, goes on asking for both. */
TEST_F_TIMEOUT(shared, one_does_not_answer, 120)
{
	long long nacks = 0;
	int i;

	for (i = 0; i < CHIPS; i++)
		ASSERT_EQ(0, start(&self->c[i], &self->t[i]));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, sim_set(0, "nack_next", 1 + i % 3));
		ASSERT_EQ(0, truth_run(&self->t[0], 0.2, PATIENCE_MS, false));
		ASSERT_EQ(0, truth_run(&self->t[1], 0.2, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, run(self->t, 1));
	ASSERT_EQ(0, sim_stat(0, "i2c_nacks", &nacks));
	EXPECT_LE(19, nacks);
	/* a chip that is given time to wake holds up the other's service, if at all, for 25 ms */
	for (i = 0; i < CHIPS; i++)
		EXPECT_NOTHING_LOST(&self->t[i], "one does not answer");
}

/* One pin holds the line for ever: both are polled, and complete. */
TEST_F_TIMEOUT(shared, one_pin_is_stuck, 120)
{
	int i;

	for (i = 0; i < CHIPS; i++)
		ASSERT_EQ(0, start(&self->c[i], &self->t[i]));
	ASSERT_EQ(0, run(self->t, 1));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", variant->active));
	ASSERT_EQ(0, run(self->t, 3));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", -1));
	ASSERT_EQ(0, run(self->t, 8));
	for (i = 0; i < CHIPS; i++)
		EXPECT_KNOWN_LOSS(&self->t[i], "stuck pin");
}

TEST_HARNESS_MAIN
