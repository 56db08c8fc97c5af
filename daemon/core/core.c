// SPDX-License-Identifier: GPL-2.0-or-later
/* The way of a frame: checked, into its streams, hop by hop past the later stages. */
#include <math.h>
#include <string.h>

#include "core/core_state.h"

/* Hops between two looks at a channel's health: what it tells lasts seconds. */
#define HEALTH_HOPS	8
/* Values beyond these are no measurement; their squares would poison the filters. */
#define SANE_G		1e3f
#define SANE_MV		1e6f
/* No channel is quieter (rms): the noise of the best sensors, where the full scale is unknown. */
#define FLOOR_MIN_G	2e-5f
#define FLOOR_MIN_MV	5e-3f
/*
 * Nor can it be measured quieter than a 12-bit converter's step / sqrt(12); a
 * signal that stands still between single toggles would have no noise at all.
 */
#define FLOOR_STEP	(2.0 / 4096 / 3.4641)

static float floor_min(double range, float least)
{
	double step = range * FLOOR_STEP;

	return step > least ? (float)step : least;
}

static bool rate_bad(double hz)
{
	return hz != 0 && !(hz >= BP_RATE_MIN_HZ && hz <= BP_RATE_MAX_HZ);
}

static bool range_bad(double r)
{
	return !(r >= 0 && r < 1e9);
}

const char *bp_config_error(const struct bp_config *cfg)
{
	if (rate_bad(cfg->motion_rate_hz))
		return "the accelerometer's rate must be 0 (none) or 200 to 6400 Hz";
	if (rate_bad(cfg->film_rate_hz))
		return "the film's rate must be 0 (none) or 200 to 6400 Hz";
	if (cfg->motion_rate_hz == 0 && cfg->film_rate_hz == 0)
		return "there is neither accelerometer nor film: both rates are 0";
	if (range_bad(cfg->motion_range_g))
		return "the accelerometer's full scale must be 0 (unknown) or a positive number of g";
	if (range_bad(cfg->film_range_mv))
		return "the film's full scale must be 0 (unknown) or a positive number of mV";
	return NULL;
}

struct bp_core *bp_core_init(void *mem, size_t size, const struct bp_config *cfg)
{
	struct bp_core *core = mem;

	if (!mem || size < BP_CORE_STATE_SIZE || (uintptr_t)mem % BP_CORE_ALIGN ||
	    bp_config_error(cfg))
		return NULL;
	memset(core, 0, sizeof(*core));
	bp_stream_init(&core->stream[BP_MOTION], cfg->motion_rate_hz, cfg->motion_range_g,
		       floor_min(cfg->motion_range_g, FLOOR_MIN_G));
	bp_stream_init(&core->stream[BP_FILM], cfg->film_rate_hz, cfg->film_range_mv,
		       floor_min(cfg->film_range_mv, FLOOR_MIN_MV));
	core->one_rate = cfg->motion_rate_hz > 0 && cfg->motion_rate_hz == cfg->film_rate_hz;
	core->slow_stream = cfg->motion_rate_hz > 0 ? BP_MOTION : BP_FILM;
	core->slow_hops = (uint32_t)(core->stream[core->slow_stream].hop_rate_hz / BP_SLOW_HZ + 0.5);
	bp_breath_init(&core->breath, core->slow_stream == BP_FILM);
	bp_movement_init(&core->movement, core->stream[BP_MOTION].hop_rate_hz);
	bp_detect_init(&core->detect);
	return core;
}

/* As of the last slow step: asked for at every hop, while something is under way. */
static const struct bp_context *context(struct bp_core *core)
{
	struct bp_context *ctx = &core->context;

	if (core->context_known)
		return ctx;
	core->context_known = true;
	ctx->phase = bp_breath_phase_event(&core->breath, 0);
	ctx->settled_phase = bp_breath_phase_event(&core->breath, BP_SETTLE_NS * 1e-9f);
	ctx->breath_depth = bp_breath_depth(&core->breath);
	ctx->breath_rate = bp_breath_rate(&core->breath);
	ctx->volume = bp_breath_volume(&core->breath);
	ctx->movement = bp_movement_now(&core->movement);
	ctx->gravity = core->movement.gravity;
	return ctx;
}

