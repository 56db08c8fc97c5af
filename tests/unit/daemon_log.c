// SPDX-License-Identifier: GPL-2.0-or-later
/* The log: levels, and what libraries print on stderr by themselves. */
#include <fcntl.h>
#include <iio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "unit/ktap.h"

static int caught;	/* read end of what stands for the terminal */

/* What has been logged since the last call. */
static const char *logged(void)
{
	static char text[4096];
	ssize_t n;

	fflush(stderr);
	n = read(caught, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void nothing_but_what_the_level_lets_through(void)
{
	const char *got;

	log_set_max_level(LOG_INFO);
	log_debug("small");
	log_info("news %d", 3);
	got = logged();
	ktap_check(!strcmp(got, "backpopd: news 3\n"), "logged \"%s\"", got);
}

/* libiio 0.x prints "ERROR: Bad URI: ..." here, whatever anybody wants. */
static void a_library_is_heard_at_debug_only(void)
{
	const char *got;

	log_set_max_level(LOG_INFO);
	ktap_check(!iio_create_context_from_uri("usb:nowhere"), "there is such a context");
	got = logged();
	ktap_check(!*got, "logged \"%s\"", got);
	log_set_max_level(LOG_DEBUG);
	ktap_check(!iio_create_context_from_uri("usb:nowhere"), "there is such a context");
	got = logged();
	ktap_check(!strncmp(got, "backpopd: library: ", 19) && strstr(got, "usb:nowhere"),
		   "logged \"%s\"", got);
}

static void each_line_of_it_is_one(void)
{
	const char *got;

	log_set_max_level(LOG_DEBUG);
	fprintf(stderr, "one\n\ntwo");
	fprintf(stderr, " halves\n");
	got = logged();
	ktap_check(!strcmp(got, "backpopd: library: one\nbackpopd: library: two halves\n") ||
		   !strcmp(got, "backpopd: library: one\nbackpopd: library: two\n"
			   "backpopd: library:  halves\n"), "logged \"%s\"", got);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "nothing_but_what_the_level_lets_through",
		  nothing_but_what_the_level_lets_through },
		{ "a_library_is_heard_at_debug_only", a_library_is_heard_at_debug_only },
		{ "each_line_of_it_is_one", each_line_of_it_is_one },
	};
	int fds[2];

	if (pipe(fds) || dup2(fds[1], STDERR_FILENO) < 0 || log_take_stderr())
		return 1;
	close(fds[1]);
	caught = fds[0];
	/* What is not there is not waited for. */
	if (fcntl(caught, F_SETFL, O_NONBLOCK))
		return 1;
	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
