// SPDX-License-Identifier: GPL-2.0-or-later
/* What the EDF+ writer writes comes back bit by bit: counts, scales, gaps, annotations. */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edf/edf.h"
#include "unit/comma_locale.h"
#include "unit/ktap.h"

#define N_RECORDS	5
#define RATE_X		7
#define RATE_FILM	23

static char path[] = "/tmp/backpop-edf-XXXXXX";

static void describe(struct edf_signal sig[2])
{
	memset(sig, 0, 2 * sizeof(*sig));
	strcpy(sig[0].label, EDF_LABEL_ACCEL_X);
	strcpy(sig[0].dimension, "mg");
	strcpy(sig[0].transducer, "accelerometer");
	sig[0].phys_min = edf_header_value(-32768 * 0.061);
	sig[0].phys_max = edf_header_value(32767 * 0.061);
	sig[0].samples_per_record = RATE_X;
	strcpy(sig[1].label, EDF_LABEL_FILM);
	strcpy(sig[1].dimension, "mV");
	strcpy(sig[1].prefilter, "HP:0.7Hz");
	sig[1].phys_min = edf_header_value(-32768 / 164.0);
	sig[1].phys_max = edf_header_value(32767 / 164.0);
	sig[1].samples_per_record = RATE_FILM;
	for (int i = 0; i < 2; i++) {
		sig[i].dig_min = INT16_MIN;
		sig[i].dig_max = INT16_MAX;
	}
}

static int16_t count_at(int record, int signal, int i)
{
	static const int16_t special[] = { INT16_MIN, -1, 0, 1, INT16_MAX };

	return i < 5 ? special[i] : (int16_t)(record * 977 + signal * 8111 + i * 331);
}

static int write_record(struct edf_writer *w, int record, double onset_s)
{
	int16_t x[RATE_X], film[RATE_FILM];
	const int16_t *counts[2] = { x, film };

	for (int i = 0; i < RATE_X; i++)
		x[i] = count_at(record, 0, i);
	for (int i = 0; i < RATE_FILM; i++)
		film[i] = count_at(record, 1, i);
	return edf_write_record(w, onset_s, counts);
}

static struct edf_writer *create(bool discontinuous, char *err)
{
	struct edf_writer_info info = { .start_time = 1772455425, .discontinuous = discontinuous };
	struct edf_signal sig[2];

	describe(sig);
	return edf_create(path, &info, sig, 2, err);
}

/* Read everything and compare; the number of records that were right. */
static int compare(struct edf_reader *r, const double *onsets)
{
	int16_t x[RATE_X], film[RATE_FILM], *counts[2] = { x, film };
	double onset;
	int n = 0;

	while (edf_read_record(r, &onset, counts) == 1) {
		for (int i = 0; i < RATE_X; i++)
			if (!ktap_check(x[i] == count_at(n, 0, i), "record %d sample %d is %d",
					n, i, x[i]))
				return n;
		for (int i = 0; i < RATE_FILM; i++)
			if (!ktap_check(film[i] == count_at(n, 1, i), "record %d sample %d is %d",
					n, i, film[i]))
				return n;
		if (!ktap_check(onset == onsets[n], "record %d starts at %.9f, expected %.9f",
				n, onset, onsets[n]))
			return n;
		n++;
	}
	return n;
}

static void test_continuous(void)
{
	static const double onsets[] = { 0, 1, 2, 3, 4 };
	char err[EDF_ERROR_SIZE];
	struct edf_writer *w = create(false, err);
	struct edf_signal sig[2];
	struct edf_reader *r;
	int n;

	if (!ktap_check(w != NULL, "%s", err))
		return;
	for (int i = 0; i < N_RECORDS; i++)
		ktap_check(write_record(w, i, i) == 0, "record %d", i);
	ktap_check(write_record(w, 0, 7.0) == -EINVAL, "a gap in a continuous file is refused");
	ktap_check(edf_finish(w) == 0, "finish");

	r = edf_open(path, err);
	if (!ktap_check(r != NULL, "%s", err))
		return;
	describe(sig);
	ktap_check(err[0] == '\0', "unexpected warning: %s", err);
	ktap_check(edf_n_signals(r) == 2, "%zu signals", edf_n_signals(r));
	ktap_check(edf_n_records(r) == N_RECORDS, "%d records", (int)edf_n_records(r));
	ktap_check(!edf_is_discontinuous(r), "EDF+D");
	ktap_check(edf_start_time(r) == 1772455425, "start %lld", (long long)edf_start_time(r));
	ktap_check(edf_rate_hz(r, 1) == RATE_FILM, "%f Hz", edf_rate_hz(r, 1));
	ktap_check(edf_find(r, " film ") == 1 && edf_find(r, "accel x") == 0, "labels not found");
	ktap_check(edf_find(r, "fil") == -1, "part of a label was found");
	for (size_t i = 0; i < 2; i++) {
		const struct edf_signal *s = edf_signal(r, i);

		ktap_check(!memcmp(s, &sig[i], sizeof(*s)), "signal %zu: %s [%.9g %.9g]", i,
			   s->label, s->phys_min, s->phys_max);
		for (int c = INT16_MIN; c <= INT16_MAX; c++)
			if (!ktap_check(edf_from_phys(s, edf_to_phys(s, (int16_t)c)) == c,
					"count %d does not survive", c))
				break;
	}
	n = compare(r, onsets);
	ktap_check(n == N_RECORDS, "%d records right", n);
	edf_close(r);
}

