/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scores what was found against what was true, by the conventions of
 * sed_eval/mir_eval: sharp events one to one by their onsets, trains by overlap.
 *
 *	sharp truth	cavitation, snap: matched with any event that still stands, whose
 *			onset is within the collar; as many pairs as possible, of those
 *			the closest
 *	train truth	crepitus, lung crackles of one breath: found when an event overlaps
 *			(a train by half of the shorter of the two; a sharp one, and a train
 *			shorter than the collar, by its onset);
 *			more crackle events in a train that is found already are fragments,
 *			neither hits nor false alarms; more sharp ones are false alarms
 *	withdrawn	highest revision says "artefact": counted apart
 *	quiet truth	below min_snr_db: neither hit nor miss, what matches it no false alarm
 */
#ifndef GEN_SCORE_H
#define GEN_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SCORE_ERROR_SIZE	512
#define SCORE_COLLAR_S		0.05
#define SCORE_STRICT_S		0.01	/* reported beside it */
#define SCORE_REFRACTORY_S	1020.0	/* 17 min: no joint cracks again before (3.2) */
#define SCORE_SESSION_MAX_S	(7 * 86400.0)	/* what the generator makes at most */
#define SCORE_BINS		10	/* of the reliability table */
#define SCORE_RESAMPLES		1000	/* of the bootstrap */
#define SCORE_SETTLE_S		0.3	/* withdrawn later than this: late */

enum score_class {
	CLASS_CAVITATION,
	CLASS_SNAP,
	CLASS_CREPITUS,
	CLASS_LUNG_CRACKLE,
	CLASS_TRUE_COUNT,
	CLASS_UNCLASSIFIED = CLASS_TRUE_COUNT,
	CLASS_ARTEFACT,
	CLASS_COUNT
};

/* What was going on at a false alarm. */
enum score_cause {
	CAUSE_TAP, CAUSE_STEP, CAUSE_COUGH, CAUSE_SPEECH, CAUSE_RUB, CAUSE_KNOCK, CAUSE_MAINS,
	CAUSE_TUG, CAUSE_TYPING, CAUSE_LAUGHTER, CAUSE_CREAK, CAUSE_TOUCH,
	CAUSE_ARTEFACTS,
	CAUSE_TRAIN = CAUSE_ARTEFACTS,	/* inside crepitus or lung crackles */
	CAUSE_EVENT,			/* within 0.3 s of a sharp event: found twice */
	CAUSE_NOTHING,
	CAUSE_COUNT
};

/* What the wearer was doing, for rates per hour: an artefact's time is its own. */
enum score_activity {
	ACTIVITY_CAUSES = CAUSE_ARTEFACTS,	/* below: enum score_cause */
	SCORE_WALK = ACTIVITY_CAUSES,
	SCORE_MOVE,
	SCORE_REST,
	SCORE_ACTIVITIES
};

enum score_phase { SCORE_INHALE, SCORE_EXHALE, SCORE_HOLD, SCORE_UNKNOWN };

const char *score_activity_name(enum score_activity a);
const char *score_class_name(enum score_class c);
const char *score_cause_name(enum score_cause c);

/* ---- one session in memory (score_load.c) --------------------------------- */

struct truth {
	double onset_s, end_s, snr_db;
	enum score_class class_;	/* CLASS_ARTEFACT: @cause says which */
	enum score_cause cause;
	bool quiet;			/* below the SNR that counts */
	uint64_t burst;			/* manoeuvre, 0 = none */
	long match;			/* index of its event, or -1 */
};

/* One event number, all its revisions. */
struct found {
	uint64_t number, revision;
	double onset_s, end_s;
	double first_emitted_s;		/* of revision 0; NaN = unknown */
	double last_emitted_s;		/* of the highest revision */
	double arrival_s;		/* of revision 0 at a live listener; NaN = not live */
	double class_since_s;		/* emission of the revision that first said the class */
	double confidence;		/* of the highest revision; NaN = not said */
	double first_confidence;	/* of revision 0 */
	double breath_rate_bpm;		/* of revision 0 */
	enum score_phase breath_phase;	/* of revision 0 */
	uint64_t site;			/* of the highest revision; 0 = none */
	enum score_class class_, first_class;
	long match;			/* index of its truth, or -1 */
	bool ignored;			/* quiet truth or fragment */
};

struct true_breath {
	double start_s, peak_s, exhale_s, end_s;
};

/* Movement or walk. */
struct true_move {
	double from_s, to_s;
	bool walk;
};

struct score_session {
	double duration_s;
	struct true_breath *breaths;	/* in order */
	size_t n_breaths;
	struct true_move *moves;
	size_t n_moves;
	struct truth *truth;
	size_t n_truth;
	struct found *found;		/* by onset */
	size_t n_found;
	double *edges_s;		/* rising TTL edges */
	size_t n_edges;
};

