// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The driver's time: sample clock and chip-to-kernel clock, against a simulated
 * oscillator with rate error, drift, interrupt jitter and lost samples.
 */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "../../driver/st1vafe3bx_time.h"
#include "ktap.h"

#define NS		1e9
#define TICK		65536	/* 2^ST1VAFE3BX_TICK_SHIFT */
#define BYTE_NS		22500	/* 9 bits at 400 kHz */

#define RMS_MAX_US	10
#define ERROR_MAX_US	50
#define SETTLED_S	10

static u64 seed;

/* [0, 1): splitmix64 */
static double uniform(void)
{
	u64 z = seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return ((z ^ z >> 31) >> 11) * 0x1p-53;
}

struct scenario {
	const char *name;
	unsigned int rate;	/* Hz */
	unsigned int watermark;	/* samples */
	double seconds;
	double error;		/* of the chip's rate: 0.02 is 2 % fast */
	double drift;		/* of the rate, a second */
	double jitter_ns;	/* interrupt delay, uniform from 0 */
	double bus_ns;		/* delay before and after a transfer, uniform from 0 */
	double odr_error;	/* of the sample rate against the counter */
	u64 counter;		/* chip ticks at the start */
	double lose_every_s;	/* an overrun every so often, 0: never */
	double busy;		/* how often the bus is somebody else's, 0..1 */
	double in_step_s;	/* so long in 10 s, each reading waits for another chip's reading */
};

/* Chip seconds since the start for real seconds since then, and back. */
static double chip_of(const struct scenario *s, double t)
{
	return (1 + s->error) * t + s->drift * t * t / 2;
}

static double real_of(const struct scenario *s, double chip)
{
	double t = chip / (1 + s->error);

	for (int i = 0; i < 4; i++)
		t -= (chip_of(s, t) - chip) / (1 + s->error + s->drift * t);
	return t;
}

static u32 counter_at(const struct scenario *s, double t)
{
	return (u32)(s->counter + (u64)(chip_of(s, t) * 1e5));
}

struct result {
	double rms;
	double max;
	unsigned int backwards;
	u64 lost_true;
	u64 lost_found;
	unsigned int jumps;
};

/*
 * As the driver does: the value is caught after 4 of 7 bytes, before it there is delay,
 * now and then as long as another chip's burst; such a reading is repeated.
 */
static void read_counter(const struct scenario *s, struct st1vafe3bx_clock *clk, double *t)
{
	for (int i = 0; i < 4; i++) {
		double start = *t, caught;
		double wait = !i && uniform() < s->busy ? uniform() * 5.2e6 : 0;
		u32 counter;

		if (fmod(start, 10) > 10 - s->in_step_s)
			wait = 7 * BYTE_NS;
		caught = start + (wait + uniform() * s->bus_ns + 4 * BYTE_NS) / NS;
		*t = caught + (uniform() * s->bus_ns + 3 * BYTE_NS) / NS;
		counter = counter_at(s, caught);
		if ((u8)counter + (u32)((*t - start) * 1e5) >= 255)
			continue;
		st1vafe3bx_clock_read(clk, counter, start * NS, *t * NS);
		if (st1vafe3bx_clock_is_tight(clk))
			break;
	}
}

static struct result run(const struct scenario *s)
{
	struct st1vafe3bx_clock clk = { };
	struct st1vafe3bx_sampler smp;
	struct result res = { };
	double period = 1.0 / s->rate / (1 + s->odr_error);	/* chip seconds */
	double phase = uniform() * period, next_loss = s->lose_every_s;
	double sum = 0, t = 0;
	s64 last = INT64_MIN;
	u64 sample = 0, counted = 0;

	seed = s->rate + s->watermark;
	st1vafe3bx_sampler_start(&smp, NS / s->rate);
	while (!clk.count)
		read_counter(s, &clk, &t);

