// SPDX-License-Identifier: GPL-2.0-or-later
/* What must not be taken for a pop (signal-model 3.7 heel strikes, 3.8). */
#include "dsp.h"
#include "gen.h"

#define END_SHARE	0.1

static double time_of(const struct gen_wave *w, const struct gen_item *it, size_t i)
{
	return (double)(w->start + (int64_t)i) / GEN_RATE - it->onset_s;
}

static int alloc(struct gen_wave *w, const struct gen_item *it, double length_s, bool film,
		 struct rng *r)
{
	gen_direction(w->dir, 0.35, r);
	return gen_wave_alloc(w, it->begin_s, it->onset_s - it->begin_s + length_s, film);
}

/* Gain that brings white noise of 1 through a band of @width Hz back to rms 1. */
static double noise_gain(double width)
{
	return sqrt(GEN_RATE / 2.0 / width);
}

/*
 * Finger on the sensor: volts on the open film, so that the chip often clips.  It pushes the
 * trunk as well; one in four meets a back that leans on something, and only the film is pressed.
 */
static int tap(struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
	       struct rng *r)
{
	double peak = rng_uniform(r, 1.0, 4.0), f = rng_uniform(r, 300.0, 900.0);
	double decay = rng_uniform(r, 2e-3, 6e-3);
	double volts = fmin(10.0, fmax(1.0, peak * fabs(s->film_v_per_g) * rng_loguniform(r, 5.0, 50.0)));
	double push = rng_uniform(r, 0.05, 0.3), length = rng_uniform(r, 0.06, 0.15);
	double sign = rng_below(r, 2) ? 1.0 : -1.0;
	/* drawn later than these, so that the rest of a seed stays as it was */
	double over = rng_uniform(r, 1.6, 2.3), share = rng_uniform(r, 0.0, 0.5);
	double strain = rng_uniform(r, 0.05, 0.6);
	int ret = alloc(w, it, 0.25, true, r);

	if (ret)
		return ret;
	if (rng_below(r, 4) == 0) {
		push = rng_loguniform(r, 1e-3, 0.05);
		length = rng_uniform(r, 0.03, 0.15);
	}
	for (size_t i = 0; i < w->n; i++) {
		double x = time_of(w, it, i);
		double ring = gm_exp(-x / decay) * gm_cos(2.0 * M_PI * f * x) +
			      share * gm_exp(-2.0 * x / decay) * gm_cos(2.0 * M_PI * over * f * x);
		double press = x < length ? gm_sin(M_PI * x / length) : 0.0;

		if (x < 0.0)
			continue;
		ring *= (1.0 - gm_exp(-x / 0.15e-3)) / (1.0 + share);
		w->acc[i] = (float)(peak * ring + push * press);
		w->film[i] = (float)(sign * volts * (ring + strain * press));
	}
	it->end_s = it->onset_s + length;
	return 0;
}

/* Heel strike; size = g. */
static int step(struct gen_wave *w, struct gen_item *it, struct rng *r)
{
	double f1 = rng_uniform(r, 10.0, 20.0), f2 = rng_uniform(r, 45.0, 80.0);
	double share = rng_uniform(r, 0.05, 0.20);
	/* Until nothing is left: one of 5 g cut off after 0.2 s ends in a click of 6 mg. */
	int ret = alloc(w, it, 0.5, false, r);

	if (ret)
		return ret;
	for (size_t i = 0; i < w->n; i++) {
		double x = time_of(w, it, i);

		if (x >= 0.0)
			w->acc[i] = (float)(it->size *
					    (gm_exp(-x / 0.030) * gm_sin(2.0 * M_PI * f1 * x) +
					     share * gm_exp(-x / 0.012) * gm_sin(2.0 * M_PI * f2 * x)));
	}
	/* Mostly head-ward, with some forward push. */
	w->dir[0] = 0.93;
	w->dir[1] = rng_uniform(r, -0.2, 0.2);
	w->dir[2] = sqrt(1.0 - w->dir[0] * w->dir[0] - w->dir[1] * w->dir[1]);
	it->end_s = it->onset_s + 0.1;
	return 0;
}

