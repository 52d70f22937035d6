"""The sample town and the conversation with which it opens."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.town.cells import is_usual

SAMPLE = Path(__file__).parent.parent / "sample"
"""Folder of the sample town: areas, rooms, people, places and `opening.jsonl`."""

OPENING = SAMPLE / "opening.jsonl"

RELATIVE = re.compile(r"([+-])(?=\d)(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,4})m)?(?:(\d{1,4})s)?")


def resolve_at(at: str, start: datetime) -> datetime:
    """The instant an `at` names: ISO 8601 with a zone, or relative to `start` (`-3h20m`, `-2d`, `+90s`).

    Raises ValueError with a sentence.
    """
    instant = _resolved(at, start)
    if instant is None or instant.tzinfo is None or not is_usual(instant):
        raise ValueError(f"时间“{at[:40]}”看不懂，应像 2026-11-21T15:30+08:00，或相对的 -3h20m")
    return instant


def _resolved(at: str, start: datetime) -> datetime | None:
    if match := RELATIVE.fullmatch(at):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
        distance = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return start - distance if match[1] == "-" else start + distance
    try:
        return datetime.fromisoformat(at)
    except ValueError:
        return None


def read_opening(start: datetime, path: Path = OPENING) -> list[dict[str, Any]]:
    """The lines of the opening in the form of `replay`, `at` as ISO 8601, all before `start`."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [line | {"at": resolve_at(line["at"], start).isoformat()} for line in lines]
