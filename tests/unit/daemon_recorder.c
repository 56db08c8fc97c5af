// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The recorder: what goes in comes back from the files - counts, times, holes,
 * annotations - with clocks that are off, with disks that are full, slow or gone, and
 * after a crash at any byte.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recorder/recorder.h"
#include "session_person.h"
#include "unit/ktap.h"

#define MG_PER_COUNT	0.122
#define MV_PER_COUNT	0.1
#define MAX_FRAMES	400000
#define START_NS	5000000000000LL
#define MAX_OUT		16

static char dir[] = "/tmp/backpop-rec-XXXXXX";
static struct recorder_settings settings;
static struct bp_frame in[MAX_FRAMES], out[MAX_FRAMES];
static size_t n_in, n_out;

/* ---- a disk that can be made slow: the recorder's own fdatasync() --------- */

static atomic_bool disk_stands;
int fdatasync(int fd);
int fdatasync(int fd)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	(void)fd;
	while (atomic_load(&disk_stands))
		nanosleep(&pause, NULL);
	return 0;
}

static atomic_bool disk_is_full;
int statvfs(const char *path, struct statvfs *st)
{
	(void)path;
	*st = (struct statvfs) { .f_frsize = 4096, .f_bavail = atomic_load(&disk_is_full) ? 10 : 1 << 20 };
	return 0;
}

/* ---- a wall clock that can be set ----------------------------------------- */

static int64_t wall_offset_s;
int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int ret = (int)syscall(SYS_clock_gettime, clock, ts);

	if (clock == CLOCK_REALTIME)
		ts->tv_sec += wall_offset_s;
	return ret;
}

/* ---- files ---------------------------------------------------------------- */

static char *files[MAX_OUT];
static size_t n_files;

static int by_name(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	size_t nx = strlen(x), ny = strlen(y);

	/* "...-2.edf" comes after "....edf" */
	return nx != ny ? (nx < ny ? -1 : 1) : strcmp(x, y);
}

static void list_files(void)
{
	struct dirent *de;
	DIR *d = opendir(settings.directory);

	for (size_t i = 0; i < n_files; i++)
		free(files[i]);
	n_files = 0;
	while (d && (de = readdir(d)))
		if (de->d_name[0] != '.' && n_files < MAX_OUT &&
		    asprintf(&files[n_files], "%s/%s", settings.directory, de->d_name) > 0)
			n_files++;
	if (d)
		closedir(d);
	qsort(files, n_files, sizeof(files[0]), by_name);
}

static void fresh(void)
{
	static int turn;

	recorder_default_settings(&settings);
	settings.when = RECORDER_SESSION;
	settings.min_free_bytes = 1000000;
	snprintf(settings.directory, sizeof(settings.directory), "%s/%d", dir, turn++);
	n_in = 0;
	n_out = 0;
}

static const struct source_info *describe(double motion_hz, double film_hz)
{
	static struct source_info info;

	info = (struct source_info) {
		.name = "test sensor",
		.config = {
			.motion_rate_hz = motion_hz, .film_rate_hz = film_hz,
			.motion_range_g = 4, .film_range_mv = 200,
		},
	};
	for (int i = 0; i < 4; i++) {
		info.scales[i] = (struct source_scale) {
			.scale = i == SOURCE_FILM ? MV_PER_COUNT : MG_PER_COUNT / 1000,
			.low = -2048, .high = 2047,
		};
	}
	/* One axis turned round, an offset on another. */
	info.scales[1].scale *= -1;
	info.scales[2].offset = 0.5;
	return &info;
}

static int count_of(size_t i, int channel)
{
	return (int)((i * 7919 + (size_t)channel * 977) % 4096) - 2048;
}

static float value_of(const struct source_info *info, size_t i, int channel)
{
	const struct source_scale *s = &info->scales[channel];

	return (float)(count_of(i, channel) * s->scale + s->offset);
}

static void add_frame(const struct source_info *info, uint32_t has, size_t i, double t_s)
{
	struct bp_frame *f = &in[n_in++];

	*f = (struct bp_frame) { .has = has, .t_ns = START_NS + llround(t_s * 1e9) };
	for (int c = 0; c < 3 && has & BP_HAS_MOTION; c++)
		f->accel_g[c] = value_of(info, i, c);
	if (has & BP_HAS_FILM)
		f->film_mv = value_of(info, i, SOURCE_FILM);
}

/* One device: all channels at @hz, each stamp up to 10 us off. */
static void make_stream(const struct source_info *info, double hz, double seconds)
{
	for (size_t i = 0; (double)i < hz * seconds; i++)
		add_frame(info, BP_HAS_MOTION | BP_HAS_FILM, i,
			  (double)i / hz + ((double)(i * 31 % 21) - 10) * 1e-6);
}

static void remove_frames(size_t from, size_t n)
{
	memmove(&in[from], &in[from + n], (n_in - from - n) * sizeof(in[0]));
	n_in -= n;
}

static struct recorder *start(const struct source_info *info)
{
	struct recorder *r = recorder_new("iio:device0", &settings, true);

	if (!ktap_check(r, "no recorder: %s", strerror(errno)))
		exit(1);
	recorder_set_source(r, info);
	ktap_check(recorder_start(r, NULL) == 0, "does not start");
	return r;
}

