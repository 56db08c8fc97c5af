// SPDX-License-Identifier: GPL-2.0-or-later
/* Bursts from the FIFO that do not come as they should: corrupted, in pieces. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define WORD_BYTES	7
#define GROUP_BYTES	(33 * WORD_BYTES)	/* a time-stamp word and its samples */

static const struct truth_wave wave = TRUTH_WAVE(600);

FIXTURE(burst)
{
	struct stream_rig rig;
};

FIXTURE_VARIANT(burst)
{
	const char *params;
	enum capture_mode mode;
	unsigned int rate_hz;
};

FIXTURE_VARIANT_ADD(burst, combined_800) {
	.params = "chips=1", .mode = CAPTURE_COMBINED, .rate_hz = 800,
};

FIXTURE_VARIANT_ADD(burst, film_3200) {
	.params = "chips=1", .mode = CAPTURE_FILM, .rate_hz = 3200,
};

/* five words; four and a half; not even one more than the longest register */
FIXTURE_VARIANT_ADD(burst, film_3200_by_35_bytes) {
	.params = "chips=1 max_read=36", .mode = CAPTURE_FILM, .rate_hz = 3200,
};

FIXTURE_VARIANT_ADD(burst, combined_800_by_32_bytes) {
	.params = "chips=1 max_read=32", .mode = CAPTURE_COMBINED, .rate_hz = 800,
};

FIXTURE_VARIANT_ADD(burst, combined_800_by_8_bytes) {
	.params = "chips=1 max_read=8", .mode = CAPTURE_COMBINED, .rate_hz = 800,
};

FIXTURE_SETUP(burst)
{
	stream_rig_init(&self->rig);
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, stream_rig_up(&self->rig, variant->params));
	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, variant->mode, variant->rate_hz, 32, 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
}

FIXTURE_TEARDOWN(burst)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
}

static bool by_words(const char *params)
{
	return !strstr(params, "max_read");
}

TEST_F_TIMEOUT(burst, is_complete, 120)
{
	ASSERT_EQ(0, truth_run(&self->rig.t, rig_simulated_time() ? 30 : 3, PATIENCE_MS, false));
	EXPECT_NOTHING_LOST(&self->rig.t, variant->params);
	EXPECT_PUNCTUAL(&self->rig.t);
}

TEST_F_TIMEOUT(burst, runs_over, 120)
{
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, sim_set(0, "freeze_irq_ms", 150 + 3 * i));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.6, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_KNOWN_LOSS(&self->rig.t, variant->params);
}

/* What a piece has brought before the next one fails is not lost. */
TEST_F_TIMEOUT(burst, fails_in_between, 120)
{
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, sim_set(0, "nack_after", i));
		ASSERT_EQ(0, sim_set(0, "nack_next", 1));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.3, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	/* a transfer that is refused takes nothing from the FIFO */
	EXPECT_NOTHING_LOST(&self->rig.t, "refused in between");
}

/*
 * Each tag of a group once: that word is lost, and no other, and all stay in their place.  But
 * where it turns into that of an empty word so late in the burst that the FIFO can have been
 * empty, what comes up to the next time-stamp word cannot be placed.
 */
TEST_F_TIMEOUT(burst, with_a_corrupt_tag, 300)
{
	static const uint8_t masks[] = { 0x10, 0x60, 0xff };
	long long lost = -1, unknown = -1;
	unsigned int i, n = 0;

	if (!by_words(variant->params))
		SKIP(return, "one burst is like the other");
	for (i = 0; i < 33 * ARRAY_SIZE(masks); i += rig_simulated_time() ? 1 : 10, n++) {
		ASSERT_EQ(0, sim_set(0, "corrupt_mask", masks[i % ARRAY_SIZE(masks)]));
		ASSERT_EQ(0, sim_set(0, "corrupt_at", i / ARRAY_SIZE(masks) * WORD_BYTES));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.1, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "corrupt tags");
	ASSERT_EQ(0, capture_stat(&self->rig.c, "lost", &lost));
	ASSERT_EQ(0, capture_stat(&self->rig.c, "unknown_tags", &unknown));
	rig_diag("%u corrupted, %lld unknown", n, unknown);
	EXPECT_EQ(self->rig.t.lost, lost);
	EXPECT_GE(unknown, n / 2);
	EXPECT_LE(self->rig.t.lost, n + 10 * SAMPLES_PER_STAMP);
}

