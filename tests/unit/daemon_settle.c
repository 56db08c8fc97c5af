// SPDX-License-Identifier: GPL-2.0-or-later
/* Events held back until they can no longer be withdrawn. */
#include "gpio/settle.h"
#include "unit/ktap.h"

#define S	1000000000LL

static struct bp_event event(uint32_t number, uint32_t revision, int64_t onset_ns,
			     enum bp_class class_)
{
	return (struct bp_event) {
		.number = number, .revision = revision, .onset_ns = onset_ns, .class_ = class_,
	};
}

static void handed_out_at_its_time_once(void)
{
	struct settle s = { 0 };
	struct bp_event ev = event(1, 0, S, BP_CLASS_CAVITATION);
	enum bp_class c;
	float sure;

	ktap_check(settle_update(&s, &ev), "not taken");
	ktap_check(!settle_next(&s, S + SETTLE_NS - 1, &c, &sure), "too early");
	ktap_check(settle_next(&s, S + SETTLE_NS, &c, &sure), "not handed out");
	ktap_check(c == BP_CLASS_CAVITATION, "class %d", c);
	ktap_check(!settle_next(&s, 100 * S, &c, &sure), "handed out twice");
}

static void revisions_change_the_class_in_time_only(void)
{
	struct settle s = { 0 };
	struct bp_event first = event(1, 0, S, BP_CLASS_CAVITATION);
	struct bp_event withdrawn = event(1, 1, S, BP_CLASS_ARTEFACT);
	struct bp_event late = event(1, 2, S, BP_CLASS_SNAP);
	enum bp_class c;
	float sure;

	settle_update(&s, &first);
	settle_update(&s, &withdrawn);
	ktap_check(settle_next(&s, 2 * S, &c, &sure) && c == BP_CLASS_ARTEFACT,
		   "expected the withdrawn event");
	settle_update(&s, &late);
	ktap_check(!settle_next(&s, 3 * S, &c, &sure), "a late revision came back as an event");
}

static void an_event_told_late_is_due_at_once(void)
{
	struct settle s = { 0 };
	struct bp_event ev = event(7, 0, S, BP_CLASS_CREPITUS);
	enum bp_class c;
	float sure;

	settle_update(&s, &ev);
	ktap_check(settle_next(&s, 2 * S, &c, &sure) && c == BP_CLASS_CREPITUS, "not handed out");
}

static void more_than_fit_are_refused_not_mixed_up(void)
{
	struct settle s = { 0 };
	struct bp_event ev;
	enum bp_class c;
	float sure;
	unsigned int n = 0;

	for (uint32_t i = 1; i <= SETTLE_MAX; i++) {
		ev = event(i, 0, S + i, BP_CLASS_SNAP);
		ktap_check(settle_update(&s, &ev), "event %u not taken", i);
	}
	ev = event(SETTLE_MAX + 1, 0, S, BP_CLASS_SNAP);
	ktap_check(!settle_update(&s, &ev), "taken beyond the limit");
	ev = event(3, 1, S, BP_CLASS_ARTEFACT);
	ktap_check(settle_update(&s, &ev), "a revision needs no room");
	while (settle_next(&s, 2 * S, &c, &sure)) {
		n++;
		ktap_check((c == BP_CLASS_ARTEFACT) == (n == 3), "event %u has class %d", n, c);
	}
	ktap_check(n == SETTLE_MAX, "handed out %u, expected %d", n, SETTLE_MAX);
}

int main(void)
{
	static const struct ktap_test tests[] = {
		{ "handed_out_at_its_time_once", handed_out_at_its_time_once },
		{ "revisions_change_the_class_in_time_only",
		  revisions_change_the_class_in_time_only },
		{ "an_event_told_late_is_due_at_once", an_event_told_late_is_due_at_once },
		{ "more_than_fit_are_refused_not_mixed_up",
		  more_than_fit_are_refused_not_mixed_up },
	};

	return ktap_run(tests, sizeof(tests) / sizeof(tests[0]));
}
