// SPDX-License-Identifier: GPL-2.0-or-later
/* The low-pass filters: what is offered at each rate, and what reaches the chip. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define ACCEL		"in_accel_filter_low_pass_3db_frequency"
#define FILM		"in_voltage0-voltage1_filter_low_pass_3db_frequency"
#define AVAILABLE	"_available"

#define CTRL5		0x14
#define  BW_SHIFT	2
#define  BW		3
#define  ODR		0xf0

#define CODES		4
#define LOG_MAX		256

FIXTURE(filter)
{
	struct capture c;
	struct sim_write log[LOG_MAX];
};

FIXTURE_SETUP(filter)
{
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
}

FIXTURE_TEARDOWN(filter)
{
	capture_stop(&self->c);
	EXPECT_EQ(0, rig_down());
}

/* The numbers that @attr lists: as many as @max, or -1. */
static int listed(const struct capture *c, const char *attr, double *values, int max)
{
	char text[128], *at = text, *end;
	int n = 0;

	if (capture_get(c, attr, text, sizeof(text)) < 0)
		return -1;
	for (; n < max; n++, at = end) {
		values[n] = strtod(at, &end);
		if (end == at)
			break;
	}
	return n;
}

static int set(const struct capture *c, const char *attr, double hz)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6f", hz);
	return capture_set(c, attr, text);
}

/* Filter code of the last CTRL5 write that let the chip sample, or -1. */
static int code_at_start(struct sim_write *log)
{
	int i;

	for (i = sim_log(0, log, LOG_MAX) - 1; i >= 0; i--)
		if (log[i].reg == CTRL5 && (log[i].value & ODR))
			return log[i].value >> BW_SHIFT & BW;
	return -1;
}

/*
 * Where a rate does not fit, direct reads are taken at 800 Hz.  Below 6 Hz there is no filter:
 * half the rate is all there is.
 */
TEST_F(filter, offers_what_the_rate_allows)
{
	static const struct {
		double rate_hz;
		double accel[CODES];
		double film[CODES];
	} expect[] = {
		{ 1.6, { 0.8 }, { 360, 180, 90, 45 } },
		{ 3, { 1.5 }, { 360, 180, 90, 45 } },
		{ 6, { 3, 1.5, 0.75, 0.375 }, { 360, 180, 90, 45 } },
		{ 12.5, { 6.25, 3.125, 1.5625, 0.78125 }, { 360, 180, 90, 45 } },
		{ 25, { 12.5, 6.25, 3.125, 1.5625 }, { 360, 180, 90, 45 } },
		{ 50, { 25, 12.5, 6.25, 3.125 }, { 360, 180, 90, 45 } },
		{ 100, { 50, 25, 12.5, 6.25 }, { 360, 180, 90, 45 } },
		{ 200, { 100, 50, 25, 12.5 }, { 360, 180, 90, 45 } },
		{ 400, { 200, 100, 50, 25 }, { 360, 180, 90, 45 } },
		{ 800, { 400, 200, 100, 50 }, { 360, 180, 90, 45 } },
		{ 3200, { 400, 200, 100, 50 }, { 1600, 700, 360, 180 } },
	};
	double accel[CODES + 1], film[CODES + 1];
	unsigned int i;
	int code, n;

	for (i = 0; i < ARRAY_SIZE(expect); i++) {
		n = expect[i].accel[1] ? CODES : 1;
		ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency",
						expect[i].rate_hz));
		ASSERT_EQ(n, listed(&self->c, ACCEL AVAILABLE, accel, CODES + 1));
		ASSERT_EQ(CODES, listed(&self->c, FILM AVAILABLE, film, CODES + 1));
		for (code = 0; code < CODES; code++) {
			if (code < n)
				EXPECT_EQ(expect[i].accel[code], accel[code])
					TH_LOG("acceleration at %g Hz", expect[i].rate_hz);
			EXPECT_EQ(expect[i].film[code], film[code])
				TH_LOG("film at %g Hz", expect[i].rate_hz);
		}
	}
}

/* The ratio stays, as the frequency cannot. */
TEST_F(filter, follows_the_rate)
{
	double now;

	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 800));
	ASSERT_EQ(0, set(&self->c, ACCEL, 100));
	ASSERT_EQ(0, set(&self->c, FILM, 180));
	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 25));
	ASSERT_EQ(0, capture_get_double(&self->c, ACCEL, &now));
	EXPECT_EQ(3.125, now);
	/* even past a rate that has no filter, and to whose one value it may be set */
	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 1.6));
	ASSERT_EQ(0, capture_get_double(&self->c, ACCEL, &now));
	EXPECT_EQ(0.8, now);
	EXPECT_EQ(0, set(&self->c, ACCEL, 0.8));
	EXPECT_EQ(-EINVAL, set(&self->c, ACCEL, 0.4));
	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 3200));
	ASSERT_EQ(0, capture_get_double(&self->c, FILM, &now));
	EXPECT_EQ(700, now);
	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 800));
	ASSERT_EQ(0, capture_get_double(&self->c, ACCEL, &now));
	EXPECT_EQ(100, now);
	ASSERT_EQ(0, capture_get_double(&self->c, FILM, &now));
	EXPECT_EQ(180, now);
}

