// SPDX-License-Identifier: GPL-2.0-or-later
/* The buffer: every sample once, with its value and its time, in each mode. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define SLOW_PATIENCE_MS 30000
#define WORD_NS		(7 * 9 * 1e9 / 400000)	/* of the FIFO on the bus */

FIXTURE(stream)
{
	struct stream_rig rig;
};

FIXTURE_VARIANT(stream)
{
	enum capture_mode mode;
	unsigned int rate_hz;
	unsigned int watermark;
};

FIXTURE_VARIANT_ADD(stream, combined_800) {
	.mode = CAPTURE_COMBINED, .rate_hz = 800, .watermark = 32,
};

FIXTURE_VARIANT_ADD(stream, motion_800) {
	.mode = CAPTURE_MOTION, .rate_hz = 800, .watermark = 32,
};

FIXTURE_VARIANT_ADD(stream, film_3200) {
	.mode = CAPTURE_FILM, .rate_hz = 3200, .watermark = 32,
};

FIXTURE_VARIANT_ADD(stream, film_800) {
	.mode = CAPTURE_FILM, .rate_hz = 800, .watermark = 80,
};

FIXTURE_VARIANT_ADD(stream, motion_50) {
	.mode = CAPTURE_MOTION, .rate_hz = 50, .watermark = 5,
};

FIXTURE_SETUP(stream)
{
	stream_rig_init(&self->rig);
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, stream_rig_up(&self->rig, "chips=1"));
}

FIXTURE_TEARDOWN(stream)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
}

static double seconds(double simulated, double real)
{
	return rig_simulated_time() ? simulated : real;
}

/* Feed, stream and check for @secs. */
static int run(struct stream_rig *rig, double secs, enum capture_mode mode, unsigned int rate_hz,
	       unsigned int watermark, int ppm)
{
	const struct truth_wave w = TRUTH_WAVE(secs + 5);
	int ret = stream_rig_start(rig, &w, mode, rate_hz, watermark, ppm);

	return ret ? ret : truth_run(&rig->t, secs, PATIENCE_MS, false);
}

/* Minutes where time costs nothing; the test "hour" can do more. */
TEST_F_TIMEOUT(stream, loses_nothing, 3600)
{
	double secs = seconds(300, 5);

	ASSERT_EQ(0, run(&self->rig, secs, variant->mode, variant->rate_hz,
			 variant->watermark, 0));
	EXPECT_NOTHING_LOST(&self->rig.t, "true clock");
	EXPECT_GE(self->rig.t.samples, secs * variant->rate_hz);
	EXPECT_PUNCTUAL(&self->rig.t);
	/* what was not settled is left out, and no more */
	EXPECT_GE(self->rig.t.first_k, 1);
	EXPECT_LE(self->rig.t.first_k, variant->rate_hz / 50 + 2);
}

TEST_F_TIMEOUT(stream, follows_a_fast_clock, 3600)
{
	ASSERT_EQ(0, sim_set(0, "options/odr_error_ppm", 20000));
	ASSERT_EQ(0, sim_set(0, "irq_jitter_us", 5000));
	ASSERT_EQ(0, run(&self->rig, seconds(120, 5), variant->mode,
			 variant->rate_hz, variant->watermark, 20000));
	EXPECT_NOTHING_LOST(&self->rig.t, "2 % fast, 5 ms jitter");
	EXPECT_PUNCTUAL(&self->rig.t);
}

TEST_F_TIMEOUT(stream, follows_a_slow_clock, 3600)
{
	ASSERT_EQ(0, sim_set(0, "options/odr_error_ppm", -20000));
	ASSERT_EQ(0, sim_set(0, "irq_jitter_us", 5000));
	ASSERT_EQ(0, run(&self->rig, seconds(120, 5), variant->mode,
			 variant->rate_hz, variant->watermark, -20000));
	EXPECT_NOTHING_LOST(&self->rig.t, "2 % slow, 5 ms jitter");
	EXPECT_PUNCTUAL(&self->rig.t);
}

/* The chip's counter wraps after 12 h; here 5 s after the start. */
TEST_F(stream, passes_the_counter_wrap)
{
	ASSERT_EQ(0, sim_set(0, "options/ts_start", 0x100000000LL - 5 * 100000));
	ASSERT_EQ(0, run(&self->rig, seconds(20, 8), variant->mode,
			 variant->rate_hz, variant->watermark, 0));
	EXPECT_NOTHING_LOST(&self->rig.t, "counter wrap");
	EXPECT_PUNCTUAL(&self->rig.t);
}

