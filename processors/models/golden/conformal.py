"""Golden intervals of split conformal regression. See SOURCE.md."""
import json, numpy as np
from crepes import ConformalRegressor
rng = np.random.default_rng(20260101)
cases = []
for n in (12, 20, 100, 256, 998):
    for coverage in (0.5, 0.8, 0.9):
        residuals = np.round(rng.standard_t(3, n) * 0.1, 6)
        predicted = round(float(rng.normal(0, 0.05)), 6)
        cr = ConformalRegressor(); cr.fit(residuals)
        low, high = cr.predict_int(np.array([predicted]), confidence=coverage)[0]
        cases.append(dict(coverage=coverage, residuals=residuals.tolist(), predicted=predicted, low=float(low), high=float(high)))
json.dump(cases, open('conformal.json', 'w'))
