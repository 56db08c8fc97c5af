/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who a session's metadata say it is about, for the recordings' headers. */
#ifndef BACKPOP_SESSION_PERSON_H
#define BACKPOP_SESSION_PERSON_H

#include "recorder/recorder.h"

/*
 * From the keys patient (without it: subject), sex, birthdate, name, investigation and
 * technician of a JSON object; what is missing or too long is left out or cut.
 */
void session_person(const char *metadata, struct recorder_person *who);

#endif
