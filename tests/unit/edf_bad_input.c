// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Broken and foreign files: each is refused with its field, value and file named,
 * or read as far as it makes sense; none crashes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edf/edf.h"
#include "unit/ktap.h"

/* A small good file in memory: one signal of ours, one foreign, annotations. */
#define N_SIGNALS	3
#define HEAD		(256 * (N_SIGNALS + 1))
#define SPR		4
#define TAL_SPR		16
#define RECORD		(2 * (SPR + SPR + TAL_SPR))
#define RECORDS		3
#define SIZE		(HEAD + RECORDS * RECORD)

/* Per-signal field of signal @i: bytes of the fields before, size of this one. */
#define FIELD(before, size, i)	(256 + N_SIGNALS * (before) + (i) * (size))
#define PHYS_MIN(i)	FIELD(104, 8, i)
#define PHYS_MAX(i)	FIELD(112, 8, i)
#define DIG_MIN(i)	FIELD(120, 8, i)
#define DIG_MAX(i)	FIELD(128, 8, i)
#define SAMPLES(i)	FIELD(216, 8, i)

static char path[] = "/tmp/backpop-edfbad-XXXXXX";

static void put(char *file, size_t at, size_t size, const char *text)
{
	memset(file + at, ' ', size);
	memcpy(file + at, text, strlen(text));
}

static void make(char *file)
{
	static const char *const labels[] = { "Film", "EEG Fpz-Cz", "EDF Annotations" };

	memset(file, ' ', HEAD);
	memset(file + HEAD, 0, SIZE - HEAD);
	put(file, 0, 8, "0");
	put(file, 168, 8, "02.03.26");
	put(file, 176, 8, "12.43.45");
	put(file, 184, 8, "1024");
	put(file, 192, 44, "EDF+C");
	put(file, 236, 8, "3");
	put(file, 244, 8, "1");
	put(file, 252, 4, "3");
	for (size_t i = 0; i < N_SIGNALS; i++) {
		put(file, FIELD(0, 16, i), 16, labels[i]);
		put(file, PHYS_MIN(i), 8, "-200");
		put(file, PHYS_MAX(i), 8, "200");
		put(file, DIG_MIN(i), 8, "-32768");
		put(file, DIG_MAX(i), 8, "32767");
		put(file, SAMPLES(i), 8, i < 2 ? "4" : "16");
	}
	for (int k = 0; k < RECORDS; k++) {
		char *p = file + HEAD + k * RECORD;

		for (int i = 0; i < 2 * SPR; i++)
			p[2 * i] = (char)(16 * k + i);
		sprintf(p + 4 * SPR, "+%d\x14\x14", k);
		sprintf(p + 4 * SPR + 5, "+%d.5\x15" "0.25\x14note\x14", k);
	}
}

static void save(const char *file, size_t n)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(file, 1, n, f) != n || fclose(f))
		printf("Bail out! cannot write %s\n", path);
}

/* Open what @file holds; read all of it. Return the records, -1 = refused. */
static int read_all(const char *file, size_t n, char *err)
{
	struct edf_reader *r;
	struct edf_annotation a;
	int16_t *counts[EDF_MAX_SIGNALS] = { NULL }, *first;
	double onset;
	int records = 0, ret;

	save(file, n);
	r = edf_open(path, err);
	if (!r)
		return -1;
	first = edf_n_signals(r) ? malloc(2 * edf_signal(r, 0)->samples_per_record) : NULL;
	counts[0] = first;
	while ((ret = edf_read_record(r, &onset, counts)) == 1) {
		records++;
		while (edf_next_annotation(r, &a))
			;
	}
	if (ret < 0 || !err[0])
		snprintf(err, EDF_ERROR_SIZE, "%s", edf_reader_error(r));
	free(first);
	edf_close(r);
	return ret < 0 ? ret : records;
}

static void test_good(void)
{
	char file[SIZE], err[EDF_ERROR_SIZE];
	int n;

	make(file);
	n = read_all(file, SIZE, err);
	ktap_check(n == RECORDS && !err[0], "%d records, \"%s\"", n, err);
}

