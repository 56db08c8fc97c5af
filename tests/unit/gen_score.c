// SPDX-License-Identifier: GPL-2.0-or-later
/* The scorer on sessions whose score is known by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen/score.h"
#include "unit/ktap.h"

static char truth_path[] = "/tmp/backpop-truth-XXXXXX";
static char events_path[] = "/tmp/backpop-events-XXXXXX";
static char ttl_path[] = "/tmp/backpop-ttl-XXXXXX";

#define SESSION "{\"session\":{\"seed\":1,\"duration_s\":1800}}\n"
#define TRUE(t, end, class) \
	"{\"t_onset\":" #t ",\"t_end\":" #end ",\"class\":\"" class "\",\"snr_db\":25}\n"
#define QUIET(t, end, class) \
	"{\"t_onset\":" #t ",\"t_end\":" #end ",\"class\":\"" class "\",\"snr_db\":5}\n"
#define NONE(t, end, what) \
	"{\"t_onset\":" #t ",\"t_end\":" #end ",\"class\":\"none\",\"artefact\":\"" what "\"}\n"
#define EVENT(n, rev, t, end, emitted, class) \
	"{\"event\":" #n ",\"revision\":" #rev ",\"onset_s\":" #t ",\"end_s\":" #end \
	",\"emitted_s\":" #emitted ",\"class\":\"" class "\",\"confidence\":0.9}\n"

static void save(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		printf("Bail out! cannot write %s\n", path);
}

static const struct score_options by_default = {
	.collar_s = SCORE_COLLAR_S, .min_snr_db = -INFINITY,
};

/* Add one session to @score; false = could not be loaded, @err says why. */
static bool add(struct score *score, const char *truth, const char *events, char *err)
{
	struct score_session s;

	save(truth_path, truth);
	save(events_path, events);
	if (score_load(&s, &score->opt, truth_path, events_path, err))
		return false;
	ktap_check(score_add(score, &s) == 0, "out of memory");
	score_unload(&s);
	return true;
}

static void score_one(struct score *score, const struct score_options *opt, const char *truth,
		      const char *events)
{
	char err[SCORE_ERROR_SIZE] = "";

	score_init(score, opt);
	ktap_check(add(score, truth, events, err), "%s", err);
}

static void check_counts(const struct score *s, unsigned int hits, unsigned int misses,
			 unsigned int alarms)
{
	ktap_check(s->hits == hits && s->truths - s->hits == misses && s->false_alarms == alarms,
		   "hits %d misses %d false alarms %d, expected %u %u %u", (int)s->hits,
		   (int)(s->truths - s->hits), (int)s->false_alarms, hits, misses, alarms);
}

static void check_value(const char *what, double got, double expected)
{
	ktap_check(fabs(got - expected) < 1e-6, "%s is %.6f, expected %.6f", what, got, expected);
}

static void test_plain(void)
{
	struct score s;

	/* 3 of 4 found, one tap called an event, one withdrawn in time, one late. */
	score_one(&s, &by_default,
		  SESSION TRUE(10, 10.01, "cavitation") TRUE(20, 20.01, "cavitation")
		  TRUE(30, 30.01, "snap") TRUE(40, 40.01, "snap")
		  NONE(50, 50.1, "tap") NONE(60, 60.1, "cough"),
		  EVENT(1, 0, 10.002, 10.01, 10.020, "cavitation")
		  EVENT(2, 0, 20.049, 20.06, 20.060, "snap")
		  EVENT(3, 0, 29.998, 30.01, 30.030, "cavitation")
		  EVENT(4, 0, 50.010, 50.1, 50.020, "cavitation")
		  EVENT(5, 0, 60.000, 60.1, 60.020, "snap")
		  EVENT(5, 1, 60.000, 60.1, 60.200, "artefact")
		  EVENT(6, 0, 40.060, 40.1, 40.080, "snap")
		  EVENT(6, 1, 40.060, 40.1, 40.400, "artefact")
		  EVENT(3, 1, 29.998, 30.01, 100.0, "snap"));
	check_counts(&s, 3, 1, 1);
	ktap_check(s.withdrawn == 2 && s.withdrawn_late == 1 && s.withdrawn_true == 0,
		   "withdrawn %d, late %d, true %d", (int)s.withdrawn, (int)s.withdrawn_late,
		   (int)s.withdrawn_true);
	ktap_check(s.by_cause[CAUSE_TAP] == 1, "the false alarm was no tap");
	check_value("precision", score_precision(&s), 0.75);
	check_value("recall", score_recall(&s), 0.75);
	check_value("F1", score_f1(&s), 0.75);
	check_value("false alarms per hour", score_alarms_per_hour(&s), 2.0);
	/* cavitation: 1 right of 2; called 1. snap: 1 right of 1; called 2. Both 2/3. */
	check_value("cavitation F1", score_class_f1(&s, CLASS_CAVITATION), 2.0 / 3.0);
	check_value("snap F1", score_class_f1(&s, CLASS_SNAP), 2.0 / 3.0);
	check_value("macro F1", score_macro_f1(&s), 2.0 / 3.0);
	check_value("median onset error", score_percentile(&s.onset_error_s, 50), 0.002);
	check_value("largest onset error", score_percentile(&s.onset_error_s, 100), 0.049);
	check_value("median latency", score_percentile(&s.latency_s, 50), 0.030);
	check_value("largest latency", score_percentile(&s.latency_s, 100), 0.060);
	score_free(&s);
}

