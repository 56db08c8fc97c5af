// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A sensor by libiio URI: the real network back end of libiio against a server in this
 * process that speaks iiod's text protocol, paced by the real clock.  Its own clock is
 * another one.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "source/remote_clock.h"
#include "source/source.h"
#include "unit/ktap.h"

#define MS		1000000LL
#define S		1000000000LL
#define RATE		800
#define STEP		16
#define AHEAD_NS	(1234567 * S)	/* the server's clock before ours */

static const char xml[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?><!DOCTYPE context [<!ELEMENT context "
	"(device | context-attribute)*><!ELEMENT context-attribute EMPTY><!ELEMENT device "
	"(channel | attribute | debug-attribute | buffer-attribute)*><!ELEMENT channel "
	"(scan-element?, attribute*)><!ELEMENT attribute EMPTY><!ELEMENT scan-element EMPTY>"
	"<!ELEMENT debug-attribute EMPTY><!ELEMENT buffer-attribute EMPTY><!ATTLIST context "
	"name CDATA #REQUIRED description CDATA #IMPLIED><!ATTLIST context-attribute name CDATA "
	"#REQUIRED value CDATA #REQUIRED><!ATTLIST device id CDATA #REQUIRED name CDATA #IMPLIED>"
	"<!ATTLIST channel id CDATA #REQUIRED type (input|output) #REQUIRED name CDATA #IMPLIED>"
	"<!ATTLIST scan-element index CDATA #REQUIRED format CDATA #REQUIRED scale CDATA #IMPLIED>"
	"<!ATTLIST attribute name CDATA #REQUIRED filename CDATA #IMPLIED><!ATTLIST "
	"debug-attribute name CDATA #REQUIRED><!ATTLIST buffer-attribute name CDATA #REQUIRED>]>"
	"<context name=\"local\" description=\"test\">"
	"<device id=\"iio:device0\" name=\"st1vafe3bx\">"
#define CHANNEL(id, index, prefix)                                                                 \
	"<channel id=\"" id "\" type=\"input\"><scan-element index=\"" index "\" "                 \
	"format=\"le:s16/16&gt;&gt;0\"/><attribute name=\"scale\" filename=\"" prefix              \
	"_scale\"/></channel>"
	CHANNEL("accel_x", "0", "in_accel_x") CHANNEL("accel_y", "1", "in_accel_y")
		CHANNEL("accel_z", "2", "in_accel_z") CHANNEL(
			"voltage0", "3", "in_voltage0") "<channel id=\"timestamp\" "
							"type=\"input\"><scan-element index=\"4\" "
							"format=\"le:S64/64&gt;&gt;0\"/></channel>"
							"<attribute name=\"sampling_frequency\"/>"
							"</device></context>";

static int listener = -1;
static unsigned short port;
static _Atomic bool mute;	/* answers nothing any more */
static _Atomic bool hang_up;	/* closes instead of giving samples */

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * S + ts.tv_nsec;
}

/* ---- the server ------------------------------------------------------------- */

static bool say(int fd, const void *data, size_t size)
{
	return send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool say_number(int fd, long n)
{
	char text[32];

	return say(fd, text, (size_t)snprintf(text, sizeof(text), "%ld\n", n));
}

static bool say_text(int fd, const char *text)
{
	return say_number(fd, (long)strlen(text)) && say(fd, text, strlen(text)) &&
	       say(fd, "\n", 1);
}

/* A command without its line end; false: the client has gone. */
static bool hear_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n < size - 1) {
		if (recv(fd, line + n, 1, 0) != 1)
			return false;
		if (line[n] == '\n')
			break;
		n += line[n] != '\r';
	}
	line[n] = '\0';
	return true;
}

