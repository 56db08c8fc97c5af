// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "event_names.h"

typedef const char *(*name_function)(int value);

static const char *class_name(int v) { return bp_class_name((enum bp_class)v); }
static const char *reason_name(int v) { return bp_reason_name((enum bp_reason)v); }
static const char *phase_name(int v) { return bp_breath_phase_name((enum bp_breath_phase)v); }
static const char *movement_name(int v) { return bp_movement_name((enum bp_movement)v); }

static int value_of(const char *name, name_function name_of, int n_values, int unknown)
{
	for (int v = 0; v < n_values; v++)
		if (!strcmp(name, name_of(v)))
			return v;
	return unknown;
}

enum bp_class event_class_of(const char *name)
{
	return (enum bp_class)value_of(name, class_name, BP_CLASS_COUNT, BP_CLASS_UNCLASSIFIED);
}

enum bp_reason event_reason_of(const char *name)
{
	return (enum bp_reason)value_of(name, reason_name, BP_REASON_COUNT, BP_REASON_OTHER);
}

enum bp_breath_phase event_phase_of(const char *name)
{
	return (enum bp_breath_phase)value_of(name, phase_name, BP_BREATH_COUNT, BP_BREATH_UNKNOWN);
}

enum bp_movement event_movement_of(const char *name)
{
	return (enum bp_movement)value_of(name, movement_name, BP_MOVEMENT_COUNT,
					  BP_MOVEMENT_UNKNOWN);
}

bool event_class_known(const char *name)
{
	return value_of(name, class_name, BP_CLASS_COUNT, -1) >= 0;
}