	while (t < s->seconds) {
		u64 due = sample + s->watermark, first, end;
		u64 mark = 0;
		bool marked = false;

		t = fmax(t, real_of(s, phase + due * period)) + uniform() * s->jitter_ns / NS;
		end = (u64)floor((chip_of(s, t) - phase) / period) + 1;
		first = sample;
		if (s->lose_every_s && t > next_loss) {
			u64 lost = 1 + uniform() * 500;

			next_loss += s->lose_every_s;
			t += lost * period;
			end += lost;
			first += lost;
			res.lost_true += lost;
		}
		t += (end - first) * 7 * BYTE_NS / NS;

		if (st1vafe3bx_clock_due(&clk, t * NS))
			read_counter(s, &clk, &t);

		for (u64 i = first; i < end && !marked; i++) {
			if (i % 32 == 0) {
				mark = i;
				marked = true;
			}
		}
		if (marked) {
			u32 word = counter_at(s, real_of(s, phase + mark * period));
			int lost = st1vafe3bx_sampler_mark(&smp,
							   st1vafe3bx_clock_extend(&clk, word),
							   mark - first);

			res.jumps += lost < 0;
			res.lost_found += lost > 0 ? lost : 0;
		}

		for (u64 i = first; i < end; i++) {
			double truth = real_of(s, phase + i * period), error;
			s64 ns;

			if (i % 32 == 0 && i != mark)
				st1vafe3bx_sampler_mark(&smp,
							st1vafe3bx_clock_extend(&clk, counter_at(s, truth)), 0);
			ns = st1vafe3bx_clock_to_ns(&clk, st1vafe3bx_sampler_step(&smp));
			res.backwards += ns <= last;
			last = ns;
			if (truth < SETTLED_S)
				continue;
			error = (ns - truth * NS) / 1e3;
			res.max = fmax(res.max, fabs(error));
			sum += error * error;
			counted++;
		}
		sample = end;
	}
	res.rms = sqrt(sum / counted);
	printf("# %-24s rms %6.2f us, max %6.2f us, lost %llu of %llu found, backwards %u\n",
	       s->name, res.rms, res.max, (unsigned long long)res.lost_found,
	       (unsigned long long)res.lost_true, res.backwards);
	return res;
}

static void check_budget(const struct scenario *s)
{
	struct result res = run(s);

	ktap_check(res.rms <= RMS_MAX_US, "%s: rms %.2f us, expected at most %d", s->name, res.rms,
		   RMS_MAX_US);
	ktap_check(res.max <= ERROR_MAX_US, "%s: max %.2f us, expected at most %d", s->name,
		   res.max, ERROR_MAX_US);
	ktap_check(res.lost_found == res.lost_true, "%s: found %llu lost samples, expected %llu",
		   s->name, (unsigned long long)res.lost_found,
		   (unsigned long long)res.lost_true);
	ktap_check(!res.jumps, "%s: %u jumps, expected none", s->name, res.jumps);
}

