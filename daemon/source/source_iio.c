// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames from an IIO device by libiio's local back end (0.24 to 0.26).
 *
 * How libiio 0.x is used here, and why:
 * - The samples asked for at once are the wanted watermark, because libiio writes
 *   that number to buffer/watermark; slack comes from the kernel buffer count.
 * - A refill for each time poll() says readable: then at least a watermark of scans
 *   waits, and the kernel has no reason to flush the hardware FIFO.  What came in
 *   beyond the watermark would wait for the next one, and more of it each time: one
 *   more refill takes it, at the price of a flush, where a watermark is long enough
 *   to be worth a bus transaction.
 * - The time stamp is always on: 0.24 miscounts the step of mixed layouts without.
 * - poll() says nothing when the device is unregistered, or when another libiio
 *   program switches our buffer off.  So read() checks when nothing came for long.
 * - A context is a snapshot: after any error the whole source is opened anew.
 */
#include <errno.h>
#include <iio.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "source/gap.h"
#include "source/iio_scan.h"
#include "source/iio_setup.h"
#include "source/source.h"

#define TAIL_MIN_S		0.02	/* watermarks at least this long have their tail read */
#define SLACK_S			2	/* of samples the kernel holds for a slow reader */
#define STARVE_MIN_NS		2000000000LL
#define STARVE_WATERMARKS	10

/**
 * struct source_iio - a running stream
 * @pos, @end:		not yet delivered part of libiio's buffer
 * @reads_tail:		see TAIL_MIN_S
 * @tail_due:		a watermark was read, what came beyond it not yet
 * @not_before_ns:	older stamps are left over from an earlier stream
 * @last_data_ns:	when samples last came; after @starve_ns of nothing, ask why
 */
struct source_iio {
	struct source base;
	struct iio_setup setup;
	struct iio_buffer *buf;
	const char *pos;
	const char *end;
	bool reads_tail;
	bool tail_due;
	int64_t not_before_ns;
	int64_t last_data_ns;
	int64_t starve_ns;
	uint64_t frames;
	struct gap_meter gaps;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Leave a sentence for the user; hands @ret through. */
__attribute__((format(printf, 3, 4)))
static int fail(struct source_iio *s, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->base.error, SOURCE_ERROR_SIZE, fmt, ap);
	va_end(ap);
	return ret;
}

/* ---- streaming ------------------------------------------------------------ */

static int iio_poll_fd(struct source *base)
{
	return iio_buffer_get_poll_fd(((struct source_iio *)base)->buf);
}

/* Nothing came for long: find out who is to blame. */
static int starved(struct source_iio *s, int64_t silent_ns)
{
	bool on;
	int ret = iio_device_buffer_attr_read_bool(s->setup.dev, "enable", &on);

	if (ret == -ENOENT || ret == -ENODEV)
		return fail(s, -ENODEV, "the device is gone");
	if (ret < 0)
		return fail(s, ret, "cannot read buffer/enable: %s", strerror(-ret));
	if (!on)
		return fail(s, -EPIPE, "another program has switched the buffer off");
	return fail(s, -ETIMEDOUT, "no samples for %lld ms though the buffer is on",
		    (long long)(silent_ns / 1000000));
}

/* Fetch what poll() has announced; 1 = there is some, 0 = nothing now. */
static int refill(struct source_iio *s)
{
	struct pollfd pfd = { .fd = iio_buffer_get_poll_fd(s->buf), .events = POLLIN };
	int64_t now = now_ns();
	ssize_t n;

	if (poll(&pfd, 1, 0) < 0 && errno != EINTR)
		return fail(s, -errno, "poll: %s", strerror(errno));
	if (!(pfd.revents & (POLLIN | POLLERR | POLLHUP)) && !s->tail_due)
		return now - s->last_data_ns > s->starve_ns ?
		       starved(s, now - s->last_data_ns) : 0;
	s->tail_due = s->reads_tail && (pfd.revents & POLLIN);
	n = iio_buffer_refill(s->buf);
	if (n == -EAGAIN)
		return 0;
	if (n == -ENODEV)
		return fail(s, -ENODEV, "the device is gone");
	if (n < 0)
		return fail(s, (int)n, "reading the buffer: %s", strerror((int)-n));
	if (n % s->setup.step)
		return fail(s, -EIO, "the buffer gave %zd bytes, no multiple of %u", n,
			    s->setup.step);
	s->pos = iio_buffer_start(s->buf);
	s->end = s->pos + n;
	s->last_data_ns = now;
	return 1;
}

