/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scan of an IIO buffer, decoded as its setup says. */
#ifndef BACKPOP_IIO_SCAN_H
#define BACKPOP_IIO_SCAN_H

#include "source/iio_setup.h"

/* The scan's time stamp, ns on the device's clock. */
int64_t iio_scan_time(const struct iio_setup *s, const char *scan);
/* Its values in g and mV, body axes; @t_ns: time stamp to put on the frame. */
void iio_scan_decode(const struct iio_setup *s, const char *scan, int64_t t_ns,
		     struct bp_frame *fr);

#endif
