// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: the accelerometer's self-test, by the procedure of its siblings.
 *
 * The chip pulls its proof mass one way, then the other; twice what that makes the
 * output differ by is what the limits are given for.
 */

#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/math.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pm_runtime.h>
#include <linux/regmap.h>
#include <linux/seq_file.h>
#include <linux/time64.h>
#include <linux/types.h>

#include <linux/iio/iio.h>

#include "compat.h"
#include "st1vafe3bx.h"

#define ST1VAFE3BX_SELFTEST_RATE	ST1VAFE3BX_RATE_200
#define ST1VAFE3BX_SELFTEST_PERIOD_US	5000
#define ST1VAFE3BX_SELFTEST_FS		2	/* +-8 g */
#define ST1VAFE3BX_SELFTEST_LSB_UG	244
#define ST1VAFE3BX_SELFTEST_SETTLE_MS	50
#define ST1VAFE3BX_SELFTEST_SAMPLES	5
#define ST1VAFE3BX_SELFTEST_TIMEOUT_MS	100
#define ST1VAFE3BX_SELFTEST_FACTOR	2

#define ST1VAFE3BX_AXES			3

static const struct {
	char name;
	unsigned int min_mg;
	unsigned int max_mg;
} st1vafe3bx_axes[ST1VAFE3BX_AXES] = {
	{ 'x', ST1VAFE3BX_SELFTEST_XY_MIN_MG, ST1VAFE3BX_SELFTEST_XY_MAX_MG },
	{ 'y', ST1VAFE3BX_SELFTEST_XY_MIN_MG, ST1VAFE3BX_SELFTEST_XY_MAX_MG },
	{ 'z', ST1VAFE3BX_SELFTEST_Z_MIN_MG, ST1VAFE3BX_SELFTEST_Z_MAX_MG },
};

static int st1vafe3bx_selftest_sum(struct st1vafe3bx_state *st, s32 *sum)
{
	struct st1vafe3bx_word word;
	unsigned int words, axis, i;
	int ret;

	ret = regmap_write(st->regmap, ST1VAFE3BX_FIFO_CTRL_REG,
			   FIELD_PREP(ST1VAFE3BX_FIFO_CTRL_MODE_MSK, ST1VAFE3BX_FIFO_MODE_FILL));
	if (ret)
		return ret;

	ret = regmap_read_poll_timeout(st->regmap, ST1VAFE3BX_FIFO_STATUS2_REG, words,
				       words >= ST1VAFE3BX_SELFTEST_SAMPLES,
				       ST1VAFE3BX_SELFTEST_PERIOD_US,
				       ST1VAFE3BX_SELFTEST_TIMEOUT_MS * USEC_PER_MSEC);
	if (ret)
		return ret;

	for (i = 0; i < ST1VAFE3BX_SELFTEST_SAMPLES; i++) {
		ret = regmap_noinc_read(st->regmap, ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG, st->words,
					ST1VAFE3BX_WORD_SIZE);
		if (ret)
			return ret;

		st1vafe3bx_word_decode(st->words, &word);
		if (word.kind != ST1VAFE3BX_WORD_ACCEL)
			return -EIO;

		for (axis = 0; axis < ST1VAFE3BX_AXES; axis++)
			sum[axis] += word.accel[axis];
	}

	return 0;
}

