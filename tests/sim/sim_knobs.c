// SPDX-License-Identifier: GPL-2.0-only
/*
 * debugfs/backpop_sim/chipN/: numbers to set, that say how the chip is and what goes wrong.
 *
 *	options/FIELD		struct chip_options
 *	present			0: pulled off the bus, 1: plugged in
 *	power_cycle		write 1
 *	power_cycle_ms		the same after so many ms, for when nobody can write
 *	nack_next		that many transfers to come are not acknowledged
 *	nack_after		but so many before them are
 *	nack_reg		the next write to that register is not acknowledged
 *	fail_after		the next transfer of more bytes than that fails after them
 *	pause_us		the next burst pauses for so long
 *	pause_at		after so many bytes; 0: waits before it begins
 *	corrupt_at		this byte, of those read in the next burst, is corrupted
 *	corrupt_mask		in these bits (all)
 *	corrupt_level		in these bits the FIFO's level is, when it is read next
 *	freeze_irq_ms		INT is not delivered for that long
 *	irq_jitter_us		each INT is delivered that late at most, at random
 *	irq_jitter_seed		of that
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "sim.h"

/**
 * struct knob - one number in a file
 * @name:	of the file
 * @min:	least value that is taken
 * @max:	greatest
 * @offset:	of the field of struct bsim_chip that it is; one with negative values is an s32
 * @size:	of that field
 * @option:	it is one of the model's options
 * @get:	for what is not a field; without one it is an event, and reads 0.  With the
 *		chip's lock held
 * @set:	for what is not a field, without the lock
 */
struct knob {
	const char *name;
	s64 min;
	s64 max;
	size_t offset;
	size_t size;
	bool option;
	s64 (*get)(const struct bsim_chip *chip);
	int (*set)(struct bsim_chip *chip, s64 value);
};

static s64 get_present(const struct bsim_chip *chip)
{
	return chip->present;
}

static int set_present(struct bsim_chip *chip, s64 value)
{
	return bsim_chip_set_present(chip, value);
}

static int power_cycle(struct bsim_chip *chip, s64 value)
{
	bsim_chip_power_cycle(chip);
	return 0;
}

static int power_cycle_later(struct bsim_chip *chip, s64 ms)
{
	hrtimer_start(&chip->cycle, ktime_add_ms(ktime_get(), ms), HRTIMER_MODE_ABS);
	return 0;
}

static s64 get_pause(const struct bsim_chip *chip)
{
	return div_u64(chip->pause_ns, NSEC_PER_USEC);
}

static int set_pause(struct bsim_chip *chip, s64 us)
{
	spin_lock_irq(&chip->lock);
	chip->pause_ns = us * NSEC_PER_USEC;
	spin_unlock_irq(&chip->lock);
	return 0;
}

static int freeze_irq(struct bsim_chip *chip, s64 ms)
{
	bsim_line_hold(chip->line, ktime_get_ns() + ms * NSEC_PER_MSEC);
	return 0;
}

static s64 get_jitter(const struct bsim_chip *chip)
{
	return chip->line->jitter_ns / NSEC_PER_USEC;
}

static int set_jitter(struct bsim_chip *chip, s64 us)
{
	bsim_line_set_jitter(chip->line, us * NSEC_PER_USEC);
	return 0;
}

static int set_seed(struct bsim_chip *chip, s64 value)
{
	bsim_line_set_seed(chip->line, value);
	return 0;
}

#define FIELD(field, least, most) {					\
	.name = #field, .min = least, .max = most,			\
	.offset = offsetof(struct bsim_chip, field),			\
	.size = sizeof_field(struct bsim_chip, field),			\
}

#define OPTION(field, least, most) {					\
	.name = #field, .min = least, .max = most,			\
	.offset = offsetof(struct bsim_chip, options.field),		\
	.size = sizeof_field(struct chip_options, field),		\
	.option = true,							\
}

