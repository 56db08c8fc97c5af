// SPDX-License-Identifier: GPL-2.0-or-later
/* The pair: two chips on one bus, on one clock. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define CHIPS		2

/* Their oscillators are two. */
static const int ppm[CHIPS] = { 12000, -7000 };

FIXTURE(two)
{
	struct stream_rig rig[CHIPS];
};

FIXTURE_SETUP(two)
{
	int i;

	for (i = 0; i < CHIPS; i++)
		stream_rig_init(&self->rig[i]);
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, stream_rigs_up(self->rig, CHIPS, "chips=2", NULL));
}

FIXTURE_TEARDOWN(two)
{
	EXPECT_EQ(0, stream_rigs_down(self->rig, CHIPS));
}

TEST_F_TIMEOUT(two, stream_side_by_side, 3600)
{
	static const enum capture_mode mode[] = { CAPTURE_COMBINED, CAPTURE_FILM };
	static const unsigned int rate_hz[] = { 800, 3200 };
	int secs = rig_simulated_time() ? 120 : 5, i, s;
	int64_t start;
	const struct truth_wave w = TRUTH_WAVE(secs + 10);

	for (i = 0; i < CHIPS; i++) {
		ASSERT_EQ(0, sim_set(i, "options/odr_error_ppm", ppm[i]));
		ASSERT_EQ(0, stream_rig_start(&self->rig[i], &w, mode[i], rate_hz[i], 32, ppm[i]));
	}
	/* turn by turn; the kernel's buffers hold more than 2 s */
	start = rig_now_ns();
	for (s = 1; s <= secs; s++)
		for (i = 0; i < CHIPS; i++)
			ASSERT_EQ(0, truth_run_to(&self->rig[i].t, start + s * 1000000000LL,
						  PATIENCE_MS, false));
	for (i = 0; i < CHIPS; i++) {
		EXPECT_NOTHING_LOST(&self->rig[i].t, i ? "film 3200" : "combined 800");
		EXPECT_PUNCTUAL(&self->rig[i].t);
	}
}

/*
 * Services that begin together would read the chips' counters in turns, each reading waiting
 * for the other chip's, and so say little of when the counter had its value.
 */
TEST_F_TIMEOUT(two, are_served_in_step, 3600)
{
	const struct truth_wave w = TRUTH_WAVE(60);
	int i, n;

	if (!rig_simulated_time())
		SKIP(return, "needs simulated time: else they do not begin together");
	for (i = 0; i < CHIPS; i++) {
		ASSERT_EQ(0, sim_set(i, "options/odr_error_ppm", ppm[i]));
		ASSERT_EQ(0, stream_rig_start(&self->rig[i], &w, CAPTURE_COMBINED, 400, 32,
					      ppm[i]));
		/* to ask for more than there is would have the FIFO read at once */
		self->rig[i].t.batch = 32;
	}
	for (n = 0; n < 180; n++) {
		for (i = 0; i < CHIPS; i++)
			ASSERT_EQ(0, sim_set(i, "freeze_irq_ms", 170));
		for (i = 0; i < CHIPS; i++)
			ASSERT_EQ(0, truth_run(&self->rig[i].t, 0.2, PATIENCE_MS, false));
	}
	for (i = 0; i < CHIPS; i++) {
		EXPECT_NOTHING_LOST(&self->rig[i].t, "in step");
		EXPECT_PUNCTUAL(&self->rig[i].t);
	}
}

/* One leaves and comes back; the other does not notice. */
TEST_F(two, do_not_disturb_each_other)
{
	const struct truth_wave w = TRUTH_WAVE(30);

	ASSERT_EQ(0, stream_rig_start(&self->rig[1], &w, CAPTURE_FILM, 3200, 32, 0));
	ASSERT_EQ(0, truth_run(&self->rig[1].t, 1, PATIENCE_MS, false));
	ASSERT_EQ(0, rig_bind(0, false));
	ASSERT_EQ(0, truth_run(&self->rig[1].t, 1, PATIENCE_MS, false));
	ASSERT_EQ(0, rig_bind(0, true));
	ASSERT_EQ(0, sim_set(0, "present", 0));
	ASSERT_EQ(0, truth_run(&self->rig[1].t, 1, PATIENCE_MS, false));
	ASSERT_EQ(0, sim_set(0, "present", 1));
	ASSERT_EQ(0, capture_find(&self->rig[0].c, 0));
	ASSERT_EQ(0, truth_run(&self->rig[1].t, 1, PATIENCE_MS, false));
	EXPECT_NOTHING_LOST(&self->rig[1].t, "the other");
}

TEST_HARNESS_MAIN
