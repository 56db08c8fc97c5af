// SPDX-License-Identifier: GPL-2.0-or-later
/* The session generator keeps the signal model's rules and figures. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edf/edf.h"
#include "gen/gen.h"
#include "gen/sensor.h"
#include "unit/ktap.h"

#define N_POPS		400
#define FINGERPRINT	0xf47c0ef001a9d2d6ULL

static char dir[] = "/tmp/backpop-gen-XXXXXX";

static const char *in_dir(const char *name)
{
	static char paths[4][64];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

static bool generate(uint64_t seed, enum gen_mode mode, enum gen_script script, double duration,
		     const char *edf, const char *truth)
{
	struct gen_options opt = {
		.seed = seed, .mode = mode, .script = script, .duration_s = duration,
		.snr_db = NAN, .out = edf, .truth = truth,
	};
	char err[GEN_ERROR_SIZE] = "";

	return ktap_check(gen_session(&opt, err) == 0, "%s", err);
}

static bool same_bytes(const char *pa, const char *pb)
{
	FILE *a = fopen(pa, "r"), *b = fopen(pb, "r");
	int ca = 0, cb = 0;
	long n = 0;

	while (a && b && ca == cb && ca != EOF) {
		ca = getc(a);
		cb = getc(b);
		n++;
	}
	if (a)
		fclose(a);
	if (b)
		fclose(b);
	return a && b && n > 1000 && ca == cb;
}

static void test_same_seed(void)
{
	const char *a = in_dir("a.edf"), *b = in_dir("b.edf");
	const char *ta = in_dir("a.jsonl"), *tb = in_dir("b.jsonl");

	generate(7, MODE_PAIR, SCRIPT_DENSE, 60, a, ta);
	generate(7, MODE_PAIR, SCRIPT_DENSE, 60, b, tb);
	ktap_check(same_bytes(a, b), "two sessions of one seed differ");
	ktap_check(same_bytes(ta, tb), "two truths of one seed differ");
	generate(8, MODE_PAIR, SCRIPT_DENSE, 60, b, tb);
	ktap_check(!same_bytes(a, b), "sessions of two seeds are equal");
}

/* Signals, rates and scale of each mode; gravity is there; nothing sits at a rail. */
static void test_modes(void)
{
	static const struct {
		enum gen_mode mode;
		size_t n;
		double accel_hz, film_hz;
	} cases[] = {
		{ MODE_MOTION_FILM, 4, 800, 800 }, { MODE_FILM, 1, 0, 3200 },
		{ MODE_FILM800, 1, 0, 800 }, { MODE_MOTION, 3, 800, 0 }, { MODE_PAIR, 4, 800, 3200 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *edf = in_dir("m.edf"), *name = gen_mode_name(cases[i].mode);
		int16_t counts[4][3200], *p[4] = { counts[0], counts[1], counts[2], counts[3] };
		char err[EDF_ERROR_SIZE];
		struct edf_reader *r;
		int x, film;
		double onset, g = 0.0;

		if (!generate(3, cases[i].mode, SCRIPT_REST, 3, edf, in_dir("m.jsonl")))
			continue;
		r = edf_open(edf, err);
		if (!ktap_check(r && !err[0], "%s: %s", name, err))
			continue;
		x = edf_find(r, EDF_LABEL_ACCEL_X);
		film = edf_find(r, EDF_LABEL_FILM);
		ktap_check(edf_n_signals(r) == cases[i].n, "%s: %zu signals", name, edf_n_signals(r));
		ktap_check(edf_n_records(r) == 3, "%s: %d records", name, (int)edf_n_records(r));
		ktap_check((x >= 0) == (cases[i].accel_hz > 0) &&
			   (x < 0 || edf_rate_hz(r, (size_t)x) == cases[i].accel_hz),
			   "%s: accelerometer", name);
		ktap_check((film >= 0) == (cases[i].film_hz > 0) &&
			   (film < 0 || edf_rate_hz(r, (size_t)film) == cases[i].film_hz),
			   "%s: film", name);
		ktap_check(edf_read_record(r, &onset, p) == 1, "%s: %s", name, edf_reader_error(r));
		for (int c = 0; x >= 0 && c < 3; c++) {
			double v = edf_to_phys(edf_signal(r, (size_t)c), counts[c][400]);

			g += v * v;
		}
		if (x >= 0)
			ktap_check(fabs(sqrt(g) - 1000.0) < 60.0, "%s: gravity is %f mg", name, sqrt(g));
		if (film >= 0)
			ktap_check(abs(counts[film][100]) < 3000, "%s: film at rest is %d", name,
				   counts[film][100]);
		edf_close(r);
	}
}

/* Taps and coughs beside snaps, and snaps of two sites in one swing, in an hour. */
static void count_company(enum gen_script script, int *beside, int *together)
{
	struct gen_options opt = { .duration_s = 3600.0, .script = script, .snr_db = NAN };
	struct gen_subject subject;
	struct gen_plan plan;
	struct rng r;

	*beside = *together = 0;
	rng_seed(&r, 11);
	gen_subject_draw(&subject, &r);
	if (!ktap_check(gen_plan_make(&plan, &opt, &subject, &r) == 0, "out of memory"))
		return;
	for (size_t i = 0; i < plan.n_items; i++) {
		const struct gen_item *it = &plan.items[i];

		for (size_t j = 0; j < plan.n_items && it->kind == KIND_SNAP; j++) {
			const struct gen_item *o = &plan.items[j];
			double apart = fabs(o->onset_s - it->onset_s);

			if (o->kind == KIND_SNAP && o->who != it->who && apart < 0.6)
				(*together)++;
			if ((o->kind == KIND_TAP || o->kind == KIND_COUGH) && apart < 0.39)
				(*beside)++;
		}
	}
	gen_plan_free(&plan);
}

static void test_crowded(void)
{
	int beside, together;

	count_company(SCRIPT_DENSE, &beside, &together);
	ktap_check(!beside && !together, "dense: %d taps and coughs beside snaps, %d snaps together", beside,
		   together);
	count_company(SCRIPT_CROWDED, &beside, &together);
	ktap_check(beside > 10 && together > 50,
		   "crowded: %d taps and coughs beside snaps, %d snaps together", beside, together);
}

/* No two seeds alike: from no events at all to hundreds an hour, among few artefacts and many. */
static void test_mixed(void)
{
	struct gen_options opt = { .duration_s = 3600.0, .script = SCRIPT_MIXED, .snr_db = NAN };
	int none = 0, most = 0, fewest = 1 << 30, least = 1 << 30, noisiest = 0;

	for (uint64_t seed = 1; seed <= 24; seed++) {
		int events = 0, artefacts = 0;
		struct gen_subject subject;
		struct gen_plan plan;
		struct rng r;

		rng_seed(&r, seed);
		gen_subject_draw(&subject, &r);
		if (!ktap_check(gen_plan_make(&plan, &opt, &subject, &r) == 0, "out of memory"))
			return;
		for (size_t i = 0; i < plan.n_items; i++) {
			enum gen_kind kind = plan.items[i].kind;

			events += kind <= KIND_CREPITUS;
			artefacts += !gen_is_event(kind) && kind != KIND_STEP && kind != KIND_RAMP;
		}
		gen_plan_free(&plan);
		none += !events;
		fewest = events && events < fewest ? events : fewest;
		most = events > most ? events : most;
		least = artefacts < least ? artefacts : least;
		noisiest = artefacts > noisiest ? artefacts : noisiest;
	}
	ktap_check(none >= 2 && none <= 9, "%d of 24 seeds without events", none);
	ktap_check(most > 5 * fewest, "from %d to %d events an hour", fewest, most);
	ktap_check(least < 100 && noisiest > 1000, "from %d to %d artefacts an hour", least, noisiest);
}

/* Rules of occurrence, over several hours of plans. */
static void check_plan(uint64_t seed, enum gen_script script)
{
	struct gen_options opt = { .duration_s = 3 * 3600.0, .script = script, .snr_db = NAN };
	double last_pop[GEN_JOINTS], burst_start = 0.0;
	const char *name = gen_script_name(script);
	int burst = 0, in_burst = 0, pops = 0;
	struct gen_subject subject;
	struct gen_plan plan;
	struct rng r;

	rng_seed(&r, seed);
	gen_subject_draw(&subject, &r);
	if (!ktap_check(gen_plan_make(&plan, &opt, &subject, &r) == 0, "out of memory"))
		return;
	for (int i = 0; i < GEN_JOINTS; i++)
		last_pop[i] = -1e9;
	for (size_t i = 0; i < plan.n_items; i++) {
		const struct gen_item *it = &plan.items[i];

		ktap_check(it->begin_s >= 0.0 && it->onset_s >= it->begin_s &&
			   it->end_s < opt.duration_s, "%s: item %zu from %f to %f", name, i,
			   it->begin_s, it->end_s);
		ktap_check(i == 0 || it->begin_s >= plan.items[i - 1].begin_s, "items out of order");
		if (script == SCRIPT_NEGATIVES)
			ktap_check(!gen_is_event(it->kind), "an event in %s", name);
		if (it->kind != KIND_POP)
			continue;
		ktap_check(it->onset_s - last_pop[it->who] >= 17.0 * 60.0,
			   "%s: joint %d pops again after %f s", name, it->who,
			   it->onset_s - last_pop[it->who]);
		last_pop[it->who] = it->onset_s;
		if (it->burst != burst) {
			burst = it->burst;
			burst_start = it->onset_s;
			in_burst = 0;
		}
		ktap_check(++in_burst <= 6, "%s: %d pops in a manoeuvre", name, in_burst);
		ktap_check(it->onset_s - burst_start <= 0.15, "%s: a manoeuvre of %f s", name,
			   it->onset_s - burst_start);
		pops++;
	}
	if (script == SCRIPT_DENSE)
		ktap_check(pops > 50, "%s: %d pops in three hours", name, pops);
	gen_plan_free(&plan);
}

static void test_rules(void)
{
	for (uint64_t seed = 1; seed <= 5; seed++)
		/* Pairs pop again and again: tell_pairs(). */
		for (int script = SCRIPT_REST; script <= SCRIPT_MIXED; script++)
			check_plan(seed, (enum gen_script)script);
}

static int by_value(const void *pa, const void *pb)
{
	const double *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

static double percentile(double *v, double p)
{
	qsort(v, N_POPS, sizeof(*v), by_value);
	return v[(int)(p / 100.0 * (N_POPS - 1))];
}

static void check_near(const char *what, double got, double stated, double lo, double hi)
{
	ktap_check(got >= stated * lo && got <= stated * hi,
		   "%s: got %.4g, section 3.2 states %.4g (allowed %.4g to %.4g)", what, got, stated,
		   stated * lo, stated * hi);
}

static double peaks[N_POPS], freqs[N_POPS], lengths[N_POPS], volts[N_POPS];

/* Draw N_POPS pops of one source: their peaks (g, mV), lengths (s), peak frequencies. */
static void draw_pops(bool bubble)
{
	struct rng r;

	rng_seed(&r, 2024);
	for (int i = 0; i < N_POPS; i++) {
		struct gen_item it = { .kind = KIND_POP, .onset_s = 1.0 + i * 1.2345e-5 };
		struct gen_subject subject;
		struct gen_joint joint;
		struct gen_wave w;
		struct film film;
		size_t first = 0;

		gen_subject_draw(&subject, &r);
		gen_joint_draw(&joint, 0.0, &r);
		joint.bubble = bubble;
		if (!ktap_check(gen_pop_wave(&w, &it, &joint, &r) == 0, "out of memory"))
			return;
		film = film_init(&subject);
		peaks[i] = volts[i] = 0.0;
		for (size_t k = 0; k < w.n; k++) {
			peaks[i] = fmax(peaks[i], fabs((double)w.acc[k]));
			volts[i] = fmax(volts[i], fabs(film_step(&film, w.acc[k] * joint.dir[2], 0.0)));
		}
		while (fabs((double)w.acc[first]) < 0.1 * peaks[i])
			first++;
		lengths[i] = gen_wave_length(w.acc, w.n, 0.1) - (double)first / GEN_RATE;
		freqs[i] = peak_frequency(w.acc, w.n, GEN_RATE, 20.0, 2000.0);
		/* The truth's onset is where the pop begins: no earlier, hardly later. */
		ktap_check((double)(w.start + (int64_t)first) / GEN_RATE >= it.onset_s - 1e-4 &&
			   (double)(w.start + (int64_t)first) / GEN_RATE < it.onset_s + 3e-3,
			   "pop %d: onset %.6f, 10 %% of its peak at %.6f", i, it.onset_s,
			   (double)(w.start + (int64_t)first) / GEN_RATE);
		gen_wave_free(&w);
	}
}

static double mean(const double *v)
{
	double sum = 0.0;

	for (int i = 0; i < N_POPS; i++)
		sum += v[i] / N_POPS;
	return sum;
}

/*
 * 400 draws against section 3.2's results of 400 draws of its own. The bounds
 * allow for the spread of both (a median of 400 log-normal draws is good to some
 * 6 %, a 5 % point to 15 %), and for that model's 6.4 kHz.
 */
static void test_pop_figures(void)
{
	draw_pops(false);
	check_near("mean length (s)", mean(lengths), 6.6e-3, 0.8, 1.25);
	check_near("median length (s)", percentile(lengths, 50), 6.0e-3, 0.8, 1.25);
	check_near("5 % length (s)", percentile(lengths, 5), 2.5e-3, 0.7, 1.4);
	check_near("95 % length (s)", percentile(lengths, 95), 12.8e-3, 0.75, 1.35);
	check_near("mean peak frequency (Hz)", mean(freqs), 325.0, 0.8, 1.25);
	check_near("median peak frequency (Hz)", percentile(freqs, 50), 251.0, 0.8, 1.25);
	check_near("median peak (g)", percentile(peaks, 50), 0.058, 0.75, 1.33);
	check_near("5 % peak (g)", percentile(peaks, 5), 0.011, 0.65, 1.5);
	check_near("95 % peak (g)", percentile(peaks, 95), 0.32, 0.65, 1.5);
	ktap_check(percentile(freqs, 0) > 60.0 && percentile(freqs, 100) < 2000.0,
		   "peak frequencies from %f to %f Hz", percentile(freqs, 0),
		   percentile(freqs, 100));
	ktap_check(percentile(volts, 25) > 0.5 && percentile(volts, 90) < 100.0 &&
		   percentile(volts, 50) < 20.0, "film: quartile %f, median %f, 90 %% %f mV",
		   percentile(volts, 25), percentile(volts, 50), percentile(volts, 90));
}

/* The bubble has no table of its own: it must look like the published pops, roughly. */
static void test_bubble_figures(void)
{
	draw_pops(true);
	check_near("median length (s)", percentile(lengths, 50), 5.66e-3, 0.6, 1.6);
	check_near("mean peak frequency (Hz)", mean(freqs), 333.0, 0.6, 1.7);
	check_near("median peak frequency (Hz)", percentile(freqs, 50), 215.0, 0.6, 1.7);
	check_near("median peak (g)", percentile(peaks, 50), 0.058, 0.5, 2.0);
	ktap_check(percentile(peaks, 0) > 1e-4 && percentile(peaks, 100) < 4.0,
		   "peaks from %g to %g g", percentile(peaks, 0), percentile(peaks, 100));
}

/* Own elementary functions against the C library's. */
static void test_gmath(void)
{
	double worst = 0.0;

	for (int i = -4000; i <= 4000; i++) {
		double x = i * 0.01003, big = i * 123.456789;

		worst = fmax(worst, fabs(gm_exp(x) / exp(x) - 1.0));
		worst = fmax(worst, fabs(gm_sin(x) - sin(x)));
		worst = fmax(worst, fabs(gm_cos(x) - cos(x)));
		worst = fmax(worst, fabs(gm_sin(big) - sin(big)));
		worst = fmax(worst, fabs(gm_tanh(x) - tanh(x)));
		worst = fmax(worst, fabs(gm_log(fabs(x) + 1e-6) - log(fabs(x) + 1e-6)));
		worst = fmax(worst, fabs(gm_acos(i / 4001.0) - acos(i / 4001.0)));
	}
	ktap_check(worst < 1e-9, "worst error is %g", worst);
	ktap_check(gm_exp(-1e9) == 0.0 && gm_pow(0.0, 0.5) == 0.0 &&
		   fabs(gm_pow(10.0, 1.5) - 31.622776601683793) < 1e-9, "special values");
}

/*
 * The bytes of one session, whatever the machine: a changed generator changes them,
 * a changed processor must not (-ffp-contract=off, gmath.c).
 */
static void test_fingerprint(void)
{
	const char *paths[2] = { in_dir("f.edf"), in_dir("f.jsonl") };
	struct gen_options opt = GEN_OPTIONS_DEFAULT;
	uint64_t hash = 0xcbf29ce484222325u;
	char err[GEN_ERROR_SIZE] = "";

	opt.seed = 11;
	opt.mode = MODE_PAIR;
	opt.script = SCRIPT_DENSE;
	opt.duration_s = 90;
	opt.out = paths[0];
	opt.truth = paths[1];
	if (!ktap_check(gen_session(&opt, err) == 0, "%s", err))
		return;
	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(paths[i], "r");
		int c;

		while (f && (c = getc(f)) != EOF)
			hash = (hash ^ (uint64_t)c) * 0x100000001b3u;	/* FNV-1a */
		if (f)
			fclose(f);
	}
	ktap_check(hash == FINGERPRINT, "fingerprint of seed 11 is 0x%016llx, pinned is 0x%016llx: "
		   "put the new one here if the generator was meant to change",
		   (unsigned long long)hash, (unsigned long long)FINGERPRINT);
}

/* Hours without events hold no event, and no artefact but their own. */
static void test_negatives(void)
{
	for (int a = 0; a < ACTIVITY_COUNT; a++) {
		struct gen_options opt = GEN_OPTIONS_DEFAULT;
		const char *name = gen_activity_name((enum gen_activity)a);
		struct gen_subject subject;
		struct gen_plan plan;
		struct rng r;
		int own = 0, steps = 0;

		opt.script = SCRIPT_NEGATIVES;
		opt.activity = (enum gen_activity)a;
		opt.duration_s = 1800;
		rng_seed(&r, 77);
		gen_subject_draw(&subject, &r);
		if (!ktap_check(gen_plan_make(&plan, &opt, &subject, &r) == 0, "out of memory"))
			return;
		for (size_t i = 0; i < plan.n_items; i++) {
			enum gen_kind k = plan.items[i].kind;

			ktap_check(!gen_is_event(k), "%s: an event at %f", name,
				   plan.items[i].onset_s);
			steps += k == KIND_STEP;
			own += a >= ACTIVITY_ARTEFACT && (int)k == KIND_TAP + a - ACTIVITY_ARTEFACT;
			ktap_check(a == ACTIVITY_ANY || k == KIND_STEP ||
				   (int)k == KIND_TAP + a - ACTIVITY_ARTEFACT,
				   "%s: a %s at %f", name, gen_artefact_name(k),
				   plan.items[i].onset_s);
		}
		ktap_check(a < ACTIVITY_ARTEFACT || own > 20, "%s: %d of them", name, own);
		ktap_check((a == ACTIVITY_WALK) <= (steps > 500), "%s: %d steps", name, steps);
		gen_plan_free(&plan);
	}
}

/* Breaths do not overlap, their rate is the subject's, some are sighs, some are held. */
static void test_breaths(void)
{
	struct gen_options opt = GEN_OPTIONS_DEFAULT;
	int sighs = 0, holds = 0;

	opt.script = SCRIPT_DAY;
	opt.duration_s = 3600;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct gen_subject subject;
		struct gen_plan plan;
		double end = 0.0, quiet = 0.0;
		int n = 0;
		struct rng r;

		rng_seed(&r, seed);
		gen_subject_draw(&subject, &r);
		if (!ktap_check(gen_plan_make(&plan, &opt, &subject, &r) == 0, "out of memory"))
			return;
		for (size_t i = 0; i < plan.n_breaths; i++) {
			const struct gen_breath *b = &plan.breaths[i];

			ktap_check(b->start_s >= end - 1e-6, "breath at %f, before %f", b->start_s, end);
			end = b->start_s + b->inhale_s + b->hold_s + b->exhale_s;
			sighs += b->depth >= 2.0;
			holds += b->hold_s >= 5.0;
			if (b->depth < 1.5) {
				quiet += b->inhale_s + b->exhale_s + b->pause_s;
				n++;
			}
		}
		ktap_check(fabs(quiet / n * subject.breath_hz - 1.0) < 0.1,
			   "seed %d: mean quiet breath %.2f s, the subject's %.2f s", (int)seed,
			   quiet / n, 1.0 / subject.breath_hz);
		gen_plan_free(&plan);
	}
	ktap_check(sighs > 8 * 30 && holds > 8, "%d deep and %d held breaths in 8 hours", sighs, holds);
}

