/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session file as records for the simulator's feed device: every channel at
 * one rate, in micro-g and nanovolt.
 */
#ifndef FEED_SESSION_H
#define FEED_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/backpop_sim_uapi.h"

#define FEED_ERROR_SIZE	320

enum feed_signals { FEED_ALL, FEED_MOTION, FEED_FILM };

struct feed_session;

/**
 * feed_open() - open a session file and check that it can be fed
 * @path:	EDF+ file
 * @signals:	which of its signals; the others rest
 * @loop:	start again at the end, for ever
 * @err:	FEED_ERROR_SIZE bytes: on failure why, on success "" or a warning
 *
 * Return: the session, or NULL with errno set.
 */
struct feed_session *feed_open(const char *path, enum feed_signals signals, bool loop, char *err);
void feed_close(struct feed_session *s);

/* Records per 1000 s: 4 times the highest signal rate, 51.2 kHz at most. */
uint32_t feed_rate_mhz(const struct feed_session *s);

/**
 * feed_read() - next records; the first one is session time 0
 *
 * Return: how many (<= @max), 0 = end, negative errno = failed.
 */
ssize_t feed_read(struct feed_session *s, struct bsim_feed_sample *out, size_t max);
/* One sentence on why feed_read() failed. */
const char *feed_error(const struct feed_session *s);

#endif
