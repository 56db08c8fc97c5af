// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: power, identity, set-up, and the register sequences of its modes.
 */

#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/regmap.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#include "compat.h"
#include "st1vafe3bx.h"

#define ST1VAFE3BX_RESET_US		50
#define ST1VAFE3BX_RESET_TIMEOUT_US	5000
#define ST1VAFE3BX_FILM_ENTRY_MS	10
#define ST1VAFE3BX_STEP_DOWN_MS		3
#define ST1VAFE3BX_OFF_MS_MAX		625

/**
 * st1vafe3bx_note_failure() - an access has just failed
 * @st:		the chip
 */
void st1vafe3bx_note_failure(struct st1vafe3bx_state *st)
{
	st->failed_ns = ktime_get_ns();
}

/**
 * st1vafe3bx_waking_ns() - how much longer may the chip be waking up?
 * @st:		the chip
 *
 * An access that failed may be what has woken it, and it must be left alone then.
 *
 * Return: ns, or nothing above 0 if it is awake.
 */
s64 st1vafe3bx_waking_ns(const struct st1vafe3bx_state *st)
{
	return st->failed_ns + ST1VAFE3BX_WAKE_MS * NSEC_PER_MSEC - ktime_get_ns();
}

/**
 * st1vafe3bx_let_wake() - wait until the chip is awake
 * @st:		the chip
 */
void st1vafe3bx_let_wake(const struct st1vafe3bx_state *st)
{
	s64 left = st1vafe3bx_waking_ns(st);

	if (left > 0)
		fsleep(DIV_ROUND_UP((u32)left, NSEC_PER_USEC));
}

/**
 * st1vafe3bx_wake() - wake the chip from deep power-down and see who it is
 * @st:		the chip
 *
 * Harmless if it is awake already.
 *
 * Return: 0; -ENODEV if nothing there makes sense; or the error of the transfer.
 */
static int st1vafe3bx_wake(struct st1vafe3bx_state *st)
{
	unsigned int val;
	int ret;

	/* Any access wakes the chip, and may fail or return anything in doing so. */
	regmap_read(st->regmap, ST1VAFE3BX_WHO_AM_I_REG, &val);
	fsleep(ST1VAFE3BX_WAKE_MS * USEC_PER_MSEC);

	ret = regmap_write(st->regmap, ST1VAFE3BX_FUNC_CFG_ACCESS_REG, 0);
	if (ret)
		return ret;

	ret = regmap_read(st->regmap, ST1VAFE3BX_WHO_AM_I_REG, &val);
	if (ret)
		return ret;

	if (val == 0x00 || val == 0xff)
		return -ENODEV;

	if (val != ST1VAFE3BX_WHO_AM_I)
		dev_warn_once(st->dev, "unexpected identity 0x%02x, going on\n", val);

	return 0;
}

/**
 * st1vafe3bx_reset() - bring every register that matters to a known value
 * @st:		a chip that is awake
 *
 * Return: 0; -ETIMEDOUT if the reset does not end; or the error of the transfer.
 */
static int st1vafe3bx_reset(struct st1vafe3bx_state *st)
{
	const struct reg_sequence base[] = {
		{ ST1VAFE3BX_EXT_CLK_CFG_REG, 0 },
		{ ST1VAFE3BX_PIN_CTRL_REG, st->pin_ctrl },
		{ ST1VAFE3BX_CTRL1_REG,
		  ST1VAFE3BX_CTRL1_IF_ADD_INC_MSK | ST1VAFE3BX_CTRL1_INT_PIN_EN_MSK },
		{ ST1VAFE3BX_CTRL2_REG, 0 },
		{ ST1VAFE3BX_CTRL4_REG, ST1VAFE3BX_CTRL4_BDU_MSK },
		{ ST1VAFE3BX_CTRL5_REG, 0 },
		{ ST1VAFE3BX_FIFO_CTRL_REG, 0 },
		{ ST1VAFE3BX_MD1_CFG_REG, 0 },
		{ ST1VAFE3BX_AH_BIO_CFG3_REG, 0 },
		{ ST1VAFE3BX_I3C_IF_CTRL_REG, ST1VAFE3BX_I3C_IF_CTRL_ASF_ON_MSK },
	};
	unsigned int val;
	int ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL1_REG, ST1VAFE3BX_CTRL1_SW_RESET_MSK);
	if (ret)
		return ret;

	fsleep(2 * ST1VAFE3BX_RESET_US);
	ret = regmap_read_poll_timeout(st->regmap, ST1VAFE3BX_CTRL1_REG, val,
				       !(val & ST1VAFE3BX_CTRL1_SW_RESET_MSK),
				       ST1VAFE3BX_RESET_US, ST1VAFE3BX_RESET_TIMEOUT_US);
	if (ret)
		return ret;

	st->on = false;
	st->reusable = false;

	return regmap_multi_reg_write(st->regmap, base, ARRAY_SIZE(base));
}

