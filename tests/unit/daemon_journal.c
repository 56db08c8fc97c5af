// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The journal's file and its thread: what goes in comes out, numbers and retention,
 * sessions over boots, files that are not ours; the wall clock, which is this test's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bus/bus.h"
#include "bus/bus_journal.h"
#include "bus/bus_sensor.h"
#include "journal/db_state.h"
#include "journal/journal.h"
#include "unit/ktap.h"

#define NS_PER_S	1000000000LL
#define BOOT_A		"0123456789abcdef0123456789abcdef"
#define DAY_NS		(86400 * NS_PER_S)

/* The daemon's clock_gettime() is this one: the wall clock can be set, nothing else. */
static _Atomic int64_t step_ns;	/* the journal's thread looks at the clock, too */

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int ret = (int)syscall(SYS_clock_gettime, id, ts);

	if (!ret && id == CLOCK_REALTIME) {
		ts->tv_sec += step_ns / NS_PER_S;
		ts->tv_nsec += step_ns % NS_PER_S;
	}
	return ret;
}

static char directory[64], path[96];
static char err[DB_ERROR_SIZE + PATH_MAX];

static void make_directory(void)
{
	strcpy(directory, "/tmp/backpop-journal-XXXXXX");
	if (!mkdtemp(directory))
		abort();
	snprintf(path, sizeof(path), "%s/" DB_FILE_NAME, directory);
}

static void remove_directory(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (system(command))
		abort();
}

static struct record_event an_event(uint64_t number, uint32_t revision, int64_t wall_ns)
{
	struct record_event rec = {
		.number = number,
		.session = 7,
		.wall_ns = wall_ns,
		.stream_start_ns = 5 * NS_PER_S,
		.sensor = "iio_device0",
		.ev = {
			.revision = revision,
			.onset_ns = 123456789012345,
			.end_ns = 123456789112345,
			.emitted_ns = 123456789212345,
			.class_ = BP_CLASS_SNAP,
			.reason = BP_REASON_NONE,
			.breath_phase = BP_BREATH_INHALE,
			.movement = BP_MOVEMENT_TWIST,
			.site = 3,
			.manoeuvre = 4,
			.confidence = 0.625f,
			.peak_mg = NAN,
			.peak_mv = 1.5f,
			.breath_depth = NAN,
			.breath_rate_bpm = 14.25f,
			.silent_s = NAN,
			.since_s = 65.5f,
		},
	};

	return rec;
}

static struct db *open_db(void)
{
	struct db *db = NULL;
	uint64_t run;
	int ret = db_open(&db, path, false, err);

	ktap_check(!ret, "opening %s: %d, %s", path, ret, err);
	if (!db || db_begin(db) || db_add_run(db, BOOT_A, 1, 2, &run) || db_commit(db))
		abort();
	return db;
}

static int keep(void *userdata, const struct record_event *rec)
{
	struct {
		struct record_event first;
		size_t n;
	} *kept = userdata;

	if (!kept->n++)
		kept->first = *rec;
	return 0;
}

static bool same(float a, float b)
{
	return isnan(a) ? isnan(b) : a == b;
}

static void what_goes_in_comes_out(void)
{
	struct record_event in = an_event(1ull << 40, 3, 1795867200123456789);
	struct {
		struct record_event first;
		size_t n;
	} kept = { .n = 0 };
	struct db_filter all = DB_FILTER_ALL;
	const struct bp_event *a = &in.ev, *b = &kept.first.ev;
	struct db *db;

	make_directory();
	db = open_db();
	ktap_check(!db_begin(db) && !db_add_event(db, &in) && !db_commit(db), "%s", db_message(db));
	ktap_check(!db_events(db, &all, keep, &kept) && kept.n == 1, "%zu events", kept.n);
	ktap_check(kept.first.sequence == in.sequence && in.sequence == 1 && kept.first.run == in.run &&
		   kept.first.number == in.number && kept.first.session == 7 &&
		   kept.first.wall_ns == in.wall_ns &&
		   kept.first.stream_start_ns == in.stream_start_ns &&
		   !strcmp(kept.first.sensor, in.sensor) && !strcmp(kept.first.boot_id, BOOT_A),
		   "sequence %llu, run %llu, number %llu, boot %s",
		   (unsigned long long)kept.first.sequence, (unsigned long long)kept.first.run,
		   (unsigned long long)kept.first.number, kept.first.boot_id);
	ktap_check(a->revision == b->revision && a->onset_ns == b->onset_ns &&
		   a->end_ns == b->end_ns && a->emitted_ns == b->emitted_ns &&
		   a->class_ == b->class_ && a->reason == b->reason && a->site == b->site &&
		   a->breath_phase == b->breath_phase && a->movement == b->movement &&
		   a->manoeuvre == b->manoeuvre, "one of the event's numbers is another");
	ktap_check(same(a->confidence, b->confidence) && same(a->peak_mg, b->peak_mg) &&
		   same(a->peak_mv, b->peak_mv) && same(a->breath_depth, b->breath_depth) &&
		   same(a->breath_rate_bpm, b->breath_rate_bpm) && same(a->silent_s, b->silent_s) &&
		   same(a->since_s, b->since_s), "one of the event's values is another");
	db_close(db);
	remove_directory();
}

