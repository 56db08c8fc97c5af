/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices that come and go, as udev tells: our IIO devices, and GPIO chips. */
#ifndef BACKPOP_HOTPLUG_H
#define BACKPOP_HOTPLUG_H

#include <systemd/sd-event.h>

#define HOTPLUG_IIO_NAME	"st1vafe3bx"	/* attribute `name` of our devices */

/**
 * struct hotplug_iio - one of our devices
 * @device:	"iio:deviceN"
 * @name:	attribute `name`
 * @label:	attribute `label`, what the board calls it; "" = nothing
 * @address:	on its I2C bus; -1 = it is on none
 */
struct hotplug_iio {
	char device[64];
	char name[64];
	char label[64];
	int address;
};

/**
 * struct hotplug_ops - what the owner wants to hear
 * @iio_added:		may repeat one that is known
 * @iio_removed:	any IIO device, ours or not
 * @gpio_changed:	a GPIO chip came or went
 */
struct hotplug_ops {
	void (*iio_added)(void *userdata, const struct hotplug_iio *dev);
	void (*iio_removed)(void *userdata, const char *device);
	void (*gpio_changed)(void *userdata);
};

struct hotplug;

/**
 * hotplug_new() - start listening, then report what is there already
 *
 * Return: 0 or a negative errno.
 */
int hotplug_new(struct hotplug **h, sd_event *event, const struct hotplug_ops *ops,
		void *userdata);
void hotplug_free(struct hotplug *h);

#endif