/* Off, by way of 400 Hz if it was the accelerometer at 800 Hz, and until it rests. */
static int st1vafe3bx_power_down(struct st1vafe3bx_state *st, bool step_down, unsigned int off_ms)
{
	int ret;

	if (step_down) {
		ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL5_REG,
				   FIELD_PREP(ST1VAFE3BX_CTRL5_ODR_MSK, ST1VAFE3BX_ODR_400));
		if (ret)
			return ret;

		fsleep(ST1VAFE3BX_STEP_DOWN_MS * USEC_PER_MSEC);
	}

	ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL5_REG, 0);
	if (ret)
		return ret;

	fsleep(off_ms * USEC_PER_MSEC);

	return 0;
}

static bool st1vafe3bx_is_low_power(enum st1vafe3bx_mode mode, const struct st1vafe3bx_rate *rate)
{
	/* of the film's two rates, the fast one is without the low-pass that HP_EN means there */
	if (mode == ST1VAFE3BX_MODE_FILM)
		return rate->film_only;

	return rate->ultra_low_power || (mode == ST1VAFE3BX_MODE_MOTION && rate->low_power);
}

static u8 st1vafe3bx_film_cfg(const struct st1vafe3bx_state *st, bool enable)
{
	return FIELD_PREP(ST1VAFE3BX_AH_BIO_CFG2_MODE_MSK, st->input_mode) |
	       FIELD_PREP(ST1VAFE3BX_AH_BIO_CFG2_ZIN_MSK, st->zin) |
	       FIELD_PREP(ST1VAFE3BX_AH_BIO_CFG2_GAIN_MSK, st->gain) |
	       FIELD_PREP(ST1VAFE3BX_AH_BIO_CFG2_EN_MSK, enable);
}

/* What CTRL5 holds while the chip samples @mode at @rate. */
u8 st1vafe3bx_ctrl5(const struct st1vafe3bx_state *st, enum st1vafe3bx_mode mode,
		    const struct st1vafe3bx_rate *rate)
{
	if (mode == ST1VAFE3BX_MODE_FILM)
		return FIELD_PREP(ST1VAFE3BX_CTRL5_ODR_MSK, rate->odr) |
		       FIELD_PREP(ST1VAFE3BX_CTRL5_BW_MSK, st->bw_film);

	return FIELD_PREP(ST1VAFE3BX_CTRL5_ODR_MSK, rate->odr) |
	       FIELD_PREP(ST1VAFE3BX_CTRL5_BW_MSK, st1vafe3bx_low_pass(st, rate)) |
	       FIELD_PREP(ST1VAFE3BX_CTRL5_FS_MSK, st->fs);
}

/* Film alone is entered by a spell of AH_BIO_ACTIVE in which HP_EN is set. */
static int st1vafe3bx_set_film(struct st1vafe3bx_state *st, enum st1vafe3bx_mode mode, u8 ctrl3)
{
	bool film_only = mode == ST1VAFE3BX_MODE_FILM;
	int ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_AH_BIO_CFG1_REG, 0);
	if (ret)
		return ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_AH_BIO_CFG2_REG,
			   st1vafe3bx_film_cfg(st, film_only));
	if (ret)
		return ret;

	if (!film_only)
		return regmap_write(st->regmap, ST1VAFE3BX_CTRL3_REG, ctrl3);

	ret = regmap_write(st->regmap, ST1VAFE3BX_AH_BIO_CFG3_REG,
			   ST1VAFE3BX_AH_BIO_CFG3_ACTIVE_MSK);
	if (ret)
		return ret;

	fsleep(ST1VAFE3BX_FILM_ENTRY_MS * USEC_PER_MSEC);

	ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL3_REG, ctrl3);
	if (ret)
		return ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_AH_BIO_CFG3_REG, 0);
	if (ret)
		return ret;

	fsleep(ST1VAFE3BX_FILM_ENTRY_MS * USEC_PER_MSEC);

	return 0;
}

