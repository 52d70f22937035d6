"""Telephone numbers, as figures or as people dress them, and number plates."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.understanding.numerals import digits

_PHONE = re.compile(
    r"(?=[\d+一幺零〇电手联拨座致打])(?:"
    r"(?<![\dA-Za-z])(?:(?:\+|00)?86[- ]?)?"
    r"(?P<mobile>1[3-9]\d[- ]?(?:\d{4}|[*xX]{4})[- ]?\d{4}|1[3-9]\d{2}[- ]\d{3}[- ]\d{4}|1[3-9]\d{9})(?![\d*])"
    r"|(?<![\d-])(?P<land>0\d{2,3}[- ]?\d{7,8}|(?:400|800)[- ]?\d{3}[- ]?\d{4})(?![\d-])"
    r"|(?P<spoken>[一幺][三四五六七八九][零〇一二三四五六七八九幺]{9})"
    r"|(?P<spokenland>[零〇][一二三四五六七八九幺][零〇一二三四五六七八九幺]{8,10})(?![零〇一二三四五六七八九幺])"
    r"|(?P<taiwan>(?<![\d-])09\d{2}-?\d{3}-?\d{3}(?![\d-]))"
    r"|(?:电话|手机|联系|拨打|座机|致电|打)[^\d\n]{0,6}(?P<local>\d{4}[ -]\d{4}|\d{7,8})(?!\d))"
)
_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·. ]?[A-Z0-9]{5,6}(?![A-Z0-9])"
)


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone number as dialled (with stars where it was written with stars) at text[start:end]."""

    number: str
    start: int
    end: int


def find_phones(text: str) -> list[Phone]:
    """The telephone numbers in a folded `text`; landlines keep the hyphen after the area code."""
    found = []
    for match in _PHONE.finditer(text):
        group = match.lastgroup or "mobile"
        said = match[group]
        found.append(Phone(_as_dialled(group, said), match.start(group), match.end(group)))
    return found


def _as_dialled(group: str, said: str) -> str:
    if group.startswith("spoken"):
        return digits(said)
    if group in ("mobile", "local", "taiwan"):
        return re.sub(r"[- ]", "", said).replace("x", "*").replace("X", "*")
    return said.replace(" ", "-")


def find_plate(text: str) -> str | None:
    """The first number plate, without separators."""
    match = _PLATE.search(text.upper())
    return re.sub(r"[·. ]", "", match[0]) if match else None
