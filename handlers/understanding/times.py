"""Times of what has happened, resolved against the message's own time: an open time is the latest that has passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handlers.understanding.model import Precision
from handlers.understanding.spoken_times import HINT, PARTS, SMALL_HOURS, Said, clock_hour, said_times


@dataclass(frozen=True, slots=True)
class Time:
    """A time said at text[start:end]: `at` (aware, in the zone of `now`) with its precision.

    `dated` says that a day was named, or how long ago it was.
    """

    text: str
    start: int
    end: int
    at: datetime
    precision: Precision
    dated: bool = False


def on_day(day: date, hour: int, minute: int, now: datetime) -> datetime:
    """That instant of a day, in the zone of `now`."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=now.tzinfo)


def _resolve_clock(said: Said, now: datetime) -> datetime:
    hour, later = clock_hour(said)
    minute, today = said.minute or 0, now.date()
    if said.part is None and 1 <= hour <= 12:
        return open_clock(said, hour, minute, now)
    if said.day is not None:
        return on_day(said.day + timedelta(days=later), hour, minute, now)
    found = on_day(today + timedelta(days=later), hour, minute, now)
    while found > now:
        found -= timedelta(days=1)
    return found


def open_clock(said: Said, hour: int, minute: int, now: datetime) -> datetime:
    """An hour without a part of the day: the latest that has passed, by day if nothing tells."""
    day = said.day or now.date()
    both = [on_day(day, h % 24, minute, now) for h in (hour, hour + 12) if h <= 23]
    passed = [at for at in both if at <= now]
    if said.day is not None and said.day != now.date():
        return both[-1] if hour < 6 and len(both) > 1 else both[0]
    if passed:
        return passed[-1]
    return both[0] if said.day is not None else both[-1] - timedelta(days=1)


def _resolve(said: Said, now: datetime) -> tuple[datetime, Precision] | None:
    if said.now:
        return now, Precision.HOUR
    if said.ago is not None:
        at = now - said.ago
        return at, Precision.HOUR if said.about else Precision.EXACT
    if said.hour is not None:
        exact = said.minute is not None and not said.about
        return _resolve_clock(said, now), Precision.EXACT if exact else Precision.HOUR
    if said.part is not None:
        return _resolve_part(said, now), Precision.PART_OF_DAY
    if said.day is not None:
        return on_day(said.day, 0, 0, now), Precision.DAY
    return None


_TWICE = {"放学": 12}
"""Parts of a day that come at another hour too: small schools end at noon and again in the afternoon."""


def _resolve_part(said: Said, now: datetime) -> datetime:
    part, today = said.part or "早", now.date()
    hours = [PARTS[part], *([_TWICE[part]] if part in _TWICE else [])]
    if said.day is not None and (said.day != today or len(hours) == 1):
        return on_day(said.day, hours[0], 0, now)
    # "this morning" said at 07:30 still means this morning
    begun = [at for hour in hours if (at := on_day(today, hour, 0, now)) - now <= timedelta(hours=2)]
    if begun:
        return min(min(begun, key=lambda at: abs(at - now)), now)
    return on_day(today, hours[0], 0, now) - timedelta(days=0 if said.day else 1)


_DAY_BREAKS = 5
"""Until then whoever is still up may call the evening before "today"."""


def find_times(text: str, now: datetime) -> list[Time]:
    """Every time said in a folded `text`, in order, resolved against `now` (aware)."""
    if not HINT.search(text):
        return []
    found = []
    for said in said_times(text, now):
        try:
            resolved = _resolve(said, now)
        except (OverflowError, ValueError):
            continue
        if resolved is not None:
            at, precision = resolved
            if at > now and _before_sleep(text, said, now):
                at -= timedelta(days=1)
            dated = said.day is not None or said.ago is not None or said.now
            found.append(Time(text[said.start : said.end], said.start, said.end, at, precision, dated))
    return found


def _before_sleep(text: str, said: Said, now: datetime) -> bool:
    """Whether "today" is the day that ended at midnight: 今晚9点出去的, said at two in the night."""
    return now.hour < _DAY_BREAKS and text[said.start] in "今当" and said.part not in SMALL_HOURS