struct score_options {
	double collar_s;
	double min_snr_db;		/* -INFINITY: all */
	bool sharp_only;		/* trains, and whatever is found in them, do not count */
	bool live;			/* use onset_ns - origin_ns instead of onset_s */
	int64_t origin_ns;
	const char *ttl_path;		/* or NULL */
};

/* 0, or a negative errno with @err (SCORE_ERROR_SIZE) naming file, line and key. */
int score_load(struct score_session *s, const struct score_options *opt, const char *truth_path,
	       const char *events_path, char *err);
void score_unload(struct score_session *s);

/* ---- matching (score_match.c) ---------------------------------------------- */

static inline bool score_is_sharp(enum score_class c)
{
	return c == CLASS_CAVITATION || c == CLASS_SNAP;
}

static inline bool score_is_train(enum score_class c)
{
	return c == CLASS_CREPITUS || c == CLASS_LUNG_CRACKLE;
}

/* Does the event lie in the train: a train by half of the shorter, a sharp one by its onset? */
bool score_overlaps(const struct truth *t, const struct found *f, double collar);
/* Fill the match fields anew; 0 or -ENOMEM. */
int score_match(struct score_session *s, double collar);

/* ---- sums over sessions (score.c) ------------------------------------------ */

struct samples {
	double *v;
	size_t n;
};

/* What bootstrap draws: one session's share of the sums. */
struct score_counts {
	double hours;
	uint64_t truths, hits, false_alarms, strict_hits, strict_alarms;
	uint64_t lung_truths, lung_cavitations;
	uint64_t confusion[CLASS_TRUE_COUNT][CLASS_COUNT];
};

struct score_interval {
	double lo, hi;			/* 95 %; NaN = cannot be told */
};

/* Events by stated confidence, and how many of them were right. */
struct score_reliability {
	uint64_t events[SCORE_BINS], right[SCORE_BINS];
	double confidence[SCORE_BINS];	/* sum */
};

struct score {
	struct score_options opt;
	double hours;
	/* detection of all true classes together */
	uint64_t truths, hits, false_alarms, fragments, quiet;
	uint64_t by_class_truths[CLASS_TRUE_COUNT], by_class_hits[CLASS_TRUE_COUNT];
	uint64_t by_cause[CAUSE_COUNT];
	uint64_t withdrawn, withdrawn_true, withdrawn_late;
	/* hits: true class by what it was called */
	uint64_t confusion[CLASS_TRUE_COUNT][CLASS_COUNT];
	uint64_t lung_called_cavitation;
	/* the same with a collar of SCORE_STRICT_S */
	uint64_t strict_hits, strict_alarms;
	/* manoeuvres of two pops or more: any found; all, and no more, found */
	uint64_t manoeuvres, manoeuvres_found, manoeuvres_exact;
	double activity_hours[SCORE_ACTIVITIES];
	uint64_t activity_alarms[SCORE_ACTIVITIES], activity_withdrawn[SCORE_ACTIVITIES];
	/* events held for cavitations of one site closer than SCORE_REFRACTORY_S */
	uint64_t too_soon;
	/* standing events; all that were ever said, by what was said first */
	struct score_reliability settled, first;
	uint64_t phase_known, phase_right, phase_unknown;
	struct samples onset_error_s, latency_s, arrival_s, ttl_s, withdrawal_s, settle_s;
	struct samples breath_error_bpm;
	struct score_counts *sessions;
	size_t n_sessions;
	bool failed;			/* out of memory */
};

void score_init(struct score *score, const struct score_options *opt);
void score_free(struct score *score);
/* Match one session (fills its match fields) and add it. */
int score_add(struct score *score, struct score_session *s);

/* ---- figures (score_figures.c) ------------------------------------------------- */

double score_precision(const struct score *s);	/* NaN where nothing was found */
double score_recall(const struct score *s);
double score_f1(const struct score *s);
/* Of the hits, how well they are named: mean F1 of the classes that occur in truth. */
double score_macro_f1(const struct score *s);
double score_class_f1(const struct score *s, enum score_class c);
double score_alarms_per_hour(const struct score *s);
/* Nearest-rank percentile, @p from 0 to 100; sorts. NaN of nothing. */
double score_percentile(struct samples *x, double p);

double score_strict_f1(const struct score *s);
double score_lung_share(const struct score *s);
/* Mean difference between stated confidence and share of right ones, by bins. */
double score_calibration_error(const struct score_reliability *r);
/* Bootstrap over sessions (score_bootstrap.c), always the same draws. */
void score_intervals(const struct score *s, struct score_interval *f1,
		     struct score_interval *alarms_per_hour, struct score_interval *macro_f1);
double score_counts_macro_f1(const uint64_t confusion[CLASS_TRUE_COUNT][CLASS_COUNT]);

/* ---- output (score_print.c) -------------------------------------------------- */

int score_print_table(FILE *f, struct score *s);
int score_print_json(FILE *f, struct score *s);

#endif
