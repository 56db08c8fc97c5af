// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backpop-feed: plays a session file into a simulated chip, in real time.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "sim/backpop_sim_uapi.h"
#include "sim/feed_session.h"

#define NS_PER_S	1000000000LL
#define CHUNK		1024	/* records a write */
#define TICK_MS		50	/* how often a waiting feeder looks for the session's start */
#define RAMP_MS		500	/* from rest to the session's first record, and back */
#define PROGRESS_S	10
#define PATIENCE_S	5	/* until it says what it is waiting for */

struct options {
	char device[64];
	const char *path;
	const char *session;
	enum feed_signals signals;
	bool loop;
	bool quiet;
	int64_t start_at;	/* -1: as soon as the chip samples */
};

struct feeder {
	const struct options *opt;
	struct feed_session *session;
	int fd;
	int64_t opened;
	uint32_t ramp;		/* records */
	int64_t ramp_ns;
	int64_t t0;		/* of the session, after the ramp; -1: not yet */
	int64_t told;		/* session second of the last progress line */
	bool impatient;
};

static const char usage_text[] =
	"usage: backpop-feed [OPTION]... SESSION.edf\n"
	"Play the accelerometer and film signals of an EDF+ session into a simulated chip\n"
	"(module backpop_sim), in real time. Prints t0_ns=N, the CLOCK_MONOTONIC time of the\n"
	"session's start, as soon as it is known; half a second before it and after its end\n"
	"leads from rest to its first record and back.\n"
	"  --chip N          chip number, 0 (default) or 1\n"
	"  --device PATH     feed device, default /dev/backpop_simN\n"
	"  --signals WHICH   all (default), motion or film; the others rest\n"
	"  --start-at NS     start at this CLOCK_MONOTONIC time, default: when the chip samples\n"
	"  --loop            start again at the end, for ever\n"
	"  --quiet           no progress on stderr\n"
	"  --help, --version\n"
	"exit status: 0 played, 1 failed or the chip ran out of records, 2 usage\n";

static int usage_error(const char *what, const char *value)
{
	fprintf(stderr, "backpop-feed: %s%s%s\nTry 'backpop-feed --help'.\n", what,
		value ? ": " : "", value ? value : "");
	return 2;
}

static int failed(const char *what, const char *why)
{
	fprintf(stderr, "backpop-feed: %s: %s\n", what, why);
	return 1;
}

static bool parse_number(const char *text, int64_t max, int64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno && *value <= max;
}

static bool parse_signals(const char *text, enum feed_signals *signals)
{
	static const char *const names[] = { "all", "motion", "film" };

	for (int i = FEED_ALL; i <= FEED_FILM; i++) {
		if (!strcmp(text, names[i])) {
			*signals = i;
			return true;
		}
	}
	return false;
}

/* Return: -1 = go on, else the exit status. */
static int parse(struct options *opt, int argc, char **argv)
{
	enum { CHIP = 256, DEVICE, SIGNALS, START_AT, LOOP, QUIET, VERSION };
	static const struct option longs[] = {
		{ "chip", required_argument, NULL, CHIP },
		{ "device", required_argument, NULL, DEVICE },
		{ "signals", required_argument, NULL, SIGNALS },
		{ "start-at", required_argument, NULL, START_AT },
		{ "loop", no_argument, NULL, LOOP },
		{ "quiet", no_argument, NULL, QUIET },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, VERSION },
		{ NULL, 0, NULL, 0 }
	};
	int64_t chip = 0;
	int c;

	opt->start_at = -1;
	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (c) {
		case CHIP:
			if (!parse_number(optarg, 1, &chip))
				return usage_error("--chip must be 0 or 1", optarg);
			break;
		case DEVICE:
			opt->path = optarg;
			break;
		case SIGNALS:
			if (!parse_signals(optarg, &opt->signals))
				return usage_error("--signals must be all, motion or film", optarg);
			break;
		case START_AT:
			if (!parse_number(optarg, INT64_MAX, &opt->start_at))
				return usage_error("--start-at must be a time in ns", optarg);
			break;
		case LOOP:
			opt->loop = true;
			break;
		case QUIET:
			opt->quiet = true;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		case VERSION:
			puts("backpop-feed " BACKPOP_VERSION);
			return 0;
		default:
			return usage_error("bad option", NULL);
		}
	}
	if (optind == argc)
		return usage_error("no session file given", NULL);
	if (optind + 1 < argc)
		return usage_error("more than one session file", argv[optind + 1]);
	opt->session = argv[optind];
	snprintf(opt->device, sizeof(opt->device), "/dev/backpop_sim%d", (int)chip);
	if (!opt->path)
		opt->path = opt->device;
	return -1;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* Find out about the session's start, and tell how far it is. */
static void look(struct feeder *f)
{
	int64_t now = now_ns(), at;

	if (f->t0 < 0 && !ioctl(f->fd, BSIM_IOC_T0, &f->t0) && f->t0 >= 0) {
		f->t0 += f->ramp_ns;
		printf("t0_ns=%" PRId64 "\n", f->t0);
		fflush(stdout);
	}
	if (f->opt->quiet)
		return;
	if (f->t0 < 0) {
		if (!f->impatient && now - f->opened > PATIENCE_S * NS_PER_S) {
			fprintf(stderr, "backpop-feed: waiting for the chip to stream\n");
			f->impatient = true;
		}
		return;
	}
	at = (now - f->t0) / NS_PER_S;
	if (at >= f->told + PROGRESS_S) {
		fprintf(stderr, "backpop-feed: %" PRId64 " s played\n", at);
		f->told = at;
	}
}

