// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <string.h>

#include "core/maths.h"
#include "core/texture.h"

#define BIN_S		0.010f	/* as long as a crackle (3.5: 2 to 15 ms) */
#define BINS		128u
#define RAISED		4.0f	/* power over the wearer at rest */
#define BUMP		2.0f	/* power over the least on either side */
#define MANOEUVRE	20u	/* bins: 150 ms (3.2), and what rings on */

struct bin {
	float power, slope;	/* mean squares, as struct bp_hop has them */
	float level;		/* ln over rest, 0 and more */
};

/* Bins in time order, at most BINS, the newest kept. */
static uint32_t cut(struct bin *bin, const struct bp_stream *s, int64_t from_ns, int64_t to_ns)
{
	uint32_t per = (uint32_t)(BIN_S * s->hop_rate_hz + 0.5f), n = 0, in = 0;

	for (uint32_t back = bp_stream_hops(s); back--;) {
		const struct bp_hop *h = bp_stream_hop(s, back);

		if (h->settling || h->t_ns < from_ns || h->t_ns > to_ns || n == BINS)
			continue;
		if (!in)
			bin[n] = (struct bin){ 0 };
		bin[n].power += bp_lanes_sum(h->energy) / (float)per;
		bin[n].slope += h->slope / (float)per;
		if (++in == per) {
			in = 0;
			n++;
		}
	}
	return n;
}

/* Mean frequency of a power and that of its differences from sample to sample, Hz. */
static float mean_hz(float slope, float power, float rate_hz)
{
	float x = slope > 0 && power > 0 ? sqrtf(slope / power) / 2 : 0;

	return rate_hz / BP_PI * bp_arc_sine(x < 1 ? x : 1);
}

static float spread(float sum, float sum2, float n)
{
	float var = n > 0 ? sum2 / n - (sum / n) * (sum / n) : 0;

	return var > 0 ? sqrtf(var) : 0;
}

/* A maximum counts once it has been fallen from, the next one once that has been risen from. */
static uint32_t bumps(const struct bin *bin, uint32_t n, float least)
{
	float low = least, high = 0;
	uint32_t count = 0;
	bool rising = true;

	for (uint32_t i = 0; i < n; i++) {
		float p = bin[i].power > least ? bin[i].power : least;

		if (rising) {
			high = p > high ? p : high;
			if (p * BUMP <= high) {
				count++;
				rising = false;
				low = p;
			}
		} else {
			low = p < low ? p : low;
			if (p >= BUMP * low) {
				rising = true;
				high = p;
			}
		}
	}
	return count;
}

static float elsewhere(const struct bin *bin, uint32_t n)
{
	float all = 0, now = 0, most = 0;

	for (uint32_t i = 0; i < n; i++) {
		all += bin[i].level;
		now += bin[i].level - (i < MANOEUVRE ? 0 : bin[i - MANOEUVRE].level);
		most = now > most ? now : most;
	}
	return all > 0 && most < all ? 1 - most / all : 0;
}

void bp_texture_measure(struct bp_texture *tx, const struct bp_stream *s, int64_t from_ns,
			int64_t to_ns)
{
	struct bin bin[BINS];
	uint32_t n = cut(bin, s, from_ns, to_ns), raised = 0;
	float rest = s->quiet > 1e-30f ? s->quiet : 1e-30f;
	float noise_slope = s->floor_slope * rest / (bp_lanes_sum(s->floor) + 1e-30f);
	float log_sum = 0, log_sum2 = 0, pitch_sum = 0, pitch_sum2 = 0, power = 0, slope = 0;

	memset(tx, 0, sizeof(*tx));
	if (!n)
		return;
	for (uint32_t i = 0; i < n; i++) {
		float p = bin[i].power, level = bp_ln(p / rest), pitch;

		bin[i].level = level > 0 ? level : 0;
		tx->power += p > rest ? (p - rest) / (float)n : 0;
		tx->level_db += 4.342945f * bin[i].level / (float)n;
		if (p < RAISED * rest)
			continue;
		raised++;
		log_sum += level;
		log_sum2 += level * level;
		power += p - rest;
		slope += bin[i].slope - noise_slope;
		pitch = bp_ln(mean_hz(bin[i].slope - noise_slope, p - rest, s->rate_hz) + 1);
		pitch_sum += pitch;
		pitch_sum2 += pitch * pitch;
	}
	tx->raised = (float)raised / (float)n;
	tx->spread = spread(log_sum, log_sum2, (float)raised);
	tx->freq_hz = raised ? mean_hz(slope, power, s->rate_hz) : 0;
	tx->pitch_spread = spread(pitch_sum, pitch_sum2, (float)raised);
	tx->elsewhere = elsewhere(bin, n);
	tx->bumps = (float)bumps(bin, n, rest) / ((float)n * BIN_S);
}
