// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A real recording as a session file: resampled, nothing added but the steps of a
 * converter.  Layouts: tests/gen/background.c.
 *
 *	edf-real RATE IN OUT.edf [IN2...]	recordings after IN are appended
 *
 * Accelerations become Accel X, Y, Z in 0.122 mg steps, voltages Film in 1/164 mV
 * steps.  Prints the seconds written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edf/edf.h"
#include "gen/gen.h"

#define ACCEL_MG	0.122
#define FILM_MV		(1.0 / 164.0)
#define GAP_S		1.0	/* recordings are faded out and in over this */

static int16_t count_of(double v, double step)
{
	return (int16_t)lround(fmax(-32768.0, fmin(32767.0, v / step)));
}

/* The next recording's whole seconds into @edf. */
static int append(struct edf_writer *edf, const struct gen_background *b, uint32_t rate,
		  double *t)
{
	int16_t *x[3] = { NULL };
	int ret = 0;

	for (int c = 0; c < 3; c++) {
		x[c] = calloc(rate, sizeof(int16_t));
		if (!x[c])
			ret = -ENOMEM;
	}
	for (size_t at = 0; !ret && at + rate <= b->n; at += rate) {
		for (size_t i = 0; i < rate; i++) {
			/* A film is AC: between two recordings it may pass through zero. */
			double edge = (double)(at + i < b->n - at - i ? at + i : b->n - at - i) /
				      (GAP_S * rate);
			double fade = fmin(1.0, edge);

			for (int c = 0; c < 3 && b->acc; c++)
				x[c][i] = count_of(1e3 * (double)b->acc[at + i][c], ACCEL_MG);
			if (b->film)
				x[0][i] = count_of(fade * (double)b->film[at + i], FILM_MV);
		}
		ret = edf_write_record(edf, *t, (const int16_t *const *)x);
		*t += 1.0;
	}
	for (int c = 0; c < 3; c++)
		free(x[c]);
	return ret;
}

static struct edf_writer *create(const char *path, bool film, uint32_t rate, char *err)
{
	static const char *const labels[3] = {
		EDF_LABEL_ACCEL_X, EDF_LABEL_ACCEL_Y, EDF_LABEL_ACCEL_Z
	};
	struct edf_writer_info info = {
		.recording = "X real recording, resampled",
		.start_time = 1767225600,	/* 2026-01-01, so that outputs repeat */
	};
	struct edf_signal s[3] = { 0 };
	double step = film ? FILM_MV : ACCEL_MG;

	for (int c = 0; c < 3; c++) {
		snprintf(s[c].label, sizeof(s[c].label), "%s", film ? EDF_LABEL_FILM : labels[c]);
		snprintf(s[c].dimension, sizeof(s[c].dimension), film ? "mV" : "mg");
		s[c].phys_min = edf_header_value(-32768 * step);
		s[c].phys_max = edf_header_value(32767 * step);
		s[c].dig_min = INT16_MIN;
		s[c].dig_max = INT16_MAX;
		s[c].samples_per_record = rate;
	}
	return edf_create(path, &info, s, film ? 1 : 3, err);
}

int main(int argc, char **argv)
{
	char err[GEN_ERROR_SIZE] = "";
	struct edf_writer *edf = NULL;
	uint32_t rate;
	double t = 0.0;
	int ret = 0;

	if (argc < 4 || (rate = (uint32_t)atoi(argv[1])) < 200) {
		fputs("usage: edf-real RATE IN OUT.edf [IN2...]\n", stderr);
		return 2;
	}
	for (int i = 2; !ret && i < argc; i += i == 2 ? 2 : 1) {
		struct gen_background *b = gen_background_open(argv[i], rate, err);

		if (!b) {
			fprintf(stderr, "edf-real: %s\n", err);
			ret = -EINVAL;
			break;
		}
		if (!edf)
			edf = create(argv[3], b->film != NULL, rate, err);
		if (!edf) {
			fprintf(stderr, "edf-real: %s\n", err);
			ret = -EINVAL;
		} else {
			ret = append(edf, b, rate, &t);
			if (ret)
				fprintf(stderr, "edf-real: %s: %s\n", argv[3], strerror(-ret));
		}
		gen_background_free(b);
	}
	if (edf && edf_finish(edf))
		ret = -EIO;
	printf("%.0f\n", t);
	return ret ? 1 : 0;
}
