// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/trees.h"

static int next(const struct bp_tree *t, int ask, const float *x)
{
	return 2 * ask + (x[t->look[ask]] > t->limit[ask] ? 2 : 1);
}

static float outcome(const struct bp_tree *t, const float *x)
{
	int i = 0;

	while (i < BP_TREE_ASKS)
		i = next(t, i, x);
	return t->odds[i - BP_TREE_ASKS];
}

float bp_trees_odds(const struct bp_tree *tree, uint32_t n, const float *x)
{
	float z = 0;

	for (uint32_t k = 0; k < n; k++)
		z += outcome(&tree[k], x);
	return z;
}

void bp_trees_terms(const struct bp_tree *tree, uint32_t n, const float *x, float sign, float *z)
{
	for (uint32_t k = 0; k < n; k++) {
		float each = sign * outcome(&tree[k], x) / BP_TREE_DEPTH;

		for (int i = 0; i < BP_TREE_ASKS; i = next(&tree[k], i, x))
			z[tree[k].look[i]] += each;
	}
}
