/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backpop_sim, a bench in a kernel module: simulated chips on a simulated I2C
 * bus, their interrupt lines, the marker button and the trigger output.
 *
 * Locks, outermost first: sim->present_lock (mutex), chip->lock (chip model and
 * feed), line->lock (raw, because irq_chip callbacks take it).  Interrupts are
 * delivered with none of them held.
 */
#ifndef BACKPOP_SIM_H
#define BACKPOP_SIM_H

#include <linux/gpio/driver.h>
#include <linux/hrtimer.h>
#include <linux/i2c.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/property.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "backpop_sim_uapi.h"
#include "chip_model_state.h"

#define BSIM_CHIPS	2
#define BSIM_EDGES	256
#define BSIM_BURSTS	2048
#define BSIM_PROPERTIES	6
/* A transfer of so many bytes is a burst from the FIFO. */
#define BSIM_BURST_BYTES	32

struct dentry;
struct device_node;
struct fwnode_handle;
struct irq_domain;
struct platform_device;
struct bsim;

/* hwirq numbers */
enum { BSIM_LINE_INT0, BSIM_LINE_INT1, BSIM_LINE_MARKER, BSIM_LINES };

/**
 * struct bsim_line - one wire that can interrupt
 * @lock:	all of the following but @kick
 * @type:	IRQ_TYPE_*
 * @source_level, @source_driven: of each that is wired to it, a bit
 * @pending:	an edge was seen and not delivered
 * @held_until:	no delivery before (fault injection), CLOCK_MONOTONIC ns
 * @jitter_ns:	each assertion is delivered that late at most, at random
 * @seed:	of that
 * @asked_ns:	when the line last began to ask for an interrupt
 * @fired_ns:	when the last one was delivered
 * @kick:	delivers from a clean context when an irq_chip callback finds work
 */
struct bsim_line {
	struct bsim *sim;
	raw_spinlock_t lock;
	unsigned int virq;
	unsigned int type;
	bool masked;
	bool level;
	bool driven;
	u8 source_level;
	u8 source_driven;
	bool pending;
	u64 held_until;
	u32 jitter_ns;
	u64 seed;
	u64 asked_ns;
	u64 fired_ns;
	struct hrtimer kick;
};

/* A burst: when the line asked for it and got its interrupt, and samples it carried. */
struct bsim_burst {
	u64 asked_ns;
	u64 irq_ns;
	u32 samples;
};

/**
 * struct bsim_feed - what a feeder has written and the chip has not yet seen
 *
 * Record @head is due at @head_ns + @head_frac / rate_mhz.  Protected by
 * chip->lock.
 */
struct bsim_feed {
	struct miscdevice misc;
	char name[16];
	bool open;
	bool have_header;
	bool started;
	bool ended;
	bool dry;
	u32 rate_mhz;
	u32 step_ns;
	u32 step_frac;
	struct bsim_feed_sample *queue;
	u32 head;
	u32 count;
	u64 head_ns;
	u32 head_frac;
	s64 t0_ns;
	u64 underruns;
	wait_queue_head_t wait;
};

/**
 * struct bsim_chip - one chip and what is around it
 * @lock:	@model, @feed, @on_bus, @present, @dead, the fault counters
 * @on_bus:	a transfer is on the wire: bus time, not the timer, moves the model
 * @present:	powered and connected
 * @dead:	module going away: no timer any more
 * @cycle:	a power cycle to come (fault injection)
 * @nack_after:	transfers that pass before @nack_next counts
 * @pause_at, @pause_ns: the next burst pauses after so many bytes, -1 = off
 * @corrupt_at, @corrupt_mask: bits turned over in that byte that is read in the next burst,
 *		-1 = off
 * @corrupt_level: bits turned over in the FIFO's level when it is read next
 * @nack_reg:	the next write to that register is not acknowledged, -1 = off
 * @bursts:	the last BSIM_BURSTS of @n_bursts
 * @client:	registered by us, under sim->present_lock
 */