/* As many pairs as possible first, then the nearest. */
static void test_matching(void)
{
	struct score s;

	/* The nearest of truth 1 is needed by truth 2. */
	score_one(&s, &by_default,
		  SESSION TRUE(10.000, 10.01, "cavitation") TRUE(10.040, 10.05, "cavitation"),
		  EVENT(1, 0, 9.960, 9.97, 9.99, "cavitation")
		  EVENT(2, 0, 10.010, 10.02, 10.03, "cavitation"));
	check_counts(&s, 2, 0, 0);
	score_free(&s);

	/* Two candidates: the nearer is the hit, the other a false alarm. */
	score_one(&s, &by_default, SESSION TRUE(10, 10.01, "cavitation"),
		  EVENT(1, 0, 9.960, 9.97, 9.99, "snap")
		  EVENT(2, 0, 10.001, 10.02, 10.03, "cavitation"));
	check_counts(&s, 1, 0, 1);
	check_value("onset error", score_percentile(&s.onset_error_s, 50), 0.001);
	ktap_check(s.confusion[CLASS_CAVITATION][CLASS_CAVITATION] == 1, "the farther one was taken");
	ktap_check(s.by_cause[CAUSE_EVENT] == 1, "its cause is not the event beside it");
	score_free(&s);

	/* One to one: one event is no answer to two pops. At the collar's edge it counts. */
	score_one(&s, &by_default,
		  SESSION TRUE(10, 10.01, "cavitation") TRUE(10.02, 10.03, "cavitation")
		  TRUE(20, 20.01, "snap") TRUE(30, 30.01, "snap"),
		  EVENT(1, 0, 10.010, 10.02, 10.03, "cavitation")
		  EVENT(2, 0, 20.0499, 20.06, 20.07, "snap")
		  EVENT(3, 0, 30.0501, 30.06, 30.07, "snap"));
	check_counts(&s, 2, 2, 1);
	score_free(&s);
}

