/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Written by tests/learn/weights --ring: do not edit.
 * From 112 generated sessions of 600 s, seeds 681 and up.
 * A positive weight speaks for an arrival; usual: mean of the true ones.
 */
#ifndef BACKPOP_CORE_RING_WEIGHTS_H
#define BACKPOP_CORE_RING_WEIGHTS_H

#include "core/weights.h"

static const struct bp_model ring_models[BP_EARS] = {
	[BP_EAR_MOTION] = {	/* 134 true of 189 */
		.bias = -3.460f,
		.weight = {
			[BP_RING_RISE] = 0.770f,
			[BP_RING_HIGH] = 0.687f,
			[BP_RING_SINCE] = -0.284f,
			[BP_RING_LEVEL] = -0.108f,
			[BP_RING_RATIO] = 1.380f,
			[BP_RING_PITCH] = 3.540f,
			[BP_RING_BEFORE] = 0.222f,
			[BP_RING_RISE2] = 0.112f,
			[BP_RING_LEVEL2] = -0.032f,
			[BP_RING_RISE_SINCE] = 0.104f,
			[BP_RING_RISE_PITCH] = 0.715f,
			[BP_RING_RISE_LEVEL] = -0.027f,
			[BP_RING_HIGH_PITCH] = -0.431f,
		},
		.usual = {
			[BP_RING_RISE] = 2.776f,
			[BP_RING_HIGH] = 1.997f,
			[BP_RING_SINCE] = 0.618f,
			[BP_RING_LEVEL] = -0.690f,
			[BP_RING_RATIO] = 1.572f,
			[BP_RING_PITCH] = -0.144f,
			[BP_RING_BEFORE] = 1.855f,
			[BP_RING_RISE2] = 8.275f,
			[BP_RING_LEVEL2] = 2.297f,
			[BP_RING_RISE_SINCE] = 1.851f,
			[BP_RING_RISE_PITCH] = -0.405f,
			[BP_RING_RISE_LEVEL] = -1.566f,
			[BP_RING_HIGH_PITCH] = -0.302f,
		},
	},
	[BP_EAR_FILM] = {	/* 250 true of 337 */
		.bias = -3.727f,
		.weight = {
			[BP_RING_RISE] = 1.180f,
			[BP_RING_HIGH] = 0.777f,
			[BP_RING_SINCE] = -0.890f,
			[BP_RING_LEVEL] = 0.191f,
			[BP_RING_RATIO] = 0.357f,
			[BP_RING_PITCH] = 1.763f,
			[BP_RING_BEFORE] = -0.174f,
			[BP_RING_RISE2] = 0.123f,
			[BP_RING_LEVEL2] = 0.018f,
			[BP_RING_RISE_SINCE] = 0.106f,
			[BP_RING_RISE_PITCH] = 0.442f,
			[BP_RING_RISE_LEVEL] = -0.005f,
			[BP_RING_HIGH_PITCH] = 0.227f,
		},
		.usual = {
			[BP_RING_RISE] = 3.260f,
			[BP_RING_HIGH] = 2.731f,
			[BP_RING_SINCE] = 0.428f,
			[BP_RING_LEVEL] = -1.193f,
			[BP_RING_RATIO] = 2.329f,
			[BP_RING_PITCH] = -0.087f,
			[BP_RING_BEFORE] = 0.878f,
			[BP_RING_RISE2] = 11.462f,
			[BP_RING_LEVEL2] = 6.224f,
			[BP_RING_RISE_SINCE] = 1.558f,
			[BP_RING_RISE_PITCH] = -0.272f,
			[BP_RING_RISE_LEVEL] = -3.583f,
			[BP_RING_HIGH_PITCH] = -0.233f,
		},
	},
	[BP_EAR_WIDE_FILM] = {	/* 1494 true of 2167 */
		.bias = -1.086f,
		.weight = {
			[BP_RING_RISE] = 1.007f,
			[BP_RING_HIGH] = 0.819f,
			[BP_RING_SINCE] = -0.155f,
			[BP_RING_LEVEL] = 0.639f,
			[BP_RING_RATIO] = -0.712f,
			[BP_RING_PITCH] = -0.078f,
			[BP_RING_BEFORE] = -0.003f,
			[BP_RING_RISE2] = 0.047f,
			[BP_RING_LEVEL2] = 0.016f,
			[BP_RING_RISE_SINCE] = 0.269f,
			[BP_RING_RISE_PITCH] = 0.524f,
			[BP_RING_RISE_LEVEL] = -0.036f,
			[BP_RING_HIGH_PITCH] = 0.522f,
		},
		.usual = {
			[BP_RING_RISE] = 5.589f,
			[BP_RING_HIGH] = 3.569f,
			[BP_RING_SINCE] = 0.315f,
			[BP_RING_LEVEL] = -0.918f,
			[BP_RING_RATIO] = 3.020f,
			[BP_RING_PITCH] = 0.663f,
			[BP_RING_BEFORE] = 2.459f,
			[BP_RING_RISE2] = 36.869f,
			[BP_RING_LEVEL2] = 7.141f,
			[BP_RING_RISE_SINCE] = 2.140f,
			[BP_RING_RISE_PITCH] = 3.808f,
			[BP_RING_RISE_LEVEL] = -1.393f,
			[BP_RING_HIGH_PITCH] = 2.613f,
		},
	},
};

#endif
