/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the chip model (chip_*.c) share: register names and bits, and each other's
 * functions.
 */
#ifndef CHIP_MODEL_INSIDE_H
#define CHIP_MODEL_INSIDE_H

#include "chip_model_state.h"

#define NS_PER_US	1000u
#define NS_PER_MS	1000000u
#define NS_PER_SEC	1000000000u
#define PPM		1000000u

#define EXT_CLK_CFG	0x08
#define PIN_CTRL	0x0c
#define  PP_OD		0x02
#define  H_LACTIVE	0x08
#define WAKE_UP_DUR_EXT	0x0e
#define WHO_AM_I	0x0f
#define CTRL1		0x10
#define  DRDY_PULSED	0x08
#define  IF_ADD_INC	0x10
#define  SW_RESET	0x20
#define  INT_PIN_EN	0x40
#define CTRL2		0x11
#define  INT_DRDY	0x08
#define  INT_FIFO_OVR	0x10
#define  INT_FIFO_TH	0x20
#define  INT_FIFO_FULL	0x40
#define  INT_BOOT	0x80
#define CTRL3		0x12
#define  ST_SIGN_X	0x01
#define  ST_SIGN_Y	0x02
#define  HP_EN		0x04
#define CTRL4		0x13
#define  BOOT		0x01
#define  SOC		0x02
#define  FIFO_EN	0x08
#define  BDU		0x20
#define CTRL5		0x14
#define  ODR_800	0xb
#define  ODR_RESERVED_C	0xc
#define  ODR_RESERVED_D	0xd
#define  ODR_SOC	0xf
#define FIFO_CTRL	0x15
#define  FIFO_MODE	0x07
#define  MODE_BYPASS	0
#define  MODE_FIFO	1
#define  MODE_STREAM_TO_FIFO 3
#define  MODE_STREAM	6
#define  STOP_ON_FTH	0x08
#define  FIFO_EN_ADV	0x10
#define  FIFO_DEPTH	0x40
#define  CFG_CHG_EN	0x80
#define FIFO_WTM	0x16
#define  FTH		0x7f
#define  XL_ONLY_FIFO	0x80
#define INTERRUPT_CFG	0x17
#define  TIMESTAMP_EN	0x80
#define SIXD		0x18
#define WAKE_UP_THS	0x1c
#define WAKE_UP_DUR	0x1d
#define  ST_SIGN_Z	0x10
#define FREE_FALL	0x1e
#define MD1_CFG		0x1f
#define STATUS		0x25
#define FIFO_STATUS1	0x26
#define  FIFO_OVR_IA	0x40
#define  FIFO_WTM_IA	0x80
#define FIFO_STATUS2	0x27
#define OUT_X_L		0x28
#define OUT_Z_H		0x2d
#define OUT_AH_BIO_H	0x2f
#define AH_BIO_CFG1	0x30
#define AH_BIO_CFG2	0x31
#define  AH_BIO_EN	0x01
#define  AH_BIO_FRONT	0x7e		/* gain, zin, mode */
#define  AH_BIO_MODE	0x60
#define AH_BIO_CFG3	0x32
#define  AH_BIO_ACTIVE	0x01
#define I3C_IF_CTRL	0x33
#define EN_DEVICE_CONFIG 0x3e
#define FUNC_CFG_ACCESS	0x3f
#define  EMB_BANK	0x80
#define EMB_FIRST	0x02
#define EMB_LAST	0x3a
#define FIFO_TAG	0x40
#define FIFO_Z_H	0x46
#define FIFO_BATCH_DEC	0x47
#define  BDR_OFF	7
#define TAP_CFG0	0x6f
#define TIMESTAMP0	0x7a
#define TIMESTAMP2	0x7c
#define  TIMESTAMP_RESET 0xaa
#define TIMESTAMP3	0x7d

static inline void chip_violate(struct chip *c, enum chip_violation v)
{
	c->stats.violations[v]++;
}

/* chip_convert.c: @n / @d, with what is left in @rem if wanted */
u64 chip_div_rem(u64 n, u32 d, u32 *rem);

/* chip_sample.c */
/* Value of the time-stamp counter. */
u32 chip_timestamp(const struct chip *c, u64 chip_ns);
void chip_start_ticking(struct chip *c, u32 period);
void chip_stop_sampling(struct chip *c);
/* Is the film converted? */
bool chip_has_film(const struct chip *c);

/* chip_fifo.c */
void chip_fifo_clear(struct chip *c);
/* It begins to fill: batching starts anew. */
void chip_fifo_restart(struct chip *c);
u32 chip_fifo_limit(const struct chip *c);
bool chip_fifo_overrun(const struct chip *c);
bool chip_fifo_watermark(const struct chip *c);
bool chip_fifo_filling(const struct chip *c);
bool chip_fifo_overwrites(const struct chip *c);
bool chip_fifo_takes(const struct chip *c);
/* A sample of @in, converted to @v: X Y Z film. */
void chip_fifo_batch(struct chip *c, const struct chip_input *in, const s16 v[4]);
void chip_fifo_skip(struct chip *c, u64 n);
/* Reading FIFO_STATUS1, and the output at @addr. */
u8 chip_fifo_status(struct chip *c);
u8 chip_fifo_read(struct chip *c, u8 addr);

/* chip_regs.c: the main bank */
void chip_reset_registers(struct chip *c);
void chip_write_reg(struct chip *c, u8 addr, u8 value, u64 t);
u8 chip_read_reg(struct chip *c, u8 addr, u64 t);

#endif