static __attribute__((noinline)) void slow_step(struct bp_core *core, int64_t t_ns)
{
	bp_v4 low = core->slow_sum / (float)core->slow_n;
	enum bp_movement mv;

	core->slow_sum = (bp_v4){ 0 };
	core->slow_n = 0;
	core->context_known = false;
	if (core->slow_stream == BP_MOTION)
		bp_movement_slow(&core->movement, t_ns, low);
	mv = bp_movement_now(&core->movement);
	bp_breath_step(&core->breath, t_ns, low, mv == BP_MOVEMENT_WALK || mv == BP_MOVEMENT_OTHER,
		       mv == BP_MOVEMENT_BEND || mv == BP_MOVEMENT_TWIST);
}

static __attribute__((noinline)) void check_health(struct bp_core *core, int k, const struct bp_hop *h)
{
	const struct bp_stream *s = &core->stream[k];

	bp_health_hop(&core->health[k], h->t_ns, h->sum, h->full || core->full[k],
		      HEALTH_HOPS / s->hop_rate_hz, s->gaps);
}

/* Candidates, trains, lungs and rings. */
static __attribute__((noinline)) void detect_step(struct bp_core *core)
{
	const struct bp_context *ctx = bp_detect_asks(&core->detect, core->now_ns) ? context(core) : NULL;
	uint32_t begun = core->detect.lung.begun;

	bp_detect_step(&core->detect, core->stream, ctx, &core->book, core->now_ns);
	if (core->detect.lung.begun != begun) {
		bp_breath_hint(&core->breath);
		core->context_known = false;
	}
}

/* What is done now and then is a function of its own, so that this one is short. */
static inline __attribute__((always_inline)) void watch(struct bp_core *core, int k, const struct bp_hop *h)
{
	if (core->hops_seen[k]++ % HEALTH_HOPS == 0)
		check_health(core, k, h);
	core->full[k] = false;
	if (k != core->slow_stream)
		return;
	if (k == BP_MOTION)
		bp_movement_hop(&core->movement, h->t_ns, h->low);
	core->slow_sum += h->low;
	if (++core->slow_n == core->slow_hops)
		slow_step(core, h->t_ns);
}

/* Does anything begin in the newest hop of a stream? */
static inline __attribute__((always_inline)) void hear(struct bp_core *core, int k, const struct bp_hop *h)
{
	if (core->stream[1 - k].n && core->stream[k].n_hops % HEALTH_HOPS == 0)
		bp_health_missing(&core->health[1 - k], core->now_ns);
	bp_detect_hop(&core->detect, k, h);
}

static __attribute__((noinline)) void hops(struct bp_core *core, int k)
{
	const struct bp_stream *s = &core->stream[k];

	/* A bridged hole can complete two at once; the newest speaks for both. */
	while (core->hops_seen[k] < s->n_hops)
		watch(core, k, bp_stream_hop(s, (uint32_t)(s->n_hops - 1 - core->hops_seen[k])));
	hear(core, k, bp_stream_hop(s, 0));
	if (bp_detect_due(&core->detect, core->now_ns))
		detect_step(core);
}

static inline __attribute__((always_inline)) void newest(struct bp_core *core, int k)
{
	const struct bp_hop *h = bp_stream_hop(&core->stream[k], 0);

	watch(core, k, h);
	hear(core, k, h);
}

/* One of each, while nothing is due: what begins in a hop is due some hops later. */
static __attribute__((noinline)) void both_hops(struct bp_core *core)
{
	newest(core, BP_MOTION);
	newest(core, BP_FILM);
}

/* What is known to be unusable is taken out; returns what is left of the frame. */
static inline uint32_t usable(struct bp_core *core, const struct bp_frame *f)
{
	uint32_t has = f->has;
	const float *a = f->accel_g;

	if (__builtin_expect(core->started && f->t_ns < core->now_ns, 0)) {
		core->bad_values++;
		return 0;
	}
	/* Written so that NaN fails too. */
	if (has & BP_HAS_MOTION &&
	    __builtin_expect(!(a[0] * a[0] + a[1] * a[1] + a[2] * a[2] < SANE_G * SANE_G), 0)) {
		core->bad_values++;
		has &= ~BP_HAS_MOTION;
	}
	if (has & BP_HAS_FILM && __builtin_expect(!(f->film_mv * f->film_mv < SANE_MV * SANE_MV), 0)) {
		core->bad_values++;
		has &= ~BP_HAS_FILM;
	}
	return has;
}

