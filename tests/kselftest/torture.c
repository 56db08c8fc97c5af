// SPDX-License-Identifier: GPL-2.0-or-later
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "rig.h"
#include "truth.h"

#define SIM		"backpop_sim"
#define DRIVER		"st1vafe3bx"
#define MS		1000000LL
#define RECOVERY_MS	10000
#define PATIENCE_MS	5000
#define MEDDLES		30
#define BUFFER_READS	40	/* of 4096 bytes: the longest buffer, and some */
#define PM_TEST		"/sys/power/pm_test"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"
#define PM_STATE	"/sys/power/state"
#define FAILSLAB	"/sys/kernel/debug/failslab"

uint64_t torture_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static int wrong(struct torture *t, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(struct torture *t, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->wrong, sizeof(t->wrong), fmt, ap);
	va_end(ap);
	return err ? err : -EPROTO;
}

static void pause_ms(unsigned int ms)
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

/* Unlike rig_write(), says nothing: much of what is written here is to fail. */
static int put_failing(const char *path, const char *text, unsigned int alloc)
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

static int put(const char *path, const char *text)
{
	return put_failing(path, text, 0);
}

static int put_number(const char *path, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	return put(path, text);
}

static int get_failing(const char *path, char *buf, size_t size, unsigned int alloc)
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

static int get(const char *path, char *buf, size_t size)
{
	return get_failing(path, buf, size, 0);
}

static int sim_put(unsigned int chip, const char *knob, long long value)
{
	char path[128];

	snprintf(path, sizeof(path), RIG_DEBUGFS "/chip%u/%s", chip, knob);
	return put_number(path, value);
}

static bool sim_loaded(void)
{
	return access(RIG_DEBUGFS, F_OK) == 0;
}

static bool driver_loaded(void)
{
	return access("/sys/module/" DRIVER, F_OK) == 0;
}

/* What may come of something that was refused, or of a chip that is not there. */
static bool is_sane(int err)
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

struct attr {
	const char *name;
	const char *values[14];
};

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

#define ATTRS	(sizeof(attrs) / sizeof(attrs[0]))

static const char *attr_value(const struct attr *a, uint32_t value)
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

#define PICK(array, n)	((array)[(n) % (sizeof(array) / sizeof((array)[0]))])

static void attr_path(const struct capture *c, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", c->sysfs, name);
}

static int attr_put_failing(const struct capture *c, const char *name, const char *text,
			    unsigned int alloc)
{
	char path[160];

	attr_path(c, name, path, sizeof(path));
	return put_failing(path, text, alloc);
}

static int attr_put(const struct capture *c, const char *name, const char *text)
{
	return attr_put_failing(c, name, text, 0);
}

static int attr_get(const struct capture *c, const char *name, unsigned int alloc)
{
	char path[160], text[4096];
	int ret;

	attr_path(c, name, path, sizeof(path));
	ret = get_failing(path, text, sizeof(text), alloc);
	return ret < 0 ? ret : 0;
}

static int debugfs_get(const struct capture *c, const char *name, unsigned int alloc)
{
	char path[160], text[4096];
	int ret;

	snprintf(path, sizeof(path), "/sys/kernel/debug/iio/%s/%s", strrchr(c->sysfs, '/') + 1,
		 name);
	ret = get_failing(path, text, sizeof(text), alloc);
	return ret < 0 ? ret : 0;
}

