// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bus/bus.h"
#include "bus/bus_error.h"
#include "bus/bus_options.h"
#include "bus/bus_query.h"
#include "bus/bus_session.h"
#include "log.h"
#include "session_person.h"

/* A session that starts or (number set) stops, on its way to the disk. */
struct session_job {
	struct journal_job job;
	struct bus_session *s;
	sd_bus_message *call;
	struct record_session rec;
};

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int run_start(struct db *db, struct journal_job *job)
{
	return db_start_session(db, &((struct session_job *)job)->rec);
}

static int run_stop(struct db *db, struct journal_job *job)
{
	struct record_session *rec = &((struct session_job *)job)->rec;

	return db_stop_session(db, rec->number, rec->stopped_ns, rec->stopped_wall_ns, "stop");
}

static void on_done(struct journal_job *job, int error)
{
	struct session_job *sj = (struct session_job *)job;
	static const struct record_session none;
	sd_bus_error bus_error = SD_BUS_ERROR_NULL;
	bool stop = job->run == run_stop;
	int r;

	sj->s->busy = false;
	/* The file was begun anew since: what ran is not in it, and has ended all the same. */
	if (stop && error == -ENOENT)
		error = 0;
	if (error) {
		bus_journal_error(&bus_error, sj->s->journal, error);
		r = sd_bus_reply_method_error(sj->call, &bus_error);
		sd_bus_error_free(&bus_error);
	} else {
		journal_set_session(sj->s->journal, stop ? &none : &sj->rec);
		log_notice("session %llu has %s", (unsigned long long)sj->rec.number,
			   stop ? "stopped" : "started");
		sd_bus_emit_properties_changed(sj->s->bus, BUS_ROOT, BUS_SESSION, "Current",
					       "Metadata", "StartedWall", NULL);
		if (sj->s->changed)
			sj->s->changed(sj->s->userdata);
		r = sd_bus_reply_method_return(sj->call, "t", sj->rec.number);
	}
	if (r < 0)
		log_warning("a call of %s cannot be answered: %s",
			    sd_bus_message_get_sender(sj->call), strerror(-r));
	sd_bus_message_unref(sj->call);
	free(sj);
}

static int submit(struct bus_session *s, struct session_job *sj, sd_bus_message *call,
		  sd_bus_error *error)
{
	int r;

	sj->s = s;
	sj->job.done = on_done;
	sj->call = sd_bus_message_ref(call);
	r = journal_submit(s->journal, &sj->job);
	if (r < 0) {
		sd_bus_message_unref(sj->call);
		free(sj);
		return bus_journal_error(error, s->journal, r);
	}
	s->busy = true;
	return 1;
}

static int refuse_busy(sd_bus_error *error)
{
	sd_bus_error_set(error, BUS_ERROR_BUSY, "a session is just starting or stopping");
	return -EBUSY;
}

static int method_start(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_session *s = userdata;
	const struct record_session *current = journal_session(s->journal);
	struct session_job *sj = calloc(1, sizeof(*sj));
	char why[RECORDER_WHY_SIZE];
	int r;

	if (!sj)
		return -ENOMEM;
	r = bus_read_metadata(call, sj->rec.metadata, sizeof(sj->rec.metadata), error);
	/* The recording would have it another way, or not at all, and nobody would know. */
	if (r >= 0 && !session_person_fits(sj->rec.metadata, why, sizeof(why)))
		r = bus_refuse(error, "%s", why);
	if (r >= 0 && s->busy)
		r = refuse_busy(error);
	if (r >= 0 && current->number) {
		sd_bus_error_setf(error, BUS_ERROR_SESSION_RUNNING,
				  "session %llu is running: stop it first",
				  (unsigned long long)current->number);
		r = -EBUSY;
	}
	if (r < 0) {
		free(sj);
		return r;
	}
	sj->job.run = run_start;
	sj->rec.started_ns = clock_ns(CLOCK_MONOTONIC);
	sj->rec.started_wall_ns = clock_ns(CLOCK_REALTIME);
	snprintf(sj->rec.boot_id, sizeof(sj->rec.boot_id), "%s", journal_boot_id(s->journal));
	return submit(s, sj, call, error);
}

static int method_stop(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_session *s = userdata;
	const struct record_session *current = journal_session(s->journal);
	struct session_job *sj;

	if (s->busy)
		return refuse_busy(error);
	if (!current->number) {
		sd_bus_error_set(error, BUS_ERROR_NO_SESSION, "no session is running");
		return -ESRCH;
	}
	sj = calloc(1, sizeof(*sj));
	if (!sj)
		return -ENOMEM;
	sj->job.run = run_stop;
	sj->rec = *current;
	sj->rec.stopped_ns = clock_ns(CLOCK_MONOTONIC);
	sj->rec.stopped_wall_ns = clock_ns(CLOCK_REALTIME);
	return submit(s, sj, call, error);
}

static int method_list(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	struct bus_session *s = userdata;

	return bus_query_sessions(call, s->journal, error);
}

static int get(sd_bus *bus, const char *path, const char *interface, const char *property,
	       sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const struct bus_session *s = userdata;
	const struct record_session *current = journal_session(s->journal);

	(void)bus;
	(void)path;
	(void)interface;
	(void)error;
	if (!strcmp(property, "Current"))
		return sd_bus_message_append(reply, "t", current->number);
	if (!strcmp(property, "StartedWall"))
		return sd_bus_message_append(reply, "x", current->started_wall_ns);
	return bus_append_metadata(reply, current->metadata);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD_WITH_ARGS("Start", SD_BUS_ARGS("a{sv}", metadata), SD_BUS_RESULT("t", number),
				method_start, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Stop", SD_BUS_NO_ARGS, SD_BUS_RESULT("t", number), method_stop,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_ARGS("t", from, "a{sv}", options),
				SD_BUS_RESULT("a(ta{sv})", sessions, "t", next), method_list,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_PROPERTY("Current", "t", get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("Metadata", "a{sv}", get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_PROPERTY("StartedWall", "x", get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
	SD_BUS_VTABLE_END
};

int bus_session_add(struct bus_session *s, sd_bus *bus, struct journal *journal)
{
	s->bus = bus;
	s->journal = journal;
	return sd_bus_add_object_vtable(bus, &s->slot, BUS_ROOT, BUS_SESSION, vtable, s);
}

void bus_session_remove(struct bus_session *s)
{
	s->slot = sd_bus_slot_unref(s->slot);
}
