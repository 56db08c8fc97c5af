# SPDX-License-Identifier: GPL-2.0-or-later
"""The headers of daemon/core that hold the weights: written, and read again."""
import os
import re
import typing

import numpy as np

import trees
from sessions import FIRST_SEED, REAL_SEED, ROOT, SECONDS

HEADER = os.path.join(ROOT, "daemon", "core", "weights.h")
RING_HEADER = os.path.join(ROOT, "daemon", "core", "ring_weights.h")
SITE_HEADER = os.path.join(ROOT, "daemon", "core", "site_weights.h")
EARS = ("motion", "film", "wide_film")
SHARP_EARS = EARS + ("motion_of_two",)
TRAINS_BEGIN = "static const struct bp_model train_models[BP_EARS] = {"


class Model(typing.NamedTuple):
    names: tuple        # of the looks
    bias: float
    weights: np.ndarray
    usual: np.ndarray   # mean of the true ones
    true: int
    count: int
    trees: list


def model_lines(key, model, tabs):
    look = key[0].upper() if key[0] in ("train", "ring", "site") else "SHARP"
    name = [f"BP_{look}_{n.upper()}" for n in model.names]
    asked = {i for t in model.trees for i, limit in zip(t.look, t.limit) if limit != trees.NEVER}
    shown = [i for i, w in enumerate(model.weights) if abs(w) >= 5e-4 or i in asked]
    out = [f"[BP_EAR_{key[2].upper()}] = {{	/* {model.true} true of {model.count} */", f"\t.bias = {model.bias:.3f}f,",
           "\t.weight = {"]
    out += [f"\t\t[{name[i]}] = {model.weights[i]:.3f}f," for i in shown if abs(model.weights[i]) >= 5e-4]
    out += ["\t},", "\t.usual = {"]
    out += [f"\t\t[{name[i]}] = {model.usual[i]:.3f}f," for i in shown]
    if model.trees:
        out += ["\t},", f"\t.trees = {len(model.trees)},", "\t.tree = (const struct bp_tree[]) {"]
        for t in model.trees:
            out += ["\t\t{ { " + ", ".join(map(str, t.look)) + " },",
                    "\t\t  { " + ", ".join("HUGE_VALF" if v == trees.NEVER else f"{v:.6f}f" for v in t.limit) + " },",
                    "\t\t  { " + ", ".join(f"{v:.4f}f" for v in t.odds) + " } },"]
    return ["\t" * tabs + line for line in out + ["\t},", "},"]]


def write_small_header(models, model, switch, speaks_for, sessions, seed, path):
    guard = f"BACKPOP_CORE_{model.upper()}_WEIGHTS_H"
    lines = ["/* SPDX-License-Identifier: GPL-2.0-or-later */", "/*",
             f" * Written by tests/learn/weights {switch}: do not edit.",
             f" * From {sessions} generated sessions of {SECONDS} s, seeds {seed} and up.",
             f" * A positive weight speaks for {speaks_for}; usual: mean of the true ones.", " */",
             f"#ifndef {guard}", f"#define {guard}", "",
             '#include "core/weights.h"', "", f"static const struct bp_model {model}_models[BP_EARS] = {{"]
    for ear in EARS:
        lines += model_lines((model, False, ear), models[model, False, ear], 1)
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines + ["};", "", "#endif", ""]))


def write_header(models, sessions, path):
    """All of it, or if there are only models of trains, these."""
    lines = ["/* SPDX-License-Identifier: GPL-2.0-or-later */", "/*",
             " * Written by tests/learn/weights: do not edit.",
             f" * From {sessions} generated sessions of {SECONDS} s, seeds {FIRST_SEED + REAL_SEED} and up.",
             " * A positive weight speaks for a joint (or for crepitus); usual: mean of the true ones;",
             " * trees ask for looks by their number in enum bp_sharp_look.",
             " */", "#ifndef BACKPOP_CORE_WEIGHTS_H", "#define BACKPOP_CORE_WEIGHTS_H", "",
             "#include <math.h>", "", '#include "core/trees.h"', "", "struct bp_model {", "\tfloat bias;", "\tfloat weight[BP_LOOKS_MOST];",
             "\tfloat usual[BP_LOOKS_MOST];",
             "\tconst struct bp_tree *tree;", "\tuint32_t trees;", "};", ""]
    def one(key, tabs):
        return model_lines(key, models[key], tabs)

    if any(key[0] != "train" for key in models):
        lines += ["/* [stage][weak][ear] */", "static const struct bp_model sharp_models[BP_STAGES][2][BP_SHARP_EARS] = {"]
        for stage in ("say", "settle"):
            lines += [f"\t[BP_STAGE_{stage.upper()}] = {{"]
            for weak in (False, True):
                lines += [f"\t\t[{int(weak)}] = {{"]
                lines += [line for ear in SHARP_EARS for line in one((stage, weak, ear), 3)]
                lines += ["\t\t},"]
            lines += ["\t},"]
        lines += ["};", "", TRAINS_BEGIN]
    else:
        with open(path, encoding="utf-8") as f:
            text = f.read()
        lines = text[:text.index(TRAINS_BEGIN)].splitlines() + [TRAINS_BEGIN]
    lines += [line for ear in EARS for line in one(("train", False, ear), 1)]
    lines += ["};", ""]
    lines += ["#endif", ""]
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines))


def read_header(path):
    """(bias, weights by look, trees) of each model."""
    models, model, weak, ear, part, answers = {}, None, False, None, None, []
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if m := re.match(r"static const struct bp_model (train|ring|site)", line):
                model, weak = m[1], False
            elif m := re.match(r"\[BP_STAGE_(\w+)\] =", line):
                model = m[1].lower()
            elif m := re.match(r"\[([01])\] =", line):
                weak = m[1] == "1"
            elif m := re.match(r"\[BP_EAR_(\w+)\] =", line):
                ear = m[1].lower()
            elif m := re.match(r"\.bias = (-?[\d.]+)f", line):
                models[model, weak, ear] = (float(m[1]), {}, [])
            elif m := re.match(r"\.(\w+) = (?:\(const struct bp_tree\[\]\) )?{", line):
                part = m[1]
            elif (m := re.match(r"\[BP_(?:SHARP|TRAIN|RING|SITE)_(\w+)\] = (-?[\d.]+)f", line)) and part == "weight":
                models[model, weak, ear][1][m[1].lower()] = float(m[2])
            elif part == "tree" and (m := re.match(r"{ (?:{ )?(.+?) }", line)):
                values = [trees.NEVER if v == "HUGE_VALF" else float(v.rstrip("f")) for v in m[1].split(", ")]
                answers.append([int(v) for v in values] if "{ {" in line else values)
                if len(answers) == 3:
                    models[model, weak, ear][2].append(trees.Tree(*answers))
                    answers = []
    return models
