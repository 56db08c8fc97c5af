/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backpopctl: events as they happened, from a journal that has them as they were told.
 *
 * A revision is told later than others that sounded after it, and the wall clock may have
 * been set back meanwhile.  As many as CTL_ORDER_ROOM are held back, of which the oldest
 * goes on when another comes: memory does not grow with the journal, and only what was told
 * after so many later ones, hours after it sounded, is out of order.
 */
#ifndef BACKPOP_CTL_ORDER_H
#define BACKPOP_CTL_ORDER_H

#include "journal/db.h"

#define CTL_ORDER_ROOM	16384u		/* 5 MB */

struct ctl_order;

/* Calls @take in the order of runs and of onsets.  NULL = out of memory. */
struct ctl_order *ctl_order_new(db_take_event take, void *userdata);
void ctl_order_free(struct ctl_order *o);

/* A db_take_event: 0, or what @take returned when something went on. */
int ctl_order_event(void *order, const struct record_event *rec);
/* There are no more: hand on what is held back.  Return: 0, or what @take returned. */
int ctl_order_end(struct ctl_order *o);

#endif
