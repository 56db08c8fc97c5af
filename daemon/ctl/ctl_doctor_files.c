// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "ctl/ctl_doctor.h"

#define NAME		"st1vafe3bx"
#define WHO_AM_I_REG	0x0f
#define WHO_AM_I	0x48
#define PATH_SIZE	512

/* A path below the root. */
__attribute__((format(printf, 3, 4)))
static const char *below(const struct doctor *d, char *path, const char *fmt, ...)
{
	int n = snprintf(path, PATH_SIZE, "%s", d->root);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path + n, n < PATH_SIZE ? (size_t)(PATH_SIZE - n) : 0, fmt, ap);
	va_end(ap);
	return path;
}

static bool exists(const struct doctor *d, const char *name)
{
	char path[PATH_SIZE];

	return access(below(d, path, "%s", name), F_OK) == 0;
}

/* First line of a file, "" if there is none. */
static const char *first_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");

	line[0] = '\0';
	if (f) {
		if (fgets(line, (int)size, f))
			line[strcspn(line, "\n")] = '\0';
		fclose(f);
	}
	return line;
}

static size_t count_matches(const struct doctor *d, const char *pattern)
{
	char path[PATH_SIZE];
	glob_t g;
	size_t n = 0;

	if (!glob(below(d, path, "%s", pattern), 0, NULL, &g))
		n = g.gl_pathc;
	globfree(&g);
	return n;
}

/* ---- module ---------------------------------------------------------------- */

static bool module_is_installed(const struct doctor *d)
{
	static const char *const places[] = { "updates", "updates/dkms", "extra",
					      "kernel/drivers/iio/accel" };
	char pattern[PATH_SIZE];
	struct utsname u;

	uname(&u);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(pattern, sizeof(pattern), "/lib/modules/%s/%s/" NAME ".ko*",
			 *d->root ? "*" : u.release, places[i]);
		if (count_matches(d, pattern))
			return true;
	}
	return false;
}

static void check_module(struct doctor *d)
{
	struct utsname kernel;

	if (exists(d, "/sys/module/" NAME))
		doctor_report(d, "driver", DOCTOR_OK, "", "module " NAME " is loaded");
	else if (module_is_installed(d))
		doctor_report(d, "driver", DOCTOR_WARNING,
			      "it comes by itself with the chip; by hand: modprobe " NAME,
			      "module " NAME " is installed but not loaded");
	else
		doctor_report(d, "driver", DOCTOR_FAILED,
			      "with this kernel's headers (Debian: linux-headers-RELEASE) install "
			      "backpop-dkms, or `make && make install` and depmod; `dkms status` "
			      "tells what was built",
			      "no module " NAME " for the kernel that runs, %s",
			      uname(&kernel) ? "" : kernel.release);
}

/* ---- bus and chip ----------------------------------------------------------- */

/* Ask a chip that no driver has for its identity.  Return: the byte or a negative errno. */
static int read_identity(const char *node, unsigned short address)
{
	unsigned char reg = WHO_AM_I_REG, value = 0;
	struct i2c_msg msgs[2] = {
		{ .addr = address, .len = 1, .buf = &reg },
		{ .addr = address, .flags = I2C_M_RD, .len = 1, .buf = &value },
	};
	struct i2c_rdwr_ioctl_data io = { .msgs = msgs, .nmsgs = 2 };
	int fd = open(node, O_RDWR | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, I2C_RDWR, &io) < 0 ? -errno : value;
	close(fd);
	return ret;
}

/* Chips that firmware has told the kernel of: with a driver, or not.  Returns how many. */
static unsigned int check_clients(struct doctor *d)
{
	char path[PATH_SIZE], line[64];
	unsigned int n = 0;
	glob_t g;

	if (!glob(below(d, path, "/sys/bus/i2c/devices/*-00[0-9a-f][0-9a-f]"), 0, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc; i++) {
			const char *client = strrchr(g.gl_pathv[i], '/') + 1;

			snprintf(path, sizeof(path), "%s/name", g.gl_pathv[i]);
			if (strcmp(first_line(path, line, sizeof(line)), NAME))
				continue;
			n++;
			snprintf(path, sizeof(path), "%s/driver", g.gl_pathv[i]);
			if (!access(path, F_OK))
				doctor_report(d, "chip", DOCTOR_OK, "", "%s has its driver",
					      client);
			else
				doctor_report(
					d, "chip", DOCTOR_FAILED,
					"`dmesg | grep " NAME
					"` tells why: wiring, supply, address, interrupt line",
					"%s is known but the driver does not take it", client);
		}
	}
	globfree(&g);
	return n;
}

