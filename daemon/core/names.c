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

static const char *const channel_state_names[BP_CHANNEL_STATES] = {
	[BP_CHANNEL_ABSENT] = "absent",
	[BP_CHANNEL_OK] = "ok",
	[BP_CHANNEL_DEAD] = "dead",
	[BP_CHANNEL_SATURATED] = "saturated",
	[BP_CHANNEL_OFF_RATE] = "off_rate",
	[BP_CHANNEL_MISSING] = "missing",
};

static const char *const look_names[BP_LOOK_COUNT] = {
	[BP_LOOK_FREE] = "free",
	[BP_LOOK_FIND] = "find",
	[BP_LOOK_FIRST] = "first",
	[BP_LOOK_DOUBT] = "doubt",
	[BP_LOOK_MIDDLE] = "middle",
	[BP_LOOK_LAST] = "last",
	[BP_LOOK_TRAIN] = "train",
	[BP_LOOK_RING] = "ring",
	[BP_LOOK_SITE] = "site",
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
	[BP_RULE_WEIGHED] = "weighed",
	[BP_RULE_STROKE] = "stroke",
	[BP_RULE_BUSY] = "busy",
	[BP_RULE_TRAIN] = "train",
};

static const char *const ear_names[BP_SHARP_EARS] = {
	[BP_EAR_MOTION] = "motion",
	[BP_EAR_FILM] = "film",
	[BP_EAR_WIDE_FILM] = "wide_film",
	[BP_EAR_MOTION_OF_TWO] = "motion_of_two",
};

static const char *const sharp_look_names[BP_SHARP_LOOKS] = {
	[BP_SHARP_RATIO] = "ratio",
	[BP_SHARP_RATIO2] = "ratio2",
	[BP_SHARP_BODY] = "body",
	[BP_SHARP_PITCH] = "pitch",
	[BP_SHARP_PITCH2] = "pitch2",
	[BP_SHARP_LENGTH] = "length",
	[BP_SHARP_CYCLES] = "cycles",
	[BP_SHARP_CYCLES2] = "cycles2",
	[BP_SHARP_LATE] = "late",
	[BP_SHARP_BEFORE] = "before",
	[BP_SHARP_AFTER] = "after",
	[BP_SHARP_PITCH_AFTER] = "pitch_after",
	[BP_SHARP_PERIOD] = "period",
	[BP_SHARP_SWING] = "swing",
	[BP_SHARP_SWING_SHARE] = "swing_share",
	[BP_SHARP_SWING_NEW] = "swing_new",
	[BP_SHARP_LEVEL] = "level",
	[BP_SHARP_LEVEL2] = "level2",
	[BP_SHARP_WALK] = "walk",
	[BP_SHARP_STRAIN_SHARE] = "strain_share",
	[BP_SHARP_STRAIN_NEW] = "strain_new",
	[BP_SHARP_BOTH] = "both",
	[BP_SHARP_COUPLING] = "coupling",
	[BP_SHARP_UNCOUPLED] = "uncoupled",
	[BP_SHARP_NEAR_BEFORE] = "near_before",
	[BP_SHARP_NEAR_AFTER] = "near_after",
	[BP_SHARP_LIKE_HALF] = "like_half",
	[BP_SHARP_LIKE_ONE] = "like_one",
	[BP_SHARP_LIKE_THREE] = "like_three",
	[BP_SHARP_LIKE_EIGHT] = "like_eight",
	[BP_SHARP_LIKE_AFTER] = "like_after",
	[BP_SHARP_ANY_ONE] = "any_one",
	[BP_SHARP_ANY_THREE] = "any_three",
	[BP_SHARP_ANY_AFTER] = "any_after",
	[BP_SHARP_LOUD] = "loud",
	[BP_SHARP_NOISE] = "noise",
	[BP_SHARP_NAMED] = "named",
	[BP_SHARP_BUSY] = "busy",
	[BP_SHARP_FELLOW] = "fellow",
	[BP_SHARP_LUNG] = "lung",
	[BP_SHARP_MOVES] = "moves",
	[BP_SHARP_DEEP] = "deep",
	[BP_SHARP_PITCH_LEVEL] = "pitch_level",
	[BP_SHARP_PITCH_LENGTH] = "pitch_length",
	[BP_SHARP_LENGTH2] = "length2",
	[BP_SHARP_PRESSED] = "pressed",
	[BP_SHARP_STRAINED] = "strained",
	[BP_SHARP_ASIDE] = "aside",
	[BP_SHARP_JOLT] = "jolt",
	[BP_SHARP_DRIFT] = "drift",
	[BP_SHARP_UNLIKE] = "unlike",
	[BP_SHARP_RINGING] = "ringing",
	[BP_SHARP_RINGING_PITCH] = "ringing_pitch",
	[BP_SHARP_LOUDER] = "louder",
	[BP_SHARP_FAINTER] = "fainter",
	[BP_SHARP_TWINS_NEAR] = "twins_near",
	[BP_SHARP_TWINS_HALF] = "twins_half",
	[BP_SHARP_TWINS_ONE] = "twins_one",
	[BP_SHARP_TWINS_AFTER] = "twins_after",
	[BP_SHARP_STROKES] = "strokes",
	[BP_SHARP_ROW] = "row",
	[BP_SHARP_EVEN] = "even",
};