/* Add up what the axes show while the chip pulls as @phase says. */
static int st1vafe3bx_selftest_phase(struct st1vafe3bx_state *st,
				     const struct st1vafe3bx_rate *rate, unsigned int phase,
				     s32 *sum)
{
	const struct reg_sequence setup[] = {
		{ ST1VAFE3BX_FIFO_BATCH_DEC_REG, 0 },
		{ ST1VAFE3BX_FIFO_WTM_REG, ST1VAFE3BX_FIFO_WTM_XL_ONLY_MSK },
		{ ST1VAFE3BX_CTRL4_REG, ST1VAFE3BX_CTRL4_BDU_MSK | ST1VAFE3BX_CTRL4_FIFO_EN_MSK },
		{ ST1VAFE3BX_FIFO_CTRL_REG,
		  FIELD_PREP(ST1VAFE3BX_FIFO_CTRL_MODE_MSK, ST1VAFE3BX_FIFO_MODE_BYPASS) },
		{ ST1VAFE3BX_CTRL3_REG,
		  ST1VAFE3BX_CTRL3_ST_SIGN_X_MSK | ST1VAFE3BX_CTRL3_ST_SIGN_Y_MSK },
		{ ST1VAFE3BX_WAKE_UP_DUR_REG, 0 },
		{ ST1VAFE3BX_AH_BIO_CFG3_REG, FIELD_PREP(ST1VAFE3BX_AH_BIO_CFG3_ST_MSK, phase) },
	};
	int ret;

	ret = st1vafe3bx_stop(st);
	if (ret)
		return ret;

	ret = regmap_multi_reg_write(st->regmap, setup, ARRAY_SIZE(setup));
	if (ret)
		return ret;

	st->on = true;
	st->on_mode = ST1VAFE3BX_MODE_MOTION;
	st->on_rate = rate;

	ret = regmap_write(st->regmap, ST1VAFE3BX_CTRL5_REG,
			   FIELD_PREP(ST1VAFE3BX_CTRL5_ODR_MSK, rate->odr) |
			   FIELD_PREP(ST1VAFE3BX_CTRL5_FS_MSK, ST1VAFE3BX_SELFTEST_FS));
	if (ret)
		return ret;

	fsleep(ST1VAFE3BX_SELFTEST_SETTLE_MS * USEC_PER_MSEC);

	return st1vafe3bx_selftest_sum(st, sum);
}

/*
 * Deflection of each axis in mg.  Afterwards the chip is at rest, and nothing is left
 * of the test: what it writes besides is written at each start of a mode.
 */
static int st1vafe3bx_selftest(struct st1vafe3bx_state *st, unsigned int *mg)
{
	const struct st1vafe3bx_rate *rate = &st1vafe3bx_rates[ST1VAFE3BX_SELFTEST_RATE];
	s32 first[ST1VAFE3BX_AXES] = { }, second[ST1VAFE3BX_AXES] = { };
	unsigned int i;
	int ret;

	guard(mutex)(&st->lock);

	ret = st1vafe3bx_selftest_phase(st, rate, 2, first);
	if (!ret)
		ret = st1vafe3bx_selftest_phase(st, rate, 1, second);
	if (!ret)
		ret = st1vafe3bx_stop(st);
	if (!ret)
		ret = regmap_write(st->regmap, ST1VAFE3BX_AH_BIO_CFG3_REG, 0);
	if (ret) {
		st1vafe3bx_note_failure(st);
		if (st1vafe3bx_revive(st))
			dev_dbg(st->dev, "cannot reset after a failed self-test\n");
		return ret;
	}

	for (i = 0; i < ST1VAFE3BX_AXES; i++)
		mg[i] = DIV_ROUND_CLOSEST(ST1VAFE3BX_SELFTEST_FACTOR * ST1VAFE3BX_SELFTEST_LSB_UG *
					  abs(second[i] - first[i]),
					  ST1VAFE3BX_SELFTEST_SAMPLES * 1000);

	return 0;
}

static int st1vafe3bx_selftest_show(struct seq_file *s, void *unused)
{
	struct iio_dev *indio_dev = s->private;
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	unsigned int mg[ST1VAFE3BX_AXES], i;
	bool passed;
	int ret;

	if (!iio_device_claim_direct(indio_dev))
		return -EBUSY;

	ret = pm_runtime_resume_and_get(st->dev);
	if (!ret) {
		ret = st1vafe3bx_selftest(st, mg);
		pm_runtime_mark_last_busy(st->dev);
		pm_runtime_put_autosuspend(st->dev);
	}
	iio_device_release_direct(indio_dev);
	if (ret)
		return ret;

	for (i = 0; i < ST1VAFE3BX_AXES; i++) {
		passed = mg[i] >= st1vafe3bx_axes[i].min_mg && mg[i] <= st1vafe3bx_axes[i].max_mg;
		seq_printf(s, "%c %u mg %s\n", st1vafe3bx_axes[i].name, mg[i],
			   passed ? "pass" : "fail");
	}

	return 0;
}

static int st1vafe3bx_selftest_open(struct inode *inode, struct file *file)
{
	return single_open(file, st1vafe3bx_selftest_show, inode->i_private);
}

const struct file_operations st1vafe3bx_selftest_fops = {
	.owner = THIS_MODULE,
	.open = st1vafe3bx_selftest_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};
