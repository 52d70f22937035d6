"""Days around the Spring Festival by their lunar names."""

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
