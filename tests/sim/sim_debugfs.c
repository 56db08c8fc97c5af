// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs/backpop_sim/: counters to check, faults to inject, a button to press.
 *
 *	marker			write 1 / 0: press / release
 *	trigger			"t_ns level" of the last edges; any write clears
 *	chipN/stats		"name value"
 *	chipN/log		"t_ns bank reg value" of the last register writes; any write clears
 *	chipN/options/FIELD	struct chip_options
 *	chipN/present		0: pulled off the bus, 1: plugged in
 *	chipN/power_cycle	write 1
 *	chipN/power_cycle_ms	the same after so many ms, for when nobody can write
 *	chipN/nack_next		that many transfers to come are not acknowledged
 *	chipN/nack_after	but so many before them are
 *	chipN/pause_us		the next burst pauses for so long
 *	chipN/pause_at		after so many bytes; 0: waits before it begins
 *	chipN/corrupt_at	this byte, of those read in the next burst, is corrupted
 *	chipN/corrupt_mask	in these bits (all)
 *	chipN/corrupt_level	in these bits the FIFO's level is, when it is read next
 *	chipN/nack_reg		the next write to that register is not acknowledged
 *	chipN/bursts		"asked_ns irq_ns samples" of the last bursts from the
 *				FIFO; reading clears
 *	chipN/fail_after	the next transfer of more bytes than that fails after them
 *	chipN/freeze_irq_ms	INT is not delivered for that long
 *	chipN/irq_jitter_us	each INT is delivered that late at most, at random
 *	chipN/irq_jitter_seed	of that
 */
#include <linux/debugfs.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "sim.h"

