// SPDX-License-Identifier: GPL-2.0-only
/*
 * STMicroelectronics ST1VAFE3BX: 3-axis accelerometer and a film (AH/vAFE) input.
 *
 * The film is a high-impedance differential input that shares the chip's FIFO with
 * the acceleration, or has it to itself.
 */

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/i2c.h>
#include <linux/kernel.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/property.h>
#include <linux/regmap.h>
#include <linux/regulator/consumer.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/time64.h>

#include <linux/iio/iio.h>

#include "compat.h"
#include "st1vafe3bx.h"

#define ST1VAFE3BX_POWER_ON_MS		10

#define ST1VAFE3BX_RATE_DEFAULT		800
#define ST1VAFE3BX_FS_DEFAULT		1

/* m/s^2 and mV for one LSB of 16 bit, by range and by gain: integer, nano */
static const int st1vafe3bx_accel_scale[][2] = {
	{ 0, 598206 }, { 0, 1196411 }, { 0, 2392823 }, { 0, 4785645 },
};

static const int st1vafe3bx_film_scale[][2] = {
	{ 0, 6097561 }, { 0, 3048780 }, { 0, 1526718 }, { 0, 762777 },
};

static const int st1vafe3bx_rates_avail[] = { 25, 50, 100, 200, 400, 800, 3200 };

static const u32 st1vafe3bx_zin_ohms[] = { 100000000, 200000000, 500000000, 1000000000 };

/* By code; the chip's fourth, which holds the input in reset, is no wiring. */
static const char * const st1vafe3bx_input_modes[] = {
	[ST1VAFE3BX_INPUT_DIFFERENTIAL] = "differential",
	[ST1VAFE3BX_INPUT_SINGLE_1] = "single-ended-1",
	[ST1VAFE3BX_INPUT_SINGLE_2] = "single-ended-2",
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
					 const struct iio_chan_spec *chan))[2]
{
	if (chan->type == IIO_ACCEL)
		return st1vafe3bx_direct_rate(st, ST1VAFE3BX_MODE_MOTION)->low_pass;

	return st1vafe3bx_direct_rate(st, ST1VAFE3BX_MODE_FILM)->low_pass_film;
}

