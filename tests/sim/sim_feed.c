// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/backpop_simN: the physical world of one chip, written by a feeder in
 * advance and played against CLOCK_MONOTONIC.  See backpop_sim_uapi.h.
 */
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "sim.h"

#define RATE_MIN_MHZ	1000
#define RATE_MAX_MHZ	51200000
#define CHUNK		256	/* records copied from user space at a time */
#define WAKE_ROOM	1024	/* wake a writer when so many records fit */

static const struct chip_input at_rest = { .accel_ug = { 0, 0, 1000000 } };

static u32 feed_room(const struct bsim_feed *f)
{
	return BSIM_QUEUE - f->count;
}

static bool feed_drained(const struct bsim_feed *f)
{
	return f->ended && !f->count;
}

static void feed_start(struct bsim_feed *f, u64 t0_ns)
{
	f->started = true;
	f->t0_ns = t0_ns;
	f->head_ns = t0_ns;
	f->head_frac = 0;
	wake_up_interruptible(&f->wait);
}

static u64 next_record_ns(const struct bsim_feed *f)
{
	return f->head_ns + f->step_ns + (f->head_frac + f->step_frac >= f->rate_mhz);
}

static void pop_record(struct bsim_feed *f)
{
	f->head_ns = next_record_ns(f);
	f->head_frac += f->step_frac;
	if (f->head_frac >= f->rate_mhz)
		f->head_frac -= f->rate_mhz;
	f->head = (f->head + 1) % BSIM_QUEUE;
	f->count--;
}

/* Let go by what is over at @t: the head is then the last record due, if any is. */
static void feed_seek(struct bsim_feed *f, u64 t)
{
	if (!f->started || !f->count)
		return;
	while (f->count > 1 && next_record_ns(f) <= t)
		pop_record(f);
	if (f->count > 1) {
		f->dry = false;
	} else if (f->ended && next_record_ns(f) <= t) {
		pop_record(f);
	} else if (!f->ended && f->head_ns < t && !f->dry) {
		f->dry = true;
		f->underruns++;
	}
	if (feed_room(f) >= WAKE_ROOM || feed_drained(f))
		wake_up_interruptible(&f->wait);
}

static s32 between(s32 a, s32 b, u32 part, u32 whole)
{
	return a + (s32)div_s64(((s64)b - a) * part, whole);
}

/**
 * bsim_feed_input() - what the chip's inputs see at @t_ns
 * @ctx:	the chip, chip->lock held
 * @t_ns:	CLOCK_MONOTONIC, never before the last call's
 * @in:		out
 *
 * A chip_input_fn.
 */
void bsim_feed_input(void *ctx, u64 t_ns, struct chip_input *in)
{
	struct bsim_chip *chip = ctx;
	struct bsim_feed *f = &chip->feed;
	const struct bsim_feed_sample *a, *b;
	u32 part, whole;
	int i;

	if (!f->started && f->count && (f->count >= BSIM_PREFILL || f->ended))
		feed_start(f, t_ns);
	feed_seek(f, t_ns);
	if (!f->started || !f->count || t_ns < f->head_ns) {
		*in = at_rest;
		return;
	}
	a = &f->queue[f->head];
	b = f->count > 1 ? &f->queue[(f->head + 1) % BSIM_QUEUE] : a;
	whole = next_record_ns(f) - f->head_ns;
	part = min_t(u64, t_ns - f->head_ns, whole);
	for (i = 0; i < 3; i++)
		in->accel_ug[i] = between(a->accel_ug[i], b->accel_ug[i], part, whole);
	in->film_nv = between(a->film_nv, b->film_nv, part, whole);
}

/* The session goes on at @now whether the chip samples or not; chip->lock held. */
void bsim_feed_pass(struct bsim_chip *chip, u64 now)
{
	feed_seek(&chip->feed, now);
}

bool bsim_feed_playing(const struct bsim_chip *chip)
{
	return chip->feed.started && !feed_drained(&chip->feed);
}

static struct bsim_chip *file_chip(struct file *file)
{
	return container_of(file->private_data, struct bsim_chip, feed.misc);
}

