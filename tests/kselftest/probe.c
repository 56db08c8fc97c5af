// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probe and set-up: waking, identity, reset, and the register writes that start and
 * stop each mode, as the chip saw them.
 */
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define CTRL1		0x10
#define  SW_RESET	0x20
#define CTRL2		0x11
#define CTRL3		0x12
#define CTRL4		0x13
#define CTRL5		0x14
#define  ODR		0xf0
#define  ODR_400	0xa0
#define  ODR_800	0xb0
#define FIFO_CTRL	0x15
#define FIFO_WTM	0x16
#define  FTH		0x7f
#define INTERRUPT_CFG	0x17
#define AH_BIO_CFG1	0x30
#define AH_BIO_CFG2	0x31
#define  AH_BIO_EN	0x01
#define AH_BIO_CFG3	0x32
#define FIFO_BATCH_DEC	0x47
#define TIMESTAMP2	0x7c

#define LOG_MAX		256
#define MS		1000000LL

/* Index of the last write to @reg before entry @end, or -1. */
static int last_write(const struct sim_write *log, int end, uint8_t reg)
{
	int i;

	for (i = end - 1; i >= 0; i--)
		if (log[i].reg == reg && !log[i].bank)
			return i;
	return -1;
}

/* Index of the write that switched sampling on: the last of CTRL5 with an ODR, or -1. */
static int start_write(const struct sim_write *log, int n)
{
	int i = last_write(log, n, CTRL5);

	return i >= 0 && (log[i].value & ODR) ? i : -1;
}

FIXTURE(probe)
{
	struct capture c;
	struct sim_write log[LOG_MAX];
};

FIXTURE_SETUP(probe)
{
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_load(1, 400000));
}

FIXTURE_TEARDOWN(probe)
{
	EXPECT_EQ(0, rig_down());
}

/* A chip out of deep power-down does not acknowledge the access that wakes it. */
TEST_F(probe, wakes_a_chip_that_nacks)
{
	long long nacks;

	ASSERT_EQ(0, sim_set(0, "options/wake", 0));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_EQ(0, capture_find(&self->c, 0));
	ASSERT_EQ(0, sim_stat(0, "i2c_nacks", &nacks));
	EXPECT_EQ(1, nacks);
}

TEST_F(probe, wakes_a_chip_that_answers_garbage)
{
	long long nacks;

	ASSERT_EQ(0, sim_set(0, "options/wake", 1));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_EQ(0, capture_find(&self->c, 0));
	ASSERT_EQ(0, sim_stat(0, "i2c_nacks", &nacks));
	EXPECT_EQ(0, nacks);
}

/* Fallback compatibles need it: a sibling's identity is worth a message, not a refusal. */
TEST_F(probe, takes_a_sibling)
{
	ASSERT_EQ(0, sim_set(0, "options/who_am_i", 0x47));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_EQ(0, capture_find(&self->c, 0));
}

TEST_F(probe, refuses_an_empty_bus)
{
	ASSERT_EQ(0, sim_set(0, "options/who_am_i", 0xff));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_FALSE(rig_bound(0));
	EXPECT_TRUE(capture_gone(0));
	ASSERT_EQ(0, sim_set(0, "options/who_am_i", 0x00));
	EXPECT_NE(0, rig_bind(0, true));
	EXPECT_TRUE(capture_gone(0));
}

/* A chip that dies during the probe leaves nothing behind, and comes up when it is well. */
TEST_F(probe, survives_a_dead_chip)
{
	ASSERT_EQ(0, sim_set(0, "nack_next", 1000));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_FALSE(rig_bound(0));
	EXPECT_TRUE(capture_gone(0));
	ASSERT_EQ(0, sim_set(0, "nack_next", 0));
	EXPECT_EQ(0, rig_bind(0, true));
	EXPECT_EQ(0, capture_find(&self->c, 0));
}

