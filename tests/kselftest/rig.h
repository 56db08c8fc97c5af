/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rig: driver and simulator as modules, their files in sysfs and debugfs, the
 * simulated bus as user space sees it.
 *
 * Functions return 0 (or a count) or a negative errno, and say on stdout, as a
 * KTAP diagnostic, what went wrong.
 */
#ifndef RIG_H
#define RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RIG_ADDR(chip)	(0x20 + (chip))
#define RIG_DEBUGFS	"/sys/kernel/debug/backpop_sim"
#define RIG_DEADLINE_MS	5000

void rig_diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* CLOCK_MONOTONIC. */
int64_t rig_now_ns(void);
/* Time passes only when all sleep, as in User-Mode Linux' time-travel mode. */
bool rig_simulated_time(void);
/* Poll @cond until it holds or RIG_DEADLINE_MS have passed; what it said last. */
bool rig_wait(bool (*cond)(void *arg), void *arg);

/**
 * rig_missing() - why no test can run here
 *
 * Return: NULL when all is there, else the reason to skip.
 */
const char *rig_missing(void);

/* Load driver and simulator with @chips chips, none of them bound yet. */
int rig_load(unsigned int chips, unsigned int scl_hz);
/* The same with all of the simulator's parameters; instantiate=0 is added. */
int rig_load_params(const char *sim_params);
/* Power the chip on and register its I2C client: the driver probes it. */
int rig_attach(unsigned int chip);
/* rig_load() with 400 kHz, then rig_attach() for each. */
int rig_up(unsigned int chips);
/*
 * Add up the protocol violations of all chips, tell each, and unload both modules.
 * Return: their number, or a negative errno.
 */
int rig_down(void);

int rig_module_load(const char *name, const char *params);
int rig_module_unload(const char *name);
/* Number of the simulated adapter, or -ENODEV. */
int rig_adapter(void);
/* Write "0-0020" style device names to the driver's bind or unbind. */
int rig_bind(unsigned int chip, bool bind);
/* Make the chip's client by hand, or take it away again, as a user without firmware would. */
int rig_new_device(unsigned int chip, bool make);
/* Is a driver bound to the chip's client? */
bool rig_bound(unsigned int chip);

/* Does the kernel log hold @text, since the rig was loaded? */
bool rig_logged(const char *text);

/* One short file, without its newline. */
int rig_read(const char *path, char *buf, size_t size);
int rig_write(const char *path, const char *text);

/* chipN/@name in the simulator's debugfs */
int sim_set(unsigned int chip, const char *name, long long value);
int sim_get(unsigned int chip, const char *name, long long *value);
/* A line of chipN/stats. */
int sim_stat(unsigned int chip, const char *name, long long *value);
/* Violations counted since the chip's power-on; each is told if @tell. */
int sim_count_violations(unsigned int chip, bool tell);
/* The same, told. */
int sim_violations(unsigned int chip);

struct sim_write {
	int64_t t_ns;
	uint8_t bank;
	uint8_t reg;
	uint8_t value;
};

int sim_log_clear(unsigned int chip);
/* Register writes since, oldest first; number (<= @max) or negative errno. */
int sim_log(unsigned int chip, struct sim_write *log, int max);

/*
 * One transfer by another user of the bus: write the register address, then
 * @reads times read @len (<= 8192) bytes.  Nobody else gets the bus meanwhile.
 */
int rig_i2c_read(unsigned int chip, uint8_t reg, uint8_t *data, unsigned int len,
		 unsigned int reads);

#endif