static void end(struct recorder *r)
{
	ktap_check(recorder_stop(r) == 0, "does not stop");
	recorder_free(r);
	list_files();
}

static void record(const struct source_info *info)
{
	struct recorder *r = start(info);

	for (size_t i = 0; i < n_in; i += 100)
		recorder_feed(r, &in[i], n_in - i < 100 ? n_in - i : 100);
	end(r);
}

/* Frames of a file by the daemon's own reader, times from the file's start. */
static uint64_t read_back(const char *path)
{
	char err[SOURCE_ERROR_SIZE];
	struct source *s = source_open_edf(path, err);
	struct source_counters c = { 0 };
	ssize_t n;

	if (!ktap_check(s, "%s", err))
		return 0;
	ktap_check(!err[0], "unexpected warning: %s", err);
	while (n_out < MAX_FRAMES &&
	       (n = s->ops->read(s, &out[n_out], MAX_FRAMES - n_out)) > 0)
		n_out += (size_t)n;
	s->ops->counters(s, &c);
	s->ops->close(s);
	return c.lost;
}

/* The same frames, in value to the bit of a count and in time to @slack_s. */
static void compare(const struct source_info *info, size_t first, double slack_s)
{
	double worst = 0;

	if (!ktap_check(n_out - first == n_in, "%zu frames came back, expected %zu",
			n_out - first, n_in))
		return;
	for (size_t i = 0; i < n_in; i++) {
		const struct bp_frame *a = &in[i], *b = &out[first + i];
		double off = (double)(a->t_ns - in[0].t_ns - b->t_ns) / 1e9;

		if (!ktap_check((a->has & 3) == (b->has & 3), "frame %zu has %u, expected %u", i,
				b->has & 3, a->has & 3))
			return;
		for (int c = 0; c < 4; c++) {
			const struct source_scale *s = &info->scales[c];
			double x = (double)(c < 3 ? a->accel_g[c] : a->film_mv);
			double y = (double)(c < 3 ? b->accel_g[c] : b->film_mv);

			if (a->has & (c < 3 ? BP_HAS_MOTION : BP_HAS_FILM) &&
			    !ktap_check(lround((x - s->offset) / s->scale) ==
					lround((y - s->offset) / s->scale),
					"frame %zu channel %d: %g, expected %g", i, c, y, x))
				return;
		}
		if (fabs(off) > fabs(worst))
			worst = off;
	}
	ktap_check(fabs(worst) < slack_s, "time is off by %.6f s, allowed %g", worst, slack_s);
}

/* Reads the annotations whose text begins with @text; returns how many, the last in @a. */
static int find_note(const char *path, const char *text, struct edf_annotation *last)
{
	struct edf_annotation a;
	char err[EDF_ERROR_SIZE];
	struct edf_reader *r = edf_open(path, err);
	double onset;
	int n = 0;

	if (!ktap_check(r, "%s", err))
		return -1;
	while (edf_read_record(r, &onset, NULL) == 1)
		;
	while (edf_next_annotation(r, &a)) {
		if (strncmp(a.text, text, strlen(text)))
			continue;
		if (last)
			*last = a;
		n++;
	}
	edf_close(r);
	return n;
}

static bool is_discontinuous(const char *path)
{
	char err[EDF_ERROR_SIZE];
	struct edf_reader *r = edf_open(path, err);
	bool d = r && edf_is_discontinuous(r);

	edf_close(r);
	return d;
}

/* ---- tests ---------------------------------------------------------------- */

static void nominal_rate(void)
{
	const struct source_info *info = describe(800, 800);

	fresh();
	make_stream(info, 800, 20.5);
	record(info);
	if (!ktap_check(n_files == 1, "%zu files", n_files))
		return;
	ktap_check(read_back(files[0]) == 0, "lost samples");
	ktap_check(!is_discontinuous(files[0]), "EDF+D though nothing was lost");
	compare(info, 0, 30e-6);
}

/* A second of the file is a second, whatever the sensor's clock makes of 800 Hz. */
static void clocks_that_are_off(void)
{
	static const double ppm[] = { -20000, -300, 300, 20000 };

	for (size_t i = 0; i < 4; i++) {
		const struct source_info *info = describe(800, 800);

		fresh();
		make_stream(info, 800 * (1 + ppm[i] * 1e-6), 60);
		record(info);
		if (!ktap_check(n_files == 1, "%zu files at %g ppm", n_files, ppm[i]))
			continue;
		ktap_check(read_back(files[0]) == 0, "lost samples at %g ppm", ppm[i]);
		ktap_check(!is_discontinuous(files[0]), "EDF+D at %g ppm", ppm[i]);
		compare(info, 0, 1e-3);
	}
}

