// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

#define IIO_DEVICES	"/sys/bus/iio/devices"
#define BUFFER_SCANS	8192
#define SCAN_BYTES	16	/* any mode: up to four s16, padding, s64 at 8 */
#define READ_SCANS	512

static const char *const accel_enable[] = { "in_accel_x_en", "in_accel_y_en", "in_accel_z_en" };
#define FILM_ENABLE	"in_voltage0-voltage1_en"

/* "iio:deviceN" of @chip, by the I2C address in its place in the device tree. */
static bool find_name(unsigned int chip, char *name, size_t size)
{
	char path[PATH_MAX], real[PATH_MAX], tag[16], label[32];
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(IIO_DEVICES);

	if (!dir)
		return false;
	snprintf(tag, sizeof(tag), "-%04x/", RIG_ADDR(chip));
	while (!found && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "iio:device", 10))
			continue;
		snprintf(path, sizeof(path), IIO_DEVICES "/%s", entry->d_name);
		if (!realpath(path, real) || !strstr(real, "backpop-sim") || !strstr(real, tag))
			continue;
		snprintf(path, sizeof(path), IIO_DEVICES "/%s/name", entry->d_name);
		found = rig_read(path, label, sizeof(label)) > 0 && !strcmp(label, "st1vafe3bx");
		if (found)
			snprintf(name, size, "%.*s", (int)size - 1, entry->d_name);
	}
	closedir(dir);
	return found;
}

bool capture_gone(unsigned int chip)
{
	char name[32];

	return !find_name(chip, name, sizeof(name));
}

bool capture_look(struct capture *c, unsigned int chip)
{
	char name[32];

	memset(c, 0, sizeof(*c));
	c->chip = chip;
	c->fd = -1;
	if (!find_name(chip, name, sizeof(name)))
		return false;
	snprintf(c->sysfs, sizeof(c->sysfs), IIO_DEVICES "/%s", name);
	snprintf(c->node, sizeof(c->node), "/dev/%s", name);
	return access(c->node, R_OK) == 0;
}

static bool ready(void *arg)
{
	struct capture *c = arg;

	return capture_look(c, c->chip);
}

const char *capture_scale_attr(bool film)
{
	return film ? "in_voltage0-voltage1_scale" : "in_accel_scale";
}

int capture_find_device(struct capture *c, unsigned int chip)
{
	c->chip = chip;
	if (!rig_wait(ready, c)) {
		rig_diag("no IIO device st1vafe3bx for chip %u within %d ms", chip,
			 RIG_DEADLINE_MS);
		return -ENODEV;
	}
	return 0;
}

int capture_find(struct capture *c, unsigned int chip)
{
	int ret = capture_find_device(c, chip);

	if (!ret)
		ret = capture_get_double(c, capture_scale_attr(false), &c->accel_scale);
	if (!ret)
		ret = capture_get_double(c, capture_scale_attr(true), &c->film_scale);
	return ret;
}

int capture_get(const struct capture *c, const char *attr, char *buf, int size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", c->sysfs, attr);
	return rig_read(path, buf, size);
}

int capture_get_double(const struct capture *c, const char *attr, double *value)
{
	char text[64], *end;
	int ret = capture_get(c, attr, text, sizeof(text));

	if (ret < 0)
		return ret;
	*value = strtod(text, &end);
	if (end == text) {
		rig_diag("%s/%s is no number: '%s'", c->sysfs, attr, text);
		return -EPROTO;
	}
	return 0;
}

int capture_set(const struct capture *c, const char *attr, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", c->sysfs, attr);
	return rig_write(path, text);
}

int capture_set_number(const struct capture *c, const char *attr, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.10g", value);
	return capture_set(c, attr, text);
}

static int element(const struct capture *c, const char *name, bool on)
{
	char attr[64];
	int ret;

	snprintf(attr, sizeof(attr), "scan_elements/%s", name);
	ret = capture_set_number(c, attr, on);
	if (ret)
		rig_diag("cannot write %s/%s: %s", c->sysfs, attr, strerror(-ret));
	return ret;
}

