// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: the IIO buffer, and what keeps a stream alive.
 */

#include <linux/bits.h>
#include <linux/container_of.h>
#include <linux/dev_printk.h>
#include <linux/device.h>
#include <linux/devm-helpers.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/pm_runtime.h>
#include <linux/regmap.h>
#include <linux/sysfs.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <linux/iio/buffer.h>
#include <linux/iio/iio.h>
#include <linux/iio/kfifo_buf.h>
#include <linux/iio/sysfs.h>

#include "compat.h"
#include "st1vafe3bx.h"

/* A stream is looked after when nothing came for so many watermark periods. */
#define ST1VAFE3BX_WATCH_PERIODS	4
#define ST1VAFE3BX_WATCH_MIN_MS		100
/* When to try a chip again that does not answer. */
#define ST1VAFE3BX_RETRY_MS		100

static const struct {
	unsigned long mask;
	const char *name;
} st1vafe3bx_modes[] = {
	[ST1VAFE3BX_MODE_MOTION] = {
		.mask = GENMASK(ST1VAFE3BX_SCAN_ACCEL_Z, ST1VAFE3BX_SCAN_ACCEL_X),
		.name = "acceleration",
	},
	[ST1VAFE3BX_MODE_FILM] = {
		.mask = BIT(ST1VAFE3BX_SCAN_FILM),
		.name = "film",
	},
	[ST1VAFE3BX_MODE_MOTION_FILM] = {
		.mask = GENMASK(ST1VAFE3BX_SCAN_FILM, ST1VAFE3BX_SCAN_ACCEL_X),
		.name = "acceleration and film",
	},
};

static const unsigned long st1vafe3bx_scan_masks[] = {
	GENMASK(ST1VAFE3BX_SCAN_ACCEL_Z, ST1VAFE3BX_SCAN_ACCEL_X),
	BIT(ST1VAFE3BX_SCAN_FILM),
	GENMASK(ST1VAFE3BX_SCAN_FILM, ST1VAFE3BX_SCAN_ACCEL_X),
	0
};

static unsigned long st1vafe3bx_watermark_jiffies(const struct st1vafe3bx_state *st)
{
	u64 ns = (u64)st1vafe3bx_watermark(st) * st->rate->period_ns;

	return msecs_to_jiffies(div_u64(ns, NSEC_PER_MSEC));
}

static bool st1vafe3bx_is_polled(const struct st1vafe3bx_state *st)
{
	return !st->irq || st->irq_off;
}

/* The first jiffy at which nothing has come for longer than it should take. */
static unsigned long st1vafe3bx_overdue(const struct st1vafe3bx_state *st)
{
	return st->served + 1 + max(ST1VAFE3BX_WATCH_PERIODS * st1vafe3bx_watermark_jiffies(st),
				    msecs_to_jiffies(ST1VAFE3BX_WATCH_MIN_MS));
}

static bool st1vafe3bx_is_silent(const struct st1vafe3bx_state *st)
{
	return time_after_eq(jiffies, st1vafe3bx_overdue(st));
}

/* A stream that has gone silent is seen at once, not when the watch comes by a second time. */
static void st1vafe3bx_keep_watch(struct st1vafe3bx_state *st)
{
	unsigned long now = jiffies, due = st1vafe3bx_overdue(st);

	if (st1vafe3bx_is_polled(st))
		due = now + st1vafe3bx_watermark_jiffies(st);

	schedule_delayed_work(&st->watch, time_after(due, now) ? due - now : 1);
}

static unsigned int st1vafe3bx_settle_samples(const struct st1vafe3bx_state *st)
{
	unsigned int accel = ST1VAFE3BX_SETTLE_ACCEL_SAMPLES;
	unsigned int film = DIV_ROUND_UP(ST1VAFE3BX_SETTLE_FILM_MS * NSEC_PER_MSEC,
					 st->rate->period_ns);

	switch (st->mode) {
	case ST1VAFE3BX_MODE_MOTION:
		return accel;
	case ST1VAFE3BX_MODE_FILM:
		return film;
	default:
		return max(accel, film);
	}
}

