"""Events waiting for the bot are kept whole, as JSON: what was said stays readable though it is taken back later."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from handlers.ports import Event, EventKind, Location, MessageType, Quote


def dump_event(event: Event) -> str:
    """An event as one line of JSON."""
    return json.dumps(asdict(event) | {"at": event.at.isoformat()}, ensure_ascii=False)


def load_event(body: str) -> Event:
    """The event that `dump_event` wrote."""
    row: dict[str, Any] = json.loads(body)
    row["kind"] = EventKind(row["kind"])
    row["type"] = MessageType(row["type"])
    row["at"] = datetime.fromisoformat(row["at"])
    row["mentions"] = tuple(row["mentions"])
    row["people"] = tuple(row["people"])
    row["quote"] = Quote(**row["quote"]) if row["quote"] else None
    row["location"] = Location(**row["location"]) if row["location"] else None
    return Event(**row)
