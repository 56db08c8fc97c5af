/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a list grows that nobody knows the length of. */
#ifndef BACKPOP_LIST_H
#define BACKPOP_LIST_H

#include <stdlib.h>

/**
 * list_grow() - room for one more in a list of @n elements of @size bytes
 *
 * A list is full at each power of two: how much room it has need not be kept.
 *
 * Return: the list, moved perhaps, or NULL: out of memory, and it is as it was.
 */
static inline void *list_grow(void *list, size_t n, size_t size)
{
	return n & (n - 1) ? list : reallocarray(list, n ? 2 * n : 1, size);
}

#endif
