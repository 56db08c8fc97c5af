/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the core said what it said: one line per look at a candidate, with the
 * rule that decided and its numbers.  For people and for the scripts that learn
 * from generated sessions; events do not depend on whether anybody listens.
 */
#ifndef BACKPOP_CORE_TRACE_H
#define BACKPOP_CORE_TRACE_H

#include "core/core.h"

/* When a candidate is looked at, counted from its onset; each sees more than the last. */
enum bp_look {
	BP_LOOK_FREE,		/* slot not in use */
	BP_LOOK_FIND,		/* peak and onset are not known yet */
	BP_LOOK_FIRST,		/* 16 ms: say it or not */
	BP_LOOK_DOUBT,		/* 22 ms: what the first look could not decide */
	BP_LOOK_MIDDLE,		/* 110 ms: first chance to withdraw it */
	BP_LOOK_LAST,		/* 284 ms: settled */
	BP_LOOK_TRAIN,		/* a whole train of them, for crepitus */
	BP_LOOK_RING,		/* something arrives while what was said before it still rings */
	BP_LOOK_SITE,		/* settled, is it from this known site? */
	BP_LOOK_COUNT
};

enum bp_outcome {
	BP_KEPT,		/* said, or still standing */
	BP_DOUBTED,		/* looked at again before it is said */
	BP_HELD,		/* not said, but still a part of something, perhaps */
	BP_REFUSED,		/* not said, or withdrawn */
	BP_JOINED,		/* counted as a part of an event that is said already */
	BP_OUTCOME_COUNT
};

/* What decided.  The names are those of bp_rule_name(), with '_'. */
enum bp_rule {
	BP_RULE_NONE,		/* nothing speaks against it */
	BP_RULE_SAME,		/* another candidate has this onset already */
	BP_RULE_FLANK,		/* a much stronger one follows at once, power over its own */
	BP_RULE_FULL_SCALE,	/* a channel clips */
	BP_RULE_TOO_STRONG,	/* more than any joint, g */
	BP_RULE_PERIODIC,	/* a voice or a ring goes on after it, autocorrelation */
	BP_RULE_HEAVE,		/* the trunk heaves, g below 25 Hz */
	BP_RULE_STRAIN,		/* more strain than vibration in the film, mV below 25 Hz */
	BP_RULE_PRESS,		/* something presses on the sensor, share of the peak */
	BP_RULE_MASKED,		/* it does not stand out of what goes on, power over it */
	BP_RULE_LOW,		/* at the lower edge of the band, Hz */
	BP_RULE_RINGS,		/* longer than damped flesh, cycles */
	BP_RULE_LASTS,		/* goes on near its level, share of the time after it */
	BP_RULE_UNHEARD,	/* felt, but not heard by the film, power over noise */
	BP_RULE_TOUCHED,	/* more film than this wearer's joints give, times the usual */
	BP_RULE_WEIGHED,	/* all the evidence together, log-odds */
	BP_RULE_STROKE,		/* one like it is near, as a creaking strap's strokes are, s */
	BP_RULE_BUSY,		/* more turns than a joint's, cycles */
	BP_RULE_TRAIN,		/* belongs to a train that goes on */
	BP_RULE_COUNT
};

/*
 * What is weighed of a sharp candidate and of a train, see weigh.c: logarithms are
 * natural, levels in tens of dB, shares from 0 to 1.
 */
