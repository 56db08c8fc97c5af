# SPDX-License-Identifier: GPL-2.0-or-later
"""What the core weighed in a session, and whether the truth says so, too."""
import concurrent.futures
import functools
import json
import os
import subprocess
import tempfile
import typing

import numpy as np

from sessions import BUILD, generate, kind_of

SHARP_S = 0.02          # onset to truth
RISE_S = -0.0035, 0.003 # what rises in a ring to truth
RISE_ELSE_S = 0.008     # as far from all of the truth: surely none
TRAIN_SHARE = 0.3       # of a train that lies in crepitus
CAVITATION_WEIGHT = 2.5 # a wearer's few cavitations count as much as the many snaps
CREPITUS_WEIGHT = 0.3   # its crackles are no pops, but not the worst that can be said
# Of a session's sharp ones, by its kind; 1 for the others.
KIND_WEIGHT = {"faint": 2,      # other people's events are fainter than the script's
               "real": 0.3,     # their joints sound whatever the body does, others' under load; at 1: creaks and knocks
               "mixed": 0.3}    # enough to unlearn habits; with more of them, more false alarms
OTHER_SNAP_WEIGHT = 0.2 # two tendons that pass for one cost nothing but their number; a joint becomes a snap


def label_sharp(truth, onset):
    """Is it true, and how much does it count?"""
    weight = 1
    for t in truth:
        if t["class"] in ("cavitation", "snap"):
            if abs(t["t_onset"] - onset) < SHARP_S:
                return True, CAVITATION_WEIGHT if t["class"] == "cavitation" else 1
        elif t["class"] == "crepitus" and t["t_onset"] - 0.05 <= onset <= t["t_end"] + 0.1:
            weight = CREPITUS_WEIGHT
    return False, weight


def label_train(truth, start, span):
    for t in truth:
        if t["class"] == "crepitus":
            common = min(t["t_end"], start + span) - max(t["t_onset"], start)
            if common > TRAIN_SHARE * span:
                return True
    return False


def label_rise(truth, onset):
    """None: hard to say."""
    apart = [onset - t["t_onset"] for t in truth if t["class"] in ("cavitation", "snap")]
    if any(RISE_S[0] < a < RISE_S[1] for a in apart):
        return True
    return None if any(abs(a) < RISE_ELSE_S for a in apart) else False


def sources_of(truth, events):
    """The true source of each event, by its number: of it and a pop that are nearest to each other."""
    pops = [t for t in truth if t["class"] in ("cavitation", "snap")]
    found = {}
    for number, onset in events.items():
        near = min(pops, key=lambda t: abs(t["t_onset"] - onset), default=None)
        if near and abs(near["t_onset"] - onset) < SHARP_S:
            at = near["t_onset"]
            if abs(at - onset) <= min(abs(at - o) for o in events.values()):
                found[number] = near["class"], near["joint_id" if near["class"] == "cavitation" else "site_id"]
    return found


@functools.cache
def one_of(names):
    """There are many rows: one tuple of names for all of a model."""
    return names


def looks_of(line):
    return one_of(tuple(line["weighed"])), np.array([*line["weighed"].values()])


def site_rows(path, truth, events, looks):
    """Rows of events beside sites, @looks; @events: the last revisions."""
    source = sources_of(truth, {n: e["onset_s"] for n, e in events.items() if e["class"] != "artefact"})
    made_by = {}
    for number, event in sorted(events.items(), key=lambda e: e[1]["onset_s"]):
        if event["class"] != "artefact" and event.get("site"):
            made_by.setdefault(event["site"], number)
    rows = []
    for t in looks:
        one, other = source.get(t["event"]), source.get(made_by.get(t["site"]))
        # One joint twice is what it must not be taken for, and is rare: nothing to learn from.
        if one and other and (one != other or one[0] == "snap"):
            weight = OTHER_SNAP_WEIGHT if one != other and one[0] == "snap" else 1
            rows.append(Row("site", False, t["ear"], one == other, weight, *looks_of(t), t["odds"], (path, t["onset_s"])))
    return rows


class Row(typing.NamedTuple):
    model: str          # say, settle, train, ring or site
    weak: bool
    ear: str
    label: bool
    weight: float
    names: tuple        # of the looks
    looks: np.ndarray
    odds: float         # as the core had it
    key: tuple          # session and onset


def rows_of(path, wanted):
    """Rows of one session for the models @wanted."""
    out = subprocess.run([os.path.join(BUILD, "backpopctl"), "detect", "--json", "--explain", path],
                         check=True, capture_output=True, text=True).stdout
    of_kind = KIND_WEIGHT.get(kind_of(path), 1)
    with open(path[:-4] + ".truth.jsonl", encoding="utf-8") as f:
        lines = [json.loads(line) for line in f]
    truth = [t for t in lines[1:] if t.get("class", "none") != "none"]
    rows, sites = [], []
    events = {t["event"]: t for t in map(json.loads, out.splitlines()) if "look" not in t}
    for line in out.splitlines():
        if '"weighed":' not in line:
            continue
        t = json.loads(line)
        key = (path, t["onset_s"])
        if t["look"] == "site":
            sites.append(t)
            continue
        if t["look"] == "ring":
            label = label_rise(truth, t["onset_s"])
            if label is not None and events[t["event"]]["class"] in ("cavitation", "unclassified"):
                rows.append(Row("ring", False, t["ear"], label, 1, *looks_of(t), t["odds"], key))
            continue
        if t["look"] == "train":
            rows.append(Row("train", False, t["ear"], label_train(truth, t["onset_s"], t["span_s"]), 1,
                            *looks_of(t), t["odds"], key))
        else:
            label, weight = label_sharp(truth, t["onset_s"])
            rows.append(Row("settle" if t["look"] == "last" else "say", t["weak"], t["ear"], label, weight * of_kind,
                            *looks_of(t), t["odds"], key))
    if "site" in wanted:
        rows += site_rows(path, truth, events, sites)
    return [r for r in rows if r.model in wanted]


def collect(sessions, keep, wanted):
    """Rows of all sessions for the models @wanted; without --keep a session lives only as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="backpop-learn.") as where:
        def one(session):
            path = generate(session, keep or where)
            try:
                return rows_of(path, wanted)
            finally:
                if not keep:
                    os.unlink(path)
                    os.unlink(path[:-4] + ".truth.jsonl")
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            return [row for rows in pool.map(one, sessions) for row in rows]
