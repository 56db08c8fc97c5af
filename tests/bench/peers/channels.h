/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session's channels as arrays, for detectors that want the whole of one. */
#ifndef BENCH_CHANNELS_H
#define BENCH_CHANNELS_H

#include <stddef.h>

#define CHANNELS_MAX	4

struct channel {
	char label[17];
	double rate;
	float *x;		/* g or mV */
	size_t n;
};

struct channels {
	struct channel c[CHANNELS_MAX];
	size_t n;
};

/* 0, or -1 after a message on stderr. */
int channels_read(struct channels *ch, const char *path);
void channels_free(struct channels *ch);
/*
 * 60 Hz to min(1400, 0.42 rate) Hz, Butterworth of 4th order at each end, in place:
 * the band in which the truth states its levels.
 */
void channels_band_pass(struct channel *c);

#endif
