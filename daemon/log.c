// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static atomic_int max_level = LOG_INFO;
static FILE *out;	/* NULL: stderr */

static const char *const level_names[] = {
	"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"
};

#define N_LEVELS	((int)(sizeof(level_names) / sizeof(level_names[0])))

int log_max_level(void)
{
	return max_level;
}

void log_set_max_level(int level)
{
	max_level = level;
}

const char *log_level_name(int level)
{
	return level_names[level];
}

int log_level_of(const char *name)
{
	for (int i = 0; i < N_LEVELS; i++)
		if (!strcmp(level_names[i], name))
			return i;
	return -1;
}

/* $JOURNAL_STREAM names the journal's socket; stderr may have been redirected since. */
static bool stderr_is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return env && sscanf(env, "%llu:%llu", &dev, &ino) == 2 && !fstat(STDERR_FILENO, &st) &&
	       st.st_dev == dev && st.st_ino == ino;
}

bool log_to_journal(void)
{
	static atomic_int journal = -1;

	if (journal < 0)
		journal = stderr_is_journal();
	return journal;
}

void log_msg(int level, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (level > max_level)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (log_to_journal())
		fprintf(out ? out : stderr, "<%d>%s\n", level, line);
	else
		fprintf(out ? out : stderr, "backpopd: %s\n", line);
}

static ssize_t take_lines(void *cookie, const char *text, size_t n)
{
	(void)cookie;
	for (size_t used = 0, len; used < n; used += len + 1) {
		const char *end = memchr(text + used, '\n', n - used);

		len = end ? (size_t)(end - text) - used : n - used;
		if (len)
			log_debug("library: %.*s", (int)len, text + used);
	}
	return (ssize_t)n;
}

#ifdef __GLIBC__
/*
 * libiio 0.x, up to 0.26, asks nobody: what it prints and from which weight on is compiled in
 * (debug.h); 1.x has struct iio_context_params for it.  A pipe in place of descriptor 2 would
 * catch what is written by other ways, too - and lose it in a crash, when it matters: the last
 * words of abort(), of a sanitizer, of the dynamic linker.  So only stdio's variable is
 * replaced, which the manual of glibc allows.
 */
int log_take_stderr(void)
{
	const cookie_io_functions_t take = { .write = take_lines };
	FILE *lines = fopencookie(NULL, "w", take);

	if (!lines)
		return -errno;
	setvbuf(lines, NULL, _IOLBF, BUFSIZ);
	out = stderr;
	stderr = lines;
	return 0;
}
#else
int log_take_stderr(void)
{
	return -ENOTSUP;
}
#endif
