/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FIFO words of the ST1VAFE3BX.  Pure: no I/O, no state.
 */
#ifndef ST1VAFE3BX_WORD_H
#define ST1VAFE3BX_WORD_H

#include <linux/types.h>

#define ST1VAFE3BX_WORD_SIZE		7	/* tag and six bytes of payload */

/*
 * The film's output is its first input less its second (0), or the other way round (1),
 * which is not confirmed.
 */
#ifndef ST1VAFE3BX_FILM_REVERSED
#define ST1VAFE3BX_FILM_REVERSED	0
#endif

enum st1vafe3bx_word_kind {
	ST1VAFE3BX_WORD_EMPTY,		/* the FIFO had nothing left */
	ST1VAFE3BX_WORD_ACCEL,
	ST1VAFE3BX_WORD_FILM,
	ST1VAFE3BX_WORD_ACCEL_FILM,
	ST1VAFE3BX_WORD_TIME,
	ST1VAFE3BX_WORD_UNKNOWN,	/* a tag that no mode of this driver makes */
};

/**
 * struct st1vafe3bx_word - a FIFO word, taken apart
 * @kind:	what it holds
 * @accel:	x, y, z; 16 bit, of which the low 4 are 0 in an ACCEL_FILM word
 * @film:	film voltage, first input less second, 16 bit, likewise
 * @ticks:	chip time of a TIME word, in units of 10 us
 */
struct st1vafe3bx_word {
	enum st1vafe3bx_word_kind kind;
	s16 accel[3];
	s16 film;
	u32 ticks;
};

void st1vafe3bx_word_decode(const u8 *raw, struct st1vafe3bx_word *word);
s16 st1vafe3bx_film(s16 raw);

#endif