static size_t count(struct db *db, const struct db_filter *f)
{
	struct {
		struct record_event first;
		size_t n;
	} kept = { .n = 0 };

	ktap_check(!db_events(db, f, keep, &kept), "%s", db_message(db));
	return kept.n;
}

static void filters_choose(void)
{
	struct db_filter f = DB_FILTER_ALL;
	struct db *db;

	make_directory();
	db = open_db();
	db_begin(db);
	for (uint64_t i = 1; i <= 10; i++) {
		struct record_event rec = an_event(i, 0, (int64_t)i * NS_PER_S);

		db_add_event(db, &rec);
		rec.ev.revision = 1;
		rec.ev.class_ = i % 2 ? BP_CLASS_ARTEFACT : BP_CLASS_SNAP;
		db_add_event(db, &rec);
	}
	ktap_check(!db_commit(db), "%s", db_message(db));
	ktap_check(count(db, &f) == 20, "all: %zu, expected 20", count(db, &f));
	f.latest = true;
	ktap_check(count(db, &f) == 10, "latest: %zu, expected 10", count(db, &f));
	f.class_ = "snap";
	ktap_check(count(db, &f) == 5, "latest that are snaps: %zu, expected 5", count(db, &f));
	f.since_ns = 4 * NS_PER_S;
	f.until_ns = 8 * NS_PER_S;
	ktap_check(count(db, &f) == 2, "4 and 6 s: %zu, expected 2", count(db, &f));
	f = (struct db_filter)DB_FILTER_ALL;
	f.from = 19;
	ktap_check(count(db, &f) == 2, "from sequence 19: %zu, expected 2", count(db, &f));
	f = (struct db_filter)DB_FILTER_ALL;
	f.sensor = "'; DROP TABLE revision; --";
	ktap_check(count(db, &f) == 0, "no such sensor: %zu", count(db, &f));
	f = (struct db_filter)DB_FILTER_ALL;
	f.limit = 3;
	ktap_check(count(db, &f) == 3, "limit: %zu, expected 3", count(db, &f));
	db_close(db);
	remove_directory();
}

static void take_last(void *userdata, const char *sensor, uint64_t last)
{
	(void)sensor;
	*(uint64_t *)userdata = last;
}

static void retention_deletes_and_keeps_the_numbers(void)
{
	struct db_filter all = DB_FILTER_ALL;
	struct record_event rec;
	uint64_t last = 0, bytes;
	bool more = true;
	struct db *db;
	int rounds = 0;

	make_directory();
	db = open_db();
	db_begin(db);
	for (uint64_t i = 1; i <= 9000; i++) {
		rec = an_event(i, 0, (int64_t)i * NS_PER_S);
		db_add_event(db, &rec);
	}
	ktap_check(!db_commit(db), "%s", db_message(db));
	db_begin(db);
	ktap_check(!db_retain(db, 1001 * NS_PER_S, UINT64_MAX, &more) && !db_commit(db), "%s",
		   db_message(db));
	ktap_check(!more && count(db, &all) == 8000, "older than 1001 s are deleted: %zu left, expected 8000",
		   count(db, &all));
	for (more = true; more && rounds < 20; rounds++) {
		db_begin(db);
		ktap_check(!db_retain(db, INT64_MIN, 400 * 1024, &more) && !db_commit(db), "%s",
			   db_message(db));
	}
	db_size(db, &bytes);
	ktap_check(bytes <= 400 * 1024 && count(db, &all) > 100 && rounds < 20,
		   "400 KiB: %llu bytes, %zu left after %d rounds", (unsigned long long)bytes,
		   count(db, &all), rounds);
	db_begin(db);
	db_retain(db, INT64_MAX, UINT64_MAX, &more);
	db_retain(db, INT64_MAX, UINT64_MAX, &more);
	db_retain(db, INT64_MAX, UINT64_MAX, &more);
	db_commit(db);
	db_sensors(db, take_last, &last);
	ktap_check(!count(db, &all) && last == 9000, "all deleted: %zu left, last number %llu",
		   count(db, &all), (unsigned long long)last);
	rec = an_event(9001, 0, 0);
	db_begin(db);
	db_add_event(db, &rec);
	db_commit(db);
	ktap_check(rec.sequence == 9001, "sequence %llu, expected 9001: used again?",
		   (unsigned long long)rec.sequence);
	db_close(db);
	remove_directory();
}

