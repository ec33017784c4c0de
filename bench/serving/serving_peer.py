"""The peer of `npm run bench -- serving`: FastAPI, uvicorn, LightGBM and redis-py doing the same.

One worker, as `uvicorn` starts it. It reads the same hash of the same Redis, builds the same row and asks the
same trees through LightGBM itself. One JSON argument: {port, redis, model, columns}.
"""
import json
import math
import sys
import time

import lightgbm
import numpy as np
import redis.asyncio as redis
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

job = json.loads(sys.argv[1])
store = redis.from_url(job["redis"])
booster = lightgbm.Booster(model_file=job["model"])
columns = job["columns"]
app = FastAPI()


class Request(BaseModel):
    instrument: str


class Answer(BaseModel):
    modelName: str
    modelVersion: str
    predictedReturn: float
    featuresMissing: int
    instrument: str
    eventTimeMs: int
    targetTimeMs: int
    referenceClose: float
    featureOffset: int
    featureAgeSeconds: float
    stale: bool
    latencyMs: float


def value_of(vector, column):
    if column.startswith("return_1_lag_"):
        value = vector["recentReturns"][int(column[-1])]
    else:
        value = vector["values"][column]
    return math.nan if value is None else value


@app.get("/health")
async def health():
    return {"status": "ok"}


@app.post("/predict", response_model=Answer)
async def predict(request: Request):
    started = time.perf_counter()
    key = f"candlewire:features:{request.instrument}"
    text, offset, event_time = await store.hmget(key, "vector", "offset", "eventTimeMs")
    if text is None:
        raise HTTPException(404, "no vector")
    vector = json.loads(text)
    row = np.array([[value_of(vector, column) for column in columns]], dtype=np.float32)
    predicted = booster.predict(row, num_threads=1)[0]
    age = time.time() - int(event_time) / 1000
    return Answer(
        modelName="forward_return_30", modelVersion="1.0.0", predictedReturn=predicted,
        featuresMissing=int(np.isnan(row).sum()), instrument=request.instrument, eventTimeMs=int(event_time),
        targetTimeMs=int(event_time) + 30 * 60_000, referenceClose=vector["close"], featureOffset=int(offset),
        featureAgeSeconds=age, stale=age > 86_400, latencyMs=(time.perf_counter() - started) * 1000,
    )


uvicorn.run(app, host="127.0.0.1", port=job["port"], log_level="error", access_log=False)
