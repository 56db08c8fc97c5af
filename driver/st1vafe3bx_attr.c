// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: its channels and their attributes.
 */

#include <linux/bits.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mutex.h>
#include <linux/regmap.h>

#include <linux/iio/iio.h>

#include "compat.h"
#include "st1vafe3bx.h"

/* m/s^2 and mV for one LSB of 16 bit, by range and by gain: integer, nano */
static const int st1vafe3bx_accel_scale[][2] = {
	{ 0, 598206 }, { 0, 1196411 }, { 0, 2392823 }, { 0, 4785645 },
};

static const int st1vafe3bx_film_scale[][2] = {
	{ 0, 6097561 }, { 0, 3048780 }, { 0, 1526718 }, { 0, 762777 },
};

static const struct iio_mount_matrix *
st1vafe3bx_get_mount_matrix(const struct iio_dev *indio_dev, const struct iio_chan_spec *chan)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);

	return &st->mount;
}

static const struct iio_chan_spec_ext_info st1vafe3bx_ext_info[] = {
	IIO_MOUNT_MATRIX(IIO_SHARED_BY_TYPE, st1vafe3bx_get_mount_matrix),
	{ }
};

#define ST1VAFE3BX_ACCEL_CHAN(_axis) {						\
	.type = IIO_ACCEL,							\
	.modified = 1,								\
	.channel2 = IIO_MOD_##_axis,						\
	.info_mask_separate = BIT(IIO_CHAN_INFO_RAW),				\
	.info_mask_shared_by_type = BIT(IIO_CHAN_INFO_SCALE) |			\
				    BIT(IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY), \
	.info_mask_shared_by_type_available =					\
		BIT(IIO_CHAN_INFO_SCALE) |					\
		BIT(IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY),		\
	.info_mask_shared_by_all = BIT(IIO_CHAN_INFO_SAMP_FREQ),		\
	.info_mask_shared_by_all_available = BIT(IIO_CHAN_INFO_SAMP_FREQ),	\
	.ext_info = st1vafe3bx_ext_info,					\
	.scan_index = ST1VAFE3BX_SCAN_ACCEL_##_axis,				\
	.scan_type = {								\
		.sign = 's',							\
		.realbits = 16,							\
		.storagebits = 16,						\
		.endianness = IIO_LE,						\
	},									\
}

static const struct iio_chan_spec st1vafe3bx_channels[] = {
	ST1VAFE3BX_ACCEL_CHAN(X),
	ST1VAFE3BX_ACCEL_CHAN(Y),
	ST1VAFE3BX_ACCEL_CHAN(Z),
	{
		.type = IIO_VOLTAGE,
		.indexed = 1,
		.differential = 1,
		.channel = 0,
		.channel2 = 1,
		.info_mask_separate = BIT(IIO_CHAN_INFO_RAW) | BIT(IIO_CHAN_INFO_SCALE) |
				      BIT(IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY),
		.info_mask_separate_available =
			BIT(IIO_CHAN_INFO_SCALE) |
			BIT(IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY),
		.info_mask_shared_by_all = BIT(IIO_CHAN_INFO_SAMP_FREQ),
		.info_mask_shared_by_all_available = BIT(IIO_CHAN_INFO_SAMP_FREQ),
		.scan_index = ST1VAFE3BX_SCAN_FILM,
		.scan_type = {
			.sign = 's',
			.realbits = 16,
			.storagebits = 16,
			.endianness = IIO_LE,
		},
	},
	IIO_CHAN_SOFT_TIMESTAMP(ST1VAFE3BX_SCAN_TIMESTAMP),
};

/*
 * The filter is set as a ratio of the rate, and so are the settings here: when the rate
 * changes, the filter's frequency changes with it.  Film has a filter of its own only
 * when it is sampled alone, by a stream or a direct read; streamed together with the
 * acceleration it has the acceleration's.
 */
