"""The lunar calendar's months against the days of the new years, which were written down apart."""

from __future__ import annotations

from datetime import date

import pytest

from handlers.understanding.lunar import NEW_YEARS, lunar_day, lunar_feast, month_lengths


@pytest.mark.parametrize("year", range(2020, 2040))
def test_the_months_of_a_year_fill_it(year: int) -> None:
    days = date(year + 1, *NEW_YEARS[year + 1]) - date(year, *NEW_YEARS[year])
    assert sum(month_lengths(year)) == days.days


@pytest.mark.parametrize(
    ("today", "feast", "day"),
    [
        (date(2025, 12, 1), "中秋", date(2025, 10, 6)),
        (date(2026, 9, 1), "中秋", date(2026, 9, 25)),
        (date(2026, 7, 1), "中秋", date(2025, 10, 6)),
        (date(2023, 12, 1), "端午", date(2023, 6, 22)),
    ],
)
def test_a_feast_is_the_latest_a_month_ahead_at_most(today: date, feast: str, day: date) -> None:
    assert lunar_feast(feast, today) == day


def test_a_day_behind_a_leap_month_and_one_that_is_none() -> None:
    assert lunar_day(8, 15, date(2025, 12, 1)) == date(2025, 10, 6)
    assert lunar_day(13, 1, date(2026, 1, 1)) is None
    assert lunar_day(1, 31, date(2026, 5, 1)) is None
    assert lunar_day(1, 1, date(2055, 5, 1)) is None
