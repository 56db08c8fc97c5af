// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames from an IIO device by a libiio URI, such as another machine's that runs iiod.
 *
 * The network back end has neither a descriptor to poll nor reads that do not block, and may
 * hang when a cable is pulled: a thread connects, sets up and reads, and nothing else waits
 * for it.  What it has and the owner share is counted by references and freed by the last,
 * so that closing never waits for the network either.
 */
#include <errno.h>
#include <iio.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "source/gap.h"
#include "source/iio_scan.h"
#include "source/remote_clock.h"
#include "source/source.h"

#define RING		8192u		/* frames: 2.5 s at 3200 Hz */
#define TIMEOUT_MS	5000		/* of one transfer */
#define SILENCE_NS	8000000000LL	/* longer than one transfer: the thread hangs */
#define CONNECT_NS	30000000000LL

/**
 * struct link - what the thread and the owner share
 * @lock:	for all that follows
 * @buf:	to be cancelled, NULL when there is none
 * @error:	why the thread has ended
 */
struct link {
	pthread_mutex_t lock;
	unsigned int refs;
	bool stop;
	struct iio_buffer *buf;
	struct source_info info;
	int error;
	char error_text[SOURCE_ERROR_SIZE];
	struct bp_frame ring[RING];
	unsigned int head, n;

	/* Set before the thread begins. */
	int event_fd;
	char device[64];
	char uri[128];
	char mode[16];
	struct source_iio_options opt;
};

