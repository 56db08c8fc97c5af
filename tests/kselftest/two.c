// SPDX-License-Identifier: GPL-2.0-or-later
/* The pair: two chips on one bus, on one clock. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define CHIPS		2

FIXTURE(two)
{
	struct capture c[CHIPS];
	struct truth t[CHIPS];
	int feed[CHIPS];
};

FIXTURE_SETUP(two)
{
	int i;

	for (i = 0; i < CHIPS; i++)
		self->feed[i] = -1;
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(CHIPS));
	for (i = 0; i < CHIPS; i++)
		ASSERT_EQ(0, capture_find(&self->c[i], i));
}

FIXTURE_TEARDOWN(two)
{
	int i;

	for (i = 0; i < CHIPS; i++) {
		capture_stop(&self->c[i]);
		if (self->feed[i] >= 0)
			close(self->feed[i]);
	}
	EXPECT_EQ(0, rig_down());
}

TEST_F_TIMEOUT(two, stream_side_by_side, 3600)
{
	static const enum capture_mode mode[] = { CAPTURE_COMBINED, CAPTURE_FILM };
	static const unsigned int rate_hz[] = { 800, 3200 };
	int secs = rig_simulated_time() ? 120 : 5, i, s;
	int64_t start;
	const struct truth_wave w = TRUTH_WAVE(secs + 10);

	/* their oscillators are two */
	ASSERT_EQ(0, sim_set(0, "options/odr_error_ppm", 12000));
	ASSERT_EQ(0, sim_set(1, "options/odr_error_ppm", -7000));
	for (i = 0; i < CHIPS; i++) {
		self->feed[i] = truth_feed(i, &w);
		ASSERT_GE(self->feed[i], 0);
		ASSERT_EQ(0, capture_start(&self->c[i], mode[i], rate_hz[i], 32));
		ASSERT_EQ(0, truth_begin(&self->t[i], &self->c[i], &w, i ? -7000 : 12000));
	}
	/* turn by turn; the kernel's buffers hold more than 2 s */
	start = rig_now_ns();
	for (s = 1; s <= secs; s++)
		for (i = 0; i < CHIPS; i++)
			ASSERT_EQ(0, truth_run_to(&self->t[i], start + s * 1000000000LL,
						  PATIENCE_MS, false));
	for (i = 0; i < CHIPS; i++) {
		EXPECT_NOTHING_LOST(&self->t[i], i ? "film 3200" : "combined 800");
		EXPECT_PUNCTUAL(&self->t[i]);
	}
}

/*
 * Services that begin together would read the chips' counters in turns, each reading waiting
 * for the other chip's, and so say little of when the counter had its value.
 */
TEST_F_TIMEOUT(two, are_served_in_step, 3600)
{
	static const int ppm[CHIPS] = { 12000, -7000 };
	const struct truth_wave w = TRUTH_WAVE(60);
	int i, n;

	if (!rig_simulated_time())
		SKIP(return, "needs simulated time: else they do not begin together");
	for (i = 0; i < CHIPS; i++) {
		ASSERT_EQ(0, sim_set(i, "options/odr_error_ppm", ppm[i]));
		self->feed[i] = truth_feed(i, &w);
		ASSERT_GE(self->feed[i], 0);
		ASSERT_EQ(0, capture_start(&self->c[i], CAPTURE_COMBINED, 400, 32));
		ASSERT_EQ(0, truth_begin(&self->t[i], &self->c[i], &w, ppm[i]));
		/* to ask for more than there is would have the FIFO read at once */
		self->t[i].batch = 32;
	}
	for (n = 0; n < 180; n++) {
		for (i = 0; i < CHIPS; i++)
			ASSERT_EQ(0, sim_set(i, "freeze_irq_ms", 170));
		for (i = 0; i < CHIPS; i++)
			ASSERT_EQ(0, truth_run(&self->t[i], 0.2, PATIENCE_MS, false));
	}
	for (i = 0; i < CHIPS; i++) {
		EXPECT_NOTHING_LOST(&self->t[i], "in step");
		EXPECT_PUNCTUAL(&self->t[i]);
	}
}

/* One leaves and comes back; the other does not notice. */
TEST_F(two, do_not_disturb_each_other)
{
	const struct truth_wave w = TRUTH_WAVE(30);

	self->feed[1] = truth_feed(1, &w);
	ASSERT_GE(self->feed[1], 0);
	ASSERT_EQ(0, capture_start(&self->c[1], CAPTURE_FILM, 3200, 32));
	ASSERT_EQ(0, truth_begin(&self->t[1], &self->c[1], &w, 0));
	ASSERT_EQ(0, truth_run(&self->t[1], 1, PATIENCE_MS, false));
	ASSERT_EQ(0, rig_bind(0, false));
	ASSERT_EQ(0, truth_run(&self->t[1], 1, PATIENCE_MS, false));
	ASSERT_EQ(0, rig_bind(0, true));
	ASSERT_EQ(0, sim_set(0, "present", 0));
	ASSERT_EQ(0, truth_run(&self->t[1], 1, PATIENCE_MS, false));
	ASSERT_EQ(0, sim_set(0, "present", 1));
	ASSERT_EQ(0, capture_find(&self->c[0], 0));
	ASSERT_EQ(0, truth_run(&self->t[1], 1, PATIENCE_MS, false));
	EXPECT_NOTHING_LOST(&self->t[1], "the other");
}

TEST_HARNESS_MAIN