enum bp_sharp_look {
	BP_SHARP_RATIO,		/* peak over noise */
	BP_SHARP_RATIO2,	/* its square */
	BP_SHARP_BODY,		/* mean of 10 ms over noise: a body behind the peak */
	BP_SHARP_PITCH,		/* ln of the mean frequency over 250 Hz */
	BP_SHARP_PITCH2,	/* its square */
	BP_SHARP_LENGTH,	/* ln of the length over 12 ms */
	BP_SHARP_CYCLES,
	BP_SHARP_CYCLES2,
	BP_SHARP_LATE,		/* share of the time after it near its level */
	BP_SHARP_BEFORE,	/* peak over what went on before */
	BP_SHARP_AFTER,
	BP_SHARP_PITCH_AFTER,	/* product */
	BP_SHARP_PERIOD,	/* autocorrelation */
	BP_SHARP_SWING,		/* ln of the swing below 25 Hz over 10 mg */
	BP_SHARP_SWING_SHARE,	/* ln of it over the peak */
	BP_SHARP_SWING_NEW,	/* ln of it over the swing before */
	BP_SHARP_LEVEL,		/* ln of the acceleration over 50 mg */
	BP_SHARP_LEVEL2,	/* its square */
	BP_SHARP_WALK,		/* 1 = walking */
	BP_SHARP_STRAIN_SHARE,	/* ln of the film's strain over its peak */
	BP_SHARP_STRAIN_NEW,	/* ln of it over the strain before */
	BP_SHARP_BOTH,		/* beside a film: the accelerometer's peak over noise */
	BP_SHARP_COUPLING,	/* ln of film over accelerometer, times the usual, 0 to 2 */
	BP_SHARP_UNCOUPLED,	/* the same where there is less film than usual */
	/* numbers of transients heard around it, capped: clutter.h */
	BP_SHARP_NEAR_BEFORE,
	BP_SHARP_NEAR_AFTER,
	BP_SHARP_LIKE_HALF,
	BP_SHARP_LIKE_ONE,
	BP_SHARP_LIKE_THREE,
	BP_SHARP_LIKE_EIGHT,
	BP_SHARP_LIKE_AFTER,
	BP_SHARP_ANY_ONE,
	BP_SHARP_ANY_THREE,
	BP_SHARP_ANY_AFTER,
	BP_SHARP_LOUD,
	BP_SHARP_NOISE,
	BP_SHARP_NAMED,
	BP_SHARP_BUSY,		/* ln of 1 + all in 20 s */
	BP_SHARP_FELLOW,	/* 1 = in one manoeuvre with what was said already */
	BP_SHARP_LUNG,		/* 1 = it sounds like these lungs */
	/* what loads a joint */
	BP_SHARP_MOVES,		/* 1 = the trunk bends or twists */
	BP_SHARP_DEEP,		/* how far the lungs are filled beyond a median breath, 0 to 1.5 */
	/* products, where one thing means something else beside another */
	BP_SHARP_PITCH_LEVEL,
	BP_SHARP_PITCH_LENGTH,
	BP_SHARP_LENGTH2,
	BP_SHARP_PRESSED,	/* 1 = something presses on the sensor, reject.h */
	BP_SHARP_STRAINED,	/* 1 = more strain than vibration */
	BP_SHARP_ASIDE,		/* 0 = the acceleration points out of the back, 1 = along it */
	/* when it settles */
	BP_SHARP_JOLT,		/* ln of the swing below 25 Hz of the 60 ms from its onset on over 5 mg */
	BP_SHARP_DRIFT,		/* ln of how far the trunk goes on behind it over 10 mg */
	BP_SHARP_UNLIKE,	/* what lacks in the correlation of film and accelerometer, 0 to 1 */
	BP_SHARP_RINGING,	/* least power of 5 ms within the next 60, over the peak's */
	BP_SHARP_RINGING_PITCH,	/* product */
	BP_SHARP_LOUDER,	/* ln of the peak over what is usual, beyond 1, up to 2: usual.h */
	BP_SHARP_FAINTER,
	/* numbers again, clutter.h */
	BP_SHARP_TWINS_NEAR,
	BP_SHARP_TWINS_HALF,
	BP_SHARP_TWINS_ONE,
	BP_SHARP_TWINS_AFTER,
	BP_SHARP_STROKES,
	BP_SHARP_ROW,
	BP_SHARP_EVEN,
	BP_SHARP_LOOKS
};

