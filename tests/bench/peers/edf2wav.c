// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A session's channel as 16-bit WAV, band-passed, at its own rate, so that a program
 * for music takes it: the film, or without one the outward acceleration.  Full scale
 * is 50 mV or 0.5 g.
 *
 *	edf2wav FILE.edf FILE.wav
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "channels.h"

#define FILM_FULL_MV	50.0f
#define ACCEL_FULL_G	0.5f

static void put(FILE *f, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		putc((int)(v >> (8 * i)) & 0xff, f);
}

static void header(FILE *f, uint32_t n, uint32_t rate)
{
	fputs("RIFF", f);
	put(f, 36 + 2 * n, 4);
	fputs("WAVEfmt ", f);
	put(f, 16, 4);
	put(f, 1, 2);			/* PCM */
	put(f, 1, 2);			/* mono */
	put(f, rate, 4);
	put(f, 2 * rate, 4);
	put(f, 2, 2);
	put(f, 16, 2);
	fputs("data", f);
	put(f, 2 * n, 4);
}

int main(int argc, char **argv)
{
	struct channel *c = NULL;
	struct channels ch;
	float full;
	FILE *f;
	int bad;

	if (argc != 3) {
		fputs("usage: edf2wav FILE.edf FILE.wav\n", stderr);
		return 2;
	}
	if (channels_read(&ch, argv[1]))
		return 1;
	for (size_t i = 0; i < ch.n; i++)
		if (!c || !strcmp(ch.c[i].label, "Film") || strcmp(c->label, "Film"))
			c = &ch.c[i];	/* the film, else the last: outward */
	if (!c) {
		fprintf(stderr, "%s: no channel\n", argv[1]);
		return 1;
	}
	channels_band_pass(c);
	full = strcmp(c->label, "Film") ? ACCEL_FULL_G : FILM_FULL_MV;
	f = fopen(argv[2], "wb");
	if (!f) {
		perror(argv[2]);
		return 1;
	}
	header(f, (uint32_t)c->n, (uint32_t)c->rate);
	for (size_t i = 0; i < c->n; i++)
		put(f, (uint16_t)(int16_t)lrintf(fmaxf(-1.0f, fminf(1.0f, c->x[i] / full)) * 32767.0f),
		    2);
	channels_free(&ch);
	bad = ferror(f);
	bad |= fclose(f);
	if (bad)
		perror(argv[2]);
	return bad ? 1 : 0;
}
