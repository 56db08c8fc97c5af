/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log lines on stderr, with the priority prefix of sd-daemon(3) under the journal. */
#ifndef BACKPOP_LOG_H
#define BACKPOP_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* One line at a syslog(3) level; no newline needed.  From any thread. */
void log_msg(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)		log_msg(LOG_ERR, __VA_ARGS__)
#define log_warning(...)	log_msg(LOG_WARNING, __VA_ARGS__)
#define log_notice(...)		log_msg(LOG_NOTICE, __VA_ARGS__)
#define log_info(...)		log_msg(LOG_INFO, __VA_ARGS__)
#define log_debug(...)		log_msg(LOG_DEBUG, __VA_ARGS__)

/*
 * From now on what libraries print on stdio's stderr becomes debug lines: libiio 0.x prints
 * an error of its own for whatever we report in our words.
 * To be called once, before there is another thread.  Return: 0 or a negative errno.
 */
int log_take_stderr(void);

/* Lines above this level are left out; LOG_INFO at first. */
int log_max_level(void);
void log_set_max_level(int level);
/* "emerg" to "debug" as systemd spells them, and back; -1 = no such level. */
const char *log_level_name(int level);
int log_level_of(const char *name);
/* Is stderr connected to the systemd journal? */
bool log_to_journal(void);

#endif
