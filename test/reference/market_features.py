"""An independent implementation of market-108, written from docs/features.md and nothing else.

Every value is computed afresh over its window in 80-bit floating point (numpy.longdouble on x86), so
it shares neither code nor rounding with the engine. It is slow and is no part of `npm test`: it made
the golden files in processors/features/golden (see SOURCE.md there) and checks any other candle file:

    python test/reference/market_features.py candles.csv.gz reference.csv
    candlewire features compute --candles candles.csv.gz --out engine.csv
    python test/reference/compare.py reference.csv engine.csv

Needs: Python >= 3.9, numpy, pandas >= 3 (older ones read numbers inexactly by default). Input columns:
timestamp,open,high,low,close[,volume][,bid_close,ask_close,bid_size,ask_size].
"""
import argparse
from datetime import datetime, timedelta, timezone
from decimal import Decimal, getcontext
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

F = np.longdouble
NAN = F("nan")
MINUTE = 60
QUOTES = ["bid_close", "ask_close", "bid_size", "ask_size"]


def grid_of(frame, max_fill):
    """Originals plus fill bars; volume NaN where the source has none, quotes NaN in fill bars."""
    rows, previous = [], None
    no_quotes = (float("nan"),) * 4
    for t, o, h, l, c, v, *quotes in frame.itertuples(index=False):
        if previous is not None:
            missing = (t - previous[0]) // MINUTE - 1
            if 1 <= missing <= max_fill:
                fill_volume = 0.0 if previous[2] == previous[2] else float("nan")
                close = previous[1]
                for k in range(missing):
                    rows.append((previous[0] + (k + 1) * MINUTE, close, close, close, close, fill_volume, *no_quotes, 1))
        rows.append((t, o, h, l, c, v, *quotes, 0))
        previous = (t, c, v)
    return pd.DataFrame(rows, columns=["t", "O", "H", "L", "C", "V", *QUOTES, "fill"])


def lag(x, k):
    out = np.full(len(x), NAN, dtype=F)
    if k < len(x):
        out[k:] = x[: len(x) - k] if k else x
    return out


def windows(x, n):
    return sliding_window_view(x, n)


def rolling(x, n, f):
    out = np.full(len(x), NAN, dtype=F)
    if len(x) >= n:
        for a in range(0, len(x) - n + 1, 20000):
            part = windows(x[a : a + 20000 + n - 1], n)
            out[a + n - 1 : a + n - 1 + len(part)] = f(part)
    return out


def sma(x, n):
    return rolling(x, n, lambda w: w.sum(axis=1) / F(n))


def rsum(x, n):
    return rolling(x, n, lambda w: w.sum(axis=1))


def deviation(x, n, ddof):
    def f(w):
        mean = w.sum(axis=1, keepdims=True) / F(n)
        result = np.sqrt(((w - mean) ** 2).sum(axis=1) / F(n - ddof))
        result[(w == w[:, :1]).all(axis=1)] = 0
        return result

    return rolling(x, n, f)


def mean_known(x, n, first):
    def f(w):
        known = ~np.isnan(w)
        count = known.sum(axis=1)
        total = np.where(known, w, F(0)).sum(axis=1)
        return np.where(count > 0, total / np.where(count > 0, count, 1).astype(F), NAN)

    out = rolling(x, n, f)
    out[: first - 1] = NAN
    return out


def smoothed(x, n, alpha):
    """Exponential average of the values that are there, seeded with the mean of the first n."""
    out = np.full(len(x), NAN, dtype=F)
    start = next((i for i in range(len(x)) if not np.isnan(x[i])), len(x))
    if start + n > len(x):
        return out
    value = x[start : start + n].sum() / F(n)
    out[start + n - 1] = value
    for i in range(start + n, len(x)):
        value = alpha * x[i] + (F(1) - alpha) * value
        out[i] = value
    return out


def ema(x, n):
    return smoothed(x, n, F(2) / F(n + 1))


def wilder(x, n):
    return smoothed(x, n, F(1) / F(n))


