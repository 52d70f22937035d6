"""Of the times that a message tells, the one at which somebody was last seen."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from handlers.understanding.model import Context, Precision
from handlers.understanding.people import BORN
from handlers.understanding.times import Time, find_times

_WORN = re.compile(r"(?:是|又|身上|里面|的?时候)?的?[穿戴]")
"""After the day on which somebody wore what they do: 今天穿红棉袄."""
_LATE = re.compile(r"了?[也都还就]{0,2}[没未不冇]有?见?(?:回|到|归|接|来|见|进|着|上|下|出|影)")
"""After the time at which somebody was not back yet: 到晚上也没回来, 中午没回来吃饭."""
_DUE_BACK = re.compile(r"(?:就回|回|该|都没|了没|就该|要|开会|上班|之?前(?:联系|回复|回话|给|打|告诉|通知|报))")
_PROMISED = re.compile(
    r"(?:说好|约好|讲好|都这?|这都|应该|平时|平常|往常|一般|向来|每天|现在是?|眼看|(?:现在|这会儿?|这时)[(（])$"
)
_TILL_DAY = re.compile(r"[到至]$")
"""Before a day up to which something lasts: 到今天三天了."""
_FADING, _DAWNING = 18, 5
"""The hours from which and until which it is night."""
_FINENESS = {Precision.DAY: 0, Precision.PART_OF_DAY: 1, Precision.HOUR: 2, Precision.EXACT: 3}


def last_seen(times: list[Time], text: str, context: Context) -> Time | None:
    """The time somebody was last seen: the first that has passed and is not when they were due back.

    A later and finer time without a day of its own belongs to it: 昨天在集市，下午三点.
    """
    if not times:
        return None
    born = [match.span() for match in BORN.finditer(text)]
    passed = [
        time
        for time in times
        if time.at <= context.now
        and not (time.precision is Precision.DAY and _WORN.match(text, time.end))
        and not _DUE_BACK.match(text, time.end)
        and not _PROMISED.search(text, max(0, time.start - 4), time.start)
        and not any(start < time.end and time.start < end for start, end in born)
    ]
    if not passed:
        return None
    passed = [time for time in passed if not _after_the_loss(text, time)] or passed
    first = passed[0]
    for time in passed[1:]:
        if time.start == first.end and time.at.date() == first.at.date() and _FINENESS[time.precision] > 1:
            return time  # 刚才11点, but not 四点五十放学
        if _FINENESS[time.precision] <= max(_FINENESS[first.precision], first.precision is not Precision.DAY):
            continue
        if time.at.date() == first.at.date():
            if _FINENESS[time.precision] > 1:
                return time
            first = time
            continue
        if not first.dated or time.dated:
            continue
        joined = _continued(first, time, context.now)
        if joined.at <= context.now:
            return joined
    return first


def _after_the_loss(text: str, time: Time) -> bool:
    """Whether somebody was missing already: 到晚上也没回来, 到今天三天了; but not 放学没回家."""
    if time.precision is Precision.DAY and _TILL_DAY.search(text, max(0, time.start - 1), time.start):
        return True
    return "放学" not in time.text and _LATE.match(text, time.end) is not None


def _continued(first: Time, later: Time, now: datetime) -> Time:
    """A time without a day of its own, on the day of an earlier one, and in its part: 昨晚没吃药，9点多跑的."""
    both = find_times(first.text + later.text, now)
    at = both[0].at if len(both) == 1 else datetime.combine(first.at, later.at.timetz())
    if first.precision is Precision.PART_OF_DAY and first.at.hour >= _FADING and later.at.hour < _DAWNING:
        at = datetime.combine(first.at, later.at.timetz()) + timedelta(days=1)  # 昨晚…, 凌晨一点
    return replace(later, at=at)
