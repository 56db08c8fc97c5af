// SPDX-License-Identifier: GPL-2.0-or-later
/* What the steps write and read: files of the driver, the simulator and the system. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rig.h"
#include "torture_inside.h"

int torture_wrong(struct torture *t, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->wrong, sizeof(t->wrong), fmt, ap);
	va_end(ap);
	return err ? err : -EPROTO;
}

void pause_ms(unsigned int ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * MS };

	nanosleep(&t, NULL);
}

/* Of this thread the @n-th allocation from now on fails; 0: none does. */
static void fail_allocation(unsigned int n)
{
	int fd = open("/proc/thread-self/fail-nth", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	dprintf(fd, "%u", n);
	close(fd);
}

int put_text_failing(const char *path, const char *text, unsigned int alloc)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (alloc)
		fail_allocation(alloc);
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	if (alloc)
		fail_allocation(0);
	close(fd);
	return ret;
}

int put_text(const char *path, const char *text)
{
	return put_text_failing(path, text, 0);
}

static int put_number(const char *path, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	return put_text(path, text);
}

static int get_text_failing(const char *path, char *buf, size_t size, unsigned int alloc)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (alloc)
		fail_allocation(alloc);
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	else
		buf[n] = '\0';
	if (alloc)
		fail_allocation(0);
	close(fd);
	return n;
}

int get_text(const char *path, char *buf, size_t size)
{
	return get_text_failing(path, buf, size, 0);
}

int sim_put(unsigned int chip, const char *knob, long long value)
{
	char path[128];

	snprintf(path, sizeof(path), RIG_DEBUGFS "/chip%u/%s", chip, knob);
	return put_number(path, value);
}

bool sim_loaded(void)
{
	return access(RIG_DEBUGFS, F_OK) == 0;
}

bool driver_loaded(void)
{
	return access("/sys/module/" DRIVER, F_OK) == 0;
}

bool is_sane(int err)
{
	static const int sane[] = { 0, EINVAL, EBUSY, ENODEV, ENXIO, EIO, ETIMEDOUT, EAGAIN, ENOENT,
				    ENODATA, ERANGE, EINTR, EPERM, EACCES, EREMOTEIO, EEXIST };
	size_t i;

	for (i = 0; i < sizeof(sane) / sizeof(sane[0]); i++)
		if (err == -sane[i])
			return true;
	return false;
}

/* ---- attributes -------------------------------------------------------------- */

static const struct attr attrs[] = {
	{ "sampling_frequency", { "25", "50", "100", "200", "400", "800", "3200", "800", "3200",
				  "0", "-1", "801", "800.5", "99999999999" } },
	{ "in_accel_scale", { "0.000598206", "0.001196411", "0.002392823", "0.004785645", "1",
			      "-0.001196411", "" } },
	{ "in_voltage0-voltage1_scale", { "0.006097561", "0.003048780", "0.001526718",
					  "0.000762777", "0", "x", "0.0060975610000000" } },
	{ "in_accel_filter_low_pass_3db_frequency", { "400", "200", "100", "50", "12.5", "1.5625",
						      "-1", "12.500001" } },
	{ "in_voltage0-voltage1_filter_low_pass_3db_frequency",
	  { "1600", "700", "360", "180", "90", "45", "0", "y" } },
	{ "buffer/watermark", { "1", "2", "16", "32", "64", "127", "128", "1000", "0", "-1",
				"18446744073709551616" } },
	{ "buffer/length", { "2", "16", "128", "1024", "8192", "0", "-1", "z" } },
	{ "scan_elements/in_accel_x_en", { "1", "0", "2", "" } },
	{ "scan_elements/in_accel_y_en", { "1", "0", "yes" } },
	{ "scan_elements/in_accel_z_en", { "1", "0", "\n" } },
	{ "scan_elements/in_voltage0-voltage1_en", { "1", "0", "-" } },
	{ "scan_elements/in_timestamp_en", { "1", "0", "1 1" } },
	{ "current_timestamp_clock", { "monotonic", "realtime", "boottime", "monotonic_raw", "tai",
				       "realtime_coarse", "monotonic_coarse", "sundial" } },
	{ "../power/control", { "auto", "on", "off" } },
	{ "../power/autosuspend_delay_ms", { "2000", "0", "1", "100", "-1", "x" } },
};

const char *attr_value(const struct attr *a, uint32_t value)
{
	unsigned int n = 0;

	while (n < sizeof(a->values) / sizeof(a->values[0]) && a->values[n])
		n++;
	return a->values[value % n];
}

static const char *const readable[] = {
	"sampling_frequency", "sampling_frequency_available", "in_accel_scale",
	"in_accel_scale_available", "in_voltage0-voltage1_scale", "in_mount_matrix",
	"in_accel_mount_matrix", "in_accel_filter_low_pass_3db_frequency",
	"in_accel_filter_low_pass_3db_frequency_available",
	"in_voltage0-voltage1_filter_low_pass_3db_frequency_available", "buffer/watermark",
	"buffer/enable", "buffer/length", "buffer/data_available", "buffer/hwfifo_watermark",
	"buffer/hwfifo_watermark_min", "buffer/hwfifo_watermark_max", "buffer/hwfifo_enabled",
	"name", "current_timestamp_clock", "../power/runtime_status", "../name",
};

static const char *const raws[] = {
	"in_accel_x_raw", "in_accel_y_raw", "in_accel_z_raw", "in_voltage0-voltage1_raw",
};

static const char *const counters[] = {
	"stats/samples", "stats/settling", "stats/overruns", "stats/lost", "stats/unknown_tags",
	"stats/bus_errors", "stats/resyncs", "direct_reg_access",
};

const struct attr *attr_pick(uint32_t n)
{
	return &PICK(attrs, n);
}

const char *attr_readable(uint32_t n)
{
	return PICK(readable, n);
}

const char *attr_raw(uint32_t n)
{
	return PICK(raws, n);
}

const char *attr_counter(uint32_t n)
{
	return PICK(counters, n);
}

void attr_path(const struct capture *c, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", c->sysfs, name);
}

int attr_put_failing(const struct capture *c, const char *name, const char *text,
		     unsigned int alloc)
{
	char path[160];

	attr_path(c, name, path, sizeof(path));
	return put_text_failing(path, text, alloc);
}

int attr_put(const struct capture *c, const char *name, const char *text)
{
	return attr_put_failing(c, name, text, 0);
}

int attr_get(const struct capture *c, const char *name, unsigned int alloc)
{
	char path[160], text[4096];
	int ret;

	attr_path(c, name, path, sizeof(path));
	ret = get_text_failing(path, text, sizeof(text), alloc);
	return ret < 0 ? ret : 0;
}

int debugfs_get(const struct capture *c, const char *name, unsigned int alloc)
{
	char path[160], text[4096];
	int ret;

	snprintf(path, sizeof(path), "/sys/kernel/debug/iio/%s/%s", strrchr(c->sysfs, '/') + 1,
		 name);
	ret = get_text_failing(path, text, sizeof(text), alloc);
	return ret < 0 ? ret : 0;
}
