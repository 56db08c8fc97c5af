/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is it an artefact, and which?  Rules from what bodies, hands and clothes do,
 * signal-model.md sections 3.8 and 4; each rule is one function.
 */
#ifndef BACKPOP_CORE_REJECT_H
#define BACKPOP_CORE_REJECT_H

#include "core/candidate.h"

/* What is overtaken so far, in power, within some ms was but the flank of that: 20 dB. */
#define BP_FLANK	100.0f

/**
 * bp_reject() - judge a candidate with what is known at one look
 * @quiet:	noise of each stream when the wearer rests, mean square of all lanes
 * @rate_hz:	of each stream
 *
 * Return: BP_KEPT, BP_DOUBTED or BP_REFUSED, and why.
 */
struct bp_ruling bp_reject(const struct bp_candidate *c, enum bp_look look,
			   const float quiet[BP_STREAMS], const float rate_hz[BP_STREAMS]);

/* Does something press on the sensor, or strain the film more than it shakes? */
bool bp_pressed(const struct bp_candidate *c);
bool bp_strained(const struct bp_candidate *c);

/* Refused as one of a noise's many peaks: could that noise be made of crackles? */
bool bp_crackly(const struct bp_candidate *c);

#endif
