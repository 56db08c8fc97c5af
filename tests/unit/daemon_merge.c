// SPDX-License-Identifier: GPL-2.0-or-later
/* Two streams joined in time order, and what a silent or late one may cost the other. */
#include <string.h>

#include "source/merge.h"
#include "unit/ktap.h"

#define MS	1000000LL
#define WAIT	(110 * MS)

static struct merge m;
static struct bp_frame out[4 * MERGE_HELD];

static struct bp_frame at(int64_t t_ns, uint32_t has)
{
	return (struct bp_frame) { .t_ns = t_ns, .has = has };
}

static void push(unsigned int leg, int64_t from_ns, int64_t period_ns, int n)
{
	for (int i = 0; i < n; i++) {
		struct bp_frame f = at(from_ns + i * period_ns, leg ? BP_HAS_FILM : BP_HAS_MOTION);

		merge_push(&m, leg, &f, 1);
	}
}

static size_t pull(int64_t now_ns)
{
	return merge_pull(&m, out, sizeof(out) / sizeof(out[0]), now_ns);
}

static void begin(bool a, bool b)
{
	merge_init(&m, WAIT);
	merge_set_flows(&m, 0, a);
	merge_set_flows(&m, 1, b);
}

/* Batches of 8 at 800 Hz and 32 at 3200 Hz, each told at its end, for ten seconds. */
static void both_flow_all_comes_in_order(void)
{
	size_t total = 0, motion = 0;
	int64_t last = 0, worst = 0;

	begin(true, true);
	for (int64_t t = 0; t < 10000 * MS; t += 10 * MS) {
		for (int leg = 0; leg < 2; leg++) {
			int64_t now = t + (leg ? 10 : 14) * MS;
			size_t n;

			push((unsigned int)leg, t + (leg ? 0 : 4 * MS), leg ? 312500 : 1250000,
			     leg ? 32 : 8);
			n = pull(now);
			for (size_t i = 0; i < n; i++) {
				ktap_check(out[i].t_ns >= last, "%lld after %lld",
					   (long long)out[i].t_ns, (long long)last);
				last = out[i].t_ns;
				motion += !!(out[i].has & BP_HAS_MOTION);
				if (now - last > worst)
					worst = now - last;
			}
			total += n;
		}
	}
	total += pull(INT64_MAX);
	ktap_check(total == 40000, "%zu frames of 40000", total);
	ktap_check(motion >= 7990, "%zu motion frames", motion);
	ktap_check(!m.leg[0].late && !m.leg[1].late, "late: %llu, %llu",
		   (unsigned long long)m.leg[0].late, (unsigned long long)m.leg[1].late);
	/* One watermark period of 10 ms and the 4 ms between the legs. */
	ktap_check(worst <= 20 * MS, "a frame was held for %lld us", (long long)worst / 1000);
	merge_free(&m);
}

static void a_silent_leg_costs_the_bound_once(void)
{
	size_t n;

	begin(true, true);
	push(0, 0, 1250000, 8);
	push(1, 0, 312500, 29);		/* to 8.75 ms, as the other */
	ktap_check(pull(10 * MS) == 37, "not all handed out");
	/* Leg 1 stays silent. */
	push(0, 10 * MS, 1250000, 8);
	ktap_check(pull(20 * MS) == 0, "did not wait");
	ktap_check(merge_due_ns(&m) == 10 * MS + WAIT, "due at %lld", (long long)merge_due_ns(&m));
	ktap_check(pull(10 * MS + WAIT - 1) == 0, "did not wait to the bound");
	n = pull(10 * MS + WAIT);
	ktap_check(n == 8 && m.leg[1].lags, "%zu frames at the bound, lags %d", n, m.leg[1].lags);
	push(0, 20 * MS, 1250000, 8);
	ktap_check(pull(10 * MS + WAIT) == 8, "waited again");
	merge_free(&m);
}

