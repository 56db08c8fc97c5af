// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random sequences of what users, the system and the hardware may do (torture.h).  After
 * each one the faults are taken away and the driver must work.
 *
 *	BACKPOP_SEED		seed of the first sequence, default 1
 *	BACKPOP_SEQUENCES	how many, each with the next seed; default 150
 *	BACKPOP_VERBOSE		tell each step before it is done
 *
 * A sequence that fails is run again on a fresh bench, and made shorter as long as it fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "rig.h"
#include "torture.h"

#define SEQUENCES	150
#define SEQUENCES_REAL	10	/* where time is real */
#define STEPS_MIN	4
#define STEPS_MAX	30
/* So many sequences in a row have the same bench. */
#define GROUP		16
#define LEAKS		"/sys/kernel/debug/kmemleak"
#define LEAKS_EVERY	500
/* Of simulated time; a step that takes longer hangs. */
#define STEP_TIMEOUT_S	100
#define SYSLOG_ACTION_CONSOLE_LEVEL	8

struct sequence {
	uint64_t seed;
	struct torture_step steps[STEPS_MAX];
	int n;
};

static long long number(const char *name, long long otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoll(text, NULL, 0) : otherwise;
}

static struct sequence draw(uint64_t seed)
{
	struct sequence s = { .seed = seed };
	uint64_t state = seed;
	int i;

	s.n = STEPS_MIN + torture_random(&state) % (STEPS_MAX - STEPS_MIN + 1);
	for (i = 0; i < s.n; i++)
		s.steps[i] = torture_draw(&state);
	return s;
}

static void tell(const struct sequence *s)
{
	char text[TORTURE_TEXT];
	int i;

	for (i = 0; i < s->n; i++) {
		torture_tell(&s->steps[i], text, sizeof(text));
		printf("#   %2d %s\n", i + 1, text);
	}
	fflush(stdout);
}

/* ---- a step that hangs takes the test with it: say first which ------------------------- */

static struct {
	const struct sequence *s;
	int step;
	int64_t since;
} at;

static void *watch(void *arg)
{
	const struct timespec second = { .tv_sec = 1 };

	(void)arg;
	for (;;) {
		nanosleep(&second, NULL);
		if (!at.since || rig_now_ns() - at.since < STEP_TIMEOUT_S * 1000000000LL)
			continue;
		printf("# hangs in step %d of BACKPOP_SEED=%llu BACKPOP_SEQUENCES=1:\n",
		       at.step + 1,
		       (unsigned long long)at.s->seed);
		tell(at.s);
		at.since = 0;
		_exit(KSFT_FAIL);
	}
	return NULL;
}

/* ---- running ------------------------------------------------------------------------------ */

static int run(struct torture *t, const struct sequence *s, bool verbose)
{
	uint64_t state = ~s->seed;
	char text[TORTURE_TEXT];
	int i, ret = 0;

	at.s = s;
	for (i = 0; !ret && i < s->n; i++) {
		if (verbose) {
			torture_tell(&s->steps[i], text, sizeof(text));
			printf("# %10.3f s: %s\n", rig_now_ns() / 1e9, text);
			fflush(stdout);
		}
		at.step = i;
		at.since = rig_now_ns();
		ret = torture_do(t, &s->steps[i]);
	}
	if (!ret) {
		at.step = s->n;
		at.since = rig_now_ns();
		ret = torture_check(t, &state);
	}
	at.since = 0;
	return ret;
}

/* A bench for the sequence of @seed, in the state that a check leaves it in. */
static int begin(struct torture *t, uint64_t seed)
{
	uint64_t state = ~(seed - 1);
	int ret = torture_setup(t, torture_draw_bench(seed / GROUP));

	return ret ? ret : torture_check(t, &state);
}

static bool fails_fresh(struct torture *t, const struct sequence *s)
{
	return !begin(t, s->seed) && run(t, s, false);
}

/* Leave out what it fails without: halves first, then ever smaller parts. */
static void minimise(struct torture *t, struct sequence *s)
{
	struct sequence shorter;
	int part, from;

	for (part = s->n / 2; part; part /= 2) {
		for (from = 0; from + part <= s->n;) {
			shorter = *s;
			shorter.n = s->n - part;
			memmove(shorter.steps + from, shorter.steps + from + part,
				(s->n - from - part) * sizeof(s->steps[0]));
			if (fails_fresh(t, &shorter))
				*s = shorter;
			else
				from += part;
		}
	}
}

