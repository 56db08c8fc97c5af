# SPDX-License-Identifier: GPL-2.0-or-later
"""Trees of daemon/core/trees.c: grown one after another on what is still wrong.

Gradient boosting of the logistic loss by Newton steps, splits by histogram, as in Chen and
Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016, sections 2.1, 2.2 and 2.3.
"""
import typing

import numpy as np

DEPTH = 3
ASKS = 2 ** DEPTH - 1
BINS = 32
RATE = 0.1              # of each tree's odds, so that no tree says much
RIDGE = 5.0             # penalty on odds, in rows' curvature
LEAST = 5.0             # curvature of the rows that an answer needs
ROWS, LOOKS = 0.7, 0.5  # shares that each tree sees
STEP = 1e-5             # of the looks as they are printed
NEVER = 1e30            # limit of a question that is not asked


class Tree(typing.NamedTuple):
    look: list
    limit: list
    odds: list


def edges_of(x):
    """Limits of each look's bins, between values that can be printed: the core's own fall on the same side."""
    edges = []
    for column in x.T:
        values = np.unique(column)
        cuts = ((values[1:] + values[:-1]) / 2 if len(values) <= BINS else
                np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1]))
        edges.append(np.unique((np.floor(cuts / STEP) + 0.5) * STEP))
    return edges


def gains(bins, g, h, places, looks):
    """Of each split of the rows at each of @places: [place][look][bin], and -1 where too few are left."""
    size = places.max() + 1, looks, BINS + 1
    at = bins + (places * (looks * (BINS + 1)))[:, None]
    sums = [np.bincount(at.ravel(), np.repeat(part, looks), np.prod(size)).reshape(size).cumsum(axis=2) for part in (g, h)]
    (below_g, below_h), (all_g, all_h) = sums, [s[:, :, -1:] for s in sums]
    above_g, above_h = all_g - below_g, all_h - below_h
    gain = below_g ** 2 / (below_h + RIDGE) + above_g ** 2 / (above_h + RIDGE) - all_g ** 2 / (all_h + RIDGE)
    return np.where((below_h < LEAST) | (above_h < LEAST), -1, gain)


def grow_one(binned, edges, g, h, rng):
    """One tree, and at which of its outcomes each row ends."""
    seen = np.flatnonzero(rng.random(len(g)) < ROWS)
    asked = np.sort(rng.choice(len(edges), max(1, int(len(edges) * LOOKS)), replace=False))
    bins = binned[np.ix_(seen, asked)] + np.arange(len(asked)) * (BINS + 1)
    look, limit, place = [0] * ASKS, [NEVER] * ASKS, np.zeros(len(g), int)
    for depth in range(DEPTH):
        first = 2 ** depth - 1
        gain = gains(bins, g[seen], h[seen], place[seen] - first, len(asked))
        after = 2 * place + 1
        for k, of_place in enumerate(gain):
            best, cut = np.unravel_index(of_place.argmax(), of_place.shape)
            if of_place[best, cut] > 0:
                look[first + k], limit[first + k] = asked[best], edges[asked[best]][cut]
                after[(place == first + k) & (binned[:, asked[best]] > cut)] += 1
        place = after
    end = place - ASKS
    odds = RATE * (np.bincount(end[seen], g[seen], ASKS + 1) / (np.bincount(end[seen], h[seen], ASKS + 1) + RIDGE))
    return Tree([int(i) for i in look], [float(v) for v in limit], [float(v) for v in odds]), end


def grow(x, y, w, odds, count):
    """@count trees beside the log-odds @odds of rows @x, true or not @y, of weight @w; and the log-odds of both together."""
    rng, odds, edges, trees = np.random.default_rng(1), odds.copy(), edges_of(x), []
    binned = np.stack([np.searchsorted(e, column) for e, column in zip(edges, x.T)], axis=1)
    for _ in range(count):
        p = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        tree, end = grow_one(binned, edges, w * (y - p), w * p * (1 - p), rng)
        odds += np.array(tree.odds)[end]
        trees.append(tree)
    return trees, odds


def odds_of(trees, x):
    """As bp_trees_odds(), of the values of one row."""
    odds = 0
    for tree in trees:
        i = 0
        while i < ASKS:
            i = 2 * i + (2 if x[tree.look[i]] > tree.limit[i] else 1)
        odds += tree.odds[i - ASKS]
    return odds