static int cough(struct gen_wave *w, struct gen_item *it, struct rng *r)
{
	double length = rng_uniform(r, 0.35, 0.6), heave = rng_uniform(r, 0.2, 0.6);
	double burst = rng_uniform(r, 0.05, 0.3), click = rng_uniform(r, 0.0, 1.0) < 0.3 ? burst : 0.0;
	double click_hz = rng_uniform(r, 150.0, 400.0), click_decay = rng_uniform(r, 2e-3, 4e-3);
	struct biquad hp = biquad_highpass(15.0, 0.707, GEN_RATE);
	struct biquad lp = biquad_lowpass(350.0, 0.707, GEN_RATE);
	double gain = noise_gain(335.0);
	int ret = alloc(w, it, length + 0.1, false, r);
	/* Two in five end in a voice; the click may be a puff of noise. */
	double voice = rng_below(r, 5) < 2 ? rng_uniform(r, 0.2, 1.0) : 0.0;
	double voice_hz = rng_loguniform(r, 85.0, 255.0), shape[4] = { 0 };
	bool puff = rng_below(r, 2);

	if (ret)
		return ret;
	for (int k = 0; k < 4; k++)
		shape[k] = rng_uniform(r, 0.0, 1.0) / (k + 1);
	for (size_t i = 0; i < w->n; i++) {
		double x = time_of(w, it, i), u = x / length, late = (x - 0.75 * length) / 0.05;
		double tone = 0.0;
		double noise = gain * biquad_step(&lp, biquad_step(&hp, rng_normal(r, 0.0, 1.0)));

		if (x < 0.0 || u > 1.0)
			continue;
		for (int k = 0; k < 4 && voice > 0.0 && fabs(late) < 4.0; k++)
			tone += shape[k] * gm_sin(2.0 * M_PI * voice_hz * (k + 1) * x);
		tone *= voice * gm_exp(-0.5 * late * late);
		/* peak of the burst is about three times its rms */
		w->acc[i] = (float)(heave * (1.0 - gm_exp(-x / 0.040)) * gm_sin(M_PI * u) +
				    burst / 3.0 * (1.6 * noise * (1.0 - gm_exp(-x / 8e-3)) *
						   gm_exp(-x / 90e-3) + tone) +
				    click * gm_exp(-x / click_decay) *
				    (puff ? noise / 2.0 : gm_sin(2.0 * M_PI * click_hz * x)));
	}
	it->end_s = it->onset_s + length;
	return 0;
}

/* Voiced syllables at 4 Hz, no two alike; laughter's are shorter and more even. */
static int speech(struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
		  struct rng *r)
{
	bool laughter = it->kind == KIND_LAUGHTER;
	double loud = rng_loguniform(r, 1e-3, 30e-3), volts = loud / 30e-3 * rng_uniform(r, 0.03, 0.06);
	double syllable_hz = laughter ? rng_uniform(r, 4.0, 5.0) : rng_uniform(r, 3.5, 4.5);
	double phase = 0.0, pitch = 1.0, drift = 0.0, stress = 1.0, edge = 0.7;
	double weight[9], before = 0.0;
	int ret = alloc(w, it, it->length_s, true, r);
	/* Of one speaker in three every eighth syllable or so begins with a plosive. */
	double plosive = rng_below(r, 3) == 0 ? rng_uniform(r, 0.3, 1.2) : 0.0, puff = 0.0;
	struct biquad hp = biquad_highpass(40.0, 0.707, GEN_RATE);
	struct biquad lp = biquad_lowpass(500.0, 0.707, GEN_RATE);
	double gain = noise_gain(460.0) / 2.0;

