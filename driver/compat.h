/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What changed in the kernel between 6.1 and 7.3, one block for each change, each
 * with the release that brought the newer form.  The driver is written for the
 * newest; a block goes when the last kernel that needs it does.
 */
#ifndef ST1VAFE3BX_COMPAT_H
#define ST1VAFE3BX_COMPAT_H

#include <linux/compiler.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/iio/buffer.h>
#include <linux/iio/iio.h>
#include <linux/iio/sysfs.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include "compat_unaligned.h"

/* 6.7 took ARRAY_SIZE() from linux/kernel.h */
#ifdef COMPAT_NO_ARRAY_SIZE
#include <linux/kernel.h>
#else
#include <linux/array_size.h>
#endif

/* 6.13, backported to later 6.1.y */
#ifndef aligned_s64
#define aligned_s64 s64 __aligned(8)
#endif

/* 6.5, backported to later 6.1.y: guard(mutex)(&lock) */
#ifndef guard
static inline struct mutex *compat_guard_lock(struct mutex *lock)
{
	mutex_lock(lock);
	return lock;
}

static inline void compat_guard_unlock(struct mutex **lock)
{
	mutex_unlock(*lock);
}

#define guard(type) compat_guard_##type
#define compat_guard_mutex \
	struct mutex *__UNIQUE_ID(guard) __attribute__((cleanup(compat_guard_unlock))) = \
		compat_guard_lock
#endif

/* 6.11, backported to later 6.1.y */
#ifndef devm_mutex_init
static inline int compat_devm_mutex_init(struct device *dev, struct mutex *lock)
{
	mutex_init(lock);
	return 0;
}

#define devm_mutex_init compat_devm_mutex_init
#endif

/* 6.3 took the second argument from .probe(), 6.6 removed .probe_new() */
#ifdef COMPAT_I2C_PROBE_NEW
#define compat_i2c_probe probe_new
#else
#define compat_i2c_probe probe
#endif

/* 6.15 */
#ifndef COMPAT_CLAIM_DIRECT
static inline bool iio_device_claim_direct(struct iio_dev *indio_dev)
{
	return !iio_device_claim_direct_mode(indio_dev);
}

static inline void iio_device_release_direct(struct iio_dev *indio_dev)
{
	iio_device_release_direct_mode(indio_dev);
}
#endif

/* 6.16 */
#ifndef COMPAT_PUSH_WITH_TS
static inline int iio_push_to_buffers_with_ts(struct iio_dev *indio_dev, void *data,
					      size_t data_total_len, s64 timestamp)
{
	if (unlikely(data_total_len < indio_dev->scan_bytes))
		return -ENOSPC;

	return iio_push_to_buffers_with_timestamp(indio_dev, data, timestamp);
}
#endif

/* 6.17 */
#ifdef COMPAT_SYSTEM_WQ
#define system_percpu_wq system_wq
#endif

/* 6.2 made the extra buffer attributes IIO's own */
#ifdef COMPAT_BUFFER_DEV_ATTR
#define COMPAT_BUFFER_ATTR_TYPE struct iio_dev_attr
#define COMPAT_BUFFER_ATTR(name) (&iio_dev_attr_##name)
#else
#define COMPAT_BUFFER_ATTR_TYPE struct attribute
#define COMPAT_BUFFER_ATTR(name) (&iio_dev_attr_##name.dev_attr.attr)
#endif

#endif
