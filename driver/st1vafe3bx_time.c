// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chip time, and where it lies on the kernel's clock.
 *
 * Samples, time-stamp words and the counter all come from the chip's own
 * oscillator, which may be some per cent off and drifts with temperature.  So a
 * sample is first placed in chip time, where samples are evenly spaced, and chip
 * time is then mapped to the kernel's clock by a line through readings of the
 * counter.  Interrupt latency has no part in it.
 */

#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/types.h>

#include "st1vafe3bx_time.h"

#define TICK			((s64)1 << ST1VAFE3BX_TICK_SHIFT)

#define RATE_SHIFT		30
/* The line stops extrapolating here, far beyond its use, lest products overflow. */
#define REACH_NS		((s64)100 * 1000000000)

/* Twice the 2 % that the oscillator may be off, in units of the rate. */
#define RATE_MAX		((s32)(((s64)1 << RATE_SHIFT) / 25))

/*
 * Readings are spread over the last 5 s: long enough to average the readings'
 * errors out, short enough to follow a chip that warms up on the skin.
 */
#define SPACING_MAX_NS		160000000
/* In the beginning each is 1/16 of the stream's age apart. */
#define SPACING_SHIFT		4

#define WINDOW_NS		((s64)10 * 1000000000)
#define WINDOW_READINGS_MIN	3

/*
 * Readings closer together than the first say less about the rate than the data sheet
 * does, closer than the second less than what an earlier stream has taught.
 */
#define BASELINE_FIRST_NS	5000000
#define BASELINE_KNOWN_NS	1000000000

/* A reading further off than this, and 1/16 of the time since the last, is wrong. */
#define MISFIT_NS		1000000
#define MISFIT_SHIFT		4
#define MISFITS_MAX		3

static s64 clamp_s64(s64 v, s64 lo, s64 hi)
{
	return v < lo ? lo : v > hi ? hi : v;
}

/* The reading that is @age readings older than the newest. */
static const struct st1vafe3bx_reading *reading(const struct st1vafe3bx_clock *clk, u32 age)
{
	return &clk->readings[(clk->newest + ST1VAFE3BX_CLOCK_READINGS - age) %
			      ST1VAFE3BX_CLOCK_READINGS];
}

static s64 scale_by_rate(s64 ns, s32 rate)
{
	return (clamp_s64(ns, -REACH_NS, REACH_NS) * rate) >> RATE_SHIFT;
}

/*
 * The value was caught between these two.  The shortest transfer tells how long its
 * bytes take; all that others take beyond that is delay, before or after.
 */
static s64 earliest(const struct st1vafe3bx_clock *clk, const struct st1vafe3bx_reading *r)
{
	return r->start + div_s64(clk->shortest * ST1VAFE3BX_COUNTER_CAUGHT,
				  ST1VAFE3BX_COUNTER_BYTES);
}

static s64 latest(const struct st1vafe3bx_clock *clk, const struct st1vafe3bx_reading *r)
{
	return earliest(clk, r) + (r->end - r->start - clk->shortest);
}

/**
 * st1vafe3bx_clock_restart() - forget the readings, after the chip's counter jumped
 * @clk:	the clock; zeroed memory is a clock that was restarted
 *
 * What is known of the oscillator's rate is kept: the chip is still the same.
 */
void st1vafe3bx_clock_restart(struct st1vafe3bx_clock *clk)
{
	clk->count = 0;
	clk->misfits = 0;
}

/**
 * st1vafe3bx_clock_due() - is it time for another reading?
 * @clk:	the clock
 * @now_ns:	kernel time
 *
 * Return: true if it is.
 */
bool st1vafe3bx_clock_due(const struct st1vafe3bx_clock *clk, s64 now_ns)
{
	s64 spacing;

	if (!clk->count || clk->misfits)
		return true;

	spacing = (now_ns - clk->first_ns) >> SPACING_SHIFT;
	if (spacing > SPACING_MAX_NS)
		spacing = SPACING_MAX_NS;

	return now_ns - reading(clk, 0)->end >= spacing;
}

