// SPDX-License-Identifier: GPL-2.0-only
/*
 * One simulated chip: keeps the model's time, its INT wire, and its place on
 * the bus (plugged in, pulled off, power-cycled).
 */
#include <linux/err.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "sim.h"

/* While a session plays, its records must go by even if the chip sleeps. */
#define FEED_PERIOD_NS	(20 * NSEC_PER_MSEC)

/**
 * bsim_chip_settle() - bring model, INT wire and timer up to @now
 * @chip:	chip->lock held; bsim_line_deliver() must follow without it
 * @now:	CLOCK_MONOTONIC ns
 */
void bsim_chip_settle(struct bsim_chip *chip, u64 now)
{
	u64 next = ~0ULL;

	lockdep_assert_held(&chip->lock);
	/* A transfer on the wire moves the model by itself and settles at its end. */
	if (chip->on_bus)
		return;
	if (chip->present) {
		chip_advance(&chip->model, now);
		bsim_line_set(chip->line, chip->index, chip_int_level(&chip->model),
			      chip_int_driven(&chip->model));
		next = chip_next_event(&chip->model);
	} else {
		bsim_line_set(chip->line, chip->index, false, false);
	}
	bsim_feed_pass(chip, now);
	if (bsim_feed_playing(chip))
		next = min(next, now + FEED_PERIOD_NS);
	if (next != ~0ULL && !chip->dead)
		hrtimer_start(&chip->timer, ns_to_ktime(next), HRTIMER_MODE_ABS);
}

/**
 * bsim_chip_run() - let the chip do what is due, and interrupt if it asks to
 * @chip:	with no lock held
 */
void bsim_chip_run(struct bsim_chip *chip)
{
	unsigned long flags;

	spin_lock_irqsave(&chip->lock, flags);
	bsim_chip_settle(chip, ktime_get_ns());
	spin_unlock_irqrestore(&chip->lock, flags);
	bsim_line_deliver(chip->line);
}

static enum hrtimer_restart chip_timer(struct hrtimer *timer)
{
	bsim_chip_run(container_of(timer, struct bsim_chip, timer));
	return HRTIMER_NORESTART;
}

/* Supply off and on again: registers and FIFO gone, back in deep power-down. */
void bsim_chip_power_cycle(struct bsim_chip *chip)
{
	unsigned long flags;

	spin_lock_irqsave(&chip->lock, flags);
	chip_power_on(&chip->model, &chip->options, bsim_feed_input, chip, ktime_get_ns());
	spin_unlock_irqrestore(&chip->lock, flags);
	bsim_chip_run(chip);
}

static enum hrtimer_restart chip_cycle(struct hrtimer *timer)
{
	bsim_chip_power_cycle(container_of(timer, struct bsim_chip, cycle));
	return HRTIMER_NORESTART;
}

/**
 * bsim_chip_register_client() - make the I2C client that the driver binds to
 * @chip:	sim->present_lock held
 *
 * Return: 0, also if it is there already, or a negative errno.
 */
int bsim_chip_register_client(struct bsim_chip *chip)
{
	struct i2c_board_info info = {
		I2C_BOARD_INFO("st1vafe3bx", chip->addr),
		.irq = chip->sim->wired_int ? chip->line->virq : 0,
		.swnode = chip->sim->client_node.properties ? &chip->sim->client_node : NULL,
	};
	struct i2c_client *client;

	lockdep_assert_held(&chip->sim->present_lock);
	if (chip->client)
		return 0;
	client = i2c_new_client_device(&chip->sim->adapter, &info);
	if (IS_ERR(client))
		return PTR_ERR(client);
	chip->client = client;
	return 0;
}

/**
 * bsim_chip_set_present() - plug the chip in or pull it off
 * @chip:	with no lock held
 * @present:	true also registers the client if there is none
 *
 * Pulled off, it answers nothing and lets INT go, and its client is removed, in
 * this order: the driver finds a dead bus, as it would.
 *
 * Return: 0 or a negative errno.
 */
int bsim_chip_set_present(struct bsim_chip *chip, bool present)
{
	struct bsim *sim = chip->sim;
	bool was;
	int ret = 0;

	mutex_lock(&sim->present_lock);
	spin_lock_irq(&chip->lock);
	was = chip->present;
	chip->present = present;
	if (present && !was)
		chip_power_on(&chip->model, &chip->options, bsim_feed_input, chip, ktime_get_ns());
	spin_unlock_irq(&chip->lock);
	bsim_chip_run(chip);
	if (present) {
		ret = bsim_chip_register_client(chip);
	} else if (chip->client) {
		i2c_unregister_device(chip->client);
		chip->client = NULL;
	}
	mutex_unlock(&sim->present_lock);
	return ret;
}

/**
 * bsim_chip_create() - a chip that has just been powered on
 * @sim:	the bench, its lines made
 * @index:	0 or 1
 *
 * Return: the chip or an ERR_PTR().
 */
struct bsim_chip *bsim_chip_create(struct bsim *sim, unsigned int index)
{
	struct bsim_chip *chip = kzalloc(sizeof(*chip), GFP_KERNEL);
	int ret;

	if (!chip)
		return ERR_PTR(-ENOMEM);
	chip->sim = sim;
	chip->index = index;
	chip->addr = 0x20 + index;
	chip->line = &sim->lines[BSIM_LINE_INT0 + (sim->shared_int ? 0 : index)];
	chip->present = true;
	chip->fail_after = -1;
	chip->pause_at = -1;
	chip->corrupt_at = -1;
	chip->corrupt_mask = 0xff;
	chip->nack_reg = -1;
	spin_lock_init(&chip->lock);
	bsim_timer_setup(&chip->timer, chip_timer);
	bsim_timer_setup(&chip->cycle, chip_cycle);
	chip_options_default(&chip->options);
	chip_power_on(&chip->model, &chip->options, bsim_feed_input, chip, ktime_get_ns());
	ret = bsim_feed_create(chip);
	if (ret) {
		kfree(chip);
		return ERR_PTR(ret);
	}
	return chip;
}

/* No timer and no interrupt of this chip after this. */
void bsim_chip_stop(struct bsim_chip *chip)
{
	spin_lock_irq(&chip->lock);
	chip->dead = true;
	spin_unlock_irq(&chip->lock);
	hrtimer_cancel(&chip->cycle);
	hrtimer_cancel(&chip->timer);
}

void bsim_chip_destroy(struct bsim_chip *chip)
{
	bsim_feed_destroy(chip);
	bsim_chip_stop(chip);
	kfree(chip);
}
