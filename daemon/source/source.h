/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where frames come from: one small table of operations per kind of source
 * (libiio device, session file), so that whoever runs the core does not know
 * which it is.
 */
#ifndef BACKPOP_SOURCE_H
#define BACKPOP_SOURCE_H

#include <sys/types.h>

#include "core/core.h"

#define SOURCE_ERROR_SIZE	256

struct source;

/* The order of channels where there is one for each. */
enum source_channel { SOURCE_ACCEL_X, SOURCE_ACCEL_Y, SOURCE_ACCEL_Z, SOURCE_FILM, SOURCE_CHANNELS };

/**
 * struct source_scale - the counts behind a channel's values, for whoever keeps them
 * @scale:	g or mV of one count, negative where the axis is turned round; 0 = not
 *		known, or the values are no multiples of one count (a sensor mounted askew)
 * @offset:	value of count 0, g or mV
 * @low, @high:	the counts that can come, within 16 bit
 */
struct source_scale {
	double scale;
	double offset;
	int32_t low, high;
};

/**
 * struct source_info - what an open source delivers
 * @name:	for people: device name and node, or file name
 * @mode:	"motion+film", "motion", "film" (system.md section 3); "" = not known before
 *		the first frames (a remote device)
 * @config:	ready for bp_core_init()
 * @scales:	of the channels that the frames carry, body axes
 * @motion_lowpass_hz, @film_lowpass_hz: corner of the sensor's own filter; 0 = not known
 */
struct source_info {
	char name[128];
	char mode[16];
	struct bp_config config;
	struct source_scale scales[SOURCE_CHANNELS];
	double motion_lowpass_hz, film_lowpass_hz;
};

/**
 * struct source_counters - what happened on the way
 * @frames:	frames delivered
 * @lost:	samples known to be lost (holes in the time stamps)
 */
struct source_counters {
	uint64_t frames;
	uint64_t lost;
};

/**
 * struct source_ops - one kind of source
 * @poll_fd:	descriptor that becomes readable with data, or -1: always ready
 * @read:	fill up to @max frames without blocking; return the number, 0 =
 *		nothing now, -ENODATA = the source has ended for good,
 *		other negative errno = broken (close it; a device may come back).
 *		A device source must be read every half second or so even when
 *		poll_fd is quiet: read() is what notices that samples stay away
 *		(-EPIPE: somebody switched the stream off, -ETIMEDOUT: none come)
 */
struct source_ops {
	int (*poll_fd)(struct source *s);
	ssize_t (*read)(struct source *s, struct bp_frame *frames, size_t max);
	void (*counters)(struct source *s, struct source_counters *c);
	void (*close)(struct source *s);
};

struct source {
	const struct source_ops *ops;
	struct source_info info;
	char error[SOURCE_ERROR_SIZE];	/* why read() failed; "" = no complaint */
};

/*
 * Each opener returns NULL with errno set and @err (SOURCE_ERROR_SIZE) filled: one
 * sentence that names the file or device, as source.error does.  On success @err is
 * "" or a warning to show (a file cut off in its data).
 */
struct source *source_open_edf(const char *path, char *err);

/**
 * struct source_iio_options - how to run an IIO device
 * @uri:	libiio URI of another machine; NULL or "" = this one
 * @mode:	as in struct source_info
 * @rate_hz:	sampling frequency to set
 * @accel_range_g, @film_range_mv: full scales to set; nearest at or above
 * @watermark:	scans per wake-up; 0 = 40 ms' worth or the
 *		hardware's maximum, whichever is less
 */
struct source_iio_options {
	const char *uri;
	const char *mode;
	double rate_hz;
	double accel_range_g;
	double film_range_mv;
	unsigned int watermark;
};
struct source *source_open_iio(const char *device, const struct source_iio_options *opt,
			       char *err);
/* As source_open_iio() with @opt->uri, which calls it: a thread of its own reads. */
struct source *source_open_remote(const char *device, const struct source_iio_options *opt,
				  char *err);
typedef struct source *(*source_opener)(const char *device, const struct source_iio_options *opt,
					char *err);

#endif