static void a_pair_with_two_clocks(void)
{
	const struct source_info *info = describe(800, 3200);
	size_t m = 0, f = 0;

	fresh();
	/* Merged in time order, as the joined source gives them. */
	while (m < 800 * 40) {
		double tm = (double)m / (800 * 1.015), tf = 0.0001 + (double)f / (3200 * 0.988);

		if (tm <= tf)
			add_frame(info, BP_HAS_MOTION, m++, tm);
		else
			add_frame(info, BP_HAS_FILM, f++, tf);
	}
	record(info);
	if (!ktap_check(n_files == 1, "%zu files", n_files))
		return;
	ktap_check(read_back(files[0]) == 0, "lost samples");
	if (!ktap_check(n_out == n_in, "%zu frames, expected %zu", n_out, n_in))
		return;
	/* The order of the two may differ by the phase; each track by itself is what counts. */
	for (uint32_t has = BP_HAS_MOTION; has <= BP_HAS_FILM; has <<= 1) {
		double worst = 0;
		size_t j = 0;

		for (size_t i = 0; i < n_in; i++) {
			if (!(in[i].has & has))
				continue;
			while (j < n_out && !(out[j].has & has))
				j++;
			if (!ktap_check(j < n_out, "frames of %u are missing", has))
				return;
			worst = fmax(worst, fabs((double)(in[i].t_ns - START_NS - out[j].t_ns) / 1e9));
			if (has == BP_HAS_FILM && !ktap_check(fabsf(in[i].film_mv - out[j].film_mv) < 1e-3f,
							      "film %zu: %g, expected %g", i,
							      (double)out[j].film_mv, (double)in[i].film_mv))
				return;
			j++;
		}
		ktap_check(worst < 2e-3, "track %u is off by %.6f s", has, worst);
	}
}

static void holes(void)
{
	const struct source_info *info = describe(800, 800);
	struct edf_annotation a;
	uint64_t lost;

	fresh();
	make_stream(info, 808, 30);
	/* From behind, so that indices hold: 7 samples in a record, 2 of another, 5.3 s. */
	remove_frames(17000, 4282);
	remove_frames(12345, 2);
	remove_frames(9000, 7);
	record(info);
	if (!ktap_check(n_files == 1, "%zu files", n_files))
		return;
	lost = read_back(files[0]);
	ktap_check(lost == 4291, "%llu samples lost by the file, expected 4291",
		   (unsigned long long)lost);
	ktap_check(is_discontinuous(files[0]), "EDF+C though samples were lost");
	compare(info, 0, 1e-3);
	ktap_check(find_note(files[0], EDF_TEXT_LOST, &a) == 3, "%d notes of holes, expected 3",
		   find_note(files[0], EDF_TEXT_LOST, NULL));
}

static void files_follow_each_other(void)
{
	const struct source_info *info = describe(800, 800);
	struct bp_event ev = {
		.number = 3, .class_ = BP_CLASS_SNAP, .confidence = 0.8f, .peak_mg = NAN,
	};
	struct recorder *r;
	struct edf_annotation a = { 0 };
	double start_s = 0;
	size_t found = 0;

	fresh();
	settings.max_file_s = 5;
	make_stream(info, 816, 27);
	r = start(info);
	for (size_t i = 0; i < n_in; i += 102) {
		/* Onset before, judgement after the first file's end at 5 * 800 / 816 s. */
		if (i == 4080 + 102) {
			ev.onset_ns = START_NS + 4850000000LL;
			ev.end_ns = ev.onset_ns + 20000000;
			ev.emitted_ns = in[i].t_ns;
			recorder_event(r, &ev);
		}
		recorder_feed(r, &in[i], n_in - i < 102 ? n_in - i : 102);
	}
	end(r);
	ktap_check(n_files == 6, "%zu files, expected 6", n_files);
	for (size_t i = 0; i < n_files; i++) {
		size_t before = n_out;

		ktap_check(read_back(files[i]) == 0, "%s: lost samples", files[i]);
		ktap_check(!is_discontinuous(files[i]), "%s: EDF+D", files[i]);
		for (size_t k = before; k < n_out; k++)
			out[k].t_ns += llround(start_s * 1e9);
		start_s += (double)(n_out - before) / 816;
		found += (size_t)find_note(files[i], "snap #3", &a);
	}
	compare(info, 0, 1e-3);
	ktap_check(found == 1, "the event is in %zu files, expected 1", found);
	ktap_check(n_files && find_note(files[0], "snap #3 80%", &a) == 1, "not in the first file");
}

