// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A TAL is "+onset[\x15duration]\x14text\x14[text\x14...]\0"; the first of a
 * record is its time: "+onset\x14\x14\0".
 */
#include "edf_tal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edf_field.h"
#include "utf8.h"

int edf_tal_queue_push(struct edf_tal_queue *q, const struct edf_annotation *a)
{
	size_t i;

	if (q->end == q->room && q->first > q->room / 2) {
		memmove(q->items, q->items + q->first, (q->end - q->first) * sizeof(*q->items));
		q->end -= q->first;
		q->first = 0;
	} else if (q->end == q->room) {
		size_t room = q->room ? 2 * q->room : 16;
		struct edf_annotation *items = realloc(q->items, room * sizeof(*items));

		if (!items)
			return -ENOMEM;
		q->items = items;
		q->room = room;
	}
	/* Files are nearly in order: this moves little. */
	for (i = q->end; i > q->first && q->items[i - 1].onset_s > a->onset_s; i--)
		q->items[i] = q->items[i - 1];
	q->items[i] = *a;
	q->end++;
	return 0;
}

const struct edf_annotation *edf_tal_queue_peek(const struct edf_tal_queue *q)
{
	return q->first < q->end ? &q->items[q->first] : NULL;
}

bool edf_tal_queue_pop(struct edf_tal_queue *q, struct edf_annotation *a)
{
	if (q->first == q->end)
		return false;
	*a = q->items[q->first++];
	return true;
}

void edf_tal_queue_free(struct edf_tal_queue *q)
{
	free(q->items);
	memset(q, 0, sizeof(*q));
}

/* Number up to the separator; the '+' or '-' of an onset is not optional. */
static bool parse_seconds(const unsigned char *p, size_t n, bool is_signed, double *seconds)
{
	if (n == 0 || (is_signed && p[0] != '+' && p[0] != '-'))
		return false;
	if (memchr(p, ' ', n))
		return false;
	/* 3 million years: beyond that ns do not fit into 64 bit. */
	return edf_parse_number((const char *)p, n, seconds) && fabs(*seconds) < 9e9;
}

/* One TAL without its '\0'. Return 1 = it keeps time, 0 = not, -EBADMSG, -ENOMEM. */
static int parse_one(struct edf_tal_queue *q, const unsigned char *p, size_t n, double *onset_s)
{
	struct edf_annotation a = { .duration_s = NAN };
	const unsigned char *text, *end, *mark;
	bool keeps_time;

	if (n == 0 || p[n - 1] != EDF_TAL_TEXT)
		return -EBADMSG;
	text = memchr(p, EDF_TAL_TEXT, n);
	mark = memchr(p, EDF_TAL_DURATION, (size_t)(text - p));
	if (!parse_seconds(p, (size_t)((mark ? mark : text) - p), true, &a.onset_s))
		return -EBADMSG;
	if (mark && !parse_seconds(mark + 1, (size_t)(text - mark - 1), false, &a.duration_s))
		return -EBADMSG;

	keeps_time = text + 1 < p + n && text[1] == EDF_TAL_TEXT && !mark;
	for (text++; text < p + n; text = end + 1) {
		end = memchr(text, EDF_TAL_TEXT, (size_t)(p + n - text));
		if (end == text)
			continue;
		utf8_copy(a.text, sizeof(a.text), text, (size_t)(end - text));
		if (edf_tal_queue_push(q, &a))
			return -ENOMEM;
	}
	if (keeps_time && onset_s)
		*onset_s = a.onset_s;
	return keeps_time && onset_s;
}

int edf_tal_parse(struct edf_tal_queue *q, const unsigned char *p, size_t n, double *onset_s,
		  size_t *bad)
{
	const unsigned char *end;
	int found = 0;

	for (size_t i = 0; i < n; i = (size_t)(end - p) + 1) {
		int ret;

		if (p[i] == '\0') {
			end = p + i;
			continue;
		}
		end = memchr(p + i, '\0', n - i);
		if (!end) {
			(*bad)++;
			break;
		}
		ret = parse_one(q, p + i, (size_t)(end - p) - i, i == 0 ? onset_s : NULL);
		if (ret == -ENOMEM)
			return ret;
		if (ret < 0)
			(*bad)++;
		else
			found |= ret;
	}
	return found;
}

size_t edf_tal_format(char *out, const struct edf_annotation *a)
{
	char seconds[32];
	size_t n = 0;

	edf_format_seconds(seconds, sizeof(seconds), a->onset_s);
	n += (size_t)snprintf(out, EDF_TAL_MAX, "%s%s", seconds[0] == '-' ? "" : "+", seconds);
	if (!isnan(a->duration_s)) {
		edf_format_seconds(seconds, sizeof(seconds), a->duration_s);
		n += (size_t)snprintf(out + n, EDF_TAL_MAX - n, "\x15%s", seconds);
	}
	n += (size_t)snprintf(out + n, EDF_TAL_MAX - n, "\x14%s\x14", a->text);
	return n + 1;
}