TEST_F(filter, refuses_bad_values)
{
	static const struct {
		char attr[sizeof(FILM)];
		char value[16];
	} bad[] = {
		{ ACCEL, "0" }, { ACCEL, "-400" }, { ACCEL, "360" }, { ACCEL, "400.000001" },
		{ ACCEL, "wide" }, { FILM, "0" }, { FILM, "400" }, { FILM, "1600" },
	};
	double now;
	unsigned int i;

	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 800));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_EQ(-EINVAL, capture_set(&self->c, bad[i].attr, bad[i].value))
			TH_LOG("'%s' to %s", bad[i].value, bad[i].attr);
	ASSERT_EQ(0, capture_get_double(&self->c, ACCEL, &now));
	EXPECT_EQ(400, now);
	ASSERT_EQ(0, capture_get_double(&self->c, FILM, &now));
	EXPECT_EQ(360, now);
}

TEST_F(filter, is_busy_while_streaming)
{
	double now;

	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_COMBINED, 800, 32));
	EXPECT_EQ(-EBUSY, set(&self->c, ACCEL, 100));
	EXPECT_EQ(-EBUSY, set(&self->c, FILM, 90));
	ASSERT_EQ(0, capture_get_double(&self->c, ACCEL, &now));
	EXPECT_EQ(400, now);
	capture_stop(&self->c);
	EXPECT_EQ(0, set(&self->c, ACCEL, 100));
}

/* Each direct read with the filter that is its channel's own. */
TEST_F(filter, is_used_by_direct_reads)
{
	char text[32];

	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 800));
	ASSERT_EQ(0, set(&self->c, ACCEL, 50));
	ASSERT_EQ(0, set(&self->c, FILM, 180));
	ASSERT_EQ(0, sim_log_clear(0));
	ASSERT_LT(0, capture_get(&self->c, "in_accel_x_raw", text, sizeof(text)));
	EXPECT_EQ(3, code_at_start(self->log));
	ASSERT_EQ(0, sim_log_clear(0));
	ASSERT_LT(0, capture_get(&self->c, "in_voltage0-voltage1_raw", text, sizeof(text)));
	EXPECT_EQ(1, code_at_start(self->log));
}

FIXTURE(filter_stream)
{
	struct capture c;
	struct sim_write log[LOG_MAX];
};

FIXTURE_VARIANT(filter_stream)
{
	enum capture_mode mode;
	unsigned int rate_hz;
	bool film_filter;
};

FIXTURE_VARIANT_ADD(filter_stream, combined_800) { .mode = CAPTURE_COMBINED, .rate_hz = 800 };
FIXTURE_VARIANT_ADD(filter_stream, combined_25) { .mode = CAPTURE_COMBINED, .rate_hz = 25 };
FIXTURE_VARIANT_ADD(filter_stream, motion_50) { .mode = CAPTURE_MOTION, .rate_hz = 50 };
FIXTURE_VARIANT_ADD(filter_stream, motion_400) { .mode = CAPTURE_MOTION, .rate_hz = 400 };
FIXTURE_VARIANT_ADD(filter_stream, film_800) {
	.mode = CAPTURE_FILM, .rate_hz = 800, .film_filter = true,
};

FIXTURE_VARIANT_ADD(filter_stream, film_3200) {
	.mode = CAPTURE_FILM, .rate_hz = 3200, .film_filter = true,
};

FIXTURE_SETUP(filter_stream)
{
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
}

FIXTURE_TEARDOWN(filter_stream)
{
	capture_stop(&self->c);
	EXPECT_EQ(0, rig_down());
}

/* The other filter is set to another code, so that they cannot be mistaken. */
TEST_F(filter_stream, reaches_the_chip)
{
	const char *used = variant->film_filter ? FILM : ACCEL;
	const char *other = variant->film_filter ? ACCEL : FILM;
	double hz[CODES], other_hz[CODES];
	int code;

	ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", variant->rate_hz));
	ASSERT_EQ(CODES, listed(&self->c, variant->film_filter ? FILM AVAILABLE : ACCEL AVAILABLE,
				hz, CODES));
	ASSERT_EQ(CODES, listed(&self->c, variant->film_filter ? ACCEL AVAILABLE : FILM AVAILABLE,
				other_hz, CODES));
	for (code = 0; code < CODES; code++) {
		ASSERT_EQ(0, set(&self->c, used, hz[code]));
		ASSERT_EQ(0, set(&self->c, other, other_hz[CODES - 1 - code]));
		ASSERT_EQ(0, sim_log_clear(0));
		ASSERT_EQ(0, capture_start(&self->c, variant->mode, variant->rate_hz, 8));
		EXPECT_EQ(code, code_at_start(self->log));
		capture_stop(&self->c);
	}
}

TEST_HARNESS_MAIN
