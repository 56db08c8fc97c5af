/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fixtures of several programs set up, and what they expect of a stream.
 * Include after kselftest_harness.h.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "rig.h"
#include "truth.h"

/* Samples from one time-stamp word to the next. */
#define SAMPLES_PER_STAMP	32

/* Bounds on time stamps, from the first 10 s of a stream on. */
#define STAMP_RMS_MAX_NS	10e3
#define STAMP_ERROR_MAX_NS	50e3

/* In a FIXTURE_SETUP(), after what its teardown relies on has been set. */
#define SKIP_WITHOUT_RIG()						\
	do {								\
		const char *missing_ = rig_missing();			\
									\
		if (missing_)						\
			SKIP(return, "%s", missing_);			\
	} while (0)

/* All that came has been taken by the chip, at the time that its stamp says. */
#define EXPECT_TRUE_SAMPLES(t, what)					\
	do {								\
		truth_tell(t, what);					\
		EXPECT_EQ(0, (t)->wrong);				\
		EXPECT_EQ(0, (t)->repeated);				\
		EXPECT_EQ(0, (t)->backward);				\
	} while (0)

/* And all that the chip has taken came. */
#define EXPECT_NOTHING_LOST(t, what)					\
	do {								\
		long long lost_ = -1;					\
									\
		EXPECT_TRUE_SAMPLES(t, what);				\
		ASSERT_EQ(0, sim_stat((t)->c->chip, "samples_lost", &lost_)); \
		EXPECT_EQ(0, lost_);					\
		EXPECT_EQ(0, (t)->lost);				\
	} while (0)

/*
 * What the chip lost is missing, and with each loss no more besides than stands between the
 * time-stamp words around it.  A gap can be made of several losses: of @each at most.
 */
#define EXPECT_KNOWN_LOSSES(t, what, each)				\
	do {								\
		long long lost_ = -1;					\
									\
		EXPECT_TRUE_SAMPLES(t, what);				\
		ASSERT_EQ(0, sim_stat((t)->c->chip, "samples_lost", &lost_)); \
		EXPECT_GE((t)->lost, lost_);				\
		EXPECT_LE((t)->lost, lost_ + 2 * SAMPLES_PER_STAMP * (each) * (t)->gaps); \
	} while (0)

#define EXPECT_KNOWN_LOSS(t, what)	EXPECT_KNOWN_LOSSES(t, what, 1)

#define EXPECT_PUNCTUAL(t)						\
	do {								\
		EXPECT_LE(truth_rms_ns(t), STAMP_RMS_MAX_NS);		\
		EXPECT_LE((t)->max_ns, STAMP_ERROR_MAX_NS);		\
	} while (0)

/**
 * struct stream_rig - one chip, fed and streaming
 * @feed:	descriptor, or -1
 */
struct stream_rig {
	struct capture c;
	struct truth t;
	int feed;
};

static inline void stream_rig_init(struct stream_rig *r)
{
	r->c.fd = -1;
	r->feed = -1;
}

/* Feed @w and stream; the chip's clock is @ppm fast. */
static inline int stream_rig_start(struct stream_rig *r, const struct truth_wave *w,
				   enum capture_mode mode, double rate_hz,
				   unsigned int watermark, int ppm)
{
	int ret = 0;

	if (r->feed < 0)
		r->feed = truth_feed(r->c.chip, w);
	if (r->feed < 0)
		return r->feed;
	ret = capture_start(&r->c, mode, rate_hz, watermark);
	return ret ? ret : truth_begin(&r->t, &r->c, w, ppm);
}

static inline void stream_rig_stop(struct stream_rig *r)
{
	capture_stop(&r->c);
	if (r->feed >= 0)
		close(r->feed);
	r->feed = -1;
}

/*
 * Load both modules, the simulator with @params, set the chips' @options ("NAME" or
 * "NAME=VALUE", which is 1), up to a NULL, and have the driver probe them.
 */
static inline int stream_rigs_up(struct stream_rig *rigs, unsigned int n, const char *params,
				 const char *const *options)
{
	int ret = rig_load_params(params);
	unsigned int i;
	char path[64];

	for (i = 0; !ret && i < n; i++) {
		const char *const *o;

		for (o = options; !ret && o && *o; o++) {
			size_t len = strcspn(*o, "=");

			snprintf(path, sizeof(path), "options/%.*s", (int)len, *o);
			ret = sim_set(i, path, (*o)[len] ? atoi(*o + len + 1) : 1);
		}
		if (!ret)
			ret = rig_attach(i);
		if (!ret)
			ret = capture_find(&rigs[i].c, i);
	}
	return ret;
}

static inline int stream_rig_up(struct stream_rig *r, const char *params)
{
	return stream_rigs_up(r, 1, params, NULL);
}

/* Return: what rig_down() does. */
static inline int stream_rigs_down(struct stream_rig *rigs, unsigned int n)
{
	while (n)
		stream_rig_stop(&rigs[--n]);
	return rig_down();
}

static inline int stream_rig_down(struct stream_rig *r)
{
	return stream_rigs_down(r, 1);
}

#endif