static void what_is_rolled_back_was_never_there(void)
{
	struct db_filter all = DB_FILTER_ALL;
	struct record_event rec = an_event(1, 0, 0);
	struct db *db;

	make_directory();
	db = open_db();
	db_begin(db);
	db_add_event(db, &rec);
	ktap_check(db_add_event(db, &rec) < 0 && db_failed(db), "the same revision twice is taken");
	db_rollback(db);
	ktap_check(!count(db, &all), "%zu entries", count(db, &all));
	db_close(db);
	remove_directory();
}

static void read_only_leaves_no_trace(void)
{
	struct db_filter all = DB_FILTER_ALL;
	struct record_event rec = an_event(1, 0, 0);
	struct stat st;
	char wal[128];
	struct db *db;

	make_directory();
	db = open_db();
	db_begin(db);
	db_add_event(db, &rec);
	db_commit(db);
	db_close(db);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	ktap_check(!db_open(&db, path, true, err), "%s", err);
	ktap_check(count(db, &all) == 1, "%zu", count(db, &all));
	db_close(db);
	ktap_check(stat(wal, &st), "%s was left", wal);
	ktap_check(db_open(&db, "/nowhere/at/all.db", true, err) < 0 && err[0], "opened nothing");
	remove_directory();
}

/* ---- the thread ----------------------------------------------------------- */

static const struct journal_settings settings = { 365, 256 };

static struct journal *open_journal(sd_event *event)
{
	struct journal *j = NULL;

	ktap_check(!journal_open(&j, event, directory, &settings, NULL, NULL, err), "%s", err);
	return j;
}

static void one_daemon_has_the_directory(void)
{
	struct journal *first, *second = NULL;
	sd_event *event;
	int ret;

	make_directory();
	sd_event_new(&event);
	first = open_journal(event);
	ret = journal_open(&second, event, directory, &settings, NULL, NULL, err);
	ktap_check(ret == -EBUSY && !second && strstr(err, "another backpopd"), "got %d: %s", ret, err);
	journal_close(first);
	journal_close(open_journal(event));
	sd_event_unref(event);
	remove_directory();
}

struct wall {
	int64_t wall_ns[2];
	int64_t onset_ns[2];
	size_t n;
};

static int take_wall(void *userdata, const struct record_event *rec)
{
	struct wall *w = userdata;

	if (w->n < 2) {
		w->wall_ns[w->n] = rec->wall_ns;
		w->onset_ns[w->n] = rec->ev.onset_ns;
	}
	w->n++;
	return 0;
}

/* The wall clock is set by an hour between two events a second apart. */
static void a_step_of_the_wall_clock_moves_only_the_wall_times(void)
{
	struct bus_journal b = { 0 };
	struct db_filter all = DB_FILTER_ALL;
	struct wall w = { .n = 0 };
	struct bp_event ev = an_event(1, 0, 0).ev;
	struct timespec ts;
	sd_event *event;
	sd_bus *bus;
	struct db *db;
	int64_t apart;

	make_directory();
	sd_event_new(&event);
	/* Nobody is there to hear it. */
	sd_bus_new(&bus);
	b.bus = bus;
	b.journal = open_journal(event);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ev.onset_ns = ts.tv_sec * NS_PER_S + ts.tv_nsec;
	bus_journal_event(&b, BUS_ROOT "/sensor/x", 1, 1, &ev);
	step_ns = 3600 * NS_PER_S;
	ev.onset_ns += NS_PER_S;
	bus_journal_event(&b, BUS_ROOT "/sensor/x", 2, 1, &ev);
	journal_close(b.journal);
	step_ns = 0;
	ktap_check(!db_open(&db, path, true, err) && !db_events(db, &all, take_wall, &w) && w.n == 2,
		   "%s, %zu events", err, w.n);
	apart = w.wall_ns[1] - w.wall_ns[0] - 3601 * NS_PER_S;
	ktap_check(w.onset_ns[1] - w.onset_ns[0] == NS_PER_S && llabs(apart) < NS_PER_S,
		   "%lld ns apart on the monotonic clock, %lld off on the wall",
		   (long long)(w.onset_ns[1] - w.onset_ns[0]), (long long)apart);
	db_close(db);
	sd_bus_unref(bus);
	sd_event_unref(event);
	remove_directory();
}

