// SPDX-License-Identifier: GPL-2.0-or-later
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIM		"backpop_sim"
#define DRIVER		"st1vafe3bx"
#define DRIVER_DIR	"/sys/bus/i2c/drivers/" DRIVER
#define CLOCKSOURCE	"/sys/devices/system/clocksource/clocksource0/current_clocksource"
/* klogctl() */
#define SYSLOG_ACTION_READ_ALL		3
#define SYSLOG_ACTION_SIZE_BUFFER	10
/* in the kernel's log, where the rig was loaded */
#define LOG_MARK	"kselftest: rig loaded"
#define POLL_NS		5000000L
#define MAX_READS	20

extern char **environ;

void rig_diag(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# rig: ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	fflush(stdout);
}

static int failed(int err, const char *what, const char *object)
{
	rig_diag("cannot %s %s: %s", what, object, strerror(err));
	return -err;
}

int64_t rig_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

bool rig_simulated_time(void)
{
	char name[64];

	return rig_read(CLOCKSOURCE, name, sizeof(name)) >= 0 && !strcmp(name, "time-travel-clock");
}

bool rig_wait(bool (*cond)(void *arg), void *arg)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	int64_t end = rig_now_ns() + RIG_DEADLINE_MS * 1000000LL;

	while (!cond(arg)) {
		if (rig_now_ns() > end)
			return cond(arg);
		nanosleep(&pause, NULL);
	}
	return true;
}

/* ---- files --------------------------------------------------------------- */

int rig_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t have = 0;
	ssize_t n;

	if (fd < 0)
		return failed(errno, "open", path);
	do {
		n = read(fd, buf + have, size - 1 - have);
		if (n > 0)
			have += n;
	} while (n > 0 && have < size - 1);
	if (n < 0) {
		n = -errno;
		close(fd);
		return n;
	}
	close(fd);
	while (have && buf[have - 1] == '\n')
		have--;
	buf[have] = '\0';
	return have;
}

int rig_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return failed(errno, "open", path);
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* ---- modules -------------------------------------------------------------- */

static bool module_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	return access(path, F_OK) == 0;
}

