"""Rolling quality by pandas and scikit-learn, beside which the outcomes processor is tested.

    python test/reference/make_quality_golden.py processors/outcomes/golden

Writes quality-input.csv (one row a minute: close and a prediction with probability and interval; the
grid breaks twice) and quality-expected.csv (at every target time: windows of an hour and a day).
"""
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.metrics import brier_score_loss, log_loss

HORIZON = 30
START = pd.Timestamp("2025-01-06T14:30:00Z")
folder = Path(sys.argv[1])
rng = np.random.default_rng(20250106)

minutes = np.array([m for m in range(1_900) if not (400 <= m < 700 or 900 <= m < 910)])
n = len(minutes)
close = np.round(500 * np.exp(np.cumsum(rng.normal(0, 4e-4, n))), 2)
# Some minutes without any move: a return of exactly 0.
flat = rng.uniform(size=n) < 0.02
predicted = np.round(rng.normal(0, 0.05, n), 5)
probability = np.round(rng.uniform(0.2, 0.8, n), 6)
half = np.round(rng.uniform(0.1, 0.4, n), 4)
has_interval = rng.uniform(size=n) < 0.7
rows = pd.DataFrame(
    {
        "minute": minutes,
        "close": close,
        "predicted": predicted,
        "probability": probability,
        "low": np.where(has_interval, np.round(predicted - half, 5), np.nan),
        "high": np.where(has_interval, np.round(predicted + half, 5), np.nan),
    }
)
for i in np.flatnonzero(flat):
    later = np.flatnonzero(minutes == minutes[i] + HORIZON)
    if len(later):
        rows.loc[later[0], "close"] = rows.loc[i, "close"]
rows.to_csv(folder / "quality-input.csv", index=False)

joined = rows.merge(
    rows[["minute", "close"]].rename(columns={"minute": "target", "close": "then"}),
    left_on=rows["minute"] + HORIZON,
    right_on="target",
)
joined["realized"] = 100 * (joined["then"] / joined["close"] - 1)
# Bars are stamped with their start and known at their end.
joined.index = START + pd.to_timedelta(joined["target"] + 1, unit="min")
error = joined["predicted"] - joined["realized"]
moved = joined["realized"] != 0
right = np.sign(joined["predicted"]) == np.sign(joined["realized"])
inside = (joined["realized"] >= joined["low"]) & (joined["realized"] <= joined["high"])
with_interval = joined["low"].notna()

tables = []
for name, window in [(60, "1h"), (1440, "24h")]:
    def roll(series):
        return series.astype(float).rolling(window, closed="right")

    table = pd.DataFrame(index=joined.index)
    table["windowMinutes"] = name
    table["outcomes"] = roll(error).count().astype(int)
    table["rmse"] = np.sqrt(roll(error**2).mean())
    table["mae"] = roll(error.abs()).mean()
    table["bias"] = roll(error).mean()
    table["zeroRmse"] = np.sqrt(roll(joined["realized"] ** 2).mean())
    table["zeroMae"] = roll(joined["realized"].abs()).mean()
    table["r2VsZero"] = 1 - roll(error**2).sum() / roll(joined["realized"] ** 2).sum()
    table["directionalAccuracy"] = roll(right.where(moved)).mean()
    table["upShare"] = roll((joined["realized"] > 0).where(moved)).mean()
    table["coverage"] = roll(inside.where(with_interval)).mean()
    table["intervalWidth"] = roll(joined["high"] - joined["low"]).mean()
    brier, loss, ece = [], [], []
    for end in joined.index:
        part = joined[(joined.index > end - pd.Timedelta(window)) & (joined.index <= end)]
        up = (part["realized"] > 0).astype(int).to_numpy()
        p = part["probability"].to_numpy()
        brier.append(brier_score_loss(up, p, pos_label=1))
        loss.append(log_loss(up, p, labels=[0, 1]))
        order = np.argsort(p, kind="stable")
        edges = [k * len(p) // 10 for k in range(11)]
        bins = [order[a:b] for a, b in zip(edges, edges[1:]) if b > a]
        ece.append(sum(len(b) / len(p) * abs(p[b].mean() - up[b].mean()) for b in bins))
    table["brier"], table["logLoss"], table["calibrationError"] = brier, loss, ece
    tables.append(table)
expected = pd.concat(tables)
expected.insert(0, "eventTimeMs", (expected.index - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1ms"))
# Quality is published once in five minutes; the rows between would only be bytes.
expected[expected["eventTimeMs"] % 300_000 < 60_000].to_csv(
    folder / "quality-expected.csv", index=False, float_format="%.17g"
)
(folder / "SOURCE.md").write_text(
    f"`quality-*.csv`: pandas {pd.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}, by\n"
    "`python test/reference/make_quality_golden.py processors/outcomes/golden`. Seed 20250106 in the script.\n"
    "Compared to 1e-9: pandas removes from running sums, so its own last bits are not exact.\n"
)
