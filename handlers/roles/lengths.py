"""How long something lasts, as people write it: 3天, 半个小时, 两周."""

from __future__ import annotations

import re
from datetime import timedelta

from handlers.understanding.numerals import CN, number

LONGEST = timedelta(days=90)
"""For what ends by itself: a substitute's turn, a right that was lent."""

_UNITS = {"小时": 1.0, "钟头": 1.0, "天": 24.0, "日": 24.0, "周": 168.0, "星期": 168.0, "礼拜": 168.0}
_LENGTH = re.compile(rf"(?P<count>\d{{1,3}}|{CN}{{1,3}}|半)\s*个?\s*(?P<unit>{'|'.join(_UNITS)})")


def take_length(text: str) -> tuple[timedelta, str] | None:
    """The first length in a text, and the text without it; None if there is none."""
    match = _LENGTH.search(text)
    if match is None:
        return None
    count = 0.5 if match["count"] == "半" else float(number(match["count"]) or 0)
    return timedelta(hours=count * _UNITS[match["unit"]]), f"{text[: match.start()]} {text[match.end() :]}"
