/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a sum of looks cannot say - a low knock is long, a low joint is short, and
 * neither length nor pitch alone tells - small trees say beside it: each asks three
 * looks, one after another, and adds what log-odds the answers are worth.
 * tests/learn/weights grows them.
 */
#ifndef BACKPOP_CORE_TREES_H
#define BACKPOP_CORE_TREES_H

#include <stdint.h>

#define BP_TREE_DEPTH	3
#define BP_TREE_ASKS	7	/* of all its paths: 2^depth - 1 */

/**
 * struct bp_tree - one tree
 * @look:	whose value each question is about; question 0 is asked first, after question
 *		i comes 2i + 1, or 2i + 2 if the value is above the limit
 * @limit:	of each question, unit of its look
 * @odds:	log-odds of each outcome, from "all below" to "all above"
 */
struct bp_tree {
	uint8_t look[BP_TREE_ASKS];
	float limit[BP_TREE_ASKS], odds[BP_TREE_ASKS + 1];
};

/* Log-odds of all @n trees together for the looks @x. */
float bp_trees_odds(const struct bp_tree *tree, uint32_t n, const float *x);

/* The same told apart: a tree's odds, times @sign, are added in equal parts to the @z of the looks it asked. */
void bp_trees_terms(const struct bp_tree *tree, uint32_t n, const float *x, float sign, float *z);

#endif
