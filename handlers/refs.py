"""The numbers of matters: how people write them, and which matter a bare number means."""

from __future__ import annotations

import re
import string

from handlers.understanding import Ref
from handlers.understanding.normal import FILLERS
from handlers.understanding.numerals import CN, number

_REF = re.compile(
    r"(?:([mfnpasq])\s*|#\s*|(?:事[项項]|案件|工单)\s*#?\s*)?(\d{1,9})(?!\d)(?:\s*[号號])?", re.IGNORECASE
)
_SPOKEN = re.compile(rf"第?({CN}{{1,5}})号(?![楼栋幢院门线店机路桌])")
_SHOWN = re.compile(r"【[^】\d]*?([MFNPASQ]?)\s?(\d{1,9})[^】]*】")


_PLAIN = string.ascii_letters + string.digits + "#+"
_WIDTH = {ord(char) + 0xFEE0: char for char in _PLAIN} | dict.fromkeys((12288, 160, ord("\t"), *FILLERS), " ")


def fold(text: str) -> str:
    """Full-width letters, digits and spaces as their plain forms, one character for one; punctuation stays."""
    return text.translate(_WIDTH)


def take_ref(text: str) -> tuple[Ref | None, str]:
    """A number at the start of (folded) text, and the rest: `m 3`, `#12`, `12号`, `M3`."""
    match = _REF.match(text)
    if not match:
        return None, text
    rest = text[match.end() :]
    return Ref((match[1] or "").upper(), int(match[2])), rest


_HOUSE = re.compile(r"号\s*(?:楼(?!道)|院)")
"""12号楼 is no number of a case; 12号楼道灯修好了 may be."""


def numbered(text: str) -> tuple[int | None, str]:
    """A case's number at the beginning of a text, and what is said after it: `3修好了`, `#12 去看看`, `三号弄好了`."""
    said = text.strip()
    if spoken := _SPOKEN.match(said):
        return number(spoken[1]), said[spoken.end() :].lstrip(" ,，、:：.。")
    ref, rest = take_ref(fold(said))
    if ref is None or ref.letter or _HOUSE.match(said, len(said) - len(rest) - 1):
        return None, said
    return ref.number, said[len(said) - len(rest) :].lstrip(" ,，、:：.。")


def shown_ref(text: str) -> Ref | None:
    """The number that a post of ours shows (`【事项 12】…`, `【寻人 M3】…`), for quotes without an id."""
    match = _SHOWN.search(text)
    return Ref(match[1], int(match[2])) if match else None


def label(ref: Ref | str) -> str:
    """How a number is shown: `【寻人 M3】`, `【事项 12】`."""
    text = str(ref)
    names = {"M": "寻人", "F": "待认领", "N": "通知", "Q": "问题"}
    return f"【{names.get(text[:1], '事项')} {text}】"


_TICKET = re.compile(
    r"(?P<office>[A-Za-z\u4e00-\u9fff]{1,8})?(?P<digits>\d[\dA-Za-z]*(?:[-－—_/][\dA-Za-z]+)+|\d{6,20})"
)


def tickets(text: str) -> dict[str, tuple[int, int]]:
    """What may be another office's numbers in a text (12345-883, 信访-2026-15), as kept, and where they stand."""
    found: dict[str, tuple[int, int]] = {}
    folded = fold(text)
    for match in re.finditer(r"[A-Za-z\u4e00-\u9fff]{1,8}(?:[-－—_/][\dA-Za-z]+)+", folded):
        found[match[0].upper()] = match.span()
    for match in _TICKET.finditer(folded):
        found[match[0].upper()] = match.span()
        found[match["digits"].upper()] = match.span("digits")
    return found