/* A stream can be stopped and started at once, again and again. */
TEST_F_TIMEOUT(stream, starts_again, 120)
{
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, run(&self->rig, 0.5, variant->mode,
				 variant->rate_hz, variant->watermark, 0));
		EXPECT_NOTHING_LOST(&self->rig.t, "again");
		stream_rig_stop(&self->rig);
	}
}

/* What a program waits for: one watermark period, its way over the bus, and a little. */
TEST_F(stream, is_prompt)
{
	static struct capture_sample batch[512];
	double limit_ns, late_ns;
	int64_t end;
	int n;

	if (!rig_simulated_time())
		SKIP(return, "needs simulated time: a busy machine is late by itself");
	ASSERT_EQ(0, capture_start(&self->rig.c, variant->mode, variant->rate_hz,
				   variant->watermark));
	limit_ns = (variant->watermark + 2) * (1e9 / variant->rate_hz + WORD_NS) + 10e6;
	/* the first batch waits longer: it is short of what was not settled */
	ASSERT_LT(0, capture_read(&self->rig.c, batch, 512, PATIENCE_MS));
	end = rig_now_ns() + 5000000000LL;
	do {
		n = capture_read(&self->rig.c, batch, 512, PATIENCE_MS);
		ASSERT_GT(n, 0);
		late_ns = rig_now_ns() - batch[0].t_ns;
		ASSERT_LE(late_ns, limit_ns);
	} while (rig_now_ns() < end);
}

FIXTURE(setup)
{
	struct capture c;
};

FIXTURE_SETUP(setup)
{
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
}

FIXTURE_TEARDOWN(setup)
{
	capture_stop(&self->c);
	EXPECT_EQ(0, rig_down());
}

/* From each rate to each other: what was learned of the chip's clock stays, the rest does not. */
TEST_F_TIMEOUT(setup, changes_rate, 300)
{
	static const struct {
		enum capture_mode mode;
		double rate_hz;
	} streams[] = {
		{ CAPTURE_MOTION, 12.5 },   { CAPTURE_COMBINED, 6 },   { CAPTURE_MOTION, 25 },
		{ CAPTURE_FILM, 3200 },	    { CAPTURE_COMBINED, 100 },
		{ CAPTURE_FILM, 800 },	  { CAPTURE_COMBINED, 25 },  { CAPTURE_MOTION, 50 },
		{ CAPTURE_COMBINED, 800 }, { CAPTURE_MOTION, 100 },  { CAPTURE_COMBINED, 200 },
		{ CAPTURE_MOTION, 400 },  { CAPTURE_COMBINED, 50 },  { CAPTURE_MOTION, 800 },
		{ CAPTURE_COMBINED, 400 }, { CAPTURE_MOTION, 200 },
	};
	const struct truth_wave w = TRUTH_WAVE(60);
	struct stream_rig rig = { .c = self->c, .feed = -1 };
	unsigned int i;
	char what[32];

	ASSERT_EQ(0, sim_set(0, "options/odr_error_ppm", 15000));
	for (i = 0; i < ARRAY_SIZE(streams); i++) {
		ASSERT_EQ(0, stream_rig_start(&rig, &w, streams[i].mode, streams[i].rate_hz, 16,
					      15000));
		ASSERT_EQ(0, truth_run(&rig.t, seconds(15, 1), SLOW_PATIENCE_MS, false));
		snprintf(what, sizeof(what), "mode %d at %g Hz", streams[i].mode,
			 streams[i].rate_hz);
		EXPECT_NOTHING_LOST(&rig.t, what);
		EXPECT_PUNCTUAL(&rig.t);
		stream_rig_stop(&rig);
	}
}

/* Rates at which a burst is most of a minute. */
TEST_F_TIMEOUT(setup, streams_slowly, 20000)
{
	static const struct {
		enum capture_mode mode;
		double rate_hz;
	} streams[] = {
		{ CAPTURE_MOTION, 1.6 }, { CAPTURE_COMBINED, 1.6 },
		{ CAPTURE_MOTION, 3 },	 { CAPTURE_COMBINED, 3 },
	};
	const struct truth_wave w = {
		.accel_mg = 1500, .film_mv = 80, .half_ms = 1000, .seconds = 3700,
	};
	struct stream_rig rig = { .c = self->c, .feed = -1 };
	unsigned int i;
	char what[32];

	if (!rig_simulated_time())
		SKIP(return, "needs simulated time: it would take hours");
	ASSERT_EQ(0, sim_set(0, "options/odr_error_ppm", 20000));
	for (i = 0; i < ARRAY_SIZE(streams); i++) {
		ASSERT_EQ(0, stream_rig_start(&rig, &w, streams[i].mode, streams[i].rate_hz, 32,
					      20000));
		ASSERT_EQ(0, truth_run(&rig.t, 3600, 60000, false));
		snprintf(what, sizeof(what), "mode %d at %g Hz", streams[i].mode,
			 streams[i].rate_hz);
		EXPECT_NOTHING_LOST(&rig.t, what);
		EXPECT_PUNCTUAL(&rig.t);
		stream_rig_stop(&rig);
	}
}

