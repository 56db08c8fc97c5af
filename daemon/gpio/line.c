// SPDX-License-Identifier: GPL-2.0-or-later
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

struct gpiod_line_request *line_request(const char *name, struct gpiod_line_settings *settings,
					unsigned int *offset, char *err)
{
	struct gpiod_line_request *request = NULL;
	struct dirent **list;
	int n = scandir("/dev", &list, is_chip, versionsort);
	int denied = 0, saved = ENOENT;
	bool found = false;

	if (n < 0) {
		snprintf(err, LINE_ERROR_SIZE, "/dev: %s", strerror(errno));
		return NULL;
	}
	for (int i = 0; i < n && !found; i++) {
		struct gpiod_chip *chip;
		char path[300];
		int line;

		snprintf(path, sizeof(path), "/dev/%s", list[i]->d_name);
		chip = gpiod_chip_open(path);
		if (!chip) {
			denied += errno == EACCES || errno == EPERM;
			continue;
		}
		line = gpiod_chip_get_line_offset_from_name(chip, name);
		if (line >= 0) {
			found = true;
			*offset = (unsigned int)line;
			request = request_on(chip, *offset, settings);
			saved = errno;
			if (!request)
				snprintf(err, LINE_ERROR_SIZE, "GPIO line %s of %s: %s", name,
					 list[i]->d_name, strerror(saved));
		}
		gpiod_chip_close(chip);
	}
	if (!found) {
		snprintf(err, LINE_ERROR_SIZE, "no GPIO line named %s on %d chips", name, n);
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
