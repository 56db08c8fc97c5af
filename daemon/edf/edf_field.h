/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text fields of EDF shared by reader and writer; not for other rooms. */
#ifndef BACKPOP_EDF_FIELD_H
#define BACKPOP_EDF_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/* Fixed part of the header, bytes from the start of the file. */
#define EDF_HEAD_SIZE		256	/* also per signal */
#define EDF_AT_VERSION		0
#define EDF_AT_PATIENT		8
#define EDF_AT_RECORDING	88
#define EDF_AT_DATE		168
#define EDF_AT_TIME		176
#define EDF_AT_HEADER_BYTES	184
#define EDF_AT_RESERVED		192
#define EDF_AT_RECORDS		236
#define EDF_AT_DURATION		244
#define EDF_AT_SIGNALS		252

#define EDF_ID_SIZE		80	/* patient, recording */
#define EDF_NUMBER_SIZE		8	/* all numbers but the number of signals */
#define EDF_SIGNALS_SIZE	4
#define EDF_RESERVED_SIZE	44

/* Separators inside a time-stamped annotation list (TAL). */
#define EDF_TAL_TEXT		0x14
#define EDF_TAL_DURATION	0x15

/*
 * Per-signal fields are stored field by field: all labels, all transducers...
 * A field of signal i is at 256 + nsignals * before + i * size.
 */
struct edf_layout {
	const char *name;
	size_t before;		/* bytes per signal of all fields before this one */
	size_t size;
};

enum edf_signal_field {
	EDF_F_LABEL,
	EDF_F_TRANSDUCER,
	EDF_F_DIMENSION,
	EDF_F_PHYS_MIN,
	EDF_F_PHYS_MAX,
	EDF_F_DIG_MIN,
	EDF_F_DIG_MAX,
	EDF_F_PREFILTER,
	EDF_F_SAMPLES,
	EDF_F_COUNT
};
extern const struct edf_layout edf_layout[EDF_F_COUNT];

/* Where in the file field @f of signal @i is, of @nsignals with the annotations'. */
size_t edf_field_offset(enum edf_signal_field f, size_t nsignals, size_t i);

/*
 * Decimal text ("-12.5", "1e-3", blanks around it allowed) to a number, in no
 * locale but C's; the whole of @n bytes must be it.  Correctly rounded for up to
 * 15 digits and exponents within +-22, which covers every header field.
 */
bool edf_parse_number(const char *text, size_t n, double *value);

/*
 * The decimal text of at most @size characters nearest to @value, no trailing
 * zeros, '\0' added (so @buf has @size + 1 bytes); false if none fits.
 */
bool edf_format_number(char *buf, size_t size, double value);

/* Seconds as TAL onset or duration, to the ns: "12", "-0.5", "3.000000001". */
size_t edf_format_seconds(char *buf, size_t size, double seconds);

#endif
