"""明天几点停水啊, in a group that got the notice of it: answered with the notice's own words, or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import permutations

from handlers.clipping import open_clip
from handlers.refs import fold
from handlers.understanding.ahead import day_ahead

LONGEST = 40
"""Characters of a line that may ask what a notice told."""

KEPT = timedelta(days=7)
"""How long after it was sent a notice is what people ask about."""

QUOTED = 200


@dataclass(frozen=True, slots=True)
class Told:
    """A notice that a chat has got."""

    number: int
    text: str
    sent: datetime
    corrects: int | None = None


_HOUR = re.compile(r"(?:什么|啥|哪个)时[候间]|几点(?:钟|半)?|几时|多会儿|多久|多长时间")
_DAY = re.compile(r"哪[一]?天|几号|星期几|周几|礼拜几")
_PLACE = re.compile(r"在?(?:哪[里儿]?|什么地方|啥地方)(?!天|个|些|位|家|栋)")
_WHETHER = re.compile(r"(?<![了过])[吗么嘛](?=\W*$)|(?:是不是|要不要|会不会|有没有|停不停|是否|用不用|能不能)")
_BARRED = re.compile(
    r"了[吗么嘛没]|为[什啥]|怎么|咋|谁(?!知道)|多少|什么(?!时|地)|啥(?!时|地)|哪[个些位家栋]|收到|看到|通知|群里|一直|又|老是|还[没要不在]|没(?!有[停])|别|不(?=停|来)"
    r"|才|听说|上[次回周月]|昨|刚才"
)
"""Whoever says so asks of something else than what a notice tells, doubts it or complains."""

_FILLING = re.compile(
    r"大家|各位|家里|邻居们?|请问一?下?|问一?下|想问|麻烦|谁知道|有人知道|有没有人知道|知道|我们|咱们|俺们|你们|我|咱|俺|这边|这里|那边"
    r"|小区|村里|村子?|社区|镇上|格格|是不是|是否|会不会|要不要|用不用|能不能|有没有|停不停|真的?|大概|大约|具体|到底|究竟|一共|今年|开始|结束|左右|时间"
    r"|是|要|会|的|啊|呀|呢|吗|么|嘛|哈|哦|啦|了|在|到|从|去|来着|得|需要?|都|也|就|那|这|个|家|有|吧|持续"
)
_SUPPLY = re.compile(
    r"(?:来|通|送|恢复供?)(?P<what>[水电气暖网])|(?P<other>[水电气暖网])(?:来|通)"
    r"|停了?(?P<gone>[水电气暖网])了?[\s,，]*(?=(?:什么|啥|哪个)时[候间]|几点|几时|多会儿|多久)"
)
_COMES = re.compile(r"[能会可以]{0,2}(?:来|恢复|通)(?=\W|[啊呀呢]|$)")
"""停水了什么时候来."""
_GAP = re.compile(r"[\W_]+")
_CLOCK = r"(?:\d{1,2}|[一二两三四五六七八九十]{1,3})(?:[:：]\d{2}|[点时](?!候|间|期|长))"
_SAID_HOUR = re.compile(_CLOCK)
_UNTIL = re.compile(
    rf"(?:[到至~～—－\-]|截止)[^,，。;；!！]{{0,8}}{_CLOCK}"
    rf"|{_CLOCK}[^,，。;；!！]{{0,6}}(?:恢复|结束|来[水电气]|之?前)"
)
_SAID_PLACE = re.compile(r"[在到至去]|地[点址]")
_RELATIVE = re.compile(r"(?:今|明|后|大后)[天日早晚]|今晨")
_SENTENCE = re.compile(r"[^。!！;；\n]+[。!！;；]?")


def may_ask(text: str) -> bool:
    """Whether a line may ask for what a notice told."""
    if not 3 <= len(text) <= LONGEST or _BARRED.search(text):
        return False
    return any(one.search(text) for one in (_HOUR, _DAY, _PLACE, _WHETHER))


def answer_in(told: Sequence[Told], question: str, now: datetime, zone: tzinfo) -> tuple[Told, str] | None:
    """The latest notice that plainly answers, with its words and what corrected it."""
    here = now.astimezone(zone)
    for one in told:
        if one.corrects is not None:
            continue
        sent = one.sent.astimezone(zone)
        if words := tells(question, one.text, sent, here):
            later = next((other for other in told if other.corrects == one.number), None)
            fixed = f"\n更正 N{later.number}：{later.text}" if later else ""
            return one, f"{words}{dated(one.text, sent, here)}{fixed}"
    return None


def tells(question: str, text: str, sent: datetime, now: datetime) -> str:
    """The words of a notice, `sent` then, that plainly answer the question; empty where it does not (local times)."""
    asked, told = fold(question), fold(text)
    if not may_ask(asked):
        return ""
    until = re.search(r"到(?:什么时候|啥时候|几点)", asked) is not None
    supply = _SUPPLY.search(asked)
    if supply:
        what = supply["what"] or supply["other"] or supply["gone"]
        asked = _COMES.sub("", asked) if supply["gone"] else asked
        asked, until = f"{asked[: supply.start()]}停{what}{asked[supply.end() :]}", True
    day = day_ahead(asked, now)
    if not _same_day(day.day if day else None, told, sent, now):
        return ""
    rest = f"{asked[: day.start]} {asked[day.end :]}" if day else asked
    if (until and not _UNTIL.search(told)) or (_HOUR.search(asked) and not _SAID_HOUR.search(told)):
        return ""
    if _PLACE.search(asked) and not _SAID_PLACE.search(told):
        return ""
    for pattern in (_HOUR, _DAY, _PLACE, _WHETHER):
        rest = pattern.sub(" ", rest)
    if not _contains(told, _FILLING.sub(" ", rest)):
        return ""
    return _quoted(text)


def _same_day(asked: date | None, told: str, sent: datetime, now: datetime) -> bool:
    """Whether the notice is of the day that was asked about; where none was named, of one that is not over."""
    days = days_in(told, sent)
    if asked is None:
        return max(days, default=sent.date()) >= now.date()
    if len(days) == 2 and re.search(r"[到至~～—－\-]", told):
        return min(days) <= asked <= max(days)
    return asked in days


def days_in(told: str, sent: datetime) -> list[date]:
    """The days that a notice names, as they were to come when it was sent."""
    found, start = [], 0
    while said := day_ahead(told[start:], sent):
        found.append(said.day)
        start += said.end
    return sorted(set(found))


def _contains(told: str, content: str) -> bool:
    """Whether all that is left of the question stands in the notice, and at least two characters of it together."""
    pieces = [one for one in _GAP.split(content) if one]
    left = "".join(pieces)
    if not left or any(char not in told for char in left):
        return False
    pairs = [piece[index : index + 2] for piece in pieces for index in range(len(piece) - 1)]
    if not pairs:
        pairs = ["".join(two) for two in permutations(dict.fromkeys(left), 2)]
        return any(pair in told for pair in pairs)
    known = [pair in told or (len(pairs) == 1 and pair[::-1] in told) for pair in pairs]
    return sum(known) * 2 > len(known) or (len(known) == 2 and any(known))


def _quoted(text: str) -> str:
    """The words of the notice, or its sentences with a time, where it is long."""
    if len(text) <= QUOTED:
        return text.strip()
    timed = [one.strip() for one in _SENTENCE.findall(text) if _SAID_HOUR.search(fold(one)) or _SAID_PLACE.search(one)]
    return open_clip("".join(timed) or text.strip(), QUOTED)


def dated(text: str, sent: datetime, now: datetime) -> str:
    """What 明天 was when the notice was sent, for who reads it on another day: （“明天”是11月22日）."""
    if sent.date() == now.date():
        return ""
    said: Sequence[str] = list(dict.fromkeys(_RELATIVE.findall(fold(text))))
    days = [(word, day_ahead(word, sent)) for word in said]
    shown = [f"“{word}”是{day.day.month}月{day.day.day}日" for word, day in days if day is not None]
    return f"（{sent.month}月{sent.day}日发的，{'，'.join(shown)}）" if shown else ""
