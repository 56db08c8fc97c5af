/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of backpopd. */
#ifndef BACKPOP_OPTIONS_H
#define BACKPOP_OPTIONS_H

#include <stdbool.h>

/**
 * struct options - what backpopd was started with; backpopd(8) tells what each means
 * @user:	the session bus, not the system bus
 * @realtime:	with @replay: at the recorded pace
 * @quiet:	with @check_config: print only what is wrong
 */
struct options {
	const char *config;
	const char *replay;
	const char *introspect;
	const char *state;
	bool realtime;
	bool user;
	bool check_config;
	bool quiet;
	bool idle_lines;
};

/* @opt must be zeroed.  Return: -1 = go on, else an exit status; why not is said. */
int options_parse(int argc, char **argv, struct options *opt);

#endif