static void events_and_markers(void)
{
	const struct source_info *info = describe(800, 800);
	struct bp_event ev = { .class_ = BP_CLASS_CAVITATION, .confidence = 0.5f };
	struct edf_annotation a = { 0 }, at = { 0 };
	struct recorder *r;
	char text[300];

	fresh();
	make_stream(info, 784, 20);
	r = start(info);
	for (size_t i = 0; i < n_in; i += 49) {
		int64_t now = in[i].t_ns;

		ev.onset_ns = now;
		ev.end_ns = now + 30000000;
		ev.emitted_ns = now + 15000000;
		if (i == 49 * 100) {		/* revised before it is settled: said once */
			ev.number = 1;
			recorder_event(r, &ev);
			ev.revision = 1;
			ev.class_ = BP_CLASS_SNAP;
			recorder_event(r, &ev);
		} else if (i == 49 * 120) {	/* withdrawn: never said */
			ev.number = 2;
			ev.revision = 0;
			recorder_event(r, &ev);
			ev.revision = 1;
			ev.class_ = BP_CLASS_ARTEFACT;
			ev.reason = BP_REASON_TAP;
			recorder_event(r, &ev);
		} else if (i == 49 * 140) {	/* number 1 again, long after */
			ev.number = 1;
			ev.revision = 2;
			ev.class_ = BP_CLASS_CAVITATION;
			ev.onset_ns = START_NS + 49LL * 100 * 1000000000 / 784;
			recorder_event(r, &ev);
		} else if (i == 49 * 150) {
			recorder_annotate(r, now, NAN, "marker: press");
			memset(text, 'x', 126);
			strcpy(text + 126, "\xc3\xa4\xc3\xa4");
			recorder_annotate(r, now, NAN, text);
			recorder_annotate(r, now, 1.5, "pain\x14\x15 \xc3\xa4");
		}
		recorder_feed(r, &in[i], 49);
	}
	end(r);
	if (!ktap_check(n_files == 1, "%zu files", n_files))
		return;
	ktap_check(find_note(files[0], "snap #1 50%", &at) == 1, "snap #1 is not there once");
	ktap_check(fabs(at.onset_s - floor(at.onset_s)) < 1, "onset %g", at.onset_s);
	ktap_check(find_note(files[0], "cavitation #1 50% revised", &a) == 1, "no revision of #1");
	ktap_check(fabs(a.onset_s - at.onset_s) < 1e-3, "the revision is at %.6f, #1 at %.6f",
		   a.onset_s, at.onset_s);
	ktap_check(find_note(files[0], "cavitation #2", NULL) == 0 &&
		   find_note(files[0], "artefact", NULL) == 0, "a withdrawn event is there");
	ktap_check(find_note(files[0], "marker: press", &a) == 1, "no marker");
	/* Both are at a sample's time: 50 * 49 samples of 784 Hz apart. */
	ktap_check(fabs(a.onset_s - at.onset_s - 50 * 49 / 784.0) < 1e-4,
		   "marker %.6f s after the event, expected %.6f", a.onset_s - at.onset_s,
		   50 * 49 / 784.0);
	ktap_check(find_note(files[0], "xxx", &a) == 1 && strlen(a.text) == 126, "text of %zu",
		   strlen(a.text));
	ktap_check(find_note(files[0], "pain   \xc3\xa4", &a) == 1 && a.duration_s == 1.5, "no note");
}

static void people(void)
{
	struct source_info known = *describe(800, 800), *info = &known;
	const struct recorder_person who = {
		.code = "P 17", .sex = "F", .birthdate = "1980-03-02", .name = "M\xc3\xbcller Anna",
		.investigation = "S1", .technician = "",
	};
	struct recorder *r;
	char head[256], err[EDF_ERROR_SIZE] = "";
	struct edf_reader *e;
	FILE *f;

	fresh();
	known.motion_lowpass_hz = 400;
	make_stream(info, 800, 6);
	r = recorder_new("x/../y", &settings, true);
	recorder_set_source(r, info);
	recorder_start(r, &who);
	recorder_feed(r, in, n_in);
	end(r);
	if (!ktap_check(n_files == 1, "%zu files", n_files))
		return;
	f = fopen(files[0], "r");
	ktap_check(f && fread(head, 1, 256, f) == 256, "no header");
	ktap_check(!memcmp(head + 8, "P_17 F 02-MAR-1980 M?ller_Anna ", 31), "patient %.80s", head + 8);
	ktap_check(!memcmp(head + 88, "Startdate ", 10) &&
		   strstr(head + 98, " S1 X backpop_test_sensor"), "recording %.80s", head + 88);
	if (f)
		fclose(f);
	e = edf_open(files[0], err);
	ktap_check(e && !strcmp(edf_signal(e, 0)->prefilter, "LP:400Hz") && !edf_signal(e, 3)->prefilter[0],
		   "prefilters \"%s\", \"%s\"", e ? edf_signal(e, 0)->prefilter : err,
		   e ? edf_signal(e, 3)->prefilter : "");
	edf_close(e);
}

static void people_of_sessions(void)
{
	struct recorder_person who;

	session_person("{\"subject\":\"A12\",\"position\":\"sitting\"}", &who);
	ktap_check(!strcmp(who.code, "A12") && !who.name[0], "code \"%s\", name \"%s\"", who.code,
		   who.name);
	session_person("{\"subject\":\"A12\",\"patient\":\"P 17\",\"sex\":\"F\"}", &who);
	ktap_check(!strcmp(who.code, "P 17") && !strcmp(who.sex, "F"), "code \"%s\", sex \"%s\"",
		   who.code, who.sex);
	/* 31 bytes, and not in the middle of a character */
	session_person("{\"subject\":\"123456789 123456789 123456789 \303\2744567\"}", &who);
	ktap_check(!strcmp(who.code, "123456789 123456789 123456789 "), "code \"%s\"", who.code);
	session_person("no metadata", &who);
	ktap_check(!who.code[0], "code \"%s\"", who.code);
}

