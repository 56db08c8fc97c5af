// SPDX-License-Identifier: GPL-2.0-only
/*
 * The I2C bus of the bench.  A transfer sleeps for as long as it takes on the
 * wire and is then played into the chip byte by byte, each byte at its own wire
 * time: the FIFO word that byte k pops is popped when byte k is sent, for one
 * sleep a transfer.
 */
#include <linux/bits.h>
#include <linux/hrtimer.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/sched.h>

#include "sim.h"

#define BITS_PER_BYTE_ON_WIRE	9	/* with its acknowledge */

#define FIFO_STATUS	0x26
#define FIFO_PORT	0x40
#define TIME_TAG	0x04

/*
 * Where on the wire a transfer is, and what is done to it: it pauses before byte @pause_at
 * for @pause_ns, fails before byte @fail_at (both -1 = no).
 */
struct wire {
	u64 t0_ns;
	u64 bits;
	unsigned int scl_hz;
	s32 bytes;
	s32 pause_at;
	u64 pause_ns;
	s32 fail_at;
};

static u64 wire_ns(const struct wire *w)
{
	return w->t0_ns + div_u64(w->bits * NSEC_PER_SEC, w->scl_hz);
}

/* Start conditions, addresses, bytes, stop. */
static u64 transfer_bits(const struct i2c_msg *msgs, int num)
{
	u64 bits = 1;
	int i;

	for (i = 0; i < num; i++)
		bits += 1 + BITS_PER_BYTE_ON_WIRE * (1 + msgs[i].len);
	return bits;
}

static s32 data_bytes(const struct i2c_msg *msgs, int num)
{
	s32 bytes = 0;
	int i;

	for (i = 0; i < num; i++)
		bytes += msgs[i].len;
	return bytes;
}

static void sleep_until(u64 t_ns)
{
	ktime_t t = ns_to_ktime(t_ns);

	while (ktime_get_ns() < t_ns) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule_hrtimeout_range(&t, 0, HRTIMER_MODE_ABS);
	}
	__set_current_state(TASK_RUNNING);
}

static struct bsim_chip *chip_at(struct bsim *sim, u16 addr)
{
	unsigned int i;

	for (i = 0; i < sim->n_chips; i++)
		if (sim->chips[i]->addr == addr)
			return sim->chips[i];
	return NULL;
}

/* Take the bus for @chip; false: this transfer is not acknowledged. */
static bool chip_begin(struct bsim_chip *chip, const struct i2c_msg *msg, u64 now)
{
	bool answers;

	spin_lock_irq(&chip->lock);
	chip->transfers++;
	answers = chip->present && (!chip->nack_next || chip->nack_after);
	if (!(msg->flags & I2C_M_RD) && msg->len > 1 && msg->buf[0] == chip->nack_reg) {
		answers = false;
		chip->nack_reg = -1;
	}
	if (chip->nack_next && chip->nack_after)
		chip->nack_after--;
	else if (chip->nack_next)
		chip->nack_next--;
	if (answers) {
		bsim_chip_settle(chip, now);
		chip->on_bus = true;
	} else {
		chip->nacks++;
	}
	spin_unlock_irq(&chip->lock);
	return answers;
}

/* The clock is stretched here, if anywhere. */
static void pause(struct wire *w)
{
	if (w->bytes == w->pause_at)
		w->t0_ns += w->pause_ns;
}

/* One message into the model; chip->lock held. */
static int play_message(struct bsim_chip *chip, struct i2c_msg *msg, struct wire *w)
{
	bool read = msg->flags & I2C_M_RD;
	u16 i;

	w->bits += 1 + BITS_PER_BYTE_ON_WIRE;
	if (!chip_i2c_start(&chip->model, read, wire_ns(w))) {
		chip->nacks++;
		return -ENXIO;
	}
	for (i = 0; i < msg->len; i++) {
		if (w->bytes == w->fail_at)
			return -EIO;
		/* before the first byte: the whole transfer has waited */
		if (w->bytes)
			pause(w);
		w->bytes++;
		w->bits += BITS_PER_BYTE_ON_WIRE;
		if (read) {
			msg->buf[i] = chip_i2c_read(&chip->model, wire_ns(w));
		} else if (!chip_i2c_write(&chip->model, msg->buf[i], wire_ns(w))) {
			chip->nacks++;
			return -EIO;
		}
	}
	return 0;
}

/* For who wants to know what the driver could tell from its interrupts alone. */
static void log_burst(struct bsim_chip *chip, const struct i2c_msg *msgs, int num)
{
	const struct i2c_msg *data = &msgs[num - 1];
	struct bsim_burst *burst;
	u32 i, samples = 0;

	if (num != 2 || msgs[0].buf[0] != FIFO_PORT || !(data->flags & I2C_M_RD))
		return;
	for (i = 0; i + CHIP_WORD_BYTES <= data->len; i += CHIP_WORD_BYTES)
		samples += data->buf[i] >> 3 && data->buf[i] >> 3 != TIME_TAG;
	burst = &chip->bursts[chip->n_bursts++ % BSIM_BURSTS];
	burst->asked_ns = chip->line->asked_ns;
	burst->irq_ns = chip->line->fired_ns;
	burst->samples = samples;
}

