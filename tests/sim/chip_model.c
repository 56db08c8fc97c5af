// SPDX-License-Identifier: GPL-2.0-only
/*
 * Behavioural model of the ST1VAFE3BX.  See chip_model.h for the rules of the
 * house; section numbers in comments are those of the register sheet.
 *
 * Not modelled: the embedded functions and the events they raise (wake-up, tap,
 * 6D, so FIFO modes 3, 4 and 7 never see their trigger), the external clock,
 * filter settling, SPI and I3C.
 */
#include "chip_model_state.h"

#define NS_PER_US	1000u
#define NS_PER_MS	1000000u
#define NS_PER_SEC	1000000000u
#define PPM		1000000u
#define MAX_ODR_ERROR	100000		/* ppm, keeps the clock arithmetic in range */

#define WAKE_NS		(25 * NS_PER_MS)
#define BOOT_NS		(25 * NS_PER_MS)
#define RESET_NS	(50 * NS_PER_US)
#define ENTRY_NS	(10 * NS_PER_MS)	/* each half of the film-only entry */
#define STEP_DOWN_NS	(3 * NS_PER_MS)		/* at 400 Hz, on the way down from 800 */
#define DRDY_PULSE_NS	(75 * NS_PER_US)
#define ONE_SHOT_NS	(1250 * NS_PER_US)	/* no figure published */
#define TS_LSB_NS	(10 * NS_PER_US)
#define UNSETTLED_SAMPLES 2
#define UNSETTLED_FILM_NS (10 * NS_PER_MS)
#define FILM_FAST_NS	312500u			/* 3200 Hz */
#define FILM_SLOW_NS	1250000u		/* 800 Hz */

/*
 * Sample ticks run one by one in a call.  128 words at the coarsest batching
 * of 64: enough that every older word is gone from a continuous FIFO.
 */
#define MAX_TICKS	(CHIP_FIFO_WORDS * 64u)
#define MAX_LOOK_AHEAD	63u

#define EXT_CLK_CFG	0x08
#define PIN_CTRL	0x0c
#define  PP_OD		0x02
#define  H_LACTIVE	0x08
#define WAKE_UP_DUR_EXT	0x0e
#define WHO_AM_I	0x0f
#define CTRL1		0x10
#define  DRDY_PULSED	0x08
#define  IF_ADD_INC	0x10
#define  SW_RESET	0x20
#define  INT_PIN_EN	0x40
#define CTRL2		0x11
#define  INT_DRDY	0x08
#define  INT_FIFO_OVR	0x10
#define  INT_FIFO_TH	0x20
#define  INT_FIFO_FULL	0x40
#define  INT_BOOT	0x80
#define CTRL3		0x12
#define  ST_SIGN_X	0x01
#define  ST_SIGN_Y	0x02
#define  HP_EN		0x04
#define CTRL4		0x13
#define  BOOT		0x01
#define  SOC		0x02
#define  FIFO_EN	0x08
#define  BDU		0x20
#define CTRL5		0x14
#define  ODR_800	0xb
#define  ODR_RESERVED_C	0xc
#define  ODR_RESERVED_D	0xd
#define  ODR_SOC	0xf
#define FIFO_CTRL	0x15
#define  FIFO_MODE	0x07
#define  MODE_BYPASS	0
#define  MODE_FIFO	1
#define  MODE_STREAM_TO_FIFO 3
#define  MODE_STREAM	6
#define  STOP_ON_FTH	0x08
#define  FIFO_EN_ADV	0x10
#define  FIFO_DEPTH	0x40
#define  CFG_CHG_EN	0x80
#define FIFO_WTM	0x16
#define  FTH		0x7f
#define  XL_ONLY_FIFO	0x80
#define INTERRUPT_CFG	0x17
#define  TIMESTAMP_EN	0x80
#define SIXD		0x18
#define WAKE_UP_THS	0x1c
#define WAKE_UP_DUR	0x1d
#define  ST_SIGN_Z	0x10
#define FREE_FALL	0x1e
#define MD1_CFG		0x1f
#define STATUS		0x25
#define FIFO_STATUS1	0x26
#define  FIFO_OVR_IA	0x40
#define  FIFO_WTM_IA	0x80
#define FIFO_STATUS2	0x27
#define OUT_X_L		0x28
#define OUT_Z_H		0x2d
#define OUT_AH_BIO_H	0x2f
#define AH_BIO_CFG1	0x30
#define AH_BIO_CFG2	0x31
#define  AH_BIO_EN	0x01
#define  AH_BIO_FRONT	0x7e		/* gain, zin, mode */
#define  AH_BIO_MODE	0x60
#define AH_BIO_CFG3	0x32
#define  AH_BIO_ACTIVE	0x01
#define I3C_IF_CTRL	0x33
#define EN_DEVICE_CONFIG 0x3e
#define FUNC_CFG_ACCESS	0x3f
#define  EMB_BANK	0x80
#define EMB_FIRST	0x02
#define EMB_LAST	0x3a
#define FIFO_TAG	0x40
#define FIFO_Z_H	0x46
#define FIFO_BATCH_DEC	0x47
#define  BDR_OFF	7
#define TAP_CFG0	0x6f
#define TIMESTAMP0	0x7a
#define TIMESTAMP2	0x7c
#define  TIMESTAMP_RESET 0xaa
#define TIMESTAMP3	0x7d

