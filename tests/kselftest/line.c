// SPDX-License-Identifier: GPL-2.0-or-later
/* The interrupt line, wired in every way that firmware can say, and not at all. */
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define PIN_CTRL	0x0c
#define CTRL2		0x11
#define LOG_MAX		256

static const struct truth_wave wave = TRUTH_WAVE(120);

FIXTURE(line)
{
	struct stream_rig rig;
	struct sim_write log[LOG_MAX];
};

FIXTURE_VARIANT(line)
{
	const char *params;
	int pin_ctrl;
	bool polled;
};

FIXTURE_VARIANT_ADD(line, rising) { .params = "int_type=1", .pin_ctrl = 0x00 };
FIXTURE_VARIANT_ADD(line, falling) { .params = "int_type=2", .pin_ctrl = 0x08 };
FIXTURE_VARIANT_ADD(line, high) { .params = "int_type=4", .pin_ctrl = 0x00 };
FIXTURE_VARIANT_ADD(line, low) { .params = "int_type=8", .pin_ctrl = 0x08 };
FIXTURE_VARIANT_ADD(line, rising_open_drain) {
	.params = "int_type=1 open_drain=1", .pin_ctrl = 0x02,
};

FIXTURE_VARIANT_ADD(line, low_open_drain) {
	.params = "int_type=8 open_drain=1", .pin_ctrl = 0x0a,
};

FIXTURE_VARIANT_ADD(line, none) {
	.params = "wired_int=0", .pin_ctrl = 0x00, .polled = true,
};

FIXTURE_SETUP(line)
{
	stream_rig_init(&self->rig);
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, stream_rig_up(&self->rig, variant->params));
}

FIXTURE_TEARDOWN(line)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
}

/* Index of the last write to PIN_CTRL, or -1. */
static int pin_ctrl(struct sim_write *log)
{
	int i;

	for (i = sim_log(0, log, LOG_MAX) - 1; i >= 0; i--)
		if (log[i].reg == PIN_CTRL)
			return log[i].value;
	return -1;
}

TEST_F_TIMEOUT(line, serves_every_rate, 120)
{
	static const struct {
		enum capture_mode mode;
		unsigned int rate_hz;
		unsigned int watermark;
	} streams[] = {
		{ CAPTURE_FILM, 3200, 32 },
		{ CAPTURE_COMBINED, 800, 32 },
		{ CAPTURE_COMBINED, 800, 2 },
		{ CAPTURE_MOTION, 50, 10 },
	};
	unsigned int i;
	char what[48];

	for (i = 0; i < ARRAY_SIZE(streams); i++) {
		/* a machine that polls 3200 Hz at jiffies, and is slow, may well lose some */
		if (variant->polled && !rig_simulated_time())
			continue;
		ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, streams[i].mode,
					      streams[i].rate_hz, streams[i].watermark, 0));
		ASSERT_EQ(0, truth_run(&self->rig.t, rig_simulated_time() ? 12 : 2, PATIENCE_MS,
				       false));
		snprintf(what, sizeof(what), "%u Hz, watermark %u", streams[i].rate_hz,
			 streams[i].watermark);
		EXPECT_NOTHING_LOST(&self->rig.t, what);
		EXPECT_PUNCTUAL(&self->rig.t);
		capture_stop(&self->rig.c);
	}
	EXPECT_EQ(variant->pin_ctrl, pin_ctrl(self->log));
	EXPECT_FALSE(rig_logged("interrupt line is stuck"));
	EXPECT_FALSE(rig_logged("no interrupts, polling"));
}

/* A service that comes late finds the line active since long: no edge is missed for good. */
TEST_F_TIMEOUT(line, survives_late_service, 120)
{
	int i;

	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_COMBINED, 800, 32, 0));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, truth_run(&self->rig.t, 0.2, PATIENCE_MS, false));
		ASSERT_EQ(0, sim_set(0, "pause_us", 10000 * i));
		ASSERT_EQ(0, sim_set(0, "pause_at", 0));
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_KNOWN_LOSS(&self->rig.t, "late services");
	EXPECT_FALSE(rig_logged("no interrupts, polling"));
}

/* A line that asks a million times a second is given up, and the stream goes on. */
TEST_F_TIMEOUT(line, survives_a_storm, 120)
{
	bool active_low = variant->pin_ctrl & 0x08;

	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_COMBINED, 800, 32, 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, 0.5, PATIENCE_MS, false));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", !active_low));
	ASSERT_EQ(0, truth_run(&self->rig.t, 3, PATIENCE_MS, true));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", -1));
	ASSERT_EQ(0, truth_run(&self->rig.t, 8, PATIENCE_MS, true));
	EXPECT_KNOWN_LOSS(&self->rig.t, "storm");
	EXPECT_EQ(0, self->rig.t.restarts);
}

/* The chip does not answer just when the line is listened to again: then it is the time after. */
TEST_F_TIMEOUT(line, is_tried_again_later, 120)
{
	bool active_low = variant->pin_ctrl & 0x08;
	long long errors = -1, waiting = 0;

	if (variant->polled)
		SKIP(return, "there is no line");
	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_COMBINED, 800, 32, 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, 0.5, PATIENCE_MS, false));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", active_low));
	/* an edge-triggered line that stays inactive is missed, and so is a level */
	ASSERT_EQ(0, truth_run(&self->rig.t, 2, PATIENCE_MS, true));
	EXPECT_TRUE(rig_logged("no interrupts, polling"));
	ASSERT_EQ(0, sim_set(0, "options/stuck_int", -1));
	ASSERT_EQ(0, sim_set(0, "nack_reg", CTRL2));
	ASSERT_EQ(0, truth_run(&self->rig.t, 6, PATIENCE_MS, true));
	/* the write was tried, and refused */
	ASSERT_EQ(0, sim_get(0, "nack_reg", &waiting));
	EXPECT_EQ(-1, waiting);
	ASSERT_EQ(0, capture_stat(&self->rig.c, "bus_errors", &errors));
	EXPECT_EQ(1, errors);
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, true));
	EXPECT_KNOWN_LOSS(&self->rig.t, "line tried again");
	EXPECT_EQ(0, self->rig.t.restarts);
}

TEST_HARNESS_MAIN
