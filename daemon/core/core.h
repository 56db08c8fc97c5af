/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backpop detection core: frames in, event revisions out.
 *
 * The core is a pure function of the frames it was given: it opens nothing,
 * reads no clock, allocates nothing and keeps no global state.  One struct
 * bp_core is one listener; two of them may run in two threads, one may not be
 * shared between threads without a lock.
 *
 * Use:
 *	static _Alignas(BP_CORE_ALIGN) unsigned char mem[BP_CORE_STATE_SIZE];
 *	struct bp_config cfg = { .film_rate_hz = 800, .motion_rate_hz = 800 };
 *	struct bp_core *core = bp_core_init(mem, sizeof(mem), &cfg);
 *
 *	bp_core_push(core, frames, n);
 *	while (bp_core_next_event(core, &ev))
 *		use(&ev);
 */
#ifndef BACKPOP_CORE_H
#define BACKPOP_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BP_CORE_VERSION		1		/* of this interface */
#define BP_CORE_STATE_SIZE	(256u * 1024u)	/* bytes, system.md section 6 */
#define BP_CORE_ALIGN		64u
#define BP_RATE_MIN_HZ		200.0
#define BP_RATE_MAX_HZ		6400.0

/* Which channels a frame carries. */
#define BP_HAS_MOTION	(1u << 0)
#define BP_HAS_FILM	(1u << 1)
/* The channel is known to be clipped at the sensor's full scale in this frame. */
#define BP_CLIPPED_MOTION (1u << 2)
#define BP_CLIPPED_FILM	(1u << 3)
#define BP_CLIPPED	(BP_CLIPPED_MOTION | BP_CLIPPED_FILM)

/**
 * struct bp_frame - what the sensors said at one instant
 * @t_ns:	sample time, ns, any monotonic origin; must not decrease
 * @accel_g:	acceleration, g, gravity included; x head-ward, y left, z outward
 * @film_mv:	film voltage at the chip's input, mV
 * @has:	BP_HAS_* flags: channels with different rates come as separate
 *		frames (merged in time order by the source)
 *
 * A hole in @t_ns longer than 1.5 sample periods of a channel is a gap: filters
 * settle anew, nothing is reported from inside it.  NaN and Inf are treated as
 * a missing sample.
 */
struct bp_frame {
	int64_t t_ns;
	float accel_g[3];
	float film_mv;
	uint32_t has;
};

/**
 * struct bp_config - fixed for the life of one core
 * @motion_rate_hz:	nominal accelerometer rate, Hz; 0 = no accelerometer
 * @film_rate_hz:	nominal film rate, Hz; 0 = no film
 * @motion_range_g:	full scale of the accelerometer, g; 0 = unknown
 * @film_range_mv:	full scale of the film channel, mV; 0 = unknown
 *
 * Each rate is 0 or BP_RATE_MIN_HZ..BP_RATE_MAX_HZ; at least one is not 0.
 */
struct bp_config {
	double motion_rate_hz;
	double film_rate_hz;
	double motion_range_g;
	double film_range_mv;
};

enum bp_class {
	BP_CLASS_UNCLASSIFIED,
	BP_CLASS_CAVITATION,
	BP_CLASS_SNAP,
	BP_CLASS_CREPITUS,
	BP_CLASS_LUNG_CRACKLE,
	BP_CLASS_ARTEFACT,	/* withdrawn; the reason says why */
	BP_CLASS_COUNT
};

enum bp_reason {
	BP_REASON_NONE,
	BP_REASON_TAP,
	BP_REASON_STEP,
	BP_REASON_COUGH,
	BP_REASON_SPEECH,
	BP_REASON_RUB,
	BP_REASON_KNOCK,
	BP_REASON_MAINS,
	BP_REASON_CLIP,
	BP_REASON_OTHER,
	BP_REASON_COUNT
};

enum bp_breath_phase {
	BP_BREATH_UNKNOWN,
	BP_BREATH_INHALE,
	BP_BREATH_EXHALE,
	BP_BREATH_HOLD,
	BP_BREATH_COUNT
};

enum bp_movement {
	BP_MOVEMENT_UNKNOWN,
	BP_MOVEMENT_NONE,
	BP_MOVEMENT_TWIST,
	BP_MOVEMENT_BEND,
	BP_MOVEMENT_WALK,
	BP_MOVEMENT_OTHER,
	BP_MOVEMENT_COUNT
};

