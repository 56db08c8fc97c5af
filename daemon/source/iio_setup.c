// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/iio_setup.h"

#define STANDARD_GRAVITY	9.80665
#define MAX_CHANNELS		5
/* A watermark is latency: 40 ms, 32 scans at 800 Hz. */
#define WATERMARK_HZ		25

/* Leave a sentence for the user; hands @ret through. */
__attribute__((format(printf, 3, 4)))
static int fail(struct iio_setup *s, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->error, SOURCE_ERROR_SIZE, fmt, ap);
	va_end(ap);
	return ret;
}

/* ---- attributes ----------------------------------------------------------- */

/* An attribute of a channel, or with @ch NULL of the device. */
static ssize_t attr_read(struct iio_setup *s, struct iio_channel *ch, const char *name,
			 char *buf, size_t size)
{
	ssize_t n = ch ? iio_channel_attr_read(ch, name, buf, size) :
			 iio_device_attr_read(s->dev, name, buf, size);

	if (n >= 0)
		buf[(size_t)n < size ? (size_t)n : size - 1] = '\0';
	return n;
}

static ssize_t attr_write(struct iio_setup *s, struct iio_channel *ch, const char *name,
			  const char *value)
{
	return ch ? iio_channel_attr_write(ch, name, value) :
		    iio_device_attr_write(s->dev, name, value);
}

static int read_double(struct iio_setup *s, struct iio_channel *ch, const char *name,
		       double *out)
{
	char text[64], *end;
	ssize_t n = attr_read(s, ch, name, text, sizeof(text));

	if (n < 0)
		return (int)n;
	*out = strtod(text, &end);
	return end == text || !isfinite(*out) ? -EINVAL : 0;
}

/*
 * Write the rate: the very text of the available list where there is one, so
 * that no rounding of ours can make the driver refuse it.
 */
static int set_rate(struct iio_setup *s, struct iio_channel *ch, double want, double *got)
{
	char list[512], value[32], *word, *save;
	ssize_t n;

	snprintf(value, sizeof(value), "%g", want);
	n = attr_read(s, ch, "sampling_frequency_available", list, sizeof(list));
	if (n > 0 && list[0] != '[') {
		char copy[sizeof(list)];

		memcpy(copy, list, sizeof(copy));
		for (word = strtok_r(copy, " \n", &save); word; word = strtok_r(NULL, " \n", &save))
			if (fabs(strtod(word, NULL) - want) <= 1e-3 * want)
				break;
		if (!word)
			return fail(s, -EINVAL, "no rate of %g Hz: the device has %.*s", want,
				    (int)strcspn(list, "\n"), list);
		snprintf(value, sizeof(value), "%s", word);
	}
	n = attr_write(s, ch, "sampling_frequency", value);
	if (n < 0)
		return fail(s, (int)n, "cannot set sampling_frequency to %s: %s", value,
			    strerror((int)-n));
	if (read_double(s, ch, "sampling_frequency", got) || *got < 1)
		return fail(s, -EIO, "sampling_frequency does not read back as a rate");
	return 0;
}

/*
 * Choose the smallest full scale at or above @want (data sheets round theirs:
 * 1 % is forgiven).  @unit: what one of the attribute is in g or mV.
 */
