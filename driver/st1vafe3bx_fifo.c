// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: from the chip's FIFO to scans, each with its own time stamp.
 */

#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/regmap.h>
#include <linux/string.h>
#include <linux/time.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include <asm/byteorder.h>

#include <linux/iio/buffer.h>
#include <linux/iio/iio.h>

#include "compat.h"
#include "st1vafe3bx.h"

/* How often a reading of the counter that says little or nothing is repeated at once. */
#define ST1VAFE3BX_COUNTER_TRIES	4

/* How much older or newer than possible a time-stamp word may seem. */
#define ST1VAFE3BX_AGE_SLACK_NS		(100 * NSEC_PER_MSEC)

/* By what part of the nominal rate the chip may be faster. */
#define ST1VAFE3BX_FAST_PART		16

/* Time-stamp words in a row that must say the same to be believed against the samples. */
#define ST1VAFE3BX_MISFITS_MAX		2

struct st1vafe3bx_scan {
	__le16 data[4];
	/* filled in by the IIO core */
	aligned_s64 ts;
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
		st1vafe3bx_note_failure(st);
		return ret;
	}

	/* if the low byte carried while the others were on the wire, they may not belong to it */
	counter = get_unaligned_le32(st->buf);
	if ((u8)counter + div_s64(end - start, ST1VAFE3BX_TICK_NS) >= U8_MAX)
		return -EAGAIN;

	ret = st1vafe3bx_clock_read(&st->clk, counter, start, end);
	if (ret < 0) {
		/* the counter jumped, and with it the time of the samples */
		st1vafe3bx_sampler_start(&st->smp, st->rate->period_ns);
		st->unplaced = true;
		st->misfits = 0;
		st->held = 0;
		st->interrupted = true;
		st->stats.resyncs++;
	}

	return ret && st1vafe3bx_clock_is_tight(&st->clk) ? 0 : -EAGAIN;
}

/*
 * One that had to wait for another's burst is repeated at once, for the bus is free then.  If
 * that waits too, another chip may be read in the same way: the two would go on taking turns,
 * each waiting for the other.  Who stays away for as long as a reading takes lets it finish.
 */
static int st1vafe3bx_take_time(struct st1vafe3bx_state *st)
{
	unsigned int try;
	int ret;

	for (try = 0; try < ST1VAFE3BX_COUNTER_TRIES; try++) {
		if (try > 1)
			fsleep(DIV_ROUND_UP((u32)st->clk.shortest, NSEC_PER_USEC));

		ret = st1vafe3bx_read_counter(st);
		if (ret != -EAGAIN)
			return ret;
	}

	return st->clk.count ? 0 : -EAGAIN;
}

/**
 * st1vafe3bx_begin_time() - see how chip and kernel time stand to each other
 * @st:		a chip that has just started to fill its FIFO
 *
 * Return: 0; -EAGAIN if the counter could not be read well; or the error of a transfer.
 */
