/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An IIO device made ready to stream: found, its rate, ranges and clock set, and
 * where each value lies in a scan.
 */
#ifndef BACKPOP_IIO_SETUP_H
#define BACKPOP_IIO_SETUP_H

#include <iio.h>
#include <stdbool.h>

#include "source/source.h"

/**
 * struct iio_field - one channel in a scan
 * @offset, @bytes:	where
 * @bits, @shift, @is_signed, @is_be: how
 * @scale:	of one count, to g or mV
 * @add:	counts, before scaling
 */
struct iio_field {
	struct iio_channel *ch;
	unsigned int offset;
	unsigned int bytes;
	unsigned int bits;
	unsigned int shift;
	bool is_signed;
	bool is_be;
	double scale;
	double add;
};

/**
 * struct iio_setup - a device with its settings made
 * @mount:	rows that turn the chip's axes into the body's
 * @step:	bytes of a scan
 * @rate_hz:	as the device has it
 * @error:	why iio_setup_open() failed
 */
struct iio_setup {
	struct iio_context *ctx;
	struct iio_device *dev;
	struct iio_field accel[3];
	struct iio_field film;
	struct iio_field stamp;
	bool has_motion;
	bool has_film;
	double mount[9];
	unsigned int step;
	double rate_hz;
	char error[SOURCE_ERROR_SIZE];
};

/**
 * iio_setup_open() - find the device and make its settings
 * @s:		all zero
 * @device:	"iio:deviceN"; with @opt->uri also its label or name
 * @info:	out
 *
 * Stops a stream that was left running by a program that died.
 *
 * Return: 0 or a negative errno (-ENODEV: no such device, -EBUSY: held by
 * another program) with @s->error filled; iio_setup_close() in either case.
 */
int iio_setup_open(struct iio_setup *s, const char *device, const struct source_iio_options *opt,
		   struct source_info *info);
/* Scans per wake-up: @wish, or if that is 0 40 ms' worth, as far as the device holds them. */
unsigned int iio_setup_watermark(struct iio_setup *s, unsigned int wish);
void iio_setup_close(struct iio_setup *s);

#endif
