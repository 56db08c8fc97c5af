/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backpopctl's inside: one struct ctl_command per subcommand, each in a file of
 * its own (ctl_NAME.c) and a row in backpopctl.c's table.
 */
#ifndef BACKPOP_CTL_H
#define BACKPOP_CTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#define CTL_BUS_NAME		"org.backpop1"
#define CTL_ROOT_PATH		"/org/backpop1"
#define CTL_SENSOR_PATH		CTL_ROOT_PATH "/sensor"
#define CTL_MANAGER_INTERFACE	"org.backpop1.Manager"
#define CTL_SENSOR_INTERFACE	"org.backpop1.Sensor"
#define CTL_JOURNAL_INTERFACE	"org.backpop1.Journal"
#define CTL_SESSION_INTERFACE	"org.backpop1.Session"
#define CTL_RECORDER_INTERFACE	"org.backpop1.Recorder"
#define CTL_STREAM_INTERFACE	"org.backpop1.Stream"

/* Exit codes; CTL_GO_ON is none, see ctl_parse(). */
enum { CTL_GO_ON = -1, CTL_OK = 0, CTL_FAILURE = 1, CTL_USAGE = 2 };

/* What may follow a command beside its options. */
enum ctl_operands {
	CTL_NO_OPERANDS,
	CTL_OPERANDS,
	CTL_PROGRAM		/* a program, and whatever follows it is the program's */
};

/**
 * struct ctl_command - one subcommand
 * @arguments:	for the usage line
 * @summary:	one line for --help
 * @help:	what its own --help prints between the usage line and the options
 * @run:	for ctl_parse(): options and operands from @argv[1] on; returns an exit code
 */
struct ctl_command {
	const char *name;
	const char *arguments;
	enum ctl_operands operands;
	const char *summary;
	const char *help;
	int (*run)(const struct ctl_command *cmd, int argc, char **argv);
};

extern const struct ctl_command ctl_monitor;
extern const struct ctl_command ctl_status;
extern const struct ctl_command ctl_detect;
extern const struct ctl_command ctl_events;
extern const struct ctl_command ctl_annotate;
extern const struct ctl_command ctl_session;
extern const struct ctl_command ctl_record;
extern const struct ctl_command ctl_wait;
extern const struct ctl_command ctl_doctor;
extern const struct ctl_command ctl_replay;
extern const struct ctl_command ctl_inhibit;
extern const struct ctl_command ctl_stream;

/* Print "backpopctl: MESSAGE" on stderr. */
__attribute__((format(printf, 1, 2)))
void ctl_complain(const char *format, ...);

/* Point to the command's --help, after a complaint; returns CTL_USAGE. */
int ctl_try_help(const struct ctl_command *cmd);

/* Complain about the arguments, then ctl_try_help(). */
__attribute__((format(printf, 2, 3)))
int ctl_usage_error(const struct ctl_command *cmd, const char *format, ...);

/* Is stdout a terminal, and not asked (NO_COLOR) to stay without colours? */
bool ctl_has_colours(void);

/* Complain that stdout cannot be written, @error: errno or 0; returns CTL_FAILURE. */
int ctl_output_failed(int error);

/*
 * Flush stdout and say so if what was written has not arrived (disk full...);
 * returns CTL_OK or CTL_FAILURE.  Call it before every successful end.
 */
int ctl_finish_output(void);

/* ---- ctl_option.c: the command line -------------------------------------- */

/**
 * struct ctl_option - one option of a command
 * @name:	without "--"
 * @argument:	what --help calls its argument, NULL = it has none
 * @value:	what it sets: of @take's type, or without @take a const char * if there is an
 *		argument, a bool if not
 * @take:	reads the argument into @value; false if it is wrong
 * @wanted:	what it should have been: --NAME: "soon" is not WANTED
 * @help:	text for --help, may be of several lines; NULL = an old name, not shown
 */
struct ctl_option {
	const char *name;
	const char *argument;
	void *value;
	bool (*take)(const char *argument, void *value);
	const char *wanted;
	const char *help;
};

/* Which bus; with the name that the option had first. */
#define CTL_OPTION_USER(session) \
	CTL_OPTION_USER_ONLY(session), { .name = "session", .value = (session) }
/* For a command whose --session is something else. */
#define CTL_OPTION_USER_ONLY(session) \
	{ .name = "user", .value = (session), \
	  .help = "ask on the session bus instead of the system bus" }
/* @path: const char *, as of ctl_sensor_path() */
#define CTL_OPTION_SENSOR(path, text) \
	{ .name = "sensor", .argument = "NAME", .value = (path), .take = ctl_take_sensor, \
	  .wanted = "a sensor's name", .help = (text) }

