// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What hardly ever happens: memory that runs out at any allocation, firmware and adapters that
 * make no sense, registers and counter under a debugger's hand, other clocks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define FAILSLAB	"/sys/kernel/debug/failslab"
#define BIND		"/sys/bus/i2c/drivers/st1vafe3bx/bind"
#define ALLOCATIONS_MAX	2000
#define SEC		1000000000LL
#define PATIENCE_MS	5000

static const struct truth_wave wave = TRUTH_WAVE(60);

FIXTURE(rare)
{
	struct stream_rig rig;
};

FIXTURE_SETUP(rare)
{
	stream_rig_init(&self->rig);
	SKIP_WITHOUT_RIG();
}

FIXTURE_TEARDOWN(rare)
{
	EXPECT_EQ(0, stream_rig_down(&self->rig));
}

/* ---- no memory -------------------------------------------------------------------- */

/*
 * Write @text to @path while the @nth allocation fails.  *@failed: there were so many.
 * Return: 0, or what write() failed with.
 */
static int write_without_memory(const char *path, const char *text, int nth, bool *failed)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	char left[16] = "";
	int ret = 0;

	if (fd < 0 || nth_fd < 0)
		return -errno;
	dprintf(nth_fd, "%d", nth);
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	lseek(nth_fd, 0, SEEK_SET);
	if (read(nth_fd, left, sizeof(left) - 1) < 0)
		ret = -errno;
	*failed = atoi(left) == 0;
	lseek(nth_fd, 0, SEEK_SET);
	dprintf(nth_fd, "0");
	close(fd);
	close(nth_fd);
	return ret;
}

#define SKIP_WITHOUT_FAILURES()							\
	do {									\
		if (access(FAIL_NTH, W_OK) || access(FAILSLAB, F_OK))		\
			SKIP(return, "no " FAIL_NTH ": kernel without CONFIG_FAILSLAB"); \
		ASSERT_EQ(0, rig_write(FAILSLAB "/ignore-gfp-wait", "N"));	\
		ASSERT_EQ(0, rig_write(FAILSLAB "/verbose", "0"));		\
	} while (0)

/* The probe fails as a whole or not at all, and leaves nothing behind that the next minds. */
TEST_F_TIMEOUT(rare, probe_without_memory, 3600)
{
	bool failed = true;
	char name[32];
	int nth, ret, refused = 0;

	SKIP_WITHOUT_FAILURES();
	/* without properties: as of 6.12 software nodes lose a reference when a link fails */
	ASSERT_EQ(0, rig_up(1));
	ASSERT_TRUE(rig_bound(0));
	snprintf(name, sizeof(name), "%d-%04x", rig_adapter(), RIG_ADDR(0));
	for (nth = 1; failed; nth++) {
		ASSERT_LT(nth, ALLOCATIONS_MAX);
		ASSERT_EQ(0, rig_bind(0, false));
		ret = write_without_memory(BIND, name, nth, &failed);
		EXPECT_EQ(ret == 0, rig_bound(0)) TH_LOG("allocation %d: %d", nth, ret);
		refused += ret != 0;
		if (!rig_bound(0))
			ASSERT_EQ(0, rig_bind(0, true)) TH_LOG("after allocation %d", nth);
	}
	printf("# %d allocations, %d of them refuse the probe\n", nth - 2, refused);
	EXPECT_LT(10, refused);
	ASSERT_EQ(0, capture_find_device(&self->rig.c, 0));
}

/* Nor does a stream begin by half. */
TEST_F_TIMEOUT(rare, stream_without_memory, 3600)
{
	bool failed = true;
	int nth, ret, refused = 0;
	char path[128];

	SKIP_WITHOUT_FAILURES();
	ASSERT_EQ(0, stream_rig_up(&self->rig, "chips=1"));
	/* sets everything up */
	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_COMBINED, 800, 32, 0));
	capture_stop(&self->rig.c);
	snprintf(path, sizeof(path), "%s/buffer/enable", self->rig.c.sysfs);
	for (nth = 1; failed; nth++) {
		ASSERT_LT(nth, ALLOCATIONS_MAX);
		ret = write_without_memory(path, "1", nth, &failed);
		refused += ret != 0;
		ASSERT_EQ(0, rig_write(path, "0")) TH_LOG("after allocation %d: %d", nth, ret);
	}
	printf("# %d allocations, %d of them refuse the stream\n", nth - 2, refused);
	EXPECT_LT(0, refused);
	stream_rig_stop(&self->rig);
	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_COMBINED, 800, 32, 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, 1, PATIENCE_MS, false));
	EXPECT_NOTHING_LOST(&self->rig.t, "afterwards");
}

/* ---- firmware and adapter ------------------------------------------------------------ */

FIXTURE(refused)
{
	char unused;
};

FIXTURE_VARIANT(refused)
{
	const char *params;
};

FIXTURE_VARIANT_ADD(refused, impedance_of_another_type) { .params = "chips=1 garbled=1" };
FIXTURE_VARIANT_ADD(refused, matrix_of_another_size) { .params = "chips=1 garbled=2" };
FIXTURE_VARIANT_ADD(refused, input_mode_of_another_type) { .params = "chips=1 garbled=3" };
FIXTURE_VARIANT_ADD(refused, both_edges) { .params = "chips=1 int_type=3" };
FIXTURE_VARIANT_ADD(refused, adapter_without_a_word) { .params = "chips=1 max_read=4" };

FIXTURE_SETUP(refused)
{
	SKIP_WITHOUT_RIG();
}

FIXTURE_TEARDOWN(refused)
{
	EXPECT_EQ(0, rig_down());
}

