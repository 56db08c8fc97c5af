/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one transient looks like in one stream: onset, peak, length, spectrum,
 * and what was going on before, after and below it.
 */
#ifndef BACKPOP_CORE_SHAPE_H
#define BACKPOP_CORE_SHAPE_H

#include "core/stream.h"

#define BP_WAVE		48u	/* most samples of a template: 15 ms at 3200 Hz */

/**
 * struct bp_shape - one stream's view of a candidate (units: g or mV)
 * @seen:	the stream had trusted samples there
 * @peak_i:	sample number of the peak
 * @onset_ns:	frames' clock
 * @ratio:	peak power over noise floor, summed over lanes
 * @peak:	largest vibration-band magnitude
 * @noise:	rms of the noise floor
 * @body:	mean power of the 10 ms from the onset over noise floor
 * @length_s:	onset to the last sample within 20 dB of the peak (window so far)
 * @freq_hz:	mean frequency: from the power of the slope over the power
 * @cycles:	half the sign changes along the main axis within length_s
 * @before:	lower third of the mean squares of the hops of the 80 ms before
 * @after:	the same of the hops after the event, as far as known
 * @late:	share of the hops from 15 ms on that stay above 12 % of the peak's magnitude and
 *		above the noise
 * @overtaken: power over its own of the strongest that follows within 14 ms of the peak
 * @low_swing:	peak-to-peak below 25 Hz around it, less its trend, largest lane
 * @low_before: the most of it in as long a window in the second before
 * @period:	highest normalised autocorrelation at a voice's periods, -1..1
 * @direction:	unit vector of the main axis, z >= 0 (motion only)
 * @clipped:	full scale was touched
 */
struct bp_shape {
	bool seen;
	bool clipped;
	int64_t peak_i;
	int64_t onset_ns;
	float ratio;
	float peak;
	float noise;
	float body;
	float length_s;
	float freq_hz;
	float cycles;
	float before;
	float after;
	float late;
	float overtaken;
	float low_swing;
	float low_before;
	float period;
	float direction[3];
};

/**
 * bp_shape_find() - first look: peak and onset
 * @t_ns:	end of the hop that triggered
 */
void bp_shape_find(struct bp_shape *sh, const struct bp_stream *s, int64_t t_ns);

/* The same where the onset is known: the peak of the 7 ms behind it. */
void bp_shape_find_at(struct bp_shape *sh, const struct bp_stream *s, int64_t onset_ns);

/**
 * bp_shape_measure() - everything else, from what is known up to now
 * @onset_ns:	common onset of all streams
 * @tonal:	also search for a voice's period (costs most)
 */
void bp_shape_measure(struct bp_shape *sh, const struct bp_stream *s, int64_t onset_ns, bool tonal);

/*
 * What shows when 160 ms have passed: how much it jolts the trunk - peak-to-peak below 25 Hz
 * from just before the onset to 50 ms after it, less the trend, largest lane - and how far
 * that band is 150 ms behind the onset from where it was before, all lanes; g or mV.  Fingers
 * press, floors and chairs give way under what they pass on; what sounds in a back leaves the
 * movement that brought it forth in its course.  0 = the stream is not there, or no more.
 */
float bp_shape_jolt(const struct bp_stream *s, int64_t onset_ns);
float bp_shape_drift(const struct bp_stream *s, int64_t onset_ns);

/*
 * How far it falls: the least power of any 5 ms within 60 ms behind the peak over that of the
 * 5 ms around it, dB, the noise taken off.  Between the pops of a manoeuvre it is still, what is
 * struck and rings on is not (3.2, 3.8).  0 = it is not in the ring any more.
 */
float bp_shape_ringing(const struct bp_shape *sh, const struct bp_stream *s);

/* The vibration band from 1 ms before the onset, @n samples; false if not (or no more) there. */
bool bp_shape_wave(const struct bp_stream *s, int64_t onset_ns, float (*wave)[3], uint32_t n);

#endif
