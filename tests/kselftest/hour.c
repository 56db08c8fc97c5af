// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The stream when services come late, for as long as $BACKPOP_SECONDS say: less than a minute
 * where they say nothing, an hour for tests/bench/driver_hour.  The delays are drawn, with a seed,
 * for each interrupt anew.
 *
 * On the same run, for comparison: what time stamps would be worth that are made from
 * interrupts, as drivers without better means make them.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "fixture.h"

#define PATIENCE_MS	3000
#define CHIPS		2
#define WATERMARK	32
#define SEED		20261128

#define SECONDS_DEFAULT	40
#define LATE_ALONE_US	25000
#define LATE_PAIR_US	20000
#define SETTLE_NS	10e9
#define SEC		1000000000LL

static int seconds(void)
{
	const char *text = getenv("BACKPOP_SECONDS");
	int secs = text ? atoi(text) : 0;

	return secs > 0 ? secs : SECONDS_DEFAULT;
}

/* ---- time stamps from interrupts ------------------------------------------- */

/**
 * struct naive - one way to make time stamps of interrupts
 * @sum, @squares, @max, @n: of the errors in ns, once the stream is 10 s old
 * @last:	stamp of the sample before
 * @backward:	stamps not later than the one before
 */
struct naive {
	double sum;
	double squares;
	double max;
	double last;
	long long n;
	long long backward;
};

static void naive_take(struct naive *way, const struct truth *t, long long tick, double stamp)
{
	double due = t->starts[0] + tick * t->period_ns, error = stamp - due;

	way->backward += tick && stamp <= way->last;
	way->last = stamp;
	if (due - t->starts[0] < SETTLE_NS)
		return;
	way->sum += error;
	way->squares += error * error;
	way->max = fmax(way->max, fabs(error));
	way->n++;
}

/**
 * struct naives - three such ways
 * @burst:	each sample of a burst has the time of its interrupt
 * @thread:	the samples of a burst are spread evenly from the last interrupt to this; the
 *		interrupts are on time, and only the threads that read the bus are late
 * @irq:	the same, but the interrupts themselves are late
 * @tick:	samples so far
 * @asked_ns, @irq_ns: the last interrupt, as it should be and as it was
 */
struct naives {
	struct naive burst;
	struct naive thread;
	struct naive irq;
	long long tick;
	double asked_ns;
	double irq_ns;
};

/* The bursts since the last call, as the simulator saw them. */
static int naives_follow(struct naives *ways, const struct truth *t)
{
	static char text[98304];
	char path[64], *line, *save = NULL;
	long long asked_ns, irq_ns;
	unsigned int samples, i;
	int ret;

	snprintf(path, sizeof(path), RIG_DEBUGFS "/chip%u/bursts", t->c->chip);
	ret = rig_read(path, text, sizeof(text));
	if (ret < 0)
		return ret;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%lld %lld %u", &asked_ns, &irq_ns, &samples) != 3)
			return -1;
		for (i = 1; i <= samples; i++, ways->tick++) {
			double part = (double)i / samples;

			naive_take(&ways->burst, t, ways->tick, asked_ns);
			if (!ways->irq_ns)
				continue;
			naive_take(&ways->thread, t, ways->tick,
				   ways->asked_ns + (asked_ns - ways->asked_ns) * part);
			naive_take(&ways->irq, t, ways->tick,
				   ways->irq_ns + (irq_ns - ways->irq_ns) * part);
		}
		ways->asked_ns = asked_ns;
		ways->irq_ns = irq_ns;
	}
	return 0;
}

static void tell_row(const char *what, double rms, double max, double mean, long long backward)
{
	rig_diag("| %-34s | %9.2f | %9.2f | %9.2f | %9lld |", what, rms / 1e3, max / 1e3,
		 mean / 1e3, backward);
}

static void naive_tell(const struct naive *way, const char *what)
{
	tell_row(what, sqrt(way->squares / way->n), way->max, way->sum / way->n, way->backward);
}

/* ---- the runs ---------------------------------------------------------------- */

FIXTURE(hour)
{
	struct stream_rig rig[CHIPS];
	struct naives ways;
};

FIXTURE_SETUP(hour)
{
	int i;

	for (i = 0; i < CHIPS; i++)
		stream_rig_init(&self->rig[i]);
	SKIP_WITHOUT_RIG();
	if (!rig_simulated_time())
		SKIP(return, "needs simulated time: a busy machine adds its own delay");
	ASSERT_EQ(0, stream_rigs_up(self->rig, CHIPS, "chips=2", NULL));
}

FIXTURE_TEARDOWN(hour)
{
	EXPECT_EQ(0, stream_rigs_down(self->rig, CHIPS));
}

/* Stream and feed; services are up to @late_us late, the chip's clock is @ppm fast. */
static int begin(struct stream_rig *r, enum capture_mode mode, unsigned int rate_hz, int ppm,
		 int late_us)
{
	const struct truth_wave w = TRUTH_WAVE(seconds() + 10);
	unsigned int chip = r->c.chip;
	int ret;

	ret = sim_set(chip, "options/odr_error_ppm", ppm);
	if (!ret)
		ret = sim_set(chip, "irq_jitter_seed", SEED + chip);
	if (!ret)
		ret = sim_set(chip, "irq_jitter_us", late_us);
	if (!ret)
		ret = stream_rig_start(r, &w, mode, rate_hz, WATERMARK, ppm);
	/* to ask for more than there is would have the FIFO read at once, and not late */
	r->t.batch = WATERMARK;
	return ret;
}

