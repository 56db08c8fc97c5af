// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl annotate: what a person has to say goes into the journal. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "journal/record.h"

struct note {
	const char *kind;
	const char *sensor;
	uint64_t event;
	char text[2 * RECORD_TEXT_SIZE];
	bool json, list, user;
};

static int append_options(sd_bus_message *m, const struct note *n)
{
	int ret = sd_bus_message_open_container(m, 'a', "{sv}");

	if (ret >= 0 && n->sensor)
		ret = sd_bus_message_append(m, "{sv}", "sensor", "s", n->sensor);
	if (ret >= 0 && n->event)
		ret = sd_bus_message_append(m, "{sv}", "event", "t", n->event);
	return ret < 0 ? ret : sd_bus_message_close_container(m);
}

static int annotate(sd_bus *bus, const struct note *n, sd_bus_error *error)
{
	sd_bus_message *m = NULL, *reply = NULL;
	uint64_t number;
	int ret;

	ret = ctl_bus_begin(bus, &m, CTL_ROOT_PATH, CTL_JOURNAL_INTERFACE, "Annotate");
	if (ret >= 0)
		ret = sd_bus_message_append(m, "ss", n->kind, n->text);
	if (ret >= 0)
		ret = append_options(m, n);
	if (ret >= 0)
		ret = sd_bus_call(bus, m, 0, error, &reply);
	if (ret >= 0)
		ret = sd_bus_message_read(reply, "t", &number);
	if (ret >= 0)
		printf(n->json ? "{\"annotation\":%" PRIu64 "}\n" : "annotation %" PRIu64 "\n", number);
	sd_bus_message_unref(m);
	sd_bus_message_unref(reply);
	return ret;
}

/* ---- the list ------------------------------------------------------------- */

static void print_annotation(struct json_object *o, bool json)
{
	char time[CTL_TIME_SIZE];

	ctl_time_print(time, json_object_get_int64(json_object_object_get(o, "wall_ns")), json);
	if (json) {
		json_object_object_add(o, "time", json_object_new_string(time));
		ctl_print_json(o);
		return;
	}
	printf("%s  %-9s %s\n", time, json_object_get_string(json_object_object_get(o, "kind")),
	       json_object_get_string(json_object_object_get(o, "text")));
}

/* Return: rows printed, or a negative errno. */
static int print_page(sd_bus_message *reply, bool json, uint64_t *next)
{
	uint64_t number, time_ns;
	const char *kind, *text;
	int ret, rows = 0;

	ret = sd_bus_message_enter_container(reply, 'a', "(ttssa{sv})");
	while (ret >= 0 && (ret = sd_bus_message_enter_container(reply, 'r', "ttssa{sv}")) > 0) {
		struct json_object *o = json_object_new_object();

		ret = sd_bus_message_read(reply, "ttss", &number, &time_ns, &kind, &text);
		if (ret >= 0) {
			json_object_object_add(o, "annotation", json_object_new_uint64(number));
			json_object_object_add(o, "kind", json_object_new_string(kind));
			json_object_object_add(o, "text", json_object_new_string(text));
			json_object_object_add(o, "time_ns", json_object_new_uint64(time_ns));
			ret = ctl_read_properties(reply, o);
		}
		if (ret >= 0) {
			print_annotation(o, json);
			ret = sd_bus_message_exit_container(reply);
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

static int list(sd_bus *bus, bool json, sd_bus_error *error)
{
	uint64_t from = 0;
	int ret;

	do {
		sd_bus_message *reply = NULL;

		ret = ctl_bus_call(bus, CTL_ROOT_PATH, CTL_JOURNAL_INTERFACE, "GetAnnotations", error,
				   &reply, "ta{sv}", from, 0);
		if (ret >= 0)
			ret = print_page(reply, json, &from);
		sd_bus_message_unref(reply);
	} while (ret > 0);
	return ret;
}

static int serve(sd_bus *bus, void *userdata, sd_bus_error *error)
{
	const struct note *n = userdata;

	return n->list ? list(bus, n->json, error) : annotate(bus, n, error);
}

static int run(const struct ctl_command *cmd, int argc, char **argv)
{
	struct note n = { 0 };
	const char *sensor = NULL;
	const struct ctl_option options[] = {
		CTL_OPTION_SENSOR(&sensor, "it is about this sensor (iio:device0)"),
		{ .name = "event", .argument = "N", .value = &n.event, .take = ctl_take_number,
		  .wanted = "an event's number", .help = "and that event of it" },
		{ .name = "list", .value = &n.list,
		  .help = "show all there are, presses of the marker button included" },
		{ .name = "json", .value = &n.json, .help = "one JSON object a line" },
		CTL_OPTION_USER(&n.user),
		{ 0 }
	};
	int ret = ctl_parse(cmd, options, argc, argv);
	size_t used = 0;

	if (ret != CTL_GO_ON)
		return ret;
	if (n.list != (optind == argc))
		return ctl_usage_error(cmd, n.list ? "--list goes without KIND" :
				       "what is it: pain, swelling, numbness, stretch or note?");
	n.sensor = sensor ? ctl_sensor_name(sensor) : NULL;
	n.kind = argv[optind];
	/* Words of the text may come as several arguments. */
	for (int i = optind + 1; i < argc && used < sizeof(n.text); i++)
		used += (size_t)snprintf(n.text + used, sizeof(n.text) - used, "%s%s",
					 used ? " " : "", argv[i]);
	if (used >= sizeof(n.text))
		return ctl_usage_error(cmd, "the text is longer than %d bytes", RECORD_TEXT_SIZE - 1);
	return ctl_bus_serve(n.user, serve, &n);
}

const struct ctl_command ctl_annotate = {
	.name = "annotate",
	.arguments = "KIND [TEXT] [OPTION]...\n"
		     "       backpopctl annotate --list [OPTION]...",
	.operands = CTL_OPERANDS,
	.summary = "put what somebody feels or notes into the journal",
	.help =
	"Keep an annotation with the present time.  KIND is pain, swelling, numbness,\n"
	"stretch or note; a note needs a TEXT.  It is on the disk when the command ends.\n",
	.run = run,
};
