/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole state of one simulated chip, for whoever must allocate it.  Only
 * the model, chip_*.c, looks inside.
 */
#ifndef CHIP_MODEL_STATE_H
#define CHIP_MODEL_STATE_H

#include "chip_model.h"

#define CHIP_REGS	0x80
#define CHIP_EMB_REGS	0x40

enum chip_mode {
	CHIP_OFF,		/* no sampling: deep or plain power-down */
	CHIP_ACCEL,		/* accelerometer, with film when the options allow */
	CHIP_FILM,		/* film only */
};

/* Step of the film-only entry sequence (2.5). */
enum chip_entry {
	CHIP_ENTRY_NONE,
	CHIP_ENTRY_ACTIVE,	/* ah_bio_active set, 10 ms running */
	CHIP_ENTRY_DONE,	/* cleared in time, 10 ms to the ODR running */
};

/*
 * The chip's oscillator against the caller's clock: at @true_ns it shows
 * @chip_ns + @frac / 10^6 and gains @rate / 10^6 ns a ns.
 */
struct chip_clock {
	u64 true_ns;
	u64 chip_ns;
	u32 frac;
	u32 rate;
};

struct chip_word {
	u8 b[CHIP_WORD_BYTES];
};

struct chip_fifo {
	struct chip_word word[CHIP_FIFO_WORDS];
	u32 tail;		/* oldest */
	u32 count;
	struct chip_word latch;	/* word being read through 0x40..0x46 */
	bool latched;
	bool latch_gone;	/* overwritten while latched: nothing to pop */
	bool was_full;		/* since FIFO_STATUS1 was read, if it is full no more */
	bool in_burst;		/* this transfer has read from it */
	u32 batch_phase;	/* samples since filling began */
	u32 ts_phase;		/* batched samples since filling began */
	bool cfg_changed;
	bool pair_held;		/* 2x depth: first half of a word waits */
	u8 pair[3];
};

struct chip {
	struct chip_options opt;
	chip_input_fn input;
	void *ctx;
	struct chip_clock clk;

	bool asleep;		/* deep power-down */
	bool wake_transfer;	/* the transfer that woke it is still going on */
	u64 wake_until;
	u64 reset_until;
	u64 boot_until;

	u8 reg[CHIP_REGS];
	u8 emb[CHIP_EMB_REGS];

	u8 pointer;
	bool pointer_due;	/* next written byte is the register address */

	enum chip_mode mode;
	bool ticking;
	bool one_shot;		/* the tick under way is a single conversion */
	bool fast_film;		/* film-only at 3200 Hz */
	u32 period;		/* chip ns */
	u64 next_tick;		/* chip ns */
	u64 down_until;		/* restart not allowed before, true ns */
	u64 left_800;		/* accelerometer left 800 Hz, true ns; 0 = did not */
	enum chip_entry entry;
	u64 entry_since;

	s16 out[4];		/* X Y Z film */
	bool out_held[4];	/* BDU: low byte read, high byte not yet */
	bool drdy;
	u64 drdy_at;

	u64 ts_base;		/* chip ns at which the counter was 0 */
	u32 ts_latch;

	struct chip_fifo fifo;
	struct chip_stats stats;
	struct chip_log_entry log[CHIP_LOG_SIZE];
	u64 log_total;
};

#endif
