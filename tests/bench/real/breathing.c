// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the core knows of breathing, second by second: lines "SECOND RATE", the rate in
 * breaths/min, "nan" while it is not known.
 *
 *	breathing FILE.edf
 */
#include <stdio.h>

#include "core/core.h"
#include "source/source.h"

#define CHUNK	64

int main(int argc, char **argv)
{
	static _Alignas(BP_CORE_ALIGN) unsigned char memory[BP_CORE_STATE_SIZE];
	struct bp_frame frames[CHUNK];
	char err[SOURCE_ERROR_SIZE];
	struct source *source;
	struct bp_core *core;
	int64_t next_ns = 0;
	ssize_t n;

	if (argc != 2) {
		fputs("usage: breathing FILE.edf\n", stderr);
		return 2;
	}
	source = source_open_edf(argv[1], err);
	core = source ? bp_core_init(memory, sizeof(memory), &source->info.config) : NULL;
	if (!core) {
		fprintf(stderr, "breathing: %s\n", source ? "the core refuses it" : err);
		return 1;
	}
	while ((n = source->ops->read(source, frames, CHUNK)) > 0) {
		struct bp_status status;
		struct bp_event ev;

		bp_core_push(core, frames, (size_t)n);
		while (bp_core_next_event(core, &ev))
			;
		if (frames[n - 1].t_ns < next_ns)
			continue;
		bp_core_status(core, &status);
		printf("%.0f %.3f\n", 1e-9 * (double)next_ns, (double)status.breath_rate_bpm);
		next_ns += 1000000000;
	}
	source->ops->close(source);
	return 0;
}
