// SPDX-License-Identifier: GPL-2.0-only
/*
 * Behavioural model of the ST1VAFE3BX.  See chip_model.h for the rules of the
 * house; section numbers in comments are those of the register sheet.
 *
 * Not modelled: the embedded functions and the events they raise (wake-up, tap,
 * 6D, so FIFO modes 3, 4 and 7 never see their trigger), the external clock,
 * filter settling, SPI and I3C.
 */
#include "chip_model_inside.h"

#define WAKE_NS		(25 * NS_PER_MS)
#define MAX_ODR_ERROR	100000		/* ppm, keeps the clock arithmetic in range */

const char *chip_violation_name(enum chip_violation v)
{
	static const char *const names[CHIP_V_COUNT] = {
		[CHIP_V_HP_EN_RUNNING]		= "hp_en_running",
		[CHIP_V_POWER_DOWN_FROM_800]	= "power_down_from_800",
		[CHIP_V_AH_BIO_EN_RUNNING]	= "ah_bio_en_running",
		[CHIP_V_AH_BIO_CFG_RUNNING]	= "ah_bio_cfg_running",
		[CHIP_V_VAFE_ONLY_SEQUENCE]	= "vafe_only_sequence",
		[CHIP_V_VAFE_ONLY_ODR]		= "vafe_only_odr",
		[CHIP_V_BANK]			= "bank",
		[CHIP_V_BUSY]			= "busy",
		[CHIP_V_RESERVED]		= "reserved",
		[CHIP_V_READ_ONLY]		= "read_only",
		[CHIP_V_ODR_TOO_SOON]		= "odr_too_soon",
		[CHIP_V_FIFO_CFG_RUNNING]	= "fifo_cfg_running",
	};

	return (unsigned int)v < CHIP_V_COUNT ? names[v] : "unknown";
}

/* ---- bus front end ---------------------------------------------------------- */

static bool in_embedded_bank(const struct chip *c, u8 addr)
{
	return (c->reg[FUNC_CFG_ACCESS] & EMB_BANK) && addr >= EMB_FIRST && addr <= EMB_LAST;
}

/* Booting or resetting: only the bit that says so may be read (2.3). */
static bool busy(const struct chip *c, bool read, u8 addr, u64 t)
{
	return (t < c->boot_until && !(read && addr == CTRL4)) ||
	       (t < c->reset_until && !(read && addr == CTRL1));
}

/* Burst order (2.1): the outputs and the FIFO port wrap, the rest counts up. */
static void next_address(struct chip *c)
{
	if (!(c->reg[CTRL1] & IF_ADD_INC))
		return;
	switch (c->pointer) {
	case OUT_Z_H:
	case OUT_AH_BIO_H:
		c->pointer = OUT_X_L;
		break;
	case FIFO_Z_H:
		c->pointer = FIFO_TAG;
		break;
	default:
		c->pointer = (c->pointer + 1) % CHIP_REGS;
	}
}

bool chip_i2c_start(struct chip *c, bool read, u64 now)
{
	chip_advance(c, now);
	if (c->asleep) {
		c->asleep = false;
		c->wake_until = now + WAKE_NS;
		c->wake_transfer = true;
	}
	if (c->wake_transfer)
		return c->opt.wake == CHIP_WAKE_GARBAGE;
	if (now < c->wake_until) {
		chip_violate(c, CHIP_V_BUSY);
		return false;
	}
	c->pointer_due = !read;
	if (read && c->pointer == TIMESTAMP0 && c->opt.ts_latched_early)
		c->ts_latch = chip_timestamp(c, c->clk.chip_ns);
	return true;
}

bool chip_i2c_write(struct chip *c, u8 byte, u64 now)
{
	struct chip_log_entry *e;
	bool emb;

	chip_advance(c, now);
	if (c->wake_transfer)
		return true;
	if (c->pointer_due) {
		/* Bit 7 is not part of the address. */
		c->pointer = byte % CHIP_REGS;
		c->pointer_due = false;
		return true;
	}
	c->stats.writes++;
	emb = in_embedded_bank(c, c->pointer);
	e = &c->log[c->log_total++ % CHIP_LOG_SIZE];
	e->t_ns = now;
	e->reg = c->pointer;
	e->value = byte;
	e->bank = emb;
	if (busy(c, false, c->pointer, now)) {
		chip_violate(c, CHIP_V_BUSY);
	} else if (emb) {
		chip_violate(c, CHIP_V_BANK);
		c->emb[c->pointer] = byte;
	} else {
		chip_write_reg(c, c->pointer, byte, now);
	}
	next_address(c);
	return true;
}