/* What the header could not say is refused by name, before anything begins. */
static void people_that_do_not_fit(void)
{
	static const struct {
		const char *metadata, *why;
	} cases[] = {
		{ "{\"subject\":\"A12\",\"sex\":\"F\",\"birthdate\":\"2000-02-29\",\"x\":true}", NULL },
		{ "{\"sex\":\"\",\"birthdate\":\"\"}", NULL },
		{ "{\"sex\":\"female\"}", "sex is \"female\", expected M, F or X" },
		{ "{\"sex\":\"MF\"}", "sex is" },
		{ "{\"birthdate\":\"1.3.1980\"}", "birthdate is \"1.3.1980\", expected YYYY-MM-DD" },
		{ "{\"birthdate\":\"1980-02-31\"}", "birthdate is" },
		{ "{\"birthdate\":\"1900-02-29\"}", "birthdate is" },
		{ "{\"birthdate\":\"1980-03-0\"}", "birthdate is" },
		{ "{\"birthdate\":19800302}", "birthdate is" },
		{ "{\"patient\":\"123456789 123456789 123456789 12\"}", "patient has 32 characters, a file's header holds 31" },
		{ "{\"name\":\"12345678901234567890123456789012\303\2744\"}", NULL },
		{ "{\"name\":\"12345678901234567890123456789012\303\27445\"}", "name has 35 characters" },
		{ "{\"technician\":\"123456789012345678\"}", "technician has 18 characters" },
	};
	char why[RECORDER_WHY_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool fits = session_person_fits(cases[i].metadata, why, sizeof(why));

		ktap_check(fits == !cases[i].why, "%s: fits %d", cases[i].metadata, fits);
		if (!fits && cases[i].why)
			ktap_check(strstr(why, cases[i].why), "%s: %s", cases[i].metadata, why);
	}
}

/* The first and last whole records of a cut file are those of the whole one. */
static void cut_anywhere(void)
{
	const struct source_info *info = describe(800, 800);
	char err[EDF_ERROR_SIZE], cut[600];
	size_t header = 256 * 6, record_bytes = 800 * 8 + 512;
	struct stat st;
	FILE *f, *g;
	char *all;

	fresh();
	make_stream(info, 800, 8);
	record(info);
	if (!ktap_check(n_files == 1 && !stat(files[0], &st), "no file"))
		return;
	ktap_check((size_t)st.st_size == header + 8 * record_bytes, "size %lld", (long long)st.st_size);
	all = malloc((size_t)st.st_size);
	f = fopen(files[0], "r");
	ktap_check(f && fread(all, 1, (size_t)st.st_size, f) == (size_t)st.st_size, "cannot read");
	if (f)
		fclose(f);
	snprintf(cut, sizeof(cut), "%s/cut.edf", dir);
	for (size_t n = header; n <= (size_t)st.st_size;
	     n += (n - header) % record_bytes == 0 ? 1 : (n - header) % record_bytes == 1 ?
	     record_bytes / 2 : record_bytes - 1 - record_bytes / 2) {
		struct edf_reader *r;
		int16_t x[4][800], *counts[4] = { x[0], x[1], x[2], x[3] };
		uint64_t whole = (n - header) / record_bytes, got = 0;
		double onset;

		g = fopen(cut, "w");
		fwrite(all, 1, n, g);
		fclose(g);
		r = edf_open(cut, err);
		if (!ktap_check(r, "cut at %zu: %s", n, err))
			continue;
		while (edf_read_record(r, &onset, counts) == 1) {
			for (int i = 0; i < 800; i++)
				if (!ktap_check(x[0][i] == count_of(got * 800 + (size_t)i, 0),
						"cut at %zu: record %d differs", n, (int)got))
					break;
			got++;
		}
		ktap_check(got == whole, "cut at %zu: %d records, expected %d", n, (int)got,
			   (int)whole);
		edf_close(r);
	}
	unlink(cut);
	free(all);
}

static void wait_for_state(struct recorder *r, enum recorder_state state)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct recorder_status st;

	for (int i = 0; i < 10000; i++) {
		recorder_status(r, &st);
		if (st.state == state)
			return;
		nanosleep(&pause, NULL);
	}
	ktap_check(false, "state %s, expected %s", recorder_state_name(st.state),
		   recorder_state_name(state));
}

static void full_disk(void)
{
	const struct source_info *info = describe(800, 800);
	struct recorder_status st;
	struct recorder *r;

	fresh();
	make_stream(info, 800, 60);
	r = start(info);
	recorder_feed(r, in, 8000);
	do
		recorder_status(r, &st);
	while (st.records < 10 && st.state == RECORDER_RECORDING);
	ktap_check(st.state == RECORDER_RECORDING, "state %s", recorder_state_name(st.state));
	atomic_store(&disk_is_full, true);
	recorder_feed(r, in + 8000, 800);
	wait_for_state(r, RECORDER_FAILED);
	recorder_status(r, &st);
	ktap_check(strstr(st.reason, "the disk is full"), "reason \"%s\"", st.reason);
	ktap_check(st.dropped >= 1, "%d dropped", (int)st.dropped);
	/* Still full 30 s later, then no more. */
	recorder_feed(r, in + 8800, 1600);
	ktap_check(recorder_stop(r) == 0 && recorder_start(r, NULL) == 0, "stop and start again");
	atomic_store(&disk_is_full, false);
	recorder_feed(r, in + 10400, n_in - 10400);
	end(r);
	ktap_check(n_files == 2, "%zu files, expected 2", n_files);
	for (size_t i = 0; i < n_files; i++) {
		n_out = 0;
		ktap_check(read_back(files[i]) == 0 && n_out > 0, "%s is empty", files[i]);
	}
}