static void test_gaps(void)
{
	static const double onsets[] = { 0, 1, 2.25, 10.000000001, 86400.125 };
	char err[EDF_ERROR_SIZE];
	struct edf_writer *w = create(true, err);
	struct edf_reader *r;
	int n;

	if (!ktap_check(w != NULL, "%s", err))
		return;
	for (int i = 0; i < N_RECORDS; i++)
		ktap_check(write_record(w, i, onsets[i]) == 0, "record %d", i);
	ktap_check(write_record(w, 0, 3.0) == -EINVAL, "time backwards is refused");
	edf_finish(w);
	r = edf_open(path, err);
	if (!ktap_check(r != NULL, "%s", err))
		return;
	ktap_check(edf_is_discontinuous(r), "not EDF+D");
	n = compare(r, onsets);
	ktap_check(n == N_RECORDS, "%d records right", n);
	edf_close(r);
}

/* More than records have room for on the way; the rest goes back into earlier ones. */
static void test_annotations(void)
{
	char err[EDF_ERROR_SIZE];
	struct edf_writer *w = create(false, err);
	struct edf_annotation a = { .duration_s = NAN };
	struct edf_reader *r;
	int16_t *skip[2] = { NULL, NULL };
	double onset;
	int n = 0;

	if (!ktap_check(w != NULL, "%s", err))
		return;
	write_record(w, 0, 0);
	for (int i = 0; i < 20; i++) {
		a.onset_s = i + 0.125;
		a.duration_s = i % 2 ? 0.5 * i : NAN;
		snprintf(a.text, sizeof(a.text), "Gelenk \xc3\xbc %d, a rather long text to fill room", i);
		ktap_check(edf_annotate(w, &a) == 0, "annotation %d", i);
	}
	a.text[0] = '\0';
	ktap_check(edf_annotate(w, &a) == -EINVAL, "empty text is refused");
	strcpy(a.text, "a\x14" "b");
	ktap_check(edf_annotate(w, &a) == -EINVAL, "a separator in the text is refused");
	for (int i = 1; i < 8; i++)
		write_record(w, i, i);
	ktap_check(edf_finish(w) == 0, "finish");

	r = edf_open(path, err);
	if (!ktap_check(r != NULL, "%s", err))
		return;
	while (edf_read_record(r, &onset, skip) == 1)
		;
	ktap_check(edf_reader_error(r)[0] == '\0', "%s", edf_reader_error(r));
	while (edf_next_annotation(r, &a)) {
		double duration = n % 2 ? 0.5 * n : NAN;

		ktap_check(a.onset_s == n + 0.125, "annotation %d at %f", n, a.onset_s);
		ktap_check(a.duration_s == duration || (isnan(duration) && isnan(a.duration_s)),
			   "annotation %d lasts %f", n, a.duration_s);
		n++;
	}
	ktap_check(n == 20, "%d annotations came back of 20", n);
	edf_close(r);
}

static void test_no_room(void)
{
	char err[EDF_ERROR_SIZE];
	struct edf_writer *w = create(false, err);
	struct edf_annotation a = { .duration_s = NAN };
	struct edf_reader *r;
	int ret;

	if (!ktap_check(w != NULL, "%s", err))
		return;
	memset(a.text, 'x', sizeof(a.text) - 1);
	write_record(w, 0, 0);
	for (int i = 0; i < 3; i++)
		edf_annotate(w, &a);
	ret = edf_finish(w);
	ktap_check(ret == -ENOSPC, "finish says %d, expected -ENOSPC", ret);
	r = edf_open(path, err);
	ktap_check(r && err[0] == '\0', "the file is not whole: %s", err);
	edf_close(r);
}