static int configure(const struct capture *c, unsigned int watermark)
{
	int ret, i;

	ret = capture_set(c, "current_timestamp_clock", "monotonic");
	for (i = 0; !ret && i < 3; i++)
		ret = element(c, accel_enable[i], c->mode != CAPTURE_FILM);
	if (!ret)
		ret = element(c, FILM_ENABLE, c->mode != CAPTURE_MOTION);
	if (!ret)
		ret = element(c, "in_timestamp_en", true);
	if (!ret)
		ret = capture_set_number(c, "sampling_frequency", c->rate_hz);
	if (!ret)
		ret = capture_set_number(c, "buffer/length", BUFFER_SCANS);
	if (!ret)
		ret = capture_set_number(c, "buffer/watermark", watermark);
	if (ret)
		rig_diag("cannot set up %s for %g Hz, watermark %u: %s", c->sysfs, c->rate_hz,
			 watermark, strerror(-ret));
	return ret;
}

static int read_debugfs(const struct capture *c, const char *name, char *text, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/debug/iio/%s/%s",
		 strrchr(c->sysfs, '/') + 1, name);
	return rig_read(path, text, size);
}

int capture_stat(const struct capture *c, const char *name, long long *value)
{
	char file[64], text[32];
	int ret;

	snprintf(file, sizeof(file), "stats/%s", name);
	ret = read_debugfs(c, file, text, sizeof(text));
	if (ret < 0)
		return ret;
	*value = atoll(text);
	return 0;
}

int capture_self_test(const struct capture *c, struct capture_verdict *v)
{
	char text[128];
	int ret;

	memset(v, 0, sizeof(*v));
	ret = read_debugfs(c, "selftest", text, sizeof(text));
	if (ret < 0)
		return ret;
	if (sscanf(text, "x %d mg %7s\ny %d mg %7s\nz %d mg %7s", &v->mg[0], v->word[0], &v->mg[1],
		   v->word[1], &v->mg[2], v->word[2]) == 6)
		return 0;
	rig_diag("self-test says: %s", text);
	return -EPROTO;
}

int capture_start(struct capture *c, enum capture_mode mode, double rate_hz,
		  unsigned int watermark)
{
	int ret;

	c->mode = mode;
	c->rate_hz = rate_hz;
	ret = configure(c, watermark);
	if (ret)
		return ret;
	c->fd = open(c->node, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (c->fd < 0) {
		ret = -errno;
		rig_diag("cannot open %s: %s", c->node, strerror(-ret));
		return ret;
	}
	ret = capture_set_number(c, "buffer/enable", 1);
	if (ret) {
		close(c->fd);
		c->fd = -1;
	}
	return ret;
}

static int16_t le16(const unsigned char *p)
{
	return (int16_t)(p[0] | p[1] << 8);
}

static void decode(const struct capture *c, const unsigned char *scan, struct capture_sample *s)
{
	unsigned int i;

	memset(s, 0, sizeof(*s));
	if (c->mode != CAPTURE_FILM)
		for (i = 0; i < 3; i++)
			s->accel[i] = le16(scan + 2 * i);
	if (c->mode == CAPTURE_FILM)
		s->film = le16(scan);
	else if (c->mode == CAPTURE_COMBINED)
		s->film = le16(scan + 6);
	memcpy(&s->t_ns, scan + 8, sizeof(s->t_ns));	/* native order, unlike the channels */
}

int capture_read(struct capture *c, struct capture_sample *samples, int max, int timeout_ms)
{
	unsigned char scans[READ_SCANS * SCAN_BYTES];
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	ssize_t n;
	int i;

	if (max > READ_SCANS)
		max = READ_SCANS;
	if (poll(&p, 1, timeout_ms) < 0)
		return -errno;
	/* also after a time-out: of a device that has gone poll() says nothing */
	n = read(c->fd, scans, max * SCAN_BYTES);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n % SCAN_BYTES) {
		rig_diag("read %zd bytes, no multiple of %d", n, SCAN_BYTES);
		return -EPROTO;
	}
	for (i = 0; i < n / SCAN_BYTES; i++)
		decode(c, scans + i * SCAN_BYTES, &samples[i]);
	return i;
}

void capture_stop(struct capture *c)
{
	if (c->fd < 0)
		return;
	if (!capture_gone(c->chip))
		capture_set_number(c, "buffer/enable", 0);
	close(c->fd);
	c->fd = -1;
}