def convergence(C):
    """MACD, signal and histogram, with 50 decimal digits: after hours without a change they are a billionth of
    a billionth of the price, and 80 bits keep half of their digits."""
    getcontext().prec = 50

    def average(xs, n):
        if len(xs) < n:
            return
        value = sum(xs[:n]) / n
        yield value
        for x in xs[n:]:
            value += (x - value) * 2 / (n + 1)
            yield value

    closes = [Decimal(float(close)) for close in C]
    line = [a - b for a, b in zip(list(average(closes, 12))[14:], average(closes, 26))]
    signal = list(average(line, 9))
    column = lambda xs: np.array([NAN] * (len(closes) - len(xs)) + [F(str(x)) for x in xs], dtype=F)
    return column(line), column(signal), column([a - b for a, b in zip(line[8:], signal)])


def rsi(C, n):
    change = C - lag(C, 1)
    gains = np.where(np.isnan(change), NAN, np.maximum(change, F(0)))
    losses = np.where(np.isnan(change), NAN, np.maximum(-change, F(0)))
    gain, loss = wilder(gains, n), wilder(losses, n)
    out = F(100) - F(100) / (F(1) + gain / loss)
    out[(loss == 0) & (gain != 0)] = 100
    out[(loss == 0) & (gain == 0)] = 50
    return out


def adx(H, L, C):
    n = len(C)
    rise, fall = H - lag(H, 1), lag(L, 1) - L
    plus = np.where((rise > fall) & (rise > 0), rise, F(0))
    minus = np.where((fall > rise) & (fall > 0), fall, F(0))
    dx = np.full(n, NAN, dtype=F)
    if n >= 15:
        up, down = plus[1:14].sum(), minus[1:14].sum()
        for i in range(14, n):
            up = up - up / F(14) + plus[i]
            down = down - down / F(14) + minus[i]
            dx[i] = F(0) if up + down == 0 else F(100) * abs(up - down) / (up + down)
    return wilder(dx, 14)


def percentile_rank(x, n):
    out = np.full(len(x), NAN, dtype=F)
    start = next((i for i in range(len(x)) if not np.isnan(x[i])), len(x))
    tied = F(1) + F(1e-15)
    for i in range(start + n - 1, len(x)):
        out[i] = F(np.count_nonzero(x[i - n + 1 : i + 1] <= x[i] * tied)) / F(n)
    return out


def session_days(t, zone, start):
    """The local date on which the session of each bar started."""
    hour, minute = map(int, start.split(":"))
    tz = ZoneInfo(zone)
    for i in range(len(t)):
        local = datetime.fromtimestamp(int(t[i]), timezone.utc).astimezone(tz)
        # The newest start that is not after the bar names the session.
        day = local.date() + timedelta(days=1)
        while datetime(day.year, day.month, day.day, hour, minute, tzinfo=tz).timestamp() > t[i]:
            day -= timedelta(days=1)
        yield day


def session_vwap(days, H, L, C, V):
    out = np.full(len(C), NAN, dtype=F)
    session = None
    for i, day in enumerate(days):
        if day != session:
            session, turnover, volume, prices, count = day, F(0), F(0), F(0), 0
        typical = (H[i] + L[i] + C[i]) / F(3)
        turnover, volume, prices, count = turnover + typical * V[i], volume + V[i], prices + typical, count + 1
        out[i] = prices / F(count) if volume == 0 else turnover / volume
    return out


def session_position(days, H, L, C):
    out = np.full(len(C), NAN, dtype=F)
    session = None
    for i, day in enumerate(days):
        highest, lowest = (H[i], L[i]) if day != session else (max(highest, H[i]), min(lowest, L[i]))
        session = day
        out[i] = F(1) / F(2) if highest == lowest else (C[i] - lowest) / (highest - lowest)
    return out


def stochastic(H, L, C, n):
    lowest, highest = rolling(L, n, lambda w: w.min(axis=1)), rolling(H, n, lambda w: w.max(axis=1))
    out = F(100) * (C - lowest) / (highest - lowest)
    out[highest == lowest] = 50
    return out


