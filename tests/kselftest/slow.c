// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bus of 100 kHz.  It carries 800 Hz; at 3200 Hz the FIFO runs over for as long as the stream
 * is on, however often it is read, which must be told, and be no trap for anybody.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define OVERLOAD_NS	3000000000LL
/* A service takes two bursts of 128 words at most, of 81 ms each. */
#define ANSWER_NS	500000000LL

static const struct truth_wave wave = TRUTH_WAVE(600);

FIXTURE(slow)
{
	struct stream_rig rig;
};

FIXTURE_VARIANT(slow)
{
	const char *params;
};

FIXTURE_VARIANT_ADD(slow, level) { .params = "chips=1 scl_hz=100000 int_type=4" };
/* its handler goes on for as long as there is something to fetch */
FIXTURE_VARIANT_ADD(slow, edge) { .params = "chips=1 scl_hz=100000 int_type=1" };
FIXTURE_VARIANT_ADD(slow, by_64_bytes) {
	.params = "chips=1 scl_hz=100000 int_type=4 max_read=64",
};

FIXTURE_SETUP(slow)
{
	stream_rig_init(&self->rig);
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, stream_rig_up(&self->rig, variant->params));
}

FIXTURE_TEARDOWN(slow)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
}

#define EXPECT_CARRIES_800(self, secs)						\
	do {									\
		struct stream_rig *r_ = &(self)->rig;				\
										\
		ASSERT_EQ(0, stream_rig_start(r_, &wave, CAPTURE_COMBINED, 800, 32, 0)); \
		ASSERT_EQ(0, truth_run(&r_->t, secs, PATIENCE_MS, false));	\
		EXPECT_EQ(0, r_->t.lost);					\
		EXPECT_TRUE_SAMPLES(&r_->t, "800 Hz at 100 kHz");		\
		capture_stop(&r_->c);						\
	} while (0)

/* More than the bus can carry, for @ns. */
static int overload(struct stream_rig *rig, int64_t ns)
{
	static struct capture_sample batch[512];
	int64_t end = rig_now_ns() + ns;
	int n = 0;

	while (n >= 0 && rig_now_ns() < end) {
		n = capture_read(&rig->c, batch, 512, 500);
		if (n > 0)
			truth_check(&rig->t, batch, n);
	}
	return n < 0 ? n : 0;
}

TEST_F_TIMEOUT(slow, carries_800, 120)
{
	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_COMBINED, 800, 32, 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, rig_simulated_time() ? 15 : 3, PATIENCE_MS, false));
	EXPECT_NOTHING_LOST(&self->rig.t, "800 Hz at 100 kHz");
	EXPECT_PUNCTUAL(&self->rig.t);
	EXPECT_FALSE(rig_logged("bus is too slow"));
}

/* It says so, and what comes, hardly anything, is right. */
TEST_F_TIMEOUT(slow, says_that_3200_do_not_fit, 120)
{
	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_FILM, 3200, 32, 0));
	ASSERT_EQ(0, overload(&self->rig, OVERLOAD_NS));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "3200 Hz at 100 kHz");
	EXPECT_TRUE(rig_logged("bus is too slow for 3200 Hz"));
	capture_stop(&self->rig.c);
	EXPECT_CARRIES_800(self, 1);
}

/* Who asks for something meanwhile gets an answer, and soon; and so does who ends it. */
TEST_F_TIMEOUT(slow, answers_when_overloaded, 120)
{
	struct capture *c = &self->rig.c;
	int64_t asked, longest = 0, took;
	long long overruns = 0;
	char text[32];
	int i;

	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_FILM, 3200, 32, 0));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, overload(&self->rig, OVERLOAD_NS / 20));
		asked = rig_now_ns();
		EXPECT_EQ(2, capture_get(c, "buffer/hwfifo_watermark", text, sizeof(text)));
		EXPECT_EQ(-EBUSY, capture_get(c, "in_accel_x_raw", text, sizeof(text)));
		EXPECT_EQ(-EBUSY, capture_set(c, "sampling_frequency", "800"));
		took = rig_now_ns() - asked;
		longest = took > longest ? took : longest;
	}
	ASSERT_EQ(0, capture_stat(c, "overruns", &overruns));
	EXPECT_LE(10, overruns);
	asked = rig_now_ns();
	capture_stop(c);
	took = rig_now_ns() - asked;
	rig_diag("%lld overruns; answered within %lld ms, ended within %lld ms", overruns,
		 (long long)longest / 1000000, (long long)took / 1000000);
	if (rig_simulated_time()) {
		EXPECT_LE(longest, ANSWER_NS);
		EXPECT_LE(took, ANSWER_NS);
	}
	EXPECT_CARRIES_800(self, 1);
}

TEST_F_TIMEOUT(slow, is_unbound_when_overloaded, 120)
{
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_FILM, 3200, 32, 0));
		ASSERT_EQ(0, overload(&self->rig, OVERLOAD_NS / 10 + i * 7000000));
		ASSERT_EQ(0, rig_bind(0, false));
		capture_stop(&self->rig.c);
		ASSERT_EQ(0, rig_bind(0, true));
		ASSERT_EQ(0, capture_find(&self->rig.c, 0));
		EXPECT_CARRIES_800(self, 0.5);
	}
}

TEST_HARNESS_MAIN
