"""Golden associations for training/quality: scipy's Pearson, Spearman and Somers' D of small series.

    pip install numpy==2.4.6 scipy==1.17.1
    python test/reference/make_association_golden.py training/quality/golden/association.json
"""
import json
import sys

import numpy as np
from scipy.stats import pearsonr, rankdata, somersd, spearmanr

rng = np.random.default_rng(7)
cases = []
for name, x in {
    "normal": rng.normal(size=60),
    "ties": rng.integers(0, 5, 60).astype(float),
    "level": 1e6 + rng.normal(size=60),
    "negative zero": np.where(rng.random(60) < 0.5, -0.0, np.where(rng.random(60) < 0.5, 0.0, 1.0)),
}.items():
    y = 0.5 * (x - x.mean()) / x.std() + rng.normal(size=60)
    y[:6] = 0.0
    cases.append(
        {
            "name": name,
            "x": x.tolist(),
            "y": y.tolist(),
            "pearson": pearsonr(x, y).statistic,
            "spearman": spearmanr(x, y).statistic,
            "ranks": rankdata(x).tolist(),
            "direction": somersd((y > 0).astype(int), x).statistic,
        }
    )
json.dump(cases, open(sys.argv[1], "w"))
