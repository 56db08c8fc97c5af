// SPDX-License-Identifier: GPL-2.0-or-later
/* Somebody else, at the same time: a reader of each device, and one who uses attributes. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "rig.h"
#include "torture_inside.h"

#define MEDDLES		30

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
			a = attr_pick(r >> 16);
			what = a->name;
			ret = attr_put(&th->c, what, attr_value(a, r >> 32));
			break;
		case 2:
			what = attr_readable(r >> 16);
			ret = attr_get(&th->c, what, 0);
			break;
		case 3:
			what = attr_raw(r >> 16);
			ret = attr_get(&th->c, what, 0);
			break;
		case 4:
			what = "buffer/enable";
			ret = attr_put(&th->c, what, r >> 16 & 1 ? "1" : "0");
			break;
		case 5:
			what = attr_counter(r >> 16);
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
		return torture_wrong(t, -EAGAIN, "cannot start a thread");
	th->running = true;
	return 0;
}

int thread_stop(struct torture *t, struct torture_thread *th)
{
	if (!th->running)
		return 0;
	__atomic_store_n(&th->stop, true, __ATOMIC_RELEASE);
	if (!rig_wait(thread_done, th))
		return torture_wrong(t, -ETIMEDOUT, "a thread does not come back from the kernel");
	pthread_join(th->id, NULL);
	th->running = false;
	if (th->wrong)
		return torture_wrong(t, 0, "another thread got an errno that makes no sense: %s",
				     th->wrong);
	return 0;
}

int thread_start_reader(struct torture *t, unsigned int chip)
{
	t->reader[chip].fd = t->fd[chip];
	return thread_start(t, &t->reader[chip], read_on);
}

int thread_start_meddler(struct torture *t, const struct capture *c, uint64_t seed)
{
	t->meddler.c = *c;
	t->meddler.seed = seed;
	return thread_start(t, &t->meddler, meddle);
}

static void on_signal(int sig)
{
	(void)sig;
}

void thread_init(void)
{
	const struct sigaction on = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &on, NULL);
}
