// SPDX-License-Identifier: GPL-2.0-or-later
/* The simulator itself: marker button, trigger output, and the time the bus takes. */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define MARKER		0
#define TRIGGER		1
#define TRIGGER_LOG	RIG_DEBUGFS "/trigger"
#define OUT_X_L		0x28
#define DEADLINE_MS	3000

FIXTURE(gpio)
{
	int chip;
};

/* Descriptor of the GPIO chip with that label, or a negative errno. */
static int open_gpiochip(const char *label)
{
	struct gpiochip_info info;
	char path[32];
	int fd, i;

	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/dev/gpiochip%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (!ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) && !strcmp(info.label, label))
			return fd;
		close(fd);
	}
	return -ENODEV;
}

static int request_line(int chip, unsigned int offset, uint64_t flags)
{
	struct gpio_v2_line_request req = {
		.offsets = { offset },
		.num_lines = 1,
		.consumer = "kselftest",
		.config.flags = flags,
	};

	return ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &req) ? -errno : req.fd;
}

static int set_line(int line, bool level)
{
	struct gpio_v2_line_values values = { .bits = level, .mask = 1 };

	return ioctl(line, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) ? -errno : 0;
}

FIXTURE_SETUP(gpio)
{
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_load(1, 400000));
	self->chip = open_gpiochip("backpop-sim");
	ASSERT_GE(self->chip, 0);
}

FIXTURE_TEARDOWN(gpio)
{
	close(self->chip);
	EXPECT_EQ(0, rig_down());
}

TEST_F(gpio, names_its_lines)
{
	static const char *const names[] = { "BACKPOP_MARKER", "BACKPOP_TRIGGER" };
	struct gpio_v2_line_info info;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		memset(&info, 0, sizeof(info));
		info.offset = i;
		ASSERT_EQ(0, ioctl(self->chip, GPIO_V2_GET_LINEINFO_IOCTL, &info));
		EXPECT_STREQ(names[i], info.name);
	}
}

/* Each press and each release is one event, stamped between before and after. */
TEST_F(gpio, marker_edges)
{
	int line = request_line(self->chip, MARKER,
				GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING |
				GPIO_V2_LINE_FLAG_EDGE_FALLING);
	struct pollfd p = { .fd = line, .events = POLLIN };
	struct gpio_v2_line_event event;
	int64_t before, after;
	int i;

	ASSERT_GE(line, 0);
	for (i = 0; i < 10; i++) {
		bool press = i % 2 == 0;

		before = rig_now_ns();
		ASSERT_EQ(0, rig_write(RIG_DEBUGFS "/marker", press ? "1" : "0"));
		after = rig_now_ns();
		ASSERT_EQ(1, poll(&p, 1, DEADLINE_MS));
		ASSERT_EQ((ssize_t)sizeof(event), read(line, &event, sizeof(event)));
		EXPECT_EQ(press ? GPIO_V2_LINE_EVENT_RISING_EDGE :
				  GPIO_V2_LINE_EVENT_FALLING_EDGE, event.id);
		EXPECT_EQ(i + 1, event.seqno);
		EXPECT_GE(event.timestamp_ns, (uint64_t)before);
		EXPECT_LE(event.timestamp_ns, (uint64_t)after);
	}
	/* no edge, no event */
	ASSERT_EQ(0, rig_write(RIG_DEBUGFS "/marker", "0"));
	EXPECT_EQ(0, poll(&p, 1, 50));
	close(line);
}

TEST_F(gpio, trigger_log)
{
	int line = request_line(self->chip, TRIGGER, GPIO_V2_LINE_FLAG_OUTPUT), level, i, n = 0;
	char log[16384], *text, *save = NULL;
	int64_t before[10], after[10];
	long long t;

	ASSERT_GE(line, 0);
	ASSERT_EQ(0, rig_write(TRIGGER_LOG, "0"));
	for (i = 0; i < 10; i++) {
		before[i] = rig_now_ns();
		ASSERT_EQ(0, set_line(line, i % 2 == 0));
		after[i] = rig_now_ns();
		/* the same level again is no edge */
		ASSERT_EQ(0, set_line(line, i % 2 == 0));
	}
	close(line);
	ASSERT_LT(0, rig_read(TRIGGER_LOG, log, sizeof(log)));
	for (text = strtok_r(log, "\n", &save); text; text = strtok_r(NULL, "\n", &save)) {
		ASSERT_LT(n, 10);
		ASSERT_EQ(2, sscanf(text, "%lld %d", &t, &level));
		EXPECT_EQ(n % 2 == 0, level);
		EXPECT_GE(t, before[n]);
		EXPECT_LE(t, after[n]);
		n++;
	}
	EXPECT_EQ(10, n);
}