TEST_F(refused, by_the_probe)
{
	ASSERT_EQ(0, rig_load_params(variant->params));
	ASSERT_EQ(0, rig_attach(0));
	EXPECT_FALSE(rig_bound(0));
	EXPECT_TRUE(capture_gone(0));
}

/* ---- a debugger's hand ------------------------------------------------------------------ */

static int reg_path(const struct capture *c, char *path, size_t size)
{
	return snprintf(path, size, "/sys/kernel/debug/iio/%s/direct_reg_access",
			strrchr(c->sysfs, '/') + 1);
}

TEST_F(rare, registers_by_debugfs)
{
	char path[128], text[32];

	ASSERT_EQ(0, stream_rig_up(&self->rig, "chips=1"));
	reg_path(&self->rig.c, path, sizeof(path));
	ASSERT_EQ(0, rig_write(path, "0x0f"));
	ASSERT_LT(0, rig_read(path, text, sizeof(text)));
	EXPECT_EQ(0x48, strtol(text, NULL, 0));
	ASSERT_EQ(0, rig_write(path, "0x1d 0x11"));
	ASSERT_EQ(0, rig_write(path, "0x1d"));
	ASSERT_LT(0, rig_read(path, text, sizeof(text)));
	EXPECT_EQ(0x11, strtol(text, NULL, 0));
	/* there is none, and this one cannot be written */
	ASSERT_EQ(0, rig_write(path, "0x01"));
	EXPECT_GT(0, rig_read(path, text, sizeof(text)));
	EXPECT_GT(0, rig_write(path, "0x0f 0x00"));
}

/*
 * The counter is set to 0 in the midst of a stream.  Where that was cannot be known to a sample,
 * but the driver notices, and goes on right.
 */
TEST_F(rare, counter_jumps)
{
	char path[128];
	long long resyncs;
	int i;

	ASSERT_EQ(0, stream_rig_up(&self->rig, "chips=1"));
	ASSERT_EQ(0, stream_rig_start(&self->rig, &wave, CAPTURE_COMBINED, 800, 32, 0));
	reg_path(&self->rig.c, path, sizeof(path));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, truth_run(&self->rig.t, 3, PATIENCE_MS, false));
		ASSERT_EQ(0, rig_write(path, "0x7c 0xaa"));
	}
	ASSERT_EQ(0, truth_run(&self->rig.t, 3, PATIENCE_MS, false));
	truth_tell(&self->rig.t, "counter set to 0");
	EXPECT_GE(3 * SAMPLES_PER_STAMP, self->rig.t.wrong);
	EXPECT_EQ(0, self->rig.t.backward);
	ASSERT_EQ(0, truth_begin(&self->rig.t, &self->rig.c, &wave, 0));
	ASSERT_EQ(0, truth_run(&self->rig.t, 3, PATIENCE_MS, false));
	EXPECT_TRUE_SAMPLES(&self->rig.t, "afterwards");
	ASSERT_EQ(0, capture_stat(&self->rig.c, "resyncs", &resyncs));
	EXPECT_LE(1, resyncs);
}

/* ---- other clocks --------------------------------------------------------------------------- */

FIXTURE(clocks)
{
	struct capture c;
};

FIXTURE_VARIANT(clocks)
{
	const char *name;
	clockid_t id;
};

FIXTURE_VARIANT_ADD(clocks, realtime) { .name = "realtime", .id = CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(clocks, realtime_coarse) { .name = "realtime_coarse", .id = CLOCK_REALTIME };
FIXTURE_VARIANT_ADD(clocks, boottime) { .name = "boottime", .id = CLOCK_BOOTTIME };
FIXTURE_VARIANT_ADD(clocks, tai) { .name = "tai", .id = CLOCK_TAI };
FIXTURE_VARIANT_ADD(clocks, raw) { .name = "monotonic_raw", .id = CLOCK_MONOTONIC_RAW };

FIXTURE_SETUP(clocks)
{
	self->c.fd = -1;
	SKIP_WITHOUT_RIG();
	ASSERT_EQ(0, rig_up(1));
	ASSERT_EQ(0, capture_find(&self->c, 0));
}

FIXTURE_TEARDOWN(clocks)
{
	capture_stop(&self->c);
	EXPECT_EQ(0, rig_down());
}

static long long clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * SEC + t.tv_nsec;
}

/* Samples are as old as the FIFO and the buffer make them, on the clock that was chosen. */
TEST_F(clocks, stamp_samples)
{
	static struct capture_sample s[512];
	long long now, last = 0;
	int n = 0, i, reads;

	/* which capture_start() would set to the monotonic one */
	ASSERT_EQ(0, capture_start(&self->c, CAPTURE_MOTION, 800, 32));
	ASSERT_EQ(0, capture_set_number(&self->c, "buffer/enable", 0));
	ASSERT_EQ(0, capture_set(&self->c, "current_timestamp_clock", variant->name));
	do {
		n = capture_read(&self->c, s, 512, 0);
	} while (n > 0);
	ASSERT_EQ(0, capture_set_number(&self->c, "buffer/enable", 1));
	for (reads = 0; reads < 10; reads++) {
		n = capture_read(&self->c, s, 512, PATIENCE_MS);
		ASSERT_LT(0, n);
		now = clock_ns(variant->id);
		for (i = 0; i < n; i++) {
			EXPECT_LT(last, s[i].t_ns);
			last = s[i].t_ns;
		}
		EXPECT_LE(last, now);
		EXPECT_GE(last, now - SEC);
	}
}

TEST_HARNESS_MAIN
