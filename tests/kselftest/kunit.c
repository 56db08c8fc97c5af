// SPDX-License-Identifier: GPL-2.0-or-later
/* The driver's KUnit suites: they run when their module is loaded. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define MODULE		"st1vafe3bx_kunit"
#define RESULTS		"/sys/kernel/debug/kunit/%s/results"

FIXTURE(kunit)
{
	char results[8192];
};

FIXTURE_VARIANT(kunit)
{
	const char *suite;
	const char *totals;
};

FIXTURE_VARIANT_ADD(kunit, word) {
	.suite = "st1vafe3bx_word", .totals = "pass:5 fail:0 skip:0 total:5",
};

FIXTURE_VARIANT_ADD(kunit, time) {
	.suite = "st1vafe3bx_time", .totals = "pass:5 fail:0 skip:0 total:5",
};

FIXTURE_SETUP(kunit)
{
	SKIP_WITHOUT_RIG();
	if (access("/sys/kernel/debug/kunit", F_OK))
		SKIP(return, "no /sys/kernel/debug/kunit: kernel without CONFIG_KUNIT_DEBUGFS");
	ASSERT_EQ(0, rig_module_load(MODULE, ""));
}

FIXTURE_TEARDOWN(kunit)
{
	EXPECT_EQ(0, rig_module_unload(MODULE));
}

TEST_F(kunit, passes)
{
	char path[128];

	snprintf(path, sizeof(path), RESULTS, variant->suite);
	ASSERT_LT(0, rig_read(path, self->results, sizeof(self->results)));
	EXPECT_NE(NULL, strstr(self->results, variant->totals))
		TH_LOG("%s:\n%s", variant->suite, self->results);
}

TEST_HARNESS_MAIN