static void test_trains(void)
{
	struct score s;

	score_one(&s, &by_default,
		  SESSION TRUE(10, 12, "crepitus") TRUE(20, 22, "crepitus") TRUE(30, 32, "crepitus")
		  TRUE(40, 40.3, "lung_crackle") TRUE(50, 50.3, "lung_crackle"),
		  EVENT(1, 0, 10.5, 11.8, 11.0, "crepitus")	/* found */
		  EVENT(2, 0, 11.85, 11.95, 11.9, "crepitus")	/* a fragment of it */
		  EVENT(3, 0, 10.2, 10.21, 10.25, "snap")	/* sharp inside: false alarm */
		  EVENT(4, 0, 21.9, 24.0, 22.5, "crepitus")	/* overlaps by too little */
		  EVENT(5, 0, 30.1, 30.11, 30.12, "snap")	/* found, wrongly named */
		  EVENT(6, 0, 40.1, 40.11, 40.12, "cavitation")	/* lung called cavitation */
		  EVENT(7, 0, 50.0, 50.3, 51.0, "lung_crackle"));
	check_counts(&s, 4, 1, 2);
	ktap_check(s.fragments == 1, "%d fragments, expected 1", (int)s.fragments);
	ktap_check(s.confusion[CLASS_CREPITUS][CLASS_CREPITUS] == 1 &&
		   s.confusion[CLASS_CREPITUS][CLASS_SNAP] == 1, "confusion of crepitus");
	ktap_check(s.lung_called_cavitation == 1, "lung called cavitation %d, expected 1",
		   (int)s.lung_called_cavitation);
	ktap_check(s.by_cause[CAUSE_TRAIN] == 2, "%d false alarms in trains, expected 2",
		   (int)s.by_cause[CAUSE_TRAIN]);
	score_free(&s);

	/* A single crackle is as short as a pop: its onset counts, within the collar. */
	score_one(&s, &by_default,
		  SESSION TRUE(10, 10.005, "lung_crackle") TRUE(20, 20.4, "lung_crackle")
		  TRUE(30, 30.4, "lung_crackle"),
		  EVENT(1, 0, 9.996, 9.999, 10.5, "lung_crackle")
		  EVENT(2, 0, 19.96, 19.963, 20.5, "lung_crackle")
		  EVENT(3, 0, 29.94, 29.943, 30.5, "lung_crackle"));
	check_counts(&s, 2, 1, 1);
	score_free(&s);
}

static void test_quiet(void)
{
	struct score_options opt = by_default;
	struct score s;

	opt.min_snr_db = 11.0;
	/* Found or not, the quiet one does not count; nor does it take the loud one's event. */
	score_one(&s, &opt,
		  SESSION QUIET(10, 10.01, "cavitation") TRUE(20.02, 20.03, "cavitation")
		  QUIET(20, 20.01, "cavitation") QUIET(30, 30.01, "snap"),
		  EVENT(1, 0, 10.001, 10.01, 10.02, "cavitation")
		  EVENT(2, 0, 20.001, 20.01, 20.02, "cavitation"));
	check_counts(&s, 1, 0, 0);
	ktap_check(s.quiet == 3, "%d quiet", (int)s.quiet);
	score_free(&s);
}

static void test_pooled(void)
{
	char err[SCORE_ERROR_SIZE];
	struct score s;

	score_init(&s, &by_default);
	ktap_check(add(&s, SESSION TRUE(10, 10.01, "snap"), EVENT(1, 0, 10, 10.01, 10.02, "snap"), err),
		   "%s", err);
	ktap_check(add(&s, SESSION TRUE(10, 10.01, "snap"), "", err), "%s", err);
	check_counts(&s, 1, 1, 0);
	check_value("hours", s.hours, 1.0);
	score_free(&s);
}

/* Lines of `backpopctl monitor --json`: absolute times, arrival, other lines between. */
static void test_live(void)
{
	static const char events[] =
		"{\"marker\":1,\"time_ns\":1000}\n\n"
		"{\"event\":1,\"revision\":0,\"onset_s\":99,\"onset_ns\":1010004000000,"
		"\"end_s\":99.006,\"emitted_s\":99.016,"
		"\"arrival_ns\":1010065000000,\"class\":\"cavitation\"}\n";
	struct score_options opt = by_default;
	struct score s;

	opt.live = true;
	opt.origin_ns = 1000000000000;
	opt.ttl_path = ttl_path;
	save(ttl_path, "1009000000000 1\n1009050000000 0\n1010030000000 1\n1010080000000 0\n");
	score_one(&s, &opt, SESSION TRUE(10, 10.01, "cavitation"), events);
	check_counts(&s, 1, 0, 0);
	check_value("onset error", score_percentile(&s.onset_error_s, 50), 0.004);
	check_value("latency", score_percentile(&s.latency_s, 50), 0.020);
	check_value("arrival", score_percentile(&s.arrival_s, 50), 0.065);
	check_value("TTL", score_percentile(&s.ttl_s, 50), 0.030);
	ktap_check(s.ttl_s.n == 1, "%zu TTL edges", s.ttl_s.n);
	score_free(&s);
}

