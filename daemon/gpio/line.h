/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPIO lines, wherever they are: libgpiod 2.  A line is named as the board names it
 * ("GPIO17", `gpioinfo` lists them), or by its chip's label or name and its number there
 * ("pinctrl-rp1:17": the header of a Raspberry Pi 5; "pinctrl-bcm2711:17": of a 4).
 */
#ifndef BACKPOP_LINE_H
#define BACKPOP_LINE_H

#include <gpiod.h>
#include <stdbool.h>

#define LINE_ERROR_SIZE	512

/**
 * line_request() - take the first line that fits over all chips
 * @name:	see above; a line of this very name comes first
 * @settings:	how to take it
 * @offset:	out: the line's number in its chip
 * @err:	LINE_ERROR_SIZE bytes: on failure why
 *
 * Return: the request, to be released with gpiod_line_request_release(), or
 * NULL with errno set (ENOENT: no such line now).
 */
struct gpiod_line_request *line_request(const char *name, struct gpiod_line_settings *settings,
					unsigned int *offset, char *err);
/* Has the line's chip gone since it was taken? */
bool line_has_gone(struct gpiod_line_request *request, unsigned int offset);

#endif
