// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "source/merge.h"

int merge_init(struct merge *m, int64_t wait_ns)
{
	*m = (struct merge) { .wait_ns = wait_ns, .last_ns = INT64_MIN };
	for (unsigned int i = 0; i < MERGE_LEGS; i++) {
		m->leg[i].newest_ns = INT64_MIN;
		m->leg[i].held = calloc(MERGE_HELD, sizeof(*m->leg[i].held));
		if (!m->leg[i].held) {
			merge_free(m);
			return -ENOMEM;
		}
	}
	return 0;
}

void merge_free(struct merge *m)
{
	for (unsigned int i = 0; i < MERGE_LEGS; i++) {
		free(m->leg[i].held);
		m->leg[i].held = NULL;
	}
}

void merge_set_flows(struct merge *m, unsigned int leg, bool flows)
{
	m->leg[leg].flows = flows;
	m->leg[leg].lags = false;
}

size_t merge_room(const struct merge *m, unsigned int leg)
{
	return MERGE_HELD - m->leg[leg].n;
}

void merge_push(struct merge *m, unsigned int leg, const struct bp_frame *frames, size_t n)
{
	struct merge_leg *l = &m->leg[leg];

	for (size_t i = 0; i < n; i++) {
		if (frames[i].t_ns < m->last_ns || frames[i].t_ns < l->newest_ns) {
			l->late++;
			continue;
		}
		l->newest_ns = frames[i].t_ns;
		l->held[(l->head + l->n++) % MERGE_HELD] = frames[i];
		l->lags = false;
	}
}

static const struct bp_frame *first(const struct merge_leg *l)
{
	return &l->held[l->head];
}

/* The leg with the oldest held frame, or -1. */
static int oldest(const struct merge *m)
{
	int best = -1;

	for (int i = 0; i < MERGE_LEGS; i++)
		if (m->leg[i].n &&
		    (best < 0 || first(&m->leg[i])->t_ns < first(&m->leg[best])->t_ns))
			best = i;
	return best;
}

/* Could this leg still give a frame older than @t_ns, and is it worth waiting for? */
static bool may_give_older(const struct merge_leg *l, int64_t t_ns)
{
	return l->flows && !l->lags && !l->n && l->newest_ns < t_ns;
}

/* The leg that the oldest frame, of leg @from, has to wait for, or -1. */
static int waits_for(const struct merge *m, int from)
{
	for (int i = 0; i < MERGE_LEGS; i++)
		if (i != from && may_give_older(&m->leg[i], first(&m->leg[from])->t_ns))
			return i;
	return -1;
}

/* The bound; of one that has never given anything a longer one: it is being started. */
static int64_t patience(const struct merge *m, int other)
{
	return m->leg[other].newest_ns == INT64_MIN ? m->wait_ns + MERGE_START_NS : m->wait_ns;
}

size_t merge_pull(struct merge *m, struct bp_frame *out, size_t max, int64_t now_ns)
{
	size_t n = 0;

	while (n < max) {
		int from = oldest(m), other;
		struct merge_leg *l = &m->leg[from < 0 ? 0 : from];

		if (from < 0)
			break;
		other = waits_for(m, from);
		if (other >= 0) {
			/* A full ring must move on, too. */
			if (now_ns - first(l)->t_ns < patience(m, other) && l->n < MERGE_HELD)
				break;
			m->leg[other].lags = true;
		}
		out[n++] = *first(l);
		m->last_ns = first(l)->t_ns;
		l->head = (l->head + 1) % MERGE_HELD;
		l->n--;
	}
	return n;
}

int64_t merge_due_ns(const struct merge *m)
{
	int from = oldest(m), other = from < 0 ? -1 : waits_for(m, from);

	return from < 0 ? INT64_MAX :
	       first(&m->leg[from])->t_ns + (other < 0 ? m->wait_ns : patience(m, other));
}