/* A perfect list scores 1 and an empty one 0, whatever the number of events. */
static void test_extremes(void)
{
	char *truth = malloc(200000), *events = malloc(200000);
	char *t = truth, *e = events;
	struct score s;

	t += sprintf(t, SESSION);
	for (int i = 1; i <= 500; i++) {
		t += sprintf(t, "{\"t_onset\":%d.%02d,\"t_end\":%d.9,\"class\":\"snap\"}\n", i / 10,
			     i % 10 * 3, i / 10);
		e += sprintf(e, "{\"event\":%d,\"revision\":0,\"onset_s\":%d.%02d,\"end_s\":%d.9,"
			     "\"emitted_s\":99,\"class\":\"snap\"}\n", i, i / 10, i % 10 * 3, i / 10);
	}
	score_one(&s, &by_default, truth, events);
	check_counts(&s, 500, 0, 0);
	check_value("F1", score_f1(&s), 1.0);
	check_value("onset error", score_percentile(&s.onset_error_s, 100), 0.0);
	score_free(&s);
	score_one(&s, &by_default, truth, "");
	check_value("F1 of silence", score_f1(&s), 0.0);
	score_free(&s);
	free(truth);
	free(events);
}

#define POP(t, end, burst) \
	"{\"t_onset\":" #t ",\"t_end\":" #end ",\"class\":\"cavitation\",\"burst_id\":" #burst "}\n"
#define SITE(n, t, confidence, site, phase, bpm) \
	"{\"event\":" #n ",\"revision\":0,\"onset_s\":" #t ",\"end_s\":" #t ",\"emitted_s\":" #t \
	",\"class\":\"cavitation\",\"confidence\":" #confidence ",\"site\":" #site \
	",\"breath_phase\":\"" phase "\",\"breath_rate_bpm\":" #bpm "}\n"

/* A manoeuvre of three and one of two; the strict collar; who was right how surely. */
static void test_manoeuvres(void)
{
	struct score s;

	score_one(&s, &by_default,
		  SESSION POP(100.0, 100.01, 1) POP(100.03, 100.04, 1) POP(100.06, 100.07, 1)
		  NONE(100.01, 100.02, "tap")
		  POP(200.0, 200.01, 2) POP(200.05, 200.06, 2) POP(300, 300.01, 3),
		  SITE(1, 100.001, 0.95, 1, "inhale", 15) SITE(2, 100.031, 0.95, 2, "inhale", 15)
		  SITE(3, 200.001, 0.95, 3, "inhale", 15) SITE(4, 200.062, 0.95, 4, "inhale", 15)
		  SITE(5, 400, 0.35, 1, "unknown", 15));
	check_counts(&s, 4, 2, 1);
	ktap_check(s.strict_hits == 3 && s.strict_alarms == 2, "within 10 ms: %d hits, %d alarms",
		   (int)s.strict_hits, (int)s.strict_alarms);
	ktap_check(s.manoeuvres == 2 && s.manoeuvres_found == 2 && s.manoeuvres_exact == 1,
		   "manoeuvres %d found %d exact %d, expected 2 2 1", (int)s.manoeuvres,
		   (int)s.manoeuvres_found, (int)s.manoeuvres_exact);
	/* Site 1 again after 300 s. */
	ktap_check(s.too_soon == 1, "too soon %d, expected 1", (int)s.too_soon);
	ktap_check(s.settled.events[9] == 4 && s.settled.right[9] == 4 &&
		   s.settled.events[3] == 1 && s.settled.right[3] == 0, "reliability bins");
	check_value("calibration error", score_calibration_error(&s.settled),
		    (4 * 0.05 + 0.35) / 5);
	score_free(&s);
}