/*
 * How far the band between the readings' bounds reaches, at the newest reading's
 * tick, for a given rate.  @lower is where the line must be above, @upper where
 * it must not be above.  Return how the gap between both changes with the rate.
 */
static s64 clock_band(const struct st1vafe3bx_clock *clk, s32 rate, s64 *lower, s64 *upper)
{
	const struct st1vafe3bx_reading *ref = reading(clk, 0);
	s64 x_lower = 0, x_upper = 0;
	u32 i;

	for (i = 0; i < clk->count; i++) {
		const struct st1vafe3bx_reading *r = reading(clk, i);
		/* the tick had come, and the next had not */
		s64 x0 = (r->ticks - ref->ticks) * ST1VAFE3BX_TICK_NS;
		s64 x1 = x0 + ST1VAFE3BX_TICK_NS;
		s64 hi = latest(clk, r) - x0 - scale_by_rate(x0, rate);
		s64 lo = earliest(clk, r) - x1 - scale_by_rate(x1, rate);

		if (!i || hi < *upper) {
			*upper = hi;
			x_upper = x0;
		}
		if (!i || lo > *lower) {
			*lower = lo;
			x_lower = x1;
		}
	}

	return x_lower - x_upper;
}

/*
 * Put the line in the middle of the widest straight band that stays between all
 * readings' bounds.  The bounds err to one side only (a delay is never negative),
 * so that the tightest ones count and an average would be biased.  The band's
 * width is a concave function of the rate: bisect on its slope.
 */
static void clock_fit(struct st1vafe3bx_clock *clk)
{
	s64 baseline, lower, upper;

	clock_band(clk, clk->rate, &lower, &upper);
	if (lower > upper)
		clk->rate_known = false;

	baseline = reading(clk, 0)->start - reading(clk, clk->count - 1)->start;
	if (baseline >= (clk->rate_known ? BASELINE_KNOWN_NS : BASELINE_FIRST_NS)) {
		s32 lo = -RATE_MAX, hi = RATE_MAX;

		while (hi - lo > 1) {
			s32 mid = lo + (hi - lo) / 2;

			if (clock_band(clk, mid, &lower, &upper) > 0)
				lo = mid;
			else
				hi = mid;
		}
		clk->rate = lo;
		clk->rate_known = baseline >= BASELINE_KNOWN_NS;
	}

	clock_band(clk, clk->rate, &lower, &upper);
	clk->base_ns = lower + (upper - lower) / 2;
}

/**
 * st1vafe3bx_clock_read() - take in a reading of the chip's counter
 * @clk:	the clock
 * @counter:	what the chip said
 * @start:	kernel time just before the transfer
 * @end:	kernel time just after it
 *
 * Of readings that are repeated before one is due again only the tightest is kept: those
 * that had to wait for the bus would push out those that say more.
 *
 * Return: 1 if the reading fits; 0 if it does not fit what is known, and was not
 * used; -1 if it is one of several such in a row: then the counter did jump, and
 * the clock begins anew with this reading.
 */
