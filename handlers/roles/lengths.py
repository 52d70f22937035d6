"""How long something lasts, as people write it: 3天, 半个小时, 两周, 到明早8点, 今晚."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from handlers.refs import fold
from handlers.understanding.ahead import day_ahead
from handlers.understanding.numerals import CN, number

LONGEST = timedelta(days=90)
"""For what ends by itself: a substitute's turn, a right that was lent."""

_UNITS = {"小时": 1.0, "钟头": 1.0, "天": 24.0, "日": 24.0, "周": 168.0, "星期": 168.0, "礼拜": 168.0}
SMALL_HOURS = 5
"""Up to this hour 今晚 is the night that has not ended yet, and 明早 the morning that it ends in."""

_CLOCK = re.compile(
    rf"(?P<part>凌晨|清晨|早[上晨]?|上午|中午|下午|傍晚|晚上?|夜里)?\s*(?P<hour>\d{{1,2}}|{CN}{{1,3}})(?:点钟?|[:：时])(?P<minute>半|[0-5]\d)?分?"
)
_ENDS = re.compile(r"[到至]")
_TO = re.compile(r"[到至]\s*$")
_NIGHT, _MORNING, _NOON, _COMING = re.compile(r"[晚夜]"), re.compile(r"早|晨"), re.compile(r"中午"), re.compile("明")
_LENGTH = re.compile(rf"(?P<count>\d{{1,3}}|{CN}{{1,3}}|半)\s*个?\s*(?P<unit>{'|'.join(_UNITS)})")


def take_length(text: str) -> tuple[timedelta, str] | None:
    """The first length in a text, and the text without it; None if there is none."""
    match = _LENGTH.search(text)
    if match is None:
        return None
    count = 0.5 if match["count"] == "半" else float(number(match["count"]) or 0)
    return timedelta(hours=count * _UNITS[match["unit"]]), f"{text[: match.start()]} {text[match.end() :]}"


def take_end(text: str, now: datetime, opens: time) -> tuple[datetime, str] | None:
    """When something ends that is said to last so long (3天) or until then (到周五), and the text without it."""
    length = None if _ENDS.search(text) else take_length(text)
    if length is not None:
        return now + length[0], length[1]
    return take_until(text, now, opens)


def take_until(text: str, now: datetime, opens: time) -> tuple[datetime, str] | None:
    """The end that a text names, and the text without it; None if there is none. `now` is local.

    A night ends when work begins (`opens`), also past midnight; a day without an hour is meant whole.
    """
    text = fold(text)
    said = day_ahead(text, now)
    if said is None:
        return _at_clock(text, now)
    words, day = text[said.start : said.end], said.day
    early, night = now.hour < SMALL_HOURS, _NIGHT.search(words) is not None
    if early and ((night and day == now.date()) or (_COMING.search(words) and _MORNING.search(words))):
        day -= timedelta(days=1)
    clock = _CLOCK.search(words)
    hour = _time(clock) if clock else None
    if clock is not None and hour is None:
        return None
    if hour is not None:
        end = datetime.combine(day, hour, now.tzinfo)
    elif night:
        end = datetime.combine(day + timedelta(days=1), opens, now.tzinfo)
    else:
        end = _without_clock(words, day, opens, now)
    if end <= now and hour is not None:  # 今晚2点 is after midnight
        end += timedelta(days=1)
    return end, f"{_TO.sub(' ', text[: said.start])} {text[said.end :]}"


def _without_clock(words: str, day: date, opens: time, now: datetime) -> datetime:
    if _MORNING.search(words):
        return datetime.combine(day, opens, now.tzinfo)
    if _NOON.search(words):
        return datetime.combine(day, time(12), now.tzinfo)
    return datetime.combine(day + timedelta(days=1), time(), now.tzinfo)


def _at_clock(text: str, now: datetime) -> tuple[datetime, str] | None:
    """到8点: the next time that it is so late."""
    clock = _CLOCK.search(text)
    hour = _time(clock) if clock and _TO.search(text, 0, clock.start()) else None
    if clock is None or hour is None:
        return None
    end = datetime.combine(now.date(), hour, now.tzinfo)
    end += timedelta(days=end <= now)
    return end, f"{_TO.sub(' ', text[: clock.start()])} {text[clock.end() :]}"


def _time(clock: re.Match[str]) -> time | None:
    hour = number(clock["hour"]) or 0
    if hour > 24:
        return None
    late = (clock["part"] or "")[:1] in ("下", "傍", "晚", "夜") and 5 <= hour < 12
    minute = 30 if clock["minute"] == "半" else int(clock["minute"] or 0)
    return time(min(hour + (12 if late else 0), 24) % 24, minute)