/* The module's file in $BACKPOP_MODULES, or -1. */
static int module_open(const char *name)
{
	const char *dirs = getenv("BACKPOP_MODULES"), *end;
	char path[PATH_MAX];
	int fd;

	for (; dirs && *dirs; dirs = *end ? end + 1 : end) {
		end = strchrnul(dirs, ':');
		snprintf(path, sizeof(path), "%.*s/%s.ko", (int)(end - dirs), dirs, name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

static int modprobe(const char *option, const char *name, const char *params)
{
	char *argv[16] = { "modprobe" }, *copy = strdup(params), *save = NULL, *word;
	int n = 1, status;
	pid_t pid;

	if (!copy)
		return -ENOMEM;
	if (*option)
		argv[n++] = (char *)option;
	argv[n++] = (char *)name;
	for (word = strtok_r(copy, " ", &save); word && n < 15; word = strtok_r(NULL, " ", &save))
		argv[n++] = word;
	status = posix_spawnp(&pid, "modprobe", NULL, NULL, argv, environ);
	free(copy);
	if (status)
		return -status;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int rig_module_load(const char *name, const char *params)
{
	int fd = module_open(name), ret = 0;

	if (fd < 0) {
		ret = modprobe("", name, params);
		return ret ? failed(-ret, "modprobe", name) : 0;
	}
	if (syscall(SYS_finit_module, fd, params, 0) && errno != EEXIST)
		ret = failed(errno, "load module", name);
	close(fd);
	return ret;
}

struct unload {
	const char *name;
	int err;
};

static bool try_unload(void *arg)
{
	struct unload *u = arg;

	if (syscall(SYS_delete_module, u->name, O_NONBLOCK) == 0 || errno == ENOENT) {
		u->err = 0;
		return true;
	}
	u->err = errno;
	return false;
}

/* Who has just closed a device file may still hold the module for an instant. */
int rig_module_unload(const char *name)
{
	struct unload u = { .name = name };

	if (!rig_wait(try_unload, &u))
		return failed(u.err, "unload module", name);
	return 0;
}

/* ---- the rig as a whole ---------------------------------------------------- */

const char *rig_missing(void)
{
	const char *const modules[] = { SIM, DRIVER };
	unsigned int i;
	int fd;

	if (geteuid() != 0)
		return "needs root";
	/* Who names the directories means the modules to be there: loading will tell. */
	if (getenv("BACKPOP_MODULES"))
		return NULL;
	for (i = 0; i < 2; i++) {
		fd = module_open(modules[i]);
		if (fd >= 0)
			close(fd);
		else if (!module_loaded(modules[i]) && modprobe("--show-depends", modules[i], ""))
			return "module st1vafe3bx or backpop_sim is not installed";
	}
	return NULL;
}

/* Sensor drivers that the driver builds on may be modules themselves. */
static int load_dependencies(void)
{
	const char *const names[] = { "industrialio", "kfifo_buf", "regmap-i2c", "i2c-dev" };
	unsigned int i;

	if (access("/sys/class/i2c-dev", F_OK) == 0 && access("/sys/bus/iio", F_OK) == 0 &&
	    rig_simulated_time())
		return 0;
	for (i = 0; i < 4; i++)
		if (modprobe("", names[i], ""))
			return failed(ENOENT, "modprobe", names[i]);
	return 0;
}

int rig_load_params(const char *sim_params)
{
	char params[256];
	int ret;

	/* what a test that was cut short has left behind */
	ret = rig_module_unload(DRIVER);
	if (!ret)
		ret = rig_module_unload(SIM);
	if (!ret)
		ret = load_dependencies();
	if (ret)
		return ret;
	/* no warning, which the check of the log would stumble over */
	ret = rig_write("/dev/kmsg", "<6>" LOG_MARK);
	if (ret)
		return ret;
	snprintf(params, sizeof(params), "%s instantiate=0", sim_params);
	ret = rig_module_load(SIM, params);
	return ret ? ret : rig_module_load(DRIVER, "");
}

int rig_load(unsigned int chips, unsigned int scl_hz)
{
	char params[64];

	snprintf(params, sizeof(params), "chips=%u scl_hz=%u", chips, scl_hz);
	return rig_load_params(params);
}

int rig_attach(unsigned int chip)
{
	return sim_set(chip, "present", 1);
}

int rig_up(unsigned int chips)
{
	unsigned int i;
	int ret = rig_load(chips, 400000);

	for (i = 0; !ret && i < chips; i++)
		ret = rig_attach(i);
	return ret;
}

int rig_down(void)
{
	int violations = 0, n, ret;
	unsigned int i;
	char dir[64];

	/* The driver leaves first: what it does to the chip on its way out counts. */
	ret = rig_module_unload(DRIVER);
	for (i = 0; i < 2; i++) {
		snprintf(dir, sizeof(dir), RIG_DEBUGFS "/chip%u", i);
		if (access(dir, F_OK))
			break;
		n = sim_violations(i);
		if (n < 0)
			ret = n;
		else
			violations += n;
	}
	if (!ret)
		ret = rig_module_unload(SIM);
	return ret ? ret : violations;
}

bool rig_logged(const char *text)
{
	int size = klogctl(SYSLOG_ACTION_SIZE_BUFFER, NULL, 0), n;
	char *log = size > 0 ? malloc(size + 1) : NULL;
	char *since, *at;
	bool found = false;

	if (log) {
		n = klogctl(SYSLOG_ACTION_READ_ALL, log, size);
		log[n > 0 ? n : 0] = '\0';
		for (since = log; (at = strstr(since, LOG_MARK));)
			since = at + 1;
		found = strstr(since, text);
		free(log);
	}
	return found;
}

/* ---- the bus --------------------------------------------------------------- */

int rig_adapter(void)
{
	char path[64], name[64];
	int i;

	for (i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/sys/bus/i2c/devices/i2c-%d/name", i);
		if (access(path, F_OK) == 0 && rig_read(path, name, sizeof(name)) > 0 &&
		    !strcmp(name, "backpop-sim"))
			return i;
	}
	return failed(ENODEV, "find I2C adapter", "backpop-sim");
}

int rig_new_device(unsigned int chip, bool make)
{
	char path[96], text[32];
	int bus = rig_adapter();

	if (bus < 0)
		return bus;
	snprintf(path, sizeof(path), "/sys/bus/i2c/devices/i2c-%d/%s_device", bus,
		 make ? "new" : "delete");
	snprintf(text, sizeof(text), make ? DRIVER " 0x%02x" : "0x%02x", RIG_ADDR(chip));
	return rig_write(path, text);
}

int rig_bind(unsigned int chip, bool bind)
{
	const char *path = bind ? DRIVER_DIR "/bind" : DRIVER_DIR "/unbind";
	char name[32];
	int bus = rig_adapter();

	if (bus < 0)
		return bus;
	snprintf(name, sizeof(name), "%d-%04x", bus, RIG_ADDR(chip));
	return rig_write(path, name);
}

bool rig_bound(unsigned int chip)
{
	char path[96];
	int bus = rig_adapter();

	snprintf(path, sizeof(path), "/sys/bus/i2c/devices/%d-%04x/driver", bus, RIG_ADDR(chip));
	return bus >= 0 && access(path, F_OK) == 0;
}

int rig_i2c_read(unsigned int chip, uint8_t reg, uint8_t *data, unsigned int len,
		 unsigned int reads)
{
	struct i2c_msg msgs[1 + MAX_READS] = {
		{ .addr = RIG_ADDR(chip), .len = 1, .buf = &reg },
	};
	struct i2c_rdwr_ioctl_data transfer = { .msgs = msgs, .nmsgs = 1 + reads };
	int bus = rig_adapter(), fd, ret = 0;
	unsigned int i;
	char path[32];

	if (bus < 0)
		return bus;
	if (reads > MAX_READS)
		return -EINVAL;
	for (i = 1; i <= reads; i++)
		msgs[i] = (struct i2c_msg){ .addr = RIG_ADDR(chip), .flags = I2C_M_RD,
					    .len = len, .buf = data };
	snprintf(path, sizeof(path), "/dev/i2c-%d", bus);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return failed(errno, "open", path);
	if (ioctl(fd, I2C_RDWR, &transfer) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* ---- the simulator ----------------------------------------------------------- */

int sim_set(unsigned int chip, const char *name, long long value)
{
	char path[128], text[32];
	int ret;

	snprintf(path, sizeof(path), RIG_DEBUGFS "/chip%u/%s", chip, name);
	snprintf(text, sizeof(text), "%lld", value);
	ret = rig_write(path, text);
	return ret ? failed(-ret, "write", path) : 0;
}

int sim_get(unsigned int chip, const char *name, long long *value)
{
	char path[128], text[32];
	int ret;

	snprintf(path, sizeof(path), RIG_DEBUGFS "/chip%u/%s", chip, name);
	ret = rig_read(path, text, sizeof(text));
	if (ret < 0)
		return failed(-ret, "read", path);
	*value = atoll(text);
	return 0;
}

static int read_stats(unsigned int chip, char *buf, size_t size)
{
	char path[96];

	snprintf(path, sizeof(path), RIG_DEBUGFS "/chip%u/stats", chip);
	return rig_read(path, buf, size);
}

int sim_stat(unsigned int chip, const char *name, long long *value)
{
	char stats[4096], *line, *save = NULL, *blank;
	int ret = read_stats(chip, stats, sizeof(stats));

	if (ret < 0)
		return ret;
	for (line = strtok_r(stats, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		blank = strchr(line, ' ');
		if (!blank)
			continue;
		*blank = '\0';
		if (!strcmp(line, name)) {
			*value = strtoll(blank + 1, NULL, 0);
			return 0;
		}
	}
	return failed(ENOENT, "find in chip stats", name);
}

int sim_count_violations(unsigned int chip, bool tell)
{
	static const char prefix[] = "violation_";
	char stats[4096], *line, *save = NULL, *blank;
	int ret = read_stats(chip, stats, sizeof(stats)), total = 0, kinds = 0, n;

	if (ret < 0)
		return ret;
	for (line = strtok_r(stats, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		blank = strchr(line, ' ');
		if (!blank || strncmp(line, prefix, sizeof(prefix) - 1))
			continue;
		kinds++;
		n = atoi(blank);
		if (n && tell)
			rig_diag("chip %u: %s", chip, line);
		total += n;
	}
	return kinds ? total : failed(ENOENT, "find in chip stats", prefix);
}

int sim_violations(unsigned int chip)
{
	return sim_count_violations(chip, true);
}

int sim_log_clear(unsigned int chip)
{
	return sim_set(chip, "log", 0);
}

int sim_log(unsigned int chip, struct sim_write *log, int max)
{
	char path[96], text[16384], *line, *save = NULL;
	unsigned int bank, reg, value;
	long long t;
	int ret, n = 0;

	snprintf(path, sizeof(path), RIG_DEBUGFS "/chip%u/log", chip);
	ret = rig_read(path, text, sizeof(text));
	if (ret < 0)
		return ret;
	for (line = strtok_r(text, "\n", &save); line && n < max;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%lld %x %x %x", &t, &bank, &reg, &value) != 4)
			return failed(EPROTO, "understand log line", line);
		log[n++] = (struct sim_write){ .t_ns = t, .bank = bank, .reg = reg,
					       .value = value };
	}
	return n;
}
