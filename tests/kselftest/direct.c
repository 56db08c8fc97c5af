// SPDX-License-Identifier: GPL-2.0-or-later
/* The attributes of the device: single values, scales, rates, and what they refuse. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define G	9.80665
#define CTRL5	0x14

FIXTURE(direct)
{
	struct capture c;
	int feed;
};

FIXTURE_SETUP(direct)
{
	self->feed = -1;
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
}

FIXTURE_TEARDOWN(direct)
{
	capture_stop(&self->c);
	if (self->feed >= 0)
		close(self->feed);
	EXPECT_EQ(0, rig_down());
}

/* Each of the numbers in "a b c". */
static int numbers(const char *text, double *values, int max)
{
	char *end;
	int n = 0;

	while (n < max) {
		values[n] = strtod(text, &end);
		if (end == text)
			break;
		text = end;
		n++;
	}
	return n;
}

TEST_F(direct, names_its_channels)
{
	static const struct {
		const char *attr;
		const char *value;
	} expect[] = {
		{ "name", "st1vafe3bx" },
		{ "scan_elements/in_accel_x_index", "0" },
		{ "scan_elements/in_accel_y_index", "1" },
		{ "scan_elements/in_accel_z_index", "2" },
		{ "scan_elements/in_voltage0-voltage1_index", "3" },
		{ "scan_elements/in_timestamp_index", "4" },
		{ "scan_elements/in_accel_x_type", "le:s16/16>>0" },
		{ "scan_elements/in_voltage0-voltage1_type", "le:s16/16>>0" },
	};
	char text[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(expect); i++) {
		ASSERT_LT(0, capture_get(&self->c, expect[i].attr, text, sizeof(text)));
		EXPECT_STREQ(expect[i].value, text) TH_LOG("%s", expect[i].attr);
	}
}

/* For all ranges: the single value is what is fed, within the 16-bit step. */
TEST_F(direct, reads_acceleration)
{
	const struct truth_wave w = { .accel_mg = 1234.5, .film_mv = 0, .seconds = 60 };
	static const double share[] = { 1, -0.5, 0.25 };
	char attr[32], text[128], *scale, *save = NULL;
	double raw, want;
	int axis, ranges = 0;

	self->feed = truth_feed(0, &w);
	ASSERT_GE(self->feed, 0);
	ASSERT_LT(0, capture_get(&self->c, "in_accel_scale_available", text, sizeof(text)));
	for (scale = strtok_r(text, " ", &save); scale; scale = strtok_r(NULL, " ", &save)) {
		ASSERT_EQ(0, capture_set(&self->c, "in_accel_scale", scale));
		for (axis = 0; axis < 3; axis++) {
			snprintf(attr, sizeof(attr), "in_accel_%c_raw", 'x' + axis);
			ASSERT_EQ(0, capture_get_double(&self->c, attr, &raw));
			want = w.accel_mg * share[axis] * 1e-3 * G / atof(scale);
			EXPECT_LE(fabs(raw - want), 1.0)
				TH_LOG("%s at scale %s: got %g, expected %g", attr, scale, raw,
				       want);
		}
		ranges++;
	}
	EXPECT_EQ(4, ranges);
}

/* At every rate, from one at which a sample takes most of a second on. */
TEST_F_TIMEOUT(direct, reads_at_every_rate, 300)
{
	const struct truth_wave w = { .accel_mg = 1234.5, .film_mv = 17.3, .seconds = 600 };
	static const double rates[] = {
		1.6, 3, 6, 12.5, 25, 50, 100, 200, 400, 800, 3200,
	};
	double accel, film;
	unsigned int i;

	self->feed = truth_feed(0, &w);
	ASSERT_GE(self->feed, 0);
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", rates[i]));
		ASSERT_EQ(0, capture_get_double(&self->c, "in_accel_x_raw", &accel));
		ASSERT_EQ(0, capture_get_double(&self->c, "in_voltage0-voltage1_raw", &film));
		EXPECT_LE(fabs(accel - w.accel_mg * 1e-3 * G / self->c.accel_scale), 1.0)
			TH_LOG("%g Hz: got %g", rates[i], accel);
		EXPECT_LE(fabs(film - w.film_mv / self->c.film_scale), 8.5)
			TH_LOG("%g Hz: got %g", rates[i], film);
	}
}

