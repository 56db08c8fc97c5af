/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the band does over a second, whether or not single transients can be told
 * in it: crackles that follow each other closely mask one another, but keep the
 * band raised, unevenly and at the pitch of flesh (signal-model.md 3.5).
 */
#ifndef BACKPOP_CORE_TEXTURE_H
#define BACKPOP_CORE_TEXTURE_H

#include "core/stream.h"

/**
 * struct bp_texture - hundredths of a second of one stream, from one time to another
 * @raised:	share of them 6 dB or more above the wearer at rest
 * @level_db:	mean of all over the wearer at rest, what lies below it counted as 0
 * @spread:	standard deviation of the logarithm of the power of those raised
 * @freq_hz:	mean frequency of those raised, 0 = none
 * @pitch_spread: standard deviation of the logarithm of their mean frequencies
 * @bumps:	maxima 3 dB or more above what is around them, a second
 * @power:	mean of all above the wearer at rest, unit squared
 * @elsewhere:	share of the levels outside those 0.2 s in a row that have most of them: a
 *		manoeuvre's pops leave nothing there
 */
struct bp_texture {
	float raised, level_db, spread, freq_hz, pitch_spread, bumps, power, elsewhere;
};

/* Measure @s from @from_ns to @to_ns, as far back as its hops reach. */
void bp_texture_measure(struct bp_texture *tx, const struct bp_stream *s, int64_t from_ns,
			int64_t to_ns);

#endif
