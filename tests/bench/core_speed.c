// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How fast the core is: frames per second of 4 channels in each mode, and
 * beside it a plain recursive STA/LTA that looks at one channel and does
 * nothing else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/core.h"

#define FRAMES		(1u << 18)	/* one buffer: more than the caches hold */
#define SECONDS		1.5		/* each figure is taken over at least this long */
#define BLOCK		256

static struct bp_frame *frames;

static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

/* xorshift; sums of four are near enough to Gaussian for a load. */
static float noise(uint64_t *s)
{
	float sum = 0;

	for (int i = 0; i < 4; i++) {
		*s ^= *s << 13;
		*s ^= *s >> 7;
		*s ^= *s << 17;
		sum += (float)(*s >> 40) / 16777216.0f - 0.5f;
	}
	return sum * 1.732f;
}

static void fill(double rate, bool pops)
{
	uint64_t seed = 88172645463325252ull;

	for (uint32_t i = 0; i < FRAMES; i++) {
		uint32_t k = i % (uint32_t)(rate * 20);	/* one pop every 20 s */
		float pop = pops && k < 8 ? 0.1f * (float)(8 - k) * (k & 1 ? -1 : 1) : 0;

		frames[i] = (struct bp_frame){
			.t_ns = (int64_t)(i * (1e9 / rate)),
			.accel_g = { 0.002f * noise(&seed), 0.002f * noise(&seed),
				     1 + 0.002f * noise(&seed) + pop },
			.film_mv = noise(&seed) + 300 * pop,
			.has = BP_HAS_MOTION | BP_HAS_FILM,
		};
	}
}

static double core_rate(double rate)
{
	static _Alignas(BP_CORE_ALIGN) unsigned char mem[BP_CORE_STATE_SIZE];
	struct bp_config cfg = { .motion_rate_hz = rate, .film_rate_hz = rate };
	struct bp_core *core = bp_core_init(mem, sizeof(mem), &cfg);
	int64_t length = (int64_t)(FRAMES * (1e9 / rate));
	struct bp_event ev;
	uint64_t done = 0;
	double t = now_s(), busy = 0;

	while (busy < SECONDS) {
		for (uint32_t i = 0; i < FRAMES; i += BLOCK) {
			bp_core_push(core, frames + i, BLOCK);
			while (bp_core_next_event(core, &ev))
				;
		}
		busy += now_s() - t;
		for (uint32_t i = 0; i < FRAMES; i++)
			frames[i].t_ns += length;
		done += FRAMES;
		t = now_s();
	}
	return (double)done / busy;
}

/* Allen 1978 in its recursive form: one channel, 5 ms over 0.5 s. */
static double sta_lta_rate(double rate)
{
	float sta = 0, lta = 1, cs = (float)(1 / (0.005 * rate)), cl = (float)(1 / (0.5 * rate));
	uint64_t done = 0, hits = 0;
	double t = now_s(), busy;

	do {
		for (uint32_t i = 0; i < FRAMES; i++) {
			float x = frames[i].film_mv;

			x *= x;
			sta += cs * (x - sta);
			lta += cl * (x - lta);
			hits += sta > 8 * lta;
		}
		done += FRAMES;
		busy = now_s() - t;
	} while (busy < SECONDS);
	fprintf(stderr, "# STA/LTA counted %llu samples above its ratio\n", (unsigned long long)hits);
	return (double)done / busy;
}

int main(void)
{
	static const double rates[] = { 800, 3200 };

	frames = malloc(FRAMES * sizeof(*frames));
	if (!frames) {
		fprintf(stderr, "core_speed: no memory for %u frames\n", FRAMES);
		return 1;
	}
	printf("%-28s %12s %9s %22s\n", "load", "Mframes/s", "ns/frame", "x STA/LTA of 1 channel");
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		double core, peer;
		char load[64];

		fill(rates[i], true);
		core = core_rate(rates[i]);
		peer = sta_lta_rate(rates[i]);
		snprintf(load, sizeof(load), "core, %.0f Hz x 4 channels", rates[i]);
		printf("%-28s %12.1f %9.1f %22.2f\n", load, core * 1e-6, 1e9 / core, peer / core);
	}
	free(frames);
	return 0;
}