TEST_F(direct, reads_film)
{
	const struct truth_wave w = { .accel_mg = 0, .film_mv = 17.3, .seconds = 60 };
	char text[128], *scale, *save = NULL;
	double raw, want;
	int ranges = 0;

	self->feed = truth_feed(0, &w);
	ASSERT_GE(self->feed, 0);
	ASSERT_LT(0, capture_get(&self->c, "in_voltage0-voltage1_scale_available", text,
				 sizeof(text)));
	for (scale = strtok_r(text, " ", &save); scale; scale = strtok_r(NULL, " ", &save)) {
		ASSERT_EQ(0, capture_set(&self->c, "in_voltage0-voltage1_scale", scale));
		ASSERT_EQ(0, capture_get_double(&self->c, "in_voltage0-voltage1_raw", &raw));
		want = w.film_mv / atof(scale);
		/* 12 bits left-justified at worst */
		EXPECT_LE(fabs(raw - want), 8.5)
			TH_LOG("scale %s: got %g, expected %g", scale, raw, want);
		ranges++;
	}
	EXPECT_EQ(4, ranges);
}

TEST_F(direct, saturates)
{
	const struct truth_wave w = { .accel_mg = 30000, .film_mv = 900, .seconds = 60 };
	double raw;

	self->feed = truth_feed(0, &w);
	ASSERT_GE(self->feed, 0);
	ASSERT_EQ(0, capture_get_double(&self->c, "in_accel_x_raw", &raw));
	EXPECT_EQ(32767, raw);
	ASSERT_EQ(0, capture_get_double(&self->c, "in_accel_y_raw", &raw));
	EXPECT_EQ(-32768, raw);
	ASSERT_EQ(0, capture_get_double(&self->c, "in_voltage0-voltage1_raw", &raw));
	EXPECT_GE(raw, 32767 - 15);
}

TEST_F(direct, offers_scales)
{
	static const double accel[] = { 0.000598206, 0.001196411, 0.002392823, 0.004785645 };
	static const double film_lsb_per_mv[] = { 164, 328, 655, 1311 };
	double values[8];
	char text[128];
	int i;

	ASSERT_LT(0, capture_get(&self->c, "in_accel_scale_available", text, sizeof(text)));
	ASSERT_EQ(4, numbers(text, values, 8));
	for (i = 0; i < 4; i++)
		EXPECT_LE(fabs(values[i] - accel[i]), 1e-9) TH_LOG("%d: %.9f", i, values[i]);
	ASSERT_LT(0, capture_get(&self->c, "in_voltage0-voltage1_scale_available", text,
				 sizeof(text)));
	ASSERT_EQ(4, numbers(text, values, 8));
	for (i = 0; i < 4; i++)
		EXPECT_LE(fabs(values[i] - 1 / film_lsb_per_mv[i]), 1e-9)
			TH_LOG("%d: %.9f", i, values[i]);
}

TEST_F(direct, keeps_each_rate)
{
	static const double rates[] = {
		1.6, 3, 6, 12.5, 25, 50, 100, 200, 400, 800, 3200,
	};
	double values[16], now;
	char text[128];
	unsigned int i;

	ASSERT_LT(0, capture_get(&self->c, "sampling_frequency_available", text, sizeof(text)));
	ASSERT_EQ((int)ARRAY_SIZE(rates), numbers(text, values, 16));
	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		EXPECT_EQ(rates[i], values[i]);
		ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", rates[i]));
		ASSERT_EQ(0, capture_get_double(&self->c, "sampling_frequency", &now));
		EXPECT_EQ(rates[i], now);
	}
}