int st1vafe3bx_begin_time(struct st1vafe3bx_state *st)
{
	int ret;

	st1vafe3bx_clock_restart(&st->clk);
	st1vafe3bx_sampler_start(&st->smp, st->rate->period_ns);
	st->unplaced = true;
	st->misfits = 0;
	st->held = 0;

	ret = st1vafe3bx_take_time(st);
	if (ret)
		return ret;

	/* a reading has as many bytes on the wire as a FIFO word, and takes a little longer */
	if (div_s64(st->clk.shortest * 2, 3) > st->rate->period_ns)
		dev_warn(st->dev, "the bus is too slow for %lu Hz, samples will be lost\n",
			 NSEC_PER_SEC / st->rate->period_ns);

	return 0;
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

/* Chip time of a time-stamp word, in whole ticks. */
static s64 st1vafe3bx_ticks(const struct st1vafe3bx_state *st, const struct st1vafe3bx_word *word)
{
	return st1vafe3bx_clock_extend(&st->clk, word->ticks);
}

/* A word at hand at @status_ns is older than that, but not older than what can be held. */
static bool st1vafe3bx_can_be(const struct st1vafe3bx_state *st, s64 ticks, s64 status_ns)
{
	s64 age = status_ns - st1vafe3bx_clock_to_ns(&st->clk, ticks << ST1VAFE3BX_TICK_SHIFT);

	return age >= -ST1VAFE3BX_AGE_SLACK_NS &&
	       age <= (s64)ST1VAFE3BX_HELD_WORDS * st->rate->period_ns + ST1VAFE3BX_AGE_SLACK_NS;
}

static enum st1vafe3bx_word_kind st1vafe3bx_get_word(const struct st1vafe3bx_state *st,
						     unsigned int i, struct st1vafe3bx_word *word)
{
	st1vafe3bx_word_decode(st->words + i * ST1VAFE3BX_WORD_SIZE, word);

	return word->kind;
}

/* At most so many words come in within @ns; the chip may be a little fast. */
static unsigned int st1vafe3bx_words_within(const struct st1vafe3bx_state *st, s64 ns)
{
	u32 period_ns = st->rate->period_ns - st->rate->period_ns / ST1VAFE3BX_FAST_PART;
	s64 samples = div_s64(ns, period_ns) + 1;

	return st1vafe3bx_words(min_t(s64, samples, ST1VAFE3BX_FIFO_WORDS));
}

/*
 * Words have been lost, or can have been: before the burst, but also within it, behind
 * any of the first @reach words.  (A tick that brings a time stamp and its sample into a
 * FIFO from which one word has left makes room by taking the next; a transfer that pauses
 * lets the FIFO fill again.)  Which of them a hole is behind cannot be seen from the words.
 *
 * A time-stamp word cannot be mistaken.  So if the samples before one are fewer than there
 * should be, all of them are given up, and the stream goes on from that word.  What comes
 * after the last one is held back, if a hole can be there, until the next one proves it.
 *
 * Return: the first word to use, and in @end the first to hold back.
 */
static unsigned int st1vafe3bx_find_certain(const struct st1vafe3bx_state *st, unsigned int words,
					    unsigned int reach, s64 status_ns, unsigned int *end)
{
	enum st1vafe3bx_word_kind kind = st1vafe3bx_kinds[st->mode];
	struct st1vafe3bx_sampler smp = st->smp;
	unsigned int i, first = 0, last = 0;
	struct st1vafe3bx_word word;
	bool found = false;
	s64 ticks;

	for (i = 0; i < words; i++) {
		if (st1vafe3bx_get_word(st, i, &word) == kind) {
			st1vafe3bx_sampler_step(&smp);
			continue;
		}
		if (word.kind != ST1VAFE3BX_WORD_TIME) {
			st1vafe3bx_sampler_skip(&smp);
			continue;
		}
		ticks = st1vafe3bx_ticks(st, &word);
		if (!st1vafe3bx_can_be(st, ticks, status_ns))
			continue;
		if (st1vafe3bx_sampler_mark(&smp, ticks, ST1VAFE3BX_TIME_WORD_AHEAD) ||
		    (!found && !st->smp.started))
			first = i;
		found = true;
		last = i;
	}

	if (!found) {
		/* wait for one, while there is room for another burst */
		*end = words > ST1VAFE3BX_FIFO_WORDS ? words : 0;
		return *end;
	}

	*end = last < reach ? last : words;

	return first;
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
		s64 missing = div_s64(ns - st->last_ns + st->rate->period_ns / 2,
				      st->rate->period_ns) - 1;

		st->interrupted = false;
		if (st->last_ns && missing > 0)
			st->stats.lost += missing;
	}

	/* the line through the clock readings moves a little as it learns */
	ns = max(ns, st->last_ns + st->rate->period_ns / 2);
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

/*
 * A time-stamp word in the place where one was due, or where the stream goes on after a
 * loss (@certain).  One that says something else is corrupt, or if the next one says so
 * too, then the chip's time has jumped.
 */
static void st1vafe3bx_mark(struct st1vafe3bx_state *st, const struct st1vafe3bx_word *word,
			    bool certain)
{
	s64 ticks = st1vafe3bx_ticks(st, word);
	int lost;

	if (!certain && st->smp.started &&
	    st1vafe3bx_sampler_missing(&st->smp, ticks, ST1VAFE3BX_TIME_WORD_AHEAD) &&
	    ++st->misfits < ST1VAFE3BX_MISFITS_MAX) {
		if (st1vafe3bx_sampler_skip(&st->smp))
			st->stats.lost++;
		return;
	}
	st->misfits = 0;

	lost = st1vafe3bx_sampler_mark(&st->smp, ticks, ST1VAFE3BX_TIME_WORD_AHEAD);
	if (lost < 0) {
		st->stats.resyncs++;
		st->interrupted = true;
	} else if (!st->interrupted) {
		st->stats.lost += lost;
	}
}

/*
 * A FIFO that holds less than it said gives empty words, and among them such as come in
 * meanwhile, @late at most.  If more follow, an empty one among them is a word that is corrupt.
 *
 * Return: how many of the @words behind those that are held back are left without the empty ones.
 */
static unsigned int st1vafe3bx_drop_empty(struct st1vafe3bx_state *st, unsigned int words,
					  unsigned int late)
{
	unsigned int i, follow = 0, left = st->held;
	struct st1vafe3bx_word word;
	bool seen = false;

	for (i = st->held; i < st->held + words; i++) {
		if (st1vafe3bx_get_word(st, i, &word) == ST1VAFE3BX_WORD_EMPTY)
			seen = true;
		else if (seen)
			follow++;
	}
	if (!seen || follow > late)
		return words;

	for (i = st->held; i < st->held + words; i++) {
		if (st1vafe3bx_get_word(st, i, &word) == ST1VAFE3BX_WORD_EMPTY)
			continue;
		memmove(st->words + left * ST1VAFE3BX_WORD_SIZE,
			st->words + i * ST1VAFE3BX_WORD_SIZE, ST1VAFE3BX_WORD_SIZE);
		left++;
	}

	return left - st->held;
}

/*
 * Take @words of the FIFO, that were read between @start_ns and @end_ns, to the buffer, with
 * those that had been held back.
 */
static int st1vafe3bx_unpack(struct iio_dev *indio_dev, unsigned int words, s64 start_ns,
			     s64 end_ns)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	enum st1vafe3bx_word_kind kind = st1vafe3bx_kinds[st->mode];
	unsigned int i, filled, late, full, first = 0, end;
	struct st1vafe3bx_word word;
	bool doubt, emptied;
	int pushed = 0;

	/* nothing is lost from a FIFO that was not full since its level was read */
	late = st1vafe3bx_words_within(st, end_ns - start_ns);
	full = words + late;
	full = full < ST1VAFE3BX_FIFO_WORDS ? 0 : full - ST1VAFE3BX_FIFO_WORDS + 1;

	filled = st1vafe3bx_drop_empty(st, words, late);
	emptied = filled != words;
	doubt = full || st->unplaced || st->held || emptied;

	words = st->held + filled;
	/* where there was an empty word, a sample may be missing */
	full = emptied ? words : full + st->held;

	end = words;
	if (doubt) {
		first = st1vafe3bx_find_certain(st, words, full, start_ns, &end);
		st->unplaced = first == words;
	}

	for (i = first; i < end; i++) {
		st1vafe3bx_get_word(st, i, &word);
		/* a sample where a time-stamp word must be is that word, and corrupt */
		if (word.kind == kind && (doubt || !st1vafe3bx_sampler_word_due(&st->smp))) {
			pushed += st1vafe3bx_push(indio_dev, &word);
		} else if (word.kind == ST1VAFE3BX_WORD_TIME) {
			st1vafe3bx_mark(st, &word, doubt);
		} else {
			st->stats.unknown_tags++;
			if (st1vafe3bx_sampler_skip(&st->smp))
				st->stats.lost++;
		}
	}

	if (emptied)
		st->unplaced = true;
	st->held = words - end;
	memmove(st->words, st->words + end * ST1VAFE3BX_WORD_SIZE,
		st->held * ST1VAFE3BX_WORD_SIZE);

	return pushed;
}