static void single(struct bp_core *core, const struct bp_frame *f)
{
	struct bp_stream *m = &core->stream[BP_MOTION], *s = &core->stream[BP_FILM];
	uint32_t has = usable(core, f);
	bool freeze, clipped = has & BP_CLIPPED;

	core->frames++;
	bp_stream_part(m, s);
	if (!(has & (BP_HAS_MOTION | BP_HAS_FILM)))
		return;
	core->started = true;
	core->now_ns = f->t_ns;
	freeze = f->t_ns < core->detect.quiet_ns;
	/* What clips one channel is too strong for either; but only the one is to be mended. */
	core->full[BP_MOTION] |= has & BP_CLIPPED_MOTION;
	core->full[BP_FILM] |= has & BP_CLIPPED_FILM;
	if (has & BP_HAS_MOTION && m->present) {
		bp_v4 x = { f->accel_g[0], f->accel_g[1], f->accel_g[2], 0 };

		if (bp_stream_sample(m, f->t_ns, x, clipped, freeze))
			hops(core, BP_MOTION);
	}
	if (has & BP_HAS_FILM && s->present) {
		bp_v4 x = { f->film_mv, 0, 0, 0 };

		if (bp_stream_sample(s, f->t_ns, x, clipped, freeze))
			hops(core, BP_FILM);
	}
}

/* Frames with nothing odd about them, up to the end of a hop; returns how many. */
static size_t several(struct bp_core *core, const struct bp_frame *f, size_t n)
{
	struct bp_stream *m = f->has & BP_HAS_MOTION ? &core->stream[BP_MOTION] : NULL;
	struct bp_stream *s = f->has & BP_HAS_FILM ? &core->stream[BP_FILM] : NULL;
	bool freeze;

	if (m && s) {
		if (!s->joined && !(core->one_rate && f->t_ns >= core->now_ns && bp_stream_join(m, s)))
			return 0;
	} else {
		bp_stream_part(&core->stream[BP_MOTION], &core->stream[BP_FILM]);
		if (f->t_ns < core->now_ns || !(m || s) || !(m ? m : s)->started)
			return 0;
	}
	n = bp_stream_block(m, s, f, n);
	if (!n)
		return 0;
	core->frames += n;
	core->now_ns = f[n - 1].t_ns;
	freeze = core->now_ns < core->detect.quiet_ns;
	if (!bp_stream_hop_full(m ? m : s))
		return n;
	if (m && s) {
		if (bp_stream_steady(m) && bp_stream_steady(s) &&
		    !bp_detect_due(&core->detect, core->now_ns)) {
			bp_stream_end_hops(m, s, freeze);
			both_hops(core);
			return n;
		}
		bp_stream_share(m, s);
	}
	if (m) {
		bp_stream_end_hop(m, freeze);
		hops(core, BP_MOTION);
	}
	if (s) {
		bp_stream_end_hop(s, freeze);
		hops(core, BP_FILM);
	}
	return n;
}

void bp_core_push(struct bp_core *core, const struct bp_frame *frames, size_t n)
{
	while (n) {
		size_t k = several(core, frames, n);

		if (!k) {
			single(core, frames);
			k = 1;
		}
		frames += k;
		n -= k;
	}
}

void bp_core_flush(struct bp_core *core)
{
	bp_detect_flush(&core->detect, core->stream, context(core), &core->book, core->now_ns);
}

void bp_core_trace(struct bp_core *core, bp_trace_fn fn, void *arg)
{
	core->detect.trace = fn;
	core->detect.trace_arg = arg;
}

size_t bp_core_state_used(void)
{
	return sizeof(struct bp_core);
}

bool bp_core_next_event(struct bp_core *core, struct bp_event *ev)
{
	return bp_book_next(&core->book, ev);
}

static void channel_status(struct bp_channel_status *st, const struct bp_health *h)
{
	st->state = h->state;
	for (int i = 0; i < BP_CHANNEL_STATES; i++)
		st->seconds[i] = (float)h->seconds[i];
}

void bp_core_status(const struct bp_core *core, struct bp_status *st)
{
	memset(st, 0, sizeof(*st));
	st->frames = core->frames;
	st->gaps = core->stream[BP_MOTION].gaps + core->stream[BP_FILM].gaps;
	st->bad_values = core->bad_values;
	st->events = core->book.events;
	st->suppressed = core->book.suppressed;
	st->breath_rate_bpm = bp_breath_rate(&core->breath);
	st->breath_phase = bp_breath_phase_now(&core->breath);
	st->movement = bp_movement_now(&core->movement);
	channel_status(&st->motion, &core->health[BP_MOTION]);
	channel_status(&st->film, &core->health[BP_FILM]);
}
