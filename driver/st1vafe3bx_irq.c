// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: the interrupt line, which may be shared.
 *
 * A line that others use as well cannot be disabled.  So the handler is there only while
 * a stream listens to it.
 */

#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/property.h>
#include <linux/regmap.h>
#include <linux/timekeeping.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "st1vafe3bx.h"

/*
 * Interrupts without cause, since the last with one, that the line is given, if they
 * come as fast as the bus can look after them.  Slower ones are another chip's, while
 * a reader's flushes leave this one no cause.
 */
#define ST1VAFE3BX_IDLE_MAX		100
#define ST1VAFE3BX_IDLE_MS		250

/* A line that still asks, but is given up or not to be served yet, must leave the processor. */
#define ST1VAFE3BX_DAMPING_US		1000

/**
 * st1vafe3bx_irq_quiet() - let the chip ask for nothing
 * @st:		the chip, locked
 *
 * Return: true if it has heard that.
 */
bool st1vafe3bx_irq_quiet(struct st1vafe3bx_state *st)
{
	/* a chip that fails is set up anew anyway */
	if (st->fails)
		return false;

	if (regmap_write(st->regmap, ST1VAFE3BX_CTRL2_REG, 0)) {
		st1vafe3bx_note_failure(st);
		st->stats.bus_errors++;
		return false;
	}

	return true;
}

/**
 * st1vafe3bx_irq_off() - poll for a while instead of listening to the line
 * @st:		the chip, locked
 * @retry_ms:	for how long
 */
void st1vafe3bx_irq_off(struct st1vafe3bx_state *st, unsigned int retry_ms)
{
	if (!st->irq || st->irq_off)
		return;

	st1vafe3bx_irq_quiet(st);
	st->irq_off = true;
	st->irq_retry = jiffies + msecs_to_jiffies(retry_ms);
	/* the one that schedule_delayed_work() takes: else it could run twice at once */
	mod_delayed_work(system_percpu_wq, &st->watch, 0);
}

/**
 * st1vafe3bx_irq_on() - listen to the line again
 * @st:		the chip, locked
 */
void st1vafe3bx_irq_on(struct st1vafe3bx_state *st)
{
	if (!st->irq_off)
		return;

	if (regmap_write(st->regmap, ST1VAFE3BX_CTRL2_REG, ST1VAFE3BX_CTRL2_STREAM)) {
		st1vafe3bx_note_failure(st);
		st->stats.bus_errors++;
		return;
	}

	st->irq_off = false;
	st->idle = 0;
}

/* Return true if this chip had asked; @again: it may ask already, without saying so. */
static bool st1vafe3bx_irq_serve(struct st1vafe3bx_state *st, bool *again)
{
	int pushed, words;

	/*
	 * A chip that goes on asking is awake, and the next try is worth it; but an edge,
	 * somebody else, or what came before the failure says nothing of it.  Not for long,
	 * because until this is done the line is masked for whom it is shared with.
	 */
	if (st->fails && (st->idle || st->irq_edge || st->irq_ns <= st->failed_ns) &&
	    st1vafe3bx_waking_ns(st) > 0) {
		fsleep(ST1VAFE3BX_DAMPING_US);
		*again = st->irq_edge;
		return false;
	}

	words = st1vafe3bx_service(st->indio_dev, true, &pushed);
	/* an edge comes again only if the line has been inactive in between */
	*again = st->irq_edge && words > 0 && !st->fails;

	if (words < 0) {
		if (st->fails >= ST1VAFE3BX_FAILS_MAX)
			st1vafe3bx_irq_off(st, 0);
		return true;
	}

	if (words || st->irq_edge)
		return words;

	/* another chip, or a flush that was quicker; but not that often */
	if (!st->idle++)
		st->idle_since = jiffies;
	if (st->idle < ST1VAFE3BX_IDLE_MAX)
		return false;

	if (time_before(jiffies, st->idle_since + msecs_to_jiffies(ST1VAFE3BX_IDLE_MS))) {
		dev_err_ratelimited(st->dev, "interrupt line is stuck, polling\n");
		st1vafe3bx_irq_off(st, ST1VAFE3BX_LINE_RETRY_MS);
	}
	st->idle = 0;

	return false;
}

static irqreturn_t st1vafe3bx_irq_handler(int irq, void *p)
{
	struct st1vafe3bx_state *st = p;

	/* the line is masked, then, until the thread has done */
	st->irq_ns = ktime_get_ns();

	return IRQ_WAKE_THREAD;
}

static irqreturn_t st1vafe3bx_irq_thread(int irq, void *p)
{
	struct st1vafe3bx_state *st = p;
	bool ours = false, listens, again;

	/* on a bus that is too slow it would never end: the lock is for others in between */
	do {
		again = false;
		mutex_lock(&st->lock);
		listens = st->streaming && !st->irq_off;
		if (listens)
			ours |= st1vafe3bx_irq_serve(st, &again);
		mutex_unlock(&st->lock);
	} while (again);

	if (!listens)
		fsleep(ST1VAFE3BX_DAMPING_US);

	return ours ? IRQ_HANDLED : IRQ_NONE;
}

/**
 * st1vafe3bx_irq_settle() - have the handler if, and only if, the stream listens
 * @st:		the chip, not locked; never run twice at once
 *
 * Return: 0, or why the line cannot be had.
 */
int st1vafe3bx_irq_settle(struct st1vafe3bx_state *st)
{
	bool listens;
	int ret;

	mutex_lock(&st->lock);
	listens = st->irq && st->streaming && !st->irq_off;
	mutex_unlock(&st->lock);

	if (listens == st->irq_held)
		return 0;

	if (!listens) {
		free_irq(st->irq, st);
		st->irq_held = false;
		return 0;
	}

	ret = request_threaded_irq(st->irq, st1vafe3bx_irq_handler, st1vafe3bx_irq_thread,
				   IRQF_ONESHOT | IRQF_SHARED, "st1vafe3bx", st);
	if (ret) {
		dev_err(st->dev, "cannot request interrupt: %d\n", ret);
		return ret;
	}
	st->irq_held = true;

	return 0;
}

/**
 * st1vafe3bx_irq_setup() - learn how the line is wired
 * @st:		the chip
 *
 * PIN_CTRL follows what the firmware says of it, and is written at each reset.
 *
 * Return: 0, or -EINVAL for a trigger that the chip has not.
 */
int st1vafe3bx_irq_setup(struct st1vafe3bx_state *st)
{
	u32 type = irq_get_trigger_type(st->irq);

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

	return 0;
}