/* Make the chip stream, from whatever state it is in. */
static int st1vafe3bx_begin(struct st1vafe3bx_state *st)
{
	int ret;

	ret = st1vafe3bx_revive(st);
	if (ret)
		return ret;

	ret = st1vafe3bx_start(st, st->mode, st->rate, true);
	if (ret)
		return ret;

	ret = st1vafe3bx_begin_time(st);
	if (ret)
		return ret;

	st->settle = st1vafe3bx_settle_samples(st);
	st->served = jiffies;
	st->fails = 0;
	st->idle = 0;

	return 0;
}

/*
 * Polls the FIFO where there is no interrupt line to rely on, and sets a chip up anew
 * that has stopped to sample or to answer.
 */
static void st1vafe3bx_look_after(struct st1vafe3bx_state *st)
{
	bool silent, broken;
	int pushed;

	guard(mutex)(&st->lock);

	if (!st->streaming)
		return;

	silent = st1vafe3bx_is_silent(st);
	if (st->fails < ST1VAFE3BX_FAILS_MAX && (silent || st1vafe3bx_is_polled(st))) {
		st1vafe3bx_let_wake(st);
		st1vafe3bx_service(st->indio_dev, false, &pushed);
	}

	broken = st->fails >= ST1VAFE3BX_FAILS_MAX || st1vafe3bx_is_silent(st);
	if (broken && st->irq_held) {
		/* it takes long, and a handler that waits holds up whom it shares the line with */
		st->fails = ST1VAFE3BX_FAILS_MAX;
		st1vafe3bx_irq_off(st, 0);
		return;
	}

	if (broken) {
		if (st1vafe3bx_begin(st)) {
			schedule_delayed_work(&st->watch, msecs_to_jiffies(ST1VAFE3BX_RETRY_MS));
			return;
		}
		dev_info(st->dev, "chip set up anew\n");
		st->interrupted = true;
		st->stats.resyncs++;
		st1vafe3bx_irq_on(st);
	} else if (silent && !st1vafe3bx_is_polled(st)) {
		dev_err_ratelimited(st->dev, "no interrupts, polling\n");
		st1vafe3bx_irq_off(st, ST1VAFE3BX_LINE_RETRY_MS);
	} else if (!st->fails && time_after_eq(jiffies, st->irq_retry)) {
		st1vafe3bx_irq_on(st);
	}

	st1vafe3bx_keep_watch(st);
}

/* The line is given up and taken again without the lock, for which its handler may wait. */
static void st1vafe3bx_watch(struct work_struct *work)
{
	struct st1vafe3bx_state *st = container_of(work, struct st1vafe3bx_state, watch.work);

	st1vafe3bx_irq_settle(st);
	st1vafe3bx_look_after(st);
	st1vafe3bx_irq_settle(st);
}

int st1vafe3bx_update_scan_mode(struct iio_dev *indio_dev, const unsigned long *scan_mask)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	unsigned int mode;

	guard(mutex)(&st->lock);

	for (mode = 0; mode < ARRAY_SIZE(st1vafe3bx_modes); mode++)
		if (*scan_mask == st1vafe3bx_modes[mode].mask)
			break;

	if (mode == ARRAY_SIZE(st1vafe3bx_modes))
		return -EINVAL;

	if (!st1vafe3bx_rate_fits(st->rate, mode)) {
		dev_err_ratelimited(st->dev, "%s cannot be streamed at that rate\n",
				    st1vafe3bx_modes[mode].name);
		return -EINVAL;
	}

	st->mode = mode;

	return 0;
}

/* Called with whatever the buffer's watermark is, which is 1 if the user asked for nothing. */
int st1vafe3bx_set_watermark(struct iio_dev *indio_dev, unsigned int val)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);

	guard(mutex)(&st->lock);
	st->watermark = val >= ST1VAFE3BX_WATERMARK_MIN ? val : ST1VAFE3BX_WATERMARK_DEFAULT;

	return 0;
}

