"""What of somebody's words is repeated, and how much: no group may read the number of an identity or bank card."""

from __future__ import annotations

import re

HIDDEN = "（号码略）"

_NUMBERS = re.compile(
    r"(?<![\dA-Za-z])(?:"
    r"\d{6}[ -]?\d{8}[ -]?\d{3}[\dXxＸｘ]"  # an identity card: area, birthday, serial and check
    r"|\d{14,19}"
    r"|\d{4}(?:[ -]\d{4}){2,3}[ -]?\d{1,4}"  # a bank card in groups of four
    r")(?![\dA-Za-z])"
)


def clip(text: str, width: int) -> str:
    """At most `width` characters on one line."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def hide_identity_numbers(text: str) -> str:
    """The text without what looks like the number of an identity or bank card; phones (11 digits) stay."""
    return _NUMBERS.sub(HIDDEN, text)


def open_clip(text: str, width: int) -> str:
    """At most `width` characters on one line, fit to be read in a group."""
    return clip(hide_identity_numbers(text), width)