enum {
	TAG_ACCEL	= 0x02,
	TAG_ACCEL_2X	= 0x03,
	TAG_TIMESTAMP	= 0x04,
	TAG_FILM	= 0x1e,
	TAG_ACCEL_FILM	= 0x1f,
};

enum reg_kind { REG_RESERVED, REG_RW, REG_RO };

struct reg_info {
	u8 kind;
	u8 mask;	/* bits that exist in a writable register */
};

/* Section 2.2 */
static const struct reg_info regs[CHIP_REGS] = {
	[EXT_CLK_CFG]		= { REG_RW, 0x80 },
	[PIN_CTRL]		= { REG_RW, 0xcf },
	[WAKE_UP_DUR_EXT]	= { REG_RW, 0x10 },
	[WHO_AM_I]		= { REG_RO, 0 },
	[CTRL1]			= { REG_RW, 0xff },
	[CTRL2]			= { REG_RW, 0xf8 },
	[CTRL3]			= { REG_RW, 0x07 },
	[CTRL4]			= { REG_RW, 0xfb },
	[CTRL5]			= { REG_RW, 0xff },
	[FIFO_CTRL]		= { REG_RW, 0xdf },
	[FIFO_WTM]		= { REG_RW, 0xff },
	[INTERRUPT_CFG]		= { REG_RW, 0xaf },
	[SIXD]			= { REG_RW, 0xe0 },
	[WAKE_UP_THS]		= { REG_RW, 0x7f },
	[WAKE_UP_DUR]		= { REG_RW, 0xff },
	[FREE_FALL]		= { REG_RW, 0xff },
	[MD1_CFG]		= { REG_RW, 0xbf },
	[0x21 ... OUT_AH_BIO_H]	= { REG_RO, 0 },
	[AH_BIO_CFG1]		= { REG_RW, 0x18 },
	[AH_BIO_CFG2]		= { REG_RW, 0x7f },
	[AH_BIO_CFG3]		= { REG_RW, 0x31 },
	[I3C_IF_CTRL]		= { REG_RW, 0xa3 },
	[0x34 ... 0x36]		= { REG_RO, 0 },
	[EN_DEVICE_CONFIG]	= { REG_RW, 0x01 },
	[FUNC_CFG_ACCESS]	= { REG_RW, 0x81 },
	[FIFO_TAG ... FIFO_Z_H]	= { REG_RO, 0 },
	[FIFO_BATCH_DEC]	= { REG_RW, 0x1f },
	[TAP_CFG0 ... 0x75]	= { REG_RW, 0xff },
	[TIMESTAMP0 ... TIMESTAMP3] = { REG_RO, 0 },
};

/* Sample period by CTRL5.odr (2.4), ns; 0 = does not sample by itself. */
static const u32 accel_period[16] = {
	0, 625000000, 333333333, 40000000, 166666667, 80000000, 40000000, 20000000,
	10000000, 5000000, 2500000, 1250000, 0, 0, 0, 0,
};

/* Wait after leaving that ODR before the next start (2.4), ms. */
static const u16 down_ms[16] = {
	0, 625, 335, 40, 170, 80, 40, 25, 25, 25, 25, 25, 25, 25, 25, 25,
};

/* Bit b set: bw = b is defined at this ODR in low power; ULP knows 0 only (2.4). */
static const u8 low_power_bw[16] = {
	0xf, 0x1, 0x1, 0x1, 0x8, 0xc, 0xe, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0xf, 0x1, 0x1,
};

/* What such a register holds after a reset, if it is not 0: all that could do harm. */
static const u8 odd_reset[CHIP_REGS] = {
	[EXT_CLK_CFG]		= 0x80,
	[PIN_CTRL]		= PP_OD | H_LACTIVE,
	[CTRL2]			= INT_DRDY | INT_FIFO_FULL,
	[CTRL3]			= ST_SIGN_X | HP_EN,
	[FIFO_CTRL]		= STOP_ON_FTH | FIFO_EN_ADV | FIFO_DEPTH | CFG_CHG_EN,
	[FIFO_WTM]		= XL_ONLY_FIFO | 1,
	[INTERRUPT_CFG]		= 0x2f,
	[WAKE_UP_DUR]		= ST_SIGN_Z,
	[MD1_CFG]		= 0xbf,
	[AH_BIO_CFG1]		= 0x18,
	[AH_BIO_CFG2]		= AH_BIO_FRONT,
	[AH_BIO_CFG3]		= 0x20,
	[I3C_IF_CTRL]		= 0x83,
	[FIFO_BATCH_DEC]	= BDR_OFF,
};

/* Deflection of one self-test phase, ug: 4 x that is what 2.10's procedure computes. */
static const s32 self_test_ug[3] = { 75000, 80000, 150000 };
#define WEAK_PART	8

static const u32 accel_lsb_ug[4] = { 61, 122, 244, 488 };
static const u32 film_lsb_per_mv[4] = { 164, 328, 655, 1311 };

/* 64 by 32 bit division that needs no libgcc on a 32-bit kernel. */
static u64 div_rem(u64 n, u32 d, u32 *rem)
{
	u32 high = n >> 32, low = n, q = 0;
	u64 r = high % d;
	int i;

	for (i = 31; i >= 0; i--) {
		r = r << 1 | (low >> i & 1);
		if (r >= d) {
			r -= d;
			q |= 1u << i;
		}
	}
	if (rem)
		*rem = r;
	return (u64)(high / d) << 32 | q;
}

