// SPDX-License-Identifier: GPL-2.0-or-later
/* backpopctl annotate: what a person has to say goes into the journal. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/ctl_journal.h"
#include "edf/utf8.h"
#include "journal/record.h"

struct note {
	const char *kind;
	const char *sensor;
	uint64_t event;
	char text[2 * RECORD_TEXT_SIZE];
	bool json, csv, list, user;
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

static void add_number(struct json_object *o, const char *key, uint64_t number)
{
	if (number)
		json_object_object_add(o, key, json_object_new_uint64(number));
}

static void add_word(struct json_object *o, const char *key, const char *word)
{
	if (*word)
		json_object_object_add(o, key, json_object_new_string(word));
}

/* The text may have commas, quotes and line feeds: quoted as RFC 4180 says. */
static void print_csv(const struct record_annotation *rec, const char *time)
{
	printf("%s,%" PRIu64 ",%s,\"", time, rec->number, rec->kind);
	for (const char *p = rec->text; *p; p++) {
		if (*p == '"')
			putchar('"');
		putchar(*p);
	}
	printf("\",%s,%s,", rec->source, rec->sensor);
	if (rec->event)
		printf("%" PRIu64, rec->event);
	putchar(',');
	if (rec->session)
		printf("%" PRIu64, rec->session);
	printf(",%" PRId64 ",%" PRId64 "\n", rec->wall_ns, rec->time_ns);
}

static int print_annotation(void *userdata, const struct record_annotation *rec)
{
	const struct note *n = userdata;
	char time[CTL_TIME_SIZE];
	struct json_object *o;

	ctl_time_print(time, rec->wall_ns, n->json || n->csv);
	if (n->csv) {
		print_csv(rec, time);
		return 0;
	}
	if (!n->json) {
		printf("%s  %-9s %s", time, rec->kind, rec->text);
		if (rec->event)
			printf("%s(%s #%" PRIu64 ")", *rec->text ? "  " : "", rec->sensor, rec->event);
		else if (*rec->sensor)
			printf("%s(%s)", *rec->text ? "  " : "", rec->sensor);
		putchar('\n');
		return 0;
	}
	o = json_object_new_object();
	add_number(o, "annotation", rec->number);
	add_word(o, "kind", rec->kind);
	json_object_object_add(o, "text", json_object_new_string(rec->text));
	json_object_object_add(o, "time_ns", json_object_new_int64(rec->time_ns));
	json_object_object_add(o, "wall_ns", json_object_new_int64(rec->wall_ns));
	add_word(o, "source", rec->source);
	add_word(o, "sensor", rec->sensor);
	add_number(o, "event", rec->event);
	add_number(o, "session", rec->session);
	add_number(o, "run", rec->run);
	add_word(o, "boot_id", rec->boot_id);
	add_word(o, "time", time);
	ctl_print_json(o);
	json_object_put(o);
	return 0;
}

static int list(sd_bus *bus, struct note *n, sd_bus_error *error)
{
	struct db_filter all = DB_FILTER_ALL;

	if (n->csv)
		puts("time,annotation,kind,text,source,sensor,event,session,wall_ns,time_ns");
	return ctl_journal_annotations(bus, &all, print_annotation, n, error);
}

static int serve(sd_bus *bus, void *userdata, sd_bus_error *error)
{
	struct note *n = userdata;

	return n->list ? list(bus, n, error) : annotate(bus, n, error);
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
		{ .name = "csv", .value = &n.csv,
		  .help = "list: comma-separated values, with a line of names" },
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
	if (n.csv && (n.json || !n.list))
		return ctl_usage_error(cmd, "--csv goes with --list, and without --json");
	n.sensor = sensor ? ctl_sensor_name(sensor) : NULL;
	n.kind = argv[optind];
	/* Words of the text may come as several arguments. */
	for (int i = optind + 1; i < argc && used < sizeof(n.text); i++)
		used += (size_t)snprintf(n.text + used, sizeof(n.text) - used, "%s%s",
					 used ? " " : "", argv[i]);
	if (used >= sizeof(n.text))
		return ctl_usage_error(cmd, "the text is longer than %d bytes", RECORD_TEXT_SIZE - 1);
	if (!utf8_valid(n.text))
		return ctl_usage_error(cmd, "the text is not UTF-8");
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