/**
 * ctl_parse() - read the options; --help is among them
 * @options:	ends with a row without a name
 *
 * Return: CTL_GO_ON, optind is the first operand then; or the exit code, all is said.
 */
int ctl_parse(const struct ctl_command *cmd, const struct ctl_option *options, int argc,
	      char **argv);

/* A whole number above 0 and nothing behind it. */
bool ctl_parse_number(const char *text, uint64_t *number);
/* For struct ctl_option: such a number, @value is a uint64_t... */
bool ctl_take_number(const char *argument, void *value);
/* ...and a sensor's object path, @value is a const char *. */
bool ctl_take_sensor(const char *argument, void *value);

/* ---- ctl_notes.c: session files' annotations ------------------------------ */

/* @time_ns: from the first frame on */
typedef void (*ctl_take_note)(void *userdata, int64_t time_ns, const char *text);

/**
 * ctl_notes_read() - what people have noted in a session, in its order
 * @clock_s:	out, if not NULL: seconds since 1970 of the first frame; left if not known
 *
 * What the recorder wrote of events is passed over.  Complains itself; returns 0 or -1.
 */
int ctl_notes_read(const char *edf, ctl_take_note take, void *userdata, double *clock_s);

/* ---- ctl_plot.c: pictures of sessions ----------------------------------- */

struct plot;

/**
 * ctl_plot_write() - draw what was collected, or one event of it
 * @edf:	the session, read once more for its annotations and an event's samples
 * @out:	.svg or .png
 * @event:	number, 0 = the whole session
 *
 * Complains itself; returns an exit code.
 */
int ctl_plot_write(struct plot *p, const char *edf, const char *out, uint32_t event);

/* ---- ctl_bus.c: talking to the daemon ---------------------------------- */

/* Connect to the system or session bus; complains itself.  Returns NULL if it cannot. */
sd_bus *ctl_bus_open(bool session);

/* Begin a call of a method of the daemon, without starting it; >= 0 or a negative errno. */
int ctl_bus_begin(sd_bus *bus, sd_bus_message **m, const char *path, const char *interface,
		  const char *method);

/**
 * ctl_bus_call() - call a method of the daemon without starting it
 * @types:	of the arguments, as for sd_bus_message_append()
 *
 * Return: >= 0, or a negative errno with @error set as far as the bus told.
 */
int ctl_bus_call(sd_bus *bus, const char *path, const char *interface, const char *method,
		 sd_bus_error *error, sd_bus_message **reply, const char *types, ...);

/**
 * ctl_bus_get_fd() - a descriptor of the sensor's Stream interface
 * @types:	of the method's arguments
 *
 * Complains itself.  Return: the descriptor, closed on exec, or a negative errno.
 */
int ctl_bus_get_fd(sd_bus *bus, const char *path, const char *method, const char *types, ...);

/**
 * ctl_bus_serve() - connect, do what is to be done, end
 * @serve:	prints what it gets; returns as ctl_bus_call(), which is complained of then
 *
 * Return: an exit code.
 */
int ctl_bus_serve(bool session, int (*serve)(sd_bus *bus, void *userdata, sd_bus_error *error),
		  void *userdata);

/* True if the error means that no daemon owns the bus name. */
bool ctl_bus_not_running(const sd_bus_error *error);

/*
 * Append {sv} with a string that somebody typed.  sd-bus has only EINVAL for what is no UTF-8:
 * this one says so in @error.
 */
int ctl_bus_append_typed(sd_bus_message *m, const char *key, const char *text,
			 sd_bus_error *error);

/* Say what went wrong with a call and what to do about it. */
void ctl_bus_complain(const sd_bus_error *error, int ret);

/* "/org/backpop1/sensor/iio_device0" -> "iio_device0"; another path: itself. */
const char *ctl_sensor_name(const char *path);

/* "iio:device0", "iio_device0" or the whole object path -> object path (static), or NULL. */
const char *ctl_sensor_path(const char *arg);

/* ---- ctl_objects.c ----------------------------------------------------- */

struct json_object;

/*
 * Read a{sv} into @object, "SamplesLost" as "samples_lost", a dictionary in it as an object.
 * Return: >= 0 or a negative errno.
 */
int ctl_read_properties(sd_bus_message *m, struct json_object *object);

/**
 * ctl_fetch_sensors() - the properties of one interface of every sensor
 * @sensors:	array that gets an object for each, by name; "sensor" is its name
 *
 * Return: as ctl_bus_call().
 */
