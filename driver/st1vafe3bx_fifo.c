// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: from the chip's FIFO to scans, each with its own time stamp.
 */

#include <linux/bitfield.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/regmap.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>

#include <linux/iio/buffer.h>
#include <linux/iio/iio.h>

#include "compat.h"
#include "st1vafe3bx.h"

/* How often a reading of the counter that says little or nothing is repeated at once. */
#define ST1VAFE3BX_COUNTER_TRIES	4

/* How much older or newer than possible a time-stamp word may seem. */
#define ST1VAFE3BX_AGE_SLACK_NS		(100 * NSEC_PER_MSEC)

struct st1vafe3bx_scan {
	__le16 data[4];
	/* filled in by the IIO core */
	s64 ts __aligned(8);
};

static const enum st1vafe3bx_word_kind st1vafe3bx_kinds[] = {
	[ST1VAFE3BX_MODE_MOTION] = ST1VAFE3BX_WORD_ACCEL,
	[ST1VAFE3BX_MODE_FILM] = ST1VAFE3BX_WORD_FILM,
	[ST1VAFE3BX_MODE_MOTION_FILM] = ST1VAFE3BX_WORD_ACCEL_FILM,
};

/*
 * Read the chip's counter, to learn where chip time lies on the kernel's clock.
 *
 * Return: 0; -EAGAIN if another reading would tell more; or the transfer's error.
 */
static int st1vafe3bx_read_counter(struct st1vafe3bx_state *st)
{
	s64 start, end;
	u32 counter;
	int ret;

	start = ktime_get_ns();
	ret = regmap_bulk_read(st->regmap, ST1VAFE3BX_TIMESTAMP0_REG, st->buf, sizeof(counter));
	end = ktime_get_ns();
	if (ret) {
		st->stats.bus_errors++;
		return ret;
	}

	/* if the low byte carried while the others were on the wire, they may not belong to it */
	counter = get_unaligned_le32(st->buf);
	if ((u8)counter + div_s64(end - start, ST1VAFE3BX_TICK_NS) >= U8_MAX)
		return -EAGAIN;

	ret = st1vafe3bx_clock_read(&st->clk, counter, start, end);
	if (ret < 0) {
		/* the counter jumped, and with it the time of the samples */
		st1vafe3bx_sampler_start(&st->smp, st->rate->hz);
		st->unplaced = true;
		st->interrupted = true;
		st->stats.resyncs++;
	}

	return ret && st1vafe3bx_clock_is_tight(&st->clk) ? 0 : -EAGAIN;
}

static int st1vafe3bx_take_time(struct st1vafe3bx_state *st)
{
	unsigned int try;
	int ret;

	for (try = 0; try < ST1VAFE3BX_COUNTER_TRIES; try++) {
		ret = st1vafe3bx_read_counter(st);
		if (ret != -EAGAIN)
			return ret;
	}

	return st->clk.count ? 0 : -EAGAIN;
}

/**
 * st1vafe3bx_begin_time() - see how chip and kernel time stand to each other
 * @st:		a chip that has just started to fill its FIFO
 */
int st1vafe3bx_begin_time(struct st1vafe3bx_state *st)
{
	st1vafe3bx_clock_restart(&st->clk);
	st1vafe3bx_sampler_start(&st->smp, st->rate->hz);
	st->unplaced = true;

	return st1vafe3bx_take_time(st);
}

/* From CLOCK_MONOTONIC to the clock that the user has chosen for time stamps. */
static s64 st1vafe3bx_user_time(struct iio_dev *indio_dev, s64 mono)
{
	s64 before, raw, after;

	switch (iio_device_get_clock(indio_dev)) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		return ktime_to_ns(ktime_mono_to_any(ns_to_ktime(mono), TK_OFFS_REAL));
	case CLOCK_BOOTTIME:
		return ktime_to_ns(ktime_mono_to_any(ns_to_ktime(mono), TK_OFFS_BOOT));
	case CLOCK_TAI:
		return ktime_to_ns(ktime_mono_to_any(ns_to_ktime(mono), TK_OFFS_TAI));
	case CLOCK_MONOTONIC_RAW:
		before = ktime_get_ns();
		raw = ktime_get_raw_ns();
		after = ktime_get_ns();
		return mono + raw - (before + (after - before) / 2);
	default:
		return mono;
	}
}

