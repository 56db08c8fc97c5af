# SPDX-License-Identifier: GPL-2.0-or-later
"""What tests/bench/detection and tests/bench/recordings share."""
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = pathlib.Path(os.environ.get("O", "build"))
GEN, SCORE = OUT / "tests/backpop-gen", OUT / "tests/backpop-score"
CTL, PEERS = OUT / "backpopctl", OUT / "tests/peers"
RESULTS = ROOT / "tests/bench/RESULTS.md"


def build():
    made = subprocess.run(["make", "--no-print-directory", "-j%d" % os.cpu_count(), "O=%s" % OUT, "user",
                           "tools", "bench-programs"], capture_output=True, text=True)
    if made.returncode:
        sys.exit(made.stderr[-3000:])


def run(*command, stdout=None):
    done = subprocess.run([str(c) for c in command], stdout=stdout or subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    if done.returncode:
        sys.exit("%s: status %d: %s" % (" ".join(map(str, command)), done.returncode,
                                        done.stderr.decode()[-500:]))
    return done.stdout


def score(pairs, *options):
    """Of [(truth, events), ...]."""
    return json.loads(run(SCORE, "--json", *options, *[p for pair in pairs for p in pair]))


def number(v, digits=3):
    return "-" if v is None else "%.*f" % (digits, v)


def with_interval(s, key, digits):
    ci = s.get(key + "_ci")
    text = number(s.get(key), digits)
    return "%s (%s to %s)" % (text, number(ci["lo"], digits), number(ci["hi"], digits)) if ci else text


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def state():
    """Which commit was measured."""
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "?"


def write_section(name, text):
    """Replace what stands in RESULTS.md between the markers of @name."""
    begin, end = "<!-- %s: written by tests/bench/%s -->" % (name, name), "<!-- %s: end -->" % name
    old = RESULTS.read_text()
    if begin not in old or end not in old:
        sys.exit("%s has no markers for %s" % (RESULTS, name))
    RESULTS.write_text(old[:old.index(begin)] + begin + "\n" + text + end +
                       old[old.index(end) + len(end):])
