// SPDX-License-Identifier: GPL-2.0-or-later
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus.h"
#include "log.h"
#include "options.h"

static void usage(FILE *f)
{
	fputs("Usage: backpopd [OPTION]...\n"
	      "Listen to a back sensor and tell what pops on D-Bus (org.backpop1).\n"
	      "\n"
	      "  --config FILE          read only this configuration, no drop-ins\n"
	      "  --check-config         print the settings in force, or what is wrong; exit\n"
	      "  --quiet                with --check-config: print only what is wrong\n"
	      "  --replay FILE.edf      play a session file in place of a device\n"
	      "  --speed 1|max          pace of the replay: recorded (default), or no waiting\n"
	      "  --state DIR            keep the journal there; default $STATE_DIRECTORY, or in memory\n"
	      "  --user                 use the session bus instead of the system bus\n"
	      "  --idle-lines           make the trigger lines of a daemon that died inactive; exit\n"
	      "  --bus-introspect PATH  print the D-Bus interfaces of an object as XML; exit\n"
	      "  -h, --help             print this\n"
	      "  --version              print the version\n", f);
}

int options_parse(int argc, char **argv, struct options *opt)
{
	enum { CONFIG = 256, CHECK, QUIET, REPLAY, SPEED, USER, IDLE, STATE, INTROSPECT, VERSION };
	static const struct option options[] = {
		{ "config", required_argument, NULL, CONFIG },
		{ "check-config", no_argument, NULL, CHECK },
		{ "quiet", no_argument, NULL, QUIET },
		{ "replay", required_argument, NULL, REPLAY },
		{ "speed", required_argument, NULL, SPEED },
		{ "state", required_argument, NULL, STATE },
		{ "user", no_argument, NULL, USER },
		{ "session", no_argument, NULL, USER },	/* the name it had first */
		{ "idle-lines", no_argument, NULL, IDLE },
		{ "bus-introspect", required_argument, NULL, INTROSPECT },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, VERSION },
		{ NULL, 0, NULL, 0 }
	};
	const char *speed = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case CONFIG:
			opt->config = optarg;
			break;
		case CHECK:
			opt->check_config = true;
			break;
		case QUIET:
			opt->quiet = true;
			break;
		case REPLAY:
			opt->replay = optarg;
			break;
		case SPEED:
			speed = optarg;
			break;
		case STATE:
			opt->state = optarg;
			break;
		case USER:
			opt->user = true;
			break;
		case IDLE:
			opt->idle_lines = true;
			break;
		case INTROSPECT:
			opt->introspect = optarg;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case VERSION:
			printf("backpopd %s (D-Bus API %d)\n", BACKPOP_VERSION, BUS_API_VERSION);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		log_error("unexpected argument '%s'", argv[optind]);
		return 2;
	}
	if (opt->quiet && !opt->check_config) {
		log_error("--quiet goes with --check-config");
		return 2;
	}
	if (speed && !opt->replay) {
		log_error("--speed goes with --replay");
		return 2;
	}
	if (speed && strcmp(speed, "1") && strcmp(speed, "max")) {
		log_error("--speed is 1 or max, not '%s'", speed);
		return 2;
	}
	opt->realtime = !speed || !strcmp(speed, "1");
	return -1;
}