_WEEKEND = re.compile(r"(?P<next>下个?)?(?:周末|礼拜天两天)")
_WEEK = re.compile(r"下个?(?:周|星期|礼拜)(?![一二三四五六日天末\d])")
_FROM = re.compile(r"(?:从|自)\s*$")
_ON = re.compile(r"\s*(?:起|开始)?[\s,，]*")
_AND = re.compile(r"\s*[、,，和跟及]?\s*")
_AFTERNOON, _EVENING = re.compile(r"下午"), time(18)


def take_span(text: str, now: datetime, opens: time) -> tuple[datetime | None, datetime, str] | None:
    """When something begins (None: at once) and when it ends, and the text without both; None if it names no end.

    A day to come by itself is that day (明天, 周末); 明天起3天, 周五到周日, 到周五 and 3天 are what they say.
    """
    text = fold(text)
    found = _whole_days(text, now) or _from_a_day(text, now, opens)
    if found is not None:
        return found
    ends = take_end(text, now, opens)
    return (None, *ends) if ends else None


def _whole_days(text: str, now: datetime) -> tuple[datetime, datetime, str] | None:
    """周末, 下周: days of a week that is not named by one of them."""
    monday = datetime.combine(now.date() - timedelta(days=now.weekday()), time(), now.tzinfo)
    if (match := _WEEKEND.search(text)) and not _TO.search(text, 0, match.start()):
        begins = monday + timedelta(days=5, weeks=bool(match["next"]))
        ends = begins + timedelta(days=2)
    elif (match := _WEEK.search(text)) and not _TO.search(text, 0, match.start()):
        begins, ends = monday + timedelta(weeks=1), monday + timedelta(weeks=2)
    else:
        return None
    rest = text[match.end() :]
    left = f"{_FROM.sub(' ', text[: match.start()])} {rest[_ON.match(rest).end() :]}"  # type: ignore[union-attr]
    return begins, ends, left


def _from_a_day(text: str, now: datetime, opens: time) -> tuple[datetime, datetime, str] | None:
    """From a day to come: until another, for so long, or for that day."""
    first = day_ahead(text, now)
    if first is None or first.day <= now.date() or _TO.search(text, 0, first.start):
        return None
    if _LENGTH.fullmatch(text, first.start, first.end):  # 3天: as long as that, and no day
        return None
    words, before = text[first.start : first.end], _FROM.sub(" ", text[: first.start])
    begins = datetime.combine(first.day, _begins(words), now.tzinfo)
    rest = text[first.end :]
    rest = rest[_ON.match(rest).end() :]  # type: ignore[union-attr]
    if _ENDS.match(rest):
        ends = take_until(rest, now, opens)
        if ends is not None and ends[0] <= begins and OF_WEEK.match(rest, 1):  # 周五到周一
            ends = ends[0] + timedelta(weeks=1), ends[1]
        elif ends is None or ends[0] <= begins:
            ends = _bare_day(rest, begins)
    elif (length := _LENGTH.match(rest)) and (taken := take_length(rest)):
        at_midnight = length["unit"] not in ("小时", "钟头") and not _CLOCK.search(words)
        ends = (datetime.combine(first.day, time() if at_midnight else begins.time(), now.tzinfo) + taken[0], taken[1])
    else:
        joined = rest[_AND.match(rest).end() :]  # type: ignore[union-attr]
        second = day_ahead(joined, now)
        words, joined = (joined[: second.end], joined[second.end :]) if second and not second.start else (words, rest)
        last = take_until(words, now, opens)
        ends = (last[0], joined) if last else None
        if ends is not None and _CLOCK.search(words):  # 明天9点: from then on, that day
            ends = (datetime.combine(first.day + timedelta(days=1), time(), now.tzinfo), joined)
    return (begins, ends[0], f"{before} {ends[1]}") if ends and ends[0] > begins else None


OF_WEEK = re.compile(r"\s*(?:周|星期|礼拜)")
_LAST_DAY = re.compile(r"[到至]\s*(?P<day>[12]?\d|3[01])[日号]?")


def _bare_day(text: str, begins: datetime) -> tuple[datetime, str] | None:
    """12月1日到3日, 12月29日到2日: the next day of that number, in a month that has one."""
    match = _LAST_DAY.match(text)
    days = (begins.replace(hour=0, minute=0) + timedelta(days=count) for count in range(31))
    last = next((day for day in days if match and day.day == int(match["day"])), None)
    return (last + timedelta(days=1), text[match.end() :]) if match and last else None


def _begins(words: str) -> time:
    """At what hour of a day its words begin: 下午, 晚上, 9点, else at midnight."""
    clock = _CLOCK.search(words)
    if clock is not None and (hour := _time(clock)) is not None:
        return hour
    return _EVENING if _NIGHT.search(words) else time(12) if _AFTERNOON.search(words) else time()
