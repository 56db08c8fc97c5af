// SPDX-License-Identifier: GPL-2.0-or-later
#include "channels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edf/edf.h"
#include "gen/dsp.h"

#define BAND_LO_HZ	60.0
#define BAND_HI_HZ	1400.0
#define BAND_SHARE	0.42

static int take_records(struct channels *ch, struct edf_reader *r, const char *path)
{
	int16_t *counts[EDF_MAX_SIGNALS] = { NULL };
	size_t done[CHANNELS_MAX] = { 0 };
	double onset;
	int ret = 0;

	for (size_t i = 0; i < ch->n; i++) {
		const struct edf_signal *s = edf_signal(r, i);

		counts[i] = calloc(s->samples_per_record, sizeof(int16_t));
		ch->c[i].n = s->samples_per_record * edf_n_records(r);
		ch->c[i].x = calloc(ch->c[i].n + 1, sizeof(float));
		if (!counts[i] || !ch->c[i].x)
			ret = -1;
		snprintf(ch->c[i].label, sizeof(ch->c[i].label), "%s", s->label);
		ch->c[i].rate = edf_rate_hz(r, i);
	}
	while (!ret && (ret = edf_read_record(r, &onset, counts)) > 0) {
		for (size_t i = 0; i < ch->n; i++) {
			const struct edf_signal *s = edf_signal(r, i);
			double unit = strcmp(s->dimension, "mg") ? 1.0 : 1e-3;

			for (size_t k = 0; k < s->samples_per_record; k++)
				ch->c[i].x[done[i]++] = (float)(unit * edf_to_phys(s, counts[i][k]));
		}
		ret = 0;
	}
	if (ret)
		fprintf(stderr, "%s: %s\n", path, edf_reader_error(r));
	for (size_t i = 0; i < ch->n; i++)
		free(counts[i]);
	return ret ? -1 : 0;
}

int channels_read(struct channels *ch, const char *path)
{
	char err[EDF_ERROR_SIZE];
	struct edf_reader *r = edf_open(path, err);
	int ret;

	memset(ch, 0, sizeof(*ch));
	if (!r) {
		fprintf(stderr, "%s\n", err);
		return -1;
	}
	ch->n = edf_n_signals(r);
	if (ch->n > CHANNELS_MAX) {
		fprintf(stderr, "%s: %zu signals\n", path, ch->n);
		edf_close(r);
		return -1;
	}
	ret = take_records(ch, r, path);
	edf_close(r);
	return ret;
}

void channels_free(struct channels *ch)
{
	for (size_t i = 0; i < ch->n; i++)
		free(ch->c[i].x);
}

void channels_band_pass(struct channel *c)
{
	double hi = fmin(BAND_HI_HZ, BAND_SHARE * c->rate);
	struct biquad s[4] = {
		biquad_highpass(BAND_LO_HZ, 0.924, c->rate), biquad_highpass(BAND_LO_HZ, 0.383, c->rate),
		biquad_lowpass(hi, 0.924, c->rate), biquad_lowpass(hi, 0.383, c->rate),
	};
	/* Start settled on gravity. */
	double first = c->n ? (double)c->x[0] : 0.0;

	for (size_t i = 0; i < c->n; i++) {
		double y = (double)c->x[i] - first;

		for (int k = 0; k < 4; k++)
			y = biquad_step(&s[k], y);
		c->x[i] = (float)y;
	}
}
