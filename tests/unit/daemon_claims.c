// SPDX-License-Identifier: GPL-2.0-or-later
/* Clients' claims, on a bus that answers when this test lets it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus_claims.h"
#include "bus/bus_error.h"
#include "unit/bus_pair.h"
#include "unit/ktap.h"

#define DBUS	"org.freedesktop.DBus"

static sd_bus *bus, *daemon_end;
static sd_bus_message *match, *question;	/* the last ones, not answered */
static unsigned int n_matches, n_questions, n_removed, told;
static char *rule;
static struct bus_claims claims;

static int keep(sd_bus_message *call, sd_bus_message **kept, unsigned int *n)
{
	sd_bus_message_unref(*kept);
	*kept = sd_bus_message_ref(call);
	++*n;
	return 1;
}

/* The bus's own methods, for its only client. */
static int on_call(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(call), *text;

	(void)userdata;
	(void)error;
	if (!strcmp(member, "Hello"))
		return sd_bus_reply_method_return(call, "s", ":1.1");
	if (!strcmp(member, "AddMatch")) {
		sd_bus_message_read(call, "s", &text);
		free(rule);
		rule = strdup(text);
		return keep(call, &match, &n_matches);
	}
	if (!strcmp(member, "NameHasOwner"))
		return keep(call, &question, &n_questions);
	n_removed += !strcmp(member, "RemoveMatch");
	return sd_bus_reply_method_return(call, NULL);
}

/* Until neither end has anything more to do. */
static void settle(void)
{
	for (int idle = 0; idle < 3;) {
		int a = sd_bus_process(bus, NULL), b = sd_bus_process(daemon_end, NULL);

		idle = a > 0 || b > 0 ? 0 : idle + 1;
	}
}

static void on_changed(void *userdata)
{
	(void)userdata;
	told++;
}

static void begin(void)
{
	bus_pair(&bus, &daemon_end, true);
	sd_bus_add_object(bus, NULL, "/org/freedesktop/DBus", on_call, NULL);
	settle();
	claims = (struct bus_claims){ .bus = daemon_end, .changed = on_changed };
	n_matches = n_questions = n_removed = told = 0;
}

static void end(void)
{
	bus_claims_free(&claims);
	match = sd_bus_message_unref(match);
	question = sd_bus_message_unref(question);
	free(rule);
	rule = NULL;
	sd_bus_close_unref(daemon_end);
	sd_bus_close_unref(bus);
}

/* A call as the bus hands it on. */
static int claim_or_release(const char *sender, const char *sensor, bool release)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *call;
	int r = 0;

	sd_bus_message_new_method_call(daemon_end, &call, "org.backpop1", "/org/backpop1",
				       "org.backpop1.Manager", release ? "Release" : "Claim");
	sd_bus_message_set_sender(call, sender);
	if (release)
		bus_claims_remove(&claims, call, sensor);
	else
		r = bus_claims_add(&claims, call, sensor, &error);
	ktap_check(r != -EBUSY || sd_bus_error_has_name(&error, BUS_ERROR_BUSY), "error %s",
		   error.name);
	sd_bus_error_free(&error);
	sd_bus_message_unref(call);
	return r;
}

static int claim(const char *sender, const char *sensor)
{
	return claim_or_release(sender, sensor, false);
}

static void release(const char *sender, const char *sensor)
{
	claim_or_release(sender, sensor, true);
}

static void say_gone(const char *name)
{
	sd_bus_message *m;

	sd_bus_message_new_signal(bus, &m, "/org/freedesktop/DBus", DBUS, "NameOwnerChanged");
	sd_bus_message_set_sender(m, DBUS);
	sd_bus_message_append(m, "sss", name, name, "");
	sd_bus_send(bus, m, NULL);
	sd_bus_message_unref(m);
	settle();
}

/* sd_bus_track would wait here, for ever. */
static void a_claim_does_not_wait_for_the_bus(void)
{
	begin();
	ktap_check(!claim(":1.7", NULL) && bus_claims_count(&claims) == 1 && told == 1,
		   "%u claims, told %u times", bus_claims_count(&claims), told);
	settle();
	ktap_check(n_matches == 1 && n_questions == 1 && rule && strstr(rule, "arg0=':1.7'") &&
		   strstr(rule, "member='NameOwnerChanged'"), "%u matches, the last %s", n_matches,
		   rule);
	sd_bus_reply_method_return(match, NULL);
	sd_bus_reply_method_return(question, "b", 1);
	settle();
	ktap_check(bus_claims_count(&claims) == 1 && told == 1, "it is there, and has no claim");
	say_gone(":1.8");
	ktap_check(bus_claims_count(&claims) == 1, "another one's going ended it");
	say_gone(":1.7");
	ktap_check(!bus_claims_count(&claims) && told == 2 && n_removed == 1,
		   "it has gone: %u claims, told %u times, %u matches removed",
		   bus_claims_count(&claims), told, n_removed);
	end();
}

