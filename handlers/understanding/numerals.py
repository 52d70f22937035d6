"""Numbers as people write them: 72, 七十二, 两, 半."""

from __future__ import annotations

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3, "幺": 1, "○": 0}
_UNITS = {"十": 10, "百": 100}
_SHORT = {"廿": "二十", "卅": "三十"}

CN = "[零〇一二两俩仨三四五六七八九十廿卅百]"
"""One character of a Chinese number, for use in patterns."""


def number(text: str) -> int | None:
    """The value of digits or of a Chinese number below a thousand; None if it is neither."""
    text = text.strip()
    if text.isdecimal() and text.isascii():
        return int(text)
    for short, full in _SHORT.items():
        text = text.replace(short, full)
    if not text or any(c not in _DIGITS and c not in _UNITS for c in text):
        return None
    if not any(c in _UNITS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    return _with_units(text)


def _with_units(text: str) -> int:
    total, digit = 0, None
    for char in text:
        if char in _UNITS:
            total += (1 if digit is None else digit) * _UNITS[char]
            digit = None
        else:
            digit = _DIGITS[char]
    return total + (digit or 0)


def digits(text: str) -> str:
    """A spoken row of digits as figures: 一三九 -> 139, 幺 is 1; other characters are dropped."""
    return "".join(str(_DIGITS[c]) if c in _DIGITS else c for c in text if c in _DIGITS or c.isdecimal())