/* A sample that says of itself that it is a time stamp is not believed: it is lost, no other. */
TEST_F_TIMEOUT(burst, with_a_false_time_stamp, 300)
{
	/* from the tag of a sample, which is in the upper five bits, to that of a time stamp */
	int mask = ((variant->mode == CAPTURE_FILM ? 0x1e : 0x1f) ^ 0x04) << 3, i;
	long long lost = -1, unknown = -1, resyncs = -1;

	if (!by_words(variant->params))
		SKIP(return, "one burst is like the other");
	ASSERT_EQ(0, sim_set(0, "corrupt_mask", mask));
	for (i = 0; i < 33; i += rig_simulated_time() ? 1 : 5) {
		ASSERT_EQ(0, sim_set(0, "corrupt_at", i * WORD_BYTES));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.1, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "false time stamps");
	ASSERT_EQ(0, capture_stat(&self->rig.c, "lost", &lost));
	ASSERT_EQ(0, capture_stat(&self->rig.c, "unknown_tags", &unknown));
	ASSERT_EQ(0, capture_stat(&self->rig.c, "resyncs", &resyncs));
	rig_diag("%lld lost, %lld unknown", lost, unknown);
	EXPECT_EQ(self->rig.t.lost, lost);
	EXPECT_LT(0, lost);
	EXPECT_LE(lost, 33);
	EXPECT_EQ(0, resyncs);
}

/* The FIFO's level, too high or too low by a little or a lot, or more than there can be. */
TEST_F_TIMEOUT(burst, with_a_corrupt_level, 300)
{
	static const uint8_t masks[] = { 0x01, 0x20, 0x40, 0x80, 0xff };
	long long lost = -1, errors = -1;
	unsigned int i;

	for (i = 0; i < 4 * ARRAY_SIZE(masks); i++) {
		ASSERT_EQ(0, sim_set(0, "corrupt_level", masks[i % ARRAY_SIZE(masks)]));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.3, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "corrupt levels");
	ASSERT_EQ(0, capture_stat(&self->rig.c, "lost", &lost));
	ASSERT_EQ(0, capture_stat(&self->rig.c, "bus_errors", &errors));
	rig_diag("%lld lost, %lld bus errors", lost, errors);
	EXPECT_EQ(self->rig.t.lost, lost);
	/* up to the next time-stamp word, where the level said more than there was */
	EXPECT_LE(lost, 4 * (long long)ARRAY_SIZE(masks) * SAMPLES_PER_STAMP);
	EXPECT_LE(4, errors);
}

/* Time-stamp words whose payload is wrong, by a little or a lot, move nothing. */
TEST_F_TIMEOUT(burst, with_a_corrupt_time, 300)
{
	static const uint8_t masks[] = { 0xff, 0x80, 0x20 };
	unsigned int i, wrong = 0;
	long long resyncs = -1;

	if (!by_words(variant->params))
		SKIP(return, "one burst is like the other");
	/* whichever word is hit: where it is a sample, its value is wrong, and only its own */
	for (i = 0; i < GROUP_BYTES; i += rig_simulated_time() ? 1 : 40) {
		if (i % WORD_BYTES < 3)
			continue;
		ASSERT_EQ(0, sim_set(0, "corrupt_mask", masks[i % ARRAY_SIZE(masks)]));
		ASSERT_EQ(0, sim_set(0, "corrupt_at", i));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.1, PATIENCE_MS, false));
		wrong++;
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	truth_tell(&self->rig.t, "corrupt payloads");
	EXPECT_EQ(0, self->rig.t.lost);
	EXPECT_EQ(0, self->rig.t.repeated);
	EXPECT_EQ(0, self->rig.t.backward);
	EXPECT_LE(self->rig.t.wrong, wrong);
	EXPECT_LE(self->rig.t.max_ns, STAMP_ERROR_MAX_NS);
	ASSERT_EQ(0, capture_stat(&self->rig.c, "resyncs", &resyncs));
	EXPECT_EQ(0, resyncs);
}

TEST_HARNESS_MAIN
