// SPDX-License-Identifier: GPL-2.0-only
/*
 * FIFO words of the ST1VAFE3BX: what the tag says and how the payload is packed.
 */

#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "compat_unaligned.h"
#include "st1vafe3bx_word.h"

/* The tag is in the upper five bits of the first byte; the lower three are not used. */
#define TAG_SHIFT		3
#define TAG_EMPTY		0x00
#define TAG_ACCEL		0x02
#define TAG_TIME		0x04
#define TAG_FILM		0x1e
#define TAG_ACCEL_FILM		0x1f

/* A 12-bit value whose lowest nibble starts at the low or at the high half of @p[0]. */
static s16 left12_low(const u8 *p)
{
	return (s16)(u16)(p[0] << 4 | (p[1] & 0x0f) << 12);
}

static s16 left12_high(const u8 *p)
{
	return (s16)(u16)((p[0] & 0xf0) | p[1] << 8);
}

/**
 * st1vafe3bx_film() - what the film's output says of its inputs
 * @raw:	as the chip has it
 *
 * Return: the first input less the second.
 */
s16 st1vafe3bx_film(s16 raw)
{
	return ST1VAFE3BX_FILM_REVERSED ? -max_t(s16, raw, -S16_MAX) : raw;
}

/**
 * st1vafe3bx_word_decode() - take a FIFO word apart
 * @raw:	ST1VAFE3BX_WORD_SIZE bytes as read from the FIFO port
 * @word:	where to put it; fields that the kind does not have are 0
 *
 * 12-bit values are shifted to the top of 16 bits, where one scale fits all words.
 */
void st1vafe3bx_word_decode(const u8 *raw, struct st1vafe3bx_word *word)
{
	const u8 *payload = raw + 1;

	*word = (struct st1vafe3bx_word){ .kind = ST1VAFE3BX_WORD_UNKNOWN };

	switch (raw[0] >> TAG_SHIFT) {
	case TAG_EMPTY:
		word->kind = ST1VAFE3BX_WORD_EMPTY;
		break;
	case TAG_ACCEL:
		word->kind = ST1VAFE3BX_WORD_ACCEL;
		word->accel[0] = get_unaligned_le16(payload);
		word->accel[1] = get_unaligned_le16(payload + 2);
		word->accel[2] = get_unaligned_le16(payload + 4);
		break;
	case TAG_FILM:
		word->kind = ST1VAFE3BX_WORD_FILM;
		word->film = st1vafe3bx_film(get_unaligned_le16(payload));
		break;
	case TAG_ACCEL_FILM:
		word->kind = ST1VAFE3BX_WORD_ACCEL_FILM;
		word->accel[0] = left12_low(payload);
		word->accel[1] = left12_high(payload + 1);
		word->accel[2] = left12_low(payload + 3);
		word->film = st1vafe3bx_film(left12_high(payload + 4));
		break;
	case TAG_TIME:
		/* the first two bytes repeat the configuration */
		word->kind = ST1VAFE3BX_WORD_TIME;
		word->ticks = get_unaligned_le32(payload + 2);
		break;
	}
}
