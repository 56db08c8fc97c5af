// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes down what it hears: a line "SENSOR NUMBER REVISION SEQUENCE" per Event signal on
 * standard output, written at once; "ready" on standard error when it listens.
 *
 * Compiled by the scripts that use it.
 */
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

static int on_event(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	uint64_t number, onset, sequence = 0;
	const char *class, *key;
	uint32_t revision;
	double confidence;
	char line[256];
	int n;

	(void)userdata;
	(void)error;
	if (sd_bus_message_read(m, "tutsd", &number, &revision, &onset, &class, &confidence) < 0)
		return 0;
	sd_bus_message_enter_container(m, 'a', "{sv}");
	while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
		sd_bus_message_read_basic(m, 's', &key);
		if (!strcmp(key, "sequence"))
			sd_bus_message_read(m, "v", "t", &sequence);
		else
			sd_bus_message_skip(m, "v");
		sd_bus_message_exit_container(m);
	}
	n = snprintf(line, sizeof(line), "%s %llu %u %llu\n",
		     strrchr(sd_bus_message_get_path(m), '/') + 1, (unsigned long long)number,
		     revision, (unsigned long long)sequence);
	return write(STDOUT_FILENO, line, (size_t)n) == n ? 0 : -1;
}

int main(void)
{
	sd_event *loop;
	sd_bus *bus;

	if (sd_event_default(&loop) < 0 || sd_bus_open_user(&bus) < 0 ||
	    sd_bus_match_signal(bus, NULL, NULL, NULL, "org.backpop1.Sensor", "Event", on_event,
				NULL) < 0 ||
	    sd_bus_attach_event(bus, loop, 0) < 0) {
		fputs("listener: no bus\n", stderr);
		return 1;
	}
	fputs("ready\n", stderr);
	return sd_event_loop(loop) < 0;
}
