/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BACKPOP_TESTS_COMMA_LOCALE_H
#define BACKPOP_TESTS_COMMA_LOCALE_H

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A locale with a decimal comma, made on the spot where the system has none. */
static inline bool set_comma_locale(void)
{
	static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8" };
	char dir[] = "/tmp/comma-locale-XXXXXX", command[128];
	bool found = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !found; i++)
		found = setlocale(LC_ALL, names[i]);
	if (!found && mkdtemp(dir)) {
		snprintf(command, sizeof(command),
			 "localedef -f UTF-8 -i de_DE %s/de_DE.UTF-8 >/dev/null 2>&1", dir);
		if (system(command) == 0 && setenv("LOCPATH", dir, 1) == 0)
			found = setlocale(LC_ALL, "de_DE.UTF-8");
		snprintf(command, sizeof(command), "rm -rf %s", dir);
		if (system(command))
			printf("# %s: left behind\n", dir);
	}
	return found && !strcmp(localeconv()->decimal_point, ",");
}

#endif