/* Each rate that the core takes, a slow clock, repeated samples, a loose mount. */
static void test_sensor_options(void)
{
	static const int rates[] = { 200, 400, 800, 1600, 3200, 6400 };

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct gen_options opt = GEN_OPTIONS_DEFAULT;
		const char *edf = in_dir("o.edf");
		char err[GEN_ERROR_SIZE] = "";
		struct edf_reader *r;

		opt.mode = MODE_MOTION_FILM;
		opt.script = SCRIPT_REST;
		opt.duration_s = 4;
		opt.accel_rate = opt.film_rate = rates[i];
		opt.full_scale_g = 8;
		opt.odr_error = 0.05;
		opt.drop_share = 0.01;
		opt.lag_s = 5e-3;
		opt.loose_mount = true;
		opt.out = edf;
		opt.truth = in_dir("o.jsonl");
		if (!ktap_check(gen_session(&opt, err) == 0, "%d Hz: %s", rates[i], err))
			continue;
		r = edf_open(edf, err);
		if (!ktap_check(r != NULL, "%s", err))
			continue;
		for (size_t k = 0; k < 4; k++)
			ktap_check(edf_rate_hz(r, k) == rates[i], "signal %zu has %f Hz", k,
				   edf_rate_hz(r, k));
		ktap_check(edf_n_records(r) == 4, "%d records", (int)edf_n_records(r));
		edf_close(r);
	}
}