int ctl_fetch_sensors(sd_bus *bus, const char *interface, struct json_object *sensors,
		      sd_bus_error *error);

/* Print it as a line. */
void ctl_print_json(struct json_object *o);

/* A string or a number of such an object; "" and 0 if it is not there. */
const char *ctl_text(struct json_object *o, const char *key);
unsigned long long ctl_count(struct json_object *o, const char *key);

/* ---- ctl_status.c ------------------------------------------------------- */

/**
 * ctl_fetch_status() - all that status --json shows
 * @status:	an object to be filled; its "sensors" are in the order of their names
 *
 * Return: >= 0, or a negative errno with @error set as far as the bus told.
 */
int ctl_fetch_status(sd_bus *bus, struct json_object *status, sd_bus_error *error);

/* ---- ctl_stream.c: samples ---------------------------------------------- */

/* The first sensor that streams, or the first there is: its object path, or NULL and said. */
const char *ctl_choose_sensor(sd_bus *bus);

/* ---- ctl_monitor.c, ctl_scope.c: showing events ------------------------- */

/**
 * struct ctl_monitor_options
 * @sensor:	object path, NULL = all
 * @count:	lines, 0 = no limit
 * @listening:	called once when nothing can be missed any more; then the monitor ends when
 *		a sensor's state becomes "ended".  NULL = for ever.
 */
struct ctl_monitor_options {
	bool session;
	bool json;
	const char *sensor;
	uint64_t count;
	int (*listening)(sd_event *loop, void *userdata);
	void *userdata;
};

/* Print events as they come; returns an exit code. */
int ctl_monitor_run(const struct ctl_monitor_options *opt);
/* Draw samples and events; @sensor NULL = the first that streams.  Returns an exit code. */
int ctl_scope_run(const char *sensor, bool session);

/* ---- ctl_lines.c: monitor's lines ----------------------------------------- */

struct record_event;
struct record_annotation;

/* @origin_ns: CLOCK_MONOTONIC of second 0 of the latest event's stream */
struct ctl_lines {
	bool json;
	bool colour;
	bool origin_known;
	int64_t origin_ns;
};

/* On stdout; times on CLOCK_MONOTONIC.  @missed: not heard, but from the journal. */
void ctl_line_event(const struct ctl_lines *l, const struct record_event *rec, bool missed);
void ctl_line_marker(const struct ctl_lines *l, uint64_t number, uint64_t time_ns,
		     const char *kind);
void ctl_line_annotation(const struct ctl_lines *l, const struct record_annotation *rec,
			 bool missed);

/* ---- ctl_event.c ------------------------------------------------------- */

struct bp_event;

/**
 * ctl_event_read() - read an Event signal
 * @ev:		times on CLOCK_MONOTONIC, ns; what the signal does not tell is unknown
 * @origin_ns:	out: second 0 of the sensor's stream, same clock
 *
 * Return: >= 0, or a negative errno for a message of another shape.
 */
int ctl_event_read(sd_bus_message *msg, struct bp_event *ev, int64_t *origin_ns);
/* The same with what the journal knows of it; all but the sensor's name. */
int ctl_event_read_record(sd_bus_message *msg, struct record_event *rec);

/* ---- ctl_csv.c: events as comma-separated values ------------------------ */

/* The columns that ctl_csv_event() writes. */
#define CTL_CSV_EVENT	"class,confidence,reason,site,manoeuvre,peak_mg,peak_mv,breath_phase," \
			"breath_depth,breath_rate_bpm,movement,silent_s,since_s"
/* What was judged of an event, without a newline. */
void ctl_csv_event(FILE *f, const struct bp_event *ev);
/* With number, revision and times before it, a whole line; for detect.  Returns 0. */
#define CTL_CSV_LINE	"event,revision,onset_s,end_s,emitted_s," CTL_CSV_EVENT
int ctl_csv_line(FILE *f, const struct bp_event *ev, int64_t origin_ns);

/* ---- ctl_time.c: wall clock -------------------------------------------- */

/**
 * ctl_time_parse() - a time that a person gives
 * @text:	"2026-11-28", "2026-11-28 14:05[:30[.5]]" (local; with Z or +01:00 there), "14:05", "now",
 *		"today", "yesterday", "-30m" (ago: s, m, h, d) or "@SECONDS" since 1970
 */
bool ctl_time_parse(const char *text, int64_t *wall_ns);
#define CTL_TIME_SIZE	40
/* "2026-11-28 14:05:30.123", local; as ISO 8601 with the zone: for other programs. */
void ctl_time_print(char out[CTL_TIME_SIZE], int64_t wall_ns, bool iso);

#endif
