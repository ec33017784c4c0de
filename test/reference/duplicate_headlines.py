"""Second opinion on processors/sentiment/duplicates.ts: the duplicates of news files, by plain search.

    python test/reference/duplicate_headlines.py FILE.csv.gz ...

Files are taken one after another, as they would lie in news.v1. Prints the duplicates per file; with
--show also the pairs whose headlines are not word for word the same. Needs nothing but Python >= 3.10.
"""
import csv
import gzip
import re
import sys
import unicodedata
from datetime import datetime

DAY_S = 24 * 3600


def words(text):
    text = re.sub("['’‘`´]", "", unicodedata.normalize("NFKC", text).lower())
    kind = lambda c: {"L": "letter", "M": "letter", "N": "digit"}.get(unicodedata.category(c)[0])
    found, last = [], None
    for c in text:
        now = kind(c)
        if now is not None:
            if now == last:
                found[-1] += c
            else:
                found.append(c)
        last = now
    return tuple(found)


def bare_forms(title):
    forms = set()

    def add(rest, around):
        if len(rest) >= 5 and len(rest) >= 2 * len(around) and len(around) <= 4:
            forms.add(rest)

    label = re.search(r"\s?:\s|\s[-–—|]+\s|(?<=[A-Z0-9])-(?=[A-Z])", title)
    if label:
        add(words(title[label.end():]), words(title[: label.start()]))
    publishers = list(re.finditer(r"\s[-–—]+\s|\s?[|_]\s?", title))
    if publishers:
        add(words(title[: publishers[-1].start()]), words(title[publishers[-1].end():]))
    return forms - {words(title)}


firsts = []
ids = set()
for path in [a for a in sys.argv[1:] if not a.startswith("--")]:
    rows = list(csv.DictReader(gzip.open(path, "rt", encoding="utf8")))
    by_reason = {"id": 0, "title": 0}
    for row in rows:
        title = row["headline"].strip()
        at = datetime.fromisoformat(row["published_at"].replace("Z", "+00:00")).timestamp()
        key = (row["source"], at, title)
        if key in ids:
            by_reason["id"] += 1
            continue
        ids.add(key)
        whole, bare = words(title), bare_forms(title)
        window = DAY_S / 2 if len(whole) < 7 else DAY_S
        repeated = None
        for first_at, first_whole, first_bare, first_title in firsts:
            if abs(at - first_at) > window:
                continue
            if whole == first_whole or whole in first_bare or first_whole in bare:
                repeated = first_title
                break
        if repeated is None:
            firsts.append((at, whole, bare, title))
            continue
        by_reason["title"] += 1
        if "--show" in sys.argv and words(repeated) != whole:
            print(f"  {repeated}\n  = {title}\n")
    print(path.rsplit("/", 1)[-1], len(rows), by_reason)
