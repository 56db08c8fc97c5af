// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All recorders as one: the session that runs for each of them, and who goes on when a
 * sensor that was unplugged while it recorded comes back.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "recorder/recorder_state.h"

#define MAX_UNPLUGGED	16
#define CLEAN_STACK	65536

/* All there are, and those whose sensor was unplugged while they ran. */
static struct recorder *all;
static struct {
	char id[64];
	struct recorder_person who;
} unplugged[MAX_UNPLUGGED];
static bool session_runs;
static struct recorder_person session_person;

static void remember(const struct recorder *r)
{
	for (size_t i = 0; i < MAX_UNPLUGGED; i++) {
		if (unplugged[i].id[0])
			continue;
		strcpy(unplugged[i].id, r->id);
		unplugged[i].who = r->who;
		return;
	}
}

static bool recall(struct recorder *r)
{
	for (size_t i = 0; i < MAX_UNPLUGGED; i++) {
		if (strcmp(unplugged[i].id, r->id))
			continue;
		r->who = unplugged[i].who;
		unplugged[i].id[0] = '\0';
		return true;
	}
	return false;
}

void recorder_all_add(struct recorder *r)
{
	r->wanted = recall(r);
	r->next = all;
	all = r;
}

void recorder_all_remove(struct recorder *r)
{
	for (struct recorder **p = &all; *p; p = &(*p)->next) {
		if (*p == r) {
			*p = r->next;
			break;
		}
	}
	if (r->wanted || r->state != RECORDER_OFF)
		remember(r);
}

const struct recorder_person *recorder_all_session(void)
{
	return session_runs ? &session_person : NULL;
}

void recorder_set_settings_all(const struct recorder_settings *s)
{
	for (struct recorder *r = all; r; r = r->next)
		recorder_set_settings(r, s);
}

void recorder_set_session(const struct recorder_person *who)
{
	bool ended = session_runs && !who;

	session_runs = who;
	if (who)
		session_person = *who;
	for (struct recorder *r = all; r; r = r->next) {
		r->wanted = false;
		if (r->settings.when == RECORDER_NEVER || !r->has_source || (!who && !ended))
			continue;
		/* Two people in one file would be one too many. */
		recorder_stop(r);
		if (who || r->settings.when == RECORDER_ALWAYS)
			recorder_start(r, who);
	}
	if (ended)
		memset(unplugged, 0, sizeof(unplugged));
}

void recorder_annotate_all(int64_t t_ns, double duration_s, const char *text)
{
	for (struct recorder *r = all; r; r = r->next)
		recorder_annotate(r, t_ns, duration_s, text);
}

void recorder_clock_set(void)
{
	for (struct recorder *r = all; r; r = r->next)
		if (r->state == RECORDER_RECORDING)
			r->rotate = true;
}

static void *clean(void *settings)
{
	recorder_dir_clean(settings);
	free(settings);
	return NULL;
}

/* A directory of thousands of files on a card takes longer than an event may wait. */
void recorder_clean(const struct recorder_settings *s)
{
	struct recorder_settings *copy;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	if (!s->keep_s && !s->keep_bytes)
		return;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return;
	*copy = *s;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, CLEAN_STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	error = pthread_create(&thread, &attr, clean, copy);
	pthread_attr_destroy(&attr);
	if (!error)
		return;
	log_warning("recorder: old recordings are not looked at: %s", strerror(error));
	free(copy);
}
