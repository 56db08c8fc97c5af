// SPDX-License-Identifier: GPL-2.0-or-later
/* backpop-gen: write a test session and its truth. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"

#define EXIT_USAGE	2
#define MAX_DURATION_S	(7 * 86400)
#define DEFAULT_GAP_S	0.020

static const char usage[] =
	"Usage: backpop-gen [OPTION]... --out FILE.edf\n"
	"Write a simulated session (EDF+) and its truth (one JSON object a line).\n"
	"\n"
	"  --seed N           all randomness comes from it (default 1)\n"
	"  --mode MODE        motion+film, film, film800, motion or pair (default motion+film)\n"
	"  --script SCRIPT    demo, rest, day, dense, crowded, mixed, walk, crepitus, negatives or\n"
	"                     pairs (default demo)\n"
	"  --duration S       whole seconds (default 120 for demo, 600 for the others)\n"
	"  --activity WHAT    of negatives: any, rest, move, walking, or one artefact alone (tap,\n"
	"                     step, cough, speech, rub, knock, mains, tug, typing, laughter, creak,\n"
	"                     touch) (default any); of other scripts: their only artefact\n"
	"  --gap MS           of pairs: between two pops, 0 to 200; 0 = single ones (default 20)\n"
	"  --snr DB           make every pop and snap this high over the sensor's noise\n"
	"  --background FILE  a real recording (text or CSV, may be gzipped) as the body: posture,\n"
	"                     breathing, heart and gait are the recording's\n"
	"\n"
	"The sensor (what is not given is the mode's, or drawn from the seed):\n"
	"  --motion-rate HZ, --film-rate HZ\n"
	"                     200, 400, 800, 1600, 3200 or 6400, of channels that the mode has\n"
	"  --range G          accelerometer, 2, 4, 8 or 16 (default 4)\n"
	"  --odr-error PCT    its clock runs fast by this much, -5 to 5\n"
	"  --drops PCT        samples that repeat the one before, 0 to 10\n"
	"  --lag MS           film behind the accelerometer, -5 to 5\n"
	"  --loose            a loose mount\n"
	"\n"
	"  --out FILE         the session\n"
	"  --truth FILE       the truth (default: FILE with .truth.jsonl instead of .edf)\n"
	"  --help, --version\n";

__attribute__((format(printf, 1, 2), noreturn))
static void usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("backpop-gen: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("\nTry 'backpop-gen --help'.\n", stderr);
	exit(EXIT_USAGE);
}

static int pick(const char *option, const char *value, const char *(*name)(int), int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(value, name(i)))
			return i;
	usage_error("--%s: unknown value \"%s\"", option, value);
}

static const char *mode_name(int i)
{
	return gen_mode_name((enum gen_mode)i);
}

static const char *script_name(int i)
{
	return gen_script_name((enum gen_script)i);
}

static const char *activity_name(int i)
{
	return gen_activity_name((enum gen_activity)i);
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

/* One of @n whole numbers. */
static int one_of(const char *option, const char *value, const int *numbers, size_t n)
{
	double v = number(option, value, 0, 1e6);

	for (size_t i = 0; i < n; i++)
		if (v == numbers[i])
			return numbers[i];
	usage_error("--%s: \"%s\" is none of those that --help lists", option, value);
}

static uint64_t seed(const char *value)
{
	unsigned long long v;
	char *end;

	errno = 0;
	v = strtoull(value, &end, 0);
	if (end == value || *end || errno || value[0] == '-')
		usage_error("--seed: \"%s\" is not an integer from 0 to 2^64 - 1", value);
	return v;
}

/* SESSION.edf -> SESSION.truth.jsonl */
static void default_truth(char *truth, const char *out)
{
	size_t n = strlen(out);

	if (n > 4 && !strcmp(out + n - 4, ".edf"))
		n -= 4;
	if (n + sizeof(".truth.jsonl") > GEN_PATH_SIZE)
		usage_error("--out: path too long");
	memcpy(truth, out, n);
	strcpy(truth + n, ".truth.jsonl");
}

