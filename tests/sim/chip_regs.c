// SPDX-License-Identifier: GPL-2.0-only
/*
 * The chip's registers: which there are, what writing and reading them does, and what a real
 * chip would punish.
 */
#include "chip_model_inside.h"

#define BOOT_NS		(25 * NS_PER_MS)
#define RESET_NS	(50 * NS_PER_US)
#define ENTRY_NS	(10 * NS_PER_MS)	/* each half of the film-only entry */
#define STEP_DOWN_NS	(3 * NS_PER_MS)		/* at 400 Hz, on the way down from 800 */
#define ONE_SHOT_NS	(1250 * NS_PER_US)	/* no figure published */
#define FILM_FAST_NS	312500u			/* 3200 Hz */
#define FILM_SLOW_NS	1250000u		/* 800 Hz */

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

void chip_reset_registers(struct chip *c)
{
	int i;

	for (i = 0; i < CHIP_REGS; i++)
		c->reg[i] = c->opt.odd_reset ? odd_reset[i] : 0;
	for (i = 0; i < CHIP_EMB_REGS; i++)
		c->emb[i] = 0;
	c->reg[CTRL1] = IF_ADD_INC;
	chip_stop_sampling(c);
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
	chip_fifo_clear(c);
}

static void check_film_entry(struct chip *c, u64 t)
{
	if (c->reg[CTRL5] >> 4 != ODR_800)
		chip_violate(c, CHIP_V_VAFE_ONLY_ODR);
	if (c->entry != CHIP_ENTRY_DONE || t < c->entry_since + ENTRY_NS)
		chip_violate(c, CHIP_V_VAFE_ONLY_SEQUENCE);
}

/* An ODR not 0 was written over a different one; CTRL5 holds the new value. */
static void start_odr(struct chip *c, u8 old, u64 t)
{
	u8 odr = c->reg[CTRL5] >> 4;
	bool hp = c->reg[CTRL3] & HP_EN;

	if (!old) {
		if (t < c->down_until)
			chip_violate(c, CHIP_V_ODR_TOO_SOON);
		c->mode = c->reg[AH_BIO_CFG2] & AH_BIO_EN ? CHIP_FILM : CHIP_ACCEL;
		if (c->mode == CHIP_FILM)
			check_film_entry(c, t);
	} else if (c->mode == CHIP_FILM) {
		chip_violate(c, CHIP_V_VAFE_ONLY_ODR);
	} else if (old == ODR_800) {
		c->left_800 = t;
	}
	c->one_shot = false;
	c->fast_film = c->mode == CHIP_FILM && !hp;
	if (c->mode == CHIP_FILM) {
		/* No other code is defined: such a chip stays silent. */
		chip_start_ticking(c, odr != ODR_800 ? 0 : hp ? FILM_SLOW_NS : FILM_FAST_NS);
		return;
	}
	if (odr == ODR_RESERVED_C || odr == ODR_RESERVED_D || (hp && odr <= 3))
		chip_violate(c, CHIP_V_RESERVED);
	chip_start_ticking(c, accel_period[odr]);
}

static void write_ctrl5(struct chip *c, u8 was, u64 t)
{
	u8 old = was >> 4, odr = c->reg[CTRL5] >> 4, bw = c->reg[CTRL5] >> 2 & 3;

	if (was != c->reg[CTRL5] && odr && c->mode != CHIP_FILM &&
	    !(c->reg[AH_BIO_CFG2] & AH_BIO_EN) && !(c->reg[CTRL3] & HP_EN) &&
	    !(low_power_bw[odr] >> bw & 1))
		chip_violate(c, CHIP_V_RESERVED);
	if (old == odr) {
		c->fifo.cfg_changed |= was != c->reg[CTRL5];
		return;
	}
	if (odr) {
		start_odr(c, old, t);
	} else {
		if (c->mode == CHIP_ACCEL &&
		    (old == ODR_800 || (c->left_800 && t < c->left_800 + STEP_DOWN_NS)))
			chip_violate(c, CHIP_V_POWER_DOWN_FROM_800);
		c->down_until = t + (u64)down_ms[old] * NS_PER_MS;
		c->left_800 = 0;
		chip_stop_sampling(c);
	}
	c->fifo.cfg_changed = true;
}

static void write_ah_bio_cfg2(struct chip *c, u8 was)
{
	u8 changed = was ^ c->reg[AH_BIO_CFG2];

	if (changed && c->mode != CHIP_OFF) {
		if ((changed & AH_BIO_EN) && !c->opt.combined_needs_en)
			chip_violate(c, CHIP_V_AH_BIO_EN_RUNNING);
		if (changed & AH_BIO_FRONT)
			chip_violate(c, CHIP_V_AH_BIO_CFG_RUNNING);
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
		chip_violate(c, CHIP_V_RESERVED);
	if (mode == MODE_BYPASS)
		chip_fifo_clear(c);
	else if (old == MODE_BYPASS)
		chip_fifo_restart(c);
	else if (mode != old && c->ticking && (c->reg[CTRL4] & FIFO_EN))
		chip_violate(c, CHIP_V_FIFO_CFG_RUNNING);
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
			chip_start_ticking(c, ONE_SHOT_NS);
		c->one_shot = true;
	} else {
		c->reg[CTRL4] &= ~SOC;
	}
}

void chip_write_reg(struct chip *c, u8 addr, u8 value, u64 t)
{
	const struct reg_info *info = &regs[addr];
	u8 was = c->reg[addr];
	bool filling = chip_fifo_filling(c);

	if (addr == TIMESTAMP2 && value == TIMESTAMP_RESET) {
		c->ts_base = c->clk.chip_ns;
		return;
	}
	if (info->kind != REG_RW) {
		chip_violate(c, info->kind == REG_RO ? CHIP_V_READ_ONLY : CHIP_V_RESERVED);
		return;
	}
	if (value & ~info->mask)
		chip_violate(c, CHIP_V_RESERVED);
	value &= info->mask;
	c->reg[addr] = value;

	switch (addr) {
	case CTRL1:
		if (value & SW_RESET) {
			chip_reset_registers(c);
			c->reset_until = t + RESET_NS;
		}
		break;
	case CTRL3:
		if ((value ^ was) & HP_EN) {
			/* Power-down is reached only when the wait of 2.4 is over. */
			if (c->mode != CHIP_OFF || t < c->down_until)
				chip_violate(c, CHIP_V_HP_EN_RUNNING);
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
			chip_violate(c, CHIP_V_FIFO_CFG_RUNNING);
		break;
	case FIFO_BATCH_DEC:
		if (filling && value != was)
			chip_violate(c, CHIP_V_FIFO_CFG_RUNNING);
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
		c->ts_latch = chip_timestamp(c, c->clk.chip_ns);
	return c->ts_latch >> 8 * (addr - TIMESTAMP0);
}

u8 chip_read_reg(struct chip *c, u8 addr, u64 t)
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
		return chip_fifo_status(c);
	case FIFO_STATUS2:
		return c->fifo.count == CHIP_FIFO_WORDS && c->opt.full_reads_zero ?
		       0 : c->fifo.count;
	case OUT_X_L ... OUT_AH_BIO_H:
		return read_output(c, addr);
	case FIFO_TAG ... FIFO_Z_H:
		return chip_fifo_read(c, addr);
	case TIMESTAMP0 ... TIMESTAMP3:
		return read_timestamp(c, addr);
	case EN_DEVICE_CONFIG:
		return 0;
	default:
		return c->reg[addr];
	}
}