struct bsim_chip {
	struct bsim *sim;
	unsigned int index;
	u16 addr;
	spinlock_t lock;	/* see @lock */
	struct chip model;
	struct chip_options options;
	struct bsim_feed feed;
	struct bsim_line *line;
	struct hrtimer timer;
	struct hrtimer cycle;
	bool on_bus;
	bool present;
	bool dead;
	u32 nack_next;
	u32 nack_after;
	s32 fail_after;		/* bytes, -1 = off */
	s32 pause_at;
	u64 pause_ns;
	s32 corrupt_at;
	u8 corrupt_mask;
	u8 corrupt_level;
	s32 nack_reg;
	u32 n_bursts;
	struct bsim_burst bursts[BSIM_BURSTS];
	u64 transfers;
	u64 nacks;
	struct i2c_client *client;
};

struct bsim_edge {
	u64 t_ns;
	bool level;
};

struct bsim {
	struct platform_device *pdev;
	struct fwnode_handle *node;
	struct device_node *of_node;	/* the bus in a device tree, or NULL */
	struct fwnode_handle *irq_node;
	struct irq_domain *domain;
	struct bsim_line lines[BSIM_LINES];
	struct i2c_adapter adapter;
	struct i2c_adapter_quirks quirks;
	unsigned int scl_hz;
	unsigned int int_type;
	unsigned int max_read;
	bool shared_int;
	bool wired_int;
	unsigned int n_chips;
	struct bsim_chip *chips[BSIM_CHIPS];
	struct property_entry client_properties[BSIM_PROPERTIES + 1];
	struct software_node client_node;
	struct mutex present_lock;	/* chips[]->client, plugging and pulling */
	struct gpio_chip gpio;
	/* trigger_* */
	spinlock_t trigger_lock;
	bool trigger_level;
	struct bsim_edge trigger_log[BSIM_EDGES];
	u64 trigger_edges;
	struct dentry *dir;
};

static inline void bsim_timer_setup(struct hrtimer *timer,
				    enum hrtimer_restart (*fn)(struct hrtimer *))
{
/* 6.13 */
#ifdef BSIM_HRTIMER_SETUP
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	timer->function = fn;
#endif
}

/* sim_line.c */
int bsim_lines_create(struct bsim *sim);
void bsim_lines_destroy(struct bsim *sim);
void bsim_line_set(struct bsim_line *line, unsigned int source, bool level, bool driven);
void bsim_line_deliver(struct bsim_line *line);
void bsim_line_hold(struct bsim_line *line, u64 until_ns);
void bsim_line_set_jitter(struct bsim_line *line, u32 jitter_ns);
void bsim_line_set_seed(struct bsim_line *line, u64 seed);

/* sim_chip.c */
struct bsim_chip *bsim_chip_create(struct bsim *sim, unsigned int index);
void bsim_chip_stop(struct bsim_chip *chip);
void bsim_chip_destroy(struct bsim_chip *chip);
void bsim_chip_settle(struct bsim_chip *chip, u64 now);
void bsim_chip_run(struct bsim_chip *chip);
void bsim_chip_power_cycle(struct bsim_chip *chip);
int bsim_chip_set_present(struct bsim_chip *chip, bool present);
int bsim_chip_register_client(struct bsim_chip *chip);

/* sim_bus.c */
int bsim_bus_create(struct bsim *sim);
void bsim_bus_destroy(struct bsim *sim);

/* sim_gpio.c */
int bsim_gpio_create(struct bsim *sim);
void bsim_gpio_destroy(struct bsim *sim);

/* sim_feed.c */
int bsim_feed_create(struct bsim_chip *chip);
void bsim_feed_destroy(struct bsim_chip *chip);
void bsim_feed_input(void *ctx, u64 t_ns, struct chip_input *in);
void bsim_feed_pass(struct bsim_chip *chip, u64 now);
bool bsim_feed_playing(const struct bsim_chip *chip);

/* sim_knobs.c */
void bsim_knobs_create(struct bsim_chip *chip, struct dentry *dir);

/* sim_debugfs.c */
void bsim_debugfs_create(struct bsim *sim);
void bsim_debugfs_destroy(struct bsim *sim);

#endif
