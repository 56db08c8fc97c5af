// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the way of an event takes after the core has said it: until the disk has it, and from
 * there to a client on the bus.  The same with a journal in memory-backed files tells what of
 * it is the disk.
 *
 *	journal_latency [DIRECTORY]	default: the current one, which should be on a disk
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "bus/bus.h"
#include "bus/bus_journal.h"
#include "bus/bus_sensor.h"

#define EVENTS		300		/* of two revisions each, the second 5 ms after the first */
#define PATH		BUS_ROOT "/sensor/bench"

struct shares {
	int64_t disk_ns, bus_ns;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* ---- the client ----------------------------------------------------------- */

static int on_event(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	int64_t arrival = now_ns(), known = 0, written = 0;
	const char *key, *type;
	struct shares s;
	uint64_t t;

	(void)error;
	sd_bus_message_skip(m, "tutsd");
	sd_bus_message_enter_container(m, 'a', "{sv}");
	while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
		sd_bus_message_read_basic(m, 's', &key);
		sd_bus_message_peek_type(m, NULL, &type);
		if (strcmp(type, "t") || (strcmp(key, "known_ns") && strcmp(key, "written_ns"))) {
			sd_bus_message_skip(m, "v");
		} else {
			sd_bus_message_read(m, "v", "t", &t);
			*(*key == 'k' ? &known : &written) = (int64_t)t;
		}
		sd_bus_message_exit_container(m);
	}
	s = (struct shares){ written - known, arrival - written };
	return write(*(int *)userdata, &s, sizeof(s)) == sizeof(s) ? 0 : -EIO;
}

static void client(int out)
{
	char ready = 1;
	sd_bus *bus;

	if (sd_bus_open_user(&bus) < 0 ||
	    sd_bus_match_signal(bus, NULL, NULL, PATH, BUS_SENSOR, "Event", on_event, &out) < 0 ||
	    write(out, &ready, 1) != 1)
		_exit(1);
	for (;;) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0 || (!r && sd_bus_wait(bus, UINT64_MAX) < 0))
			_exit(0);
	}
}

/* ---- the daemon ----------------------------------------------------------- */

static int turn_until(sd_event *event, int64_t until_ns)
{
	int64_t left;

	while ((left = until_ns - now_ns()) > 0)
		if (sd_event_run(event, (uint64_t)left / 1000) < 0)
			return -1;
	return 0;
}

static int tell(const char *directory)
{
	static const struct journal_settings settings = { 365, 256 };
	char err[DB_ERROR_SIZE + PATH_MAX];
	struct bus_journal b = { 0 };
	sd_event *event;
	int64_t next;

	if (sd_event_new(&event) < 0 || sd_bus_open_user(&b.bus) < 0 ||
	    sd_bus_attach_event(b.bus, event, 0) < 0)
		return -1;
	if (journal_open(&b.journal, event, directory, &settings, NULL, NULL, err)) {
		fprintf(stderr, "%s\n", err);
		return -1;
	}
	next = now_ns();
	for (unsigned int i = 0; i < 2 * EVENTS; i++) {
		struct bp_event ev = { .number = i / 2 + 1, .revision = i % 2, .onset_ns = now_ns() };

		bus_journal_event(&b, PATH, ev.number, 1, &ev);
		/* Sooner than any commit, and later than most. */
		next += i % 2 ? 40000000 + i * 16777 % 20000000 : 5000000;
		if (turn_until(event, next))
			return -1;
	}
	journal_close(b.journal);
	sd_bus_flush_close_unref(b.bus);
	sd_event_unref(event);
	return 0;
}

/* ---- the table ------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void row(const char *name, int64_t *ns, size_t n)
{
	qsort(ns, n, sizeof(*ns), by_value);
	printf("  %-38s %8.2f %8.2f %8.2f\n", name, (double)ns[n / 2] / 1e6,
	       (double)ns[n * 95 / 100] / 1e6, (double)ns[n - 1] / 1e6);
}

static int measure(const char *parent)
{
	static int64_t disk[2 * EVENTS], bus[2 * EVENTS];
	char directory[PATH_MAX], command[PATH_MAX + 16], ready;
	struct shares s;
	size_t n = 0;
	int fds[2];
	pid_t pid;

	snprintf(directory, sizeof(directory), "%s/journal-latency-XXXXXX", parent);
	if (pipe(fds) || !mkdtemp(directory)) {
		perror(directory);
		return 1;
	}
	pid = fork();
	if (!pid)
		client(fds[1]);
	close(fds[1]);
	if (read(fds[0], &ready, 1) != 1) {
		fputs("no session bus\n", stderr);
		return 1;
	}
	if (tell(directory))
		return 1;
	while (n < 2 * EVENTS && read(fds[0], &s, sizeof(s)) == sizeof(s)) {
		disk[n] = s.disk_ns;
		bus[n++] = s.bus_ns;
	}
	close(fds[0]);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	printf("journal in %s, %zu revisions: ms   p50      p95      max\n", parent, n);
	row("said by the core -> on the disk", disk, n);
	row("on the disk -> with a client", bus, n);
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command) || n < 2 * EVENTS;
}

int main(int argc, char **argv)
{
	/* A bus of its own. */
	if (!getenv("BACKPOP_BENCH_BUS")) {
		setenv("BACKPOP_BENCH_BUS", "1", 1);
		execlp("dbus-run-session", "dbus-run-session", "--", argv[0],
		       argc > 1 ? argv[1] : ".", (char *)NULL);
		perror("dbus-run-session");
		return 1;
	}
	return measure(argc > 1 ? argv[1] : ".") | measure("/dev/shm");
}
