// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps: drawn, told, done. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rig.h"
#include "torture_inside.h"

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
	const struct attr *a = attr_pick(s->pick);
	char detail[160] = "", alloc[48] = "";
	const char *value;

	switch (s->op) {
	case OP_ATTR:
		value = attr_value(a, s->value);
		snprintf(detail, sizeof(detail), " %s = '%s'", a->name,
			 *value == '\n' ? "\\n" : value);
		break;
	case OP_READ_ATTR:
		snprintf(detail, sizeof(detail), " %s", attr_readable(s->pick));
		break;
	case OP_RAW:
		snprintf(detail, sizeof(detail), " %s", attr_raw(s->pick));
		break;
	case OP_COUNTERS:
		snprintf(detail, sizeof(detail), " %s", attr_counter(s->pick));
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

void torture_look(struct torture *t)
{
	unsigned int i;

	for (i = 0; i < TORTURE_CHIPS; i++)
		if (!sim_loaded() || !capture_look(&t->c[i], i))
			t->c[i].sysfs[0] = '\0';
}

void close_device(struct torture *t, unsigned int chip)
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

int violations(struct torture *t, unsigned int chip)
{
	int n = sim_loaded() ? sim_count_violations(chip, false) : 0;
	long long busy;

	if (n > 0 && (t->bench.garbage || t->line_odd) && !sim_stat(chip, "violation_busy", &busy))
		n -= busy;
	if (n > 0)
		sim_violations(chip);
	if (n)
		return torture_wrong(t, n < 0 ? n : 0, "chip %u counted %d protocol violations",
				     chip, n);
	return 0;
}

int plug_chip(const struct torture *t, unsigned int chip, bool in)
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
	return put_text(path, text);
}

int bind_chip(unsigned int chip, bool on, unsigned int alloc)
{
	char name[32];
	int bus = rig_adapter();

	if (bus < 0)
		return bus;
	snprintf(name, sizeof(name), "%d-%04x", bus, RIG_ADDR(chip));
	return put_text_failing(on ? "/sys/bus/i2c/drivers/" DRIVER "/bind" :
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
	ret = put_text(PM_TEST, s->pick % 8 ? "devices" : "freezer");
	return ret ? ret : put_text(PM_STATE, "freeze");
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
	const struct attr *a = attr_pick(s->pick);
	struct torture_thread *reader = &t->reader[s->chip];
	struct pollfd p = { .fd = t->fd[s->chip], .events = POLLIN };
	int ret;

	switch (s->op) {
	case OP_ATTR:
		return attr_put(c, a->name, attr_value(a, s->value));
	case OP_READ_ATTR:
		return attr_get(c, attr_readable(s->pick), 0);
	case OP_RAW:
		return attr_get(c, attr_raw(s->pick), s->alloc);
	case OP_COUNTERS:
		return c->sysfs[0] ? debugfs_get(c, attr_counter(s->pick), 0) : 0;
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
		return thread_start_reader(t, s->chip);
	case OP_MEDDLER:
		ret = thread_stop(t, &t->meddler);
		if (ret || !c->sysfs[0])
			return ret;
		return thread_start_meddler(t, c, s->value);
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
		return bind_chip(s->chip, false, 0);
	case OP_BIND:
		/* what is bound is bound anew */
		if (s->pick & 1)
			bind_chip(s->chip, false, 0);
		return bind_chip(s->chip, true, s->alloc);
	case OP_UNPLUG:
		ret = violations(t, s->chip);
		return ret ? ret : plug_chip(t, s->chip, false);
	case OP_PLUG:
		return plug_chip(t, s->chip, true);
	case OP_UNLOAD:
		return unload(DRIVER);
	case OP_LOAD:
		return driver_loaded() ? 0 : rig_module_load(DRIVER, "");
	case OP_SIM_UNLOAD:
		ret = violations(t, 0);
		ret = ret ? ret : violations(t, 1);
		return ret ? ret : unload(SIM);
	default:
		return torture_wrong(t, 0, "no step %d", s->op);
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
		torture_look(t);
	if (!is_sane(ret) && !(s->alloc && ret == -ENOMEM)) {
		torture_tell(s, text, sizeof(text));
		return torture_wrong(t, ret, "errno %d makes no sense for %.200s", -ret, text);
	}
	return 0;
}
