// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "gpio/settle.h"

bool settle_update(struct settle *s, const struct bp_event *ev)
{
	unsigned int i;

	for (i = 0; i < s->n && s->open[i].number != ev->number; i++)
		;
	if (i < s->n) {
		s->open[i].class_ = ev->class_;
		s->open[i].confidence = ev->confidence;
		return true;
	}
	if (ev->revision)
		return true;
	if (s->n == SETTLE_MAX)
		return false;
	s->open[s->n].number = ev->number;
	s->open[s->n].class_ = ev->class_;
	s->open[s->n].confidence = ev->confidence;
	s->open[s->n].due_ns = ev->onset_ns + SETTLE_NS;
	s->n++;
	return true;
}

bool settle_next(struct settle *s, int64_t now_ns, enum bp_class *class_, float *confidence)
{
	for (unsigned int i = 0; i < s->n; i++) {
		if (s->open[i].due_ns > now_ns)
			continue;
		*class_ = s->open[i].class_;
		*confidence = s->open[i].confidence;
		s->n--;
		memmove(&s->open[i], &s->open[i + 1], (s->n - i) * sizeof(s->open[0]));
		return true;
	}
	return false;
}
