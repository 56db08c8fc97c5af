// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hostile client: calls every method and property of every interface of backpopd with
 * arguments of right and wrong types, sizes and contents, and expects an answer to each.
 *
 *	fuzz SEED CALLS SAFE	on the session bus; ends with 0 if each was answered
 *
 * What can be called is taken from the introspection.  SAFE=1 leaves out what takes the
 * journal's room (Annotate, Start).
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define MAX		128
#define ANSWER_US	600000000u	/* a daemon under a sanitizer on a busy machine is slow, not silent */
#define MESSAGE_MAX	1000000u	/* bytes or so; beyond, libsystemd is what would be tested */

struct method {
	char path[128], interface[64], name[64], types[64];
};

static struct method methods[MAX];
static size_t n_methods;
static uint64_t state;
static int crowded;		/* within a long array: its parts stay small */
static size_t used;		/* of MESSAGE_MAX */

static uint32_t draw(uint32_t n)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(state >> 33) % n;
}

/* ---- what there is -------------------------------------------------------- */

static void copy_attribute(const char *tag, const char *attribute, char *out, size_t size)
{
	char wanted[32];
	const char *p, *end = strchr(tag, '>');

	snprintf(wanted, sizeof(wanted), " %s=\"", attribute);
	p = strstr(tag, wanted);
	out[0] = '\0';
	if (p && p < end) {
		p += strlen(wanted);
		snprintf(out, size, "%.*s", (int)strcspn(p, "\""), p);
	}
}

static void read_xml(const char *path, const char *xml)
{
	char interface[64] = "", direction[16], type[32];
	struct method *m = NULL;

	for (const char *p = strchr(xml, '<'); p; p = strchr(p + 1, '<')) {
		if (!strncmp(p, "<interface ", 11)) {
			copy_attribute(p, "name", interface, sizeof(interface));
		} else if (!strncmp(p, "<method ", 8) && n_methods < MAX) {
			m = &methods[n_methods++];
			*m = (struct method){ 0 };
			snprintf(m->path, sizeof(m->path), "%s", path);
			snprintf(m->interface, sizeof(m->interface), "%s", interface);
			copy_attribute(p, "name", m->name, sizeof(m->name));
		} else if (!strncmp(p, "<signal ", 8)) {
			m = NULL;
		} else if (!strncmp(p, "<arg ", 5) && m) {
			copy_attribute(p, "direction", direction, sizeof(direction));
			copy_attribute(p, "type", type, sizeof(type));
			if (strcmp(direction, "out"))
				strncat(m->types, type, sizeof(m->types) - strlen(m->types) - 1);
		}
	}
}

static int look(sd_bus *bus, const char *path)
{
	sd_bus_message *reply = NULL;
	const char *xml;
	int r = sd_bus_call_method(bus, "org.backpop1", path, "org.freedesktop.DBus.Introspectable",
				   "Introspect", NULL, &reply, "");

	if (r >= 0)
		r = sd_bus_message_read(reply, "s", &xml);
	if (r >= 0)
		read_xml(path, xml);
	sd_bus_message_unref(reply);
	return r;
}

/* ---- values --------------------------------------------------------------- */

static const char *any_string(void)
{
	static char big[200000];
	static const char *const strings[] = {
		"", "pain", "note", "replay", "org.backpop1.Sensor", "org.backpop1.Journal", "State",
		"LogLevel", "debug", "x", "../../etc/passwd", "%s%n%x", "'; DROP TABLE revision;--",
		"\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xa5", "a\nb\tc", "\x01\x02\x1b[31m", "cavitation",
		"limit", "since", "latest", "session", "sensor", "event", "time_ns", "subject",
	};
	uint32_t n = draw(sizeof(strings) / sizeof(strings[0]) + 3);

	if (n < sizeof(strings) / sizeof(strings[0]))
		return strings[n];
	n = crowded || used > MESSAGE_MAX ? draw(64) : draw(4) ? draw(2000) : draw(sizeof(big) - 1);
	used += n;
	memset(big, 'A' + (int)draw(26), n);
	big[n] = '\0';
	return big;
}

