/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How loud an item is, and how loud everything else is around it. */
#ifndef GEN_LEVEL_H
#define GEN_LEVEL_H

#include "sensor.h"

/* Peaks of @it without noise, as the channels of this mode see them; its spectral peak. */
void level_measure(const struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
		   const struct sensor_mode *mode);

/* Level over the sensor's own noise, better channel, dB. */
double level_db(const struct gen_item *it, const struct gen_subject *s,
		const struct sensor_mode *mode);

/* Mean square of all but the events in the vibration band of a channel, per 10 ms. */
struct noise_record {
	float *bins;		/* NULL: the channel is absent */
	size_t n;
	double rate;
};

int noise_record_init(struct noise_record *n, double duration_s, double rate);
void noise_record_add(struct noise_record *n, double t, double square);
void noise_record_free(struct noise_record *n);

/* it->snr_db: its peak over the rms of the rest around it, better channel. */
void level_find_snr(struct gen_item *it, const struct noise_record *accel,
		    const struct noise_record *film);

#endif
