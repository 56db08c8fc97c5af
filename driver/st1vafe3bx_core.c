// SPDX-License-Identifier: GPL-2.0-only
/*
 * STMicroelectronics ST1VAFE3BX: 3-axis accelerometer and a film (AH/vAFE) input.
 *
 * The film is a high-impedance differential input that shares the chip's FIFO with
 * the acceleration, or has it to itself.
 */

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/i2c.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pm.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>
#include <linux/regmap.h>
#include <linux/regulator/consumer.h>
#include <linux/string.h>
#include <linux/time64.h>
#include <linux/types.h>

#include <linux/iio/iio.h>

#include "compat.h"
#include "st1vafe3bx.h"

#define ST1VAFE3BX_POWER_ON_MS		10
/* How long the chip is left on after a direct read. */
#define ST1VAFE3BX_AUTOSUSPEND_MS	2000

#define ST1VAFE3BX_RATE_DEFAULT		ST1VAFE3BX_RATE_800
#define ST1VAFE3BX_FS_DEFAULT		1

static const u32 st1vafe3bx_zin_ohms[] = { 100000000, 200000000, 500000000, 1000000000 };

/* By code; the chip's fourth, which holds the input in reset, is no wiring. */
static const char * const st1vafe3bx_input_modes[] = {
	[ST1VAFE3BX_INPUT_DIFFERENTIAL] = "differential",
	[ST1VAFE3BX_INPUT_SINGLE_1] = "single-ended-1",
	[ST1VAFE3BX_INPUT_SINGLE_2] = "single-ended-2",
};

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

	debugfs_create_file("selftest", 0400, iio_dir, indio_dev, &st1vafe3bx_selftest_fops);

	dir = debugfs_create_dir("stats", iio_dir);
	debugfs_create_u64("samples", 0444, dir, &st->stats.samples);
	debugfs_create_u64("settling", 0444, dir, &st->stats.settling);
	debugfs_create_u64("overruns", 0444, dir, &st->stats.overruns);
	debugfs_create_u64("lost", 0444, dir, &st->stats.lost);
	debugfs_create_u64("unknown_tags", 0444, dir, &st->stats.unknown_tags);
	debugfs_create_u64("bus_errors", 0444, dir, &st->stats.bus_errors);
	debugfs_create_u64("resyncs", 0444, dir, &st->stats.resyncs);
}

/* The last thing that is done with the chip. */
static void st1vafe3bx_rest(void *p)
{
	struct st1vafe3bx_state *st = p;

	guard(mutex)(&st->lock);
	if (st1vafe3bx_stop(st))
		dev_dbg(st->dev, "cannot stop\n");
}

static int st1vafe3bx_runtime_suspend(struct device *dev)
{
	/* a chip that does not answer is no reason to stay awake */
	st1vafe3bx_rest(iio_priv(dev_get_drvdata(dev)));

	return 0;
}

static int st1vafe3bx_suspend(struct device *dev)
{
	return st1vafe3bx_suspend_stream(dev_get_drvdata(dev));
}

static int st1vafe3bx_resume(struct device *dev)
{
	return st1vafe3bx_resume_stream(dev_get_drvdata(dev));
}

/* There is nothing to resume at runtime: what needs the chip switches it on. */
static const struct dev_pm_ops st1vafe3bx_pm_ops = {
	SYSTEM_SLEEP_PM_OPS(st1vafe3bx_suspend, st1vafe3bx_resume)
	RUNTIME_PM_OPS(st1vafe3bx_runtime_suspend, NULL, NULL)
};

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
	i2c_set_clientdata(client, indio_dev);
	st->irq = client->irq;
	st->fs = ST1VAFE3BX_FS_DEFAULT;
	st->rate = &st1vafe3bx_rates[ST1VAFE3BX_RATE_DEFAULT];

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

	ret = devm_add_action_or_reset(dev, st1vafe3bx_rest, st);
	if (ret)
		return ret;

	pm_runtime_set_autosuspend_delay(dev, ST1VAFE3BX_AUTOSUSPEND_MS);
	pm_runtime_use_autosuspend(dev);
	ret = devm_pm_runtime_enable(dev);
	if (ret)
		return ret;

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
		.pm = pm_ptr(&st1vafe3bx_pm_ops),
	},
	.compat_i2c_probe = st1vafe3bx_probe,
	.id_table = st1vafe3bx_id,
};
module_i2c_driver(st1vafe3bx_driver);

MODULE_AUTHOR("The backpop authors");
MODULE_DESCRIPTION("STMicroelectronics ST1VAFE3BX accelerometer and film input");
MODULE_LICENSE("GPL");
