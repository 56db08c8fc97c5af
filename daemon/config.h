/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of backpopd: backpopd.conf(5) and its drop-ins. */
#ifndef BACKPOP_CONFIG_H
#define BACKPOP_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "journal/journal.h"
#include "recorder/recorder.h"

#define CONFIG_ERROR_SIZE	512
#define CONFIG_LINE_SIZE	64	/* of "NAME" or "CHIPLABEL:OFFSET", 31 + 1 + digits */
#define CONFIG_DEVICE_SIZE	64
#define CONFIG_URI_SIZE		128
#define CONFIG_TRIGGERS		8

enum config_bias {
	CONFIG_BIAS_AS_IS,
	CONFIG_BIAS_DISABLED,
	CONFIG_BIAS_PULL_UP,
	CONFIG_BIAS_PULL_DOWN,
};

/**
 * struct config_trigger - one pulse output
 * @name:	of its section [Trigger NAME]; "" is [Trigger]
 * @line:	GPIO line, see gpio/line.h; "" = not used
 * @width_us:	length of a pulse
 * @classes:	bit (1 << enum bp_class)
 * @min_confidence: less sure ones make no pulse; 0 to 1
 * @settled:	wait until an event can no longer be withdrawn
 */
struct config_trigger {
	char name[CONFIG_LINE_SIZE];
	char line[CONFIG_LINE_SIZE];
	unsigned int width_us;
	uint32_t classes;
	double min_confidence;
	bool settled;
	bool active_low;
};

/**
 * struct config - everything that can be set
 * @mode:		"motion+film", "motion" or "film"
 * @mode_given:		a file has set it
 * @rate_hz:		BP_RATE_MIN_HZ..BP_RATE_MAX_HZ
 * @accel_range_g, @film_range_mv: wanted full scales, > 0
 * @watermark:		scans per wake-up, 0 = chosen from rate and hardware
 * @on_demand:		sample only while a client claims the sensors
 * @pair:		the devices joined into one sensor, motion first: label, I2C
 *			address "0x20" or "iio:device0"; both "" = none
 * @film_rate_hz:	rate of the pair's film device
 * @uri:		libiio URI of the machine that has the sensor, "" = this one
 * @marker_line:	GPIO line, see gpio/line.h; "" = not used
 * @marker_debounce_us: 0 = none
 * @marker_long_us:	a press this long is of the second kind; 0 = none is
 * @journal:		see journal/journal.h
 * @triggers:		pulse outputs; the first is [Trigger] and always there
 * @recorder:		see recorder/recorder.h
 */
struct config {
	char mode[16];
	bool mode_given;
	double rate_hz;
	double accel_range_g;
	double film_range_mv;
	unsigned int watermark;
	bool on_demand;
	char pair[2][CONFIG_DEVICE_SIZE];
	double film_rate_hz;
	char uri[CONFIG_URI_SIZE];

	char marker_line[CONFIG_LINE_SIZE];
	unsigned int marker_debounce_us;
	unsigned int marker_long_us;
	bool marker_active_low;
	enum config_bias marker_bias;

	struct config_trigger triggers[CONFIG_TRIGGERS];
	unsigned int n_triggers;

	struct journal_settings journal;
	struct recorder_settings recorder;
};

/* What backpopd.conf(5) calls the default. */
void config_default(struct config *cfg);

/**
 * config_load_file() - apply one file on top of @cfg
 * @err:	CONFIG_ERROR_SIZE bytes; "FILE:LINE: what is wrong"
 *
 * Return: 0 or a negative errno with @err filled (-EINVAL: bad content); then
 * @cfg may hold part of the file.
 */
int config_load_file(struct config *cfg, const char *path, char *err);

/**
 * config_load() - defaults, then the main file, then the drop-ins
 * @etc, @vendor:	directories that may hold backpopd.conf (@etc wins) and
 *			backpopd.conf.d/ (merged in the order of the file names, a file
 *			in @etc replaces one of the same name in @vendor)
 *
 * Missing files are no error.  Return: as config_load_file().
 */
int config_load(struct config *cfg, const char *etc, const char *vendor, char *err);

/* Settings that do not do what they seem to: a sentence about it, or NULL. */
const char *config_warning(const struct config *cfg);

/* What a reload must do: does the part of the settings that the name says differ? */
bool config_sensor_differs(const struct config *a, const struct config *b);
bool config_marker_differs(const struct config *a, const struct config *b);
bool config_triggers_differ(const struct config *a, const struct config *b);

/* Write the settings as a configuration file. */
void config_print(FILE *f, const struct config *cfg);

#endif
