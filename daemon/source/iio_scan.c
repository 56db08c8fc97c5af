// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/iio_scan.h"

static int64_t field_raw(const struct iio_field *f, const char *scan)
{
	const unsigned char *p = (const unsigned char *)scan + f->offset;
	uint64_t v = 0;

	for (unsigned int i = 0; i < f->bytes; i++)
		v |= (uint64_t)p[f->is_be ? f->bytes - 1 - i : i] << (8 * i);
	v >>= f->shift;
	if (f->bits < 64) {
		v &= (1ULL << f->bits) - 1;
		if (f->is_signed && v >> (f->bits - 1))
			v |= ~0ULL << f->bits;
	}
	return (int64_t)v;
}

/* At full scale: the last 12-bit step counts too, wide words may be packed (<< 4). */
static bool field_clipped(const struct iio_field *f, int64_t raw)
{
	int64_t max, min;

	if (f->bits < 12 || f->bits > 32)
		return false;
	max = (1LL << (f->bits - f->is_signed)) - (1LL << (f->bits - 12));
	min = f->is_signed ? -(1LL << (f->bits - 1)) : 0;
	return raw >= max || raw <= min;
}

void iio_scan_decode(const struct iio_setup *s, const char *scan, int64_t t_ns,
		     struct bp_frame *fr)
{
	double chip[3];

	*fr = (struct bp_frame) { .t_ns = t_ns };
	if (s->has_motion) {
		fr->has |= BP_HAS_MOTION;
		for (int i = 0; i < 3; i++) {
			int64_t raw = field_raw(&s->accel[i], scan);

			chip[i] = ((double)raw + s->accel[i].add) * s->accel[i].scale;
			if (field_clipped(&s->accel[i], raw))
				fr->has |= BP_CLIPPED_MOTION;
		}
		for (int i = 0; i < 3; i++)
			fr->accel_g[i] = (float)(s->mount[3 * i] * chip[0] +
						 s->mount[3 * i + 1] * chip[1] +
						 s->mount[3 * i + 2] * chip[2]);
	}
	if (s->has_film) {
		int64_t raw = field_raw(&s->film, scan);

		fr->has |= BP_HAS_FILM;
		fr->film_mv = (float)(((double)raw + s->film.add) * s->film.scale);
		if (field_clipped(&s->film, raw))
			fr->has |= BP_CLIPPED_FILM;
	}
}

int64_t iio_scan_time(const struct iio_setup *s, const char *scan)
{
	return field_raw(&s->stamp, scan);
}
