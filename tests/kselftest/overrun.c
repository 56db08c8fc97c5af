// SPDX-License-Identifier: GPL-2.0-or-later
/* Service too late: what is lost is known to be lost, what is left is in its place. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "capture.h"
#include "rig.h"
#include "truth.h"

#define PATIENCE_MS	3000
#define OUT_X_L		0x28
#define READ_BYTES	8190	/* whole samples; 184 ms of a 400 kHz bus */

FIXTURE(overrun)
{
	struct capture c;
	struct truth t;
	int feed;
};

FIXTURE_VARIANT(overrun)
{
	enum capture_mode mode;
	unsigned int rate_hz;
};

FIXTURE_VARIANT_ADD(overrun, combined_800) { .mode = CAPTURE_COMBINED, .rate_hz = 800 };
FIXTURE_VARIANT_ADD(overrun, motion_800) { .mode = CAPTURE_MOTION, .rate_hz = 800 };
FIXTURE_VARIANT_ADD(overrun, film_3200) { .mode = CAPTURE_FILM, .rate_hz = 3200 };

FIXTURE_SETUP(overrun)
{
	const struct truth_wave w = TRUTH_WAVE(60);
	const char *missing = rig_missing();

	self->feed = -1;
	if (missing)
		SKIP(return, "%s", missing);
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	self->feed = truth_feed(0, &w);
	ASSERT_GE(self->feed, 0);
	ASSERT_EQ(0, capture_start(&self->c, variant->mode, variant->rate_hz, 32));
	ASSERT_EQ(0, truth_begin(&self->t, &self->c, &w, 0));
	ASSERT_EQ(0, truth_run(&self->t, 1, PATIENCE_MS, false));
}

FIXTURE_TEARDOWN(overrun)
{
	capture_stop(&self->c);
	if (self->feed >= 0)
		close(self->feed);
	EXPECT_EQ(0, rig_down());
}

/* The chip's account of what was lost is the stream's; the rest is as it must be. */
#define EXPECT_KNOWN_LOSS(t, at_least)				\
	do {							\
		long long chip_lost = -1;			\
								\
		ASSERT_EQ(0, sim_stat(0, "samples_lost", &chip_lost)); \
		truth_tell(&(t), "overrun");			\
		EXPECT_GE(chip_lost, at_least);			\
		EXPECT_EQ(chip_lost, (t).lost);			\
		EXPECT_EQ(0, (t).wrong);			\
		EXPECT_EQ(0, (t).repeated);			\
		EXPECT_EQ(0, (t).backward);			\
	} while (0)

/* Another user of the bus keeps it for longer than the FIFO lasts. */
TEST_F(overrun, bus_taken)
{
	static uint8_t data[READ_BYTES];
	unsigned int reads = variant->rate_hz == 3200 ? 1 : 2;

	ASSERT_EQ(0, rig_i2c_read(0, OUT_X_L, data, sizeof(data), reads));
	ASSERT_EQ(0, truth_run(&self->t, 2, PATIENCE_MS, false));
	EXPECT_KNOWN_LOSS(self->t, 100);
}

TEST_F(overrun, again_and_again)
{
	static uint8_t data[READ_BYTES];
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, rig_i2c_read(0, OUT_X_L, data, sizeof(data), 2));
		ASSERT_EQ(0, truth_run(&self->t, 0.3, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, truth_run(&self->t, 1, PATIENCE_MS, false));
	EXPECT_KNOWN_LOSS(self->t, 1000);
}

/* The interrupt comes late, as on a machine that is busy elsewhere. */
TEST_F(overrun, interrupt_held_back)
{
	ASSERT_EQ(0, sim_set(0, "freeze_irq_ms", 300));
	ASSERT_EQ(0, truth_run(&self->t, 3, PATIENCE_MS, false));
	EXPECT_KNOWN_LOSS(self->t, 1);
}

/* A FIFO that is full to the brim says "0 words" and "overrun", or 128 words. */
TEST_F(overrun, full_fifo_reads_128)
{
	static uint8_t data[READ_BYTES];

	ASSERT_EQ(0, sim_set(0, "options/full_reads_zero", 0));
	ASSERT_EQ(0, rig_i2c_read(0, OUT_X_L, data, sizeof(data), 2));
	ASSERT_EQ(0, truth_run(&self->t, 2, PATIENCE_MS, false));
	EXPECT_KNOWN_LOSS(self->t, 100);
}

/* 25 ms late is what the driver must always bear. */
TEST_F(overrun, none_when_25_ms_late)
{
	long long lost = -1;
	int i;

	if (!rig_simulated_time())
		SKIP(return, "needs simulated time: a busy machine adds its own delay");
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, sim_set(0, "freeze_irq_ms", 25));
		ASSERT_EQ(0, truth_run(&self->t, 0.15, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, sim_stat(0, "samples_lost", &lost));
	EXPECT_EQ(0, lost);
	EXPECT_EQ(0, self->t.lost);
	EXPECT_EQ(0, self->t.wrong);
}

TEST_HARNESS_MAIN
