"""Writes the golden files of processors/features/golden: made-up candles (fixed seed), the features of
the independent implementation beside this file, and those of TA-Lib.

    pip install numpy==2.4.6 pandas==3.1.1 TA-Lib==0.8.0
    python test/reference/make_golden.py

The candles hold what is awkward: a weekend with a change of clocks (2025-03-09, New York), gaps of 1 to
400 minutes, bars without volume, with volume 0, a flat stretch, one-tick bars, a jump, quotes that are
missing, one-sided, crossed or empty.
"""
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import talib

HERE = Path(__file__).parent
GOLDEN = HERE.parent.parent / "processors" / "features" / "golden"
TICK = 0.05
CANDLE_COLUMNS = ("timestamp", "open", "high", "low", "close", "volume", "bid_close", "ask_close", "bid_size", "ask_size")


def candles():
    random = np.random.RandomState(20250307)
    t = datetime(2025, 3, 7, 14, 30, tzinfo=timezone.utc)
    ticks, rows = 10_000, []
    gaps = {200: 1, 260: 7, 330: 359, 400: 360, 480: 361, 640: 29, 700: 30, 760: 31, 1000: 3180, 1500: 60, 1900: 400}
    for i in range(2300):
        calm = 1 if (i // 350) % 2 else 4
        if 840 <= i < 910:
            o = h = l = c = ticks
        else:
            o = ticks + random.randint(-calm, calm + 1)
            c = o + int(round(random.standard_t(4) * calm)) + (150 if i == 1200 else 0)
            h = max(o, c) + random.randint(0, calm + 1)
            l = min(o, c) - random.randint(0, calm + 1)
        if 1300 <= i < 1340:
            h = l = o = c
        volume = "" if 1600 <= i < 1660 else 0 if 850 <= i < 905 or random.rand() < 0.02 else int(random.gamma(2, 300))
        price = lambda k: f"{k * TICK:.2f}"
        rows.append((t.strftime("%Y-%m-%dT%H:%M:%SZ"), price(o), price(h), price(l), price(c), volume, *quotes(i, c)))
        ticks = c
        t += timedelta(minutes=1 + gaps.get(i, 0))
    return rows


def quotes(i, ticks):
    """Bid, ask and their sizes at the close."""
    random = np.random.RandomState(i)
    bid, ask = ticks - random.randint(0, 3), ticks + random.randint(0, 3)
    if 500 <= i < 530:
        bid, ask = ask, bid
    sizes = (0, 0) if i % 91 == 7 else (random.randint(0, 500), random.randint(1, 500))
    bid, ask = (f"{price * TICK:.2f}" for price in (bid, ask))
    if 450 <= i < 470 or i % 83 == 5:
        return "", "", "", ""
    return ("" if i % 97 == 3 else bid), ask, *(("", "") if i % 71 == 11 else sizes)


def talib_rows(rows):
    """TA-Lib on the candles as if they were consecutive minutes."""
    _, high, low, close = (np.array([float(row[k]) for row in rows]) for k in (1, 2, 3, 4))
    columns = {f"sma_{n}": talib.SMA(close, n) for n in (5, 7, 10, 14, 20, 21, 50)}
    columns |= {f"ema_{n}": talib.EMA(close, n) for n in (5, 7, 10, 14, 20, 21, 50)}
    columns |= {f"rsi_{n}": talib.RSI(close, n) for n in (14, 20)}
    columns |= dict(zip(("macd", "macd_signal", "macd_histogram"), talib.MACD(close)))
    columns |= dict(zip(("bb_upper", "bb_middle", "bb_lower"), talib.BBANDS(close, 20)))
    columns |= {"atr_14": talib.ATR(high, low, close, 14), "adx_14": talib.ADX(high, low, close, 14)}
    columns |= {f"momentum_{n}": talib.MOM(close, n) for n in (5, 10, 20)}
    columns |= {f"roc_{n}": talib.ROC(close, n) for n in (5, 10, 12)}
    # The fast one without its own smoothing starts with the first full window, as the definition does.
    columns["stoch_k_14"] = talib.STOCHF(high, low, close, 14, 1)[0]
    columns["stoch_d_3"] = talib.STOCHF(high, low, close, 14, 3)[1]
    columns["hl_range_ma20"] = talib.SMA(high - low, 20)
    returns = np.diff(close) / close[:-1]
    # TA-Lib's STDDEV divides by n, the definitions by n - 1.
    for n in (20, 50):
        columns[f"volatility_{n}"] = np.append(np.nan, talib.STDDEV(returns, n)) * np.sqrt(n / (n - 1))
        annual = talib.STDDEV(talib.LN(1 + returns), n) * np.sqrt(n / (n - 1) * 362880)
        columns[f"hist_vol_{n}"] = np.append(np.nan, annual)
    yield ["bar", *columns]
    for i in [*range(60), *range(60, len(rows), 23)]:
        yield [i, *("" if np.isnan(column[i]) else repr(float(column[i])) for column in columns.values())]


def write(name, rows):
    (GOLDEN / name).write_text("".join(",".join(map(str, row)) + "\n" for row in rows))


rows = candles()
write("candles.csv", [CANDLE_COLUMNS, *rows])
write("talib.csv", talib_rows(rows))
command = [sys.executable, HERE / "market_features.py", GOLDEN / "candles.csv", GOLDEN / "reference.csv", "--every", "17"]
subprocess.run(command, check=True)
