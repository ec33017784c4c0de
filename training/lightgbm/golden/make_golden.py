"""Writes the golden models beside this file: text, rows and predictions of Python's LightGBM 4.3.0.

Run: pip install lightgbm==4.3.0 numpy && python make_golden.py
"""
import json
import pathlib

import lightgbm
import numpy as np

rng = np.random.default_rng(7)
ROWS = 1200
train = rng.normal(size=(ROWS, 4)).astype(np.float32)
train[:, 1] = np.where(rng.random(ROWS) < 0.5, 0, train[:, 1])  # many exact zeros
train[rng.random(ROWS) < 0.2, 2] = np.nan  # gaps
train[:, 3] *= np.float32(1e-35)  # around what LightGBM takes for zero
label = (train[:, 0] > 0.3) * 0.5 + np.nan_to_num(train[:, 2]) * 0.2 + (train[:, 3] > 0) * 0.1 - (train[:, 1] == 0) * 0.3

nan, inf = np.nan, np.inf
odd = [nan, inf, -inf, 0.0, -0.0, 1e-45, -1e-45, 1e-35, -1e-35, 3e38, -3e38]
probes = [[value if column == at else base for column in range(4)] for at in range(4) for value in odd for base in (0.5, -0.5, nan)]
probes = np.vstack([np.array(probes, dtype=np.float32), train[:40]])

VARIANTS = {
    "nan": {},
    "none": {"use_missing": False},
    "zero": {"zero_as_missing": True},
    "lone-leaf": {"min_data_in_leaf": 5000},
}
for name, extra in VARIANTS.items():
    parameters = {"objective": "regression", "num_leaves": 7, "learning_rate": 0.3, "seed": 1, "verbosity": -1,
                  "deterministic": True, "force_row_wise": True, "num_threads": 1, **extra}
    booster = lightgbm.train(parameters, lightgbm.Dataset(train, label), num_boost_round=6)
    cells = [[None if np.isnan(v) else str(v) if np.isinf(v) or (v == 0 and np.signbit(v)) else float(v) for v in row] for row in probes]
    golden = {
        "source": f"lightgbm {lightgbm.__version__} (Python), numpy {np.__version__}, make_golden.py",
        "parameters": extra,
        "text": booster.model_to_string(),
        "rows": cells,
        "predictions": [float(p) for p in booster.predict(probes)],
    }
    path = pathlib.Path(__file__).parent / f"{name}.json"
    path.write_text(json.dumps(golden) + "\n")
