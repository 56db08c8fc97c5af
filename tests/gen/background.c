// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Real recordings as text, one sample a line, plain or gzipped.  Which it is shows
 * in its columns:
 *
 *	t, x, y, z, magnitude			seconds, g
 *	time_ns, seconds, x, y, z		m/s2 (header "time,seconds_elapsed,...")
 *	sample, x, y, z, ...			g, 100 Hz (header "samples,acc_x,...")
 *	one value				film: V at 10 kHz with a dot, or raw counts at 2 kHz
 *
 * The mean rate is taken for the rate; then a Hann-windowed sinc brings it to
 * the rate that is asked for.  One recording's own noise above its band stays away.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "gen.h"

#define STANDARD_G	9.80665
#define GAIT_HZ		100.0
#define BCG_HZ		10000.0
#define VAG_HZ		2000.0
#define MAX_COLUMNS	8
#define SINC_LOBES	8
/* Uncalibrated counts: scaled so that their median magnitude is this many mV. */
#define VAG_MEDIAN_MV	0.1

enum layout { LAYOUT_UNKNOWN, LAYOUT_PHONE, LAYOUT_SCG, LAYOUT_GAIT, LAYOUT_VOLTS, LAYOUT_COUNTS };

struct raw {
	enum layout layout;
	double (*row)[4];		/* t, then x y z or one value */
	size_t n;
};

static int columns(const char *line, double *v)
{
	int n = 0;
	char *end;

	while (n < MAX_COLUMNS) {
		v[n] = strtod(line, &end);
		if (end == line)
			break;
		n++;
		line = end + strspn(end, " \t,;\r\n");
	}
	return *line ? -1 : n;
}

static enum layout layout_of(const char *first, int n_columns)
{
	if (!strncmp(first, "time,seconds_elapsed", 20))
		return LAYOUT_SCG;
	if (!strncmp(first, "samples,acc_x", 13))
		return LAYOUT_GAIT;
	if (n_columns == 5 || n_columns == 4)
		return LAYOUT_PHONE;
	/* "0.71049" against "-6.6000000e+001" */
	return n_columns == 1 ? strchr(first, 'e') ? LAYOUT_COUNTS : LAYOUT_VOLTS : LAYOUT_UNKNOWN;
}

static void take_row(const struct raw *raw, size_t i, const double *v, double out[4])
{
	switch (raw->layout) {
	case LAYOUT_SCG:
		out[0] = v[1];
		for (int c = 0; c < 3; c++)
			out[1 + c] = v[2 + c] / STANDARD_G;
		break;
	case LAYOUT_GAIT:
		out[0] = (double)i / GAIT_HZ;
		for (int c = 0; c < 3; c++)
			out[1 + c] = v[1 + c];
		break;
	case LAYOUT_PHONE:
		for (int c = 0; c < 4; c++)
			out[c] = v[c];
		break;
	default:
		out[0] = (double)i / (raw->layout == LAYOUT_VOLTS ? BCG_HZ : VAG_HZ);
		out[1] = raw->layout == LAYOUT_VOLTS ? 1e3 * v[0] : v[0];
		out[2] = out[3] = 0.0;
		break;
	}
}

