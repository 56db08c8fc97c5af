// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The detection core: any frames.  Its promises (core.h, system.md sections 5 and 6) hold,
 * and results do not depend on how frames are cut into calls.
 *
 * The input is a list of pieces of signal, each a byte of kind and three of parameters.
 */
#include <math.h>

#include "core/core.h"
#include "fuzz.h"

#define FRAMES_MAX	16000
#define EVENTS_MAX	4096
#define WITHDRAWAL_NS	300000000

struct run {
	struct bp_event ev[EVENTS_MAX];
	size_t n;
	struct bp_status status;
};

static struct bp_frame frames[FRAMES_MAX];
static _Alignas(BP_CORE_ALIGN) unsigned char memory[BP_CORE_STATE_SIZE];

static float noise(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return (float)((int32_t)*state >> 8) / 8388608.0f;
}

/* Values that break arithmetic. */
static float odd(uint8_t which)
{
	static const float values[] = { NAN, INFINITY, -INFINITY, 3.4e38f, -3.4e38f, 1e-45f, 999.0f,
					-999.0f, 1e19f, 0.0f, 999999.0f, -0.0f };

	return values[which % (sizeof(values) / sizeof(values[0]))];
}

static size_t make(struct fuzz_input *in, const struct bp_config *cfg)
{
	double rate = fmax(cfg->motion_rate_hz, cfg->film_rate_hz);
	int64_t period = (int64_t)(1e9 / rate), t = 0;
	uint32_t state = 1;
	size_t n = 0, k = 0;
	/* a slower channel is in every so many frames */
	size_t m_every = cfg->motion_rate_hz > 0 ? (size_t)(rate / cfg->motion_rate_hz + 0.5) : 0;
	size_t f_every = cfg->film_rate_hz > 0 ? (size_t)(rate / cfg->film_rate_hz + 0.5) : 0;

	while (in->left && n < FRAMES_MAX) {
		uint8_t kind = fuzz_u8(in), a = fuzz_u8(in), b = fuzz_u8(in), c = fuzz_u8(in);
		size_t len = 1 + (size_t)a * (kind & 0x10 ? 64 : 4), i;
		float amplitude = ldexpf(1, b % 24 - 12);

		if (kind % 16 == 12) {		/* time jumps, mostly forward */
			t += b & 1 ? -(int64_t)c * period : (int64_t)c * c * period * (a % 16);
			continue;
		}
		for (i = 0; i < len && n < FRAMES_MAX; i++, k++) {
			struct bp_frame *f = &frames[n];
			float v = 0.003f * noise(&state), x;

			switch (kind % 16) {
			case 0 ... 2:		/* noise */
				v = amplitude * noise(&state);
				break;
			case 3 ... 6:		/* a pop */
				x = (float)i / (float)rate;
				v += amplitude * sinf(6.2832f * (float)(40 + 4 * c) * x) *
				     expf(-x * 200);
				break;
			case 7:			/* breathing, mains, a voice */
				v += amplitude * sinf((float)k * (float)(c + 1) * 0.002f);
				break;
			case 8:			/* stuck */
				v = amplitude * (float)(c % 3 - 1);
				break;
			case 9:			/* a ramp */
				v += amplitude * (float)i / (float)len;
				break;
			case 10:		/* odd values among others */
				if (i % (1 + c % 61) == 0)
					v = odd(b);
				break;
			case 11:		/* between the rails */
				v = (i / (1 + c % 50)) & 1 ? amplitude : -amplitude;
				break;
			default:
				break;
			}
			*f = (struct bp_frame){ .t_ns = t };
			t += period;
			if (kind % 16 == 13 && i % (2 + c % 64) == 0)	/* samples lost */
				continue;
			if (m_every && k % m_every == 0) {
				f->has |= BP_HAS_MOTION;
				f->accel_g[0] = v;
				f->accel_g[1] = kind & 0x20 ? v : 0.003f * noise(&state);
				f->accel_g[2] = 1 + v;
			}
			if (f_every && k % f_every == 0) {
				f->has |= BP_HAS_FILM;
				f->film_mv = kind & 0x40 ? 0.1f * noise(&state) : 60 * v;
			}
			if (kind % 16 == 11 && kind & 0x80)
				f->has |= BP_CLIPPED;
			if (kind % 16 == 14)	/* flags that mean nothing */
				f->has ^= c;
			n++;
		}
	}
	return n;
}

static void fetch(struct run *r, struct bp_core *core)
{
	struct bp_event ev;

	while (bp_core_next_event(core, &ev))
		if (r->n < EVENTS_MAX)
			r->ev[r->n++] = ev;
}

static void play(struct run *r, const struct bp_config *cfg, size_t n, size_t block)
{
	struct bp_core *core = bp_core_init(memory, sizeof(memory), cfg);
	size_t i;

	FUZZ_CHECK(core, "a good configuration is refused");
	r->n = 0;
	for (i = 0; i < n; i += block) {
		bp_core_push(core, frames + i, n - i < block ? n - i : block);
		fetch(r, core);
	}
	bp_core_flush(core);
	fetch(r, core);
	bp_core_status(core, &r->status);
}

static bool finite_or_nan(float v)
{
	return !isinf(v);
}

