// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopd's configuration: values, drop-ins, and errors with file and line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "core/core.h"
#include "unit/ktap.h"

static char root[] = "/tmp/backpop-config.XXXXXX";

/* A file below the test's directory, its parent made as needed. */
static const char *put(const char *name, const char *text)
{
	static char path[256];
	char *slash;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	for (slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f)) {
		perror(path);
		exit(1);
	}
	return path;
}

static void every_key_is_taken(void)
{
	struct config c;
	char err[CONFIG_ERROR_SIZE];
	int r;

	config_default(&c);
	r = config_load_file(&c, put("all.conf",
		"# comment\n; comment\n\n[Sensor]\nMode = film\nRate=3200\nAccelRange=8\n"
		"FilmRange=50\nWatermark=0\nPair=spine, 0x21\nFilmRate=800\nUri=ip:bench\n"
		"[Marker]\nLine=GPIO17\nDebounce=5ms\nLongPress=2s\nActiveLow=yes\n"
		"Bias=pull-up\n[Trigger]\nLine=GPIO27\nWidth=250us\nClasses=snap, crepitus\n"
		"On=settled\nMinConfidence=0.75\nActiveLow=on\n[Trigger lamp]\nLine=pinctrl-rp1:22\nClasses=cavitation\n"
		"[Recorder]\nRecord=always\nDirectory=/srv/back\nMaxFileTime=2h\nMaxFileSize=1.5G\n"
		"KeepTime=30 d\nKeepSize=20G\nMinFree=0\nSync=10\n"),
		err);
	if (!ktap_check(!r, "got %d: %s", r, err))
		return;
	ktap_check(!strcmp(c.mode, "film"), "mode %s", c.mode);
	ktap_check(c.rate_hz == 3200, "rate %g", c.rate_hz);
	ktap_check(c.accel_range_g == 8, "range %g", c.accel_range_g);
	ktap_check(c.film_range_mv == 50, "range %g", c.film_range_mv);
	ktap_check(c.watermark == 0, "watermark %u", c.watermark);
	ktap_check(!strcmp(c.marker_line, "GPIO17"), "line %s", c.marker_line);
	ktap_check(c.marker_debounce_us == 5000, "debounce %u us", c.marker_debounce_us);
	ktap_check(c.marker_active_low, "not active low");
	ktap_check(c.marker_bias == CONFIG_BIAS_PULL_UP, "bias %d", c.marker_bias);
	ktap_check(!strcmp(c.pair[0], "spine") && !strcmp(c.pair[1], "0x21"), "pair %s %s",
		   c.pair[0], c.pair[1]);
	ktap_check(c.film_rate_hz == 800, "rate %g", c.film_rate_hz);
	ktap_check(!strcmp(c.uri, "ip:bench"), "uri %s", c.uri);
	ktap_check(c.marker_long_us == 2000000, "long press %u us", c.marker_long_us);
	ktap_check(c.recorder.when == RECORDER_ALWAYS && !strcmp(c.recorder.directory, "/srv/back") &&
		   c.recorder.max_file_s == 7200 && c.recorder.max_file_bytes == 1500000000 &&
		   c.recorder.keep_s == 30 * 86400 && c.recorder.keep_bytes == 20000000000 &&
		   c.recorder.min_free_bytes == 0 && c.recorder.sync_s == 10, "recorder's settings");
	if (!ktap_check(c.n_triggers == 2, "%u triggers", c.n_triggers))
		return;
	ktap_check(!strcmp(c.triggers[0].line, "GPIO27"), "line %s", c.triggers[0].line);
	ktap_check(c.triggers[0].width_us == 250, "width %u us", c.triggers[0].width_us);
	ktap_check(c.triggers[0].classes == (1u << BP_CLASS_SNAP | 1u << BP_CLASS_CREPITUS),
		   "classes %#x", c.triggers[0].classes);
	ktap_check(c.triggers[0].settled, "not settled");
	ktap_check(c.triggers[0].min_confidence == 0.75 && c.triggers[1].min_confidence == 0,
		   "least confidence %g, %g", c.triggers[0].min_confidence,
		   c.triggers[1].min_confidence);
	ktap_check(c.triggers[0].active_low, "not active low");
	ktap_check(!strcmp(c.triggers[1].name, "lamp") &&
		   !strcmp(c.triggers[1].line, "pinctrl-rp1:22"), "second trigger %s on %s",
		   c.triggers[1].name, c.triggers[1].line);
	ktap_check(c.triggers[1].classes == 1u << BP_CLASS_CAVITATION && !c.triggers[1].settled &&
		   c.triggers[1].width_us == 10000, "defaults of the second trigger: classes %#x width %u",
		   c.triggers[1].classes, c.triggers[1].width_us);
}

