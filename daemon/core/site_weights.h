/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Written by tests/learn/weights --same: do not edit.
 * From 240 generated sessions of 600 s, seeds 601 and up.
 * A positive weight speaks for one source; usual: mean of the true ones.
 */
#ifndef BACKPOP_CORE_SITE_WEIGHTS_H
#define BACKPOP_CORE_SITE_WEIGHTS_H

#include "core/weights.h"

static const struct bp_model site_models[BP_EARS] = {
	[BP_EAR_MOTION] = {	/* 1986 true of 10108 */
		.bias = 2.682f,
		.weight = {
			[BP_SITE_UNLIKE] = -7.657f,
			[BP_SITE_UNLIKE2] = -4.294f,
			[BP_SITE_PITCH] = -2.341f,
			[BP_SITE_PITCH2] = -1.872f,
			[BP_SITE_PEAK] = -2.502f,
			[BP_SITE_PEAK2] = -1.606f,
			[BP_SITE_ANGLE] = -7.586f,
			[BP_SITE_ANGLE2] = -4.602f,
			[BP_SITE_ANGLED] = 1.852f,
			[BP_SITE_SOON] = 1.901f,
			[BP_SITE_SNAPS] = 0.669f,
			[BP_SITE_MOVES] = 1.071f,
		},
		.usual = {
			[BP_SITE_UNLIKE] = 0.118f,
			[BP_SITE_UNLIKE2] = 0.020f,
			[BP_SITE_PITCH] = 0.070f,
			[BP_SITE_PITCH2] = 0.008f,
			[BP_SITE_PEAK] = 0.185f,
			[BP_SITE_PEAK2] = 0.057f,
			[BP_SITE_ANGLE] = 0.098f,
			[BP_SITE_ANGLE2] = 0.013f,
			[BP_SITE_ANGLED] = 0.981f,
			[BP_SITE_SOON] = 0.757f,
			[BP_SITE_SNAPS] = 0.850f,
			[BP_SITE_MOVES] = 0.696f,
		},
	},
	[BP_EAR_FILM] = {	/* 1575 true of 18026 */
		.bias = 0.064f,
		.weight = {
			[BP_SITE_UNLIKE] = -7.495f,
			[BP_SITE_UNLIKE2] = 2.813f,
			[BP_SITE_PITCH] = -0.143f,
			[BP_SITE_PITCH2] = -6.405f,
			[BP_SITE_PEAK] = -1.854f,
			[BP_SITE_PEAK2] = -0.997f,
			[BP_SITE_ANGLE] = -7.281f,
			[BP_SITE_ANGLE2] = -8.328f,
			[BP_SITE_ANGLED] = 3.344f,
			[BP_SITE_SOON] = 1.963f,
			[BP_SITE_SNAPS] = 2.645f,
			[BP_SITE_MOVES] = 1.084f,
		},
		.usual = {
			[BP_SITE_UNLIKE] = 0.120f,
			[BP_SITE_UNLIKE2] = 0.028f,
			[BP_SITE_PITCH] = 0.083f,
			[BP_SITE_PITCH2] = 0.012f,
			[BP_SITE_PEAK] = 0.209f,
			[BP_SITE_PEAK2] = 0.084f,
			[BP_SITE_ANGLE] = 0.092f,
			[BP_SITE_ANGLE2] = 0.014f,
			[BP_SITE_ANGLED] = 0.898f,
			[BP_SITE_SOON] = 0.756f,
			[BP_SITE_SNAPS] = 0.863f,
			[BP_SITE_MOVES] = 0.713f,
		},
	},
	[BP_EAR_WIDE_FILM] = {	/* 2956 true of 46122 */
		.bias = 0.756f,
		.weight = {
			[BP_SITE_UNLIKE] = -13.999f,
			[BP_SITE_UNLIKE2] = 3.977f,
			[BP_SITE_PITCH] = -1.578f,
			[BP_SITE_PITCH2] = -3.577f,
			[BP_SITE_PEAK] = -1.336f,
			[BP_SITE_PEAK2] = -1.350f,
			[BP_SITE_ANGLE] = -6.120f,
			[BP_SITE_ANGLE2] = -10.115f,
			[BP_SITE_ANGLED] = 2.783f,
			[BP_SITE_SOON] = 1.731f,
			[BP_SITE_SNAPS] = 2.809f,
			[BP_SITE_MOVES] = 1.362f,
		},
		.usual = {
			[BP_SITE_UNLIKE] = 0.047f,
			[BP_SITE_UNLIKE2] = 0.006f,
			[BP_SITE_PITCH] = 0.071f,
			[BP_SITE_PITCH2] = 0.008f,
			[BP_SITE_PEAK] = 0.204f,
			[BP_SITE_PEAK2] = 0.079f,
			[BP_SITE_ANGLE] = 0.042f,
			[BP_SITE_ANGLE2] = 0.006f,
			[BP_SITE_ANGLED] = 0.419f,
			[BP_SITE_SOON] = 0.753f,
			[BP_SITE_SNAPS] = 0.867f,
			[BP_SITE_MOVES] = 0.876f,
		},
	},
};

#endif