int st1vafe3bx_flush(struct iio_dev *indio_dev, unsigned int count)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	int ret, pushed;

	guard(mutex)(&st->lock);

	/* a chip that fails is for the watch to deal with */
	if (!st->streaming || st->fails)
		return 0;

	ret = st1vafe3bx_service(indio_dev, false, &pushed);

	return ret < 0 ? ret : pushed;
}

/* Not under the lock, which suspending takes. */
static int st1vafe3bx_preenable(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);

	return pm_runtime_resume_and_get(st->dev);
}

static int st1vafe3bx_postdisable(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);

	pm_runtime_mark_last_busy(st->dev);
	pm_runtime_put_autosuspend(st->dev);

	return 0;
}

static int st1vafe3bx_start_streaming(struct st1vafe3bx_state *st)
{
	int ret;

	guard(mutex)(&st->lock);

	st->interrupted = false;

	ret = st1vafe3bx_begin(st);
	if (ret) {
		dev_err(st->dev, "cannot start streaming: %d\n", ret);
		st1vafe3bx_note_failure(st);
		st1vafe3bx_stop(st);
		return ret;
	}

	st->streaming = true;
	st->irq_off = false;

	return 0;
}

/* End the stream; if @drain, then with all that the FIFO still holds. */
static void st1vafe3bx_halt(struct iio_dev *indio_dev, bool drain)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	int ret, pushed;

	/*
	 * First the chip asks for nothing any more, because others may share the line; then
	 * the handler goes, because it would wait, with the line masked, for the stop.
	 */
	mutex_lock(&st->lock);
	drain &= st1vafe3bx_irq_quiet(st);
	st->streaming = false;
	mutex_unlock(&st->lock);

	/* these wait for what may be waiting for the lock */
	cancel_delayed_work_sync(&st->watch);
	st1vafe3bx_irq_settle(st);

	mutex_lock(&st->lock);
	if (drain && !st->fails)
		st1vafe3bx_service(indio_dev, false, &pushed);
	ret = st1vafe3bx_stop(st);
	if (ret)
		dev_dbg(st->dev, "cannot stop: %d\n", ret);
	mutex_unlock(&st->lock);
}

static int st1vafe3bx_postenable(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	int ret;

	ret = st1vafe3bx_start_streaming(st);
	if (ret)
		return ret;

	ret = st1vafe3bx_irq_settle(st);
	if (ret) {
		st1vafe3bx_halt(indio_dev, false);
		return ret;
	}

	guard(mutex)(&st->lock);
	st1vafe3bx_keep_watch(st);

	return 0;
}

/* A chip that does not answer is no reason to keep the buffer. */
static int st1vafe3bx_predisable(struct iio_dev *indio_dev)
{
	st1vafe3bx_halt(indio_dev, false);

	return 0;
}

static const struct iio_buffer_setup_ops st1vafe3bx_buffer_ops = {
	.preenable = st1vafe3bx_preenable,
	.postenable = st1vafe3bx_postenable,
	.predisable = st1vafe3bx_predisable,
	.postdisable = st1vafe3bx_postdisable,
};

/**
 * st1vafe3bx_suspend_stream() - let the chip rest while the system sleeps
 * @indio_dev:	the device; user space is frozen
 *
 * Return: 0, or what runtime PM refuses with.
 */
int st1vafe3bx_suspend_stream(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);

	mutex_lock(&st->lock);
	st->suspended = st->streaming;
	mutex_unlock(&st->lock);

	/* what direct reads have left on is for runtime PM, which sleeps meanwhile, to stop */
	if (!st->suspended)
		return pm_runtime_force_suspend(st->dev);

	st1vafe3bx_halt(indio_dev, true);

	return 0;
}

/**
 * st1vafe3bx_resume_stream() - go on with the stream, if there was one
 * @indio_dev:	the device
 *
 * The chip may have lost power meanwhile.  If it does not answer yet, the watch keeps
 * trying; the system is not to be bothered.
 *
 * Return: 0, or what runtime PM refuses with.
 */
