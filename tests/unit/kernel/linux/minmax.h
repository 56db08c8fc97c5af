/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_KERNEL_MINMAX_H
#define UNIT_KERNEL_MINMAX_H

#define max_t(type, a, b)	((type)(a) > (type)(b) ? (type)(a) : (type)(b))

#endif
