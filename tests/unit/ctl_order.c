// SPDX-License-Identifier: GPL-2.0-or-later
/* Events in the order in which they happened, with no more memory for more of them. */
#include <stdlib.h>

#include "ctl/ctl_order.h"
#include "unit/ktap.h"

#define MANY	(4 * CTL_ORDER_ROOM)
#define STOP	7

static struct record_event last;
static unsigned int n_taken, n_wrong, stop_at;
static uint64_t sum;

static int take(void *userdata, const struct record_event *rec)
{
	(void)userdata;
	if (n_taken && (rec->run < last.run || (rec->run == last.run &&
			(rec->ev.onset_ns < last.ev.onset_ns ||
			 (rec->ev.onset_ns == last.ev.onset_ns && rec->sequence < last.sequence)))))
		n_wrong++;
	last = *rec;
	sum += rec->sequence;
	return ++n_taken == stop_at ? STOP : 0;
}

static struct ctl_order *begin(unsigned int stop)
{
	struct ctl_order *o = ctl_order_new(take, NULL);

	n_taken = n_wrong = 0;
	stop_at = stop;
	sum = 0;
	ktap_check(o, "out of memory");
	return o;
}

/* @late places after its turn, at most; onsets are told twice. */
static int tell(struct ctl_order *o, unsigned int n, unsigned int late)
{
	unsigned int state = 1;
	int ret = 0;

	for (unsigned int i = 1; i <= n && !ret; i++) {
		struct record_event rec = { .sequence = i, .run = 1 + i / (n / 2 + 1) };

		state = state * 1664525 + 1013904223;
		rec.ev.onset_ns = (int64_t)((i - state / 65536 % (late + 1)) / 2) - (int64_t)rec.run * n;
		ret = ctl_order_event(o, &rec);
	}
	return ret;
}

static void all_come_as_they_happened(void)
{
	static const unsigned int counts[] = { 0, 1, 2, 100, CTL_ORDER_ROOM - 1, CTL_ORDER_ROOM,
					       CTL_ORDER_ROOM + 1, MANY };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		unsigned int n = counts[i];
		struct ctl_order *o = begin(0);

		ktap_check(!tell(o, n, CTL_ORDER_ROOM / 2) && !ctl_order_end(o), "%u are refused", n);
		ktap_check(n_taken == n && !n_wrong && sum == (uint64_t)n * (n + 1) / 2,
			   "%u of %u, %u out of order", n_taken, n, n_wrong);
		ctl_order_free(o);
	}
}

/* None is lost, nor held for ever, and the others keep their order. */
static void what_comes_too_late_goes_on_at_once(void)
{
	struct ctl_order *o = begin(0);
	struct record_event rec = { .run = 1, .ev.onset_ns = -MANY };

	tell(o, MANY, 0);
	n_taken = n_wrong = 0;
	ctl_order_event(o, &rec);
	ktap_check(n_taken == 1 && last.ev.onset_ns == -MANY, "%u were handed on", n_taken);
	n_taken = 0;
	ktap_check(!ctl_order_end(o) && n_taken == CTL_ORDER_ROOM && !n_wrong, "%u, %u out of order",
		   n_taken, n_wrong);
	ctl_order_free(o);
}

static void whoever_wants_no_more_gets_none(void)
{
	struct ctl_order *o = begin(100);

	ktap_check(tell(o, MANY, 10) == STOP && n_taken == 100, "%u while they come", n_taken);
	ctl_order_free(o);
	o = begin(100);
	ktap_check(!tell(o, 1000, 10) && ctl_order_end(o) == STOP && n_taken == 100, "%u at the end",
		   n_taken);
	ctl_order_free(o);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "all_come_as_they_happened", all_come_as_they_happened },
		{ "what_comes_too_late_goes_on_at_once", what_comes_too_late_goes_on_at_once },
		{ "whoever_wants_no_more_gets_none", whoever_wants_no_more_gets_none },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
