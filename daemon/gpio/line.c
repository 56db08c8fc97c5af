// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpio/line.h"

static struct gpiod_line_request *request_on(struct gpiod_chip *chip, unsigned int offset,
					     struct gpiod_line_settings *settings)
{
	struct gpiod_line_config *lines = gpiod_line_config_new();
	struct gpiod_request_config *req = gpiod_request_config_new();
	struct gpiod_line_request *request = NULL;
	int saved;

	if (lines && req && !gpiod_line_config_add_line_settings(lines, &offset, 1, settings)) {
		gpiod_request_config_set_consumer(req, "backpopd");
		request = gpiod_chip_request_lines(chip, req, lines);
	}
	saved = errno;
	gpiod_request_config_free(req);
	gpiod_line_config_free(lines);
	errno = saved;
	return request;
}

/* Device nodes only: a Raspberry Pi 5 has links to its chips' older numbers. */
static int is_chip(const struct dirent *de)
{
	return de->d_type == DT_CHR && !strncmp(de->d_name, "gpiochip", 8);
}

/* "LABEL:OFFSET" or "gpiochipN:OFFSET" of this chip.  Return: the offset, or -1: not here. */
static int offset_by_label(struct gpiod_chip *chip, const char *name)
{
	struct gpiod_chip_info *info;
	const char *colon = strrchr(name, ':');
	size_t len = colon ? (size_t)(colon - name) : 0;
	unsigned long offset;
	char *end;
	int ret = -1;

	if (!colon || !isdigit((unsigned char)colon[1]))
		return -1;
	offset = strtoul(colon + 1, &end, 10);
	info = gpiod_chip_get_info(chip);
	if (*end || !info)
		goto out;
	if (offset < gpiod_chip_info_get_num_lines(info) &&
	    ((strlen(gpiod_chip_info_get_label(info)) == len &&
	      !strncmp(gpiod_chip_info_get_label(info), name, len)) ||
	     (strlen(gpiod_chip_info_get_name(info)) == len &&
	      !strncmp(gpiod_chip_info_get_name(info), name, len))))
		ret = (int)offset;
out:
	gpiod_chip_info_free(info);
	return ret;
}

/* The chip that has the line, open, or NULL with @denied: chips that may not be opened. */
static struct gpiod_chip *find_chip(struct dirent **list, int n, const char *name, bool by_label,
				    unsigned int *offset, int *denied)
{
	*denied = 0;
	for (int i = 0; i < n; i++) {
		struct gpiod_chip *chip;
		char path[300];
		int line;

		snprintf(path, sizeof(path), "/dev/%s", list[i]->d_name);
		chip = gpiod_chip_open(path);
		if (!chip) {
			*denied += errno == EACCES || errno == EPERM;
			continue;
		}
		line = by_label ? offset_by_label(chip, name) :
				  gpiod_chip_get_line_offset_from_name(chip, name);
		if (line >= 0) {
			*offset = (unsigned int)line;
			return chip;
		}
		gpiod_chip_close(chip);
	}
	return NULL;
}

struct gpiod_line_request *line_request(const char *name, struct gpiod_line_settings *settings,
					unsigned int *offset, char *err)
{
	struct gpiod_line_request *request = NULL;
	struct gpiod_chip *chip;
	struct dirent **list;
	int n = scandir("/dev", &list, is_chip, versionsort);
	int denied, saved = ENOENT;

	if (n < 0) {
		snprintf(err, LINE_ERROR_SIZE, "/dev: %s", strerror(errno));
		return NULL;
	}
	chip = find_chip(list, n, name, false, offset, &denied);
	if (!chip)
		chip = find_chip(list, n, name, true, offset, &denied);
	if (chip) {
		request = request_on(chip, *offset, settings);
		saved = errno;
		if (!request)
			snprintf(err, LINE_ERROR_SIZE, "GPIO line %s: %s%s", name, strerror(saved),
				 saved == EBUSY ? " (`gpioinfo` names the program that has it)" :
						  "");
		gpiod_chip_close(chip);
	} else {
		snprintf(err, LINE_ERROR_SIZE, "no GPIO line %s on %d chips", name, n);
		if (denied)
			snprintf(err + strlen(err), LINE_ERROR_SIZE - strlen(err),
				 " (%d of them may not be opened: Permission denied)", denied);
	}
	for (int i = 0; i < n; i++)
		free(list[i]);
	free(list);
	errno = saved;
	return request;
}

bool line_has_gone(struct gpiod_line_request *request, unsigned int offset)
{
	return gpiod_line_request_get_value(request, offset) == GPIOD_LINE_VALUE_ERROR &&
	       errno == ENODEV;
}