/* Round to nearest, saturate to @bits, left-justify. */
static s16 quantise(bool neg, u64 num, u32 den, u8 bits)
{
	s64 code = div_rem(num + den / 2, den, NULL), most = 1 << (bits - 1);

	if (neg)
		code = code > most ? -most : -code;
	else if (code >= most)
		code = most - 1;
	return (s16)(code * (1 << (16 - bits)));
}

s16 chip_quantise_accel(s32 ug, u8 fs, u8 bits)
{
	bool neg = ug < 0;

	return quantise(neg, neg ? -(s64)ug : ug, accel_lsb_ug[fs & 3] << (16 - bits), bits);
}

s16 chip_quantise_film(s32 nv, u8 gain, u8 bits)
{
	bool neg = nv < 0;
	u64 mag = neg ? -(s64)nv : nv;

	return quantise(neg, mag * film_lsb_per_mv[gain & 3], PPM << (16 - bits), bits);
}

const char *chip_violation_name(enum chip_violation v)
{
	static const char *const names[CHIP_V_COUNT] = {
		[CHIP_V_HP_EN_RUNNING]		= "hp_en_running",
		[CHIP_V_POWER_DOWN_FROM_800]	= "power_down_from_800",
		[CHIP_V_AH_BIO_EN_RUNNING]	= "ah_bio_en_running",
		[CHIP_V_AH_BIO_CFG_RUNNING]	= "ah_bio_cfg_running",
		[CHIP_V_VAFE_ONLY_SEQUENCE]	= "vafe_only_sequence",
		[CHIP_V_VAFE_ONLY_ODR]		= "vafe_only_odr",
		[CHIP_V_BANK]			= "bank",
		[CHIP_V_BUSY]			= "busy",
		[CHIP_V_RESERVED]		= "reserved",
		[CHIP_V_READ_ONLY]		= "read_only",
		[CHIP_V_ODR_TOO_SOON]		= "odr_too_soon",
		[CHIP_V_FIFO_CFG_RUNNING]	= "fifo_cfg_running",
	};

	return (unsigned int)v < CHIP_V_COUNT ? names[v] : "unknown";
}

static void violation(struct chip *c, enum chip_violation v)
{
	c->stats.violations[v]++;
}

/* ---- the oscillator ---------------------------------------------------- */

static u64 clock_at(const struct chip_clock *clk, u64 t, u32 *frac)
{
	u32 rest;
	u64 seconds = div_rem(t - clk->true_ns, NS_PER_SEC, &rest);

	return clk->chip_ns + seconds * (NS_PER_SEC / PPM) * clk->rate +
	       div_rem((u64)rest * clk->rate + clk->frac, PPM, frac);
}

/* First instant at which the oscillator shows @chip_ns or more. */
static u64 clock_when(const struct chip_clock *clk, u64 chip_ns)
{
	u32 rest, rem;
	u64 t = clk->true_ns + div_rem(chip_ns - clk->chip_ns, clk->rate, &rest) * PPM;
	u64 part = (u64)rest * PPM;

	if (part < clk->frac)
		return t - div_rem(clk->frac - part, clk->rate, NULL);
	part = div_rem(part - clk->frac, clk->rate, &rem);
	return t + part + !!rem;
}

static u32 timestamp(const struct chip *c, u64 chip_ns)
{
	if (!(c->reg[INTERRUPT_CFG] & TIMESTAMP_EN))
		return 0;
	return div_rem(chip_ns - c->ts_base, TS_LSB_NS, NULL) + c->opt.ts_start;
}

/* ---- FIFO --------------------------------------------------------------- */

static u32 fifo_limit(const struct chip *c)
{
	u32 fth = c->reg[FIFO_WTM] & FTH;

	return (c->reg[FIFO_CTRL] & STOP_ON_FTH) && fth ? fth : CHIP_FIFO_WORDS;
}

static bool fifo_full(const struct chip *c)
{
	return c->fifo.count >= fifo_limit(c);
}

static bool fifo_overrun(const struct chip *c)
{
	return fifo_full(c) || (c->opt.ovr_late && c->fifo.was_full);
}

static bool fifo_watermark(const struct chip *c)
{
	u32 fth = c->reg[FIFO_WTM] & FTH;

	return fth && c->fifo.count >= fth;
}

static u8 read_fifo_status(struct chip *c)
{
	u8 status = (fifo_overrun(c) ? FIFO_OVR_IA : 0) | (fifo_watermark(c) ? FIFO_WTM_IA : 0);

	c->fifo.was_full = fifo_full(c);
	return status;
}

static bool fifo_open(const struct chip *c)
{
	u8 mode = c->reg[FIFO_CTRL] & FIFO_MODE;

	return (c->reg[CTRL4] & FIFO_EN) &&
	       (mode == MODE_FIFO || mode == MODE_STREAM_TO_FIFO || mode == MODE_STREAM);
}

static bool fifo_filling(const struct chip *c)
{
	return c->ticking && fifo_open(c);
}

static bool fifo_overwrites(const struct chip *c)
{
	u8 mode = c->reg[FIFO_CTRL] & FIFO_MODE;

	return (mode == MODE_STREAM || mode == MODE_STREAM_TO_FIFO) &&
	       !(c->reg[FIFO_CTRL] & STOP_ON_FTH);
}

static void fifo_restart(struct chip *c)
{
	c->fifo.batch_phase = 0;
	c->fifo.ts_phase = 0;
	c->fifo.pair_held = false;
	c->fifo.cfg_changed = false;
}

