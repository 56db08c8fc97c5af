// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * source_open_edf(): session files as frames.  The files are written here byte by
 * byte, not by daemon/edf, so that they may be as wrong as a test wants.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/source.h"
#include "unit/ktap.h"

#define MAX_SIGNALS	6
#define TAL_BYTES	32
#define NS_PER_S	1000000000LL

struct signal {
	const char *label;
	const char *dimension;
	const char *phys_min, *phys_max;
	const char *dig_min, *dig_max;
	unsigned int per_record;
};

struct recording {
	const char *reserved;		/* "EDF+C" */
	const char *duration;
	unsigned int n_records;		/* present; the header may say otherwise */
	int declared;			/* 0 = n_records */
	unsigned int cut_bytes;		/* taken off the end */
	const double *onsets;		/* of each record, NULL = none written */
	unsigned int n_signals;
	struct signal signals[MAX_SIGNALS];
	/* Count of sample @k of the whole file. */
	int16_t (*count)(unsigned int signal, unsigned int k);
};

static char path[] = "/tmp/source_edf-XXXXXX";

#define ACCEL(axis, n)	{ "Accel " axis, "mg", "-16000", "16000", "-32000", "32000", n }
#define FILM_SIGNAL(n)	{ "Film", "mV", "-200", "200", "-20000", "20000", n }

static int16_t ramp(unsigned int signal, unsigned int k)
{
	return (int16_t)(1000 * (int)signal + (int)(k % 1000));
}

static void field(FILE *f, int width, const char *text)
{
	fprintf(f, "%-*.*s", width, width, text);
}

static void number(FILE *f, int width, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	field(f, width, text);
}

static void write_header(FILE *f, const struct recording *r, unsigned int n)
{
	const struct signal *s = r->signals;

	field(f, 8, "0");
	field(f, 80, "X X X X");
	field(f, 80, "Startdate X X X X");
	field(f, 16, "01.01.2600.00.00");
	number(f, 8, 256 * (int)(n + 1));
	field(f, 44, r->reserved);
	number(f, 8, r->declared ? r->declared : (int)r->n_records);
	field(f, 8, r->duration);
	number(f, 4, (int)n);
	for (unsigned int i = 0; i < n; i++)
		field(f, 16, s[i].label);
	for (unsigned int i = 0; i < n; i++)
		field(f, 80, "");
	for (unsigned int i = 0; i < n; i++)
		field(f, 8, s[i].dimension);
	for (unsigned int i = 0; i < n; i++)
		field(f, 8, s[i].phys_min);
	for (unsigned int i = 0; i < n; i++)
		field(f, 8, s[i].phys_max);
	for (unsigned int i = 0; i < n; i++)
		field(f, 8, s[i].dig_min);
	for (unsigned int i = 0; i < n; i++)
		field(f, 8, s[i].dig_max);
	for (unsigned int i = 0; i < n; i++)
		field(f, 80, "");
	for (unsigned int i = 0; i < n; i++)
		number(f, 8, (int)s[i].per_record);
	for (unsigned int i = 0; i < n; i++)
		field(f, 32, "");
}

static void write_record(FILE *f, const struct recording *r, unsigned int record)
{
	char tal[TAL_BYTES] = { 0 };

	for (unsigned int i = 0; i < r->n_signals; i++)
		for (unsigned int k = 0; k < r->signals[i].per_record; k++) {
			int16_t c = r->count(i, record * r->signals[i].per_record + k);

			fputc(c & 0xff, f);
			fputc(c >> 8 & 0xff, f);
		}
	if (!r->onsets)
		return;
	snprintf(tal, sizeof(tal), "+%.6f\x14\x14", r->onsets[record]);
	fwrite(tal, 1, sizeof(tal), f);
}

static void write_file(const struct recording *recording)
{
	struct recording r = *recording;
	unsigned int n = r.n_signals;
	FILE *f = fopen(path, "w");

	if (!f) {
		perror(path);
		exit(1);
	}
	if (!r.count)
		r.count = ramp;
	if (r.onsets)
		r.signals[n++] = (struct signal){ "EDF Annotations", "", "-1", "1", "-32768",
						  "32767", TAL_BYTES / 2 };
	write_header(f, &r, n);
	for (unsigned int i = 0; i < r.n_records; i++)
		write_record(f, &r, i);
	fflush(f);
	if (r.cut_bytes && ftruncate(fileno(f), ftell(f) - (long)r.cut_bytes))
		perror(path);
	fclose(f);
}