int st1vafe3bx_clock_read(struct st1vafe3bx_clock *clk, u32 counter, s64 start, s64 end)
{
	bool due = st1vafe3bx_clock_due(clk, start);
	s64 ticks = st1vafe3bx_clock_extend(clk, counter);
	struct st1vafe3bx_reading *r;
	int ret = 1;

	if (clk->count) {
		const struct st1vafe3bx_reading *last = reading(clk, 0);
		s64 slack = MISFIT_NS + ((start - last->start) >> MISFIT_SHIFT);
		s64 at = st1vafe3bx_clock_to_ns(clk, ticks * TICK);

		if (ticks < last->ticks || at > end + slack || at < start - slack) {
			if (++clk->misfits < MISFITS_MAX)
				return 0;
			st1vafe3bx_clock_restart(clk);
			ticks = counter;
			ret = -1;
		}
	}
	clk->misfits = 0;

	if (!clk->shortest || end - start < clk->shortest)
		clk->shortest = end - start;

	if (!clk->count) {
		clk->first_ns = start;
		clk->newest = 0;
		clk->count = 1;
	} else if (due) {
		clk->newest = (clk->newest + 1) % ST1VAFE3BX_CLOCK_READINGS;
		if (clk->count < ST1VAFE3BX_CLOCK_READINGS)
			clk->count++;
	} else if (end - start >= reading(clk, 0)->end - reading(clk, 0)->start) {
		return ret;
	}

	r = &clk->readings[clk->newest];
	r->ticks = ticks;
	r->start = start;
	r->end = end;
	while (clk->count > WINDOW_READINGS_MIN &&
	       start - reading(clk, clk->count - 1)->start > WINDOW_NS)
		clk->count--;
	clock_fit(clk);

	return ret;
}

/**
 * st1vafe3bx_clock_is_tight() - did the newest reading take not much longer than it must?
 * @clk:	a clock that has taken a reading
 *
 * One that had to wait for the bus says little; right after that the bus is free.
 *
 * Return: true if it did.
 */
bool st1vafe3bx_clock_is_tight(const struct st1vafe3bx_clock *clk)
{
	const struct st1vafe3bx_reading *r = reading(clk, 0);

	return r->end - r->start < clk->shortest + clk->shortest / 4;
}

/**
 * st1vafe3bx_clock_extend() - from the chip's 32-bit counter to 64-bit ticks
 * @clk:	the clock
 * @counter:	a value that is less than 5.9 h from the newest reading
 *
 * Return: ticks of 10 us that go on where the counter wraps (every 11.9 h).
 */
s64 st1vafe3bx_clock_extend(const struct st1vafe3bx_clock *clk, u32 counter)
{
	s64 ref;

	if (!clk->count)
		return counter;

	ref = reading(clk, 0)->ticks;
	return ref + (s32)(counter - (u32)ref);
}

/**
 * st1vafe3bx_clock_to_ns() - when, on the kernel's clock, was that chip time?
 * @clk:	a clock that has taken a reading
 * @chip_time:	in 2^-16 ticks
 *
 * Return: CLOCK_MONOTONIC, in ns.
 */
s64 st1vafe3bx_clock_to_ns(const struct st1vafe3bx_clock *clk, s64 chip_time)
{
	s64 x = chip_time - reading(clk, 0)->ticks * TICK;
	s64 reach = REACH_NS / ST1VAFE3BX_TICK_NS * TICK;

	x = clamp_s64(x, -reach, reach);
	x = (x * ST1VAFE3BX_TICK_NS) >> ST1VAFE3BX_TICK_SHIFT;

	return clk->base_ns + x + scale_by_rate(x, clk->rate);
}

/* Samples over which the period is learned: one tick in these is 62 ppm at 3200 Hz. */
#define LEARN_SAMPLES		512
/* By what part of the nominal period a learned one may differ. */
#define LEARN_LIMIT		20

/**
 * st1vafe3bx_sampler_start() - a stream begins
 * @smp:	the sampler
 * @period_ns:	nominal, in chip time
 */
void st1vafe3bx_sampler_start(struct st1vafe3bx_sampler *smp, u32 period_ns)
{
	s64 nominal = div_s64(period_ns * TICK, ST1VAFE3BX_TICK_NS);

	*smp = (struct st1vafe3bx_sampler){ .period = nominal, .nominal = nominal };
}

/* How many whole periods is @diff, to the nearest? */
static s64 whole_periods(const struct st1vafe3bx_sampler *smp, s64 diff)
{
	s64 half = diff < 0 ? -smp->period / 2 : smp->period / 2;

	return div64_s64(diff + half, smp->period);
}

static void sampler_learn_from(struct st1vafe3bx_sampler *smp, s64 ticks, int ahead)
{
	smp->mark = ticks;
	smp->since_mark = -ahead;
	smp->learning = true;
}

