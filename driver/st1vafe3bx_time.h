/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chip time, and where it lies on the kernel's clock.  Pure: no I/O, reads no
 * clock, integers only.
 *
 * Chip time is counted in 2^-16 of the chip's 10 us ticks, in 64 bits.
 */
#ifndef ST1VAFE3BX_TIME_H
#define ST1VAFE3BX_TIME_H

#include <linux/types.h>

#define ST1VAFE3BX_TICK_NS		10000
#define ST1VAFE3BX_TICK_SHIFT		16

/* One time-stamp word in the FIFO for so many samples. */
#define ST1VAFE3BX_SAMPLES_PER_TIME_WORD	32

/*
 * The counter is read with so many bytes on the wire (address, register, address, 4 of
 * data), and its value is caught with so many of them gone.  That it is at the end of
 * the first data byte (4), and not when the reading begins (3), is not confirmed.
 */
#define ST1VAFE3BX_COUNTER_BYTES	7
#ifndef ST1VAFE3BX_COUNTER_CAUGHT
#define ST1VAFE3BX_COUNTER_CAUGHT	4
#endif

#define ST1VAFE3BX_CLOCK_READINGS	32

/* The counter showed @ticks during a transfer that was within [@start, @end]. */
struct st1vafe3bx_reading {
	s64 ticks;
	s64 start;
	s64 end;
};

/**
 * struct st1vafe3bx_clock - the chip's counter against the kernel's monotonic clock
 * @readings:	the latest readings, a ring
 * @count:	how many of them are valid
 * @newest:	index of the latest
 * @misfits:	readings in a row that did not fit what is known
 * @rate_known:	@rate comes from a long enough look
 * @shortest:	duration of the shortest transfer ever: what it takes on the wire
 * @first_ns:	when the first reading was taken
 * @base_ns:	kernel time at the newest reading's tick, by the fitted line
 * @rate:	by how much a chip second is longer than a kernel second, in 2^-30
 */
struct st1vafe3bx_clock {
	struct st1vafe3bx_reading readings[ST1VAFE3BX_CLOCK_READINGS];
	u8 count;
	u8 newest;
	u8 misfits;
	bool rate_known;
	s64 shortest;
	s64 first_ns;
	s64 base_ns;
	s32 rate;
};

void st1vafe3bx_clock_restart(struct st1vafe3bx_clock *clk);
bool st1vafe3bx_clock_due(const struct st1vafe3bx_clock *clk, s64 now_ns);
int st1vafe3bx_clock_read(struct st1vafe3bx_clock *clk, u32 counter, s64 start, s64 end);
bool st1vafe3bx_clock_is_tight(const struct st1vafe3bx_clock *clk);
s64 st1vafe3bx_clock_extend(const struct st1vafe3bx_clock *clk, u32 counter);
s64 st1vafe3bx_clock_to_ns(const struct st1vafe3bx_clock *clk, s64 chip_time);

/**
 * struct st1vafe3bx_sampler - the chip time of each sample
 * @next:	of the next sample
 * @period:	from one sample to the next, learned
 * @nominal:	the same by the data sheet
 * @mark:	tick of the time-stamp word that the learning of @period began with
 * @since_mark:	samples since then
 * @since_word:	samples since the last time-stamp word
 * @started:	@next is known
 * @learning:	@mark and @since_mark are valid
 */
struct st1vafe3bx_sampler {
	s64 next;
	s64 period;
	s64 nominal;
	s64 mark;
	s32 since_mark;
	s32 since_word;
	bool started;
	bool learning;
};

void st1vafe3bx_sampler_start(struct st1vafe3bx_sampler *smp, u32 period_ns);
s64 st1vafe3bx_sampler_missing(const struct st1vafe3bx_sampler *smp, s64 ticks, int ahead);
int st1vafe3bx_sampler_mark(struct st1vafe3bx_sampler *smp, s64 ticks, int ahead);
bool st1vafe3bx_sampler_word_due(const struct st1vafe3bx_sampler *smp);
bool st1vafe3bx_sampler_skip(struct st1vafe3bx_sampler *smp);
s64 st1vafe3bx_sampler_step(struct st1vafe3bx_sampler *smp);

#endif
