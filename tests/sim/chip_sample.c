// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chip's oscillator, its samples, and when its INT pin asks.
 */
#include "chip_model_inside.h"

#define DRDY_PULSE_NS	(75 * NS_PER_US)
#define TS_LSB_NS	(10 * NS_PER_US)
#define UNSETTLED_SAMPLES 2
#define UNSETTLED_FILM_NS (10 * NS_PER_MS)

/*
 * Sample ticks run one by one in a call.  128 words at the coarsest batching
 * of 64: enough that every older word is gone from a continuous FIFO.
 */
#define MAX_TICKS	(CHIP_FIFO_WORDS * 64u)
#define MAX_LOOK_AHEAD	63u

static u64 clock_at(const struct chip_clock *clk, u64 t, u32 *frac)
{
	u32 rest;
	u64 seconds = chip_div_rem(t - clk->true_ns, NS_PER_SEC, &rest);

	return clk->chip_ns + seconds * (NS_PER_SEC / PPM) * clk->rate +
	       chip_div_rem((u64)rest * clk->rate + clk->frac, PPM, frac);
}

/* First instant at which the oscillator shows @chip_ns or more. */
static u64 clock_when(const struct chip_clock *clk, u64 chip_ns)
{
	u32 rest, rem;
	u64 t = clk->true_ns + chip_div_rem(chip_ns - clk->chip_ns, clk->rate, &rest) * PPM;
	u64 part = (u64)rest * PPM;

	if (part < clk->frac)
		return t - chip_div_rem(clk->frac - part, clk->rate, NULL);
	part = chip_div_rem(part - clk->frac, clk->rate, &rem);
	return t + part + !!rem;
}

u32 chip_timestamp(const struct chip *c, u64 chip_ns)
{
	if (!(c->reg[INTERRUPT_CFG] & TIMESTAMP_EN))
		return 0;
	return chip_div_rem(chip_ns - c->ts_base, TS_LSB_NS, NULL) + c->opt.ts_start;
}

/* Deflection of one self-test phase, ug: 4 x that is what 2.10's procedure computes. */
static const s32 self_test_ug[3] = { 75000, 80000, 150000 };
#define WEAK_PART	8

bool chip_has_film(const struct chip *c)
{
	if (c->mode == CHIP_FILM)
		return true;
	return !c->opt.combined_needs_en || (c->reg[AH_BIO_CFG2] & AH_BIO_EN);
}

/* Self-test: phase 2 pulls one way, phase 1 the other (2.10). */
static s32 self_test(const struct chip *c, int axis)
{
	u8 phase = c->reg[AH_BIO_CFG3] >> 4 & 3;
	bool up[3] = { c->reg[CTRL3] & ST_SIGN_X, c->reg[CTRL3] & ST_SIGN_Y,
		       !(c->reg[WAKE_UP_DUR] & ST_SIGN_Z) };
	s32 ug = c->opt.weak_self_test ? self_test_ug[axis] / WEAK_PART : self_test_ug[axis];

	if (phase != 1 && phase != 2)
		return 0;
	return up[axis] == (phase == 1) ? ug : -ug;
}

static s32 saturating_add(s32 a, s32 b)
{
	s64 sum = (s64)a + b;

	return sum > 0x7fffffff ? 0x7fffffff : sum < -0x7fffffff ? -0x7fffffff : sum;
}

static void sample(struct chip *c, u64 t)
{
	u8 fs = c->reg[CTRL5] & 3, gain = c->reg[AH_BIO_CFG2] >> 1 & 3;
	u8 bits = c->reg[CTRL3] & HP_EN ? 14 : 12;
	struct chip_input in = { { 0, 0, 0 }, 0 };
	s16 v[4];
	int i;

	c->input(c->ctx, t, &in);
	if (c->stats.samples < c->opt.unsettled * UNSETTLED_SAMPLES)
		for (i = 0; i < 3; i++)
			in.accel_ug[i] = 0x7fffffff;
	if (c->stats.samples * c->period < c->opt.unsettled * UNSETTLED_FILM_NS)
		in.film_nv = 0x7fffffff;
	if (c->opt.film_reversed)
		in.film_nv = in.film_nv < -0x7fffffff ? 0x7fffffff : -in.film_nv;
	if ((c->reg[AH_BIO_CFG2] & AH_BIO_MODE) == AH_BIO_MODE)
		in.film_nv = 0;		/* forced reset of the front end */
	if (!c->stats.samples++)
		c->stats.stream_start_ns = t;
	for (i = 0; i < 3; i++) {
		in.accel_ug[i] = saturating_add(in.accel_ug[i], self_test(c, i));
		v[i] = c->mode == CHIP_FILM ? c->out[i] :
		       chip_quantise_accel(in.accel_ug[i], fs, 16);
	}
	if (c->mode == CHIP_FILM && c->opt.film_full_16bit)
		bits = 16;
	v[3] = chip_has_film(c) ? chip_quantise_film(in.film_nv, gain, bits) : c->out[3];
	for (i = 0; i < 4; i++)
		if (!c->out_held[i])
			c->out[i] = v[i];
	c->drdy = true;
	c->drdy_at = t;
	chip_fifo_batch(c, &in, v);
}

