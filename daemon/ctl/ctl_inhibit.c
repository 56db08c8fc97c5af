// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl inhibit: run a program on a device that the daemon lends for as long. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/ctl.h"

/* As a shell tells it: the program's status, or 128 and the signal. */
static int run_program(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid < 0) {
		ctl_complain("cannot start a process: %s", strerror(errno));
		return CTL_FAILURE;
	}
	if (!pid) {
		execvp(argv[0], argv);
		ctl_complain("%s: %s", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CTL_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	const char *path = ctl_sensor_path("iio:device0"), *why = NULL;
	bool session = false;
	const struct ctl_option options[] = {
		CTL_OPTION_SENSOR(&path, "default: iio:device0"),
		{ .name = "why", .argument = "TEXT", .value = &why,
		  .help = "shown to who asks for the sensor's state;\n"
			  "default: the program's name" },
		CTL_OPTION_USER(&session),
		{ 0 }
	};
	int fd, ret = ctl_parse(cmd, options, argc, argv);
	sd_bus *bus;

	if (ret != CTL_GO_ON)
		return ret;
	if (optind == argc)
		return ctl_usage_error(cmd, "which program?");
	bus = ctl_bus_open(session);
	if (!bus)
		return CTL_FAILURE;
	/* The lease goes when we do. */
	fd = ctl_bus_get_fd(bus, path, "Inhibit", "s", why ? why : argv[optind]);
	ret = fd < 0 ? CTL_FAILURE : run_program(argv + optind);
	if (fd >= 0)
		close(fd);
	sd_bus_flush_close_unref(bus);
	return ret;
}

const struct ctl_command ctl_inhibit = {
	.name = "inhibit",
	.arguments = "[OPTION]... PROGRAM [ARGUMENT]...",
	.operands = CTL_PROGRAM,
	.summary = "lend the sensor's device to a program",
	.help =
	"Have the daemon let go of the sensor's device, run the program (iio_readdev...),\n"
	"and give the device back when it ends.  The exit status is the program's, 127 if\n"
	"there is no such program, 1 if the daemon does not lend the device.\n",
	.run = run,
};
