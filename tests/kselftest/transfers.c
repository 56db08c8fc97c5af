// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every transfer can fail.  For each thing that the driver does, its first transfer fails,
 * then its second, and so on until it is done before the failure comes; each time what is
 * seen of it is success or a clean error, and afterwards the device works.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	5000
#define TRANSFERS_MAX	120

static const struct truth_wave wave = TRUTH_WAVE(2000);

FIXTURE(transfers)
{
	struct stream_rig rig;
};

FIXTURE_VARIANT(transfers)
{
	int failures;	/* in a row */
};

FIXTURE_VARIANT_ADD(transfers, one) { .failures = 1 };
FIXTURE_VARIANT_ADD(transfers, three) { .failures = 3 };

FIXTURE_SETUP(transfers)
{
	stream_rig_init(&self->rig);
	SKIP_WITHOUT_RIG();
	if (!rig_simulated_time())
		SKIP(return, "needs simulated time: it would take long");
	ASSERT_EQ(0, stream_rig_up(&self->rig, "chips=1"));
}

FIXTURE_TEARDOWN(transfers)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
}

static int arm(int nth, int failures)
{
	int ret = sim_set(0, "nack_after", nth);

	return ret ? ret : sim_set(0, "nack_next", failures);
}

/* No failure is left to come; in @done: none has come. */
static int disarm(int failures, bool *done)
{
	char text[32];
	int ret = rig_read(RIG_DEBUGFS "/chip0/nack_next", text, sizeof(text));

	if (ret < 0)
		return ret;
	*done = atoi(text) == failures;
	ret = sim_set(0, "nack_next", 0);
	return ret ? ret : sim_set(0, "nack_after", 0);
}

#define EXPECT_WORKS(self, nth)							\
	do {									\
		struct stream_rig *r_ = &(self)->rig;				\
										\
		ASSERT_TRUE(rig_bound(0)) TH_LOG("after failure %d", nth);	\
		ASSERT_EQ(0, stream_rig_start(r_, &wave, CAPTURE_COMBINED, 800, 32, 0)) \
			TH_LOG("after failure %d", nth);			\
		ASSERT_EQ(0, truth_run(&r_->t, 0.1, PATIENCE_MS, false));	\
		EXPECT_EQ(0, r_->t.wrong) TH_LOG("after failure %d", nth);	\
		EXPECT_EQ(0, r_->t.lost) TH_LOG("after failure %d", nth);	\
		EXPECT_EQ(0, r_->t.backward) TH_LOG("after failure %d", nth);	\
		capture_stop(&r_->c);						\
		ASSERT_EQ(0, sim_violations(0)) TH_LOG("after failure %d", nth);	\
	} while (0)

TEST_F_TIMEOUT(transfers, of_probe, 300)
{
	bool done = false;
	int nth;

	for (nth = 0; nth < TRANSFERS_MAX && !done; nth++) {
		ASSERT_EQ(0, rig_bind(0, false));
		ASSERT_EQ(0, arm(nth, variant->failures));
		rig_bind(0, true);
		ASSERT_EQ(0, disarm(variant->failures, &done));
		EXPECT_EQ(rig_bound(0), !capture_gone(0));
		if (!rig_bound(0))
			ASSERT_EQ(0, rig_bind(0, true)) TH_LOG("after failure %d", nth);
		ASSERT_EQ(0, capture_find(&self->rig.c, 0));
		EXPECT_WORKS(self, nth);
	}
	EXPECT_TRUE(done);
	EXPECT_GT(nth, 10);
	rig_diag("%d transfers", nth - 1);
}

TEST_F_TIMEOUT(transfers, of_start, 300)
{
	static const struct {
		enum capture_mode mode;
		unsigned int rate_hz;
	} streams[] = { { CAPTURE_COMBINED, 800 }, { CAPTURE_FILM, 3200 } };
	unsigned int i;
	int nth, ret;
	bool done;

	for (i = 0; i < ARRAY_SIZE(streams); i++) {
		done = false;
		for (nth = 0; nth < TRANSFERS_MAX && !done; nth++) {
			ASSERT_EQ(0, arm(nth, variant->failures));
			ret = capture_start(&self->rig.c, streams[i].mode, streams[i].rate_hz, 32);
			ASSERT_EQ(0, disarm(variant->failures, &done));
			if (done)
				EXPECT_EQ(0, ret);
			capture_stop(&self->rig.c);
			EXPECT_WORKS(self, nth);
		}
		EXPECT_TRUE(done);
		EXPECT_GT(nth, 20);
		rig_diag("%d transfers", nth - 1);
	}
}