/* What was said first counts even if it was withdrawn, and as of the class that it named. */
static void test_first_confidence(void)
{
	struct score s;

	score_one(&s, &by_default, SESSION TRUE(10, 10.01, "snap") TRUE(20, 20.01, "cavitation"),
		  EVENT(1, 0, 10, 10.01, 10.02, "cavitation") EVENT(1, 1, 10, 10.01, 10.3, "snap")
		  EVENT(2, 0, 20, 20.01, 20.02, "cavitation")
		  EVENT(3, 0, 30, 30.01, 30.02, "cavitation")
		  EVENT(3, 1, 30, 30.01, 30.2, "artefact"));
	ktap_check(s.first.events[9] == 3 && s.first.right[9] == 1,
		   "at first: %d of %d right, expected 1 of 3", (int)s.first.right[9],
		   (int)s.first.events[9]);
	ktap_check(s.settled.events[9] == 2 && s.settled.right[9] == 2,
		   "in the end: %d of %d right, expected 2 of 2", (int)s.settled.right[9],
		   (int)s.settled.events[9]);
	check_value("calibration error at first", score_calibration_error(&s.first), 1.7 / 3);
	score_free(&s);
}

/* Breaths of 4 s that start at 0, 4, 8...; a walk; time by activity. */
static void test_context(void)
{
	char *truth = malloc(100000), *t = truth;
	struct score s;

	t += sprintf(t, SESSION "{\"activity\":{\"movement\":\"walk\",\"from_s\":600,\"to_s\":1200}}\n"
		     "{\"activity\":{\"movement\":\"bend\",\"from_s\":1300,\"to_s\":1336}}\n"
		     NONE(1000, 1036, "speech"));
	for (int i = 0; i < 450; i++)
		t += sprintf(t, "{\"breath\":{\"start_s\":%d,\"peak_s\":%d.5,\"exhale_s\":%d.5,"
			     "\"end_s\":%d.5}}\n", 4 * i, 4 * i + 1, 4 * i + 1, 4 * i + 3);
	score_one(&s, &by_default, truth,
		  SITE(1, 101.0, 0.9, 0, "inhale", 15.2) SITE(2, 302.0, 0.9, 0, "inhale", 14.5)
		  SITE(3, 700.0, 0.9, 0, "unknown", 15) SITE(4, 1010.0, 0.9, 0, "inhale", 15));
	ktap_check(s.phase_known == 3 && s.phase_right == 1 && s.phase_unknown == 1,
		   "phases known %d right %d unknown %d, expected 3 1 1", (int)s.phase_known,
		   (int)s.phase_right, (int)s.phase_unknown);
	check_value("largest rate error", score_percentile(&s.breath_error_bpm, 100), 0.5);
	ktap_check(s.activity_alarms[SCORE_WALK] == 1 && s.activity_alarms[SCORE_REST] == 2 &&
		   s.activity_alarms[CAUSE_SPEECH] == 1, "false alarms by activity");
	/* 0.1 s around the talk is its own too. */
	ktap_check(fabs(s.activity_hours[CAUSE_SPEECH] * 3600.0 - 36.2) < 0.3 &&
		   fabs(s.activity_hours[SCORE_WALK] * 3600.0 - (600.0 - 36.2)) < 0.3 &&
		   fabs(s.activity_hours[SCORE_MOVE] * 3600.0 - 36.0) < 0.3 &&
		   fabs(s.activity_hours[SCORE_REST] * 3600.0 - 1164.0) < 0.3,
		   "seconds of talk %f, walk %f, movement %f, rest %f",
		   3600.0 * s.activity_hours[CAUSE_SPEECH], 3600.0 * s.activity_hours[SCORE_WALK],
		   3600.0 * s.activity_hours[SCORE_MOVE], 3600.0 * s.activity_hours[SCORE_REST]);
	score_free(&s);
	free(truth);
}

/* Sessions of F1 1 and 0: the interval spans both, alike every time; of one session: none. */
static void test_bootstrap(void)
{
	struct score_interval f1, alarms, macro, again;
	char err[SCORE_ERROR_SIZE];
	struct score s;

	score_init(&s, &by_default);
	for (int i = 0; i < 8; i++) {
		ktap_check(add(&s, SESSION TRUE(10, 10.01, "snap"),
			       i % 2 ? EVENT(1, 0, 10, 10.01, 10.02, "snap") : "", err), "%s", err);
		score_intervals(&s, &f1, &alarms, &macro);
		if (i == 0)
			ktap_check(isnan(f1.lo) && isnan(alarms.hi), "an interval of one session");
	}
	ktap_check(f1.lo < 0.45 && f1.hi > 0.8 && f1.lo >= 0.0 && f1.hi <= 1.0,
		   "F1 %f, interval %f to %f", score_f1(&s), f1.lo, f1.hi);
	ktap_check(alarms.lo == 0.0 && alarms.hi == 0.0, "false alarms %f to %f", alarms.lo, alarms.hi);
	score_intervals(&s, &again, &alarms, &macro);
	ktap_check(again.lo == f1.lo && again.hi == f1.hi, "two bootstraps differ");
	score_free(&s);
}

