/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time-stamped annotation lists (TALs) of EDF+; not for other rooms. */
#ifndef BACKPOP_EDF_TAL_H
#define BACKPOP_EDF_TAL_H

#include "edf.h"

/* Longest TAL we write: onset, duration, text of struct edf_annotation. */
#define EDF_TAL_MAX	192

/* Annotations waiting to be fetched or written, by onset. */
struct edf_tal_queue {
	struct edf_annotation *items;
	size_t first, end, room;
};

/* At the end.  0, or -ENOMEM. */
int edf_tal_queue_push(struct edf_tal_queue *q, const struct edf_annotation *a);
/* The oldest without taking it, NULL = none. */
const struct edf_annotation *edf_tal_queue_peek(const struct edf_tal_queue *q);
bool edf_tal_queue_pop(struct edf_tal_queue *q, struct edf_annotation *a);
void edf_tal_queue_free(struct edf_tal_queue *q);

/**
 * edf_tal_parse() - take the annotations of one annotation signal of one record
 * @onset_s:	if not NULL the first TAL may be the time-keeping one: its time
 * @bad:	incremented for each malformed TAL, which is passed over
 *
 * Return: 1 = @onset_s was filled, 0 = not, -ENOMEM.
 */
int edf_tal_parse(struct edf_tal_queue *q, const unsigned char *p, size_t n, double *onset_s,
		  size_t *bad);

/*
 * One TAL with its final '\0' into @out (EDF_TAL_MAX bytes); its length.  An
 * empty text makes a time-keeping TAL.
 */
size_t edf_tal_format(char *out, const struct edf_annotation *a);

#endif