static void what_is_printed_reads_back(void)
{
	struct config a, b;
	char text[1024], err[CONFIG_ERROR_SIZE];
	FILE *f = fmemopen(text, sizeof(text), "w");
	int r;

	config_default(&a);
	strcpy(a.marker_line, "BUTTON");
	a.rate_hz = 3199.2512345;
	a.accel_range_g = 4.1;
	strcpy(a.pair[0], "0x20");
	strcpy(a.pair[1], ";spine");	/* " ;" begins a comment */
	a.triggers[0].width_us = 12345;
	a.triggers[0].settled = true;
	a.triggers[0].min_confidence = 0.12345678;
	a.triggers[1] = a.triggers[0];
	strcpy(a.triggers[1].name, "two");
	strcpy(a.triggers[1].line, "GPIO2");
	a.n_triggers = 2;
	a.recorder.when = RECORDER_ALWAYS;
	a.recorder.keep_s = 12345;
	config_print(f, &a);
	fclose(f);
	config_default(&b);
	r = config_load_file(&b, put("printed.conf", text), err);
	ktap_check(!r, "got %d: %s", r, err);
	ktap_check(!config_sensor_differs(&a, &b) && !config_marker_differs(&a, &b) &&
		   !config_triggers_differ(&a, &b) &&
		   !memcmp(&a.recorder, &b.recorder, sizeof(a.recorder)),
		   "printed settings came back different:\n# %s", text);
}

