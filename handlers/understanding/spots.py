"""Of several places that a message names, the one that is meant: where somebody was seen last, where the trouble is.

Each place has signs: whether it comes first or stands alone between two marks of punctuation, what stands before it,
how it ends. What a sign weighs is learned from the training texts that name several places (`make train`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from handlers.understanding.model import Kind

FILE = Path(__file__).with_name("spots.json")
Span = tuple[int, int]

_EDGE = re.compile(r"[,，、。;；:：!！?？()（）|｜—~…\s/]")
_LONGEST = 12
"""From how many characters on a place counts as no longer."""
_BEFORE = {
    "at": re.compile(r"(?:[在搁喺于]|到)$"),
    "from": re.compile(r"(?:[从由打]|出了?)$"),
    "to": re.compile(r"[去往向到回进]了?$"),
    "past": re.compile(r"[过是]$"),
    "home": re.compile(r"家住|住在?|我是|我在|我们是|我叫|送[到至]|联系|电话"),
}
_IN = {
    "figure": re.compile(r"\d"),
    "within": re.compile(r"[里上中内下]$"),
    "beside": re.compile(r"[门路街村巷]口|旁|附近|对面|[门前后]面|门前|边上|[东南西北]侧|底下|跟前"),
    "named": re.compile(r"[路街巷村镇乡站园院桥厂馆寺庙店校苑城区场行所楼栋幢号组队屯庄沟河山湖塘岭坡铺吧厅堂口]$"),
    "any": re.compile(
        r"(?:小区|公园|超市|医院|学校|工地|厕所|桥|路|街|车|河|水|桌子|客厅|宿舍|商[场店]|[菜市]场|地|山|马路|地铁|公交|车站|监控|"
        r"家|屋|院子?|楼|房间?)(?:里面?|[上下边口道]|门口|旁边?|附近|外面?|那边)?"
    ),
    "clause": re.compile(r"了|[翻漫冒踹塌睡哭找骂打吃喝晒望]|走[丢失]"),
}
_SOUGHT, _MET = frozenset({Kind.MISSING}), frozenset({Kind.SIGHTING, Kind.STRAY, Kind.FOUND})
_OF_KIND = ("first", "last", "alone", "ends", "at", "from", "to")
"""Signs that weigh differently where somebody is sought, where somebody was met, and for a case."""


def spot_signs(text: str, kind: Kind, spans: Sequence[Span], at: int, house: Span | None) -> dict[str, float]:
    """The signs of the place `spans[at]` of a folded text, each with how much there is of it (0..2)."""
    start, end = spans[at]
    left = start == 0 or _EDGE.match(text, start - 1) is not None
    right = end == len(text) or _EDGE.match(text, end) is not None
    seen = {
        "first": at == 0,
        "last": at == len(spans) - 1,
        "opens": start == 0,
        "left": left,
        "right": right,
        "alone": left and right,
        "ends": left and right and end >= len(text) - 2,
        "house": house is not None and start <= house[0] <= end + 1,
        "short": end - start < 3,
    }
    seen |= {sign: pattern.search(text, max(0, start - 4), start) is not None for sign, pattern in _BEFORE.items()}
    said = text[start:end]
    seen |= {sign: pattern.search(said) is not None for sign, pattern in _IN.items() if sign != "any"}
    seen["any"] = _IN["any"].fullmatch(said) is not None
    group = "sought" if kind in _SOUGHT else "met" if kind in _MET else "case"
    known = {sign: 1.0 for sign, there in seen.items() if there}
    known |= {f"{group} {sign}": 1.0 for sign in _OF_KIND if sign in known}
    return known | {"length": min(end - start, _LONGEST) * 2 / _LONGEST}


@cache
def weights() -> dict[str, float]:
    """What each sign weighs, as `make train` wrote it."""
    known: dict[str, float] = json.loads(FILE.read_text(encoding="utf-8"))
    return known


def weighed(signs: Mapping[str, float], known: Mapping[str, float]) -> float:
    """How much speaks for a place with these signs."""
    return sum(known.get(sign, 0.0) * much for sign, much in signs.items())


def meant(text: str, kind: Kind, spans: Sequence[Span], house: Span | None) -> Span:
    """The place of a folded text that is most likely meant. Raises ValueError where there is none."""
    if len(spans) == 1:
        return spans[0]
    scores = [weighed(spot_signs(text, kind, spans, at, house), weights()) for at in range(len(spans))]
    return spans[scores.index(max(scores))]
