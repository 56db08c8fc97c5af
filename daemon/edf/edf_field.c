// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers in EDF are short ASCII decimals.  printf() and strtod() follow the
 * process's locale (a comma in French), so the text is made and read here.
 */
#include "edf_field.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "edf.h"

const struct edf_layout edf_layout[EDF_F_COUNT] = {
	[EDF_F_LABEL]      = { "label", 0, 16 },
	[EDF_F_TRANSDUCER] = { "transducer type", 16, 80 },
	[EDF_F_DIMENSION]  = { "physical dimension", 96, 8 },
	[EDF_F_PHYS_MIN]   = { "physical minimum", 104, 8 },
	[EDF_F_PHYS_MAX]   = { "physical maximum", 112, 8 },
	[EDF_F_DIG_MIN]    = { "digital minimum", 120, 8 },
	[EDF_F_DIG_MAX]    = { "digital maximum", 128, 8 },
	[EDF_F_PREFILTER]  = { "prefiltering", 136, 80 },
	[EDF_F_SAMPLES]    = { "samples per record", 216, 8 },
};

size_t edf_field_offset(enum edf_signal_field f, size_t nsignals, size_t i)
{
	return EDF_HEAD_SIZE + nsignals * edf_layout[f].before + i * edf_layout[f].size;
}

/* 10^n, exact for n <= 22 because every step is. */
static double power_of_ten(int n)
{
	double p = 1.0;

	while (n-- > 0)
		p *= 10.0;
	return p;
}

/* Digits from @i on into @mantissa; @dropped counts those beyond what it can hold. */
static size_t parse_digits(const char *text, size_t n, size_t i, uint64_t *mantissa, int *dropped)
{
	for (; i < n && text[i] >= '0' && text[i] <= '9'; i++) {
		if (*mantissa < UINT64_MAX / 10 - 1)
			*mantissa = *mantissa * 10 + (uint64_t)(text[i] - '0');
		else
			(*dropped)++;
	}
	return i;
}

static bool parse_exponent(const char *text, size_t n, size_t i, int *exponent)
{
	bool negative = false;
	int e = 0;

	if (i < n && (text[i] == '+' || text[i] == '-'))
		negative = text[i++] == '-';
	if (i == n)
		return false;
	for (; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		e = e * 10 + (text[i] - '0');
		if (e > 9999)
			return false;
	}
	*exponent += negative ? -e : e;
	return true;
}

bool edf_parse_number(const char *text, size_t n, double *value)
{
	size_t i = 0, start, digits;
	uint64_t mantissa = 0;
	bool negative = false;
	int exponent = 0, dropped = 0;
	double v;

	while (n > 0 && text[n - 1] == ' ')
		n--;
	while (i < n && text[i] == ' ')
		i++;
	if (i < n && (text[i] == '+' || text[i] == '-'))
		negative = text[i++] == '-';
	start = i;
	i = parse_digits(text, n, i, &mantissa, &exponent);
	digits = i - start;
	if (i < n && text[i] == '.') {
		start = ++i;
		i = parse_digits(text, n, i, &mantissa, &dropped);
		exponent -= (int)(i - start) - dropped;
		digits += i - start;
	}
	if (digits == 0 || digits > 64)
		return false;
	if (i < n) {
		if (text[i] != 'e' && text[i] != 'E')
			return false;
		if (!parse_exponent(text, n, i + 1, &exponent))
			return false;
	}
	if (mantissa == 0)
		exponent = 0;
	if (exponent > 400 || exponent < -400)
		return false;
	v = exponent < 0 ? (double)mantissa / power_of_ten(-exponent) :
			   (double)mantissa * power_of_ten(exponent);
	if (!isfinite(v))
		return false;
	*value = negative ? -v : v;
	return true;
}

/* @scaled / 10^@decimals as text without trailing zeros; its length, as snprintf(). */
static size_t format_scaled(char *buf, size_t size, int64_t scaled, int decimals)
{
	uint64_t magnitude = scaled < 0 ? -(uint64_t)scaled : (uint64_t)scaled;
	uint64_t unit = 1;

	while (decimals > 0 && magnitude % 10 == 0) {
		magnitude /= 10;
		decimals--;
	}
	for (int i = 0; i < decimals; i++)
		unit *= 10;
	if (decimals == 0)
		return (size_t)snprintf(buf, size, "%s%" PRIu64, scaled < 0 ? "-" : "", magnitude);
	return (size_t)snprintf(buf, size, "%s%" PRIu64 ".%0*" PRIu64, scaled < 0 ? "-" : "",
				magnitude / unit, decimals, magnitude % unit);
}

bool edf_format_number(char *buf, size_t size, double value)
{
	char text[48];

	if (!isfinite(value) || fabs(value) >= 1e9)
		return false;
	for (int decimals = 9; decimals >= 0; decimals--) {
		int64_t scaled = llround(value * power_of_ten(decimals));

		if (format_scaled(text, sizeof(text), scaled, decimals) <= size) {
			/* A small value must not silently become 0. */
			if (scaled == 0 && value != 0.0)
				return false;
			memcpy(buf, text, strlen(text) + 1);
			return true;
		}
	}
	return false;
}

size_t edf_format_seconds(char *buf, size_t size, double seconds)
{
	return format_scaled(buf, size, llround(seconds * 1e9), 9);
}

double edf_header_value(double value)
{
	char text[EDF_NUMBER_SIZE + 1];
	double v;

	if (!edf_format_number(text, EDF_NUMBER_SIZE, value) ||
	    !edf_parse_number(text, strlen(text), &v))
		return NAN;
	return v;
}

double edf_to_phys(const struct edf_signal *s, int16_t count)
{
	return ((double)count - s->dig_min) * (s->phys_max - s->phys_min) /
	       ((double)s->dig_max - s->dig_min) + s->phys_min;
}

int16_t edf_from_phys(const struct edf_signal *s, double value)
{
	double count = (value - s->phys_min) * ((double)s->dig_max - s->dig_min) /
		       (s->phys_max - s->phys_min) + s->dig_min;

	if (!(count > s->dig_min))	/* also a NaN */
		return (int16_t)s->dig_min;
	if (count > s->dig_max)
		return (int16_t)s->dig_max;
	return (int16_t)lround(count);
}