/**
 * struct bp_event - one revision of one event
 * @number:	1, 2, 3... in order of revision 0
 * @revision:	0 = first guess; the highest revision counts
 * @onset_ns, @end_ns:	on the frames' clock
 * @emitted_ns:	time of the newest frame that was used: a live run could have
 *		said this line then, not earlier
 * @class_, @confidence: what it is held for, and how surely (0..1)
 * @reason:	with BP_CLASS_ARTEFACT: what it was, else BP_REASON_NONE
 * @site:	events of one number look like one source; 0 = not assigned
 * @manoeuvre:	events within 150 ms of each other share it
 * @peak_mg, @peak_mv:	peak in the vibration band; NaN where the channel is absent or
 *			gave nothing to be trusted around the event
 * @breath_phase, @breath_depth: at the onset; depth 1 = the running median
 *		breath, NaN = unknown
 * @breath_rate_bpm: breaths per minute, NaN = unknown
 * @movement:	what the trunk was doing
 * @silent_s:	cavitation: the joint is now silent for at least so long, as learned
 *		from its site within 5 to 100 min, 20 min before anything is; else NaN
 * @since_s:	since its site was last heard; NaN = never, or not assigned yet
 */
struct bp_event {
	uint32_t number;
	uint32_t revision;
	int64_t onset_ns;
	int64_t end_ns;
	int64_t emitted_ns;
	enum bp_class class_;
	enum bp_reason reason;
	enum bp_breath_phase breath_phase;
	enum bp_movement movement;
	uint32_t site;
	uint32_t manoeuvre;
	float confidence;
	float peak_mg;
	float peak_mv;
	float breath_depth;
	float breath_rate_bpm;
	float silent_s;
	float since_s;
};

/* Is a channel what it should be? */
enum bp_channel_state {
	BP_CHANNEL_ABSENT,	/* not configured, or nothing has come yet */
	BP_CHANNEL_OK,
	BP_CHANNEL_DEAD,	/* its value has not changed for 2 s */
	BP_CHANNEL_SATURATED,	/* at full scale for 0.5 s or more */
	BP_CHANNEL_OFF_RATE,	/* its samples are 10 % or more off the nominal rate */
	BP_CHANNEL_MISSING,	/* the other channel goes on without it for 1 s or more */
	BP_CHANNEL_STATES
};

/**
 * struct bp_channel_status - one channel
 * @state:	now
 * @seconds:	it has been in each state; a state counts from where it is known on
 */
struct bp_channel_status {
	enum bp_channel_state state;
	float seconds[BP_CHANNEL_STATES];
};

/**
 * struct bp_status - what the core knows between events
 * @frames:		frames taken
 * @gaps:		holes in time, per struct bp_frame
 * @bad_values:		NaN, Inf and out-of-order frames that were left out
 * @events:		events numbered so far
 * @suppressed:		event revisions dropped because nobody fetched them
 * @breath_rate_bpm:	NaN = unknown
 * @breath_phase, @movement: now
 * @motion, @film:	how the channels are
 */
struct bp_status {
	uint64_t frames;
	uint64_t gaps;
	uint64_t bad_values;
	uint64_t events;
	uint64_t suppressed;
	float breath_rate_bpm;
	enum bp_breath_phase breath_phase;
	enum bp_movement movement;
	struct bp_channel_status motion, film;
};

struct bp_core;

/**
 * bp_config_error() - what is wrong with a configuration
 *
 * Return: a static English sentence, or NULL if @cfg is good.
 */
const char *bp_config_error(const struct bp_config *cfg);

/**
 * bp_core_init() - lay out a core in memory that the caller owns
 * @mem:	BP_CORE_ALIGN-aligned, at least BP_CORE_STATE_SIZE bytes; its
 *		former content does not matter
 * @size:	bytes at @mem
 * @cfg:	copied
 *
 * Return: the core, or NULL if @cfg is bad (bp_config_error() says how), or
 * @mem too small or misaligned.  There is nothing to free.
 */
struct bp_core *bp_core_init(void *mem, size_t size, const struct bp_config *cfg);

/**
 * bp_core_push() - take frames, in time order
 *
 * Results do not depend on how frames are cut into calls.
 */
void bp_core_push(struct bp_core *core, const struct bp_frame *frames, size_t n);

/**
 * bp_core_flush() - the stream has ended: settle what is still open
 *
 * Only bp_core_next_event() and bp_core_status() may follow.
 */
void bp_core_flush(struct bp_core *core);

/**
 * bp_core_next_event() - fetch the oldest event revision not yet fetched
 *
 * Fetch until it says false after every push: the queue holds
 * BP_EVENT_QUEUE revisions, later ones are counted in bp_status.suppressed.
 *
 * Return: true if *@ev was filled.
 */
bool bp_core_next_event(struct bp_core *core, struct bp_event *ev);
#define BP_EVENT_QUEUE	64

void bp_core_status(const struct bp_core *core, struct bp_status *st);

/* Bytes of the state that are in use: the same for every configuration and for ever. */
size_t bp_core_state_used(void);

/* Names as in the D-Bus API and the JSON lines ("cavitation", "lung_crackle"...). */
const char *bp_class_name(enum bp_class c);
const char *bp_reason_name(enum bp_reason r);
const char *bp_breath_phase_name(enum bp_breath_phase p);
const char *bp_movement_name(enum bp_movement m);
const char *bp_channel_state_name(enum bp_channel_state s);

#endif
