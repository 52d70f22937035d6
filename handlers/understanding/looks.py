"""How tall a person is, and whether they carry a phone."""

from __future__ import annotations

import re

from handlers.understanding.numerals import CN, number

HEIGHT_FIGURE = re.compile(
    rf"(?P<m>[12一])米(?P<rest>\d{{1,2}}|{CN}{{1,2}})?(?P<half>半)?|(?P<dec>[12]\.\d{{1,2}})|(?<![\d.])(?P<cm>\d{{2,3}})(?![\d.])"
)
"""What may be a height: 一米七, 1米25, 1.7, 173."""
_LEFT_PHONE = re.compile(
    r"(?<!我)(?<!我的)(?:手机|电话|手表)(?!说|里|打来|在我?包里)[^,，。!！?？]{0,4}?(?:[在喺放丢扔落留撂搁摆忘][^,，。!！]{0,4}?(?:家|屋|桌|床|枕|抽屉|"
    r"车[上里]|炕|沙发|包里?|我这|我身上|台子|宿舍|座位|马桶)|充电|[没冇未]有?[拿带]|[没不]在身上|扔了|砸了|被我收|全扔)|"
    r"(?:身上|身边)[没无冇]有?(?:带)?(?:手机|电话)"
)
_WITH_PHONE = re.compile(r"(?:手机|电话)(?:手里)?(?:带着|拿着|攥着|带了)|(?<![没忘])[带拿](?:着|了|上)手机")


def height_at(text: str, start: int) -> int | None:
    """The height in centimetres whose figure begins at text[start]."""
    match = HEIGHT_FIGURE.match(text, start)
    height = _height(match) if match else None
    return height if height is not None and 40 <= height <= 230 else None


def _height(match: re.Match[str]) -> int | None:
    if match["dec"]:
        return round(float(match["dec"]) * 100)
    if match["cm"]:
        return int(match["cm"])
    rest, metres = match["rest"], number(match["m"]) or 0
    if match["half"]:
        return metres * 100 + 50
    value = number(rest) if rest else 0
    if value is None:
        return None
    return metres * 100 + (value * 10 if value < 10 else value)


def has_phone(text: str, without: bool) -> bool | None:
    """Whether the person carries a phone; `without` says that a word for "no phone" was found."""
    if without or _LEFT_PHONE.search(text):
        return False
    return True if _WITH_PHONE.search(text) else None