void chip_stop_sampling(struct chip *c)
{
	c->mode = CHIP_OFF;
	c->ticking = false;
	c->one_shot = false;
}

void chip_start_ticking(struct chip *c, u32 period)
{
	c->period = period;
	c->ticking = period != 0;
	c->next_tick = c->clk.chip_ns + period;
	c->stats.samples = 0;
	c->stats.stream_start_ns = 0;
	chip_fifo_restart(c);
}

static void run_ticks(struct chip *c, u64 n)
{
	for (; n; n--, c->next_tick += c->period)
		sample(c, clock_when(&c->clk, c->next_tick));
}

void chip_advance(struct chip *c, u64 now)
{
	u64 chip_now, due;
	u32 frac;

	if (now <= c->clk.true_ns)
		return;
	chip_now = clock_at(&c->clk, now, &frac);
	if (c->ticking && chip_now >= c->next_tick) {
		due = c->one_shot ? 1 : chip_div_rem(chip_now - c->next_tick, c->period, NULL) + 1;
		/* A FIFO that stops when full keeps the first words, any other the last. */
		if (due > MAX_TICKS && !chip_fifo_overwrites(c)) {
			run_ticks(c, MAX_TICKS);
			due -= MAX_TICKS;
		}
		if (due > MAX_TICKS) {
			chip_fifo_skip(c, due - MAX_TICKS);
			due = MAX_TICKS;
		}
		run_ticks(c, due);
		if (c->one_shot) {
			c->reg[CTRL4] &= ~SOC;
			c->one_shot = false;
			c->ticking = false;
		}
	}
	c->clk.true_ns = now;
	c->clk.chip_ns = chip_now;
	c->clk.frac = frac;
}

/* ---- INT pin ------------------------------------------------------------- */

static bool drdy_active(const struct chip *c)
{
	if (c->reg[CTRL1] & DRDY_PULSED)
		return c->drdy_at && c->clk.true_ns < c->drdy_at + DRDY_PULSE_NS;
	return c->drdy;
}

bool chip_int_driven(const struct chip *c)
{
	return c->opt.stuck_int >= 0 || (!c->asleep && (c->reg[CTRL1] & INT_PIN_EN));
}

bool chip_int_level(const struct chip *c)
{
	u8 route = c->reg[CTRL2];
	bool active;

	if (c->opt.stuck_int >= 0)
		return c->opt.stuck_int;
	active = ((route & INT_DRDY) && drdy_active(c)) ||
		 ((route & (INT_FIFO_OVR | INT_FIFO_FULL)) && chip_fifo_overrun(c)) ||
		 ((route & INT_FIFO_TH) && chip_fifo_watermark(c)) ||
		 ((route & INT_BOOT) && c->clk.true_ns < c->boot_until);
	return (chip_int_driven(c) && active) != !!(c->reg[PIN_CTRL] & H_LACTIVE);
}

static u64 earlier(u64 a, u64 b)
{
	return a < b ? a : b;
}

/* Ticks that pass for certain before the FIFO can have grown to @words. */
static u32 ticks_before(const struct chip *c, u32 words, u32 most)
{
	u32 batches, ticks;

	if (c->fifo.count >= words)
		return most;
	/* A batch stores two words at most, its sample and a time stamp. */
	batches = (words - c->fifo.count + 1) / 2;
	ticks = (batches - 1) << (c->reg[FIFO_BATCH_DEC] & 7);
	return ticks < most ? ticks : most;
}

u64 chip_next_event(const struct chip *c)
{
	u64 now = c->clk.true_ns, next = ~0ULL;
	u8 route = c->reg[CTRL2];
	u32 ticks = MAX_LOOK_AHEAD;

	if ((route & INT_BOOT) && now < c->boot_until)
		next = c->boot_until;
	if ((route & INT_DRDY) && (c->reg[CTRL1] & DRDY_PULSED) && drdy_active(c))
		next = earlier(next, c->drdy_at + DRDY_PULSE_NS);
	if (!c->ticking)
		return next;
	if (c->one_shot || ((route & INT_DRDY) && (!c->drdy || (c->reg[CTRL1] & DRDY_PULSED))))
		ticks = 0;
	if (chip_fifo_takes(c) && (route & INT_FIFO_TH) && (c->reg[FIFO_WTM] & FTH))
		ticks = ticks_before(c, c->reg[FIFO_WTM] & FTH, ticks);
	if (chip_fifo_takes(c) && (route & (INT_FIFO_OVR | INT_FIFO_FULL)))
		ticks = ticks_before(c, chip_fifo_limit(c), ticks);
	return earlier(next, clock_when(&c->clk, c->next_tick + (u64)ticks * c->period));
}
