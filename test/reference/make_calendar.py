"""Writes processors/instruments/golden/zones.csv and calendar.csv: wall-clock time by Python's zoneinfo.

    pip install tzdata==2025.2
    PYTHONTZPATH= python test/reference/make_calendar.py

zones.csv    every change of the offset of a zone from 1970 to 2100: instant (minutes since the epoch,
             UTC) and offset from then on (minutes).
calendar.csv instants (fixed seed, and both sides of what opens and closes) with hour and weekday in a
             zone and whether the Asian, European and US sessions are open.
"""
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

GOLDEN = Path(__file__).parent.parent.parent / "processors" / "instruments" / "golden"
ZONES = ["UTC", "America/New_York", "Europe/London", "Asia/Tokyo", "Europe/Berlin", "Asia/Kolkata",
         "Asia/Kathmandu", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Auckland", "America/Sao_Paulo",
         "America/St_Johns", "America/Santiago", "Africa/Johannesburg", "Pacific/Apia"]
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
FIRST, LAST = 0, int((datetime(2101, 1, 1, tzinfo=timezone.utc) - EPOCH).total_seconds() // 60)
HOUR = 60


def offset(zone, minute):
    return int((EPOCH + timedelta(minutes=minute)).astimezone(zone).utcoffset().total_seconds() // 60)


def changes(zone):
    yield FIRST, offset(zone, FIRST)
    now = offset(zone, FIRST)
    for minute in range(FIRST, LAST, 6 * HOUR):
        after = offset(zone, minute + 6 * HOUR)
        if after != now:
            low, high = minute, minute + 6 * HOUR
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(zone, middle) == now else (low, middle)
            yield high, after
            now = after


def is_open(minute, name, start, end):
    local = (EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(name))
    return int(local.weekday() < 5 and start <= (local.hour, local.minute) < end)


SESSIONS = [("Asia/Tokyo", (9, 0), (15, 0)), ("Europe/London", (8, 0), (16, 30)), ("America/New_York", (9, 30), (16, 0))]


def instants(rng):
    for _ in range(300):
        yield rng.randrange(FIRST, LAST)
    for name, start, end in SESSIONS:
        for _ in range(40):
            day = datetime(rng.randrange(1970, 2101), rng.randrange(1, 13), rng.randrange(1, 29))
            for hour, minute in (start, end):
                edge = day.replace(hour=hour, minute=minute, tzinfo=ZoneInfo(name))
                at = int((edge - EPOCH).total_seconds() // 60)
                yield from (at - 1, at)


with open(GOLDEN / "zones.csv", "w") as file:
    file.write("zone,minute,offset\n")
    for name in ZONES:
        for minute, after in changes(ZoneInfo(name)):
            file.write(f"{name},{minute},{after}\n")

rng = random.Random(20250309)
with open(GOLDEN / "calendar.csv", "w") as file:
    file.write("minute,zone,hour,day,asia,europe,us\n")
    for minute in instants(rng):
        name = rng.choice(ZONES)
        local = (EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(name))
        flags = ",".join(str(is_open(minute, *session)) for session in SESSIONS)
        file.write(f"{minute},{name},{local.hour},{local.isoweekday()},{flags}\n")
