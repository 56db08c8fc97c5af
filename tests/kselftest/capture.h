/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IIO device of the driver as a program sees it: attributes, and the buffer
 * by poll() and read() on /dev/iio:deviceN.  Errors as in rig.h.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

enum capture_mode { CAPTURE_MOTION, CAPTURE_FILM, CAPTURE_COMBINED };

/* One scan; what the mode does not have is 0. */
struct capture_sample {
	int64_t t_ns;
	int16_t accel[3];
	int16_t film;
};

/**
 * struct capture - one IIO device
 * @chip:	simulated chip behind it
 * @mode, @rate_hz: of the running stream
 * @accel_scale: m/s2 per LSB
 * @film_scale:	mV per LSB
 */
struct capture {
	unsigned int chip;
	enum capture_mode mode;
	double rate_hz;
	double accel_scale;
	double film_scale;
	char sysfs[64];
	char node[64];
	int fd;
};

/* Wait for the IIO device of @chip and read its scales. */
int capture_find(struct capture *c, unsigned int chip);
/* The same without the scales. */
int capture_find_device(struct capture *c, unsigned int chip);
/* The same at once: is it there? */
bool capture_look(struct capture *c, unsigned int chip);
/* Has the device of @chip gone from sysfs? */
bool capture_gone(unsigned int chip);

int capture_get(const struct capture *c, const char *attr, char *buf, int size);
int capture_get_double(const struct capture *c, const char *attr, double *value);
int capture_set(const struct capture *c, const char *attr, const char *text);
int capture_set_number(const struct capture *c, const char *attr, double value);

/* A counter that the driver shows in debugfs. */
int capture_stat(const struct capture *c, const char *name, long long *value);

/**
 * struct capture_verdict - the accelerometer's self-test, by axis
 * @mg:		deflection
 * @word:	"pass" or "fail"
 */
struct capture_verdict {
	int mg[3];
	char word[3][8];
};

/* Run the self-test; 0, -EPROTO if it says something else, or what reading failed with. */
int capture_self_test(const struct capture *c, struct capture_verdict *v);

/* Name of the attribute "in_<type>..._@suffix" of acceleration or film. */
const char *capture_scale_attr(bool film);

/**
 * capture_start() - stream with time stamps of CLOCK_MONOTONIC
 * @watermark:	scans a poll() waits for
 *
 * Return: 0; what enabling the buffer failed with (unsaid); or another errno.
 */
int capture_start(struct capture *c, enum capture_mode mode, double rate_hz,
		  unsigned int watermark);
/* What came within @timeout_ms: number of samples, 0 = nothing, -ENODEV = device gone. */
int capture_read(struct capture *c, struct capture_sample *samples, int max, int timeout_ms);
void capture_stop(struct capture *c);

#endif
