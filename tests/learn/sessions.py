# SPDX-License-Identifier: GPL-2.0-or-later
"""The generated tuning sessions (seeds 1 to 999) that weights are learned from."""
import os
import re
import subprocess
import sys
import typing

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("O", "build"))
MODES = ("motion+film", "film", "pair", "motion")
SECONDS = 600
FIRST_SEED = 601
SEEDS = 18
TABLE_SEED = 761        # other wearers for the reliability table
FAINT_SEED = 20         # further on: the same again with all events at one level, dB
FAINT_DB = lambda seed: 12 + (seed * 7) % 19
TRAIN_SEED = 60         # further on: sessions for trains alone
RING_SEED = 80          # further on: two pops so far apart (ms), and single ones
RING_GAPS = 0, 8, 9, 10, 12, 14, 17, 20, 25, 30, 40, 0, 8, 11
MIXED_SEED = 18         # further on: others, some with one kind of artefact; at other rates than the mode's
ALONE = "", "typing", "", "knock", "", "creak", "", "tap", ""
MORE_MIXED_SEED = 100   # further on: others
MORE_MIXED = 3
NOTHING_SEED = 154      # further on: one artefact and no joint
NOTHING_BUT = "tap", "step", "cough", "speech", "knock", "laughter", "creak", "touch", "rub"
RATES_SEED = 60
RATES = {"motion+film": ((1600, 1600), (3200, 3200), (6400, 6400), (400, 400)),
         "film": ((0, 1600), (0, 6400), (0, 800), (0, 1600)),
         "pair": ((1600, 3200), (1600, 6400), (3200, 6400), (800, 1600)),
         "motion": ((1600, 0), (3200, 0), (6400, 0), (400, 0))}
DESK_SEED = 40          # further on: somebody types all the time, with joints that pop and without
DATA = os.path.join(ROOT, "..", "shared", "data")
# Real bodies: half of the recordings, whose other half nobody learns from (tests/bench/recordings: HELD_OUT).
REAL = ("breathing_thorax_paoli/pos1_accelerometer_data_4sbreathing.txt.gz",
        "breathing_thorax_paoli/pos1_accelerometer_data_8sbreathing.txt.gz",
        "breathing_thorax_paoli/pos1_accelerometer_data_12sbreathing.txt.gz",
        "breathing_thorax_paoli/pos1_accelerometer_data_20sbreathing.txt.gz",
        "scg_mscardio/S0005_R001_uncalibrated.csv.gz",
        "scg_mscardio/S0021_R001_uncalibrated.csv.gz",
        "lumbar_gait_mobgap/HA_001_TimeMeasure1_Test11_Trial1.csv.gz")
REAL_MODES = ("motion+film", "pair", "motion")  # what they measured is acceleration
REAL_SEED = -100        # further on
REAL_TIMES = 4          # each of them


class Session(typing.NamedTuple):
    mode: str
    script: str
    seed: int
    level: str = ""         # of all events, dB; of pairs their gap, ms
    alone: str = ""         # the only artefact
    rates: tuple = ()       # of accelerometer and film, where they are not the mode's
    body: str = ""          # a real one's recording, under DATA


def session_list(first, seeds):
    """Every mode with every seed: dense ones, a third of ordinary days and of typing, faint ones, and mixed
    ones: one seed's script is like no other's, so that what is around an event says what it says everywhere."""
    chosen = []
    for seed in range(first, first + seeds):
        for mode in MODES:
            chosen.append(Session(mode, "dense", seed))
            if seed % 3 == 0:
                chosen.append(Session(mode, "day", seed))
            if seed % 3 == 1:
                for script in ("dense", "negatives"):
                    chosen.append(Session(mode, script, seed + DESK_SEED, "", "typing"))
            chosen.append(Session(mode, "dense", seed + FAINT_SEED, str(FAINT_DB(seed))))
            chosen += [Session(mode, "mixed", seed),
                       Session(mode, "mixed", seed + MIXED_SEED, "", ALONE[seed % len(ALONE)])]
            if seed % 3 != 2:
                chosen.append(Session(mode, "mixed", seed + RATES_SEED, rates=RATES[mode][seed % 4]))
    return chosen


def more_list(first, seeds):
    """As session_list(), for sharp ones alone: more mixed ones, and one artefact without joints. Trains of the
    third generator were told worse with these (crepitus, dense: F1 0.82 and 0.77)."""
    chosen = [Session(mode, "mixed", first + MORE_MIXED_SEED + i)
              for i in range(seeds * MORE_MIXED) for mode in MODES]
    return chosen + [Session(mode, "negatives", seed, "", NOTHING_BUT[seed % len(NOTHING_BUT)])
                     for seed in range(first + NOTHING_SEED, first + NOTHING_SEED + seeds) for mode in MODES]


def real_list(first):
    """As session_list(): each seed has one real body, a third of them by day."""
    absent = [body for body in REAL if not os.path.exists(os.path.join(DATA, body))]
    if absent:
        print(f"weights: {len(absent)} of {len(REAL)} real recordings are not in {os.path.normpath(DATA)}: learned "
              "without real bodies, these are not the weights that are shipped", file=sys.stderr)
        return []
    return [Session(mode, "day" if seed % 3 == 0 else "dense", seed, body=REAL[seed % len(REAL)])
            for seed in range(first + REAL_SEED, first + REAL_SEED + REAL_TIMES * len(REAL)) for mode in REAL_MODES]


def train_list(first, seeds):
    """As session_list(): crepitus at every other movement, and what may be taken for it, alone."""
    chosen = []
    for seed in range(first + TRAIN_SEED, first + TRAIN_SEED + seeds):
        alone = ("", "creak", "rub", "", "speech", "typing")[seed % 6]
        for mode in MODES:
            chosen.append(Session(mode, "negatives" if alone else "crepitus", seed, "", alone))
    return chosen


def ring_list(first):
    """As session_list(): pairs, and dense ones."""
    chosen = []
    for i, gap in enumerate(RING_GAPS):
        for mode in MODES:
            chosen += [Session(mode, "pairs", first + RING_SEED + i, str(gap)),
                       Session(mode, "dense", first + RING_SEED + i)]
    return chosen


def same_list(first):
    """As session_list(): dense and mixed ones as they come."""
    return [s for s in session_list(first, SEEDS) + ring_list(first)
            if s.script in ("dense", "mixed") and not (s.level or s.alone or s.rates)]


def kind_of(path):
    """What generate() has put into a session's name: real, mixed, negatives, faint, or nothing of these."""
    name = os.path.basename(path)
    if "-real." in name:
        return "real"
    script = re.search("-(mixed|negatives)-", name)
    return script[1] if script else "faint" if re.search(r"-\d+-\d+-", name) else ""


def generate(session, where):
    mode, script, seed, level, alone, rates, body = session
    switch = "--gap" if script == "pairs" else "--snr"
    rated = "".join(f"-{rate}" for rate in rates)
    real = "-real" if body else ""
    path = os.path.join(where, f"{mode}-{script}-{seed}-{level}-{alone}{rated}{real}.edf")
    if not os.path.exists(path[:-4] + ".truth.jsonl"):      # written last
        subprocess.run([os.path.join(BUILD, "tests", "backpop-gen"), "--seed", str(seed), "--mode", mode,
                        "--script", script, "--duration", str(SECONDS), "--out", path] +
                       ([switch, level] if level else []) +
                       (["--activity", alone] if alone else []) +
                       (["--background", os.path.join(DATA, body)] if body else []) +
                       [word for switch, rate in zip(("--motion-rate", "--film-rate"), rates) if rate
                        for word in (switch, str(rate))], check=True)
    return path