/*
 * One burst, or as few as the adapter can do, behind the words that are held back; never a
 * part of a word.
 *
 * Return: how many words came before a transfer failed, with what it failed in @err.
 */
static unsigned int st1vafe3bx_read_words(struct st1vafe3bx_state *st, unsigned int words,
					  int *err)
{
	u8 *to = st->words + st->held * ST1VAFE3BX_WORD_SIZE;
	size_t done, chunk, len = words * ST1VAFE3BX_WORD_SIZE;

	for (done = 0; done < len; done += chunk) {
		chunk = min(len - done, st->read_max);
		*err = regmap_noinc_read(st->regmap, ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG,
					 to + done, chunk);
		if (*err)
			break;
	}

	return done / ST1VAFE3BX_WORD_SIZE;
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
	unsigned int words, got;
	s64 start_ns, end_ns;
	int ret, timed = 0;

	*pushed = 0;

	start_ns = ktime_get_ns();
	ret = regmap_bulk_read(st->regmap, ST1VAFE3BX_FIFO_STATUS1_REG, st->buf, 2);
	if (!ret && st->buf[1] > ST1VAFE3BX_FIFO_WORDS)
		ret = -EIO;
	if (ret)
		goto err;

	words = st->buf[1];
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

	/* no time-stamp word for longer than there can be: corrupt, and lost with all before */
	if (st->held + words > ST1VAFE3BX_HELD_WORDS) {
		st->held = 0;
		st->unplaced = true;
	}

	got = st1vafe3bx_read_words(st, words, &ret);
	end_ns = ktime_get_ns();

	/* if it fails, the line through the earlier readings will do */
	if (!ret && st1vafe3bx_clock_due(&st->clk, start_ns))
		timed = st1vafe3bx_take_time(st);

	*pushed = st1vafe3bx_unpack(indio_dev, got, start_ns, end_ns);
	if (ret) {
		/* words may have left the FIFO without getting here */
		st->unplaced = true;
		goto err;
	}
	st->served = jiffies;
	/* a chip that no longer told its time may have been reset */
	st->fails = timed && timed != -EAGAIN;

	return words;

err:
	st->stats.bus_errors++;
	st->fails++;
	st1vafe3bx_note_failure(st);
	return ret;
}
