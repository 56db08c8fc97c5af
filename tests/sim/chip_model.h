/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Behavioural model of the ST1VAFE3BX, free of kernel and libc headers but for
 * the fixed-width types, so that it runs inside the simulator module, in host
 * unit tests and under a fuzzer.  No floating point, no allocation, no sleep,
 * bounded work per call: safe under a spinlock in interrupt context.
 *
 * Time is passed in by the caller, in ns of one monotonic clock that never goes
 * backwards.  Section numbers are those of the project's register sheet.
 */
#ifndef CHIP_MODEL_H
#define CHIP_MODEL_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
#endif

#define CHIP_FIFO_WORDS		128	/* 2.7 */
#define CHIP_WORD_BYTES		7
#define CHIP_LOG_SIZE		256	/* register writes remembered */

/* What a real chip would punish, and what it would silently get wrong. */
enum chip_violation {
	CHIP_V_HP_EN_RUNNING,		/* CTRL3.HP_EN changed while odr != 0 (2.4) */
	CHIP_V_POWER_DOWN_FROM_800,	/* 800 Hz accel -> 0 without 3 ms at 400 Hz (2.4) */
	CHIP_V_AH_BIO_EN_RUNNING,	/* AH_BIO_EN toggled while odr != 0 (2.5) */
	CHIP_V_AH_BIO_CFG_RUNNING,	/* gain, zin, mode changed while odr != 0 (2.5) */
	CHIP_V_VAFE_ONLY_SEQUENCE,	/* film-only without active 1, 10 ms, 0, 10 ms (2.5) */
	CHIP_V_VAFE_ONLY_ODR,		/* AH_BIO_EN with odr other than 0xB (2.4) */
	CHIP_V_BANK,			/* access while the embedded bank is mapped (2.3) */
	CHIP_V_BUSY,			/* access 25 ms after wake or boot, 50 us after reset */
	CHIP_V_RESERVED,		/* reserved register, or reserved bits set */
	CHIP_V_READ_ONLY,		/* write to a read-only register */
	CHIP_V_ODR_TOO_SOON,		/* restarted sooner than 2.4's wait after power-down */
	CHIP_V_FIFO_CFG_RUNNING,	/* FIFO mode, batching, xl_only changed while filling */
	CHIP_V_COUNT
};

const char *chip_violation_name(enum chip_violation v);

/* How the first access in deep power-down fails (2.3 step 2, unconfirmed). */
enum chip_wake { CHIP_WAKE_NACK, CHIP_WAKE_GARBAGE };

/**
 * struct chip_options - switches for what the sheet marks unconfirmed, and faults
 * @who_am_i:		0x48
 * @wake:		see enum chip_wake
 * @combined_needs_en:	H2 of section 2.5: film in combined mode only with AH_BIO_EN = 1
 * @film_full_16bit:	no 12/14 bit quantisation of the film in film-only mode
 * @full_reads_zero:	FSS reads 0 with OVR set when 128 words are in (2.7), else 0x80
 * @ovr_late:		OVR goes when it has been read from a FIFO that is no longer full,
 *			and not at once (2.7)
 * @ts_after_sample:	time-stamp word follows its sample instead of preceding it
 * @ts_latched_early: the counter is caught when its reading begins, not at its first byte
 * @unsettled:		so many times the first 2 samples, and the film's first 10 ms, are at
 *			full scale (2.4)
 * @film_reversed:	the film's output is input 2 less input 1 (2.5)
 * @weak_self_test:	the self-test deflects an eighth of what siblings do (2.10)
 * @odd_reset:		registers whose reset values are not confirmed come up with bits set
 * @odr_error_ppm:	the chip's clock is that much fast (its samples and its 10 us
 *			time stamps come from one oscillator)
 * @ts_start:		value the time stamp counter is reset to (0), to test its wrap
 * @stuck_int:		INT pin: -1 normal, 0 or 1 stuck at that electrical level
 */