static void numbers_go_on_in_the_next_run(void)
{
	struct record_event rec = an_event(41, 0, 0);
	struct journal *j;
	sd_event *event;
	struct db *db;
	char id[DB_ID_SIZE];

	make_directory();
	db = open_db();
	db_begin(db);
	db_add_event(db, &rec);
	db_commit(db);
	db_close(db);
	sd_event_new(&event);
	j = open_journal(event);
	ktap_check(journal_last_number(j, "iio_device0") == 41 && !journal_last_number(j, "other"),
		   "last number %llu, expected 41",
		   (unsigned long long)journal_last_number(j, "iio_device0"));
	journal_note_number(j, "iio_device0", 45);
	journal_note_number(j, "iio_device0", 43);
	ktap_check(journal_last_number(j, "iio_device0") == 45, "a number went back");
	strcpy(id, journal_id(j));
	journal_close(j);
	j = open_journal(event);
	ktap_check(!strcmp(id, journal_id(j)) && strlen(id) == 32, "id %s became %s", id, journal_id(j));
	journal_close(j);
	sd_event_unref(event);
	remove_directory();
}

struct clock_note {
	struct record_annotation rec;
	size_t n;
};

static int take_note(void *userdata, const struct record_annotation *rec)
{
	struct clock_note *c = userdata;

	c->rec = *rec;
	c->n++;
	return 0;
}

static void a_step_of_the_wall_clock_is_noted(void)
{
	struct bus_journal b = { 0 };
	struct db_filter all = DB_FILTER_ALL;
	struct clock_note c = { .n = 0 };
	sd_event *event;
	sd_bus *bus;
	struct db *db;

	make_directory();
	sd_event_new(&event);
	sd_bus_new(&bus);
	b.bus = bus;
	b.journal = open_journal(event);
	step_ns = -3600 * NS_PER_S;
	ktap_check(!bus_journal_clock_set(&b, step_ns), "not taken");
	journal_close(b.journal);
	ktap_check(!db_open(&db, path, true, err) && !db_annotations(db, &all, take_note, &c) &&
		   c.n == 1, "%s, %zu notes", err, c.n);
	ktap_check(!strcmp(c.rec.kind, "note") && !strcmp(c.rec.source, "clock") &&
		   !strcmp(c.rec.text, "the wall clock was set by -3600.000 s") &&
		   c.rec.time_ns > 0 && c.rec.wall_ns > 0, "%s of %s: %s", c.rec.kind, c.rec.source,
		   c.rec.text);
	step_ns = 0;
	db_close(db);
	sd_bus_unref(bus);
	sd_event_unref(event);
	remove_directory();
}

static void a_sensor_without_events_is_known_in_the_next_run(void)
{
	struct journal *j;
	sd_event *event;

	make_directory();
	sd_event_new(&event);
	j = open_journal(event);
	ktap_check(!journal_knows(j, "iio_device5"), "known before it was there");
	journal_meet(j, "iio_device5");
	journal_meet(j, "iio_device5");
	ktap_check(journal_knows(j, "iio_device5") && !journal_knows(j, "iio_device6"),
		   "not known as soon as it is there");
	journal_close(j);
	j = open_journal(event);
	ktap_check(journal_knows(j, "iio_device5") && !journal_last_number(j, "iio_device5"),
		   "not known, or with a number: %llu",
		   (unsigned long long)journal_last_number(j, "iio_device5"));
	journal_close(j);
	sd_event_unref(event);
	remove_directory();
}

static void in_memory_without_a_directory(void)
{
	struct journal *j = NULL;
	sd_event *event;

	sd_event_new(&event);
	ktap_check(!journal_open(&j, event, NULL, &settings, NULL, NULL, err), "%s", err);
	ktap_check(journal_state(j) == JOURNAL_VOLATILE && !*journal_path(j), "state %s",
		   journal_state_name(journal_state(j)));
	journal_close(j);
	sd_event_unref(event);
}

struct nothing {
	struct journal_job job;
	int *done;
};

static int run_never(struct db *db, struct journal_job *job)
{
	(void)db;
	(void)job;
	return 0;
}

static void count_done(struct journal_job *job, int error)
{
	(void)error;
	++*((struct nothing *)job)->done;
	free(job);
}

static void too_many_questions_are_refused_and_the_rest_answered(void)
{
	int done = 0, taken = 0, refused = 0;
	struct journal *j;
	sd_event *event;

	make_directory();
	sd_event_new(&event);
	j = open_journal(event);
	for (int i = 0; i < 10 * JOURNAL_ASKED_MAX; i++) {
		struct nothing *n = calloc(1, sizeof(*n));

		n->job.run = run_never;
		n->job.done = count_done;
		n->done = &done;
		if (journal_submit(j, &n->job)) {
			free(n);
			refused++;
		} else {
			taken++;
		}
	}
	ktap_check(taken == JOURNAL_ASKED_MAX && refused, "%d taken, %d refused", taken, refused);
	journal_close(j);
	ktap_check(done == taken, "%d of %d answered", done, taken);
	sd_event_unref(event);
	remove_directory();
}

/* ---- questions beside events ---------------------------------------------- */

struct question {
	struct journal_job job;
	int runs;
	int error;
	bool done;
};

static int begun[2];

