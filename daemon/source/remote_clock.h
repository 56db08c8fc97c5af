/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another machine's time stamps put on our clock.
 *
 * Arrival minus stamp is the clocks' offset plus a delay that is never negative: the least
 * of many is the best guess.  It is learnt for a second, in which nothing can be used, and
 * then followed at 500 ppm, more than two crystals drift apart, so that the period of the
 * samples hardly changes and their order never.
 */
#ifndef BACKPOP_REMOTE_CLOCK_H
#define BACKPOP_REMOTE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define REMOTE_LEARN_NS		1000000000LL
#define REMOTE_WINDOW_NS	2000000000LL
#define REMOTE_SLEW		0.0005
#define REMOTE_LOST_NS		1000000000LL	/* off by more: the other clock was set */

/**
 * struct remote_clock - all zero at first
 * @offset_ns:	to be added to a stamp
 * @least_ns:	least difference in the present window, which began at @from_ns
 * @learnt:	@offset_ns is good
 */
struct remote_clock {
	int64_t offset_ns;
	int64_t least_ns;
	int64_t from_ns;
	bool learnt;
};

/**
 * remote_clock_arrived() - the newest stamp of a batch, and when that came
 *
 * Return: false if the other clock has jumped: begin anew.
 */
static inline bool remote_clock_arrived(struct remote_clock *c, int64_t stamp_ns, int64_t now_ns)
{
	int64_t d = now_ns - stamp_ns, step, most;

	if (!c->from_ns || d < c->least_ns)
		c->least_ns = d;
	if (!c->from_ns)
		c->from_ns = now_ns;
	if (now_ns - c->from_ns < (c->learnt ? REMOTE_WINDOW_NS : REMOTE_LEARN_NS))
		return true;
	step = c->least_ns - c->offset_ns;
	if (!c->learnt) {
		c->offset_ns = c->least_ns;
	} else if (step > REMOTE_LOST_NS || step < -REMOTE_LOST_NS) {
		return false;
	} else {
		most = (int64_t)(REMOTE_SLEW * (double)(now_ns - c->from_ns));
		c->offset_ns += step > most ? most : step < -most ? -most : step;
	}
	c->learnt = true;
	c->from_ns = now_ns;
	c->least_ns = d;
	return true;
}

#endif