static int stats_show(struct seq_file *s, void *unused)
{
	struct bsim_chip *chip = s->private;
	u64 transfers, nacks, underruns;
	struct chip_stats stats;
	s64 t0_ns;
	int i;

	bsim_chip_run(chip);
	spin_lock_irq(&chip->lock);
	stats = *chip_stats(&chip->model);
	transfers = chip->transfers;
	nacks = chip->nacks;
	underruns = chip->feed.underruns;
	t0_ns = chip->feed.t0_ns;
	spin_unlock_irq(&chip->lock);

	seq_printf(s, "samples %llu\n", stats.samples);
	seq_printf(s, "stream_start_ns %llu\n", stats.stream_start_ns);
	seq_printf(s, "words_stored %llu\n", stats.words_stored);
	seq_printf(s, "words_lost %llu\n", stats.words_lost);
	seq_printf(s, "samples_lost %llu\n", stats.samples_lost);
	seq_printf(s, "holes %llu\n", stats.holes);
	seq_printf(s, "reads %llu\n", stats.reads);
	seq_printf(s, "writes %llu\n", stats.writes);
	for (i = 0; i < CHIP_V_COUNT; i++)
		seq_printf(s, "violation_%s %u\n", chip_violation_name(i), stats.violations[i]);
	seq_printf(s, "underruns %llu\n", underruns);
	seq_printf(s, "t0_ns %lld\n", t0_ns);
	seq_printf(s, "i2c_transfers %llu\n", transfers);
	seq_printf(s, "i2c_nacks %llu\n", nacks);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

static int log_show(struct seq_file *s, void *unused)
{
	struct bsim_chip *chip = s->private;
	struct chip_log_entry *log;
	u32 n, i;

	log = kmalloc_array(CHIP_LOG_SIZE, sizeof(*log), GFP_KERNEL);
	if (!log)
		return -ENOMEM;
	spin_lock_irq(&chip->lock);
	n = chip_log(&chip->model, log, CHIP_LOG_SIZE);
	spin_unlock_irq(&chip->lock);
	for (i = 0; i < n; i++)
		seq_printf(s, "%llu %x %02x %02x\n", log[i].t_ns, log[i].bank, log[i].reg,
			   log[i].value);
	kfree(log);
	return 0;
}

static int bursts_show(struct seq_file *s, void *unused)
{
	struct bsim_chip *chip = s->private;
	struct bsim_burst *bursts;
	u32 total, n, i;

	bursts = kmalloc_array(BSIM_BURSTS, sizeof(*bursts), GFP_KERNEL);
	if (!bursts)
		return -ENOMEM;
	spin_lock_irq(&chip->lock);
	total = chip->n_bursts;
	chip->n_bursts = 0;
	memcpy(bursts, chip->bursts, sizeof(chip->bursts));
	spin_unlock_irq(&chip->lock);
	n = min_t(u32, total, BSIM_BURSTS);
	for (i = total - n; i < total; i++)
		seq_printf(s, "%llu %llu %u\n", bursts[i % BSIM_BURSTS].asked_ns,
			   bursts[i % BSIM_BURSTS].irq_ns, bursts[i % BSIM_BURSTS].samples);
	kfree(bursts);
	return 0;
}

/* In one piece: what has been read is gone. */
static int bursts_open(struct inode *inode, struct file *file)
{
	return single_open_size(file, bursts_show, inode->i_private, BSIM_BURSTS * 48);
}

static const struct file_operations bursts_fops = {
	.owner		= THIS_MODULE,
	.open		= bursts_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static ssize_t log_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct bsim_chip *chip = file_inode(file)->i_private;

	spin_lock_irq(&chip->lock);
	chip_log_clear(&chip->model);
	spin_unlock_irq(&chip->lock);
	return len;
}

static int log_open(struct inode *inode, struct file *file)
{
	return single_open(file, log_show, inode->i_private);
}

static const struct file_operations log_fops = {
	.owner		= THIS_MODULE,
	.open		= log_open,
	.read		= seq_read,
	.write		= log_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int trigger_show(struct seq_file *s, void *unused)
{
	struct bsim *sim = s->private;
	struct bsim_edge *log;
	u64 total, n, i;

	log = kmalloc_array(BSIM_EDGES, sizeof(*log), GFP_KERNEL);
	if (!log)
		return -ENOMEM;
	spin_lock_irq(&sim->trigger_lock);
	total = sim->trigger_edges;
	memcpy(log, sim->trigger_log, sizeof(sim->trigger_log));
	spin_unlock_irq(&sim->trigger_lock);
	n = min_t(u64, total, BSIM_EDGES);
	for (i = total - n; i < total; i++)
		seq_printf(s, "%llu %d\n", log[i % BSIM_EDGES].t_ns, log[i % BSIM_EDGES].level);
	kfree(log);
	return 0;
}

static ssize_t trigger_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct bsim *sim = file_inode(file)->i_private;

	spin_lock_irq(&sim->trigger_lock);
	sim->trigger_edges = 0;
	spin_unlock_irq(&sim->trigger_lock);
	return len;
}

static int trigger_open(struct inode *inode, struct file *file)
{
	return single_open(file, trigger_show, inode->i_private);
}

static const struct file_operations trigger_fops = {
	.owner		= THIS_MODULE,
	.open		= trigger_open,
	.read		= seq_read,
	.write		= trigger_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

/*
 * Everything else is one number in a file, of one of these kinds.  The
 * attribute helpers of debugfs know no signed numbers before 6.2.
 */
enum knob {
	/* struct chip_options */
	KNOB_WHO_AM_I,
	KNOB_WAKE,
	KNOB_COMBINED_NEEDS_EN,
	KNOB_FILM_FULL_16BIT,
	KNOB_FULL_READS_ZERO,
	KNOB_OVR_LATE,
	KNOB_TS_AFTER_SAMPLE,
	KNOB_TS_LATCHED_EARLY,
	KNOB_UNSETTLED,
	KNOB_FILM_REVERSED,
	KNOB_WEAK_SELF_TEST,
	KNOB_ODD_RESET,
	KNOB_ODR_ERROR_PPM,
	KNOB_TS_START,
	KNOB_STUCK_INT,
	KNOB_OPTIONS,
	/* struct bsim_chip */
	KNOB_PRESENT = KNOB_OPTIONS,
	KNOB_POWER_CYCLE,
	KNOB_POWER_CYCLE_MS,
	KNOB_NACK_NEXT,
	KNOB_NACK_AFTER,
	KNOB_FAIL_AFTER,
	KNOB_PAUSE_AT,
	KNOB_PAUSE_US,
	KNOB_CORRUPT_AT,
	KNOB_CORRUPT_MASK,
	KNOB_CORRUPT_LEVEL,
	KNOB_NACK_REG,
	KNOB_FREEZE_IRQ_MS,
	KNOB_IRQ_JITTER_US,
	KNOB_IRQ_JITTER_SEED,
	KNOBS,
};

static const struct knob_info {
	const char *name;
	s64 min, max;
} knobs[KNOBS] = {
	[KNOB_WHO_AM_I]		 = { "who_am_i", 0, U8_MAX },
	[KNOB_WAKE]		 = { "wake", CHIP_WAKE_NACK, CHIP_WAKE_GARBAGE },
	[KNOB_COMBINED_NEEDS_EN] = { "combined_needs_en", 0, 1 },
	[KNOB_FILM_FULL_16BIT]	 = { "film_full_16bit", 0, 1 },
	[KNOB_FULL_READS_ZERO]	 = { "full_reads_zero", 0, 1 },
	[KNOB_OVR_LATE]		 = { "ovr_late", 0, 1 },
	[KNOB_TS_AFTER_SAMPLE]	 = { "ts_after_sample", 0, 1 },
	[KNOB_TS_LATCHED_EARLY]	 = { "ts_latched_early", 0, 1 },
	[KNOB_UNSETTLED]	 = { "unsettled", 0, 10 },
	[KNOB_FILM_REVERSED]	 = { "film_reversed", 0, 1 },
	[KNOB_WEAK_SELF_TEST]	 = { "weak_self_test", 0, 1 },
	[KNOB_ODD_RESET]	 = { "odd_reset", 0, 1 },
	[KNOB_ODR_ERROR_PPM]	 = { "odr_error_ppm", -100000, 100000 },
	[KNOB_TS_START]		 = { "ts_start", 0, U32_MAX },
	[KNOB_STUCK_INT]	 = { "stuck_int", -1, 1 },
	[KNOB_PRESENT]		 = { "present", 0, 1 },
	[KNOB_POWER_CYCLE]	 = { "power_cycle", 1, 1 },
	[KNOB_POWER_CYCLE_MS]	 = { "power_cycle_ms", 1, 3600000 },
	[KNOB_NACK_NEXT]	 = { "nack_next", 0, S32_MAX },
	[KNOB_FAIL_AFTER]	 = { "fail_after", -1, S32_MAX },
	[KNOB_NACK_AFTER]	 = { "nack_after", 0, S32_MAX },
	[KNOB_PAUSE_AT]		 = { "pause_at", -1, S32_MAX },
	[KNOB_PAUSE_US]		 = { "pause_us", 0, 3600000000LL },
	[KNOB_CORRUPT_AT]	 = { "corrupt_at", -1, S32_MAX },
	[KNOB_CORRUPT_MASK]	 = { "corrupt_mask", 0, U8_MAX },
	[KNOB_CORRUPT_LEVEL]	 = { "corrupt_level", 0, U8_MAX },
	[KNOB_NACK_REG]		 = { "nack_reg", -1, S8_MAX },
	[KNOB_FREEZE_IRQ_MS]	 = { "freeze_irq_ms", 0, 3600000 },
	[KNOB_IRQ_JITTER_US]	 = { "irq_jitter_us", 0, 1000000 },
	[KNOB_IRQ_JITTER_SEED]	 = { "irq_jitter_seed", 0, U32_MAX },
};

static s64 knob_get(struct bsim_chip *chip, enum knob knob)
{
	const struct chip_options *o = &chip->options;

	switch (knob) {
	case KNOB_WHO_AM_I:
		return o->who_am_i;
	case KNOB_WAKE:
		return o->wake;
	case KNOB_COMBINED_NEEDS_EN:
		return o->combined_needs_en;
	case KNOB_FILM_FULL_16BIT:
		return o->film_full_16bit;
	case KNOB_FULL_READS_ZERO:
		return o->full_reads_zero;
	case KNOB_OVR_LATE:
		return o->ovr_late;
	case KNOB_TS_AFTER_SAMPLE:
		return o->ts_after_sample;
	case KNOB_TS_LATCHED_EARLY:
		return o->ts_latched_early;
	case KNOB_UNSETTLED:
		return o->unsettled;
	case KNOB_FILM_REVERSED:
		return o->film_reversed;
	case KNOB_WEAK_SELF_TEST:
		return o->weak_self_test;
	case KNOB_ODD_RESET:
		return o->odd_reset;
	case KNOB_ODR_ERROR_PPM:
		return o->odr_error_ppm;
	case KNOB_TS_START:
		return o->ts_start;
	case KNOB_STUCK_INT:
		return o->stuck_int;
	case KNOB_PRESENT:
		return chip->present;
	case KNOB_NACK_NEXT:
		return chip->nack_next;
	case KNOB_FAIL_AFTER:
		return chip->fail_after;
	case KNOB_NACK_AFTER:
		return chip->nack_after;
	case KNOB_PAUSE_AT:
		return chip->pause_at;
	case KNOB_PAUSE_US:
		return div_u64(chip->pause_ns, NSEC_PER_USEC);
	case KNOB_CORRUPT_AT:
		return chip->corrupt_at;
	case KNOB_CORRUPT_MASK:
		return chip->corrupt_mask;
	case KNOB_CORRUPT_LEVEL:
		return chip->corrupt_level;
	case KNOB_NACK_REG:
		return chip->nack_reg;
	case KNOB_IRQ_JITTER_US:
		return chip->line->jitter_ns / NSEC_PER_USEC;
	default:
		return 0;	/* the others are events, not states */
	}
}

static void set_option(struct bsim_chip *chip, enum knob knob, s64 value)
{
	struct chip_options *o = &chip->options;

	switch (knob) {
	case KNOB_WHO_AM_I:
		o->who_am_i = value;
		break;
	case KNOB_WAKE:
		o->wake = value;
		break;
	case KNOB_COMBINED_NEEDS_EN:
		o->combined_needs_en = value;
		break;
	case KNOB_FILM_FULL_16BIT:
		o->film_full_16bit = value;
		break;
	case KNOB_FULL_READS_ZERO:
		o->full_reads_zero = value;
		break;
	case KNOB_OVR_LATE:
		o->ovr_late = value;
		break;
	case KNOB_TS_AFTER_SAMPLE:
		o->ts_after_sample = value;
		break;
	case KNOB_TS_LATCHED_EARLY:
		o->ts_latched_early = value;
		break;
	case KNOB_UNSETTLED:
		o->unsettled = value;
		break;
	case KNOB_FILM_REVERSED:
		o->film_reversed = value;
		break;
	case KNOB_WEAK_SELF_TEST:
		o->weak_self_test = value;
		break;
	case KNOB_ODD_RESET:
		o->odd_reset = value;
		break;
	case KNOB_ODR_ERROR_PPM:
		o->odr_error_ppm = value;
		break;
	case KNOB_TS_START:
		o->ts_start = value;
		break;
	default:
		o->stuck_int = value;
	}
	chip_set_options(&chip->model, o, ktime_get_ns());
}

static int knob_set(struct bsim_chip *chip, enum knob knob, s64 value)
{
	switch (knob) {
	case KNOB_PRESENT:
		return bsim_chip_set_present(chip, value);
	case KNOB_POWER_CYCLE:
		bsim_chip_power_cycle(chip);
		return 0;
	case KNOB_POWER_CYCLE_MS:
		hrtimer_start(&chip->cycle,
			      ktime_add_ms(ktime_get(), value), HRTIMER_MODE_ABS);
		return 0;
	case KNOB_FREEZE_IRQ_MS:
		bsim_line_hold(chip->line, ktime_get_ns() + value * NSEC_PER_MSEC);
		return 0;
	case KNOB_IRQ_JITTER_US:
		bsim_line_set_jitter(chip->line, value * NSEC_PER_USEC);
		return 0;
	case KNOB_IRQ_JITTER_SEED:
		bsim_line_set_seed(chip->line, value);
		return 0;
	default:
		break;
	}
	spin_lock_irq(&chip->lock);
	switch (knob) {
	case KNOB_NACK_NEXT:
		chip->nack_next = value;
		break;
	case KNOB_NACK_AFTER:
		chip->nack_after = value;
		break;
	case KNOB_FAIL_AFTER:
		chip->fail_after = value;
		break;
	case KNOB_PAUSE_AT:
		chip->pause_at = value;
		break;
	case KNOB_PAUSE_US:
		chip->pause_ns = value * NSEC_PER_USEC;
		break;
	case KNOB_CORRUPT_AT:
		chip->corrupt_at = value;
		break;
	case KNOB_CORRUPT_MASK:
		chip->corrupt_mask = value;
		break;
	case KNOB_CORRUPT_LEVEL:
		chip->corrupt_level = value;
		break;
	case KNOB_NACK_REG:
		chip->nack_reg = value;
		break;
	default:
		set_option(chip, knob, value);
	}
	spin_unlock_irq(&chip->lock);
	bsim_chip_run(chip);
	return 0;
}

/* The file's name says which knob it is; its data is the chip. */
static int knob_of(struct file *file)
{
	const char *name = file->f_path.dentry->d_name.name;
	int i;

	for (i = 0; i < KNOBS; i++)
		if (!strcmp(knobs[i].name, name))
			return i;
	return -ENOENT;
}

static ssize_t knob_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct bsim_chip *chip = file_inode(file)->i_private;
	int knob = knob_of(file), n;
	char text[24];
	s64 value;

	if (knob < 0)
		return knob;
	spin_lock_irq(&chip->lock);
	value = knob_get(chip, knob);
	spin_unlock_irq(&chip->lock);
	n = scnprintf(text, sizeof(text), "%lld\n", value);
	return simple_read_from_buffer(buf, len, pos, text, n);
}

static ssize_t knob_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct bsim_chip *chip = file_inode(file)->i_private;
	int knob = knob_of(file), ret;
	s64 value;

	if (knob < 0)
		return knob;
	ret = kstrtoll_from_user(buf, len, 0, &value);
	if (ret)
		return ret;
	if (value < knobs[knob].min || value > knobs[knob].max)
		return -ERANGE;
	ret = knob_set(chip, knob, value);
	return ret ? ret : len;
}

