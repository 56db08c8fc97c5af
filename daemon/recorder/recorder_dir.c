// SPDX-License-Identifier: GPL-2.0-or-later
/* Old recordings: what the settings say of keeping them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "list.h"
#include "log.h"
#include "recorder/recorder_file.h"

#define MAX_FILES	65536
#define MAX_HELD	16

/* Being written, by whichever recorder: the set-up of a sensor is no reason to lose another's. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char held[MAX_HELD][RECORDER_PATH_SIZE];

void recorder_dir_hold(const char *path)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MAX_HELD; i++) {
		if (held[i][0])
			continue;
		snprintf(held[i], sizeof(held[i]), "%s", path);
		break;
	}
	pthread_mutex_unlock(&lock);
}

void recorder_dir_release(const char *path)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MAX_HELD; i++)
		if (!strcmp(held[i], path))
			held[i][0] = '\0';
	pthread_mutex_unlock(&lock);
}

static bool is_held(const char *directory, const char *name)
{
	size_t n = strlen(directory);
	bool is = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < MAX_HELD && !is; i++)
		is = !strncmp(held[i], directory, n) && held[i][n] == '/' &&
		     !strcmp(held[i] + n + 1, name);
	pthread_mutex_unlock(&lock);
	return is;
}

struct recording {
	char *name;
	uint64_t bytes;
	time_t changed;
};

/* "20261128T114113+0100-...edf": what we have named; other files are never touched. */
static bool is_ours(const char *name)
{
	static const char shape[] = "ddddddddTddddddsdddd-";
	size_t n = strlen(name);

	if (n < sizeof(shape) + 3 || strcmp(name + n - 4, ".edf"))
		return false;
	for (size_t i = 0; shape[i]; i++) {
		bool fits = shape[i] == 'd' ? name[i] >= '0' && name[i] <= '9' :
			    shape[i] == 's' ? name[i] == '+' || name[i] == '-' : name[i] == shape[i];

		if (!fits)
			return false;
	}
	return true;
}

static int older_first(const void *a, const void *b)
{
	const struct recording *x = a, *y = b;

	if (x->changed != y->changed)
		return x->changed < y->changed ? -1 : 1;
	return strcmp(x->name, y->name);
}

static size_t list(DIR *dir, struct recording **found, uint64_t *total)
{
	struct recording *grown;
	size_t n = 0;
	struct dirent *de;
	struct stat st;

	while ((de = readdir(dir)) && n < MAX_FILES) {
		if (!is_ours(de->d_name) ||
		    fstatat(dirfd(dir), de->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISREG(st.st_mode))
			continue;
		grown = list_grow(*found, n, sizeof(*grown));
		if (!grown)
			break;
		*found = grown;
		(*found)[n].name = strdup(de->d_name);
		if (!(*found)[n].name)
			break;
		(*found)[n].bytes = (uint64_t)st.st_size;
		(*found)[n++].changed = st.st_mtime;
		*total += (uint64_t)st.st_size;
	}
	return n;
}

void recorder_dir_clean(const struct recorder_settings *s)
{
	struct recording *found = NULL;
	time_t now = time(NULL);
	uint64_t total = 0;
	size_t n;
	DIR *dir;

	if (!s->keep_s && !s->keep_bytes)
		return;
	dir = opendir(s->directory);
	if (!dir && errno == ENOENT)
		return;		/* nothing was ever recorded */
	if (!dir) {
		log_warning("recorder: %s: %s", s->directory, strerror(errno));
		return;
	}
	n = list(dir, &found, &total);
	qsort(found, n, sizeof(*found), older_first);
	for (size_t i = 0; i < n; i++) {
		bool old = s->keep_s && now > found[i].changed &&
			   (uint64_t)(now - found[i].changed) > s->keep_s;
		bool too_many = s->keep_bytes && total > s->keep_bytes;

		if ((old || too_many) && !is_held(s->directory, found[i].name)) {
			if (unlinkat(dirfd(dir), found[i].name, 0) && errno != ENOENT) {
				log_warning("recorder: cannot delete %s/%s: %s", s->directory,
					    found[i].name, strerror(errno));
			} else {
				log_notice("deleted the old recording %s/%s (%s)", s->directory,
					   found[i].name, old ? "KeepTime" : "KeepSize");
				total -= found[i].bytes;
			}
		}
		free(found[i].name);
	}
	free(found);
	closedir(dir);
}