TEST_F(probe, resets_first)
{
	int n, i, reset = -1, base = -1;

	ASSERT_EQ(0, rig_attach(0));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	n = sim_log(0, self->log, LOG_MAX);
	ASSERT_GT(n, 0);
	for (i = 0; i < n && reset < 0; i++)
		if (self->log[i].reg == CTRL1 && (self->log[i].value & SW_RESET))
			reset = i;
	ASSERT_GE(reset, 0);
	/* before it only the bank may have been chosen */
	for (i = 0; i < reset; i++)
		EXPECT_EQ(0x3f, self->log[i].reg);
	base = last_write(self->log, n, CTRL1);
	ASSERT_GT(base, reset);
	EXPECT_EQ(0x50, self->log[base].value);
	EXPECT_GE(self->log[reset + 1].t_ns - self->log[reset].t_ns, 50000);
}

TEST_F(probe, unbinds_and_binds_again)
{
	int i;

	ASSERT_EQ(0, rig_attach(0));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, rig_bind(0, false));
		EXPECT_TRUE(capture_gone(0));
		ASSERT_EQ(0, rig_bind(0, true));
		EXPECT_EQ(0, capture_find(&self->c, 0));
	}
}

TEST_F(probe, reloads)
{
	int i;

	ASSERT_EQ(0, rig_attach(0));
	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, rig_module_unload("st1vafe3bx"));
		EXPECT_TRUE(capture_gone(0));
		ASSERT_EQ(0, rig_module_load("st1vafe3bx", ""));
		EXPECT_EQ(0, capture_find(&self->c, 0));
	}
}

/* What the registers must hold when sampling starts; @mask 0 ends the list. */
struct expect {
	uint8_t reg;
	uint8_t value;
	uint8_t mask;
};

FIXTURE(recipe)
{
	struct capture c;
	struct sim_write log[LOG_MAX];
};

FIXTURE_VARIANT(recipe)
{
	enum capture_mode mode;
	unsigned int rate_hz;
	bool step_down;
	struct expect expect[12];
};

/* Whatever the mode: time stamps every 32 samples, level interrupts, no STOP_ON_FTH. */
#define COMMON								\
	{ INTERRUPT_CFG, 0x80, 0xff }, { FIFO_BATCH_DEC, 0x18, 0xff },	\
	{ CTRL4, 0x28, 0xff }, { CTRL2, 0x30, 0xff }, { CTRL1, 0x50, 0xff }

FIXTURE_VARIANT_ADD(recipe, combined_800) {
	.mode = CAPTURE_COMBINED, .rate_hz = 800, .step_down = true,
	.expect = { COMMON, { AH_BIO_CFG1, 0x00, 0xff }, { AH_BIO_CFG2, 0x18, 0xf9 },
		    { CTRL3, 0x04, 0xff }, { FIFO_WTM, 0x00, 0x80 }, { FIFO_CTRL, 0x06, 0xff },
		    { CTRL5, 0xb0, ODR } },
};

FIXTURE_VARIANT_ADD(recipe, combined_100) {
	.mode = CAPTURE_COMBINED, .rate_hz = 100,
	.expect = { COMMON, { AH_BIO_CFG1, 0x00, 0xff }, { AH_BIO_CFG2, 0x18, 0xf9 },
		    { FIFO_WTM, 0x00, 0x80 }, { FIFO_CTRL, 0x06, 0xff }, { CTRL5, 0x80, ODR } },
};

FIXTURE_VARIANT_ADD(recipe, motion_800) {
	.mode = CAPTURE_MOTION, .rate_hz = 800, .step_down = true,
	.expect = { COMMON, { AH_BIO_CFG2, 0x00, AH_BIO_EN }, { FIFO_WTM, 0x80, 0x80 },
		    { FIFO_CTRL, 0x06, 0xff }, { CTRL5, 0xb0, ODR } },
};

