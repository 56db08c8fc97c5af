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
	[BP_EAR_MOTION] = {	/* 68 true of 82 */
		.bias = -0.448f,
		.weight = {
			[BP_RING_RISE] = 0.674f,
			[BP_RING_HIGH] = 0.159f,
			[BP_RING_SINCE] = -0.240f,
			[BP_RING_LEVEL] = 0.110f,
			[BP_RING_RATIO] = 0.637f,
			[BP_RING_PITCH] = 0.070f,
			[BP_RING_BEFORE] = -0.162f,
			[BP_RING_RISE2] = 0.093f,
			[BP_RING_LEVEL2] = -0.013f,
			[BP_RING_RISE_SINCE] = -0.009f,
			[BP_RING_RISE_PITCH] = 0.619f,
			[BP_RING_RISE_LEVEL] = 0.030f,
			[BP_RING_HIGH_PITCH] = 1.036f,
		},
		.usual = {
			[BP_RING_RISE] = 2.680f,
			[BP_RING_HIGH] = 1.896f,
			[BP_RING_SINCE] = 0.617f,
			[BP_RING_LEVEL] = -0.452f,
			[BP_RING_RATIO] = 1.525f,
			[BP_RING_PITCH] = -0.172f,
			[BP_RING_BEFORE] = 1.646f,
			[BP_RING_RISE2] = 7.711f,
			[BP_RING_LEVEL2] = 1.755f,
			[BP_RING_RISE_SINCE] = 1.768f,
			[BP_RING_RISE_PITCH] = -0.460f,
			[BP_RING_RISE_LEVEL] = -0.851f,
			[BP_RING_HIGH_PITCH] = -0.328f,
		},
	},
	[BP_EAR_FILM] = {	/* 267 true of 345 */
		.bias = -2.484f,
		.weight = {
			[BP_RING_RISE] = 1.043f,
			[BP_RING_HIGH] = 0.761f,
			[BP_RING_SINCE] = -0.411f,
			[BP_RING_LEVEL] = 0.303f,
			[BP_RING_RATIO] = 0.247f,
			[BP_RING_PITCH] = 4.550f,
			[BP_RING_BEFORE] = -0.024f,
			[BP_RING_RISE2] = 0.106f,
			[BP_RING_LEVEL2] = -0.021f,
			[BP_RING_RISE_SINCE] = 0.134f,
			[BP_RING_RISE_PITCH] = 0.110f,
			[BP_RING_RISE_LEVEL] = -0.005f,
			[BP_RING_HIGH_PITCH] = -0.759f,
		},
		.usual = {
			[BP_RING_RISE] = 3.449f,
			[BP_RING_HIGH] = 2.924f,
			[BP_RING_SINCE] = 0.491f,
			[BP_RING_LEVEL] = -0.846f,
			[BP_RING_RATIO] = 2.114f,
			[BP_RING_PITCH] = -0.098f,
			[BP_RING_BEFORE] = 1.535f,
			[BP_RING_RISE2] = 12.968f,
			[BP_RING_LEVEL2] = 4.446f,
			[BP_RING_RISE_SINCE] = 1.927f,
			[BP_RING_RISE_PITCH] = -0.339f,
			[BP_RING_RISE_LEVEL] = -2.493f,
			[BP_RING_HIGH_PITCH] = -0.311f,
		},
	},
	[BP_EAR_WIDE_FILM] = {	/* 1139 true of 1523 */
		.bias = -0.537f,
		.weight = {
			[BP_RING_RISE] = 0.938f,
			[BP_RING_HIGH] = 0.575f,
			[BP_RING_SINCE] = -0.165f,
			[BP_RING_LEVEL] = 0.659f,
			[BP_RING_RATIO] = -0.606f,
			[BP_RING_PITCH] = 0.115f,
			[BP_RING_BEFORE] = -0.053f,
			[BP_RING_RISE2] = 0.042f,
			[BP_RING_LEVEL2] = 0.018f,
			[BP_RING_RISE_SINCE] = 0.231f,
			[BP_RING_RISE_PITCH] = 0.459f,
			[BP_RING_RISE_LEVEL] = -0.020f,
			[BP_RING_HIGH_PITCH] = 0.441f,
		},
		.usual = {
			[BP_RING_RISE] = 5.422f,
			[BP_RING_HIGH] = 3.417f,
			[BP_RING_SINCE] = 0.289f,
			[BP_RING_LEVEL] = -0.672f,
			[BP_RING_RATIO] = 2.897f,
			[BP_RING_PITCH] = 0.687f,
			[BP_RING_BEFORE] = 2.686f,
			[BP_RING_RISE2] = 34.800f,
			[BP_RING_LEVEL2] = 7.067f,
			[BP_RING_RISE_SINCE] = 1.941f,
			[BP_RING_RISE_PITCH] = 3.837f,
			[BP_RING_RISE_LEVEL] = 0.010f,
			[BP_RING_HIGH_PITCH] = 2.633f,
		},
	},
};

#endif
