// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl replay: a daemon of its own on the session bus plays a recording. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/ctl.h"

#define WITH_BUS	"BACKPOP_REPLAY_WITH_BUS"	/* we have been here: do not loop */

struct replay {
	const char *daemon;
	const char *file;
	const char *speed;
	pid_t pid;
};

static int on_child(sd_event_source *src, const siginfo_t *si, void *userdata)
{
	struct replay *r = userdata;

	(void)si;
	/* It has said why, on our standard error. */
	r->pid = 0;
	return sd_event_exit(sd_event_source_get_event(src), CTL_FAILURE);
}

/* The monitor listens: let the daemon begin. */
static int start(sd_event *loop, void *userdata)
{
	struct replay *r = userdata;
	sigset_t set;
	int ret;

	/* The child must not inherit what the monitor has blocked, and sd-event wants SIGCHLD so. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r->pid = fork();
	if (r->pid < 0) {
		ctl_complain("cannot start a process: %s", strerror(errno));
		return -errno;
	}
	if (!r->pid) {
		sigfillset(&set);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		signal(SIGPIPE, SIG_DFL);
		execl(r->daemon, "backpopd", "--user", "--replay", r->file, "--speed", r->speed,
		      (char *)NULL);
		ctl_complain("%s: %s", r->daemon, strerror(errno));
		_exit(CTL_FAILURE);
	}
	ret = sd_event_add_child(loop, NULL, r->pid, WEXITED, on_child, r);
	if (ret < 0)
		ctl_complain("cannot watch the daemon: %s", strerror(-ret));
	return ret;
}

static void stop(const struct replay *r)
{
	if (r->pid <= 0)
		return;
	kill(r->pid, SIGTERM);
	waitpid(r->pid, NULL, 0);
}

/* A login without a desktop has no session bus: take one for this run. */
static int run_with_bus(char **argv)
{
	static char wrapper[] = "dbus-run-session", dashes[] = "--";
	char *args[16] = { wrapper, dashes };
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int count = 2;

	if (n < 0 || getenv(WITH_BUS)) {
		ctl_complain("there is no session bus: DBUS_SESSION_BUS_ADDRESS is not set");
		return CTL_FAILURE;
	}
	self[n] = '\0';
	setenv(WITH_BUS, "1", 1);
	args[count++] = self;
	for (int i = 0; argv[i] && count < 15; i++)
		args[count++] = argv[i];
	execvp(wrapper, args);
	ctl_complain("there is no session bus, and dbus-run-session: %s", strerror(errno));
	return CTL_FAILURE;
}

static bool take_speed(const char *argument, void *value)
{
	*(const char **)value = argument;
	return !strcmp(argument, "1") || !strcmp(argument, "max");
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	static char name[] = "replay";
	struct replay r = { .daemon = BACKPOP_LIBEXECDIR "/backpopd", .speed = "1" };
	struct ctl_monitor_options opt = {
		.session = true,
		.listening = start,
		.userdata = &r,
	};
	const struct ctl_option options[] = {
		{ .name = "speed", .argument = "1|max", .value = &r.speed, .take = take_speed,
		  .wanted = "1 or max",
		  .help = "at the recording's pace (default), or without waiting" },
		{ .name = "json", .value = &opt.json, .help = "one JSON object a line" },
		{ .name = "backpopd", .argument = "FILE", .value = &r.daemon,
		  .help = "the daemon's program" },
		{ 0 }
	};
	int ret = ctl_parse(cmd, options, argc, argv);

	if (ret != CTL_GO_ON)
		return ret;
	if (optind == argc)
		return ctl_usage_error(cmd, "which file?");
	if (optind + 1 < argc)
		return ctl_usage_error(cmd, "unexpected \"%s\"", argv[optind + 1]);
	r.file = argv[optind];
	if (access(r.file, R_OK)) {
		ctl_complain("%s: %s", r.file, strerror(errno));
		return CTL_FAILURE;
	}
	if (access(r.daemon, X_OK)) {
		ctl_complain("%s: %s; --backpopd names the daemon's program", r.daemon,
			     strerror(errno));
		return CTL_FAILURE;
	}
	if (!getenv("DBUS_SESSION_BUS_ADDRESS") && !getenv("XDG_RUNTIME_DIR")) {
		/* argv[0] is the program's name by now; its place takes the command's. */
		argv[0] = name;
		return run_with_bus(argv);
	}
	ret = ctl_monitor_run(&opt);
	stop(&r);
	return ret;
}

const struct ctl_command ctl_replay = {
	.name = "replay",
	.arguments = "[OPTION]... FILE.edf",
	.operands = CTL_OPERANDS,
	.summary = "play a recording through a daemon of its own",
	.help =
	"Start a backpopd on the session bus that plays the recording in place of a\n"
	"sensor, and show the events as monitor does.  Other programs can listen there\n"
	"meanwhile.  (Just the events, at once: backpopctl detect.)\n",
	.run = run,
};
