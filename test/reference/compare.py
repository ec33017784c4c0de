"""Compares two feature files: same rows, same nulls, and values equal to 1e-9 relative or 1e-12 absolute.

    python test/reference/compare.py reference.csv engine.csv
"""
import sys

import numpy as np
import pandas as pd

a, b = (pd.read_csv(path) for path in sys.argv[1:3])
assert list(a.columns) == list(b.columns), "columns differ"
assert (a["timestamp"].to_numpy() == b["timestamp"].to_numpy()).all() if len(a) == len(b) else False, "rows differ"
worst, faulty = [], 0
for name in a.columns[1:]:
    x, y = (frame[name].to_numpy(float) for frame in (a, b))
    nulls = np.flatnonzero(np.isnan(x) != np.isnan(y))
    known = ~(np.isnan(x) | np.isnan(y))
    distance = np.abs(x - y)
    error = distance / np.maximum(1e-12, 1e-9 * np.abs(x))
    wrong = np.flatnonzero(known & (error > 1))
    largest = error[known].max() if known.any() else 0.0
    worst.append((largest, name))
    if len(nulls) or len(wrong):
        faulty += 1
        first = int(min([*nulls[:1], *wrong[:1]]))
        print(f"{name}: {len(nulls)} nulls and {len(wrong)} values differ, first in row {first}: {x[first]!r} {y[first]!r}")
print(f"{len(a)} rows, {len(a.columns) - 1} features, {faulty} differ; largest errors, 1 being the tolerance:")
for value, name in sorted(worst, reverse=True)[:5]:
    print(f"  {name} {value:.2e}")
sys.exit(1 if faulty else 0)