int st1vafe3bx_resume_stream(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	int ret;

	if (!st->suspended)
		return pm_runtime_force_resume(st->dev);

	mutex_lock(&st->lock);
	st->suspended = false;
	ret = st1vafe3bx_begin(st);
	st->streaming = true;
	if (ret) {
		dev_warn(st->dev, "cannot resume streaming yet: %d\n", ret);
		st->fails = ST1VAFE3BX_FAILS_MAX;
	}
	st->irq_off = ret && st->irq;
	mutex_unlock(&st->lock);

	/* the watch comes first, and the line when that finds all well */
	schedule_delayed_work(&st->watch, 0);

	return 0;
}

static ssize_t hwfifo_watermark_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct st1vafe3bx_state *st = iio_priv(dev_to_iio_dev(dev));

	guard(mutex)(&st->lock);
	return sysfs_emit(buf, "%u\n", st1vafe3bx_watermark(st));
}

static ssize_t hwfifo_watermark_min_show(struct device *dev, struct device_attribute *attr,
					 char *buf)
{
	return sysfs_emit(buf, "%u\n", ST1VAFE3BX_WATERMARK_MIN);
}

/* The faster it samples, the more room a late service needs. */
static ssize_t hwfifo_watermark_max_show(struct device *dev, struct device_attribute *attr,
					 char *buf)
{
	struct st1vafe3bx_state *st = iio_priv(dev_to_iio_dev(dev));

	guard(mutex)(&st->lock);
	return sysfs_emit(buf, "%u\n", st1vafe3bx_watermark_max(st->rate));
}

static ssize_t hwfifo_enabled_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct st1vafe3bx_state *st = iio_priv(dev_to_iio_dev(dev));

	guard(mutex)(&st->lock);
	return sysfs_emit(buf, "%d\n", st->streaming);
}

static IIO_DEVICE_ATTR_RO(hwfifo_watermark, 0);
static IIO_DEVICE_ATTR_RO(hwfifo_watermark_min, 0);
static IIO_DEVICE_ATTR_RO(hwfifo_watermark_max, 0);
static IIO_DEVICE_ATTR_RO(hwfifo_enabled, 0);

static const COMPAT_BUFFER_ATTR_TYPE *st1vafe3bx_buffer_attrs[] = {
	COMPAT_BUFFER_ATTR(hwfifo_watermark),
	COMPAT_BUFFER_ATTR(hwfifo_watermark_min),
	COMPAT_BUFFER_ATTR(hwfifo_watermark_max),
	COMPAT_BUFFER_ATTR(hwfifo_enabled),
	NULL
};

/**
 * st1vafe3bx_buffer_setup() - give the device its buffer
 * @indio_dev:	not yet registered
 *
 * Return: 0; -EOPNOTSUPP on a bus that cannot read a FIFO word; or a negative error.
 */
int st1vafe3bx_buffer_setup(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	int ret;

	st->read_max = regmap_get_raw_read_max(st->regmap);
	if (!st->read_max || st->read_max > ST1VAFE3BX_FIFO_WORDS * ST1VAFE3BX_WORD_SIZE)
		st->read_max = ST1VAFE3BX_FIFO_WORDS * ST1VAFE3BX_WORD_SIZE;
	st->read_max = rounddown(st->read_max, ST1VAFE3BX_WORD_SIZE);
	if (!st->read_max)
		return dev_err_probe(st->dev, -EOPNOTSUPP, "bus cannot read a FIFO word\n");

	st->words = devm_kcalloc(st->dev, ST1VAFE3BX_HELD_WORDS, ST1VAFE3BX_WORD_SIZE, GFP_KERNEL);
	if (!st->words)
		return -ENOMEM;

	st->watermark = ST1VAFE3BX_WATERMARK_DEFAULT;
	indio_dev->available_scan_masks = st1vafe3bx_scan_masks;

	ret = devm_delayed_work_autocancel(st->dev, &st->watch, st1vafe3bx_watch);
	if (ret)
		return ret;

	if (st->irq) {
		ret = st1vafe3bx_irq_setup(st);
		if (ret)
			return ret;
	}

	return devm_iio_kfifo_buffer_setup_ext(st->dev, indio_dev, &st1vafe3bx_buffer_ops,
					       st1vafe3bx_buffer_attrs);
}