/* Before the match was there, so that no signal tells. */
static void a_client_that_has_gone_meanwhile_has_no_claim(void)
{
	begin();
	claim(":1.7", "replay");
	settle();
	sd_bus_reply_method_return(match, NULL);
	settle();
	ktap_check(bus_claims_count_of(&claims, "replay") == 1, "no claim while the bus is asked");
	sd_bus_reply_method_return(question, "b", 0);
	settle();
	ktap_check(!bus_claims_count(&claims) && told == 2, "%u claims, told %u times",
		   bus_claims_count(&claims), told);
	end();
}

static void a_bus_that_takes_no_match_ends_the_claim_alone(void)
{
	begin();
	claim(":1.7", NULL);
	settle();
	sd_bus_reply_method_errorf(match, SD_BUS_ERROR_LIMITS_EXCEEDED, "512 are enough");
	settle();
	ktap_check(!bus_claims_count(&claims) && told == 2 && sd_bus_is_open(daemon_end) > 0,
		   "%u claims, told %u times", bus_claims_count(&claims), told);
	/* Its question is open still. */
	sd_bus_reply_method_return(question, "b", 1);
	settle();
	end();
}

static void each_claim_is_counted_once(void)
{
	begin();
	claim(":1.7", "left");
	claim(":1.7", "left");
	claim(":1.7", NULL);
	claim(":1.8", "right");
	ktap_check(bus_claims_count(&claims) == 2 && bus_claims_count_of(&claims, "left") == 1 &&
		   bus_claims_count_of(&claims, "right") == 2 && told == 3,
		   "%u claims, %u of the left, %u of the right, told %u times",
		   bus_claims_count(&claims), bus_claims_count_of(&claims, "left"),
		   bus_claims_count_of(&claims, "right"), told);
	release(":1.7", "right");
	release(":1.9", NULL);
	ktap_check(told == 3, "nothing was let go, and told");
	release(":1.7", "left");
	ktap_check(bus_claims_count_of(&claims, "left") == 1, "with all it is claimed still");
	release(":1.7", NULL);
	ktap_check(bus_claims_count(&claims) == 1 && !bus_claims_count_of(&claims, "left") &&
		   bus_claims_count_of(&claims, "right") == 1, "%u claims",
		   bus_claims_count(&claims));
	settle();
	ktap_check(n_matches == 2 && n_removed == 1, "%u matches, %u removed", n_matches, n_removed);
	end();
}

static void too_many_are_refused(void)
{
	char name[32];

	begin();
	for (int i = 0; i < BUS_CLAIMS_MAX; i++) {
		snprintf(name, sizeof(name), "sensor%d", i);
		ktap_check(!claim(":1.7", name), "sensor %d is refused", i);
	}
	ktap_check(claim(":1.7", "another") == -EBUSY, "one sensor too many");
	release(":1.7", "sensor5");
	ktap_check(!claim(":1.7", "another") && bus_claims_count_of(&claims, "another") == 1 &&
		   !bus_claims_count_of(&claims, "sensor5"), "a free place is not used");
	release(":1.7", NULL);
	ktap_check(!bus_claims_count(&claims), "%u claims", bus_claims_count(&claims));
	for (int i = 0; i < BUS_CLAIMERS_MAX; i++) {
		snprintf(name, sizeof(name), ":1.%d", i);
		ktap_check(!claim(name, NULL), "client %d is refused", i);
		settle();
	}
	ktap_check(claim(":2.1", NULL) == -EBUSY && !claim(":1.3", "replay"),
		   "one client too many, or one that claims refused");
	end();
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "a_claim_does_not_wait_for_the_bus", a_claim_does_not_wait_for_the_bus },
		{ "a_client_that_has_gone_meanwhile_has_no_claim",
		  a_client_that_has_gone_meanwhile_has_no_claim },
		{ "a_bus_that_takes_no_match_ends_the_claim_alone",
		  a_bus_that_takes_no_match_ends_the_claim_alone },
		{ "each_claim_is_counted_once", each_claim_is_counted_once },
		{ "too_many_are_refused", too_many_are_refused },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