static const int (*st1vafe3bx_low_passes(const struct st1vafe3bx_state *st,
					 const struct iio_chan_spec *chan,
					 unsigned int *num, unsigned int *set))[2]
{
	const struct st1vafe3bx_rate *rate;

	*num = ST1VAFE3BX_LOW_PASSES;
	*set = st->bw_film;
	if (chan->type != IIO_ACCEL)
		return st1vafe3bx_direct_rate(st, ST1VAFE3BX_MODE_FILM)->low_pass_film;

	rate = st1vafe3bx_direct_rate(st, ST1VAFE3BX_MODE_MOTION);
	*set = st1vafe3bx_low_pass(st, rate);
	if (rate->ultra_low_power)
		*num = 1;

	return rate->low_pass;
}

static int st1vafe3bx_read_raw(struct iio_dev *indio_dev, struct iio_chan_spec const *chan,
			       int *val, int *val2, long mask)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	unsigned int num, set;
	const int *hz;
	int ret;

	switch (mask) {
	case IIO_CHAN_INFO_RAW:
		if (!iio_device_claim_direct(indio_dev))
			return -EBUSY;

		ret = st1vafe3bx_read_once(st, chan->scan_index, val);
		iio_device_release_direct(indio_dev);

		return ret ?: IIO_VAL_INT;
	case IIO_CHAN_INFO_SCALE: {
		guard(mutex)(&st->lock);

		*val = 0;
		*val2 = chan->type == IIO_ACCEL ? st1vafe3bx_accel_scale[st->fs][1] :
						  st1vafe3bx_film_scale[st->gain][1];
		return IIO_VAL_INT_PLUS_NANO;
	}
	case IIO_CHAN_INFO_SAMP_FREQ: {
		guard(mutex)(&st->lock);

		hz = st1vafe3bx_rates_hz[st->rate - st1vafe3bx_rates];
		*val = hz[0];
		*val2 = hz[1];
		return IIO_VAL_INT_PLUS_MICRO;
	}
	case IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY: {
		guard(mutex)(&st->lock);

		hz = st1vafe3bx_low_passes(st, chan, &num, &set)[set];
		*val = hz[0];
		*val2 = hz[1];
		return IIO_VAL_INT_PLUS_MICRO;
	}
	default:
		return -EINVAL;
	}
}

static int st1vafe3bx_read_avail(struct iio_dev *indio_dev, struct iio_chan_spec const *chan,
				 const int **vals, int *type, int *length, long mask)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	unsigned int num, set;

	switch (mask) {
	case IIO_CHAN_INFO_SCALE:
		*type = IIO_VAL_INT_PLUS_NANO;
		if (chan->type == IIO_ACCEL) {
			*vals = (const int *)st1vafe3bx_accel_scale;
			*length = 2 * ARRAY_SIZE(st1vafe3bx_accel_scale);
		} else {
			*vals = (const int *)st1vafe3bx_film_scale;
			*length = 2 * ARRAY_SIZE(st1vafe3bx_film_scale);
		}
		return IIO_AVAIL_LIST;
	case IIO_CHAN_INFO_SAMP_FREQ:
		*type = IIO_VAL_INT_PLUS_MICRO;
		*vals = (const int *)st1vafe3bx_rates_hz;
		*length = 2 * ARRAY_SIZE(st1vafe3bx_rates_hz);
		return IIO_AVAIL_LIST;
	case IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY: {
		guard(mutex)(&st->lock);

		*type = IIO_VAL_INT_PLUS_MICRO;
		*vals = (const int *)st1vafe3bx_low_passes(st, chan, &num, &set);
		*length = 2 * num;
		return IIO_AVAIL_LIST;
	}
	default:
		return -EINVAL;
	}
}

static int st1vafe3bx_find(const int (*pairs)[2], unsigned int num, int val, int val2)
{
	unsigned int i;

	for (i = 0; i < num; i++)
		if (pairs[i][0] == val && pairs[i][1] == val2)
			return i;

	return -EINVAL;
}

