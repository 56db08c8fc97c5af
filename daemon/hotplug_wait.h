/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that udev has not handed over yet.  It marks a device as initialised before it
 * runs the commands of its rules; one that is found in that moment is not ours to write to.
 */
#ifndef BACKPOP_HOTPLUG_WAIT_H
#define BACKPOP_HOTPLUG_WAIT_H

#include "hotplug.h"

/*
 * Of what udev/85-backpop.rules hands over, this attribute comes last: who may write it
 * has all.
 */
#define HOTPLUG_LAST_ATTRIBUTE	"buffer/enable"
#define HOTPLUG_WAIT_US		50000u
#define HOTPLUG_WAIT_LOOKS	100	/* then it is tried all the same, and says what is wrong */
#define HOTPLUG_WAIT_MAX	16	/* devices; one more is not waited for */

struct hotplug_wait;

/*
 * @look_us: between two looks; HOTPLUG_WAIT_US
 * @ready: the wait is over
 *
 * Return: 0 or a negative errno.
 */
int hotplug_wait_new(struct hotplug_wait **w, sd_event *event, uint64_t look_us,
		     void (*ready)(void *userdata, const struct hotplug_iio *dev), void *userdata);
void hotplug_wait_free(struct hotplug_wait *w);

/* Call ready() when the device at @syspath may be written, which can be at once. */
void hotplug_wait_add(struct hotplug_wait *w, const char *syspath, const struct hotplug_iio *dev);
/* udev has told of it itself, or it has gone: no longer waited for. */
void hotplug_wait_remove(struct hotplug_wait *w, const char *device);

#endif