static void sampler_learn(struct st1vafe3bx_sampler *smp, s64 ticks, int ahead)
{
	s64 period;

	if (smp->since_mark + ahead < LEARN_SAMPLES)
		return;

	period = div_s64((ticks - smp->mark) * TICK, smp->since_mark + ahead);
	if (period > smp->nominal - smp->nominal / LEARN_LIMIT &&
	    period < smp->nominal + smp->nominal / LEARN_LIMIT)
		smp->period = period;

	sampler_learn_from(smp, ticks, ahead);
}

/**
 * st1vafe3bx_sampler_missing() - what a time-stamp word says of the samples before it
 * @smp:	a sampler that has taken a time-stamp word
 * @ticks:	chip time in whole ticks, as the chip cuts it off
 * @ahead:	which sample it is of: 0 is the next one, 1 the one after it, -1 the last
 *
 * Return: how many samples are missing before that sample; negative if there are more than
 * can be.
 */
s64 st1vafe3bx_sampler_missing(const struct st1vafe3bx_sampler *smp, s64 ticks, int ahead)
{
	return whole_periods(smp, ticks * TICK + TICK / 2 - smp->next - ahead * smp->period);
}

/**
 * st1vafe3bx_sampler_mark() - a time-stamp word says when a sample was taken
 * @smp:	the sampler
 * @ticks:	chip time in whole ticks, as the chip cuts it off
 * @ahead:	which sample: 0 is the next one, 1 the one after it, -1 the last
 *
 * Return: how many samples were lost before it, or -1 if the time makes no sense
 * with what came before, and counting starts anew from it.
 */
int st1vafe3bx_sampler_mark(struct st1vafe3bx_sampler *smp, s64 ticks, int ahead)
{
	s64 from = ticks * TICK;
	s64 want = smp->next + ahead * smp->period;
	bool jump = false;
	s64 lost = 0;

	smp->since_word = 0;
	if (smp->started) {
		lost = st1vafe3bx_sampler_missing(smp, ticks, ahead);
		jump = lost < 0 || lost > S32_MAX;
	}

	if (!smp->started || jump) {
		smp->next = from + TICK / 2 - ahead * smp->period;
		smp->started = true;
		sampler_learn_from(smp, ticks, ahead);
		return jump ? -1 : 0;
	}

	want += lost * smp->period;
	/* within that tick, and if it may be, where it was expected */
	smp->next = clamp_s64(want, from, from + TICK - 1) - ahead * smp->period;

	if (lost || !smp->learning)
		sampler_learn_from(smp, ticks, ahead);
	else
		sampler_learn(smp, ticks, ahead);

	return lost;
}

/**
 * st1vafe3bx_sampler_step() - take the next sample
 * @smp:	the sampler
 *
 * Return: its chip time.
 */
s64 st1vafe3bx_sampler_step(struct st1vafe3bx_sampler *smp)
{
	s64 at = smp->next;

	smp->next += smp->period;
	smp->since_mark++;
	smp->since_word++;

	return at;
}

/**
 * st1vafe3bx_sampler_word_due() - must the next word be a time-stamp word?
 * @smp:	a sampler that has taken a time-stamp word, and all words since
 *
 * Return: true if it must.
 */
bool st1vafe3bx_sampler_word_due(const struct st1vafe3bx_sampler *smp)
{
	return smp->since_word >= ST1VAFE3BX_SAMPLES_PER_TIME_WORD;
}

/**
 * st1vafe3bx_sampler_skip() - take a word that cannot be understood
 * @smp:	the sampler
 *
 * It was the sample that is due, or the time-stamp word if that is.
 *
 * Return: true if it was a sample.
 */
bool st1vafe3bx_sampler_skip(struct st1vafe3bx_sampler *smp)
{
	if (st1vafe3bx_sampler_word_due(smp)) {
		smp->since_word = 0;
		return false;
	}
	st1vafe3bx_sampler_step(smp);

	return true;
}
