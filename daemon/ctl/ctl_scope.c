// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backpopctl monitor --scope: the vibration of accelerometer and film and the events in
 * it, drawn with plain terminal codes.  Samples come by Acquire() of org.backpop1.Stream.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "bus/backpop-stream.h"
#include "core/core.h"
#include "ctl/ctl.h"
#include "event_json.h"

#define BINS		512		/* most columns; a power of two */
#define BIN_NS		50000000LL	/* time of a column */
#define FRAME_US	100000		/* between drawings */
#define MARGIN		11		/* columns of a panel's scale */
#define EVENT_LINES	6
#define LEAST_COLUMNS	10		/* of a panel */
#define LEAST_ROWS	2
#define DRIFT_S		0.016		/* what is slower than 10 Hz is posture, not vibration */

enum { MOTION, FILM, PANELS };

/* A column's loudest value, mg or mV; NAN = no sample. */
struct bin {
	float peak[PANELS];
	char mark;
};

struct scope {
	sd_bus *bus;
	sd_event *loop;
	const char *path;
	int fd;
	bool utf8;
	struct backpop_header header;
	struct bin bins[BINS];
	int64_t newest;			/* number of the newest bin since the clock's zero */
	float mean[4];			/* slow part of x, y, z, film */
	bool settled[PANELS];
	uint64_t dropped, lost;
	char lines[EVENT_LINES][160];
	int64_t origin_ns;
};

/* ---- the picture ---------------------------------------------------------- */

/* Also of what was before the clock's zero, as in a picture before the first sample. */
static struct bin *bin_at(struct scope *s, int64_t number)
{
	return &s->bins[(uint64_t)number % BINS];
}

/* Move on to the bin of time @t_ns; NULL: it has scrolled out. */
static struct bin *bin_of(struct scope *s, int64_t t_ns)
{
	int64_t number = t_ns / BIN_NS;

	if (number < 0)
		return NULL;
	/* The clock may have run for years before the first sample. */
	if (number - s->newest > BINS)
		s->newest = number - BINS;
	for (; s->newest < number; s->newest++)
		*bin_at(s, s->newest + 1) = (struct bin) { .peak = { NAN, NAN } };
	return number > s->newest - BINS ? bin_at(s, number) : NULL;
}

static void take_value(struct bin *b, int panel, float value)
{
	if (!(b->peak[panel] >= value))
		b->peak[panel] = value;
}

static void take_frame(struct scope *s, const struct backpop_frame *f)
{
	float k[PANELS] = { (float)(1 / (1 + s->header.motion_rate * DRIFT_S)),
			    (float)(1 / (1 + s->header.film_rate * DRIFT_S)) };
	struct bin *b = bin_of(s, f->t_ns);

	if (!b)
		return;
	if (f->channels & BACKPOP_HAS_MOTION) {
		float sum = 0;

		for (int i = 0; i < 3; i++) {
			if (!s->settled[MOTION])
				s->mean[i] = f->motion[i];
			s->mean[i] += k[MOTION] * (f->motion[i] - s->mean[i]);
			sum += (f->motion[i] - s->mean[i]) * (f->motion[i] - s->mean[i]);
		}
		s->settled[MOTION] = true;
		take_value(b, MOTION, 1000 * sqrtf(sum));
	}
	if (f->channels & BACKPOP_HAS_FILM) {
		if (!s->settled[FILM])
			s->mean[3] = f->film;
		s->settled[FILM] = true;
		s->mean[3] += k[FILM] * (f->film - s->mean[3]);
		take_value(b, FILM, fabsf(f->film - s->mean[3]));
	}
}

/* 1, 2 or 5 times a power of ten, at or above. */
static float round_up(float v)
{
	float p = powf(10, floorf(log10f(v)));

	return v <= p ? p : v <= 2 * p ? 2 * p : v <= 5 * p ? 5 * p : 10 * p;
}

