// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "ctl/ctl_order.h"

/*
 * struct ctl_order - a heap
 * @first:	indices into @held: none comes before its parent
 */
struct ctl_order {
	db_take_event take;
	void *userdata;
	unsigned int n;
	unsigned int first[CTL_ORDER_ROOM];
	struct record_event held[CTL_ORDER_ROOM];
};

struct ctl_order *ctl_order_new(db_take_event take, void *userdata)
{
	/* Not zeroed: of pages that a short journal does not need there are none. */
	struct ctl_order *o = malloc(sizeof(*o));

	if (!o)
		return NULL;
	o->take = take;
	o->userdata = userdata;
	o->n = 0;
	return o;
}

void ctl_order_free(struct ctl_order *o)
{
	free(o);
}

static bool before(const struct record_event *a, const struct record_event *b)
{
	if (a->run != b->run)
		return a->run < b->run;
	if (a->ev.onset_ns != b->ev.onset_ns)
		return a->ev.onset_ns < b->ev.onset_ns;
	return a->sequence < b->sequence;
}

/* Put @slot where there is a hole without children that should go before it. */
static void rise(struct ctl_order *o, unsigned int hole, unsigned int slot)
{
	while (hole && before(&o->held[slot], &o->held[o->first[(hole - 1) / 2]])) {
		o->first[hole] = o->first[(hole - 1) / 2];
		hole = (hole - 1) / 2;
	}
	o->first[hole] = slot;
}

/* The same, from the top down. */
static void sink(struct ctl_order *o, unsigned int slot)
{
	unsigned int hole = 0, child;

	while ((child = 2 * hole + 1) < o->n) {
		if (child + 1 < o->n &&
		    before(&o->held[o->first[child + 1]], &o->held[o->first[child]]))
			child++;
		if (!before(&o->held[o->first[child]], &o->held[slot]))
			break;
		o->first[hole] = o->first[child];
		hole = child;
	}
	o->first[hole] = slot;
}

int ctl_order_event(void *order, const struct record_event *rec)
{
	struct ctl_order *o = order;
	unsigned int slot;
	int ret;

	if (o->n < CTL_ORDER_ROOM) {
		o->held[o->n] = *rec;
		rise(o, o->n, o->n);
		o->n++;
		return 0;
	}
	slot = o->first[0];
	if (before(rec, &o->held[slot]))
		return o->take(o->userdata, rec);
	ret = o->take(o->userdata, &o->held[slot]);
	o->held[slot] = *rec;
	sink(o, slot);
	return ret;
}

int ctl_order_end(struct ctl_order *o)
{
	int ret = 0;

	while (o->n && !ret) {
		ret = o->take(o->userdata, &o->held[o->first[0]]);
		o->n--;
		if (o->n)
			sink(o, o->first[o->n]);
	}
	return ret;
}