/* @info_known: base.info is filled; then the reader knows the rate. */
struct source_remote {
	struct source base;
	struct link *link;
	int64_t last_data_ns;
	bool info_known;
	uint64_t frames;
	struct gap_meter gaps;
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void unref(struct link *k)
{
	bool last;

	pthread_mutex_lock(&k->lock);
	last = !--k->refs;
	pthread_mutex_unlock(&k->lock);
	if (!last)
		return;
	close(k->event_fd);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

/* ---- the thread ------------------------------------------------------------ */

static void give_up(struct link *k, int error, const char *why)
{
	pthread_mutex_lock(&k->lock);
	k->error = error;
	snprintf(k->error_text, sizeof(k->error_text), "%s", why);
	pthread_mutex_unlock(&k->lock);
	eventfd_write(k->event_fd, 1);
}

static void put(struct link *k, const struct bp_frame *f)
{
	pthread_mutex_lock(&k->lock);
	/* The newest is left out: a hole that the reader counts. */
	if (k->n < RING)
		k->ring[(k->head + k->n++) % RING] = *f;
	pthread_mutex_unlock(&k->lock);
}

/* One transfer.  Return: 0 or negative errno. */
static int transfer(struct link *k, struct iio_setup *setup, struct iio_buffer *buf,
		    struct remote_clock *clock, bool our_clock)
{
	ssize_t n = iio_buffer_refill(buf);
	const char *scan = iio_buffer_start(buf), *end = scan + (n > 0 ? n : 0);

	if (n < 0)
		return (int)n;
	if (!n || n % setup->step)
		return -EIO;
	if (!our_clock && !remote_clock_arrived(clock, iio_scan_time(setup, end - setup->step),
						now_ns()))
		return -ESTALE;
	for (; scan < end; scan += setup->step) {
		struct bp_frame f;

		iio_scan_decode(setup, scan, iio_scan_time(setup, scan) + clock->offset_ns, &f);
		if (our_clock || clock->learnt)
			put(k, &f);
	}
	eventfd_write(k->event_fd, 1);
	return 0;
}

static void stream(struct link *k, struct iio_setup *setup)
{
	bool our_clock = !strncmp(k->uri, "local:", 6);
	struct remote_clock clock = { 0 };
	struct iio_buffer *buf;
	char why[SOURCE_ERROR_SIZE];
	int ret = 0;

	iio_context_set_timeout(setup->ctx, TIMEOUT_MS);
	buf = iio_device_create_buffer(setup->dev, iio_setup_watermark(setup, k->opt.watermark),
				       false);
	if (!buf) {
		ret = -errno;
		snprintf(why, sizeof(why), "cannot start the buffer: %s", strerror(-ret));
		give_up(k, ret, why);
		return;
	}
	if (iio_buffer_step(buf) != (ptrdiff_t)setup->step)
		ret = -EPROTO;
	while (!ret) {
		bool stop;

		pthread_mutex_lock(&k->lock);
		stop = k->stop;
		k->buf = buf;
		pthread_mutex_unlock(&k->lock);
		if (stop)
			break;
		ret = transfer(k, setup, buf, &clock, our_clock);
	}
	/* From here on nobody cancels it. */
	pthread_mutex_lock(&k->lock);
	k->buf = NULL;
	pthread_mutex_unlock(&k->lock);
	iio_buffer_destroy(buf);
	snprintf(why, sizeof(why), "%.120s: %s", k->uri,
		 ret == -ESTALE ? "its clock was set" :
		 ret == -EPROTO ? "its scans have another layout than they should" :
				  strerror(-ret));
	give_up(k, ret ? ret : -ECANCELED, why);
}

static void *run(void *arg)
{
	struct link *k = arg;
	struct iio_setup setup = { 0 };
	struct source_info info = { 0 };
	int ret = iio_setup_open(&setup, k->device, &k->opt, &info);

	if (ret) {
		give_up(k, ret, setup.error);
	} else {
		pthread_mutex_lock(&k->lock);
		k->info = info;
		pthread_mutex_unlock(&k->lock);
		stream(k, &setup);
	}
	iio_setup_close(&setup);
	unref(k);
	return NULL;
}

/* ---- the owner's side -------------------------------------------------------- */

static int remote_poll_fd(struct source *base)
{
	return ((struct source_remote *)base)->link->event_fd;
}

static int silent(struct source_remote *s)
{
	int64_t silent_ns = now_ns() - s->last_data_ns;

	if (silent_ns < (s->info_known ? SILENCE_NS : CONNECT_NS))
		return 0;
	snprintf(s->base.error, SOURCE_ERROR_SIZE, "%.120s: nothing for %lld s", s->link->uri,
		 (long long)(silent_ns / 1000000000));
	return -ETIMEDOUT;
}

static ssize_t remote_read(struct source *base, struct bp_frame *frames, size_t max)
{
	struct source_remote *s = (struct source_remote *)base;
	struct link *k = s->link;
	eventfd_t value;
	size_t n;
	int error;

	eventfd_read(k->event_fd, &value);
	pthread_mutex_lock(&k->lock);
	n = k->n < max ? k->n : max;
	for (size_t i = 0; i < n; i++)
		frames[i] = k->ring[(k->head + i) % RING];
	k->head = (k->head + (unsigned int)n) % RING;
	k->n -= (unsigned int)n;
	error = k->error;
	if (!n && error)
		memcpy(base->error, k->error_text, sizeof(base->error));
	if (!s->info_known && k->info.mode[0]) {
		s->info_known = true;
		base->info = k->info;
		s->last_data_ns = now_ns();
		gap_meter_init(&s->gaps, base->info.config.film_rate_hz > 0 ?
			       base->info.config.film_rate_hz : base->info.config.motion_rate_hz);
	}
	pthread_mutex_unlock(&k->lock);
	if (!n)
		return error ? error : silent(s);
	/* What is left shows by the descriptor again. */
	eventfd_write(k->event_fd, 1);
	for (size_t i = 0; i < n; i++)
		gap_meter_add(&s->gaps, frames[i].t_ns);
	s->last_data_ns = now_ns();
	s->frames += n;
	return (ssize_t)n;
}

static void remote_counters(struct source *base, struct source_counters *c)
{
	struct source_remote *s = (struct source_remote *)base;

	c->frames = s->frames;
	c->lost = s->gaps.lost;
}

static void remote_close(struct source *base)
{
	struct source_remote *s = (struct source_remote *)base;

	pthread_mutex_lock(&s->link->lock);
	s->link->stop = true;
	if (s->link->buf)
		iio_buffer_cancel(s->link->buf);
	pthread_mutex_unlock(&s->link->lock);
	unref(s->link);
	free(s);
}

static const struct source_ops remote_ops = {
	.poll_fd = remote_poll_fd,
	.read = remote_read,
	.counters = remote_counters,
	.close = remote_close,
};

/* Signals are the event loop's. */
static int start_thread(struct link *k)
{
	pthread_t thread;
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&thread, NULL, run, k);
	if (!ret)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

struct source *source_open_remote(const char *device, const struct source_iio_options *opt,
				  char *err)
{
	struct source_remote *s = calloc(1, sizeof(*s));
	struct link *k = calloc(1, sizeof(*k));
	int ret = -ENOMEM;

	if (!s || !k)
		goto fail;
	pthread_mutex_init(&k->lock, NULL);
	k->refs = 2;
	snprintf(k->device, sizeof(k->device), "%s", device);
	snprintf(k->uri, sizeof(k->uri), "%s", opt->uri);
	snprintf(k->mode, sizeof(k->mode), "%s", opt->mode);
	k->opt = *opt;
	k->opt.uri = k->uri;
	k->opt.mode = k->mode;
	k->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	ret = k->event_fd < 0 ? -errno : start_thread(k);
	if (ret) {
		if (k->event_fd >= 0)
			close(k->event_fd);
		goto fail;
	}
	s->base.ops = &remote_ops;
	s->link = k;
	s->last_data_ns = now_ns();
	return &s->base;
fail:
	snprintf(err, SOURCE_ERROR_SIZE, "%s: %s", opt->uri, strerror(-ret));
	free(s);
	free(k);
	errno = -ret;
	return NULL;
}