/* Each of these fields with each of these values is refused, and the message names both. */
static void test_bad_fields(void)
{
	static const struct {
		const char *name;
		size_t at, size;
		const char *value;
	} cases[] = {
		{ "version", 0, 8, "1" },
		{ "number of signals", 252, 4, "0" },
		{ "number of signals", 252, 4, "-1" },
		{ "number of signals", 252, 4, "65" },
		{ "number of signals", 252, 4, "9999" },
		{ "number of signals", 252, 4, "two" },
		{ "number of signals", 252, 4, "2.5" },
		{ "number of signals", 252, 4, "" },
		{ "header size", 184, 8, "0" },
		{ "header size", 184, 8, "-1024" },
		{ "header size", 184, 8, "99999999" },
		{ "header size", 184, 8, "1e30" },
		{ "header size", 184, 8, "big" },
		{ "record duration", 244, 8, "0" },
		{ "record duration", 244, 8, "-1" },
		{ "record duration", 244, 8, "nan" },
		{ "record duration", 244, 8, "inf" },
		{ "record duration", 244, 8, "0,5" },
		{ "record duration", 244, 8, "1e9999" },
		{ "record duration", 244, 8, "" },
		{ "number of data records", 236, 8, "-2" },
		{ "number of data records", 236, 8, "many" },
		{ "number of data records", 236, 8, "1.5" },
		{ "physical maximum", PHYS_MAX(0), 8, "-200" },
		{ "physical maximum", PHYS_MAX(0), 8, "x" },
		{ "physical minimum", PHYS_MIN(0), 8, "" },
		{ "physical minimum", PHYS_MIN(0), 8, "NaN" },
		{ "digital maximum", DIG_MAX(0), 8, "-32768" },
		{ "digital maximum", DIG_MAX(0), 8, "-32769" },
		{ "digital maximum", DIG_MAX(0), 8, "32768" },
		{ "digital minimum", DIG_MIN(0), 8, "-8388608" },
		{ "digital minimum", DIG_MIN(0), 8, "1.5" },
		{ "samples per record", SAMPLES(0), 8, "0" },
		{ "samples per record", SAMPLES(0), 8, "-4" },
		{ "samples per record", SAMPLES(0), 8, "99999999" },
		{ "samples per record", SAMPLES(0), 8, "?" },
		{ "samples per record", SAMPLES(1), 8, "0" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char file[SIZE], err[EDF_ERROR_SIZE] = "";
		int n;

		make(file);
		put(file, cases[i].at, cases[i].size, cases[i].value);
		n = read_all(file, SIZE, err);
		ktap_check(n == -1 && errno == EINVAL, "%s \"%s\": %d records", cases[i].name,
			   cases[i].value, n);
		ktap_check(strstr(err, cases[i].name) && strstr(err, path) &&
			   strstr(err, cases[i].value), "%s \"%s\": message is \"%s\"",
			   cases[i].name, cases[i].value, err);
	}
}

static void test_not_edf(void)
{
	static const char text[] = "time,x,y,z\n0.00,0.1,0.2,9.8\n";
	char file[SIZE], err[EDF_ERROR_SIZE];

	ktap_check(!edf_open("/nonexistent/a.edf", err) && errno == ENOENT, "%s", err);
	ktap_check(strstr(err, "/nonexistent/a.edf"), "message is \"%s\"", err);
	ktap_check(!edf_open("/tmp", err) && errno == EISDIR && strstr(err, "directory"),
		   "message is \"%s\"", err);
	ktap_check(!edf_open("/dev/null", err) && strstr(err, "regular file"), "message is \"%s\"",
		   err);
	ktap_check(read_all(text, sizeof(text) - 1, err) == -1 && strstr(err, "not an EDF file"),
		   "text: \"%s\"", err);
	ktap_check(read_all(text, 0, err) == -1 && strstr(err, "empty"), "empty: \"%s\"", err);
	make(file);
	ktap_check(read_all(file, 100, err) == -1 && strstr(err, "cut off"), "cut: \"%s\"", err);
	ktap_check(read_all(file, 700, err) == -1 && strstr(err, "cut off"), "cut: \"%s\"", err);
	memcpy(file, "\xff" "BIOSEMI", 8);
	ktap_check(read_all(file, SIZE, err) == -1 && strstr(err, "BDF"), "BDF: \"%s\"", err);
}

static void test_fifo(void)
{
	char fifo[sizeof(path) + 8], err[EDF_ERROR_SIZE];

	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	if (!ktap_check(mkfifo(fifo, 0600) == 0, "mkfifo: %s", strerror(errno)))
		return;
	ktap_check(!edf_open(fifo, err) && strstr(err, "regular file"), "message is \"%s\"", err);
	unlink(fifo);
}

/* Readable with a warning that says what is wrong. */
static void test_warnings(void)
{
	static const struct {
		size_t at, size;
		const char *value, *warning;
		size_t length;
		int records;
	} cases[] = {
		{ 236, 8, "-1", "not finished", SIZE, 3 },
		{ 236, 8, "7", "cut off", SIZE, 3 },
		{ 236, 8, "2", "says 2", SIZE, 3 },
		{ 236, 8, "3", "cut off", SIZE - 1, 2 },
		{ 236, 8, "3", "bytes after", SIZE - 1, 2 },
		{ 236, 8, "3", "cut off", HEAD, 0 },
		{ 192, 44, "", "plain EDF", SIZE, 3 },
		{ PHYS_MAX(1), 8, "-200", "EEG Fpz-Cz", SIZE, 3 },
		{ DIG_MAX(1), 8, "-40000", "EEG Fpz-Cz", SIZE, 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char file[SIZE], err[EDF_ERROR_SIZE];
		int n;

		make(file);
		put(file, cases[i].at, cases[i].size, cases[i].value);
		n = read_all(file, cases[i].length, err);
		ktap_check(n == cases[i].records && strstr(err, cases[i].warning),
			   "case %zu: %d records, expected %d; warning \"%s\", expected \"%s\"", i, n,
			   cases[i].records, err, cases[i].warning);
	}
}

static void test_trailing(void)
{
	char file[SIZE + 5], err[EDF_ERROR_SIZE];
	int n;

	make(file);
	memset(file + SIZE, 'x', 5);
	n = read_all(file, SIZE + 5, err);
	ktap_check(n == RECORDS && strstr(err, "5 bytes"), "%d records, \"%s\"", n, err);
}

/* Annotations of the second record replaced; @n_left annotations survive in all. */
static void check_tals(const char *tals, size_t length, const char *message)
{
	char file[SIZE], err[EDF_ERROR_SIZE];
	char *at = file + HEAD + RECORD + 4 * SPR;
	int n;

	make(file);
	memset(at, 0, 2 * TAL_SPR);
	memcpy(at, tals, length);
	n = read_all(file, SIZE, err);
	ktap_check(n == RECORDS && strstr(err, message), "%d records, \"%s\", expected \"%s\"", n,
		   err, message);
}

static void test_bad_tals(void)
{
	static const char unterminated[2 * TAL_SPR] = "+1\x14\x14\0+1.5\x14xxxxxxxxxxxxxxxxxxxxxx";
	char file[SIZE], err[EDF_ERROR_SIZE];
	int n;

	check_tals("+1\x14\x14\0" "1.5\x14" "no sign\x14", 18, "malformed");
	check_tals("+1\x14\x14\0" "+x\x14text\x14", 13, "malformed");
	check_tals("+1\x14\x14\0" "+1\x15\x14text\x14", 14, "malformed");
	check_tals("+1\x14\x14\0" "+1 text", 12, "malformed");
	check_tals("+1\x14\x14\0" "+1e300\x14t\x14", 14, "malformed");
	check_tals("\x14\x14\x14", 3, "malformed");
	memset(file, 0, sizeof(file));
	check_tals(unterminated, sizeof(unterminated), "malformed");

	/* A gap that no annotation explains cannot be placed in time. */
	make(file);
	put(file, 192, 44, "EDF+D");
	memset(file + HEAD + RECORD + 4 * SPR, 0, 2 * TAL_SPR);
	n = read_all(file, SIZE, err);
	ktap_check(n == -EINVAL && strstr(err, "record 1"), "%d, \"%s\"", n, err);

	/* Time must not run backwards. */
	make(file);
	file[HEAD + 2 * RECORD + 4 * SPR + 1] = '0';
	n = read_all(file, SIZE, err);
	ktap_check(n == -EINVAL && strstr(err, "record 2"), "%d, \"%s\"", n, err);
}

/* Bytes that are not UTF-8 must not reach D-Bus or JSON. */
static void test_foreign_text(void)
{
	char file[SIZE], err[EDF_ERROR_SIZE];
	struct edf_annotation a;
	struct edf_reader *r;
	double onset;

	make(file);
	memcpy(file + HEAD + 4 * SPR, "+0\x14\x14\0+0\x14" "a\xe9\n\xc3\xa9\xed\xa0\x80\x14\0", 18);
	save(file, SIZE);
	r = edf_open(path, err);
	if (!ktap_check(r != NULL, "%s", err))
		return;
	ktap_check(edf_read_record(r, &onset, NULL) == 1, "%s", edf_reader_error(r));
	ktap_check(edf_next_annotation(r, &a) && !strcmp(a.text, "a??\xc3\xa9???"),
		   "text is \"%s\"", a.text);
	edf_close(r);
}

/* Cut after every byte, and with every header byte changed: no crash, no false data. */
static void test_every_byte(void)
{
	static const char junk[] = { 0, ' ', '9', '-', 'e', (char)0xff };
	char file[SIZE], err[EDF_ERROR_SIZE];

	make(file);
	for (size_t n = 0; n < SIZE; n++) {
		int expected = n < HEAD ? -1 : (int)((n - HEAD) / RECORD);
		int got = read_all(file, n, err);

		if (!ktap_check(got == expected && err[0], "cut after %zu bytes: %d, \"%s\"", n, got,
				err))
			return;
	}
	for (size_t at = 0; at < SIZE; at++) {
		for (size_t k = 0; k < sizeof(junk); k++) {
			make(file);
			file[at] = junk[k];
			ktap_check(read_all(file, SIZE, err) >= 0 || err[0],
				   "byte %zu = %d: refused without a word", at, junk[k]);
		}
	}
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "the good file is good", test_good },
		{ "bad header fields are named", test_bad_fields },
		{ "what is not EDF is refused", test_not_edf },
		{ "a FIFO does not hang", test_fifo },
		{ "odd files are read with a warning", test_warnings },
		{ "trailing bytes", test_trailing },
		{ "malformed annotations", test_bad_tals },
		{ "foreign text becomes UTF-8", test_foreign_text },
		{ "cut or changed at every byte", test_every_byte },
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