static const char *any_path(void)
{
	static const char *const paths[] = {
		"/", "/org/backpop1", "/org/backpop1/sensor/replay", "/org/backpop1/sensor/nobody",
		"/a/b/c/d/e/f/g/h", "/org/freedesktop/LogControl1",
	};

	return paths[draw(sizeof(paths) / sizeof(paths[0]))];
}

static int64_t any_number(void)
{
	static const int64_t numbers[] = {
		0, 1, -1, 2, 256, 257, 255, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN,
	};

	return draw(4) ? numbers[draw(sizeof(numbers) / sizeof(numbers[0]))] :
	       (int64_t)(((uint64_t)draw(1u << 31) << 32) | draw(1u << 31));
}

static double any_double(void)
{
	static const double doubles[] = { 0, -0.0, 1, -1, 1e308, -1e308, 5e-324, 1e17 };

	switch (draw(4)) {
	case 0:
		return NAN;
	case 1:
		return draw(2) ? INFINITY : -INFINITY;
	default:
		return doubles[draw(sizeof(doubles) / sizeof(doubles[0]))];
	}
}

static int append_any(sd_bus_message *m, const char *type);

static int append_basic(sd_bus_message *m, char type)
{
	int64_t n = any_number();
	double d = any_double();
	int b = (int)draw(2);

	used += 16;
	switch (type) {
	case 's':
		return sd_bus_message_append_basic(m, 's', any_string());
	case 'o':
		return sd_bus_message_append_basic(m, 'o', any_path());
	case 'g':
		return sd_bus_message_append_basic(m, 'g', draw(2) ? "a{sv}" : "");
	case 'd':
		return sd_bus_message_append_basic(m, 'd', &d);
	case 'b':
		return sd_bus_message_append_basic(m, 'b', &b);
	case 'h':
		b = 0;
		return sd_bus_message_append_basic(m, 'h', &b);
	default:
		return sd_bus_message_append_basic(m, type, &n);
	}
}

static const char *any_type(void)
{
	static const char *const types[] = {
		"s", "t", "x", "u", "b", "d", "y", "i", "o", "g", "v", "as", "a{sv}", "ay", "(st)",
		"aas", "a{sa{sv}}", "av", "a(sv)", "n", "q",
	};

	return types[draw(sizeof(types) / sizeof(types[0]))];
}

/* The first complete type of a signature into @out; returns what follows it. */
static const char *cut(const char *types, char *out, size_t size)
{
	const char *p = types;
	int depth = 0;

	while (*p == 'a')
		p++;
	do {
		if (*p == '(' || *p == '{')
			depth++;
		else if (*p == ')' || *p == '}')
			depth--;
		p++;
	} while (depth);
	snprintf(out, size, "%.*s", (int)(p - types), types);
	return p;
}

static int append_all(sd_bus_message *m, const char *types)
{
	char type[64];
	int r = 0;

	while (*types && r >= 0) {
		types = cut(types, type, sizeof(type));
		r = append_any(m, type);
	}
	return r;
}