/* Every write error, not only the one that is foreseen. */
static void failing_writes(void)
{
	const struct source_info *info = describe(800, 800);
	struct rlimit old, tight;
	struct recorder_status st;
	struct recorder *r;

	fresh();
	make_stream(info, 800, 60);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	tight = old;
	tight.rlim_cur = 100000;
	r = start(info);
	setrlimit(RLIMIT_FSIZE, &tight);
	recorder_feed(r, in, 16000);
	wait_for_state(r, RECORDER_FAILED);
	setrlimit(RLIMIT_FSIZE, &old);
	recorder_status(r, &st);
	ktap_check(strstr(st.reason, "File too large"), "reason \"%s\"", st.reason);
	/* By itself 30 s of stream later. */
	recorder_feed(r, in + 16000, n_in - 16000);
	end(r);
	ktap_check(n_files == 2, "%zu files, expected 2", n_files);
	n_out = 0;
	ktap_check(n_files && read_back(files[0]) == 0, "the first file");
	ktap_check(n_out == 14 * 800, "%zu samples in the cut file, expected %d", n_out, 14 * 800);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Until @n records are written or dropped. */
static void wait_for_records(struct recorder *r, uint64_t n)
{
	struct recorder_status st;

	for (int i = 0; i < 20000; i++) {
		recorder_status(r, &st);
		if (st.records + st.dropped >= n)
			return;
		usleep(1000);
	}
	ktap_check(false, "%d records written and %d dropped, expected %d", (int)st.records,
		   (int)st.dropped, (int)n);
}

/* The caller goes on while the disk stands still, and the file says what it missed. */
static void standing_disk(void)
{
	const struct source_info *info = describe(800, 800);
	struct recorder_status st;
	struct recorder *r;
	uint64_t lost;
	double begun, longest = 0;

	fresh();
	make_stream(info, 800, 60);
	r = recorder_new("iio:device0", &settings, false);
	recorder_set_source(r, info);
	recorder_start(r, NULL);
	/* At a pace that the thread follows, however busy this machine is. */
	for (size_t i = 0; i < 8000; i += 800) {
		recorder_feed(r, &in[i], 800);
		if (i >= 4000)
			wait_for_records(r, i / 800 + 1);
	}
	atomic_store(&disk_stands, true);
	begun = seconds();
	for (size_t i = 8000; i < 40000; i += 80) {
		double before = seconds();

		recorder_feed(r, &in[i], 80);
		longest = fmax(longest, seconds() - before);
	}
	printf("# 40 s of stream while the disk stands: %.1f us a second, %.1f us at most for 80 frames\n",
	       (seconds() - begun) / 40 * 1e6, longest * 1e6);
	atomic_store(&disk_stands, false);
	wait_for_records(r, 50);
	for (size_t i = 40000; i < n_in; i += 800) {
		recorder_feed(r, &in[i], 800);
		wait_for_records(r, i / 800 + 1);
	}
	recorder_status(r, &st);
	ktap_check(st.dropped >= 20 && st.dropped <= 30, "%d records dropped, expected 20 to 30",
		   (int)st.dropped);
	end(r);
	if (!ktap_check(n_files == 1, "%zu files", n_files))
		return;
	lost = read_back(files[0]);
	ktap_check(lost == st.dropped * 800, "the file says %d lost, %d records were dropped",
		   (int)lost, (int)st.dropped);
	ktap_check(n_out + lost == n_in, "%zu samples + %d lost, expected %zu", n_out, (int)lost, n_in);
}

/* SIGKILL: the file holds what was handed over, but for what the thread had in hand. */
static void killed(void)
{
	const struct source_info *info = describe(800, 800);

	for (int turn = 0; turn < 20; turn++) {
		int fds[2], status;
		size_t fed = 0, got;
		pid_t pid;

		fresh();
		make_stream(info, 800, 60);
		if (pipe(fds))
			return;
		pid = fork();
		if (pid == 0) {
			struct recorder *r = start(info);
			struct recorder_status st;

			for (size_t i = 0; i < n_in; i += 80) {
				recorder_feed(r, &in[i], 80);
				fed = i + 80;
				if (write(fds[1], &fed, sizeof(fed)) < 0)
					break;
				do
					recorder_status(r, &st);
				while (fed > 4000 && st.records < fed / 800);
			}
			_exit(0);
		}
		close(fds[1]);
		while (fed < 5000 + 1613 * (size_t)turn && read(fds[0], &fed, sizeof(fed)) > 0)
			;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		while (read(fds[0], &fed, sizeof(fed)) > 0)
			;
		close(fds[0]);
		list_files();
		if (!ktap_check(n_files == 1, "turn %d: %zu files", turn, n_files))
			continue;
		n_out = 0;
		{
			/* A record more than the header says is no fault here. */
			char err[SOURCE_ERROR_SIZE];
			struct source *s = source_open_edf(files[0], err);
			ssize_t n;

			if (!ktap_check(s, "turn %d: %s", turn, err))
				continue;
			while ((n = s->ops->read(s, &out[n_out], MAX_FRAMES - n_out)) > 0)
				n_out += (size_t)n;
			s->ops->close(s);
		}
		got = n_out;
		/* Fed, less the unfinished second and the one in the thread's hands. */
		ktap_check(got + 2 * 800 >= fed, "turn %d: %zu samples in the file, %zu were fed",
			   turn, got, fed);
		for (size_t i = 0; i < got; i++)
			if (!ktap_check(fabsf(out[i].film_mv - in[i].film_mv) < 1e-3f,
					"turn %d: sample %zu differs", turn, i))
				break;
	}
}

static void old_files_go(void)
{
	const struct source_info *info = describe(800, 800);
	char path[600];
	struct stat st;

	fresh();
	settings.max_file_s = 4;
	settings.keep_bytes = 100000;
	mkdir(settings.directory, 0755);
	snprintf(path, sizeof(path), "%s/precious.edf", settings.directory);
	fclose(fopen(path, "w"));
	make_stream(info, 800, 60);
	record(info);
	ktap_check(n_files >= 4 && n_files <= 6, "%zu files left of 15, expected about 5", n_files);
	ktap_check(!stat(path, &st), "a file that is not ours was deleted");
}

/* By age, too, where no recorder is; and never what one is writing. */
static void old_files_go_without_a_recorder(void)
{
	const struct timespec long_ago[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
	const struct timespec pause = { .tv_nsec = 1000000 };
	const struct source_info *info = describe(800, 800);
	char path[600], ours[600];
	struct recorder_status st;
	struct recorder *r;

	fresh();
	settings.keep_s = 86400;
	recorder_clean(&settings);	/* the directory is not there yet */
	make_stream(info, 800, 12);
	r = start(info);
	recorder_feed(r, in, n_in);
	wait_for_records(r, 5);
	recorder_status(r, &st);
	snprintf(ours, sizeof(ours), "%s", st.file);
	snprintf(path, sizeof(path), "%s/20010101T000000+0100-x.edf", settings.directory);
	fclose(fopen(path, "w"));
	utimensat(AT_FDCWD, path, long_ago, 0);
	utimensat(AT_FDCWD, ours, long_ago, 0);
	recorder_clean(&settings);
	for (int i = 0; i < 10000 && !access(path, F_OK); i++)
		nanosleep(&pause, NULL);
	ktap_check(access(path, F_OK), "the old file is still there");
	/* In the order of their age: it was looked at before, or has been now. */
	ktap_check(!access(ours, F_OK), "the file being written was deleted");
	end(r);
}

static int64_t start_of(const char *path)
{
	char err[EDF_ERROR_SIZE];
	struct edf_reader *r = edf_open(path, err);
	int64_t start = 0;

	if (ktap_check(r, "%s", err))
		start = edf_start_time(r);
	edf_close(r);
	return start;
}

/* Set by an hour, or moved to another time zone: the next file has the right time. */
static void a_wall_clock_that_is_set(void)
{
	static const struct {
		const char *what, *zone;
		int64_t step_s, expected_s;
		size_t files;
	} cases[] = {
		{ "an hour on", "UTC0", 3600, 3600 + 6, 2 },
		{ "an hour back", "UTC0", -3600, -3600 + 6, 2 },
		{ "another zone", "XYZ-5", 0, 5 * 3600 + 10, 2 },
	};
	const struct source_info *info = describe(800, 800);
	struct recorder *r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t apart;

		fresh();
		setenv("TZ", "UTC0", 1);
		settings.max_file_s = cases[i].step_s ? 3600 : 10;
		make_stream(info, 800, 20);
		r = start(info);
		recorder_feed(r, in, 5 * 800 + 400);
		setenv("TZ", cases[i].zone, 1);
		wall_offset_s = cases[i].step_s;
		if (cases[i].step_s)
			recorder_clock_set();
		recorder_feed(r, in + 5 * 800 + 400, n_in - 5 * 800 - 400);
		end(r);
		wall_offset_s = 0;
		unsetenv("TZ");
		if (!ktap_check(n_files == cases[i].files, "%s: %zu files, expected %zu",
				cases[i].what, n_files, cases[i].files) || n_files < 2)
			continue;
		/* Their names are in the order of their times, which went back. */
		apart = start_of(files[1]) - start_of(files[0]);
		if (cases[i].step_s < 0)
			apart = -apart;
		ktap_check(llabs(apart - cases[i].expected_s) <= 1,
			   "%s: files start %lld s apart, expected %lld", cases[i].what,
			   (long long)apart, (long long)cases[i].expected_s);
		for (size_t k = 0; k < n_files; k++)
			read_back(files[k]);
		ktap_check(n_out == n_in, "%s: %zu samples, expected %zu", cases[i].what, n_out, n_in);
	}
}

/* A sensor that is unplugged while it records goes on when it is back, in a new file. */
static void unplugged_and_back(void)
{
	const struct source_info *info = describe(800, 800);
	struct recorder_status st;
	struct recorder *r;

	fresh();
	make_stream(info, 800, 12);
	r = start(info);
	recorder_feed(r, in, 4800);
	recorder_free(r);
	r = recorder_new("iio:device1", &settings, true);
	recorder_set_source(r, info);
	recorder_status(r, &st);
	ktap_check(st.state == RECORDER_OFF, "another sensor records");
	recorder_free(r);
	r = recorder_new("iio:device0", &settings, true);
	recorder_set_source(r, info);
	recorder_feed(r, in + 4800, n_in - 4800);
	end(r);
	ktap_check(n_files == 2, "%zu files, expected 2", n_files);
	for (size_t i = 0; i < n_files; i++)
		read_back(files[i]);
	ktap_check(n_out == n_in, "%zu samples, expected %zu", n_out, n_in);
}

/* A loose contact: half a second makes no file, a second and a half does. */
static void less_than_a_second_makes_no_file(void)
{
	const struct source_info *info = describe(800, 800);
	static const struct {
		size_t samples, files;
	} cases[] = { { 1, 0 }, { 400, 0 }, { 799, 0 }, { 1200, 1 } };
	struct recorder *r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fresh();
		make_stream(info, 800, 12);
		r = start(info);
		recorder_feed(r, in, cases[i].samples);
		end(r);
		list_files();
		ktap_check(n_files == cases[i].files, "%zu samples: %zu files, expected %zu",
			   cases[i].samples, n_files, cases[i].files);
	}
}

