// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt lines of the bench: an irq domain of its own whose lines behave
 * like wires.  A level line that is still active when it is unmasked interrupts
 * again, an edge seen while masked is delivered at the unmask.
 */
#include <linux/gpio/driver.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "sim.h"

static bool line_wants(const struct bsim_line *line)
{
	if (!line->driven)
		return false;
	switch (line->type) {
	case IRQ_TYPE_LEVEL_HIGH:
		return line->level;
	case IRQ_TYPE_LEVEL_LOW:
		return !line->level;
	default:
		return line->pending;
	}
}

/**
 * bsim_line_deliver() - interrupt if the line asks for it
 * @line:	with no lock held
 */
void bsim_line_deliver(struct bsim_line *line)
{
	u64 now = ktime_get_ns(), held = 0;
	unsigned long flags;
	bool fire;

	raw_spin_lock_irqsave(&line->lock, flags);
	fire = !line->masked && line_wants(line);
	if (fire && now < line->held_until) {
		held = line->held_until;
		fire = false;
	}
	if (fire) {
		line->pending = false;
		line->fired_ns = now;
	}
	raw_spin_unlock_irqrestore(&line->lock, flags);

	if (held)
		hrtimer_start(&line->kick, ns_to_ktime(held), HRTIMER_MODE_ABS);
	if (fire)
		generic_handle_irq_safe(line->virq);
}

/* A linear congruential generator: the same seed, the same delays. */
static u32 line_delay(struct bsim_line *line)
{
	line->seed = line->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (line->seed >> 32) % line->jitter_ns;
}

/**
 * bsim_line_set() - put a level on the wire
 * @line:	its lock not held
 * @source:	who does; where several are wired together, the active level wins
 * @level:	electrical level
 * @driven:	false: it floats and its bias keeps it inactive
 *
 * Safe under chip->lock; bsim_line_deliver() must follow outside of it.
 */
void bsim_line_set(struct bsim_line *line, unsigned int source, bool level, bool driven)
{
	unsigned long flags;
	bool wanted;

	raw_spin_lock_irqsave(&line->lock, flags);
	line->source_level = (line->source_level & ~BIT(source)) | (level ? BIT(source) : 0);
	line->source_driven = (line->source_driven & ~BIT(source)) | (driven ? BIT(source) : 0);
	driven = line->source_driven;
	if (line->type & (IRQ_TYPE_LEVEL_LOW | IRQ_TYPE_EDGE_FALLING) &&
	    line->type != IRQ_TYPE_EDGE_BOTH)
		level = !(line->source_driven & ~line->source_level);
	else
		level = line->source_driven & line->source_level;
	wanted = line_wants(line);
	if (driven && level && !line->level)
		line->pending |= line->type & IRQ_TYPE_EDGE_RISING;
	if (driven && !level && line->level)
		line->pending |= line->type & IRQ_TYPE_EDGE_FALLING;
	line->level = level;
	line->driven = driven;
	if (!wanted && line_wants(line))
		line->asked_ns = ktime_get_ns();
	if (line->jitter_ns && !wanted && line_wants(line))
		line->held_until = max(line->held_until,
				       ktime_get_ns() + line_delay(line));
	raw_spin_unlock_irqrestore(&line->lock, flags);
}

/* Deliver nothing before @until_ns. */
void bsim_line_hold(struct bsim_line *line, u64 until_ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&line->lock, flags);
	line->held_until = until_ns;
	raw_spin_unlock_irqrestore(&line->lock, flags);
}

/* Deliver each assertion up to @jitter_ns late. */
void bsim_line_set_jitter(struct bsim_line *line, u32 jitter_ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&line->lock, flags);
	line->jitter_ns = jitter_ns;
	raw_spin_unlock_irqrestore(&line->lock, flags);
}

void bsim_line_set_seed(struct bsim_line *line, u64 seed)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&line->lock, flags);
	line->seed = seed;
	raw_spin_unlock_irqrestore(&line->lock, flags);
}

static enum hrtimer_restart line_kick(struct hrtimer *timer)
{
	bsim_line_deliver(container_of(timer, struct bsim_line, kick));
	return HRTIMER_NORESTART;
}

static void line_irq_mask(struct irq_data *d)
{
	struct bsim_line *line = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	raw_spin_lock_irqsave(&line->lock, flags);
	line->masked = true;
	raw_spin_unlock_irqrestore(&line->lock, flags);
}

static void line_irq_unmask(struct irq_data *d)
{
	struct bsim_line *line = irq_data_get_irq_chip_data(d);
	unsigned long flags;
	bool wanted;

	raw_spin_lock_irqsave(&line->lock, flags);
	line->masked = false;
	wanted = line_wants(line);
	if (wanted)
		line->asked_ns = ktime_get_ns();
	raw_spin_unlock_irqrestore(&line->lock, flags);
	/* The caller holds the descriptor's lock: deliver from the timer. */
	if (wanted)
		hrtimer_start(&line->kick, ktime_get(), HRTIMER_MODE_ABS);
}