static void report(struct torture *t, struct sequence *s)
{
	uint64_t first = s->seed - s->seed % GROUP;

	printf("# failed: %s\n", t->wrong);
	printf("# sequence BACKPOP_SEED=%llu BACKPOP_SEQUENCES=1, bench: %s%s%s\n",
	       (unsigned long long)s->seed, t->bench.params,
	       t->bench.by_hand ? ", chip 1 without INT" : "",
	       t->bench.garbage ? ", wakes with garbage" : "");
	tell(s);
	if (!fails_fresh(t, s)) {
		printf("# not on a fresh bench, nor after what the kernel has been through\n");
		printf("# try BACKPOP_SEED=%llu BACKPOP_SEQUENCES=%llu\n",
		       (unsigned long long)first, (unsigned long long)(s->seed - first + 1));
		return;
	}
	printf("# on a fresh bench: %s\n", t->wrong);
	minimise(t, s);
	printf("# as short as it still fails:\n");
	tell(s);
}

/*
 * Objects younger than 5 s are no leaks yet, and a pointer may have moved: two scans.  The
 * kernel has leaks of its own; which they are is said once, in tests/uml/leaks.awk.
 */
static bool leaks(void)
{
	const char *here = getenv("UML_HERE");
	char line[256];
	bool found = false;
	FILE *f;
	int i;

	if (!here || access(LEAKS, W_OK))
		return false;
	for (i = 0; i < 2; i++) {
		sleep(6);
		rig_write(LEAKS, "scan");
	}
	snprintf(line, sizeof(line), "awk -v memory_fails=1 -f '%s/leaks.awk' " LEAKS, here);
	f = popen(line, "r");
	if (!f)
		return true;
	while (fgets(line, sizeof(line), f)) {
		printf("# %s", line);
		found = true;
	}
	found |= pclose(f) != 0;
	/* those that were looked at need not be looked at again */
	rig_write(LEAKS, "clear");
	return found;
}

FIXTURE(random)
{
	struct torture t;
};

FIXTURE_SETUP(random)
{
	const char *missing = rig_missing();
	pthread_t watcher;

	if (missing)
		SKIP(return, "%s", missing);
	/* thousands of "chip set up anew" are no news */
	klogctl(SYSLOG_ACTION_CONSOLE_LEVEL, NULL, 1);
	ASSERT_EQ(0, torture_init(&self->t));
	ASSERT_EQ(0, pthread_create(&watcher, NULL, watch, NULL));
}

FIXTURE_TEARDOWN(random)
{
	int violations;

	torture_exit(&self->t);
	violations = rig_down();
	/* of such chips the check has judged what can be judged */
	if (self->t.bench.garbage && violations > 0)
		violations = 0;
	EXPECT_EQ(0, violations);
	close(self->t.kmsg);
}

TEST_F_TIMEOUT(random, leaves_the_driver_working, 100000000)
{
	long long n = number("BACKPOP_SEQUENCES",
			     rig_simulated_time() ? SEQUENCES : SEQUENCES_REAL), i, steps = 0;
	uint64_t seed = number("BACKPOP_SEED", 1);
	bool verbose = number("BACKPOP_VERBOSE", 0);
	struct sequence s;

	for (i = 0; i < n; i++, seed++) {
		s = draw(seed);
		if (!i || seed % GROUP == 0) {
			ASSERT_EQ(0, begin(&self->t, seed))
				TH_LOG("%s", self->t.wrong);
		}
		if (run(&self->t, &s, verbose)) {
			report(&self->t, &s);
			ASSERT_TRUE(false) TH_LOG("sequence %llu failed, see above",
						  (unsigned long long)seed);
		}
		steps += s.n;
		if ((i + 1) % LEAKS_EVERY == 0) {
			printf("# %lld sequences\n", i + 1);
			fflush(stdout);
			ASSERT_FALSE(leaks())
				TH_LOG("memory leaked by a sequence up to %llu",
				       (unsigned long long)seed);
		}
	}
	torture_tell_done(&self->t);
	printf("# %lld sequences, %lld steps, %.0f s of time\n", n, steps, rig_now_ns() / 1e9);
}

TEST_HARNESS_MAIN