static struct source *open_recording(const struct recording *r)
{
	char err[SOURCE_ERROR_SIZE] = "?";
	struct source *s;

	write_file(r);
	s = source_open_edf(path, err);
	ktap_check(s, "cannot open: %s", err);
	ktap_check(!s || !err[0], "unexpected warning: %s", err);
	return s;
}

/* Read all, in calls of @chunk frames; the caller frees. */
static struct bp_frame *read_all(struct source *s, size_t chunk, size_t *n, ssize_t *end)
{
	size_t room = 1 << 16;
	struct bp_frame *frames = calloc(room, sizeof(*frames));
	ssize_t got = 0;

	*n = 0;
	while (frames && *n + chunk <= room &&
	       (got = s->ops->read(s, frames + *n, chunk)) > 0)
		*n += (size_t)got;
	*end = got;
	if (!frames)
		exit(1);
	return frames;
}

static void check_close(double got, double expected, const char *what)
{
	ktap_check(fabs(got - expected) <= 1e-6 * fmax(1.0, fabs(expected)),
		   "%s: expected %.9g, got %.9g", what, expected, got);
}

/* ---- good files ---------------------------------------------------------- */

static void test_one_rate(void)
{
	const struct recording r = {
		.reserved = "EDF+C", .duration = "1", .n_records = 3,
		.onsets = (const double[]){ 0, 1, 2 }, .n_signals = 4,
		.signals = { ACCEL("X", 800), ACCEL("Y", 800), ACCEL("Z", 800), FILM_SIGNAL(800) },
	};
	struct source *s = open_recording(&r);
	struct source_counters counters;
	struct bp_frame *f;
	ssize_t end;
	size_t n;

	if (!s)
		return;
	ktap_check(!strcmp(s->info.mode, "motion+film"), "mode is %s", s->info.mode);
	ktap_check(s->info.config.motion_rate_hz == 800 && s->info.config.film_rate_hz == 800,
		   "rates are %g, %g", s->info.config.motion_rate_hz, s->info.config.film_rate_hz);
	check_close(s->info.config.motion_range_g, 16, "motion range");
	check_close(s->info.config.film_range_mv, 200, "film range");
	ktap_check(!strcmp(s->info.name, strrchr(path, '/') + 1), "name is %s", s->info.name);
	ktap_check(!bp_config_error(&s->info.config), "%s", bp_config_error(&s->info.config));
	ktap_check(s->ops->poll_fd(s) == -1, "a file has no poll_fd");

	f = read_all(s, 777, &n, &end);
	ktap_check(n == 2400 && end == -ENODATA, "expected 2400 frames and the end, got %zu, %zd", n,
		   end);
	for (size_t k = 0; k < n; k++) {
		bool good = f[k].t_ns == (int64_t)k * 1250000 &&
			    f[k].has == (BP_HAS_MOTION | BP_HAS_FILM);

		if (!ktap_check(good, "frame %zu: t %lld, has %u", k, (long long)f[k].t_ns, f[k].has))
			break;
	}
	/* Count 1234 of Y (0.5 mg each), count 3234 of the film (0.01 mV each). */
	check_close(f[1234].accel_g[0], 0.117, "accel x");
	check_close(f[1234].accel_g[1], 0.617, "accel y");
	check_close(f[1234].accel_g[2], 1.117, "accel z");
	check_close(f[1234].film_mv, 32.34, "film");
	s->ops->counters(s, &counters);
	ktap_check(counters.frames == 2400 && counters.lost == 0, "frames %llu, lost %llu",
		   (unsigned long long)counters.frames, (unsigned long long)counters.lost);
	free(f);
	s->ops->close(s);
}