static int st1vafe3bx_set(struct st1vafe3bx_state *st, struct iio_chan_spec const *chan,
			  int val, int val2, long mask)
{
	unsigned int num, set;
	const int (*pairs)[2];
	int ret;

	guard(mutex)(&st->lock);

	/* a chip that is on has the old setting */
	st->reusable = false;

	switch (mask) {
	case IIO_CHAN_INFO_SCALE:
		if (chan->type == IIO_ACCEL) {
			ret = st1vafe3bx_find(st1vafe3bx_accel_scale,
					      ARRAY_SIZE(st1vafe3bx_accel_scale), val, val2);
			if (ret < 0)
				return ret;
			st->fs = ret;
		} else {
			ret = st1vafe3bx_find(st1vafe3bx_film_scale,
					      ARRAY_SIZE(st1vafe3bx_film_scale), val, val2);
			if (ret < 0)
				return ret;
			st->gain = ret;
		}
		return 0;
	case IIO_CHAN_INFO_SAMP_FREQ:
		ret = st1vafe3bx_find(st1vafe3bx_rates_hz, ARRAY_SIZE(st1vafe3bx_rates_hz), val,
				      val2);
		if (ret < 0)
			return ret;
		st->rate = &st1vafe3bx_rates[ret];
		return 0;
	case IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY:
		pairs = st1vafe3bx_low_passes(st, chan, &num, &set);
		ret = st1vafe3bx_find(pairs, num, val, val2);
		if (ret < 0)
			return ret;
		/* nothing to choose from */
		if (num == 1)
			return 0;
		if (chan->type == IIO_ACCEL)
			st->bw = ret;
		else
			st->bw_film = ret;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Settings take effect when the chip is next started, so they cannot change meanwhile. */
static int st1vafe3bx_write_raw(struct iio_dev *indio_dev, struct iio_chan_spec const *chan,
				int val, int val2, long mask)
{
	int ret;

	if (!iio_device_claim_direct(indio_dev))
		return -EBUSY;

	ret = st1vafe3bx_set(iio_priv(indio_dev), chan, val, val2, mask);
	iio_device_release_direct(indio_dev);

	return ret;
}

static int st1vafe3bx_write_raw_get_fmt(struct iio_dev *indio_dev,
					struct iio_chan_spec const *chan, long mask)
{
	return mask == IIO_CHAN_INFO_SCALE ? IIO_VAL_INT_PLUS_NANO : IIO_VAL_INT_PLUS_MICRO;
}

static int st1vafe3bx_reg_access(struct iio_dev *indio_dev, unsigned int reg,
				 unsigned int writeval, unsigned int *readval)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	int ret;

	guard(mutex)(&st->lock);

	st1vafe3bx_let_wake(st);
	if (readval)
		ret = regmap_read(st->regmap, reg, readval);
	else
		ret = regmap_write(st->regmap, reg, writeval);
	if (ret)
		st1vafe3bx_note_failure(st);

	return ret;
}

const struct iio_info st1vafe3bx_info = {
	.read_raw = st1vafe3bx_read_raw,
	.read_avail = st1vafe3bx_read_avail,
	.write_raw = st1vafe3bx_write_raw,
	.write_raw_get_fmt = st1vafe3bx_write_raw_get_fmt,
	.update_scan_mode = st1vafe3bx_update_scan_mode,
	.hwfifo_set_watermark = st1vafe3bx_set_watermark,
	.hwfifo_flush_to_buffer = st1vafe3bx_flush,
	.debugfs_reg_access = st1vafe3bx_reg_access,
};

/**
 * st1vafe3bx_set_channels() - give the device its channels
 * @indio_dev:	not yet registered, the film's wiring known
 *
 * A single-ended film is a voltage channel of its own, and not a difference of two.
 *
 * Return: 0, or -ENOMEM.
 */
int st1vafe3bx_set_channels(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	struct iio_chan_spec *channels;

	indio_dev->channels = st1vafe3bx_channels;
	indio_dev->num_channels = ARRAY_SIZE(st1vafe3bx_channels);
	if (st->input_mode == ST1VAFE3BX_INPUT_DIFFERENTIAL)
		return 0;

	channels = devm_kmemdup(st->dev, st1vafe3bx_channels, sizeof(st1vafe3bx_channels),
				GFP_KERNEL);
	if (!channels)
		return -ENOMEM;

	channels[ST1VAFE3BX_SCAN_FILM].differential = 0;
	channels[ST1VAFE3BX_SCAN_FILM].channel = st->input_mode - ST1VAFE3BX_INPUT_SINGLE_1;
	channels[ST1VAFE3BX_SCAN_FILM].channel2 = 0;
	indio_dev->channels = channels;

	return 0;
}
