// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clients that come and go: each claims, asks for events and leaves, some without waiting
 * for the answer; and one that asks for signals and never reads.
 *
 *	crowd N			on the session bus
 *	crowd claim NAME	claim the sensor NAME, say "ready", keep the claim while stdin lasts
 *	crowd sleep		subscribe to everything, say "ready", read nothing for ever
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

static int come_and_go(unsigned long i)
{
	sd_bus_message *reply = NULL;
	sd_bus *bus;
	int r;

	r = sd_bus_open_user(&bus);
	if (r < 0)
		return r;
	r = sd_bus_call_method(bus, "org.backpop1", "/org/backpop1", "org.backpop1.Manager", "Claim",
			       NULL, NULL, "a{sv}", 0);
	if (r >= 0 && i % 3)
		r = sd_bus_call_method(bus, "org.backpop1", "/org/backpop1", "org.backpop1.Journal",
				       "GetEvents", NULL, &reply, "ta{sv}", (uint64_t)0, 0);
	else if (r >= 0)
		r = sd_bus_call_method_async(bus, NULL, "org.backpop1", "/org/backpop1",
					     "org.backpop1.Journal", "GetEvents", NULL, NULL, "ta{sv}",
					     (uint64_t)0, 0);
	sd_bus_message_unref(reply);
	/* Half of them say good-bye in order. */
	if (i % 2)
		sd_bus_flush_close_unref(bus);
	else
		sd_bus_close_unref(bus);
	return r;
}

/* One sensor, which need not be there. */
static int keep_claim(const char *name)
{
	sd_bus *bus;
	int r = sd_bus_open_user(&bus);
	char c;

	if (r >= 0)
		r = sd_bus_call_method(bus, "org.backpop1", "/org/backpop1", "org.backpop1.Manager",
				       "Claim", NULL, NULL, "a{sv}", 1, "sensor", "s", name);
	if (r < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	sd_bus_flush_close_unref(bus);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	sd_bus *bus;
	int r = 0;

	if (argc > 2 && !strcmp(argv[1], "claim"))
		return keep_claim(argv[2]);
	if (argc > 1 && !strcmp(argv[1], "sleep")) {
		if (sd_bus_open_user(&bus) < 0 ||
		    sd_bus_match_signal(bus, NULL, "org.backpop1", NULL, NULL, NULL, NULL, NULL) < 0)
			return 1;
		puts("ready");
		fflush(stdout);
		for (;;)
			pause();
	}
	for (unsigned long i = 0; i < n && r >= 0; i++) {
		r = come_and_go(i);
		if (r < 0)
			printf("# client %lu: %s\n", i, strerror(-r));
	}
	return r < 0;
}
