// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Suspend and a wall clock that is set, told apart.  The kernel's part is played here: the
 * clocks are moved, and the timer that it would cancel becomes readable.  They do not run
 * by themselves: how busy the machine is must not matter.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clockwatch.h"
#include "unit/ktap.h"

#define S	1000000000LL
#define WALL_S	1700000000LL

static int64_t suspended_ns, stepped_ns, run_ns = 1000 * S;
static unsigned int preempted;		/* so many readings from now on come 30 ms late */
static int timer = -1;
static unsigned int armed;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int64_t add = clock == CLOCK_BOOTTIME ? suspended_ns :
		      clock == CLOCK_REALTIME ? WALL_S * S + suspended_ns + stepped_ns : 0;

	run_ns += preempted ? 30 * S / 1000 : 1000;
	preempted -= preempted > 0;
	ts->tv_sec = (run_ns + add) / S;
	ts->tv_nsec = (run_ns + add) % S;
	return 0;
}

int timerfd_create(clockid_t clock, int flags)
{
	if (clock != CLOCK_REALTIME)
		return (int)syscall(SYS_timerfd_create, clock, flags);
	timer = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return timer;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	if (fd != timer)
		return (int)syscall(SYS_timerfd_settime, fd, flags, new, old);
	ktap_check(flags == (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET), "flags %#x", flags);
	armed++;
	return 0;
}

static int64_t slept_ns, stepped_by_ns, set_ns;
static unsigned int told;

static void on_slept(void *userdata, int64_t ns)
{
	(void)userdata;
	slept_ns = ns;
	told++;
}

static void on_stepped(void *userdata, int64_t ns)
{
	(void)userdata;
	stepped_by_ns = ns;
	told++;
}

static void on_set(void *userdata, int64_t ns)
{
	(void)userdata;
	ktap_check(ns == stepped_by_ns, "set by %lld ns, stepped by %lld", (long long)ns,
		   (long long)stepped_by_ns);
	set_ns = ns;
}

static const struct clockwatch_ops ops = { .slept = on_slept, .stepped = on_stepped, .set = on_set };

/* Within the microseconds that readings one after the other take. */
static bool about(int64_t got, int64_t want)
{
	return got > want - S / 100000 && got < want + S / 100000;
}

static void cancelled(sd_event *event)
{
	slept_ns = stepped_by_ns = set_ns = 0;
	told = 0;
	eventfd_write(timer, 1);
	while (sd_event_run(event, 0) > 0)
		;
}

static void suspend_and_steps_are_told_apart(void)
{
	struct clockwatch *w;
	sd_event *event;

	sd_event_new(&event);
	ktap_check(!clockwatch_new(&w, event, &ops, NULL) && armed == 1, "armed %u times", armed);
	suspended_ns += 3600 * S;
	cancelled(event);
	ktap_check(told == 1 && about(slept_ns, 3600 * S), "slept %lld ms, told %u times",
		   (long long)(slept_ns / 1000000), told);
	stepped_ns -= 7200 * S;
	cancelled(event);
	ktap_check(told == 1 && about(set_ns, -7200 * S), "set by %lld ms, told %u times",
		   (long long)(set_ns / 1000000), told);
	suspended_ns += 5 * S;
	stepped_ns += 60 * S;
	cancelled(event);
	ktap_check(told == 2 && about(slept_ns, 5 * S) && about(set_ns, 60 * S), "both: %lld, %lld ms",
		   (long long)(slept_ns / 1000000), (long long)(set_ns / 1000000));
	stepped_ns += S / 1000;
	cancelled(event);
	ktap_check(!told, "a millisecond was told");
	preempted = 9;
	cancelled(event);
	ktap_check(!told, "readings that came late were told as %lld ms asleep, set by %lld ms",
		   (long long)(slept_ns / 1000000), (long long)(set_ns / 1000000));
	stepped_ns += 60 * S;
	preempted = 1000;
	cancelled(event);
	ktap_check(set_ns > 59 * S && set_ns < 61 * S, "a busy machine: set by %lld ms",
		   (long long)(set_ns / 1000000));
	ktap_check(armed == 7, "armed %u times, expected 7", armed);
	clockwatch_free(w);
	sd_event_unref(event);
}

/* What NTP does is told, but changes neither journal nor recordings. */
static void a_small_step_is_not_a_clock_that_was_set(void)
{
	static const struct {
		int64_t ns;
		bool set;
	} steps[] = { { -999 * S / 1000, false }, { 20 * S / 1000, false }, { 1001 * S / 1000, true },
		      { -1001 * S / 1000, true } };
	struct clockwatch *w;
	sd_event *event;

	sd_event_new(&event);
	ktap_check(!clockwatch_new(&w, event, &ops, NULL), "no watch");
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		stepped_ns += steps[i].ns;
		cancelled(event);
		ktap_check(told == 1 && about(stepped_by_ns, steps[i].ns) && !set_ns == !steps[i].set,
			   "%lld ms: told %u times, %lld ms, set %lld ms", (long long)(steps[i].ns / 1000000),
			   told, (long long)(stepped_by_ns / 1000000), (long long)(set_ns / 1000000));
	}
	clockwatch_free(w);
	sd_event_unref(event);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "suspend_and_steps_are_told_apart", suspend_and_steps_are_told_apart },
		{ "a_small_step_is_not_a_clock_that_was_set", a_small_step_is_not_a_clock_that_was_set },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
