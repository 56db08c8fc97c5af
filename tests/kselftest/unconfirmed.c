// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is not confirmed of the chip.  Where the driver works either way, both ways of the
 * chip are tried; where it is a constant of the driver, so is a driver that was built with the
 * other value, from the directories in $BACKPOP_MODULES_OTHER.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define STREAM_SECONDS	15	/* time stamps count from 10 s on */
#define RUNS		4

static const struct {
	enum capture_mode mode;
	unsigned int rate_hz;
} runs[RUNS] = {
	{ CAPTURE_COMBINED, 800 },
	{ CAPTURE_MOTION, 100 },
	{ CAPTURE_FILM, 800 },
	{ CAPTURE_FILM, 3200 },
};

static const struct truth_wave steep = TRUTH_WAVE(STREAM_SECONDS + 5);
static const struct truth_wave flat = { .accel_mg = 700, .film_mv = 30, .seconds = 60 };

FIXTURE(unconfirmed)
{
	struct stream_rig rig;
	bool full_16bit;
};

FIXTURE_VARIANT(unconfirmed)
{
	const char *options[4];	/* set to 1 but for those that end in "=0" */
	bool other_driver;
};

FIXTURE_VARIANT_ADD(unconfirmed, first_access_is_answered) { .options = { "wake" } };
FIXTURE_VARIANT_ADD(unconfirmed, full_reads_128) { .options = { "full_reads_zero=0" } };
FIXTURE_VARIANT_ADD(unconfirmed, film_has_16_bits) { .options = { "film_full_16bit" } };
FIXTURE_VARIANT_ADD(unconfirmed, starts_unsettled) { .options = { "unsettled" } };
FIXTURE_VARIANT_ADD(unconfirmed, comes_up_otherwise) { .options = { "odd_reset" } };
FIXTURE_VARIANT_ADD(unconfirmed, all_at_once) {
	.options = { "wake", "film_full_16bit", "unsettled", "odd_reset" },
};

FIXTURE_VARIANT_ADD(unconfirmed, other_constants) {
	.options = { "combined_needs_en", "ts_after_sample", "ts_latched_early" },
	.other_driver = true,
};

FIXTURE_VARIANT_ADD(unconfirmed, other_constants_and_all) {
	.options = { "combined_needs_en", "ts_after_sample", "ts_latched_early", "unsettled" },
	.other_driver = true,
};

static int set_option(const char *option)
{
	char path[64];
	size_t len = strcspn(option, "=");

	snprintf(path, sizeof(path), "options/%.*s", (int)len, option);
	return sim_set(0, path, option[len] ? atoi(option + len + 1) : 1);
}

FIXTURE_SETUP(unconfirmed)
{
	const char *other = getenv("BACKPOP_MODULES_OTHER");
	unsigned int i;

	stream_rig_init(&self->rig);
	self->full_16bit = false;
	SKIP_WITHOUT_RIG();
	if (variant->other_driver && (!other || !*other))
		SKIP(return, "no $BACKPOP_MODULES_OTHER: no driver with the constants changed");
	/* in this test's own process */
	if (variant->other_driver)
		ASSERT_EQ(0, setenv("BACKPOP_MODULES", other, 1));
	ASSERT_EQ(0, rig_load(1, 400000));
	for (i = 0; i < ARRAY_SIZE(variant->options) && variant->options[i]; i++) {
		ASSERT_EQ(0, set_option(variant->options[i]));
		self->full_16bit |= !strcmp(variant->options[i], "film_full_16bit");
	}
	ASSERT_EQ(0, rig_attach(0));
	ASSERT_EQ(0, capture_find(&self->rig.c, 0));
}

FIXTURE_TEARDOWN(unconfirmed)
{
	stream_rig_stop(&self->rig);
	EXPECT_EQ(0, rig_down());
}

TEST_F_TIMEOUT(unconfirmed, streams, 300)
{
	double secs = rig_simulated_time() ? STREAM_SECONDS : 2;
	struct stream_rig *rig = &self->rig;
	char what[32];
	int i;

	for (i = 0; i < RUNS; i++) {
		ASSERT_EQ(0, stream_rig_start(rig, &steep, runs[i].mode, runs[i].rate_hz, 16, 0));
		if (runs[i].mode == CAPTURE_FILM && self->full_16bit)
			rig->t.film_step = 1;
		ASSERT_EQ(0, truth_run(&rig->t, secs, PATIENCE_MS, false));
		snprintf(what, sizeof(what), "mode %d at %u Hz", runs[i].mode, runs[i].rate_hz);
		EXPECT_NOTHING_LOST(&rig->t, what);
		EXPECT_PUNCTUAL(&rig->t);
		stream_rig_stop(rig);
	}
}

#define EXPECT_READS(self, attr, want, step)					\
	do {									\
		double raw_ = 0;						\
										\
		EXPECT_EQ(0, capture_get_double(&(self)->rig.c, attr, &raw_));	\
		EXPECT_LE(fabs(raw_ - (want)), 0.5 * (step) + 0.75)		\
			TH_LOG("%s: got %g, expected %g", attr, raw_, want);	\
	} while (0)

TEST_F(unconfirmed, reads)
{
	static const unsigned int rates_hz[] = { 800, 3200, 100 };
	struct capture *c = &self->rig.c;
	unsigned int i;

	self->rig.feed = truth_feed(0, &flat);
	ASSERT_GE(self->rig.feed, 0);
	for (i = 0; i < ARRAY_SIZE(rates_hz); i++) {
		ASSERT_EQ(0, capture_set_number(c, "sampling_frequency", rates_hz[i]));
		EXPECT_READS(self, "in_voltage0-voltage1_raw", flat.film_mv / c->film_scale, 16);
		EXPECT_READS(self, "in_accel_x_raw",
			     flat.accel_mg * 1e-3 * 9.80665 / c->accel_scale, 1);
	}
}

/* With the FIFO run over. */
TEST_F(unconfirmed, runs_over)
{
	struct stream_rig *rig = &self->rig;
	int i;

	ASSERT_EQ(0, stream_rig_start(rig, &steep, CAPTURE_COMBINED, 800, 32, 0));
	ASSERT_EQ(0, truth_run(&rig->t, 0.3, PATIENCE_MS, false));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, sim_set(0, "pause_us", 200000 + 7000 * i));
		ASSERT_EQ(0, sim_set(0, "pause_at", 0));
		ASSERT_EQ(0, truth_run(&rig->t, 0.5, PATIENCE_MS, false));
	}
	ASSERT_EQ(0, truth_run(&rig->t, 1, PATIENCE_MS, false));
	EXPECT_KNOWN_LOSS(&rig->t, "overruns");
	EXPECT_EQ(10, rig->t.gaps);
}

TEST_HARNESS_MAIN