/* While it streams: nothing that comes is wrong, and it goes on. */
TEST_F_TIMEOUT(transfers, of_service, 300)
{
	struct truth *t = &self->rig.t;
	int nth;

	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_COMBINED, 800, 32, 0));
	for (nth = 0; nth < TRANSFERS_MAX; nth++) {
		ASSERT_EQ(0, truth_run(t, 0.2, PATIENCE_MS, true));
		ASSERT_EQ(0, arm(nth % 8, variant->failures));
	}
	ASSERT_EQ(0, truth_run(t, 1, PATIENCE_MS, true));
	EXPECT_TRUE_SAMPLES(t, "failures while streaming");
	EXPECT_EQ(0, t->restarts);
}

TEST_F_TIMEOUT(transfers, of_stop, 300)
{
	bool done = false;
	int nth;

	for (nth = 0; nth < TRANSFERS_MAX && !done; nth++) {
		ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_MOTION, 800, 32, 0));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.1, PATIENCE_MS, true));
		ASSERT_EQ(0, arm(nth, variant->failures));
		capture_stop(&self->rig.c);
		ASSERT_EQ(0, disarm(variant->failures, &done));
		EXPECT_WORKS(self, nth);
	}
	EXPECT_TRUE(done);
	EXPECT_GT(nth, 5);
	rig_diag("%d transfers", nth - 1);
}

/* Streaming and unbound at once: the chip is then as the next probe finds it. */
TEST_F_TIMEOUT(transfers, of_unbind, 300)
{
	bool done = false;
	int nth;

	for (nth = 0; nth < TRANSFERS_MAX && !done; nth++) {
		ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_MOTION, 800, 32, 0));
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.1, PATIENCE_MS, true));
		ASSERT_EQ(0, arm(nth, variant->failures));
		ASSERT_EQ(0, rig_bind(0, false));
		ASSERT_EQ(0, disarm(variant->failures, &done));
		capture_stop(&self->rig.c);
		ASSERT_EQ(0, rig_bind(0, true)) TH_LOG("after failure %d", nth);
		ASSERT_EQ(0, capture_find(&self->rig.c, 0));
		EXPECT_WORKS(self, nth);
	}
	EXPECT_TRUE(done);
	rig_diag("%d transfers", nth - 1);
}

/* A single value is right, or there is none. */
TEST_F_TIMEOUT(transfers, of_direct_reads, 300)
{
	static const char *const attrs[] = { "in_accel_x_raw", "in_voltage0-voltage1_raw" };
	unsigned int i;
	char text[32];
	int nth, ret;
	bool done;

	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		done = false;
		for (nth = 0; nth < TRANSFERS_MAX && !done; nth++) {
			ASSERT_EQ(0, arm(nth, variant->failures));
			/* from a chip at rest, and from one that the last read has left on */
			ret = capture_get(&self->rig.c, attrs[(nth + i) % 2], text, sizeof(text));
			ret = ret < 0 ? ret : capture_get(&self->rig.c, attrs[i], text,
							  sizeof(text));
			ASSERT_EQ(0, disarm(variant->failures, &done));
			if (done)
				EXPECT_LT(0, ret);
			ASSERT_EQ(0, sim_violations(0)) TH_LOG("after failure %d", nth);
			EXPECT_LT(0, capture_get(&self->rig.c, attrs[i], text, sizeof(text)))
				TH_LOG("after failure %d", nth);
			if (nth % 8 == 0)
				EXPECT_WORKS(self, nth);
		}
		EXPECT_TRUE(done);
		rig_diag("%d transfers", nth - 1);
	}
}

TEST_F_TIMEOUT(transfers, of_the_selftest, 300)
{
	char path[128], text[128];
	bool done = false;
	int nth, ret;

	snprintf(path, sizeof(path), "/sys/kernel/debug/iio/%s/selftest",
		 strrchr(self->rig.c.sysfs, '/') + 1);
	for (nth = 0; nth < TRANSFERS_MAX && !done; nth++) {
		ASSERT_EQ(0, arm(nth, variant->failures));
		ret = rig_read(path, text, sizeof(text));
		ASSERT_EQ(0, disarm(variant->failures, &done));
		if (ret > 0)
			EXPECT_EQ(NULL, strstr(text, "fail")) TH_LOG("failure %d: %s", nth, text);
		if (done)
			EXPECT_LT(0, ret);
		EXPECT_WORKS(self, nth);
		/* the test is for a chip that lies still */
		stream_rig_stop(&self->rig);
		ASSERT_EQ(0, truth_rest(0));
	}
	EXPECT_TRUE(done);
	EXPECT_GT(nth, 20);
	rig_diag("%d transfers", nth - 1);
}

TEST_HARNESS_MAIN
