// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/bus.h"
#include "bus/bus_error.h"
#include "bus/bus_event.h"
#include "bus/bus_journal.h"
#include "bus/bus_options.h"
#include "bus/bus_query.h"
#include "bus/bus_sensor.h"
#include "log.h"
#include "recorder/recorder.h"

#define FUTURE_NS	1000000000LL	/* a caller's clock reading is that fresh */

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The wall clock at a time of the monotonic one, as the two stand now. */
static int64_t wall_at(int64_t time_ns)
{
	return time_ns + clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

/* ---- events --------------------------------------------------------------- */

struct event_job {
	struct journal_job job;
	struct bus_journal *b;
	char path[BUS_PATH_SIZE];
	struct record_event rec;
};

static int run_event(struct db *db, struct journal_job *job)
{
	return db_add_event(db, &((struct event_job *)job)->rec);
}

static void announce_event(struct journal_job *job, int error)
{
	struct event_job *e = (struct event_job *)job;
	sd_bus_message *m = NULL;
	int r = error;

	e->rec.written_ns = job->written_ns;
	if (r >= 0)
		journal_last(e->b->journal)->sequence = e->rec.sequence;
	/* What is not kept is not told. */
	if (r >= 0)
		r = sd_bus_message_new_signal(e->b->bus, &m, e->path, BUS_SENSOR, "Event");
	if (r >= 0)
		r = bus_append_event(m, &e->rec);
	if (r >= 0)
		r = sd_bus_send(e->b->bus, m, NULL);
	if (r < 0)
		log_error("%s: event %llu.%u is not told: %s", e->rec.sensor,
			  (unsigned long long)e->rec.number, e->rec.ev.revision, strerror(-r));
	sd_bus_message_unref(m);
	free(e);
}

int bus_journal_event(struct bus_journal *b, const char *path, uint64_t number,
		      int64_t stream_start_ns, const struct bp_event *ev)
{
	struct event_job *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;
	e->job.run = run_event;
	e->job.done = announce_event;
	e->job.keep = true;
	e->b = b;
	snprintf(e->path, sizeof(e->path), "%s", path);
	e->rec.number = number;
	e->rec.session = journal_session(b->journal)->number;
	e->rec.known_ns = clock_ns(CLOCK_MONOTONIC);
	e->rec.wall_ns = wall_at(ev->onset_ns);
	e->rec.stream_start_ns = stream_start_ns;
	e->rec.ev = *ev;
	snprintf(e->rec.sensor, sizeof(e->rec.sensor), "%s", bus_sensor_name(path));
	snprintf(e->rec.boot_id, sizeof(e->rec.boot_id), "%s", journal_boot_id(b->journal));
	r = journal_submit(b->journal, &e->job);
	if (r < 0)
		free(e);
	return r;
}

/* ---- annotations ---------------------------------------------------------- */

/**
 * struct annotation_job
 * @call:	to be answered; NULL: it came from the button
 * @marker:	Marker signal to be sent as well: the press's number and the signal's kind
 */
struct annotation_job {
	struct journal_job job;
	struct bus_journal *b;
	sd_bus_message *call;
	struct record_annotation rec;
	struct {
		bool send;
		uint64_t number, time_ns;
		char kind[RECORD_WORD_SIZE];
	} marker;
};

static int run_annotation(struct db *db, struct journal_job *job)
{
	return db_add_annotation(db, &((struct annotation_job *)job)->rec);
}

static int send_annotation(struct annotation_job *a)
{
	sd_bus_message *m = NULL;
	int r;

	r = sd_bus_message_new_signal(a->b->bus, &m, BUS_ROOT, BUS_JOURNAL, "Annotation");
	if (r >= 0)
		r = bus_append_annotation(m, &a->rec);
	if (r >= 0)
		r = sd_bus_send(a->b->bus, m, NULL);
	sd_bus_message_unref(m);
	return r;
}

static int answer(struct annotation_job *a, int error)
{
	sd_bus_error bus_error = SD_BUS_ERROR_NULL;
	int r;

	if (!error)
		return sd_bus_reply_method_return(a->call, "t", a->rec.number);
	bus_journal_error(&bus_error, a->b->journal, error);
	r = sd_bus_reply_method_error(a->call, &bus_error);
	sd_bus_error_free(&bus_error);
	return r;
}

static void announce_annotation(struct journal_job *job, int error)
{
	struct annotation_job *a = (struct annotation_job *)job;
	char text[RECORD_WORD_SIZE + RECORD_TEXT_SIZE + 2];
	int r = 0;

	if (a->job.run && !error)
		journal_last(a->b->journal)->annotation = a->rec.number;
	if (a->marker.send && !error)
		r = sd_bus_emit_signal(a->b->bus, BUS_ROOT, BUS_MANAGER, "Marker", "tts",
				       a->marker.number, a->marker.time_ns, a->marker.kind);
	if (a->job.run && !error && r >= 0)
		r = send_annotation(a);
	/* The button's are in the recording already, whatever the journal's disk does. */
	if (a->call && !error) {
		snprintf(text, sizeof(text), "%s%s%s", a->rec.kind, *a->rec.text ? ": " : "",
			 a->rec.text);
		recorder_annotate_all(a->rec.time_ns, NAN, text);
	}
	if (a->call)
		r = answer(a, error);
	else if (error)
		r = error;
	if (r < 0)
		log_error("an annotation is not told: %s", strerror(-r));
	sd_bus_message_unref(a->call);
	free(a);
}

static struct annotation_job *new_annotation(struct bus_journal *b, int64_t time_ns,
					     const char *kind, const char *source)
{
	struct annotation_job *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->b = b;
	a->job.run = run_annotation;
	a->job.done = announce_annotation;
	a->rec.session = journal_session(b->journal)->number;
	a->rec.time_ns = time_ns;
	a->rec.wall_ns = wall_at(time_ns);
	snprintf(a->rec.kind, sizeof(a->rec.kind), "%s", kind);
	snprintf(a->rec.source, sizeof(a->rec.source), "%s", source);
	snprintf(a->rec.boot_id, sizeof(a->rec.boot_id), "%s", journal_boot_id(b->journal));
	return a;
}

int bus_journal_marker(struct bus_journal *b, uint64_t number, uint64_t time_ns,
		       const char *kind)
{
	bool lasting = !strcmp(kind, "long");
	struct annotation_job *a;
	int r;

	a = new_annotation(b, (int64_t)time_ns, lasting ? "note" : "pain", "button");
	if (!a)
		return -ENOMEM;
	if (lasting)
		strcpy(a->rec.text, "long press");
	/* A release only keeps its place behind the press. */
	if (!strcmp(kind, "release"))
		a->job.run = NULL;
	a->job.keep = true;
	a->marker.send = true;
	a->marker.number = number;
	a->marker.time_ns = time_ns;
	snprintf(a->marker.kind, sizeof(a->marker.kind), "%s", kind);
	r = journal_submit(b->journal, &a->job);
	if (r < 0)
		free(a);
	return r;
}

int bus_journal_clock_set(struct bus_journal *b, int64_t ns)
{
	struct annotation_job *a = new_annotation(b, clock_ns(CLOCK_MONOTONIC), "note", "clock");
	int r;

	if (!a)
		return -ENOMEM;
	snprintf(a->rec.text, sizeof(a->rec.text), "the wall clock was set by %+.3f s",
		 (double)ns / 1e9);
	a->job.keep = true;
	r = journal_submit(b->journal, &a->job);
	if (r < 0)
		free(a);
	return r;
}

static const char *const kinds[] = { "pain", "swelling", "numbness", "stretch", "note" };
#define N_KINDS	(sizeof(kinds) / sizeof(kinds[0]))

static int check_annotation(const char *kind, const char *text, uint64_t time_ns,
			    const char *sensor, uint64_t event, sd_bus_error *error)
{
	size_t i;

	for (i = 0; i < N_KINDS && strcmp(kind, kinds[i]); i++)
		;
	if (i == N_KINDS)
		return bus_refuse(error, "kind is \"%.64s\", expected pain, swelling, numbness, "
				  "stretch or note", kind);
	if (strlen(text) >= RECORD_TEXT_SIZE)
		return bus_refuse(error, "the text has %zu bytes, more than %d", strlen(text),
				  RECORD_TEXT_SIZE - 1);
	if (!bus_text_valid(text))
		return bus_refuse(error, "the text has control characters");
	if (!*text && !strcmp(kind, "note"))
		return bus_refuse(error, "a note without text");
	if (sensor && !bus_sensor_name_valid(sensor))
		return bus_refuse(error, "\"%.64s\" is not a sensor's name", sensor);
	if (event && !sensor)
		return bus_refuse(error, "option \"event\" needs \"sensor\"");
	if (!time_ns || time_ns > (uint64_t)(clock_ns(CLOCK_MONOTONIC) + FUTURE_NS))
		return bus_refuse(error, "time_ns is %llu, expected a reading of CLOCK_MONOTONIC, "
				  "not of the future", (unsigned long long)time_ns);
	return 0;
}

/* What an annotation is about must have been heard of: numbers are typed by people. */
static int check_subject(struct journal *j, const char *sensor, uint64_t event,
			 sd_bus_error *error)
{
	if (!sensor)
		return 0;
	if (!journal_knows(j, sensor)) {
		sd_bus_error_setf(error, BUS_ERROR_NO_SUCH_SENSOR,
				  "no sensor %s is there, nor was it ever", sensor);
		return -ENXIO;
	}
	if (event > journal_last_number(j, sensor)) {
		if (journal_last_number(j, sensor))
			sd_bus_error_setf(error, BUS_ERROR_NO_SUCH_EVENT,
					  "%s has no event %llu: the last one is %llu", sensor,
					  (unsigned long long)event,
					  (unsigned long long)journal_last_number(j, sensor));
		else
			sd_bus_error_setf(error, BUS_ERROR_NO_SUCH_EVENT,
					  "%s has had no event yet", sensor);
		return -ENXIO;
	}
	return 0;
}

static int method_annotate(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_journal *b = userdata;
	uint64_t time_ns = (uint64_t)clock_ns(CLOCK_MONOTONIC), event = 0;
	const char *kind, *text, *sensor = NULL;
	const struct bus_option options[] = {
		{ "time_ns", "t", &time_ns }, { "sensor", "s", &sensor },
		{ "event", "t", &event }, { NULL, NULL, NULL }
	};
	struct annotation_job *a;
	int r;

	r = sd_bus_message_read(call, "ss", &kind, &text);
	if (r >= 0)
		r = bus_read_options(call, options, error);
	if (r >= 0)
		r = check_annotation(kind, text, time_ns, sensor, event, error);
	if (r >= 0)
		r = check_subject(b->journal, sensor, event, error);
	if (r < 0)
		return r;
	a = new_annotation(b, (int64_t)time_ns, kind, "bus");
	if (!a)
		return -ENOMEM;
	strcpy(a->rec.text, text);
	strcpy(a->rec.sensor, sensor ? sensor : "");
	a->rec.event = event;
	a->call = sd_bus_message_ref(call);
	r = journal_submit(b->journal, &a->job);
	if (r < 0) {
		sd_bus_message_unref(a->call);
		free(a);
		return bus_journal_error(error, b->journal, r);
	}
	return 1;
}

/* ---- the interface -------------------------------------------------------- */

static int method_get_events(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_journal *b = userdata;

	return bus_query_events(call, b->journal, NULL, error);
}

static int method_get_annotations(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_journal *b = userdata;

	return bus_query_annotations(call, b->journal, error);
}

static int get(sd_bus *bus, const char *path, const char *interface, const char *property,
	       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct journal *j = ((struct bus_journal *)userdata)->journal;
	const struct journal_last *last = journal_last(j);

	(void)bus;
	(void)path;
	(void)interface;
	(void)error;
	if (!strcmp(property, "State"))
		return sd_bus_message_append(reply, "s", journal_state_name(journal_state(j)));
	if (!strcmp(property, "StateReason"))
		return bus_append_text(reply, journal_state_reason(j));
	if (!strcmp(property, "Check"))
		return sd_bus_message_append(reply, "s", journal_check_name(journal_check(j)));
	if (!strcmp(property, "Id"))
		return sd_bus_message_append(reply, "s", journal_id(j));
	if (!strcmp(property, "File"))
		return bus_append_text(reply, journal_path(j));
	if (!strcmp(property, "LastSequence"))
		return sd_bus_message_append(reply, "t", last->sequence);
	if (!strcmp(property, "LastAnnotation"))
		return sd_bus_message_append(reply, "t", last->annotation);
	if (!strcmp(property, "Pending"))
		return sd_bus_message_append(reply, "t", (uint64_t)journal_pending(j));
	if (!strcmp(property, "Dropped"))
		return sd_bus_message_append(reply, "t", journal_dropped(j));
	return sd_bus_message_append(reply, "t", journal_slowest_us(j));
}

#define CHANGING(name, type) \
	SD_BUS_PROPERTY(name, type, get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)
#define POLLED(name, type) \
	SD_BUS_PROPERTY(name, type, get, 0, 0)

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("GetEvents", SD_BUS_ARGS("t", from, "a{sv}", options),
				SD_BUS_RESULT("a(s" BUS_EVENT_TYPES ")", events, "t", next),
				method_get_events, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetAnnotations", SD_BUS_ARGS("t", from, "a{sv}", options),
				SD_BUS_RESULT("a(" BUS_ANNOTATION_TYPES ")", annotations, "t", next),
				method_get_annotations, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Annotate", SD_BUS_ARGS("s", kind, "s", text, "a{sv}", options),
				SD_BUS_RESULT("t", number),
				method_annotate, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL_WITH_ARGS("Annotation",
				SD_BUS_ARGS("t", number, "t", time_ns, "s", kind, "s", text,
					    "a{sv}", details), 0),
	CHANGING("State", "s"),
	CHANGING("StateReason", "s"),
	CHANGING("Check", "s"),
	CHANGING("Id", "s"),
	SD_BUS_PROPERTY("File", "s", get, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	POLLED("LastSequence", "t"),
	POLLED("LastAnnotation", "t"),
	POLLED("Pending", "t"),
	POLLED("Dropped", "t"),
	POLLED("SlowestWrite", "t"),
	SD_BUS_VTABLE_END
};

int bus_journal_add(struct bus_journal *b, sd_bus *bus, struct journal *journal)
{
	b->bus = bus;
	b->journal = journal;
	return sd_bus_add_object_vtable(bus, &b->slot, BUS_ROOT, BUS_JOURNAL, vtable, b);
}

void bus_journal_remove(struct bus_journal *b)
{
	b->slot = sd_bus_slot_unref(b->slot);
}

void bus_journal_changed(struct bus_journal *b)
{
	if (b->slot)
		sd_bus_emit_properties_changed(b->bus, BUS_ROOT, BUS_JOURNAL, "State",
					       "StateReason", "Check", "Id", NULL);
}