/* What a reload compares: every key must show, each in its own part only. */
static void a_changed_key_shows_in_its_part(void)
{
	static const struct {
		const char *text;
		bool sensor, marker, triggers;
	} cases[] = {
		{ "[Sensor]\nMode=film\n", true, false, false },
		{ "[Sensor]\nRate=400\n", true, false, false },
		{ "[Sensor]\nAccelRange=8\n", true, false, false },
		{ "[Sensor]\nFilmRange=50\n", true, false, false },
		{ "[Sensor]\nWatermark=8\n", true, false, false },
		{ "[Sensor]\nPair=a b\n", true, false, false },
		{ "[Sensor]\nFilmRate=800\n", true, false, false },
		{ "[Sensor]\nUri=ip:x\n", true, false, false },
		{ "[Marker]\nLine=X\n", false, true, false },
		{ "[Marker]\nDebounce=1ms\n", false, true, false },
		{ "[Marker]\nLongPress=3s\n", false, true, false },
		{ "[Marker]\nActiveLow=yes\n", false, true, false },
		{ "[Marker]\nBias=disabled\n", false, true, false },
		{ "[Trigger]\nLine=X\n", false, false, true },
		{ "[Trigger]\nWidth=1ms\n", false, false, true },
		{ "[Trigger]\nClasses=snap\n", false, false, true },
		{ "[Trigger]\nOn=settled\n", false, false, true },
		{ "[Trigger]\nMinConfidence=0.5\n", false, false, true },
		{ "[Trigger]\nActiveLow=yes\n", false, false, true },
		{ "[Trigger x]\nWidth=10ms\n", false, false, true },
		{ "", false, false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char err[CONFIG_ERROR_SIZE];
		struct config a, b;

		config_default(&a);
		config_default(&b);
		ktap_check(!config_load_file(&b, put("changed.conf", cases[i].text), err), "%s", err);
		ktap_check(config_sensor_differs(&a, &b) == cases[i].sensor &&
			   config_marker_differs(&a, &b) == cases[i].marker &&
			   config_triggers_differ(&a, &b) == cases[i].triggers, "%s", cases[i].text);
	}
}

/* Each of these must be refused with this line number and this text. */
static void bad_files_are_named_with_their_line(void)
{
	static const struct {
		const char *text;
		unsigned int line;
		const char *says;
	} bad[] = {
		{ "[Sensor]\nSpeed=1\n", 2, "unknown key 'Speed' in [Sensor]" },
		{ "[Marker]\n\nrate=800\n", 3, "unknown key 'rate' in [Marker]" },
		{ "[Logger]\nOn=1\n", 2, "unknown section [Logger]" },
		{ "[Recorder]\nRecord=yes\n", 2, "always, session or off" },
		{ "[Recorder]\nDirectory=here\n", 2, "an absolute path" },
		{ "[Recorder]\nMaxFileTime=5s\n", 2, "MaxFileTime=5s" },
		{ "[Recorder]\nMaxFileSize=10X\n", 2, "MaxFileSize=10X" },
		{ "[Recorder]\nKeepTime=-1\n", 2, "KeepTime=-1" },
		{ "[Recorder]\nKeepSize=many\n", 2, "KeepSize=many" },
		{ "[Recorder]\nMinFree=\n", 2, "MinFree=" },
		{ "[Recorder]\nSync=0\n", 2, "Sync=0" },
		{ "Mode=film\n", 1, "unknown section []" },
		{ "[Sensor]\nMode=both\n", 2, "Mode=both" },
		{ "[Sensor]\nRate=0\n", 2, "Rate=0" },
		{ "[Sensor]\nRate=nan\n", 2, "Rate=nan" },
		{ "[Sensor]\nRate=800 Hz\n", 2, "Rate=800 Hz" },
		{ "[Sensor]\nRate=\n", 2, "Rate=" },
		{ "[Sensor]\nWatermark=1.5\n", 2, "Watermark=1.5" },
		{ "[Sensor]\nWatermark=-1\n", 2, "Watermark=-1" },
		{ "[Sensor]\nAccelRange=-2\n", 2, "AccelRange=-2" },
		{ "[Marker]\nDebounce=5 days\n", 2, "Debounce=5 days" },
		{ "[Marker]\nActiveLow=maybe\n", 2, "ActiveLow=maybe" },
		{ "[Marker]\nLine=0123456789012345678901234567890123\n", 2, "31 characters" },
		{ "[Marker]\nLine=0123456789012345678901234567890123:4\n", 2, "31 characters" },
		{ "[Marker]\nLongPress=2 min\n", 2, "LongPress=2 min" },
		{ "[Sensor]\nPair=0x20\n", 2, "two different devices" },
		{ "[Sensor]\nPair=0x20 0x20\n", 2, "two different devices" },
		{ "[Sensor]\nPair=a b c\n", 2, "two different devices" },
		{ "[Sensor]\nFilmRate=1\n", 2, "FilmRate=1" },
		{ "[Triggers]\nLine=X\n", 2, "unknown section [Triggers]" },
		{ "[Trigger 1]\nLine=A\n[Trigger 2]\nLine=A\n[Trigger 3]\nLine=A\n[Trigger 4]\nLine=A\n"
		  "[Trigger 5]\nLine=A\n[Trigger 6]\nLine=A\n[Trigger 7]\nLine=A\n[Trigger 8]\nLine=A\n",
		  16, "no room for [Trigger 8]" },
		{ "[Trigger]\nClasses=pop\n", 2, "Classes=pop" },
		{ "[Trigger]\nClasses=artefact\n", 2, "Classes=artefact" },
		{ "[Trigger]\nClasses=\n", 2, "at least one class" },
		{ "[Trigger]\nOn=second\n", 2, "On=second" },
		{ "[Trigger]\nMinConfidence=1.1\n", 2, "MinConfidence=1.1" },
		{ "[Trigger]\nMinConfidence=nan\n", 2, "MinConfidence=nan" },
		{ "[Trigger]\nMinConfidence=50%\n", 2, "MinConfidence=50%" },
		{ "[Trigger]\nWidth=0\n", 2, "Width=0" },
		{ "[Trigger 0123456789012345678901234567890123456789A]\nLine=X\n", 2, "short names" },
		{ "[Sensor]\nMode=film\n \tRate=0\n", 3, "Rate=0" },
		{ "[Sensor]\nno equals sign\n", 2, "neither" },
		{ "[Sensor\nRate=800\n", 1, "neither" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *path = put("bad.conf", bad[i].text);
		char err[CONFIG_ERROR_SIZE], where[300];
		struct config c;
		int r;

		config_default(&c);
		r = config_load_file(&c, path, err);
		snprintf(where, sizeof(where), "%s:%u: ", path, bad[i].line);
		ktap_check(r == -EINVAL, "case %zu: got %d, expected %d", i, r, -EINVAL);
		ktap_check(!strncmp(err, where, strlen(where)), "case %zu: expected %s..., got %s",
			   i, where, err);
		ktap_check(strstr(err, bad[i].says), "case %zu: expected '%s' in: %s", i,
			   bad[i].says, err);
	}
}

/* A key that is moved in is a key, not more of the value before. */
static void blanks_before_a_line_do_not_count(void)
{
	char err[CONFIG_ERROR_SIZE];
	struct config c;
	int r;

	config_default(&c);
	r = config_load_file(&c, put("blanks.conf",
		" [Sensor]\n  Uri=ip:bench\n  Rate=400\n\t# no rate\n\t;\n \n  [Marker]\n"
		"  Line=GPIO1 ;7\n  [Trigger]\n \tLine=GPIO2\r\n"), err);
	ktap_check(!r, "got %d: %s", r, err);
	ktap_check(!strcmp(c.uri, "ip:bench") && c.rate_hz == 400, "uri %s, rate %g", c.uri,
		   c.rate_hz);
	ktap_check(!strcmp(c.marker_line, "GPIO1") && !strcmp(c.triggers[0].line, "GPIO2"),
		   "lines %s and %s", c.marker_line, c.triggers[0].line);
}

static void a_nul_byte_is_refused(void)
{
	static const char text[] = "[Sensor]\nRate=400\0 [Marker]\nUri=ip:bench\n";
	const char *path = put("nul.conf", "");
	char err[CONFIG_ERROR_SIZE];
	FILE *f = fopen(path, "w");
	struct config c;
	int r;

	if (!ktap_check(f && fwrite(text, 1, sizeof(text) - 1, f) == sizeof(text) - 1 && !fclose(f),
			"cannot write %s", path))
		return;
	config_default(&c);
	r = config_load_file(&c, path, err);
	ktap_check(r == -EINVAL && strstr(err, ":2: a NUL byte"), "got %d: %s", r, err);
}

static void a_long_line_is_refused(void)
{
	/* As backpopd.conf(5) says. */
	static const int lengths[] = { 198, 199, 600 };
	char text[700], err[CONFIG_ERROR_SIZE];
	struct config c;
	int r;

	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "[Sensor]\n#%0*d\nRate=400\n", lengths[i] - 1, 0);
		config_default(&c);
		r = config_load_file(&c, put("long.conf", text), err);
		if (lengths[i] == 198)
			ktap_check(!r && c.rate_hz == 400, "198 characters: got %d: %s", r, err);
		else
			ktap_check(r == -EINVAL && strstr(err, ":2: more than 198 characters in a line"),
				   "%d characters: got %d: %s", lengths[i], r, err);
	}
}

