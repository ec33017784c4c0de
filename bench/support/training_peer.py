"""The peers of `npm run bench -- training`: Python's lightgbm or xgboost on the same matrix, same parameters.

Takes one JSON argument, prints what it took as JSON. Reading the matrix does not count, as for the others.
"""
import json
import resource
import sys
import time

import numpy as np

job = json.loads(sys.argv[1])
labels = np.fromfile(job["labelsFile"], dtype=np.float64)
matrix = np.fromfile(job["matrixFile"], dtype=np.float32).reshape(len(labels), job["columns"])
rows_in_leaf = min(500, max(20, round(len(labels) / 200)))
cpu, wall = time.process_time(), time.perf_counter()
if job["algorithm"] == "lightgbm":
    import lightgbm

    parameters = {
        "objective": "regression", "metric": "None", "learning_rate": 0.03, "num_leaves": 15,
        "min_data_in_leaf": rows_in_leaf, "lambda_l2": 10, "feature_fraction": 0.6, "bagging_fraction": 0.6,
        "bagging_freq": 1, "max_bin": 255, "seed": 1, "deterministic": True, "force_row_wise": True,
        "num_threads": job["threads"], "verbosity": -1,
    }
    cpu, wall = time.process_time(), time.perf_counter()
    model = lightgbm.train(parameters, lightgbm.Dataset(matrix, labels), num_boost_round=job["rounds"])
    predict = lambda: model.predict(matrix[:100])
    version = lightgbm.__version__
else:
    import xgboost

    targets = labels.astype(np.float32)
    parameters = {
        "objective": "reg:squarederror", "base_score": float(np.float32(np.mean(targets.astype(np.float64)))),
        "tree_method": "hist", "grow_policy": "lossguide", "learning_rate": 0.03, "max_depth": 6, "max_leaves": 15,
        "min_child_weight": rows_in_leaf, "reg_lambda": 10, "subsample": 0.6, "colsample_bytree": 0.6, "seed": 1,
        "nthread": job["threads"],
    }
    cpu, wall = time.process_time(), time.perf_counter()
    data = xgboost.QuantileDMatrix(matrix, targets, max_bin=256, nthread=job["threads"])
    model = xgboost.train(parameters, data, num_boost_round=job["rounds"])
    predict = lambda: model.predict(xgboost.DMatrix(matrix[:100])).astype(float)
    version = xgboost.__version__
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
print(json.dumps({
    "version": version, "seconds": wall, "cpuSeconds": cpu,
    "peakRssBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "predictions": predict().tolist(),
}))
