"""Spans of days that people name: 本月, 上周, 今年, 2026年10月."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

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


def take_period(text: str, today: date) -> tuple[Period, str]:
    """The span that a (folded) text names, and the text without it; this month where it names none."""
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