static int feed_open(struct inode *inode, struct file *file)
{
	struct bsim_chip *chip = file_chip(file);
	struct bsim_feed *f = &chip->feed;
	int ret = 0;

	spin_lock_irq(&chip->lock);
	if (f->open) {
		ret = -EBUSY;
	} else {
		f->open = true;
		f->have_header = false;
		f->started = false;
		f->ended = false;
		f->dry = false;
		f->count = 0;
		f->t0_ns = -1;
		f->underruns = 0;
	}
	spin_unlock_irq(&chip->lock);
	return ret ? ret : stream_open(inode, file);
}

static int feed_release(struct inode *inode, struct file *file)
{
	struct bsim_chip *chip = file_chip(file);
	struct bsim_feed *f = &chip->feed;

	spin_lock_irq(&chip->lock);
	if (!f->ended) {
		f->ended = true;
		f->count = 0;
	}
	f->open = false;
	spin_unlock_irq(&chip->lock);
	return 0;
}

static int take_header(struct bsim_chip *chip, const char __user *buf, size_t len)
{
	struct bsim_feed *f = &chip->feed;
	struct bsim_feed_header header;

	if (len < sizeof(header))
		return -EINVAL;
	if (copy_from_user(&header, buf, sizeof(header)))
		return -EFAULT;
	if (header.magic != BSIM_MAGIC || header.flags || header.reserved ||
	    header.rate_mhz < RATE_MIN_MHZ || header.rate_mhz > RATE_MAX_MHZ)
		return -EINVAL;
	spin_lock_irq(&chip->lock);
	f->rate_mhz = header.rate_mhz;
	f->step_ns = div_u64_rem(1000ULL * NSEC_PER_SEC, header.rate_mhz, &f->step_frac);
	f->have_header = true;
	spin_unlock_irq(&chip->lock);
	return 0;
}

/* Queue what fits of @n records; returns how many, or -EPIPE after the end. */
static int queue_records(struct bsim_chip *chip, const struct bsim_feed_sample *rec, u32 n)
{
	struct bsim_feed *f = &chip->feed;
	int ret = -EPIPE;
	u32 i;

	spin_lock_irq(&chip->lock);
	if (!f->ended) {
		n = min(n, feed_room(f));
		for (i = 0; i < n; i++)
			f->queue[(f->head + f->count++) % BSIM_QUEUE] = rec[i];
		ret = n;
	}
	spin_unlock_irq(&chip->lock);
	return ret;
}

static bool writable(struct bsim_chip *chip)
{
	bool yes;

	spin_lock_irq(&chip->lock);
	yes = feed_room(&chip->feed) >= WAKE_ROOM || chip->feed.ended;
	spin_unlock_irq(&chip->lock);
	return yes;
}

static ssize_t write_records(struct bsim_chip *chip, const char __user *buf, size_t n,
			     bool block)
{
	struct bsim_feed_sample *rec;
	size_t done = 0;
	int ret = 0;

	rec = kmalloc_array(CHUNK, sizeof(*rec), GFP_KERNEL);
	if (!rec)
		return -ENOMEM;
	while (done < n) {
		u32 part = min_t(size_t, n - done, CHUNK);

		if (copy_from_user(rec, buf + done * sizeof(*rec), part * sizeof(*rec))) {
			ret = -EFAULT;
			break;
		}
		ret = queue_records(chip, rec, part);
		if (ret < 0)
			break;
		done += ret;
		if (ret == part)
			continue;
		ret = block ? wait_event_interruptible(chip->feed.wait, writable(chip)) : -EAGAIN;
		if (ret)
			break;
	}
	kfree(rec);
	return done ? done * sizeof(*rec) : ret;
}

static ssize_t feed_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct bsim_chip *chip = file_chip(file);
	size_t header = chip->feed.have_header ? 0 : sizeof(struct bsim_feed_header);
	ssize_t ret;

	if (len < header || (len - header) % sizeof(struct bsim_feed_sample))
		return -EINVAL;
	if (header) {
		ret = take_header(chip, buf, len);
		if (ret)
			return ret;
	}
	if (len == header)
		return len;
	ret = write_records(chip, buf + header, (len - header) / sizeof(struct bsim_feed_sample),
			    !(file->f_flags & O_NONBLOCK));
	if (ret < 0)
		return header ? header : ret;
	return header + ret;
}

