// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Give a Raspberry Pi overlay its parameters, as the boot firmware does before it
 * merges the overlay: only what the overlays of this project use of that language.
 *
 *	dtparam IN.dtbo OUT.dtbo [NAME=VALUE | NAME]...
 *
 * A parameter is a property of /__overrides__: pairs of a node's phandle and a
 * string.  The string is the name of the property to set, then
 *
 *	(nothing)	to the value, as text; "status" takes a truth value
 *	:OFFSET		the 32-bit cell at OFFSET bytes to the value, a number
 *	?		present if the value is true, else absent
 *
 * then =LITERAL, set instead of the value, or {WORD,...}, the values allowed.  A new
 * "reg" renames its node.  A NAME without a value means "true".  dtparam --list
 * IN.dtbo prints the names.  Exit status 1 with a message where something is wrong.
 */
#include <errno.h>
#include <libfdt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPARE	4096	/* bytes by which the overlay may grow */

static void die(const char *what, const char *object)
{
	fprintf(stderr, "dtparam: %s: %s\n", object, what);
	exit(1);
}

static void check(int err, const char *object)
{
	if (err < 0)
		die(fdt_strerror(err), object);
}

static void *load(const char *path)
{
	FILE *f = fopen(path, "rb");
	void *fdt;
	long size;

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
		die(strerror(errno), path);
	rewind(f);
	fdt = calloc(1, size + SPARE);
	if (!fdt || fread(fdt, 1, size, f) != (size_t)size)
		die("cannot read", path);
	fclose(f);
	check(fdt_check_full(fdt, size), path);
	check(fdt_open_into(fdt, fdt, size + SPARE), path);
	return fdt;
}

static bool is_true(const char *value, const char *param)
{
	static const char *const yes[] = { "1", "true", "on", "yes", "y", "okay" };
	static const char *const no[] = { "0", "false", "off", "no", "n", "disabled" };
	size_t i;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!strcmp(value, yes[i]))
			return true;
		if (!strcmp(value, no[i]))
			return false;
	}
	die("neither true nor false", param);
	return false;
}

static uint32_t number(const char *value, const char *param)
{
	unsigned long n;
	char *end;

	if (!strcmp(value, "true"))
		return 1;
	errno = 0;
	n = strtoul(value, &end, 0);
	if (!*value || *end || errno || n > UINT32_MAX)
		die("no number of 32 bits", param);
	return n;
}

/* Is @value one of the words in "{a,b,c}"? */
static bool allowed(const char *table, const char *value)
{
	size_t len = strlen(value), n;

	for (table++; *table && *table != '}'; table += n + (table[n] == ',')) {
		n = strcspn(table, ",}");
		if (n == len && !strncmp(table, value, n))
			return true;
	}
	return false;
}

/* In the strings of all properties of @node, @from at a path's head becomes @to. */
static void rename_paths(void *fdt, const char *node_path, const char *from, const char *to,
			 const char *param)
{
	int node = fdt_path_offset(fdt, node_path), prop, len, i;
	size_t n = strlen(from);
	const char *name, *old;
	char *text, *end;

	if (node < 0)
		return;
	fdt_for_each_property_offset(prop, fdt, node) {
		old = fdt_getprop_by_offset(fdt, prop, &name, &len);
		/* each string grows by less than strlen(to) */
		text = end = calloc(len + 1, strlen(to) + 1);
		if (!text || (len && old[len - 1]))
			die("malformed", node_path);
		for (i = 0; i < len; i += strlen(old + i) + 1) {
			if (!strncmp(old + i, from, n) && strchr(":/", old[i + n]))
				end += sprintf(end, "%s%s", to, old + i + n) + 1;
			else
				end += sprintf(end, "%s", old + i) + 1;
		}
		/* of the same length: the loop goes on where it was */
		if (end - text != len)
			die("address of another length", param);
		check(fdt_setprop_inplace(fdt, node, name, text, len), param);
		free(text);
	}
}

/* The lists of references that fdtoverlay has to resolve name the node by its path. */
static void rename_node(void *fdt, int node, uint32_t unit, const char *param)
{
	char from[256], to[256], fixups[300];
	const char *old = fdt_get_name(fdt, node, NULL);
	int at;

	check(fdt_get_path(fdt, node, from, sizeof(from) - 16), param);
	snprintf(to, sizeof(to), "%.*s%.*s@%x", (int)(strlen(from) - strlen(old)), from,
		 (int)strcspn(old, "@"), old, unit);
	rename_paths(fdt, "/__fixups__", from, to, param);
	rename_paths(fdt, "/__symbols__", from, to, param);
	check(fdt_set_name(fdt, fdt_path_offset(fdt, from), strrchr(to, '/') + 1), param);
	snprintf(fixups, sizeof(fixups), "/__local_fixups__%s", from);
	at = fdt_path_offset(fdt, fixups);
	if (at >= 0)
		check(fdt_set_name(fdt, at, strrchr(to, '/') + 1), param);
}

