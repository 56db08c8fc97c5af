// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl session: stretches of time with a subject. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

#define PAIRS_MAX	32

struct request {
	const char *keys[PAIRS_MAX], *values[PAIRS_MAX];
	size_t n;
	uint64_t number;
	size_t action;
	bool json, user;
};

static int64_t number_of(struct json_object *o, const char *key)
{
	return json_object_get_int64(json_object_object_get(o, key));
}

/* ---- reading -------------------------------------------------------------- */

static int get_current(sd_bus *bus, uint64_t *number, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	int ret;

	ret = ctl_bus_call(bus, CTL_ROOT_PATH, "org.freedesktop.DBus.Properties", "Get", error,
			   &reply, "ss", CTL_SESSION_INTERFACE, "Current");
	if (ret >= 0)
		ret = sd_bus_message_read(reply, "v", "t", number);
	sd_bus_message_unref(reply);
	return ret;
}

/* ---- printing ------------------------------------------------------------- */

static void add_times(struct json_object *o, bool iso)
{
	static const char *const names[][2] = {
		{ "started_wall_ns", "started" }, { "stopped_wall_ns", "stopped" }
	};
	char time[CTL_TIME_SIZE];

	for (size_t i = 0; i < 2; i++) {
		if (!json_object_object_get_ex(o, names[i][0], NULL))
			continue;
		ctl_time_print(time, number_of(o, names[i][0]), iso);
		json_object_object_add(o, names[i][1], json_object_new_string(time));
	}
}

static void print_row(struct json_object *o)
{
	struct json_object *subject = NULL;

	json_object_object_get_ex(json_object_object_get(o, "metadata"), "subject", &subject);
	printf("%4" PRId64 "  %.19s  %-19.19s  %s\n", number_of(o, "session"),
	       json_object_get_string(json_object_object_get(o, "started")),
	       json_object_object_get_ex(o, "stopped", NULL) ?
	       json_object_get_string(json_object_object_get(o, "stopped")) : "running",
	       subject ? json_object_get_string(subject) : "-");
}

static void print_all(struct json_object *o)
{
	struct json_object *metadata = json_object_object_get(o, "metadata");

	printf("session   %" PRId64 "\nstarted   %s\n", number_of(o, "session"),
	       json_object_get_string(json_object_object_get(o, "started")));
	if (json_object_object_get_ex(o, "stopped", NULL))
		printf("stopped   %s, by %s\n",
		       json_object_get_string(json_object_object_get(o, "stopped")),
		       json_object_get_string(json_object_object_get(o, "ended_by")));
	else
		puts("stopped   running");
	json_object_object_foreach(metadata, key, value)
		printf("%-9s %s\n", key, json_object_get_string(value));
}

/* ---- what can be done ----------------------------------------------------- */

static int tell_number(sd_bus_message *reply, const char *word, bool json)
{
	uint64_t number;
	int ret = sd_bus_message_read(reply, "t", &number);

	if (ret >= 0 && json)
		printf("{\"session\":%" PRIu64 "}\n", number);
	else if (ret >= 0)
		printf("session %" PRIu64 " %s\n", number, word);
	return ret;
}

static int start(sd_bus *bus, const struct request *q, sd_bus_error *error)
{
	sd_bus_message *m = NULL, *reply = NULL;
	int ret;

	ret = ctl_bus_begin(bus, &m, CTL_ROOT_PATH, CTL_SESSION_INTERFACE, "Start");
	if (ret >= 0)
		ret = sd_bus_message_open_container(m, 'a', "{sv}");
	for (size_t i = 0; i < q->n && ret >= 0; i++)
		ret = ctl_bus_append_typed(m, q->keys[i], q->values[i], error);
	if (ret >= 0)
		ret = sd_bus_message_close_container(m);
	if (ret >= 0)
		ret = sd_bus_call(bus, m, 0, error, &reply);
	if (ret >= 0)
		ret = tell_number(reply, "started", q->json);
	sd_bus_message_unref(m);
	sd_bus_message_unref(reply);
	return ret;
}

static int stop(sd_bus *bus, const struct request *q, sd_bus_error *error)
{
	sd_bus_message *reply = NULL;
	int ret;

	ret = ctl_bus_call(bus, CTL_ROOT_PATH, CTL_SESSION_INTERFACE, "Stop", error, &reply, "");
	if (ret >= 0)
		ret = tell_number(reply, "stopped", q->json);
	sd_bus_message_unref(reply);
	return ret;
}

/* Print a page; only session @only if that is not 0.  Return: rows, or negative errno. */
static int print_page(sd_bus_message *reply, const struct request *q, uint64_t only, uint64_t *next,
		      bool *found)
{
	uint64_t number;
	int ret, rows = 0;

	ret = sd_bus_message_enter_container(reply, 'a', "(ta{sv})");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(reply, 'r', "ta{sv}")) > 0) {
		struct json_object *o = json_object_new_object();

		ret = sd_bus_message_read_basic(reply, 't', &number);
		json_object_object_add(o, "session", json_object_new_uint64(number));
		if (ret >= 0)
			ret = ctl_read_properties(reply, o);
		if (ret >= 0)
			ret = sd_bus_message_exit_container(reply);
		/* A list is of one zone, what is shown of one session may be kept. */
		add_times(o, q->json || only);
		if (ret >= 0 && (!only || number == only)) {
			*found = true;
			if (q->json)
				ctl_print_json(o);
			else if (only)
				print_all(o);
			else
				print_row(o);
		}
		json_object_put(o);
		rows++;
	}
	if (ret >= 0)
		ret = sd_bus_message_exit_container(reply);
	if (ret >= 0)
		ret = sd_bus_message_read_basic(reply, 't', next);
	return ret < 0 ? ret : rows;
}