static __poll_t feed_poll(struct file *file, struct poll_table_struct *table)
{
	struct bsim_chip *chip = file_chip(file);

	poll_wait(file, &chip->feed.wait, table);
	return writable(chip) ? EPOLLOUT | EPOLLWRNORM : 0;
}

static bool drained(struct bsim_chip *chip)
{
	bool yes;

	spin_lock_irq(&chip->lock);
	yes = feed_drained(&chip->feed);
	spin_unlock_irq(&chip->lock);
	return yes;
}

/* @t0_ns: session time 0, negative = now */
static int start(struct bsim_chip *chip, s64 t0_ns)
{
	struct bsim_feed *f = &chip->feed;
	s64 now;
	int ret = 0;

	spin_lock_irq(&chip->lock);
	now = ktime_get_ns();
	if (!f->have_header || f->started)
		ret = -EINVAL;
	else if (t0_ns >= 0 && t0_ns < now)
		ret = -ETIME;
	else
		feed_start(f, t0_ns < 0 ? now : t0_ns);
	spin_unlock_irq(&chip->lock);
	/* Arms the timer that lets the records pass. */
	bsim_chip_run(chip);
	return ret;
}

static long feed_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct bsim_chip *chip = file_chip(file);
	struct bsim_feed *f = &chip->feed;
	u64 underruns;
	s64 t0;

	switch (cmd) {
	case BSIM_IOC_START:
		return start(chip, -1);
	case BSIM_IOC_START_AT:
		if (copy_from_user(&t0, (void __user *)arg, sizeof(t0)))
			return -EFAULT;
		return t0 < 0 ? -EINVAL : start(chip, t0);
	case BSIM_IOC_T0:
		/* The sample that starts the session may be due and not yet taken. */
		bsim_chip_run(chip);
		spin_lock_irq(&chip->lock);
		t0 = f->t0_ns;
		spin_unlock_irq(&chip->lock);
		return copy_to_user((void __user *)arg, &t0, sizeof(t0)) ? -EFAULT : 0;
	case BSIM_IOC_END:
		spin_lock_irq(&chip->lock);
		f->ended = true;
		spin_unlock_irq(&chip->lock);
		wake_up_interruptible(&f->wait);
		return 0;
	case BSIM_IOC_DRAIN:
		return wait_event_interruptible(f->wait, drained(chip));
	case BSIM_IOC_UNDERRUNS:
		spin_lock_irq(&chip->lock);
		underruns = f->underruns;
		spin_unlock_irq(&chip->lock);
		return copy_to_user((void __user *)arg, &underruns, sizeof(underruns)) ?
		       -EFAULT : 0;
	default:
		return -ENOTTY;
	}
}

static const struct file_operations feed_fops = {
	.owner		= THIS_MODULE,
	.open		= feed_open,
	.release	= feed_release,
	.write		= feed_write,
	.poll		= feed_poll,
	.unlocked_ioctl	= feed_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

int bsim_feed_create(struct bsim_chip *chip)
{
	struct bsim_feed *f = &chip->feed;
	int ret;

	f->t0_ns = -1;
	f->ended = true;
	init_waitqueue_head(&f->wait);
	f->queue = vcalloc(BSIM_QUEUE, sizeof(*f->queue));
	if (!f->queue)
		return -ENOMEM;
	snprintf(f->name, sizeof(f->name), "backpop_sim%u", chip->index);
	f->misc.minor = MISC_DYNAMIC_MINOR;
	f->misc.name = f->name;
	f->misc.fops = &feed_fops;
	f->misc.parent = &chip->sim->pdev->dev;
	ret = misc_register(&f->misc);
	if (ret)
		vfree(f->queue);
	return ret;
}

/* The module cannot be unloaded while the device is open, so nobody is inside. */
void bsim_feed_destroy(struct bsim_chip *chip)
{
	misc_deregister(&chip->feed.misc);
	bsim_chip_stop(chip);
	vfree(chip->feed.queue);
}