static void fifo_clear(struct chip *c)
{
	c->fifo.count = 0;
	c->fifo.latched = false;
	c->fifo.was_full = false;
	fifo_restart(c);
}

static void fifo_drop_oldest(struct chip *c)
{
	struct chip_fifo *f = &c->fifo;

	/* The word under the reader's hand still reaches it, so it is not lost. */
	if (f->latched && !f->latch_gone) {
		f->latch_gone = true;
	} else {
		c->stats.words_lost++;
		if (f->word[f->tail].b[0] >> 3 != TAG_TIMESTAMP)
			c->stats.samples_lost++;
		c->stats.holes += f->in_burst;
	}
	f->tail = (f->tail + 1) % CHIP_FIFO_WORDS;
	f->count--;
}

static void fifo_store(struct chip *c, u8 tag, const u8 payload[6])
{
	struct chip_fifo *f = &c->fifo;
	struct chip_word *w;
	int i;

	if (fifo_full(c)) {
		if (!fifo_overwrites(c))
			return;
		fifo_drop_oldest(c);
	}
	w = &f->word[(f->tail + f->count) % CHIP_FIFO_WORDS];
	w->b[0] = tag << 3;
	for (i = 0; i < 6; i++)
		w->b[i + 1] = payload[i];
	f->count++;
	f->was_full |= fifo_full(c);
	c->stats.words_stored++;
}

static u32 ts_every(const struct chip *c)
{
	static const u8 every[4] = { 0, 1, 8, 32 };

	if (!(c->reg[INTERRUPT_CFG] & TIMESTAMP_EN))
		return 0;
	return every[c->reg[FIFO_BATCH_DEC] >> 3 & 3];
}

static bool tells_change(const struct chip *c)
{
	return c->fifo.cfg_changed && (c->reg[FIFO_CTRL] & CFG_CHG_EN);
}

static void fifo_store_timestamp(struct chip *c)
{
	u32 ts = timestamp(c, c->next_tick);
	u8 odr = c->reg[CTRL5] >> 4, bw = c->reg[CTRL5] >> 2 & 3, fs = c->reg[CTRL5] & 3;
	u8 p[6];

	p[0] = tells_change(c) << 7 | odr << 3 | bw << 1 | (c->reg[CTRL3] & HP_EN ? 1 : 0);
	p[1] = (c->reg[AH_BIO_CFG2] & AH_BIO_EN) << 7 | fs << 5 | (c->reg[FIFO_BATCH_DEC] & 0x1f);
	p[2] = ts;
	p[3] = ts >> 8;
	p[4] = ts >> 16;
	p[5] = ts >> 24;
	c->fifo.cfg_changed = false;
	fifo_store(c, TAG_TIMESTAMP, p);
}

static bool has_film(const struct chip *c)
{
	if (c->mode == CHIP_FILM)
		return true;
	return !c->opt.combined_needs_en || (c->reg[AH_BIO_CFG2] & AH_BIO_EN);
}

/* Word of one sample by mode (2.7); false: nothing to store yet. */
static bool sample_word(struct chip *c, const struct chip_input *in, const s16 v[4],
			u8 *tag, u8 p[6])
{
	u16 x, y, z, f;
	u8 fs = c->reg[CTRL5] & 3, gain = c->reg[AH_BIO_CFG2] >> 1 & 3;
	int i;

	for (i = 0; i < 6; i++)
		p[i] = 0;
	if (c->mode == CHIP_FILM) {
		*tag = TAG_FILM;
		p[0] = v[3];
		p[1] = (u16)v[3] >> 8;
	} else if (c->reg[FIFO_CTRL] & FIFO_DEPTH) {
		*tag = TAG_ACCEL_2X;
		if (!c->fifo.pair_held) {
			for (i = 0; i < 3; i++)
				c->fifo.pair[i] = (u16)v[i] >> 8;
			c->fifo.pair_held = true;
			return false;
		}
		for (i = 0; i < 3; i++) {
			p[i] = c->fifo.pair[i];
			p[i + 3] = (u16)v[i] >> 8;
		}
		c->fifo.pair_held = false;
	} else if (c->reg[FIFO_WTM] & XL_ONLY_FIFO) {
		*tag = TAG_ACCEL;
		for (i = 0; i < 3; i++) {
			p[2 * i] = v[i];
			p[2 * i + 1] = (u16)v[i] >> 8;
		}
	} else {
		*tag = has_film(c) ? TAG_ACCEL_FILM : TAG_ACCEL;
		x = (u16)chip_quantise_accel(in->accel_ug[0], fs, 12) >> 4;
		y = (u16)chip_quantise_accel(in->accel_ug[1], fs, 12) >> 4;
		z = (u16)chip_quantise_accel(in->accel_ug[2], fs, 12) >> 4;
		f = has_film(c) ? (u16)chip_quantise_film(in->film_nv, gain, 12) >> 4 : 0;
		p[0] = x;
		p[1] = (y & 0xf) << 4 | x >> 8;
		p[2] = y >> 4;
		p[3] = z;
		p[4] = (f & 0xf) << 4 | z >> 8;
		p[5] = f >> 4;
	}
	return true;
}