static void test_background(void)
{
	const char *path = in_dir("bg.csv");
	struct gen_background *b;
	char err[GEN_ERROR_SIZE] = "";
	double acc[3], mv = 0.0;
	FILE *f = fopen(path, "w");

	for (int i = 0; f && i < 2000; i++)
		fprintf(f, "%.4f,%.6f,0.0,1.0,1.0\n", i * 0.005,
			0.1 * sin(2.0 * M_PI * 2.0 * i * 0.005));
	if (f)
		fclose(f);
	b = gen_background_open(path, GEN_BODY_RATE, err);
	if (!ktap_check(b != NULL, "%s", err))
		return;
	for (double t = 1.0; t < 8.0; t += 0.0137) {
		gen_background_at(b, t, acc, &mv);
		if (!ktap_check(fabs(acc[0] - 0.1 * sin(2.0 * M_PI * 2.0 * t)) < 2e-3 &&
				fabs(acc[2] - 1.0) < 1e-3, "at %f: %f %f", t, acc[0], acc[2]))
			break;
	}
	gen_background_free(b);
	ktap_check(!gen_background_open("/nonexistent", 800, err) && strstr(err, "/nonexistent"),
		   "message is \"%s\"", err);
	f = fopen(path, "w");
	if (f) {
		fputs("a,b,c\n1,2,3\n", f);
		fclose(f);
	}
	ktap_check(!gen_background_open(path, 800, err) && strstr(err, "layout"),
		   "message is \"%s\"", err);
}

