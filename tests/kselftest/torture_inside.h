/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What torture.c, torture_step.c, torture_thread.c and torture_file.c share.  What returns
 * an int returns 0 or a negative errno.
 */
#ifndef TORTURE_INSIDE_H
#define TORTURE_INSIDE_H

#include "torture.h"

#define SIM		"backpop_sim"
#define DRIVER		"st1vafe3bx"
#define MS		1000000LL
#define PM_TEST		"/sys/power/pm_test"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"
#define PM_STATE	"/sys/power/state"
#define FAILSLAB	"/sys/kernel/debug/failslab"

#define PICK(array, n)	((array)[(n) % (sizeof(array) / sizeof((array)[0]))])

/* ---- torture_file.c ---------------------------------------------------------------- */

/* Say in @t->wrong what is wrong; returns @err, or -EPROTO for 0. */
int torture_wrong(struct torture *t, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void pause_ms(unsigned int ms);

/*
 * Unlike rig_write() and rig_read(), these say nothing: much of what is written here is to
 * fail.  @alloc: the allocation that fails meanwhile, 0 = none.
 */
int put_text_failing(const char *path, const char *text, unsigned int alloc);
int put_text(const char *path, const char *text);
/* Return: bytes read, @buf ends with a NUL behind them. */
int get_text(const char *path, char *buf, size_t size);

int sim_put(unsigned int chip, const char *knob, long long value);
bool sim_loaded(void);
bool driver_loaded(void);
/* What may come of something that was refused, or of a chip that is not there. */
bool is_sane(int err);

/* An attribute of the driver, with values good and bad. */
struct attr {
	const char *name;
	const char *values[14];
};

/* Any of the attributes that can be written, be read, need the chip, or are in debugfs. */
const struct attr *attr_pick(uint32_t n);
const char *attr_readable(uint32_t n);
const char *attr_raw(uint32_t n);
const char *attr_counter(uint32_t n);

/* Any of its values. */
const char *attr_value(const struct attr *a, uint32_t value);
void attr_path(const struct capture *c, const char *name, char *path, size_t size);
int attr_put_failing(const struct capture *c, const char *name, const char *text,
		     unsigned int alloc);
int attr_put(const struct capture *c, const char *name, const char *text);
int attr_get(const struct capture *c, const char *name, unsigned int alloc);
int debugfs_get(const struct capture *c, const char *name, unsigned int alloc);

/* ---- torture_thread.c -------------------------------------------------------------- */

/* Once, before any thread. */
void thread_init(void);
int thread_start_reader(struct torture *t, unsigned int chip);
int thread_start_meddler(struct torture *t, const struct capture *c, uint64_t seed);
/* What it has found wrong is an error. */
int thread_stop(struct torture *t, struct torture_thread *th);

/* ---- torture_step.c ---------------------------------------------------------------- */

/* Which IIO devices there are may have changed. */
void torture_look(struct torture *t);
/* Not while a thread reads it. */
void close_device(struct torture *t, unsigned int chip);
/* The driver's rules are asked for before a power cycle wipes the chip's books. */
int violations(struct torture *t, unsigned int chip);
int plug_chip(const struct torture *t, unsigned int chip, bool in);
int bind_chip(unsigned int chip, bool on, unsigned int alloc);

#endif
