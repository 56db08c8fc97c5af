/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KTAP output for host unit tests.
 *
 *	static void test_x(void) { ktap_check(a == 3, "a is %d, expected 3", a); }
 *	int main(void)
 *	{
 *		static const struct ktap_test tests[] = { { "x", test_x } };
 *		return ktap_run(tests, 1);
 *	}
 *
 * A failed check is printed with its place and marks the running test; the test
 * goes on.
 */
#ifndef BACKPOP_TESTS_KTAP_H
#define BACKPOP_TESTS_KTAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct ktap_test {
	const char *name;
	void (*run)(void);
};

static bool ktap_failed;
static const char *ktap_skipped;

/* The running test cannot be made here, and why; return from it then. */
static inline void ktap_skip(const char *reason)
{
	ktap_skipped = reason;
}

/* Evaluates to the condition, so that a test can stop where going on makes no sense. */
#define ktap_check(cond, ...)						\
	({								\
		bool ktap_good = (cond);				\
									\
		if (!ktap_good) {					\
			ktap_failed = true;				\
			printf("# %s:%d: %s: ", __FILE__, __LINE__, #cond); \
			printf(__VA_ARGS__);				\
			putchar('\n');					\
		}							\
		ktap_good;						\
	})

static inline int ktap_run(const struct ktap_test *tests, size_t n)
{
	size_t failures = 0;

	printf("TAP version 13\n1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		ktap_failed = false;
		ktap_skipped = NULL;
		tests[i].run();
		printf("%sok %zu %s%s%s\n", ktap_failed ? "not " : "", i + 1, tests[i].name,
		       ktap_skipped ? " # SKIP " : "", ktap_skipped ? ktap_skipped : "");
		fflush(stdout);
		failures += ktap_failed;
	}
	return failures ? 1 : 0;
}

#endif