/* Looks for ever, the first time; tells the test that it has begun. */
static int run_endless(struct db *db, struct journal_job *job)
{
	struct question *q = (struct question *)job;
	int64_t number;

	if (q->runs++ || write(begun[1], "", 1) != 1)
		return 0;
	return db_number(db, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"
			 " SELECT max(x) FROM c", &number);
}

static void note_answer(struct journal_job *job, int error)
{
	struct question *q = (struct question *)job;

	q->done = true;
	q->error = error;
}

static void an_event_does_not_wait_for_a_question(void)
{
	struct question q = { .job = { .run = run_endless, .done = note_answer, .reads = true } };
	struct nothing *n = calloc(1, sizeof(*n));
	struct journal *j;
	sd_event *event;
	int done = 0;
	char c;

	make_directory();
	sd_event_new(&event);
	j = open_journal(event);
	if (pipe(begun) || journal_submit(j, &q.job) || read(begun[0], &c, 1) != 1)
		abort();
	n->job.run = run_never;
	n->job.done = count_done;
	n->job.keep = true;
	n->done = &done;
	if (journal_submit(j, &n->job))
		abort();
	/* Hangs if the question is not broken off. */
	while (!done || !q.done)
		sd_event_run(event, UINT64_MAX);
	ktap_check(q.runs == 2 && !q.error, "the question ran %d times, expected 2, and ended with %d",
		   q.runs, q.error);
	journal_close(j);
	close(begun[0]);
	close(begun[1]);
	sd_event_unref(event);
	remove_directory();
}

static void the_log_has_its_room_and_is_tidied(void)
{
	struct db_filter all = DB_FILTER_ALL;
	struct stat st, after;
	char wal[128];
	struct db *db;

	make_directory();
	db = open_db();
	snprintf(wal, sizeof(wal), "%s-wal", path);
	db_begin(db);
	db_make_room(db);
	db_commit(db);
	ktap_check(!stat(wal, &st) && st.st_size >= DB_LOG_PAGES * 4096, "%s: %lld bytes", wal,
		   (long long)st.st_size);
	for (uint64_t i = 1; db_log_pages(db) < DB_LOG_PAGES && i < 1000; i++) {
		struct record_event rec = an_event(i, 0, 0);

		if (db_begin(db) || db_add_event(db, &rec) || db_commit(db))
			abort();
	}
	ktap_check(!stat(wal, &after) && after.st_size == st.st_size, "the log has grown to %lld bytes",
		   (long long)after.st_size);
	ktap_check(!stat(path, &st), "%s is not there", path);
	ktap_check(!db_tidy(db) && !db_log_pages(db) && !stat(path, &after) &&
		   after.st_size > st.st_size, "not tidied: the file has %lld bytes, before %lld",
		   (long long)after.st_size, (long long)st.st_size);
	ktap_check(count(db, &all) > 10, "%zu events", count(db, &all));
	db_close(db);
	remove_directory();
}

/* ---- a file that was not closed in order ------------------------------------ */

#define MANY	5000

/* Many events, and an end like that of a killed daemon. */
static void leave_unclean(void)
{
	struct db *db;

	make_directory();
	db = open_db();
	db_begin(db);
	for (uint64_t i = 1; i <= MANY; i++) {
		struct record_event rec = an_event(i, 0, (int64_t)i * NS_PER_S);

		db_add_event(db, &rec);
	}
	ktap_check(!db_commit(db) && !db_tidy(db), "%s", db_message(db));
	db->failed = true;
	db_close(db);
}

/* Garbage in the middle of the file, where nobody writes any more. */
static void damage_the_middle(void)
{
	char garbage[3 * 4096];
	struct stat st;
	int fd = open(path, O_WRONLY);

	memset(garbage, 0xa5, sizeof(garbage));
	if (fd < 0 || fstat(fd, &st) ||
	    pwrite(fd, garbage, sizeof(garbage), st.st_size / 8192 * 4096) != sizeof(garbage))
		abort();
	close(fd);
}

/* Nothing is too old here. */
static struct journal *open_unclean(sd_event *event)
{
	static const struct journal_settings keep_all = { 0, 0 };
	struct journal *j = NULL;

	ktap_check(!journal_open(&j, event, directory, &keep_all, NULL, NULL, err), "%s", err);
	return j;
}

static void wait_for_check(struct journal *j, sd_event *event)
{
	for (int i = 0; i < 1000 && journal_check(j) == JOURNAL_CHECK_RUNNING; i++)
		sd_event_run(event, 10000);
}

static int run_event(struct db *db, struct journal_job *job)
{
	struct record_event rec = an_event((uint64_t)((struct nothing *)job)->done[1], 0, 0);

	return db_add_event(db, &rec);
}