TEST_F(direct, refuses_bad_values)
{
	static const struct {
		const char *attr;
		const char *value;
	} bad[] = {
		{ "sampling_frequency", "0" },
		{ "sampling_frequency", "-800" },
		{ "sampling_frequency", "801" },
		{ "sampling_frequency", "800.5" },
		{ "sampling_frequency", "1.600001" },
		{ "sampling_frequency", "12" },
		{ "sampling_frequency", "1600" },
		{ "sampling_frequency", "fast" },
		{ "in_accel_scale", "0" },
		{ "in_accel_scale", "1" },
		{ "in_accel_scale", "-0.000598206" },
		{ "in_accel_scale", "0.0005982" },
		{ "in_voltage0-voltage1_scale", "0" },
		{ "in_voltage0-voltage1_scale", "0.000598206" },
		{ "in_voltage0-voltage1_scale", "x" },
	};
	double rate, accel, film, now;
	unsigned int i;

	ASSERT_EQ(0, capture_get_double(&self->c, "sampling_frequency", &rate));
	ASSERT_EQ(0, capture_get_double(&self->c, "in_accel_scale", &accel));
	ASSERT_EQ(0, capture_get_double(&self->c, "in_voltage0-voltage1_scale", &film));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, capture_set(&self->c, bad[i].attr, bad[i].value))
			TH_LOG("'%s' to %s", bad[i].value, bad[i].attr);
	}
	ASSERT_EQ(0, capture_get_double(&self->c, "sampling_frequency", &now));
	EXPECT_EQ(rate, now);
	ASSERT_EQ(0, capture_get_double(&self->c, "in_accel_scale", &now));
	EXPECT_EQ(accel, now);
	ASSERT_EQ(0, capture_get_double(&self->c, "in_voltage0-voltage1_scale", &now));
	EXPECT_EQ(film, now);
}

TEST_F(direct, is_busy_while_streaming)
{
	static const char *const reads[] = { "in_accel_x_raw", "in_voltage0-voltage1_raw" };
	char text[64];
	unsigned int i;

	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_COMBINED, 800, 32));
	for (i = 0; i < ARRAY_SIZE(reads); i++)
		EXPECT_EQ(-EBUSY, capture_get(&self->c, reads[i], text, sizeof(text)));
	EXPECT_EQ(-EBUSY, capture_set_number(&self->c, "sampling_frequency", 400));
	EXPECT_EQ(-EBUSY, capture_set(&self->c, "in_accel_scale", "0.000598206"));
	capture_stop(&self->c);
	EXPECT_LT(0, capture_get(&self->c, reads[0], text, sizeof(text)));
	EXPECT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 400));
}

/* A chip that does not answer is an error to the reader, and no more. */
TEST_F(direct, tells_a_dead_bus)
{
	char text[64];

	ASSERT_EQ(0, sim_set(0, "nack_next", 1000));
	EXPECT_GT(0, capture_get(&self->c, "in_accel_x_raw", text, sizeof(text)));
	ASSERT_EQ(0, sim_set(0, "nack_next", 0));
	EXPECT_LT(0, capture_get(&self->c, "in_accel_x_raw", text, sizeof(text)));
}

/* A read that fails is tried once more: it takes a second failure, wherever, to be told. */
TEST_F_TIMEOUT(direct, fails_after_the_second_try, 300)
{
	int told = 0, i;
	char text[32];

	for (i = 1; i < 50; i += rig_simulated_time() ? 1 : 6) {
		/* so that it is switched on anew */
		ASSERT_EQ(0, capture_set_number(&self->c, "sampling_frequency", 800));
		ASSERT_EQ(0, sim_set(0, "nack_reg", CTRL5));
		ASSERT_EQ(0, sim_set(0, "nack_after", i));
		ASSERT_EQ(0, sim_set(0, "nack_next", 1));
		told += capture_get(&self->c, "in_accel_x_raw", text, sizeof(text)) < 0;
		ASSERT_EQ(0, sim_set(0, "nack_reg", -1));
		ASSERT_EQ(0, sim_set(0, "nack_next", 0));
		ASSERT_EQ(0, sim_set(0, "nack_after", 0));
		EXPECT_LT(0, capture_get(&self->c, "in_accel_x_raw", text, sizeof(text)))
			TH_LOG("after a failure at transfer %d", i);
	}
	rig_diag("%d reads failed", told);
	EXPECT_LT(0, told);
}

TEST_HARNESS_MAIN
