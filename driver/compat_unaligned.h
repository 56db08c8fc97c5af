/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Part of compat.h that code without the rest of the kernel needs as well: 6.12 moved
 * the header.
 */
#ifndef ST1VAFE3BX_COMPAT_UNALIGNED_H
#define ST1VAFE3BX_COMPAT_UNALIGNED_H

#ifdef COMPAT_ASM_UNALIGNED
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

#endif
