// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: the IIO buffer, its interrupt, and what keeps a stream alive.
 */

#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/devm-helpers.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/property.h>
#include <linux/regmap.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/time64.h>

#include <linux/iio/buffer.h>
#include <linux/iio/iio.h>
#include <linux/iio/kfifo_buf.h>
#include <linux/iio/sysfs.h>

#include "compat.h"
#include "st1vafe3bx.h"

/* Failed services in a row, or interrupts without cause, that the line is given. */
#define ST1VAFE3BX_FAILS_MAX		5
#define ST1VAFE3BX_IDLE_MAX		100

/* A stream is looked after when nothing came for so many watermark periods. */
#define ST1VAFE3BX_WATCH_PERIODS	4
#define ST1VAFE3BX_WATCH_MIN_MS		100
/* When to try again: a chip that does not answer, a line that does not work. */
#define ST1VAFE3BX_RETRY_MS		100
#define ST1VAFE3BX_LINE_RETRY_MS	5000

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

/* Poll for @retry_ms instead of listening to a line that is of no help. */
static void st1vafe3bx_irq_off(struct st1vafe3bx_state *st, unsigned int retry_ms)
{
	if (!st->irq || st->irq_off)
		return;

	disable_irq_nosync(st->irq);
	st->irq_off = true;
	st->irq_retry = jiffies + msecs_to_jiffies(retry_ms);
	mod_delayed_work(system_wq, &st->watch, 0);
}

static void st1vafe3bx_irq_on(struct st1vafe3bx_state *st)
{
	if (!st->irq_off)
		return;

	st->irq_off = false;
	st->idle = 0;
	enable_irq(st->irq);
}

static irqreturn_t st1vafe3bx_irq_thread(int irq, void *p)
{
	struct iio_dev *indio_dev = p;
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	unsigned int threshold;
	int pushed, words;

	guard(mutex)(&st->lock);

	if (!st->streaming)
		return IRQ_NONE;

	threshold = st1vafe3bx_words(st1vafe3bx_watermark(st));
	do {
		words = st1vafe3bx_service(indio_dev, &pushed);
		/* an edge comes again only if the line has been inactive in between */
	} while (st->irq_edge && words >= (int)threshold);

	if (words < 0) {
		if (st->fails >= ST1VAFE3BX_FAILS_MAX)
			st1vafe3bx_irq_off(st, 0);
		return IRQ_HANDLED;
	}

	if (words >= (int)threshold)
		return IRQ_HANDLED;

	/* a flush may have been quicker, but then it has found what the line was for */
	if (!st->irq_edge && ++st->idle >= ST1VAFE3BX_IDLE_MAX) {
		dev_err_ratelimited(st->dev, "interrupt line is stuck, polling\n");
		st1vafe3bx_irq_off(st, ST1VAFE3BX_LINE_RETRY_MS);
		return IRQ_HANDLED;
	}

	return words ? IRQ_HANDLED : IRQ_NONE;
}

static unsigned long st1vafe3bx_watermark_jiffies(const struct st1vafe3bx_state *st)
{
	return msecs_to_jiffies(st1vafe3bx_watermark(st) * MSEC_PER_SEC / st->rate->hz);
}

static bool st1vafe3bx_is_polled(const struct st1vafe3bx_state *st)
{
	return !st->irq || st->irq_off;
}

static unsigned long st1vafe3bx_watch_delay(const struct st1vafe3bx_state *st)
{
	unsigned long delay = st1vafe3bx_watermark_jiffies(st);

	if (st1vafe3bx_is_polled(st))
		return max(delay, 1UL);

	return max(ST1VAFE3BX_WATCH_PERIODS * delay, msecs_to_jiffies(ST1VAFE3BX_WATCH_MIN_MS));
}