	if (ret)
		return ret;
	for (int k = 1; k <= 8; k++)
		weight[k] = gm_pow(k, -1.5);
	for (size_t i = 0; i < w->n; i++) {
		double x = time_of(w, it, i), sum = 0.0, gate, f0;

		if (x < 0.0 || x > it->length_s)
			continue;
		drift += (rng_normal(r, 0.0, 1.0) - drift) / (0.3 * GEN_RATE);
		pitch = 1.0 + 0.1 * gm_sin(2.0 * M_PI * 0.4 * x) + 3.0 * drift;
		f0 = s->speech_f0_hz * pitch;
		phase += f0 / GEN_RATE;
		for (int k = 1; k <= 8; k++)
			sum += gm_sin(2.0 * M_PI * k * phase) * weight[k];
		gate = fmax(0.0, gm_sin(2.0 * M_PI * syllable_hz * x));
		if (gate > 0.0 && before == 0.0) {
			stress = laughter ? rng_uniform(r, 0.8, 1.0) : rng_uniform(r, 0.3, 1.0);
			edge = laughter ? 1.0 : rng_uniform(r, 0.3, 1.0);	/* hard or soft */
			if (rng_below(r, 8) == 0)
				puff = plosive;
		}
		before = gate;
		puff *= 1.0 - 1.0 / (4e-3 * GEN_RATE);
		gate = stress * gm_pow(gate, edge);
		/* a pause to breathe after some three seconds */
		if (fmod(x, 3.7) > 3.2)
			gate = 0.0;
		sum = 0.5 * sum * gate;
		if (puff > 1e-3)
			sum += puff * gain * biquad_step(&lp, biquad_step(&hp, rng_normal(r, 0.0, 1.0)));
		w->acc[i] = (float)(loud * sum);
		w->film[i] = (float)(volts * sum);
	}
	it->end_s = it->onset_s + it->length_s;
	return 0;
}

/*
 * Cloth over the sensor: strokes of noise with a crackle in them.  What rubs the film is not
 * always what shakes the accelerometer.
 */
static int rub(struct gen_wave *w, struct gen_item *it, struct rng *r)
{
	double acc = rng_uniform(r, 5e-3, 30e-3), volts = rng_loguniform(r, 0.02, 0.3);
	double crackle = rng_uniform(r, 1e-3, 3e-3), stroke_hz = rng_uniform(r, 2.0, 4.0);
	int ret = alloc(w, it, it->length_s, true, r);
	double top = rng_below(r, 2) ? 1400.0 : rng_loguniform(r, 400.0, 1400.0);
	double own = rng_below(r, 3) == 0 ? rng_uniform(r, 0.0, 1.0) : 0.0;
	struct biquad hp = biquad_highpass(80.0, 0.707, GEN_RATE), hp_own = hp;
	struct biquad lp = biquad_lowpass(top, 0.707, GEN_RATE);
	struct biquad lp_own = biquad_lowpass(1400.0, 0.707, GEN_RATE);
	double gain = noise_gain(top - 80.0), gain_own = noise_gain(1320.0);

	if (ret)
		return ret;
	for (size_t i = 0; i < w->n; i++) {
		double x = time_of(w, it, i), drive = rng_normal(r, 0.0, 1.0), stroke, y, z;

		if (x < 0.0 || x > it->length_s)
			continue;
		z = own > 0.0 ? own * rng_normal(r, 0.0, 1.0) + (1.0 - own) * drive : drive;
		if (rng_uniform(r, 0.0, 1.0) < crackle) {
			drive *= 3.0;
			z *= 3.0;
		}
		stroke = fabs(gm_sin(M_PI * stroke_hz * x)) * gm_sin(M_PI * x / it->length_s);
		y = gain * biquad_step(&lp, biquad_step(&hp, drive)) * stroke;
		/* the ranges of 3.8 are peaks: three times the rms */
		z = gain_own * biquad_step(&lp_own, biquad_step(&hp_own, z)) * stroke;
		w->acc[i] = (float)(acc / 3.0 * y);
		w->film[i] = (float)(volts / 3.0 * z);
	}
	it->end_s = it->onset_s + it->length_s;
	return 0;
}

/* Add a damped sine of peak @peak that starts @at seconds after the onset. */
static void add_knock(struct gen_wave *w, const struct gen_item *it, double at, double peak,
		      double f, double decay)
{
	for (size_t i = 0; i < w->n; i++) {
		double x = time_of(w, it, i) - at;

		if (x >= 0.0 && x < 10.0 * decay)
			w->acc[i] += (float)(peak * gm_exp(-x / decay) * gm_sin(2.0 * M_PI * f * x));
	}
}