static int set_range(struct iio_setup *s, struct iio_field *f, double want, double unit,
		     const char *what, double *full)
{
	char list[512], pick[32] = "", *word, *save;
	double counts = ldexp(1, (int)f->bits - f->is_signed);
	double best = INFINITY, largest = 0;
	ssize_t n;

	n = attr_read(s, f->ch, "scale_available", list, sizeof(list));
	if (n < 0)
		n = attr_read(s, f->ch, "scale", list, sizeof(list));
	if (n < 0)
		return fail(s, (int)n, "%s channel has no scale", what);
	for (word = strtok_r(list, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
		double range = strtod(word, NULL) * unit * counts;

		if (range > largest)
			largest = range;
		if (range >= 0.99 * want && range < best && strlen(word) < sizeof(pick)) {
			best = range;
			strcpy(pick, word);
		}
	}
	if (!pick[0])
		return fail(s, -EINVAL, "no %s range of %g: the device's largest is %g", what,
			    want, largest);
	if (iio_channel_find_attr(f->ch, "scale_available")) {
		n = iio_channel_attr_write(f->ch, "scale", pick);
		if (n < 0)
			return fail(s, (int)n, "cannot set the %s scale to %s: %s", what, pick,
				    strerror((int)-n));
	}
	if (read_double(s, f->ch, "scale", &f->scale) || f->scale <= 0)
		return fail(s, -EIO, "the %s scale does not read back", what);
	f->scale *= unit;
	if (read_double(s, f->ch, "offset", &f->add))
		f->add = 0;
	*full = counts * f->scale;
	return 0;
}

/* Rows of "x, y, z; ..." turn the chip's axes into the body's. */
static int read_mount_matrix(struct iio_setup *s)
{
	static const double identity[9] = { 1, 0, 0, 0, 1, 0, 0, 0, 1 };
	char text[256], *p = text;

	memcpy(s->mount, identity, sizeof(identity));
	if (attr_read(s, s->accel[0].ch, "mount_matrix", text, sizeof(text)) < 0 &&
	    attr_read(s, NULL, "mount_matrix", text, sizeof(text)) < 0 &&
	    attr_read(s, NULL, "in_mount_matrix", text, sizeof(text)) < 0)
		return 0;
	for (int i = 0; i < 9; i++) {
		char *end;

		s->mount[i] = strtod(p, &end);
		if (end == p || !isfinite(s->mount[i]))
			return fail(s, -EINVAL, "mount_matrix is not 3 x 3 numbers: %.*s",
				    (int)strcspn(text, "\n"), text);
		p = end + strspn(end, ",; ");
	}
	return 0;
}

/* ---- layout --------------------------------------------------------------- */

static int use_channel(struct iio_setup *s, struct iio_channel *ch, struct iio_field *f,
		       const char *what)
{
	const struct iio_data_format *fmt;

	if (!ch || !iio_channel_is_scan_element(ch))
		return fail(s, -ENXIO, "the device has no buffered %s channel", what);
	fmt = iio_channel_get_data_format(ch);
	if (fmt->repeat > 1 || fmt->length > 64 || fmt->length % 8 || !fmt->bits ||
	    fmt->bits + fmt->shift > fmt->length)
		return fail(s, -ENOTSUP, "the %s channel has an unknown data format", what);
	*f = (struct iio_field) {
		.ch = ch,
		.bytes = fmt->length / 8,
		.bits = fmt->bits,
		.shift = fmt->shift,
		.is_signed = fmt->is_signed,
		.is_be = fmt->is_be,
		.scale = 1,
	};
	iio_channel_enable(ch);
	return 0;
}

static struct iio_channel *find_film(struct iio_setup *s)
{
	for (unsigned int i = 0; i < iio_device_get_channels_count(s->dev); i++) {
		struct iio_channel *ch = iio_device_get_channel(s->dev, i);

		if (!iio_channel_is_output(ch) && iio_channel_is_scan_element(ch) &&
		    iio_channel_get_type(ch) == IIO_VOLTAGE)
			return ch;
	}
	return NULL;
}

static int choose_channels(struct iio_setup *s, const char *mode)
{
	static const char *const axes[3] = { "accel_x", "accel_y", "accel_z" };
	int ret;

	for (unsigned int i = 0; i < iio_device_get_channels_count(s->dev); i++)
		iio_channel_disable(iio_device_get_channel(s->dev, i));
	s->has_motion = !strncmp(mode, "motion", 6);
	s->has_film = strcmp(mode, "motion") != 0;
	for (int i = 0; i < 3 && s->has_motion; i++) {
		ret = use_channel(s, iio_device_find_channel(s->dev, axes[i], false), &s->accel[i],
				  axes[i]);
		if (ret)
			return ret;
	}
	if (s->has_film) {
		ret = use_channel(s, find_film(s), &s->film, "voltage");
		if (ret)
			return ret;
	}
	return use_channel(s, iio_device_find_channel(s->dev, "timestamp", false), &s->stamp,
			   "timestamp");
}

/*
 * Offsets as the kernel lays a scan out: in the order of the indices, each
 * value aligned to its own size, the whole to its largest.
 */
static void lay_out(struct iio_setup *s)
{
	struct iio_field *order[MAX_CHANNELS];
	unsigned int n = 0, at = 0, align = 1;

	for (int i = 0; i < 3 && s->has_motion; i++)
		order[n++] = &s->accel[i];
	if (s->has_film)
		order[n++] = &s->film;
	order[n++] = &s->stamp;
	for (unsigned int i = 1; i < n; i++) {
		struct iio_field *f = order[i];
		long index = iio_channel_get_index(f->ch);
		unsigned int j = i;

		for (; j && iio_channel_get_index(order[j - 1]->ch) > index; j--)
			order[j] = order[j - 1];
		order[j] = f;
	}
	for (unsigned int i = 0; i < n; i++) {
		struct iio_field *f = order[i];

		at = (at + f->bytes - 1) / f->bytes * f->bytes;
		f->offset = at;
		at += f->bytes;
		if (f->bytes > align)
			align = f->bytes;
	}
	s->step = (at + align - 1) / align * align;
}

/* ---- opening -------------------------------------------------------------- */

static bool is_here(const struct source_iio_options *opt)
{
	return !opt->uri || !opt->uri[0] || !strncmp(opt->uri, "local:", 6);
}

/*
 * libiio writes to buffer/enable before it finds the node busy, which would stop
 * the other program's stream: look first.
 */
static int check_free(struct iio_setup *s, const char *device)
{
	char node[64];
	int fd;

	snprintf(node, sizeof(node), "/dev/%s", device);
	fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail(s, errno == ENXIO || errno == ENOENT ? -ENODEV : -errno, "%s: %s%s",
			    node, strerror(errno), errno == EBUSY ?
			    " (`fuser -v` on it names the program that holds it)" : "");
	close(fd);
	return 0;
}

static int set_clock(struct iio_setup *s)
{
	char clock[64];
	ssize_t n = iio_device_attr_write(s->dev, "current_timestamp_clock", "monotonic");

	if (n < 0)
		return fail(s, (int)n, "cannot set current_timestamp_clock to monotonic: %s",
			    strerror((int)-n));
	n = attr_read(s, NULL, "current_timestamp_clock", clock, sizeof(clock));
	if (n < 0 || strncmp(clock, "monotonic", 9))
		return fail(s, -EIO, "current_timestamp_clock does not stay at monotonic");
	return 0;
}

/* What a count of a field is; of words beyond 16 bit only the upper 16 are kept. */
static struct source_scale scale_of(const struct iio_field *f, double sign)
{
	unsigned int dropped = f->bits > 16 ? f->bits - 16 : 0;
	unsigned int bits = f->bits - dropped;
	int32_t low = -(1 << (bits - 1));
	struct source_scale sc = {
		.scale = sign * ldexp(f->scale, (int)dropped),
		.offset = sign * f->scale * f->add,
		.low = low,
		.high = -low - 1,
	};

	/* An unsigned word is shifted to the middle. */
	if (!f->is_signed)
		sc.offset -= sc.scale * low;
	return sc;
}

/* The chip's axis that body axis @row is, with its sign; 0: a mix of several. */
static double only_axis(const double *row, int *axis)
{
	int found = 0;

	for (int i = 0; i < 3; i++) {
		if (row[i] == 0)
			continue;
		*axis = i;
		found++;
	}
	return found == 1 && fabs(row[*axis]) == 1 ? row[*axis] : 0;
}

static void set_scales(const struct iio_setup *s, struct source_info *info)
{
	for (int i = 0; i < 3 && s->has_motion; i++) {
		int axis = 0;
		double sign = only_axis(&s->mount[3 * i], &axis);

		if (sign != 0)
			info->scales[SOURCE_ACCEL_X + i] = scale_of(&s->accel[axis], sign);
	}
	if (s->has_film)
		info->scales[SOURCE_FILM] = scale_of(&s->film, 1);
}

/* What a reader of the recording wants to know; most sensors do not say. */
static void read_lowpass(struct iio_setup *s, struct source_info *info)
{
	static const char attr[] = "filter_low_pass_3db_frequency";
	double hz;

	if (s->has_motion && !read_double(s, s->accel[0].ch, attr, &hz) && hz > 0)
		info->motion_lowpass_hz = hz;
	/* The film's own setting counts where it is sampled alone: see the driver's document. */
	if (s->has_film && !s->has_motion && !read_double(s, s->film.ch, attr, &hz) && hz > 0)
		info->film_lowpass_hz = hz;
}

static int configure(struct iio_setup *s, const struct source_iio_options *opt,
		     struct bp_config *cfg)
{
	const char *why;
	int ret;

	/*
	 * A program that was killed leaves its buffer on, and then no setting is taken.  On
	 * another machine it may be somebody's stream, and the clock is not ours in any case.
	 */
	if (is_here(opt)) {
		ret = iio_device_buffer_attr_write_bool(s->dev, "enable", false);
		if (ret < 0)
			return fail(s, ret, "cannot write buffer/enable: %s", strerror(-ret));
		ret = set_clock(s);
		if (ret)
			return ret;
	}
	ret = set_rate(s, iio_device_find_attr(s->dev, "sampling_frequency") ? NULL :
		       s->has_motion ? s->accel[0].ch : s->film.ch, opt->rate_hz, &s->rate_hz);
	for (int i = 0; i < 3 && s->has_motion && !ret; i++)
		ret = set_range(s, &s->accel[i], opt->accel_range_g, 1 / STANDARD_GRAVITY,
				"accelerometer", &cfg->motion_range_g);
	if (!ret && s->has_motion)
		ret = read_mount_matrix(s);
	if (!ret && s->has_film)
		ret = set_range(s, &s->film, opt->film_range_mv, 1, "film", &cfg->film_range_mv);
	if (ret)
		return ret;
	cfg->motion_rate_hz = s->has_motion ? s->rate_hz : 0;
	cfg->film_rate_hz = s->has_film ? s->rate_hz : 0;
	why = bp_config_error(cfg);
	return why ? fail(s, -EINVAL, "%s", why) : 0;
}

int iio_setup_open(struct iio_setup *s, const char *device, const struct source_iio_options *opt,
		   struct source_info *info)
{
	const char *name;
	char uri[128];
	int ret;

	if (opt->uri && opt->uri[0]) {
		/* libiio 0.24 cuts the port off the text that it is given. */
		snprintf(uri, sizeof(uri), "%s", opt->uri);
		s->ctx = iio_create_context_from_uri(uri);
		if (!s->ctx)
			return fail(s, -errno, "%s: %s", opt->uri, strerror(errno));
	} else {
		ret = check_free(s, device);
		if (ret)
			return ret;
		s->ctx = iio_create_local_context();
		if (!s->ctx)
			return fail(s, -errno, "libiio: %s", strerror(errno));
	}
	s->dev = iio_context_find_device(s->ctx, device);
	if (!s->dev)
		return fail(s, -ENODEV, "no such IIO device: %s", device);
	name = iio_device_get_name(s->dev);
	snprintf(info->name, sizeof(info->name), "%s", name ? name : device);
	snprintf(info->mode, sizeof(info->mode), "%s", opt->mode);
	ret = choose_channels(s, opt->mode);
	if (ret)
		return ret;
	lay_out(s);
	ret = configure(s, opt, &info->config);
	if (!ret) {
		set_scales(s, info);
		read_lowpass(s, info);
	}
	return ret;
}

unsigned int iio_setup_watermark(struct iio_setup *s, unsigned int wish)
{
	unsigned int n = s->rate_hz < WATERMARK_HZ ? 1 : (unsigned int)(s->rate_hz / WATERMARK_HZ);
	long long max;

	if (wish)
		return wish;
	if (!iio_device_buffer_attr_read_longlong(s->dev, "hwfifo_watermark_max", &max) &&
	    max > 0 && n > max)
		n = (unsigned int)max;
	return n;
}

void iio_setup_close(struct iio_setup *s)
{
	if (s->ctx)
		iio_context_destroy(s->ctx);
	s->ctx = NULL;
}