enum bp_train_look {
	BP_TRAIN_PARTS,		/* ln of their number */
	BP_TRAIN_CRACKLY,	/* share of them that may be crackles */
	BP_TRAIN_SPAN,		/* s */
	BP_TRAIN_GAPS,		/* coefficient of variation, up to 1 */
	BP_TRAIN_PITCH,		/* ln of the mean frequency over 250 Hz */
	BP_TRAIN_PITCH2,
	BP_TRAIN_CYCLES,
	BP_TRAIN_LATE,
	BP_TRAIN_RATIO,		/* over noise */
	BP_TRAIN_MOVING,	/* share while moving, less 0.5; 0 = cannot be seen */
	BP_TRAIN_COUPLING,	/* as above */
	/* squares and products, where more of a thing does not go on speaking for it */
	BP_TRAIN_LATE2,
	BP_TRAIN_MOVING2,	/* 0.25 = surely moving or surely not */
	BP_TRAIN_PARTS2,
	BP_TRAIN_RATIO2,
	BP_TRAIN_LATE_RATIO,
	BP_TRAIN_PARTS_PITCH,
	BP_TRAIN_PARTS_LATE,
	BP_TRAIN_PITCH_SPREAD,	/* standard deviation of ln of their frequencies, up to 1 */
	BP_TRAIN_PEAK_SPREAD,	/* of ln of their peaks, up to 1.5 */
	BP_TRAIN_GAP,		/* ln of the mean gap over 0.1 s */
	BP_TRAIN_GAP2,
	/* of the band as a whole, texture.h */
	BP_TRAIN_RAISED,	/* share of the time that it is */
	BP_TRAIN_LEVEL,		/* over the wearer at rest */
	BP_TRAIN_ROUGH,		/* standard deviation of ln of its power */
	BP_TRAIN_HUE,		/* ln of its mean frequency over 250 Hz */
	BP_TRAIN_HUE2,
	BP_TRAIN_HUE_SPREAD,	/* standard deviation of ln of it */
	BP_TRAIN_BUMPS,		/* tens of maxima a second */
	BP_TRAIN_TOUCH,		/* ln of film over accelerometer, times the usual, 0 to 2 */
	BP_TRAIN_ELSEWHERE,	/* share of it outside of one manoeuvre's length */
	BP_TRAIN_RAISED_MOVING,	/* product */
	BP_TRAIN_LOOKS
};

/* Of what arrives in a ring, ring.h. */
enum bp_ring_look {
	BP_RING_RISE,		/* ln of the energy over the least since the arrival before */
	BP_RING_HIGH,		/* the same of what is highest in pitch */
	BP_RING_SINCE,		/* ln of the time since then over 10 ms */
	BP_RING_LEVEL,		/* ln of its power over that one's peak */
	BP_RING_RATIO,		/* over noise */
	BP_RING_PITCH,		/* ln of that one's mean frequency over 250 Hz */
	BP_RING_BEFORE,		/* that one's log-odds */
	/* squares and products */
	BP_RING_RISE2,
	BP_RING_LEVEL2,
	BP_RING_RISE_SINCE,
	BP_RING_RISE_PITCH,
	BP_RING_RISE_LEVEL,
	BP_RING_HIGH_PITCH,
	BP_RING_LOOKS
};

/* Of a candidate beside a site, memory.h: differences without their sign. */
enum bp_site_look {
	BP_SITE_UNLIKE,		/* what lacks in the correlation of the waves, 0 to 1 */
	BP_SITE_UNLIKE2,	/* its square */
	BP_SITE_PITCH,		/* of ln f */
	BP_SITE_PITCH2,
	BP_SITE_PEAK,		/* of ln peak */
	BP_SITE_PEAK2,
	BP_SITE_ANGLE,		/* of the directions, radians */
	BP_SITE_ANGLE2,
	BP_SITE_ANGLED,		/* 1 = they are known */
	BP_SITE_SOON,		/* 1 = a series may go on */
	BP_SITE_SNAPS,		/* 1 = the site is known to snap */
	BP_SITE_MOVES,		/* 1 = in the same movement */
	BP_SITE_LOOKS
};

#define BP_LOOKS_MOST	62u

/* When it is weighed: to be said (16 or 22 ms), to stand (284 ms). */
enum bp_stage {
	BP_STAGE_SAY,
	BP_STAGE_SETTLE,
	BP_STAGES
};

/* What is weighed depends on what hears it best. */
enum bp_ear {
	BP_EAR_MOTION,		/* the accelerometer */
	BP_EAR_FILM,		/* a film whose band ends below 800 Hz */
	BP_EAR_WIDE_FILM,	/* a film whose band shows it all */
	BP_EARS,
	/*
	 * of single transients: the accelerometer, where a film listens, too.  What reaches
	 * this one is what the film does not hear better: few crackles, hardly a tap.
	 */
	BP_EAR_MOTION_OF_TWO = BP_EARS,
	BP_SHARP_EARS
};