/* A session records what there is and what comes, and the next one never in its file. */
static void sessions(void)
{
	static const struct recorder_person first = { .code = "one" }, second = { .code = "two" };
	const struct source_info *info = describe(800, 800);
	struct recorder_status st;
	struct recorder *r;
	char head[88];
	int found[2] = { 0 };

	fresh();
	make_stream(info, 800, 20);
	r = recorder_new("iio:device0", &settings, true);
	recorder_set_source(r, info);
	recorder_set_session(&first);
	recorder_feed(r, in, 8000);
	recorder_set_session(&second);
	recorder_free(r);
	/* Unplugged, and there again. */
	r = recorder_new("iio:device0", &settings, true);
	recorder_set_source(r, info);
	recorder_feed(r, in + 8000, 8000);
	recorder_set_session(NULL);
	recorder_status(r, &st);
	ktap_check(st.state == RECORDER_OFF, "%s after the session", recorder_state_name(st.state));
	recorder_free(r);
	list_files();
	ktap_check(n_files == 2, "%zu files, expected 2", n_files);
	for (size_t i = 0; i < n_files; i++) {
		FILE *f = fopen(files[i], "r");

		ktap_check(f && fread(head, 1, 88, f) == 88, "%s: no header", files[i]);
		found[0] += !memcmp(head + 8, "one ", 4);
		found[1] += !memcmp(head + 8, "two ", 4);
		if (f)
			fclose(f);
	}
	ktap_check(found[0] == 1 && found[1] == 1, "%d files of one, %d of two", found[0], found[1]);
}

