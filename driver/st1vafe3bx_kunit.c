// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: tests of what is pure, the FIFO words and the time.
 *
 * The code is included and not linked: the driver exports nothing.
 */

#include <kunit/test.h>

#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "st1vafe3bx_time.c"
#include "st1vafe3bx_word.c"

#define TRANSFER_NS		160000
#define CAUGHT_NS		\
	(TRANSFER_NS * ST1VAFE3BX_COUNTER_CAUGHT / ST1VAFE3BX_COUNTER_BYTES)
#define ONE_TICK		((s64)BIT_ULL(ST1VAFE3BX_TICK_SHIFT))
#define ERROR_MAX_NS		ST1VAFE3BX_TICK_NS

/* ---- words ---- */

static void word_accel(struct kunit *test)
{
	const u8 raw[] = { 0x02 << 3, 0x34, 0x12, 0x00, 0x80, 0xff, 0x7f };
	struct st1vafe3bx_word word;

	st1vafe3bx_word_decode(raw, &word);
	KUNIT_EXPECT_EQ(test, word.kind, ST1VAFE3BX_WORD_ACCEL);
	KUNIT_EXPECT_EQ(test, word.accel[0], 0x1234);
	KUNIT_EXPECT_EQ(test, word.accel[1], S16_MIN);
	KUNIT_EXPECT_EQ(test, word.accel[2], S16_MAX);
}

static void word_film(struct kunit *test)
{
	const u8 raw[] = { 0x1e << 3, 0xfe, 0xff, 0x55, 0x55, 0x55, 0x55 };
	struct st1vafe3bx_word word;

	st1vafe3bx_word_decode(raw, &word);
	KUNIT_EXPECT_EQ(test, word.kind, ST1VAFE3BX_WORD_FILM);
	KUNIT_EXPECT_EQ(test, word.film, -2);
}

static void word_time(struct kunit *test)
{
	const u8 raw[] = { 0x04 << 3, 0xff, 0xff, 0x78, 0x56, 0x34, 0xf2 };
	struct st1vafe3bx_word word;

	st1vafe3bx_word_decode(raw, &word);
	KUNIT_EXPECT_EQ(test, word.kind, ST1VAFE3BX_WORD_TIME);
	KUNIT_EXPECT_EQ(test, word.ticks, 0xf2345678);
}

/* Each value in each field, its neighbours all ones and all zeros. */
static void word_packed(struct kunit *test)
{
	struct st1vafe3bx_word word;
	unsigned int field, value, rest, i;
	s16 got, want;
	u64 bits;
	u8 raw[ST1VAFE3BX_WORD_SIZE] = { 0x1f << 3 };

	for (field = 0; field < 4; field++) {
		for (value = 0; value < 4096; value++) {
			for (rest = 0; rest < 2; rest++) {
				bits = rest ? GENMASK_ULL(47, 0) : 0;
				bits &= ~(0xfffULL << 12 * field);
				bits |= (u64)value << 12 * field;
				for (i = 0; i < 6; i++)
					raw[1 + i] = bits >> 8 * i;
				st1vafe3bx_word_decode(raw, &word);
				got = field < 3 ? word.accel[field] : word.film;
				want = (s16)(value << 4);
				if (word.kind != ST1VAFE3BX_WORD_ACCEL_FILM || got != want)
					KUNIT_FAIL(test, "field %u: %#x became %d, not %d\n",
						   field, value, got, want);
			}
		}
	}
}

/* No tag but the driver's own is taken for a sample, whatever its low bits are. */
static void word_tags(struct kunit *test)
{
	struct st1vafe3bx_word word;
	unsigned int tag, samples = 0;
	u8 raw[ST1VAFE3BX_WORD_SIZE] = { };

	for (tag = 0; tag <= U8_MAX; tag++) {
		raw[0] = tag;
		st1vafe3bx_word_decode(raw, &word);
		if (tag >> 3 == 0)
			KUNIT_EXPECT_EQ(test, word.kind, ST1VAFE3BX_WORD_EMPTY);
		samples += word.kind == ST1VAFE3BX_WORD_ACCEL ||
			   word.kind == ST1VAFE3BX_WORD_FILM ||
			   word.kind == ST1VAFE3BX_WORD_ACCEL_FILM;
	}
	KUNIT_EXPECT_EQ(test, samples, 3 * 8);
}

static struct kunit_case word_cases[] = {
	KUNIT_CASE(word_accel),
	KUNIT_CASE(word_film),
	KUNIT_CASE(word_time),
	KUNIT_CASE(word_packed),
	KUNIT_CASE(word_tags),
	{ }
};

static struct kunit_suite word_suite = {
	.name = "st1vafe3bx_word",
	.test_cases = word_cases,
};

/* ---- time ---- */

/* Ticks of a chip that is @ppm fast and showed @first at kernel time 0. */
static u64 ticks_at(u32 first, int ppm, s64 ns)
{
	return first + div_s64(ns + div_s64(ns * ppm, 1000000), ST1VAFE3BX_TICK_NS);
}