static void check_unknown_chips(struct doctor *d)
{
	char path[PATH_SIZE];
	bool asked = false, found = false;
	glob_t g;

	if (!*d->root && !glob(below(d, path, "/dev/i2c-*"), 0, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc; i++) {
			for (unsigned short a = 0x20; a <= 0x21; a++) {
				int id = read_identity(g.gl_pathv[i], a);

				asked = asked || (id != -EACCES && id != -EPERM);
				if (id != WHO_AM_I)
					continue;
				found = true;
				doctor_report(d, "chip", DOCTOR_FAILED,
					      "dtoverlay=st1vafe3bx in config.txt (parameter "
					      "addr), then reboot",
					      "a chip answers on %s at 0x%02x, but the kernel was "
					      "not told of it",
					      g.gl_pathv[i], a);
			}
		}
		globfree(&g);
	}
	if (found)
		return;
	doctor_report(d, "chip", DOCTOR_FAILED,
		      asked ? "wiring, supply, SA0; then dtoverlay=st1vafe3bx in config.txt" :
			      "dtoverlay=st1vafe3bx in config.txt; as root with i2c-dev loaded "
			      "this looks for the chip itself",
		      asked ? "the kernel knows of no chip, and none answers at 0x20 or 0x21" :
			      "the kernel knows of no chip");
}

static void check_chip(struct doctor *d)
{
	size_t buses = count_matches(d, "/sys/bus/i2c/devices/i2c-*");

	if (!buses)
		doctor_report(d, "bus", DOCTOR_FAILED,
			      "dtparam=i2c_arm=on,i2c_arm_baudrate=400000 in "
			      "/boot/firmware/config.txt, then reboot",
			      "there is no I2C bus");
	else
		doctor_report(d, "bus", DOCTOR_OK, "", "%zu I2C bus%s", buses,
			      buses == 1 ? "" : "es");
	if (!check_clients(d) && buses)
		check_unknown_chips(d);
}

/* ---- IIO device ------------------------------------------------------------- */

static void find_devices(struct doctor *d)
{
	char path[PATH_SIZE], line[64];
	glob_t g;

	if (!glob(below(d, path, "/sys/bus/iio/devices/iio:device*"), 0, NULL, &g)) {
		for (size_t i = 0; i < g.gl_pathc && d->n_devices < DOCTOR_DEVICES; i++) {
			snprintf(path, sizeof(path), "%s/name", g.gl_pathv[i]);
			if (!strcmp(first_line(path, line, sizeof(line)), NAME))
				snprintf(d->devices[d->n_devices++], sizeof(d->devices[0]), "%s",
					 strrchr(g.gl_pathv[i], '/') + 1);
		}
	}
	globfree(&g);
	if (!d->n_devices)
		doctor_report(d, "iio", DOCTOR_FAILED, "see driver, bus and chip above",
			      "there is no IIO device " NAME);
}

static void check_permissions(struct doctor *d, const char *device)
{
	static const char remedy[] = "the udev rules are missing or not in force: udevadm control "
				     "--reload && udevadm trigger -c add -s iio";
	char path[PATH_SIZE];
	struct group *g = getgrnam("backpop");
	struct stat st;

	if (stat(below(d, path, "/dev/%s", device), &st)) {
		doctor_report(d, "permissions", DOCTOR_FAILED, "is udev running?", "/dev/%s: %s",
			      device, strerror(errno));
		return;
	}
	if (!g)
		doctor_report(d, "permissions", DOCTOR_FAILED, "systemd-sysusers",
			      "there is no group backpop");
	else if (st.st_gid != g->gr_gid || (st.st_mode & 0060) != 0060)
		doctor_report(d, "permissions", DOCTOR_FAILED, remedy,
			      "/dev/%s is not the group's: mode %o, group %u", device,
			      (unsigned int)(st.st_mode & 07777), (unsigned int)st.st_gid);
	else if (stat(below(d, path, "/sys/bus/iio/devices/%s/buffer/enable", device), &st) ||
		 st.st_gid != g->gr_gid || !(st.st_mode & 0020))
		doctor_report(d, "permissions", DOCTOR_FAILED, remedy,
			      "the settings of %s are not the group's", device);
	else
		doctor_report(d, "permissions", DOCTOR_OK, "",
			      "/dev/%s and its settings are the group's", device);
}

static void check_udev(struct doctor *d)
{
	static const char *const dirs[] = { "/usr/lib/udev/rules.d", "/usr/local/lib/udev/rules.d",
					    "/etc/udev/rules.d", "/lib/udev/rules.d" };
	char pattern[PATH_SIZE];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(pattern, sizeof(pattern), "%s/*backpop*.rules", dirs[i]);
		if (count_matches(d, pattern)) {
			doctor_report(d, "udev", DOCTOR_OK, "", "rules are in %s", dirs[i]);
			return;
		}
	}
	doctor_report(d, "udev", DOCTOR_FAILED, "install backpop, or `make install`",
		      "no rules for the sensor: nobody gets its permissions and nothing starts the "
		      "daemon");
}