struct chip_options {
	u8 who_am_i;
	enum chip_wake wake;
	bool combined_needs_en;
	bool film_full_16bit;
	bool full_reads_zero;
	bool ovr_late;
	bool ts_after_sample;
	bool ts_latched_early;
	u8 unsettled;
	bool film_reversed;
	bool weak_self_test;
	bool odd_reset;
	s32 odr_error_ppm;
	u32 ts_start;
	s32 stuck_int;
};

/* What is at the chip's inputs. */
struct chip_input {
	s32 accel_ug[3];
	s32 film_nv;
};

/* Input at an instant; called for each sample tick, in time order. */
typedef void (*chip_input_fn)(void *ctx, u64 t_ns, struct chip_input *in);

/**
 * struct chip_stats - for the tests' eyes
 * @samples:		sample ticks since the last start of an ODR
 * @stream_start_ns:	tick of the first of them
 * @words_stored, @words_lost: FIFO words since power-on; lost = overwritten
 * @samples_lost:	sample words among @words_lost
 * @holes:		words among @words_lost that were lost in the middle of a burst
 * @violations:		by kind
 * @reads, @writes:	bytes after the register address
 */
struct chip_stats {
	u64 samples;
	u64 stream_start_ns;
	u64 words_stored;
	u64 words_lost;
	u64 samples_lost;
	u64 holes;
	u64 reads;
	u64 writes;
	u32 violations[CHIP_V_COUNT];
};

struct chip_log_entry {
	u64 t_ns;
	u8 reg;
	u8 value;
	u8 bank;	/* 0 main, 1 embedded functions */
};

struct chip;			/* complete in chip_model_state.h, for who must allocate it */

void chip_options_default(struct chip_options *opt);
/* Power on at @now: deep power-down, registers at reset values. */
void chip_power_on(struct chip *c, const struct chip_options *opt, chip_input_fn input,
		   void *ctx, u64 now);
/* Change switches of a running chip (not its time base's past). */
void chip_set_options(struct chip *c, const struct chip_options *opt, u64 now);

/* Run the chip's clock up to @now: samples, FIFO, time stamp, busy times. */
void chip_advance(struct chip *c, u64 now);
/*
 * When to call chip_advance() next, without bus traffic: no later than the next
 * change of INT, and often enough that little piles up while the chip samples;
 * ~0ULL = nothing is going on.
 */
u64 chip_next_event(const struct chip *c);
/* Electrical level of the INT pin after polarity, open drain pulled up. */
bool chip_int_level(const struct chip *c);
/* False while the pin floats: deep power-down, CTRL1.INT_PIN_EN = 0. */
bool chip_int_driven(const struct chip *c);

/*
 * Bus front end, one call per byte of an I2C transaction, each at the time the
 * byte ends on the wire (chip_advance() is implied).
 */
bool chip_i2c_start(struct chip *c, bool read, u64 now);	/* address byte; false = NACK */
bool chip_i2c_write(struct chip *c, u8 byte, u64 now);		/* false = NACK */
u8 chip_i2c_read(struct chip *c, u64 now);
void chip_i2c_stop(struct chip *c, u64 now);

const struct chip_stats *chip_stats(const struct chip *c);
/* Copy the last writes, oldest first; return how many (<= max). */
u32 chip_log(const struct chip *c, struct chip_log_entry *out, u32 max);
void chip_log_clear(struct chip *c);

/*
 * Sensor chain, shared with the session generator: what the chip's converter
 * makes of a physical value.  Saturates at full scale.
 * @fs: 0..3 = +-2/4/8/16 g; @gain: 0..3 = x2/4/8/16; @bits: 12, 14 or 16,
 * left-justified in the result.
 */
s16 chip_quantise_accel(s32 ug, u8 fs, u8 bits);
s16 chip_quantise_film(s32 nv, u8 gain, u8 bits);

#endif
