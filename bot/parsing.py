"""`gridbot parse`: messages in, one JSON a line out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.town import read_town
from handlers.ports import MAX_TEXT, Rules
from handlers.understanding import Context, Gazetteer, read, to_json


def parse_lines(
    lines: Iterable[str], now: datetime | None, town: Path | None, grid: str | None, *, why: bool = False
) -> Iterator[str]:
    """Each line's reading as JSON, with `why` also what spoke for its kind; `now` None: the clock, in the town's zone.

    A line that is a JSON object with `text` is read as that text.
    """
    gazetteer = town_gazetteer(town) if town else None
    zone = ZoneInfo(Rules().timezone)
    moment = datetime.now(zone) if now is None else now.astimezone(zone) if now.tzinfo is None else now
    context = Context(now=moment, grid=grid, gazetteer=gazetteer)
    for line in lines:
        if line.strip():
            text = _text(line.rstrip("\r\n"))[:MAX_TEXT]
            reading = to_json(read(text, context), why=why)
            yield json.dumps(reading, ensure_ascii=False).encode("utf-8", "replace").decode()


def _text(line: str) -> str:
    if line.lstrip().startswith("{"):
        try:
            plain = json.loads(line)
        except (ValueError, RecursionError):
            return line
        if isinstance(plain, dict) and isinstance(plain.get("text"), str):
            return str(plain["text"])
    return line


def town_gazetteer(folder: Path) -> Gazetteer:
    """The place names of a town folder."""
    town = read_town(folder, Rules())
    names = [(area.name, area.key) for area in town.areas]
    names += [(name, place.area) for place in town.places for name in (place.name, *place.aliases)]
    return Gazetteer(names)
