// SPDX-License-Identifier: GPL-2.0-or-later
/* Service too late: what is lost is known to be lost, what is left is in its place. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define OUT_X_L		0x28
#define READ_BYTES	8190	/* whole samples; 184 ms of a 400 kHz bus */

#define FIFO_WORDS		128
#define WORD_BYTES		7

FIXTURE(overrun)
{
	struct stream_rig rig;
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
	const struct truth_wave w = TRUTH_WAVE(1000);

	stream_rig_init(&self->rig);
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, stream_rig_up(&self->rig, "chips=1"));
	ASSERT_EQ(0, stream_rig_start(&self->rig, &w, variant->mode, variant->rate_hz, 32, 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
}

FIXTURE_TEARDOWN(overrun)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
}

/* So much was lost at least; the driver says how much is missing, and the rest is right. */
#define EXPECT_LOSSES(rig, at_least, each)				\
	do {								\
		long long lost = -1, told = -1, holes = -1;		\
									\
		ASSERT_EQ(0, sim_stat(0, "samples_lost", &lost));	\
		ASSERT_EQ(0, sim_stat(0, "holes", &holes));		\
		ASSERT_EQ(0, capture_stat(&(rig)->c, "lost", &told));	\
		rig_diag("the chip lost %lld, %lld of them within bursts", lost, holes); \
		EXPECT_GE(lost, at_least);				\
		EXPECT_EQ(told, (rig)->t.lost);				\
		EXPECT_KNOWN_LOSSES(&(rig)->t, "overrun", each);	\
	} while (0)

#define EXPECT_LOSS(rig, at_least)	EXPECT_LOSSES(rig, at_least, 1)

/* Another user of the bus keeps it for longer than the FIFO lasts. */
TEST_F(overrun, bus_taken)
{
	static uint8_t data[READ_BYTES];
	unsigned int reads = variant->rate_hz == 3200 ? 1 : 2;

	ASSERT_EQ(0, rig_i2c_read(0, OUT_X_L, data, sizeof(data), reads));
	ASSERT_EQ(0, truth_run(&self->rig.t, 2, PATIENCE_MS, false));
	EXPECT_LOSS(&self->rig, 100);
}

TEST_F(overrun, again_and_again)
{
	static uint8_t data[READ_BYTES];
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, rig_i2c_read(0, OUT_X_L, data, sizeof(data), 2));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.3, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_LOSS(&self->rig, 1000);
}

/* The interrupt comes late, as on a machine that is busy elsewhere. */
TEST_F(overrun, interrupt_held_back)
{
	ASSERT_EQ(0, sim_set(0, "freeze_irq_ms", 300));
	ASSERT_EQ(0, truth_run(&self->rig.t, 3, PATIENCE_MS, false));
	EXPECT_LOSS(&self->rig, 1);
}

/* A FIFO that is full to the brim says "0 words" and "overrun", or 128 words. */
TEST_F(overrun, full_fifo_reads_128)
{
	static uint8_t data[READ_BYTES];

	ASSERT_EQ(0, sim_set(0, "options/full_reads_zero", 0));
	ASSERT_EQ(0, rig_i2c_read(0, OUT_X_L, data, sizeof(data), 2));
	ASSERT_EQ(0, truth_run(&self->rig.t, 2, PATIENCE_MS, false));
	EXPECT_LOSS(&self->rig, 100);
}

/* How long the FIFO lasts, and from one time-stamp word to the next. */
#define FULL_US(rate_hz)	(FIFO_WORDS * 1000000LL / (rate_hz))
#define CYCLE_US(rate_hz)	(SAMPLES_PER_STAMP * 1000000LL / (rate_hz))

/* The next burst waits, @at bytes done, for so long; then the stream goes on for a while. */
static int pause_burst(struct truth *t, int at, long long us)
{
	int ret = sim_set(0, "pause_us", us);

	if (!ret)
		ret = sim_set(0, "pause_at", at);
	return ret ? ret : truth_run(t, us / 1e6 + 0.15, PATIENCE_MS, false);
}

/*
 * A tick may bring two words.  Whenever that comes while the first words leave a full FIFO,
 * before them, between them, behind them: what is left is in its place.
 */
TEST_F_TIMEOUT(overrun, tick_between_status_and_burst, 600)
{
	const long long full = FULL_US(variant->rate_hz), cycle = CYCLE_US(variant->rate_hz);
	const int steps = rig_simulated_time() ? 320 : 12;
	int i;

	for (i = 0; i < steps; i++)
		ASSERT_EQ(0, pause_burst(&self->rig.t, 0, full + cycle * i / steps));
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_LOSS(&self->rig, steps);
}

/* A transfer that stands still lets the FIFO fill again behind the words that have left. */
TEST_F_TIMEOUT(overrun, pause_within_a_burst, 600)
{
	const long long full = FULL_US(variant->rate_hz), cycle = CYCLE_US(variant->rate_hz);
	const int steps = rig_simulated_time() ? 128 : 6;
	int i;

	for (i = 0; i < steps; i++)
		ASSERT_EQ(0, pause_burst(&self->rig.t, 1 + i * WORD_BYTES * 32 / steps,
					 full / 2 + i * (full + cycle) / steps));
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_LOSS(&self->rig, 1);
}

/* Both: full when the burst begins, and again, or still, in the middle of it. */
TEST_F_TIMEOUT(overrun, pause_within_a_burst_from_a_full_fifo, 600)
{
	const long long full = FULL_US(variant->rate_hz), cycle = CYCLE_US(variant->rate_hz);
	const int steps = rig_simulated_time() ? 128 : 6;
	int i;

	for (i = 0; i < steps; i++) {
		ASSERT_EQ(0, sim_set(0, "freeze_irq_ms", (full + cycle * i / steps) / 1000));
		ASSERT_EQ(0, pause_burst(&self->rig.t, 1 + i * WORD_BYTES * 120 / steps,
					 i % 8 * full / 6));
		ASSERT_EQ(0, truth_run(&self->rig.t, full / 1e6, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	/*
	 * Lost before the burst, and again in it: two losses in a gap.  Over the many steps of
	 * simulated time they give up no more than one does at most.
	 */
	EXPECT_LOSSES(&self->rig, steps, rig_simulated_time() ? 1 : 2);
}

/* 25 ms late is what the driver must always bear. */
TEST_F(overrun, none_when_25_ms_late)
{
	int i;

	if (!rig_simulated_time())
		SKIP(return, "needs simulated time: a busy machine adds its own delay");
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, sim_set(0, "freeze_irq_ms", 25));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.15, PATIENCE_MS, false));
	}
	EXPECT_NOTHING_LOST(&self->rig.t, "25 ms late");
}

TEST_HARNESS_MAIN