/* @samples scans, as soon as the last of them is due. */
static bool give(int fd, int64_t *next_ns, size_t samples)
{
	unsigned char scan[STEP];
	int64_t end = *next_ns + (int64_t)samples * S / RATE;
	struct timespec until = { .tv_sec = end / S, .tv_nsec = end % S };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	if (!say_number(fd, (long)(samples * STEP)) || !say(fd, "0000001f\n", 9))
		return false;
	for (size_t i = 0; i < samples; i++, *next_ns += S / RATE) {
		int64_t t = *next_ns + AHEAD_NS;
		const int16_t v[4] = { 1000, 0, -1000, 500 };

		memcpy(scan, v, sizeof(v));
		memcpy(scan + 8, &t, sizeof(t));
		if (!say(fd, scan, sizeof(scan)))
			return false;
	}
	return true;
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	int64_t next_ns = 0;
	char line[256];

	while (hear_line(fd, line, sizeof(line))) {
		unsigned long bytes;
		bool good;

		while (mute)
			usleep(10000);
		if (!strncmp(line, "READBUF", 7)) {
			if (hang_up || sscanf(line, "READBUF iio:device0 %lu", &bytes) != 1)
				break;
			if (!next_ns)
				next_ns = now_ns();
			good = give(fd, &next_ns, bytes / STEP);
		} else if (!strcmp(line, "VERSION")) {
			good = say(fd, "0.24.0000000\n", 13);
		} else if (!strcmp(line, "PRINT")) {
			good = say_text(fd, xml);
		} else if (strstr(line, "sampling_frequency") && !strncmp(line, "WRITE", 5)) {
			char value[64];
			size_t size = strtoul(strrchr(line, ' '), NULL, 10);

			good = size < sizeof(value) &&
			       recv(fd, value, size, MSG_WAITALL) == (ssize_t)size &&
			       say_number(fd, (long)size);
		} else if (strstr(line, "sampling_frequency")) {
			good = say_text(fd, "800");
		} else if (strstr(line, " scale")) {
			good = say_text(fd, strstr(line, "voltage") ? "0.0061" : "0.0012");
		} else if (!strncmp(line, "READ ", 5) || !strcmp(line, "ZPRINT")) {
			good = say_number(fd, line[0] == 'Z' ? -EINVAL : -ENOENT);
		} else {
			good = say_number(fd, 0);	/* TIMEOUT, OPEN, CLOSE, SET */
		}
		if (!good)
			break;
	}
	close(fd);
	return NULL;
}

static void *accept_all(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		pthread_t thread;

		if (!pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
			pthread_detach(thread);
	}
	return NULL;
}

static bool start_server(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);
	pthread_t thread;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(listener, 8) || getsockname(listener, (struct sockaddr *)&a, &size) ||
	    pthread_create(&thread, NULL, accept_all, NULL))
		return false;
	pthread_detach(thread);
	port = ntohs(a.sin_port);
	return true;
}

/* ---- the tests ---------------------------------------------------------------- */

static struct source *open_it(void)
{
	static char uri[64];
	const struct source_iio_options opt = {
		.uri = uri, .mode = "motion+film", .rate_hz = RATE, .accel_range_g = 4,
		.film_range_mv = 199, .watermark = 32,
	};
	char err[SOURCE_ERROR_SIZE];
	struct source *s;

	snprintf(uri, sizeof(uri), "ip:127.0.0.1:%u", port);
	s = source_open_iio("st1vafe3bx", &opt, err);
	ktap_check(s, "%s", err);
	return s;
}