static void check_two_rates(unsigned int accel_rate, unsigned int film_rate, size_t chunk)
{
	const struct recording r = {
		.reserved = "EDF+C", .duration = "1", .n_records = 4,
		.onsets = (const double[]){ 0, 1, 2, 3 }, .n_signals = 4,
		.signals = { FILM_SIGNAL(film_rate), ACCEL("X", accel_rate), ACCEL("Y", accel_rate),
			     ACCEL("Z", accel_rate) },
	};
	struct source *s = open_recording(&r);
	unsigned int n_motion = 0, n_film = 0;
	struct bp_frame *f;
	ssize_t end;
	size_t n;

	if (!s)
		return;
	f = read_all(s, chunk, &n, &end);
	ktap_check(n == 4 * (accel_rate + film_rate), "%u/%u Hz: %zu frames", accel_rate, film_rate, n);
	for (size_t k = 0; k < n; k++) {
		bool motion = f[k].has == BP_HAS_MOTION;
		unsigned int rate = motion ? accel_rate : film_rate;
		unsigned int i = motion ? n_motion++ : n_film++;
		double t = (double)i * NS_PER_S / rate;

		if (!ktap_check(motion || f[k].has == BP_HAS_FILM, "frame %zu has %u", k, f[k].has) ||
		    !ktap_check(k == 0 || f[k].t_ns >= f[k - 1].t_ns, "frame %zu goes back", k) ||
		    !ktap_check(fabs((double)f[k].t_ns - t) <= 1, "%u Hz sample %u at %lld, not %.0f",
				rate, i, (long long)f[k].t_ns, t))
			break;
	}
	free(f);
	s->ops->close(s);
}

static void test_two_rates(void)
{
	check_two_rates(800, 3200, 1000);
	check_two_rates(800, 3200, 1);
	check_two_rates(3200, 800, 333);
	/* Neither divides the other, nor a second into whole nanoseconds. */
	check_two_rates(417, 6397, 1024);
	check_two_rates(1000, 999, 7);
}

/* A third of a second, 267 samples: a period of 1248439.138... ns must not add up wrong. */
static void test_no_drift(void)
{
	static double onsets[200];
	struct recording r = {
		.reserved = "EDF+C", .duration = "0.333333", .n_records = 200, .onsets = onsets,
		.n_signals = 1, .signals = { FILM_SIGNAL(267) },
	};
	struct bp_frame *f;
	struct source *s;
	ssize_t end;
	size_t n;

	for (unsigned int i = 0; i < 200; i++)
		onsets[i] = i * 0.333333;
	s = open_recording(&r);
	if (!s)
		return;
	f = read_all(s, 4096, &n, &end);
	for (size_t k = 0; k < n; k++) {
		int64_t exact = (int64_t)(k * 333333000ull / 267);

		if (!ktap_check(llabs(f[k].t_ns - exact) <= 1, "sample %zu at %lld, expected %lld", k,
				(long long)f[k].t_ns, (long long)exact))
			break;
	}
	ktap_check(n == 200 * 267, "%zu frames", n);
	free(f);
	s->ops->close(s);
}

static void test_modes(void)
{
	const struct recording motion = {
		.reserved = "EDF+C", .duration = "1", .n_records = 1, .onsets = (const double[]){ 0 },
		.n_signals = 3, .signals = { ACCEL("X", 200), ACCEL("Y", 200), ACCEL("Z", 200) },
	};
	const struct recording film = {
		.reserved = "EDF+C", .duration = "1", .n_records = 1, .onsets = (const double[]){ 0 },
		.n_signals = 1, .signals = { FILM_SIGNAL(6400) },
	};
	const struct recording one_axis = {
		.reserved = "EDF+C", .duration = "1", .n_records = 1, .onsets = (const double[]){ 0 },
		.n_signals = 2, .signals = { ACCEL("Z", 800), FILM_SIGNAL(3200) },
	};
	struct bp_frame *f;
	struct source *s;
	ssize_t end;
	size_t n;

	s = open_recording(&motion);
	if (s) {
		ktap_check(!strcmp(s->info.mode, "motion"), "mode is %s", s->info.mode);
		ktap_check(s->info.config.film_rate_hz == 0, "film rate is %g",
			   s->info.config.film_rate_hz);
		s->ops->close(s);
	}
	s = open_recording(&film);
	if (s) {
		ktap_check(!strcmp(s->info.mode, "film"), "mode is %s", s->info.mode);
		ktap_check(s->info.config.motion_rate_hz == 0, "motion rate is %g",
			   s->info.config.motion_rate_hz);
		s->ops->close(s);
	}
	s = open_recording(&one_axis);
	if (s) {
		ktap_check(!strcmp(s->info.mode, "motion+film"), "mode is %s", s->info.mode);
		f = read_all(s, 100, &n, &end);
		ktap_check(f[0].accel_g[0] == 0 && f[0].accel_g[1] == 0, "axes that are not there: %g, %g",
			   (double)f[0].accel_g[0], (double)f[0].accel_g[1]);
		free(f);
		s->ops->close(s);
	}
}