/* The strap sticks and slips, 5 to 30 times a second, slower or faster as it is pulled. */
static int creak(struct gen_wave *w, struct gen_item *it, struct rng *r)
{
	double rate = rng_loguniform(r, 5.0, 30.0), acc = rng_uniform(r, 5e-3, 30e-3);
	double f = rng_loguniform(r, 120.0, 700.0), decay = rng_uniform(r, 1.5e-3, 5e-3);
	double volts = rng_loguniform(r, 0.02, 0.3) / acc, slope = rng_uniform(r, -0.5, 0.5);
	int ret = alloc(w, it, it->length_s + 0.05, true, r);

	if (ret)
		return ret;
	if (rng_below(r, 3) == 0) {	/* a soft strap: rings longer, and the film hears it from afar */
		decay = rng_uniform(r, 2e-3, 10e-3);
		volts = rng_loguniform(r, 0.2, 10.0);
		acc = rng_loguniform(r, 2e-3, 30e-3);
	}
	for (double t = 0.0; t < it->length_s;) {
		double u = t / it->length_s, peak = acc * rng_uniform(r, 0.5, 1.0);

		add_knock(w, it, t, peak, f * rng_uniform(r, 0.9, 1.1), decay);
		t += rng_uniform(r, 0.8, 1.25) / (rate * (1.0 + slope * (u - 0.5)));
	}
	for (size_t i = 0; i < w->n; i++)
		w->film[i] = (float)(volts * w->acc[i]);
	it->end_s = it->onset_s + it->length_s;
	return 0;
}

/* Something hits the chair: longer and lower than a pop. */
static int knock(struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
		 struct rng *r)
{
	double f = rng_loguniform(r, 30.0, 200.0), peak = rng_loguniform(r, 5e-3, 0.1);
	int ret = alloc(w, it, 0.5, true, r);
	double decay = rng_uniform(r, 2.0, 5.0) / f, film;

	if (ret)
		return ret;
	if (rng_below(r, 3) == 0) {	/* damped by who sits on it, with an overtone */
		decay = fmin(0.06, fmax(0.012, rng_uniform(r, 1.2, 4.0) / f));
		add_knock(w, it, 0.0, peak * rng_uniform(r, 0.1, 0.5), f * rng_uniform(r, 1.3, 2.2),
			  0.7 * decay);
	}
	add_knock(w, it, 0.0, peak, f, decay);
	/* It comes from all sides, and through cushions: the film feels less than of a joint. */
	gen_direction(w->dir, 1.0, r);
	film = (rng_uniform(r, 0.2, 1.0) - 1.0) * s->film_v_per_g * w->dir[2];
	for (size_t i = 0; i < w->n; i++)
		w->film[i] = (float)(film * w->acc[i]);
	it->end_s = (double)w->start / GEN_RATE + gen_wave_length(w->acc, w->n, END_SHARE);
	return 0;
}

/* Every key another sound, or, on a soft keyboard, all much the same. */
static int typing(struct gen_wave *w, struct gen_item *it, struct rng *r)
{
	int ret = alloc(w, it, it->length_s + 0.05, false, r);
	bool even = rng_below(r, 3) == 0;
	double usual = rng_loguniform(r, 0.7e-3, 5e-3), usual_hz = rng_uniform(r, 60.0, 250.0);

	if (ret)
		return ret;
	for (double t = 0.0; t < it->length_s - 0.05; t += 0.05 + rng_gamma(r, 2.0, 0.15)) {
		double peak = rng_loguniform(r, 0.5e-3, 5e-3), f = rng_uniform(r, 80.0, 250.0);

		if (even) {
			peak = fmin(10e-3, rng_lognormal(r, usual, 0.35));
			f = usual_hz * rng_uniform(r, 0.8, 1.25);
		}
		add_knock(w, it, t, peak, f, rng_uniform(r, 5e-3, 15e-3));
	}
	it->end_s = it->onset_s + it->length_s;
	return 0;
}

static int mains(struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
		 struct rng *r)
{
	double volts = rng_loguniform(r, 1e-3, 20e-3), third = rng_uniform(r, 0.0, 0.3);
	int ret = alloc(w, it, it->length_s, true, r);
	/* something is switched on */
	double rise = rng_loguniform(r, 3e-3, 0.2), fifth = rng_uniform(r, 0.0, 0.2);

