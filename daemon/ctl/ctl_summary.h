/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backpopctl: what stands of the events, by source - how often, how far apart, in which
 * breath and movement, beside which pain.  It is what tells normal from abnormal for a
 * person who can judge it; nothing here does.
 */
#ifndef BACKPOP_CTL_SUMMARY_H
#define BACKPOP_CTL_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

struct bp_event;
struct ctl_summary;

/* NULL = out of memory. */
struct ctl_summary *ctl_summary_new(void);
void ctl_summary_free(struct ctl_summary *s);

/**
 * ctl_summary_event() - count an event, as it is judged in the end
 * @sensor:	its name, "" = the only one
 * @run:	of the daemon: sites are numbered anew in each
 * @time_ns:	of the onset; calls come in its order
 *
 * Return: 0 or -ENOMEM.
 */
int ctl_summary_event(struct ctl_summary *s, const char *sensor, uint64_t run,
		      const struct bp_event *ev, int64_t time_ns);

/* Somebody has said that it hurts; same clock, after all events. */
void ctl_summary_pain(struct ctl_summary *s, int64_t time_ns);

/* On stdout, for people or as a JSON object in one line. */
void ctl_summary_print(const struct ctl_summary *s, bool json);

#endif
