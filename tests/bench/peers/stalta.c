// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recursive STA/LTA as seismologists run it: each channel band-passed, its trigger
 * on above THRESHOLD and off below half of it, triggers of all channels pooled,
 * those within 20 ms of each other held for one.
 *
 *	stalta THRESHOLD FILE.edf
 */
#include <stdio.h>
#include <stdlib.h>

#include "channels.h"

#define STA_S		0.005
#define LTA_S		0.5
#define MERGE_S		0.02
#define OFF_SHARE	0.5

struct pick {
	double on, off;
};

struct picks {
	struct pick *v;
	size_t n;
};

static int add(struct picks *p, double on, double off)
{
	struct pick *grown = realloc(p->v, (p->n + 1) * sizeof(*grown));

	if (!grown)
		return -1;
	p->v = grown;
	p->v[p->n++] = (struct pick){ on, off };
	return 0;
}

static int trigger(struct picks *p, const struct channel *c, double threshold)
{
	double a = 1.0 / (STA_S * c->rate), b = 1.0 / (LTA_S * c->rate);
	double sta = 0.0, lta = 1e-99, on = -1.0;
	size_t warm = (size_t)(LTA_S * c->rate);
	int ret = 0;

	for (size_t i = 0; i < c->n && !ret; i++) {
		double square = (double)c->x[i] * (double)c->x[i], ratio;

		/* sta += (x^2 - sta) / Nsta, lta += (x^2 - lta) / Nlta */
		sta += a * (square - sta);
		lta += b * (square - lta);
		ratio = i < warm ? 0.0 : sta / lta;
		if (on < 0.0 && ratio > threshold) {
			on = (double)i / c->rate;
		} else if (on >= 0.0 && ratio < OFF_SHARE * threshold) {
			ret = add(p, on, (double)i / c->rate);
			on = -1.0;
		}
	}
	return ret;
}

static int by_on(const void *pa, const void *pb)
{
	const struct pick *a = pa, *b = pb;

	return a->on < b->on ? -1 : a->on > b->on;
}

int main(int argc, char **argv)
{
	struct picks p = { 0 };
	struct channels ch;
	double last = -1.0;
	int n = 0, ret = 0;

	if (argc != 3 || !(atof(argv[1]) > 0.0)) {
		fputs("usage: stalta THRESHOLD FILE.edf\n", stderr);
		return 2;
	}
	if (channels_read(&ch, argv[2]))
		return 1;
	for (size_t i = 0; i < ch.n && !ret; i++) {
		channels_band_pass(&ch.c[i]);
		ret = trigger(&p, &ch.c[i], atof(argv[1]));
	}
	if (p.n)
		qsort(p.v, p.n, sizeof(*p.v), by_on);
	for (size_t i = 0; i < p.n && !ret; i++) {
		if (last >= 0.0 && p.v[i].on - last < MERGE_S)
			continue;
		last = p.v[i].on;
		printf("{\"event\":%d,\"revision\":0,\"onset_s\":%.6f,\"end_s\":%.6f,\"emitted_s\":%.6f,"
		       "\"class\":\"unclassified\"}\n", ++n, p.v[i].on, p.v[i].off, p.v[i].on);
	}
	channels_free(&ch);
	free(p.v);
	return ret || fflush(stdout) ? 1 : 0;
}