	if (ret)
		return ret;
	for (size_t i = 0; i < w->n; i++) {
		double x = time_of(w, it, i), p = 2.0 * M_PI * s->mains_hz * x;
		double fade = fmin(1.0, fmin(x, it->length_s - x) / rise);

		if (x >= 0.0 && x <= it->length_s)
			w->film[i] = (float)(volts * fade * (gm_sin(p) + third * gm_sin(3.0 * p) +
							    fifth * gm_sin(5.0 * p)));
	}
	it->end_s = it->onset_s + it->length_s;
	return 0;
}

/*
 * A pull at the cable, or a touch or warmth that only the film feels: a step that
 * its RC lets decay.
 */
static int film_pull(struct gen_wave *w, struct gen_item *it, struct rng *r)
{
	bool tug = it->kind == KIND_TUG;
	double sign = rng_below(r, 2) ? 1.0 : -1.0, volts = sign * rng_loguniform(r, 0.1, 2.0);
	double rise = tug ? rng_loguniform(r, 1e-3, 50e-3) : rng_loguniform(r, 5e-3, 0.3);
	double length = 0.3 + rng_uniform(r, 0.0, 0.7);
	double jerk = tug ? rng_uniform(r, 0.01, 0.1) : 0.0, release = 0.15;
	int ret = alloc(w, it, length + release, true, r);
	double skin = rng_below(r, 3) == 0 ? rng_loguniform(r, 0.5e-3, 5e-3) : 0.0;
	struct biquad hp = biquad_highpass(60.0, 0.707, GEN_RATE);
	struct biquad lp = biquad_lowpass(700.0, 0.707, GEN_RATE);
	double gain = noise_gain(640.0) / 3.0;

	if (ret)
		return ret;
	if (rng_below(r, 2))	/* let go as fast as it was pulled */
		release = rng_loguniform(r, 10e-3, 0.15);
	for (size_t i = 0; i < w->n; i++) {
		double x = time_of(w, it, i);

		if (x < 0.0)
			continue;
		/* Released smoothly, or the end would be a second, unnamed step. */
		w->film[i] = (float)(volts * (1.0 - gm_exp(-x / rise)) *
				     (x < length ? 1.0 :
				      0.5 + 0.5 * gm_cos(M_PI * fmin(1.0, (x - length) / release))));
		w->acc[i] = (float)(jerk * gm_exp(-x / 0.04) * gm_sin(2.0 * M_PI * 12.0 * x));
		if (skin > 0.0 && x < 0.1)
			w->acc[i] += (float)(skin * gain * gm_sin(M_PI * x / 0.1) *
					     biquad_step(&lp, biquad_step(&hp, rng_normal(r, 0.0, 1.0))));
	}
	it->end_s = it->onset_s + length + release;
	return 0;
}

/* Half a second of slow displacement that ends in the snap: 3.4. */
static int ramp(struct gen_wave *w, struct gen_item *it, struct rng *r)
{
	int ret = alloc(w, it, it->length_s, false, r);

	if (ret)
		return ret;
	for (size_t i = 0; i < w->n; i++) {
		double u = time_of(w, it, i) / it->length_s;

		if (u >= 0.0 && u <= 1.0)
			w->acc[i] = (float)(it->size * 0.5 * (1.0 - gm_cos(2.0 * M_PI * u)));
	}
	it->end_s = it->onset_s + it->length_s;
	return 0;
}

int gen_artefact_wave(struct gen_wave *w, struct gen_item *it, const struct gen_subject *s,
		      struct rng *r)
{
	switch (it->kind) {
	case KIND_TAP:
		return tap(w, it, s, r);
	case KIND_STEP:
		return step(w, it, r);
	case KIND_COUGH:
		return cough(w, it, r);
	case KIND_SPEECH:
	case KIND_LAUGHTER:
		return speech(w, it, s, r);
	case KIND_RUB:
		return rub(w, it, r);
	case KIND_KNOCK:
		return knock(w, it, s, r);
	case KIND_MAINS:
		return mains(w, it, s, r);
	case KIND_TUG:
	case KIND_TOUCH:
		return film_pull(w, it, r);
	case KIND_CREAK:
		return creak(w, it, r);
	case KIND_TYPING:
		return typing(w, it, r);
	default:
		return ramp(w, it, r);
	}
}