/* Read the counter at ten a second for @seconds; return by how much it is off then. */
static s64 error_after(struct kunit *test, u32 first, int ppm, unsigned int seconds)
{
	struct st1vafe3bx_clock *clk = kunit_kzalloc(test, sizeof(*clk), GFP_KERNEL);
	s64 start = 0, mid;
	unsigned int i;
	u32 counter;

	KUNIT_ASSERT_NOT_NULL(test, clk);
	st1vafe3bx_clock_restart(clk);
	for (i = 0; i < 10 * seconds; i++) {
		/* not in step with the ticks */
		start = i * (100 * NSEC_PER_MSEC + 3333);
		counter = ticks_at(first, ppm, start + CAUGHT_NS);
		KUNIT_EXPECT_GE(test, st1vafe3bx_clock_read(clk, counter, start,
							    start + TRANSFER_NS), 0);
	}
	mid = start - 50 * NSEC_PER_MSEC;

	counter = ticks_at(first, ppm, mid);

	return abs(st1vafe3bx_clock_to_ns(clk, st1vafe3bx_clock_extend(clk, counter) *
					       ONE_TICK) - mid);
}

static void clock_learns_the_rate(struct kunit *test)
{
	static const int ppm[] = { -20000, -300, 0, 300, 20000 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ppm); i++)
		KUNIT_EXPECT_LE_MSG(test, error_after(test, 12345, ppm[i], 30), ERROR_MAX_NS,
				    "%d ppm", ppm[i]);
}

/* The counter has 32 bits, and the chip's time has not. */
static void clock_survives_the_wrap(struct kunit *test)
{
	unsigned int before;

	for (before = 1; before <= 3000000; before += 299999)
		KUNIT_EXPECT_LE_MSG(test, error_after(test, -before, 5000, 30), ERROR_MAX_NS,
				    "%u ticks before", before);
}

/* One time-stamp word for 32 samples: from the second on each sample is where it was. */
static void sampler_follows_the_words(struct kunit *test)
{
	struct st1vafe3bx_sampler smp = { };
	const s64 period = 125 * ONE_TICK;	/* 800 Hz */
	s64 at;
	int i;

	st1vafe3bx_sampler_start(&smp, 1250000);
	for (i = 0; i < 3200; i++) {
		if (i % 32 == 0)
			KUNIT_EXPECT_EQ(test, st1vafe3bx_sampler_mark(&smp, 1000 + i * 125, 0), 0);
		at = st1vafe3bx_sampler_step(&smp);
		KUNIT_EXPECT_LE(test, abs(at - (1000 * ONE_TICK + i * period)), ONE_TICK);
	}
}

static void sampler_counts_what_is_lost(struct kunit *test)
{
	struct st1vafe3bx_sampler smp = { };
	int i;

	st1vafe3bx_sampler_start(&smp, 1250000);
	for (i = 0; i < 320; i++) {
		if (i % 32 == 0)
			st1vafe3bx_sampler_mark(&smp, i * 125, 0);
		st1vafe3bx_sampler_step(&smp);
	}
	/* 57 are missing */
	KUNIT_EXPECT_EQ(test, st1vafe3bx_sampler_mark(&smp, (320 + 57) * 125, 0), 57);
}

/* It stood for a sample, but where a time-stamp word was due, for that. */
static void sampler_counts_a_word_it_cannot_read(struct kunit *test)
{
	struct st1vafe3bx_sampler smp = { };
	int i;

	st1vafe3bx_sampler_start(&smp, 1250000);
	for (i = 0; i < 64; i++) {
		if (i == 32)
			KUNIT_EXPECT_FALSE(test, st1vafe3bx_sampler_skip(&smp));
		else if (i == 0)
			st1vafe3bx_sampler_mark(&smp, 0, 0);
		if (i == 20)
			KUNIT_EXPECT_TRUE(test, st1vafe3bx_sampler_skip(&smp));
		else
			st1vafe3bx_sampler_step(&smp);
	}
	KUNIT_EXPECT_EQ(test, st1vafe3bx_sampler_missing(&smp, 64 * 125, 0), 0);
	KUNIT_EXPECT_EQ(test, st1vafe3bx_sampler_missing(&smp, 65 * 125, 0), 1);
	KUNIT_EXPECT_EQ(test, st1vafe3bx_sampler_missing(&smp, 63 * 125, 0), -1);
}

static struct kunit_case time_cases[] = {
	KUNIT_CASE(clock_learns_the_rate),
	KUNIT_CASE(clock_survives_the_wrap),
	KUNIT_CASE(sampler_follows_the_words),
	KUNIT_CASE(sampler_counts_what_is_lost),
	KUNIT_CASE(sampler_counts_a_word_it_cannot_read),
	{ }
};

static struct kunit_suite time_suite = {
	.name = "st1vafe3bx_time",
	.test_cases = time_cases,
};

kunit_test_suites(&word_suite, &time_suite);

MODULE_DESCRIPTION("KUnit tests of the ST1VAFE3BX driver");
MODULE_LICENSE("GPL");
