"""Reads a message: fold, find words, pass the gate, judge the kind, then draw out the fields."""

from __future__ import annotations

from handlers.understanding import kinds
from handlers.understanding.categories import category
from handlers.understanding.extract import extract
from handlers.understanding.matters import grave
from handlers.understanding.model import Context, Fields, Kind, Reading
from handlers.understanding.normal import fold
from handlers.understanding.scan import Scan

_NO_FIELDS = Fields()
_CASES = frozenset({Kind.REQUEST, Kind.COMPLAINT, Kind.SUGGESTION, Kind.QUESTION, Kind.EMERGENCY})


def read(text: str, context: Context) -> Reading:
    """What `text` means to the people of `context`."""
    scan = Scan(fold(text))
    if kinds.nothing(scan):
        return Reading(text, Kind.CHAT, 0.98, fields=_NO_FIELDS)
    found = kinds.judge(scan)
    is_case = found.kind in _CASES
    return Reading(
        text,
        found.kind,
        found.confidence,
        category=category(scan) if is_case else None,
        urgent=is_case and found.kind is not Kind.EMERGENCY and grave(scan),
        fields=extract(scan, found.kind, context) if found.kind is not Kind.CHAT else _NO_FIELDS,
        why=found.signs,
    )
