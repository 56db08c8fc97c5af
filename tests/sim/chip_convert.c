// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the chip's converter makes of a physical value.  The session generator has the same.
 */
#include "chip_model_inside.h"

static const u32 accel_lsb_ug[4] = { 61, 122, 244, 488 };
static const u32 film_lsb_per_mv[4] = { 164, 328, 655, 1311 };

/* 64 by 32 bit division that needs no libgcc on a 32-bit kernel. */
u64 chip_div_rem(u64 n, u32 d, u32 *rem)
{
	u32 high = n >> 32, low = n, q = 0;
	u64 r = high % d;
	int i;

	for (i = 31; i >= 0; i--) {
		r = r << 1 | (low >> i & 1);
		if (r >= d) {
			r -= d;
			q |= 1u << i;
		}
	}
	if (rem)
		*rem = r;
	return (u64)(high / d) << 32 | q;
}

/* Round to nearest, saturate to @bits, left-justify. */
static s16 quantise(bool neg, u64 num, u32 den, u8 bits)
{
	s64 code = chip_div_rem(num + den / 2, den, NULL), most = 1 << (bits - 1);

	if (neg)
		code = code > most ? -most : -code;
	else if (code >= most)
		code = most - 1;
	return (s16)(code * (1 << (16 - bits)));
}

s16 chip_quantise_accel(s32 ug, u8 fs, u8 bits)
{
	bool neg = ug < 0;

	return quantise(neg, neg ? -(s64)ug : ug, accel_lsb_ug[fs & 3] << (16 - bits), bits);
}

s16 chip_quantise_film(s32 nv, u8 gain, u8 bits)
{
	bool neg = nv < 0;
	u64 mag = neg ? -(s64)nv : nv;

	return quantise(neg, mag * film_lsb_per_mv[gain & 3], PPM << (16 - bits), bits);
}
