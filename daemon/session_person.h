/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a session's metadata say it is about, for the recordings' headers. */
#ifndef BACKPOP_SESSION_PERSON_H
#define BACKPOP_SESSION_PERSON_H

#include <stdbool.h>
#include <stddef.h>

#include "recorder/recorder.h"

/*
 * From the keys patient (without it: subject), sex, birthdate, name, investigation and
 * technician of a JSON object; what is missing or too long is left out or cut.
 */
void session_person(const char *metadata, struct recorder_person *who);

/*
 * Would a header say all that these keys say?  false: @why tells of the first that it would
 * not, in less than @size bytes for people.
 */
bool session_person_fits(const char *metadata, char *why, size_t size);

#endif
