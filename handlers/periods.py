"""Spans of days that people name: 本月, 上周, 今年, 2026年10月."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.understanding.numerals import number as number_of

MOST_DAYS = 366
"""Days of the longest span that is counted."""

_NAMED = re.compile(r"(?P<year>20\d\d)年(?:(?P<month>1[0-2]|0?[1-9])月份?)?|(?<!\d)(?P<only>1[0-2]|0?[1-9])月份?(?!\d)")


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` up to (not including) `after`, as people call it."""

    name: str
    first: date
    after: date

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its instants: from, and up to (not including)."""
        return tuple(datetime.combine(day, time(), zone) for day in (self.first, self.after))  # type: ignore[return-value]


def month(first: date) -> Period:
    """The month that begins on this day."""
    return Period(f"{first.year}年{first.month}月", first, (first + timedelta(days=31)).replace(day=1))


def month_before(today: date) -> Period:
    """The month before this day's."""
    return month((today.replace(day=1) - timedelta(days=1)).replace(day=1))


def before(period: Period) -> Period:
    """The span just before one, as long: of whole months as many months, else as many days."""
    if period.first.day == period.after.day == 1:
        months = (period.after.year - period.first.year) * 12 + period.after.month - period.first.month
        count = period.first.year * 12 + period.first.month - 1 - months
        first = date(count // 12, count % 12 + 1, 1)
    else:
        first = period.first - (period.after - period.first)
    return Period(f"{first:%m-%d}起", first, period.first)


def _year(number: int) -> Period:
    return Period(f"{number}年", date(number, 1, 1), date(number + 1, 1, 1))


def _week(today: date, back: int) -> Period:
    first = today - timedelta(days=today.weekday() + 7 * back)
    last = first + timedelta(days=6)
    return Period(f"{first.month}月{first.day}日—{last.month}月{last.day}日", first, first + timedelta(days=7))


_WORDS: dict[str, Callable[[date], Period]] = {
    "今天": lambda day: Period(f"{day.month}月{day.day}日", day, day + timedelta(days=1)),
    "本周": lambda day: _week(day, 0),
    "上周": lambda day: _week(day, 1),
    "本月": lambda day: month(day.replace(day=1)),
    "上月": month_before,
    "上上周": lambda day: _week(day, 2),
    "上上月": lambda day: month_before(month_before(day).first),
    "今年": lambda day: _year(day.year),
    "去年": lambda day: _year(day.year - 1),
}
_SAME = {
    "今日": "今天", "这周": "本周", "这星期": "本周", "上星期": "上周", "这个月": "本月", "上个月": "上月",
    "上上个月": "上上月", "上上星期": "上上周", "本年": "今年", "全年": "今年",
}  # fmt: skip
PERIODS = frozenset([*_WORDS, *_SAME])
"""The words that name a span by themselves."""
_RELATIVE = re.compile("|".join(sorted([*_WORDS, *_SAME], key=len, reverse=True)))


_QUARTER = re.compile(r"(?P<which>[本这上])个?季度|(?:(?P<year>20\d\d)年)?第?(?P<number>[一二三四1-4])季度")
_LATELY = re.compile(r"(?:最近|近|过去|前)(?P<count>\d{1,3}|[一二两三四五六七八九十]{1,3})(?P<of>天|个?星期|周|个月)")
_FROM_TO = re.compile(
    r"(?:(?P<year>20\d\d)年)?(?P<month>1[0-2]|0?[1-9])月(?P<day>[0-3]?\d)[日号]?\s*[到至\-—~～]+\s*"
    r"(?:(?P<last>1[0-2]|0?[1-9])月)?(?P<end>[0-3]?\d|今天)[日号]?"
)
_DAYS = {"天": 1, "周": 7, "期": 7, "月": 30}


def _days(first: date, last: date) -> Period:
    return Period(f"{first.month}月{first.day}日—{last.month}月{last.day}日", first, last + timedelta(days=1))


def _quarter(match: re.Match[str], today: date) -> Period:
    number, year = (today.month - 1) // 3, today.year
    if match["number"]:
        said = "一二三四1234".index(match["number"]) % 4
        year = int(match["year"] or year - (said > number))
        number = said
    elif match["which"] == "上":
        year, number = (year, number - 1) if number else (year - 1, 3)
    after = date(year + (number == 3), (number * 3 + 3) % 12 + 1, 1)
    return Period(f"{year}年{'一二三四'[number]}季度", date(year, number * 3 + 1, 1), after)


def _lately(match: re.Match[str], today: date) -> Period | None:
    count = int(match["count"]) if match["count"].isdigit() else number_of(match["count"])
    days = (count or 0) * _DAYS[match["of"][-1]]
    return _days(today - timedelta(days=days - 1), today) if 0 < days <= MOST_DAYS else None


def _from_to(match: re.Match[str], today: date) -> Period | None:
    """11月1日到20日; without a year the last such days that have begun. None for no such days."""
    try:
        first = date(int(match["year"] or today.year), int(match["month"]), int(match["day"]))
        if first > today and not match["year"]:
            first = first.replace(year=today.year - 1)
        last = today
        if match["end"] != "今天":
            last = date(first.year, int(match["last"] or match["month"]), int(match["end"]))
            last = last if last >= first else last.replace(year=first.year + 1)
    except ValueError:
        return None
    return _days(first, last) if first <= last and (last - first).days < MOST_DAYS else None


_SPANS = ((_QUARTER, _quarter), (_LATELY, _lately), (_FROM_TO, _from_to))


def take_period(text: str, today: date) -> tuple[Period, str]:
    """The span that a (folded) text names, and the text without it; this month where it names none."""
    for pattern, of in _SPANS:
        if (match := pattern.search(text)) and (span := of(match, today)) is not None:
            return span, f"{text[: match.start()]} {text[match.end() :]}".strip()
    if match := _RELATIVE.search(text):
        found = _WORDS[_SAME.get(match[0], match[0])](today)
    elif match := _NAMED.search(text):
        found = _named(match, today)
    else:
        return month(today.replace(day=1)), text.strip()
    return found, f"{text[: match.start()]} {text[match.end() :]}".strip()


def _named(match: re.Match[str], today: date) -> Period:
    if match["only"]:  # the last one that has begun: 12月 in January is last year's
        number = int(match["only"])
        return month(date(today.year - (number > today.month), number, 1))
    if match["month"]:
        return month(date(int(match["year"]), int(match["month"]), 1))
    return _year(int(match["year"]))
