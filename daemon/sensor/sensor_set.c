// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "sensor/sensor_set.h"

bool sensor_set_names(const char *word, const struct hotplug_iio *dev)
{
	char *end;
	unsigned long address = strtoul(word, &end, 16);

	if (!strncmp(word, "0x", 2) && end > word + 2 && !*end)
		return dev->address >= 0 && address == (unsigned long)dev->address;
	return !strcmp(word, dev->device) || (dev->label[0] && !strcmp(word, dev->label));
}

static struct sensor_live **find_live(struct sensor_set *set, const char *device)
{
	for (size_t i = 0; i < SENSOR_SET_MAX; i++)
		if (set->live[i] && sensor_live_has(set->live[i], device))
			return &set->live[i];
	return NULL;
}

static struct sensor_live *add_live(struct sensor_set *set, const char *id, const char *name,
				    bool pair)
{
	for (size_t i = 0; i < SENSOR_SET_MAX; i++) {
		int r;

		if (set->live[i])
			continue;
		r = sensor_live_new(&set->live[i], set->env, id, name, pair);
		if (r >= 0)
			return set->live[i];
		set->live[i] = NULL;
		log_error("%s: %s", id, strerror(-r));
		return NULL;
	}
	log_error("%s: left out, %d sensors are running", id, SENSOR_SET_MAX);
	return NULL;
}

static void free_live(struct sensor_set *set, struct sensor_live **slot)
{
	if (*slot == set->pair)
		set->pair = NULL;
	sensor_live_free(*slot);
	*slot = NULL;
}

/* Which leg of the pair the device is, or -1. */
static int pair_leg(const struct sensor_set *set, const struct hotplug_iio *dev)
{
	const struct config *cfg = set->env->cfg;

	for (int i = 0; i < 2; i++)
		if (cfg->pair[i][0] && sensor_set_names(cfg->pair[i], dev))
			return i;
	return -1;
}

/* Give a device to its sensor. */
static void use(struct sensor_set *set, const struct hotplug_iio *dev)
{
	int leg = pair_leg(set, dev);
	struct sensor_live *l;

	/* Another machine's sensor was asked for. */
	if (set->env->cfg->uri[0] || find_live(set, dev->device))
		return;
	/* A label given twice, or two buses with a chip at the same address. */
	if (leg >= 0 && set->pair && sensor_live_leg(set->pair, (unsigned int)leg)) {
		log_warning("%s: Pair=%s is %s already: this is a sensor of its own", dev->device,
			    set->env->cfg->pair[leg],
			    sensor_live_leg(set->pair, (unsigned int)leg));
		leg = -1;
	}
	if (leg < 0) {
		l = add_live(set, dev->device, dev->name, false);
		leg = 0;
	} else {
		if (!set->pair)
			set->pair = add_live(set, "pair", dev->name, true);
		l = set->pair;
	}
	if (l)
		sensor_live_attach(l, (unsigned int)leg, dev->device);
}

void sensor_set_add(struct sensor_set *set, const struct hotplug_iio *dev)
{
	/* `udevadm trigger` announces what is known already; a stream must not suffer. */
	for (size_t i = 0; i < set->n_devices; i++)
		if (!strcmp(set->devices[i].device, dev->device))
			return;
	log_info("%s: %s has come", dev->device, dev->name);
	if (set->n_devices == SENSOR_SET_MAX) {
		log_error("%s: left out, %d devices are here", dev->device, SENSOR_SET_MAX);
		return;
	}
	set->devices[set->n_devices++] = *dev;
	use(set, dev);
}

void sensor_set_remove(struct sensor_set *set, const char *device)
{
	struct sensor_live **slot = find_live(set, device);

	for (size_t i = 0; i < set->n_devices; i++) {
		if (strcmp(set->devices[i].device, device))
			continue;
		log_info("%s: has gone", device);
		set->devices[i] = set->devices[--set->n_devices];
		break;
	}
	if (slot && !sensor_live_detach(*slot, device))
		free_live(set, slot);
}

void sensor_set_add_remote(struct sensor_set *set)
{
	const struct config *cfg = set->env->cfg;
	struct sensor_live *l;

	if (!cfg->uri[0])
		return;
	if (cfg->pair[0][0]) {
		l = set->pair = add_live(set, "pair", HOTPLUG_IIO_NAME, true);
		if (!l)
			return;
		sensor_live_attach(l, 0, cfg->pair[0]);
		sensor_live_attach(l, 1, cfg->pair[1]);
	} else {
		l = add_live(set, "remote", HOTPLUG_IIO_NAME, false);
		if (l)
			sensor_live_attach(l, 0, HOTPLUG_IIO_NAME);
	}
}

void sensor_set_reload(struct sensor_set *set, const struct config *old)
{
	const struct config *cfg = set->env->cfg;

	if (set->replay)
		return;
	if (!strcmp(cfg->uri, old->uri) && !strcmp(cfg->pair[0], old->pair[0]) &&
	    !strcmp(cfg->pair[1], old->pair[1])) {
		sensor_set_restart(set);
		return;
	}
	for (size_t i = 0; i < SENSOR_SET_MAX; i++)
		if (set->live[i])
			free_live(set, &set->live[i]);
	sensor_set_add_remote(set);
	for (size_t i = 0; i < set->n_devices; i++)
		use(set, &set->devices[i]);
}

void sensor_set_pause(struct sensor_set *set)
{
	for (size_t i = 0; i < SENSOR_SET_MAX; i++)
		if (set->live[i])
			sensor_live_pause(set->live[i]);
}

void sensor_set_restart(struct sensor_set *set)
{
	for (size_t i = 0; i < SENSOR_SET_MAX; i++)
		if (set->live[i])
			sensor_live_restart(set->live[i]);
}

bool sensor_set_idle(const struct sensor_set *set)
{
	for (size_t i = 0; i < SENSOR_SET_MAX; i++)
		if (set->live[i])
			return false;
	return !set->replay;
}

bool sensor_set_progress(struct sensor_set *set)
{
	bool all = true;

	for (size_t i = 0; i < SENSOR_SET_MAX; i++)
		if (set->live[i] && !sensor_live_progress(set->live[i]))
			all = false;
	return all;
}

static int describe_one(const struct sensor *s, char *text, size_t size)
{
	return snprintf(text, size, "%s %s, %s, %llu events, %llu samples lost", s->device,
			s->bus.state, s->bus.mode, (unsigned long long)s->bus.events,
			(unsigned long long)s->bus.samples_lost);
}

void sensor_set_describe(const struct sensor_set *set, char *line, size_t size)
{
	size_t n = 0;

	snprintf(line, size, "waiting for a sensor");
	if (set->replay)
		describe_one(sensor_replay_sensor(set->replay), line, size);
	for (size_t i = 0; i < SENSOR_SET_MAX && n + 2 < size; i++) {
		if (!set->live[i])
			continue;
		if (n)
			n += (size_t)snprintf(line + n, size - n, "; ");
		n += (size_t)describe_one(sensor_live_sensor(set->live[i]), line + n, size - n);
	}
}

void sensor_set_free(struct sensor_set *set)
{
	for (size_t i = 0; i < SENSOR_SET_MAX; i++)
		if (set->live[i])
			free_live(set, &set->live[i]);
	if (set->replay)
		sensor_replay_free(set->replay);
	set->replay = NULL;
}
