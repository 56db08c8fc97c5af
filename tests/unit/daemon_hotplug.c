// SPDX-License-Identifier: GPL-2.0-or-later
/* A device that udev has named and not yet handed over: on a directory in place of sysfs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hotplug_wait.h"
#include "unit/ktap.h"

#define NOBODY	65534
#define LOOK_US	2000

static char root[] = "/tmp/daemon_hotplug.XXXXXX";
static sd_event *event;
static struct hotplug_wait *waits;
static struct hotplug_iio got;
static int calls;

static void on_ready(void *userdata, const struct hotplug_iio *dev)
{
	(void)userdata;
	got = *dev;
	calls++;
}

/* What the rule's last command does; the file is not ours, as in sysfs. */
static void hand_over(bool yes)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" HOTPLUG_LAST_ATTRIBUTE, root);
	/* Root may write whatever the mode says. */
	if (!getuid() && seteuid(0))
		perror("seteuid");
	if (chmod(path, yes ? 0666 : 0444))
		perror(path);
	if (!getuid() && seteuid(NOBODY))
		perror("seteuid");
}

static void begin(void)
{
	calls = 0;
	memset(&got, 0, sizeof(got));
	sd_event_new(&event);
	hotplug_wait_new(&waits, event, LOOK_US, on_ready, NULL);
}

static void end(void)
{
	hotplug_wait_free(waits);
	event = sd_event_unref(event);
}

static const struct hotplug_iio device = { .device = "iio:device3", .name = HOTPLUG_IIO_NAME,
					   .label = "spine", .address = 0x20 };

/* Run the loop for @looks of the wait's, or until it has called. */
static void look(int looks)
{
	for (int i = 0; i < looks && !calls; i++)
		sd_event_run(event, 4 * LOOK_US);
}

static void one_that_is_ready_is_told_at_once(void)
{
	begin();
	hand_over(true);
	hotplug_wait_add(waits, root, &device);
	ktap_check(calls == 1 && !strcmp(got.device, "iio:device3") && got.address == 0x20 &&
		   !strcmp(got.label, "spine"), "calls %d, %s", calls, got.device);
	end();
}

static void one_that_is_not_is_told_when_it_is(void)
{
	begin();
	hand_over(false);
	hotplug_wait_add(waits, root, &device);
	look(3);
	ktap_check(!calls, "told %d times before udev had finished", calls);
	hand_over(true);
	look(3);
	ktap_check(calls == 1 && !strcmp(got.device, "iio:device3"), "calls %d, %s", calls, got.device);
	calls = 0;
	look(2);
	ktap_check(!calls, "told again");
	end();
}

/* Somebody without our rules is told why it does not work by the attempt, not by silence. */
static void one_that_never_is_is_told_in_the_end(void)
{
	begin();
	hand_over(false);
	hotplug_wait_add(waits, root, &device);
	look(HOTPLUG_WAIT_LOOKS - 2);
	ktap_check(!calls, "told after less than %d looks", HOTPLUG_WAIT_LOOKS);
	look(4);
	ktap_check(calls == 1, "calls %d", calls);
	end();
}

static void one_that_goes_or_is_announced_is_waited_for_no_longer(void)
{
	begin();
	hand_over(false);
	hotplug_wait_add(waits, root, &device);
	look(2);
	hotplug_wait_remove(waits, "iio:device3");
	hand_over(true);
	look(3);
	ktap_check(!calls, "told %d times", calls);
	end();
}

static void what_is_wrong_otherwise_is_for_the_opener(void)
{
	begin();
	hotplug_wait_add(waits, "/nowhere", &device);
	ktap_check(calls == 1, "calls %d", calls);
	end();
}

static void more_than_there_is_room_for_are_told_at_once(void)
{
	begin();
	hand_over(false);
	for (int i = 0; i <= HOTPLUG_WAIT_MAX; i++)
		hotplug_wait_add(waits, root, &device);
	ktap_check(calls == 1, "calls %d, expected 1", calls);
	end();
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "one_that_is_ready_is_told_at_once", one_that_is_ready_is_told_at_once },
		{ "one_that_is_not_is_told_when_it_is", one_that_is_not_is_told_when_it_is },
		{ "one_that_never_is_is_told_in_the_end", one_that_never_is_is_told_in_the_end },
		{ "one_that_goes_or_is_announced_is_waited_for_no_longer",
		  one_that_goes_or_is_announced_is_waited_for_no_longer },
		{ "what_is_wrong_otherwise_is_for_the_opener",
		  what_is_wrong_otherwise_is_for_the_opener },
		{ "more_than_there_is_room_for_are_told_at_once",
		  more_than_there_is_room_for_are_told_at_once },
	};
	char path[128], *slash;
	int fd, ret;

	if (!mkdtemp(root) || chmod(root, 0755))
		return 1;
	snprintf(path, sizeof(path), "%s/" HOTPLUG_LAST_ATTRIBUTE, root);
	slash = strrchr(path, '/');
	*slash = '\0';
	mkdir(path, 0755);
	*slash = '/';
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0444);
	if (fd < 0)
		return 1;
	close(fd);
	ret = ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
	if (!getuid() && seteuid(0))
		return 1;
	unlink(path);
	*slash = '\0';
	rmdir(path);
	rmdir(root);
	return ret;
}