static unsigned int st1vafe3bx_settle_samples(const struct st1vafe3bx_state *st)
{
	unsigned int accel = ST1VAFE3BX_SETTLE_ACCEL_SAMPLES;
	unsigned int film = DIV_ROUND_UP(st->rate->hz * ST1VAFE3BX_SETTLE_FILM_MS, MSEC_PER_SEC);

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

/* Has nothing come for longer than it should take? */
static bool st1vafe3bx_is_silent(const struct st1vafe3bx_state *st)
{
	unsigned long delay = max(ST1VAFE3BX_WATCH_PERIODS * st1vafe3bx_watermark_jiffies(st),
				  msecs_to_jiffies(ST1VAFE3BX_WATCH_MIN_MS));

	return time_after(jiffies, st->served + delay);
}

/*
 * Looks after the stream: polls the FIFO where there is no interrupt line to rely on,
 * and sets a chip up anew that has stopped to sample or to answer.
 */
static void st1vafe3bx_watch(struct work_struct *work)
{
	struct st1vafe3bx_state *st = container_of(work, struct st1vafe3bx_state, watch.work);
	bool silent, broken;
	int pushed;

	guard(mutex)(&st->lock);

	if (!st->streaming)
		return;

	silent = st1vafe3bx_is_silent(st);
	if (silent || st1vafe3bx_is_polled(st))
		st1vafe3bx_service(st->indio_dev, &pushed);

	broken = st->fails >= ST1VAFE3BX_FAILS_MAX || st1vafe3bx_is_silent(st);
	if (broken) {
		/* an access that failed may be what has woken it */
		fsleep(ST1VAFE3BX_WAKE_MS * USEC_PER_MSEC);
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

	schedule_delayed_work(&st->watch, st1vafe3bx_watch_delay(st));
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
		dev_err_ratelimited(st->dev, "%s cannot be streamed at %u Hz\n",
				    st1vafe3bx_modes[mode].name, st->rate->hz);
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
	st->watermark = val > ST1VAFE3BX_WATERMARK_MIN ? val : ST1VAFE3BX_WATERMARK_DEFAULT;

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

	ret = st1vafe3bx_service(indio_dev, &pushed);

	return ret < 0 ? ret : pushed;
}

static int st1vafe3bx_postenable(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	int ret;

	guard(mutex)(&st->lock);

	st->period_ns = NSEC_PER_SEC / st->rate->hz;
	st->interrupted = false;

	ret = st1vafe3bx_begin(st);
	if (ret) {
		dev_err(st->dev, "cannot start streaming: %d\n", ret);
		st1vafe3bx_stop(st, st->mode, st->rate);
		return ret;
	}

	st->streaming = true;
	if (st->irq)
		enable_irq(st->irq);
	schedule_delayed_work(&st->watch, st1vafe3bx_watch_delay(st));

	return 0;
}

/* Return whether the interrupt line is still to be disabled. */
static bool st1vafe3bx_end_streaming(struct st1vafe3bx_state *st)
{
	bool irq_off;

	guard(mutex)(&st->lock);

	irq_off = st->irq_off;
	st->streaming = false;
	st->irq_off = false;

	return st->irq && !irq_off;
}

static int st1vafe3bx_predisable(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	int ret;

	/* both wait for what may be waiting for the lock */
	if (st1vafe3bx_end_streaming(st))
		disable_irq(st->irq);
	cancel_delayed_work_sync(&st->watch);

	guard(mutex)(&st->lock);

	ret = st1vafe3bx_stop(st, st->mode, st->rate);
	if (ret)
		dev_dbg(st->dev, "cannot stop: %d\n", ret);

	/* a chip that does not answer is no reason to keep the buffer */
	return 0;
}

static const struct iio_buffer_setup_ops st1vafe3bx_buffer_ops = {
	.postenable = st1vafe3bx_postenable,
	.predisable = st1vafe3bx_predisable,
};

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

/* Program PIN_CTRL for what the firmware says of the line; it is written at each reset. */
static int st1vafe3bx_irq_setup(struct iio_dev *indio_dev)
{
	struct st1vafe3bx_state *st = iio_priv(indio_dev);
	u32 type = irq_get_trigger_type(st->irq);
	int ret;

	switch (type) {
	case IRQF_TRIGGER_NONE:
	case IRQF_TRIGGER_HIGH:
	case IRQF_TRIGGER_RISING:
		break;
	case IRQF_TRIGGER_LOW:
	case IRQF_TRIGGER_FALLING:
		st->pin_ctrl |= ST1VAFE3BX_PIN_CTRL_H_LACTIVE_MSK;
		break;
	default:
		return dev_err_probe(st->dev, -EINVAL, "unsupported interrupt type %u\n", type);
	}
	st->irq_edge = type & (IRQF_TRIGGER_RISING | IRQF_TRIGGER_FALLING);

	if (device_property_read_bool(st->dev, "drive-open-drain"))
		st->pin_ctrl |= ST1VAFE3BX_PIN_CTRL_PP_OD_MSK;

	ret = devm_request_threaded_irq(st->dev, st->irq, NULL, st1vafe3bx_irq_thread,
					IRQF_ONESHOT | IRQF_NO_AUTOEN, "st1vafe3bx", indio_dev);
	if (ret)
		return dev_err_probe(st->dev, ret, "cannot request interrupt\n");

	return 0;
}

/**
 * st1vafe3bx_buffer_setup() - give the device its buffer
 * @indio_dev:	not yet registered
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

	st->words = devm_kzalloc(st->dev, ST1VAFE3BX_FIFO_WORDS * ST1VAFE3BX_WORD_SIZE,
				 GFP_KERNEL);
	if (!st->words)
		return -ENOMEM;

	st->watermark = ST1VAFE3BX_WATERMARK_DEFAULT;
	indio_dev->available_scan_masks = st1vafe3bx_scan_masks;

	ret = devm_delayed_work_autocancel(st->dev, &st->watch, st1vafe3bx_watch);
	if (ret)
		return ret;

	if (st->irq) {
		ret = st1vafe3bx_irq_setup(indio_dev);
		if (ret)
			return ret;
	}

	return devm_iio_kfifo_buffer_setup_ext(st->dev, indio_dev, &st1vafe3bx_buffer_ops,
					       st1vafe3bx_buffer_attrs);
}
