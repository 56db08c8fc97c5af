/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All the core knows, in one block whose size is fixed when it is compiled. */
#ifndef BACKPOP_CORE_STATE_H
#define BACKPOP_CORE_STATE_H

#include "core/book.h"
#include "core/breath.h"
#include "core/detect.h"
#include "core/health.h"
#include "core/movement.h"

struct bp_core {
	struct bp_stream stream[BP_STREAMS];
	bool one_rate;			/* of both streams */
	uint64_t hops_seen[BP_STREAMS];
	struct bp_health health[BP_STREAMS];
	bool full[BP_STREAMS];		/* said to clip since the last hop */
	int64_t now_ns;			/* newest frame */
	bool started;
	int slow_stream;		/* what breathing is heard from */
	bp_v4 slow_sum;			/* low band since the last slow step */
	uint32_t slow_n;
	uint32_t slow_hops;		/* hops per slow step */
	struct bp_breath breath;
	struct bp_movement_state movement;
	struct bp_context context;	/* if it is known since the last slow step */
	bool context_known;
	struct bp_detect detect;
	struct bp_book book;
	uint64_t frames;
	uint64_t bad_values;
};

_Static_assert(sizeof(struct bp_core) <= BP_CORE_STATE_SIZE, "state is over its budget");
_Static_assert(_Alignof(struct bp_core) <= BP_CORE_ALIGN, "state wants more alignment");

#endif
