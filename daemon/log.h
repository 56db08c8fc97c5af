/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines on stderr, with the priority prefix of sd-daemon(3) under the journal. */
#ifndef BACKPOP_LOG_H
#define BACKPOP_LOG_H

#include <syslog.h>

/* One line at a syslog(3) level; no newline needed. */
void log_msg(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)		log_msg(LOG_ERR, __VA_ARGS__)
#define log_warning(...)	log_msg(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)		log_msg(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)		log_msg(LOG_INFO, __VA_ARGS__)

#endif