static int append_any(sd_bus_message *m, const char *type)
{
	char inner[64];
	static int depth;	/* an array of arrays of arrays soon grows beyond all limits */
	const char *other;
	uint32_t n;
	int r;

	if (*type == 'v') {
		other = any_type();
		/* As deep as luck has it, and no deeper than the protocol allows. */
		if (!strcmp(other, "v") && draw(2))
			other = "s";
		r = sd_bus_message_open_container(m, 'v', other);
		if (r >= 0)
			r = append_any(m, other);
		return r < 0 ? r : sd_bus_message_close_container(m);
	}
	if (*type == '(' || *type == '{') {
		snprintf(inner, sizeof(inner), "%.*s", (int)strlen(type) - 2, type + 1);
		r = sd_bus_message_open_container(m, *type == '(' ? 'r' : 'e', inner);
		if (r >= 0)
			r = append_all(m, inner);
		return r < 0 ? r : sd_bus_message_close_container(m);
	}
	if (*type != 'a')
		return append_basic(m, *type);
	n = draw(8) ? draw(4) : draw(depth ? 20 : 3000);
	if (used > MESSAGE_MAX)
		n = 0;
	depth++;
	crowded += n > 4;
	r = sd_bus_message_open_container(m, 'a', type + 1);
	for (uint32_t i = 0; i < n && r >= 0; i++)
		r = append_any(m, type + 1);
	depth--;
	crowded -= n > 4;
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* ---- calls ---------------------------------------------------------------- */

static int call(sd_bus *bus, const struct method *m)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *msg = NULL, *reply = NULL;
	char types[64] = "";
	int r;

	r = sd_bus_message_new_method_call(bus, &msg, "org.backpop1", draw(20) ? m->path : any_path(),
					   m->interface, m->name);
	if (r < 0)
		return r;
	used = 0;
	snprintf(types, sizeof(types), "%s", m->types);
	if (!draw(5)) {
		types[0] = '\0';
		for (uint32_t i = draw(4); i; i--)
			strncat(types, any_type(), sizeof(types) - strlen(types) - 1);
	}
	if (append_all(msg, types) < 0) {
		/* Our own library refuses to make it: larger than the protocol allows. */
		sd_bus_message_unref(msg);
		return 0;
	}
	r = sd_bus_call(bus, msg, ANSWER_US, &error, &reply);
	/* Refused is answered; only silence, and an end of the other side, is not. */
	if (r < 0 && sd_bus_error_is_set(&error) &&
	    !sd_bus_error_has_name(&error, SD_BUS_ERROR_NO_REPLY) &&
	    !sd_bus_error_has_name(&error, SD_BUS_ERROR_TIMEOUT) &&
	    !sd_bus_error_has_name(&error, SD_BUS_ERROR_SERVICE_UNKNOWN) &&
	    !sd_bus_error_has_name(&error, SD_BUS_ERROR_DISCONNECTED)) {
		r = 0;
		if (!error.message || !*error.message) {
			printf("# %s.%s(%s): %s without a word\n", m->interface, m->name, types,
			       error.name);
			r = -EBADMSG;
		}
	}
	/* The bus itself throws out who sends what it does not like: that is its business. */
	if (sd_bus_is_open(bus) <= 0 && sd_bus_error_has_name(&error, SD_BUS_ERROR_DISCONNECTED))
		r = -ECONNRESET;
	else if (r < 0)
		printf("# %s.%s(%s): %s: %s\n", m->interface, m->name, types,
		       error.name ? error.name : "-", error.message ? error.message : strerror(-r));
	sd_bus_error_free(&error);
	sd_bus_message_unref(msg);
	sd_bus_message_unref(reply);
	return r;
}

int main(int argc, char **argv)
{
	static const char *const paths[] = {
		"/org/backpop1", "/org/backpop1/sensor/replay", "/org/freedesktop/LogControl1",
	};
	unsigned long calls, i, thrown_out = 0;
	bool safe;
	sd_bus *bus;
	int r = 0;

	if (argc != 4)
		return 2;
	state = strtoull(argv[1], NULL, 10);
	calls = strtoul(argv[2], NULL, 10);
	safe = argv[3][0] == '1';
	if (sd_bus_open_user(&bus) < 0)
		return 2;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (look(bus, paths[i]) < 0) {
			printf("# %s cannot be introspected\n", paths[i]);
			return 1;
		}
	for (i = 0; i < calls && r >= 0; i++) {
		const struct method *m = &methods[draw((uint32_t)n_methods)];

		if (safe && (!strcmp(m->name, "Annotate") || !strcmp(m->name, "Start")))
			continue;
		r = call(bus, m);
		if (r == -ECONNRESET && thrown_out++ < calls / 10) {
			sd_bus_unref(bus);
			r = sd_bus_open_user(&bus);
		}
	}
	printf("# %lu calls of %zu methods, seed %s; thrown out by the bus %lu times\n", i, n_methods,
	       argv[1], thrown_out);
	sd_bus_flush_close_unref(bus);
	return r < 0;
}