static void draw_panel(struct scope *s, int panel, int columns, int rows)
{
	static const char *const eighths[] = { " ",	 "\u2581", "\u2582", "\u2583", "\u2584",
					       "\u2585", "\u2586", "\u2587", "\u2588" };
	static const char *const names[] = { "accel", "film" };
	static const char *const units[] = { "mg", "mV" };
	static const float least[] = { 5, 0.5F };
	float top = least[panel];

	for (int c = 0; c < columns; c++) {
		float v = bin_at(s, s->newest - c)->peak[panel];

		if (v > top)
			top = v;
	}
	top = round_up(top);
	for (int r = rows - 1; r >= 0; r--) {
		if (r == rows - 1)
			printf("%6g %-3s ", (double)top, units[panel]);
		else
			printf("%-*s", MARGIN, r == rows - 2 ? names[panel] : "");
		for (int c = columns - 1; c >= 0; c--) {
			const struct bin *b = bin_at(s, s->newest - c);
			float fill = b->peak[panel] / top * (float)rows - (float)r;
			int step = isnan(fill) || fill <= 0 ? 0 : fill >= 1 ? 8 : (int)(fill * 8);

			if (r == rows - 1 && b->mark)
				printf("\033[1;33m%c\033[0m", b->mark);
			else if (s->utf8)
				fputs(eighths[step], stdout);
			else
				putchar(step > 3 ? '#' : step ? '.' : ' ');
		}
		fputs("\033[K\r\n", stdout);
	}
}

static void draw(struct scope *s)
{
	struct winsize w = { .ws_row = 24, .ws_col = 80 };
	int columns, rows, panels;
	bool has[PANELS];

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &w);
	columns = w.ws_col - MARGIN - 1;
	if (columns > BINS - 1)
		columns = BINS - 1;
	has[MOTION] = s->header.channels & BACKPOP_HAS_MOTION;
	has[FILM] = s->header.channels & BACKPOP_HAS_FILM;
	panels = has[MOTION] + has[FILM];
	rows = panels ? (w.ws_row - EVENT_LINES - 2) / panels : 0;
	if (!panels || columns < LEAST_COLUMNS || rows < LEAST_ROWS) {
		if (panels)
			printf("\033[H\033[Jtoo small: %d lines of %d columns are needed",
			       panels * LEAST_ROWS + EVENT_LINES + 2, LEAST_COLUMNS + MARGIN + 1);
		else
			fputs("\033[H\033[Jwaiting for the stream", stdout);
		fflush(stdout);
		return;
	}
	printf("\033[H%.64s  %.16s  %g Hz  %d s  dropped %llu  lost %llu   q ends\033[K\r\n",
	       s->header.sensor, s->header.mode, fmax(s->header.motion_rate, s->header.film_rate),
	       (int)(columns * BIN_NS / 1000000000), (unsigned long long)s->dropped,
	       (unsigned long long)s->lost);
	for (int p = 0; p < PANELS; p++)
		if (has[p])
			draw_panel(s, p, columns, rows);
	for (int i = 0; i < EVENT_LINES; i++)
		printf("%.*s\033[K%s", (int)w.ws_col, s->lines[i],
		       i + 1 < EVENT_LINES ? "\r\n" : "");
	fputs("\033[J", stdout);
	fflush(stdout);
}

/* ---- what comes ------------------------------------------------------------ */

