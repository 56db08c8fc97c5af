// SPDX-License-Identifier: GPL-2.0-or-later
/* Drawing -> SVG or PNG, through memory: no half-written picture is ever left. */
#include <cairo-svg.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "plot.h"

#define PNG_SCALE	1.0

static bool ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n > m && !strcasecmp(path + n - m, end);
}

bool plot_path_is_good(const char *path)
{
	return ends_in(path, ".svg") || ends_in(path, ".png");
}

static cairo_status_t into_memory(void *closure, const unsigned char *data, unsigned int n)
{
	return fwrite(data, 1, n, closure) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_status_t draw_into(FILE *memory, bool svg, plot_draw_fn draw, void *arg)
{
	cairo_surface_t *surface =
		svg ? cairo_svg_surface_create_for_stream(into_memory, memory, PLOT_WIDTH, PLOT_HEIGHT) :
		      cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(PNG_SCALE * PLOT_WIDTH),
						 (int)(PNG_SCALE * PLOT_HEIGHT));
	cairo_t *cr = cairo_create(surface);
	cairo_status_t status;

	draw(cr, arg);
	status = cairo_status(cr);
	cairo_destroy(cr);
	if (!status && !svg)
		status = cairo_surface_write_to_png_stream(surface, into_memory, memory);
	cairo_surface_finish(surface);
	if (!status)
		status = cairo_surface_status(surface);
	cairo_surface_destroy(surface);
	return status;
}

/* Beside @path first, then renamed over it. */
static int save(const char *path, const char *data, size_t n, char *err)
{
	size_t room = strlen(path) + sizeof(".part");
	char *part = malloc(room);
	FILE *f = NULL;
	int bad = 1;

	if (part) {
		snprintf(part, room, "%s.part", path);
		f = fopen(part, "wbe");
	}
	if (f) {
		bad = fwrite(data, 1, n, f) != n;
		bad |= fclose(f) != 0;
		bad = bad || rename(part, path);
	}
	if (bad)
		snprintf(err, PLOT_ERROR_SIZE, "%s: %s", path, strerror(errno ? errno : ENOMEM));
	if (bad && f)
		unlink(part);
	free(part);
	return bad ? -1 : 0;
}

int plot_write(const char *path, plot_draw_fn draw, void *arg, char *err)
{
	char *data = NULL;
	size_t n = 0;
	FILE *memory = open_memstream(&data, &n);
	cairo_status_t status = memory ? draw_into(memory, ends_in(path, ".svg"), draw, arg) :
					 CAIRO_STATUS_NO_MEMORY;
	int ret = -1;

	if (memory && fclose(memory) && !status)
		status = CAIRO_STATUS_NO_MEMORY;
	if (status)
		snprintf(err, PLOT_ERROR_SIZE, "%s: cannot draw: %s", path,
			 cairo_status_to_string(status));
	else
		ret = save(path, data, n, err);
	free(data);
	return ret;
}
