// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-device.h>

#include "hotplug.h"
#include "hotplug_wait.h"
#include "log.h"

struct hotplug {
	sd_device_monitor *monitor;
	struct hotplug_wait *wait;
	const struct hotplug_ops *ops;
	void *userdata;
};

/* "1-0020": bus and address of an I2C device. */
static int i2c_address(sd_device *dev)
{
	const char *subsystem, *sysname;
	unsigned int bus, address;
	sd_device *parent;
	int end = 0;

	if (sd_device_get_parent(dev, &parent) < 0 ||
	    sd_device_get_subsystem(parent, &subsystem) < 0 || strcmp(subsystem, "i2c") ||
	    sd_device_get_sysname(parent, &sysname) < 0 ||
	    sscanf(sysname, "%u-%4x%n", &bus, &address, &end) != 2 || sysname[end])
		return -1;
	return (int)address;
}

static void report_iio(void *userdata, const struct hotplug_iio *iio)
{
	struct hotplug *h = userdata;

	h->ops->iio_added(h->userdata, iio);
}

/* Is it one of ours? */
static bool describe_iio(sd_device *dev, struct hotplug_iio *iio)
{
	const char *device, *name, *label;

	/* Triggers are IIO devices to udev too; they have other names. */
	if (sd_device_get_sysname(dev, &device) < 0 || strncmp(device, "iio:device", 10) ||
	    sd_device_get_sysattr_value(dev, "name", &name) < 0 || strcmp(name, HOTPLUG_IIO_NAME))
		return false;
	if (sd_device_get_sysattr_value(dev, "label", &label) < 0)
		label = "";
	iio->address = i2c_address(dev);
	snprintf(iio->device, sizeof(iio->device), "%s", device);
	snprintf(iio->name, sizeof(iio->name), "%s", name);
	snprintf(iio->label, sizeof(iio->label), "%s", label);
	return true;
}

static int on_uevent(sd_device_monitor *monitor, sd_device *dev, void *userdata)
{
	struct hotplug *h = userdata;
	const char *subsystem, *device;
	sd_device_action_t action;
	struct hotplug_iio iio;

	(void)monitor;
	if (sd_device_get_action(dev, &action) < 0 ||
	    sd_device_get_subsystem(dev, &subsystem) < 0 ||
	    sd_device_get_sysname(dev, &device) < 0)
		return 0;
	if (!strcmp(subsystem, "gpio")) {
		if (action == SD_DEVICE_ADD || action == SD_DEVICE_REMOVE)
			h->ops->gpio_changed(h->userdata);
	} else if (action == SD_DEVICE_REMOVE) {
		hotplug_wait_remove(h->wait, device);
		h->ops->iio_removed(h->userdata, device);
	} else if (action == SD_DEVICE_ADD && describe_iio(dev, &iio)) {
		/* udev tells when its rules' commands have ended. */
		hotplug_wait_remove(h->wait, device);
		report_iio(h, &iio);
	}
	return 0;
}

/* Devices that udev has not finished with will be announced when it has. */
static int enumerate(struct hotplug *h)
{
	sd_device_enumerator *e = NULL;
	struct hotplug_iio iio;
	const char *syspath;
	int r;

	r = sd_device_enumerator_new(&e);
	if (r >= 0)
		r = sd_device_enumerator_add_match_subsystem(e, "iio", true);
	if (r >= 0) {
		for (sd_device *dev = sd_device_enumerator_get_device_first(e); dev;
		     dev = sd_device_enumerator_get_device_next(e))
			if (sd_device_get_is_initialized(dev) > 0 &&
			    sd_device_get_syspath(dev, &syspath) >= 0 && describe_iio(dev, &iio))
				hotplug_wait_add(h->wait, syspath, &iio);
	}
	sd_device_enumerator_unref(e);
	return r;
}

int hotplug_new(struct hotplug **ret, sd_event *event, const struct hotplug_ops *ops,
		void *userdata)
{
	struct hotplug *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	h->ops = ops;
	h->userdata = userdata;
	r = hotplug_wait_new(&h->wait, event, HOTPLUG_WAIT_US, report_iio, h);
	if (r >= 0)
		r = sd_device_monitor_new(&h->monitor);
	if (r >= 0)
		r = sd_device_monitor_filter_add_match_subsystem_devtype(h->monitor, "iio", NULL);
	if (r >= 0)
		r = sd_device_monitor_filter_add_match_subsystem_devtype(h->monitor, "gpio", NULL);
	if (r >= 0)
		r = sd_device_monitor_attach_event(h->monitor, event);
	if (r >= 0)
		r = sd_device_monitor_start(h->monitor, on_uevent, h);
	if (r >= 0)
		r = enumerate(h);
	if (r < 0) {
		hotplug_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

void hotplug_free(struct hotplug *h)
{
	if (!h)
		return;
	sd_device_monitor_unref(h->monitor);
	hotplug_wait_free(h->wait);
	free(h);
}
