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
#include <linux/platform_device.h>
#include <linux/sched.h>

#include "sim.h"

#define BITS_PER_BYTE_ON_WIRE	9	/* with its acknowledge */

/* Where on the wire a transfer is. */
struct wire {
	u64 t0_ns;
	u64 bits;
	unsigned int scl_hz;
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
static bool chip_begin(struct bsim_chip *chip, u64 now)
{
	bool answers;

	spin_lock_irq(&chip->lock);
	chip->transfers++;
	answers = chip->present && !chip->nack_next;
	if (chip->nack_next)
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

/* One message into the model; chip->lock held. */
static int play_message(struct bsim_chip *chip, struct i2c_msg *msg, struct wire *w, s32 *budget)
{
	bool read = msg->flags & I2C_M_RD;
	u16 i;

	w->bits += 1 + BITS_PER_BYTE_ON_WIRE;
	if (!chip_i2c_start(&chip->model, read, wire_ns(w))) {
		chip->nacks++;
		return -ENXIO;
	}
	for (i = 0; i < msg->len; i++) {
		if (*budget == 0)
			return -EIO;
		if (*budget > 0)
			--*budget;
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

static int chip_transfer(struct bsim_chip *chip, struct i2c_msg *msgs, int num, struct wire *w)
{
	s32 budget = -1;
	int i, ret = 0;

	spin_lock_irq(&chip->lock);
	/* Waits for a transfer that has so many bytes: a burst, not the status read before it. */
	if (chip->fail_after >= 0 && chip->fail_after < data_bytes(msgs, num)) {
		budget = chip->fail_after;
		chip->fail_after = -1;
	}
	/* It can have been pulled off, or off and on, while the bytes were on the wire. */
	if (!chip->present)
		ret = -ENXIO;
	for (i = 0; i < num && !ret; i++)
		ret = play_message(chip, &msgs[i], w, &budget);
	if (chip->present) {
		w->bits++;
		chip_i2c_stop(&chip->model, wire_ns(w));
	}
	chip->on_bus = false;
	bsim_chip_settle(chip, ktime_get_ns());
	spin_unlock_irq(&chip->lock);
	bsim_line_deliver(chip->line);
	return ret;
}

static int bsim_master_xfer(struct i2c_adapter *adapter, struct i2c_msg *msgs, int num)
{
	struct bsim *sim = i2c_get_adapdata(adapter);
	struct bsim_chip *chip = chip_at(sim, msgs[0].addr);
	struct wire w = { .t0_ns = ktime_get_ns(), .scl_hz = sim->scl_hz };
	int i, ret;

	for (i = 0; i < num; i++) {
		if (msgs[i].flags & ~(I2C_M_RD | I2C_M_DMA_SAFE) || !msgs[i].len)
			return -EOPNOTSUPP;
		/* A combined transfer to two chips would need both models in step. */
		if (msgs[i].addr != msgs[0].addr)
			return -EOPNOTSUPP;
	}
	if (!chip || !chip_begin(chip, w.t0_ns)) {
		/* Start, an address that nobody answers, stop. */
		w.bits = 2 + BITS_PER_BYTE_ON_WIRE;
		sleep_until(wire_ns(&w));
		return -ENXIO;
	}
	w.bits = transfer_bits(msgs, num);
	sleep_until(wire_ns(&w));
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

static const struct i2c_adapter_quirks bsim_quirks = {
	.flags = I2C_AQ_NO_ZERO_LEN,
};

int bsim_bus_create(struct bsim *sim)
{
	struct i2c_adapter *adapter = &sim->adapter;

	adapter->owner = THIS_MODULE;
	adapter->algo = &bsim_algorithm;
	adapter->quirks = &bsim_quirks;
	adapter->dev.parent = &sim->pdev->dev;
	strscpy(adapter->name, "backpop-sim", sizeof(adapter->name));
	i2c_set_adapdata(adapter, sim);
	return i2c_add_adapter(adapter);
}

/* Takes the clients that are left on the bus with it. */
void bsim_bus_destroy(struct bsim *sim)
{
	i2c_del_adapter(&sim->adapter);
}
