"""What stands before the words of a notice: when it is to go, and whether people are to say that they have read it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.matters import Refusal
from handlers.refs import fold
from handlers.understanding.ahead import time_ahead
from handlers.understanding.model import Precision
from handlers.understanding.times import Time, find_times

FARTHEST = timedelta(days=366)

HEAD = 80
"""Characters within which a time of sending and what goes with it stand."""

FRONT = 300
"""Characters within which a notice says when what it is about begins."""

NOT_UNDERSTOOD = "没看懂什么时候发，没有发。请写如“通知 全镇 定时明早8点 停水”。"

_GAP = re.compile(r"[\s:：,，、]*")
_AT_ONCE = re.compile(r"(?:马上|立即|立刻|现在)发(?:送|出|布)?(?:[\s:：,，]+|$)")
_PLANNED = re.compile(r"定时(?:在|于)?(?P<gap>[\s:：,，]*)")
_SEND = re.compile(r"\s*(?:准时|再|后|开始)?发(?:送|出|布)?(?=[\s:：,，]|$)")
_APART = re.compile(r"[\s:：]+(?![到至~～—－\-起前后或\d]|之[前后]|以[前后]|准时|开始|左右)")
"""What parts a time of sending from the words; after a mere comma a sentence goes on: 明早8点，全镇停水."""

_LAST = re.compile(r"[\s,，。;；]{1,5}定时(?:在|于)?\s*(?P<when>[^\s,，。;；][^\n]{0,30}?)[\s。.!！]*$")
_SENDS_LAST = re.compile(r"[\s,，。;；](?P<when>[^\s,，。;；]{2,16})发(?:送|出|布)?[\s。.!！]*$")
_HOUR = r"[\d一二三四五六七八九十两半]{1,4}\s*(?:[年月日号点时周天:：.\-/]|分钟?|个?小时|个?星期|个?月)"
_LIKE_A_TIME = re.compile(
    rf"(?:{_HOUR}|[今明后大昨当次][天日早晚年]|下+个?[周月星礼]|[本这]个?[周月星]|周[一二三四五六日末]|星期|礼拜|凌晨|[上下]午|[早晚]上|中午"
    r"|傍晚|春节|国庆|元旦|除夕|[月年][底末初]|周末|初[一二三四五六七八九十]|\d{3,4}(?!\d)"
    r"|每[天日早晚周月年星][^\s:：,，]{0,8}?[点时半](?=[\s:：,，]|$))[^\s:：,，]{0,10}(?=[\s:：,，]|$)"
)
"""What stands apart after 定时 and begins so was meant as a time, though it is none that is understood."""

_SPAN = re.compile(r"\s*[到至~～—－\-]\s*[\d一二三四五六七八九十明后下晚]")
_BARE = re.compile(r"不[带附要](?:照片|图片|图)(?:[\s:：,，]+|$)")
_RECEIPT = re.compile(r"(?:要|需要?|请)?回执(?:[\s:：,，]+|$)")
_RECEIPT_LAST = re.compile(r"[\s:：,，。;；]{1,5}(?:要|需要?|请)?回执[\s。.!！]{0,5}$")
_ANSWER = re.compile(
    r"(?:(?:收到|看到)[后了的]?[,，\s]*(?:请|都|麻烦|务必|及时|的)*回(?:复|个|一下|一声)*|(?:请|都|务必|及时|麻烦)*回(?:复|个|一下|一声)*)"
    r"[“”\"'「」【】\s]*(?:收到)?[“”\"'「」【】\s。.!！~～谢]*$"
)


@dataclass(frozen=True, slots=True)
class Wording:
    """The words, and how they were asked to go.

    `plan_words` are a time that was only taken as the time of sending: they are put back before the words when it
    was none. `bare`: no pictures shall go with them. `timely`: the words begin with a time that was taken as part
    of them, though it stands apart, or end with one at which something 发.
    """

    text: str
    plan_at: datetime | None = None
    plan_words: str = ""
    receipt: bool = False
    timely: bool = False
    bare: bool = False


def take_wording(rest: str, said: datetime, now: datetime, rests: Callable[[datetime], bool]) -> Wording:
    """Take apart what follows the audience, as it was `said` (aware, in the town's zone).

    `rests` tells whether nothing is sent at an instant: nobody means such a time without saying so, nor one
    that is past. Refusal for a plan that cannot be, seen from `now`.
    """
    bare = _BARE.match(rest)
    receipt, rest = _receipt(rest[bare.end() :] if bare else rest)
    wording = _timed(rest, said, now, rests)
    again, text = _receipt(wording.text)
    if wording.plan_at is None:
        wording = _timed_last(text, wording.timely, said, now)
        text = wording.text
    asked = receipt or again or asks_for_receipt(text)
    return Wording(text, wording.plan_at, wording.plan_words, asked, wording.timely, bare is not None)


def asks_for_receipt(text: str) -> bool:
    """Whether a notice ends with 收到请回复 or the like."""
    match = _ANSWER.search(text.rstrip()[-40:])
    return match is not None and "收到" in match[0]


def _receipt(text: str) -> tuple[bool, str]:
    if match := _RECEIPT.match(text):
        return True, text[match.end() :]
    last = _RECEIPT_LAST.search(text, max(0, len(text) - 20))
    return last is not None, text[: last.start()] if last else text


def _timed_last(text: str, timely: bool, said: datetime, now: datetime) -> Wording:
    """停水，定时明早8点: sure too. 领鸡蛋，明早8点发 may be either."""
    start = max(0, len(text) - HEAD)
    tail = fold(text[start:])
    if len(tail) != len(text) - start:
        return Wording(text, timely=timely)
    if match := _LAST.search(tail):
        time = time_ahead(match["when"], said)
        if time is not None and re.fullmatch(_SEND.pattern + r"|\s*", match["when"][time.end :]):
            _check_hour(time)
            _check(time.at, now)
            return Wording(text[: start + match.start()], time.at)
        if time is None and _LIKE_A_TIME.fullmatch(match["when"]):
            raise Refusal(NOT_UNDERSTOOD)
    sending = _SENDS_LAST.search(tail)
    return Wording(text, timely=timely or bool(sending and time_ahead(sending["when"], said)))


def _timed(text: str, said: datetime, now: datetime, rests: Callable[[datetime], bool]) -> Wording:
    """定时明早8点 and 明早8点发 are sure; a day and an hour that stand apart are taken as a time of sending too."""
    folded = fold(text[:HEAD])
    if match := _AT_ONCE.match(folded):
        return Wording(text[match.end() :])
    led = _PLANNED.match(folded)
    start = led.end() if led else 0
    time = time_ahead(folded[start:], said)
    if time is None:
        if led and (led["gap"] or _LIKE_A_TIME.match(folded, start)):
            raise Refusal(NOT_UNDERSTOOD)
        return Wording(text)
    end = start + time.end
    if led and _SPAN.match(folded, end):
        raise Refusal(NOT_UNDERSTOOD)
    sending = _SEND.match(folded, end)
    clocked = time.precision in (Precision.EXACT, Precision.HOUR)
    if led is None and sending is None:
        apart = _APART.match(folded, end)
        if apart is None or not clocked:
            return Wording(text)
        if not time.dated or folded[:end].endswith("后") or time.at <= said or rests(time.at):
            return Wording(text, timely=True)
        _check(time.at, now)
        return Wording(text[apart.end() :], time.at, text[: apart.end()])
    _check_hour(time)
    _check(time.at, now)
    after = sending.end() if sending else end
    return Wording(text[after + _GAP.match(text[after:]).end() :], time.at)  # type: ignore[union-attr]


def _check_hour(time: Time) -> None:
    if time.precision == Precision.DAY:
        raise Refusal(f"{time.text}几点发？请写如“定时{time.text}8点 …”。")


def _check(at: datetime, now: datetime) -> None:
    shown = f"{at:%Y-%m-%d %H:%M}"
    if at <= now:
        raise Refusal(f"定时的时间 {shown} 已经过了，没有发。请换一个以后的时间。")
    if at > now + FARTHEST:
        raise Refusal(f"定时的时间 {shown} 超过一年，没有发。请换一年以内的时间。")


def over_by_then(text: str, now: datetime, begins: datetime) -> str:
    """The words of an hour in a notice that is still to come, but will have passed when it goes out; empty if none."""
    words = fold(text[:FRONT])
    for said in find_times(words, now):
        time = time_ahead(words[said.start :], now)
        if time and time.precision in (Precision.EXACT, Precision.HOUR) and now < time.at < begins:
            return time.text
    return ""
