"""Writes processors/features/golden/news-articles.csv and news.csv: made-up scored articles (fixed seed) and
the news features that pandas' time-based rolling windows give at every minute.

    pip install numpy==2.4.6 pandas==3.1.1
    python test/reference/make_news_golden.py

The articles lie in any order (the row number is the offset), with bursts, hours of silence, ties in time and
articles exactly on a minute, so that both ends of the window (t - 60 min, t] are met.
"""
from pathlib import Path

import numpy as np
import pandas as pd

GOLDEN = Path(__file__).parent.parent.parent / "processors" / "features" / "golden"
START = 1_741_358_400_000  # 2025-03-07 14:40 UTC
MINUTES = 900

random = np.random.RandomState(60)
times = []
for burst in [*random.randint(0, MINUTES * 60, 60), 120 * 60, 180 * 60, 180 * 60, 240 * 60]:
    for _ in range(random.randint(1, 4)):
        second = burst if random.rand() < 0.3 else burst + random.randint(0, 900)
        if not 400 * 60 <= second < 520 * 60:
            times.append(START + int(second) * 1000)
random.shuffle(times)
probabilities = random.dirichlet([0.8, 0.6, 1.5], len(times))
articles = pd.DataFrame(probabilities, columns=["positive", "negative", "neutral"])
articles.insert(0, "available_at_ms", times)
articles["offset"] = range(len(articles))
articles["headline"] = [f"Headline {i}" for i in range(len(articles))]
articles["source"] = [f"Source {i % 5}" for i in range(len(articles))]

ordered = articles.sort_values(["available_at_ms", "offset"])
index = pd.to_datetime(ordered["available_at_ms"], unit="ms")
frame = pd.DataFrame({
    "score": (ordered["positive"] - ordered["negative"]).values,
    "quality": ordered[["positive", "negative", "neutral"]].max(axis=1).values,
    "positive": ordered["positive"].values, "negative": ordered["negative"].values, "neutral": ordered["neutral"].values,
    "offset": ordered["offset"].values, "is_article": 1.0,
}, index=index)
minutes = pd.date_range(pd.to_datetime(START, unit="ms"), periods=MINUTES + 120, freq="min")
# A row of nothing at every minute: windows end there, after the articles of the same moment.
empty = pd.DataFrame(np.nan, index=minutes, columns=frame.columns)
both = pd.concat([frame, empty]).sort_index(kind="stable")
rolling = both.rolling("60min", closed="right")
means, count = rolling.mean(), rolling["is_article"].count()
# The last row of a minute is the empty one: stable sorting keeps articles before it.
at = ~both.index.duplicated(keep="last")
means, count = means[at].loc[minutes], count[at].loc[minutes]
latest = both["offset"].ffill()[at].loc[minutes]

some = count > 0
rows = pd.DataFrame({"event_time_ms": [START + 60_000 * i for i in range(len(minutes))]})
rows["avg_sentiment"] = means["score"].where(some, 0).values
rows["quality_score"] = means["quality"].where(some, 0).values
rows["article_count"] = count.astype(int).values
rows["signal_strength"] = rows["avg_sentiment"].abs() * rows["quality_score"]
rows["trading_signal"] = np.select([rows["avg_sentiment"] > 0.1, rows["avg_sentiment"] < -0.1], [1, -1], 0)
for name in ("positive", "negative", "neutral"):
    rows[f"{name}_prob"] = means[name].where(some, 1 if name == "neutral" else 0).values
rows["latest_offset"] = [int(o) if s else "" for o, s in zip(latest, some.values)]

articles.to_csv(GOLDEN / "news-articles.csv", index=False, lineterminator="\n")
rows.iloc[::7].to_csv(GOLDEN / "news.csv", index=False, lineterminator="\n")
