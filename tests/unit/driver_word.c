// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FIFO words of the driver: layouts of the register sheet, section 2.7.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../driver/st1vafe3bx_word.h"
#include "ktap.h"

static struct st1vafe3bx_word decode(u8 tag, u8 b0, u8 b1, u8 b2, u8 b3, u8 b4, u8 b5)
{
	const u8 raw[ST1VAFE3BX_WORD_SIZE] = { tag << 3, b0, b1, b2, b3, b4, b5 };
	struct st1vafe3bx_word word;

	memset(&word, 0xa5, sizeof(word));
	st1vafe3bx_word_decode(raw, &word);
	return word;
}

static void check_values(const struct st1vafe3bx_word *w, enum st1vafe3bx_word_kind kind,
			 int x, int y, int z, int film)
{
	ktap_check(w->kind == kind, "kind %d, expected %d", w->kind, kind);
	ktap_check(w->accel[0] == x && w->accel[1] == y && w->accel[2] == z && w->film == film,
		   "got %d %d %d film %d, expected %d %d %d film %d", w->accel[0], w->accel[1],
		   w->accel[2], w->film, x, y, z, film);
}

static void accel(void)
{
	struct st1vafe3bx_word w = decode(0x02, 0x34, 0x12, 0xff, 0xff, 0x00, 0x80);

	check_values(&w, ST1VAFE3BX_WORD_ACCEL, 0x1234, -1, -32768, 0);
}

static void film(void)
{
	struct st1vafe3bx_word w = decode(0x1e, 0xfe, 0xff, 0xaa, 0xbb, 0xcc, 0xdd);

	check_values(&w, ST1VAFE3BX_WORD_FILM, 0, 0, 0, -2);
}

static void packed(void)
{
	/* x = 0x123, y = -1, z = -2048, film = 0x7ff */
	struct st1vafe3bx_word w = decode(0x1f, 0x23, 0xf1, 0xff, 0x00, 0xf8, 0x7f);

	check_values(&w, ST1VAFE3BX_WORD_ACCEL_FILM, 0x1230, -16, -32768, 0x7ff0);

	/* each nibble in its own place */
	w = decode(0x1f, 0x32, 0x41, 0x65, 0x98, 0xa7, 0xcb);
	check_values(&w, ST1VAFE3BX_WORD_ACCEL_FILM, 0x1320, 0x6540, 0x7980, (s16)0xcba0);
}

static void time_stamp(void)
{
	struct st1vafe3bx_word w = decode(0x04, 0xff, 0xff, 0x78, 0x56, 0x34, 0xf2);

	check_values(&w, ST1VAFE3BX_WORD_TIME, 0, 0, 0, 0);
	ktap_check(w.ticks == 0xf2345678, "ticks 0x%x, expected 0xf2345678", w.ticks);
}

static void every_tag(void)
{
	for (unsigned int raw_tag = 0; raw_tag < 256; raw_tag++) {
		u8 raw[ST1VAFE3BX_WORD_SIZE] = { raw_tag, 1, 2, 3, 4, 5, 6 };
		enum st1vafe3bx_word_kind want;
		struct st1vafe3bx_word w;

		switch (raw_tag >> 3) {
		case 0x00:
			want = ST1VAFE3BX_WORD_EMPTY;
			break;
		case 0x02:
			want = ST1VAFE3BX_WORD_ACCEL;
			break;
		case 0x04:
			want = ST1VAFE3BX_WORD_TIME;
			break;
		case 0x1e:
			want = ST1VAFE3BX_WORD_FILM;
			break;
		case 0x1f:
			want = ST1VAFE3BX_WORD_ACCEL_FILM;
			break;
		default:
			want = ST1VAFE3BX_WORD_UNKNOWN;
		}
		st1vafe3bx_word_decode(raw, &w);
		ktap_check(w.kind == want, "tag byte 0x%02x: kind %d, expected %d", raw_tag,
			   w.kind, want);
	}
}

/* Pack random 12-bit values as the sheet says and find them again. */
static void packed_random(void)
{
	srand(1);
	for (int i = 0; i < 100000; i++) {
		int v[4];

		for (int j = 0; j < 4; j++)
			v[j] = rand() % 4096 - 2048;

		struct st1vafe3bx_word w = decode(0x1f, v[0] & 0xff,
						  (v[1] & 0xf) << 4 | (v[0] >> 8 & 0xf),
						  v[1] >> 4 & 0xff, v[2] & 0xff,
						  (v[3] & 0xf) << 4 | (v[2] >> 8 & 0xf),
						  v[3] >> 4 & 0xff);

		check_values(&w, ST1VAFE3BX_WORD_ACCEL_FILM, v[0] * 16, v[1] * 16, v[2] * 16,
			     v[3] * 16);
		if (ktap_failed)
			return;
	}
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "accel", accel },
		{ "film", film },
		{ "packed", packed },
		{ "packed_random", packed_random },
		{ "time_stamp", time_stamp },
		{ "every_tag", every_tag },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
