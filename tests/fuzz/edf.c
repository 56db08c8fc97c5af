// SPDX-License-Identifier: GPL-2.0-or-later
/* The EDF+ reader: any file is read as far as it makes sense, or refused with a reason. */
#include <errno.h>
#include <math.h>

#include "edf/edf.h"
#include "fuzz.h"

static void read_all(struct edf_reader *r, size_t size)
{
	int16_t *counts[EDF_MAX_SIGNALS] = { 0 };
	size_t n = edf_n_signals(r), i;
	struct edf_annotation a;
	uint64_t records = 0;
	double onset;
	int ret;

	for (i = 0; i < n; i++) {
		const struct edf_signal *s = edf_signal(r, i);

		FUZZ_CHECK(s->samples_per_record > 0, "signal %zu has no samples", i);
		FUZZ_CHECK(edf_rate_hz(r, i) > 0, "signal %zu: rate %g", i, edf_rate_hz(r, i));
		FUZZ_CHECK(edf_find(r, s->label) >= 0 || !*s->label, "no signal '%s'", s->label);
		/* whole records only: what does not fit into the file is never asked for */
		if (s->samples_per_record <= size)
			counts[i] = malloc(s->samples_per_record * sizeof(int16_t));
	}
	while ((ret = edf_read_record(r, &onset, counts)) == 1) {
		records++;
		FUZZ_CHECK(isfinite(onset), "record %llu is at %g s", (unsigned long long)records,
			   onset);
		for (i = 0; i < n; i++)
			if (counts[i])
				(void)edf_to_phys(edf_signal(r, i), counts[i][0]);
		while (edf_next_annotation(r, &a)) {
			FUZZ_CHECK(isfinite(a.onset_s), "annotation at %g s", a.onset_s);
			FUZZ_CHECK(memchr(a.text, 0, sizeof(a.text)), "annotation without an end");
		}
	}
	FUZZ_CHECK(ret == 0 || *edf_reader_error(r), "no reason for %d", ret);
	FUZZ_CHECK(ret != 0 || records == edf_n_records(r), "%llu of %llu records",
		   (unsigned long long)records, (unsigned long long)edf_n_records(r));
	for (i = 0; i < n; i++)
		free(counts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char err[EDF_ERROR_SIZE];
	struct edf_reader *r;
	int fd;

	r = edf_open(fuzz_file(data, size, &fd), err);
	FUZZ_CHECK(memchr(err, 0, sizeof(err)), "message without an end");
	if (r) {
		FUZZ_CHECK(edf_n_signals(r) <= EDF_MAX_SIGNALS, "%zu signals", edf_n_signals(r));
		FUZZ_CHECK(edf_record_duration_s(r) >= 0, "records of %g s",
			   edf_record_duration_s(r));
		(void)edf_start_time(r);
		read_all(r, size);
		edf_close(r);
	} else {
		FUZZ_CHECK(*err, "refused without a reason");
	}
	close(fd);
	return 0;
}
