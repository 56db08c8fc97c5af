/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Found by hand on tuning sessions, until tests/learn/weights --same has written its own.
 * A positive weight speaks for one source.
 */
#ifndef BACKPOP_CORE_SITE_WEIGHTS_H
#define BACKPOP_CORE_SITE_WEIGHTS_H

#include "core/weights.h"

static const struct bp_model site_models[BP_EARS] = {
	[BP_EAR_MOTION] = {
		.bias = 0.73f,
		.weight = {
			[BP_SITE_UNLIKE] = -7.20f,
			[BP_SITE_UNLIKE2] = 1.08f,
			[BP_SITE_PITCH] = -3.72f,
			[BP_SITE_PITCH2] = -5.61f,
			[BP_SITE_PEAK] = -1.52f,
			[BP_SITE_PEAK2] = -0.72f,
			[BP_SITE_ANGLE] = -9.46f,
			[BP_SITE_ANGLE2] = -5.98f,
			[BP_SITE_ANGLED] = 2.90f,
			[BP_SITE_SOON] = 2.08f,
			[BP_SITE_SNAPS] = 2.11f,
			[BP_SITE_MOVES] = 1.36f,
		},
	},
	[BP_EAR_FILM] = {
		.bias = -0.45f,
		.weight = {
			[BP_SITE_UNLIKE] = -8.36f,
			[BP_SITE_UNLIKE2] = 4.56f,
			[BP_SITE_PITCH] = 0.58f,
			[BP_SITE_PITCH2] = -10.15f,
			[BP_SITE_PEAK] = -2.46f,
			[BP_SITE_PEAK2] = -0.91f,
			[BP_SITE_ANGLE] = -9.49f,
			[BP_SITE_ANGLE2] = -9.62f,
			[BP_SITE_ANGLED] = 4.87f,
			[BP_SITE_SOON] = 2.43f,
			[BP_SITE_SNAPS] = 2.46f,
			[BP_SITE_MOVES] = 1.42f,
		},
	},
	[BP_EAR_WIDE_FILM] = {
		.bias = 0.98f,
		.weight = {
			[BP_SITE_UNLIKE] = -18.35f,
			[BP_SITE_UNLIKE2] = 17.07f,
			[BP_SITE_PITCH] = 0.04f,
			[BP_SITE_PITCH2] = -4.40f,
			[BP_SITE_PEAK] = -1.08f,
			[BP_SITE_PEAK2] = -2.15f,
			[BP_SITE_ANGLE] = -6.76f,
			[BP_SITE_ANGLE2] = -0.35f,
			[BP_SITE_ANGLED] = 3.35f,
			[BP_SITE_SOON] = 1.84f,
			[BP_SITE_SNAPS] = 2.14f,
			[BP_SITE_MOVES] = 1.25f,
		},
	},
};

#endif
