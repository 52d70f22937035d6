"""A reading as plain data, as `gridbot parse` writes it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from handlers.understanding.extract import reasons
from handlers.understanding.kinds import explained
from handlers.understanding.model import Reading
from handlers.understanding.normal import fold


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


def to_json(reading: Reading, *, why: bool = False) -> dict[str, Any]:
    """text, kind, confidence (2 decimals), category, urgent, fields (known ones only; times ISO 8601 with offset); and
    `also`, the same of each other matter, where there are several.

    With `why`, also the signs that led to the kind, strongest first, then the characters that spoke most for it; and
    `why_fields`: for each field the words it was taken from and what spoke for them.
    """
    row: dict[str, Any] = {
        "text": reading.text,
        "kind": str(reading.kind),
        "confidence": round(reading.confidence, 2),
        "category": reading.category,
        "urgent": reading.urgent,
        "fields": {name: _plain(value) for name, value in reading.fields.present().items()},
    }
    if reading.also:
        row["also"] = [to_json(one, why=why) for one in reading.also]
    if why:
        text = fold(reading.text)
        row["why"] = explained(text, reading.kind)
        row["why_fields"] = reasons(text, reading.fields)
    return row