static int on_packet(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	struct scope *s = userdata;
	union {
		struct backpop_packet p;
		struct backpop_header h;
		char bytes[BACKPOP_PACKET_MAX];
	} u;
	ssize_t n = recv(fd, &u, sizeof(u), MSG_DONTWAIT);

	(void)src;
	(void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return sd_event_exit(s->loop, CTL_FAILURE);
	if (n < (ssize_t)sizeof(u.p) || u.p.magic != BACKPOP_STREAM_MAGIC)
		return sd_event_exit(s->loop, CTL_FAILURE);
	s->dropped = u.p.dropped;
	s->lost = u.p.lost > s->lost ? u.p.lost : s->lost;
	if (u.p.type == BACKPOP_PACKET_HEADER && n >= (ssize_t)sizeof(u.h)) {
		s->header = u.h;
		s->settled[MOTION] = s->settled[FILM] = false;
	}
	if (u.p.type != BACKPOP_PACKET_FRAMES ||
	    s->header.frame_size < sizeof(struct backpop_frame))
		return 0;
	for (size_t i = 0; i < u.p.count; i++) {
		size_t at = sizeof(u.p) + i * s->header.frame_size;
		struct backpop_frame f;

		if (at + sizeof(f) > (size_t)n)
			break;
		memcpy(&f, u.bytes + at, sizeof(f));
		take_frame(s, &f);
	}
	return 0;
}

static int on_event(sd_bus_message *msg, void *userdata, sd_bus_error *error)
{
	static const char letters[] = { [BP_CLASS_UNCLASSIFIED] = '?', [BP_CLASS_CAVITATION] = 'C',
					[BP_CLASS_SNAP] = 'S', [BP_CLASS_CREPITUS] = 'K',
					[BP_CLASS_LUNG_CRACKLE] = 'L', [BP_CLASS_ARTEFACT] = 'x' };
	struct scope *s = userdata;
	struct bp_event ev;
	struct bin *b;
	FILE *f;

	(void)error;
	if (ctl_event_read(msg, &ev, &s->origin_ns) < 0)
		return 0;
	b = bin_of(s, ev.onset_ns);
	if (b)
		b->mark = letters[ev.class_];
	memmove(s->lines[0], s->lines[1], sizeof(s->lines) - sizeof(s->lines[0]));
	f = fmemopen(s->lines[EVENT_LINES - 1], sizeof(s->lines[0]), "w");
	if (f) {
		event_text_line(f, &ev, s->origin_ns);
		fclose(f);
		s->lines[EVENT_LINES - 1][strcspn(s->lines[EVENT_LINES - 1], "\n")] = '\0';
	}
	return 0;
}

static int on_tick(sd_event_source *src, uint64_t usec, void *userdata)
{
	int r;

	(void)usec;
	draw(userdata);
	r = sd_event_source_set_time_relative(src, FRAME_US);
	return r < 0 ? r : sd_event_source_set_enabled(src, SD_EVENT_ONESHOT);
}

static int on_key(sd_event_source *src, int fd, uint32_t revents, void *userdata)
{
	struct scope *s = userdata;
	char c = 'q';

	(void)src;
	(void)revents;
	/* End of file and hang-up end it as well. */
	if (read(fd, &c, 1) < 0 && errno == EAGAIN)
		return 0;
	return c == 'q' || c == 4 ? sd_event_exit(s->loop, CTL_OK) : 0;
}

/* ---- setting up ------------------------------------------------------------ */

static int set_up(struct scope *s)
{
	sigset_t set;
	int ret;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ret = sd_event_new(&s->loop);
	if (ret >= 0)
		ret = sd_event_add_signal(s->loop, NULL, SIGINT, NULL, NULL);
	if (ret >= 0)
		ret = sd_event_add_signal(s->loop, NULL, SIGTERM, NULL, NULL);
	if (ret >= 0)
		ret = sd_event_add_signal(s->loop, NULL, SIGHUP, NULL, NULL);
	if (ret >= 0)
		ret = sd_bus_match_signal(s->bus, NULL, CTL_BUS_NAME, s->path, CTL_SENSOR_INTERFACE,
					  "Event", on_event, s);
	if (ret >= 0)
		ret = sd_bus_attach_event(s->bus, s->loop, SD_EVENT_PRIORITY_NORMAL);
	if (ret >= 0)
		ret = sd_event_add_io(s->loop, NULL, s->fd, EPOLLIN, on_packet, s);
	if (ret >= 0)
		ret = sd_event_add_io(s->loop, NULL, STDIN_FILENO, EPOLLIN, on_key, s);
	if (ret >= 0)
		ret = sd_event_add_time_relative(s->loop, NULL, CLOCK_MONOTONIC, 0, 1000, on_tick,
						 s);
	return ret;
}

/* On the terminal's second screen, key by key; all put back at the end. */
static int show(struct scope *s)
{
	struct termios old, raw;
	int ret;

	if (tcgetattr(STDIN_FILENO, &old)) {
		ctl_complain("standard input is no terminal");
		return CTL_FAILURE;
	}
	raw = old;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	fputs("\033[?1049h\033[?25l", stdout);
	ret = sd_event_loop(s->loop);
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &old);
	if (ret == CTL_FAILURE)
		ctl_complain("the sensor has gone");
	return ret;
}

int ctl_scope_run(const char *sensor, bool session)
{
	struct scope s = { .fd = -1 };
	int ret;

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		ctl_complain("--scope draws on a terminal, and this is none");
		return CTL_FAILURE;
	}
	s.utf8 = setlocale(LC_CTYPE, "") && !strcmp(nl_langinfo(CODESET), "UTF-8");
	for (int i = 0; i < BINS; i++)
		s.bins[i].peak[MOTION] = s.bins[i].peak[FILM] = NAN;
	s.bus = ctl_bus_open(session);
	if (!s.bus)
		return CTL_FAILURE;
	s.path = sensor ? sensor : ctl_choose_sensor(s.bus);
	ret = s.fd = s.path ? ctl_bus_get_fd(s.bus, s.path, "Acquire", "a{sv}", 0) : -ENOENT;
	if (ret >= 0) {
		ret = set_up(&s);
		if (ret < 0)
			ctl_complain("cannot listen: %s", strerror(-ret));
	}
	ret = ret < 0 ? CTL_FAILURE : show(&s);
	if (s.fd >= 0)
		close(s.fd);
	sd_bus_flush_close_unref(s.bus);
	sd_event_unref(s.loop);
	return ret;
}
