/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * backpop_sim: what user space and the simulator module agree on.
 *
 * /dev/backpop_simN (N = chip number, 0 and, with chips=2, 1) takes the physical
 * input of one simulated chip.  Write a struct bsim_feed_header once after open,
 * then struct bsim_feed_sample records at header.rate_mhz, as many as you like a
 * call.  A write blocks while the queue (BSIM_QUEUE records) is full, poll()
 * says POLLOUT when there is room: the chip's clock, CLOCK_MONOTONIC, paces the
 * feeder.  Playing starts at the first chip sample that is due after
 * BSIM_PREFILL records (or BSIM_IOC_END) have come, or at the instant that
 * BSIM_IOC_START or BSIM_IOC_START_AT says; that instant is session time 0 and
 * can be read by BSIM_IOC_T0.  The chip interpolates linearly between records
 * at its own sampling instants.  After the last record the chip sees rest
 * (0, 0, +1 g, 0 mV) again.  BSIM_IOC_DRAIN blocks until the queue has been
 * played out.  A queue that runs dry before BSIM_IOC_END is an underrun and
 * counted; its last record is held, and records that come too late for their
 * instant are passed over.  Closing the device without BSIM_IOC_END ends the
 * session there.  One process at a time may have the device open (EBUSY).
 */
#ifndef BACKPOP_SIM_UAPI_H
#define BACKPOP_SIM_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define BSIM_MAGIC	0x4d495342	/* "BSIM" little-endian */
#define BSIM_QUEUE	65536		/* records */
#define BSIM_PREFILL	2048

struct bsim_feed_header {
	__u32 magic;
	__u32 rate_mhz;		/* records per 1000 s: 3200 Hz = 3200000; 1 Hz..51.2 kHz */
	__u32 flags;		/* 0 */
	__u32 reserved;		/* 0 */
};

struct bsim_feed_sample {
	__s32 accel_ug[3];	/* micro-g, gravity included, chip axes */
	__s32 film_nv;		/* nanovolt at the film input */
};

#define BSIM_IOC_START	_IO('B', 1)		/* start now, prefilled or not */
#define BSIM_IOC_T0	_IOR('B', 2, __s64)	/* CLOCK_MONOTONIC ns of time 0; -1: not yet */
#define BSIM_IOC_END	_IO('B', 3)		/* no more records will come */
#define BSIM_IOC_DRAIN	_IO('B', 4)		/* wait until all was played */
#define BSIM_IOC_UNDERRUNS _IOR('B', 5, __u64)
#define BSIM_IOC_START_AT _IOW('B', 6, __s64)	/* start at this CLOCK_MONOTONIC ns */

#endif