u8 chip_i2c_read(struct chip *c, u64 now)
{
	u8 value;

	chip_advance(c, now);
	if (c->wake_transfer)
		return 0x5a;	/* not a value any register of the family would show */
	c->stats.reads++;
	if (busy(c, true, c->pointer, now)) {
		chip_violate(c, CHIP_V_BUSY);
		value = 0;
	} else if (in_embedded_bank(c, c->pointer)) {
		chip_violate(c, CHIP_V_BANK);
		value = c->emb[c->pointer];
	} else {
		value = chip_read_reg(c, c->pointer, now);
	}
	next_address(c);
	return value;
}

void chip_i2c_stop(struct chip *c, u64 now)
{
	chip_advance(c, now);
	c->wake_transfer = false;
	c->pointer_due = false;
	c->fifo.in_burst = false;
}

/* ---- life --------------------------------------------------------------------- */

void chip_options_default(struct chip_options *opt)
{
	opt->who_am_i = 0x48;
	opt->wake = CHIP_WAKE_NACK;
	opt->combined_needs_en = false;
	opt->film_full_16bit = false;
	opt->full_reads_zero = true;
	opt->ovr_late = false;
	opt->ts_after_sample = false;
	opt->ts_latched_early = false;
	opt->unsettled = 0;
	opt->film_reversed = false;
	opt->weak_self_test = false;
	opt->odd_reset = false;
	opt->odr_error_ppm = 0;
	opt->ts_start = 0;
	opt->stuck_int = -1;
}

void chip_set_options(struct chip *c, const struct chip_options *opt, u64 now)
{
	s32 ppm = opt->odr_error_ppm;

	chip_advance(c, now);
	c->opt = *opt;
	if (ppm > MAX_ODR_ERROR)
		ppm = MAX_ODR_ERROR;
	if (ppm < -MAX_ODR_ERROR)
		ppm = -MAX_ODR_ERROR;
	c->opt.odr_error_ppm = ppm;
	c->clk.rate = PPM + ppm;
}

void chip_power_on(struct chip *c, const struct chip_options *opt, chip_input_fn input,
		   void *ctx, u64 now)
{
	int i;

	c->input = input;
	c->ctx = ctx;
	c->clk.true_ns = now;
	c->clk.chip_ns = 0;
	c->clk.frac = 0;
	chip_set_options(c, opt, now);
	c->asleep = true;
	c->wake_transfer = false;
	c->wake_until = 0;
	c->reset_until = 0;
	c->boot_until = 0;
	c->pointer = 0;
	c->pointer_due = false;
	c->fifo.tail = 0;
	chip_reset_registers(c);
	c->stats.samples = 0;
	c->stats.stream_start_ns = 0;
	c->stats.words_stored = 0;
	c->stats.words_lost = 0;
	c->stats.samples_lost = 0;
	c->stats.holes = 0;
	c->fifo.in_burst = false;
	c->stats.reads = 0;
	c->stats.writes = 0;
	for (i = 0; i < CHIP_V_COUNT; i++)
		c->stats.violations[i] = 0;
	chip_log_clear(c);
}

const struct chip_stats *chip_stats(const struct chip *c)
{
	return &c->stats;
}

u32 chip_log(const struct chip *c, struct chip_log_entry *out, u32 max)
{
	u32 n = c->log_total < CHIP_LOG_SIZE ? c->log_total : CHIP_LOG_SIZE, i;

	if (n > max)
		n = max;
	for (i = 0; i < n; i++)
		out[i] = c->log[(c->log_total - n + i) % CHIP_LOG_SIZE];
	return n;
}

void chip_log_clear(struct chip *c)
{
	c->log_total = 0;
}
