// SPDX-License-Identifier: GPL-2.0-only
/*
 * ST1VAFE3BX: its sample rates, and what follows from them.
 */

#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/types.h>

#include "st1vafe3bx.h"

/* A service may be this late before the FIFO runs over. */
#define ST1VAFE3BX_GRACE_MS		25

/*
 * Low power is only for slow acceleration (breathing, posture).  At 25 Hz and below its
 * bandwidths are not half the rate, a quarter and so on, as they are everywhere else.
 */
const struct st1vafe3bx_rate st1vafe3bx_rates[ST1VAFE3BX_RATES] = {
	[ST1VAFE3BX_RATE_1_6] = {
		.period_ns = 625000000, .odr = 0x1, .off_ms = 625, .ultra_low_power = true,
		.low_pass = { { 0, 800000 } },
	},
	[ST1VAFE3BX_RATE_3] = {
		.period_ns = 333333333, .odr = 0x2, .off_ms = 335, .ultra_low_power = true,
		.low_pass = { { 1, 500000 } },
	},
	[ST1VAFE3BX_RATE_6] = {
		.period_ns = 166666667, .odr = 0x4, .off_ms = 170,
		.low_pass = { { 3, 0 }, { 1, 500000 }, { 0, 750000 }, { 0, 375000 } },
	},
	[ST1VAFE3BX_RATE_12_5] = {
		.period_ns = 80000000, .odr = 0x5, .off_ms = 80,
		.low_pass = { { 6, 250000 }, { 3, 125000 }, { 1, 562500 }, { 0, 781250 } },
	},
	[ST1VAFE3BX_RATE_25] = {
		.period_ns = 40000000, .odr = 0x6, .off_ms = 40,
		.low_pass = { { 12, 500000 }, { 6, 250000 }, { 3, 125000 }, { 1, 562500 } },
	},
	[ST1VAFE3BX_RATE_50] = {
		.period_ns = 20000000, .odr = 0x7, .off_ms = 25, .low_power = true,
		.low_pass = { { 25, 0 }, { 12, 500000 }, { 6, 250000 }, { 3, 125000 } },
	},
	[ST1VAFE3BX_RATE_100] = {
		.period_ns = 10000000, .odr = 0x8, .off_ms = 25,
		.low_pass = { { 50, 0 }, { 25, 0 }, { 12, 500000 }, { 6, 250000 } },
	},
	[ST1VAFE3BX_RATE_200] = {
		.period_ns = 5000000, .odr = 0x9, .off_ms = 25,
		.low_pass = { { 100, 0 }, { 50, 0 }, { 25, 0 }, { 12, 500000 } },
	},
	[ST1VAFE3BX_RATE_400] = {
		.period_ns = 2500000, .odr = ST1VAFE3BX_ODR_400, .off_ms = 25,
		.low_pass = { { 200, 0 }, { 100, 0 }, { 50, 0 }, { 25, 0 } },
	},
	[ST1VAFE3BX_RATE_800] = {
		.period_ns = 1250000, .odr = ST1VAFE3BX_ODR_800, .off_ms = 25,
		.low_pass = { { 400, 0 }, { 200, 0 }, { 100, 0 }, { 50, 0 } },
		.low_pass_film = { { 360, 0 }, { 180, 0 }, { 90, 0 }, { 45, 0 } },
	},
	[ST1VAFE3BX_RATE_3200] = {
		.period_ns = 312500, .odr = ST1VAFE3BX_ODR_800, .off_ms = 25, .film_only = true,
		.low_pass_film = { { 1600, 0 }, { 700, 0 }, { 360, 0 }, { 180, 0 } },
	},
};

/* By the same index: Hz, micro-Hz. */
const int st1vafe3bx_rates_hz[ST1VAFE3BX_RATES][2] = {
	[ST1VAFE3BX_RATE_1_6] = { 1, 600000 },
	[ST1VAFE3BX_RATE_3] = { 3, 0 },
	[ST1VAFE3BX_RATE_6] = { 6, 0 },
	[ST1VAFE3BX_RATE_12_5] = { 12, 500000 },
	[ST1VAFE3BX_RATE_25] = { 25, 0 },
	[ST1VAFE3BX_RATE_50] = { 50, 0 },
	[ST1VAFE3BX_RATE_100] = { 100, 0 },
	[ST1VAFE3BX_RATE_200] = { 200, 0 },
	[ST1VAFE3BX_RATE_400] = { 400, 0 },
	[ST1VAFE3BX_RATE_800] = { 800, 0 },
	[ST1VAFE3BX_RATE_3200] = { 3200, 0 },
};

/* Film alone runs at 800 and 3200 Hz, everything else up to 800 Hz. */
bool st1vafe3bx_rate_fits(const struct st1vafe3bx_rate *rate, enum st1vafe3bx_mode mode)
{
	if (mode == ST1VAFE3BX_MODE_FILM)
		return rate->odr == ST1VAFE3BX_ODR_800;

	return !rate->film_only;
}

/* The rate of direct reads: the chosen one, or if that does not fit the mode 800 Hz. */
const struct st1vafe3bx_rate *st1vafe3bx_direct_rate(const struct st1vafe3bx_state *st,
						     enum st1vafe3bx_mode mode)
{
	return st1vafe3bx_rate_fits(st->rate, mode) ? st->rate :
						    &st1vafe3bx_rates[ST1VAFE3BX_RATE_800];
}

/* FIFO words among which there are @samples samples for certain. */
unsigned int st1vafe3bx_words(unsigned int samples)
{
	return samples + DIV_ROUND_UP(samples, ST1VAFE3BX_SAMPLES_PER_TIME_WORD);
}

/* The watermark, in samples, that leaves room for what comes in until a late service. */
unsigned int st1vafe3bx_watermark_max(const struct st1vafe3bx_rate *rate)
{
	unsigned int late = DIV_ROUND_UP(ST1VAFE3BX_GRACE_MS * NSEC_PER_MSEC, rate->period_ns);
	unsigned int words = ST1VAFE3BX_FIFO_WORDS - st1vafe3bx_words(late) - 1;

	words = min_t(unsigned int, words, ST1VAFE3BX_FIFO_WTM_FTH_MSK);

	return words - DIV_ROUND_UP(words, ST1VAFE3BX_SAMPLES_PER_TIME_WORD + 1);
}

unsigned int st1vafe3bx_watermark(const struct st1vafe3bx_state *st)
{
	return clamp(st->watermark, ST1VAFE3BX_WATERMARK_MIN, st1vafe3bx_watermark_max(st->rate));
}

/* The filter code of the accelerometer; the setting is kept where the rate has no choice. */
u8 st1vafe3bx_low_pass(const struct st1vafe3bx_state *st, const struct st1vafe3bx_rate *rate)
{
	return rate->ultra_low_power ? 0 : st->bw;
}