/* Numbers in @done: of those that are written, and of the one to be written. */
static void write_event(struct journal *j, sd_event *event, int *done)
{
	struct nothing *n = calloc(1, sizeof(*n));
	int before = done[0];

	n->job.run = run_event;
	n->job.done = count_done;
	n->job.keep = true;
	n->done = done;
	if (journal_submit(j, &n->job))
		abort();
	for (int i = 0; i < 1000 && done[0] == before; i++)
		sd_event_run(event, 10000);
	done[1]++;
}

static int is_clean(void)
{
	int64_t clean = -1;
	struct db *db;

	if (!db_open(&db, path, true, err))
		db_number(db, "SELECT clean FROM run ORDER BY number DESC LIMIT 1", &clean);
	db_close(db);
	return (int)clean;
}

static void it_is_looked_through_beside_the_events(void)
{
	struct db_filter all = DB_FILTER_ALL;
	int done[2] = { 0, MANY + 1 };
	struct journal *j;
	sd_event *event;
	struct db *db;

	leave_unclean();
	sd_event_new(&event);
	j = open_unclean(event);
	ktap_check(journal_check(j) == JOURNAL_CHECK_RUNNING &&
		   journal_last_number(j, "iio_device0") == MANY, "check %s, last number %llu",
		   journal_check_name(journal_check(j)),
		   (unsigned long long)journal_last_number(j, "iio_device0"));
	write_event(j, event, done);
	ktap_check(done[0] == 1 && journal_state(j) == JOURNAL_OK, "not written: %s",
		   journal_state_reason(j));
	wait_for_check(j, event);
	ktap_check(journal_check(j) == JOURNAL_CHECK_OK, "check %s",
		   journal_check_name(journal_check(j)));
	journal_close(j);
	ktap_check(is_clean() == 1, "clean is %d after the check, expected 1", is_clean());
	/* Closed in order before its end: the check is still to come. */
	db_open(&db, path, false, err);
	db_begin(db);
	db_exec(db, "UPDATE run SET clean = 0");
	db_commit(db);
	db_close(db);
	j = open_unclean(event);
	journal_close(j);
	ktap_check(!is_clean(), "clean is %d before the check's end, expected 0", is_clean());
	ktap_check(!db_open(&db, path, false, err) && count(db, &all) == MANY + 1, "%zu events, %s",
		   count(db, &all), err);
	db_close(db);
	sd_event_unref(event);
	remove_directory();
}

static void damage_is_found_and_nothing_is_lost(void)
{
	struct db_filter all = DB_FILTER_ALL;
	int done[2] = { 0, MANY + 1 };
	char command[256], id[DB_ID_SIZE];
	struct journal *j;
	sd_event *event;
	struct db *db;

	leave_unclean();
	damage_the_middle();
	sd_event_new(&event);
	j = open_unclean(event);
	strcpy(id, journal_id(j));
	ktap_check(journal_state(j) == JOURNAL_OK && journal_check(j) == JOURNAL_CHECK_RUNNING,
		   "state %s, check %s", journal_state_name(journal_state(j)),
		   journal_check_name(journal_check(j)));
	write_event(j, event, done);
	wait_for_check(j, event);
	ktap_check(journal_check(j) == JOURNAL_CHECK_CORRUPT && strcmp(id, journal_id(j)),
		   "check %s, id %s", journal_check_name(journal_check(j)), journal_id(j));
	write_event(j, event, done);
	ktap_check(done[0] == 2 && journal_state(j) == JOURNAL_OK &&
		   journal_last_number(j, "iio_device0") == MANY, "%d written, state %s, last number %llu",
		   done[0], journal_state_name(journal_state(j)),
		   (unsigned long long)journal_last_number(j, "iio_device0"));
	journal_close(j);
	/* What was written before is in the file that is kept, the rest in the new one. */
	ktap_check(!db_open(&db, path, true, err) && count(db, &all) == 1, "%zu events, %s",
		   count(db, &all), err);
	db_close(db);
	snprintf(command, sizeof(command), "mv %s.corrupt-*Z %s", path, path);
	all.from = MANY + 1;
	ktap_check(!system(command) && !db_open(&db, path, true, err) && count(db, &all) == 1,
		   "the kept file: %s", err);
	db_close(db);
	sd_event_unref(event);
	remove_directory();
}

/* Events in a file that may be in use. */
static size_t count_in(const char *file)
{
	struct db_filter all = DB_FILTER_ALL;
	struct db *db = NULL;
	size_t n;

	if (!ktap_check(!db_open(&db, file, true, err), "%s: %s", file, err))
		return 0;
	n = count(db, &all);
	db_close(db);
	return n;
}