static int st1vafe3bx_set_fifo(struct st1vafe3bx_state *st, enum st1vafe3bx_mode mode,
			       const struct st1vafe3bx_rate *rate)
{
	const struct reg_sequence fifo[] = {
		{ ST1VAFE3BX_FIFO_BATCH_DEC_REG,
		  FIELD_PREP(ST1VAFE3BX_FIFO_BATCH_DEC_TS_MSK, ST1VAFE3BX_FIFO_BATCH_DEC_TS_32) },
		{ ST1VAFE3BX_FIFO_WTM_REG,
		  FIELD_PREP(ST1VAFE3BX_FIFO_WTM_FTH_MSK,
			     st1vafe3bx_words(st1vafe3bx_watermark(st))) |
		  FIELD_PREP(ST1VAFE3BX_FIFO_WTM_XL_ONLY_MSK, mode == ST1VAFE3BX_MODE_MOTION) },
		{ ST1VAFE3BX_INTERRUPT_CFG_REG, ST1VAFE3BX_INTERRUPT_CFG_TIMESTAMP_EN_MSK },
		{ ST1VAFE3BX_TIMESTAMP2_REG, ST1VAFE3BX_TIMESTAMP2_RESET },
		{ ST1VAFE3BX_CTRL4_REG, ST1VAFE3BX_CTRL4_BDU_MSK | ST1VAFE3BX_CTRL4_FIFO_EN_MSK },
		{ ST1VAFE3BX_CTRL2_REG, ST1VAFE3BX_CTRL2_STREAM },
		{ ST1VAFE3BX_CTRL1_REG,
		  ST1VAFE3BX_CTRL1_IF_ADD_INC_MSK | ST1VAFE3BX_CTRL1_INT_PIN_EN_MSK },
		/* without EN_ADV the film's fast rate is not stored */
		{ ST1VAFE3BX_FIFO_CTRL_REG,
		  FIELD_PREP(ST1VAFE3BX_FIFO_CTRL_MODE_MSK, ST1VAFE3BX_FIFO_MODE_STREAM) |
		  FIELD_PREP(ST1VAFE3BX_FIFO_CTRL_EN_ADV_MSK, rate->film_only) },
	};

	return regmap_multi_reg_write(st->regmap, fifo, ARRAY_SIZE(fifo));
}

/* How long the chip takes to come to rest from a CTRL5 code, which may not be ours. */
static unsigned int st1vafe3bx_off_ms(unsigned int odr)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(st1vafe3bx_rates); i++)
		if (st1vafe3bx_rates[i].odr == odr)
			return st1vafe3bx_rates[i].off_ms;

	return ST1VAFE3BX_OFF_MS_MAX;
}

/* A chip that samples must come to rest by the rules before it can be reset. */
static int st1vafe3bx_quiesce(struct st1vafe3bx_state *st)
{
	unsigned int odr, film;
	bool film_only;
	int ret;

	ret = regmap_read(st->regmap, ST1VAFE3BX_CTRL5_REG, &odr);
	if (ret)
		return ret;

	odr = FIELD_GET(ST1VAFE3BX_CTRL5_ODR_MSK, odr);
	if (!odr)
		return 0;

	ret = regmap_read(st->regmap, ST1VAFE3BX_AH_BIO_CFG2_REG, &film);
	if (ret)
		return ret;

	film_only = !ST1VAFE3BX_COMBINED_AH_BIO_EN && (film & ST1VAFE3BX_AH_BIO_CFG2_EN_MSK);

	return st1vafe3bx_power_down(st, odr == ST1VAFE3BX_ODR_800 && !film_only,
				     st1vafe3bx_off_ms(odr));
}

