// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: single samples from a chip that does not stream.
 *
 * The chip is left on between them, until runtime PM finds it unused.
 */

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/pm_runtime.h>
#include <linux/regmap.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "compat.h"
#include "st1vafe3bx.h"

struct st1vafe3bx_output {
	unsigned int reg;
	unsigned int len;
	unsigned int settle_us;
};

/* Switch the chip on, and read away what is not settled. */
static int st1vafe3bx_switch_on(struct st1vafe3bx_state *st, enum st1vafe3bx_mode mode,
				const struct st1vafe3bx_rate *rate,
				const struct st1vafe3bx_output *out)
{
	int ret;

	ret = st1vafe3bx_start(st, mode, rate, false);
	if (ret)
		return ret;

	fsleep(out->settle_us);
	ret = regmap_bulk_read(st->regmap, out->reg, st->buf, out->len);
	if (ret)
		return ret;

	st->reusable = true;

	return 0;
}

/* Is it still on?  It may have lost power since, and then forgotten all. */
static int st1vafe3bx_check_on(struct st1vafe3bx_state *st, const struct st1vafe3bx_rate *rate)
{
	unsigned int ctrl5;
	int ret;

	ret = regmap_read(st->regmap, ST1VAFE3BX_CTRL5_REG, &ctrl5);
	if (ret)
		return ret;

	return ctrl5 == st1vafe3bx_ctrl5(st, st->on_mode, rate) ? 0 : -ENODATA;
}

static int st1vafe3bx_read_out(struct st1vafe3bx_state *st, enum st1vafe3bx_mode mode,
			       unsigned int scan_index, int *val)
{
	const struct st1vafe3bx_rate *rate = st1vafe3bx_direct_rate(st, mode);
	unsigned int period_us = rate->period_ns / NSEC_PER_USEC;
	const struct st1vafe3bx_output accel = {
		.reg = ST1VAFE3BX_OUT_X_L_REG,
		.len = 3 * sizeof(s16),
		.settle_us = ST1VAFE3BX_SETTLE_ACCEL_SAMPLES * period_us,
	};
	static const struct st1vafe3bx_output film = {
		.reg = ST1VAFE3BX_OUT_AH_BIO_L_REG,
		.len = sizeof(s16),
		.settle_us = ST1VAFE3BX_SETTLE_FILM_MS * USEC_PER_MSEC,
	};
	const struct st1vafe3bx_output *out = mode == ST1VAFE3BX_MODE_FILM ? &film : &accel;
	unsigned int offset = mode == ST1VAFE3BX_MODE_FILM ? 0 : scan_index * sizeof(s16);
	unsigned int status;
	int ret;

	if (st->reusable && st->on_mode == mode)
		ret = st1vafe3bx_check_on(st, rate);
	else
		ret = st1vafe3bx_switch_on(st, mode, rate, out);
	if (ret)
		return ret;

	ret = regmap_read_poll_timeout(st->regmap, ST1VAFE3BX_STATUS_REG, status,
				       status & ST1VAFE3BX_STATUS_DRDY_MSK,
				       period_us / 2, 4 * period_us);
	if (ret)
		return ret;

	ret = regmap_bulk_read(st->regmap, out->reg, st->buf, out->len);
	if (ret)
		return ret;

	*val = (s16)get_unaligned_le16(st->buf + offset);
	if (mode == ST1VAFE3BX_MODE_FILM)
		*val = st1vafe3bx_film(*val);

	return 0;
}

/* Should it fail, then once more from the start: the chip may have lost power. */
static int st1vafe3bx_read_or_revive(struct st1vafe3bx_state *st, enum st1vafe3bx_mode mode,
				     unsigned int scan_index, int *val)
{
	int ret;

	guard(mutex)(&st->lock);

	ret = st1vafe3bx_read_out(st, mode, scan_index, val);
	if (!ret)
		return 0;

	st->reusable = false;
	st1vafe3bx_note_failure(st);
	ret = st1vafe3bx_revive(st);
	if (ret)
		return ret;

	ret = st1vafe3bx_read_out(st, mode, scan_index, val);
	if (ret) {
		st->reusable = false;
		st1vafe3bx_note_failure(st);
	}

	return ret;
}

/**
 * st1vafe3bx_read_once() - one sample of one channel, from a chip that does not stream
 * @st:		the chip, not locked
 * @scan_index:	the channel
 * @val:	where to put it
 *
 * The first one switches the chip on; those that follow while it is on are quick.
 *
 * Return: 0; -ETIMEDOUT if no sample comes; or the error of a transfer.
 */
int st1vafe3bx_read_once(struct st1vafe3bx_state *st, unsigned int scan_index, int *val)
{
	enum st1vafe3bx_mode mode = scan_index == ST1VAFE3BX_SCAN_FILM ? ST1VAFE3BX_MODE_FILM :
									 ST1VAFE3BX_MODE_MOTION;
	int ret;

	/* not under the lock, which suspending takes */
	ret = pm_runtime_resume_and_get(st->dev);
	if (ret)
		return ret;

	ret = st1vafe3bx_read_or_revive(st, mode, scan_index, val);

	pm_runtime_mark_last_busy(st->dev);
	pm_runtime_put_autosuspend(st->dev);

	return ret;
}