/* --snr sets the level of pops and snaps over the sensor's noise; truth says so. */
static void test_snr(void)
{
	struct gen_options opt = {
		.seed = 5, .mode = MODE_FILM, .script = SCRIPT_DEMO, .duration_s = 60,
		.snr_db = 20.0, .out = in_dir("s.edf"), .truth = in_dir("s.jsonl"),
	};
	char err[GEN_ERROR_SIZE] = "", line[1024];
	int n = 0;
	FILE *f;

	if (!ktap_check(gen_session(&opt, err) == 0, "%s", err))
		return;
	f = fopen(opt.truth, "r");
	while (f && fgets(line, sizeof(line), f)) {
		const char *snr = strstr(line, "\"snr_db\":");

		if (!strstr(line, "\"cavitation\"") || !snr)
			continue;
		n++;
		ktap_check(fabs(atof(snr + 9) - 20.0) < 2.5, "a pop of %s dB", snr + 9);
	}
	if (f)
		fclose(f);
	ktap_check(n >= 5, "%d pops in the demo's first minute", n);
}

/* The heaviest footfall ends below any sensor's noise: cut off, it would be a click of its own. */
static void test_footfall(void)
{
	struct gen_item it = { .kind = KIND_STEP, .begin_s = 1, .onset_s = 1, .length_s = 0.1, .size = 5 };
	struct gen_subject subject;
	struct gen_wave w;
	struct rng r;

	rng_seed(&r, 5);
	gen_subject_draw(&subject, &r);
	if (!ktap_check(gen_artefact_wave(&w, &it, &subject, &r) == 0, "no memory"))
		return;
	for (size_t i = w.n - 10; i < w.n; i++)
		ktap_check(fabsf(w.acc[i]) < 20e-6f, "%g g at sample %zu of %zu", (double)w.acc[i], i, w.n);
	gen_wave_free(&w);
}

