// SPDX-License-Identifier: GPL-2.0-or-later
/* backpop-score: truth beside found. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "score.h"

#define EXIT_USAGE	2

static const char usage[] =
	"Usage: backpop-score [OPTION]... TRUTH.jsonl EVENTS.jsonl [TRUTH2 EVENTS2]...\n"
	"Score event lines (as 'backpopctl detect --json' prints) against the truth of a\n"
	"generated session; several pairs are pooled. \"-\" as EVENTS is standard input.\n"
	"\n"
	"  --json            one JSON object instead of a table; times in seconds\n"
	"  --collar S        onsets may differ by this much (default 0.05)\n"
	"  --min-snr DB      quieter true events count neither as hits nor as misses\n"
	"  --sharp-only      crepitus and lung crackles, and what is found in them, count neither\n"
	"                    way: for detectors that know no trains\n"
	"  --origin-ns NS    live lines: second 0 is NS on the clock of onset_ns\n"
	"  --ttl-log FILE    with --origin-ns: lines \"t_ns level\" of the trigger output\n"
	"  --help, --version\n";

__attribute__((format(printf, 1, 2), noreturn))
static void usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("backpop-score: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry 'backpop-score --help'.\n", stderr);
	exit(EXIT_USAGE);
}

static double number(const char *option, const char *value, double lo, double hi)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(value, &end);
	if (end == value || *end || errno || !(v >= lo && v <= hi))
		usage_error("--%s: \"%s\" is not a number from %g to %g", option, value, lo, hi);
	return v;
}

static int64_t nanoseconds(const char *value)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(value, &end, 10);
	if (end == value || *end || errno || v < 0)
		usage_error("--origin-ns: \"%s\" is not a number of nanoseconds", value);
	return v;
}

static bool parse_options(int argc, char **argv, struct score_options *opt)
{
	enum { SHARP, JSON, COLLAR, MIN_SNR, ORIGIN, TTL, HELP, VERSION };
	static const struct option options[] = {
		{ "json", no_argument, NULL, JSON },
		{ "sharp-only", no_argument, NULL, SHARP },
		{ "collar", required_argument, NULL, COLLAR },
		{ "min-snr", required_argument, NULL, MIN_SNR },
		{ "origin-ns", required_argument, NULL, ORIGIN },
		{ "ttl-log", required_argument, NULL, TTL },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ 0 }
	};
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case JSON:
			json = true;
			break;
		case SHARP:
			opt->sharp_only = true;
			break;
		case COLLAR:
			opt->collar_s = number("collar", optarg, 0.001, 10.0);
			break;
		case MIN_SNR:
			opt->min_snr_db = number("min-snr", optarg, -100.0, 200.0);
			break;
		case ORIGIN:
			opt->live = true;
			opt->origin_ns = nanoseconds(optarg);
			break;
		case TTL:
			opt->ttl_path = optarg;
			break;
		case HELP:
			fputs(usage, stdout);
			exit(0);
		case VERSION:
			puts("backpop-score " BACKPOP_VERSION);
			exit(0);
		default:
			fputs("Try 'backpop-score --help'.\n", stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind == argc || (argc - optind) % 2)
		usage_error("needs pairs of TRUTH and EVENTS");
	if (opt->ttl_path && !opt->live)
		usage_error("--ttl-log needs --origin-ns");
	if (opt->live && argc - optind > 2)
		usage_error("--origin-ns fits one pair only");
	return json;
}

int main(int argc, char **argv)
{
	struct score_options opt = { .collar_s = SCORE_COLLAR_S, .min_snr_db = -INFINITY };
	char err[SCORE_ERROR_SIZE] = "out of memory";
	bool json = parse_options(argc, argv, &opt);
	struct score score;
	int ret = 0;

	score_init(&score, &opt);
	for (int i = optind; !ret && i < argc; i += 2) {
		struct score_session session;

		ret = score_load(&session, &opt, argv[i], argv[i + 1], err);
		if (!ret) {
			ret = score_add(&score, &session);
			score_unload(&session);
		}
	}
	if (!ret) {
		ret = json ? score_print_json(stdout, &score) : score_print_table(stdout, &score);
		if (ret)
			snprintf(err, sizeof(err), "standard output: %s", strerror(-ret));
	}
	if (ret)
		fprintf(stderr, "backpop-score: %s\n", err);
	score_free(&score);
	return ret ? 1 : 0;
}
