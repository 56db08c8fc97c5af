// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The feeder's resampling: session time t at feed time t, values within the
 * quantisation of the file, calm edges, gaps kept, bad files refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edf/edf.h"
#include "ktap.h"
#include "sim/feed_session.h"

#define SECONDS		4
#define ACCEL_HZ	800
#define FILM_HZ		3200
#define OFFSET_MG	900.0

static char dir[] = "/tmp/feed_session.XXXXXX";
static char path[64];
static char error[FEED_ERROR_SIZE];

static double wave(double t, double hz)
{
	return sin(2 * M_PI * hz * t);
}

/* Accel X: 100 Hz on an offset; film: 700 Hz; the rest flat. */
static double value(int signal, double t)
{
	return signal == 0 ? OFFSET_MG + 300 * wave(t, 100) :
	       signal == 3 ? 50 * wave(t, 700) : signal == 2 ? 1000 : 0;
}

static const char *const labels[4] = {
	EDF_LABEL_ACCEL_X, EDF_LABEL_ACCEL_Y, EDF_LABEL_ACCEL_Z, EDF_LABEL_FILM,
};

/* @gap_s is left out after the second record */
static bool make_file(bool accel, bool film, double gap_s)
{
	struct edf_writer_info info = { .start_time = 1700000000, .discontinuous = gap_s > 0 };
	struct edf_signal signals[4];
	static int16_t counts[4][FILM_HZ];
	const int16_t *data[4];
	struct edf_writer *w;
	size_t n = 0;
	int which[4];
	char err[EDF_ERROR_SIZE];

	memset(signals, 0, sizeof(signals));
	for (int i = 0; i < 4; i++) {
		struct edf_signal *s = &signals[n];

		if (!(i == 3 ? film : accel))
			continue;
		snprintf(s->label, sizeof(s->label), "%s", labels[i]);
		snprintf(s->dimension, sizeof(s->dimension), "%s", i == 3 ? "mV" : "mg");
		s->phys_min = i == 3 ? -200 : -2000;
		s->phys_max = -s->phys_min;
		s->dig_min = -32768;
		s->dig_max = 32767;
		s->samples_per_record = i == 3 ? FILM_HZ : ACCEL_HZ;
		which[n] = i;
		data[n] = counts[n];
		n++;
	}
	w = edf_create(path, &info, signals, n, err);
	if (!ktap_check(w, "%s", err))
		return false;
	for (int r = 0; r < SECONDS; r++) {
		double onset = r + (r >= 2 ? gap_s : 0);

		for (size_t i = 0; i < n; i++)
			for (uint32_t k = 0; k < signals[i].samples_per_record; k++)
				counts[i][k] = edf_from_phys(&signals[i], value(which[i], onset +
						(double)k / signals[i].samples_per_record));
		ktap_check(!edf_write_record(w, onset, data), "record %d", r);
	}
	return ktap_check(!edf_finish(w), "finish");
}

static double got(const struct bsim_feed_sample *r, int signal)
{
	return signal == 3 ? r->film_nv * 1e-6 : r->accel_ug[signal] * 1e-3;
}

/* All records of the file at @path; the caller frees them. */
static struct bsim_feed_sample *read_all(enum feed_signals signals, size_t *n, double *rate)
{
	struct feed_session *s = feed_open(path, signals, false, error);
	struct bsim_feed_sample *out = NULL;
	size_t size = 0;
	ssize_t ret;

	*n = 0;
	if (!ktap_check(s, "%s", error))
		return NULL;
	*rate = feed_rate_mhz(s) / 1000.0;
	do {
		if (*n + 777 > size)
			out = realloc(out, (size = 2 * size + 777) * sizeof(*out));
		ret = feed_read(s, out + *n, 777);
		*n += ret > 0 ? (size_t)ret : 0;
	} while (ret > 0);
	ktap_check(ret == 0, "%s", feed_error(s));
	feed_close(s);
	return out;
}

static void expect_wave(const struct bsim_feed_sample *r, size_t n, double rate, int signal,
			double from, double to, double most)
{
	double worst = 0, where = 0;

	for (size_t i = (size_t)(from * rate); i < n && i < (size_t)(to * rate); i++) {
		double d = fabs(got(&r[i], signal) - value(signal, (double)i / rate));

		if (d > worst) {
			worst = d;
			where = (double)i / rate;
		}
	}
	ktap_check(worst <= most, "%s off by %g at %g s, allowed %g", labels[signal], worst, where,
		   most);
}

