/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a stream must contain.  The simulated chip is fed a triangle wave so steep
 * that each sample differs from its neighbours; the simulator says when it took
 * its samples; so value and time of every sample that comes out are known.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"

#define TRUTH_STARTS	32

/**
 * struct truth_wave - triangle wave at the chip's inputs
 * @accel_mg:	peak on X; Y has -1/2, Z 1/4 of it
 * @film_mv:	peak of the film
 * @half_ms:	from one peak to the other; 0 = the inputs stay at the positive peak
 * @seconds:	how long it is fed
 */
struct truth_wave {
	double accel_mg;
	double film_mv;
	unsigned int half_ms;
	unsigned int seconds;
};

/* Steep enough for 800 Hz in 12 bit, and for 3200 Hz. */
#define TRUTH_WAVE(secs) \
	{ .accel_mg = 1500, .film_mv = 80, .half_ms = 100, .seconds = (secs) }

/* Feed @w, beginning with the chip's next sample.  Return: descriptor to close. */
int truth_feed(unsigned int chip, const struct truth_wave *w);
/* What is still to be fed is not: the chip lies still.  Its descriptor has been closed. */
int truth_rest(unsigned int chip);

/**
 * struct truth - samples seen against samples due
 * @settle_ns:	time stamps count for @rms_ns and @max_ns this long after a start
 * @film_step, @accel_step: quantisation step in LSB of the 16-bit words
 * @batch:	samples that truth_run() asks for at a time; 0 = as many as there may be
 * @samples:	checked
 * @gaps:	places where samples are missing
 * @lost:	samples missing there
 * @restarts:	starts of the chip's sampling that samples came from, less one
 * @backward:	time stamps not later than the one before
 * @repeated:	samples that come from the same instant as the one before, or an older
 * @wrong:	values that the chip did not take at that time
 * @first_k:	index of the first sample since the start of sampling
 */
struct truth {
	struct capture *c;
	struct truth_wave wave;
	double period_ns;
	double settle_ns;
	double t0_ns;
	int film_step;
	int accel_step;
	double starts[TRUTH_STARTS];
	int n_starts;
	int batch;

	long long samples;
	long long gaps;
	long long lost;
	long long restarts;
	long long backward;
	long long repeated;
	long long wrong;
	long long first_k;

	int epoch;
	long long last_k;
	int64_t last_t;
	double sum;
	double sum_squares;
	double max_ns;
	long long timed;
};

/* The stream of @c has been started while @w is fed; the chip's clock is @ppm fast. */
int truth_begin(struct truth *t, struct capture *c, const struct truth_wave *w, int ppm);
/* Look whether the chip has been started anew: call before truth_check() of what follows. */
int truth_look(struct truth *t);
void truth_check(struct truth *t, const struct capture_sample *samples, int n);

/*
 * Read and check until @seconds of samples have come, by their time stamps, or
 * until nothing came for @patience_ms.  @look: truth_look() before each batch.
 * Return: 0, -ETIMEDOUT, or what reading failed with.
 */
int truth_run(struct truth *t, double seconds, int patience_ms, bool look);
/* The same until a time stamp of @until_ns has come. */
int truth_run_to(struct truth *t, int64_t until_ns, int patience_ms, bool look);

double truth_rms_ns(const struct truth *t);
/* Say all figures as diagnostics. */
void truth_tell(const struct truth *t, const char *what);

#endif