TEST_F_TIMEOUT(hour, film_alone, 7200)
{
	struct truth *t = &self->rig[0].t;
	int64_t start;
	int s;

	ASSERT_EQ(0, begin(&self->rig[0], CAPTURE_FILM, 3200, 20000, LATE_ALONE_US));
	start = rig_now_ns();
	for (s = 1; s <= seconds(); s++) {
		ASSERT_EQ(0, truth_run_to(t, start + s * SEC, PATIENCE_MS, false));
		ASSERT_EQ(0, naives_follow(&self->ways, t));
	}
	rig_diag("%d s of film at 3200 Hz, clock 2 %% fast, services up to %d ms late", seconds(),
		 LATE_ALONE_US / 1000);
	rig_diag("| %-34s | %9s | %9s | %9s | %9s |", "time stamps", "rms us", "max us", "mean us",
		 "not later");
	tell_row("this driver", truth_rms_ns(t), t->max_ns, t->sum / t->timed, t->backward);
	naive_tell(&self->ways.burst, "one per burst");
	naive_tell(&self->ways.thread, "between interrupts, threads late");
	naive_tell(&self->ways.irq, "between interrupts, these late");
	EXPECT_NOTHING_LOST(t, "film 3200");
	EXPECT_PUNCTUAL(t);
	/* they are made from the same run, and it was as rough as meant */
	EXPECT_GE(self->ways.tick, t->samples);
	EXPECT_GE(self->ways.thread.max, LATE_ALONE_US * 1e3 / 4);
}

TEST_F_TIMEOUT(hour, pair_on_one_bus, 7200)
{
	static const enum capture_mode mode[CHIPS] = { CAPTURE_COMBINED, CAPTURE_FILM };
	static const unsigned int rate_hz[CHIPS] = { 800, 3200 };
	static const int ppm[CHIPS] = { 12000, -7000 };
	int64_t start;
	int i, s;

	for (i = 0; i < CHIPS; i++)
		ASSERT_EQ(0, begin(&self->rig[i], mode[i], rate_hz[i], ppm[i], LATE_PAIR_US));
	/* turn by turn; the kernel's buffers hold more than 2 s */
	start = rig_now_ns();
	for (s = 1; s <= seconds(); s++)
		for (i = 0; i < CHIPS; i++)
			ASSERT_EQ(0, truth_run_to(&self->rig[i].t, start + s * SEC, PATIENCE_MS,
						  false));
	rig_diag("%d s of a pair on one bus, services up to %d ms late", seconds(),
		 LATE_PAIR_US / 1000);
	for (i = 0; i < CHIPS; i++) {
		EXPECT_NOTHING_LOST(&self->rig[i].t, i ? "film 3200" : "motion+film 800");
		EXPECT_PUNCTUAL(&self->rig[i].t);
	}
}

/* Status, addresses and time: what the bus carries beside the FIFO's words. */
TEST_F_TIMEOUT(hour, bus_overhead, 7200)
{
	long long reads[2], writes[2], transfers[2], words[2];
	struct truth *t = &self->rig[0].t;
	double payload, all;
	int i;

	ASSERT_EQ(0, begin(&self->rig[0], CAPTURE_FILM, 3200, 0, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, sim_stat(0, "reads", &reads[i]));
		ASSERT_EQ(0, sim_stat(0, "writes", &writes[i]));
		ASSERT_EQ(0, sim_stat(0, "i2c_transfers", &transfers[i]));
		ASSERT_EQ(0, sim_stat(0, "words_stored", &words[i]));
		if (i == 0)
			ASSERT_EQ(0, truth_run(t, seconds(), PATIENCE_MS, false));
	}
	payload = 7.0 * (words[1] - words[0]);
	/* each transfer is one read: address, register, address */
	all = reads[1] - reads[0] + writes[1] - writes[0] + 3.0 * (transfers[1] - transfers[0]);
	rig_diag("watermark %d: %.0f bytes of FIFO, %.2f %% beside", WATERMARK, payload,
		 100 * (all - payload) / payload);
	EXPECT_LE(all - payload, 0.04 * payload);
}

/*
 * Twelve times as long, and so in an hour's run past the wrap of the counter's 32 bits after
 * 11.9 h; in a shorter one the counter is begun so that it wraps half way.
 */
TEST_F_TIMEOUT(hour, past_the_counters_wrap, 90000)
{
	const long long wrap_s = (1LL << 32) / 100000, secs = 12LL * seconds() + 1000;
	const struct truth_wave w = {
		.accel_mg = 1500, .film_mv = 80, .half_ms = 1000, .seconds = secs + 10,
	};
	struct truth *t = &self->rig[0].t;
	long long resyncs = -1;

	if (secs < wrap_s)
		ASSERT_EQ(0, sim_set(0, "options/ts_start", (wrap_s - secs / 2) * 100000));
	ASSERT_EQ(0, sim_set(0, "options/odr_error_ppm", -20000));
	ASSERT_EQ(0, stream_rig_start(&self->rig[0], &w, CAPTURE_COMBINED, 25, WATERMARK, -20000));
	ASSERT_EQ(0, truth_run(t, secs, PATIENCE_MS, false));
	rig_diag("%lld s at 25 Hz, counter wraps after %lld s", secs,
		 secs < wrap_s ? secs / 2 : (long long)(wrap_s * 1.02));
	EXPECT_NOTHING_LOST(t, "motion+film 25");
	EXPECT_PUNCTUAL(t);
	ASSERT_EQ(0, capture_stat(&self->rig[0].c, "resyncs", &resyncs));
	EXPECT_EQ(0, resyncs);
}

TEST_HARNESS_MAIN