TEST_F(gpio, marker_is_no_output)
{
	EXPECT_GT(0, request_line(self->chip, MARKER, GPIO_V2_LINE_FLAG_OUTPUT));
	EXPECT_GT(0, request_line(self->chip, TRIGGER, GPIO_V2_LINE_FLAG_INPUT));
}

FIXTURE(bus)
{
};

FIXTURE_VARIANT(bus)
{
	unsigned int scl_hz;
};

FIXTURE_VARIANT_ADD(bus, standard) { .scl_hz = 100000 };
FIXTURE_VARIANT_ADD(bus, fast) { .scl_hz = 400000 };

FIXTURE_SETUP(bus)
{
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_load(1, variant->scl_hz));
	ASSERT_EQ(0, rig_attach(0));
}

FIXTURE_TEARDOWN(bus)
{
	EXPECT_EQ(0, rig_down());
}

/* Nine bits a byte, and address, register, address before the first. */
TEST_F(bus, takes_its_time)
{
	static const unsigned int lengths[] = { 6, 60, 600, 6000 };
	static uint8_t data[6000];
	double wire, took;
	int64_t start;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		start = rig_now_ns();
		ASSERT_EQ(0, rig_i2c_read(0, OUT_X_L, data, lengths[i], 1));
		took = rig_now_ns() - start;
		wire = (3 + lengths[i]) * 9e9 / variant->scl_hz;
		EXPECT_GE(took, wire);
		/* start, restart and stop; the system calls around it */
		if (rig_simulated_time())
			EXPECT_LE(took, wire + 3e9 / variant->scl_hz + 50e3);
	}
}

TEST_F(bus, nobody_at_another_address)
{
	uint8_t data[2];

	EXPECT_EQ(-ENXIO, rig_i2c_read(1, OUT_X_L, data, sizeof(data), 1));
}

/* Each number in debugfs takes its least and its greatest value, says so, and takes no other. */
TEST(numbers_read_back)
{
	static const struct {
		const char *name;
		long long least;
		long long most;
	} numbers[] = {
		{ "options/who_am_i", 0, 0xff }, { "options/wake", 0, 1 },
		{ "options/combined_needs_en", 0, 1 }, { "options/film_full_16bit", 0, 1 },
		{ "options/full_reads_zero", 0, 1 }, { "options/ovr_late", 0, 1 },
		{ "options/ts_after_sample", 0, 1 }, { "options/ts_latched_early", 0, 1 },
		{ "options/unsettled", 0, 10 }, { "options/film_reversed", 0, 1 },
		{ "options/weak_self_test", 0, 1 }, { "options/odd_reset", 0, 1 },
		{ "options/odr_error_ppm", -100000, 100000 },
		{ "options/ts_start", 0, 0xffffffff }, { "options/stuck_int", -1, 1 },
		{ "present", 0, 1 }, { "nack_next", 0, 0x7fffffff },
		{ "nack_after", 0, 0x7fffffff },
		{ "nack_reg", -1, 0x7f }, { "fail_after", -1, 0x7fffffff },
		{ "pause_at", -1, 0x7fffffff }, { "pause_us", 0, 3600000000LL },
		{ "corrupt_at", -1, 0x7fffffff }, { "corrupt_mask", 0, 0xff },
		{ "corrupt_level", 0, 0xff }, { "irq_jitter_us", 0, 1000000 },
	};
	char path[96], text[32];
	unsigned int i;
	long long got;

	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_load(1, 400000));
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		const long long values[] = { numbers[i].least, numbers[i].most };
		int n;

		for (n = 0; n < 2; n++) {
			EXPECT_EQ(0, sim_set(0, numbers[i].name, values[n]));
			EXPECT_EQ(0, sim_get(0, numbers[i].name, &got));
			EXPECT_EQ(values[n], got) TH_LOG("%s", numbers[i].name);
			snprintf(path, sizeof(path), RIG_DEBUGFS "/chip0/%s", numbers[i].name);
			snprintf(text, sizeof(text), "%lld", values[n] + (n ? 1 : -1));
			EXPECT_EQ(-ERANGE, rig_write(path, text)) TH_LOG("%s: %s", path, text);
		}
	}
	EXPECT_EQ(0, rig_down());
}

TEST_HARNESS_MAIN