/* Film at 3200 Hz reaches the FIFO only with FIFO_EN_ADV (2.7). */
static bool fifo_takes(const struct chip *c)
{
	if (!fifo_open(c) || (c->reg[FIFO_BATCH_DEC] & 7) == BDR_OFF)
		return false;
	return !c->fast_film || (c->reg[FIFO_CTRL] & FIFO_EN_ADV);
}

static void batch(struct chip *c, const struct chip_input *in, const s16 v[4])
{
	u32 every = ts_every(c), dec = 1u << (c->reg[FIFO_BATCH_DEC] & 7);
	bool stamp;
	u8 tag, p[6];

	if (!fifo_takes(c) || c->fifo.batch_phase++ & (dec - 1))
		return;
	stamp = every && !(c->fifo.ts_phase & (every - 1));
	c->fifo.ts_phase++;
	if (tells_change(c))
		stamp = true;
	if (stamp && !c->opt.ts_after_sample)
		fifo_store_timestamp(c);
	if (sample_word(c, in, v, &tag, p))
		fifo_store(c, tag, p);
	if (stamp && c->opt.ts_after_sample)
		fifo_store_timestamp(c);
}

/* Multiples of @step, a power of two, in [@from, @from + @n). */
static u64 multiples(u32 from, u64 n, u32 step)
{
	u64 first = (step - (from & (step - 1))) & (step - 1);

	return n > first ? div_rem(n - first - 1, step, NULL) + 1 : 0;
}

/*
 * @n ticks pass unseen.  A continuous FIFO will have been overwritten whole by
 * the ticks that follow, so only the books are kept: what it held and what
 * these ticks would have put into it was stored and is lost.
 */
static void skip_ticks(struct chip *c, u64 n)
{
	u32 every = ts_every(c), dec = 1u << (c->reg[FIFO_BATCH_DEC] & 7);
	u64 batched, stamps;

	c->stats.samples += n;
	c->next_tick += n * c->period;
	if (!fifo_takes(c) || !fifo_overwrites(c))
		return;
	while (c->fifo.count)
		fifo_drop_oldest(c);
	batched = multiples(c->fifo.batch_phase, n, dec);
	stamps = every ? multiples(c->fifo.ts_phase, batched, every) : 0;
	c->fifo.batch_phase += n;
	c->fifo.ts_phase += batched;
	if (c->mode == CHIP_ACCEL && (c->reg[FIFO_CTRL] & FIFO_DEPTH))
		batched >>= 1;
	c->stats.words_stored += batched + stamps;
	c->stats.words_lost += batched + stamps;
	c->stats.samples_lost += batched;
}

static u8 fifo_read(struct chip *c, u8 addr)
{
	struct chip_fifo *f = &c->fifo;
	u8 value;

	if (!f->latched) {
		if (!f->count)
			return 0;
		f->latch = f->word[f->tail];
		f->latched = true;
		f->latch_gone = false;
		f->in_burst = true;
	}
	value = f->latch.b[addr - FIFO_TAG];
	if (addr == FIFO_Z_H) {
		if (!f->latch_gone) {
			f->tail = (f->tail + 1) % CHIP_FIFO_WORDS;
			f->count--;
		}
		f->latched = false;
		f->in_burst = true;
	}
	return value;
}

/* ---- sampling ------------------------------------------------------------ */

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
	v[3] = has_film(c) ? chip_quantise_film(in.film_nv, gain, bits) : c->out[3];
	for (i = 0; i < 4; i++)
		if (!c->out_held[i])
			c->out[i] = v[i];
	c->drdy = true;
	c->drdy_at = t;
	batch(c, &in, v);
}

static void stop_sampling(struct chip *c)
{
	c->mode = CHIP_OFF;
	c->ticking = false;
	c->one_shot = false;
}

