/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_KERNEL_LIMITS_H
#define UNIT_KERNEL_LIMITS_H

#include_next <linux/limits.h>

#include <stdint.h>

#define S16_MAX INT16_MAX
#define S32_MAX INT32_MAX

#endif