/*
 * A time-stamp word belongs to the sample that is @ahead of the next one.  Return
 * false if it cannot be true: a word read at @status_ns is older than that, but not
 * older than what the FIFO holds.
 */
static bool st1vafe3bx_mark(struct st1vafe3bx_state *st, const struct st1vafe3bx_word *word,
			    unsigned int ahead, s64 status_ns)
{
	s64 ticks = st1vafe3bx_clock_extend(&st->clk, word->ticks);
	s64 age = status_ns - st1vafe3bx_clock_to_ns(&st->clk, ticks << ST1VAFE3BX_TICK_SHIFT);
	int lost;

	if (age < -ST1VAFE3BX_AGE_SLACK_NS ||
	    age > ST1VAFE3BX_FIFO_WORDS * st->period_ns + ST1VAFE3BX_AGE_SLACK_NS)
		return false;

	lost = st1vafe3bx_sampler_mark(&st->smp, ticks, (int)ahead + ST1VAFE3BX_TIME_WORD_AHEAD);
	if (lost < 0)
		st->stats.resyncs++;
	else if (!st->interrupted)
		st->stats.lost += lost;
	st->unplaced = false;

	return true;
}

/*
 * Samples are lost at the FIFO's old end only, that is, before the first of a burst.
 * So let the first time-stamp word in it place all that it holds.  Where it has none
 * (short bursts, of which none are lost unless something failed) go by when the last
 * one was the newest in the chip.
 */
static void st1vafe3bx_place(struct st1vafe3bx_state *st, unsigned int first, unsigned int words,
			     s64 status_ns)
{
	enum st1vafe3bx_word_kind kind = st1vafe3bx_kinds[st->mode];
	struct st1vafe3bx_word word;
	unsigned int i, samples = 0;

	for (i = first; i < words; i++) {
		st1vafe3bx_word_decode(st->words + i * ST1VAFE3BX_WORD_SIZE, &word);
		if (word.kind == kind)
			samples++;
		else if (word.kind == ST1VAFE3BX_WORD_TIME &&
			 st1vafe3bx_mark(st, &word, samples, status_ns))
			return;
	}

	if (!st->unplaced || !samples)
		return;

	st->stats.lost += st1vafe3bx_sampler_place(&st->smp,
						   st1vafe3bx_clock_from_ns(&st->clk, status_ns),
						   samples);
	st->unplaced = false;
}

/* Return how many samples the buffer was given: 1, or 0 while the chip settles. */
static int st1vafe3bx_push(struct iio_dev *indio_dev, const struct st1vafe3bx_word *word)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	struct st1vafe3bx_scan scan = { };
	unsigned int n = 0;
	s64 ns;

	ns = st1vafe3bx_clock_to_ns(&st->clk, st1vafe3bx_sampler_step(&st->smp));

	/* the chip has only just been switched on */
	if (st->settle) {
		st->settle--;
		st->stats.settling++;
		return 0;
	}

	if (st->interrupted) {
		s64 missing = div64_s64(ns - st->last_ns + st->period_ns / 2, st->period_ns) - 1;

		st->interrupted = false;
		if (st->last_ns && missing > 0)
			st->stats.lost += missing;
	}

	/* the line through the clock readings moves a little as it learns */
	ns = max(ns, st->last_ns + st->period_ns / 2);
	st->last_ns = ns;

	if (st->mode != ST1VAFE3BX_MODE_FILM)
		for (; n < ARRAY_SIZE(word->accel); n++)
			scan.data[n] = cpu_to_le16(word->accel[n]);
	if (st->mode != ST1VAFE3BX_MODE_MOTION)
		scan.data[n] = cpu_to_le16(word->film);

	iio_push_to_buffers_with_ts(indio_dev, &scan, sizeof(scan),
				    st1vafe3bx_user_time(indio_dev, ns));
	st->stats.samples++;

	return 1;
}

static int st1vafe3bx_unpack(struct iio_dev *indio_dev, unsigned int first, unsigned int words,
			     s64 status_ns)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	enum st1vafe3bx_word_kind kind = st1vafe3bx_kinds[st->mode];
	struct st1vafe3bx_word word;
	unsigned int i;
	int pushed = 0;

	st1vafe3bx_place(st, first, words, status_ns);

	for (i = first; i < words; i++) {
		st1vafe3bx_word_decode(st->words + i * ST1VAFE3BX_WORD_SIZE, &word);
		if (word.kind == kind)
			pushed += st1vafe3bx_push(indio_dev, &word);
		else if (word.kind == ST1VAFE3BX_WORD_TIME)
			st1vafe3bx_mark(st, &word, 0, status_ns);
		else if (word.kind != ST1VAFE3BX_WORD_EMPTY)
			st->stats.unknown_tags++;
	}

	return pushed;
}