/*
 * What comes is not what was on the wire: the level, or the byte of a burst's last message that
 * was asked for.
 */
static void corrupt(struct bsim_chip *chip, const struct i2c_msg *msgs, int num)
{
	const struct i2c_msg *data = &msgs[num - 1];

	if (chip->corrupt_level && num == 2 && msgs[0].buf[0] == FIFO_STATUS && data->len == 2) {
		data->buf[1] ^= chip->corrupt_level;
		chip->corrupt_level = 0;
	}
	if (chip->corrupt_at < 0 || !(data->flags & I2C_M_RD) || data->len < BSIM_BURST_BYTES ||
	    data->len <= chip->corrupt_at)
		return;
	data->buf[chip->corrupt_at] ^= chip->corrupt_mask;
	chip->corrupt_at = -1;
}

static int chip_transfer(struct bsim_chip *chip, struct i2c_msg *msgs, int num, struct wire *w)
{
	int i, ret = 0;

	spin_lock_irq(&chip->lock);
	/* Waits for a transfer that has so many bytes: a burst, not the status read before it. */
	if (chip->fail_after >= 0 && chip->fail_after < data_bytes(msgs, num)) {
		w->fail_at = chip->fail_after;
		chip->fail_after = -1;
	}
	/* It can have been pulled off, or off and on, while the bytes were on the wire. */
	if (!chip->present)
		ret = -ENXIO;
	pause(w);
	for (i = 0; i < num && !ret; i++)
		ret = play_message(chip, &msgs[i], w);
	if (chip->present) {
		w->bits++;
		chip_i2c_stop(&chip->model, wire_ns(w));
	}
	if (!ret) {
		log_burst(chip, msgs, num);
		corrupt(chip, msgs, num);
	}
	chip->on_bus = false;
	bsim_chip_settle(chip, ktime_get_ns());
	spin_unlock_irq(&chip->lock);
	bsim_line_deliver(chip->line);
	return ret;
}

/* A pause that was asked for is taken by the next burst that is long enough. */
static void take_pause(struct bsim_chip *chip, const struct i2c_msg *msgs, int num, struct wire *w)
{
	s32 bytes = data_bytes(msgs, num);

	spin_lock_irq(&chip->lock);
	if (chip->pause_at >= 0 && bytes >= BSIM_BURST_BYTES && bytes > chip->pause_at) {
		w->pause_at = chip->pause_at;
		w->pause_ns = chip->pause_ns;
		chip->pause_at = -1;
	}
	spin_unlock_irq(&chip->lock);
}

static int bsim_master_xfer(struct i2c_adapter *adapter, struct i2c_msg *msgs, int num)
{
	struct bsim *sim = i2c_get_adapdata(adapter);
	struct bsim_chip *chip = chip_at(sim, msgs[0].addr);
	struct wire w = {
		.t0_ns = ktime_get_ns(), .scl_hz = sim->scl_hz, .pause_at = -1, .fail_at = -1,
	};
	int i, ret;

	for (i = 0; i < num; i++) {
		if (msgs[i].flags & ~(I2C_M_RD | I2C_M_DMA_SAFE) || !msgs[i].len)
			return -EOPNOTSUPP;
		/* A combined transfer to two chips would need both models in step. */
		if (msgs[i].addr != msgs[0].addr)
			return -EOPNOTSUPP;
	}
	if (!chip || !chip_begin(chip, &msgs[0], w.t0_ns)) {
		/* Start, an address that nobody answers, stop. */
		w.bits = 2 + BITS_PER_BYTE_ON_WIRE;
		sleep_until(wire_ns(&w));
		return -ENXIO;
	}
	take_pause(chip, msgs, num, &w);
	w.bits = transfer_bits(msgs, num);
	sleep_until(wire_ns(&w) + w.pause_ns);
	w.bits = 0;
	ret = chip_transfer(chip, msgs, num, &w);
	return ret ? ret : num;
}

static u32 bsim_functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_I2C | (I2C_FUNC_SMBUS_EMUL & ~I2C_FUNC_SMBUS_QUICK);
}

static const struct i2c_algorithm bsim_algorithm = {
	.master_xfer	= bsim_master_xfer,
	.functionality	= bsim_functionality,
};

int bsim_bus_create(struct bsim *sim)
{
	struct i2c_adapter *adapter = &sim->adapter;

	adapter->owner = THIS_MODULE;
	adapter->algo = &bsim_algorithm;
	sim->quirks.flags = I2C_AQ_NO_ZERO_LEN;
	sim->quirks.max_read_len = sim->max_read;
	adapter->quirks = &sim->quirks;
	adapter->dev.parent = &sim->pdev->dev;
	adapter->dev.of_node = sim->of_node;
	strscpy(adapter->name, "backpop-sim", sizeof(adapter->name));
	i2c_set_adapdata(adapter, sim);
	return i2c_add_adapter(adapter);
}

/* Takes the clients that are left on the bus with it. */
void bsim_bus_destroy(struct bsim *sim)
{
	i2c_del_adapter(&sim->adapter);
}
