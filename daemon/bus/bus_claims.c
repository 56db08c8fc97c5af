// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether a client is still there the bus tells: sd_bus_track would ask it and wait for the
 * answer, while samples wait for us.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus_claims.h"
#include "bus/bus_error.h"
#include "log.h"

#define DBUS_NAME	"org.freedesktop.DBus"
#define DBUS_PATH	"/org/freedesktop/DBus"

static void tell(struct bus_claims *c)
{
	if (c->changed)
		c->changed(c->userdata);
}

/* ---- clients -------------------------------------------------------------- */

static struct bus_claimer *find_client(const struct bus_claims *c, const char *name)
{
	struct bus_claimer *client = c->who;

	while (client && strcmp(client->name, name))
		client = client->next;
	return client;
}

static void forget(struct bus_claimer *client)
{
	struct bus_claimer **link = &client->claims->who;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	sd_bus_slot_unref(client->gone);
	sd_bus_slot_unref(client->there);
	free(client);
}

static void has_gone(struct bus_claimer *client)
{
	struct bus_claims *c = client->claims;

	forget(client);
	tell(c);
}

static int on_owner_changed(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *name, *before, *now;
	int r = sd_bus_message_read(m, "sss", &name, &before, &now);

	(void)error;
	if (r < 0)
		return r;
	/* A unique name is never given to another. */
	has_gone(userdata);
	return 0;
}

static int on_match(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct bus_claimer *client = userdata;

	(void)error;
	if (!sd_bus_message_is_method_error(reply, NULL))
		return 0;
	log_warning("the bus does not tell when %s goes, its claim ends: %s", client->name,
		 sd_bus_message_get_error(reply)->message);
	has_gone(client);
	return 0;
}

/* It may have gone before the match was there. */
static int on_there(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	struct bus_claimer *client = userdata;
	int there;

	(void)error;
	client->there = sd_bus_slot_unref(client->there);
	if (sd_bus_message_read(reply, "b", &there) >= 0 && !there)
		has_gone(client);
	return 0;
}

static int watch(struct bus_claimer *client)
{
	sd_bus *bus = client->claims->bus;
	char match[512];
	int r;

	snprintf(match, sizeof(match), "type='signal',sender='" DBUS_NAME "',path='" DBUS_PATH "',"
		 "interface='" DBUS_NAME "',member='NameOwnerChanged',arg0='%s'", client->name);
	r = sd_bus_add_match_async(bus, &client->gone, match, on_owner_changed, on_match, client);
	/* The bus answers in the order of the questions. */
	if (r >= 0)
		r = sd_bus_call_method_async(bus, &client->there, DBUS_NAME, DBUS_PATH, DBUS_NAME,
					     "NameHasOwner", on_there, client, "s", client->name);
	return r < 0 ? r : 0;
}

static int add_client(struct bus_claims *c, const char *name, struct bus_claimer **client)
{
	struct bus_claimer *new = calloc(1, sizeof(*new) + strlen(name) + 1);
	int r;

	if (!new)
		return -ENOMEM;
	strcpy(new->name, name);
	new->claims = c;
	new->next = c->who;
	c->who = new;
	r = watch(new);
	if (r < 0)
		forget(new);
	else
		*client = new;
	return r;
}

/* ---- claims --------------------------------------------------------------- */

static uint64_t claimed(const struct bus_claims *c)
{
	uint64_t what = 0;

	for (const struct bus_claimer *client = c->who; client; client = client->next)
		what |= client->what;
	return what;
}

/* The bit of a sensor, 0 = nobody claims it by name. */
static uint64_t bit_of(const struct bus_claims *c, const char *sensor)
{
	uint64_t what = claimed(c);

	for (int i = 0; i < BUS_CLAIMS_MAX; i++)
		if (what & (uint64_t)1 << i && !strcmp(c->sensor[i], sensor))
			return (uint64_t)1 << i;
	return 0;
}

/* The bit of a free place, 0 = there is none. */
static uint64_t take_place(struct bus_claims *c, const char *sensor)
{
	uint64_t what = claimed(c);

	for (int i = 0; i < BUS_CLAIMS_MAX; i++) {
		if (what & (uint64_t)1 << i)
			continue;
		snprintf(c->sensor[i], sizeof(c->sensor[i]), "%s", sensor);
		return (uint64_t)1 << i;
	}
	return 0;
}

int bus_claims_add(struct bus_claims *c, sd_bus_message *call, const char *sensor,
		   sd_bus_error *error)
{
	const char *name = sd_bus_message_get_sender(call);
	struct bus_claimer *client = name ? find_client(c, name) : NULL;
	uint64_t bit = sensor ? bit_of(c, sensor) : BUS_CLAIMS_ALL;
	int r;

	if (!name)
		return -EINVAL;
	if (!bit)
		bit = take_place(c, sensor);
	if (!bit) {
		sd_bus_error_setf(error, BUS_ERROR_BUSY, "%d sensors are claimed by name already",
				  BUS_CLAIMS_MAX);
		return -EBUSY;
	}
	if (!client && bus_claims_count(c) == BUS_CLAIMERS_MAX) {
		sd_bus_error_setf(error, BUS_ERROR_BUSY, "%d clients claim already",
				  BUS_CLAIMERS_MAX);
		return -EBUSY;
	}
	if (!client) {
		r = add_client(c, name, &client);
		if (r < 0)
			return r;
	}
	if (!(client->what & bit)) {
		client->what |= bit;
		tell(c);
	}
	return 0;
}

void bus_claims_remove(struct bus_claims *c, sd_bus_message *call, const char *sensor)
{
	const char *name = sd_bus_message_get_sender(call);
	struct bus_claimer *client = name ? find_client(c, name) : NULL;
	uint64_t bits = sensor ? bit_of(c, sensor) : UINT64_MAX;

	if (!client || !(client->what & bits))
		return;
	client->what &= ~bits;
	if (!client->what)
		forget(client);
	tell(c);
}

static unsigned int count(const struct bus_claims *c, uint64_t bits)
{
	unsigned int n = 0;

	for (const struct bus_claimer *client = c->who; client; client = client->next)
		n += !!(client->what & bits);
	return n;
}

unsigned int bus_claims_count(const struct bus_claims *c)
{
	return count(c, UINT64_MAX);
}

unsigned int bus_claims_count_of(const struct bus_claims *c, const char *sensor)
{
	return count(c, BUS_CLAIMS_ALL | bit_of(c, sensor));
}

void bus_claims_free(struct bus_claims *c)
{
	while (c->who)
		forget(c->who);
}