FIXTURE_VARIANT_ADD(recipe, motion_50) {
	.mode = CAPTURE_MOTION, .rate_hz = 50,
	.expect = { COMMON, { AH_BIO_CFG2, 0x00, AH_BIO_EN }, { FIFO_WTM, 0x80, 0x80 },
		    { CTRL3, 0x00, 0xff }, { FIFO_CTRL, 0x06, 0xff }, { CTRL5, 0x70, ODR } },
};

FIXTURE_VARIANT_ADD(recipe, film_3200) {
	.mode = CAPTURE_FILM, .rate_hz = 3200,
	.expect = { COMMON, { AH_BIO_CFG2, 0x19, 0xf9 }, { AH_BIO_CFG3, 0x00, 0xff },
		    { CTRL3, 0x00, 0xff }, { FIFO_CTRL, 0x16, 0xff }, { CTRL5, 0xb0, ODR } },
};

FIXTURE_VARIANT_ADD(recipe, film_800) {
	.mode = CAPTURE_FILM, .rate_hz = 800,
	.expect = { COMMON, { AH_BIO_CFG2, 0x19, 0xf9 }, { AH_BIO_CFG3, 0x00, 0xff },
		    { CTRL3, 0x04, 0xff }, { FIFO_CTRL, 0x06, 0xff }, { CTRL5, 0xb0, ODR } },
};

FIXTURE_SETUP(recipe)
{
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	ASSERT_EQ(0, sim_log_clear(0));
}

FIXTURE_TEARDOWN(recipe)
{
	capture_stop(&self->c);
	EXPECT_EQ(0, rig_down());
}

TEST_F(recipe, start)
{
	const struct expect *e;
	int n, start, i;

	ASSERT_EQ(0, capture_start(&self->c, variant->mode, variant->rate_hz, 32));
	n = sim_log(0, self->log, LOG_MAX);
	ASSERT_GT(n, 0);
	start = start_write(self->log, n);
	ASSERT_GE(start, 0);
	for (e = variant->expect; e->mask; e++) {
		i = last_write(self->log, start + 1, e->reg);
		ASSERT_GE(i, 0) TH_LOG("register 0x%02x was never written", e->reg);
		EXPECT_EQ(e->value, self->log[i].value & e->mask)
			TH_LOG("register 0x%02x", e->reg);
	}
	i = last_write(self->log, start, FIFO_WTM);
	ASSERT_GE(i, 0);
	EXPECT_GE(self->log[i].value & FTH, 32);
	/* the FIFO is opened when all about it is set, the clock set to 0 before */
	EXPECT_LT(i, last_write(self->log, start, FIFO_CTRL));
	i = last_write(self->log, start, TIMESTAMP2);
	ASSERT_GE(i, 0);
	EXPECT_EQ(0xaa, self->log[i].value);
}

TEST_F(recipe, stop)
{
	int n, off, before;

	ASSERT_EQ(0, capture_start(&self->c, variant->mode, variant->rate_hz, 32));
	ASSERT_EQ(0, sim_log_clear(0));
	capture_stop(&self->c);
	n = sim_log(0, self->log, LOG_MAX);
	ASSERT_GT(n, 0);
	off = last_write(self->log, n, CTRL5);
	ASSERT_GE(off, 0);
	EXPECT_EQ(0, self->log[off].value & ODR);
	before = last_write(self->log, off, CTRL5);
	if (variant->step_down) {
		ASSERT_GE(before, 0);
		EXPECT_EQ(ODR_400, self->log[before].value & ODR);
		EXPECT_GE(self->log[off].t_ns - self->log[before].t_ns, 3 * MS);
	}
	before = last_write(self->log, n, CTRL2);
	ASSERT_GE(before, 0);
	EXPECT_EQ(0, self->log[before].value);
	before = last_write(self->log, n, FIFO_CTRL);
	ASSERT_GE(before, 0);
	EXPECT_EQ(0, self->log[before].value);
	before = last_write(self->log, n, AH_BIO_CFG2);
	ASSERT_GE(before, 0);
	EXPECT_EQ(0, self->log[before].value & AH_BIO_EN);
}

TEST_HARNESS_MAIN
