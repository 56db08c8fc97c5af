// SPDX-License-Identifier: GPL-2.0-or-later
/* The scorer: truth and event lines, the two halves of the input at its first NUL. */
#include <math.h>

#include "fuzz.h"
#include "gen/score.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct score_options opt = { .collar_s = SCORE_COLLAR_S, .min_snr_db = -INFINITY };
	const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
	size_t truth_size = cut ? (size_t)(cut - data) : size;
	struct score_session s = { 0 };
	char err[SCORE_ERROR_SIZE] = "";
	const char *truth, *events;
	struct score sum;
	int fd[2], ret;
	FILE *f;

	truth = fuzz_file(data, truth_size, &fd[0]);
	events = fuzz_file(cut ? cut + 1 : data, cut ? size - truth_size - 1 : 0, &fd[1]);
	score_init(&sum, &opt);
	ret = score_load(&s, &opt, truth, events, err);
	if (ret) {
		FUZZ_CHECK(*err, "%d without a reason", ret);
	} else {
		ret = score_add(&sum, &s);
		FUZZ_CHECK(!ret, "a session that was loaded is not scored: %d", ret);
		FUZZ_CHECK(sum.hits <= sum.truths, "%llu hits of %llu", (unsigned long long)sum.hits,
			   (unsigned long long)sum.truths);
		FUZZ_CHECK(!(score_f1(&sum) < 0) && !(score_f1(&sum) > 1), "F1 %g", score_f1(&sum));
		f = fopen("/dev/null", "w");
		FUZZ_CHECK(f && !score_print_table(f, &sum) && !score_print_json(f, &sum),
			   "cannot print");
		fclose(f);
		score_unload(&s);
	}
	score_free(&sum);
	close(fd[0]);
	close(fd[1]);
	return 0;
}
