/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting lost samples from the time stamps of the ones that came. */
#ifndef BACKPOP_GAP_H
#define BACKPOP_GAP_H

#include <math.h>
#include <stdint.h>

/**
 * struct gap_meter - follows the true sample period and counts holes
 * @period_ns:	starts at the nominal one; a chip's clock may be some percent
 *		off, which would miscount long holes
 * @last_ns:	newest stamp; 0 = none yet
 * @lost:	samples missing so far
 */
struct gap_meter {
	double period_ns;
	int64_t last_ns;
	uint64_t lost;
};

/* Samples that fit into a hole of @dt_ns between two that came. */
static inline uint64_t gap_samples(int64_t dt_ns, double period_ns)
{
	return (double)dt_ns < 1.5 * period_ns ? 0 :
	       (uint64_t)llround((double)dt_ns / period_ns) - 1;
}

static inline void gap_meter_init(struct gap_meter *m, double rate_hz)
{
	*m = (struct gap_meter) { .period_ns = 1e9 / rate_hz };
}

/* Take the next stamp; stamps that do not increase are left to the core. */
static inline void gap_meter_add(struct gap_meter *m, int64_t t_ns)
{
	int64_t dt = t_ns - m->last_ns;

	if (m->last_ns && dt <= 0)
		return;
	if (m->last_ns) {
		uint64_t lost = gap_samples(dt, m->period_ns);

		m->lost += lost;
		if (!lost)
			m->period_ns += ((double)dt - m->period_ns) / 1024;
	}
	m->last_ns = t_ns;
}

#endif
