/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 64-bit division, which the kernel spells out for 32-bit machines.
 */
#ifndef UNIT_KERNEL_MATH64_H
#define UNIT_KERNEL_MATH64_H

#include <linux/types.h>

static inline s64 div_s64(s64 dividend, s32 divisor)
{
	return dividend / divisor;
}

static inline s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

#endif
