"""Golden values of the drift measures.

    python make_drift_golden.py OUT_FOLDER [SPY_CSV_GZ]

numpy, scipy and river; the population stability index is written out here with numpy alone, after its
definition in processors/drift/measures/population-stability.ts.
"""
import gzip, json, sys
import numpy as np
import river
import scipy
from river.drift import PageHinkley
from scipy.stats import ks_2samp, wasserstein_distance


def psi(reference, window):
    edges = np.unique(np.quantile(reference, np.arange(1, 10) / 10, method="inverted_cdf"))
    r = np.bincount(np.digitize(reference, edges, right=True), minlength=len(edges) + 1)
    w = np.bincount(np.digitize(window, edges, right=True), minlength=len(edges) + 1)
    p = (r + 0.5) / (r + 0.5).sum()
    q = (w + 0.5) / (w + 0.5).sum()
    return float(((p - q) * np.log(p / q)).sum())


def look(reference, window):
    r = reference[np.isfinite(reference)].astype(np.float64)
    w = window[np.isfinite(window)].astype(np.float64)
    if len(r) == 0 or len(w) == 0:
        return None
    return {
        "ks": float(ks_2samp(r, w, method="asymp").statistic),
        "wasserstein": float(wasserstein_distance(r, w)),
        "psi": psi(r, w),
        "missing": float(1 - len(w) / len(window)),
        "outOfRange": float(((w < r.min()) | (w > r.max())).mean()),
    }


def numbers(values):
    return [None if not np.isfinite(v) else float(v) for v in values]


def series(rng):
    n, steps = 240, 160
    normal = lambda size, mu=0.0: (rng.normal(size=size) + mu).astype(np.float32)
    yield "normal", normal(n), normal(steps)
    yield "shifted", normal(n), np.concatenate([normal(steps // 2), normal(steps // 2, 2)])
    yield "tied", normal(n).round(1), normal(steps, 0.3).round(1)
    yield "binary", (rng.random(n) < 0.9).astype(np.float32), (rng.random(steps) < 0.4).astype(np.float32)
    yield "constant", np.full(n, 3, np.float32), np.full(steps, 3, np.float32)
    yield "constant against varied", np.full(n, 3, np.float32), normal(steps, 3)
    yield "outside", normal(n), normal(steps, 50)
    holes = normal(steps)
    holes[rng.random(steps) < 0.3] = np.nan
    reference = normal(n)
    reference[rng.random(n) < 0.2] = np.nan
    yield "missing", reference, holes
    yield "heavy tails", rng.standard_cauchy(n).astype(np.float32), rng.standard_cauchy(steps).astype(np.float32)
    yield "prices", (5800 + normal(n) / 8).astype(np.float32), (5801 + normal(steps) / 8).astype(np.float32)


def small():
    rng = np.random.default_rng(20260101)
    window = 48
    cases = []
    for name, reference, values in series(rng):
        looks = [
            look(reference, values[max(0, step + 1 - window): step + 1]) for step in range(len(values))
        ]
        cases.append({"name": name, "reference": numbers(reference), "values": numbers(values), "looks": looks})
    return {"window": window, "cases": cases}


def page_hinkley():
    rng = np.random.default_rng(7)
    values = np.concatenate([rng.normal(size=2000), rng.normal(size=1500) + 1, rng.normal(size=1500) - 1])
    detector = PageHinkley()
    changes = []
    for i, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            changes.append(i)
    return {"values": [float(v) for v in values], "changes": changes}


def spy(path):
    with gzip.open(path, "rt") as file:
        header = file.readline().strip().split(",")
        rows = [line.strip().split(",") for line in file]
    column = {name: np.array([float(row[i]) for row in rows]) for i, name in enumerate(header) if i > 0}
    close = column["close"]
    features = {
        "close": close,
        "return_1": np.concatenate([[np.nan], 100 * (close[1:] / close[:-1] - 1)]),
        "hl_range": column["high"] - column["low"],
        "volume": column["volume"],
    }
    window, reference_rows, every = 1440, 10_000, 4_999
    # What a model trained on the first 50,000 minutes would carry: every fifth row.
    answers = []
    for name, values in features.items():
        values = values.astype(np.float32)
        reference = values[0:50_000:5]
        assert len(reference) == reference_rows
        for end in range(50_000 + window, len(values), every):
            answers.append({"feature": name, "end": end, **look(reference, values[end - window: end])})
    return {"window": window, "looks": answers}


folder = sys.argv[1]
source = f"numpy {np.__version__}, scipy {scipy.__version__}, river {river.__version__}"
for name, content in [("measures", small()), ("page-hinkley", page_hinkley())]:
    with open(f"{folder}/{name}.json", "w") as file:
        json.dump({"source": source, **content}, file, separators=(",", ":"))
if len(sys.argv) > 2:
    with open(f"{folder}/spy.json", "w") as file:
        json.dump({"source": source, **spy(sys.argv[2])}, file, separators=(",", ":"))