static void a_file_that_cannot_be_read_is_an_error(void)
{
	char err[CONFIG_ERROR_SIZE], path[300];
	struct config c;
	int r;

	config_default(&c);
	snprintf(path, sizeof(path), "%s/none.conf", root);
	r = config_load_file(&c, path, err);
	ktap_check(r == -ENOENT && strstr(err, path), "got %d: %s", r, err);
	r = config_load_file(&c, root, err);
	ktap_check(r == -EISDIR && strstr(err, root), "got %d: %s", r, err);
}

static void drop_ins_come_in_order_and_mask(void)
{
	char etc[300], vendor[300], err[CONFIG_ERROR_SIZE];
	struct config c;
	int r;

	snprintf(etc, sizeof(etc), "%s/etc", root);
	snprintf(vendor, sizeof(vendor), "%s/lib", root);
	r = config_load(&c, etc, vendor, err);
	ktap_check(!r, "no files at all: got %d: %s", r, err);
	ktap_check(c.rate_hz == 800 && c.watermark == 32, "defaults: rate %g watermark %u",
		   c.rate_hz, c.watermark);

	put("lib/backpopd.conf", "[Sensor]\nRate=400\nWatermark=7\n");
	put("etc/backpopd.conf", "[Sensor]\nRate=200\n");
	put("lib/backpopd.conf.d/10-a.conf", "[Sensor]\nAccelRange=2\nFilmRange=25\n");
	put("lib/backpopd.conf.d/20-b.conf", "[Marker]\nLine=VENDOR\n");
	put("etc/backpopd.conf.d/20-b.conf", "[Trigger]\nLine=LOCAL\n");
	put("etc/backpopd.conf.d/05-c.conf", "[Sensor]\nAccelRange=16\n");
	put("etc/backpopd.conf.d/99.conf.bak", "nonsense\n");
	r = config_load(&c, etc, vendor, err);
	if (!ktap_check(!r, "got %d: %s", r, err))
		return;
	ktap_check(c.rate_hz == 200, "main file of etc: rate %g, expected 200", c.rate_hz);
	ktap_check(c.watermark == 32, "main file of lib must be hidden: watermark %u", c.watermark);
	ktap_check(c.accel_range_g == 2, "10-a after 05-c: range %g, expected 2", c.accel_range_g);
	ktap_check(c.film_range_mv == 25, "range %g, expected 25", c.film_range_mv);
	ktap_check(!c.marker_line[0], "lib's 20-b must be masked: line %s", c.marker_line);
	ktap_check(!strcmp(c.triggers[0].line, "LOCAL"), "line %s", c.triggers[0].line);

	put("etc/backpopd.conf.d/30-d.conf", "[Sensor]\nRate=1\n");
	r = config_load(&c, etc, vendor, err);
	ktap_check(r == -EINVAL && strstr(err, "30-d.conf:2:"), "got %d: %s", r, err);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "every_key_is_taken", every_key_is_taken },
		{ "what_is_printed_reads_back", what_is_printed_reads_back },
		{ "a_changed_key_shows_in_its_part", a_changed_key_shows_in_its_part },
		{ "bad_files_are_named_with_their_line", bad_files_are_named_with_their_line },
		{ "blanks_before_a_line_do_not_count", blanks_before_a_line_do_not_count },
		{ "a_nul_byte_is_refused", a_nul_byte_is_refused },
		{ "a_long_line_is_refused", a_long_line_is_refused },
		{ "a_file_that_cannot_be_read_is_an_error",
		  a_file_that_cannot_be_read_is_an_error },
		{ "drop_ins_come_in_order_and_mask", drop_ins_come_in_order_and_mask },
	};
	char command[64];
	int r;

	if (!mkdtemp(root)) {
		perror(root);
		return 1;
	}
	r = ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command) ? 1 : r;
}
