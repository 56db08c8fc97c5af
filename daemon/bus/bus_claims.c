// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bus/bus_claims.h"
#include "bus/bus_error.h"

static void tell(struct bus_claims *c)
{
	if (c->changed)
		c->changed(c->userdata);
}

/* The last client of one claim has gone from the bus, or let go. */
static int on_nobody(sd_bus_track *track, void *userdata)
{
	struct bus_claim *claim = userdata;

	(void)track;
	tell(claim->claims);
	return 1;	/* 0: it would be called again and again */
}

static unsigned int count(sd_bus_track *track)
{
	return track ? sd_bus_track_count(track) : 0;
}

/* The place of a sensor's claims; that of one that nobody claims any more is free. */
static struct bus_claim *find(struct bus_claims *c, const char *sensor, bool make)
{
	struct bus_claim *unused = NULL;

	if (!sensor)
		return &c->all;
	for (size_t i = 0; i < BUS_CLAIMS_MAX; i++) {
		if (!strcmp(c->one[i].sensor, sensor))
			return &c->one[i];
		if (!unused && !count(c->one[i].who))
			unused = &c->one[i];
	}
	if (!make || !unused)
		return NULL;
	snprintf(unused->sensor, sizeof(unused->sensor), "%s", sensor);
	return unused;
}

int bus_claims_add(struct bus_claims *c, sd_bus_message *call, const char *sensor,
		   sd_bus_error *error)
{
	struct bus_claim *claim = find(c, sensor, true);
	int r = 0;

	if (!claim) {
		sd_bus_error_setf(error, BUS_ERROR_BUSY, "%d sensors are claimed by name already",
				  BUS_CLAIMS_MAX);
		return -EBUSY;
	}
	claim->claims = c;
	if (!c->anybody)
		r = sd_bus_track_new(c->bus, &c->anybody, on_nobody, &c->all);
	c->all.claims = c;
	if (r >= 0 && !claim->who)
		r = sd_bus_track_new(c->bus, &claim->who, on_nobody, claim);
	if (r >= 0)
		r = sd_bus_track_add_sender(c->anybody, call);
	if (r >= 0)
		r = sd_bus_track_add_sender(claim->who, call);
	if (r > 0)
		tell(c);
	return r;
}

static bool let_go(sd_bus_track *track, sd_bus_message *call)
{
	return track && sd_bus_track_remove_sender(track, call) > 0;
}

void bus_claims_remove(struct bus_claims *c, sd_bus_message *call, const char *sensor)
{
	struct bus_claim *claim = find(c, sensor, false);
	bool changed = claim && let_go(claim->who, call), left = false;

	for (size_t i = 0; i < BUS_CLAIMS_MAX; i++) {
		if (!sensor)
			changed |= let_go(c->one[i].who, call);
		left |= c->one[i].who && sd_bus_track_count_sender(c->one[i].who, call) > 0;
	}
	left |= c->all.who && sd_bus_track_count_sender(c->all.who, call) > 0;
	if (!left)
		let_go(c->anybody, call);
	if (changed)
		tell(c);
}

unsigned int bus_claims_count(const struct bus_claims *c)
{
	return count(c->anybody);
}

unsigned int bus_claims_count_of(const struct bus_claims *c, const char *sensor)
{
	unsigned int n = count(c->all.who);

	/* Who claims it in both ways counts twice: it is claimed, that is what matters. */
	for (size_t i = 0; i < BUS_CLAIMS_MAX; i++)
		if (!strcmp(c->one[i].sensor, sensor))
			n += count(c->one[i].who);
	return n;
}

void bus_claims_free(struct bus_claims *c)
{
	c->anybody = sd_bus_track_unref(c->anybody);
	c->all.who = sd_bus_track_unref(c->all.who);
	for (size_t i = 0; i < BUS_CLAIMS_MAX; i++)
		c->one[i].who = sd_bus_track_unref(c->one[i].who);
}
