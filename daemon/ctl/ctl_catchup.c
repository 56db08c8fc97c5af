// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/ctl_catchup.h"
#include "ctl/ctl_journal.h"

/* A range of the journal on its way to the user. */
struct fill {
	struct catchup *c;
	uint64_t last;		/* included */
	uint64_t n;
};

static int fill_event(void *userdata, const struct record_event *rec)
{
	struct fill *fill = userdata;
	struct catchup *c = fill->c;

	if (rec->sequence > fill->last)
		return 1;
	c->event.expected = rec->sequence + 1;
	if (rec->sequence <= c->event.told)
		return 0;
	c->event.told = rec->sequence;
	fill->n++;
	return c->ops->event(c->userdata, rec, true);
}

static int fill_annotation(void *userdata, const struct record_annotation *rec)
{
	struct fill *fill = userdata;
	struct catchup *c = fill->c;

	if (rec->number > fill->last)
		return 1;
	c->annotation.expected = rec->number + 1;
	if (rec->number <= c->annotation.told)
		return 0;
	c->annotation.told = rec->number;
	fill->n++;
	return c->ops->annotation(c->userdata, rec, true);
}

static void conclude(const struct fill *fill, const char *what, sd_bus_error *error, int ret)
{
	if (ret < 0) {
		ctl_complain("%s were missed, and the journal cannot be asked:", what);
		ctl_bus_complain(error, ret);
	} else if (fill->n) {
		ctl_complain("%" PRIu64 " %s were missed: shown from the journal", fill->n, what);
	}
	sd_bus_error_free(error);
}

static void fill_events(struct catchup *c, sd_bus *bus, uint64_t last)
{
	struct fill fill = { .c = c, .last = last };
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct db_filter f = DB_FILTER_ALL;

	f.from = c->event.expected;
	conclude(&fill, "events", &error, ctl_journal_events(bus, &f, fill_event, &fill, &error));
}

static void fill_annotations(struct catchup *c, sd_bus *bus, uint64_t last)
{
	struct fill fill = { .c = c, .last = last };
	sd_bus_error error = SD_BUS_ERROR_NULL;
	struct db_filter f = DB_FILTER_ALL;

	f.from = c->annotation.expected;
	conclude(&fill, "annotations", &error,
		 ctl_journal_annotations(bus, &f, fill_annotation, &fill, &error));
}

static int get(sd_bus *bus, const char *name, const char *type, void *value, size_t size)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *text;
	int ret = ctl_bus_call(bus, CTL_ROOT_PATH, "org.freedesktop.DBus.Properties", "Get", &error,
			       &reply, "ss", CTL_JOURNAL_INTERFACE, name);

	if (ret >= 0 && *type == 's') {
		ret = sd_bus_message_read(reply, "v", type, &text);
		if (ret >= 0)
			snprintf(value, size, "%s", text);
	} else if (ret >= 0) {
		ret = sd_bus_message_read(reply, "v", type, value);
	}
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	return ret;
}

void catchup_begin(struct catchup *c, sd_bus *bus)
{
	uint64_t sequence = 0, annotation = 0;
	char id[DB_ID_SIZE] = "";

	/* A daemon that does not tell its numbers: the first signal does. */
	if (get(bus, "Id", "s", id, sizeof(id)) < 0 ||
	    get(bus, "LastSequence", "t", &sequence, sizeof(sequence)) < 0 ||
	    get(bus, "LastAnnotation", "t", &annotation, sizeof(annotation)) < 0)
		return;
	if (strcmp(c->id, id)) {
		if (c->id[0])
			ctl_complain("the journal was begun anew: what was missed of the former "
				     "one is not known");
		/* What was told while we asked is on its way to us. */
		strcpy(c->id, id);
		c->event = (struct catchup_mark){ .expected = sequence + 1 };
		c->annotation = (struct catchup_mark){ .expected = annotation + 1 };
		return;
	}
	if (c->event.expected && c->event.expected <= sequence)
		fill_events(c, bus, sequence);
	if (c->annotation.expected && c->annotation.expected <= annotation)
		fill_annotations(c, bus, annotation);
}

int catchup_event(struct catchup *c, sd_bus *bus, const struct record_event *rec)
{
	if (!rec->sequence)
		return c->ops->event(c->userdata, rec, false);
	if (rec->sequence <= c->event.told)
		return 0;
	if (c->event.expected && rec->sequence > c->event.expected)
		fill_events(c, bus, rec->sequence - 1);
	c->event.told = rec->sequence;
	if (rec->sequence >= c->event.expected)
		c->event.expected = rec->sequence + 1;
	return c->ops->event(c->userdata, rec, false);
}

int catchup_annotation(struct catchup *c, sd_bus *bus, const struct record_annotation *rec)
{
	if (rec->number <= c->annotation.told)
		return 0;
	if (c->annotation.expected && rec->number > c->annotation.expected)
		fill_annotations(c, bus, rec->number - 1);
	c->annotation.told = rec->number;
	if (rec->number >= c->annotation.expected)
		c->annotation.expected = rec->number + 1;
	return c->ops->annotation(c->userdata, rec, false);
}