static int st1vafe3bx_read_raw(struct iio_dev *indio_dev, struct iio_chan_spec const *chan,
			       int *val, int *val2, long mask)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	int ret;

	switch (mask) {
	case IIO_CHAN_INFO_RAW:
		if (!iio_device_claim_direct(indio_dev))
			return -EBUSY;

		mutex_lock(&st->lock);
		ret = st1vafe3bx_read_once(st, chan->scan_index, val);
		mutex_unlock(&st->lock);
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

		*val = st->rate->hz;
		return IIO_VAL_INT;
	}
	case IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY: {
		guard(mutex)(&st->lock);

		const int *hz = st1vafe3bx_low_passes(st, chan)[chan->type == IIO_ACCEL ?
								st->bw : st->bw_film];

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
		*type = IIO_VAL_INT;
		*vals = st1vafe3bx_rates_avail;
		*length = ARRAY_SIZE(st1vafe3bx_rates_avail);
		return IIO_AVAIL_LIST;
	case IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY: {
		guard(mutex)(&st->lock);

		*type = IIO_VAL_INT_PLUS_MICRO;
		*vals = (const int *)st1vafe3bx_low_passes(st, chan);
		*length = 2 * ST1VAFE3BX_LOW_PASSES;
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
	const struct st1vafe3bx_rate *rate;
	int ret;

	guard(mutex)(&st->lock);

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
		if (val < 0 || val2)
			return -EINVAL;
		rate = st1vafe3bx_find_rate(val);
		if (!rate)
			return -EINVAL;
		st->rate = rate;
		return 0;
	case IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY:
		ret = st1vafe3bx_find(st1vafe3bx_low_passes(st, chan), ST1VAFE3BX_LOW_PASSES,
				      val, val2);
		if (ret < 0)
			return ret;
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

	guard(mutex)(&st->lock);

	if (readval)
		return regmap_read(st->regmap, reg, readval);

	return regmap_write(st->regmap, reg, writeval);
}

static const struct iio_info st1vafe3bx_info = {
	.read_raw = st1vafe3bx_read_raw,
	.read_avail = st1vafe3bx_read_avail,
	.write_raw = st1vafe3bx_write_raw,
	.write_raw_get_fmt = st1vafe3bx_write_raw_get_fmt,
	.update_scan_mode = st1vafe3bx_update_scan_mode,
	.hwfifo_set_watermark = st1vafe3bx_set_watermark,
	.hwfifo_flush_to_buffer = st1vafe3bx_flush,
	.debugfs_reg_access = st1vafe3bx_reg_access,
};

static const struct regmap_range st1vafe3bx_readable_ranges[] = {
	regmap_reg_range(ST1VAFE3BX_EXT_CLK_CFG_REG, ST1VAFE3BX_EXT_CLK_CFG_REG),
	regmap_reg_range(ST1VAFE3BX_PIN_CTRL_REG, ST1VAFE3BX_PIN_CTRL_REG),
	regmap_reg_range(ST1VAFE3BX_WHO_AM_I_REG, ST1VAFE3BX_INTERRUPT_CFG_REG),
	regmap_reg_range(ST1VAFE3BX_MD1_CFG_REG, ST1VAFE3BX_MD1_CFG_REG),
	regmap_reg_range(ST1VAFE3BX_STATUS_REG, ST1VAFE3BX_I3C_IF_CTRL_REG),
	regmap_reg_range(ST1VAFE3BX_FUNC_CFG_ACCESS_REG, ST1VAFE3BX_FIFO_BATCH_DEC_REG),
	regmap_reg_range(ST1VAFE3BX_TIMESTAMP0_REG, ST1VAFE3BX_TIMESTAMP3_REG),
};

static const struct regmap_range st1vafe3bx_read_only_ranges[] = {
	regmap_reg_range(ST1VAFE3BX_WHO_AM_I_REG, ST1VAFE3BX_WHO_AM_I_REG),
	regmap_reg_range(ST1VAFE3BX_STATUS_REG, ST1VAFE3BX_OUT_AH_BIO_H_REG),
	regmap_reg_range(ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG, ST1VAFE3BX_FIFO_DATA_OUT_Z_H_REG),
};

/* Reading these takes something away: a FIFO word, or the data-ready bit. */
static const struct regmap_range st1vafe3bx_precious_ranges[] = {
	regmap_reg_range(ST1VAFE3BX_OUT_X_L_REG, ST1VAFE3BX_OUT_AH_BIO_H_REG),
	regmap_reg_range(ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG, ST1VAFE3BX_FIFO_DATA_OUT_Z_H_REG),
};

static const struct regmap_range st1vafe3bx_noinc_ranges[] = {
	regmap_reg_range(ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG, ST1VAFE3BX_FIFO_DATA_OUT_TAG_REG),
};

static const struct regmap_access_table st1vafe3bx_rd_table = {
	.yes_ranges = st1vafe3bx_readable_ranges,
	.n_yes_ranges = ARRAY_SIZE(st1vafe3bx_readable_ranges),
};

static const struct regmap_access_table st1vafe3bx_wr_table = {
	.yes_ranges = st1vafe3bx_readable_ranges,
	.n_yes_ranges = ARRAY_SIZE(st1vafe3bx_readable_ranges),
	.no_ranges = st1vafe3bx_read_only_ranges,
	.n_no_ranges = ARRAY_SIZE(st1vafe3bx_read_only_ranges),
};

static const struct regmap_access_table st1vafe3bx_precious_table = {
	.yes_ranges = st1vafe3bx_precious_ranges,
	.n_yes_ranges = ARRAY_SIZE(st1vafe3bx_precious_ranges),
};

static const struct regmap_access_table st1vafe3bx_rd_noinc_table = {
	.yes_ranges = st1vafe3bx_noinc_ranges,
	.n_yes_ranges = ARRAY_SIZE(st1vafe3bx_noinc_ranges),
};

/*
 * No cache: every register is written whole, from what the driver knows, so that
 * nothing is stale after a reset, be it the driver's or one behind its back.
 */
static const struct regmap_config st1vafe3bx_regmap_config = {
	.reg_bits = 8,
	.val_bits = 8,
	.max_register = ST1VAFE3BX_TIMESTAMP3_REG,
	.rd_table = &st1vafe3bx_rd_table,
	.wr_table = &st1vafe3bx_wr_table,
	.precious_table = &st1vafe3bx_precious_table,
	.rd_noinc_table = &st1vafe3bx_rd_noinc_table,
	.cache_type = REGCACHE_NONE,
};

/* A single-ended film is a voltage channel of its own, and not a difference of two. */
static int st1vafe3bx_set_channels(struct iio_dev *indio_dev)
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

static int st1vafe3bx_read_properties(struct st1vafe3bx_state *st)
{
	const char *mode = st1vafe3bx_input_modes[ST1VAFE3BX_INPUT_DIFFERENTIAL];
	u32 ohms = st1vafe3bx_zin_ohms[ARRAY_SIZE(st1vafe3bx_zin_ohms) - 1];
	unsigned int i;
	int ret;

	ret = iio_read_mount_matrix(st->dev, &st->mount);
	if (ret)
		return dev_err_probe(st->dev, ret, "cannot read mount matrix\n");

	if (device_property_present(st->dev, "st,input-impedance-ohms")) {
		ret = device_property_read_u32(st->dev, "st,input-impedance-ohms", &ohms);
		if (ret)
			return dev_err_probe(st->dev, ret, "cannot read input impedance\n");
	}

	for (i = 0; i < ARRAY_SIZE(st1vafe3bx_zin_ohms); i++)
		if (st1vafe3bx_zin_ohms[i] == ohms)
			break;

	if (i == ARRAY_SIZE(st1vafe3bx_zin_ohms))
		return dev_err_probe(st->dev, -EINVAL, "no input impedance of %u ohms\n", ohms);
	st->zin = i;

	if (device_property_present(st->dev, "st,input-mode")) {
		ret = device_property_read_string(st->dev, "st,input-mode", &mode);
		if (ret)
			return dev_err_probe(st->dev, ret, "cannot read input mode\n");
	}

	ret = match_string(st1vafe3bx_input_modes, ARRAY_SIZE(st1vafe3bx_input_modes), mode);
	if (ret < 0)
		return dev_err_probe(st->dev, -EINVAL, "no input mode \"%s\"\n", mode);
	st->input_mode = ret;

	return 0;
}

static void st1vafe3bx_debugfs_init(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	struct dentry *iio_dir = iio_get_debugfs_dentry(indio_dev);
	struct dentry *dir;

	/* NULL would be the root of debugfs */
	if (!iio_dir)
		return;

	dir = debugfs_create_dir("stats", iio_dir);
	debugfs_create_u64("samples", 0444, dir, &st->stats.samples);
	debugfs_create_u64("settling", 0444, dir, &st->stats.settling);
	debugfs_create_u64("overruns", 0444, dir, &st->stats.overruns);
	debugfs_create_u64("lost", 0444, dir, &st->stats.lost);
	debugfs_create_u64("unknown_tags", 0444, dir, &st->stats.unknown_tags);
	debugfs_create_u64("bus_errors", 0444, dir, &st->stats.bus_errors);
	debugfs_create_u64("resyncs", 0444, dir, &st->stats.resyncs);
}

static int st1vafe3bx_probe(struct i2c_client *client)
{
	static const char * const supplies[] = { "vdd", "vddio" };
	struct device *dev = &client->dev;
	struct st1vafe3bx_state *st;
	struct iio_dev *indio_dev;
	int ret;

	indio_dev = devm_iio_device_alloc(dev, sizeof(*st));
	if (!indio_dev)
		return -ENOMEM;

	st = iio_priv(indio_dev);
	st->dev = dev;
	st->indio_dev = indio_dev;
	st->irq = client->irq;
	st->fs = ST1VAFE3BX_FS_DEFAULT;
	st->rate = st1vafe3bx_find_rate(ST1VAFE3BX_RATE_DEFAULT);

	st->buf = devm_kzalloc(dev, ST1VAFE3BX_BUF_SIZE, GFP_KERNEL);
	if (!st->buf)
		return -ENOMEM;

	ret = devm_mutex_init(dev, &st->lock);
	if (ret)
		return ret;

	ret = st1vafe3bx_read_properties(st);
	if (ret)
		return ret;

	ret = st1vafe3bx_set_channels(indio_dev);
	if (ret)
		return ret;

	st->regmap = devm_regmap_init_i2c(client, &st1vafe3bx_regmap_config);
	if (IS_ERR(st->regmap))
		return dev_err_probe(dev, PTR_ERR(st->regmap), "cannot set up register map\n");

	ret = devm_regulator_bulk_get_enable(dev, ARRAY_SIZE(supplies), supplies);
	if (ret)
		return dev_err_probe(dev, ret, "cannot enable supplies\n");

	fsleep(ST1VAFE3BX_POWER_ON_MS * USEC_PER_MSEC);

	indio_dev->name = "st1vafe3bx";
	indio_dev->info = &st1vafe3bx_info;
	indio_dev->modes = INDIO_DIRECT_MODE;

	ret = st1vafe3bx_buffer_setup(indio_dev);
	if (ret)
		return ret;

	ret = st1vafe3bx_revive(st);
	if (ret)
		return dev_err_probe(dev, ret, "cannot identify and reset the chip\n");

	ret = devm_iio_device_register(dev, indio_dev);
	if (ret)
		return dev_err_probe(dev, ret, "cannot register the device\n");

	st1vafe3bx_debugfs_init(indio_dev);

	return 0;
}

static const struct of_device_id st1vafe3bx_of_match[] = {
	{ .compatible = "st,st1vafe3bx" },
	{ }
};
MODULE_DEVICE_TABLE(of, st1vafe3bx_of_match);

static const struct i2c_device_id st1vafe3bx_id[] = {
	{ .name = "st1vafe3bx" },
	{ }
};
MODULE_DEVICE_TABLE(i2c, st1vafe3bx_id);

static struct i2c_driver st1vafe3bx_driver = {
	.driver = {
		.name = "st1vafe3bx",
		.of_match_table = st1vafe3bx_of_match,
	},
	.compat_i2c_probe = st1vafe3bx_probe,
	.id_table = st1vafe3bx_id,
};
module_i2c_driver(st1vafe3bx_driver);

MODULE_AUTHOR("The backpop authors");
MODULE_DESCRIPTION("STMicroelectronics ST1VAFE3BX accelerometer and film input");
MODULE_LICENSE("GPL");
