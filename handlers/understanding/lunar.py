"""Days by their lunar names."""

from __future__ import annotations

from datetime import date, timedelta

from handlers.understanding.numerals import number

# First day of the first lunar month, as published in the calendars of the Purple Mountain Observatory.
NEW_YEARS = {
    2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22), 2024: (2, 10), 2025: (1, 29), 2026: (2, 17),
    2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31),
    2034: (2, 19), 2035: (2, 8), 2036: (1, 28), 2037: (2, 15), 2038: (2, 4), 2039: (1, 24), 2040: (2, 12),
}  # fmt: skip
# Years whose new year follows a twelfth month of 29 days.
_SHORT_TWELFTH = frozenset({2022, 2025, 2026, 2027, 2028, 2029, 2031})

# The months of each of these years, in the common notation: bits 15 to 4 for the long ones among the twelve, bits
# 3 to 0 for the month that a leap month follows, bit 16 for a long leap month.
_MONTHS = {
    2020: 0x07954, 2021: 0x06AA0, 2022: 0x0AD50, 2023: 0x05B52, 2024: 0x04B60, 2025: 0x0A6E6, 2026: 0x0A4E0,
    2027: 0x0D260, 2028: 0x0EA65, 2029: 0x0D530, 2030: 0x05AA0, 2031: 0x076A3, 2032: 0x096D0, 2033: 0x04AFB,
    2034: 0x04AD0, 2035: 0x0A4D0, 2036: 0x1D0B6, 2037: 0x0D250, 2038: 0x0D520, 2039: 0x0DD45,
}  # fmt: skip
_FEASTS = {"元宵": (1, 15), "端午": (5, 5), "七夕": (7, 7), "中秋": (8, 15), "重阳": (9, 9)}
FEASTS = "|".join(_FEASTS)
"""The feasts of the lunar calendar, without their 节."""


def month_lengths(year: int) -> list[int]:
    """The days of a lunar year's months in their order, a leap month among them."""
    bits = _MONTHS[year]
    days = [29 + (bits >> 16 - month & 1) for month in range(1, 13)]
    leap = bits & 15
    if leap:
        days.insert(leap, 29 + (bits >> 16))
    return days


def _day_of_month(year: int, month: int, day: int) -> date | None:
    first = _new_year(year)
    if first is None or year not in _MONTHS or not 1 <= month <= 12 or not 1 <= day <= 30:
        return None
    leap = _MONTHS[year] & 15
    months = month - 1 + (1 <= leap < month)
    return first + timedelta(days=sum(month_lengths(year)[:months]) + day - 1)


def lunar_day(month: int, day: int, today: date) -> date | None:
    """The latest such day of a month of the lunar calendar, a month ahead at most: 农历十月十二."""
    days = (_day_of_month(year, month, day) for year in (today.year + 1, today.year, today.year - 1))
    return next((one for one in days if one and one <= today + timedelta(days=30)), None)


def lunar_feast(name: str, today: date) -> date | None:
    """The latest day of a feast of the lunar calendar: 中秋."""
    return lunar_day(*_FEASTS[name], today)


def _new_year(year: int) -> date | None:
    found = NEW_YEARS.get(year)
    return None if found is None else date(year, *found)


def _offset(words: str, year: int) -> int | None:
    """Days from the new year's first day."""
    if words in ("除夕", "大年三十") or words.startswith("三十"):
        return -1
    if words.startswith("腊月"):
        day = number(words.removeprefix("腊月").removeprefix("初"))
        length = 29 if year in _SHORT_TWELFTH else 30
        return None if day is None else day - 1 - length
    for prefix in ("农历", "大年", "正月", "初"):
        words = words.removeprefix(prefix)
    day = number(words)
    return None if day is None else day - 1


def lunar_date(words: str, today: date) -> date | None:
    """The latest day called `words` (大年初六, 腊月二十三, 除夕), a month ahead at most; None beyond 2040."""
    for year in (today.year + 1, today.year, today.year - 1):
        first, offset = _new_year(year), _offset(words, year)
        if first is None or offset is None:
            continue
        found = first + timedelta(days=offset)
        if found <= today + timedelta(days=30):
            return found
    return None