static int line_irq_set_type(struct irq_data *d, unsigned int type)
{
	struct bsim_line *line = irq_data_get_irq_chip_data(d);
	unsigned long flags;

	type &= IRQ_TYPE_SENSE_MASK;
	if (type == IRQ_TYPE_NONE || (type & IRQ_TYPE_EDGE_BOTH && type & IRQ_TYPE_LEVEL_MASK) ||
	    type == IRQ_TYPE_LEVEL_MASK)
		return -EINVAL;
	raw_spin_lock_irqsave(&line->lock, flags);
	line->type = type;
	line->pending = false;
	raw_spin_unlock_irqrestore(&line->lock, flags);
	return 0;
}

static int line_irq_request_resources(struct irq_data *d)
{
	struct bsim_line *line = irq_data_get_irq_chip_data(d);

	if (irqd_to_hwirq(d) == BSIM_LINE_MARKER)
		return gpiochip_reqres_irq(&line->sim->gpio, 0);
	return 0;
}

static void line_irq_release_resources(struct irq_data *d)
{
	struct bsim_line *line = irq_data_get_irq_chip_data(d);

	if (irqd_to_hwirq(d) == BSIM_LINE_MARKER)
		gpiochip_relres_irq(&line->sim->gpio, 0);
}

static struct irq_chip line_irq_chip = {
	.name			= "backpop-sim",
	.irq_mask		= line_irq_mask,
	.irq_unmask		= line_irq_unmask,
	.irq_set_type		= line_irq_set_type,
	.irq_request_resources	= line_irq_request_resources,
	.irq_release_resources	= line_irq_release_resources,
};

static int line_domain_map(struct irq_domain *domain, unsigned int virq, irq_hw_number_t hwirq)
{
	struct bsim *sim = domain->host_data;

	irq_set_chip_data(virq, &sim->lines[hwirq]);
	/* Fits edges too: they stay pending while the line is masked. */
	irq_set_chip_and_handler(virq, &line_irq_chip, handle_level_irq);
	irq_set_noprobe(virq);
	return 0;
}

static void line_domain_unmap(struct irq_domain *domain, unsigned int virq)
{
	irq_set_chip_and_handler(virq, NULL, NULL);
	irq_set_chip_data(virq, NULL);
}

static const struct irq_domain_ops line_domain_ops = {
	.map	= line_domain_map,
	.unmap	= line_domain_unmap,
	.xlate	= irq_domain_xlate_twocell,
};

/* The device tree's node is not ours. */
static void free_irq_node(struct bsim *sim)
{
	if (!sim->of_node)
		irq_domain_free_fwnode(sim->irq_node);
}

/**
 * bsim_lines_create() - make the irq domain and map all its lines
 * @sim:	the bench, its parent device made
 *
 * Return: 0 or a negative errno; -ENOSPC when no interrupt number is free (a
 * User-Mode-Linux kernel without UML_PCI_OVER_VIRTIO).
 */
int bsim_lines_create(struct bsim *sim)
{
	int i;

	for (i = 0; i < BSIM_LINES; i++) {
		struct bsim_line *line = &sim->lines[i];

		line->sim = sim;
		line->seed = i + 1;
		line->masked = true;
		line->type = i == BSIM_LINE_MARKER ? IRQ_TYPE_EDGE_BOTH : sim->int_type;
		line->driven = i == BSIM_LINE_MARKER;
		raw_spin_lock_init(&line->lock);
		bsim_timer_setup(&line->kick, line_kick);
	}
	sim->irq_node = sim->of_node ? of_fwnode_handle(sim->of_node) :
				       irq_domain_alloc_named_fwnode("backpop-sim");
	if (!sim->irq_node)
		return -ENOMEM;
	sim->domain = irq_domain_create_simple(sim->irq_node, BSIM_LINES, 0, &line_domain_ops,
					       sim);
	if (!sim->domain) {
		free_irq_node(sim);
		return -ENOMEM;
	}
	for (i = 0; i < BSIM_LINES; i++) {
		sim->lines[i].virq = irq_create_mapping(sim->domain, i);
		if (!sim->lines[i].virq) {
			dev_err(&sim->pdev->dev, "no free interrupt number\n");
			bsim_lines_destroy(sim);
			return -ENOSPC;
		}
		irq_set_irq_type(sim->lines[i].virq, sim->lines[i].type);
	}
	return 0;
}

void bsim_lines_destroy(struct bsim *sim)
{
	int i;

	for (i = 0; i < BSIM_LINES; i++) {
		if (sim->lines[i].virq)
			irq_dispose_mapping(sim->lines[i].virq);
		hrtimer_cancel(&sim->lines[i].kick);
	}
	irq_domain_remove(sim->domain);
	free_irq_node(sim);
}
