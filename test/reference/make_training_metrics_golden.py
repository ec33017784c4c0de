"""Golden values of the trainer's metrics: python3 make_training_metrics_golden.py > training/metrics/golden/metrics.json

SOURCE: scikit-learn, scipy, statsmodels and the R package forecast (versions are in the file); the
probability of backtest overfitting from an implementation of its own over whole return series, after
section 3 of Bailey, Borwein, Lopez de Prado and Zhu (2017), as no maintained package has it.
"""
import itertools
import json
import subprocess
import sys

import numpy as np
import scipy
import sklearn
import statsmodels
import statsmodels.api as sm
from scipy import stats
from sklearn import metrics
from sklearn.calibration import calibration_curve

rng = np.random.default_rng(7)


def direction():
    labels = np.round(rng.normal(0.01, 0.1, 400), 4)
    labels[::23] = 0.0
    returns = np.round(0.2 * labels + rng.normal(0, 0.05, 400), 3)  # with ties
    probabilities = np.round(1 / (1 + np.exp(-8 * labels - rng.normal(0, 1, 400))), 3)
    up = (labels > 0).astype(int)

    def cut(scores, at):
        guess = (scores > at).astype(int)
        return {
            "auc": metrics.roc_auc_score(up, scores),
            "precision": metrics.precision_score(up, guess),
            "recall": metrics.recall_score(up, guess),
            "f1": metrics.f1_score(up, guess),
            "confusion": metrics.confusion_matrix(up, guess).ravel().tolist(),  # tn fp fn tp
        }

    observed, predicted = calibration_curve(up, probabilities, n_bins=10, strategy="quantile")
    edges = np.percentile(probabilities, np.linspace(0, 1, 11) * 100)
    counts = np.bincount(np.searchsorted(edges[1:-1], probabilities), minlength=10)
    base = 0.47
    return {
        "labels": labels.tolist(),
        "returns": returns.tolist(),
        "probabilities": probabilities.tolist(),
        "ofReturns": cut(returns, 0),
        "ofProbabilities": cut(probabilities, 0.5),
        "spearman": stats.spearmanr(returns, labels).statistic,
        "brier": metrics.brier_score_loss(up, probabilities),
        "logLoss": metrics.log_loss(up, probabilities),
        "calibrationError": float(np.sum(counts / 400 * np.abs(observed - predicted))),
        "calibration": [[int(c), p, o] for c, p, o in zip(counts, predicted, observed)],
        "baseRate": base,
        "baseRateBrier": metrics.brier_score_loss(up, np.full(400, base)),
        "baseRateLogLoss": metrics.log_loss(up, np.full(400, base)),
    }


def r_dm(e1, e2, h, kernel):
    code = (
        "suppressMessages(library(forecast)); x <- scan('stdin', quiet=TRUE); n <- length(x)/2;"
        f"t <- dm.test(x[1:n], x[(n+1):(2*n)], alternative='less', h={h}, power=2, varestimator='{kernel}');"
        "cat(format(t$statistic, digits=17), format(t$p.value, digits=17))"
    )
    numbers = "\n".join(repr(float(v)) for v in [*e1, *e2])
    done = subprocess.run(["Rscript", "-e", code], input=numbers, capture_output=True, text=True, check=True)
    return [float(part) for part in done.stdout.split()]


def diebold_mariano():
    # Overlapping sums of one-step noise, as labels of a 30-step horizon are.
    noise = rng.normal(0, 1, 700)
    labels = np.round(np.convolve(noise, np.ones(30), "valid") / 30, 6)
    forecast = np.round(0.3 * labels + 0.05 * rng.normal(0, 1, len(labels)), 6)
    cases = []
    for h, kernel in [(1, "acf"), (5, "acf"), (30, "acf"), (30, "bartlett"), (60, "bartlett")]:
        statistic, p = r_dm(labels - forecast, labels, h, kernel)
        cases.append({"horizon": h, "kernel": kernel, "statistic": statistic, "pValue": p})
    d = (labels - forecast) ** 2 - labels**2
    hac = sm.OLS(d, np.ones(len(d))).fit(cov_type="HAC", cov_kwds={"maxlags": 29})
    return {
        "labels": labels.tolist(),
        "forecast": forecast.tolist(),
        "cases": cases,
        "hacTValue": float(hac.tvalues[0]),  # bartlett, 30 steps, without the small-sample factor
    }


def sharpe(returns):
    return float(np.mean(returns) / np.std(returns, ddof=1))


def overfitting(trials, blocks=16):
    parts = np.array_split(np.arange(trials.shape[1]), blocks)
    below = total = 0
    for chosen in itertools.combinations(range(blocks), blocks // 2):
        inside = np.concatenate([parts[i] for i in chosen])
        outside = np.concatenate([parts[i] for i in range(blocks) if i not in chosen])
        best = int(np.argmax([sharpe(t[inside]) for t in trials]))
        ranks = stats.rankdata([sharpe(t[outside]) for t in trials])
        omega = ranks[best] / (len(trials) + 1)
        below += np.log(omega / (1 - omega)) <= 0
        total += 1
    return below / total


def overfitting_cases():
    worthless = np.round(rng.normal(0, 1, (8, 160)), 4)
    skilled = worthless.copy()
    skilled[3] += 0.4
    return [
        {"trials": m.tolist(), "blocks": b, "probability": overfitting(m, b)}
        for m, b in [(worthless, 16), (skilled, 16), (worthless, 8)]
    ]


def moments():
    returns = np.round(stats.skewnorm.rvs(-4, size=250, random_state=3), 5)
    return {
        "returns": returns.tolist(),
        "mean": float(np.mean(returns)),
        "deviation": float(np.std(returns, ddof=1)),
        "skewness": float(stats.skew(returns)),
        "kurtosis": float(stats.kurtosis(returns, fisher=False)),
    }


def distributions():
    return {
        "normalCdf": [[z, stats.norm.cdf(z)] for z in (-6, -3, -1.5, -0.2, 0, 0.7, 2.5, 5)],
        "normalQuantile": [[p, stats.norm.ppf(p)] for p in (1e-6, 0.01, 0.3, 0.5, 0.98, 0.999)],
        "studentCdf": [[t, d, stats.t.cdf(t, d)] for t, d in ((-2.3, 10), (-5, 3), (1.5, 100), (-3, 10000), (-2.5, 109000))],
    }


versions = {
    "python": sys.version.split()[0],
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "sklearn": sklearn.__version__,
    "statsmodels": statsmodels.__version__,
    "R forecast": subprocess.run(
        ["Rscript", "-e", "cat(as.character(packageVersion('forecast')))"], capture_output=True, text=True, check=True
    ).stdout,
}
json.dump(
    {
        "SOURCE": {"command": "python3 test/reference/make_training_metrics_golden.py", "versions": versions},
        "direction": direction(),
        "dieboldMariano": diebold_mariano(),
        "overfitting": overfitting_cases(),
        "moments": moments(),
        "distributions": distributions(),
    },
    sys.stdout,
)