def calendar(t, zone):
    def local(name):
        return pd.to_datetime(t, unit="s", utc=True).tz_convert(name)

    def inside(name, start, end):
        there = local(name)
        minute = there.hour * 60 + there.minute
        return ((there.day_of_week < 5) & (minute >= start) & (minute < end)).astype(np.float64)

    yield "hour_of_day", local(zone).hour
    yield "day_of_week", local(zone).day_of_week + 1
    yield "session_asia", inside("Asia/Tokyo", 9 * 60, 15 * 60)
    yield "session_europe", inside("Europe/London", 8 * 60, 16 * 60 + 30)
    yield "session_us", inside("America/New_York", 9 * 60 + 30, 16 * 60)


def has_original(t, fill, far):
    originals = t[fill == 0]
    left = np.searchsorted(originals, t - far * MINUTE, side="left")
    right = np.searchsorted(originals, t - 30 * MINUTE, side="left")
    return (right > left).astype(F)


def features_of(grid, zone, start):
    t = grid["t"].to_numpy(np.int64)
    O, H, L, C, V = (grid[name].to_numpy(np.float64).astype(F) for name in "OHLCV")
    fill = grid["fill"].to_numpy()
    f = {"open": O, "high": H, "low": L, "volume": V, "is_backfilled": fill.astype(F)}
    f["has_original_prev_30_to_60min"] = has_original(t, fill, 60)
    f["has_original_prev_30_to_360min"] = has_original(t, fill, 360)
    for n in (1, 5, 10, 30, 60, 90, 120, 150, 180, 210, 240, 270, 360):
        f[f"return_{n}"] = C / lag(C, n) - F(1)

    f["rsi_14"], f["rsi_20"] = rsi(C, 14), rsi(C, 20)
    f["macd"], f["macd_signal"], f["macd_histogram"] = convergence(C)
    psd = deviation(C, 20, 0)
    f["bb_middle"] = sma(C, 20)
    f["bb_upper"] = f["bb_middle"] + 2 * psd
    f["bb_lower"] = f["bb_middle"] - 2 * psd
    f["bb_width"] = (f["bb_upper"] - f["bb_lower"]) / f["bb_middle"]
    f["bb_position"] = (C - f["bb_lower"]) / (f["bb_upper"] - f["bb_lower"])
    f["bb_position"][psd == 0] = NAN
    for n in (7, 14, 21, 50):
        f[f"sma_{n}"] = sma(C, n)
    for n in (7, 14, 21):
        f[f"ema_{n}"] = ema(C, n)
    tr = np.fmax(np.fmax(H - L, abs(H - lag(C, 1))), abs(L - lag(C, 1)))
    tr[0] = NAN
    f["atr_14"] = wilder(tr, 14)
    f["adx_14"] = adx(H, L, C)

    for n in (5, 10, 20):
        f[f"momentum_{n}"] = C - lag(C, n)
    for n in (5, 10):
        f[f"roc_{n}"] = F(100) * (C / lag(C, n) - F(1))

    r = C / lag(C, 1) - F(1)
    l = np.log(C / lag(C, 1))
    f["volatility_20"], f["volatility_50"] = deviation(r, 20, 1), deviation(r, 50, 1)
    f["hl_range"] = H - L
    f["hl_range_pct"] = (H - L) / C
    f["hl_range_ma20"] = sma(f["hl_range"], 20)
    year = np.sqrt(F(362880))
    f["hist_vol_20"], f["hist_vol_50"] = deviation(l, 20, 1) * year, deviation(l, 50, 1) * year
    hl2, co = np.log(H / L) ** 2, np.log(C / O)
    ln2 = np.log(F(2))
    zero = F(0)
    f["gk_vol"] = np.sqrt(np.maximum(zero, sma(F(0.5) * hl2 - (2 * ln2 - 1) * co**2, 20)))
    f["parkinson_vol"] = np.sqrt(sma(hl2, 20) / (4 * ln2))
    rs = sma(np.log(H / C) * np.log(H / O) + np.log(L / C) * np.log(L / O), 20)
    f["rs_vol"] = np.sqrt(np.maximum(zero, rs))
    so, sc = deviation(np.log(O / lag(C, 1)), 20, 1) ** 2, deviation(co, 20, 1) ** 2
    k = F(34) / F(100) / (F(134) / F(100) + F(21) / F(19))
    f["yz_vol"] = np.sqrt(np.maximum(zero, so + k * sc + (F(1) - k) * rs))
    f["vol_of_vol"] = deviation(f["volatility_20"], 20, 1)
    rank = percentile_rank(f["volatility_20"], 1440)
    f["vol_regime_low"] = np.where(np.isnan(rank), NAN, (rank < 0.25).astype(F))
    f["vol_regime_high"] = np.where(np.isnan(rank), NAN, (rank > 0.75).astype(F))
    f["realized_range"] = np.sqrt(rsum(hl2, 20))
    f["realized_range_ma"] = sma(f["realized_range"], 20)
    variance = np.full(len(C), NAN, dtype=F)
    if len(C) > 1:
        variance[1] = r[1] ** 2
    for i in range(2, len(C)):
        variance[i] = F(94) / F(100) * variance[i - 1] + F(6) / F(100) * r[i] ** 2
    f["ewma_vol"] = np.sqrt(variance)

    b = hl2 + np.log(lag(H, 1) / lag(L, 1)) ** 2
    g = np.log(np.maximum(H, lag(H, 1)) / np.minimum(L, lag(L, 1))) ** 2
    d = F(3) - 2 * np.sqrt(F(2))
    a = (np.sqrt(2 * b) - np.sqrt(b)) / d - np.sqrt(g / d)
    f["spread_pct"] = np.maximum(zero, 2 * (np.exp(a) - 1) / (1 + np.exp(a)))
    f["spread_proxy"] = f["spread_pct"] * C
    f["volume_ma20"], f["volume_ma50"] = sma(V, 20), sma(V, 50)
    f["volume_ratio"] = V / f["volume_ma20"]
    f["volume_zscore"] = (V - f["volume_ma20"]) / deviation(V, 20, 1)
    traded = np.where(V == 0, NAN, V)
    f["price_impact"] = abs(C - lag(C, 1)) / traded
    f["price_impact_ma20"] = mean_known(f["price_impact"], 20, 21)
    f["order_flow_imbalance"] = rsum(np.sign(C - O) * V, 20) / rsum(V, 20)
    f["illiquidity"] = F(1000000) * abs(r) / (C * traded)
    f["illiquidity_ma20"] = mean_known(f["illiquidity"], 20, 21)
    days = list(session_days(t, zone, start))
    f["vwap"] = session_vwap(days, H, L, C, V)
    f["close_vwap_ratio"] = C / f["vwap"]
    f["volume_velocity"] = V - lag(V, 1)
    f["volume_acceleration"] = f["volume_velocity"] - lag(f["volume_velocity"], 1)

    f["roc_12"] = F(100) * (C / lag(C, 12) - F(1))
    f["stoch_k_14"] = stochastic(H, L, C, 14)
    f["stoch_d_3"] = sma(f["stoch_k_14"], 3)
    for n in (5, 10, 20):
        f[f"sma_{n}"] = sma(C, n)
    for n in (5, 10, 20, 50):
        f[f"ema_{n}"] = ema(C, n)
    for n in (1, 5, 30):
        f[f"log_return_{n}"] = np.log(C / lag(C, n))
    f["close_sma_20_ratio"], f["close_sma_50_ratio"] = C / f["sma_20"], C / f["sma_50"]
    f["close_ema_20_ratio"] = C / f["ema_20"]
    f["high_low_ratio"], f["close_open_ratio"] = H / L, C / O
    f["vol_percentile_rank"] = rank
    bid, ask, bid_size, ask_size = (grid[name].to_numpy(np.float64).astype(F) for name in QUOTES)
    f["bid_ask_spread"] = ask - bid
    f["effective_spread"] = 2 * abs(C - (bid + ask) / 2)
    f["bid_ask_imbalance"] = (bid_size - ask_size) / (bid_size + ask_size)
    f["quoted_depth"] = bid_size + ask_size
    f |= {name: np.asarray(column, dtype=np.float64).astype(F) for name, column in calendar(t, zone)}
    f["close_position_in_session_range"] = session_position(days, H, L, C)
    f["rsi_14_x_volume_ratio"] = f["rsi_14"] * f["volume_ratio"]
    f["macd_histogram_over_atr_14"] = f["macd_histogram"] / f["atr_14"]
    f["return_1_x_volume_zscore"] = f["return_1"] * f["volume_zscore"]
    return t, f


