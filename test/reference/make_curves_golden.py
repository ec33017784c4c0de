"""Golden curves for training/report: scikit-learn's ROC, area, calibration and confusion of small forecasts.

    pip install numpy==2.4.6 scikit-learn==1.9.1
    python test/reference/make_curves_golden.py training/report/golden/curves.json
"""
import json
import sys

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

rng = np.random.default_rng(3)
actual = rng.normal(size=200).round(3)
actual[:10] = 0.0
predicted = np.clip(0.5 + 0.1 * actual + 0.15 * rng.normal(size=200), 0.01, 0.99)
predicted[50:80] = predicted[50:80].round(1)
up = actual > 0
fpr, tpr, _ = roc_curve(up, predicted, drop_intermediate=False)
# Forecasts that are all different, so that ten groups of equal count are the deciles.
spread = predicted + np.arange(200) * 1e-7
came, mean = calibration_curve(up, spread, n_bins=10, strategy="quantile")
matrix = confusion_matrix(up, predicted > 0.5, labels=[True, False])
json.dump(
    {
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "spread": spread.tolist(),
        "roc": list(zip(fpr.tolist(), tpr.tolist())),
        "area": roc_auc_score(up, predicted),
        "calibration": list(zip(mean.tolist(), came.tolist())),
        "confusion": matrix.tolist(),
    },
    open(sys.argv[1], "w"),
)
