// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPIO lines of the bench: the marker button, an input whose edges interrupt,
 * and the trigger, an output whose edges are remembered with their time.
 */
#include <linux/gpio/driver.h>
#include <linux/irq.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#include "sim.h"

enum { GPIO_MARKER, GPIO_TRIGGER, GPIO_LINES };

static const char *const gpio_names[GPIO_LINES] = { "BACKPOP_MARKER", "BACKPOP_TRIGGER" };

static int bsim_gpio_get_direction(struct gpio_chip *gc, unsigned int offset)
{
	return offset == GPIO_MARKER ? GPIO_LINE_DIRECTION_IN : GPIO_LINE_DIRECTION_OUT;
}

static int bsim_gpio_direction_input(struct gpio_chip *gc, unsigned int offset)
{
	return offset == GPIO_MARKER ? 0 : -EINVAL;
}

static int bsim_gpio_get(struct gpio_chip *gc, unsigned int offset)
{
	struct bsim *sim = gpiochip_get_data(gc);
	struct bsim_line *line = &sim->lines[BSIM_LINE_MARKER];

	return offset == GPIO_MARKER ? READ_ONCE(line->level) : READ_ONCE(sim->trigger_level);
}

static void trigger_set(struct bsim *sim, bool level)
{
	unsigned long flags;

	spin_lock_irqsave(&sim->trigger_lock, flags);
	if (sim->trigger_level != level) {
		struct bsim_edge *edge = &sim->trigger_log[sim->trigger_edges++ % BSIM_EDGES];

		WRITE_ONCE(sim->trigger_level, level);
		edge->t_ns = ktime_get_ns();
		edge->level = level;
	}
	spin_unlock_irqrestore(&sim->trigger_lock, flags);
}

/* int from 6.17 on */
#ifdef BSIM_GPIO_SET_INT
static int bsim_gpio_set(struct gpio_chip *gc, unsigned int offset, int value)
{
	if (offset != GPIO_TRIGGER)
		return -EINVAL;
	trigger_set(gpiochip_get_data(gc), value);
	return 0;
}
#else
static void bsim_gpio_set(struct gpio_chip *gc, unsigned int offset, int value)
{
	if (offset == GPIO_TRIGGER)
		trigger_set(gpiochip_get_data(gc), value);
}
#endif

static int bsim_gpio_direction_output(struct gpio_chip *gc, unsigned int offset, int value)
{
	if (offset != GPIO_TRIGGER)
		return -EINVAL;
	trigger_set(gpiochip_get_data(gc), value);
	return 0;
}

static int bsim_gpio_to_irq(struct gpio_chip *gc, unsigned int offset)
{
	struct bsim *sim = gpiochip_get_data(gc);

	return offset == GPIO_MARKER ? sim->lines[BSIM_LINE_MARKER].virq : -ENXIO;
}

int bsim_gpio_create(struct bsim *sim)
{
	struct gpio_chip *gc = &sim->gpio;

	spin_lock_init(&sim->trigger_lock);
	gc->label = "backpop-sim";
	gc->parent = &sim->pdev->dev;
	gc->owner = THIS_MODULE;
	gc->base = -1;
	gc->ngpio = GPIO_LINES;
	gc->names = gpio_names;
	gc->get_direction = bsim_gpio_get_direction;
	gc->direction_input = bsim_gpio_direction_input;
	gc->direction_output = bsim_gpio_direction_output;
	gc->get = bsim_gpio_get;
	gc->set = bsim_gpio_set;
	gc->to_irq = bsim_gpio_to_irq;
	return gpiochip_add_data(gc, sim);
}

void bsim_gpio_destroy(struct bsim *sim)
{
	gpiochip_remove(&sim->gpio);
}