static void check(const struct run *r, const struct bp_config *cfg, size_t n)
{
	static uint32_t revisions[EVENTS_MAX];
	static int64_t first[EVENTS_MAX];
	int64_t emitted = INT64_MIN;
	uint32_t numbers = 0;
	size_t i;

	FUZZ_CHECK(r->status.frames == n, "%llu frames counted of %zu",
		   (unsigned long long)r->status.frames, n);
	for (i = 0; i < r->n; i++) {
		const struct bp_event *ev = &r->ev[i];
		uint32_t k = ev->number;

		if (ev->revision == 0) {
			FUZZ_CHECK(k == numbers + 1, "event %u after %u", k, numbers);
			numbers = k;
			if (k < EVENTS_MAX) {
				revisions[k] = 0;
				first[k] = ev->emitted_ns;
			}
		} else {
			FUZZ_CHECK(k >= 1 && k <= numbers, "revision %u of event %u of %u",
				   ev->revision, k, numbers);
			if (k < EVENTS_MAX) {
				FUZZ_CHECK(ev->revision == revisions[k] + 1,
					   "event %u: revision %u after %u", k, ev->revision,
					   revisions[k]);
				revisions[k] = ev->revision;
				FUZZ_CHECK(ev->emitted_ns >= first[k], "a revision before the first");
			}
		}
		FUZZ_CHECK(ev->emitted_ns >= emitted, "event %u.%u was emitted before the last", k,
			   ev->revision);
		emitted = ev->emitted_ns;
		FUZZ_CHECK(ev->onset_ns <= ev->end_ns, "event %u.%u ends before it begins", k,
			   ev->revision);
		FUZZ_CHECK(ev->end_ns <= ev->emitted_ns, "event %u.%u ends %lld ns after it is said",
			   k, ev->revision, (long long)(ev->end_ns - ev->emitted_ns));
		FUZZ_CHECK((unsigned int)ev->class_ < BP_CLASS_COUNT &&
			   (unsigned int)ev->reason < BP_REASON_COUNT &&
			   (unsigned int)ev->breath_phase < BP_BREATH_COUNT &&
			   (unsigned int)ev->movement < BP_MOVEMENT_COUNT, "no such class");
		FUZZ_CHECK((ev->class_ == BP_CLASS_ARTEFACT) == (ev->reason != BP_REASON_NONE),
			   "class %d for reason %d", ev->class_, ev->reason);
		FUZZ_CHECK(ev->confidence >= 0 && ev->confidence <= 1, "confidence %g",
			   (double)ev->confidence);
		FUZZ_CHECK(finite_or_nan(ev->peak_mg) && finite_or_nan(ev->peak_mv) &&
			   finite_or_nan(ev->breath_depth) && finite_or_nan(ev->breath_rate_bpm),
			   "an infinite value");
		/* a channel that is there may have given no sample to be trusted around it */
		FUZZ_CHECK(isnan(ev->peak_mg) || cfg->motion_rate_hz > 0, "peak %g mg, no motion",
			   (double)ev->peak_mg);
		FUZZ_CHECK(isnan(ev->peak_mv) || cfg->film_rate_hz > 0, "peak %g mV, no film",
			   (double)ev->peak_mv);
		FUZZ_CHECK(!isnan(ev->peak_mg) || !isnan(ev->peak_mv),
			   "event %u.%u was seen on no channel", k, ev->revision);
		if (ev->class_ == BP_CLASS_ARTEFACT && ev->revision)
			FUZZ_CHECK(ev->emitted_ns - ev->onset_ns <= WITHDRAWAL_NS,
				   "event %u is withdrawn after %.1f ms", k,
				   (double)(ev->emitted_ns - ev->onset_ns) * 1e-6);
	}
	FUZZ_CHECK(r->status.events >= numbers, "%llu events, the last is %u",
		   (unsigned long long)r->status.events, numbers);
}

static bool same(const struct bp_event *a, const struct bp_event *b)
{
	/* no padding but at the end; NaN is the same NaN */
	return !memcmp(a, b, offsetof(struct bp_event, breath_rate_bpm) + sizeof(float));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bp_config configs[] = {
		{ 800, 800, 4, 200 }, { 0, 3200, 0, 200 }, { 800, 3200, 4, 200 }, { 800, 0, 4, 0 },
		{ 0, 800, 0, 0 }, { 200, 0, 0, 0 }, { 6400, 200, 16, 0 }, { 400, 400, 2, 50 },
	};
	static struct run a, b;
	struct fuzz_input in = { data, size };
	const struct bp_config *cfg = &configs[fuzz_u8(&in) % 8];
	size_t block = 1 + fuzz_u8(&in), n, i;

	n = make(&in, cfg);
	play(&a, cfg, n, 1);
	check(&a, cfg, n);
	play(&b, cfg, n, block);
	if (b.status.suppressed)
		return 0;	/* a block may hold more than the queue does */
	FUZZ_CHECK(a.n == b.n, "%zu revisions in frames, %zu in blocks of %zu", a.n, b.n, block);
	for (i = 0; i < a.n; i++)
		FUZZ_CHECK(same(&a.ev[i], &b.ev[i]), "revision %zu differs in blocks of %zu", i,
			   block);
	return 0;
}