/* Lines of @path; 0, or a negative errno with @err. */
static int read_raw(struct raw *raw, const char *path, char *err)
{
	static const int needed[] = { 1, 4, 5, 4, 1, 1 };
	gzFile f = gzopen(path, "rb");
	size_t line = 0, room = 0;
	char text[512];
	int ret = 0;

	if (!f) {
		snprintf(err, GEN_ERROR_SIZE, "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	while (!ret && gzgets(f, text, sizeof(text))) {
		double v[MAX_COLUMNS];
		int n = columns(text, v);

		line++;
		if (line == 1) {
			raw->layout = layout_of(text, n);
			if (n < 1 && raw->layout != LAYOUT_UNKNOWN)
				continue;	/* a header */
		}
		if (raw->layout == LAYOUT_UNKNOWN || n < needed[raw->layout]) {
			snprintf(err, GEN_ERROR_SIZE, "%s:%zu: not a recording of a known layout", path,
				 line);
			ret = -EINVAL;
			break;
		}
		if (raw->n == room) {
			void *grown = realloc(raw->row, (room = room ? 2 * room : 4096) *
							sizeof(*raw->row));

			if (!grown) {
				snprintf(err, GEN_ERROR_SIZE, "out of memory");
				ret = -ENOMEM;
				break;
			}
			raw->row = grown;
		}
		take_row(raw, raw->n, v, raw->row[raw->n]);
		raw->n++;
	}
	if (!ret && raw->n < 100) {
		snprintf(err, GEN_ERROR_SIZE, "%s: %zu samples are too few", path, raw->n);
		ret = -EINVAL;
	}
	gzclose(f);
	return ret;
}

static int by_value(const void *pa, const void *pb)
{
	const double *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

/* Knee sounds are uncalibrated and ride on an offset: see VAG_MEDIAN_MV. */
static int scale_counts(struct raw *raw)
{
	double *magnitude = malloc(raw->n * sizeof(*magnitude)), mean = 0.0, median;

	if (!magnitude)
		return -ENOMEM;
	for (size_t i = 0; i < raw->n; i++)
		mean += raw->row[i][1] / (double)raw->n;
	for (size_t i = 0; i < raw->n; i++)
		magnitude[i] = fabs(raw->row[i][1] - mean);
	qsort(magnitude, raw->n, sizeof(*magnitude), by_value);
	median = fmax(magnitude[raw->n / 2], 1e-9);
	for (size_t i = 0; i < raw->n; i++)
		raw->row[i][1] = (raw->row[i][1] - mean) * VAG_MEDIAN_MV / median;
	free(magnitude);
	return 0;
}

/* Column @c at sample position @x, band limited to @cut of the raw rate. */
static double sinc_at(const struct raw *raw, int c, double x, double cut)
{
	double reach = SINC_LOBES / (2.0 * cut), sum = 0.0, weight = 0.0;

	for (long i = (long)ceil(x - reach); (double)i <= x + reach; i++) {
		double d = (double)i - x, w = 0.5 + 0.5 * gm_cos(M_PI * d / reach);
		double s = d == 0.0 ? 1.0 : gm_sin(2.0 * M_PI * cut * d) / (2.0 * M_PI * cut * d);
		size_t at = i < 0 ? 0 : i >= (long)raw->n ? raw->n - 1 : (size_t)i;

		sum += w * s * raw->row[at][c];
		weight += w * s;
	}
	return sum / weight;
}

static int resample(struct gen_background *b, const struct raw *raw)
{
	double length = raw->row[raw->n - 1][0] - raw->row[0][0];
	bool film = raw->layout == LAYOUT_VOLTS || raw->layout == LAYOUT_COUNTS;
	double cut;

	b->source_hz = (double)(raw->n - 1) / length;
	cut = 0.45 * fmin(1.0, b->rate / b->source_hz);
	b->n = (size_t)(length * b->rate);
	if (film)
		b->film = calloc(b->n + 1, sizeof(*b->film));
	else
		b->acc = calloc(b->n + 1, sizeof(*b->acc));
	if (!b->film && !b->acc)
		return -ENOMEM;
	for (size_t i = 0; i < b->n; i++) {
		double x = (double)i / b->rate * b->source_hz;

		for (int c = 0; c < (film ? 1 : 3); c++)
			*(film ? &b->film[i] : &b->acc[i][c]) = (float)sinc_at(raw, 1 + c, x, cut);
	}
	return 0;
}

struct gen_background *gen_background_open(const char *path, double rate, char *err)
{
	struct gen_background *b = calloc(1, sizeof(*b));
	struct raw raw = { 0 };
	int ret;

	if (b)
		b->rate = rate;
	ret = b ? read_raw(&raw, path, err) : -ENOMEM;

	if (!ret && raw.layout == LAYOUT_COUNTS)
		ret = scale_counts(&raw);
	if (!ret && !(raw.row[raw.n - 1][0] > raw.row[0][0])) {
		snprintf(err, GEN_ERROR_SIZE, "%s: its times do not increase", path);
		ret = -EINVAL;
	}
	if (!ret)
		ret = resample(b, &raw);
	free(raw.row);
	if (ret == -ENOMEM)
		snprintf(err, GEN_ERROR_SIZE, "out of memory");
	if (ret) {
		gen_background_free(b);
		return NULL;
	}
	return b;
}

void gen_background_free(struct gen_background *b)
{
	if (!b)
		return;
	free(b->acc);
	free(b->film);
	free(b);
}

void gen_background_at(const struct gen_background *b, double t, double acc[3], double *film_mv)
{
	double span = (double)(b->n - 1), x = fmod(fabs(t) * b->rate, 2.0 * span), u;
	size_t i;

	if (x > span)
		x = 2.0 * span - x;
	i = (size_t)x < b->n - 2 ? (size_t)x : b->n - 2;
	u = x - (double)i;
	for (int c = 0; b->acc && c < 3; c++)
		acc[c] = (double)b->acc[i][c] + u * (double)(b->acc[i + 1][c] - b->acc[i][c]);
	if (b->film)
		*film_mv = (double)b->film[i] + u * (double)(b->film[i + 1] - b->film[i]);
}