/**
 * struct bp_trace_shape - what one stream shows of it, see struct bp_shape
 * Powers are squares of the channel's unit (g or mV), @ratio is a power ratio.
 */
struct bp_trace_shape {
	bool seen;
	float peak, ratio, length_s, freq_hz, cycles, before, after, late;
	float low_swing, low_before, period;
};

/**
 * struct bp_train_looks - what tells crepitus from other trains, means over its parts
 * @parts:	transients in it
 * @crackly:	share of them that may be crackles
 * @strokes:	share of them with others alike around them, strap.h
 * @span_s:	first to last
 * @gap_cv:	coefficient of variation of the gaps: crepitus 0.9 to 1.05
 *		(signal-model.md 1.2), a regular train less
 * @freq_hz, @cycles, @late, @ratio_db: as struct bp_shape has them
 * @pitch_spread, @peak_spread: standard deviations of the logarithms: crepitus 0.5 and
 *		0.6 (signal-model.md 3.5), a strap 0.06 and 0.2
 * @moving:	share of them while the trunk moved, NaN = cannot be seen
 * @coupling:	film over accelerometer, times this wearer's usual, NaN = unknown
 * @raised, @level_db, @rough, @hue_hz, @hue_spread, @bumps, @elsewhere: the band over all of
 *		its time, as struct bp_texture has them
 * @touch:	the band's film over accelerometer at least, times this wearer's usual, NaN = unknown
 * @said:	it is held for crepitus
 */
struct bp_train_looks {
	uint32_t parts;
	float crackly, span_s, gap_cv, freq_hz, cycles, late, ratio_db, moving, coupling;
	float pitch_spread, peak_spread, strokes;
	float raised, level_db, rough, hue_hz, hue_spread, bumps, elsewhere, touch;
	bool said;
};

/**
 * struct bp_trace - one look at one candidate
 * @onset_ns, @now_ns:	on the frames' clock
 * @event:	its number, 0 = not said; with BP_LOOK_RING the number of what rings
 * @site:	with BP_LOOK_SITE its number; BP_KEPT = of all known sites it is this one
 * @value, @limit:	the rule's measure and what it was held against, in the unit
 *		named at enum bp_rule; 0 where the rule has none
 * @reason:	with BP_REFUSED
 * @n_looks, @looks: what was weighed (BP_LOOK_TRAIN: enum bp_train_look, BP_LOOK_RING: enum
 *		bp_ring_look, BP_LOOK_SITE: enum bp_site_look, else enum bp_sharp_look), 0 = nothing was
 * @ear, @weak:	whose weights they were, and of which candidates
 * @odds:	the log-odds that came out
 * @train:	with BP_LOOK_TRAIN, where all the rest but the times is empty
 */
struct bp_trace {
	int64_t onset_ns;
	int64_t now_ns;
	uint32_t event;
	uint32_t site;
	enum bp_look look;
	enum bp_outcome outcome;
	enum bp_rule rule;
	enum bp_reason reason;
	float value, limit;
	struct bp_trace_shape motion, film;
	enum bp_movement movement;
	enum bp_breath_phase breath_phase;
	float volume;
	enum bp_ear ear;
	bool weak;
	uint32_t n_looks;
	float looks[BP_LOOKS_MOST];
	float odds;
	struct bp_train_looks train;
};

typedef void (*bp_trace_fn)(void *arg, const struct bp_trace *trace);

/* Call @fn from inside bp_core_push() and bp_core_flush() for every look; NULL = stop. */
void bp_core_trace(struct bp_core *core, bp_trace_fn fn, void *arg);

const char *bp_look_name(enum bp_look l);
const char *bp_outcome_name(enum bp_outcome o);
const char *bp_rule_name(enum bp_rule r);
const char *bp_ear_name(enum bp_ear e);
/* Of whatever was weighed at a look. */
const char *bp_weighed_name(enum bp_look look, uint32_t i);

#endif
