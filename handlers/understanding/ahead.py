"""Times of what is planned: an open time is the next to come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from handlers.understanding.model import Precision
from handlers.understanding.numerals import CN, number
from handlers.understanding.spoken_times import (
    ATOM,
    NUMBER,
    PARTS,
    READERS,
    Said,
    civil_day,
    clock_hour,
    length_of,
    said_times,
)
from handlers.understanding.times import Time, on_day, open_clock

_AFTER = re.compile(
    rf"(?P<half>半个?)?(?P<count>\d{{1,3}}|{CN}{{1,3}})?个?(?P<halfafter>半)?(?P<unit>小时|钟头|分钟)(?:之|以)?后"
)


_DAYS_AFTER = re.compile(rf"(?P<count>\d{{1,3}}|{CN}{{1,3}})个?(?P<unit>天|周|星期|礼拜)(?:之|以)?后的?\s?")


def _days_after(text: str, match: re.Match[str], day: datetime) -> Time:
    """三天后, and the hour of that day that follows: 三天后上午9点."""
    start = day.replace(hour=0, minute=0, second=0, microsecond=0)
    hour = time_ahead(text[match.end() :], start)
    if hour is None or hour.dated:
        return Time(match[0].rstrip(), 0, match.end(), start, Precision.DAY, True)
    end = match.end() + hour.end
    return Time(text[:end], 0, end, hour.at, hour.precision, True)


def time_ahead(text: str, now: datetime) -> Time | None:
    """The time that a folded `text` begins with, taken as one to come: 明早8点, 周五下午3点, 3月1日9:00, 半小时后.

    None where it begins with none; a time that is said to have passed (昨天8点) is given as it is.
    """
    if match := _AFTER.match(text):
        amount = length_of(match)
        if amount is None:
            return None
        length = timedelta(hours=amount) if match["unit"] != "分钟" else timedelta(minutes=amount)
        return Time(match[0], 0, match.end(), now + length, Precision.EXACT, True)
    if (match := _DAYS_AFTER.match(text)) and (count := number(match["count"])):
        return _days_after(text, match, now + timedelta(days=count * (1 if match["unit"] == "天" else 7)))
    said = next(iter(said_times(text, now)), None)
    if said is None or said.start or said.ago is not None or said.now:
        return None
    first = ATOM.match(text)
    assert first is not None
    try:
        said = said._replace(day=_next_day(first, said.day, now.date()))
        resolved = _resolve_ahead(said, now)
    except (OverflowError, ValueError):
        return None
    if resolved is None:
        return None
    at, precision = resolved
    if first.lastgroup == "weekday" and not first["week"] and at <= now:
        at += timedelta(weeks=1)
    return Time(text[: said.end], 0, said.end, at, precision, said.day is not None)


_IN_DAYS = re.compile(
    rf"(?P<count>\d{{1,3}}|{CN}{{1,3}}|半)个?(?P<unit>天|日|周|星期|礼拜|(?<=个)月)(?:之|以)?(?:后|内)?(?!前)"
)
_ABOUT = re.compile(r"[一二两三四五六七八九]{2}")
"""两三天: of two figures side by side the later one counts."""
_COARSE = re.compile(
    r"(?P<next>下下个?|下个?|本|这个?)?"
    r"(?:(?P<week>周|星期|礼拜)(?:(?P<dow>[一二三四五六日天])|(?![末\d]))(?:内|里)?|(?P<month>月)(?:底|末))"
)
_SET_OFF = r"(?:^|(?<=[\s,，。;；:：到至等于在期限]))"
_STANDS_ALONE = r"(?=$|[\s,，。;；前后之以到至起再])"
_BY_NUMBER = re.compile(
    rf"(?P<year>今年|明年)\s?(?P<month>{NUMBER})\s?月\s?(?P<dom>{NUMBER})\s?[日号]?"
    rf"|(?P<next>下个?月)\s?(?P<nextdom>{NUMBER})\s?[日号]?"
    rf"|(?P<yearend>年底)"
    rf"|{_SET_OFF}(?:(?P<only>\d{{1,2}})[日号]|(?P<month2>\d{{1,2}})[-/.](?P<dom2>\d{{1,2}})){_STANDS_ALONE}"
)
"""Days that only what is planned is said by: 25号, 12-5, 下个月5号, 明年1月5日, 年底."""


class Day(NamedTuple):
    """A day that is still to come, said at text[start:end]."""

    day: date
    start: int
    end: int


def day_ahead(text: str, now: datetime) -> Day | None:
    """The first day to come that a folded `text` names anywhere: 周五, 11月27日, 后天, 3天后, 下周, 月底.

    A bare week is its Friday, the last day on which people work.
    """
    today = now.date()
    found = [*_named_days(text, now), *_counted_days(text, today), *_coarse_days(text, today), *_days_of(text, today)]
    return min((one for one in found if one.day >= now.date()), key=lambda one: (one.start, -one.end), default=None)


def _named_days(text: str, now: datetime) -> Iterator[Day]:
    for said in said_times(text, now):
        first = ATOM.match(text, said.start)
        day = _next_day(first, said.day, now.date()) if first and not said.ago else None
        if day is not None:
            yield Day(day, said.start, said.end)


def _counted_days(text: str, today: date) -> Iterator[Day]:
    for match in _IN_DAYS.finditer(text):
        said = match["count"][-1] if _ABOUT.fullmatch(match["count"]) else match["count"]
        count = 0.5 if said == "半" else number(said)
        length = {"天": 1, "日": 1, "月": 30}.get(match["unit"], 7)
        if count and (match["unit"] != "日" or match[0].endswith(("后", "内"))):
            yield Day(today + timedelta(days=round(count * length)), match.start(), match.end())


def _coarse_days(text: str, today: date) -> Iterator[Day]:
    for match in _COARSE.finditer(text):
        ahead = (match["next"] or "").count("下")
        if match["week"] and match["next"]:
            dow = "一二三四五六日".find(match["dow"].replace("天", "日")) if match["dow"] else 4
            day = today - timedelta(days=today.weekday()) + timedelta(days=dow, weeks=ahead)
        elif match["month"]:
            day = _months_on(today, ahead + 1) - timedelta(days=1)
        else:
            continue
        yield Day(day, match.start(), match.end())


def _months_on(today: date, months: int) -> date:
    """The first day of a month after this one."""
    count = today.year * 12 + today.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _days_of(text: str, today: date) -> Iterator[Day]:
    for match in _BY_NUMBER.finditer(text):
        if match["yearend"]:
            day: date | None = date(today.year, 12, 31)
        elif match["year"]:
            year = today.year + (match["year"] == "明年")
            day = civil_day(year, number(match["month"]) or 0, number(match["dom"]) or 0)
        elif match["next"]:
            first = _months_on(today, 1)
            day = civil_day(first.year, first.month, number(match["nextdom"]) or 0)
        elif match["only"]:
            months = (today.replace(day=1), _months_on(today, 1))
            coming = (civil_day(one.year, one.month, int(match["only"])) for one in months)
            day = next((one for one in coming if one and one >= today), None)
        else:
            coming = (civil_day(today.year + years, int(match["month2"]), int(match["dom2"])) for years in range(2))
            day = next((one for one in coming if one and one >= today), None)
        if day is not None:
            yield Day(day, match.start(), match.end())


_ALMOST_A_YEAR = timedelta(days=335)


def _next_day(match: re.Match[str], day: date | None, today: date) -> date | None:
    """The day that the first atom names, moved ahead where its words leave open which of them is meant."""
    if day is None or day >= today:
        return day
    if match.lastgroup == "weekday" and not match["week"]:
        return day + timedelta(weeks=1)
    if match.lastgroup == "date" and not (match["year"] or match["year2"]):
        month, dom = number(match["month"]) or 0, number(match["dom"]) or 0
        coming = (civil_day(today.year + years, month, dom) for years in range(5))  # four years to the next 29 February
        return next((one for one in coming if one and one >= today), day)
    if match.lastgroup == "bareday":
        months = ((today.replace(day=1) + timedelta(days=31 * ahead)).replace(day=1) for ahead in (0, 1))
        coming = (civil_day(one.year, one.month, number(match["only"]) or 0) for one in months)
        return next((one for one in coming if one and one >= today), day)
    if match.lastgroup in ("feast", "lunar", "oldmonth", "dotted"):  # these are read as at most a month ahead
        said = READERS[match.lastgroup](match, datetime.combine(today + _ALMOST_A_YEAR, datetime.min.time()))
        return said.day if said and said.day else day
    return day


def _resolve_ahead(said: Said, now: datetime) -> tuple[datetime, Precision] | None:
    if said.hour is not None:
        exact = said.minute is not None and not said.about
        return _clock_ahead(said, now), Precision.EXACT if exact else Precision.HOUR
    if said.part is not None:
        at = on_day(said.day or now.date(), PARTS[said.part], 0, now)
        return at if said.day or at > now else at + timedelta(days=1), Precision.PART_OF_DAY
    return None if said.day is None else (on_day(said.day, 0, 0, now), Precision.DAY)


def _clock_ahead(said: Said, now: datetime) -> datetime:
    hour, later = clock_hour(said)
    day, minute = said.day or now.date(), said.minute or 0
    if said.part is None and 1 <= hour <= 12:
        if said.day is not None and said.day != now.date():
            return open_clock(said, hour, minute, now)
        both = [on_day(day, one, minute, now) for one in (hour, hour + 12) if one <= 23]
        passed = both[-1] if said.day else both[0] + timedelta(days=1)
        return next((at for at in both if at > now), passed)
    at = on_day(day + timedelta(days=later), hour, minute, now)
    return at if said.day or at > now else at + timedelta(days=1)