static void start_ticking(struct chip *c, u32 period)
{
	c->period = period;
	c->ticking = period != 0;
	c->next_tick = c->clk.chip_ns + period;
	c->stats.samples = 0;
	c->stats.stream_start_ns = 0;
	fifo_restart(c);
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
		due = c->one_shot ? 1 : div_rem(chip_now - c->next_tick, c->period, NULL) + 1;
		/* A FIFO that stops when full keeps the first words, any other the last. */
		if (due > MAX_TICKS && !fifo_overwrites(c)) {
			run_ticks(c, MAX_TICKS);
			due -= MAX_TICKS;
		}
		if (due > MAX_TICKS) {
			skip_ticks(c, due - MAX_TICKS);
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
		 ((route & (INT_FIFO_OVR | INT_FIFO_FULL)) && fifo_overrun(c)) ||
		 ((route & INT_FIFO_TH) && fifo_watermark(c)) ||
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
	if (fifo_takes(c) && (route & INT_FIFO_TH) && (c->reg[FIFO_WTM] & FTH))
		ticks = ticks_before(c, c->reg[FIFO_WTM] & FTH, ticks);
	if (fifo_takes(c) && (route & (INT_FIFO_OVR | INT_FIFO_FULL)))
		ticks = ticks_before(c, fifo_limit(c), ticks);
	return earlier(next, clock_when(&c->clk, c->next_tick + (u64)ticks * c->period));
}

/* ---- registers ------------------------------------------------------------ */

static void reset_registers(struct chip *c)
{
	int i;

	for (i = 0; i < CHIP_REGS; i++)
		c->reg[i] = c->opt.odd_reset ? odd_reset[i] : 0;
	for (i = 0; i < CHIP_EMB_REGS; i++)
		c->emb[i] = 0;
	c->reg[CTRL1] = IF_ADD_INC;
	stop_sampling(c);
	for (i = 0; i < 4; i++) {
		c->out[i] = 0;
		c->out_held[i] = false;
	}
	c->drdy = false;
	c->drdy_at = 0;
	c->down_until = 0;
	c->left_800 = 0;
	c->entry = CHIP_ENTRY_NONE;
	c->ts_base = c->clk.chip_ns;
	c->ts_latch = 0;
	fifo_clear(c);
}

static void check_film_entry(struct chip *c, u64 t)
{
	if (c->reg[CTRL5] >> 4 != ODR_800)
		violation(c, CHIP_V_VAFE_ONLY_ODR);
	if (c->entry != CHIP_ENTRY_DONE || t < c->entry_since + ENTRY_NS)
		violation(c, CHIP_V_VAFE_ONLY_SEQUENCE);
}

/* An ODR not 0 was written over a different one; CTRL5 holds the new value. */
static void start_odr(struct chip *c, u8 old, u64 t)
{
	u8 odr = c->reg[CTRL5] >> 4;
	bool hp = c->reg[CTRL3] & HP_EN;

	if (!old) {
		if (t < c->down_until)
			violation(c, CHIP_V_ODR_TOO_SOON);
		c->mode = c->reg[AH_BIO_CFG2] & AH_BIO_EN ? CHIP_FILM : CHIP_ACCEL;
		if (c->mode == CHIP_FILM)
			check_film_entry(c, t);
	} else if (c->mode == CHIP_FILM) {
		violation(c, CHIP_V_VAFE_ONLY_ODR);
	} else if (old == ODR_800) {
		c->left_800 = t;
	}
	c->one_shot = false;
	c->fast_film = c->mode == CHIP_FILM && !hp;
	if (c->mode == CHIP_FILM) {
		/* No other code is defined: such a chip stays silent. */
		start_ticking(c, odr != ODR_800 ? 0 : hp ? FILM_SLOW_NS : FILM_FAST_NS);
		return;
	}
	if (odr == ODR_RESERVED_C || odr == ODR_RESERVED_D || (hp && odr <= 3))
		violation(c, CHIP_V_RESERVED);
	start_ticking(c, accel_period[odr]);
}

static void write_ctrl5(struct chip *c, u8 was, u64 t)
{
	u8 old = was >> 4, odr = c->reg[CTRL5] >> 4, bw = c->reg[CTRL5] >> 2 & 3;

	if (was != c->reg[CTRL5] && odr && c->mode != CHIP_FILM &&
	    !(c->reg[AH_BIO_CFG2] & AH_BIO_EN) && !(c->reg[CTRL3] & HP_EN) &&
	    !(low_power_bw[odr] >> bw & 1))
		violation(c, CHIP_V_RESERVED);
	if (old == odr) {
		c->fifo.cfg_changed |= was != c->reg[CTRL5];
		return;
	}
	if (odr) {
		start_odr(c, old, t);
	} else {
		if (c->mode == CHIP_ACCEL &&
		    (old == ODR_800 || (c->left_800 && t < c->left_800 + STEP_DOWN_NS)))
			violation(c, CHIP_V_POWER_DOWN_FROM_800);
		c->down_until = t + (u64)down_ms[old] * NS_PER_MS;
		c->left_800 = 0;
		stop_sampling(c);
	}
	c->fifo.cfg_changed = true;
}

static void write_ah_bio_cfg2(struct chip *c, u8 was)
{
	u8 changed = was ^ c->reg[AH_BIO_CFG2];

	if (changed && c->mode != CHIP_OFF) {
		if ((changed & AH_BIO_EN) && !c->opt.combined_needs_en)
			violation(c, CHIP_V_AH_BIO_EN_RUNNING);
		if (changed & AH_BIO_FRONT)
			violation(c, CHIP_V_AH_BIO_CFG_RUNNING);
	}
	if (changed & AH_BIO_EN) {
		c->entry = CHIP_ENTRY_NONE;
		c->fifo.cfg_changed = true;
	}
}

static void write_ah_bio_cfg3(struct chip *c, u8 was, u64 t)
{
	u8 active = c->reg[AH_BIO_CFG3] & AH_BIO_ACTIVE;

	if (active == (was & AH_BIO_ACTIVE))
		return;
	if (active)
		c->entry = (c->reg[AH_BIO_CFG2] & AH_BIO_EN) && c->mode == CHIP_OFF ?
			   CHIP_ENTRY_ACTIVE : CHIP_ENTRY_NONE;
	else
		c->entry = c->entry == CHIP_ENTRY_ACTIVE && t >= c->entry_since + ENTRY_NS ?
			   CHIP_ENTRY_DONE : CHIP_ENTRY_NONE;
	c->entry_since = t;
}

static void write_fifo_ctrl(struct chip *c, u8 was)
{
	u8 mode = c->reg[FIFO_CTRL] & FIFO_MODE, old = was & FIFO_MODE;

	if (mode == 2 || mode == 5)
		violation(c, CHIP_V_RESERVED);
	if (mode == MODE_BYPASS)
		fifo_clear(c);
	else if (old == MODE_BYPASS)
		fifo_restart(c);
	else if (mode != old && c->ticking && (c->reg[CTRL4] & FIFO_EN))
		violation(c, CHIP_V_FIFO_CFG_RUNNING);
}

static void write_ctrl4(struct chip *c, u64 t)
{
	if (c->reg[CTRL4] & BOOT) {
		c->reg[CTRL4] &= ~BOOT;
		c->boot_until = t + BOOT_NS;
	}
	if (!(c->reg[CTRL4] & SOC))
		return;
	if (c->mode == CHIP_ACCEL && c->reg[CTRL5] >> 4 == ODR_SOC) {
		if (!c->one_shot)
			start_ticking(c, ONE_SHOT_NS);
		c->one_shot = true;
	} else {
		c->reg[CTRL4] &= ~SOC;
	}
}

static void write_main(struct chip *c, u8 addr, u8 value, u64 t)
{
	const struct reg_info *info = &regs[addr];
	u8 was = c->reg[addr];
	bool filling = fifo_filling(c);

	if (addr == TIMESTAMP2 && value == TIMESTAMP_RESET) {
		c->ts_base = c->clk.chip_ns;
		return;
	}
	if (info->kind != REG_RW) {
		violation(c, info->kind == REG_RO ? CHIP_V_READ_ONLY : CHIP_V_RESERVED);
		return;
	}
	if (value & ~info->mask)
		violation(c, CHIP_V_RESERVED);
	value &= info->mask;
	c->reg[addr] = value;

	switch (addr) {
	case CTRL1:
		if (value & SW_RESET) {
			reset_registers(c);
			c->reset_until = t + RESET_NS;
		}
		break;
	case CTRL3:
		if ((value ^ was) & HP_EN) {
			/* Power-down is reached only when the wait of 2.4 is over. */
			if (c->mode != CHIP_OFF || t < c->down_until)
				violation(c, CHIP_V_HP_EN_RUNNING);
			c->fifo.cfg_changed = true;
		}
		break;
	case CTRL4:
		write_ctrl4(c, t);
		break;
	case CTRL5:
		write_ctrl5(c, was, t);
		break;
	case FIFO_CTRL:
		write_fifo_ctrl(c, was);
		break;
	case FIFO_WTM:
		if (filling && ((value ^ was) & XL_ONLY_FIFO))
			violation(c, CHIP_V_FIFO_CFG_RUNNING);
		break;
	case FIFO_BATCH_DEC:
		if (filling && value != was)
			violation(c, CHIP_V_FIFO_CFG_RUNNING);
		c->fifo.cfg_changed |= value != was;
		break;
	case INTERRUPT_CFG:
		if ((value & ~was) & TIMESTAMP_EN)
			c->ts_base = c->clk.chip_ns;
		break;
	case AH_BIO_CFG2:
		write_ah_bio_cfg2(c, was);
		break;
	case AH_BIO_CFG3:
		write_ah_bio_cfg3(c, was, t);
		break;
	}
}

static u8 read_output(struct chip *c, u8 addr)
{
	int ch = (addr - OUT_X_L) / 2;
	bool high = addr & 1;

	c->out_held[ch] = !high && (c->reg[CTRL4] & BDU);
	/* The film alone does not clear DRDY while the accelerometer runs (2.9). */
	if (high && (ch < 3 || c->mode == CHIP_FILM))
		c->drdy = false;
	return high ? (u16)c->out[ch] >> 8 : c->out[ch];
}

static u8 read_timestamp(struct chip *c, u8 addr)
{
	if (addr == TIMESTAMP0 && !c->opt.ts_latched_early)
		c->ts_latch = timestamp(c, c->clk.chip_ns);
	return c->ts_latch >> 8 * (addr - TIMESTAMP0);
}

static u8 read_main(struct chip *c, u8 addr, u64 t)
{
	switch (addr) {
	case WHO_AM_I:
		return c->opt.who_am_i;
	case CTRL1:
		return c->reg[CTRL1] | (t < c->reset_until ? SW_RESET : 0);
	case CTRL4:
		return c->reg[CTRL4] | (t < c->boot_until ? BOOT : 0);
	case STATUS:
		return c->drdy;
	case FIFO_STATUS1:
		return read_fifo_status(c);
	case FIFO_STATUS2:
		return c->fifo.count == CHIP_FIFO_WORDS && c->opt.full_reads_zero ?
		       0 : c->fifo.count;
	case OUT_X_L ... OUT_AH_BIO_H:
		return read_output(c, addr);
	case FIFO_TAG ... FIFO_Z_H:
		return fifo_read(c, addr);
	case TIMESTAMP0 ... TIMESTAMP3:
		return read_timestamp(c, addr);
	case EN_DEVICE_CONFIG:
		return 0;
	default:
		return c->reg[addr];
	}
}

/* ---- bus front end ---------------------------------------------------------- */

static bool in_embedded_bank(const struct chip *c, u8 addr)
{
	return (c->reg[FUNC_CFG_ACCESS] & EMB_BANK) && addr >= EMB_FIRST && addr <= EMB_LAST;
}

/* Booting or resetting: only the bit that says so may be read (2.3). */
static bool busy(const struct chip *c, bool read, u8 addr, u64 t)
{
	return (t < c->boot_until && !(read && addr == CTRL4)) ||
	       (t < c->reset_until && !(read && addr == CTRL1));
}

/* Burst order (2.1): the outputs and the FIFO port wrap, the rest counts up. */
static void next_address(struct chip *c)
{
	if (!(c->reg[CTRL1] & IF_ADD_INC))
		return;
	switch (c->pointer) {
	case OUT_Z_H:
	case OUT_AH_BIO_H:
		c->pointer = OUT_X_L;
		break;
	case FIFO_Z_H:
		c->pointer = FIFO_TAG;
		break;
	default:
		c->pointer = (c->pointer + 1) % CHIP_REGS;
	}
}

bool chip_i2c_start(struct chip *c, bool read, u64 now)
{
	chip_advance(c, now);
	if (c->asleep) {
		c->asleep = false;
		c->wake_until = now + WAKE_NS;
		c->wake_transfer = true;
	}
	if (c->wake_transfer)
		return c->opt.wake == CHIP_WAKE_GARBAGE;
	if (now < c->wake_until) {
		violation(c, CHIP_V_BUSY);
		return false;
	}
	c->pointer_due = !read;
	if (read && c->pointer == TIMESTAMP0 && c->opt.ts_latched_early)
		c->ts_latch = timestamp(c, c->clk.chip_ns);
	return true;
}

bool chip_i2c_write(struct chip *c, u8 byte, u64 now)
{
	struct chip_log_entry *e;
	bool emb;

	chip_advance(c, now);
	if (c->wake_transfer)
		return true;
	if (c->pointer_due) {
		/* Bit 7 is not part of the address. */
		c->pointer = byte % CHIP_REGS;
		c->pointer_due = false;
		return true;
	}
	c->stats.writes++;
	emb = in_embedded_bank(c, c->pointer);
	e = &c->log[c->log_total++ % CHIP_LOG_SIZE];
	e->t_ns = now;
	e->reg = c->pointer;
	e->value = byte;
	e->bank = emb;
	if (busy(c, false, c->pointer, now)) {
		violation(c, CHIP_V_BUSY);
	} else if (emb) {
		violation(c, CHIP_V_BANK);
		c->emb[c->pointer] = byte;
	} else {
		write_main(c, c->pointer, byte, now);
	}
	next_address(c);
	return true;
}

u8 chip_i2c_read(struct chip *c, u64 now)
{
	u8 value;

	chip_advance(c, now);
	if (c->wake_transfer)
		return 0x5a;	/* not a value any register of the family would show */
	c->stats.reads++;
	if (busy(c, true, c->pointer, now)) {
		violation(c, CHIP_V_BUSY);
		value = 0;
	} else if (in_embedded_bank(c, c->pointer)) {
		violation(c, CHIP_V_BANK);
		value = c->emb[c->pointer];
	} else {
		value = read_main(c, c->pointer, now);
	}
	next_address(c);
	return value;
}

void chip_i2c_stop(struct chip *c, u64 now)
{
	chip_advance(c, now);
	c->wake_transfer = false;
	c->pointer_due = false;
	c->fifo.in_burst = false;
}

/* ---- life --------------------------------------------------------------------- */

void chip_options_default(struct chip_options *opt)
{
	opt->who_am_i = 0x48;
	opt->wake = CHIP_WAKE_NACK;
	opt->combined_needs_en = false;
	opt->film_full_16bit = false;
	opt->full_reads_zero = true;
	opt->ovr_late = false;
	opt->ts_after_sample = false;
	opt->ts_latched_early = false;
	opt->unsettled = 0;
	opt->film_reversed = false;
	opt->weak_self_test = false;
	opt->odd_reset = false;
	opt->odr_error_ppm = 0;
	opt->ts_start = 0;
	opt->stuck_int = -1;
}

void chip_set_options(struct chip *c, const struct chip_options *opt, u64 now)
{
	s32 ppm = opt->odr_error_ppm;

	chip_advance(c, now);
	c->opt = *opt;
	if (ppm > MAX_ODR_ERROR)
		ppm = MAX_ODR_ERROR;
	if (ppm < -MAX_ODR_ERROR)
		ppm = -MAX_ODR_ERROR;
	c->opt.odr_error_ppm = ppm;
	c->clk.rate = PPM + ppm;
}

void chip_power_on(struct chip *c, const struct chip_options *opt, chip_input_fn input,
		   void *ctx, u64 now)
{
	int i;

	c->input = input;
	c->ctx = ctx;
	c->clk.true_ns = now;
	c->clk.chip_ns = 0;
	c->clk.frac = 0;
	chip_set_options(c, opt, now);
	c->asleep = true;
	c->wake_transfer = false;
	c->wake_until = 0;
	c->reset_until = 0;
	c->boot_until = 0;
	c->pointer = 0;
	c->pointer_due = false;
	c->fifo.tail = 0;
	reset_registers(c);
	c->stats.samples = 0;
	c->stats.stream_start_ns = 0;
	c->stats.words_stored = 0;
	c->stats.words_lost = 0;
	c->stats.samples_lost = 0;
	c->stats.holes = 0;
	c->fifo.in_burst = false;
	c->stats.reads = 0;
	c->stats.writes = 0;
	for (i = 0; i < CHIP_V_COUNT; i++)
		c->stats.violations[i] = 0;
	chip_log_clear(c);
}

const struct chip_stats *chip_stats(const struct chip *c)
{
	return &c->stats;
}

u32 chip_log(const struct chip *c, struct chip_log_entry *out, u32 max)
{
	u32 n = c->log_total < CHIP_LOG_SIZE ? c->log_total : CHIP_LOG_SIZE, i;

	if (n > max)
		n = max;
	for (i = 0; i < n; i++)
		out[i] = c->log[(c->log_total - n + i) % CHIP_LOG_SIZE];
	return n;
}

void chip_log_clear(struct chip *c)
{
	c->log_total = 0;
}