static const struct file_operations knob_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.read	= knob_read,
	.write	= knob_write,
	.llseek	= default_llseek,
};

static ssize_t marker_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct bsim *sim = file_inode(file)->i_private;
	bool pressed;
	int ret;

	ret = kstrtobool_from_user(buf, len, &pressed);
	if (ret)
		return ret;
	bsim_line_set(&sim->lines[BSIM_LINE_MARKER], 0, pressed, true);
	bsim_line_deliver(&sim->lines[BSIM_LINE_MARKER]);
	return len;
}

static ssize_t marker_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct bsim *sim = file_inode(file)->i_private;
	bool pressed = READ_ONCE(sim->lines[BSIM_LINE_MARKER].level);

	return simple_read_from_buffer(buf, len, pos, pressed ? "1\n" : "0\n", 2);
}

static const struct file_operations marker_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.read	= marker_read,
	.write	= marker_write,
	.llseek	= default_llseek,
};

static void chip_create_files(struct bsim_chip *chip, struct dentry *parent)
{
	struct dentry *dir, *options;
	char name[8];
	int i;

	snprintf(name, sizeof(name), "chip%u", chip->index);
	dir = debugfs_create_dir(name, parent);
	options = debugfs_create_dir("options", dir);
	debugfs_create_file("stats", 0444, dir, chip, &stats_fops);
	debugfs_create_file("log", 0644, dir, chip, &log_fops);
	debugfs_create_file("bursts", 0444, dir, chip, &bursts_fops);
	for (i = 0; i < KNOBS; i++)
		debugfs_create_file(knobs[i].name, 0644, i < KNOB_OPTIONS ? options : dir, chip,
				    &knob_fops);
}

void bsim_debugfs_create(struct bsim *sim)
{
	unsigned int i;

	sim->dir = debugfs_create_dir("backpop_sim", NULL);
	debugfs_create_file("marker", 0644, sim->dir, sim, &marker_fops);
	debugfs_create_file("trigger", 0644, sim->dir, sim, &trigger_fops);
	for (i = 0; i < sim->n_chips; i++)
		chip_create_files(sim->chips[i], sim->dir);
}

/* Waits for whoever is inside one of the files. */
void bsim_debugfs_destroy(struct bsim *sim)
{
	debugfs_remove_recursive(sim->dir);
}
