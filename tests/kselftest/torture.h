/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of a random sequence: what users, the system and the hardware may do to the
 * driver, in any order, and the check that it is none the worse for it.
 *
 * A step is a few numbers that say all about it, so that a list of them can be run again,
 * or a part of it.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture.h"

#define TORTURE_CHIPS	2
#define TORTURE_TEXT	256
#define TORTURE_OPS	40

/* splitmix64: next number of the stream that @state is in. */
uint64_t torture_random(uint64_t *state);

/**
 * struct torture_bench - what stays the same over a sequence
 * @params:	of the simulator
 * @by_hand:	chip 1 is made through new_device, and has no interrupt line
 * @garbage:	the access that wakes a chip is answered with anything, not refused.  Where it
 *		was a write nobody can tell, so that an access while the chip still wakes is no
 *		fault of the driver's.
 */
struct torture_bench {
	char params[128];
	bool by_hand;
	bool garbage;
};

/* A step: what @op does with @pick and @value is in torture_step.c. */
struct torture_step {
	uint8_t op;
	uint8_t chip;
	uint16_t alloc;		/* this allocation within the step fails, 0 = none */
	uint32_t pick;
	uint32_t value;
};

/* Somebody who does things at the same time. */
struct torture_thread {
	struct capture c;
	pthread_t id;
	bool running;
	bool stop;
	bool done;
	uint64_t seed;
	int fd;
	const char *wrong;
};

/**
 * struct torture - the bench and its visitors
 * @c:		the IIO devices; no name (@sysfs empty) if there is none
 * @fd:		open device, or -1
 * @sleeps:	the system can go to sleep
 * @line_odd:	an interrupt line was stuck or delayed: who asks cannot be told, so that an
 *		access while a chip still wakes is no fault of the driver's
 * @done, @succeeded: steps, by kind
 * @wrong:	what is wrong, if anything
 */
struct torture {
	struct torture_bench bench;
	struct capture c[TORTURE_CHIPS];
	int fd[TORTURE_CHIPS];
	struct torture_thread reader[TORTURE_CHIPS];
	struct torture_thread meddler;
	int kmsg;
	bool sleeps;
	bool line_odd;
	long long done[TORTURE_OPS];
	long long succeeded[TORTURE_OPS];
	char wrong[TORTURE_TEXT];
};

struct torture_bench torture_draw_bench(uint64_t seed);
struct torture_step torture_draw(uint64_t *state);
void torture_tell(const struct torture_step *s, char *text, size_t size);

/* How many of each kind were done, and how many succeeded. */
void torture_tell_done(const struct torture *t);

/*
 * These return 0, or a negative errno with the reason in @t->wrong.
 */
int torture_init(struct torture *t);
/* @bench, both modules loaded anew; nothing open, nothing running. */
int torture_setup(struct torture *t, struct torture_bench bench);
int torture_do(struct torture *t, const struct torture_step *s);
/*
 * Take the faults away.  Streams that were on come back by themselves; both chips stream
 * what they were fed, with the right time stamps; no rule was broken, and the kernel is
 * content.  @state draws the mode.
 */
int torture_check(struct torture *t, uint64_t *state);
void torture_exit(struct torture *t);

#endif
