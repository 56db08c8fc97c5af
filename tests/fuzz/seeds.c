// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes what fuzzing begins with, DIR/TARGET/NAME: a few good inputs for each target.
 */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "edf/edf.h"
#include "event_json.h"

#define RATE	200

static const char *dir;

__attribute__((format(printf, 2, 3)))
static void die(const char *what, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "seeds: %s: ", what);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static const char *name(const char *target, const char *seed)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, target);
	if (mkdir(path, 0755) && errno != EEXIST)
		die(path, "%s", strerror(errno));
	snprintf(path, sizeof(path), "%s/%s/%s", dir, target, seed);
	return path;
}

static void put(const char *target, const char *seed, const void *data, size_t size)
{
	const char *path = name(target, seed);
	FILE *f = fopen(path, "w");

	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		die(path, "%s", strerror(errno));
}

static void session(const char *target, const char *seed, bool motion, bool film, bool gap)
{
	const struct edf_writer_info info = { .start_time = 1700000000, .discontinuous = gap };
	const struct edf_annotation note = { .onset_s = 1.25, .duration_s = NAN, .text = "press" };
	static const char *const labels[] = { EDF_LABEL_ACCEL_X, EDF_LABEL_ACCEL_Y,
					      EDF_LABEL_ACCEL_Z, EDF_LABEL_FILM };
	struct edf_signal signals[4];
	static int16_t counts[RATE];
	const int16_t *all[4] = { counts, counts, counts, counts };
	char err[EDF_ERROR_SIZE];
	struct edf_writer *w;
	size_t n = 0;
	int i;

	memset(signals, 0, sizeof(signals));
	for (i = 0; i < 4; i++) {
		if (!(i < 3 ? motion : film))
			continue;
		strcpy(signals[n].label, labels[i]);
		strcpy(signals[n].dimension, i < 3 ? "mg" : "mV");
		signals[n].phys_min = i < 3 ? -4000 : -200;
		signals[n].phys_max = i < 3 ? 4000 : 200;
		signals[n].dig_min = -32768;
		signals[n].dig_max = 32767;
		signals[n++].samples_per_record = RATE;
	}
	for (i = 0; i < RATE; i++)
		counts[i] = (int16_t)(i * 331);
	w = edf_create(name(target, seed), &info, signals, n, err);
	if (!w)
		die(seed, "%s", err);
	if (edf_annotate(w, &note))
		die(seed, "cannot annotate");
	for (i = 0; i < 3; i++)
		if (edf_write_record(w, i + (gap && i == 2 ? 4.5 : 0), all))
			die(seed, "cannot write record %d", i);
	if (edf_finish(w))
		die(seed, "cannot finish");
}

static void sessions(const char *target)
{
	session(target, "both", true, true, false);
	session(target, "film", false, true, false);
	session(target, "gap", true, true, true);
}

static void configuration(void)
{
	static const char full[] = "[Sensor]\nMode=film\nRate=3200\nAccelRange=8\nFilmRange=50\n"
		"Watermark=0\nPair=spine, 0x21\nFilmRate=800\nUri=ip:bench\nListen=on-demand\n"
		"[Marker]\nLine=GPIO17\nDebounce=5ms\nLongPress=2s\nActiveLow=yes\nBias=pull-up\n"
		"[Trigger]\nLine=GPIO27\nWidth=250us\nClasses=snap, crepitus\nOn=settled\n"
		"ActiveLow=on\n[Trigger lamp]\nLine=pinctrl-rp1:22\nClasses=cavitation\n"
		"MinConfidence=0.7\n[Recorder]\nRecord=always\nDirectory=/srv/back\nMaxFileTime=2h\n"
		"MaxFileSize=1.5G\nKeepTime=30 d\nKeepSize=20G\nMinFree=0\nSync=10\n[Journal]\n"
		"MaxAge=0\nMaxSize=9\n";
	struct config cfg;
	FILE *f = fopen(name("config", "default"), "w");

	config_default(&cfg);
	if (!f)
		die("config", "%s", strerror(errno));
	config_print(f, &cfg);
	fclose(f);
	put("config", "full", full, strlen(full));
}

static void scores(void)
{
	static const char truth[] =
		"{\"session\": {\"duration_s\": 10, \"mode\": \"film\", \"seed\": 1}}\n"
		"{\"t_onset\": 1.5, \"t_end\": 1.51, \"class\": \"cavitation\", \"snr_db\": 25}\n"
		"{\"t_onset\": 3, \"t_end\": 4, \"class\": \"crepitus\"}\n"
		"{\"t_onset\": 5, \"t_end\": 5.1, \"class\": \"none\", \"artefact\": \"tap\"}\n";
	const struct bp_event events[] = {
		{ .number = 1, .onset_ns = 1501000000, .end_ns = 1510000000,
		  .emitted_ns = 1520000000, .class_ = BP_CLASS_CAVITATION, .confidence = 0.5f,
		  .peak_mg = NAN, .peak_mv = 3, .breath_depth = NAN, .breath_rate_bpm = 12 },
		{ .number = 2, .onset_ns = 5001000000, .end_ns = 5010000000,
		  .emitted_ns = 5020000000, .class_ = BP_CLASS_SNAP, .confidence = 0.5f },
		{ .number = 2, .revision = 1, .onset_ns = 5001000000, .end_ns = 5010000000,
		  .emitted_ns = 5120000000, .class_ = BP_CLASS_ARTEFACT,
		  .reason = BP_REASON_TAP, .confidence = 0.9f },
	};
	char *text = NULL;
	size_t size = 0, i;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		die("score", "%s", strerror(errno));
	fwrite(truth, 1, sizeof(truth), f);	/* with its NUL, which parts the two */
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		event_json_line(f, &events[i], 0);
		put("event", i ? i > 1 ? "withdrawn" : "snap" : "cavitation", &events[i],
		    sizeof(events[i]));
	}
	fclose(f);
	put("score", "session", text, size);
	free(text);
}