static void parse_options(int argc, char **argv, struct gen_options *opt)
{
	enum { SEED, MODE, SCRIPT, DURATION, SNR, OUT, TRUTH, HELP, VERSION, ACTIVITY, BACKGROUND,
	       MOTION_RATE, FILM_RATE, RANGE, ODR_ERROR, DROPS, LAG, LOOSE, GAP };
	static const int rates[] = { 200, 400, 800, 1600, 3200, 6400 }, ranges[] = { 2, 4, 8, 16 };
	static const struct option options[] = {
		{ "seed", required_argument, NULL, SEED },
		{ "mode", required_argument, NULL, MODE },
		{ "script", required_argument, NULL, SCRIPT },
		{ "duration", required_argument, NULL, DURATION },
		{ "snr", required_argument, NULL, SNR },
		{ "activity", required_argument, NULL, ACTIVITY },
		{ "gap", required_argument, NULL, GAP },
		{ "background", required_argument, NULL, BACKGROUND },
		{ "motion-rate", required_argument, NULL, MOTION_RATE },
		{ "film-rate", required_argument, NULL, FILM_RATE },
		{ "range", required_argument, NULL, RANGE },
		{ "odr-error", required_argument, NULL, ODR_ERROR },
		{ "drops", required_argument, NULL, DROPS },
		{ "lag", required_argument, NULL, LAG },
		{ "loose", no_argument, NULL, LOOSE },
		{ "out", required_argument, NULL, OUT },
		{ "truth", required_argument, NULL, TRUTH },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case SEED:
			opt->seed = seed(optarg);
			break;
		case MODE:
			opt->mode = (enum gen_mode)pick("mode", optarg, mode_name, MODE_COUNT);
			break;
		case SCRIPT:
			opt->script = (enum gen_script)pick("script", optarg, script_name,
							    SCRIPT_COUNT);
			break;
		case DURATION:
			opt->duration_s = number("duration", optarg, 1, MAX_DURATION_S);
			if (opt->duration_s != floor(opt->duration_s))
				usage_error("--duration: \"%s\" is not a whole number", optarg);
			break;
		case SNR:
			opt->snr_db = number("snr", optarg, -20, 60);
			break;
		case ACTIVITY:
			opt->activity = (enum gen_activity)pick("activity", optarg, activity_name,
								ACTIVITY_COUNT);
			break;
		case GAP:
			opt->gap_s = 1e-3 * number("gap", optarg, 0.0, 200.0);
			break;
		case BACKGROUND:
			opt->background = optarg;
			break;
		case MOTION_RATE:
			opt->accel_rate = one_of("motion-rate", optarg, rates, 6);
			break;
		case FILM_RATE:
			opt->film_rate = one_of("film-rate", optarg, rates, 6);
			break;
		case RANGE:
			opt->full_scale_g = one_of("range", optarg, ranges, 4);
			break;
		case ODR_ERROR:
			opt->odr_error = 0.01 * number("odr-error", optarg, -5.0, 5.0);
			break;
		case DROPS:
			opt->drop_share = 0.01 * number("drops", optarg, 0.0, 10.0);
			break;
		case LAG:
			opt->lag_s = 1e-3 * number("lag", optarg, -5.0, 5.0);
			break;
		case LOOSE:
			opt->loose_mount = true;
			break;
		case OUT:
			opt->out = optarg;
			break;
		case TRUTH:
			opt->truth = optarg;
			break;
		case HELP:
			fputs(usage, stdout);
			exit(0);
		case VERSION:
			puts("backpop-gen " BACKPOP_VERSION);
			exit(0);
		default:
			fputs("Try 'backpop-gen --help'.\n", stderr);
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc)
		usage_error("unexpected argument \"%s\"", argv[optind]);
	if (!opt->out)
		usage_error("--out is missing");
	if (opt->activity != ACTIVITY_ANY && opt->activity < ACTIVITY_ARTEFACT &&
	    opt->script != SCRIPT_NEGATIVES)
		usage_error("--activity, unless it is an artefact, goes with --script negatives");
	if (!isnan(opt->gap_s) && opt->script != SCRIPT_PAIRS)
		usage_error("--gap goes with --script pairs");
	if (isnan(opt->gap_s))
		opt->gap_s = DEFAULT_GAP_S;
}

int main(int argc, char **argv)
{
	static char truth[GEN_PATH_SIZE];
	struct gen_options opt = GEN_OPTIONS_DEFAULT;
	char err[GEN_ERROR_SIZE];

	parse_options(argc, argv, &opt);
	if (opt.duration_s == 0.0)
		opt.duration_s = opt.script == SCRIPT_DEMO ? 120.0 : 600.0;
	if (!opt.truth) {
		default_truth(truth, opt.out);
		opt.truth = truth;
	}
	if (gen_session(&opt, err)) {
		fprintf(stderr, "backpop-gen: %s\n", err);
		return 1;
	}
	return 0;
}
