// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl: a command's options, read and shown from one table. */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

#define OPTIONS_MAX	16
#define FIRST		256	/* getopt's value of the table's first row */

static const struct ctl_option help_option = { .name = "help", .help = "show this" };

/* "--count N" */
static int print_name(char *out, size_t size, const struct ctl_option *o)
{
	return snprintf(out, size, "--%s%s%s", o->name, o->argument ? " " : "",
			o->argument ? o->argument : "");
}

static void show_option(const struct ctl_option *o, int width)
{
	const char *line = o->help, *end;
	char name[64];

	if (!line)
		return;
	print_name(name, sizeof(name), o);
	printf("  %-*s  ", width, name);
	for (; (end = strchr(line, '\n')); line = end + 1)
		printf("%.*s\n%*s", (int)(end - line), line, width + 4, "");
	puts(line);
}

static int show_help(const struct ctl_command *cmd, const struct ctl_option *options)
{
	int width = print_name(NULL, 0, &help_option), n;

	for (const struct ctl_option *o = options; o->name; o++) {
		n = o->help ? print_name(NULL, 0, o) : 0;
		width = n > width ? n : width;
	}
	printf("Usage: backpopctl %s %s\n\n%s\n", cmd->name, cmd->arguments, cmd->help);
	for (const struct ctl_option *o = options; o->name; o++)
		show_option(o, width);
	show_option(&help_option, width);
	return ctl_finish_output();
}

static bool take(const struct ctl_option *o, const char *argument)
{
	if (o->take)
		return o->take(argument, o->value);
	if (o->argument)
		*(const char **)o->value = argument;
	else
		*(bool *)o->value = true;
	return true;
}

int ctl_parse(const struct ctl_command *cmd, const struct ctl_option *options, int argc,
	      char **argv)
{
	struct option list[OPTIONS_MAX + 2] = { 0 };
	const struct ctl_option *o;
	size_t n;
	int c;

	for (n = 0; options[n].name; n++) {
		assert(n < OPTIONS_MAX);
		list[n] = (struct option){ options[n].name,
					   options[n].argument ? required_argument : no_argument,
					   NULL, FIRST + (int)n };
	}
	list[n] = (struct option){ help_option.name, no_argument, NULL, 'h' };

	while ((c = getopt_long(argc, argv, cmd->operands == CTL_PROGRAM ? "+h" : "h", list,
				NULL)) != -1) {
		if (c == 'h')
			return show_help(cmd, options);
		if (c < FIRST)
			return ctl_try_help(cmd);
		o = &options[c - FIRST];
		if (!take(o, optarg))
			return ctl_usage_error(cmd, "--%s: \"%s\" is not %s", o->name, optarg,
					       o->wanted);
	}
	if (cmd->operands == CTL_NO_OPERANDS && optind < argc)
		return ctl_usage_error(cmd, "unexpected \"%s\"", argv[optind]);
	return CTL_GO_ON;
}

/* ---- arguments ------------------------------------------------------------- */

bool ctl_parse_number(const char *text, uint64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !*end && !errno && *number > 0;
}

bool ctl_take_number(const char *argument, void *value)
{
	return ctl_parse_number(argument, value);
}

bool ctl_take_sensor(const char *argument, void *value)
{
	const char *path = ctl_sensor_path(argument);

	*(const char **)value = path;
	return path;
}
