// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "utf8.h"

/* Length of the UTF-8 sequence at @p, 0 if it is not one. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	static const unsigned char lowest[5] = { 0, 0, 0x80, 0xa0, 0x90 };
	size_t len = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 :
		     (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (len == 0 || len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 || p[0] == 0xf0) && p[1] < lowest[len])
		return 0;	/* overlong */
	if ((p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;	/* surrogates, beyond U+10FFFF */
	return len;
}

bool utf8_valid(const char *text)
{
	size_t n = strlen(text), len = 0;

	for (; n; text += len, n -= len) {
		len = utf8_length((const unsigned char *)text, n);
		if (!len)
			return false;
	}
	return true;
}

void utf8_copy(char *out, size_t size, const void *text, size_t n)
{
	const unsigned char *p = text;
	size_t used = 0;

	while (n > 0) {
		size_t len = utf8_length(p, n);
		bool plain = len > 1 || (len == 1 && p[0] >= ' ' && p[0] != 0x7f);

		if (used + (len ? len : 1) >= size)
			break;
		if (plain)
			memcpy(out + used, p, len);
		else
			out[used] = '?';
		used += len ? len : 1;
		p += len ? len : 1;
		n -= len ? len : 1;
	}
	out[used] = '\0';
}
