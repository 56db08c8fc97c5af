/* cc listen.c $(pkg-config --cflags --libs libsystemd) && ./a.out [--user] */
#include <stdio.h>
#include <systemd/sd-bus.h>
static int on_event(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	uint64_t number, onset_ns; uint32_t revision; const char *class; double confidence;

	if (sd_bus_message_read(m, "tutsd", &number, &revision, &onset_ns, &class, &confidence) >= 0)
		printf("event %ju, revision %u: %s (%.2f)\n", (uintmax_t)number, revision, class, confidence);
	return fflush(stdout);
}
int main(int argc, char **argv)
{
	sd_bus *bus;
	if ((argc > 1 ? sd_bus_open_user : sd_bus_open_system)(&bus) < 0 || sd_bus_match_signal(bus,
	    NULL, "org.backpop1", NULL, "org.backpop1.Sensor", "Event", on_event, NULL) < 0)
		return 1;
	while (sd_bus_process(bus, NULL) > 0 || sd_bus_wait(bus, UINT64_MAX) >= 0);
}