static void test_bad_lines(void)
{
	static const struct {
		const char *truth, *events, *message;
	} cases[] = {
		{ "", "", "session" },
		{ "{\"session\":{\"duration_s\":3e62}}\n", "", "duration_s" },
		{ "{\"session\":{\"duration_s\":NaN}}\n", "", "duration_s" },
		{ SESSION "hello\n", "", ":2:" },
		{ SESSION "{\"t_onset\":\"x\",\"t_end\":1,\"class\":\"snap\"}\n", "", "t_onset" },
		{ SESSION TRUE(1, 2, "sneeze"), "", "sneeze" },
		{ SESSION NONE(1, 2, "sneeze"), "", "sneeze" },
		{ SESSION, EVENT(1, 0, 1, 2, 3, "bang"), "bang" },
		{ SESSION, "{\"event\":1,\"revision\":0}\n", "onset_s" },
		{ SESSION, "{\"event\":-1,\"revision\":0}\n", "event" },
		{ SESSION, "[1,2]\n", ":1:" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char err[SCORE_ERROR_SIZE] = "";
		struct score s;

		score_init(&s, &by_default);
		ktap_check(!add(&s, cases[i].truth, cases[i].events, err) &&
			   strstr(err, cases[i].message), "case %zu: \"%s\" does not say \"%s\"", i,
			   err, cases[i].message);
		score_free(&s);
	}
}

/* Found by tests/fuzz/score.c: neither is a bin of the reliability table. */
static void test_absurd_confidence(void)
{
	static const char *const events[] = {
		EVENT(1, 0, 10.001, 10.01, 10.02, "cavitation"),
		"{\"event\":1,\"revision\":0,\"onset_s\":10,\"end_s\":10.01,\"emitted_s\":10.02,"
		"\"class\":\"cavitation\",\"confidence\":1e300}\n",
		"{\"event\":1,\"revision\":0,\"onset_s\":10,\"end_s\":10.01,\"emitted_s\":10.02,"
		"\"class\":\"cavitation\",\"confidence\":-1e300}\n",
		"{\"event\":1,\"revision\":0,\"onset_s\":10,\"end_s\":10.01,\"emitted_s\":10.02,"
		"\"class\":\"cavitation\",\"confidence\":NaN}\n",
		"{\"event\":1,\"revision\":0,\"onset_s\":10,\"end_s\":10.01,\"emitted_s\":10.02,"
		"\"class\":\"cavitation\"}\n",
	};
	struct score s;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		score_one(&s, &by_default, SESSION TRUE(10, 10.01, "cavitation"), events[i]);
		check_counts(&s, 1, 0, 0);
		score_free(&s);
	}
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "hits, misses, false alarms, withdrawn", test_plain },
		{ "one-to-one matching", test_matching },
		{ "trains", test_trains },
		{ "too quiet to count", test_quiet },
		{ "sessions are pooled", test_pooled },
		{ "live lines and trigger edges", test_live },
		{ "perfect and empty lists", test_extremes },
		{ "manoeuvres, sites, confidence", test_manoeuvres },
		{ "confidence at first", test_first_confidence },
		{ "breathing and activities", test_context },
		{ "bootstrap", test_bootstrap },
		{ "bad lines are named", test_bad_lines },
		{ "confidence beyond all bounds", test_absurd_confidence },
	};
	char *paths[] = { truth_path, events_path, ttl_path };
	int ret;

	for (int i = 0; i < 3; i++) {
		int fd = mkstemp(paths[i]);

		if (fd < 0) {
			printf("Bail out! cannot create %s\n", paths[i]);
			return 1;
		}
		close(fd);
	}
	ret = ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
	for (int i = 0; i < 3; i++)
		unlink(paths[i]);
	return ret;
}
