// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs/backpop_sim/: counters and logs to check, a button to press.
 *
 *	marker			write 1 / 0: press / release
 *	trigger			"t_ns level" of the last edges; any write clears
 *	chipN/stats		"name value"
 *	chipN/log		"t_ns bank reg value" of the last register writes; any write clears
 *	chipN/bursts		"asked_ns irq_ns samples" of the last bursts from the
 *				FIFO; reading clears
 *	chipN/...		a number each: sim_knobs.c
 */
#include <linux/debugfs.h>
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
	struct dentry *dir;
	char name[8];

	snprintf(name, sizeof(name), "chip%u", chip->index);
	dir = debugfs_create_dir(name, parent);
	debugfs_create_file("stats", 0444, dir, chip, &stats_fops);
	debugfs_create_file("log", 0644, dir, chip, &log_fops);
	debugfs_create_file("bursts", 0444, dir, chip, &bursts_fops);
	bsim_knobs_create(chip, dir);
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