static ssize_t iio_read(struct source *base, struct bp_frame *frames, size_t max)
{
	struct source_iio *s = (struct source_iio *)base;
	size_t n = 0;

	while (!n) {
		if (s->pos == s->end) {
			int ret = refill(s);

			if (ret <= 0)
				return ret;
		}
		for (; n < max && s->pos < s->end; s->pos += s->setup.step) {
			int64_t t = iio_scan_time(&s->setup, s->pos);

			if (t < s->not_before_ns)
				continue;
			gap_meter_add(&s->gaps, t);
			iio_scan_decode(&s->setup, s->pos, t, &frames[n++]);
		}
	}
	s->frames += n;
	return (ssize_t)n;
}

static void iio_counters(struct source *base, struct source_counters *c)
{
	struct source_iio *s = (struct source_iio *)base;

	c->frames = s->frames;
	c->lost = s->gaps.lost;
}

static void iio_close(struct source *base)
{
	struct source_iio *s = (struct source_iio *)base;

	if (s->buf)
		iio_buffer_destroy(s->buf);
	iio_setup_close(&s->setup);
	free(s);
}

static const struct source_ops iio_ops = {
	.poll_fd = iio_poll_fd,
	.read = iio_read,
	.counters = iio_counters,
	.close = iio_close,
};

/* ---- starting ------------------------------------------------------------- */

static int start(struct source_iio *s, const struct source_iio_options *opt)
{
	double rate = s->setup.rate_hz;
	unsigned int watermark = iio_setup_watermark(&s->setup, opt->watermark);
	int ret;

	ret = iio_device_set_kernel_buffers_count(s->setup.dev,
						  (unsigned int)(rate * SLACK_S) / watermark + 2);
	if (ret < 0)
		return fail(s, ret, "cannot set the kernel buffer count: %s", strerror(-ret));

	gap_meter_init(&s->gaps, rate);
	s->reads_tail = watermark >= TAIL_MIN_S * rate;
	s->starve_ns = (int64_t)(STARVE_WATERMARKS * watermark * 1e9 / rate);
	if (s->starve_ns < STARVE_MIN_NS)
		s->starve_ns = STARVE_MIN_NS;
	s->last_data_ns = now_ns();
	s->not_before_ns = s->last_data_ns - (int64_t)(2e9 / rate);
	s->buf = iio_device_create_buffer(s->setup.dev, watermark, false);
	if (!s->buf && errno == EINVAL)
		return fail(s, -EINVAL, "the driver refuses mode %s at %g Hz", opt->mode, rate);
	if (!s->buf)
		return fail(s, -errno, "cannot start the buffer: %s", strerror(errno));
	ret = iio_buffer_set_blocking_mode(s->buf, false);
	if (ret < 0)
		return fail(s, ret, "cannot read without blocking: %s", strerror(-ret));
	if (iio_buffer_step(s->buf) != (ptrdiff_t)s->setup.step)
		return fail(s, -EIO, "libiio counts %td bytes a scan, the kernel's layout has %u",
			    iio_buffer_step(s->buf), s->setup.step);
	return 0;
}

struct source *source_open_iio(const char *device, const struct source_iio_options *opt, char *err)
{
	struct source_iio *s;
	int ret;

	if (opt->uri && opt->uri[0])
		return source_open_remote(device, opt, err);
	s = calloc(1, sizeof(*s));
	if (!s) {
		snprintf(err, SOURCE_ERROR_SIZE, "%s: out of memory", device);
		errno = ENOMEM;
		return NULL;
	}
	s->base.ops = &iio_ops;
	ret = iio_setup_open(&s->setup, device, opt, &s->base.info);
	if (ret)
		strcpy(s->base.error, s->setup.error);
	else
		ret = start(s, opt);
	if (!ret)
		return &s->base;
	strcpy(err, s->base.error);
	iio_close(&s->base);
	errno = -ret;
	return NULL;
}