/* ---- somebody else, at the same time --------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
}

/* Blocks in read(), unless the device was opened not to. */
static void *read_on(void *arg)
{
	struct torture_thread *th = arg;
	unsigned char scans[1024];
	ssize_t n;

	while (!__atomic_load_n(&th->stop, __ATOMIC_ACQUIRE)) {
		n = read(th->fd, scans, sizeof(scans));
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			if (!is_sane(-errno))
				th->wrong = "read() by another thread";
			break;
		}
		if (n <= 0)
			pause_ms(5);
	}
	__atomic_store_n(&th->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void *meddle(void *arg)
{
	struct torture_thread *th = arg;
	const struct attr *a;
	const char *what = "";
	uint64_t r;
	int i, ret = 0;

	for (i = 0; i < MEDDLES && !__atomic_load_n(&th->stop, __ATOMIC_ACQUIRE); i++) {
		r = torture_random(&th->seed);
		switch (r >> 8 & 7) {
		case 0:
		case 1:
			a = &PICK(attrs, r >> 16);
			what = a->name;
			ret = attr_put(&th->c, what, attr_value(a, r >> 32));
			break;
		case 2:
			what = PICK(readable, r >> 16);
			ret = attr_get(&th->c, what, 0);
			break;
		case 3:
			what = PICK(raws, r >> 16);
			ret = attr_get(&th->c, what, 0);
			break;
		case 4:
			what = "buffer/enable";
			ret = attr_put(&th->c, what, r >> 16 & 1 ? "1" : "0");
			break;
		case 5:
			what = PICK(counters, r >> 16);
			ret = debugfs_get(&th->c, what, 0);
			break;
		case 6:
			what = "selftest";
			ret = r >> 16 & 3 ? 0 : debugfs_get(&th->c, what, 0);
			break;
		default:
			pause_ms(r >> 16 & 63);
		}
		if (!is_sane(ret))
			th->wrong = what;
	}
	__atomic_store_n(&th->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static bool thread_done(void *arg)
{
	struct torture_thread *th = arg;

	if (__atomic_load_n(&th->done, __ATOMIC_ACQUIRE))
		return true;
	/* out of a read() that blocks, which it may be about to enter */
	pthread_kill(th->id, SIGUSR1);
	return false;
}

static int thread_start(struct torture *t, struct torture_thread *th, void *(*run)(void *))
{
	th->stop = false;
	th->done = false;
	th->wrong = NULL;
	if (pthread_create(&th->id, NULL, run, th))
		return wrong(t, -EAGAIN, "cannot start a thread");
	th->running = true;
	return 0;
}

static int thread_stop(struct torture *t, struct torture_thread *th)
{
	if (!th->running)
		return 0;
	__atomic_store_n(&th->stop, true, __ATOMIC_RELEASE);
	if (!rig_wait(thread_done, th))
		return wrong(t, -ETIMEDOUT, "a thread does not come back from the kernel");
	pthread_join(th->id, NULL);
	th->running = false;
	if (th->wrong)
		return wrong(t, 0, "another thread got an errno that makes no sense: %s",
			     th->wrong);
	return 0;
}

/* ---- steps ------------------------------------------------------------------------ */

enum op {
	OP_ATTR, OP_READ_ATTR, OP_RAW, OP_COUNTERS, OP_SELFTEST,
	OP_SETUP, OP_ENABLE, OP_DISABLE,
	OP_OPEN, OP_CLOSE, OP_READ, OP_POLL, OP_READER, OP_MEDDLER, OP_PASS,
	OP_SUSPEND,
	OP_NACK, OP_FAIL, OP_CORRUPT, OP_STUCK, OP_POWER_CYCLE, OP_POWER_CYCLE_LATER, OP_FREEZE,
	OP_JITTER, OP_PAUSE, OP_IDENTITY, OP_OPTION,
	OP_UNBIND, OP_BIND, OP_UNPLUG, OP_PLUG, OP_UNLOAD, OP_LOAD, OP_SIM_UNLOAD,
	OPS
};

static const struct {
	const char *name;
	unsigned int weight;
} ops[OPS] = {
	[OP_ATTR]		= { "write attribute", 12 },
	[OP_READ_ATTR]		= { "read attribute", 4 },
	[OP_RAW]		= { "direct read", 6 },
	[OP_COUNTERS]		= { "read debugfs", 2 },
	[OP_SELFTEST]		= { "self-test", 1 },
	[OP_SETUP]		= { "choose what to stream", 9 },
	[OP_ENABLE]		= { "enable the buffer", 12 },
	[OP_DISABLE]		= { "disable the buffer", 5 },
	[OP_OPEN]		= { "open", 6 },
	[OP_CLOSE]		= { "close", 2 },
	[OP_READ]		= { "read", 6 },
	[OP_POLL]		= { "poll", 3 },
	[OP_READER]		= { "reader in a thread", 3 },
	[OP_MEDDLER]		= { "attributes used in a thread", 2 },
	[OP_PASS]		= { "time passes", 9 },
	[OP_SUSPEND]		= { "the system sleeps", 3 },
	[OP_NACK]		= { "NACKs", 4 },
	[OP_FAIL]		= { "transfer cut off", 4 },
	[OP_CORRUPT]		= { "corrupted burst", 4 },
	[OP_STUCK]		= { "INT stuck", 3 },
	[OP_POWER_CYCLE]	= { "chip reset", 3 },
	[OP_POWER_CYCLE_LATER]	= { "chip reset in a while", 3 },
	[OP_FREEZE]		= { "INT delayed", 3 },
	[OP_JITTER]		= { "INT jitter", 2 },
	[OP_PAUSE]		= { "burst pauses", 2 },
	[OP_IDENTITY]		= { "wrong identity", 2 },
	[OP_OPTION]		= { "chip's quirk", 3 },
	[OP_UNBIND]		= { "unbind", 3 },
	[OP_BIND]		= { "bind", 4 },
	[OP_UNPLUG]		= { "unplug", 2 },
	[OP_PLUG]		= { "plug in", 4 },
	[OP_UNLOAD]		= { "unload the driver", 2 },
	[OP_LOAD]		= { "load the driver", 3 },
	[OP_SIM_UNLOAD]		= { "bus adapter gone", 1 },
};

_Static_assert(OPS <= TORTURE_OPS, "counters of steps");

static const char *const scan_files[] = {
	"scan_elements/in_accel_x_en", "scan_elements/in_accel_y_en", "scan_elements/in_accel_z_en",
	"scan_elements/in_voltage0-voltage1_en", "scan_elements/in_timestamp_en",
};

/* Scan masks: mostly such as can be streamed. */
static const uint8_t masks[] = { 0x07, 0x08, 0x0f, 0x17, 0x18, 0x1f, 0x17, 0x18, 0x1f, 0x01, 0x09,
				 0x10, 0x00, 0x13 };
static const char *const rates[] = {
	"25", "50", "100", "200", "400", "800", "800", "3200", "3200"
};

static const uint8_t identities[] = { 0x47, 0x00, 0xff };
static const struct {
	const char *name;
	uint32_t range;
} options[] = { { "options/full_reads_zero", 2 }, { "options/film_full_16bit", 2 },
		{ "options/ts_start", 0 } };

struct torture_step torture_draw(uint64_t *state)
{
	uint64_t r = torture_random(state);
	struct torture_step s = { .chip = r & 3 ? 0 : 1, .pick = r >> 8 & 0xffffff,
				  .value = r >> 32 };
	unsigned int sum = 0, i, at;

	for (i = 0; i < OPS; i++)
		sum += ops[i].weight;
	r = torture_random(state);
	at = r % sum;
	for (i = 0; at >= ops[i].weight; i++)
		at -= ops[i].weight;
	s.op = i;
	/* memory runs out now and then */
	if ((s.op == OP_BIND || s.op == OP_ENABLE || s.op == OP_RAW || s.op == OP_SELFTEST) &&
	    (r >> 32) % 6 == 0)
		s.alloc = 1 + (r >> 40) % 60;
	return s;
}

void torture_tell(const struct torture_step *s, char *text, size_t size)
{
	const struct attr *a = &PICK(attrs, s->pick);
	char detail[160] = "", alloc[48] = "";
	const char *value;

	switch (s->op) {
	case OP_ATTR:
		value = attr_value(a, s->value);
		snprintf(detail, sizeof(detail), " %s = '%s'", a->name,
			 *value == '\n' ? "\\n" : value);
		break;
	case OP_READ_ATTR:
		snprintf(detail, sizeof(detail), " %s", PICK(readable, s->pick));
		break;
	case OP_RAW:
		snprintf(detail, sizeof(detail), " %s", PICK(raws, s->pick));
		break;
	case OP_COUNTERS:
		snprintf(detail, sizeof(detail), " %s", PICK(counters, s->pick));
		break;
	case OP_SETUP:
		snprintf(detail, sizeof(detail), " mask 0x%02x at %s Hz", PICK(masks, s->pick),
			 PICK(rates, s->value));
		break;
	default:
		snprintf(detail, sizeof(detail), " (%u, %u)", s->pick, s->value);
	}
	if (s->alloc)
		snprintf(alloc, sizeof(alloc), ", allocation %u fails", s->alloc);
	snprintf(text, size, "chip %u: %s%s%s", s->chip, ops[s->op].name, detail, alloc);
}

void torture_tell_done(const struct torture *t)
{
	unsigned int i;

	for (i = 0; i < OPS; i++)
		printf("# %6lld of %6lld: %s\n", t->succeeded[i], t->done[i], ops[i].name);
	fflush(stdout);
}

/* What there is may have changed. */
static void look(struct torture *t)
{
	unsigned int i;

	for (i = 0; i < TORTURE_CHIPS; i++)
		if (!sim_loaded() || !capture_look(&t->c[i], i))
			t->c[i].sysfs[0] = '\0';
}

static void close_device(struct torture *t, unsigned int chip)
{
	if (t->fd[chip] < 0 || t->reader[chip].running)
		return;
	close(t->fd[chip]);
	t->fd[chip] = -1;
}

static int read_some(struct torture *t, const struct torture_step *s)
{
	struct pollfd p = { .fd = t->fd[s->chip], .events = POLLIN };
	unsigned char scans[4096];

	if (p.fd < 0 || t->reader[s->chip].running)
		return 0;
	/* never block for good; who does so is the reader in a thread */
	if (!(fcntl(p.fd, F_GETFL) & O_NONBLOCK) && (poll(&p, 1, 500) <= 0 || !p.revents))
		return 0;
	return read(p.fd, scans, 1 + s->value % sizeof(scans)) < 0 ? -errno : 0;
}

/* The driver's rules are asked for here, before a power cycle wipes the chip's books. */
static int violations(struct torture *t, unsigned int chip)
{
	int n = sim_loaded() ? sim_count_violations(chip, false) : 0;
	long long busy;

	if (n > 0 && (t->bench.garbage || t->line_odd) && !sim_stat(chip, "violation_busy", &busy))
		n -= busy;
	if (n > 0)
		sim_violations(chip);
	return n ? wrong(t, n < 0 ? n : 0, "chip %u counted %d protocol violations", chip, n) : 0;
}

static int plug(const struct torture *t, unsigned int chip, bool in)
{
	char path[96], text[48];
	int bus = rig_adapter();

	if (bus < 0)
		return bus;
	if (!chip || !t->bench.by_hand)
		return sim_put(chip, "present", in);
	snprintf(path, sizeof(path), "/sys/bus/i2c/devices/i2c-%d/%s_device", bus,
		 in ? "new" : "delete");
	snprintf(text, sizeof(text), in ? DRIVER " 0x%02x" : "0x%02x", RIG_ADDR(chip));
	return put(path, text);
}

static int bind(unsigned int chip, bool on, unsigned int alloc)
{
	char name[32];
	int bus = rig_adapter();

	if (bus < 0)
		return bus;
	snprintf(name, sizeof(name), "%d-%04x", bus, RIG_ADDR(chip));
	return put_failing(on ? "/sys/bus/i2c/drivers/" DRIVER "/bind" :
			   "/sys/bus/i2c/drivers/" DRIVER "/unbind", name, alloc);
}

static int unload(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

static int sleep_system(struct torture *t, const struct torture_step *s)
{
	int ret;

	if (!t->sleeps)
		return 0;
	ret = put(PM_TEST, s->pick % 8 ? "devices" : "freezer");
	return ret ? ret : put(PM_STATE, "freeze");
}

static int set_up(const struct capture *c, const struct torture_step *s)
{
	uint8_t mask = PICK(masks, s->pick);
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < sizeof(scan_files) / sizeof(scan_files[0]); i++)
		ret = attr_put(c, scan_files[i], mask & 1 << i ? "1" : "0");
	return ret ? ret : attr_put(c, "sampling_frequency", PICK(rates, s->value));
}

static int step(struct torture *t, const struct torture_step *s)
{
	struct capture *c = &t->c[s->chip];
	const struct attr *a = &PICK(attrs, s->pick);
	struct torture_thread *reader = &t->reader[s->chip];
	struct pollfd p = { .fd = t->fd[s->chip], .events = POLLIN };
	int ret;

	switch (s->op) {
	case OP_ATTR:
		return attr_put(c, a->name, attr_value(a, s->value));
	case OP_READ_ATTR:
		return attr_get(c, PICK(readable, s->pick), 0);
	case OP_RAW:
		return attr_get(c, PICK(raws, s->pick), s->alloc);
	case OP_COUNTERS:
		return c->sysfs[0] ? debugfs_get(c, PICK(counters, s->pick), 0) : 0;
	case OP_SELFTEST:
		return c->sysfs[0] ? debugfs_get(c, "selftest", s->alloc) : 0;
	case OP_SETUP:
		return set_up(c, s);
	case OP_ENABLE:
		return attr_put_failing(c, "buffer/enable", "1", s->alloc);
	case OP_DISABLE:
		return attr_put(c, "buffer/enable", "0");
	case OP_OPEN:
		if (t->fd[s->chip] < 0 && c->sysfs[0])
			t->fd[s->chip] = open(c->node, O_RDONLY | O_CLOEXEC |
					      (s->pick & 1 ? O_NONBLOCK : 0));
		return 0;
	case OP_CLOSE:
		close_device(t, s->chip);
		return 0;
	case OP_READ:
		return read_some(t, s);
	case OP_POLL:
		return p.fd >= 0 && poll(&p, 1, s->value % 300) < 0 ? -errno : 0;
	case OP_READER:
		if (reader->running || t->fd[s->chip] < 0)
			return thread_stop(t, reader);
		reader->fd = t->fd[s->chip];
		return thread_start(t, reader, read_on);
	case OP_MEDDLER:
		ret = thread_stop(t, &t->meddler);
		if (ret || !c->sysfs[0])
			return ret;
		t->meddler.c = *c;
		t->meddler.seed = s->value;
		return thread_start(t, &t->meddler, meddle);
	case OP_PASS:
		pause_ms(s->pick % 4 ? s->value % 100 : s->value % 1500);
		return 0;
	case OP_SUSPEND:
		return sleep_system(t, s);
	case OP_NACK:
		ret = sim_put(s->chip, "nack_after", s->pick % 20);
		return ret ? ret : sim_put(s->chip, "nack_next", s->value % 4 ? 1 + s->value % 8 :
					   s->value % 100);
	case OP_FAIL:
		return sim_put(s->chip, "fail_after", s->value % (s->pick & 1 ? 8 : 300));
	case OP_CORRUPT:
		ret = sim_put(s->chip, "corrupt_mask", s->pick & 0xff);
		return ret ? ret : sim_put(s->chip, "corrupt_at", s->value % 300);
	case OP_STUCK:
		t->line_odd = true;
		return sim_put(s->chip, "options/stuck_int", (int)(s->value % 3) - 1);
	case OP_POWER_CYCLE:
		ret = violations(t, s->chip);
		return ret ? ret : sim_put(s->chip, "power_cycle", 1);
	case OP_POWER_CYCLE_LATER:
		return sim_put(s->chip, "power_cycle_ms", 1 + s->value % 1000);
	case OP_FREEZE:
		t->line_odd = true;
		return sim_put(s->chip, "freeze_irq_ms", s->value % 300);
	case OP_JITTER:
		ret = sim_put(s->chip, "irq_jitter_seed", s->pick);
		return ret ? ret : sim_put(s->chip, "irq_jitter_us", s->value % 6000);
	case OP_PAUSE:
		ret = sim_put(s->chip, "pause_us", s->value % 30000);
		return ret ? ret : sim_put(s->chip, "pause_at", s->pick % 300);
	case OP_IDENTITY:
		return sim_put(s->chip, "options/who_am_i", PICK(identities, s->value));
	case OP_OPTION:
		/* half of the starts of its counter are just before it wraps */
		ret = s->pick % (sizeof(options) / sizeof(options[0]));
		return sim_put(s->chip, options[ret].name,
			       options[ret].range ? s->value % options[ret].range :
			       s->value & 1 ? s->value : 0xffffffff - s->value % 200000);
	case OP_UNBIND:
		return bind(s->chip, false, 0);
	case OP_BIND:
		/* what is bound is bound anew */
		if (s->pick & 1)
			bind(s->chip, false, 0);
		return bind(s->chip, true, s->alloc);
	case OP_UNPLUG:
		ret = violations(t, s->chip);
		return ret ? ret : plug(t, s->chip, false);
	case OP_PLUG:
		return plug(t, s->chip, true);
	case OP_UNLOAD:
		return unload(DRIVER);
	case OP_LOAD:
		return driver_loaded() ? 0 : rig_module_load(DRIVER, "");
	case OP_SIM_UNLOAD:
		ret = violations(t, 0);
		ret = ret ? ret : violations(t, 1);
		return ret ? ret : unload(SIM);
	default:
		return wrong(t, 0, "no step %d", s->op);
	}
}

int torture_do(struct torture *t, const struct torture_step *s)
{
	char text[TORTURE_TEXT];
	int ret;

	if (!sim_loaded() && s->op >= OP_NACK)
		return 0;
	ret = step(t, s);
	if (t->wrong[0])
		return ret;
	t->done[s->op]++;
	t->succeeded[s->op] += !ret;
	if (s->op >= OP_UNBIND || s->op == OP_MEDDLER)
		look(t);
	if (!is_sane(ret) && !(s->alloc && ret == -ENOMEM)) {
		torture_tell(s, text, sizeof(text));
		return wrong(t, ret, "errno %d makes no sense for %.200s", -ret, text);
	}
	return 0;
}

/* ---- the check ------------------------------------------------------------------------ */

static int clear_faults(struct torture *t)
{
	static const struct {
		const char *name;
		int value;
	} clear[] = {
		{ "nack_next", 0 }, { "nack_after", 0 }, { "fail_after", -1 }, { "corrupt_at", -1 },
		{ "pause_at", -1 }, { "pause_us", 0 }, { "freeze_irq_ms", 0 },
		{ "irq_jitter_us", 0 }, { "options/stuck_int", -1 }, { "options/who_am_i", 0x48 },
		{ "options/film_full_16bit", 0 },
	};
	unsigned int chip, i;
	int ret;

	if (!sim_loaded())
		return 0;
	for (chip = 0; chip < TORTURE_CHIPS; chip++)
		for (i = 0; i < sizeof(clear) / sizeof(clear[0]); i++) {
			ret = sim_put(chip, clear[i].name, clear[i].value);
			if (ret && ret != -ENOENT)
				return wrong(t, ret, "cannot write %s", clear[i].name);
		}
	pause_ms(2);
	/* a reset that is still to come would be a fault of the check: it comes now */
	for (chip = 0; chip < TORTURE_CHIPS; chip++) {
		ret = violations(t, chip);
		if (ret)
			return ret;
		sim_put(chip, "power_cycle_ms", 1);
	}
	pause_ms(2);
	return 0;
}

static int stop_threads(struct torture *t)
{
	int ret = thread_stop(t, &t->meddler);
	unsigned int i;

	for (i = 0; i < TORTURE_CHIPS; i++)
		if (thread_stop(t, &t->reader[i]))
			ret = -ETIMEDOUT;
	return ret;
}

/* A stream that was on goes on: what it has is read away, and then more comes. */
static int check_recovery(struct torture *t, unsigned int chip)
{
	struct capture *c = &t->c[chip];
	char path[160], text[16] = "";
	unsigned char scans[4096];
	int64_t end = rig_now_ns() + RECOVERY_MS * MS;
	ssize_t n;
	int i;

	if (!c->sysfs[0])
		return 0;
	attr_path(c, "buffer/enable", path, sizeof(path));
	if (get(path, text, sizeof(text)) <= 0 || text[0] != '1')
		return 0;
	t->fd[chip] = open(c->node, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (t->fd[chip] < 0)
		return wrong(t, -errno, "cannot open %s", c->node);
	/* each read fetches what has come meanwhile, so that it would never end */
	for (i = 0; i < BUFFER_READS; i++)
		if (read(t->fd[chip], scans, sizeof(scans)) <= 0)
			break;
	do {
		if (rig_now_ns() > end)
			return wrong(t, -ETIMEDOUT,
				     "chip %u: its stream has not come back within %d ms", chip,
				     RECOVERY_MS);
		pause_ms(20);
		n = read(t->fd[chip], scans, sizeof(scans));
	} while (n == 0 || (n < 0 && errno == EAGAIN));
	if (n < 0)
		return wrong(t, -errno, "chip %u: reading its stream fails with errno %d", chip,
			     errno);
	close_device(t, chip);
	n = attr_put(c, "buffer/enable", "0");
	return n ? wrong(t, n, "chip %u: disabling the buffer fails with errno %d", chip, (int)-n) :
		   0;
}

/* Everything is there, and bound. */
static int restore(struct torture *t)
{
	unsigned int chip;
	int ret = 0;

	if (!sim_loaded())
		ret = rig_module_load(SIM, t->bench.params);
	if (!ret && !driver_loaded())
		ret = rig_module_load(DRIVER, "");
	if (ret)
		return wrong(t, ret, "cannot load a module");
	for (chip = 0; chip < TORTURE_CHIPS; chip++) {
		sim_put(chip, "options/wake", t->bench.garbage);
		ret = plug(t, chip, true);
		if (ret && !(chip && (ret == -EBUSY || ret == -EINVAL)))
			return wrong(t, ret, "chip %u cannot be plugged in: errno %d", chip, -ret);
		if (!rig_bound(chip))
			ret = bind(chip, true, 0);
		if (!rig_bound(chip))
			return wrong(t, ret, "chip %u cannot be bound: errno %d", chip, -ret);
	}
	look(t);
	return 0;
}

static int check_stream(struct torture *t, unsigned int chip, uint64_t r)
{
	static const struct {
		enum capture_mode mode;
		unsigned int rate_hz;
	} modes[] = {
		{ CAPTURE_COMBINED, 800 }, { CAPTURE_FILM, 800 }, { CAPTURE_MOTION, 800 },
		{ CAPTURE_FILM, 3200 }, { CAPTURE_COMBINED, 200 }, { CAPTURE_MOTION, 50 },
	};
	const struct truth_wave wave = TRUTH_WAVE(12);
	/* film at 3200 Hz does not fit through a slow bus */
	unsigned int n = strstr(t->bench.params, "scl_hz=100000") ? 3 : 6, i = r % n;
	struct capture c;
	struct truth truth;
	int feed, ret;

	if (capture_find_device(&c, chip))
		return wrong(t, -ENODEV, "chip %u has no IIO device", chip);
	ret = attr_put(&c, "in_accel_scale", "0.001196411");
	if (!ret)
		ret = attr_put(&c, "in_voltage0-voltage1_scale", "0.006097561");
	if (!ret)
		ret = attr_put(&c, "../power/control", "auto");
	if (!ret)
		ret = attr_put(&c, "../power/autosuspend_delay_ms", "2000");
	if (ret || capture_find(&c, chip))
		return wrong(t, ret, "chip %u cannot be set up", chip);
	feed = truth_feed(chip, &wave);
	if (feed < 0)
		return wrong(t, feed, "chip %u cannot be fed", chip);
	ret = capture_start(&c, modes[i].mode, modes[i].rate_hz, 1 + (r >> 8) % 32);
	if (ret) {
		close(feed);
		return wrong(t, ret, "chip %u does not stream: errno %d", chip, -ret);
	}
	ret = truth_begin(&truth, &c, &wave, 0);
	truth.settle_ns = 0;
	if (!ret)
		ret = truth_run(&truth, 200.0 / modes[i].rate_hz, PATIENCE_MS, false);
	capture_stop(&c);
	close(feed);
	if (ret || truth.wrong || truth.repeated || truth.backward || truth.lost ||
	    truth.restarts || truth.max_ns > 0.2 * truth.period_ns + 100e3) {
		truth_tell(&truth, "afterwards");
		return wrong(t, ret, "chip %u does not stream right in mode %d at %u Hz: errno %d",
			     chip, modes[i].mode, modes[i].rate_hz, -ret);
	}
	return 0;
}

/* New lines of the kernel log, as tests/uml/check-log.sh judges them. */
static int check_log(struct torture *t)
{
	static const char *const bad[] = {
		"WARNING:", "BUG:", "Oops", "Call Trace:", "general protection fault",
		"INFO: possible", "INFO: task", "INFO: trying", "INFO: rcu", "INFO: suspicious",
		"suspicious RCU usage", "sleeping function called", "scheduling while atomic",
		"nobody cared", "is turned off", "KASAN:", "UBSAN:", "ODEBUG:", "unbalanced",
		"corruption", "refcount_t:", "protocol violation",
	};
	char line[1024];
	unsigned int i;
	ssize_t n;

	while ((n = read(t->kmsg, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;	/* it has overtaken us */
		line[n] = '\0';
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			if (strstr(line, bad[i]) && !t->wrong[0])
				wrong(t, 0, "kernel log: %.200s", line);
	}
	return t->wrong[0] ? -EPROTO : 0;
}

int torture_check(struct torture *t, uint64_t *state)
{
	uint64_t r = torture_random(state);
	unsigned int i;
	int ret;

	ret = stop_threads(t);
	for (i = 0; i < TORTURE_CHIPS; i++)
		close_device(t, i);
	if (!ret)
		ret = clear_faults(t);
	t->line_odd = false;
	look(t);
	for (i = 0; !ret && i < TORTURE_CHIPS; i++)
		ret = check_recovery(t, i);
	if (!ret)
		ret = restore(t);
	for (i = 0; !ret && i < TORTURE_CHIPS; i++)
		ret = check_stream(t, i, r >> 16 * i);
	for (i = 0; !ret && i < TORTURE_CHIPS; i++)
		ret = violations(t, i);
	return ret ? ret : check_log(t);
}

/* ---- the bench --------------------------------------------------------------------------- */

struct torture_bench torture_draw_bench(uint64_t seed)
{
	static const unsigned int types[] = { 4, 4, 8, 1, 2 };
	static const unsigned int clocks[] = { 400000, 400000, 1000000, 100000 };
	uint64_t r = torture_random(&seed);
	struct torture_bench bench = { .garbage = r >> 32 & 1, .by_hand = r >> 33 & 1 };

	snprintf(bench.params, sizeof(bench.params),
		 "chips=%d int_type=%u scl_hz=%u max_read=%u shared_int=%d instantiate=0",
		 TORTURE_CHIPS, PICK(types, r & 0xffff), PICK(clocks, r >> 16 & 0xffff),
		 r >> 34 & 3 ? 0 : 64, !bench.by_hand && (r >> 36 & 1));
	return bench;
}

int torture_init(struct torture *t)
{
	const struct sigaction on = { .sa_handler = on_signal };
	unsigned int i;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < TORTURE_CHIPS; i++)
		t->fd[i] = -1;
	sigaction(SIGUSR1, &on, NULL);
	t->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (t->kmsg < 0)
		return wrong(t, -errno, "cannot open /dev/kmsg");
	lseek(t->kmsg, 0, SEEK_END);
	t->sleeps = access(PM_TEST, W_OK) == 0 && put(PM_DELAY, "1") == 0;
	/* allocations that may wait are those that drivers do; a report is for who asks */
	put(FAILSLAB "/ignore-gfp-wait", "N");
	put(FAILSLAB "/verbose", "0");
	return 0;
}

int torture_setup(struct torture *t, struct torture_bench bench)
{
	int ret;

	t->wrong[0] = '\0';
	torture_exit(t);
	if (t->wrong[0])
		return -ETIMEDOUT;
	t->bench = bench;
	ret = rig_load_params(bench.params);
	if (ret)
		return wrong(t, ret, "cannot load driver and simulator");
	return restore(t);
}

void torture_exit(struct torture *t)
{
	unsigned int i;

	stop_threads(t);
	for (i = 0; i < TORTURE_CHIPS; i++)
		close_device(t, i);
}