ORDER = """open high low volume is_backfilled has_original_prev_30_to_60min has_original_prev_30_to_360min
return_1 return_5 return_10 return_30 return_60 return_90 return_120 return_150 return_180 return_210 return_240
return_270 return_360 rsi_14 rsi_20 macd macd_signal macd_histogram bb_middle bb_upper bb_lower bb_width bb_position
sma_7 sma_14 sma_21 sma_50 ema_7 ema_14 ema_21 atr_14 adx_14 momentum_5 momentum_10 momentum_20 roc_5 roc_10
volatility_20 volatility_50 hl_range hl_range_pct hl_range_ma20 hist_vol_20 hist_vol_50 gk_vol parkinson_vol rs_vol
yz_vol vol_of_vol vol_regime_low vol_regime_high realized_range realized_range_ma ewma_vol spread_proxy spread_pct
volume_ma20 volume_ma50 volume_ratio volume_zscore price_impact price_impact_ma20 order_flow_imbalance illiquidity
illiquidity_ma20 vwap close_vwap_ratio volume_velocity volume_acceleration roc_12 stoch_k_14 stoch_d_3 sma_5 sma_10
sma_20 ema_5 ema_10 ema_20 ema_50 log_return_1 log_return_5 log_return_30 close_sma_20_ratio close_sma_50_ratio
close_ema_20_ratio high_low_ratio close_open_ratio vol_percentile_rank bid_ask_spread effective_spread
bid_ask_imbalance quoted_depth hour_of_day day_of_week session_asia session_europe session_us
close_position_in_session_range rsi_14_x_volume_ratio macd_histogram_over_atr_14 return_1_x_volume_zscore""".split()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("candles")
    parser.add_argument("out")
    parser.add_argument("--max-fill-minutes", type=int, default=360)
    parser.add_argument("--session-zone", default="America/New_York")
    parser.add_argument("--session-start", default="17:00")
    parser.add_argument("--every", type=int, default=1, help="write every n-th bar only")
    parser.add_argument("--last", type=int, help="write only this many bars, the last ones")
    arguments = parser.parse_args()
    frame = pd.read_csv(arguments.candles)
    frame = frame.reindex(columns=["timestamp", "open", "high", "low", "close", "volume", *QUOTES])
    seconds = pd.to_datetime(frame["timestamp"], utc=True).astype("datetime64[s, UTC]").astype("int64")
    frame = frame.assign(timestamp=seconds)
    with np.errstate(all="ignore"):
        t, f = features_of(grid_of(frame, arguments.max_fill_minutes), arguments.session_zone, arguments.session_start)
    with open(arguments.out, "w") as out:
        out.write("timestamp," + ",".join(ORDER) + "\n")
        columns = [f[name].astype(np.float64) for name in ORDER]
        for i in range(len(t) - arguments.last if arguments.last else 0, len(t), arguments.every):
            stamp = datetime.fromtimestamp(int(t[i]), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            cells = ["" if not np.isfinite(c[i]) else repr(float(c[i])) for c in columns]
            out.write(stamp + "," + ",".join(cells) + "\n")


if __name__ == "__main__":
    main()
