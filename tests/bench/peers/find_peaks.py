#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""scipy band-pass and find_peaks on a session, as a scientist's script would have it.

    find_peaks.py FILE.edf THRESHOLD [OUT THRESHOLD OUT...]

Each channel is band-passed forth and back and its magnitude divided by its median;
peaks above THRESHOLD, 20 ms apart, of all channels pooled.
"""
import sys

import numpy as np
from scipy import signal

MERGE_S = 0.02


def channels(path):
    with open(path, "rb") as f:
        head = f.read(256)
        n_records, record_s, n = int(head[236:244]), float(head[244:252]), int(head[252:256])
        fields = f.read(256 * n).decode("latin-1")
        data = f.read()
    at, column = 0, {}
    for name, width in (("label", 16), ("transducer", 80), ("unit", 8), ("pmin", 8), ("pmax", 8),
                        ("dmin", 8), ("dmax", 8), ("filter", 80), ("samples", 8), ("spare", 32)):
        column[name] = [fields[at + width * i:at + width * (i + 1)].strip() for i in range(n)]
        at += width * n
    samples = [int(s) for s in column["samples"]]
    records = np.frombuffer(data[:2 * sum(samples) * n_records], "<i2").reshape(n_records, -1)
    start = 0
    for i in range(n):
        if column["label"][i] != "EDF Annotations":
            scale = ((float(column["pmax"][i]) - float(column["pmin"][i])) /
                     (float(column["dmax"][i]) - float(column["dmin"][i])))
            yield samples[i] / record_s, records[:, start:start + samples[i]].ravel() * scale
        start += samples[i]


def envelopes(path):
    for rate, x in channels(path):
        sos = signal.butter(4, [60.0, min(1400.0, 0.42 * rate)], "bandpass", fs=rate, output="sos")
        y = np.abs(signal.sosfiltfilt(sos, x - x[0]))
        yield rate, y / max(np.median(y), 1e-12)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    pairs = sys.argv[2:]
    found = list(envelopes(sys.argv[1]))
    for i in range(0, len(pairs), 2):
        times = []
        for rate, y in found:
            peaks, _ = signal.find_peaks(y, height=float(pairs[i]), distance=max(1, int(MERGE_S * rate)))
            times.extend(peaks / rate)
        out = open(pairs[i + 1], "w") if i + 1 < len(pairs) else sys.stdout
        last, n = -1.0, 0
        for t in sorted(times):
            if t - last < MERGE_S:
                continue
            last, n = t, n + 1
            out.write('{"event":%d,"revision":0,"onset_s":%.6f,"end_s":%.6f,"emitted_s":%.6f,'
                      '"class":"unclassified"}\n' % (n, t, t, t))
        out.flush()


main()
