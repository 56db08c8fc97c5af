/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BACKPOP_CORE_SORT_H
#define BACKPOP_CORE_SORT_H

#include <stdint.h>

/* In place, the smallest first; by insertion: there are never many. */
static inline void bp_sort(float *v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		float x = v[i];
		uint32_t j = i;

		for (; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

#endif