static int list(sd_bus *bus, const struct request *q, sd_bus_error *error)
{
	uint64_t from = 0;
	bool found = false;
	int ret;

	do {
		sd_bus_message *reply = NULL;

		ret = ctl_bus_call(bus, CTL_ROOT_PATH, CTL_SESSION_INTERFACE, "List", error, &reply,
				   "ta{sv}", from, 0);
		if (ret >= 0)
			ret = print_page(reply, q, 0, &from, &found);
		sd_bus_message_unref(reply);
	} while (ret > 0);
	return ret;
}

static int show(sd_bus *bus, const struct request *q, sd_bus_error *error)
{
	uint64_t number = q->number, next;
	sd_bus_message *reply = NULL;
	bool found = false;
	int ret = 0;

	if (!number)
		ret = get_current(bus, &number, error);
	if (ret < 0)
		return ret;
	if (!number)
		return sd_bus_error_set(error, "org.backpop1.Error.NoSession", "no session is running");
	ret = ctl_bus_call(bus, CTL_ROOT_PATH, CTL_SESSION_INTERFACE, "List", error, &reply, "ta{sv}",
			   number, 1, "limit", "u", 1u);
	if (ret >= 0)
		ret = print_page(reply, q, number, &next, &found);
	sd_bus_message_unref(reply);
	if (ret >= 0 && !found)
		ret = sd_bus_error_setf(error, "org.backpop1.Error.NoSession",
					"there is no session %" PRIu64, number);
	return ret;
}

static const struct {
	const char *name;
	int (*run)(sd_bus *bus, const struct request *q, sd_bus_error *error);
} actions[] = { { "start", start }, { "stop", stop }, { "list", list }, { "show", show } };

#define N_ACTIONS	(sizeof(actions) / sizeof(actions[0]))

static int serve(sd_bus *bus, void *userdata, sd_bus_error *error)
{
	const struct request *q = userdata;

	return actions[q->action].run(bus, q, error);
}

/* KEY=VALUE; cuts @arg in two. */
static bool add_pair(struct request *q, char *arg)
{
	char *equal = strchr(arg, '=');

	if (q->n == PAIRS_MAX || !equal || equal == arg)
		return false;
	*equal = '\0';
	q->keys[q->n] = arg;
	q->values[q->n++] = equal + 1;
	return true;
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	static const char *const keys[] = { "subject", "position", "comment" };
	const char *values[3] = { NULL };
	struct request q = { 0 };
	const struct ctl_option options[] = {
		{ .name = keys[0], .argument = "CODE", .value = &values[0],
		  .help = "whose back it is: a code, not a name" },
		{ .name = keys[1], .argument = "TEXT", .value = &values[1],
		  .help = "where the sensor is" },
		{ .name = keys[2], .argument = "TEXT", .value = &values[2], .help = "anything" },
		{ .name = "json", .value = &q.json, .help = "one JSON object a line" },
		CTL_OPTION_USER(&q.user),
		{ 0 }
	};
	int ret = ctl_parse(cmd, options, argc, argv);

	if (ret != CTL_GO_ON)
		return ret;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!values[i])
			continue;
		q.keys[q.n] = keys[i];
		q.values[q.n++] = values[i];
	}
	if (optind == argc)
		return ctl_usage_error(cmd, "start, stop, list or show?");
	while (q.action < N_ACTIONS && strcmp(argv[optind], actions[q.action].name))
		q.action++;
	if (q.action == N_ACTIONS)
		return ctl_usage_error(cmd, "\"%s\" is not start, stop, list or show", argv[optind]);
	if (actions[q.action].run == show && argc - optind == 2) {
		if (!ctl_parse_number(argv[++optind], &q.number))
			return ctl_usage_error(cmd, "\"%s\" is not a session's number", argv[optind]);
	}
	for (int i = optind + 1; i < argc; i++)
		if (actions[q.action].run != start || !add_pair(&q, argv[i]))
			return ctl_usage_error(cmd, "unexpected \"%s\"", argv[i]);
	if (q.n && actions[q.action].run != start)
		return ctl_usage_error(cmd, "metadata goes with start");
	return ctl_bus_serve(q.user, serve, &q);
}

const struct ctl_command ctl_session = {
	.name = "session",
	.arguments = "start [OPTION]... [KEY=VALUE]...\n"
		     "       backpopctl session stop|list|show [N] [OPTION]...",
	.operands = CTL_OPERANDS,
	.summary = "begin and end sessions with a subject, list them",
	.help =
	"What is heard and noted between start and stop belongs to the session.  A\n"
	"session goes on when the daemon is restarted or the sensor unplugged; it ends\n"
	"with stop, or when the machine is started anew.  show without N shows the one\n"
	"that is running.  --subject, --position, --comment and KEY=VALUE (keys of a-z,\n"
	"0-9 and _) go with start.  Recordings have in their header: subject, or patient;\n"
	"sex=M|F|X, birthdate=YYYY-MM-DD, name, investigation, technician.\n",
	.run = run,
};
