// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How fast the core is: frames per second of 4 channels, beside a band-pass and a
 * recursive STA/LTA of each channel; and whether a day costs what its minutes do.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/core.h"

#define FRAMES		(1u << 18)	/* one buffer: more than the caches hold */
#define SECONDS		1.5		/* each figure is taken over at least this long */
#define BLOCK		256

static struct bp_frame *frames;

/* Processor time: what else runs on the machine counts less. */
static double now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
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

/* What one would run instead: on each of 4 channels a 60 Hz.. band-pass and a recursive STA/LTA. */
struct peer {
	double b[4][3], a[4][2];	/* two high-pass, two low-pass sections */
	double z[4][4][2];		/* channel, section */
	double sta[4], lta[4];
};

static void section(double *b, double *a, double f, double rate, double q, bool high)
{
	double k = tan(M_PI * f / rate), n = 1 / (1 + k / q + k * k);

	b[0] = b[2] = high ? n : k * k * n;
	b[1] = high ? -2 * n : 2 * b[0];
	a[0] = 2 * (k * k - 1) * n;
	a[1] = (1 - k / q + k * k) * n;
}

static double peer_block(struct peer *p, const struct bp_frame *f, uint32_t n, double rate)
{
	double cs = 1 / (0.005 * rate), cl = 1 / (0.5 * rate);
	uint64_t hits = 0;

	for (uint32_t i = 0; i < n; i++) {
		const double x4[4] = { f[i].accel_g[0], f[i].accel_g[1], f[i].accel_g[2], f[i].film_mv };

		for (int c = 0; c < 4; c++) {
			double x = x4[c];

			for (int k = 0; k < 4; k++) {
				double *z = p->z[c][k], y = p->b[k][0] * x + z[0];

				z[0] = p->b[k][1] * x - p->a[k][0] * y + z[1];
				z[1] = p->b[k][2] * x - p->a[k][1] * y;
				x = y;
			}
			x *= x;
			p->sta[c] += cs * (x - p->sta[c]);
			p->lta[c] += cl * (x - p->lta[c]);
			hits += p->sta[c] > 8 * p->lta[c];
		}
	}
	return (double)hits;
}

/* Core and peer take turns, so that whatever else the machine does hits both alike. */
static void race(double rate)
{
	static _Alignas(BP_CORE_ALIGN) unsigned char mem[BP_CORE_STATE_SIZE];
	struct bp_config cfg = { .motion_rate_hz = rate, .film_rate_hz = rate };
	struct bp_core *core = bp_core_init(mem, sizeof(mem), &cfg);
	int64_t length = (int64_t)(FRAMES * (1e9 / rate));
	double busy = 0, peer_busy = 0, hits = 0, t;
	struct peer p = { 0 };
	struct bp_event ev;
	uint64_t done = 0;

	for (int k = 0; k < 4; k++)
		section(p.b[k], p.a[k], k < 2 ? 60 : fmin(1400, 0.42 * rate), rate,
			k & 1 ? 1.306563 : 0.541196, k < 2);
	while (busy < SECONDS) {
		t = now_s();
		for (uint32_t i = 0; i < FRAMES; i += BLOCK) {
			bp_core_push(core, frames + i, BLOCK);
			while (bp_core_next_event(core, &ev))
				;
		}
		busy += now_s() - t;
		t = now_s();
		hits += peer_block(&p, frames, FRAMES, rate);
		peer_busy += now_s() - t;
		for (uint32_t i = 0; i < FRAMES; i++)
			frames[i].t_ns += length;
		done += FRAMES;
	}
	printf("core, %4.0f Hz x 4 channels %12.1f %9.1f %24.2f\n", rate, 1e-6 * (double)done / busy,
	       1e9 * busy / (double)done, busy / peer_busy);
	fprintf(stderr, "# STA/LTA: %.0f samples above its ratio\n", hits);
}

/* The cost of a minute's frames at the start of a day and at its end, at 800 Hz. */
static void day(void)
{
	static _Alignas(BP_CORE_ALIGN) unsigned char mem[BP_CORE_STATE_SIZE];
	struct bp_config cfg = { .motion_rate_hz = 800, .film_rate_hz = 800 };
	struct bp_core *core = bp_core_init(mem, sizeof(mem), &cfg);
	static const double marks_h[] = { 1 / 60.0, 1, 6, 12, 24 };
	int64_t length = (int64_t)(FRAMES * (1e9 / 800));
	double stream_s = 0, busy = 0, since = 0;
	struct bp_event ev;
	size_t mark = 0;

	printf("\n%-28s %12s\n", "stream time, 800 Hz x 4", "ns/frame since the last");
	while (mark < sizeof(marks_h) / sizeof(*marks_h)) {
		double t = now_s();

		for (uint32_t i = 0; i < FRAMES; i += BLOCK) {
			bp_core_push(core, frames + i, BLOCK);
			while (bp_core_next_event(core, &ev))
				;
			if (!mark && stream_s + i / 800.0 >= 60) {
				printf("%25.2f h %15.1f\n", marks_h[0], 1e9 * (now_s() - t) / i);
				mark = 1;
			}
		}
		busy += now_s() - t;
		stream_s += FRAMES / 800.0;
		since += FRAMES;
		for (uint32_t i = 0; i < FRAMES; i++)
			frames[i].t_ns += length;
		if (stream_s >= marks_h[mark] * 3600) {
			printf("%25.2f h %15.1f\n", marks_h[mark++], 1e9 * busy / since);
			busy = since = 0;
		}
	}
	printf("state: %zu bytes of %u, the same all day: nothing is allocated\n", bp_core_state_used(),
	       BP_CORE_STATE_SIZE);
}

int main(void)
{
	static const double rates[] = { 800, 3200 };

	frames = malloc(FRAMES * sizeof(*frames));
	if (!frames) {
		fprintf(stderr, "core_speed: no memory for %u frames\n", FRAMES);
		return 1;
	}
	printf("%-25s %12s %9s %24s\n", "load", "Mframes/s", "ns/frame", "x band-pass + STA/LTA");
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		fill(rates[i], true);
		race(rates[i]);
	}
	fill(800, true);
	day();
	free(frames);
	return 0;
}