/**
 * st1vafe3bx_revive() - from whatever state to a chip that is awake, reset and at rest
 * @st:		the chip
 *
 * Return: 0; -ENODEV if nothing there makes sense; or the error of a transfer.
 */
int st1vafe3bx_revive(struct st1vafe3bx_state *st)
{
	int ret;

	st1vafe3bx_let_wake(st);
	ret = st1vafe3bx_wake(st) ?: st1vafe3bx_quiesce(st) ?: st1vafe3bx_reset(st);
	if (ret)
		st1vafe3bx_note_failure(st);

	return ret;
}

static int st1vafe3bx_switch_off(struct st1vafe3bx_state *st)
{
	bool step_down;
	int ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL2_REG, 0);
	if (ret)
		return ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_FIFO_CTRL_REG, 0);
	if (ret)
		return ret;

	step_down = st->on_mode != ST1VAFE3BX_MODE_FILM &&
		    st->on_rate->odr == ST1VAFE3BX_ODR_800;
	ret = st1vafe3bx_power_down(st, step_down, st->on_rate->off_ms);
	if (ret)
		return ret;

	st->on = false;

	ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL4_REG, ST1VAFE3BX_CTRL4_BDU_MSK);
	if (ret)
		return ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL3_REG, 0);
	if (ret)
		return ret;

	return regmap_write(st->regmap, ST1VAFE3BX_AH_BIO_CFG2_REG, st1vafe3bx_film_cfg(st, false));
}

/**
 * st1vafe3bx_stop() - bring the chip to rest if it samples
 * @st:		the chip
 *
 * Return: 0, or the error of a transfer.
 */
int st1vafe3bx_stop(struct st1vafe3bx_state *st)
{
	int ret;

	/* whoever stops it, or starts it, touches it next */
	st1vafe3bx_let_wake(st);

	if (!st->on)
		return 0;

	st->reusable = false;
	ret = st1vafe3bx_switch_off(st);
	if (ret)
		st1vafe3bx_note_failure(st);

	return ret;
}

/**
 * st1vafe3bx_start() - let the chip sample
 * @st:		a chip that is awake; if it samples already, it is stopped first
 * @mode:	what to sample
 * @rate:	how fast; must fit the mode
 * @fifo:	into the FIFO, with its interrupt
 *
 * Return: 0, or the error of a transfer, after which the chip may be on.
 */
int st1vafe3bx_start(struct st1vafe3bx_state *st, enum st1vafe3bx_mode mode,
		     const struct st1vafe3bx_rate *rate, bool fifo)
{
	bool low_power = st1vafe3bx_is_low_power(mode, rate);
	int ret;

	ret = st1vafe3bx_stop(st);
	if (ret)
		return ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL5_REG, 0);
	if (ret)
		return ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_FIFO_CTRL_REG,
			   FIELD_PREP(ST1VAFE3BX_FIFO_CTRL_MODE_MSK, ST1VAFE3BX_FIFO_MODE_BYPASS));
	if (ret)
		return ret;

	ret = st1vafe3bx_set_film(st, mode, low_power ? 0 : ST1VAFE3BX_CTRL3_HP_EN_MSK);
	if (ret)
		return ret;

	if (fifo) {
		ret = st1vafe3bx_set_fifo(st, mode, rate);
		if (ret)
			return ret;
	}

	/* before the write: it may take effect though it seems to fail */
	st->on = true;
	st->on_mode = mode;
	st->on_rate = rate;

	ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL5_REG, st1vafe3bx_ctrl5(st, mode, rate));
	if (ret)
		return ret;

	/* if the film needs it, then only once the accelerometer runs */
	if (ST1VAFE3BX_COMBINED_AH_BIO_EN && mode == ST1VAFE3BX_MODE_MOTION_FILM)
		return regmap_write(st->regmap, ST1VAFE3BX_AH_BIO_CFG2_REG,
				    st1vafe3bx_film_cfg(st, true));

	return 0;
}
