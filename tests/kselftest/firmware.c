// SPDX-License-Identifier: GPL-2.0-or-later
/* What firmware says of the chip: its label, how the film is wired. */
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define AH_BIO_CFG2	0x31
#define LOG_MAX		256

FIXTURE(firmware)
{
	struct capture c;
	struct sim_write log[LOG_MAX];
};

FIXTURE_SETUP(firmware)
{
	self->c.fd = -1;
	SKIP_WITHOUT_RIG();
}

FIXTURE_TEARDOWN(firmware)
{
	capture_stop(&self->c);
	EXPECT_EQ(0, rig_down());
}

/* The last value that the chip's AH_BIO_CFG2 was given, or -1. */
static int film_setting(struct sim_write *log)
{
	int n = sim_log(0, log, LOG_MAX), value = -1, i;

	for (i = 0; i < n; i++)
		if (log[i].reg == AH_BIO_CFG2)
			value = log[i].value;
	return value;
}

TEST_F(firmware, says_nothing)
{
	char text[64];

	ASSERT_EQ(0, rig_load_params("chips=1"));
	ASSERT_EQ(0, rig_attach(0));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	EXPECT_GT(0, capture_get(&self->c, "label", text, sizeof(text)));
	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_COMBINED, 800, 32));
	EXPECT_EQ(0x18, film_setting(self->log));
}

TEST_F(firmware, gives_a_label)
{
	char text[64];

	ASSERT_EQ(0, rig_load_params("chips=1 label=spine-left"));
	ASSERT_EQ(0, rig_attach(0));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	ASSERT_LT(0, capture_get(&self->c, "label", text, sizeof(text)));
	EXPECT_STREQ("spine-left", text);
}

TEST_F(firmware, gives_the_input_impedance)
{
	static const unsigned int ohms[] = { 100000000, 200000000, 500000000, 1000000000 };
	unsigned int i;
	char text[64];

	for (i = 0; i < ARRAY_SIZE(ohms); i++) {
		snprintf(text, sizeof(text), "chips=1 input_ohms=%u", ohms[i]);
		ASSERT_EQ(0, rig_load_params(text));
		ASSERT_EQ(0, rig_attach(0));
		ASSERT_EQ(0, capture_find(&self->c, 0));
		ASSERT_EQ(0, capture_start(&self->c, CAPTURE_FILM, 3200, 32));
		EXPECT_EQ(i << 3 | 1, film_setting(self->log));
		capture_stop(&self->c);
		ASSERT_EQ(0, rig_down());
	}
	ASSERT_EQ(0, rig_load_params("chips=1"));
}

TEST_F(firmware, says_differential)
{
	ASSERT_EQ(0, rig_load_params("chips=1 input_mode=differential"));
	ASSERT_EQ(0, rig_attach(0));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_FILM, 3200, 32));
	EXPECT_EQ(0x19, film_setting(self->log));
}

/* Then it is a voltage of one input, and is called so. */
TEST_F(firmware, says_single_ended)
{
	static const struct {
		const char *params;
		const char *raw;
		int setting;
	} wired[] = {
		{ "chips=1 input_mode=single-ended-1", "in_voltage0_raw", 0x38 },
		{ "chips=1 input_mode=single-ended-2", "in_voltage1_raw", 0x58 },
	};
	char text[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wired); i++) {
		ASSERT_EQ(0, rig_load_params(wired[i].params));
		ASSERT_EQ(0, rig_attach(0));
		ASSERT_EQ(0, capture_find_device(&self->c, 0));
		ASSERT_EQ(0, sim_log_clear(0));
		ASSERT_LT(0, capture_get(&self->c, wired[i].raw, text, sizeof(text)));
		EXPECT_EQ(wired[i].setting, film_setting(self->log) & ~1);
		EXPECT_GT(0, capture_get(&self->c, "in_voltage0-voltage1_raw", text,
					 sizeof(text)));
		ASSERT_EQ(0, rig_down());
	}
	ASSERT_EQ(0, rig_load_params("chips=1"));
}

TEST_F(firmware, says_how_it_is_mounted)
{
	char text[64];

	ASSERT_EQ(0, rig_load_params("chips=1"));
	ASSERT_EQ(0, rig_attach(0));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	ASSERT_LT(0, capture_get(&self->c, "in_accel_mount_matrix", text, sizeof(text)));
	EXPECT_STREQ("1, 0, 0; 0, 1, 0; 0, 0, 1", text);
	ASSERT_EQ(0, rig_down());
	ASSERT_EQ(0, rig_load_params("chips=1 turned=1"));
	ASSERT_EQ(0, rig_attach(0));
	ASSERT_EQ(0, capture_find(&self->c, 0));
	ASSERT_LT(0, capture_get(&self->c, "in_accel_mount_matrix", text, sizeof(text)));
	EXPECT_STREQ("0, 1, 0; 1, 0, 0; 0, 0, -1", text);
}

TEST_F(firmware, is_refused_where_wrong)
{
	static const struct {
		const char *params;
		const char *message;
	} bad[] = {
		{ "chips=1 input_ohms=123456", "no input impedance of 123456 ohms" },
		{ "chips=1 input_mode=upside-down", "no input mode \"upside-down\"" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ASSERT_EQ(0, rig_load_params(bad[i].params));
		ASSERT_EQ(0, rig_attach(0));
		EXPECT_FALSE(rig_bound(0));
		EXPECT_TRUE(capture_gone(0));
		EXPECT_TRUE(rig_logged(bad[i].message)) TH_LOG("%s", bad[i].message);
		ASSERT_EQ(0, rig_down());
	}
	ASSERT_EQ(0, rig_load_params("chips=1"));
}

TEST_HARNESS_MAIN