static void set_cell(void *fdt, int node, const char *prop, unsigned int offset, uint32_t cell,
		     const char *param)
{
	uint8_t cells[64] = { 0 };
	const void *old;
	int len = 0;

	if (offset > sizeof(cells) - 4)
		die("offset out of range", param);
	old = fdt_getprop(fdt, node, prop, &len);
	if (old && len > (int)sizeof(cells))
		die("property too long", param);
	if (old)
		memcpy(cells, old, len);
	else
		len = 0;
	if (len < (int)offset + 4)
		len = offset + 4;
	cell = cpu_to_fdt32(cell);
	memcpy(cells + offset, &cell, 4);
	check(fdt_setprop(fdt, node, prop, cells, len), param);
	if (!strcmp(prop, "reg"))
		rename_node(fdt, node, fdt32_to_cpu(cell), param);
}

static void apply_target(void *fdt, uint32_t phandle, const char *target, const char *value,
			 const char *param)
{
	int node = fdt_node_offset_by_phandle(fdt, phandle);
	size_t n = strcspn(target, ":?={");
	const char *rest = target + n;
	unsigned long offset = 0;
	char prop[64], kind = 0;

	check(node, param);
	if (n >= sizeof(prop))
		die("property name too long", param);
	memcpy(prop, target, n);
	prop[n] = '\0';
	if (*rest == ':' || *rest == '?')
		kind = *rest++;
	if (kind == ':')
		offset = strtoul(rest, (char **)&rest, 10);
	if (*rest == '=')
		value = rest + 1;
	else if (*rest == '{' && !allowed(rest, value))
		die("no such value", param);
	else if (*rest && *rest != '{')
		die("not understood", target);

	if (kind == ':')
		set_cell(fdt, node, prop, offset, number(value, param), param);
	else if (kind == '?' && is_true(value, param))
		check(fdt_setprop_empty(fdt, node, prop), param);
	else if (kind == '?')
		fdt_delprop(fdt, node, prop);
	else if (!strcmp(prop, "status"))
		check(fdt_setprop_string(fdt, node, prop,
					 is_true(value, param) ? "okay" : "disabled"), param);
	else
		check(fdt_setprop_string(fdt, node, prop, value), param);
}

static void apply(void *fdt, char *assignment)
{
	char *value = strchr(assignment, '=');
	int node = fdt_path_offset(fdt, "/__overrides__"), len, i;
	const char *prop;
	char *targets;
	uint32_t phandle;

	if (value)
		*value++ = '\0';
	else
		value = "true";
	check(node, "/__overrides__");
	prop = fdt_getprop(fdt, node, assignment, &len);
	if (!prop)
		die("no such parameter", assignment);
	/* what is set moves the rest */
	targets = malloc(len);
	if (!targets)
		die(strerror(errno), assignment);
	memcpy(targets, prop, len);
	for (i = 0; i < len; i += strlen(targets + i) + 1) {
		if (len - i < 6 || targets[len - 1])
			die("malformed", assignment);
		memcpy(&phandle, targets + i, 4);
		i += 4;
		apply_target(fdt, fdt32_to_cpu(phandle), targets + i, value, assignment);
	}
	free(targets);
}

static void list(const void *fdt)
{
	int node = fdt_path_offset(fdt, "/__overrides__"), prop;
	const char *name;

	check(node, "/__overrides__");
	fdt_for_each_property_offset(prop, fdt, node) {
		fdt_getprop_by_offset(fdt, prop, &name, NULL);
		if (strcmp(name, "phandle"))
			puts(name);
	}
}

int main(int argc, char **argv)
{
	void *fdt;
	FILE *f;
	int i;

	if (argc < 3) {
		fprintf(stderr, "usage: dtparam IN.dtbo OUT.dtbo [NAME=VALUE | NAME]...\n"
				"       dtparam --list IN.dtbo\n");
		return 2;
	}
	if (!strcmp(argv[1], "--list")) {
		list(load(argv[2]));
		return 0;
	}
	fdt = load(argv[1]);
	for (i = 3; i < argc; i++)
		apply(fdt, argv[i]);
	check(fdt_pack(fdt), argv[2]);
	f = fopen(argv[2], "wb");
	if (!f || fwrite(fdt, fdt_totalsize(fdt), 1, f) != 1 || fclose(f))
		die(strerror(errno), argv[2]);
	return 0;
}
