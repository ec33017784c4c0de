"""What Optuna finds in 50 trials: python3 make_search_golden.py > training/search/golden/optuna.json

SOURCE: Optuna's TPESampler (defaults) and RandomSampler, 101 seeds each; the median and the quartiles of
the best value after 50 trials. The functions are in training/search/run-search.test.ts once more.
"""
import json
import math
import sys

import numpy as np
import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
TRIALS, SEEDS = 50, 101

A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]


def branin(t):
    x, y = t.suggest_float("x", -5, 10), t.suggest_float("y", 0, 15)
    return (y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann(t):
    x = [t.suggest_float(f"x{i}", 0, 1) for i in range(6)]
    return -sum(
        c * math.exp(-sum(a * (v - p) ** 2 for a, v, p in zip(A[i], x, P[i]))) for i, c in enumerate([1, 1.2, 3, 3.2])
    )


def boosting(t):
    """Shaped like the loss of boosted trees: most in the learning rate and depth, little in the rest."""
    rate = t.suggest_float("learning_rate", 0.01, 0.3, log=True)
    depth = t.suggest_int("max_depth", 3, 10)
    leaves = t.suggest_int("num_leaves", 7, 127, log=True)
    l2 = t.suggest_float("lambda_l2", 0.01, 100, log=True)
    subsample = t.suggest_float("subsample", 0.5, 1)
    return (
        math.log(rate / 0.05) ** 2
        + 0.1 * (depth - 5) ** 2
        + 0.3 * math.log(leaves / 20) ** 2
        + 0.05 * math.log(l2 / 10) ** 2
        + 2 * (subsample - 0.8) ** 2
    )


def best(objective, sampler):
    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=TRIALS)
    return study.best_value


result = {
    "SOURCE": {
        "command": "python3 test/reference/make_search_golden.py",
        "versions": {"optuna": optuna.__version__, "numpy": np.__version__},
        "trials": TRIALS,
        "seeds": SEEDS,
    }
}
for objective in (branin, hartmann, boosting):
    found = {
        name: [best(objective, make(seed)) for seed in range(SEEDS)]
        for name, make in (
            ("tpe", lambda seed: optuna.samplers.TPESampler(seed=seed)),
            ("random", lambda seed: optuna.samplers.RandomSampler(seed=seed)),
        )
    }
    result[objective.__name__] = {
        name: dict(zip(("q25", "median", "q75"), np.percentile(values, [25, 50, 75]).tolist()))
        for name, values in found.items()
    }
json.dump(result, sys.stdout, indent=1)
