// SPDX-License-Identifier: GPL-2.0-or-later
/* Lost samples counted from time stamps. */
#include "source/gap.h"
#include "unit/ktap.h"

#define PERIOD_NS	1250000LL	/* 800 Hz */

static void a_steady_stream_loses_nothing(void)
{
	struct gap_meter m;

	gap_meter_init(&m, 800);
	for (int64_t i = 0; i < 10000; i++)
		gap_meter_add(&m, 1000000000LL + i * PERIOD_NS + (i % 7) * 40000);
	ktap_check(m.lost == 0, "lost %llu, expected 0", (unsigned long long)m.lost);
}

static void holes_are_counted_exactly(void)
{
	struct gap_meter m;
	int64_t t = 1000000000LL;

	gap_meter_init(&m, 800);
	gap_meter_add(&m, t);
	gap_meter_add(&m, t += 2 * PERIOD_NS);
	ktap_check(m.lost == 1, "lost %llu, expected 1", (unsigned long long)m.lost);
	gap_meter_add(&m, t += PERIOD_NS);
	gap_meter_add(&m, t += 129 * PERIOD_NS);
	ktap_check(m.lost == 129, "lost %llu, expected 129", (unsigned long long)m.lost);
}

/* With the nominal period a hole of 1000 samples would be miscounted by 20. */
static void a_clock_two_percent_off_is_learnt(void)
{
	struct gap_meter m;
	int64_t period = PERIOD_NS * 102 / 100, t = 1000000000LL;

	gap_meter_init(&m, 800);
	for (int i = 0; i < 10000; i++)
		gap_meter_add(&m, t += period);
	gap_meter_add(&m, t += 1001 * period);
	ktap_check(m.lost == 1000, "lost %llu, expected 1000", (unsigned long long)m.lost);
}

static void stamps_that_do_not_increase_are_left_alone(void)
{
	struct gap_meter m;

	gap_meter_init(&m, 800);
	gap_meter_add(&m, 5000000000LL);
	gap_meter_add(&m, 5000000000LL);
	gap_meter_add(&m, 4000000000LL);
	gap_meter_add(&m, 5000000000LL + PERIOD_NS);
	ktap_check(m.lost == 0, "lost %llu, expected 0", (unsigned long long)m.lost);
	ktap_check(m.last_ns == 5000000000LL + PERIOD_NS, "last %lld", (long long)m.last_ns);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "a_steady_stream_loses_nothing", a_steady_stream_loses_nothing },
		{ "holes_are_counted_exactly", holes_are_counted_exactly },
		{ "a_clock_two_percent_off_is_learnt", a_clock_two_percent_off_is_learnt },
		{ "stamps_that_do_not_increase_are_left_alone",
		  stamps_that_do_not_increase_are_left_alone },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