/* ---- interrupts ------------------------------------------------------------- */

/* Sum over all processors of the lines of our driver; -1 = there is none. */
static long long interrupts(const struct doctor *d)
{
	char path[PATH_SIZE], line[4096];
	FILE *f = fopen(below(d, path, "/proc/interrupts"), "re");
	long long sum = -1;

	while (f && fgets(line, sizeof(line), f)) {
		char *p = strchr(line, ':');

		if (!p || !strstr(line, NAME))
			continue;
		for (p++;;) {
			char *end;
			unsigned long long n = strtoull(p, &end, 10);

			if (end == p || (*end != ' ' && *end != '\n'))
				break;
			sum = (sum < 0 ? 0 : sum) + (long long)n;
			p = end;
		}
	}
	if (f)
		fclose(f);
	return sum;
}

static bool buffer_is_on(const struct doctor *d)
{
	char path[PATH_SIZE], line[8];

	for (unsigned int i = 0; i < d->n_devices; i++)
		if (!strcmp(first_line(below(d, path, "/sys/bus/iio/devices/%s/buffer/enable",
					     d->devices[i]), line, sizeof(line)), "1"))
			return true;
	return false;
}

static void check_interrupts(struct doctor *d)
{
	bool streams = !*d->root && buffer_is_on(d);
	long long before = interrupts(d), after;

	if (before < 0 && !streams) {
		doctor_report(d, "interrupt", DOCTOR_UNKNOWN, "",
			      "the driver takes its line while it streams, which it does not");
		return;
	}
	if (before < 0) {
		doctor_report(d, "interrupt", DOCTOR_WARNING,
			      "wire INT and name its pin (overlay parameter int_pin); `dmesg | grep "
			      NAME "` tells if a line was given up",
			      "the stream is on but the driver has no interrupt line: it polls");
		return;
	}
	if (!streams) {
		doctor_report(d, "interrupt", DOCTOR_OK, "", "the driver has its line, %lld so far",
			      before);
		return;
	}
	/* At least one a watermark: 40 ms, or a few times that. */
	usleep(500000);
	after = interrupts(d);
	if (after > before)
		doctor_report(d, "interrupt", DOCTOR_OK, "", "%lld in half a second",
			      after - before);
	else
		doctor_report(d, "interrupt", DOCTOR_FAILED,
			      "is INT wired to the pin that the overlay names?",
			      "the stream is on but none comes (%lld so far)", after);
}

void doctor_check_files(struct doctor *d)
{
	check_module(d);
	check_chip(d);
	find_devices(d);
	check_udev(d);
	/* Nodes and groups are those of a system that runs. */
	for (unsigned int i = 0; i < d->n_devices && !*d->root; i++)
		check_permissions(d, d->devices[i]);
	if (d->n_devices)
		check_interrupts(d);
}

/* ---- who holds the device --------------------------------------------------- */

static bool holds(const char *pid, const char *node)
{
	char path[PATH_SIZE], target[PATH_SIZE];
	struct dirent *de;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	while (dir && !found && (de = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), de->d_name, target, sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		found = !strcmp(target, node);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void check_holder(struct doctor *d, const char *device)
{
	char node[PATH_SIZE], path[PATH_SIZE], comm[64];
	struct dirent *de;
	DIR *proc = opendir("/proc");
	bool held = false;

	snprintf(node, sizeof(node), "/dev/%s", device);
	while (proc && (de = readdir(proc))) {
		int pid = atoi(de->d_name);

		if (pid <= 0 || !holds(de->d_name, node))
			continue;
		held = true;
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		first_line(path, comm, sizeof(comm));
		if (pid == d->daemon_pid || !strcmp(comm, "backpopd"))
			doctor_report(d, "holder", DOCTOR_OK, "", "%s is held by backpopd", device);
		else
			doctor_report(
				d, "holder", DOCTOR_FAILED,
				"end it; next time: backpopctl inhibit PROGRAM",
				"%s is held by %s (process %d), not by backpopd", device, comm,
				pid);
	}
	if (proc)
		closedir(proc);
	if (held)
		return;
	if (geteuid())
		doctor_report(d, "holder", DOCTOR_UNKNOWN, "ask as root",
			      "who holds %s cannot be seen", device);
	else
		doctor_report(d, "holder", d->streaming ? DOCTOR_WARNING : DOCTOR_OK, "",
			      "nobody holds %s", device);
}

void doctor_check_holders(struct doctor *d)
{
	for (unsigned int i = 0; i < d->n_devices; i++)
		check_holder(d, d->devices[i]);
}