/* Start, stream and read, as the driver does. */
static void chip(void)
{
	static const uint8_t stream[] = {
		1, 0, 0, 0, 0, 255,		/* time, options */
		5 | 1 << 4, 0x0f,		/* wakes */
		11, 0xff, 0x7f, 0, 0,		/* 33 ms */
		0, 0x3f, 0x00, 5 | 1 << 4, 0x0f,
		0, 0x10, 0x50, 0, 0x12, 0x04, 0, 0x31, 0x18, 0, 0x47, 0x18, 0, 0x16, 0x21,
		0, 0x17, 0x80, 0, 0x7c, 0xaa, 0, 0x13, 0x28, 0, 0x11, 0x30, 0, 0x15, 0x06,
		0, 0x14, 0xb0,
		11, 0xff, 0xff, 0x10, 0x01, 13, 5 | 2 << 4, 0x26, 5, 0x40, 0x20,
		12, 0xff, 0x00, 13, 5, 0x40, 0x20, 5 | 4 << 4, 0x7a,
		0, 0x14, 0xa0, 10, 0xa0, 0x0f, 0, 0, 0, 0x14, 0x00,
	};
	static const uint8_t film[] = {
		1, 0, 0, 0, 0x1a, 255, 5 | 1 << 4, 0x0f, 11, 0xff, 0x7f, 0, 0, 0, 0x31, 0x19,
		0, 0x32, 0x01, 11, 0xff, 0x3f, 0, 0, 0, 0x32, 0x00, 11, 0xff, 0x3f, 0, 0,
		0, 0x13, 0x28, 0, 0x15, 0x16, 0, 0x14, 0xb0, 12, 0x02, 0x00, 13, 5, 0x40, 0x30,
	};

	put("chip", "stream", stream, sizeof(stream));
	put("chip", "film", film, sizeof(film));
}

static void fifo(void)
{
	static const uint8_t words[] = {
		0, 0x10, 1, 2, 3, 4, 5, 6, 0x20, 0, 0, 9, 9, 0, 0, 0xf0, 7, 8, 0, 0, 0, 0,
		0xf8, 0x21, 0x43, 0x65, 0x87, 0xa9, 0xcb,
	};
	uint8_t time[160];
	size_t i;

	put("fifo", "words", words, sizeof(words));
	for (i = 0; i < sizeof(time); i++)
		time[i] = (uint8_t)(i * 37);
	time[0] = 1;
	put("fifo", "honest", time, sizeof(time));
	time[0] = 2;
	put("fifo", "anything", time, sizeof(time));
}

/* Some seconds of noise for the floors, then pops, a tap, a hole. */
static void core(void)
{
	/* Samples are lost behind what arrives in a ring: of such an event nothing was measured. */
	static const uint8_t hole[] = {
		0x03, 0x47, 0x01, 0x0f, 0x01, 0x81, 0x0d, 0xa0, 0x02, 0x90, 0x08, 0x9e, 0x01, 0x02,
		0x7a, 0x88, 0x0b, 0xf9, 0xa8, 0x08, 0xee, 0x05, 0x09, 0x06, 0x0c, 0x7f, 0x61, 0x01,
		0x08, 0x04, 0x0b, 0x05, 0x01, 0x2d, 0x0c, 0x01, 0x00, 0x05, 0x44, 0xf7, 0x8b, 0x0c,
	};
	/* A train is taken over by an event that began after its last part. */
	static const uint8_t train[] = { 0x50, 0x50, 0x52, 0x87, 0x37, 0x50, 0x40, 0xed,
					 0x0a, 0xc7, 0xa6, 0xc7, 0x4e, 0x87 };
	uint8_t in[256] = { 0, 63 };
	size_t n = 2, i;
	char seed[16];

	for (i = 0; i < 10; i++, n += 4)
		memcpy(in + n, (uint8_t[]){ 0x10, 200, 4, 0 }, 4);
	for (i = 0; i < 8; i++, n += 8)
		memcpy(in + n, (uint8_t[]){ 0x03, 60, (uint8_t)(7 + i % 4), (uint8_t)(20 + 9 * i),
					    0x10, 30, 4, 0 }, 8);
	memcpy(in + n, (uint8_t[]){ 0x1b, 10, 14, 3, 12, 3, 2, 9, 0x10, 90, 4, 0 }, 12);
	n += 12;
	put("core", "hole", hole, sizeof(hole));
	put("core", "train", train, sizeof(train));
	for (i = 0; i < 8; i++) {
		in[0] = (uint8_t)i;
		snprintf(seed, sizeof(seed), "pops%zu", i);
		put("core", seed, in, n);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIRECTORY\n");
		return 2;
	}
	dir = argv[1];
	if (mkdir(dir, 0755) && errno != EEXIST)
		die(dir, "%s", strerror(errno));
	sessions("edf");
	sessions("source");
	configuration();
	scores();
	chip();
	fifo();
	core();
	return 0;
}
