/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's short type names, for pure driver code built on the host.
 */
#ifndef UNIT_KERNEL_TYPES_H
#define UNIT_KERNEL_TYPES_H

#include_next <linux/types.h>

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