/* Read until @want frames, an error, or ten seconds; returns frames or the error. */
static ssize_t read_some(struct source *s, struct bp_frame *frames, size_t want)
{
	int64_t deadline = now_ns() + 15 * S;
	size_t n = 0;

	while (n < want && now_ns() < deadline) {
		struct pollfd pfd = { .fd = s->ops->poll_fd(s), .events = POLLIN };
		ssize_t got;

		poll(&pfd, 1, 500);
		got = s->ops->read(s, frames + n, want - n);
		if (got < 0)
			return got;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

static void frames_come_on_our_clock(void)
{
	static struct bp_frame f[400];
	struct source *s = open_it();
	struct source_counters c;
	ssize_t n;

	if (!s)
		return;
	ktap_check(!s->info.mode[0], "knows what it has not asked for");
	n = read_some(s, f, 400);
	if (!ktap_check(n == 400, "%zd: %s", n, s->error))
		return;
	ktap_check(!strcmp(s->info.mode, "motion+film") && s->info.config.film_rate_hz == RATE,
		   "%s at %g", s->info.mode, s->info.config.film_rate_hz);
	for (int i = 1; i < 400; i++)
		if (!ktap_check(llabs(f[i].t_ns - f[i - 1].t_ns - S / RATE) < MS / 10,
				"frame %d after %lld us", i,
				(long long)(f[i].t_ns - f[i - 1].t_ns) / 1000))
			break;
	/* The last of a batch is as old as the transfer took. */
	ktap_check(now_ns() - f[399].t_ns > 0 && now_ns() - f[399].t_ns < 2 * S, "%lld us old",
		   (long long)(now_ns() - f[399].t_ns) / 1000);
	ktap_check(f[0].has == (BP_HAS_MOTION | BP_HAS_FILM) && f[0].film_mv > 3.04F &&
		   f[0].film_mv < 3.06F, "film %g mV", (double)f[0].film_mv);
	s->ops->counters(s, &c);
	ktap_check(c.frames == 400 && !c.lost, "%" PRIu64 " frames, %" PRIu64 " lost", c.frames,
		   c.lost);
	s->ops->close(s);
}

static void a_server_that_hangs_up_is_noticed(void)
{
	static struct bp_frame f[8];
	struct source *s = open_it();
	ssize_t n;

	if (!s)
		return;
	n = read_some(s, f, 8);
	ktap_check(n == 8, "%zd: %s", n, s->error);
	hang_up = true;
	do
		n = read_some(s, f, 8);
	while (n > 0);
	ktap_check(n < 0 && strstr(s->error, "127.0.0.1"), "%zd: %s", n, s->error);
	s->ops->close(s);
	hang_up = false;
}

/* libiio may wait for seconds by then: the daemon must not. */
static void closing_does_not_wait_for_the_network(void)
{
	static struct bp_frame f[8];
	struct source *s = open_it();
	int64_t t;

	if (!s)
		return;
	mute = true;
	read_some(s, f, 0);
	t = now_ns();
	s->ops->close(s);
	ktap_check(now_ns() - t < 2 * S, "closing took %lld ms",
		   (long long)(now_ns() - t) / 1000000);
	mute = false;
	s = open_it();
	if (!s || !ktap_check(read_some(s, f, 8) == 8, "%s", s->error))
		return;
	mute = true;
	t = now_ns();
	s->ops->close(s);
	ktap_check(now_ns() - t < 2 * S, "closing took %lld ms",
		   (long long)(now_ns() - t) / 1000000);
	mute = false;
}

static void nobody_there_is_an_error(void)
{
	struct source_iio_options opt = { .uri = "ip:127.0.0.1:1", .mode = "film", .rate_hz = 800 };
	static struct bp_frame f[8];
	char err[SOURCE_ERROR_SIZE];
	struct source *s = source_open_iio("st1vafe3bx", &opt, err);
	ssize_t n = s ? read_some(s, f, 8) : 0;

	ktap_check(n < 0 && strstr(s->error, "ip:127.0.0.1:1"), "%zd: %s", n, s ? s->error : err);
	if (s)
		s->ops->close(s);
}

/* No network: delays of 2 to 50 ms, the other clock 100 ppm fast, an hour. */
static void the_clock_follows_the_least_delay(void)
{
	struct remote_clock c = { 0 };
	int64_t worst = 0;

	for (int64_t t = 0; t < 3600 * S; t += 40 * MS) {
		int64_t theirs = t + t / 10000 + 77 * S;
		int64_t delay = 2 * MS + t / MS * 7919 % 48 * MS;

		ktap_check(remote_clock_arrived(&c, theirs, 1000 * S + t + delay), "lost at %lld s",
			   (long long)(t / S));
		if (c.learnt && llabs(theirs + c.offset_ns - (1000 * S + t)) > worst)
			worst = llabs(theirs + c.offset_ns - (1000 * S + t));
	}
	ktap_check(worst < 6 * MS, "off by %lld us", (long long)worst / 1000);
	for (int i = 1; i < 200; i++)
		if (!remote_clock_arrived(&c, 3601 * S + 500 * S + i * 40 * MS,
					  4601 * S + i * 40 * MS))
			return;
	ktap_check(false, "the other clock was set, and nobody noticed");
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "frames_come_on_our_clock", frames_come_on_our_clock },
		{ "a_server_that_hangs_up_is_noticed", a_server_that_hangs_up_is_noticed },
		{ "closing_does_not_wait_for_the_network", closing_does_not_wait_for_the_network },
		{ "nobody_there_is_an_error", nobody_there_is_an_error },
		{ "the_clock_follows_the_least_delay", the_clock_follows_the_least_delay },
	};

	if (!start_server()) {
		perror("server");
		return 1;
	}
	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