/* What a file says of its only session. */
static void check_session(uint64_t number, const char *metadata)
{
	struct record_session s = { 0 };
	int64_t sessions = 0;
	struct db *db;

	if (!ktap_check(!db_open(&db, path, true, err), "%s", err))
		return;
	ktap_check(!db_running_session(db, &s) && s.number == number &&
		   !strcmp(s.metadata, metadata), "session %llu: %s", (unsigned long long)s.number,
		   s.metadata);
	ktap_check(!db_number(db, "SELECT count(*) FROM session", &sessions) && sessions == 1,
		   "%lld sessions", (long long)sessions);
	db_close(db);
}

/* Nobody else's number may be that of events that the new file already has. */
static void a_session_goes_on_in_a_new_file(void)
{
	struct record_session s = { .number = 7, .started_ns = 5, .started_wall_ns = 6,
				    .metadata = "{\"subject\":\"A12\"}" };
	struct record_session next = { .metadata = "{}" };
	int done[2] = { 0, 1 };
	struct journal *j;
	sd_event *event;
	struct db *db;

	make_directory();
	sd_event_new(&event);
	j = open_unclean(event);
	strcpy(s.boot_id, journal_boot_id(j));
	journal_set_session(j, &s);
	for (int i = 0; i < 2; i++) {
		ktap_check(!unlink(path), "cannot delete it");
		write_event(j, event, done);
		check_session(7, s.metadata);
	}
	journal_close(j);
	/* Closed and opened, it still runs, and is there once. */
	j = open_unclean(event);
	ktap_check(journal_session(j)->number == 7, "session %llu",
		   (unsigned long long)journal_session(j)->number);
	journal_close(j);
	check_session(7, s.metadata);
	db = open_db();
	ktap_check(!db_begin(db) && !db_start_session(db, &next) && next.number == 8,
		   "the next is session %llu", (unsigned long long)next.number);
	db_rollback(db);
	db_close(db);
	sd_event_unref(event);
	remove_directory();
}

/* Moved to an archive, and deleted, while it is in use: what comes then is kept all the same. */
static void a_file_taken_away_is_begun_anew(void)
{
	int done[2] = { 0, 1 };
	char archive[128], id[DB_ID_SIZE];
	struct journal *j;
	sd_event *event;

	make_directory();
	sd_event_new(&event);
	j = open_unclean(event);
	snprintf(archive, sizeof(archive), "%s/archive.db", directory);
	strcpy(id, journal_id(j));
	write_event(j, event, done);
	write_event(j, event, done);
	ktap_check(!rename(path, archive), "cannot move it");
	write_event(j, event, done);
	ktap_check(done[0] == 3 && journal_state(j) == JOURNAL_OK && strcmp(id, journal_id(j)),
		   "%d written, state %s, id %s", done[0], journal_state_name(journal_state(j)),
		   journal_id(j));
	ktap_check(count_in(archive) == 2 && count_in(path) == 1, "%zu and %zu events",
		   count_in(archive), count_in(path));
	ktap_check(!unlink(path), "cannot delete it");
	write_event(j, event, done);
	write_event(j, event, done);
	journal_close(j);
	ktap_check(count_in(archive) == 2 && count_in(path) == 2, "%zu and %zu events at the end",
		   count_in(archive), count_in(path));
	sd_event_unref(event);
	remove_directory();
}

/* Deleting much must not fill the disk with the log of it. */
static void retention_keeps_the_log_short(void)
{
	static const struct journal_settings little = { 0, 1 };
	struct journal *j = NULL;
	struct stat st;
	sd_event *event;
	off_t longest = 0;
	uint64_t bytes = 0;
	char wal[128];
	struct db *db;

	leave_unclean();
	snprintf(wal, sizeof(wal), "%s-wal", path);
	db_open(&db, path, false, err);
	db_begin(db);
	for (uint64_t i = MANY + 1; i <= 16 * MANY; i++) {
		struct record_event rec = an_event(i, 0, (int64_t)i * NS_PER_S);

		db_add_event(db, &rec);
	}
	ktap_check(!db_commit(db) && !db_tidy(db), "%s", db_message(db));
	db_close(db);
	sd_event_new(&event);
	ktap_check(!journal_open(&j, event, directory, &little, NULL, NULL, err), "%s", err);
	for (int i = 0; i < 3000 && (!bytes || bytes > 1 << 20); i++) {
		sd_event_run(event, 10000);
		if (!stat(wal, &st) && st.st_size > longest)
			longest = st.st_size;
		if (!db_open(&db, path, true, err)) {
			db_size(db, &bytes);
			db_close(db);
		}
	}
	ktap_check(bytes && bytes <= 1 << 20 && longest < 12 << 20, "%llu bytes, the log had %lld",
		   (unsigned long long)bytes, (long long)longest);
	journal_close(j);
	sd_event_unref(event);
	remove_directory();
}

