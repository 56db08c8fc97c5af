/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Being told when the machine has slept, or its wall clock was set; nothing is polled. */
#ifndef BACKPOP_CLOCKWATCH_H
#define BACKPOP_CLOCKWATCH_H

#include <stdint.h>
#include <systemd/sd-event.h>

/**
 * struct clockwatch_ops - what the owner wants to hear
 * @slept:	the machine was suspended for so long, and runs again
 * @stepped:	the wall clock was set, by so much (forward: positive), 10 ms or more
 * @set:	the same after that, for a second or more: by somebody, not by NTP at work
 */
struct clockwatch_ops {
	void (*slept)(void *userdata, int64_t ns);
	void (*stepped)(void *userdata, int64_t ns);
	void (*set)(void *userdata, int64_t ns);
};

struct clockwatch;

/* Return: 0 or a negative errno. */
int clockwatch_new(struct clockwatch **w, sd_event *event, const struct clockwatch_ops *ops,
		   void *userdata);
void clockwatch_free(struct clockwatch *w);

#endif