static void test_both(void)
{
	struct bsim_feed_sample *r;
	double rate;
	size_t n;

	make_file(true, true, 0);
	r = read_all(FEED_ALL, &n, &rate);
	ktap_check(rate == 4 * FILM_HZ, "rate %g", rate);
	ktap_check(n == SECONDS * 4 * FILM_HZ, "%zu records for %d s", n, SECONDS);
	/* A delay of one record would show as 15 mg and 17 mV. */
	expect_wave(r, n, rate, 0, 0.2, SECONDS - 0.2, 0.3);
	expect_wave(r, n, rate, 3, 0.2, SECONDS - 0.2, 0.1);
	expect_wave(r, n, rate, 2, 0, SECONDS, 0.3);
	/* The edges: no ringing up from or down to zero. */
	for (size_t i = 0; i < n; i++)
		if (!ktap_check(fabs(got(&r[i], 0) - OFFSET_MG) < 330, "%g mg in record %zu",
				got(&r[i], 0), i))
			break;
	free(r);
}

static void test_one_of_both(void)
{
	struct bsim_feed_sample *r;
	double rate;
	size_t n;

	make_file(true, true, 0);
	r = read_all(FEED_MOTION, &n, &rate);
	ktap_check(rate == 4 * ACCEL_HZ && n == SECONDS * 4 * ACCEL_HZ, "motion: %zu at %g Hz", n,
		   rate);
	expect_wave(r, n, rate, 0, 0.2, SECONDS - 0.2, 0.3);
	ktap_check(n && r[n / 2].film_nv == 0, "film does not rest");
	free(r);
	make_file(false, true, 0);
	r = read_all(FEED_ALL, &n, &rate);
	expect_wave(r, n, rate, 3, 0.2, SECONDS - 0.2, 0.1);
	ktap_check(n && r[n / 2].accel_ug[0] == 0 && r[n / 2].accel_ug[2] == 1000000,
		   "accelerometer does not rest");
	free(r);
	ktap_check(!feed_open(path, FEED_MOTION, false, error) && strstr(error, "accelerometer"),
		   "motion from a film file: %s", error);
}

static void test_gap(void)
{
	struct bsim_feed_sample *r;
	double rate;
	size_t n;

	make_file(true, true, 2.5);
	r = read_all(FEED_ALL, &n, &rate);
	ktap_check(n == (size_t)((SECONDS + 2.5) * rate), "%zu records", n);
	expect_wave(r, n, rate, 0, 0.2, 1.8, 0.3);
	expect_wave(r, n, rate, 0, 4.7, 6.3, 0.3);
	expect_wave(r, n, rate, 3, 4.7, 6.3, 0.1);
	for (size_t i = (size_t)(2.2 * rate); r && i < (size_t)(4.3 * rate); i++)
		if (!ktap_check(abs(r[i].accel_ug[0] - r[i + 1].accel_ug[0]) <= 2,
				"moves in the gap"))
			break;
	free(r);
}

static void test_loop(void)
{
	static struct bsim_feed_sample r[FILM_HZ * 4];
	struct feed_session *s;
	double rate = FILM_HZ * 4;

	make_file(true, true, 0);
	s = feed_open(path, FEED_ALL, true, error);
	if (!ktap_check(s, "%s", error))
		return;
	for (int second = 0; second < 3 * SECONDS; second++) {
		size_t n = 0;

		while (n < FILM_HZ * 4) {
			ssize_t ret = feed_read(s, r + n, FILM_HZ * 4 - n);

			if (!ktap_check(ret > 0, "ended in second %d", second))
				goto out;
			n += (size_t)ret;
		}
		/* whole periods in every second, so each second looks like the first */
		expect_wave(r, n, rate, 0, 0.1, 0.9, 0.3);
		expect_wave(r, n, rate, 3, 0.1, 0.9, 0.1);
	}
out:
	feed_close(s);
}

static void test_bad_files(void)
{
	int fd;

	ktap_check(!feed_open("/nowhere/x.edf", FEED_ALL, false, error) &&
			   strstr(error, "/nowhere/x.edf"),
		   "missing file: %s", error);
	ktap_check(!feed_open(dir, FEED_ALL, false, error) && strstr(error, dir), "directory: %s",
		   error);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ktap_check(!feed_open(path, FEED_ALL, false, error) && strstr(error, path), "empty: %s",
		   error);
	ktap_check(write(fd, "plain text\n", 11) == 11, "write");
	close(fd);
	ktap_check(!feed_open(path, FEED_ALL, false, error) && strstr(error, path), "text: %s",
		   error);
	make_file(true, true, 0);
	ktap_check(!truncate(path, 700), "truncate");
	ktap_check(!feed_open(path, FEED_ALL, false, error) && strstr(error, path),
		   "cut header: %s", error);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "both", test_both },
		{ "one_of_both", test_one_of_both },
		{ "gap", test_gap },
		{ "loop", test_loop },
		{ "bad_files", test_bad_files },
	};
	int ret;

	if (!mkdtemp(dir)) {
		perror(dir);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/session.edf", dir);
	ret = ktap_run(tests, sizeof(tests) / sizeof(*tests));
	unlink(path);
	rmdir(dir);
	return ret;
}
