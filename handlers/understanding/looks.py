"""How tall a person is, and whether they carry a phone."""

from __future__ import annotations

import re

from handlers.understanding.numerals import CN, number

INCH = 10 / 3
"""Centimetres of a 寸, ten of which are a 尺 (the market system of 1929: three 尺 are a metre)."""
HEIGHT_FIGURE = re.compile(
    rf"(?P<m>[12一])米(?P<rest>\d{{1,2}}|{CN}{{1,2}})?(?P<half>半)?|(?P<dec>[12]\.\d{{1,2}})|"
    rf"(?P<feet>[2-6]|{CN})尺(?P<inches>\d|{CN}(?=寸|$|[,，。]))?|(?<![\d.])(?P<cm>\d{{2,3}}|{CN}百{CN}{{1,3}})(?![\d.])"
)
"""What may be a height: 一米七, 1米25, 1.7, 173, 五尺三."""
IN_METRES = re.compile(
    rf"(?:身高|个子|个头)[:： 大约有在是]{{0,3}}(?P<said>[12一]米|1\.\d|1\d\d(?!\d)|[四五45]尺)|"
    rf"(?P<unit>(?<!\d)1\d\d(?= ?(?:cm|CM|厘米|公分))|{CN}百{CN}{{1,3}}(?=公分|厘米))|"
    rf"(?P<metres>(?<![\d.])[12]米\d{{1,2}}(?!\d|多?[宽深远])|一米{CN}{{1,2}}(?=[,，。、左多 高的]))|"
    r"(?P<feet>(?:[四五]|(?<!\d)[45])尺(?=[多一二三四五六七八九\d来]?[寸高,，。]))"
)
"""What can be nothing but a height, wherever it is said."""
_DEEP = re.compile(r"(?:水位|深|积水|涨|宽)[^,，。]{0,5}$")
_TALL = re.compile(r"[米尺高]|个[子头]|公分|cm|CM")
_LEFT_PHONE = re.compile(
    r"(?<!我)(?<!我的)(?:手机|电话|手表)(?!说|里|打来|在包里)[^,，。!！?？]{0,4}?(?:[在喺放丢扔落留撂搁摆忘][^,，。!！]{0,4}?(?:家|屋|桌|床|枕|抽屉|"
    r"车[上里]|炕|沙发|包里?|我这|我身上|台子|宿舍|座位|马桶)|充电|[没冇未勿]有?[拿带]|[没不]在身上|扔了|砸了|被我收|全扔)|"
    r"(?:(?:身上|身边|证件)[没无冇]|[又也冇]没?|(?:^|[,，。、|｜\s])无|没带)有?(?:[带帶])?(?:手机|电话)(?![号打来响卡流信没])"
)
_WITH_PHONE = re.compile(r"(?:手机|电话)(?:手里)?(?:带着|拿着|攥着|带了)|(?<![没忘])[带拿](?:着|了|上)手机")


def heights_said(text: str) -> set[int]:
    """Where the figures begin that can be nothing but heights."""
    if not _TALL.search(text):
        return set()
    return {match.start(match.lastgroup or 0) for match in IN_METRES.finditer(text)}


def is_depth(text: str, start: int) -> bool:
    """Whether the measure that begins at text[start] is said of something else: 水位1米5."""
    return _DEEP.search(text, max(0, start - 7), start) is not None


def height_at(text: str, start: int) -> int | None:
    """The height in centimetres whose figure begins at text[start]."""
    match = HEIGHT_FIGURE.match(text, start)
    height = _height(match) if match and not _NO_HEIGHT.match(text, match.end()) else None
    return height if height is not None and 40 <= height <= 230 else None


_NO_HEIGHT = re.compile(r"[国省县乡]道|[路号栋楼室元块斤弄]")
"""What a figure counts or names that is no height: 104国道."""


def _height(match: re.Match[str]) -> int | None:
    if match["dec"]:
        return round(float(match["dec"]) * 100)
    if match["cm"]:
        return number(match["cm"])
    if match["feet"]:
        return round(((number(match["feet"]) or 0) * 10 + (number(match["inches"] or "") or 0)) * INCH)
    rest, metres = match["rest"], number(match["m"]) or 0
    if match["half"]:
        return metres * 100 + 50
    value = number(rest) if rest else 0
    if value is None:
        return None
    return metres * 100 + (value * 10 if rest and len(rest) == 1 else value)


def has_phone(text: str, without: bool) -> bool | None:
    """Whether the person carries a phone; `without` says that a word for "no phone" was found."""
    if without or _LEFT_PHONE.search(text):
        return False
    return True if _WITH_PHONE.search(text) else None