static void test_units(void)
{
	static const struct {
		struct signal signal;
		double value;		/* of count 100: g or mV */
	} cases[] = {
		{ { "Film", "uV", "-200000", "200000", "-20000", "20000", 800 }, 1.0 },
		{ { "Film", "V", "-0.2", "0.2", "-20000", "20000", 800 }, 1.0 },
		{ { "film", "mV", "200", "-200", "-20000", "20000", 800 }, -1.0 },
		{ { "Film", "mV", "0", "400", "-20000", "20000", 800 }, 201.0 },
		{ { "Accel X", "g", "-2", "2", "-20000", "20000", 800 }, 0.01 },
		{ { "Accel X", "m/s2", "-19.6133", "19.6133", "-20000", "20000", 800 }, 0.01 },
		{ { "ACCEL X", "mg", "-2000", "2000", "-20000", "20000", 800 }, 0.01 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recording r = {
			.reserved = "EDF+C", .duration = "1", .n_records = 1,
			.onsets = (const double[]){ 0 }, .n_signals = 1,
			.signals = { cases[i].signal },
		};
		struct source *s = open_recording(&r);
		struct bp_frame *f;
		ssize_t end;
		size_t n;

		if (!s)
			continue;
		f = read_all(s, 800, &n, &end);
		if (f[100].has & BP_HAS_FILM)
			check_close(f[100].film_mv, cases[i].value, cases[i].signal.dimension);
		else
			check_close(f[100].accel_g[0], cases[i].value, cases[i].signal.dimension);
		free(f);
		s->ops->close(s);
	}
}

static int16_t some_clipped(unsigned int signal, unsigned int k)
{
	static const int16_t accel[] = { 0, 32000, 31999, -32000, -31999, 0 };
	static const int16_t film[] = { 0, 0, 0, 0, 0, 20001 };

	return k >= 6 ? 0 : signal == 3 ? film[k] : signal == 1 ? accel[k] : 0;
}

static void test_clipped(void)
{
	const struct recording r = {
		.reserved = "EDF+C", .duration = "1", .n_records = 1, .onsets = (const double[]){ 0 },
		.n_signals = 4, .count = some_clipped,
		.signals = { ACCEL("X", 800), ACCEL("Y", 800), ACCEL("Z", 800), FILM_SIGNAL(800) },
	};
	static const bool expected[] = { false, true, false, true, false, true };
	struct source *s = open_recording(&r);
	struct bp_frame *f;
	ssize_t end;
	size_t n;

	if (!s)
		return;
	f = read_all(s, 100, &n, &end);
	for (size_t k = 0; k < 6; k++)
		ktap_check(!!(f[k].has & BP_CLIPPED) == expected[k], "frame %zu: has %u", k, f[k].has);
	free(f);
	s->ops->close(s);
}

static void test_gap(void)
{
	const struct recording r = {
		.reserved = "EDF+D", .duration = "1", .n_records = 3,
		.onsets = (const double[]){ 10.5, 11.5, 15 }, .n_signals = 1,
		.signals = { FILM_SIGNAL(800) },
	};
	struct source *s = open_recording(&r);
	struct source_counters counters;
	struct bp_frame *f;
	ssize_t end;
	size_t n;

	if (!s)
		return;
	f = read_all(s, 800, &n, &end);
	ktap_check(n == 2400, "%zu frames", n);
	ktap_check(f[0].t_ns == 0, "starts at %lld", (long long)f[0].t_ns);
	ktap_check(f[1599].t_ns == 1998750000, "ends before the gap at %lld", (long long)f[1599].t_ns);
	ktap_check(f[1600].t_ns == 4500000000, "goes on after it at %lld", (long long)f[1600].t_ns);
	s->ops->counters(s, &counters);
	ktap_check(counters.lost == 2000, "lost: expected 2000, got %llu",
		   (unsigned long long)counters.lost);
	free(f);
	s->ops->close(s);
}

/* Record starts rounded down to 1 ms are no overlap, and no step back. */
static void test_rounded_onsets(void)
{
	const struct recording r = {
		.reserved = "EDF+D", .duration = "0.333333", .n_records = 3,
		.onsets = (const double[]){ 0, 0.333, 0.666 }, .n_signals = 2,
		.signals = { FILM_SIGNAL(2133), ACCEL("X", 267) },
	};
	struct source *s = open_recording(&r);
	struct bp_frame *f;
	ssize_t end;
	size_t n;

	if (!s)
		return;
	f = read_all(s, 800, &n, &end);
	ktap_check(n == 7200 && end == -ENODATA, "%zu frames, end %zd", n, end);
	for (size_t k = 1; k < n; k++)
		if (!ktap_check(f[k].t_ns >= f[k - 1].t_ns, "frame %zu goes back", k))
			break;
	free(f);
	s->ops->close(s);
}

static void test_overlap(void)
{
	const struct recording r = {
		.reserved = "EDF+D", .duration = "1", .n_records = 3,
		.onsets = (const double[]){ 0, 1, 1.5 }, .n_signals = 1,
		.signals = { FILM_SIGNAL(800) },
	};
	struct source *s = open_recording(&r);
	struct bp_frame *f;
	ssize_t end;
	size_t n;

	if (!s)
		return;
	f = read_all(s, 1000, &n, &end);
	ktap_check(n == 1600 && end == -EINVAL, "expected 1600 frames and -EINVAL, got %zu, %zd", n, end);
	ktap_check(strstr(s->error, path) && strstr(s->error, "record 2"), "error is \"%s\"", s->error);
	ktap_check(s->ops->read(s, f, 1) == -EINVAL, "a broken source came back");
	free(f);
	s->ops->close(s);
}

static void test_cut(void)
{
	struct recording r = {
		.reserved = "EDF+C", .duration = "1", .n_records = 3, .cut_bytes = 100,
		.onsets = (const double[]){ 0, 1, 2 }, .n_signals = 1,
		.signals = { FILM_SIGNAL(800) },
	};
	char err[SOURCE_ERROR_SIZE] = "";
	struct bp_frame *f;
	struct source *s;
	ssize_t end;
	size_t n;

	write_file(&r);
	s = source_open_edf(path, err);
	if (!ktap_check(s, "%s", err))
		return;
	ktap_check(strstr(err, path), "the warning does not name the file: \"%s\"", err);
	f = read_all(s, 512, &n, &end);
	ktap_check(n == 1600 && end == -ENODATA, "expected 1600 frames and the end, got %zu, %zd", n,
		   end);
	ktap_check(!s->error[0], "error is \"%s\"", s->error);
	free(f);
	s->ops->close(s);
}

static void test_foreign(void)
{
	const struct recording r = {
		.reserved = "EDF+C", .duration = "1", .n_records = 2,
		.onsets = (const double[]){ 0, 1 }, .n_signals = 3,
		.signals = { { "ECG II", "uV", "-1", "1", "-2048", "2047", 50 }, FILM_SIGNAL(800),
			     { "Film 2", "mmHg", "-1", "1", "-2048", "2047", 9000 } },
	};
	struct source *s = open_recording(&r);
	struct bp_frame *f;
	ssize_t end;
	size_t n;

	if (!s)
		return;
	ktap_check(!strcmp(s->info.mode, "film"), "mode is %s", s->info.mode);
	f = read_all(s, 512, &n, &end);
	ktap_check(n == 1600, "%zu frames", n);
	check_close(f[801].film_mv, 18.01, "film beside foreign signals");
	free(f);
	s->ops->close(s);
}

/* ---- bad files ------------------------------------------------------------ */

static void test_refused(void)
{
	static const struct {
		const char *what, *says;
		const char *duration;
		unsigned int n;
		struct signal signals[2];
	} cases[] = {
		{ "none of ours", "Film", "1", 1, { { "EEG", "uV", "-1", "1", "-9", "9", 800 } } },
		{ "rate too low", "199", "1", 1, { FILM_SIGNAL(199) } },
		{ "rate too high", "6401", "1", 1, { FILM_SIGNAL(6401) } },
		{ "rate too high by the duration", "80000", "0.01", 1, { FILM_SIGNAL(800) } },
		{ "duration 0", "duration", "0", 1, { FILM_SIGNAL(800) } },
		{ "duration nan", "duration", "nan", 1, { FILM_SIGNAL(800) } },
		{ "duration negative", "duration", "-1", 1, { FILM_SIGNAL(800) } },
		{ "axes differ", "rate", "1", 2, { ACCEL("X", 800), ACCEL("Y", 400) } },
		{ "twice the same", "Film", "1", 2, { FILM_SIGNAL(800), FILM_SIGNAL(800) } },
		{ "dimension of film", "mmHg", "1", 1,
		  { { "Film", "mmHg", "-1", "1", "-9", "9", 800 } } },
		{ "dimension of accel", "mV", "1", 1,
		  { { "Accel X", "mV", "-1", "1", "-9", "9", 800 } } },
		{ "no dimension", "Accel X", "1", 1,
		  { { "Accel X", "", "-1", "1", "-9", "9", 800 } } },
		{ "physical range empty", "Film", "1", 1,
		  { { "Film", "mV", "5", "5", "-9", "9", 800 } } },
		{ "physical range nan", "Film", "1", 1,
		  { { "Film", "mV", "nan", "5", "-9", "9", 800 } } },
		{ "physical range absurd", "Film", "1", 1,
		  { { "Film", "V", "-1e30", "1e30", "-9", "9", 800 } } },
		{ "acceleration absurd", "Accel X", "1", 1,
		  { { "Accel X", "g", "-5000", "5000", "-9", "9", 800 } } },
		{ "digital range empty", "Film", "1", 1,
		  { { "Film", "mV", "-5", "5", "9", "9", 800 } } },
		{ "digital range reversed", "Film", "1", 1,
		  { { "Film", "mV", "-5", "5", "9", "-9", 800 } } },
		{ "digital range beyond 16 bit", "Film", "1", 1,
		  { { "Film", "mV", "-5", "5", "-40000", "40000", 800 } } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct recording r = {
			.reserved = "EDF+C", .duration = cases[i].duration, .n_records = 1,
			.onsets = (const double[]){ 0 }, .n_signals = cases[i].n,
			.signals = { cases[i].signals[0], cases[i].signals[1] },
		};
		char err[SOURCE_ERROR_SIZE] = "";
		struct source *s;

		write_file(&r);
		errno = 0;
		s = source_open_edf(path, err);
		ktap_check(!s, "%s: was opened", cases[i].what);
		ktap_check(s || errno == EINVAL, "%s: errno %d", cases[i].what, errno);
		ktap_check(strstr(err, path) && strstr(err, cases[i].says),
			   "%s: the message names not both file and \"%s\": \"%s\"", cases[i].what,
			   cases[i].says, err);
		if (s)
			s->ops->close(s);
	}
}

static void test_no_file(void)
{
	char err[SOURCE_ERROR_SIZE] = "";

	errno = 0;
	ktap_check(!source_open_edf("/nonexistent/x.edf", err), "opened nothing");
	ktap_check(errno == ENOENT, "errno %d", errno);
	ktap_check(strstr(err, "/nonexistent/x.edf"), "the message is \"%s\"", err);
	errno = 0;
	ktap_check(!source_open_edf("/tmp", err), "opened a directory");
	ktap_check(errno == EISDIR, "errno %d", errno);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "one rate: one frame with both", test_one_rate },
		{ "two rates: merged in time order", test_two_rates },
		{ "times do not drift", test_no_drift },
		{ "modes and missing axes", test_modes },
		{ "units and scaling", test_units },
		{ "clipped samples are marked", test_clipped },
		{ "EDF+D gaps stay holes", test_gap },
		{ "rounded record starts", test_rounded_onsets },
		{ "overlapping records are refused", test_overlap },
		{ "cut file: to its last whole record", test_cut },
		{ "foreign signals are ignored", test_foreign },
		{ "impossible headers are refused by name", test_refused },
		{ "no file, a directory", test_no_file },
	};
	int fd = mkstemp(path);
	int ret;

	if (fd < 0) {
		perror(path);
		return 1;
	}
	close(fd);
	ret = ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
	unlink(path);
	return ret;
}
