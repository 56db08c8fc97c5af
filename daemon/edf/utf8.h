/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that comes from outside and may be anything. */
#ifndef BACKPOP_EDF_UTF8_H
#define BACKPOP_EDF_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/**
 * utf8_copy() - text as UTF-8, whatever it was
 * @out:	@size bytes (> 0); cut off at a whole character, '\0' at its end
 *
 * What is no UTF-8 (Latin-1) and control characters become '?'.
 */
void utf8_copy(char *out, size_t size, const void *text, size_t n);

/* Is it UTF-8, as D-Bus wants it? */
bool utf8_valid(const char *text);

#endif