TEST_F(setup, refuses_impossible_modes)
{
	static const struct {
		enum capture_mode mode;
		unsigned int rate_hz;
	} bad[] = {
		{ CAPTURE_COMBINED, 3200 },
		{ CAPTURE_MOTION, 3200 },
		{ CAPTURE_FILM, 400 },
		{ CAPTURE_FILM, 25 },
	};
	struct capture_sample s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, capture_start(&self->c, bad[i].mode, bad[i].rate_hz, 32))
			TH_LOG("mode %d at %u Hz", bad[i].mode, bad[i].rate_hz);
		capture_stop(&self->c);
	}
	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_COMBINED, 800, 32));
	EXPECT_EQ(1, capture_read(&self->c, &s, 1, PATIENCE_MS));
}

TEST_F(setup, describes_its_fifo)
{
	double min, max, now, enabled;

	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 800));
	ASSERT_EQ(0, capture_get_double(&self->c, "buffer/hwfifo_watermark_min", &min));
	ASSERT_EQ(0, capture_get_double(&self->c, "buffer/hwfifo_watermark_max", &max));
	ASSERT_EQ(0, capture_get_double(&self->c, "buffer/hwfifo_enabled", &enabled));
	EXPECT_EQ(2, min);
	EXPECT_GE(max, 64);
	EXPECT_LE(max, 127);
	EXPECT_EQ(0, enabled);
	/* who asks for less than the least has the default */
	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_COMBINED, 800, 1));
	ASSERT_EQ(0, capture_get_double(&self->c, "buffer/hwfifo_watermark", &now));
	EXPECT_EQ(32, now);
	capture_stop(&self->c);
	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_COMBINED, 800, 2));
	ASSERT_EQ(0, capture_get_double(&self->c, "buffer/hwfifo_watermark", &now));
	EXPECT_EQ(2, now);
	capture_stop(&self->c);
	/* as asked for, and capped */
	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_COMBINED, 800, 20));
	ASSERT_EQ(0, capture_get_double(&self->c, "buffer/hwfifo_watermark", &now));
	EXPECT_EQ(20, now);
	ASSERT_EQ(0, capture_get_double(&self->c, "buffer/hwfifo_enabled", &enabled));
	EXPECT_EQ(1, enabled);
	capture_stop(&self->c);
	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_COMBINED, 800, 1000));
	ASSERT_EQ(0, capture_get_double(&self->c, "buffer/hwfifo_watermark", &now));
	EXPECT_EQ(max, now);
	capture_stop(&self->c);
	ASSERT_EQ(0, capture_get_double(&self->c, "buffer/hwfifo_enabled", &enabled));
	EXPECT_EQ(0, enabled);
}

/* The bus carries samples, not talk: at watermark 32 at most 4 % beside them. */
TEST_F(setup, spares_the_bus)
{
	struct capture_sample batch[32];
	long long reads[2], writes[2], transfers[2], words[2];
	double payload, all;
	int64_t end;
	int i;

	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_FILM, 3200, 32));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, sim_stat(0, "reads", &reads[i]));
		ASSERT_EQ(0, sim_stat(0, "writes", &writes[i]));
		ASSERT_EQ(0, sim_stat(0, "i2c_transfers", &transfers[i]));
		ASSERT_EQ(0, sim_stat(0, "words_stored", &words[i]));
		end = rig_now_ns() + 10000000000LL;
		/* reading more than there is would have the FIFO read for the rest */
		while (i == 0 && rig_now_ns() < end)
			ASSERT_LT(0, capture_read(&self->c, batch, 32, PATIENCE_MS));
	}
	payload = 7.0 * (words[1] - words[0]);
	/* each transfer is one read: address, register, address */
	all = reads[1] - reads[0] + writes[1] - writes[0] + 3.0 * (transfers[1] - transfers[0]);
	rig_diag("%.0f bytes of FIFO, %.2f %% beside", payload, 100 * (all - payload) / payload);
	EXPECT_LE(all - payload, 0.04 * payload);
}

TEST_HARNESS_MAIN
