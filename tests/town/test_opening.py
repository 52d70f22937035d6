"""The conversation with which the sample town opens."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.town import SAMPLE, read_opening, read_town, resolve_at
from tests.town.files import NOW, RULES


@pytest.mark.parametrize(
    ("at", "seconds"),
    [("-3h20m", -12_000), ("-2d", -172_800), ("+90s", 90), ("-1d2h3m4s", -93_784), ("-0m", 0)],
)
def test_relative_times(at: str, seconds: int) -> None:
    assert resolve_at(at, NOW) == NOW + timedelta(seconds=seconds)


def test_absolute_times() -> None:
    assert resolve_at("2026-11-21T15:30+08:00", NOW) == NOW


@pytest.mark.parametrize("at", ["", "-", "3h", "-3", "-h", "yesterday", "2026-11-21T15:30", "-99999d"])
def test_other_times_are_refused(at: str) -> None:
    with pytest.raises(ValueError, match="看不懂"):
        resolve_at(at, NOW)


def test_the_opening_fits_the_sample_town() -> None:
    town = read_town(SAMPLE, RULES)
    lines = read_opening(NOW)
    times = [datetime.fromisoformat(line["at"]) for line in lines]
    assert times == sorted(times)
    assert times[-1] < NOW
    assert len({line["id"] for line in lines}) == len(lines)
    for line in lines:
        assert set(line) <= {"id", "at", "from", "room", "text", "image", "quote", "event"}
        assert line["from"] in town.members[line["room"]], line
