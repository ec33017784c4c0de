"""Golden values of prediction, target and concept drift over outcomes.

    python make_outcome_drift_golden.py OUT_FILE

scipy for the distances, river for the changes of the errors; numpy draws the outcomes: the predictions shift after
300 outcomes, the returns after 500, the errors become four times as large after 700.
"""
import json, sys
import numpy as np
import river
import scipy
from river.drift import PageHinkley
from scipy.stats import ks_2samp

WINDOW, OUTCOMES, REFERENCE, CAP = 120, 1000, 400, 25
rng = np.random.default_rng(11)
f32 = lambda values: values.astype(np.float32).astype(np.float64)
ref_p, ref_y = f32(rng.normal(0, 0.05, REFERENCE)), f32(rng.normal(0, 0.1, REFERENCE).round(2))
i = np.arange(OUTCOMES)
p = f32(rng.normal(0, 0.05, OUTCOMES) + 0.1 * (i >= 300))
y = f32((p * 0 + rng.normal(0, 0.1, OUTCOMES) * np.where(i >= 700, 4, 1) + 0.15 * (i >= 500)).round(2))
mse = float(np.mean((ref_p - ref_y) ** 2))
detector, changes = PageHinkley(), []
for at in range(OUTCOMES):
    detector.update(min((p[at] - y[at]) ** 2 / mse, CAP))
    if detector.drift_detected:
        changes.append(at)
ks = lambda r, w: float(ks_2samp(r, w, method="asymp").statistic)
looks = [
    {"outcomes": n, "prediction": ks(ref_p, p[n - WINDOW : n]), "target": ks(ref_y, y[n - WINDOW : n])}
    for n in range(WINDOW, OUTCOMES + 1)
]
json.dump(
    {"tools": {"scipy": scipy.__version__, "river": river.__version__}, "window": WINDOW,
     "referencePredictions": ref_p.tolist(), "referenceLabels": ref_y.tolist(),
     "predictions": p.tolist(), "returns": y.tolist(), "changes": changes, "looks": looks},
    open(sys.argv[1], "w"),
)
print("changes", changes)
