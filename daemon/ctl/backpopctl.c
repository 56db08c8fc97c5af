// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl: the command; finds the subcommand and lets it run. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"

static const struct ctl_command *const commands[] = {
	&ctl_monitor,
	&ctl_status,
	&ctl_events,
	&ctl_session,
	&ctl_annotate,
	&ctl_record,
	&ctl_detect,
	&ctl_replay,
	&ctl_wait,
	&ctl_doctor,
	&ctl_inhibit,
	&ctl_stream,
};

#define N_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void complain(const char *format, va_list ap)
{
	fputs("backpopctl: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
}

void ctl_complain(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	complain(format, ap);
	va_end(ap);
}

int ctl_try_help(const struct ctl_command *cmd)
{
	fprintf(stderr, "Try 'backpopctl %s --help'.\n", cmd->name);
	return CTL_USAGE;
}

int ctl_usage_error(const struct ctl_command *cmd, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	complain(format, ap);
	va_end(ap);
	return ctl_try_help(cmd);
}

bool ctl_has_colours(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no_color && *no_color) && term && strcmp(term, "dumb") && isatty(STDOUT_FILENO);
}

int ctl_output_failed(int error)
{
	/* 0: an earlier write failed and took its reason along. */
	ctl_complain("standard output: %s", error ? strerror(error) : "cannot be written");
	return CTL_FAILURE;
}

int ctl_finish_output(void)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return CTL_OK;
	return ctl_output_failed(errno);
}

static int show_general_help(void)
{
	puts("Usage: backpopctl COMMAND [OPTION]...\n"
	     "Joint pops, as backpopd hears them.\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	puts("\n"
	     "  --help     show this, or with COMMAND what it does\n"
	     "  --version  show the version\n"
	     "\n"
	     "See backpopctl(1).");
	return ctl_finish_output();
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	static char program[] = "backpopctl";
	int c;

	/* getopt's own messages begin with argv[0]. */
	argv[0] = program;
	/* "+": what follows the command is the command's. */
	while ((c = getopt_long(argc, argv, "+h", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			return show_general_help();
		case 'V':
			puts("backpopctl " BACKPOP_VERSION);
			return ctl_finish_output();
		default:
			fputs("Try 'backpopctl --help'.\n", stderr);
			return CTL_USAGE;
		}
	}
	if (optind == argc) {
		fputs("backpopctl: no command\nTry 'backpopctl --help'.\n", stderr);
		return CTL_USAGE;
	}

	argc -= optind;
	argv += optind;
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(argv[0], commands[i]->name))
			continue;
		argv[0] = program;
		optind = 0;	/* glibc: start anew on another argv */
		return commands[i]->run(commands[i], argc, argv);
	}
	ctl_complain("no command \"%s\"", argv[0]);
	fputs("Try 'backpopctl --help'.\n", stderr);
	return CTL_USAGE;
}
