/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of backpopd: backpopd.conf(5) and its drop-ins. */
#ifndef BACKPOP_CONFIG_H
#define BACKPOP_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_ERROR_SIZE	512
#define CONFIG_LINE_NAME_SIZE	32	/* GPIO_MAX_NAME_SIZE of the kernel */

enum config_bias {
	CONFIG_BIAS_AS_IS,
	CONFIG_BIAS_DISABLED,
	CONFIG_BIAS_PULL_UP,
	CONFIG_BIAS_PULL_DOWN,
};

/**
 * struct config - everything that can be set
 * @mode:		"motion+film", "motion" or "film"
 * @rate_hz:		BP_RATE_MIN_HZ..BP_RATE_MAX_HZ
 * @accel_range_g, @film_range_mv: wanted full scales, > 0
 * @watermark:		scans per wake-up, 0 = chosen from rate and hardware
 * @marker_line, @trigger_line: GPIO line names, "" = not used
 * @marker_debounce_us: 0 = none
 * @trigger_width_us:	length of a pulse
 * @trigger_classes:	bit (1 << enum bp_class)
 * @trigger_settled:	wait until an event can no longer be withdrawn
 */
struct config {
	char mode[16];
	double rate_hz;
	double accel_range_g;
	double film_range_mv;
	unsigned int watermark;

	char marker_line[CONFIG_LINE_NAME_SIZE];
	unsigned int marker_debounce_us;
	bool marker_active_low;
	enum config_bias marker_bias;

	char trigger_line[CONFIG_LINE_NAME_SIZE];
	unsigned int trigger_width_us;
	uint32_t trigger_classes;
	bool trigger_settled;
	bool trigger_active_low;
};

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

/* Write the settings as a configuration file. */
void config_print(FILE *f, const struct config *cfg);

#endif