/* One burst, or as few as the adapter can do; never a part of a word. */
static int st1vafe3bx_read_words(struct st1vafe3bx_state *st, unsigned int words)
{
	size_t done, len = words * ST1VAFE3BX_WORD_SIZE;
	int ret;

	for (done = 0; done < len; done += min(len - done, st->read_max)) {
		ret = regmap_noinc_read(st->regmap, ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG,
					st->words + done, min(len - done, st->read_max));
		if (ret)
			return ret;
	}

	return 0;
}

/*
 * A tick may bring two words, a time stamp and its sample.  If it comes when only the
 * first word of a burst has left a full FIFO, there is room for one: the second word is
 * lost, a hole behind the first.  The next such tick is as far from the last one as
 * that is from the one before.
 */
static bool st1vafe3bx_hole(struct st1vafe3bx_state *st, unsigned int words, s64 start_ns,
			    s64 end_ns)
{
	s64 next_ns, ticks, ns[2] = { };
	struct st1vafe3bx_word word;
	unsigned int i, found = 0;

	if (words + ST1VAFE3BX_TICK_WORDS <= ST1VAFE3BX_FIFO_WORDS)
		return false;

	for (i = words; i-- && found < ARRAY_SIZE(ns);) {
		st1vafe3bx_word_decode(st->words + i * ST1VAFE3BX_WORD_SIZE, &word);
		if (word.kind != ST1VAFE3BX_WORD_TIME)
			continue;
		ticks = st1vafe3bx_clock_extend(&st->clk, word.ticks);
		ns[found++] = st1vafe3bx_clock_to_ns(&st->clk, ticks << ST1VAFE3BX_TICK_SHIFT);
	}
	if (found < ARRAY_SIZE(ns))
		return true;

	/* the first two words have left when the third begins, and a tick is 10 us wide */
	next_ns = 2 * ns[0] - ns[1];

	return next_ns >= start_ns - 2 * ST1VAFE3BX_TICK_NS &&
	       next_ns <= start_ns + div_s64(3 * (end_ns - start_ns), words) +
			  2 * ST1VAFE3BX_TICK_NS;
}

/**
 * st1vafe3bx_service() - take what the FIFO holds to the buffer
 * @indio_dev:	the device, locked and streaming
 * @if_due:	only if it holds what the chip interrupts for
 * @pushed:	how many samples that gave
 *
 * Return: the number of words taken, or the error of a transfer.
 */
int st1vafe3bx_service(struct iio_dev *indio_dev, bool if_due, int *pushed)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	unsigned int first, words;
	s64 status_ns, end_ns;
	int ret;

	*pushed = 0;

	ret = regmap_bulk_read(st->regmap, ST1VAFE3BX_FIFO_STATUS1_REG, st->buf, 2);
	status_ns = ktime_get_ns();
	if (ret)
		goto err;

	words = min_t(unsigned int, st->buf[1], ST1VAFE3BX_FIFO_WORDS);
	if (st->buf[0] & ST1VAFE3BX_FIFO_STATUS1_OVR_MSK) {
		st->stats.overruns++;
		/* some chips of the family count full as 0 */
		if (!words)
			words = ST1VAFE3BX_FIFO_WORDS;
	}
	if (words >= st1vafe3bx_words(st1vafe3bx_watermark(st)))
		st->idle = 0;
	else if (if_due)
		return 0;
	if (!words)
		return 0;

	ret = st1vafe3bx_read_words(st, words);
	end_ns = ktime_get_ns();
	if (ret)
		goto err;

	/* if it fails, the line through the earlier readings will do */
	if (st1vafe3bx_clock_due(&st->clk, status_ns))
		st1vafe3bx_take_time(st);

	first = st1vafe3bx_hole(st, words, status_ns, end_ns) ? 1 : 0;
	*pushed = st1vafe3bx_unpack(indio_dev, first, words, status_ns);
	st->served = jiffies;
	st->fails = 0;

	return words;

err:
	/* words may have left the FIFO without getting here */
	st->unplaced = true;
	st->stats.bus_errors++;
	st->fails++;
	return ret;
}