static int write_all(struct feeder *f, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		struct pollfd poll_fd = { .fd = f->fd, .events = POLLOUT };
		ssize_t n = write(f->fd, p, size);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		} else if (poll(&poll_fd, 1, TICK_MS) < 0 && errno != EINTR) {
			return -errno;
		}
		look(f);
	}
	return 0;
}

static int open_device(struct feeder *f)
{
	struct bsim_feed_header header = {
		.magic = BSIM_MAGIC, .rate_mhz = feed_rate_mhz(f->session),
	};
	const char *path = f->opt->path;
	int64_t start_at;
	int ret;

	f->fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (f->fd < 0)
		return failed(path, errno == ENOENT ? "no such device: is backpop_sim loaded?" :
			      errno == EBUSY ? "another feeder has it open" : strerror(errno));
	if (ioctl(f->fd, BSIM_IOC_T0, &f->t0))
		return failed(path, "not a feed device of backpop_sim");
	ret = write_all(f, &header, sizeof(header));
	if (ret)
		return failed(path, strerror(-ret));
	f->ramp = header.rate_mhz / 1000 * RAMP_MS / 1000;
	f->ramp_ns = (int64_t)f->ramp * (1000 * NS_PER_S) / header.rate_mhz;
	start_at = f->opt->start_at - f->ramp_ns;
	if (f->opt->start_at >= 0 && ioctl(f->fd, BSIM_IOC_START_AT, &start_at))
		return failed("--start-at", errno == ETIME ? "that time has passed" :
			      strerror(errno));
	return 0;
}

/* A step from rest to the session's posture would be a blow on the sensor. */
static int write_ramp(struct feeder *f, const struct bsim_feed_sample *from,
		      const struct bsim_feed_sample *to)
{
	struct bsim_feed_sample records[CHUNK];
	int ret = 0;

	for (uint32_t i = 0, n = 0; i < f->ramp && !ret; i++) {
		double part = 0.5 - 0.5 * cos(M_PI * (i + 1) / (f->ramp + 1));
		struct bsim_feed_sample *r = &records[n++];

		for (int a = 0; a < 3; a++)
			r->accel_ug[a] = from->accel_ug[a] +
				(int32_t)(part * ((double)to->accel_ug[a] - from->accel_ug[a]));
		r->film_nv = from->film_nv + (int32_t)(part * ((double)to->film_nv - from->film_nv));
		if (n < CHUNK && i + 1 < f->ramp)
			continue;
		ret = write_all(f, records, n * sizeof(*records));
		n = 0;
	}
	return ret;
}

static int feed(struct feeder *f)
{
	static const struct bsim_feed_sample rest = { .accel_ug = { 0, 0, 1000000 } };
	struct bsim_feed_sample records[CHUNK], last = rest;
	bool begun = false;
	ssize_t n;
	int ret;

	while ((n = feed_read(f->session, records, CHUNK)) > 0) {
		ret = begun ? 0 : write_ramp(f, &rest, records);
		begun = true;
		last = records[n - 1];
		if (!ret)
			ret = write_all(f, records, (size_t)n * sizeof(*records));
		if (ret)
			return failed(f->opt->path, strerror(-ret));
	}
	if (n < 0)
		return failed(f->opt->session, feed_error(f->session));
	ret = write_ramp(f, &last, &rest);
	return ret ? failed(f->opt->path, strerror(-ret)) : 0;
}

/* Wait until all was played. */
static int drain(struct feeder *f)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000L };
	uint64_t underruns = 0;
	char text[80];

	if (ioctl(f->fd, BSIM_IOC_END))
		return failed(f->opt->path, strerror(errno));
	/* The chip may not have begun to sample: nothing is played until it does. */
	while (look(f), f->t0 < 0)
		nanosleep(&tick, NULL);
	while (ioctl(f->fd, BSIM_IOC_DRAIN))
		if (errno != EINTR)
			return failed(f->opt->path, strerror(errno));
	if (ioctl(f->fd, BSIM_IOC_UNDERRUNS, &underruns))
		return failed(f->opt->path, strerror(errno));
	if (!underruns)
		return 0;
	snprintf(text, sizeof(text), "the chip ran out of records %" PRIu64 " times", underruns);
	return failed(f->opt->path, text);
}

int main(int argc, char **argv)
{
	char err[FEED_ERROR_SIZE];
	struct options opt = { 0 };
	struct feeder f = { .opt = &opt, .fd = -1, .t0 = -1 };
	int ret = parse(&opt, argc, argv);

	if (ret >= 0)
		return ret;
	f.session = feed_open(opt.session, opt.signals, opt.loop, err);
	if (!f.session) {
		fprintf(stderr, "backpop-feed: %s\n", err);
		return 1;
	}
	if (err[0])
		fprintf(stderr, "backpop-feed: warning: %s\n", err);
	f.opened = now_ns();
	ret = open_device(&f);
	if (!ret)
		ret = feed(&f);
	if (!ret)
		ret = drain(&f);
	if (f.fd >= 0)
		close(f.fd);
	feed_close(f.session);
	return ret;
}
