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
	struct stream_rig rig[CHIPS];
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

	for (i = 0; i < CHIPS; i++)
		stream_rig_init(&self->rig[i]);
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, stream_rigs_up(self->rig, CHIPS, variant->params, NULL));
}

FIXTURE_TEARDOWN(shared)
{
	EXPECT_EQ(0, stream_rigs_down(self->rig, CHIPS));
}

static int start(struct stream_rig *r)
{
	return stream_rig_start(r, &wave, modes[r->c.chip], rates_hz[r->c.chip], 32, 0);
}

/* Both for @secs, turn by turn: the kernel's buffers hold more than 2 s. */
static int run(struct stream_rig *rigs, int secs)
{
	int ret = 0, i;

	for (; !ret && secs; secs--)
		for (i = 0; !ret && i < CHIPS; i++)
			ret = truth_run(&rigs[i].t, 1, PATIENCE_MS, false);
	return ret;
}

TEST_F_TIMEOUT(shared, both_stream, 120)
{
	int i;

	for (i = 0; i < CHIPS; i++)
		ASSERT_EQ(0, start(&self->rig[i]));
	ASSERT_EQ(0, run(self->rig, rig_simulated_time() ? 30 : 5));
	for (i = 0; i < CHIPS; i++)
		EXPECT_NOTHING_LOST(&self->rig[i].t, "shared line");
	EXPECT_FALSE(rig_logged("interrupt line is stuck"));
}

/* The line is still served for one when the other has done with it. */
TEST_F_TIMEOUT(shared, one_comes_and_goes, 120)
{
	int i, n;

	for (i = 0; i < CHIPS; i++) {
		ASSERT_EQ(0, start(&self->rig[i]));
		for (n = 0; n < 3; n++) {
			ASSERT_EQ(0, start(&self->rig[!i]));
			ASSERT_EQ(0, run(self->rig, 1));
			EXPECT_NOTHING_LOST(&self->rig[!i].t, "shared line");
			capture_stop(&self->rig[!i].c);
			ASSERT_EQ(0, truth_run(&self->rig[i].t, 1, PATIENCE_MS, false));
		}
		EXPECT_NOTHING_LOST(&self->rig[i].t, "shared line");
		capture_stop(&self->rig[i].c);
	}
}

TEST_F(shared, one_is_unbound)
{
	ASSERT_EQ(0, start(&self->rig[0]));
	ASSERT_EQ(0, start(&self->rig[1]));
	ASSERT_EQ(0, run(self->rig, 1));
	ASSERT_EQ(0, rig_bind(0, false));
	ASSERT_EQ(0, truth_run(&self->rig[1].t, 1, PATIENCE_MS, false));
	EXPECT_NOTHING_LOST(&self->rig[1].t, "shared line");
	capture_stop(&self->rig[0].c);
	ASSERT_EQ(0, rig_bind(0, true));
	ASSERT_EQ(0, capture_find(&self->rig[0].c, 0));
	ASSERT_EQ(0, start(&self->rig[0]));
	ASSERT_EQ(0, run(self->rig, 1));
	EXPECT_NOTHING_LOST(&self->rig[0].t, "shared line");
	EXPECT_NOTHING_LOST(&self->rig[1].t, "shared line");
}

/* One does not answer while the other, which is quicker, goes on asking for both. */
TEST_F_TIMEOUT(shared, one_does_not_answer, 120)
{
	long long nacks = 0;
	int i;

	for (i = 0; i < CHIPS; i++)
		ASSERT_EQ(0, start(&self->rig[i]));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, sim_set(0, "nack_next", 1 + i % 3));
		ASSERT_EQ(0, truth_run(&self->rig[0].t, 0.2, PATIENCE_MS, false));
		ASSERT_EQ(0, truth_run(&self->rig[1].t, 0.2, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, run(self->rig, 1));
	ASSERT_EQ(0, sim_stat(0, "i2c_nacks", &nacks));
	EXPECT_LE(19, nacks);
	/* a chip that is given time to wake holds up the other's service, if at all, for 25 ms */
	for (i = 0; i < CHIPS; i++)
		EXPECT_NOTHING_LOST(&self->rig[i].t, "one does not answer");
}

/* One pin holds the line for ever: both are polled, and complete. */
TEST_F_TIMEOUT(shared, one_pin_is_stuck, 120)
{
	int i;

	for (i = 0; i < CHIPS; i++)
		ASSERT_EQ(0, start(&self->rig[i]));
	ASSERT_EQ(0, run(self->rig, 1));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", variant->active));
	ASSERT_EQ(0, run(self->rig, 3));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", -1));
	ASSERT_EQ(0, run(self->rig, 8));
	for (i = 0; i < CHIPS; i++)
		EXPECT_KNOWN_LOSS(&self->rig[i].t, "stuck pin");
}

TEST_HARNESS_MAIN