static void what_comes_too_late_is_counted_and_the_leg_catches_up(void)
{
	begin(true, true);
	push(1, -312500, 312500, 1);
	push(0, 0, 1250000, 80);
	pull(98750000 + WAIT);
	ktap_check(m.leg[1].lags, "does not lag");
	/* 0 .. 199.7 ms of film, of which what is before 98.75 ms comes too late. */
	push(1, 0, 312500, 640);
	ktap_check(m.leg[1].late == 316, "late %llu, expected 316",
		   (unsigned long long)m.leg[1].late);
	ktap_check(!m.leg[1].lags, "still lags");
	/* That of 98.75 ms can go, the next has to wait for motion. */
	ktap_check(pull(200 * MS) == 1, "did not wait for the other leg");
	push(0, 100 * MS, 1250000, 80);
	ktap_check(pull(200 * MS) > 0 && out[0].has == BP_HAS_FILM, "the film is missing");
	merge_free(&m);
}

/* The other device takes 300 ms to open: nothing of it is lost. */
static void a_leg_that_starts_is_waited_for_longer(void)
{
	begin(true, true);
	push(0, 0, 1250000, 240);
	ktap_check(pull(300 * MS) == 0, "did not wait for the first frame");
	ktap_check(merge_due_ns(&m) == WAIT + MERGE_START_NS, "due at %lld",
		   (long long)merge_due_ns(&m));
	push(1, 290 * MS, 312500, 32);
	ktap_check(pull(300 * MS) > 240 && !m.leg[1].late && !m.leg[1].lags, "late %llu",
		   (unsigned long long)m.leg[1].late);
	merge_free(&m);
	/* But not for ever. */
	begin(true, true);
	push(0, 0, 1250000, 8);
	ktap_check(pull(WAIT + MERGE_START_NS - 1) == 0, "did not wait to the longer bound");
	ktap_check(pull(8750000 + WAIT + MERGE_START_NS) == 8 && m.leg[1].lags, "waits for ever");
	merge_free(&m);
}

static void nobody_waits_for_a_leg_that_is_down(void)
{
	begin(true, false);
	push(0, 0, 1250000, 8);
	ktap_check(pull(0) == 8, "waited for a leg that never came up");
	merge_set_flows(&m, 1, true);
	push(0, 10 * MS, 1250000, 8);
	ktap_check(pull(20 * MS) == 0, "did not wait for the leg that came up");
	merge_set_flows(&m, 1, false);
	ktap_check(pull(20 * MS) == 8, "waited for the leg that went down");
	merge_free(&m);
}

static void a_full_ring_moves_on(void)
{
	size_t n;

	begin(true, true);
	push(0, 0, 1, MERGE_HELD);
	ktap_check(merge_room(&m, 0) == 0, "room %zu", merge_room(&m, 0));
	n = pull(0);
	ktap_check(n == MERGE_HELD, "%zu frames", n);
	ktap_check(merge_room(&m, 0) == MERGE_HELD, "room %zu", merge_room(&m, 0));
	ktap_check(merge_due_ns(&m) == INT64_MAX, "something waits");
	merge_free(&m);
}

static void stamps_that_go_back_are_left_out(void)
{
	begin(true, false);
	push(0, 100, 1, 2);
	push(0, 50, 1, 1);
	ktap_check(pull(0) == 2 && m.leg[0].late == 1, "late %llu",
		   (unsigned long long)m.leg[0].late);
	merge_free(&m);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "both_flow_all_comes_in_order", both_flow_all_comes_in_order },
		{ "a_silent_leg_costs_the_bound_once", a_silent_leg_costs_the_bound_once },
		{ "what_comes_too_late_is_counted_and_the_leg_catches_up",
		  what_comes_too_late_is_counted_and_the_leg_catches_up },
		{ "a_leg_that_starts_is_waited_for_longer", a_leg_that_starts_is_waited_for_longer },
		{ "nobody_waits_for_a_leg_that_is_down", nobody_waits_for_a_leg_that_is_down },
		{ "a_full_ring_moves_on", a_full_ring_moves_on },
		{ "stamps_that_go_back_are_left_out", stamps_that_go_back_are_left_out },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
