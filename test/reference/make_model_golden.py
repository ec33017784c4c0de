"""Writes test/integration/fixtures/model-golden.json: what Python's LightGBM, XGBoost, scikit-learn and SciPy
make of the matrix of test/support/synthetic-dataset.ts (4,000 x 8), which is written down here a second time.

Run: pip install lightgbm==4.3.0 xgboost==2.1.4 scikit-learn scipy numpy onnxruntime && python make_model_golden.py
"""
import hashlib
import json
import pathlib

import lightgbm
import numpy as np
import scipy
import scipy.optimize
import sklearn
import xgboost
from sklearn.linear_model import LogisticRegression

ROWS, COLUMNS = 4000, 8
TRAIN, VALIDATION, TEST = slice(0, 2400), slice(2430, 3270), slice(3300, 4000)
ROUNDS = 25


def noise(index):
    mixed = (index.astype(np.uint64) + 0x9E3779B9).astype(np.uint32)
    mixed = (mixed ^ (mixed >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return (mixed ^ (mixed >> np.uint32(16))).astype(np.float64) / 2**32 - 0.5


rows = np.arange(ROWS)
matrix = noise(np.arange(ROWS * COLUMNS)).reshape(ROWS, COLUMNS).astype(np.float32)
matrix[:, COLUMNS - 1] = np.nan
matrix[rows % 9 == 0, 1] = np.nan
matrix[rows % 3 == 0, 2] = 0
first, second, third = (matrix[:, at].astype(np.float64) for at in range(3))
explained = first + np.where(second > 0.1, 0.25, -0.25) + np.where(np.abs(third) > 0.2, 0.3, -0.3)
returns = 0.5 * explained + 0.5 * noise(rows * 7 + 3)
TARGETS = {"regression": returns, "classification": (returns > 0).astype(np.float64)}


def digest(*arrays):
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(np.ascontiguousarray(array).tobytes())
    return whole.hexdigest()


def lightgbm_golden(objective):
    target = TARGETS[objective]
    parameters = {
        "objective": "regression" if objective == "regression" else "binary", "metric": "None",
        "learning_rate": 0.1, "num_leaves": 15, "min_data_in_leaf": 20, "lambda_l2": 10, "feature_fraction": 0.6,
        "bagging_fraction": 0.6, "bagging_freq": 1, "max_bin": 255, "seed": 3, "deterministic": True,
        "force_row_wise": True, "num_threads": 1, "verbosity": -1,
    }
    data = lightgbm.Dataset(matrix[TRAIN], target[TRAIN])
    booster = lightgbm.train(parameters, data, num_boost_round=ROUNDS)
    text = booster.model_to_string()
    trees = text[text.index("Tree=0"):text.index("end of trees")]
    return {
        "trees": hashlib.sha256(trees.encode()).hexdigest(),
        "predictions": booster.predict(matrix[TEST][:20]).tolist(),
        "gain": booster.feature_importance("gain").tolist(),
        "mean_abs_contribution": np.abs(booster.predict(matrix[TEST], pred_contrib=True))[:, :-1].mean(axis=0).tolist(),
    }


def xgboost_golden(objective):
    target = TARGETS[objective].astype(np.float32)
    base = float(np.float32(np.mean(target[TRAIN].astype(np.float64))))
    parameters = {
        "objective": "reg:squarederror" if objective == "regression" else "binary:logistic", "base_score": base,
        "tree_method": "hist", "grow_policy": "lossguide", "learning_rate": 0.1, "max_depth": 6, "max_leaves": 15,
        "min_child_weight": 5, "reg_lambda": 10, "subsample": 0.6, "colsample_bytree": 0.6, "seed": 3, "nthread": 1,
    }
    data = xgboost.QuantileDMatrix(matrix[TRAIN], target[TRAIN], max_bin=256, nthread=1)
    booster = xgboost.train(parameters, data, num_boost_round=ROUNDS)
    model = json.loads(bytes(booster.save_raw("json")))["learner"]["gradient_booster"]["model"]["trees"]
    arrays = []
    for tree in model:
        arrays += [np.array(tree[name], dtype=kind) for name, kind in
                   [("left_children", "<i4"), ("right_children", "<i4"), ("split_indices", "<i4"), ("split_conditions", "<f4")]]
    probes = xgboost.DMatrix(matrix[TEST])
    contributions = booster.predict(probes, pred_contribs=True)
    gain = booster.get_score(importance_type="total_gain")
    return {
        "trees": digest(*arrays),
        "margins": booster.predict(probes, output_margin=True)[:20].astype(float).tolist(),
        "predictions": booster.predict(probes)[:20].astype(float).tolist(),
        "gain": [gain.get(f"f{at}", 0.0) for at in range(COLUMNS)],
        "mean_abs_contribution": np.abs(contributions)[:, :-1].astype(float).mean(axis=0).tolist(),
    }


def standardised():
    train = matrix[TRAIN].astype(np.float64)
    with np.errstate(all="ignore"):
        mean = np.where(np.isnan(train).all(axis=0), 0, np.nanmean(np.where(np.isnan(train).all(axis=0), 0, train), axis=0))
        deviation = np.nan_to_num(np.nanstd(np.where(np.isnan(train).all(axis=0), 0, train), axis=0))
    filled = np.where(np.isnan(matrix), mean, matrix.astype(np.float64))
    clipped = np.clip(filled, mean - 5 * deviation, mean + 5 * deviation)
    return np.where(deviation > 0, (clipped - mean) / np.where(deviation > 0, deviation, 1), 0)


def logistic_golden(penalty):
    z = standardised()
    target = TARGETS["classification"]
    # 'C' divides the penalty: 0.5 w'w + C * sum(loss) has the minimum of loss + penalty * rows / 2 * w'w at
    # C = 1 / (penalty * rows).
    model = LogisticRegression(C=1 / (penalty * 2400), solver="newton-cholesky", tol=1e-12, max_iter=1000)
    model.fit(z[TRAIN], target[TRAIN])
    return {"penalty": penalty, "probabilities": model.predict_proba(z[TEST])[:20, 1].tolist(),
            "intercept": float(model.intercept_[0]), "weights": model.coef_[0].tolist()}


def weights_golden():
    members = np.column_stack([0.5 * explained, noise(rows * 5 + 1), -explained])
    nnls, _ = scipy.optimize.nnls(members, returns)
    target = TARGETS["classification"]
    probabilities = np.column_stack([1 / (1 + np.exp(-8 * explained)), 1 / (1 + np.exp(-noise(rows * 5 + 1))), np.full(ROWS, 0.5)])
    pick = np.where(target[:, None] > 0, probabilities, 1 - probabilities)
    # On the simplex by a softmax: unconstrained, smooth, and not the method under test.
    loss = lambda raw: -np.mean(np.log(pick @ scipy.special.softmax(raw)))
    solved = scipy.optimize.minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-12})
    return {"squared": nnls.tolist(), "log_loss": float(solved.fun), "simplex": scipy.special.softmax(solved.x).tolist()}


import scipy.special  # noqa: E402

golden = {
    "source": f"make_model_golden.py: lightgbm {lightgbm.__version__}, xgboost {xgboost.__version__}, scikit-learn "
              f"{sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__} (Python)",
    "matrix": digest(matrix.astype("<f4")), "labels": digest(returns.astype("<f8")), "rounds": ROUNDS,
    "lightgbm": {objective: lightgbm_golden(objective) for objective in TARGETS},
    "xgboost": {objective: xgboost_golden(objective) for objective in TARGETS},
    "logistic": [logistic_golden(penalty) for penalty in (1e-4, 1e-2, 1.0)],
    "weights": weights_golden(),
}
path = pathlib.Path(__file__).parents[1] / "integration" / "fixtures" / "model-golden.json"
path.write_text(json.dumps(golden) + "\n")