static const char *const train_look_names[BP_TRAIN_LOOKS] = {
	[BP_TRAIN_PARTS] = "parts",
	[BP_TRAIN_CRACKLY] = "crackly",
	[BP_TRAIN_SPAN] = "span",
	[BP_TRAIN_GAPS] = "gaps",
	[BP_TRAIN_PITCH] = "pitch",
	[BP_TRAIN_PITCH2] = "pitch2",
	[BP_TRAIN_CYCLES] = "cycles",
	[BP_TRAIN_LATE] = "late",
	[BP_TRAIN_RATIO] = "ratio",
	[BP_TRAIN_MOVING] = "moving",
	[BP_TRAIN_COUPLING] = "coupling",
	[BP_TRAIN_LATE2] = "late2",
	[BP_TRAIN_MOVING2] = "moving2",
	[BP_TRAIN_PARTS2] = "parts2",
	[BP_TRAIN_RATIO2] = "ratio2",
	[BP_TRAIN_LATE_RATIO] = "late_ratio",
	[BP_TRAIN_PARTS_PITCH] = "parts_pitch",
	[BP_TRAIN_PARTS_LATE] = "parts_late",
	[BP_TRAIN_PITCH_SPREAD] = "pitch_spread",
	[BP_TRAIN_PEAK_SPREAD] = "peak_spread",
	[BP_TRAIN_GAP] = "gap",
	[BP_TRAIN_GAP2] = "gap2",
	[BP_TRAIN_RAISED] = "raised",
	[BP_TRAIN_LEVEL] = "level",
	[BP_TRAIN_ROUGH] = "rough",
	[BP_TRAIN_HUE] = "hue",
	[BP_TRAIN_HUE2] = "hue2",
	[BP_TRAIN_HUE_SPREAD] = "hue_spread",
	[BP_TRAIN_BUMPS] = "bumps",
	[BP_TRAIN_TOUCH] = "touch",
	[BP_TRAIN_ELSEWHERE] = "elsewhere",
	[BP_TRAIN_RAISED_MOVING] = "raised_moving",
};

static const char *const ring_look_names[BP_RING_LOOKS] = {
	[BP_RING_RISE] = "rise",
	[BP_RING_HIGH] = "high",
	[BP_RING_SINCE] = "since",
	[BP_RING_LEVEL] = "level",
	[BP_RING_RATIO] = "ratio",
	[BP_RING_PITCH] = "pitch",
	[BP_RING_BEFORE] = "before",
	[BP_RING_RISE2] = "rise2",
	[BP_RING_LEVEL2] = "level2",
	[BP_RING_RISE_SINCE] = "rise_since",
	[BP_RING_RISE_PITCH] = "rise_pitch",
	[BP_RING_RISE_LEVEL] = "rise_level",
	[BP_RING_HIGH_PITCH] = "high_pitch",
};

static const char *const site_look_names[BP_SITE_LOOKS] = {
	[BP_SITE_UNLIKE] = "unlike",
	[BP_SITE_UNLIKE2] = "unlike2",
	[BP_SITE_PITCH] = "pitch",
	[BP_SITE_PITCH2] = "pitch2",
	[BP_SITE_PEAK] = "peak",
	[BP_SITE_PEAK2] = "peak2",
	[BP_SITE_ANGLE] = "angle",
	[BP_SITE_ANGLE2] = "angle2",
	[BP_SITE_ANGLED] = "angled",
	[BP_SITE_SOON] = "soon",
	[BP_SITE_SNAPS] = "snaps",
	[BP_SITE_MOVES] = "moves",
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

const char *bp_ear_name(enum bp_ear e)
{
	return name(ear_names, e, BP_SHARP_EARS);
}

const char *bp_channel_state_name(enum bp_channel_state s)
{
	return name(channel_state_names, s, BP_CHANNEL_STATES);
}

const char *bp_weighed_name(enum bp_look look, uint32_t i)
{
	switch (look) {
	case BP_LOOK_TRAIN:
		return name(train_look_names, i, BP_TRAIN_LOOKS);
	case BP_LOOK_RING:
		return name(ring_look_names, i, BP_RING_LOOKS);
	case BP_LOOK_SITE:
		return name(site_look_names, i, BP_SITE_LOOKS);
	default:
		return name(sharp_look_names, i, BP_SHARP_LOOKS);
	}
}