static void refusals(void)
{
	const struct source_info *info = describe(800, 800);
	struct recorder_status st;
	struct recorder *r;

	fresh();
	settings.when = RECORDER_NEVER;
	r = recorder_new("a", &settings, true);
	recorder_set_source(r, info);
	ktap_check(recorder_start(r, NULL) == -EPERM, "starts though it must not");
	ktap_check(recorder_stop(r) == -EALREADY, "stops though it never ran");
	recorder_free(r);

	strcpy(settings.directory, "/proc/nowhere/x");
	settings.when = RECORDER_ALWAYS;
	make_stream(info, 800, 8);
	r = recorder_new("a", &settings, true);
	recorder_set_source(r, info);
	recorder_status(r, &st);
	ktap_check(st.state == RECORDER_WAITING, "always: %s", recorder_state_name(st.state));
	ktap_check(recorder_start(r, NULL) == -EALREADY, "starts twice");
	recorder_feed(r, in, n_in);
	wait_for_state(r, RECORDER_FAILED);
	recorder_status(r, &st);
	ktap_check(strstr(st.reason, "/proc/nowhere/x: No such file"), "reason \"%s\"", st.reason);
	recorder_free(r);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "nominal_rate", nominal_rate },
		{ "clocks_that_are_off", clocks_that_are_off },
		{ "a_pair_with_two_clocks", a_pair_with_two_clocks },
		{ "holes", holes },
		{ "files_follow_each_other", files_follow_each_other },
		{ "events_and_markers", events_and_markers },
		{ "people", people },
		{ "people_of_sessions", people_of_sessions },
		{ "people_that_do_not_fit", people_that_do_not_fit },
		{ "cut_anywhere", cut_anywhere },
		{ "full_disk", full_disk },
		{ "failing_writes", failing_writes },
		{ "standing_disk", standing_disk },
		{ "killed", killed },
		{ "old_files_go", old_files_go },
		{ "old_files_go_without_a_recorder", old_files_go_without_a_recorder },
		{ "a_wall_clock_that_is_set", a_wall_clock_that_is_set },
		{ "unplugged_and_back", unplugged_and_back },
		{ "less_than_a_second_makes_no_file", less_than_a_second_makes_no_file },
		{ "sessions", sessions },
		{ "refusals", refusals },
	};
	char command[64];
	int ret;

	if (!mkdtemp(dir))
		return 1;
	ret = ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) ? 1 : ret;
}