/* As after a crash: never finished, the last record cut. */
static void test_crash(void)
{
	static const double onsets[] = { 0, 1, 2 };
	char err[EDF_ERROR_SIZE], copy[sizeof(path) + 4];
	struct edf_writer *w = create(false, err);
	struct edf_reader *r;
	char command[4 * sizeof(copy) + 32];
	int n;

	if (!ktap_check(w != NULL, "%s", err))
		return;
	for (int i = 0; i < 3; i++)
		write_record(w, i, i);
	/* What another process sees now is what a power failure leaves. */
	snprintf(copy, sizeof(copy), "%s.cp", path);
	snprintf(command, sizeof(command), "cp %s %s && printf cut >>%s", path, copy, copy);
	ktap_check(system(command) == 0, "cannot copy");
	edf_finish(w);
	r = edf_open(copy, err);
	unlink(copy);
	if (!ktap_check(r != NULL, "%s", err))
		return;
	ktap_check(strstr(err, "not finished") && strstr(err, "3 bytes"), "warning is \"%s\"", err);
	n = compare(r, onsets);
	ktap_check(n == 3, "%d of 3 records", n);
	edf_close(r);
}

static void test_refused(void)
{
	struct edf_writer_info info = { .start_time = 1772455425 };
	struct edf_signal sig[2];
	char err[EDF_ERROR_SIZE];

	describe(sig);
	ktap_check(!edf_create("/nonexistent/x.edf", &info, sig, 2, err) && errno == ENOENT, "%s",
		   err);
	ktap_check(strstr(err, "/nonexistent/x.edf"), "no file name in \"%s\"", err);
	sig[1].phys_max = sig[1].phys_min;
	ktap_check(!edf_create(path, &info, sig, 2, err), "phys_min == phys_max was accepted");
	describe(sig);
	sig[0].phys_max = 1e12;
	ktap_check(!edf_create(path, &info, sig, 2, err), "1e12 in 8 characters was accepted");
	describe(sig);
	sig[0].phys_min = 1000000.123;
	sig[0].phys_max = 1000000.789;
	ktap_check(!edf_create(path, &info, sig, 2, err), "a scale that rounding ruins was accepted");
	describe(sig);
	strcpy(sig[0].label, "Gr\xc3\xb6\xc3\x9f" "e");
	ktap_check(!edf_create(path, &info, sig, 2, err), "a label that is not ASCII was accepted");
	describe(sig);
	sig[1].samples_per_record = 0;
	ktap_check(!edf_create(path, &info, sig, 2, err), "0 samples per record was accepted");
	ktap_check(strstr(err, "Film"), "no signal named in \"%s\"", err);
}

/* The bytes must not depend on the locale's decimal comma. */
static void test_french(void)
{
	char before[1024], after[1024], err[EDF_ERROR_SIZE];
	struct edf_writer *w;
	struct edf_reader *r;
	FILE *f;

	for (int pass = 0; pass < 2; pass++) {
		if (pass && !set_comma_locale()) {
			setlocale(LC_ALL, "C");
			ktap_skip("no locale with a decimal comma, nor localedef with its sources");
			return;
		}
		w = create(true, err);
		if (!ktap_check(w != NULL, "%s", err))
			break;
		write_record(w, 0, 0.5);
		edf_finish(w);
		f = fopen(path, "r");
		memset(pass ? after : before, 0, 1024);
		ktap_check(f && fread(pass ? after : before, 1, 1024, f) > 1000, "cannot read");
		if (f)
			fclose(f);
	}
	ktap_check(!memcmp(before, after, sizeof(before)), "the file differs where the decimal point is a comma");
	r = edf_open(path, err);
	if (ktap_check(r != NULL, "%s", err))
		ktap_check(fabs(edf_signal(r, 1)->phys_min + 199.805) < 1e-9, "phys_min is read as %f",
			   edf_signal(r, 1)->phys_min);
	edf_close(r);
	setlocale(LC_ALL, "C");
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "continuous file comes back bit by bit", test_continuous },
		{ "gaps (EDF+D) are kept", test_gaps },
		{ "annotations are spread over records", test_annotations },
		{ "annotations without room are reported", test_no_room },
		{ "unfinished and cut file opens to its last whole record", test_crash },
		{ "impossible files are refused", test_refused },
		{ "locale with a decimal comma", test_french },
	};
	int fd = mkstemp(path), ret;

	if (fd < 0) {
		printf("Bail out! cannot create %s\n", path);
		return 1;
	}
	close(fd);
	ret = ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
	unlink(path);
	return ret;
}