/* A row that its index does not tell of would be left out of answers. */
static void an_index_that_lacks_a_row_is_damage(void)
{
	static const char *const steps[] = {
		"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' WHERE number <> 777'"
		" WHERE name = 'revision_of'",
		"REINDEX revision_of; PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql ="
		" replace(sql, ' WHERE number <> 777', '') WHERE name = 'revision_of'",
	};
	struct db *db;
	sqlite3 *sql;
	int ret = 0;

	leave_unclean();
	/* Each sees the schema that the one before has left. */
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (sqlite3_open(path, &sql) || sqlite3_exec(sql, steps[i], NULL, NULL, NULL))
			abort();
		sqlite3_close(sql);
	}
	ktap_check(!db_open(&db, path, false, err) && db_check_due(db), "%s, due: %d", err,
		   db_check_due(db));
	while (!ret && db_check_due(db))
		ret = db_check_some(db);
	ktap_check(ret == -EUCLEAN && strstr(db_message(db), "777"), "%d, %s", ret, db_message(db));
	db_close(db);
	remove_directory();
}

/* It ends with the last that was heard on its boot: not before it began. */
static void a_session_ends_with_the_last_sign_of_life(void)
{
	struct record_event rec = an_event(1, 0, 5000);
	struct record_session s = { .started_ns = 300, .started_wall_ns = 400, .boot_id = BOOT_A,
				    .metadata = "{}" };
	int64_t time_ns, wall_ns;
	uint64_t run;
	struct db *db;

	make_directory();
	db = open_db();
	db_begin(db);
	db_start_session(db, &s);
	ktap_check(!db_last_time(db, &s, &time_ns, &wall_ns) && time_ns == 300 && wall_ns == 400,
		   "nothing heard: %lld, %lld", (long long)time_ns, (long long)wall_ns);
	/* The daemon was started anew meanwhile, the wall clock set back. */
	db_add_run(db, BOOT_A, 600, 100, &run);
	ktap_check(!db_last_time(db, &s, &time_ns, &wall_ns) && time_ns == 600 && wall_ns == 100,
		   "another run: %lld, %lld", (long long)time_ns, (long long)wall_ns);
	rec.ev.onset_ns = 900;
	db_add_event(db, &rec);
	ktap_check(!db_last_time(db, &s, &time_ns, &wall_ns) && time_ns == 900 && wall_ns == 5000,
		   "an event: %lld, %lld", (long long)time_ns, (long long)wall_ns);
	/* Another boot's clock begins anew. */
	db_add_run(db, "ffffffffffffffffffffffffffffffff", 7000, 8000, &run);
	ktap_check(!db_last_time(db, &s, &time_ns, &wall_ns) && time_ns == 900 && wall_ns == 5000,
		   "another boot: %lld, %lld", (long long)time_ns, (long long)wall_ns);
	db_commit(db);
	db_close(db);
	remove_directory();
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "what_goes_in_comes_out", what_goes_in_comes_out },
		{ "filters_choose", filters_choose },
		{ "retention_deletes_and_keeps_the_numbers", retention_deletes_and_keeps_the_numbers },
		{ "what_is_rolled_back_was_never_there", what_is_rolled_back_was_never_there },
		{ "read_only_leaves_no_trace", read_only_leaves_no_trace },
		{ "one_daemon_has_the_directory", one_daemon_has_the_directory },
		{ "a_step_of_the_wall_clock_moves_only_the_wall_times",
		  a_step_of_the_wall_clock_moves_only_the_wall_times },
		{ "a_step_of_the_wall_clock_is_noted", a_step_of_the_wall_clock_is_noted },
		{ "a_sensor_without_events_is_known_in_the_next_run",
		  a_sensor_without_events_is_known_in_the_next_run },
		{ "numbers_go_on_in_the_next_run", numbers_go_on_in_the_next_run },
		{ "in_memory_without_a_directory", in_memory_without_a_directory },
		{ "too_many_questions_are_refused_and_the_rest_answered",
		  too_many_questions_are_refused_and_the_rest_answered },
		{ "an_event_does_not_wait_for_a_question", an_event_does_not_wait_for_a_question },
		{ "the_log_has_its_room_and_is_tidied", the_log_has_its_room_and_is_tidied },
		{ "it_is_looked_through_beside_the_events", it_is_looked_through_beside_the_events },
		{ "damage_is_found_and_nothing_is_lost", damage_is_found_and_nothing_is_lost },
		{ "a_session_goes_on_in_a_new_file", a_session_goes_on_in_a_new_file },
		{ "a_file_taken_away_is_begun_anew", a_file_taken_away_is_begun_anew },
		{ "retention_keeps_the_log_short", retention_keeps_the_log_short },
		{ "an_index_that_lacks_a_row_is_damage", an_index_that_lacks_a_row_is_damage },
		{ "a_session_ends_with_the_last_sign_of_life", a_session_ends_with_the_last_sign_of_life },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
