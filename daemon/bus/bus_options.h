/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arguments of methods: a{sv} dictionaries, and words that must be good. */
#ifndef BACKPOP_BUS_OPTIONS_H
#define BACKPOP_BUS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-bus.h>

/**
 * struct bus_option - a key that a method knows
 * @type:	"s", "t", "x", "u" or "b"
 * @value:	const char **, uint64_t *, int64_t *, uint32_t * or int *; strings live as
 *		long as the message
 */
struct bus_option {
	const char *name;
	const char *type;
	void *value;
};

/**
 * bus_read_options() - read an a{sv}
 * @options:	NULL-named last
 *
 * A key that is not known, comes twice or has another type is refused: a caller who
 * asks for what is not done must not think that it was.  Return: >= 0, or a negative
 * errno with @error set.
 */
int bus_read_options(sd_bus_message *m, const struct bus_option *options, sd_bus_error *error);

/*
 * Read an a{sv} of strings, numbers and booleans as a JSON object of less than @size
 * bytes.  Keys are of [a-z0-9_].
 */
int bus_read_metadata(sd_bus_message *m, char *json, size_t size, sd_bus_error *error);
/* The other way round; integers become x. */
int bus_append_metadata(sd_bus_message *m, const char *json);

/* Is it the last part of a sensor's object path? */
bool bus_sensor_name_valid(const char *name);
/* Append a string, "s", that may be no UTF-8: a file's name, say. */
int bus_append_text(sd_bus_message *m, const char *text);
/* Text for people: printable, with line feeds and tabs. */
bool bus_text_valid(const char *text);

#endif
