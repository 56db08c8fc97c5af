// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How fast the core is: frames per second of 4 channels, beside a band-pass and a
 * recursive STA/LTA of each channel, plain and in vectors; and whether a day costs
 * what its minutes do.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/core.h"
#include "core/filter.h"

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

#define SECTIONS	4	/* two high-pass, two low-pass: 8th order, "4 corners" */
#define STA_S		0.005
#define LTA_S		0.5
#define STA_LTA		8

static const double quality[SECTIONS] = {
	BP_Q_BUTTERWORTH4_A, BP_Q_BUTTERWORTH4_B, BP_Q_BUTTERWORTH4_A, BP_Q_BUTTERWORTH4_B,
};

/*
 * What one would run instead: on each of 4 channels a 60 Hz.. band-pass and a
 * recursive STA/LTA, in double precision and one channel after the other, as SciPy
 * and ObsPy do, but with a channel's state in registers and in one pass.
 */
struct peer {
	double b[SECTIONS][3], a[SECTIONS][2];
	double z[4][SECTIONS][2];	/* channel, section */
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

static double high_hz(double rate)
{
	return fmin(1400, 0.42 * rate);
}

static void peer_init(struct peer *p, double rate)
{
	memset(p, 0, sizeof(*p));
	for (int k = 0; k < SECTIONS; k++)
		section(p->b[k], p->a[k], k < 2 ? 60 : high_hz(rate), rate, quality[k], k < 2);
}

static float channel(const struct bp_frame *f, int c)
{
	return c < 3 ? f->accel_g[c] : f->film_mv;
}

static uint64_t peer_channel(struct peer *p, int c, const struct bp_frame *f, uint32_t n, double rate)
{
	const double cs = 1 / (STA_S * rate), cl = 1 / (LTA_S * rate);
	double z[SECTIONS][2], sta = p->sta[c], lta = p->lta[c];
	uint64_t hits = 0;

	memcpy(z, p->z[c], sizeof(z));
	for (uint32_t i = 0; i < n; i++) {
		double x = (double)channel(&f[i], c);

#pragma GCC unroll 4
		for (int k = 0; k < SECTIONS; k++) {
			double y = p->b[k][0] * x + z[k][0];

			z[k][0] = p->b[k][1] * x - p->a[k][0] * y + z[k][1];
			z[k][1] = p->b[k][2] * x - p->a[k][1] * y;
			x = y;
		}
		x *= x;
		sta += cs * (x - sta);
		lta += cl * (x - lta);
		hits += sta > STA_LTA * lta;
	}
	memcpy(p->z[c], z, sizeof(z));
	p->sta[c] = sta;
	p->lta[c] = lta;
	return hits;
}

static uint64_t peer_block(struct peer *p, const struct bp_frame *f, uint32_t n, double rate)
{
	uint64_t hits = 0;

	for (int c = 0; c < 4; c++)
		hits += peer_channel(p, c, f, n, rate);
	return hits;
}

/*
 * The same as fast as it can be made: single precision, the four channels in one
 * vector.  What lies between it and the core is the price of all that comes after.
 */
struct peer_vector {
	struct bp_biquad c[SECTIONS];
	struct bp_biquad_state z[SECTIONS];
	bp_v4 sta, lta;
};

static void peer_vector_init(struct peer_vector *p, double rate)
{
	memset(p, 0, sizeof(*p));
	for (int k = 0; k < SECTIONS; k++)
		(k < 2 ? bp_highpass : bp_lowpass)(&p->c[k], k < 2 ? 60 : high_hz(rate), rate, quality[k]);
}

static uint64_t peer_vector_block(struct peer_vector *p, const struct bp_frame *f, uint32_t n,
				  double rate)
{
	const float cs = (float)(1 / (STA_S * rate)), cl = (float)(1 / (LTA_S * rate));
	struct bp_biquad_state z[SECTIONS];
	bp_v4 sta = p->sta, lta = p->lta;
	bp_v4i hits = { 0 };

	memcpy(z, p->z, sizeof(z));
	for (uint32_t i = 0; i < n; i++) {
		bp_v4 x = { f[i].accel_g[0], f[i].accel_g[1], f[i].accel_g[2], f[i].film_mv };

#pragma GCC unroll 4
		for (int k = 0; k < SECTIONS; k++)
			x = bp_biquad_step(&p->c[k], &z[k], x);
		x *= x;
		sta += cs * (x - sta);
		lta += cl * (x - lta);
		hits -= sta > STA_LTA * lta;
	}
	memcpy(p->z, z, sizeof(z));
	p->sta = sta;
	p->lta = lta;
	return (uint64_t)(uint32_t)hits[0] + (uint32_t)hits[1] + (uint32_t)hits[2] + (uint32_t)hits[3];
}

/* Core and peers take turns, so that whatever else the machine does hits both alike. */
static void race(double rate)
{
	static _Alignas(BP_CORE_ALIGN) unsigned char mem[BP_CORE_STATE_SIZE];
	struct bp_config cfg = { .motion_rate_hz = rate, .film_rate_hz = rate };
	struct bp_core *core = bp_core_init(mem, sizeof(mem), &cfg);
	int64_t length = (int64_t)(FRAMES * (1e9 / rate));
	double busy = 0, peer_busy = 0, vector_busy = 0, t;
	uint64_t done = 0, hits = 0, vector_hits = 0;
	struct peer_vector v;
	struct bp_event ev;
	struct peer p;

	peer_init(&p, rate);
	peer_vector_init(&v, rate);
	while (busy < SECONDS) {
		t = now_s();
		for (uint32_t i = 0; i < FRAMES; i += BLOCK) {
			bp_core_push(core, frames + i, BLOCK);
			while (bp_core_next_event(core, &ev))
				;
		}
		busy += now_s() - t;
		t = now_s();
		for (uint32_t i = 0; i < FRAMES; i += BLOCK)
			hits += peer_block(&p, frames + i, BLOCK, rate);
		peer_busy += now_s() - t;
		t = now_s();
		for (uint32_t i = 0; i < FRAMES; i += BLOCK)
			vector_hits += peer_vector_block(&v, frames + i, BLOCK, rate);
		vector_busy += now_s() - t;
		for (uint32_t i = 0; i < FRAMES; i++)
			frames[i].t_ns += length;
		done += FRAMES;
	}
	printf("core, %4.0f Hz x 4 channels %11.1f %9.1f %23.2f %11.2f\n", rate,
	       1e-6 * (double)done / busy, 1e9 * busy / (double)done, busy / peer_busy, busy / vector_busy);
	/* Both count the same, but for rounding. */
	fprintf(stderr, "# STA/LTA: %llu samples above its ratio; in vectors: %llu\n",
		(unsigned long long)hits, (unsigned long long)vector_hits);
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
	printf("%-27s %11s %9s %23s %11s\n", "load", "Mframes/s", "ns/frame", "x band-pass + STA/LTA",
	       "in vectors");
	for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
		fill(rates[i], true);
		race(rates[i]);
	}
	fill(800, true);
	day();
	free(frames);
	return 0;
}