static void rates(void)
{
	static const struct scenario all[] = {
		{ "25 Hz", 25, 8, 120, 0.02, 0, 5e6, 30e3, 0, 0, 0, 0, 0 },
		{ "100 Hz", 100, 32, 120, -0.02, 0, 5e6, 30e3, 0, 0, 0, 0, 0 },
		{ "400 Hz, watermark 1", 400, 1, 60, 0.02, 0, 5e6, 30e3, 0, 0, 0, 0, 0 },
		{ "800 Hz", 800, 32, 120, 0.02, 0, 5e6, 30e3, 0, 0, 0, 0, 0 },
		{ "800 Hz, slow chip", 800, 32, 120, -0.02, 0, 5e6, 30e3, 0, 0, 0, 0, 0 },
		{ "3200 Hz", 3200, 32, 60, 0.02, 0, 5e6, 30e3, 0, 0, 0, 0, 0 },
		{ "3200 Hz, late", 3200, 32, 60, -0.02, 0, 25e6, 30e3, 0, 0, 0, 0, 0 },
		{ "3200 Hz, quiet host", 3200, 32, 60, 0.02, 0, 0, 0, 0, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_budget(&all[i]);
}

/* The other chip of a pair is on the bus at every reading, or at most. */
static void busy_bus(void)
{
	static const struct scenario all[] = {
		{ "800 Hz, bus often busy", 800, 32, 60, 0.012, 0, 5e6, 5e3, 0, 0, 0, 0.7, 0 },
		{ "800 Hz, always busy", 800, 32, 60, 0.012, 0, 5e6, 5e3, 0, 0, 0, 1, 0 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_budget(&all[i]);
}

/*
 * Two chips are read in turns, so that each reading waits for the other chip's, for seconds:
 * readings that say little must not push out those that say more.
 */
static void in_step(void)
{
	static const struct scenario all[] = {
		{ "800 Hz, in step 2 s of 10", 800, 32, 60, 0.012, 0, 5e6, 5e3, .in_step_s = 2 },
		{ "800 Hz, in step 4 s of 10", 800, 32, 60, 0.012, 0, 5e6, 5e3, .in_step_s = 4 },
		{ "3200 Hz, in step 4 s of 10", 3200, 32, 60, -0.02, 0, 5e6, 5e3, .in_step_s = 4 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_budget(&all[i]);
}

/* 30 ppm/K: put on the skin, 10 K within five minutes; and back the same way. */
static void drift(void)
{
	static const struct scenario all[] = {
		{ "800 Hz, warming", 800, 32, 300, 0.02, 1e-6, 5e6, 30e3, 0, 0, 0, 0, 0 },
		{ "3200 Hz, cooling", 3200, 32, 120, -0.02, -1e-6, 5e6, 30e3, 0, 0, 0, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_budget(&all[i]);
}

/* The counter's 32 bits wrap 30 s into the stream. */
static void wrap(void)
{
	static const struct scenario s = {
		"800 Hz, counter wraps", 800, 32, 120, 0.02, 0, 5e6, 30e3, 0,
		(1ull << 32) - 3000000, 0, 0, 0
	};

	check_budget(&s);
}

static void overruns(void)
{
	static const struct scenario all[] = {
		{ "800 Hz, overruns", 800, 32, 120, 0.02, 0, 5e6, 30e3, 0, 0, 1.7, 0, 0 },
		{ "3200 Hz, overruns", 3200, 40, 60, -0.02, 0, 5e6, 30e3, 0, 0, 0.9, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_budget(&all[i]);
}

/* The sample rate is not quite what the counter says it should be: it is learned. */
static void sample_period(void)
{
	static const struct scenario s = {
		"800 Hz, period 0.3 % off", 800, 32, 60, 0.01, 0, 5e6, 30e3, 0.003, 0, 0, 0, 0
	};

	check_budget(&s);
}

static void increasing(void)
{
	static const struct scenario s = {
		"3200 Hz, quiet bus", 3200, 32, 30, 0.02, 0, 5e6, 5e3, 0, 0, 0, 0, 0
	};
	struct result res = run(&s);

	ktap_check(!res.backwards, "%u stamps not later than the one before, expected none",
		   res.backwards);
}

/*
 * A stream after one in which the chip's rate was another: what was learned is wrong
 * by 4 %, which must show before it does harm.
 */
static void another_rate(void)
{
	struct st1vafe3bx_clock clk = { };
	s64 ns = 0, worst = 0;
	u32 i;

	for (i = 0; i < 300; i++, ns += 10000000)
		st1vafe3bx_clock_read(&clk, 1020 * i, ns, ns + 10200);
	st1vafe3bx_clock_restart(&clk);
	for (i = 0; i < 300; i++, ns += 10000000) {
		s64 off;
		int ret;

		ret = st1vafe3bx_clock_read(&clk, 980 * i, ns, ns + 9800);
		ktap_check(ret == 1, "reading %u: %d, expected 1", i, ret);
		/* one watermark period ahead */
		off = st1vafe3bx_clock_to_ns(&clk, (s64)980 * (i + 1) * TICK) - ns - 10000000;
		if (i)
			worst = llabs(off) > worst ? llabs(off) : worst;
	}
	ktap_check(worst < 50000, "up to %lld ns off, expected less than 50000", (long long)worst);
}

#define STEP_NS		10000000
#define STEP_TICKS	(STEP_NS / ST1VAFE3BX_TICK_NS)

/* As the driver does: read the counter when that is due. */
static int read_step(struct st1vafe3bx_clock *clk, u32 counter, s64 ns)
{
	return st1vafe3bx_clock_due(clk, ns) ?
	       st1vafe3bx_clock_read(clk, counter, ns, ns + 10000) : 1;
}

/* A wrong reading changes nothing, several in a row are a counter that was reset. */
static void misfits(void)
{
	struct st1vafe3bx_clock clk = { };
	s64 before, ns = 1000000000;
	int i;

	for (i = 0; i < 50; i++, ns += STEP_NS)
		read_step(&clk, 1000 + STEP_TICKS * i, ns);
	while (!st1vafe3bx_clock_due(&clk, ns)) {
		ns += STEP_NS;
		i++;
	}

	before = st1vafe3bx_clock_to_ns(&clk, (s64)(1000 + STEP_TICKS * i) * TICK);
	ktap_check(llabs(before - ns) < 20000, "at %lld ns, expected about %lld",
		   (long long)before, (long long)ns);
	ktap_check(st1vafe3bx_clock_read(&clk, 1000 + STEP_TICKS * i + 65536, ns, ns + 10000) == 0,
		   "a torn reading was taken");
	ktap_check(st1vafe3bx_clock_to_ns(&clk, (s64)(1000 + STEP_TICKS * i) * TICK) == before,
		   "a torn reading moved the clock");
	ktap_check(st1vafe3bx_clock_read(&clk, 1000 + STEP_TICKS * i, ns, ns + 10000) == 1,
		   "a good reading after a torn one was refused");

	for (i = 0, ns += 200000000; i < 3; i++, ns += STEP_NS) {
		int want = i < 2 ? 0 : -1;
		int got = st1vafe3bx_clock_read(&clk, STEP_TICKS * i, ns, ns + 10000);

		ktap_check(got == want, "reading %d after a reset: %d, expected %d", i, got, want);
	}
	ns -= STEP_NS;
	before = st1vafe3bx_clock_to_ns(&clk, 2 * STEP_TICKS * TICK);
	ktap_check(llabs(before - ns) < 20000, "after a reset at %lld ns, expected about %lld",
		   (long long)before, (long long)ns);
}

/* Repeated before it is due: the tightest is kept, and takes no place of an earlier one. */
static void repeated(void)
{
	struct st1vafe3bx_clock clk = { };
	s64 ns, off;
	int i, try;

	for (i = 0, ns = 0; i < 100; i++, ns += 200000000)
		for (try = 0; try < 4; try++) {
			/* 300 us of waiting before the value is caught, but for the third */
			s64 start = ns + try * 400000, wait = try == 2 ? 0 : 300000;
			s64 caught = start + wait + 10000 * ST1VAFE3BX_COUNTER_CAUGHT;

			st1vafe3bx_clock_read(&clk, caught / 10000, start,
					      start + wait + 10000 * ST1VAFE3BX_COUNTER_BYTES);
			ktap_check(!i || st1vafe3bx_clock_is_tight(&clk) == (try >= 2),
				   "round %d, try %d: tight is %d", i, try,
				   st1vafe3bx_clock_is_tight(&clk));
		}
	ktap_check(clk.count == ST1VAFE3BX_CLOCK_READINGS, "%u readings, expected %d", clk.count,
		   ST1VAFE3BX_CLOCK_READINGS);
	off = clk.readings[clk.newest].start -
	      clk.readings[(clk.newest + 1) % ST1VAFE3BX_CLOCK_READINGS].start;
	ktap_check(off == 200000000LL * (ST1VAFE3BX_CLOCK_READINGS - 1),
		   "readings reach %lld ns back", (long long)off);
	off = st1vafe3bx_clock_to_ns(&clk, ns / 10000 * TICK) - ns;
	ktap_check(llabs(off) < 10000, "%lld ns off", (long long)off);
}

/* Arithmetic holds far away from any reading. */
static void far_away(void)
{
	struct st1vafe3bx_clock clk = { };
	s64 t;

	st1vafe3bx_clock_read(&clk, 0xfffffff0, 1000, 2000);
	ktap_check(st1vafe3bx_clock_extend(&clk, 5) == 0x100000005ll, "extended to 0x%llx",
		   (long long)st1vafe3bx_clock_extend(&clk, 5));
	ktap_check(st1vafe3bx_clock_extend(&clk, 0xfffffff0 - 7) == 0xfffffff0ll - 7,
		   "extended to 0x%llx",
		   (long long)st1vafe3bx_clock_extend(&clk, 0xfffffff0 - 7));

	t = st1vafe3bx_clock_to_ns(&clk, INT64_MAX / 4);
	ktap_check(t > 0 && t < 200 * (s64)1000000000, "far future is %lld ns", (long long)t);
	t = st1vafe3bx_clock_to_ns(&clk, INT64_MIN / 4);
	ktap_check(t < 0 && t > -200 * (s64)1000000000, "far past is %lld ns", (long long)t);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "rates", rates },
		{ "busy_bus", busy_bus },
		{ "in_step", in_step },
		{ "drift", drift },
		{ "wrap", wrap },
		{ "overruns", overruns },
		{ "sample_period", sample_period },
		{ "increasing", increasing },
		{ "another_rate", another_rate },
		{ "misfits", misfits },
		{ "repeated", repeated },
		{ "far_away", far_away },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
