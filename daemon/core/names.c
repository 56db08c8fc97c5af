// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of the enumerations, as in the D-Bus API and the JSON lines. */
#include "core/core.h"
#include "core/trace.h"

static const char *const class_names[BP_CLASS_COUNT] = {
	[BP_CLASS_UNCLASSIFIED] = "unclassified",
	[BP_CLASS_CAVITATION] = "cavitation",
	[BP_CLASS_SNAP] = "snap",
	[BP_CLASS_CREPITUS] = "crepitus",
	[BP_CLASS_LUNG_CRACKLE] = "lung_crackle",
	[BP_CLASS_ARTEFACT] = "artefact",
};

static const char *const reason_names[BP_REASON_COUNT] = {
	[BP_REASON_NONE] = "none",
	[BP_REASON_TAP] = "tap",
	[BP_REASON_STEP] = "step",
	[BP_REASON_COUGH] = "cough",
	[BP_REASON_SPEECH] = "speech",
	[BP_REASON_RUB] = "rub",
	[BP_REASON_KNOCK] = "knock",
	[BP_REASON_MAINS] = "mains",
	[BP_REASON_CLIP] = "clip",
	[BP_REASON_OTHER] = "other",
};

static const char *const phase_names[BP_BREATH_COUNT] = {
	[BP_BREATH_UNKNOWN] = "unknown",
	[BP_BREATH_INHALE] = "inhale",
	[BP_BREATH_EXHALE] = "exhale",
	[BP_BREATH_HOLD] = "hold",
};

static const char *const movement_names[BP_MOVEMENT_COUNT] = {
	[BP_MOVEMENT_UNKNOWN] = "unknown",
	[BP_MOVEMENT_NONE] = "none",
	[BP_MOVEMENT_TWIST] = "twist",
	[BP_MOVEMENT_BEND] = "bend",
	[BP_MOVEMENT_WALK] = "walk",
	[BP_MOVEMENT_OTHER] = "other",
};

static const char *const look_names[BP_LOOK_COUNT] = {
	[BP_LOOK_FREE] = "free",
	[BP_LOOK_FIND] = "find",
	[BP_LOOK_FIRST] = "first",
	[BP_LOOK_DOUBT] = "doubt",
	[BP_LOOK_MIDDLE] = "middle",
	[BP_LOOK_LAST] = "last",
	[BP_LOOK_TRAIN] = "train",
};

static const char *const outcome_names[BP_OUTCOME_COUNT] = {
	[BP_KEPT] = "kept",
	[BP_DOUBTED] = "doubted",
	[BP_HELD] = "held",
	[BP_REFUSED] = "refused",
	[BP_JOINED] = "joined",
};

static const char *const rule_names[BP_RULE_COUNT] = {
	[BP_RULE_NONE] = "none",
	[BP_RULE_SAME] = "same",
	[BP_RULE_FLANK] = "flank",
	[BP_RULE_FULL_SCALE] = "full_scale",
	[BP_RULE_TOO_STRONG] = "too_strong",
	[BP_RULE_PERIODIC] = "periodic",
	[BP_RULE_HEAVE] = "heave",
	[BP_RULE_STRAIN] = "strain",
	[BP_RULE_PRESS] = "press",
	[BP_RULE_MASKED] = "masked",
	[BP_RULE_LOW] = "low",
	[BP_RULE_RINGS] = "rings",
	[BP_RULE_LASTS] = "lasts",
	[BP_RULE_UNHEARD] = "unheard",
	[BP_RULE_TOUCHED] = "touched",
	[BP_RULE_NOISE] = "noise",
	[BP_RULE_MANY] = "many",
	[BP_RULE_COMPANY] = "company",
	[BP_RULE_BUSY] = "busy",
	[BP_RULE_WEAK] = "weak",
	[BP_RULE_TRAIN] = "train",
	[BP_RULE_CROWD] = "crowd",
};

static const char *name(const char *const *names, unsigned int i, unsigned int n)
{
	return i < n ? names[i] : "invalid";
}

const char *bp_class_name(enum bp_class c)
{
	return name(class_names, c, BP_CLASS_COUNT);
}

const char *bp_reason_name(enum bp_reason r)
{
	return name(reason_names, r, BP_REASON_COUNT);
}

const char *bp_breath_phase_name(enum bp_breath_phase p)
{
	return name(phase_names, p, BP_BREATH_COUNT);
}

const char *bp_movement_name(enum bp_movement m)
{
	return name(movement_names, m, BP_MOVEMENT_COUNT);
}

const char *bp_look_name(enum bp_look l)
{
	return name(look_names, l, BP_LOOK_COUNT);
}

const char *bp_outcome_name(enum bp_outcome o)
{
	return name(outcome_names, o, BP_OUTCOME_COUNT);
}

const char *bp_rule_name(enum bp_rule r)
{
	return name(rule_names, r, BP_RULE_COUNT);
}
