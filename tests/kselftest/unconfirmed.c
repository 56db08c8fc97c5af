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
	const char *options[8];
	bool other_driver;
};

FIXTURE_VARIANT_ADD(unconfirmed, first_access_is_answered) { .options = { "wake" } };
FIXTURE_VARIANT_ADD(unconfirmed, full_reads_128) { .options = { "full_reads_zero=0" } };
FIXTURE_VARIANT_ADD(unconfirmed, overrun_is_told_late) { .options = { "ovr_late" } };
FIXTURE_VARIANT_ADD(unconfirmed, film_has_16_bits) { .options = { "film_full_16bit" } };
FIXTURE_VARIANT_ADD(unconfirmed, starts_unsettled) { .options = { "unsettled" } };
FIXTURE_VARIANT_ADD(unconfirmed, comes_up_otherwise) { .options = { "odd_reset" } };
FIXTURE_VARIANT_ADD(unconfirmed, all_at_once) {
	.options = { "wake", "film_full_16bit", "unsettled", "odd_reset", "ovr_late" },
};

FIXTURE_VARIANT_ADD(unconfirmed, other_constants) {
	.options = { "combined_needs_en", "ts_after_sample", "ts_latched_early", "film_reversed",
		     "weak_self_test" },
	.other_driver = true,
};

FIXTURE_VARIANT_ADD(unconfirmed, other_constants_and_all) {
	.options = { "combined_needs_en", "ts_after_sample", "ts_latched_early", "film_reversed",
		     "weak_self_test", "unsettled=2", "odd_reset" },
	.other_driver = true,
};

/* With the driver that has the other constants; for this test's own process. */
#define TAKE_OTHER_DRIVER()						\
	do {								\
		const char *other_ = getenv("BACKPOP_MODULES_OTHER");	\
									\
		if (!other_ || !*other_)				\
			SKIP(return, "no $BACKPOP_MODULES_OTHER: no such driver");	\
		ASSERT_EQ(0, setenv("BACKPOP_MODULES", other_, 1));	\
	} while (0)

FIXTURE_SETUP(unconfirmed)
{
	unsigned int i;

	stream_rig_init(&self->rig);
	self->full_16bit = false;
	for (i = 0; variant->options[i]; i++)
		self->full_16bit |= !strcmp(variant->options[i], "film_full_16bit");
	SKIP_WITHOUT_RIG();
	if (variant->other_driver)
		TAKE_OTHER_DRIVER();
	ASSERT_EQ(0, stream_rigs_up(&self->rig, 1, "chips=1", variant->options));
}

FIXTURE_TEARDOWN(unconfirmed)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
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

TEST_F(unconfirmed, passes_the_self_test)
{
	struct capture_verdict v;
	int axis;

	ASSERT_EQ(0, capture_self_test(&self->rig.c, &v));
	for (axis = 0; axis < 3; axis++) {
		const int mg = v.mg[axis];

		EXPECT_STREQ("pass", v.word[axis]) TH_LOG("axis %d: %d mg", axis, mg);
	}
}

/*
 * That it matters: a chip that is otherwise than the driver believes.  Else the tests above
 * would prove nothing.
 */
FIXTURE(mistaken)
{
	struct stream_rig rig;
};

FIXTURE_VARIANT(mistaken)
{
	const char *option[2];
	enum capture_mode mode;
	unsigned int rate_hz;
};

FIXTURE_VARIANT_ADD(mistaken, combined_needs_en) {
	.option = { "combined_needs_en" }, .mode = CAPTURE_COMBINED, .rate_hz = 800,
};

FIXTURE_VARIANT_ADD(mistaken, ts_after_sample) {
	.option = { "ts_after_sample" }, .mode = CAPTURE_MOTION, .rate_hz = 100,
};

FIXTURE_VARIANT_ADD(mistaken, ts_latched_early) {
	.option = { "ts_latched_early" }, .mode = CAPTURE_FILM, .rate_hz = 3200,
};

FIXTURE_VARIANT_ADD(mistaken, film_reversed) {
	.option = { "film_reversed" }, .mode = CAPTURE_FILM, .rate_hz = 3200,
};

FIXTURE_VARIANT_ADD(mistaken, accel_settles_later) {
	.option = { "unsettled=2" }, .mode = CAPTURE_MOTION, .rate_hz = 100,
};

FIXTURE_VARIANT_ADD(mistaken, film_settles_later) {
	.option = { "unsettled=2" }, .mode = CAPTURE_FILM, .rate_hz = 800,
};

FIXTURE_SETUP(mistaken)
{
	stream_rig_init(&self->rig);
	SKIP_WITHOUT_RIG();
	if (!rig_simulated_time())
		SKIP(return, "without simulated time some of it is within the time stamps' error");
	ASSERT_EQ(0, stream_rigs_up(&self->rig, 1, "chips=1", variant->option));
}

FIXTURE_TEARDOWN(mistaken)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
}

TEST_F_TIMEOUT(mistaken, shows, 300)
{
	struct truth *t = &self->rig.t;
	int ret;

	ASSERT_EQ(0, stream_rig_start(&self->rig, &steep, variant->mode, variant->rate_hz, 16, 0));
	ret = truth_run(t, STREAM_SECONDS, PATIENCE_MS, false);
	truth_tell(t, variant->option[0]);
	EXPECT_TRUE(ret == -ETIMEDOUT || t->wrong || truth_rms_ns(t) > STAMP_RMS_MAX_NS);
}

FIXTURE(misjudged)
{
	struct capture c;
};

FIXTURE_VARIANT(misjudged)
{
	bool weak_chip;
};

FIXTURE_VARIANT_ADD(misjudged, weak) { .weak_chip = true };
FIXTURE_VARIANT_ADD(misjudged, strong) { .weak_chip = false };

FIXTURE_SETUP(misjudged)
{
	SKIP_WITHOUT_RIG();
	if (!variant->weak_chip)
		TAKE_OTHER_DRIVER();
	ASSERT_EQ(0, rig_load(1, 400000));
	ASSERT_EQ(0, sim_set(0, "options/weak_self_test", variant->weak_chip));
	ASSERT_EQ(0, rig_attach(0));
	ASSERT_EQ(0, capture_find_device(&self->c, 0));
}

FIXTURE_TEARDOWN(misjudged)
{
	EXPECT_EQ(0, rig_down());
}

TEST_F(misjudged, fails_the_self_test)
{
	struct capture_verdict v;
	int axis;

	ASSERT_EQ(0, capture_self_test(&self->c, &v));
	for (axis = 0; axis < 3; axis++) {
		const int mg = v.mg[axis];

		EXPECT_STREQ("fail", v.word[axis]) TH_LOG("axis %d: %d mg", axis, mg);
	}
}

TEST_HARNESS_MAIN
