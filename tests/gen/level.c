// SPDX-License-Identifier: GPL-2.0-or-later
#include "level.h"

#include <errno.h>
#include <stdlib.h>

#define BINS_PER_S	100
#define LOCAL_S		0.25	/* "around": this much on both sides */
#define USUAL_RATE	800.0	/* band of a channel that this mode lacks */

/* Vibration band of a channel at @rate, applied at GEN_RATE. */
struct band {
	struct biquad hp, lp1, lp2;
};

static struct band band_init(double rate)
{
	double hi = sensor_band_hi(rate);

	return (struct band){
		.hp = biquad_highpass(GEN_BAND_LO_HZ, 0.707, GEN_RATE),
		.lp1 = biquad_lowpass(hi, 0.924, GEN_RATE),	/* 4th order Butterworth */
		.lp2 = biquad_lowpass(hi, 0.383, GEN_RATE),
	};
}

static double band_step(struct band *b, double x)
{
	return biquad_step(&b->lp2, biquad_step(&b->lp1, biquad_step(&b->hp, x)));
}

void level_measure(const struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
		   const struct sensor_mode *mode)
{
	struct band acc = band_init(mode->accel_rate ? mode->accel_rate : USUAL_RATE);
	struct band volt = band_init(mode->film_rate ? mode->film_rate : USUAL_RATE);
	struct biquad mount = biquad_lowpass(s->mount_hz > 0.0 ? s->mount_hz : 100.0, s->mount_zeta,
					     GEN_RATE);
	struct film film = film_init(s);

	it->peak_g = it->peak_mv = 0.0;
	for (size_t i = 0; i < w->n; i++) {
		double mv = film_step(&film, w->acc[i] * w->dir[2], w->film ? w->film[i] : 0.0);

		it->peak_mv = fmax(it->peak_mv, fabs(band_step(&volt, mv)));
		it->peak_g = fmax(it->peak_g,
				  fabs(band_step(&acc, s->mount_hz > 0.0 ?
							       biquad_step(&mount, w->acc[i]) :
							       w->acc[i])));
	}
	if (it->kind == KIND_POP || it->kind == KIND_SNAP)
		it->f_peak_hz = peak_frequency(w->acc, w->n, GEN_RATE, 20.0, 2000.0);
	if (!mode->accel_rate)
		it->peak_g = NAN;
	if (!mode->film_rate)
		it->peak_mv = NAN;
}

/* Rms in the vibration band of white noise of @rms with steps of @step. */
static double band_rms(double rms, double step, double rate)
{
	double share = (sensor_band_hi(rate) - GEN_BAND_LO_HZ) / (rate / 2.0);

	return gm_hypot(rms, step / sqrt(12.0)) * sqrt(share);
}

double level_db(const struct gen_item *it, const struct gen_subject *s,
		const struct sensor_mode *mode)
{
	double best = 0.0;

	/* Three axes of noise beside one vector of the event. */
	if (mode->accel_rate)
		best = it->peak_g / sqrt(3.0) /
		       band_rms(sensor_accel_noise_g(s, mode->accel_rate),
				sensor_accel_step_g(mode), mode->accel_rate);
	if (mode->film_rate)
		best = fmax(best, it->peak_mv /
				  band_rms(sensor_film_noise_mv(s, mode->film_rate),
					   sensor_film_step_mv(mode), mode->film_rate));
	return 20.0 * gm_log10(best);
}

int noise_record_init(struct noise_record *n, double duration_s, double rate)
{
	n->rate = rate;
	n->n = (size_t)(duration_s * BINS_PER_S);
	n->bins = rate > 0.0 ? calloc(n->n, sizeof(*n->bins)) : NULL;
	return rate > 0.0 && !n->bins ? -ENOMEM : 0;
}

void noise_record_add(struct noise_record *n, double t, double square)
{
	size_t bin = (size_t)(t * BINS_PER_S);

	if (bin < n->n)
		n->bins[bin] += (float)(square * BINS_PER_S / n->rate);
}

void noise_record_free(struct noise_record *n)
{
	free(n->bins);
}

static double local_rms(const struct noise_record *n, double from_s, double to_s)
{
	size_t from = (size_t)(fmax(0.0, from_s - LOCAL_S) * BINS_PER_S);
	size_t to = (size_t)((to_s + LOCAL_S) * BINS_PER_S) + 1, count = 0;
	double sum = 0.0;

	for (size_t i = from; i < to && i < n->n; i++, count++)
		sum += n->bins[i];
	return count ? sqrt(sum / (double)count) : NAN;
}

void level_find_snr(struct gen_item *it, const struct noise_record *accel,
		    const struct noise_record *film)
{
	double best = 1e-6;	/* -120 dB */

	if (accel->bins)
		best = fmax(best, it->peak_g / local_rms(accel, it->onset_s, it->end_s));
	if (film->bins)
		best = fmax(best, it->peak_mv / local_rms(film, it->onset_s, it->end_s));
	it->snr_db = 20.0 * gm_log10(best);
}
