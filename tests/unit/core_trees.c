// SPDX-License-Identifier: GPL-2.0-or-later
/* Trees: which outcome the answers lead to, and to which looks its odds are put down. */
#include "core/trees.h"
#include "ktap.h"

#include <math.h>

#define LOOKS 4

static const struct bp_tree forest[] = {
	{ { 0, 1, 2, 3, 3, 3, 3 }, { 0.5f, 1.5f, 2.5f, 3, 3, 3, 3 }, { 1, 2, 3, 4, 5, 6, 7, 8 } },
	/* One question, of look 2. */
	{ { 2, 0, 0, 0, 0, 0, 0 },
	  { -1, HUGE_VALF, HUGE_VALF, HUGE_VALF, HUGE_VALF, HUGE_VALF, HUGE_VALF },
	  { -10, 0, 0, 0, 10, 0, 0, 0 } },
};

static void odds(const char *what, float a, float b, float c, float d, float expected)
{
	const float x[LOOKS] = { a, b, c, d };
	float got = bp_trees_odds(forest, 2, x);

	ktap_check(got == expected, "%s: expected log-odds %g, got %g", what, (double)expected, (double)got);
}

static void outcomes(void)
{
	odds("all below", 0, 0, -2, 0, 1 - 10);
	odds("the last above", 0, 0, -2, 4, 2 - 10);
	odds("the second above", 0, 2, 0, 0, 3 + 10);
	odds("the first above", 1, 9, 0, 0, 5 + 10);
	odds("all above", 1, 0, 3, 4, 8 + 10);
	odds("at its limit is not above", 0.5f, 1.5f, -1, 3, 1 - 10);
}

static void none(void)
{
	const float x[LOOKS] = { 0 };

	ktap_check(bp_trees_odds(NULL, 0, x) == 0, "no trees, but they say something");
}

static void terms(void)
{
	const float x[LOOKS] = { 1, 0, 3, 4 }, expected[LOOKS] = { 8 / 3.f + 20 / 3.f, 0, 8 / 3.f + 10 / 3.f, 8 / 3.f };
	float z[LOOKS] = { 0 };

	bp_trees_terms(forest, 2, x, 1, z);
	for (int i = 0; i < LOOKS; i++)
		ktap_check(fabsf(z[i] - expected[i]) < 1e-5f, "look %d: expected %g of the odds, got %g", i,
			   (double)expected[i], (double)z[i]);
	bp_trees_terms(forest, 2, x, -1, z);
	for (int i = 0; i < LOOKS; i++)
		ktap_check(fabsf(z[i]) < 1e-5f, "look %d: added and taken off again, %g is left", i, (double)z[i]);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "each path leads to its outcome", outcomes },
		{ "no trees say nothing", none },
		{ "the odds are put down to the looks that were asked", terms },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