static const struct knob options[] = {
	OPTION(who_am_i, 0, U8_MAX),
	OPTION(wake, CHIP_WAKE_NACK, CHIP_WAKE_GARBAGE),
	OPTION(combined_needs_en, 0, 1),
	OPTION(film_full_16bit, 0, 1),
	OPTION(full_reads_zero, 0, 1),
	OPTION(ovr_late, 0, 1),
	OPTION(ts_after_sample, 0, 1),
	OPTION(ts_latched_early, 0, 1),
	OPTION(unsettled, 0, 10),
	OPTION(film_reversed, 0, 1),
	OPTION(weak_self_test, 0, 1),
	OPTION(odd_reset, 0, 1),
	OPTION(odr_error_ppm, -100000, 100000),
	OPTION(ts_start, 0, U32_MAX),
	OPTION(stuck_int, -1, 1),
};

static const struct knob knobs[] = {
	FIELD(nack_next, 0, S32_MAX),
	FIELD(nack_after, 0, S32_MAX),
	FIELD(nack_reg, -1, S8_MAX),
	FIELD(fail_after, -1, S32_MAX),
	FIELD(pause_at, -1, S32_MAX),
	FIELD(corrupt_at, -1, S32_MAX),
	FIELD(corrupt_mask, 0, U8_MAX),
	FIELD(corrupt_level, 0, U8_MAX),
	{ "present", 0, 1, .get = get_present, .set = set_present },
	{ "power_cycle", 1, 1, .set = power_cycle },
	{ "power_cycle_ms", 1, 3600000, .set = power_cycle_later },
	{ "pause_us", 0, 3600000000LL, .get = get_pause, .set = set_pause },
	{ "freeze_irq_ms", 0, 3600000, .set = freeze_irq },
	{ "irq_jitter_us", 0, 1000000, .get = get_jitter, .set = set_jitter },
	{ "irq_jitter_seed", 0, U32_MAX, .set = set_seed },
};

static s64 get_field(const struct bsim_chip *chip, const struct knob *knob)
{
	const void *at = (const u8 *)chip + knob->offset;

	if (knob->size == sizeof(u8))
		return *(const u8 *)at;
	if (knob->min < 0)
		return *(const s32 *)at;
	return *(const u32 *)at;
}

static void set_field(struct bsim_chip *chip, const struct knob *knob, s64 value)
{
	void *at = (u8 *)chip + knob->offset;

	spin_lock_irq(&chip->lock);
	if (knob->size == sizeof(u8))
		*(u8 *)at = value;
	else
		*(u32 *)at = value;
	if (knob->option)
		chip_set_options(&chip->model, &chip->options, ktime_get_ns());
	spin_unlock_irq(&chip->lock);
	bsim_chip_run(chip);
}

/* The file's name says which knob it is; its data is the chip. */
static const struct knob *knob_of(struct file *file)
{
	const char *name = file->f_path.dentry->d_name.name;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		if (!strcmp(knobs[i].name, name))
			return &knobs[i];
	return NULL;
}

static ssize_t knob_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct bsim_chip *chip = file_inode(file)->i_private;
	const struct knob *knob = knob_of(file);
	char text[24];
	s64 value = 0;
	int n;

	if (!knob)
		return -ENOENT;
	spin_lock_irq(&chip->lock);
	if (knob->size)
		value = get_field(chip, knob);
	else if (knob->get)
		value = knob->get(chip);
	spin_unlock_irq(&chip->lock);
	n = scnprintf(text, sizeof(text), "%lld\n", value);
	return simple_read_from_buffer(buf, len, pos, text, n);
}

static ssize_t knob_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct bsim_chip *chip = file_inode(file)->i_private;
	const struct knob *knob = knob_of(file);
	s64 value;
	int ret;

	if (!knob)
		return -ENOENT;
	ret = kstrtoll_from_user(buf, len, 0, &value);
	if (ret)
		return ret;
	if (value < knob->min || value > knob->max)
		return -ERANGE;
	if (knob->size) {
		set_field(chip, knob, value);
		return len;
	}
	ret = knob->set(chip, value);
	return ret ? ret : len;
}

static const struct file_operations knob_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.read	= knob_read,
	.write	= knob_write,
	.llseek	= default_llseek,
};

void bsim_knobs_create(struct bsim_chip *chip, struct dentry *dir)
{
	struct dentry *sub = debugfs_create_dir("options", dir);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++)
		debugfs_create_file(options[i].name, 0644, sub, chip, &knob_fops);
	for (i = 0; i < ARRAY_SIZE(knobs); i++)
		debugfs_create_file(knobs[i].name, 0644, dir, chip, &knob_fops);
}