static void test_no_place(void)
{
	struct gen_options opt = {
		.seed = 1, .duration_s = 2, .snr_db = NAN, .out = "/nonexistent/a.edf",
		.truth = "/nonexistent/a.jsonl",
	};
	char err[GEN_ERROR_SIZE] = "";

	ktap_check(gen_session(&opt, err) < 0 && strstr(err, "/nonexistent/a.edf"),
		   "message is \"%s\"", err);
	opt.out = in_dir("n.edf");
	ktap_check(gen_session(&opt, err) < 0 && strstr(err, "/nonexistent/a.jsonl"),
		   "message is \"%s\"", err);
	ktap_check(access(opt.out, F_OK) != 0, "a session without truth was left behind");
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "one seed, one session", test_same_seed },
		{ "modes", test_modes },
		{ "refractory, manoeuvres, limits", test_rules },
		{ "artefacts and snaps beside snaps in crowded sessions", test_crowded },
		{ "mixed sessions differ", test_mixed },
		{ "figures of 400 pops", test_pop_figures },
		{ "figures of 400 bubbles", test_bubble_figures },
		{ "elementary functions", test_gmath },
		{ "fingerprint of a session", test_fingerprint },
		{ "hours without events", test_negatives },
		{ "breaths", test_breaths },
		{ "sensor options", test_sensor_options },
		{ "real backgrounds", test_background },
		{ "forced SNR", test_snr },
		{ "a footfall dies away", test_footfall },
		{ "no place to write to", test_no_place },
	};
	char command[64];
	int ret;

	if (!mkdtemp(dir)) {
		printf("Bail out! cannot create %s\n", dir);
		return 1;
	}
	ret = ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) ? 1 : ret;
}
