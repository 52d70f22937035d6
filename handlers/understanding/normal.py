"""One written form for all that people type: width, script and invisible characters."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Protocol

MAX_CHARS = 4000
"""Characters that are read of one message; a report is never longer, and reading stays linear."""

_KEEP = frozenset("，。！？；：、（）【】《》“”‘’…—～")
_COMPAT = ((0xFF01, 0xFFEF), (0x2460, 0x2500), (0x3200, 0x3400), (0x1D400, 0x1D800), (0x2070, 0x209F))
_INVISIBLE = ((0, 9), (11, 32), (127, 160), (0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2070), (0xFE00, 0xFE10),
              (0xD800, 0xE000), (0xFFF0, 0xFFFE), (0xE0000, 0xE0200), (0x34F, 0x350), (0x180B, 0x1810))  # fmt: skip
FILLERS = (0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800)
"""Letters that show nothing, with which people make names of nothing."""
_SPACES = (0x3000, 0xA0, 0x2028, 0x2029, *range(0x2000, 0x200B), *FILLERS)
_KEYCAP = 0x20E3
_SPACE_RUN = re.compile(r"[ \t]{2,}")


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for first, end in _COMPAT:
        for code in range(first, end):
            folded = unicodedata.normalize("NFKC", chr(code))
            if folded != chr(code) and chr(code) not in _KEEP:
                table[code] = folded
    for first, end in _INVISIBLE:
        table.update(dict.fromkeys(range(first, end)))
    table.update(dict.fromkeys(_SPACES, " "))
    table.update({0xFEFF: None, 0xAD: None, 0x61C: None, _KEYCAP: None, 0xFFFE: None, 0xFFFF: None})
    return table


_TABLE = _table()


@cache
def _simplifier() -> _Converter:
    import opencc

    converter: _Converter = opencc.OpenCC("t2s")
    return converter


@cache
def _folded() -> tuple[frozenset[str], frozenset[str]]:
    """The characters that folding may change, and those of them that are traditional; most messages have none."""
    every = "".join(map(chr, (*range(0x3400, 0xA000), *range(0xF900, 0xFB00), *range(0x20000, 0x2B000))))
    traditional = frozenset(a for a, b in zip(every, _simplifier().convert(every), strict=True) if a != b)
    return traditional | set(map(chr, _TABLE)), traditional


def simplified(text: str) -> str:
    """`text` in simplified script."""
    return text if _folded()[1].isdisjoint(text) else _simplifier().convert(text)


def fold(text: str) -> str:
    """`text` in narrow letters, simplified script, without what cannot be seen; at most `MAX_CHARS` characters.

    Chinese punctuation stays as it is, so that a field cut from the result is a piece of what people see.
    Zero-width characters, bidi marks, controls and lone surrogates are dropped.
    """
    text = text[:MAX_CHARS]
    changing, traditional = _folded()
    if not changing.isdisjoint(text):
        text = text.translate(_TABLE)
        if not traditional.isdisjoint(text):
            text = _simplifier().convert(text)
    return (_SPACE_RUN.sub(" ", text) if "  " in text or "\t" in text else text).strip()
